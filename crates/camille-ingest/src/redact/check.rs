//! Tells secrets from what only looks like one: placeholders, words, names, hashes.

use super::rule::Tier;
use serde::Deserialize;

/// The shortest value that its name alone makes a secret.
const KEY_BYTES_MIN: usize = 16;
/// The shortest that may be one.
const CANDIDATE_BYTES_MIN: usize = 8;

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
    /// That it is a value which its name makes a secret. Hashes and UUIDs only may be.
    Assigned,
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
            Self::Assigned => return assigned(token),
            Self::Email => is_personal(token),
        };
        is_secret.then_some(Tier::Definite)
    }
}

/// What a value is that was given to something whose name says it is secret.
fn assigned(value: &str) -> Option<Tier> {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_./:".contains(&b);
    let is_named = is_words(value) && value.bytes().all(is_name);
    if !is_password(value) || is_expression(value) || is_named {
        return None;
    }
    let length = value.len();
    if is_hash(value) || is_uuid(value) {
        return Some(Tier::Candidate);
    }
    if length >= KEY_BYTES_MIN && !is_words(value) && is_random(value) {
        return Some(Tier::Definite);
    }
    let classes: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, |b: &u8| {
            b.is_ascii_punctuation()
        }];
    let classes = classes.iter().filter(|class| value.bytes().any(|b| class(&b))).count();
    (length >= CANDIDATE_BYTES_MIN && classes >= 3).then_some(Tier::Candidate)
}

/// Whether a token looks random: letters and digits mixed, or letters of both cases without the pattern that
/// words make.
fn is_random(token: &str) -> bool {
    let bytes = token.as_bytes();
    let letters = bytes.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let signs = bytes.iter().filter(|b| b"!@#$%^&*=+?,;".contains(b)).count();
    (letters > 2 && digits > 1 && !is_words(token))
        || is_mixed(bytes)
        || (bytes.len() >= 20 && signs >= 5 && !is_words(token))
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

/// Whether a token is made of words and numbers: `my-token-2024`, `getTokenOfUser`, `v1.2`.
fn is_words(token: &str) -> bool {
    /// What random letters between signs do not reach on average.
    const WORD_LETTERS_MIN: usize = 3;
    let (mut words, mut letters_of_words) = (0, 0);
    let all_are = token.split(|c: char| !c.is_alphanumeric()).all(|segment| {
        let letters = segment.trim_matches(|c: char| c.is_ascii_digit());
        let digits = segment.len() - letters.len();
        words += usize::from(!letters.is_empty());
        letters_of_words += letters.chars().count();
        letters.is_empty()
            || (digits <= 6 && letters.chars().all(char::is_alphabetic) && is_camel(letters))
    });
    all_are && (words < 3 || letters_of_words >= WORD_LETTERS_MIN * words)
}

/// Whether letters are one word or several with capitals: none of them is shorter than three letters on
/// average.
fn is_camel(letters: &str) -> bool {
    let capitals = letters.chars().skip(1).filter(|c| c.is_uppercase()).count();
    capitals == 0
        || letters.chars().all(char::is_uppercase)
        || letters.chars().count() >= 4 * capitals
}

/// Whether a value is code: a call, a member, an interpolation.
fn is_expression(value: &str) -> bool {
    let is_path = value.starts_with(['/', '~', '.']) && value.contains('/');
    is_path
        || value.contains("://")
        || value.contains(['(', '{', '[', '<', '`', '\u{2026}'])
        || value.strip_prefix(['$', '%', '&', '@']).is_some_and(is_words)
        || value.contains("::")
        || value.contains("...")
}

/// Whether it is as long as the hex form of a hash.
fn is_hash(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 48 | 56 | 64 | 96 | 128)
        && value.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_uuid(value: &str) -> bool {
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
        "dummy-",
        "dummy_",
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
fn is_password(password: &str) -> bool {
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
