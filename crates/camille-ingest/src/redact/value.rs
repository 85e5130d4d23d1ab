//! Where a value begins and ends: within its quotes, whatever they are written as, or up to what cannot be part of it.

use super::letter::{self, NOTHING};
use std::ops::Range;

/// The longest value looked at.
const BYTES_MAX: usize = 512;

/// A value beside its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// Where it stands.
    pub(super) range: Range<usize>,
    /// How it stands there.
    pub(super) style: Style,
}

/// How a value stands beside its name, which says how much the name decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// In quotes, behind an operator.
    Quoted,
    /// The rest of a line that begins with its name, or what is given to a variable of the environment.
    Line,
    /// An argument of a program.
    Argument,
    /// The text of an element, a cell of a table, another member.
    Cell,
    /// Without quotes, where nothing else stands but its name: the rest of a line of YAML, a word among others.
    Entry,
    /// Without quotes, behind an operator: it may be code.
    Bare,
    /// In quotes, in a sentence.
    Said,
    /// In a sentence.
    Prose,
}

impl Style {
    /// The fewest letters of a word that may be a secret where it stands so; fewer are often a name or a state.
    pub(super) fn word_min(self) -> Option<usize> {
        match self {
            Self::Quoted | Self::Line | Self::Argument => Some(6),
            Self::Cell | Self::Entry | Self::Said => Some(8),
            Self::Bare | Self::Prose => Some(12),
        }
    }
}

/// What ends a value without quotes, besides white space and quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// What ends an argument, a member or a parameter.
    Word,
    /// Nothing else.
    Line,
    /// What ends a cell; spaces do not.
    Cell,
    /// The next element; spaces do not.
    Element,
    /// What ends a line or a sentence; spaces do not.
    Sentence,
}

/// The value that begins at `at`.
pub(super) fn read(text: &str, at: usize, ends: Ends) -> Option<(Range<usize>, bool)> {
    let at = letter::skip(text.as_bytes(), at, 4, |sign| sign == NOTHING);
    match quoted(text, at) {
        Quoted::Closed(range) => Some((range, true)),
        Quoted::Open => None,
        Quoted::No => bare(text, at, ends).map(|range| (range, false)),
    }
}

/// What stands in quotes.
pub(super) enum Quoted {
    /// No quote begins here.
    No,
    /// It does not end.
    Open,
    /// It ends.
    Closed(Range<usize>),
}

/// What stands in the quotes that open at `at`, perhaps behind the letters that say what string it is.
pub(super) fn quoted(text: &str, at: usize) -> Quoted {
    let bytes = text.as_bytes();
    let is_quote = |sign: u8| matches!(sign, b'"' | b'\'' | b'`');
    let mut open = at;
    // `b"…"`, `f'…'`, `N'…'`, `@"…"`, `$'…'`.
    if let Some(b'b' | b'f' | b'r' | b'u' | b'N' | b'L' | b'R' | b'@' | b'$') = bytes.get(at)
        && letter::at(bytes, at + 1).is_some_and(|next| is_quote(next.sign))
    {
        open += 1;
    }
    let Some(quote) = letter::at(bytes, open).filter(|letter| is_quote(letter.sign)) else {
        return Quoted::No;
    };
    let spelled = &bytes[open..open + quote.len];
    let start = open + quote.len;
    let triple = spelled.repeat(3);
    // Three backticks begin a block of text.
    if quote.sign == b'`' && bytes[open..].starts_with(&triple) {
        return Quoted::Open;
    }
    if bytes[open..].starts_with(&triple) {
        let start = open + triple.len();
        let end = (start..bytes.len().min(start + BYTES_MAX))
            .find(|at| bytes[*at..].starts_with(&triple));
        // Only an empty string, perhaps.
        return match end {
            Some(end) if end > start => Quoted::Closed(trimmed(text, start..end)),
            _ => Quoted::Open,
        };
    }
    let mut at = start;
    while let Some(letter) = letter::at(bytes, at) {
        let written = &bytes[at..at + letter.len];
        if letter.sign == quote.sign && closes(spelled, written) {
            // What a string ends with, where a string stands in it: `\"`.
            let end = at + written.len() - closing(spelled, written);
            match goes_on(bytes, at + letter.len, quote.sign) {
                Some(next) => {
                    at = next;
                    continue;
                }
                None if end > start => return Quoted::Closed(trimmed(text, start..end)),
                None => return Quoted::Open,
            }
        }
        if letter.sign == b'\n' && written.len() == 1 || at - start > BYTES_MAX {
            break;
        }
        at += letter.len;
    }
    Quoted::Open
}

