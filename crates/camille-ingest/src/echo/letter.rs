//! A text as a row of letters, whatever stands between them and however they are written: letter case, accents,
//! width, spaces and line breaks, punctuation, digits, colours, tags, and escapes of JSON, HTML and URLs to any
//! depth do not tell.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A letter of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    /// What stands for it.
    pub(super) symbol: u64,
    /// Where it begins and ends, in bytes.
    pub(super) from: usize,
    pub(super) to: usize,
    /// What came between it and the letter before.
    pub(super) before: Gap,
}

/// What stands between two letters. The greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing, or nothing that shows.
    None,
    /// Something that ends no phrase.
    Space,
    /// Room between columns, maybe.
    Wide,
    /// The end of a phrase: punctuation.
    Phrase,
    /// The border of a field: a quotation mark, a tab, a line of a table.
    Field,
    /// A line break, also an escaped one.
    Line,
}

/// What a place in a text is.
enum Sign {
    Letter(char),
    Gap(Gap),
}

/// What is in HTML around words; other words in angle brackets may be part of the text.
const TAGS: [&str; 26] = [
    "a",
    "b",
    "i",
    "u",
    "p",
    "br",
    "em",
    "hr",
    "li",
    "ul",
    "ol",
    "td",
    "tr",
    "th",
    "div",
    "pre",
    "h1",
    "h2",
    "h3",
    "code",
    "span",
    "mark",
    "table",
    "tbody",
    "strong",
    "blockquote",
];

/// Gives each letter of a text to `take`.
pub(super) fn each(text: &str, mut take: impl FnMut(Letter)) {
    let bytes = text.as_bytes();
    let (mut at, mut before) = (0, Gap::Line);
    while at < bytes.len() {
        let byte = bytes[at];
        let shown = if byte == b'M' { meta(&text[at..]) } else { None };
        if byte.is_ascii_alphabetic() && shown.is_none() {
            let symbol = symbol(byte | 0x20);
            take(Letter { symbol, from: at, to: at + 1, before });
            before = Gap::None;
            at += 1;
            continue;
        }
        let (sign, length) = shown.unwrap_or_else(|| next(&text[at..]));
        match sign {
            Sign::Gap(gap) => before = before.max(gap),
            Sign::Letter(letter) => {
                let (from, to) = (at, at + length);
                plain(letter, &mut |symbol| {
                    take(Letter { symbol, from, to, before });
                    before = Gap::None;
                });
            }
        }
        at += length;
    }
}

/// The symbols of a letter without accent, case and width. Scripts that write a word as one or two characters
/// get several for each, so that a row of letters says about as much in any.
fn plain(letter: char, take: &mut dyn FnMut(u64)) {
    for folded in [letter].into_iter().nfkd() {
        for lower in folded.to_lowercase().filter(|letter| letter.is_alphabetic()) {
            let symbol = if lower.is_ascii() { symbol(lower as u8) } else { mixed(lower.into()) };
            take(symbol);
            if is_ideograph(lower) {
                take(symbol.rotate_left(9));
                take(symbol.rotate_left(18));
            }
        }
    }
}

/// Whether a letter stands for a word: such scripts put no spaces.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

const SYMBOLS: [u64; 256] = {
    let mut symbols = [0; 256];
    let mut at = 0;
    while at < 256 {
        symbols[at] = mixed(at as u64);
        at += 1;
    }
    symbols
};

fn symbol(letter: u8) -> u64 {
    SYMBOLS[usize::from(letter)]
}

