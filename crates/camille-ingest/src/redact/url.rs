//! Finds passwords and tokens in the user part of URLs (RFC 3986, section 3.2.1).

use memchr::memmem;
use std::ops::Range;
use std::sync::LazyLock;

/// The longest user part looked at.
const USER_BYTES_MAX: usize = 512;

/// The password in `://user:password@host`.
pub(super) fn find_password(text: &str) -> Option<Range<usize>> {
    let (start, user) = user_part(text).or_else(|| unencoded_user_part(text))?;
    let colon = user.find(':')?;
    let (name, password) = (&user[..colon], &user[colon + 1..]);
    (is_name(name) && !password.is_empty()).then(|| start + colon + 1..start + user.len())
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
    let (start, rest) = authority_on(text)?;
    let end = rest.iter().position(|b| b"/?#".contains(b)).unwrap_or(rest.len());
    let at = rest[..end].iter().rposition(|b| *b == b'@')?;
    is_host(&rest[at + 1..], end == at + 1).then(|| (start, &text[start..start + at]))
}

/// The same with a password in which `/`, `?` or `#` stand as they are, which strictly they may not. What
/// stands before them then is no port.
fn unencoded_user_part(text: &str) -> Option<(usize, &str)> {
    let (start, rest) = authority_on(text)?;
    let special = rest.iter().position(|b| b"/?#".contains(b))?;
    let colon = rest[..special].iter().position(|b| *b == b':')?;
    let (name, port) = (&text[start..start + colon], &rest[colon + 1..special]);
    let at = special + rest[special..].iter().rposition(|b| *b == b'@')?;
    let is_password = is_name(name)
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        && !port.iter().all(u8::is_ascii_digit)
        && !matches!(port.first(), Some(b'$' | b'{' | b'%' | b'['))
        && rest[at - 1] != b'/'
        && is_host(&rest[at + 1..], false);
    is_password.then(|| (start, &text[start..start + at]))
}

/// What begins the next URL.
static END: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("://"));

/// Where the authority begins, and the text from there to what cannot stand in a URL.
fn authority_on(text: &str) -> Option<(usize, &[u8])> {
    // JSON writers may escape the slashes.
    let start = ["://", r":\/\/"].iter().find(|mark| text.starts_with(**mark))?.len();
    let rest = &text.as_bytes()[start..text.len().min(start + USER_BYTES_MAX)];
    // No user part holds another URL. Looking no further keeps a run of them cheap.
    let rest = &rest[..END.find(rest).unwrap_or(rest.len())];
    let ends = |b: &u8| b.is_ascii_whitespace() || b.is_ascii_control() || b"\"'`<>\\|".contains(b);
    let end = rest.iter().position(ends).unwrap_or(rest.len());
    Some((start, &rest[..end]))
}

/// Whether a host begins here. It may be missing, when a placeholder in `<…>` stands for it.
fn is_host(text: &[u8], may_be_empty: bool) -> bool {
    match text.first() {
        None => true,
        Some(_) if text.starts_with(b"sha256:") => false,
        Some(b'/') => may_be_empty,
        Some(first) => first.is_ascii_alphanumeric() || b"[$%{:*_".contains(first),
    }
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~%!$&'*+,;={}-".contains(&b))
}
