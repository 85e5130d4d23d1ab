//! A word of a command after expansion, as far as that can be said.

use super::is_rooted;

/// A word. What cannot be said ends its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    /// What is known of it, from its beginning.
    pub(super) text: String,
    /// Why it is not known further.
    pub(super) open: Option<Open>,
}

/// Why a word's end is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Open {
    /// A variable that nothing says the value of.
    Variable(String),
    /// What another command gave, whose own words are looked at where they stand.
    Derived,
}

impl Word {
    pub(super) fn known(text: &str) -> Self {
        Self { text: text.to_owned(), open: None }
    }

    pub(super) fn unknown(variable: &str) -> Self {
        Self { text: String::new(), open: Some(Open::Variable(variable.to_owned())) }
    }

    pub(super) fn derived() -> Self {
        Self { text: String::new(), open: Some(Open::Derived) }
    }

    /// The word, or the directory at hand where it is empty.
    pub(super) fn or_here(&self) -> Self {
        if self.text.is_empty() && self.open.is_none() { Self::known(".") } else { self.clone() }
    }

    /// What is left of the word when something is cut off its beginning or end: `%/*`, `%.md`, `##*/`. `name`: the
    /// variable that stands for it.
    pub(super) fn cut(&self, name: &str, change: &str) -> Self {
        if self.open.is_some() {
            return self.clone();
        }
        let pattern = change.trim_start_matches(change.chars().next().unwrap_or_default());
        let is_behind = change.starts_with('%');
        // Where it stands for a directory, its last names are not known: a name that is cut off leads up.
        let is_symbol = matches!(self.text.as_str(), "." | "~" | super::ROOT);
        let is_plain = !pattern.contains(['*', '?', '[', '$']);
        match pattern {
            "" | "/" => Self::known(if is_symbol { &self.text } else { self.without(change) }),
            "/*" if is_behind => Self::known(&format!("{}/..", self.text)),
            _ if is_plain && is_behind && is_symbol => match pattern.strip_prefix('/') {
                Some(names) => {
                    let up = "/..".repeat(names.split('/').count());
                    Self::known(&format!("{}{up}", self.text))
                }
                None => Self::unknown(name),
            },
            _ if is_plain && !is_symbol => Self::known(self.without(change)),
            _ => {
                let end = self.text.rfind('/').map_or(0, |at| at + 1);
                Self { text: self.text[..end].to_owned(), open: Some(Open::Derived) }
            }
        }
    }

    /// The text without a plain text that is cut off one of its ends.
    fn without(&self, change: &str) -> &str {
        let (sign, pattern) = change.split_at(change.len().min(1));
        let pattern = pattern.strip_prefix(sign).unwrap_or(pattern);
        let cut = match sign {
            "%" => self.text.strip_suffix(pattern),
            _ => self.text.strip_prefix(pattern),
        };
        cut.unwrap_or(&self.text)
    }

    /// The word with another behind it. Behind what is not known nothing is.
    pub(super) fn then(mut self, next: &Self) -> Self {
        if self.open.is_none() {
            self.text.push_str(&next.text);
            self.open.clone_from(&next.open);
        } else if next.text.starts_with('@') && is_login(&self.text) {
            // Who logs in says nothing of where.
            self.text.push_str(&next.text);
            self.open.clone_from(&next.open);
        } else if next.text.starts_with("/..") {
            // Whatever it is, from there it goes up: from here, or from something that lies there.
            self.text.push_str(if self.text.is_empty() { "." } else { "x" });
            self.text.push_str(&next.text);
        }
        self
    }

    /// Whether it stands for the directory that the record names itself.
    pub(super) fn is_here(&self) -> bool {
        self.text.is_empty() && self.open.is_none()
    }

    /// The path that this word means in a directory.
    pub(super) fn within(&self, directory: &Self) -> Self {
        let is_own = (is_rooted(&self.text) && !self.text.starts_with(".."))
            || (self.text.is_empty() && self.open.is_some());
        if is_own || directory.is_here() {
            return self.clone();
        }
        if directory.open.is_some() {
            return directory.clone();
        }
        let base = directory.text.trim_end_matches('/');
        Self { text: format!("{base}/{}", self.text), open: self.open.clone() }
    }
}

