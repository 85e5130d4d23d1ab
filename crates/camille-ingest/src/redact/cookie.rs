//! Finds the values of cookies that keep somebody logged in: `Cookie: a=…; session=…`, `Set-Cookie: …`.

use super::check::Check;
use super::letter;
use super::rule::Tier;
use super::value::{self, Ends};
use std::ops::Range;

/// The most cookies of a header that are looked at.
const COOKIES_MAX: usize = 64;
/// What a cookie's name holds whose value is a session or a token.
const SESSIONS: &[&str] = &[
    "sess",
    "sid",
    "auth",
    "token",
    "jwt",
    "login",
    "remember",
    "identity",
    "secret",
    "credential",
    "user_id",
];
/// What stands in a header beside cookies.
const ATTRIBUTES: &[&str] =
    &["path", "domain", "expires", "max-age", "samesite", "httponly", "secure", "version"];

/// The values in the header or option that the anchor begins.
pub(super) fn find(text: &str, anchor: Range<usize>) -> Vec<(Range<usize>, Tier)> {
    let bytes = text.as_bytes();
    let is_lead = |sign: u8| {
        letter::is_blank(sign) || matches!(sign, b'"' | b'\'' | b':' | b'=' | b',' | b'`')
    };
    let mut at = letter::skip(bytes, anchor.end, 8, is_lead);
    let mut found = Vec::new();
    for _ in 0..COOKIES_MAX {
        let start = letter::skip(bytes, at, 4, letter::is_blank);
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.$%".contains(b);
        let length = bytes[start..].iter().take(96).take_while(|b| is_name(b)).count();
        let name = text[start..start + length].to_ascii_lowercase();
        let after = start + length;
        at = after;
        if length > 0 && letter::at(bytes, after).is_some_and(|next| next.sign == b'=') {
            let Some((range, _)) = value::read(text, after + 1, Ends::Word) else { break };
            at = range.end;
            let token = &text[range.clone()];
            let is_session = SESSIONS.iter().any(|part| name.contains(part));
            let check = if is_session { Check::Given } else { Check::Opaque };
            if !ATTRIBUTES.contains(&name.as_str())
                && token.len() >= 8
                && let Some(tier) = check.judge(token)
            {
                found.push((range, tier));
            }
        }
        let end = letter::skip(bytes, at, 2, |sign| sign == b'"');
        match letter::at(bytes, end) {
            Some(next) if next.sign == b';' => at = end + next.len,
            _ => break,
        }
    }
    found
}
