//! Splits one physical line into the records it holds. It never drops what parses.

use super::field::Object;
use serde::de::Deserialize;
use std::borrow::Cow;

/// The most objects of one line that are read; two have been seen.
const RECORDS_MAX: usize = 256;

/// What a line holds.
#[derive(Debug)]
pub(super) struct Split<T> {
    /// Its values, in order; `None` stands for one that is no object.
    pub(super) records: Vec<Option<T>>,
    /// Why the rest of it is no JSON text.
    pub(super) error: Option<String>,
}

/// The text of a line without what editors and crashes leave around it.
pub(super) fn text(line: &[u8]) -> Cow<'_, str> {
    let is_dirt = |c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0';
    // Nearly every line is UTF-8, and to check that is several times faster than to repair it.
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text.trim_matches(is_dirt)),
        Err(_) => Cow::Owned(String::from_utf8_lossy(line).trim_matches(is_dirt).to_owned()),
    }
}

/// Reads all values of a line, if need be of its repaired text, which is put into `repaired`.
pub(super) fn split_repaired<'a, T: Deserialize<'a>>(
    text: &'a str,
    repaired: &'a mut Option<String>,
) -> Split<T> {
    let split = split(text);
    if split.error.is_none() {
        return split;
    }
    *repaired = repair(text);
    match repaired {
        Some(repaired) => self::split(repaired),
        None => split,
    }
}

/// Reads all values of a line; a line can hold several, with nothing between.
fn split<'a, T: Deserialize<'a>>(text: &'a str) -> Split<T> {
    let mut split = Split { records: Vec::new(), error: None };
    for value in serde_json::Deserializer::from_str(text).into_iter::<Object<T>>() {
        match value {
            Ok(_) if split.records.len() >= RECORDS_MAX => {
                split.error = Some(format!("more than {RECORDS_MAX} objects on one line"));
                break;
            }
            Ok(Object(record)) => split.records.push(record),
            Err(error) => {
                split.error = Some(format!("no whole JSON text: {error}"));
                break;
            }
        }
    }
    split
}

/// The text with what strict JSON does not allow, but writers make, replaced: halves of surrogate pairs
/// (JavaScript cuts strings between them) and raw control characters. `None` if it has neither.
fn repair(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut repaired = String::new();
    let mut kept = 0;
    let mut at = 0;
    while at < bytes.len() {
        let (length, replacement) = match bytes[at] {
            b'\\' => match surrogate(bytes, at) {
                Some(0xD800..=0xDBFF) => match surrogate(bytes, at + 6) {
                    Some(0xDC00..=0xDFFF) => (12, None),
                    _ => (6, Some(r"\ufffd")),
                },
                Some(0xDC00..=0xDFFF) => (6, Some(r"\ufffd")),
                Some(_) => (6, None),
                None => (2, None),
            },
            0..0x20 => (1, Some(" ")),
            _ => (1, None),
        };
        if let Some(replacement) = replacement {
            repaired.push_str(&text[kept..at]);
            repaired.push_str(replacement);
            kept = at + length;
        }
        at += length;
    }
    (kept > 0).then(|| repaired + &text[kept..])
}

/// The code unit that `\uXXXX` at `at` stands for.
fn surrogate(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Number {
        n: u32,
    }

    fn numbers(text: &str) -> (Vec<Option<u32>>, bool) {
        let split: Split<Number> = split(text);
        (split.records.into_iter().map(|r| r.map(|r| r.n)).collect(), split.error.is_some())
    }

    #[test]
    fn values_may_touch() {
        assert_eq!(numbers(r#"{"n":1}{"n":2} {"n":3}"#), (vec![Some(1), Some(2), Some(3)], false));
        assert_eq!(numbers(r#"{"n":1}{"n":"#), (vec![Some(1)], true));
        assert_eq!(numbers(r#"{"n":1"#), (vec![], true));
        assert_eq!(numbers("42"), (vec![None], false));
        assert_eq!(numbers("[1]"), (vec![None], false));
        assert_eq!(numbers("garbage"), (vec![], true));
    }

    #[test]
    fn dirt_around_a_line_goes() {
        assert_eq!(text(b"\xef\xbb\xbf{}\r"), "{}");
        assert_eq!(text(b"\0\0\0"), "");
        assert_eq!(text(b"{\"a\":\"\xff\"}"), "{\"a\":\"\u{fffd}\"}");
    }

    #[test]
    fn halves_of_pairs_and_control_characters_are_repaired() {
        assert_eq!(repair(r#""a\ud83d""#).as_deref(), Some(r#""a\ufffd""#));
        assert_eq!(repair(r#""\ude00\ud83d\ude00""#).as_deref(), Some(r#""\ufffd\ud83d\ude00""#));
        assert_eq!(repair(r#""\ud83d\u0041""#).as_deref(), Some(r#""\ufffd\u0041""#));
        assert_eq!(repair("\"a\tb\"").as_deref(), Some("\"a b\""));
        assert_eq!(repair(r#""\\ud83d \n é""#), None);
        assert_eq!(repair("\\"), None);
    }
}
