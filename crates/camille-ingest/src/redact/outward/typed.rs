//! Finds the value of a member whose type says that it is secret: `{"type": "secret", "value": "X"}`, and what PHP shows of
//! one that is named so: `["password"]=> string(12) "X"`.

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
