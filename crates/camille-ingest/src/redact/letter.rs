//! The one list of wrappings: how a sign is written where JSON, HTML, a URL, a shell or a terminal stands around it.
//!
//! [`at`] reads one letter, however it is escaped and however deep. Whoever looks for a quote, a colon or a space asks
//! here, and finds `"`, `\"`, `\\\"`, `&quot;`, `\u0022` and `%22` alike.

/// What colour codes are read as: they take room and say nothing.
pub(super) const NOTHING: u8 = 0;
/// What a letter outside of ASCII that means no sign here is read as.
pub(super) const OTHER: u8 = 0x80;

/// The most backslashes before a letter that are its escape: seven escapes deep.
const SLASHES_MAX: usize = 127;

/// One letter as it is meant, and how many bytes it takes as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    /// The ASCII letter, [`NOTHING`] or [`OTHER`].
    pub(super) sign: u8,
    /// Bytes.
    pub(super) len: usize,
}

/// The letter that begins at a byte; `None` at the end.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<Letter> {
    let rest = bytes.get(at..)?;
    let first = *rest.first()?;
    let escaped = match first {
        b'\\' => backslash(rest),
        b'&' => entity(rest),
        b'%' => percent(rest),
        0x1b => colour(&rest[1..]).map(|len| Letter { sign: NOTHING, len: len + 1 }),
        0x80.. => Some(wide(rest)),
        _ => None,
    };
    Some(escaped.unwrap_or(Letter { sign: first, len: 1 }))
}

/// Where the run ends that begins at `from` and has at most `most` letters that are `wanted` or nothing.
pub(super) fn skip(bytes: &[u8], from: usize, most: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let mut end = from;
    for _ in 0..most {
        match at(bytes, end) {
            Some(letter) if letter.sign == NOTHING || wanted(letter.sign) => end += letter.len,
            _ => break,
        }
    }
    end
}

/// Whether it is white space within a line.
pub(super) fn is_blank(sign: u8) -> bool {
    sign == b' ' || sign == b'\t'
}

/// Whether it is white space.
pub(super) fn is_space(sign: u8) -> bool {
    is_blank(sign) || sign == b'\n' || sign == b'\r'
}

/// Backslashes and what they escape: a quote, a line end, a letter by its number, a colour.
fn backslash(rest: &[u8]) -> Option<Letter> {
    let slashes = rest.iter().take(SLASHES_MAX).take_while(|b| **b == b'\\').count();
    let after = &rest[slashes..];
    let letter = |sign, len| Some(Letter { sign, len: slashes + len });
    match after {
        [quote @ (b'"' | b'\'' | b'`' | b'/'), ..] => letter(*quote, 1),
        // A line that goes on in the next one.
        [b'\n', ..] => letter(b' ', 1),
        [b'\r', b'\n', ..] => letter(b' ', 2),
        [b'n' | b'r', ..] => letter(b'\n', 1),
        [b't', ..] => letter(b'\t', 1),
        [b'u', ..] => numbered(after, slashes, &after[1..], 4),
        [b'x', ..] => numbered(after, slashes, &after[1..], 2),
        [b'e', tail @ ..] => colour(tail).and_then(|len| letter(NOTHING, len + 1)),
        [b'0', b'3', b'3', tail @ ..] => colour(tail).and_then(|len| letter(NOTHING, len + 3)),
        _ => None,
    }
}

/// A letter given by `digits` hexadecimal ones.
fn numbered(after: &[u8], slashes: usize, number: &[u8], digits: usize) -> Option<Letter> {
    let code = hex(number.get(..digits)?)?;
    let len = slashes + 1 + digits;
    if code == 0x1b {
        return colour(&after[1 + digits..]).map(|more| Letter { sign: NOTHING, len: len + more });
    }
    let sign = u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(OTHER);
    Some(Letter { sign, len })
}

/// `[32m` behind the escape.
fn colour(rest: &[u8]) -> Option<usize> {
    let digits = rest.strip_prefix(b"[")?;
    let count = digits.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    (digits.get(count) == Some(&b'm')).then_some(count + 2)
}

