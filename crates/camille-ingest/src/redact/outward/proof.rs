//! How much a place proves, and what a token must be made of to be a secret there.

use super::super::check::{Check, KEY_BYTES_MIN, is_hash, is_random, is_uuid};
use super::super::given::is_told;
use super::super::phrase::{is_numbered, is_worded};
use super::{lexicon, shape};

/// The shortest word that nothing marks and that may be a secret.
const WORD_BYTES_MIN: usize = 8;
/// The shortest with a digit or a sign.
const MARKED_BYTES_MIN: usize = 6;

/// How much a place proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// What stands here is a key, if it looks like one: a hash is no hash here.
    Near,
    /// The same, unless the name says that it is a digest.
    Named,
    /// The same for identifiers.
    Key,
    /// What stands here is a secret, unless it is a word that says something else.
    Seat,
    /// The same, and several words are one, too.
    Sure,
    /// What stands here is a secret where nobody would say a word like that: it is made up, or has a number.
    Said,
}

impl Proof {
    /// Whether a token is a secret where so much is proven.
    pub(super) fn holds(self, token: &str) -> bool {
        if token.len() < MARKED_BYTES_MIN || is_escape(token) || Check::Given.judge(token).is_none()
        {
            return false;
        }
        let is_key = is_told(token)
            || is_hash(token)
            || shape::is_shaped(token)
            || shape::is_mixed_run(token)
            || token.len() >= KEY_BYTES_MIN
                && is_random(token)
                && token.bytes().any(|b| b.is_ascii_digit())
                && !token.contains(['/', '=', ':', '(', '.']);
        match self {
            Self::Near => is_key,
            // What ends in an identifier is one, too.
            Self::Said => is_key || is_numbered(token) || is_mixed(token),
            Self::Named => is_key && token.matches('-').count() < 4,
            Self::Key => is_key || is_uuid(token),
            Self::Seat | Self::Sure => {
                is_key
                    || is_marked(token)
                    || is_numbered(token)
                    || is_unknown_word(token)
                    || self == Self::Sure && is_worded(token)
            }
        }
    }
}

/// Whether letters of both cases and several digits are in it as in no name.
fn is_mixed(token: &str) -> bool {
    let is = |wanted: fn(&u8) -> bool| token.bytes().filter(wanted).count();
    token.len() >= WORD_BYTES_MIN
        && is(u8::is_ascii_lowercase) > 1
        && is(u8::is_ascii_uppercase) > 0
        && is(u8::is_ascii_digit) > 1
        && !token.contains(['/', '.', ':', '=', '(', '-', '_'])
        && Check::Given.judge(token).is_some()
}

/// Whether it begins with what is left of an escape: `u0022X`.
fn is_escape(token: &str) -> bool {
    let code = token.strip_prefix("u00").and_then(|rest| rest.get(..2));
    code.is_some_and(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether letters and digits are mixed in it, and it is no number, name of an algorithm, address or path.
fn is_marked(token: &str) -> bool {
    const OTHERS: &[&str] = &[
        "sha",
        "md5",
        "aes",
        "rsa",
        "hmac",
        "utf",
        "http",
        "ed25519",
        "base64",
        "localhost",
        "0x",
        "v1",
        "v2",
    ];
    let lower = token.to_ascii_lowercase();
    let is = |wanted: fn(&u8) -> bool| token.bytes().filter(wanted).count();
    is(u8::is_ascii_digit) > 0
        && is(u8::is_ascii_alphabetic) > 2
        && !token.contains(['/', '.', ':', '@', '='])
        && !OTHERS.iter().any(|other| lower.contains(other))
        // `node-18`, `my_table_2`: words with a number.
        && !(token.contains(['-', '_']) && super::super::word::are_words(token))
}

/// Whether it is one run of small letters, and no known word.
pub(super) fn is_unknown_word(token: &str) -> bool {
    token.len() >= WORD_BYTES_MIN
        && token.bytes().all(|b| b.is_ascii_lowercase())
        && !lexicon::is_known(token)
}