/// `SplitMix64` (Steele, Lea, Flood 2014): every bit of the result depends on every bit of the number.
pub(super) const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What a text begins with, and how many bytes it takes.
fn next(rest: &str) -> (Sign, usize) {
    match rest.as_bytes()[0] {
        b'\\' => backslash(rest),
        b'&' => entity(rest),
        b'%' => percent(rest),
        b'=' => equals(rest),
        b'<' => tag(rest),
        b'0'..=b'9' => number(rest),
        b' ' => spaces(rest),
        // What stands before it names what follows.
        b':' if rest[1..].starts_with(' ') => (Sign::Gap(Gap::Field), 2),
        0x1b => (Sign::Gap(Gap::None), 1 + colour(&rest[1..])),
        b'^' if rest.starts_with("^[[") => (Sign::Gap(Gap::None), 2 + colour(&rest[2..])),
        // A tab as `cat -T` shows it.
        b'^' if rest.starts_with("^I") => (Sign::Gap(Gap::Field), 2),
        _ => {
            let letter = rest.chars().next().unwrap_or(' ');
            (of(letter), letter.len_utf8())
        }
    }
}

/// A number says nothing; with a separator after it, it numbers what follows.
fn number(rest: &str) -> (Sign, usize) {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let numbers = rest[digits..].starts_with([':', '-', ')', '→', '|', '\t']);
    (Sign::Gap(if numbers { Gap::Field } else { Gap::Space }), digits)
}

/// Many spaces stand between columns.
fn spaces(rest: &str) -> (Sign, usize) {
    let count = rest.bytes().take_while(|byte| *byte == b' ').count();
    let gap = match count {
        1 => Gap::Space,
        2 => Gap::Wide,
        _ => Gap::Field,
    };
    (Sign::Gap(gap), count)
}

/// What a character is.
fn of(letter: char) -> Sign {
    match letter {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => Sign::Gap(Gap::Line),
        '"'
        | '\t'
        | '|'
        | '`'
        | '·'
        | '•'
        | '“'
        | '”'
        | '„'
        | '«'
        | '»'
        | '\u{2500}'..='\u{257f}' => Sign::Gap(Gap::Field),
        '.' | ':' | ';' | '!' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '…' | '—' => {
            Sign::Gap(Gap::Phrase)
        }
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {
            Sign::Gap(Gap::None)
        }
        letter if letter.is_alphabetic() => Sign::Letter(letter),
        letter if !letter.is_ascii() && is_combining_mark(letter) => Sign::Gap(Gap::None),
        _ => Sign::Gap(Gap::Space),
    }
}

/// Any number of backslashes, and what they escape.
fn backslash(rest: &str) -> (Sign, usize) {
    let count = rest.bytes().take_while(|byte| *byte == b'\\').count();
    let after = &rest[count..];
    let code = |from: usize, digits: usize| {
        after.get(from..from + digits).and_then(|code| u32::from_str_radix(code, 16).ok())
    };
    let escaped = |code: Option<u32>, length: usize| match code {
        Some(0x1b) => (Sign::Gap(Gap::None), count + length + colour(&after[length..])),
        Some(code) => (char::from_u32(code).map_or(Sign::Gap(Gap::Space), of), count + length),
        None => (Sign::Gap(Gap::Space), count),
    };
    match after.bytes().next() {
        Some(b'n' | b'r') => (Sign::Gap(Gap::Line), count + 1),
        Some(b't') => (Sign::Gap(Gap::Field), count + 1),
        Some(b'"') => (Sign::Gap(Gap::Field), count + 1),
        Some(b'f' | b'v') => (Sign::Gap(Gap::Space), count + 1),
        Some(b'u') => escaped(code(1, 4), 5),
        Some(b'x') => escaped(code(1, 2), 3),
        Some(b'0') if after.starts_with("033") => escaped(Some(0x1b), 3),
        Some(b'3') => match in_bytes(rest, octal) {
            Some((letter, length)) => (of(letter), length),
            None => (Sign::Gap(Gap::Space), count),
        },
        Some(b'e') if after.starts_with("e[") => escaped(Some(0x1b), 1),
        _ => (Sign::Gap(Gap::Space), count),
    }
}

/// A byte outside ASCII by its number, as `sed -n l` and git write it.
fn octal(rest: &str) -> Option<(u8, usize)> {
    let digits = rest.trim_start_matches('\\');
    let byte = u8::from_str_radix(digits.get(..3)?, 8).ok().filter(|byte| !byte.is_ascii())?;
    (digits.len() < rest.len()).then(|| (byte, rest.len() - digits.len() + 3))
}

