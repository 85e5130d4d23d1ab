//! What a token looks like that is a secret wherever it stands: one that a person made up where letters, digits and signs
//! are asked for, and a run of random letters. What is known to be something else by its form or by the name before it is
//! none.

use super::super::check::{Check, is_uuid};
use super::super::word::are_words;
use std::ops::Range;

/// How long a run of random letters is; longer ones are data, shorter ones are names.
const RANDOM_BYTES: Range<usize> = 20..64;
/// How long a made-up password is.
const MADE_UP_BYTES: Range<usize> = 8..40;
/// How much of the text before a token may say what it is.
const BEFORE_BYTES_MAX: usize = 32;

/// Every such token of a line.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if is_apart(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|b| !is_apart(**b)).count();
        let word = at..at + length;
        at = word.end;
        // Most words are too short or have no digit.
        if length >= MADE_UP_BYTES.start
            && bytes[word.clone()].iter().any(u8::is_ascii_digit)
            && let Some(token) = token(line, word)
        {
            keep(token);
        }
    }
}

fn is_apart(byte: u8) -> bool {
    byte <= b' ' || byte >= 0x80 || b"\"'`\\,;|<>(){}[]".contains(&byte)
}

/// The token that a word is, or that it ends in behind an option, `=` or `:`.
fn token(line: &str, word: Range<usize>) -> Option<Range<usize>> {
    // What marks text in Markdown.
    let marks = line[word.clone()].len() - line[word.clone()].trim_start_matches(['*', '_']).len();
    let word = word.start + marks..word.end;
    let written = &line[word.clone()];
    // Parts of addresses and paths are named by them.
    if written.contains("://") || written.starts_with(['/', '.', '~', '$']) {
        return None;
    }
    let end = written.trim_end_matches(['.', ':', '*']).len();
    let end =
        ["&quot", "&#39", "&amp"].iter().find_map(|mark| written[..end].find(mark)).unwrap_or(end);
    let tail = written[..end].rfind(['=', ':']).map_or(0, |at| at + 1);
    // `-pX`
    let is_option =
        written.starts_with('-') && written[1..].starts_with(|c: char| c.is_ascii_alphabetic());
    let joined = if is_option { 2 } else { 0 };
    [0, joined, tail].into_iter().find_map(|from| {
        let token = &written[from..end];
        let is_other = from > 0 && is_known(&written[..from]);
        let is_named = || is_other || is_known(before(line, word.start));
        (is_shaped(token) && (is_made_up(token) || !is_named()))
            .then(|| word.start + from..word.start + end)
    })
}

/// What stands before a token.
fn before(line: &str, at: usize) -> &str {
    &line[line.floor_char_boundary(at.saturating_sub(BEFORE_BYTES_MAX))..at]
}

/// What identifiers and digests are called.
const KINDS: &[&str] = &[
    "id",
    "ids",
    "hash",
    "sha",
    "etag",
    "cursor",
    "nonce",
    "checksum",
    "digest",
    "integrity",
    "fingerprint",
    "public",
    "publickey",
    "address",
    "ref",
    "slug",
    "commit",
    "version",
    "rev",
    "revision",
    "resolved",
    "uuid",
    "guid",
    "cid",
    "peer",
    "node",
    "signature",
    "request",
    "trace",
    "span",
    "build",
    "image",
    "tag",
    "branch",
    "object",
    "message",
    "event",
    "run",
    "job",
    "model",
    "file",
    "url",
    "uri",
    "src",
    "href",
    "path",
];

/// Whether the name that ends here says that an identifier or a digest follows.
fn is_known(before: &str) -> bool {
    let name = before.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let letters = name.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    let word = &name[name.len() - letters..];
    // `messageId`
    let hump = word.rfind(|c: char| c.is_ascii_uppercase()).unwrap_or(0);
    let is_one = |word: &str| KINDS.contains(&word.to_ascii_lowercase().as_str());
    // A fingerprint as it is printed: `SHA256:…`.
    let is_digest =
        || name.ends_with("SHA256") || name.ends_with("sha256") || name.ends_with("sha512");
    is_one(word) || is_one(&word[hump..]) || word.ends_with("ID") || is_digest()
}

