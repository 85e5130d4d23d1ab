//! Finds what stands on a line of its own below the line that says what it is: a user and a password below `credentials:`,
//! the new value below what was reset.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The longest line that heads others.
const HEAD_BYTES_MAX: usize = 80;
/// The longest word that may be a user or a password.
const WORD_BYTES_MAX: usize = 96;

/// Says that a user and a password follow.
static HEADS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)\b(?:credentials?|creds|log-?in|log-?on|zugangsdaten|zugang|anmeldedaten|logindaten|account|identifiants|credenciales)\b",
    ))
    .expect("a constant pattern")
});
/// Says that something secret was made or set.
static MADE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)passw|passphrase|secret|token|api key|credential|kennwort"))
        .expect("a constant pattern")
});
/// What it is now.
static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?i)^\W*(?:the )?(?:new|generated|temporary|initial)(?: value| one)?(?: is)?: *([^\s"\\]{6,96})["\\\s]*$"#,
    ))
    .expect("a constant pattern")
});

/// The secrets below such lines.
pub(super) fn find(text: &str, lines: &[Range<usize>], keep: &mut dyn FnMut(Range<usize>)) {
    for (at, line) in lines.iter().enumerate() {
        let written = text[line.clone()].trim_end();
        if written.len() > HEAD_BYTES_MAX {
            continue;
        }
        let below =
            || lines[at + 1..].iter().filter(|line| !text[(*line).clone()].trim().is_empty());
        if written.ends_with([':', '：']) && HEADS.is_match(written) {
            // The user first: one word each.
            let pair = (below().next().and_then(|line| word(text, line)), below().nth(1));
            if let (Some(_), Some(second)) = pair
                && let Some(range) = word(text, second)
                && Proof::Said.holds(&text[range.clone()])
            {
                keep(range);
            }
        }
        if let Some(value) = VALUE.captures(written).and_then(|found| found.get(1))
            && lines[..at].iter().rev().take(2).any(|above| MADE.is_match(&text[above.clone()]))
            && Proof::Sure.holds(value.as_str())
        {
            keep(line.start + value.start()..line.start + value.end());
        }
    }
}

/// The word that is all of a line, behind what marks a line of a list or of a change.
fn word(text: &str, line: &Range<usize>) -> Option<Range<usize>> {
    let written = &text[line.clone()];
    let head =
        written.len() - written.trim_start_matches([' ', '\t', '+', '-', '*', '"', '`']).len();
    let word = written[head..].trim_end_matches([' ', '\t', '\r', '"', '`', '\\']);
    let is_one = !word.is_empty() && word.len() <= WORD_BYTES_MAX && !word.contains([' ', '\t']);
    is_one.then(|| line.start + head..line.start + head + word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        find(text, &super::super::lines(text), &mut |range| found.push(&text[range]));
        found
    }

    #[test]
    fn a_password_stands_below_its_user_and_a_new_value_below_what_was_reset() {
        for text in [
            "credentials:\nana\nwalrus-pepper-427\n\nnow run it",
            "creds for staging:\n- ana\n- walrus-pepper-427",
            r"Zugangsdaten:\nana\nwalrus-pepper-427\n",
            "Password of ana was reset.\nNew value: walrus-pepper-427",
        ] {
            assert_eq!(found(text), ["walrus-pepper-427"], "{text}");
        }
        for text in [
            "credentials:\nthe file is missing\nwalrus-pepper-427",
            "login:\nforgot\npassword",
            "The title was changed.\nNew value: walrus-pepper-427",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