/// How many bytes of a control sequence follow an escape character (ECMA-48, 5.4).
fn colour(rest: &str) -> usize {
    let Some(sequence) = rest.strip_prefix('[') else { return 0 };
    let parameters = sequence.bytes().take_while(|byte| (0x20..0x40).contains(byte)).count();
    let last = sequence.as_bytes().get(parameters).is_some_and(u8::is_ascii_alphabetic);
    1 + parameters + usize::from(last)
}

/// A character reference of HTML, also one whose ampersand is one itself.
fn entity(rest: &str) -> (Sign, usize) {
    let mut end = 1;
    while rest[end..].starts_with("amp;") {
        end += 4;
    }
    let after = &rest[end..];
    for (name, gap) in [
        ("lt;", Gap::Space),
        ("gt;", Gap::Space),
        ("quot;", Gap::Field),
        ("apos;", Gap::Space),
        ("nbsp;", Gap::Space),
        ("shy;", Gap::None),
    ] {
        if after.starts_with(name) {
            return (Sign::Gap(gap), end + name.len());
        }
    }
    let number = after.strip_prefix('#').and_then(|number| {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let code = &digits[..digits.bytes().take(8).position(|byte| byte == b';')?];
        let letter = char::from_u32(u32::from_str_radix(code, radix).ok()?)?;
        Some((letter, after.len() - digits.len() + code.len() + 1))
    });
    match number {
        Some((letter, length)) => (of(letter), end + length),
        None => (Sign::Gap(Gap::Space), end),
    }
}

/// The bytes of a character as URLs write them, also where the sign itself is written so.
fn percent(rest: &str) -> (Sign, usize) {
    let byte = |rest: &str| {
        let mut after = rest.strip_prefix('%')?;
        while let Some(more) = after.strip_prefix("25") {
            after = more;
        }
        let byte = u8::from_str_radix(after.get(..2)?, 16).ok()?;
        Some((byte, rest.len() - after.len() + 2))
    };
    match in_bytes(rest, byte) {
        Some((letter, length)) => (of(letter), length),
        None => (Sign::Gap(Gap::Space), 1),
    }
}

/// The bytes of a character as mails write them (quoted-printable), and lines that go on.
fn equals(rest: &str) -> (Sign, usize) {
    for (written, gap) in [("=\n", Gap::None), ("=\r\n", Gap::None), ("=3D", Gap::Space)] {
        if rest.starts_with(written) {
            return (Sign::Gap(gap), written.len());
        }
    }
    let byte = |rest: &str| {
        // A line may end between two of them.
        let at = ["=\n=", "=\r\n="].iter().find(|broken| rest.starts_with(**broken));
        let from = at.map_or(0, |broken| broken.len() - 1);
        let code = rest[from..].strip_prefix('=')?.get(..2)?;
        let byte = u8::from_str_radix(code, 16).ok().filter(|byte| !byte.is_ascii())?;
        Some((byte, from + 3))
    };
    match in_bytes(rest, byte) {
        Some((letter, length)) => (of(letter), length),
        None => (Sign::Gap(Gap::Space), 1),
    }
}

/// The bytes of a character as `cat -v` shows them: `M-C` is 0xC3, `M-^I` 0x89.
fn meta(rest: &str) -> Option<(Sign, usize)> {
    let byte = |rest: &str| {
        let shown = rest.strip_prefix("M-")?.as_bytes();
        match (shown.first()?, shown.get(1)) {
            (b'^', Some(control @ b'@'..=b'_')) => Some((0x80 | (control ^ 0x40), 4)),
            (plain @ b' '..=b'~', _) => Some((0x80 | plain, 3)),
            _ => None,
        }
    };
    in_bytes(rest, byte).map(|(letter, length)| (of(letter), length))
}

