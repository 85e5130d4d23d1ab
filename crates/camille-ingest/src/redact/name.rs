//! What a name says of its value: that it is a password, a key, a token; and how surely.

use super::letter;

/// The longest name looked at, on either side of the word that makes it secret.
const SIDE_BYTES_MAX: usize = 48;

/// A name that says its value is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// What its value is.
    pub(super) kind: Kind,
    /// Whether it means nothing else, so that the value needs no randomness.
    pub(super) decides: bool,
    /// Whether it is a variable of the environment: `DB_PASSWORD`.
    pub(super) is_upper: bool,
}

/// What a name says that its value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something a person chose: anything may be one.
    Password,
    /// The same, of several words or one.
    Passphrase,
    /// Words.
    Phrase,
    /// Something that was made.
    Key,
    /// Something that was made, or what a person put in its place.
    Secret,
    /// The same, by a word that also has other meanings.
    Token,
}

impl Kind {
    /// Whether a person chose it.
    pub(super) fn is_chosen(self) -> bool {
        matches!(self, Self::Password | Self::Passphrase)
    }
}

/// Names that say something *about* a secret: `token_type`, `passwordField`, `secret-name`.
const ABOUT: &[&str] = &[
    "id",
    "name",
    "hash",
    "type",
    "count",
    "limit",
    "url",
    "uri",
    "path",
    "file",
    "length",
    "len",
    "size",
    "expir",
    "expires",
    "expiry",
    "ttl",
    "version",
    "field",
    "header",
    "prefix",
    "suffix",
    "hint",
    "format",
    "label",
    "policy",
    "arn",
    "input",
    "error",
    "message",
    "param",
    "placeholder",
    "class",
    "regex",
    "pattern",
    "usage",
    "budget",
    "reset",
    "manager",
    "store",
    "provider",
    "index",
    "kind",
    "digest",
    "checksum",
    "column",
    "selector",
    "ref",
    "s",
    "hasher",
    "validator",
    "rule",
    "strength",
    "min",
    "max",
    "attempts",
    "at",
    "date",
    "age",
    "required",
    "enabled",
    "visible",
    "toggle",
    "button",
    "title",
    "description",
    "help",
    "status",
    "location",
    "dir",
    "endpoint",
    "scope",
    "issuer",
    "audience",
    "algorithm",
    "alg",
    "mode",
    "method",
    "example",
    "mask",
    "env",
    "var",
    "cost",
    "price",
    "credit",
    "mgr",
    "width",
    "height",
    "color",
    "icon",
    "style",
    "form",
    "page",
    "link",
    "modal",
    "dialog",
    "screen",
    "component",
    "element",
    "container",
    "test",
    "spec",
    "checker",
    "generator",
    "service",
    "helper",
    "handler",
    "resolver",
    "guard",
    "middleware",
    "encoder",
    "dto",
    "schema",
    "repository",
    "controller",
    "timeout",
    "interval",
    "lifetime",
    "seconds",
    "minutes",
    "hours",
    "days",
    "in",
];
/// The same as the end of a word.
const ABOUT_ENDS: &[&str] = &[
    "id", "name", "type", "url", "path", "file", "field", "hash", "count", "ref", "limit", "length",
];

/// What may follow the word that makes a name secret without a capital or a sign between them. Other letters
/// make it another word: `tokenize`, `secretary`.
const GOING_ON: &[&str] = &["key", "value", "base"];

/// What stands before `token` where it is no secret.
const OTHER_TOKENS: &[&str] = &[
    "next",
    "page",
    "continuation",
    "cancel",
    "cancellation",
    "sync",
    "special",
    "pad",
    "eos",
    "bos",
    "unk",
    "mask",
    "stop",
    "start",
    "end",
    "max",
    "min",
    "num",
    "per",
    "total",
    "input",
    "output",
    "prompt",
    "completion",
    "cached",
    "design",
    "syntax",
    "lex",
    "prev",
    "previous",
    "last",
    "first",
    "unexpected",
    "invalid",
    "new",
    "current",
];
/// What stands before `secret`, with a space, where it is nothing else.
const SECRETS: &[&str] = &[
    "client", "signing", "webhook", "jwt", "session", "app", "api", "shared", "consumer", "totp",
    "cookie",
];

