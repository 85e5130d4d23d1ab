//! Splits one physical line into the records it holds. It never drops a record that is whole.

use super::field::Object;
use serde::de::Deserialize;
use std::borrow::Cow;

/// The most objects of one line that are read; two have been seen.
const RECORDS_MAX: usize = 256;

/// What a line holds.
#[derive(Debug)]
pub(super) struct Split<'a, T> {
    /// Its values, in order.
    pub(super) values: Vec<Value<'a, T>>,
    /// Why some of it is no JSON text.
    pub(super) error: Option<String>,
}

/// One value of a line.
#[derive(Debug)]
pub(super) struct Value<'a, T> {
    /// As it stands there.
    pub(super) text: &'a str,
    /// The record; `None` if it is no object.
    pub(super) record: Option<T>,
}

/// Tells a record from an object within one.
pub(super) trait Standalone {
    /// Whether this has what only whole records have. It is asked of what stands behind a torn record.
    fn stands_alone(&self) -> bool;
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
pub(super) fn split_repaired<'a, T: Deserialize<'a> + Standalone>(
    text: &'a str,
    repaired: &'a mut Option<String>,
) -> Split<'a, T> {
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

/// Reads all values of a line. A line can hold several, with nothing between, and whole ones behind one that
/// was cut off while it was written.
fn split<'a, T: Deserialize<'a> + Standalone>(text: &'a str) -> Split<'a, T> {
    let mut split = Split { values: Vec::new(), error: None };
    // What is torn is looked through once, and nested objects twice; no more than that.
    let mut work = text.len().saturating_mul(4);
    let mut at = 0;
    while !text[at..].trim_start().is_empty() {
        if split.values.len() >= RECORDS_MAX {
            split.error = Some(format!("more than {RECORDS_MAX} objects on one line"));
            break;
        }
        match value(text, at) {
            Ok((value, end)) => {
                split.values.push(value);
                at = end;
            }
            Err(error) => {
                split.error.get_or_insert_with(|| format!("no whole JSON text: {error}"));
                let Some((value, end)) = behind(text, at + 1, &mut work) else { break };
                split.values.push(value);
                at = end;
            }
        }
    }
    split
}

/// The value that begins at `at`, and where it ends.
fn value<'a, T: Deserialize<'a>>(
    text: &'a str,
    at: usize,
) -> Result<(Value<'a, T>, usize), serde_json::Error> {
    let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Object<T>>();
    match values.next() {
        Some(Ok(Object(record))) => {
            let end = at + values.byte_offset();
            Ok((Value { text: text[at..end].trim_start(), record }, end))
        }
        Some(Err(error)) => Err(error),
        None => Ok((Value { text: "", record: None }, text.len())),
    }
}

/// The first whole record behind a torn one, and where it ends. What the torn one holds are objects too: a
/// record has what they have not, and nothing but another record behind it.
fn behind<'a, T: Deserialize<'a> + Standalone>(
    text: &'a str,
    from: usize,
    work: &mut usize,
) -> Option<(Value<'a, T>, usize)> {
    let mut at = from;
    while let Some(found) = memchr::memmem::find(&text.as_bytes()[at..], b"{\"") {
        at += found;
        let cost = match value::<T>(text, at) {
            Ok((value, end)) => {
                let rest = text[end..].trim_start();
                let is_last = rest.is_empty() || rest.starts_with('{');
                if is_last && value.record.as_ref().is_some_and(T::stands_alone) {
                    return Some((value, end));
                }
                // A record never stands within a whole object.
                let cost = end - at;
                at = end;
                cost
            }
            Err(error) => {
                at += 1;
                error.column()
            }
        };
        *work = work.checked_sub(cost)?;
    }
    None
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
        #[serde(default)]
        inner: bool,
    }

    impl Standalone for Number {
        fn stands_alone(&self) -> bool {
            !self.inner
        }
    }

    fn numbers(text: &str) -> (Vec<Option<u32>>, bool) {
        let split: Split<'_, Number> = split(text);
        let numbers = split.values.into_iter().map(|v| v.record.map(|r| r.n)).collect();
        (numbers, split.error.is_some())
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
    fn whole_records_behind_torn_ones_are_read() {
        for (text, numbers_found) in [
            (r#"{"n":1,"a":"x{"n":2}"#, vec![Some(2)]),
            (r#"{"n":1}{"n":2,"a":{"n":7},"b{"n":3}"#, vec![Some(1), Some(3)]),
            (r#"{"n":1,"a":[{"n":7,"inner":true},{"n":8{"n":2}{"n":3}"#, vec![Some(2), Some(3)]),
            (r#"{"n":1{"n":2}{"n":3{"n":4}"#, vec![Some(2), Some(4)]),
            // What the torn one holds is no record of its own.
            (r#"{"n":1,"a":{"n":7,"inner":true}"#, vec![]),
            (r#"{"n":1,"a":{"n":7},"b""#, vec![]),
            (r#"{"n":1,"a":"{\"n\":7}"#, vec![]),
        ] {
            assert_eq!(numbers(text), (numbers_found, true), "{text}");
        }
    }

    #[test]
    fn a_torn_line_costs_no_more_than_a_few_times_its_length() {
        for part in [r#"{"a":["#, r#"{"a":{"b":1},"#, r#"{"a"#, r#"{"n":1,"inner":true},"#] {
            let line = format!("[{}", part.repeat(200_000 / part.len()));
            let started = std::time::Instant::now();
            assert!(numbers(&line).1);
            assert!(started.elapsed().as_secs() < 5, "{part}");
        }
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
