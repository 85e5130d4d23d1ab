//! Tells what people and their keychains make passwords of that look like names: words with a number, several words, groups
//! of letters. They are secrets only where something says so; nothing is one by this alone.

use super::given::is_no_value;

/// What joins the words.
const JOINS: [char; 3] = ['-', '_', '.'];
/// Words that name things which a number belongs to: `shop-creds-17`, `build-node-2024`.
const OF_NAMES: &[&str] = &[
    "acme",
    "app",
    "apps",
    "arn",
    "auth",
    "branch",
    "bucket",
    "build",
    "cert",
    "certs",
    "cluster",
    "credential",
    "creds",
    "dev",
    "example",
    "feature",
    "field",
    "fix",
    "host",
    "http",
    "https",
    "job",
    "key",
    "keys",
    "latest",
    "length",
    "login",
    "main",
    "max",
    "min",
    "namespace",
    "node",
    "pass",
    "passwd",
    "password",
    "passwort",
    "pod",
    "port",
    "prod",
    "pwd",
    "release",
    "reset",
    "secret",
    "secretkey",
    "serial",
    "staging",
    "step",
    "task",
    "test",
    "tests",
    "ticket",
    "token",
    "user",
    "users",
    "vault",
    "web",
    "your",
];

/// Whether it is words with a number of two to four digits before or behind them: `walrus-pepper-427`, `walrus_pepper427`.
pub(super) fn is_numbered(value: &str) -> bool {
    if !(9..=48).contains(&value.len()) || !value.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let is_count = |digits: &str| {
        (2..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    // The number may stand at the end of the last word.
    let words = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let (words, count) = if words.len() < value.len() {
        (words.trim_end_matches(JOINS), &value[words.len()..])
    } else {
        let Some((count, words)) = value.split_once(JOINS) else { return false };
        (words, count)
    };
    is_count(count) && words.split(JOINS).count() >= 2 && words.split(JOINS).all(is_word)
}

/// Whether it is nothing but words, enough of them for a password: `kestrel-umbrella-walnut-drift`.
pub(super) fn is_worded(value: &str) -> bool {
    const WORDS_MIN: usize = 3;
    let words = || value.split('-');
    let (count, letters) = (words().count(), value.len() + 1 - words().count());
    (14..=96).contains(&value.len())
        && count >= WORDS_MIN
        && letters >= 5 * count
        && value.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && words().all(is_word)
}

/// Whether a keychain made it: groups of six letters between hyphens, with one digit and one capital in all of them
/// (`xupker-9vodde-kAhxih`, as Apple's do).
pub(super) fn is_made(value: &str) -> bool {
    let groups = || value.split('-');
    let is = |wanted: fn(&u8) -> bool| value.bytes().filter(wanted).count();
    groups().count() == 3
        && groups()
            .all(|group| group.len() == 6 && group.bytes().all(|b| b.is_ascii_alphanumeric()))
        && is(u8::is_ascii_digit) == 1
        && is(u8::is_ascii_uppercase) == 1
}

/// Whether a part is a word that says nothing of what it is a part of.
fn is_word(part: &str) -> bool {
    let rest = part.get(1..).unwrap_or_default();
    let lower = part.to_ascii_lowercase();
    (3..=14).contains(&part.len())
        && part.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest.bytes().all(|b| b.is_ascii_lowercase())
        && OF_NAMES.binary_search(&&*lower).is_err()
        && !is_no_value(&lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_passwords_and_names_are_names() {
        assert!(OF_NAMES.is_sorted(), "it is searched");
        for value in
            ["walrus-pepper-427", "walrus_pepper.42", "Walrus-Pepper427", "427-walrus-pepper"]
        {
            assert!(is_numbered(value), "{value}");
        }
        for value in [
            "db-creds-17",
            "walrus-427",
            "walrus-pepper-4",
            "my-token-2024",
            "2024-11-02",
            "walrus-pepper",
        ] {
            assert!(!is_numbered(value), "{value}");
        }
        assert!(is_worded("kestrel-umbrella-walnut-drift"));
        for value in ["end-to-end", "your-password-here", "current-password", "read-write-once"] {
            assert!(!is_worded(value), "{value}");
        }
        assert!(is_made("xupker-9vodde-kAhxih") && !is_made("foobar-foobaz-foobay"));
    }
}
