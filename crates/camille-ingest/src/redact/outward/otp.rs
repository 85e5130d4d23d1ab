//! Finds the seeds of one-time codes: the base32 that an authenticator is given (RFC 6238, RFC 4648 section 6), where the
//! line or the one above speaks of such codes.

use super::super::rule::plain_classes;
use super::lexicon;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What speaks of one-time codes.
static SPEAKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)[th]otp|\botp|_otp|oathtool|otpauth|authenticator|\b[2m]fa\b|[2m]fa_|two[ -]?(?:factor|step)|one-time|setup key|enter (?:this|the)(?: \w+)? (?:code|key)|base32|yubikey|speakeasy|\bseed\b",
    ))
    .expect("a constant pattern")
});
/// Base32 in one run, or in groups of four as it is shown to be typed.
static SEED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"\b(?:[A-Z2-7]{16,104}|[a-z2-7]{16,104}|[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){3,12}|[a-z2-7]{4}(?:[ -][a-z2-7]{4}){3,12})(?:\b|=)={0,6}",
    ))
    .expect("a constant pattern")
});

/// The seeds of all lines.
pub(super) fn find(text: &str, lines: &[Range<usize>], keep: &mut dyn FnMut(Range<usize>)) {
    let mut spoken = false;
    for line in lines {
        let written = &text[line.clone()];
        let speaks = SPEAKS.is_match(written);
        if speaks || spoken {
            for seed in SEED.find_iter(written).filter(|seed| is_seed(seed.as_str())) {
                keep(line.start + seed.start()..line.start + seed.end());
            }
        }
        spoken = speaks;
    }
}

/// Whether no word is written so: digits stand among the letters, or nobody knows it.
fn is_seed(seed: &str) -> bool {
    let plain = seed.trim_end_matches('=');
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let letters = plain.bytes().filter(u8::is_ascii_alphabetic).count();
    // Numbers at the end name a version.
    let within = plain
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    let is_grouped = plain.contains([' ', '-']);
    let is_mixed = digits > 0 && (within > 0 || is_grouped) && letters >= plain.len() / 4;
    is_mixed || digits == 0 && !is_grouped && !lexicon::is_known(&plain.to_ascii_lowercase())
}
