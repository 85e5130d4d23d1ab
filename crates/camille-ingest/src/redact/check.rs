//! Tells secrets from what only looks like one: placeholders, words, names, hashes.

use super::given::{is_no_value, is_reference, is_told};
use super::rule::Tier;
use super::word::{self, are_words};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

/// The shortest value that a name makes a secret which also means other things.
pub(super) const KEY_BYTES_MIN: usize = 16;
/// The shortest that may be one.
pub(super) const CANDIDATE_BYTES_MIN: usize = 8;

/// What a rule asks of what it matched.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Check {
    /// Nothing.
    None,
    /// That it is no placeholder.
    #[default]
    Real,
    /// That it looks random besides: for rules whose form occurs in ordinary words too.
    Random,
    /// That it is a password and does not only stand for one.
    Password,
    /// That it looks random, or is a hash, a UUID or letters that are no words: where nothing else stands.
    Opaque,
    /// That it stands where a password does and does not refer to one.
    Given,
    /// That it is a password which stands beside the name of somebody, where a word would be a word.
    Chosen,
    /// That it has letters of both cases and digits, mixed as in random ones.
    Mixed,
    /// That it has digits.
    Digits,
    /// That it is `user:password` in Base64.
    Credentials,
    /// That it is the address of a person.
    Email,
}

impl Check {
    /// How sure it is that a token is a secret; `None`: it is none.
    pub(super) fn judge(self, token: &str) -> Option<Tier> {
        let is_secret = match self {
            Self::None => true,
            Self::Real => !is_placeholder(token),
            Self::Random => !is_placeholder(token) && is_random(token),
            Self::Password => is_password(token),
            Self::Opaque => is_opaque(token),
            Self::Given => is_given(token),
            Self::Chosen => is_beside_user(token),
            Self::Mixed => !is_placeholder(token) && is_told(token) && is_random(token),
            Self::Digits => !is_placeholder(token) && token.bytes().any(|b| b.is_ascii_digit()),
            Self::Credentials => are_credentials(token),
            Self::Email => is_personal(token),
        };
        is_secret.then_some(Tier::Definite)
    }
}

/// Whether a value that nothing stands beside is random enough: a hash, a UUID, random letters.
fn is_opaque(token: &str) -> bool {
    !is_placeholder(token)
        && is_password(token)
        && !is_reference(token, false)
        && (is_hash(token)
            || is_uuid(token)
            || token.len() >= KEY_BYTES_MIN
                && (is_random(token) && !are_words(token) || word::is_random(token)))
}

/// Whether a value stands where a program takes a password, and does not refer to one.
fn is_given(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    token.len() >= 4
        && is_password(token)
        && !is_no_value(&lower)
        && !is_reference(token, false)
        && !(are_words(token)
            && ["password", "passwd", "secret", "token"].iter().any(|word| lower.contains(word)))
}

/// Whether it is a password and neither a word nor a path.
fn is_beside_user(token: &str) -> bool {
    let token = token.trim_end_matches(['.', ';', ')', '\\']);
    is_password(token)
        && !is_reference(token, false)
        && (is_told(token) || is_random(token) && !token.contains(['.', '/']))
}

/// Whether Base64 says `user:password`.
fn are_credentials(token: &str) -> bool {
    let padded = format!(
        "{}{}",
        token.trim_end_matches('='),
        &"==="[..(4 - token.trim_end_matches('=').len() % 4) % 4]
    );
    BASE64_STANDARD.decode(padded).is_ok_and(|plain| {
        plain.contains(&b':')
            && plain.iter().all(|b| (b' '..0x7f).contains(b))
            && plain
                .split(|b| *b == b':')
                .nth(1)
                .is_some_and(|password| std::str::from_utf8(password).is_ok_and(is_password))
    })
}

/// Whether a token looks random: letters and digits mixed, or letters of both cases without the pattern that
/// words make.
pub(super) fn is_random(token: &str) -> bool {
    let bytes = token.as_bytes();
    let letters = bytes.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let signs = bytes.iter().filter(|b| b"!@#$%^&*=+?,;".contains(b)).count();
    (letters > 2 && digits > 1 && !are_words(token))
        || is_mixed(bytes)
        || (bytes.len() >= 20 && signs >= 5 && !are_words(token))
}