/// Whether any word of the name that stands before a value says that it is a digest: `GIT_COMMIT_BEFORE=`.
pub(super) fn names_digest(before: &str) -> bool {
    const OTHERS: &[&str] = &[
        "git",
        "head",
        "base",
        "parent",
        "tree",
        "blob",
        "md",
        "crc",
        "sum",
        "cache",
        "merge",
        "oid",
        "before",
        "after",
        "upstream",
        "origin",
        "layer",
        "container",
        "cid",
        "fixture",
        "expected",
        "etags",
        "asset",
        "chunk",
    ];
    let before =
        &before[before.floor_char_boundary(before.len().saturating_sub(BEFORE_BYTES_MAX * 2))..];
    let name = before.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let from = name
        .char_indices()
        .rfind(|(_, c)| !(c.is_ascii_alphanumeric() || " _.-".contains(*c)))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let mut words =
        name[from..].split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.any(|word| {
        let hump = word.rfind(|c: char| c.is_ascii_uppercase()).unwrap_or(0);
        [word, &word[hump..]].iter().any(|word| {
            let word = word.to_ascii_lowercase();
            KINDS.contains(&&*word) || OTHERS.contains(&&*word)
        })
    })
}

/// Whether a token is a secret by its shape.
pub(super) fn is_shaped(token: &str) -> bool {
    (is_made_up(token) || is_run(token)) && !is_uuid(token) && Check::Given.judge(token).is_some()
}

/// `Tulpe2026!x`: letters of both cases, digits and a sign that joins no words.
fn is_made_up(token: &str) -> bool {
    let bytes = token.as_bytes();
    let is = |wanted: fn(&u8) -> bool| bytes.iter().filter(|b| wanted(b)).count();
    let is_safe = |b: &u8| b.is_ascii_alphanumeric() || b"!@#$%^&*?~+_-".contains(b);
    if !MADE_UP_BYTES.contains(&token.len())
        || !bytes.iter().all(is_safe)
        // The letters of a pattern.
        || ["a-z", "A-Z", "0-9"].iter().any(|range| token.contains(range))
        || !bytes[0].is_ascii_alphanumeric()
        || is(u8::is_ascii_lowercase) < 2
        || is(u8::is_ascii_uppercase) < 1
        || is(u8::is_ascii_digit) < 2
    {
        return false;
    }
    let last = token.len() - 1;
    let digits = is(u8::is_ascii_digit);
    let firm = bytes.iter().enumerate().filter(|(at, b)| match b {
        // At the end of a sentence, or behind what is never null.
        b'!' => *at < last || digits >= 4,
        b'^' | b'~' => *at < last,
        b'$' => *at < last && !bytes[at + 1].is_ascii_uppercase(),
        b'@' | b'#' | b'&' | b'%' | b'*' => *at == last && digits >= 4,
        _ => false,
    });
    let kinds = b"!@#$%^&*".iter().filter(|sign| bytes[..last].contains(sign)).count();
    firm.count() > 0 || kinds > 1
}

/// A run of letters whose case changes as in no name, with whatever few digits: one that a name or a place announces.
pub(super) fn is_mixed_run(token: &str) -> bool {
    const BYTES_MIN: usize = 16;
    let bytes = token.as_bytes();
    let is = |wanted: fn(&u8) -> bool| bytes.iter().filter(|b| wanted(b)).count();
    let kind = |b: &u8| (b.is_ascii_lowercase(), b.is_ascii_uppercase());
    let changes = bytes.windows(2).filter(|pair| kind(&pair[0]) != kind(&pair[1])).count();
    bytes.len() >= BYTES_MIN
        && bytes.iter().all(|b| b.is_ascii_alphanumeric())
        && is(u8::is_ascii_lowercase) > 2
        && is(u8::is_ascii_uppercase) > 2
        && is(u8::is_ascii_digit) > 0
        && changes * 10 >= bytes.len() * 3
        && !are_words(token)
}

/// A run of random letters and digits without a sign between.
fn is_run(token: &str) -> bool {
    /// What networks call accounts and contents in public.
    const PUBLIC: &[&str] = &["Qm", "12D3Koo", "AAAA", "bafy", "tz1", "bc1", "did"];
    let bytes = token.as_bytes();
    let is = |wanted: fn(&u8) -> bool| bytes.iter().filter(|b| wanted(b)).count();
    let kind = |b: &u8| (b.is_ascii_lowercase(), b.is_ascii_uppercase());
    let changes = bytes.windows(2).filter(|pair| kind(&pair[0]) != kind(&pair[1])).count();
    RANDOM_BYTES.contains(&token.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && is(u8::is_ascii_lowercase) > 2
        && is(u8::is_ascii_uppercase) > 2
        && is(u8::is_ascii_digit) > 0
        && changes * 5 >= token.len() * 2
        && (is(u8::is_ascii_digit) > 1 || changes * 2 >= token.len())
        && !PUBLIC.iter().any(|known| token.starts_with(known))
        && !are_words(token)
}