/// An entity of HTML, also one whose `&` is an entity.
fn entity(rest: &[u8]) -> Option<Letter> {
    const ENTITIES: &[(&[u8], u8)] = &[
        (b"quot;", b'"'),
        (b"#34;", b'"'),
        (b"#x22;", b'"'),
        (b"apos;", b'\''),
        (b"#39;", b'\''),
        (b"#x27;", b'\''),
        (b"lt;", b'<'),
        (b"#60;", b'<'),
        (b"gt;", b'>'),
        (b"#62;", b'>'),
        (b"nbsp;", b' '),
        (b"equals;", b'='),
        (b"#61;", b'='),
        (b"colon;", b':'),
        (b"#58;", b':'),
    ];
    let mut at = 1;
    while rest[at..].starts_with(b"amp;") {
        at += b"amp;".len();
    }
    let known = ENTITIES.iter().find(|(name, _)| rest[at..].starts_with(name));
    match known {
        Some((name, sign)) => Some(Letter { sign: *sign, len: at + name.len() }),
        None => (at > 1).then_some(Letter { sign: b'&', len: at }),
    }
}

/// `%22`, also `%2522`.
fn percent(rest: &[u8]) -> Option<Letter> {
    let mut at = 1;
    while rest[at..].starts_with(b"25") {
        at += 2;
    }
    let code = hex(rest.get(at..at + 2)?)?;
    let sign = u8::try_from(code).ok().filter(|b| b.is_ascii_punctuation() || is_space(*b))?;
    Some(Letter { sign, len: at + 2 })
}

/// A letter outside of ASCII: typographic quotes, spaces and lines are read as plain ones.
fn wide(rest: &[u8]) -> Letter {
    let sign = match rest {
        // Quotes: “ ” „ ‘ ’ « ».
        [0xe2, 0x80, 0x9c..=0x9f, ..] | [0xc2, 0xab | 0xbb, ..] => b'"',
        [0xe2, 0x80, 0x98 | 0x99, ..] => b'\'',
        // Brackets that quote: 「 」 『 』.
        [0xe3, 0x80, 0x8c..=0x8f, ..] => b'"',
        // A space that does not break; the ideographic one.
        [0xc2, 0xa0, ..] | [0xe3, 0x80, 0x80, ..] => b' ',
        // Lines of tables: │ ┃ ║.
        [0xe2, 0x94, 0x82 | 0x83, ..] | [0xe2, 0x95, 0x91, ..] => b'|',
        // The colon of full width.
        [0xef, 0xbc, 0x9a, ..] => b':',
        _ => OTHER,
    };
    let len = rest.iter().skip(1).take_while(|b| (**b & 0xc0) == 0x80).count() + 1;
    Letter { sign, len }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sign_is_read_however_it_is_written() {
        for (written, sign) in [
            ("\"", b'"'),
            (r#"\""#, b'"'),
            (r#"\\\""#, b'"'),
            ("&quot;", b'"'),
            ("&amp;quot;", b'"'),
            (r"\u0022", b'"'),
            (r"\\u0022", b'"'),
            (r"\x22", b'"'),
            ("%22", b'"'),
            ("%2522", b'"'),
            ("\u{201c}", b'"'),
            ("&#39;", b'\''),
            (r"\n", b'\n'),
            ("\\\n", b' '),
            ("\u{a0}", b' '),
            ("%3A", b':'),
            ("&lt;", b'<'),
            ("\u{2502}", b'|'),
            ("\u{1b}[1;32m", NOTHING),
            (r"\u001b[0m", NOTHING),
            (r"\033[0m", NOTHING),
            (r"\e[0m", NOTHING),
            ("&", b'&'),
            ("%", b'%'),
            ("%41", b'%'),
            (r"\d", b'\\'),
        ] {
            let read = at(written.as_bytes(), 0).expect("a letter");
            assert_eq!(read.sign, sign, "{written:?}");
            if sign != b'%' && sign != b'\\' {
                assert_eq!(read.len, written.len(), "{written:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_to_its_end_in_whole_letters(text in "([\\\\&%u0-9a-f;\u{1b}\\[m\"]|\\PC){0,40}") {
            let mut end = 0;
            while let Some(letter) = at(text.as_bytes(), end) {
                prop_assert!(letter.len > 0);
                end += letter.len;
                prop_assert!(text.is_char_boundary(end));
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