/// Whether a quote that is written so closes one that was opened as `spelled`: not if it is escaped once more.
fn closes(spelled: &[u8], written: &[u8]) -> bool {
    let slashes = |quote: &[u8]| quote.iter().take_while(|b| **b == b'\\').count();
    let (opened, here) = (slashes(spelled), slashes(written));
    let is_plain = |quote: &[u8], slashes| quote.len() == slashes + 1;
    if is_plain(spelled, opened) && is_plain(written, here) {
        // Escaped backslashes may stand before it.
        here < opened || (here - opened).is_multiple_of(2 * (opened + 1))
    } else {
        is_plain(spelled, opened) || spelled[0] == written[0] && opened == here
    }
}

/// How many of the bytes of a closing quote are the quote, and not escaped backslashes before it.
fn closing(spelled: &[u8], written: &[u8]) -> usize {
    if written[0] == b'\\' { spelled.len().min(written.len()) } else { written.len() }
}

/// Where a shell's string goes on behind a quote that it cannot hold: `'it'\''s'`, `'it'"'"'s'`.
fn goes_on(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    if quote != b'\'' {
        return None;
    }
    let rest = bytes.get(at..)?;
    let slashes = rest.iter().take_while(|b| **b == b'\\').count();
    if slashes > 0 && rest[slashes..].starts_with(b"''") {
        return Some(at + slashes + 2);
    }
    rest.starts_with(br#""'"'"#).then_some(at + 4)
}

/// A value without quotes.
fn bare(text: &str, start: usize, ends: Ends) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_end = |sign: u8| match ends {
        Ends::Word => letter::is_space(sign) || b"\"'`;,)}]<>|&\\".contains(&sign),
        Ends::Line => letter::is_space(sign) || b"\"'`;".contains(&sign),
        Ends::Cell => matches!(sign, b'|' | b'\n' | b'\r' | b'\t'),
        Ends::Sentence => matches!(sign, b'<' | b'\n' | b'\r' | b'"' | b'.' | b'`'),
        Ends::Element => matches!(sign, b'<' | b'\n' | b'\r'),
    };
    let mut end = start;
    while let Some(letter) = letter::at(bytes, end) {
        if letter.sign == NOTHING || is_end(letter.sign) || end - start > BYTES_MAX {
            break;
        }
        end += letter.len;
    }
    let mut range = trimmed(text, start..end);
    if matches!(ends, Ends::Line) {
        range.end -= text[range.clone()].bytes().rev().take_while(|b| b",)]}".contains(b)).count();
    }
    (!range.is_empty()).then_some(range)
}

/// Without white space at both ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    let start = range.start + (value.len() - value.trim_start().len());
    start..start + value.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_its_quotes_do() {
        for (text, expected) in [
            (r#""abc" x"#, "abc"),
            (r#""a\"c" x"#, r#"a\"c"#),
            (r#"\"abc\" x"#, "abc"),
            (r#"\"a\\\"c\" x"#, r#"a\\\"c"#),
            (r#"'it'\''s' x"#, r"it'\''s"),
            (r#"'it'"'"'s' x"#, r#"it'"'"'s"#),
            ("&quot;abc&quot; x", "abc"),
            (r"\u0022abc\u0022 x", "abc"),
            ("%22abc%22%7D", "abc"),
            ("\u{201c}abc\u{201d} x", "abc"),
            ("'''abc''' x", "abc"),
            ("N'abc', x", "abc"),
            ("\"a b\" x", "a b"),
            ("abc, x", "abc"),
            ("\u{1b}[32mabc\u{1b}[0m x", "abc"),
            (r"abc\nx", "abc"),
        ] {
            let read = read(text, 0, Ends::Word).map(|(range, _)| &text[range]);
            assert_eq!(read, Some(expected), "{text}");
        }
        assert!(
            read("\"abc\nx\"", 0, Ends::Word).is_none(),
            "a string that does not end on its line"
        );
        assert_eq!(read("a&b#c, x", 0, Ends::Line).map(|(range, _)| range), Some(0..5));
    }
}
