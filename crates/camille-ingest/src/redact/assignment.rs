//! Finds values that are given to something whose name says it is secret: `API_KEY=…`, `"password": "…"`,
//! `--token …`, and passwords in connection strings. Whether the value is a secret the rule's check says.

use std::ops::Range;

/// The longest value looked at.
const VALUE_BYTES_MAX: usize = 512;
/// The longest name looked at behind the word that makes it secret.
const NAME_BYTES_MAX: usize = 32;
/// How far before a password the rest of its connection string is looked for.
const STRING_BYTES_MAX: usize = 160;

/// Names that say something *about* a secret: `token_type`, `passwordField`, `secret-name`.
const ABOUT: &[&str] = &[
    "id",
    "name",
    "hash",
    "type",
    "count",
    "limit",
    "url",
    "uri",
    "path",
    "file",
    "length",
    "len",
    "size",
    "expir",
    "expires",
    "ttl",
    "version",
    "field",
    "header",
    "prefix",
    "suffix",
    "hint",
    "format",
    "label",
    "policy",
    "arn",
    "input",
    "error",
    "message",
    "param",
    "placeholder",
    "class",
    "regex",
    "pattern",
    "usage",
    "budget",
    "reset",
    "manager",
    "store",
    "provider",
    "index",
    "kind",
    "digest",
    "checksum",
    "column",
    "selector",
    "ref",
    "s",
];

/// What may follow the word that makes a name secret without a capital or a sign between them. Other letters
/// make it another word: `tokenize`, `secretary`.
const GOING_ON: &[&str] = &["key", "value", "base"];

/// The value given to the name that the anchor ends in the middle of.
pub(super) fn find(text: &str, anchor: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let rest = &bytes[anchor.end..];
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_' || **b == b'-';
    let tail = rest.iter().take(NAME_BYTES_MAX + 1).take_while(is_name).count();
    let is_word_going_on = bytes[anchor.end - 1].is_ascii_lowercase()
        && rest[..tail].first().is_some_and(u8::is_ascii_lowercase)
        && !GOING_ON.iter().any(|word| rest.starts_with(word.as_bytes()));
    if tail > NAME_BYTES_MAX || is_word_going_on || is_about(&rest[..tail]) {
        return None;
    }
    let after_name = anchor.end + tail;
    let is_option = text[..anchor.start].ends_with("--") || {
        let name =
            bytes[..anchor.start].iter().rev().take(NAME_BYTES_MAX).take_while(is_name).count();
        bytes[anchor.start - name..].starts_with(b"--")
    };
    let at = operator(bytes, after_name, is_option)?;
    value(text, at)
}

/// The password in `Server=…;Password=…;` and in `host=… password=…`.
pub(super) fn find_in_connection_string(text: &str, anchor: Range<usize>) -> Option<Range<usize>> {
    const OTHERS: &[&str] = &[
        "host=",
        "server=",
        "user=",
        "user id=",
        "uid=",
        "username=",
        "dbname=",
        "data source=",
        "port=",
        "accountname=",
        "database=",
    ];
    let mut from = anchor.start.saturating_sub(STRING_BYTES_MAX);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..anchor.start];
    let before = before.rsplit(['\n', '\r']).next().unwrap_or(before);
    // It stands beside other members of the string.
    if !before.ends_with([';', ' ']) {
        return None;
    }
    let lower = before.to_ascii_lowercase();
    if !OTHERS.iter().any(|other| lower.contains(other)) {
        return None;
    }
    let start = anchor.end;
    let end = start
        + text.as_bytes()[start..]
            .iter()
            .take(VALUE_BYTES_MAX)
            .take_while(|b| !b.is_ascii_whitespace() && !b";\"'`\\".contains(b))
            .count();
    (end > start && text.is_char_boundary(end)).then_some(start..end)
}

/// Whether a name goes on with a word that makes it the name of something else.
fn is_about(tail: &[u8]) -> bool {
    let tail = String::from_utf8_lossy(tail).to_ascii_lowercase();
    let last = tail.rsplit(['_', '-']).next().unwrap_or_default();
    // `tokenType` has no separator: the tail is the word, perhaps in the plural.
    let last = if last.is_empty() { tail.trim_matches(['_', '-']) } else { last };
    ABOUT
        .iter()
        .any(|word| last == *word || (word.len() > 2 && last.strip_suffix('s') == Some(word)))
        || ["id", "name", "type", "url", "path", "file", "field", "hash", "count"]
            .iter()
            .any(|word| last.len() > word.len() && last.ends_with(word))
}

/// Where the value begins: behind `=`, `:`, `=>` or `:=`, or behind the space after an option.
fn operator(bytes: &[u8], mut at: usize, is_option: bool) -> Option<usize> {
    let skip = |mut at: usize, letters: &[u8], most: usize| {
        let from = at;
        while at - from < most && bytes.get(at).is_some_and(|b| letters.contains(b)) {
            at += 1;
        }
        at
    };
    // The name's own quotes and brackets.
    at = skip(at, b"\\\"'`])", 6);
    let after_name = at;
    at = skip(at, b" \t", 24);
    let before = at;
    at = skip(at, b":=>", 3);
    let is_assigned = at > before && bytes[before] != b'>';
    let is_argument = is_option && before > after_name;
    if !is_assigned && !is_argument {
        return None;
    }
    Some(skip(at, b" \t", 24))
}

/// The value that begins at `at`: within its quotes, or up to what cannot be part of one.
fn value(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut start = at;
    // `b"…"`, `f'…'`.
    if let [b'b' | b'f' | b'r' | b'u', b'"' | b'\'', ..] = bytes.get(start..)? {
        start += 1;
    }
    let slashes = bytes[start..].iter().take_while(|b| **b == b'\\').count();
    let quote = bytes.get(start + slashes).copied().filter(|b| b"\"'`".contains(b));
    if let Some(quote) = quote {
        start += slashes + 1;
        let end = start
            + bytes[start..]
                .iter()
                .take(VALUE_BYTES_MAX)
                .take_while(|b| **b != quote && **b != b'\\' && !b.is_ascii_whitespace())
                .count();
        let is_closed = matches!(bytes.get(end), Some(b) if *b == quote || *b == b'\\');
        return (is_closed && end > start).then_some(start..end);
    }
    for scheme in ["Bearer ", "bearer ", "Basic ", "token ", "Token "] {
        if text[start..].starts_with(scheme) {
            start += scheme.len();
        }
    }
    let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`;,)}]>|&\\".contains(b);
    let end = start + bytes[start..].iter().take(VALUE_BYTES_MAX).take_while(|b| !ends(b)).count();
    (end > start && text.is_char_boundary(end)).then_some(start..end)
}
