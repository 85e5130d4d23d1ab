//! Tells whether a value that stands beside a name is a secret: how much the name decides, how it stands there, and what
//! the value is made of.

use super::check::{CANDIDATE_BYTES_MIN, KEY_BYTES_MIN, is_hash, is_password, is_random, is_uuid};
use super::name::{Kind, Name};
use super::rule::Tier;
use super::value::Style;
use super::word::{self, are_words};

/// How sure it is that a value is a secret which stands beside a name that says so.
pub(super) fn given(value: &str, name: &Name, style: Style) -> Option<Tier> {
    let value = value.trim_end_matches('\\');
    let is_quoted = style == Style::Quoted || style == Style::Cell;
    if !is_password(value) || is_reference(value, is_quoted) {
        return None;
    }
    if is_number(value) || says_what_it_is(value) || is_tag(value) {
        return None;
    }
    if is_hash(value) || is_uuid(value) {
        return Some(if name.decides { Tier::Definite } else { Tier::Candidate });
    }
    if value.contains(char::is_whitespace) {
        return phrase(value, name, style);
    }
    if !name.decides {
        return undecided(value, style);
    }
    let shape = Shape::of(value);
    if are_words(value) && !word::is_random(value) {
        return words(value, name, style, shape);
    }
    let bytes_min = match (name.kind, style) {
        (Kind::Password, Style::Prose) => 6,
        (Kind::Password, _) => 4,
        _ => CANDIDATE_BYTES_MIN,
    };
    let is_random = word::is_random(value);
    let is_shaped = match style {
        Style::Quoted | Style::Line | Style::Argument => true,
        Style::Cell | Style::Bare => shape.digits > 0 || shape.signs > 0 || is_random,
        Style::Prose => shape.digits > 0 && shape.letters > 0 || is_random,
    };
    (value.len() >= bytes_min && is_shaped).then_some(Tier::Definite)
}

/// Whether it is a version, an address or the number of an object.
fn is_number(value: &str) -> bool {
    value.contains('.') && value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether it is the tag of a field in Go: `json:"token,omitempty"`.
fn is_tag(value: &str) -> bool {
    let key = value.bytes().take_while(u8::is_ascii_lowercase).count();
    key > 0 && value[key..].starts_with(":\"")
}

/// Whether a value is the name of a type or a variable of the same kind: `_DSAPrivateKey`.
fn says_what_it_is(value: &str) -> bool {
    const KINDS: &[&str] =
        &["password", "privatekey", "apikey", "secretkey", "accesskey", "publickey", "credential"];
    let is_name = value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
    let plain = value.to_ascii_lowercase().replace(['_', '-'], "");
    is_name && KINDS.iter().any(|kind| plain.contains(kind))
}

/// A value of words and numbers, given to a name that decides.
fn words(value: &str, name: &Name, style: Style, shape: Shape) -> Option<Tier> {
    let lower = value.to_ascii_lowercase();
    let is_other = NO_VALUES.contains(&lower.as_str());
    // `password1` is one, `db-password-1` and `Password` only say what it is.
    let is_name = shape.digits == 0 || shape.is_joined;
    let is_about = is_name
        && ["password", "passwd", "secret", "token", "apikey", "api_key", "api-key"]
            .iter()
            .any(|word| lower.contains(word));
    if is_other || is_about {
        return None;
    }
    let is_sure = matches!(style, Style::Quoted | Style::Line | Style::Argument);
    if name.kind != Kind::Password {
        // Nobody makes up keys of words, but numbers and variables of the environment are given to them.
        let is_key = value.len() >= CANDIDATE_BYTES_MIN && shape.digits > 0 && !shape.is_joined;
        let is_variable = style == Style::Line && name.is_upper;
        return (is_sure && is_key && (shape.letters == 0 || is_variable))
            .then_some(Tier::Definite);
    }
    let is_marked = shape.digits > 0 && shape.letters > 0 || shape.signs > 0;
    match style {
        Style::Quoted | Style::Line | Style::Argument | Style::Cell
            if is_marked && value.len() >= 5 =>
        {
            let is_name = shape.is_joined && shape.signs == 0 && !name.is_upper;
            Some(if is_name { Tier::Candidate } else { Tier::Definite })
        }
        Style::Bare if is_marked && !shape.is_joined && value.len() >= 6 => Some(Tier::Definite),
        Style::Prose if shape.digits > 1 && is_marked && !shape.is_joined && value.len() >= 7 => {
            Some(Tier::Definite)
        }
        Style::Line if name.is_upper && value.len() >= 5 => Some(Tier::Definite),
        Style::Argument if shape.letters == 0 => Some(Tier::Definite),
        Style::Argument if value.len() >= 6 => Some(Tier::Candidate),
        Style::Quoted | Style::Line if shape.letters == 0 && value.len() >= 4 => {
            Some(Tier::Definite)
        }
        Style::Quoted if value.len() >= 6 && !shape.is_joined && !shape.is_capital => {
            Some(Tier::Candidate)
        }
        _ => None,
    }
}

/// Words with spaces between them.
fn phrase(value: &str, name: &Name, style: Style) -> Option<Tier> {
    let words: Vec<&str> = value.split_whitespace().collect();
    if name.kind == Kind::Phrase {
        let are_plain = words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase()));
        let enough = if matches!(style, Style::Quoted | Style::Argument) { 3 } else { 12 };
        let is_phrase = words.len() >= enough && (are_plain || name.is_upper);
        return (is_phrase && !is_test_phrase(&words)).then_some(Tier::Definite);
    }
    let is_mixed = |word: &&&str| {
        word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().any(|b| b.is_ascii_alphabetic())
            && word.len() >= 5
    };
    let is_secret = style == Style::Quoted
        && name.decides
        && (2..=4).contains(&words.len())
        && words.iter().filter(is_mixed).count() > 0;
    is_secret.then_some(Tier::Definite)
}

