//! Finds what a shell feeds to what authenticates: `echo X | login`, `login <<< X`, `send "X"`.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The most lines that are looked at in what is fed.
const LINES_MAX: usize = 8;

/// What takes a secret from its input says so.
static TAKES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)log-?in|auth|assw|passphrase|pw\b|pass\b|unseal|unlock|kinit|load-key|crypt|luks|secret|credential|stdin|sudo.* -S|\bsu\b|pkexec|vpn|keyring|keystore|token|argon|mysql_secure|telnet|ftp\b|kinit")
        .expect("a constant pattern")
});
static HERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r#"(?:<<< ?|\b(?:input|stdin)["']? ?[=:] ?b?|(?:communicate|stdin\.write|stdin\.end|NewReader)\((?:input ?= ?)?b?)[\\"'`$]*([^\s"'`\\|;<>]{5,96})"#))
        .expect("a constant pattern")
});
static INPUT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r#"(?:<<< ?\$?|\b(?:input|stdin)["']? ?[=:] ?b?|(?:communicate|stdin\.write|stdin\.end|NewReader)\((?:input ?= ?)?b?)[\\"'`]+"#))
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

/// What a whole line feeds so, in which the ends of the lines that are fed are written as `\n`.
pub(super) fn find_in_whole_lines(text: &str, keep: &mut dyn FnMut(Range<usize>)) {
    const ENDS: [&str; 3] = [r"\n", r"\r", r"\t"];
    const BYTES_MAX: usize = 1024;
    let mut start = 0;
    for line in text.split('\n') {
        let from = start;
        start += line.len() + 1;
        if line.len() > BYTES_MAX || !line.contains(r"\n") || !TAKES.is_match(line) {
            continue;
        }
        let mut spaced = line.to_owned();
        for end in ENDS {
            spaced = spaced.replace(end, "  ");
        }
        if let Some(open) = INPUT.find(&spaced) {
            for word in WORD.find_iter(&spaced[open.end()..]).take(LINES_MAX) {
                let user = word.as_str().find(':').map_or(0, |at| at + 1);
                let token = &word.as_str()[user..];
                if Proof::Seat.holds(token) {
                    keep(from + open.end() + word.start() + user..from + open.end() + word.end());
                }
            }
        }
        find(&spaced, &mut |range| keep(from + range.start..from + range.end));
    }
}

/// What a line feeds so.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    for captures in HERE.captures_iter(line).chain(SENT.captures_iter(line)) {
        let Some(value) = captures.get(1) else { continue };
        // `ana:X`
        let user = value.as_str().find(':').map_or(0, |at| at + 1);
        let is_taken =
            TAKES.is_match(&line[..value.start()]) || TAKES.is_match(&line[value.end()..]);
        for from in [0, user] {
            if is_taken && Proof::Seat.holds(&value.as_str()[from..]) {
                keep(value.start() + from..value.end());
            }
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
