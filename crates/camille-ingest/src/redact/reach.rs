//! Finds the text in quotes that code gives to a name, however far the code goes round: `env("NAME", "X")`,
//! `NAME ?? "X"`, `name: Some("X")`, `name = SecretString::new("X".into())`, `("name", "X")`, `#name').fill("X")`.
//!
//! It reads signs and words, not a language: from the name to the next quotes there may stand brackets, operators, calls
//! and the few words that join the two, and nothing else.

use super::letter::{self, NOTHING};
use super::name::Name;
use super::value::{self, Quoted, Style, Value};
use std::ops::Range;

/// How many letters may stand between a name and its value.
const LETTERS_MAX: usize = 140;
/// A shorter text is an argument of another kind: `get("x", "X")`.
const BYTES_MIN: usize = 4;
/// The longest word right before quotes that says what string follows: `b"…"`, `br"…"`, `u8"…"`.
const PREFIX_MAX: usize = 3;
/// Words that join a name and a value without a sign between.
const JOINING: &[&str] = &["or", "OR", "else", "equal", "be", "to", "new", "await", "mut", "const"];

/// The text in quotes that is given to the name.
pub(super) fn literal(text: &str, name: &Name) -> Option<Value> {
    let mut reader = Reader::new(text, name)?;
    while let Some(range) = reader.next_literal() {
        // What a string holds for another language: `"\"X\""`.
        let inner = text[range.clone()].trim_matches(['\\', '"', '\'']);
        let start = range.start + text[range.clone()].find(inner).unwrap_or(0);
        let range = start..start + inner.len();
        // The name that was asked for, with something else in its place: `get("x") ?? "X"`.
        if !reader.is_quoted && reader.is_asked(&range) {
            continue;
        }
        if range.len() >= BYTES_MIN {
            return Some(Value { range, style: reader.style });
        }
        // Behind a short one in a list another name follows.
        if reader.is_quoted {
            return None;
        }
    }
    None
}

/// Whether a name in quotes stands in a list: another name may follow.
fn is_listed(before: &str) -> bool {
    const BYTES_MAX: usize = 120;
    let before = &before[before.floor_char_boundary(before.len().saturating_sub(BYTES_MAX))..];
    let line = before.rsplit('\n').next().unwrap_or(before);
    let mut depth = 0;
    for (at, byte) in line.bytes().enumerate().rev() {
        match byte {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            b'(' => return false,
            // `env["NAME"]` is none.
            b'[' | b'{' => {
                let owner = line[..at].trim_end_matches(['[', '{']).bytes().last();
                return !owner.is_some_and(|b| {
                    b.is_ascii_alphanumeric() || b == b')' || b == b'_' || b == b'$'
                });
            }
            _ => {}
        }
    }
    // A list may have begun before.
    let own = line.trim_end_matches(['"', '\'', '`', '\\', ' ']);
    own.ends_with(',') || line.len() < before.len() && own.trim().is_empty()
}

