//! Finds what a shell feeds to what authenticates: `echo X | login`, `login <<< X`, `send "X"`.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What takes a secret from its input says so.
static TAKES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)log-?in|auth|assw|passphrase|pw\b|pass\b|unseal|unlock|kinit|load-key|crypt|luks|secret|credential|stdin|sudo.* -S|\bsu\b|pkexec|vpn|keyring|keystore|token")
        .expect("a constant pattern")
});
static HERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r#"<<< ?[\\"'`$]*([^\s"'`\\|;<>]{5,96})"#))
        .expect("a constant pattern")
});
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r#"[^\s"'`\\|;()<>]{5,96}"#)).expect("a constant pattern")
});
static SAYS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?:^|[\s(;&])(?:echo|printf|print|yes|Write-Output|printf) "))
        .expect("a constant pattern")
});
static SENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r#"(?i)(?:assword|assphrase|pin)\b[^\n]{0,60}send(?:line)?(?: --)?[ (]+[\\"'`]+([^\s"'`\\]{5,96})"#))
        .expect("a constant pattern")
});

/// What a line feeds so.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    for captures in HERE.captures_iter(line).chain(SENT.captures_iter(line)) {
        let Some(value) = captures.get(1) else { continue };
        let is_taken =
            line[value.start()..].len() < line.len() && TAKES.is_match(&line[..value.start()]);
        if is_taken && Proof::Seat.holds(value.as_str()) {
            keep(value.range());
        }
    }
    let Some(pipe) = memchr::memchr(b'|', line.as_bytes()) else { return };
    let (left, right) = line.split_at(pipe);
    if right.starts_with("||") || !TAKES.is_match(right) {
        return;
    }
    // The format of `printf` may have ended a line.
    let format_end =
        || left.rfind("%s").map(|at| at + 2).or_else(|| left.starts_with(['\'', '"']).then_some(0));
    let Some(from) = SAYS.find(left).map(|says| says.end()).or_else(format_end) else { return };
    for word in WORD.find_iter(&left[from..]) {
        if !word.as_str().starts_with('-')
            && !word.as_str().contains('%')
            && Proof::Seat.holds(word.as_str())
        {
            keep(from + word.start()..from + word.end());
        }
    }
}
