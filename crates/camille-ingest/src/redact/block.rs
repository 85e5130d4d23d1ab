//! Finds several secrets that one mark makes secret: the data of a Kubernetes `Secret`, the parts of a key in JSON
//! (RFC 7517).

use super::check::Check;
use super::letter;
use super::rule::Tier;
use super::value::{self, Ends};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// How far from its mark a block is looked for.
const BLOCK_BYTES_MAX: usize = 4096;
/// The most entries of a block that are looked at.
const ENTRIES_MAX: usize = 64;

/// All values of `data` and `stringData` of the object whose `kind: Secret` the anchor is.
pub(super) fn find_kubernetes(text: &str, anchor: Range<usize>) -> Vec<(Range<usize>, Tier)> {
    static DATA: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?:\b|\\[nt])(?:stringData|data)["'\\]*\s*:"#).expect("a constant pattern")
    });
    let around = around(text, &anchor, "---");
    let mut found = Vec::new();
    for data in DATA.find_iter(&text[around.clone()]) {
        entries(text, around.start + data.end(), around.end, &mut found);
    }
    found.sort_unstable_by_key(|(range, _)| range.start);
    found.dedup();
    found
}

/// The entries of a map, in YAML or JSON, from behind its colon on.
fn entries(text: &str, from: usize, end: usize, found: &mut Vec<(Range<usize>, Tier)>) {
    let bytes = text.as_bytes();
    let mut at = from;
    for _ in 0..ENTRIES_MAX {
        let gap = letter::skip(bytes, at, 64, |sign| {
            letter::is_space(sign) || matches!(sign, b'{' | b',' | b'"')
        });
        // A line that is not indented belongs to the object again.
        let is_indented = text[at..gap].ends_with([' ', '"', '\\', '{', ',']);
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
        let name = bytes[gap..].iter().take(128).take_while(|b| is_name(b)).count();
        let colon = letter::skip(bytes, gap + name, 2, |sign| sign == b'"');
        let is_pair = letter::at(bytes, colon).is_some_and(|next| next.sign == b':');
        if name == 0 || !is_pair || !is_indented || gap >= end {
            break;
        }
        let start = letter::skip(bytes, colon + 1, 4, letter::is_blank);
        let Some((range, is_quoted)) = value::read(text, start, Ends::Word) else { break };
        let token = &text[range.clone()];
        if let Some(tier) = Check::Given.judge(token) {
            found.push((range.clone(), tier));
        }
        let quote = usize::from(is_quoted);
        at = letter::skip(bytes, range.end, quote, |sign| sign == b'"' || sign == b'\'');
    }
}

/// The secret members of the key in JSON whose `kty` the anchor is.
pub(super) fn find_web_key(text: &str, anchor: Range<usize>) -> Vec<(Range<usize>, Tier)> {
    static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"["'](?:d|k|p|q|dp|dq|qi)[\\"']+\s*:\s*[\\"']+([A-Za-z0-9_-]{16,})"#)
            .expect("a constant pattern")
    });
    let around = around(text, &anchor, "}");
    let members = MEMBER.captures_iter(&text[around.clone()]);
    let found = members.filter_map(|member| member.get(1));
    found
        .map(|part| (around.start + part.start()..around.start + part.end(), Tier::Definite))
        .collect()
}

/// The text around an anchor, up to what ends a block of its kind.
fn around(text: &str, anchor: &Range<usize>, ends: &str) -> Range<usize> {
    let from = text.floor_char_boundary(anchor.start.saturating_sub(BLOCK_BYTES_MAX));
    let to = text.floor_char_boundary((anchor.end + BLOCK_BYTES_MAX).min(text.len()));
    let start = text[from..anchor.start].rfind(ends).map_or(from, |at| from + at + ends.len());
    let end = text[anchor.end..to].find(ends).map_or(to, |at| anchor.end + at);
    start..end
}