/// Whether a word reads as a path from the directory at hand.
pub(super) fn is_relative(text: &str) -> bool {
    // Nearly every word asks: one look at each byte.
    let mut has_letter = false;
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => has_letter = true,
            b'(' | b')' | b'{' | b'}' | b'$' | b'\\' | b'|' | b'^' | b';' | b'<' | b'>' | b'"'
            | b'\'' | b'`' | b'=' | b':' | b'@' | b',' => return false,
            _ if byte.is_ascii_whitespace() => return false,
            _ => {}
        }
    }
    let is_letter = |c: char| c.is_alphabetic();
    text.len() < 256
        && !text.starts_with('-')
        && (has_letter || (!text.is_ascii() && text.contains(is_letter)))
        && (text.is_ascii() || !text.contains(char::is_whitespace))
}

/// A text of `$'…'` with its escapes undone.
pub(super) fn ansi(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let Some(letter) = rest.chars().next() else { break };
        let (radix, from, most) = match letter {
            'x' => (16, 1, 2),
            'u' => (16, 1, 4),
            'U' => (16, 1, 8),
            '0'..='7' => (8, 0, 3),
            _ => (0, 0, 0),
        };
        let digits =
            rest[from..].chars().take(most).take_while(|digit| digit.is_digit(radix.max(2)));
        let digits: String = digits.collect();
        let code = u32::from_str_radix(&digits, radix.max(2)).ok().filter(|_| radix > 0);
        match code.and_then(char::from_u32) {
            Some(c) => {
                match u8::try_from(code.unwrap_or_default()) {
                    // A byte, of which several may be one letter.
                    Ok(byte) if matches!(letter, 'x' | '0'..='7') => plain.push(byte),
                    _ => plain.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                rest = &rest[from + digits.len()..];
            }
            None => {
                let c = match letter {
                    'n' | 'r' => '\n',
                    't' => '\t',
                    other => other,
                };
                plain.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    plain.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&plain).into_owned()
}

/// Words that the braces of one word may become.
const UNBRACED_MAX: usize = 64;

/// The words that `a{b,c}d` stands for. A range is a pattern.
pub(super) fn unbraced(word: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut due = vec![word.to_owned()];
    while let Some(word) = due.pop() {
        let braces = braces(&word).filter(|_| done.len() + due.len() < UNBRACED_MAX);
        let Some((from, to, commas)) = braces else {
            done.push(word);
            continue;
        };
        let (before, after) = (&word[..from], &word[to + 1..]);
        if commas.is_empty() {
            due.push(format!("{before}*{after}"));
            continue;
        }
        let ends: Vec<usize> = commas.iter().copied().chain([to]).collect();
        let mut start = from + 1;
        for end in ends {
            due.push(format!("{before}{}{after}", &word[start..end]));
            start = end + 1;
        }
    }
    done
}

/// The first pair of braces that stands for several words: where it begins, ends and has its commas.
fn braces(word: &str) -> Option<(usize, usize, Vec<usize>)> {
    let mut opens: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, c) in word.char_indices() {
        match c {
            // `${…}` is none.
            '{' => opens.push((at, Vec::new())),
            ',' => opens.last_mut().into_iter().for_each(|(_, commas)| commas.push(at)),
            '}' => {
                let Some((from, commas)) = opens.pop() else { continue };
                if !commas.is_empty() || word[from..at].contains("..") {
                    return Some((from, at, commas));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a text is an address as far as its login: `https://token:`.
fn is_login(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| !rest.contains(['/', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_a_shell_are_undone() {
        for (text, plain) in [
            ("a\\x2fb", "a/b"),
            ("a\\57b", "a/b"),
            ("a\\u002fb", "a/b"),
            ("\\xc3\\xa9", "é"),
            ("a\\'b\\\\c\\n", "a'b\\c\n"),
            ("é\\", "é"),
            ("\\xé", "xé"),
        ] {
            assert_eq!(ansi(text), plain, "{text}");
        }
    }

    #[test]
    fn braces_stand_for_several_words() {
        let of = |word: &str| {
            let mut words = unbraced(word);
            words.sort();
            words.dedup();
            words
        };
        assert_eq!(of("a{b,c}d"), ["abd", "acd"]);
        assert_eq!(of(".env{,.local}"), [".env", ".env.local"]);
        assert_eq!(of("{a,b{c,d}}/x"), ["a/x", "bc/x", "bd/x"]);
        assert_eq!(of("x{1..3}"), ["x*"]);
        for other in ["a", "{}", "a{b", "a,b}", "${a}", "{a}"] {
            assert_eq!(of(other), [other]);
        }
        assert!(unbraced(&"{a,b}".repeat(100)).len() <= UNBRACED_MAX + 1);
    }
}
