//! Finds values that are given to something whose name says it is secret: `API_KEY=…`, `"password": "…"`,
//! `--token …`, and passwords in connection strings.

use super::check::is_hash;
use super::given;
use super::join;
use super::name;
use super::rule::Tier;
use super::table;
use super::value::{Style, Value};
use std::ops::Range;

/// The longest value looked at.
const VALUE_BYTES_MAX: usize = 512;
/// How far before a password the rest of its connection string is looked for.
const STRING_BYTES_MAX: usize = 160;

/// The secrets given to the name that the anchor ends in the middle of. A short word must be the whole name.
pub(super) fn find(text: &str, anchor: Range<usize>, is_whole: bool) -> Vec<(Range<usize>, Tier)> {
    let Some(name) = name::read(text, anchor.clone(), name::kind(&text[anchor.clone()])) else {
        return Vec::new();
    };
    if is_of_resource(text, &name) {
        return Vec::new();
    }
    if is_whole && text[name.start..name.end].trim_start_matches('-') != &text[anchor] {
        return Vec::new();
    }
    let judge = |value: Value| {
        let written = text.get(value.range.clone())?;
        // In a sentence a short word is a word.
        if is_whole
            && matches!(value.style, Style::Prose | Style::Said)
            && !given::is_told_briefly(written)
        {
            return None;
        }
        let tier = given::given(written, &name, value.style)?;
        if !name.kind.is_chosen()
            && is_hash(written)
            && is_digest_of(text, &name, value.range.start)
        {
            return None;
        }
        Some((value.range, tier))
    };
    match join::values(text, &name).find_map(judge) {
        Some(found) => vec![found],
        None => table::columns(text, &name).into_iter().filter_map(judge).collect(),
    }
}

/// Whether a hash is said to be one of what the name means, or of the file that is named so: `the token's sha256 is …`,
/// `md5 of the token: …`, `token.rs: …`.
fn is_digest_of(text: &str, name: &name::Name, value: usize) -> bool {
    const BEFORE_BYTES_MAX: usize = 24;
    const DIGESTS: &[&str] =
        &["sha", "sha1", "sha256", "sha512", "md5", "digest", "checksum", "fingerprint"];
    let Some(between) = text.get(name.end..value) else { return false };
    let says = |said: &str| {
        said.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| DIGESTS.contains(&&*word.to_ascii_lowercase()))
    };
    let is_file = [".rs", ".py", ".ts", ".js", ".go", ".json", ".yaml", ".yml", ".md"]
        .iter()
        .any(|end| text[name.start..value].trim_end_matches([' ', ':']).ends_with(end));
    let from = text.ceil_char_boundary(name.start.saturating_sub(BEFORE_BYTES_MAX));
    let before = text[from..name.start].rsplit(['\n', '.', ';', '"']).next().unwrap_or_default();
    is_file || says(between) || before.contains(" of ") && says(before)
}

/// Whether a name is the kind of a resource of Amazon's: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:NAME`.
fn is_of_resource(text: &str, name: &name::Name) -> bool {
    const ARN_BYTES_MAX: usize = 80;
    let Some(before) = text[..name.start].strip_suffix(':') else { return false };
    let digits = before.bytes().rev().take_while(u8::is_ascii_digit).count();
    let from = before.floor_char_boundary(before.len().saturating_sub(ARN_BYTES_MAX));
    digits == 12 && before[from..].contains("arn:aws")
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
    // It stands beside other members of the string; the arguments of a call are no string.
    if !before.ends_with([';', ' ']) || before.ends_with(", ") && is_call(before) {
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

/// Whether a call's brackets are open where a text ends, and no quotes are.
fn is_call(before: &str) -> bool {
    let Some(open) = before.rfind('(') else { return false };
    let count = |sign: char| before[open..].matches(sign).count();
    count(')') == 0 && count('"').is_multiple_of(2) && count('\'').is_multiple_of(2)
}
