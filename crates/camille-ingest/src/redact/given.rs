//! Tells whether a value that stands beside a name is a secret: how much the name decides, how it stands there, and what
//! the value is made of.

use super::check::{CANDIDATE_BYTES_MIN, KEY_BYTES_MIN, is_hash, is_password, is_random, is_uuid};
use super::name::{Kind, Name};
use super::phrase::{is_made, is_numbered, is_worded};
use super::rule::Tier;
use super::value::Style;
use super::word::{self, are_words};
use std::sync::LazyLock;

/// Words that are given to names of secrets and are none: types, states, rules, ways. Sorted.
static NO_VALUES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("rules/no-value.txt").lines().collect());

/// How sure it is that a value is a secret which stands beside a name that says so.
pub(super) fn given(value: &str, name: &Name, style: Style) -> Option<Tier> {
    let value = value.trim_end_matches('\\');
    let is_quoted = matches!(style, Style::Quoted | Style::Cell | Style::Said);
    if is_quoted && name.decides && is_noise(value) {
        return Some(Tier::Definite);
    }
    if !is_password(value) || is_reference(value, is_quoted) {
        return None;
    }
    if is_number(value)
        || says_what_it_is(value)
        || is_tag(value)
        || is_grammar(value)
        || is_type(value)
    {
        return None;
    }
    if is_hash(value) || is_uuid(value) {
        return Some(if name.decides { Tier::Definite } else { Tier::Candidate });
    }
    if value.contains(char::is_whitespace) {
        return phrase(value, name, style);
    }
    if !name.decides {
        return undecided(value, name, style);
    }
    let shape = Shape::of(value);
    if is_chosen(value) && (name.kind.is_chosen() || value.len() >= CANDIDATE_BYTES_MIN)
        || is_made(value)
    {
        return Some(Tier::Definite);
    }
    if are_words(value) && !word::is_random(value) {
        return words(value, name, style, shape);
    }
    let bytes_min = match (name.kind.is_chosen(), style) {
        (true, Style::Prose) => 6,
        (true, _) => 4,
        (false, Style::Quoted | Style::Line | Style::Argument) => 6,
        (false, Style::Cell) if name.kind == Kind::Secret => 6,
        (false, _) => CANDIDATE_BYTES_MIN,
    };
    let is_random = word::is_random(value);
    let is_shaped = match style {
        Style::Quoted | Style::Line | Style::Argument => true,
        Style::Cell | Style::Said | Style::Entry | Style::Bare => {
            shape.digits > 0 || shape.signs > 0 || is_random
        }
        Style::Prose => shape.digits > 0 && shape.letters > 0 || is_random,
    };
    let tier = if value.len() < CANDIDATE_BYTES_MIN && !name.kind.is_chosen() {
        Tier::Candidate
    } else {
        Tier::Definite
    };
    (value.len() >= bytes_min && is_shaped).then_some(tier)
}

/// Whether it is made of so many signs that nobody wrote it: the salts of a server.
fn is_noise(value: &str) -> bool {
    const BYTES_MIN: usize = 32;
    let mut signs: Vec<u8> = value.bytes().filter(u8::is_ascii_punctuation).collect();
    let count = signs.len();
    signs.sort_unstable();
    signs.dedup();
    value.len() >= BYTES_MIN
        && count * 6 >= value.len()
        && signs.len() >= 8
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_uppercase())
        && value.split(' ').all(|word| !is_said(word))
}

/// Whether it is a word with more than five letters and nothing else.
fn is_said(word: &str) -> bool {
    word.len() > 5 && word.bytes().all(|b| b.is_ascii_lowercase())
}

