//! Finds the texts in quotes that code hands to what authenticates, encrypts or signs, whatever it is called in whatever
//! language: the name says what it does, and the place among the arguments what stands there.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// How far the arguments are read.
const BYTES_MAX: usize = 400;

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"([A-Za-z_$][\w.:>()-]{0,80}?) ?\(")).expect("a constant pattern")
});
/// Any text that these take is a secret.
static ALONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)pass(?:word|wd|phrase)?(?:encoder|hasher)?|pwd|crypt|hmac|cipher|jwt|bearer|serializer|cookiestore|filesystemstore|securecookie|pbkdf|derivebytes|keystore|securitykey|signingkey|unlock|signer|signwith|signedstring|[^a-z]aes\\b|aes\\.new|hash::(?:make|check)|argon2|\\bks\\.load|compare$")
        .expect("a constant pattern")
});
/// What these take behind another argument is one.
static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)log_?[io]n|sign_?in|auth|connect|bind|credential|ftp|smtp|imap|begin|softap|url\\.create|engine|sequelize|sign|encrypt|decrypt|hmac|verify")
        .expect("a constant pattern")
});
/// What these take is one if it looks random.
static NEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        "(?i)(?:token|key|secret|credential|login|auth|client|provider|init|static\\w*|run|new)$",
    )
    .expect("a constant pattern")
});
/// What hashes a password, where the line says so: `require('bcrypt').hash("X")`.
static HASHES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^(?i:hash\\w*|compare\\w*|verify\\w*|create|generate\\w*|crypt|encode|g|h)$")
        .expect("a constant pattern")
});
static CRYPTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)[bs]crypt|argon|passlib|password_hash|werkzeug|pbkdf")
        .expect("a constant pattern")
});
/// What reads and asks takes names.
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^(?i:(?:get|has|find|contains|expect|require|print|assert|translate|query|render|remove|delete|select|include|create_?hash|is|to|add|on)[A-Za-z_]*|describe|it|test|import|log|error|warn|t|digest|update|sha[0-9]+|md5|field|column|route|path|exists|use|emit|format|replace|split|join|match|push)$")
        .expect("a constant pattern")
});

/// The tokens that a line's calls take.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    if !line.contains(['"', '\'', '`']) {
        return;
    }
    for captures in CALL.captures_iter(line) {
        let Some(name) = captures.get(1) else { continue };
        let open = name.end() + usize::from(line[name.end()..].starts_with(' '));
        let name = name.as_str();
        let last = name.rsplit(['.', ':', '>', ')', '(']).next().unwrap_or(name);
        let hashes = HASHES.is_match(last) && CRYPTS.is_match(&line[..open]);
        if !hashes && ASKS.is_match(last) && !matches!(&*last.to_ascii_lowercase(), "begin") {
            continue;
        }
        // With what it is called on: `bcrypt.checkpw`.
        let owner = name[..name.len() - last.len()].trim_end_matches(['.', ':', '>', '-']);
        let from = owner.rfind(['.', ':', '>', ')', '(']).map_or(0, |at| at + 1);
        let own = &name[from..];
        let alone = hashes || ALONE.is_match(own);
        let (beside, near) = (BESIDE.is_match(own), NEAR.is_match(own));
        if !alone && !beside && !near {
            continue;
        }
        for (number, text) in texts(line, open + 1) {
            let proof = if alone || beside && number > 0 { Proof::Seat } else { Proof::Near };
            if proof.holds(&line[text.clone()]) {
                keep(text);
            }
        }
    }
}

/// The texts in quotes of a call's arguments, with the number of the argument, from 0.
fn texts(line: &str, from: usize) -> Vec<(usize, Range<usize>)> {
    let bytes = line.as_bytes();
    let (mut depth, mut number, mut at) = (0_i32, 0, from);
    let mut texts = Vec::new();
    while at < bytes.len().min(from + BYTES_MAX) {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                if depth < 0 {
                    break;
                }
            }
            b',' if depth == 0 => number += 1,
            quote @ (b'"' | b'\'' | b'`') => {
                let Some(length) = memchr::memchr(quote, &bytes[at + 1..]) else { break };
                let inner = line[at + 1..at + 1 + length].trim_end_matches('\\');
                if !inner.contains(char::is_whitespace) {
                    texts.push((number, at + 1..at + 1 + inner.len()));
                }
                at += length + 1;
            }
            _ => {}
        }
        at += 1;
    }
    texts
}
