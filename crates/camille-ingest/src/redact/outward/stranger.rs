//! Finds the one word that nobody knows among the words of a command or of code, in a line that speaks of logins: whatever
//! program it is given to, and wherever among its arguments.

use super::super::check::is_hash;
use super::super::rule::plain_classes;
use super::proof::{Proof, is_unknown_word};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The most words of a line that is no sentence.
const WORDS_MAX: usize = 12;
/// The most quotes of a line that is no list of names.
const QUOTES_MAX: usize = 10;
/// The most known words without a sign in it; sentences have more.
const PLAIN_MAX: usize = 3;

/// What speaks of logins.
static SPEAKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)pass(?:word|wd|phrase|wort|code|key)?\b|passw|pwd|log-?in|log-?on|auth(?:\b|[^o])|authori[sz]|\bcreds?\b|credential|secret|unlock|unseal|wi-?fi|ssid|airport|wlan|\bpw\b|\bpin\b|into users|\bconnect|sasl|\busers\b|socks|crypt\w*|argon2",
    ))
    .expect("a constant pattern")
});
/// What speaks of keys: of tokens and keys much else is said, so that words tell nothing there.
static KEYS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?i)token|key").expect("a constant pattern"));
/// What says that a hash is one.
static HASHES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)commit|\bsha|digest|checksum|md5|\bhash|etag|merge|\brev|tree|blob|\bhead\b|index|fingerprint|\bgit\b|pack|request|trace|cache|version|parent|branch|\btag\b|\bid\b|public[ _-]?key|pubkey|idempotency|\.(?:rs|py|ts|js|go|rb|java)\b",
    ))
    .expect("a constant pattern")
});
/// Words, each with the quotes around it.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r#"\\*["'`]?[^\s"'`,;()\[\]{}|\\]+\\*["'`]?"#))
        .expect("a constant pattern")
});

/// The strangers of a line.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    if line.len() > 400 {
        return;
    }
    let has_words = SPEAKS.is_match(line);
    let has_keys = (has_words || KEYS.is_match(line)) && !HASHES.is_match(line);
    let quotes = line.bytes().filter(|b| matches!(b, b'"' | b'\'')).count();
    if !has_words && !has_keys {
        return;
    }
    let is_command = is_command(line);
    let mut strangers: Vec<Range<usize>> = Vec::new();
    for (number, word) in WORD.find_iter(line).enumerate() {
        let token = word.as_str().trim_matches(['"', '\'', '`', '\\', ':']);
        // What a comment tells a tool is none: `//nolint:…`.
        let signs: &[char] = if token.starts_with('/') { &['='] } else { &['=', ':'] };
        let token = token.rsplit(signs).next().unwrap_or(token);
        let is_quoted = quotes <= QUOTES_MAX
            && word.as_str().ends_with(['"', '\''])
            && word.as_str().trim_start_matches('\\').starts_with(['"', '\'']);
        let may_be = !line[word.end()..].starts_with(['(', '['])
            && (has_words && is_unknown_word(token) || has_keys && is_hash(token));
        // The first names the program.
        if may_be && (is_quoted && !line[word.end()..].starts_with(':') || is_command && number > 0)
        {
            let start = word.start() + word.as_str().find(token).unwrap_or(0);
            strangers.push(start..start + token.len());
        }
    }
    // Many strangers are another language.
    let mut distinct: Vec<&str> = strangers.iter().map(|range| &line[range.clone()]).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // What speaks of logins is not the stranger itself.
    let speaks = SPEAKS.find_iter(line).chain(KEYS.find_iter(line));
    let is_spoken_of = speaks
        .filter(|said| {
            strangers.iter().all(|range| said.end() <= range.start || range.end <= said.start())
        })
        .count()
        > 0;
    if distinct.len() == 1 && is_spoken_of {
        strangers
            .into_iter()
            .filter(|range| Proof::Seat.holds(&line[range.clone()]))
            .for_each(keep);
    }
}

/// Whether a line is a command or a setting: few words, and hardly any that a sentence is made of.
fn is_command(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['$', '#', '>', '%', ' ']);
    let begins = line.starts_with(|c: char| c.is_ascii_lowercase() || c == '.' || c == '/')
        || line.starts_with(|c: char| c.is_ascii_uppercase())
            && line.split(' ').next().is_some_and(|word| {
                word.bytes().skip(1).all(|b| !b.is_ascii_lowercase()) || word.contains('-')
            });
    let words: Vec<&str> = line.split_whitespace().collect();
    const CODE: &[&str] = &[
        "from", "import", "use", "return", "def", "class", "const", "let", "var", "if", "for",
        "elif", "else", "assert", "raise", "pub", "fn", "func", "function", "type", "struct",
        "impl", "require", "include", "export", "await", "async", "while",
    ];
    if words.first().is_some_and(|word| CODE.contains(word)) {
        return false;
    }
    let plain = words
        .iter()
        .skip(1)
        .filter(|word| {
            word.len() > 3 && word.bytes().all(|b| b.is_ascii_lowercase()) && !is_unknown_word(word)
        })
        .count();
    let is_small = |word: &&&str| {
        matches!(
            **word,
            "a" | "the"
                | "is"
                | "are"
                | "of"
                | "in"
                | "and"
                | "or"
                | "with"
                | "not"
                | "that"
                | "this"
                | "for"
                | "its"
                | "was"
                | "be"
        )
    };
    begins
        && !line.ends_with(['.', '?', '!', ',', ':'])
        && words.len() <= WORDS_MAX
        && plain <= PLAIN_MAX
        && words.iter().filter(is_small).count() == 0
}
