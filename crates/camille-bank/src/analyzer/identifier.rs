//! Where words stand in a text, and where the pieces of an identifier stand in a word. Never allocates.

use std::ops::Range;

/// Calls `each` with the bytes of every word of `text`, in order.
///
/// A word is a run of letters, digits and underscores; a date such as `2026-02-03` or `2026-02` is one
/// word; in scripts that are written without spaces every character is a word.
pub(super) fn words(text: &str, mut each: impl FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let class = |at: usize| bytes.get(at).map(|byte| CLASSES[usize::from(*byte)]);
    let mut start = None;
    let mut at = 0;
    while let Some(here) = class(at) {
        // Nearly all text is ASCII: it goes by run after run.
        match here {
            Class::Within => {
                if start.is_none() {
                    if let Some(length) = date_length(&bytes[at..]) {
                        each(at..at + length);
                        at += length;
                        continue;
                    }
                    start = Some(at);
                }
                while class(at) == Some(Class::Within) {
                    at += 1;
                }
            }
            Class::Between => {
                if let Some(from) = start.take() {
                    trimmed(bytes, from..at, &mut each);
                }
                while class(at) == Some(Class::Between) {
                    at += 1;
                }
            }
            Class::Beyond => {
                let c = text[at..].chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
                let (single, next) = (stands_alone(c), at + c.len_utf8());
                if single || !(c.is_alphanumeric() || is_combining(c)) {
                    if let Some(from) = start.take() {
                        trimmed(bytes, from..at, &mut each);
                    }
                    if single {
                        each(at..next);
                    }
                } else {
                    start = start.or(Some(at));
                }
                at = next;
            }
        }
    }
    if let Some(from) = start {
        trimmed(bytes, from..bytes.len(), &mut each);
    }
}

/// What a byte says of the place it stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// It is an ASCII letter, a digit or an underscore.
    Within,
    /// It is another ASCII character.
    Between,
    /// It takes the whole character to tell.
    Beyond,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Beyond; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        let within = byte.is_ascii_alphanumeric() || byte == b'_';
        classes[byte as usize] = if within { Class::Within } else { Class::Between };
        byte += 1;
    }
    classes
};

/// Calls `each` with the bytes of every piece of the identifier `word`: what underscores, changes from
/// lower to upper case, the last capital of a run, and changes between letters and digits set apart.
/// A plain word is one piece.
pub(super) fn pieces(word: &str, mut each: impl FnMut(Range<usize>)) {
    let mut start = 0;
    let mut before: Option<char> = None;
    let mut chars = word.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let boundary = match before {
            Some('_') => true,
            Some(before) => {
                c == '_'
                    || before.is_numeric() != c.is_numeric()
                    || (!before.is_uppercase() && c.is_uppercase())
                    || (before.is_uppercase()
                        && c.is_uppercase()
                        && next.is_some_and(char::is_lowercase))
            }
            None => false,
        };
        if boundary {
            if start < at && before != Some('_') {
                each(start..at);
            }
            start = at;
        }
        before = Some(c);
    }
    if start < word.len() && before != Some('_') {
        each(start..word.len());
    }
}

/// Whether `c` is a mark on the letter before it (Unicode, Combining Diacritical Marks).
pub(super) fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Whether `c` belongs to a script without spaces between words: kana and Chinese characters.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// Hands over a word without the underscores around it, if anything is left.
fn trimmed(bytes: &[u8], word: Range<usize>, each: &mut impl FnMut(Range<usize>)) {
    let Range { mut start, mut end } = word;
    while start < end && bytes[start] == b'_' {
        start += 1;
    }
    while start < end && bytes[end - 1] == b'_' {
        end -= 1;
    }
    if start < end {
        each(start..end);
    }
}

/// The length of the date that `bytes` begin with (ISO 8601: `YYYY-MM-DD` or `YYYY-MM`).
fn date_length(bytes: &[u8]) -> Option<usize> {
    let digits = |range: Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let ends = |at: usize| {
        bytes.get(at).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_' && *b < 0x80)
    };
    if !digits(0..4) || bytes.get(4) != Some(&b'-') || !digits(5..7) {
        return None;
    }
    if bytes.get(7) == Some(&b'-') && digits(8..10) {
        // A time may follow directly, as in `2026-02-03T10:00`.
        return (ends(10) || bytes.get(10) == Some(&b'T')).then_some(10);
    }
    ends(7).then_some(7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Character by character: where each begins, whether it can stand in a word, and whether it is one.
    fn by_character(text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut open = false;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            if stands_alone(c) {
                found.push(at..end);
                open = false;
            } else if c.is_alphanumeric() || is_combining(c) || c == '_' {
                match found.last_mut().filter(|_| open) {
                    Some(word) => word.end = end,
                    None => found.push(at..end),
                }
                open = true;
            } else {
                open = false;
            }
        }
        found
    }

    proptest! {
        #[test]
        fn words_are_the_same_run_by_run_and_character_by_character(
            text in "[ab1_ .\u{301}é検—\u{1d7d9}]{0,24}",
        ) {
            let mut found = Vec::new();
            words(&text, |range| found.push(range));
            let mut expected = Vec::new();
            for word in by_character(&text) {
                trimmed(text.as_bytes(), word, &mut |word| expected.push(word));
            }
            prop_assert_eq!(found, expected);
        }
    }
}
