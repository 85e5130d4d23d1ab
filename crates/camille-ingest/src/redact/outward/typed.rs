//! Finds the value of a member whose type says that it is secret: `{"type": "secret", "value": "X"}`, what is written into a
//! field that is named so, and what PHP shows of one: `["password"]=> string(12) "X"`.

use super::super::check::Check;
use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The type, and then the value.
static TYPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?i)\b(?:type|kind|class|category|format)["'\\]*\s*[:=]\s*["'\\]*(?:secret|password|credential|api[_-]?key|secret[_-]?text|(?:client|shared)[_-]?secret|concealed|sensitive)["'\\]+[^{}\[\]]{0,160}?\bvalue["'\\]*\s*[:=]\s*["'\\]+([^\s"'\\]{6,256})"#,
    ))
    .expect("a constant pattern")
});
/// The value, and then the type.
static TYPED_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?i)\bvalue["'\\]*\s*[:=]\s*["'\\]+([^\s"'\\]{6,256})["'\\]+[^{}\[\]]{0,160}?\b(?:type|kind|class|category|format)["'\\]*\s*[:=]\s*["'\\]*(?:secret|password|credential|api[_-]?key|secret[_-]?text|(?:client|shared)[_-]?secret|concealed|sensitive)["'\\]+"#,
    ))
    .expect("a constant pattern")
});
/// What is written into a field that is named so, whatever the call is: `{"element": "Password textbox", "text": "X"}`.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?i)\b(?:element|selector|field|label|locator|target|name|placeholder)["'\\]*\s*[:=]\s*["'\\]*[^\n"{}]{0,60}?(?:\b|_|#)(passw\w*|passphrase|pass|pwd|kennwort|secret|api[ _-]?key|(?:[a-z]+_)+(?:key|token)|pin)\b[^{}]{0,120}?(?:\b|n)(?:text|value|content|input)["'\\]*\s*[:=]\s*["'\\]*([^\s"'\\{}<>]{6,256})"#,
    ))
    .expect("a constant pattern")
});
/// What `var_dump` writes.
static DUMPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?i)\[["'\\]*[\w-]*(?:passw\w*|passphrase|pwd?|pass|secret|token|api_?key|_key)["'\\]*(?::[\w"'\\:]+)?\]\s*=>(?:\s|\\n)*string\(\d+\) ["\\]+([^\n"\\]{4,256})"#,
    ))
    .expect("a constant pattern")
});

/// The values that a text shows so.
pub(super) fn find(text: &str, keep: &mut dyn FnMut(Range<usize>)) {
    let holds = |part: &[u8]| memchr::memmem::find(text.as_bytes(), part).is_some();
    if holds(b"alue") {
        for captures in TYPED.captures_iter(text).chain(TYPED_BEHIND.captures_iter(text)) {
            if let Some(value) = captures.get(1).filter(|value| Proof::Seat.holds(value.as_str())) {
                keep(value.range());
            }
        }
    }
    let is_field = holds(b"text") || holds(b"alue") || holds(b"input") || holds(b"content");
    if is_field {
        for captures in FIELD.captures_iter(text) {
            let name = captures.get(1).map_or("", |name| name.as_str()).to_ascii_lowercase();
            // Of keys and tokens much else is said.
            let is_key = ["key", "token", "secret"].iter().any(|end| name.ends_with(end));
            let proof = if is_key { Proof::Key } else { Proof::Sure };
            let value = captures.get(2).filter(|value| proof.holds(value.as_str()));
            if let Some(value) = value.filter(|value| !text[value.end()..].starts_with('(')) {
                keep(value.range());
            }
        }
    }
    if holds(b"string(") {
        for captures in DUMPED.captures_iter(text) {
            if let Some(value) =
                captures.get(1).filter(|value| Check::Given.judge(value.as_str()).is_some())
            {
                keep(value.range());
            }
        }
    }
}