/// Reads from a name on.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    left: usize,
    /// Whether something joins what follows to the name.
    is_linked: bool,
    /// Whether the name stands in quotes, so that what follows a comma belongs to it.
    is_quoted: bool,
    /// Brackets opened since the name; less than none: it stands in them.
    depth: i32,
    /// The last sign that is no blank.
    last: u8,
    style: Style,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, name: &Name) -> Option<Self> {
        let bytes = text.as_bytes();
        let is_quote = |sign: u8| matches!(sign, b'"' | b'\'' | b'`');
        let after = letter::at(bytes, name.end)?;
        // Both quotes are the name's: a string may end in a word that is one.
        let owner = text[..name.start].trim_end_matches(['#', '.', '@', '$', ':', '/', '-', ' ']);
        let written = &text[name.end..name.end + after.len];
        let is_quoted = is_quote(after.sign)
            && (owner.ends_with(written) || owner.ends_with(['"', '\'', '`', '\u{201c}']));
        if is_quote(after.sign) && !is_quoted {
            return None;
        }
        // A symbol stands for a text: `{:password, "X"}`.
        let is_symbol = ["{:", "(:", "[:"].iter().any(|open| text[..name.start].ends_with(open));
        let at = if is_quoted { name.end + after.len } else { name.end };
        let is_quoted = is_quoted || is_symbol;
        let style =
            if is_quoted && is_listed(&text[..name.start]) { Style::Cell } else { Style::Quoted };
        Some(Self {
            text,
            at,
            left: LETTERS_MAX,
            is_linked: false,
            is_quoted,
            depth: 0,
            last: 0,
            style,
        })
    }

    /// Whether a text in quotes is what a call asks for, which has an alternative behind it.
    fn is_asked(&self, range: &Range<usize>) -> bool {
        let asked = &self.text[range.clone()];
        let rest = self.text[self.at..].strip_prefix(')').unwrap_or_default().trim_start();
        let is_name = asked.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        is_name
            && ["??", "||", "?:", "or ", ".or", ".getOrElse", ".unwrap_or"]
                .iter()
                .any(|sign| rest.starts_with(sign))
    }

    fn next_literal(&mut self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        while self.left > 0 {
            self.left -= 1;
            let letter = letter::at(bytes, self.at)?;
            match letter.sign {
                NOTHING => self.at += letter.len,
                b'"' | b'\'' | b'`' => return self.quotes(),
                sign if letter::is_blank(sign) => self.at += letter.len,
                b'\n' | b'\r' if self.goes_on(self.at + letter.len) => self.at += letter.len,
                sign if sign.is_ascii_alphanumeric() || sign == b'_' => self.word()?,
                sign => {
                    self.sign(sign)?;
                    self.at += letter.len;
                }
            }
        }
        None
    }

    /// The text that begins here; of a name only the end of its own quotes.
    fn quotes(&mut self) -> Option<Range<usize>> {
        if !self.is_linked {
            // `input[name="password"]'` closes two.
            let letter = letter::at(self.text.as_bytes(), self.at)?;
            self.at += letter.len;
            return if matches!(self.last, b']' | b')') { self.next_literal() } else { None };
        }
        let Quoted::Closed(range) = value::quoted(self.text, self.at) else { return None };
        self.at = range.end;
        let closing = letter::at(self.text.as_bytes(), self.at)?;
        self.at += closing.len;
        self.last = b'"';
        Some(range)
    }

    /// Whether a line that ends here goes on: behind an operator or a comma, or before one.
    fn goes_on(&self, next: usize) -> bool {
        let bytes = self.text.as_bytes();
        let start = letter::skip(bytes, next, 60, letter::is_space);
        matches!(self.last, b'(' | b',' | b'=' | b'?' | b'|' | b'\r')
            || letter::at(bytes, start).is_some_and(|next| matches!(next.sign, b'?' | b'|' | b'.'))
    }

    fn sign(&mut self, sign: u8) -> Option<()> {
        match sign {
            b'(' | b'[' | b'{' => {
                self.depth += 1;
                self.is_linked |= sign == b'(';
            }
            b')' | b']' | b'}' => {
                self.depth -= 1;
                // What belongs to it does not stand far outside.
                if self.depth < -2 {
                    return None;
                }
                self.is_linked |= self.is_quoted && sign == b')';
            }
            b',' if self.is_quoted => self.is_linked = true,
            // The next argument, or the next member.
            b',' if self.depth <= 0 || self.last.is_ascii_alphanumeric() => return None,
            b'=' | b':' | b'?' => self.is_linked = true,
            // One alone stands between types.
            b'|' => self.is_linked |= self.last == b'|',
            b'/' if self.last == b'/' => self.is_linked = true,
            b'-' if self.last == b'<' => self.is_linked = true,
            // A pair of Lisp.
            b'.' if self.is_apart() => self.is_linked = true,
            b',' | b'.' | b'&' | b'<' | b'>' | b'!' | b'~' | b'@' | b'#' | b'$' | b'*' | b'-'
            | b'/' => {}
            _ => return None,
        }
        self.last = sign;
        Some(())
    }

    /// Whether blanks stand on both sides of the sign here.
    fn is_apart(&self) -> bool {
        let bytes = self.text.as_bytes();
        bytes.get(self.at.wrapping_sub(1)) == Some(&b' ') && bytes.get(self.at + 1) == Some(&b' ')
    }

    /// A word: the name of a call or a type, what says which string follows, or one that joins.
    fn word(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let length = bytes[self.at..].iter().take(48).take_while(|b| is_word(b)).count();
        let word = &self.text[self.at..self.at + length];
        let end = self.at + length;
        let next = letter::at(bytes, end)?;
        let after = letter::skip(bytes, end, 8, letter::is_blank);
        let behind = letter::at(bytes, after)?.sign;
        let is_value = matches!(self.last, b'=' | b':' | b'?' | b'|' | b'(' | b',');
        let is_quote = |sign: u8| matches!(sign, b'"' | b'\'' | b'`');
        let goes_on = JOINING.contains(&word)
            || matches!(next.sign, b'(' | b'.' | b':' | b'[' | b'!' | b'<' | b'{')
            || word == "_" && next.sign == b'|'
            || length <= PREFIX_MAX && (is_quote(next.sign) || next.sign == b'#')
            // `Just "X"`
            || (is_value || self.last == b'.') && self.is_linked && after > end && is_quote(behind)
            // A type, or a named argument.
            || !self.is_quoted && matches!(behind, b'=' | b'|' | b'?' | b'>' | b']' | b':')
            || word == "default" && is_quote(behind)
            || self.is_quoted && self.is_linked && matches!(behind, b'=' | b':' | b'>')
            || self.last == b'.' && matches!(behind, b'|' | b'?');
        if !goes_on
            || self.is_quoted
                && !self.is_linked
                && !JOINING.contains(&word)
                && self.last != b'.'
                && next.sign != b'('
        {
            return None;
        }
        self.is_linked |= matches!(word, "or" | "OR" | "else" | "equal" | "be" | "default");
        self.at = end;
        self.last = b'a';
        Some(())
    }
}
