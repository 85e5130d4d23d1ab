//! Reads the strings that a text holds as the texts that they are: what stands in `{"stdout":"a\nb"}` has two lines, and
//! what is written `\"`, `\t` or `\u00f1` there is a sign like any other. Whoever looks within finds what they would find in
//! a text of its own, and where it stands in the whole.

use std::ops::Range;

/// The shortest string that is looked into.
const BYTES_MIN: usize = 8;

/// What a string says, as a text.
pub(in super::super) struct Inner {
    /// The text.
    pub(in super::super) text: String,
    /// For each of its bytes, and for its end, the place in the whole text.
    places: Vec<usize>,
}

impl Inner {
    /// Where a range of the text stands in the whole.
    pub(in super::super) fn range_in_whole(&self, range: &Range<usize>) -> Range<usize> {
        self.places[range.start]..self.places[range.end]
    }
}

/// The strings of a text that say more than a word: with an escape, or a blank where they are the value of a member.
pub(in super::super) fn texts(text: &str) -> Vec<Inner> {
    let bytes = text.as_bytes();
    let mut texts = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\'', &bytes[at..]) {
        let open = at + found;
        at = open + 1;
        let Some(opener) = opener(&bytes[..open]) else { continue };
        let end = end(bytes, open);
        let inside = &bytes[open + 1..end];
        // A member may be a text without an escape.
        let is_member = opener == b':' && bytes[open] == b'"';
        let is_text = memchr::memchr(b'\\', inside).is_some()
            || is_member && memchr::memchr(b' ', inside).is_some();
        if inside.len() >= BYTES_MIN && is_text {
            texts.push(read(text, open + 1..end, |_, _| true));
        }
        at = (end + 1).min(bytes.len());
    }
    texts
}

/// The text with the letters that it writes by their numbers, if there are any: `"contrase\u00f1a": "X"`.
pub(in super::super) fn spelled(text: &str) -> Option<Inner> {
    memchr::memmem::find(text.as_bytes(), br"\u")?;
    let inner = read(text, 0..text.len(), |said, length| length > 2 && said.is_alphanumeric());
    (inner.text.len() < text.len()).then_some(inner)
}

/// What stands before a quote that opens a string; `None`: it opens none.
fn opener(before: &[u8]) -> Option<u8> {
    // Python says before its quotes what string follows.
    let before = before.strip_suffix(b"b").unwrap_or(before);
    let blanks = before.iter().rev().take(8).take_while(|b| matches!(b, b' ' | b'\n')).count();
    match before[..before.len() - blanks].last() {
        None => Some(b'['),
        Some(sign @ (b':' | b'[' | b',' | b'{' | b'(' | b'=')) => Some(*sign),
        _ => None,
    }
}

/// Where the string ends that opens here: at its quote, or where its line does.
fn end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(found) = memchr::memchr3(bytes[open], b'\\', b'\n', &bytes[at..]) {
        at += found;
        if bytes[at] != b'\\' {
            return at;
        }
        at = (at + 2).min(bytes.len());
    }
    bytes.len()
}

/// The text that a string says (RFC 8259, section 7); what is no escape stays.
fn read(whole: &str, inside: Range<usize>, is_read: impl Fn(char, usize) -> bool) -> Inner {
    let end = inside.end;
    let mut inner = Inner { text: String::with_capacity(inside.len()), places: Vec::new() };
    let mut at = inside.start;
    while let Some(letter) = whole[at..end].chars().next() {
        let (said, length) = match (letter, escape(&whole[at..end])) {
            ('\\', Some((said, length))) if is_read(said, length) => (said, length),
            _ => (letter, letter.len_utf8()),
        };
        inner.text.push(said);
        inner.places.resize(inner.text.len(), at);
        at += length;
    }
    inner.places.push(end);
    inner
}

/// The letter that an escape says, and how long it is written.
fn escape(written: &str) -> Option<(char, usize)> {
    let said = match written.as_bytes().get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        sign @ (b'"' | b'\'' | b'\\' | b'/') => char::from(*sign),
        b'u' => {
            let code = u32::from_str_radix(written.get(2..6)?, 16).ok()?;
            return char::from_u32(code).map(|said| (said, 6));
        }
        _ => return None,
    };
    Some((said, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_string_is_a_text_and_what_is_found_in_it_has_its_place() {
        let text = r#"{"a": "one\ntwo \"three\" contrase\u00f1a"}"#;
        let inner = &texts(text)[0];
        assert_eq!(inner.text, "one\ntwo \"three\" contraseña");
        let at = inner.text.find("\"three").expect("it is there");
        assert_eq!(&text[inner.range_in_whole(&(at..at + 7))], r#"\"three\""#);
        let at = inner.text.find("ñ").expect("it is there");
        assert_eq!(&text[inner.range_in_whole(&(at..at + 2))], r"\u00f1");
        let name = spelled(r#"{"contrase\u00f1a": "a\nb"}"#).expect("it is written so");
        assert_eq!(name.text, r#"{"contraseña": "a\nb"}"#);
        assert!(spelled(r"a\u0022b").is_none());
        assert!(texts("it's what it's, don't").is_empty());
    }

    proptest! {
        #[test]
        fn every_text_is_read_back_from_the_json_that_holds_it(inner in "[\\PC\n\t\"\\\\]{8,40}\n") {
            let whole = serde_json::json!({ "x": &inner }).to_string();
            let read = texts(&whole);
            prop_assert_eq!(&read[0].text, &inner);
            prop_assert_eq!(read[0].range_in_whole(&(0..inner.len())).len(), whole.len() - 8);
        }

        #[test]
        fn every_place_is_one_of_the_whole(whole in "([\"'\\\\:,u0-9a-fn ]|\\PC){0,60}") {
            for inner in texts(&whole) {
                for (at, _) in inner.text.char_indices() {
                    let range = inner.range_in_whole(&(at..inner.text.len()));
                    prop_assert!(whole.get(range).is_some());
                }
            }
        }
    }
}