/// What stands before `token` where it is nothing else.
const AUTH_TOKENS: &[&str] = &[
    "auth", "access", "refresh", "api", "bearer", "bot", "session", "personal", "deploy",
    "registry", "npm", "github", "gitlab", "id", "secret", "user", "login", "admin", "root",
    "private", "security", "vault", "slack", "hub",
];

/// The name around a word that makes it secret; `None`: it is the name of something else.
pub(super) fn read(text: &str, word: std::ops::Range<usize>, kind: Kind) -> Option<Name> {
    let bytes = text.as_bytes();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-';
    let rest = &bytes[word.end..];
    let start = begin(bytes, word.start);
    // `${PASSWORD-default}`: the sign is the shell's.
    let is_name = |b: &u8| is_name(b) && (*b != b'-' || !bytes[..start].ends_with(b"${"));
    // Where words have no spaces, what follows is the value.
    let is_wide = text[word.clone()].chars().last().is_some_and(|c| c > '\u{2e80}');
    let tail = if is_wide {
        0
    } else {
        rest.iter().take(SIDE_BYTES_MAX + 1).take_while(|b| is_name(b)).count()
    };
    let is_going_on = bytes[word.end - 1].is_ascii_lowercase()
        && rest[..tail].first().is_some_and(u8::is_ascii_lowercase)
        && !GOING_ON.iter().any(|word| rest.starts_with(word.as_bytes()))
        && !(tail == 1 && rest[0] == b's');
    let is_other_upper = bytes[word.end - 1].is_ascii_uppercase()
        && rest[..tail].first().is_some_and(u8::is_ascii_uppercase)
        && rest[..tail].get(1).is_some_and(u8::is_ascii_uppercase)
        && !GOING_ON.iter().any(|word| rest.starts_with(word.to_ascii_uppercase().as_bytes()));
    // Of several it says less, but what is random is one of them: `"api_keys": ["X"]`.
    let is_plural = kind != Kind::Token
        && tail == 1
        && matches!(rest.first(), Some(b's' | b'S'))
        && !rest[1..].starts_with(b"::");
    if tail > SIDE_BYTES_MAX
        || is_other_upper
        || is_going_on
        || !is_plural && is_about(&text[word.end..word.end + tail])
    {
        return None;
    }
    let end = word.end + tail;
    let whole = &text[start..end];
    if whole.contains("ublic") || whole.contains("UBLIC") {
        return None;
    }
    let before = &text[start..word.start];
    // Of `process.env.PASSWORD` the last.
    let own = before.rfind('.').map_or(whole, |at| &whole[at + 1..]);
    let is_upper = !own.bytes().any(|b| b.is_ascii_lowercase()) && own.len() > 3;
    let decides = !is_plural
        && match kind {
            Kind::Password | Kind::Passphrase | Kind::Phrase => true,
            // A word of its own, or with another before or behind it.
            Kind::Key | Kind::Secret => {
                is_upper
                    || !text[word.clone()].eq_ignore_ascii_case("secret")
                    || !before.is_empty()
                    || tail > 0
                    || SECRETS.contains(&&*word_before(bytes, start))
            }
            Kind::Token => {
                let prefix =
                    if before.is_empty() { word_before(bytes, start) } else { last_word(before) };
                if OTHER_TOKENS.contains(&prefix.as_str()) {
                    // What was refused is a token all the same.
                    let is_told = before.is_empty() && matches!(&*prefix, "invalid" | "unexpected");
                    return is_told.then_some(Name { start, end, kind, decides: false, is_upper });
                }
                is_upper && !before.is_empty() || AUTH_TOKENS.contains(&prefix.as_str())
            }
        };
    Some(Name { start, end, kind, decides, is_upper })
}

/// Where a name begins that goes on at `at`.
fn begin(bytes: &[u8], at: usize) -> usize {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    let run = bytes[..at].iter().rev().take(SIDE_BYTES_MAX).take_while(|b| is_name(b)).count();
    let mut start = at - run;
    // It may begin with the last letter of an escape: `\nDB_PASSWORD`, `%22password`, `[0mPASSWORD`.
    for back in 1..=6.min(start) {
        let from = start - back;
        if matches!(bytes[from], b'\\' | b'%' | b'&' | 0x1b)
            && let Some(letter) = letter::at(bytes, from)
            && letter.len > 1
            && from + letter.len <= at
        {
            start = start.max(from + letter.len);
        }
    }
    start
}