/// `test test test … junk`.
fn is_test_phrase(words: &[&str]) -> bool {
    let mut distinct: Vec<&&str> = words.iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() * 2 < words.len()
}

/// A value given to a name that also means other things.
fn undecided(value: &str, style: Style) -> Option<Tier> {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_./:".contains(&b);
    if are_words(value) && value.bytes().all(is_name) && !word::is_random(value) {
        return None;
    }
    if value.len() >= KEY_BYTES_MIN
        && (is_random(value) && !are_words(value) || word::is_random(value))
    {
        return Some(Tier::Definite);
    }
    let classes: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, |b: &u8| {
            b.is_ascii_punctuation()
        }];
    let classes = classes.iter().filter(|class| value.bytes().any(|b| class(&b))).count();
    let is_candidate = value.len() >= CANDIDATE_BYTES_MIN && classes >= 3 && style != Style::Prose;
    is_candidate.then_some(Tier::Candidate)
}

/// What letters a value has.
#[derive(Debug, Clone, Copy)]
struct Shape {
    letters: usize,
    digits: usize,
    /// Signs that join no words.
    signs: usize,
    /// Whether words are joined: `my-password`.
    is_joined: bool,
    is_capital: bool,
}

impl Shape {
    fn of(value: &str) -> Self {
        let count = |is: fn(&u8) -> bool| value.bytes().filter(is).count();
        Self {
            letters: count(u8::is_ascii_alphabetic),
            digits: count(u8::is_ascii_digit),
            signs: count(|b| b"!@#$%^&*+?~=".contains(b)),
            is_joined: value.contains(['-', '_', '.', '/', ':', ',', '|', ';']),
            is_capital: value.starts_with(|c: char| c.is_uppercase()),
        }
    }
}