/// Whether a person would make it up where a digit and a sign are asked for: `Tulpe2026!`, `Tulpe2026_x`.
pub(super) fn is_chosen(value: &str) -> bool {
    let is = |wanted: fn(&u8) -> bool| value.bytes().filter(wanted).count();
    let signs = is(|b| b"!@#$%^&*+?~".contains(b));
    let is_safe = !value.contains(['/', '.', ':', ',', '(', ')', '=', '<', '>', '{', '[', '|']);
    // `OAuth2_Client` goes on with a word.
    let ends_in_word = value
        .rsplit(['_', '-'])
        .next()
        .is_some_and(|end| end.len() < value.len() && end.len() > 3 && is_alphabetic(end));
    let is_joined = value.contains(['_', '-']) && !ends_in_word;
    (6..=40).contains(&value.len())
        && is_safe
        && is(u8::is_ascii_lowercase) > 0
        && is(u8::is_ascii_uppercase) > 0
        && is(u8::is_ascii_digit) > 1
        && (signs > 0 || is_joined)
}

/// Whether a sentence that says it says a password: one that a person made up, or random letters of all kinds.
pub(super) fn is_told(value: &str) -> bool {
    let is = |wanted: fn(&u8) -> bool| value.bytes().filter(wanted).count();
    let is_mixed = value.len() >= KEY_BYTES_MIN
        && value.bytes().all(|b| b.is_ascii_alphanumeric())
        && is(u8::is_ascii_lowercase) > 2
        && is(u8::is_ascii_uppercase) > 2
        && is(u8::is_ascii_digit) > 1
        && !are_words(value);
    is_chosen(value)
        || is_made(value)
        || is_mixed
        || value.len() >= KEY_BYTES_MIN * 2 && is_hash(value)
}

/// Whether a short name that a sentence says has this value: `pw X`, where a word would be a word.
pub(super) fn is_told_briefly(value: &str) -> bool {
    let is = |wanted: fn(&u8) -> bool| value.bytes().filter(wanted).count();
    let is_mixed = value.len() >= CANDIDATE_BYTES_MIN
        && value.bytes().all(|b| b.is_ascii_alphanumeric())
        && is(u8::is_ascii_lowercase) > 1
        && is(u8::is_ascii_uppercase) > 1
        && is(u8::is_ascii_digit) > 1
        && !are_words(value);
    let is_number = (6..=12).contains(&value.len()) && is(u8::is_ascii_digit) == value.len();
    is_told(value) || is_mixed || is_number || is_numbered(value)
}