/// The word before a name in a sentence, in lower case: `access` of `your access token`.
fn word_before(bytes: &[u8], start: usize) -> String {
    let Some(before) = bytes[..start].strip_suffix(b" ") else { return String::new() };
    let letters = before.iter().rev().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    before[before.len() - letters..].iter().map(|b| char::from(b.to_ascii_lowercase())).collect()
}

/// The last word of a name, in lower case: `auth` of `githubAuth` and of `GITHUB_AUTH_`.
fn last_word(name: &str) -> String {
    let name = name.trim_end_matches(['_', '-', '.']);
    let is_upper = !name.bytes().any(|b| b.is_ascii_lowercase());
    let from = name.bytes().enumerate().rev().find_map(|(at, b)| {
        (b"_-.".contains(&b))
            .then_some(at + 1)
            .or((!is_upper && b.is_ascii_uppercase()).then_some(at))
    });
    name[from.unwrap_or(0)..].to_ascii_lowercase()
}

/// Whether a name goes on with a word that makes it the name of something else.
fn is_about(tail: &str) -> bool {
    let tail = tail.to_ascii_lowercase();
    let last = tail.rsplit(['_', '-']).next().unwrap_or_default();
    // `tokenType` has no separator: the tail is the word, perhaps in the plural.
    let last = if last.is_empty() { tail.trim_matches(['_', '-']) } else { last };
    ABOUT
        .iter()
        .any(|word| last == *word || (word.len() > 2 && last.strip_suffix('s') == Some(word)))
        || ABOUT_ENDS.iter().any(|word| last.len() > word.len() && last.ends_with(word))
}

/// What the word that makes a name secret says of the value.
pub(super) fn kind(word: &str) -> Kind {
    let word = word.to_lowercase();
    let is = |all: &[&str]| all.iter().any(|one| word.contains(one));
    if is(&["passphrase"]) {
        Kind::Passphrase
    } else if is(&["phrase", "mnemonic", "seed"]) {
        Kind::Phrase
    } else if is(&["token", "credential", "sig", "cookie"]) {
        Kind::Token
    } else if is(&["secret", "salt"]) {
        Kind::Secret
    } else if is(&["key", "sid"]) {
        Kind::Key
    } else {
        Kind::Password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(text: &str, word: &str) -> Option<Name> {
        let at = text.find(word).expect("the word");
        read(text, at..at + word.len(), kind(word))
    }

    #[test]
    fn a_name_says_what_its_value_is_and_how_surely() {
        for (text, word, decides) in [
            ("DB_PASSWORD", "PASSWORD", true),
            (r"\nDB_PASSWORD", "PASSWORD", true),
            ("dbPassword", "Password", true),
            ("secret", "secret", false),
            ("clientSecret", "Secret", true),
            ("SECRET_KEY_BASE", "SECRET", true),
            ("token", "token", false),
            ("access_token", "token", true),
            ("RAILWAY_TOKEN", "TOKEN", true),
            ("fooToken", "Token", false),
        ] {
            let name = read_in(text, word).unwrap_or_else(|| panic!("{text} is a name"));
            assert_eq!(name.decides, decides, "{text}");
            assert_eq!(name.end, text.len());
        }
        assert_eq!(read_in(r"\nDB_PASSWORD", "PASSWORD").map(|name| name.start), Some(2));
        for (text, word) in [
            ("tokenizer", "token"),
            ("token_type", "token"),
            ("passwordField", "password"),
            ("next_page_token", "token"),
            ("nextToken", "Token"),
            ("max_tokens", "token"),
            ("PUBLIC_API_KEY", "API_KEY"),
            ("PASSWORD_HASHERS", "PASSWORD"),
            ("secretName", "secret"),
            ("SCHEME_PASSPORT", "_PASS"),
        ] {
            assert_eq!(read_in(text, word), None, "{text}");
        }
    }
}
