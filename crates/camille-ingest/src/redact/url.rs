//! Finds passwords and tokens in the user part of URLs (RFC 3986, section 3.2.1).

use std::ops::Range;

/// The longest user part looked at.
const USER_BYTES_MAX: usize = 1024;

/// The password in `://user:password@host`.
pub(super) fn find_password(text: &str) -> Option<Range<usize>> {
    let (start, user) = user_part(text)?;
    let colon = user.find(':')?;
    let (name, password) = (&user[..colon], &user[colon + 1..]);
    let is_name =
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~%!$&'*+,;={}-".contains(&b));
    (is_name && !password.is_empty()).then(|| start + colon + 1..start + user.len())
}

/// The token in `://token@host`: a user name without a password that is long and looks random.
pub(super) fn find_token(text: &str) -> Option<Range<usize>> {
    let (start, user) = user_part(text)?;
    let is_token = user.len() >= 20
        && user.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-' || b == b'.');
    is_token.then(|| start..start + user.len())
}

/// Where the user part begins, and the user part: what stands before the last `@` of the authority.
fn user_part(text: &str) -> Option<(usize, &str)> {
    let start = "://".len();
    let rest = &text.as_bytes()[start..text.len().min(start + USER_BYTES_MAX)];
    let end = rest
        .iter()
        .position(|b| {
            b.is_ascii_whitespace() || b.is_ascii_control() || b"/?#\"'`<>\\|".contains(b)
        })
        .unwrap_or(rest.len());
    let at = rest[..end].iter().rposition(|b| *b == b'@')?;
    let host = &rest[at + 1..end];
    let is_host = host.first().is_some_and(|b| b.is_ascii_alphanumeric() || b"[$%{:*_".contains(b))
        || (host.is_empty() && rest.get(end).is_none_or(|b| b"/<".contains(b)));
    let is_digest = host.starts_with(b"sha256:");
    (is_host && !is_digest).then(|| (start, &text[start..start + at]))
}
