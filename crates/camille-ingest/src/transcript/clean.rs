//! From a field as it stands in the source to text that may be kept: terminal escapes go, secrets are
//! replaced, data that is no text is named only, and at last it is cut. Nothing is cut before redaction.

use crate::redact::{Finding, Redactor, Tier};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// An unbroken run of base64 this long is data.
const DATA_BYTES_MIN: usize = 512;

/// Terminal control sequences (ECMA-48: CSI, OSC, and two-character escapes).
static TERMINAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_=>])")
        .expect("a constant pattern")
});

/// The text, fit to be kept, in at most `bytes_max` bytes.
pub(super) fn clean(
    redactor: &Redactor,
    text: &str,
    bytes_max: usize,
    found: &mut Vec<Finding>,
) -> String {
    let text = without_terminal_escapes(text);
    let redacted = redact(redactor, &text, found);
    let kept = without_data(&redacted);
    if kept.len() <= bytes_max {
        return kept.into_owned();
    }
    // What was a placeholder can look like a secret without its end. What may be one is counted already.
    let again = redactor.redact(cut(&kept, bytes_max));
    found.extend(again.found.into_iter().filter(|finding| finding.tier == Tier::Definite));
    let mut kept = again.text.into_owned();
    kept.truncate(cut(&kept, bytes_max).len());
    kept
}

/// The longest beginning of at most `bytes_max` bytes.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn redact<'a>(redactor: &Redactor, text: &'a str, found: &mut Vec<Finding>) -> Cow<'a, str> {
    let redacted = redactor.redact(text);
    found.extend(redacted.found);
    redacted.text
}

fn without_terminal_escapes(text: &str) -> Cow<'_, str> {
    match memchr::memchr(0x1b, text.as_bytes()) {
        Some(_) => TERMINAL.replace_all(text, ""),
        None => Cow::Borrowed(text),
    }
}

/// Names long runs of base64 in place of showing them.
fn without_data(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let in_run = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let mut kept = String::new();
    let mut from = 0;
    let mut at = 0;
    // Looking at every 512th byte finds each long run without looking at each byte.
    while at < bytes.len() {
        if !in_run(bytes[at]) {
            at += DATA_BYTES_MIN;
            continue;
        }
        let start =
            bytes[from..at].iter().rposition(|b| !in_run(*b)).map_or(from, |i| from + i + 1);
        let end = bytes[at..].iter().position(|b| !in_run(*b)).map_or(bytes.len(), |i| at + i);
        let run = &bytes[start..end];
        if run.len() >= DATA_BYTES_MIN && is_mixed(run) {
            kept.push_str(&text[from..start]);
            kept.push_str(&format!("[{} bytes of data]", run.len()));
            from = end;
        }
        at = end.max(at + 1) + DATA_BYTES_MIN - 1;
    }
    if from == 0 { Cow::Borrowed(text) } else { Cow::Owned(kept + &text[from..]) }
}

fn is_mixed(run: &[u8]) -> bool {
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = run.iter().filter(|b| b.is_ascii_alphabetic()).count();
    digits * 64 > run.len() && letters * 8 > run.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str, bytes_max: usize) -> String {
        clean(&Redactor::default(), text, bytes_max, &mut Vec::new())
    }

    #[test]
    fn terminal_escapes_go() {
        assert_eq!(cleaned("\u{1b}[1;31merror\u{1b}[0m: \u{1b}]0;title\u{7}no", 100), "error: no");
    }

    #[test]
    fn data_is_named_only() {
        let data = "iVBORw0KGgo".repeat(60);
        let short = &data[..500];
        for around in ["", "x ", "data:image/png;base64,", &"long text, ".repeat(100)] {
            let text = format!("{around}{data}\" {data} é {short}");
            let expected = format!("{around}[660 bytes of data]\" [660 bytes of data] é {short}");
            assert_eq!(cleaned(&text, 10_000), expected);
        }
        let words = "-".repeat(2_000);
        assert_eq!(cleaned(&words, 10_000), words);
    }

    #[test]
    fn redaction_comes_before_the_cut() {
        let token = concat!("gh", "p_16C7e42F292c6912E7710c838347Ae178B4a");
        assert_eq!(cleaned(&format!("ab {token}"), 20), "ab [redacted:github-");
        assert_eq!(cleaned("ééé", 3), "é");
    }
}
