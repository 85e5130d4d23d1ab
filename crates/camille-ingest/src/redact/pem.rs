//! Finds a PEM private key (RFC 7468), whole or torn, with real or escaped line ends.

use memchr::memmem;
use std::ops::Range;

/// The longest block looked at; a 16,384-bit RSA key takes 13 KiB.
const BLOCK_BYTES_MAX: usize = 64 * 1024;

/// A body with fewer letters is an ellipsis in documentation.
const BODY_LETTERS_MIN: usize = 24;

/// The private key that `text` begins with. A block without its end goes as far as its lines look like
/// base64.
pub(super) fn find(text: &str) -> Option<Range<usize>> {
    let header_end = header(text, "-----BEGIN ")?;
    let mut limit = text.len().min(BLOCK_BYTES_MAX);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let body = &text[header_end..limit];
    let next = memmem::find(body.as_bytes(), b"-----").unwrap_or(body.len());
    let end = match header(&body[next..], "-----END ") {
        Some(footer) => next + footer,
        None => torn(&body[..next]),
    };
    let letters = body[..end.min(next)].bytes().filter(|b| is_base64(*b)).count();
    (letters >= BODY_LETTERS_MIN).then_some(0..header_end + end)
}

/// The shortest line of a body, but the last.
const LINE_LETTERS_MIN: usize = 16;

/// The rest of a private key whose beginning stands elsewhere, in another message or above what `tail` printed: the
/// lines before the footer at `footer`, with it.
pub(super) fn find_rest(text: &str, footer: usize) -> Option<Range<usize>> {
    let footer_end = footer + header(&text[footer..], "-----END ")?;
    let earliest = footer.saturating_sub(BLOCK_BYTES_MAX);
    let (mut start, mut at, mut letters) = (footer, footer, 0);
    while at > earliest {
        let before = &text[..at - separator_before(&text[..at])];
        let mut length = before.bytes().rev().take_while(|b| is_base64(*b) || *b == b'=').count();
        let line = before.len() - length;
        // The letter of an escaped line end is no letter of the line.
        if before[..line].ends_with('\\') && before[line..].starts_with(['n', 'r', 't']) {
            length -= 1;
        }
        let run = &before[before.len() - length..];
        let is_line_number = length <= 6 && run.bytes().all(|b| b.is_ascii_digit());
        let is_last = start == footer;
        at = before.len() - length;
        if length == 0 {
            break;
        } else if length >= LINE_LETTERS_MIN || (is_last && !is_line_number) {
            start = at;
            letters += length;
        } else if !is_line_number {
            break;
        }
    }
    (letters >= BODY_LETTERS_MIN).then_some(start..footer_end)
}

/// The length of `-----BEGIN … PRIVATE KEY-----`, or of its counterpart.
fn header(text: &str, begin: &str) -> Option<usize> {
    let label = text.strip_prefix(begin)?;
    let close = memmem::find(&label.as_bytes()[..label.len().min(64)], b"-----")?;
    let name = label.get(..close)?;
    let is_private = (name.ends_with("PRIVATE KEY") || name == "PGP PRIVATE KEY BLOCK")
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
    is_private.then_some(begin.len() + close + "-----".len())
}

/// How far a body without an end goes: runs of base64, headers of an encrypted key, and what editors, diffs
/// and line counters put before a line.
fn torn(body: &str) -> usize {
    const HEADERS: &[&str] = &["Proc-Type:", "DEK-Info:", "Version:", "Comment:"];
    let mut end = 0;
    let mut at = 0;
    let mut long_before = false;
    loop {
        at += separator(&body[at..]);
        let rest = &body[at..];
        if HEADERS.iter().any(|header| rest.starts_with(header)) {
            at += rest.find(['\n', '\\']).unwrap_or(rest.len());
            end = at;
            continue;
        }
        let length = rest.bytes().take_while(|b| is_base64(*b) || *b == b'=').count();
        let run = &rest[..length];
        let is_line_number = length <= 6 && run.bytes().all(|b| b.is_ascii_digit());
        if length == 0 {
            break;
        }
        at += length;
        if length >= LINE_LETTERS_MIN || (long_before && !is_line_number) {
            end = at;
        } else if !is_line_number {
            break;
        }
        long_before = length >= LINE_LETTERS_MIN || (long_before && is_line_number);
    }
    end
}

/// The length of the white space, escaped or not, and of line decoration that `text` begins with.
fn separator(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() || matches!(c, '|' | '>' | '→' | '│' | '"' | '\'' | ',' | '-') {
            at += c.len_utf8();
        } else if c == '\\' {
            let slashes = rest.bytes().take_while(|b| *b == b'\\').count();
            let letter =
                rest.as_bytes().get(slashes).is_some_and(|b| matches!(b, b'n' | b'r' | b't'));
            at += slashes + usize::from(letter);
        } else {
            break;
        }
    }
    at
}

/// The length of what [`separator`] means, at the end of `text`.
fn separator_before(text: &str) -> usize {
    let mut left = text;
    loop {
        let escape = left.strip_suffix(['n', 'r', 't']).filter(|left| left.ends_with('\\'));
        left = match escape {
            Some(slashes) => slashes.trim_end_matches('\\'),
            None => {
                let is_decoration = |c: char| {
                    c.is_whitespace() || matches!(c, '|' | '>' | '→' | '│' | '"' | '\'' | ',' | '-')
                };
                let shorter = left.trim_end_matches(is_decoration);
                if shorter.len() == left.len() {
                    return text.len() - left.len();
                }
                shorter
            }
        };
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}