fn is_alphabetic(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Whether it is a version, an address, the number of an object, or a number with its type: `1.2.3`, `0x80200026`,
/// `709u32`.
fn is_number(value: &str) -> bool {
    const TYPES: &[&str] = &[
        "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "usize", "isize", "f32", "f64", "UL",
        "ULL",
    ];
    let plain = value.strip_prefix('-').unwrap_or(value);
    let untyped = TYPES.iter().find_map(|end| plain.strip_suffix(end));
    let hex = untyped.unwrap_or(plain).trim_end_matches('_').strip_prefix("0x");
    value.contains('.') && value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        || untyped.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit() || b == b'_'))
        || hex.is_some_and(|hex| hex.len() <= 16 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether it is the tag of a field in Go: `json:"token,omitempty"`.
fn is_tag(value: &str) -> bool {
    let key = value.bytes().take_while(u8::is_ascii_lowercase).count();
    key > 0 && value[key..].starts_with(":\"")
}

/// Whether it is a type that is never null, as GraphQL writes it: `String!`.
fn is_type(value: &str) -> bool {
    value.strip_suffix('!').is_some_and(|name| is_no_value(&name.to_ascii_lowercase()))
}

/// Whether it is a rule for values: `required|min:12`, `between:8,64`, `required,min=12`.
fn is_grammar(value: &str) -> bool {
    const RULES: &[&str] = &[
        "required",
        "omitempty",
        "min",
        "max",
        "len",
        "gte",
        "lte",
        "email",
        "eqfield",
        "alphanum",
        "dive",
        "oneof",
        "nefield",
        "excludes",
    ];
    let is_ruled = || {
        let mut rules = value.split(',');
        rules.all(|rule| RULES.contains(&rule.split('=').next().unwrap_or_default()))
    };
    if value.contains(',') && is_ruled() {
        return true;
    }
    let is_part = |part: &str| {
        part.bytes().all(|b| b.is_ascii_digit())
            || part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    value.contains(['|', ':']) && value.split(['|', ':', ',']).all(is_part)
}

/// Whether a value is the name of a type or a variable of the same kind: `_DSAPrivateKey`.
fn says_what_it_is(value: &str) -> bool {
    const KINDS: &[&str] =
        &["password", "privatekey", "apikey", "secretkey", "accesskey", "publickey", "credential"];
    let is_name = value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
    // A variable of the environment: `APP2_TOKEN`.
    let is_upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if value.contains('_') && value.bytes().all(is_upper) {
        return ["TOKEN", "SECRET", "PASS", "KEY", "PWD"].iter().any(|word| value.contains(word));
    }
    let plain = value.to_ascii_lowercase().replace(['_', '-'], "");
    is_name && KINDS.iter().any(|kind| plain.contains(kind))
}

/// A value of words and numbers, given to a name that decides.
fn words(value: &str, name: &Name, style: Style, shape: Shape) -> Option<Tier> {
    let lower = value.to_ascii_lowercase();
    let is_other = is_no_value(&lower);
    // `password1` is one, `db-password-1` and `Password` only say what it is.
    let is_name = shape.digits == 0 || shape.is_joined;
    let is_variable_of_code =
        style == Style::Bare && value.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    let is_about = (is_name || is_variable_of_code)
        && ["password", "passwd", "secret", "token", "apikey", "api_key", "api-key"]
            .iter()
            .any(|word| lower.contains(word));
    if is_other || is_about {
        return None;
    }
    let is_sure = matches!(style, Style::Quoted | Style::Line | Style::Argument);
    let is_plain = value.bytes().all(|b| b.is_ascii_lowercase());
    if !name.kind.is_chosen() {
        // Nobody makes up keys of words, but numbers and variables of the environment are given to them.
        let is_key = value.len() >= CANDIDATE_BYTES_MIN && shape.digits > 0 && !shape.is_joined;
        let is_variable = style == Style::Line && name.is_upper;
        if is_sure && is_key && (shape.letters == 0 || is_variable) {
            return Some(Tier::Definite);
        }
        let is_secret = name.kind == Kind::Secret || is_variable;
        let is_marked = shape.digits > 0 && shape.letters > 0;
        let is_word = is_plain || is_marked && !shape.is_joined;
        if name.kind == Kind::Secret && style != Style::Prose && is_numbered(value) {
            return Some(Tier::Candidate);
        }
        return (is_secret && is_word && value.len() >= style.word_min()?)
            .then_some(Tier::Candidate);
    }
    let is_marked = shape.digits > 0 && shape.letters > 0 || shape.signs > 0;
    match style {
        Style::Quoted
        | Style::Line
        | Style::Argument
        | Style::Cell
        | Style::Said
        | Style::Entry
            if is_marked && value.len() >= 5 =>
        {
            // It may be the name of something: `db-creds-2`. That it is a password is as likely, so it stays at home.
            let is_name = shape.is_joined && shape.signs == 0 && !name.is_upper;
            Some(if is_name { Tier::Candidate } else { Tier::Definite })
        }
        Style::Bare if is_marked && shape.is_joined && value.len() >= CANDIDATE_BYTES_MIN => {
            Some(Tier::Candidate)
        }
        Style::Bare if is_marked && !shape.is_joined && value.len() >= 6 => Some(Tier::Definite),
        Style::Prose if shape.digits > 1 && is_marked && !shape.is_joined && value.len() >= 7 => {
            Some(Tier::Definite)
        }
        Style::Line if name.is_upper && value.len() >= 5 => Some(Tier::Definite),
        Style::Argument if shape.letters == 0 && shape.digits > 0 => Some(Tier::Definite),
        Style::Argument if value.len() >= 6 => Some(Tier::Candidate),
        Style::Quoted | Style::Line if shape.letters == 0 && value.len() >= 4 => {
            Some(Tier::Definite)
        }
        Style::Quoted if value.len() >= 6 && !shape.is_joined && !shape.is_capital => {
            Some(Tier::Candidate)
        }
        _ if is_numbered(value) => Some(Tier::Candidate),
        _ if shape.letters == 0 && shape.digits >= 6 && shape.digits == value.len() => {
            Some(Tier::Candidate)
        }
        Style::Quoted
        | Style::Line
        | Style::Argument
        | Style::Cell
        | Style::Said
        | Style::Entry
            if is_worded(value) =>
        {
            Some(Tier::Candidate)
        }
        // A word that says something else, in a sentence, mostly ends like this.
        Style::Prose if is_plain && ENDS.iter().any(|end| value.ends_with(end)) => None,
        _ if is_plain && value.len() >= style.word_min()? => Some(Tier::Candidate),
        _ => None,
    }
}

/// How words end that say something of a password.
const ENDS: &[&str] = &[
    "ly", "tion", "tions", "ing", "ed", "able", "ible", "ment", "ness", "ity", "ive", "ous",
    "less", "al",
];

/// Whether a word that is given to a name of a secret is none, also one of several: `required`.
pub(super) fn is_no_value(lower: &str) -> bool {
    NO_VALUES.binary_search(&lower).is_ok()
}

/// Words with spaces between them.
fn phrase(value: &str, name: &Name, style: Style) -> Option<Tier> {
    let words: Vec<&str> = value.split_whitespace().collect();
    if matches!(name.kind, Kind::Phrase | Kind::Passphrase) {
        let are_plain = words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase()));
        let enough = if matches!(style, Style::Quoted | Style::Argument) { 3 } else { 12 };
        let is_phrase = words.len() >= enough && (are_plain || name.is_upper);
        if is_phrase && !is_test_phrase(&words) {
            return Some(Tier::Definite);
        }
    }
    let is_mixed = |word: &&&str| {
        word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().any(|b| b.is_ascii_alphabetic())
            && word.len() >= 5
    };
    let is_set = matches!(style, Style::Cell | Style::Said)
        && words
            .iter()
            .all(|word| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!?_-".contains(&b)))
        && words.iter().any(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
    let is_secret = (style == Style::Quoted || is_set)
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
fn undecided(value: &str, name: &Name, style: Style) -> Option<Tier> {
    const WORD_MIN: usize = 10;
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_./:".contains(&b);
    if name.kind == Kind::Secret && style == Style::Quoted {
        let is_plain = value.bytes().all(|b| b.is_ascii_lowercase());
        let is_long = value.len() >= WORD_MIN && is_plain && !is_no_value(value);
        let is_marked = value.bytes().all(|b| b.is_ascii_alphanumeric())
            && value.bytes().filter(u8::is_ascii_digit).count() > 1
            && value.bytes().any(|b| b.is_ascii_alphabetic());
        if (is_long || is_marked && value.len() >= 6 || is_numbered(value))
            && !says_what_it_is(value)
            && !value.contains("secret")
        {
            return Some(Tier::Candidate);
        }
    }
    if is_made(value) && name.kind == Kind::Secret {
        return Some(Tier::Candidate);
    }
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
    const FILES: &[&str] = &[
        ".pem", ".key", ".crt", ".cer", ".der", ".p12", ".pfx", ".jks", ".json", ".txt", ".yml",
        ".yaml", ".env", ".toml",
    ];
    let is_file = value.contains('/') && FILES.iter().any(|end| lower.ends_with(end));
    let is_path = is_file
        || ROOTS.iter().any(|root| value.starts_with(root))
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
            "(?:",
            "[^",
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
        && !is_numbered(value)
        && !value.contains(['@', '!', '#', '$', '%', '?', '+']);
    is_call
        || is_member
        || value.contains("://")
        || value.contains("::")
        || value.contains(['(', '{', '[', '<', '`'])
}