/// Whether case and kind change from letter to letter as often as in random ones. In words with capitals and
/// hyphens they do so at every third letter, in random Base64 at two of three.
fn is_mixed(token: &[u8]) -> bool {
    const LETTERS: usize = 24;
    const MIN: usize = 16;
    let tail = &token[token.len().saturating_sub(LETTERS)..];
    let kind = |b: &u8| (b.is_ascii_lowercase(), b.is_ascii_uppercase(), b.is_ascii_digit());
    let changes = tail.windows(2).filter(|pair| kind(&pair[0]) != kind(&pair[1])).count();
    tail.len() >= MIN && changes * 9 >= tail.len() * 4
}

/// Whether it is as long as the hex form of a hash.
pub(super) fn is_hash(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 48 | 56 | 64 | 96 | 128)
        && value.bytes().all(|b| b.is_ascii_hexdigit())
        || value.strip_prefix("0x").is_some_and(|number| number.len() == 64 && is_hash(number))
}

/// 8-4-4-4-12 hexadecimal digits (RFC 9562, section 4).
pub(crate) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Whether an address is a person's, and not a machine's or one from documentation.
fn is_personal(address: &str) -> bool {
    const MACHINES: &[&str] = &["git", "noreply", "no-reply", "donotreply", "user", "root", "you"];
    const DOMAINS: &[&str] = &["example", "test", "invalid", "localhost", "local", "internal"];
    let Some((name, domain)) = address.rsplit_once('@') else { return false };
    let name = name.to_ascii_lowercase();
    let domain = domain.to_ascii_lowercase();
    !MACHINES.contains(&name.as_str())
        && !domain.starts_with("example.")
        && !domain.ends_with("users.noreply.github.com")
        && !domain.rsplit('.').next().is_some_and(|top| DOMAINS.contains(&top))
}

/// Whether a token only stands for a secret: `xxxx…`, `YOUR_TOKEN`, AWS's documented `…EXAMPLE`.
fn is_placeholder(token: &str) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "placeholder",
        "redacted",
        "changeme",
        "change-me",
        "change_me",
        "your-",
        "your_",
        "yourtoken",
        "yourkey",
        "xxxxx",
        "*****",
        ".....",
        "-here",
        "_here",
        "dummy",
        "replace_me",
        "replace-me",
        "replaceme",
        "insert_",
        "sensitive value",
        "change_this",
        "change-this",
        "not-set",
    ];
    let lower = token.to_ascii_lowercase();
    // Few different letters at the end, where the secret is: `ghp_0000…`, `sk-ant-api03-aaaa…`.
    let tail = &lower.as_bytes()[lower.len().saturating_sub(16)..];
    let mut seen = [false; 256];
    for byte in tail {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|s| **s).count();
    (tail.len() >= 8 && distinct <= 3) || WORDS.iter().any(|word| lower.contains(word))
}

/// Whether a password only stands for one: `password`, `<secret>`, `${DB_PASSWORD}`, `%s`, `***`.
pub(super) fn is_password(password: &str) -> bool {
    const WORDS: &[&str] = &[
        "pass",
        "passwd",
        "password",
        "pw",
        "pwd",
        "secret",
        "token",
        "mypassword",
        "my-password",
        "your-password",
        "your_password",
        "yourpassword",
        "passphrase",
        "changeme",
        "redacted",
        "example",
        "placeholder",
        "todo",
        "tbd",
        "null",
        "none",
        "undefined",
        // What databases and examples are set up with.
        "postgres",
        "root",
        "admin",
        "guest",
        "user",
        "test",
    ];
    let lower = password.to_ascii_lowercase();
    let enclosed = |open: char, close: char| lower.starts_with(open) && lower.ends_with(close);
    let variable = password.strip_prefix('$').is_some_and(|name| {
        name.len() > 1
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    });
    let repeated = lower.bytes().all(|b| matches!(b, b'x' | b'*' | b'.' | b'-' | b'_'))
        || lower.chars().all(|c| c == '…' || c == '•');
    let stands_for = WORDS.contains(&lower.as_str())
        || enclosed('<', '>')
        || enclosed('[', ']')
        || enclosed('{', '}')
        || enclosed('%', '%')
        || (lower.starts_with("${") && lower.ends_with('}'))
        || (lower.starts_with("$(") && lower.ends_with(')'))
        || matches!(lower.as_str(), "%s" | "%v" | "%d" | "%q")
        || variable
        || repeated
        || is_placeholder(password);
    !stands_for
}