/// Words that are given to names of secrets and are none: types, states, rules, ways.
const NO_VALUES: &[&str] = &[
    "string",
    "str",
    "text",
    "varchar",
    "char",
    "integer",
    "number",
    "int",
    "bool",
    "boolean",
    "bytes",
    "object",
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "unknown",
    "empty",
    "default",
    "optional",
    "required",
    "disabled",
    "enabled",
    "invalid",
    "valid",
    "missing",
    "hidden",
    "masked",
    "secure",
    "encrypted",
    "hashed",
    "plain",
    "plaintext",
    "base64",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "bcrypt",
    "argon2",
    "argon2id",
    "pbkdf2",
    "scrypt",
    "hs256",
    "rs256",
    "utf8",
    "int32",
    "int64",
    "uint8",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "oauth",
    "oauth2",
    "bearer",
    "basic",
    "digest",
    "keychain",
    "keyring",
    "vault",
    "prompt",
    "stdin",
    "random",
    "generated",
    "session",
    "cookie",
    "header",
    "body",
    "query",
    "input",
    "output",
    "username",
    "email",
    "login",
    "logout",
    "signin",
    "signup",
    "forgot",
    "confirm",
    "visible",
    "expired",
    "revoked",
    "correct",
    "incorrect",
    "wrong",
    "changed",
    "updated",
    "reset",
    "value",
    "values",
    "variable",
    "constant",
    "literal",
    "environment",
    "production",
    "development",
    "local",
    "public",
    "private",
    "internal",
    "external",
    "access",
    "refresh",
    "trust",
    "peer",
    "md5sum",
    "scram",
    "ident",
    "value1",
    "value2",
    "string1",
    "string2",
    "whatever",
    "something",
    "anything",
    "nothing",
    "denied",
    "granted",
    "allowed",
    "stored",
    "provided",
    "entered",
    "another",
    "different",
    "short",
    "weak",
    "strong",
    "rotated",
    "removed",
    "deleted",
    "created",
    "because",
    "should",
    "cannot",
    "please",
];

/// Whether a value only says where the secret is: a variable, a member, a call, a path, an address.
pub(super) fn is_reference(value: &str, is_quoted: bool) -> bool {
    const SCHEMES: &[&str] = &[
        "arn:",
        "op://",
        "vault:",
        "file:",
        "env:",
        "ssm:",
        "sm://",
        "secretsmanager:",
        "keyring:",
        "http:",
        "https:",
        "!ref",
        "!sub",
        "!vault",
        "sops:",
        "gcp:",
        "awssm",
        "projects/",
    ];
    let lower = value.to_ascii_lowercase();
    const ROOTS: &[&str] = &[
        "~/", "./", "../", "/etc/", "/var/", "/run/", "/home/", "/usr/", "/opt/", "/srv/", "/tmp/",
        "/root/", "/mnt/",
    ];
    let is_path = ROOTS.iter().any(|root| value.starts_with(root))
        || value.starts_with('/') && are_words(value);
    let named = value.strip_prefix(['$', '%', '&', '@', '!', '#']);
    let is_variable = named.is_some_and(|name| {
        name.starts_with(['{', '('])
            || (are_words(name) && !value.starts_with(['!', '#'])) && !name.is_empty()
    });
    let holds = |parts: &[&str]| parts.iter().any(|part| value.contains(part));
    if is_path
        || is_variable
        || SCHEMES.iter().any(|scheme| lower.starts_with(scheme))
        || holds(&[
            "${",
            "$(",
            "{{",
            "#{",
            "%{",
            "<%",
            "...",
            "\u{2026}",
            "%(",
            "process.env",
            "os.environ",
            "getenv",
            "aws4_request",
        ])
    {
        return true;
    }
    let is_call =
        value.ends_with(')') && value.find('(').is_some_and(|at| at > 0 && are_words(&value[..at]));
    if is_quoted {
        return is_call;
    }
    let is_member = value.contains(['.', ':'])
        && are_words(value)
        && !value.contains(['@', '!', '#', '$', '%', '?', '+']);
    is_call
        || is_member
        || value.contains("://")
        || value.contains("::")
        || value.contains(['(', '{', '[', '<', '`'])
}