/// The character whose bytes are written one after the other. `byte` reads one, and says how long it is.
fn in_bytes(rest: &str, byte: impl Fn(&str) -> Option<(u8, usize)>) -> Option<(char, usize)> {
    let mut bytes = [0; 4];
    let (mut count, mut end) = (0, 0);
    while count < bytes.len() {
        let (value, length) = byte(rest.get(end..)?)?;
        bytes[count] = value;
        count += 1;
        end += length;
        if let Ok(letter) = std::str::from_utf8(&bytes[..count]) {
            return letter.chars().next().map(|letter| (letter, end));
        }
    }
    None
}

/// A tag of HTML.
fn tag(rest: &str) -> (Sign, usize) {
    let inside = &rest[1..];
    let end = inside.bytes().take(200).position(|byte| byte == b'>' || byte == b'<');
    let tag = end.filter(|end| inside.as_bytes()[*end] == b'>').map(|end| &inside[..end]);
    let is_html = tag.is_some_and(|tag| {
        let name = tag.trim_start_matches('/');
        let name = name.split([' ', '/', '\n']).next().unwrap_or_default();
        TAGS.iter().any(|known| name.eq_ignore_ascii_case(known))
    });
    match tag {
        Some(tag) if is_html => (Sign::Gap(Gap::Space), tag.len() + 2),
        _ => (Sign::Gap(Gap::Space), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn symbols(text: &str) -> Vec<u64> {
        let mut symbols = Vec::new();
        each(text, |letter| symbols.push(letter.symbol));
        symbols
    }

    #[test]
    fn however_it_is_written_the_letters_are_the_same() {
        let plain = symbols("Élan vital: a café, don’t stop\nthe naïve lock");
        for text in [
            "ÉLAN VITAL A CAFÉ DONT STOP THE NAÏVE LOCK",
            "e\u{301}lan vital a cafe\u{301} dont stop the nai\u{308}ve lock",
            "elanvitalacafedontstopthenaivelock",
            "  1→Élan vi-\n  2→tal: a ca\u{ad}fé, don\u{200b}'t stop\n  3→the naïve lock",
            "\\u00c9lan vital: a caf\\u00e9, don\\u2019t stop\\nthe na\\u00efve lock",
            "\\\\u00c9lan vital: a caf\\xe9, don't stop\\\\nthe naïve \\\"lock\\\"",
            "&#201;lan vital: a caf&#xe9;, don&amp;#39;t stop <br>the <b>naïve</b> lock",
            "%C3%89lan%20vital%3A%20a%20caf%25C3%25A9%2C%20don%27t%0Astop+the+na%C3%AFve+lock",
            "\u{1b}[1mÉlan\u{1b}[0m vital: a ^[[1mcafé^[[0m, don’t \\u001b[31mstop\\e[0m the naïve lock",
            "=C3=89lan vital: a caf=C3=\n=A9, don=E2=80=99t st=\nop the na=C3=AFve lock=3D",
            "M-CM-^Ilan vital: a^IcafM-CM-), donM-bM-^@M-^Yt stop$\nthe naM-CM-/ve lock$",
            "\\303\\211lan vital: a caf\\\\303\\\\251, don\\342\\200\\231t stop\\nthe na\\303\\257ve lock",
            "Ｅlan ｖital: a café, don’t stop the naïve lock",
        ] {
            assert_eq!(symbols(text), plain, "{text}");
        }
        assert_ne!(symbols("Vec<String>"), symbols("Vec"), "what is no tag of HTML is text");
        assert_eq!(symbols("M-Code x=DEAD"), symbols("mcode xdead"), "what is no byte is text");
        assert_eq!(symbols("漢字").len(), 6);
    }

    proptest! {
        #[test]
        fn letters_stand_in_order_within_the_text(text in "\\PC*|[\\\\&%<^#;ux0-9a-eMC=\n\u{1b}\\[\\-]{0,40}") {
            let mut last = 0;
            each(&text, |letter| {
                assert!(letter.from >= last || letter.to == last, "{text}");
                assert!(text.is_char_boundary(letter.from) && text.is_char_boundary(letter.to));
                last = letter.to;
            });
        }
    }
}
