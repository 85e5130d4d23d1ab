//! Finds hexadecimal keys by the word that names them, however the two are joined: in a sentence, in a row of a table, on
//! the line below. A digest is written the same, so the nearest word that says what it is decides.

use super::super::check::is_hash;
use std::ops::Range;

/// How far before a value the words are read that may name it.
const BEFORE_BYTES_MAX: usize = 72;
/// How far behind it.
const BEHIND_BYTES_MAX: usize = 48;
/// How near a word that says what a value is stands to it, whatever is said before.
const NEAR_WORDS: usize = 2;
/// How many words behind `is` may stand before the name.
const BEHIND_WORDS_MAX: usize = 5;
/// How many lines above a value that stands alone its name may stand.
const LINES_MAX: usize = 3;
/// The shortest hash.
const HEX_BYTES_MIN: usize = 32;

/// What secrets are called, wherever in a word.
const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "kennwort",
    "secret",
    "apikey",
    "credential",
    "pepper",
    "geheimnis",
    "schlüssel",
    "schluessel",
    "トークン",
    "キー",
    "密钥",
    "密鑰",
    "秘钥",
    "金鑰",
    "令牌",
    "口令",
    "密码",
    "密碼",
    "鍵",
    "토큰",
    "비밀",
    "токен",
    "ключ",
    "пароль",
    "секрет",
    "contraseña",
];
/// What they are called in a part of a word of its own.
const PARTS: &[&str] = &[
    "key",
    "token",
    "pass",
    "pwd",
    "pw",
    "psk",
    "salt",
    "auth",
    "jwt",
    "hmac",
    "bearer",
    "clé",
    "cle",
    "clave",
    "llave",
    "jeton",
    "chiave",
    "chave",
    "sleutel",
    "klucz",
    "kluczem",
    "anahtar",
    "anahtarı",
    "nyckel",
    "nøgle",
    "avain",
    "klíč",
    "kulcs",
];
/// What says that a value is a digest or an identifier.
const DIGESTS: &[&str] = &[
    "commit",
    "commits",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "digest",
    "digests",
    "rev",
    "revision",
    "checksum",
    "checksums",
    "etag",
    "md5",
    "blake3",
    "hash",
    "hashes",
    "fingerprint",
    "thumbprint",
    "tree",
    "blob",
    "head",
    "parent",
    "merge",
    "id",
    "ids",
    "uuid",
    "guid",
    "trace",
    "span",
    "request",
    "cid",
    "version",
    "integrity",
    "build",
    "image",
    "tag",
    "ref",
    "object",
    "public",
    "pub",
    "pubkey",
    "cache",
    "container",
    "layer",
    "cursor",
    "git",
    "branch",
    "cherry",
    "name",
    "arn",
    "file",
    "primary",
    "foreign",
    "partition",
    "sort",
    "routing",
    "idempotency",
    "dedup",
    "lookup",
    "address",
    "upstream",
    "bucket",
];
/// Which keys anybody may know.
const OPEN_KEYS: &[&str] = &[
    "public",
    "primary",
    "foreign",
    "cache",
    "idempotency",
    "partition",
    "sort",
    "routing",
    "lookup",
];
/// What only says that a value follows: what it is says another member.
const NEUTRAL: &[&str] = &["value", "val", "default", "data", "hex", "content", "text", "string"];
/// What joins a value to the name behind it.
const JOINS: &[&str] =
    &["is", "as", "ist", "est", "es", "è", "é", "=", "was", "used", "←", "<-", "that's"];

/// What the words around a value say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Secret,
    Digest,
}

/// The keys of all lines.
pub(super) fn find(text: &str, lines: &[Range<usize>], keep: &mut dyn FnMut(Range<usize>)) {
    for (number, line) in lines.iter().enumerate() {
        let written = &text[line.clone()];
        for value in values(written) {
            let (before, behind) = (&written[..value.start], &written[value.end..]);
            let own = named_before(before).or_else(|| named_behind(behind));
            let above = || {
                let is_alone = !before.contains(char::is_alphabetic)
                    && !behind.contains(char::is_alphanumeric);
                is_alone.then(|| named_above(text, &lines[..number])).flatten()
            };
            let head = || headed(text, &lines[..number], before);
            if own.or_else(above).or_else(head) == Some(Said::Secret) {
                keep(line.start + value.start..line.start + value.end);
            }
        }
    }
}

/// The hashes of a line that are no part of a longer word, a path or an address.
fn values(line: &str) -> Vec<Range<usize>> {
    let bytes = line.as_bytes();
    let (mut at, mut values) = (0, Vec::new());
    // Every run that is long enough holds one of these places.
    while let Some(byte) = bytes.get(at + HEX_BYTES_MIN - 1) {
        if !byte.is_ascii_hexdigit() {
            at += HEX_BYTES_MIN;
            continue;
        }
        let middle = at + HEX_BYTES_MIN - 1;
        let head = bytes[..middle].iter().rev().take_while(|b| b.is_ascii_hexdigit()).count();
        let tail = bytes[middle..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let value = middle - head..middle + tail;
        at = value.end;
        let before = line[..value.start].chars().next_back();
        let behind = line[value.end..].chars().next();
        let is_free = !before.is_some_and(|c| c.is_ascii_alphanumeric() || "/_-#.@".contains(c))
            && !behind.is_some_and(|c| c.is_ascii_alphanumeric() || "/_-@".contains(c));
        let digits = bytes[value.clone()].iter().filter(|b| b.is_ascii_digit()).count();
        let has_both = digits > 3 && value.len() - digits > 3;
        if is_free && has_both && is_hash(&line[value.clone()]) {
            values.push(value);
        }
    }
    values
}

/// What the nearest word before a value says.
fn named_before(before: &str) -> Option<Said> {
    let near = &before[before.ceil_char_boundary(before.len().saturating_sub(BEFORE_BYTES_MAX))..];
    // What stands in the sentence before says nothing of it.
    let near = near.rfind(". ").map_or(near, |at| &near[at + 2..]);
    let tail = near.trim_end_matches(|c: char| c.is_whitespace() || "\"'`\\*(".contains(c));
    // A member has a name of its own: only where that says nothing, another may.
    let member = tail.strip_suffix([':', '=']).map(|rest| rest.trim_end_matches([' ', ':', '>']));
    let quoted = member.filter(|rest| rest.ends_with(['"', '\'', '`', ']']) || tail.ends_with('='));
    let mut words = words(near).rev();
    if quoted.is_some() {
        let own = words.next()?;
        if !NEUTRAL.contains(&own.to_lowercase().as_str()) {
            let said = said(own)?;
            return Some(if is_open(own, words.next()) { Said::Digest } else { said });
        }
    }
    // Far from the value such a word says something of the secret: `the key from commit 3 is …`.
    let mut distance = 0;
    let mut far = None;
    while let Some(word) = words.next() {
        match said(word) {
            Some(Said::Secret) => {
                let is_open = is_open(word, words.clone().next());
                let is_digest = is_open || is_digest_of(words.clone());
                return Some(if is_digest { Said::Digest } else { Said::Secret });
            }
            // `do not commit: …` tells what to do with a secret.
            Some(Said::Digest)
                if words
                    .clone()
                    .next()
                    .is_some_and(|word| matches!(word, "not" | "never" | "t")) => {}
            Some(Said::Digest) if distance < NEAR_WORDS => return Some(Said::Digest),
            Some(Said::Digest) => far = Some(Said::Digest),
            None => {}
        }
        distance += 1;
    }
    far
}

/// Whether anybody may know a key, by the word before it.
fn is_open(word: &str, before: Option<&str>) -> bool {
    word.eq_ignore_ascii_case("key")
        && before.is_some_and(|word| OPEN_KEYS.contains(&word.to_lowercase().as_str()))
}

/// Whether words, read backwards from the name of a secret, say that a digest of it follows: `the md5 of the token`.
fn is_digest_of<'t>(words: impl Iterator<Item = &'t str> + Clone) -> bool {
    let mut behind_of = words.take(3).skip_while(|word| *word != "of").skip(1);
    behind_of.any(|word| said(word) == Some(Said::Digest))
}

/// What is said behind a value: `… is the signing secret`, `… (API key)`.
fn named_behind(behind: &str) -> Option<Said> {
    let near = &behind[..behind.floor_char_boundary(behind.len().min(BEHIND_BYTES_MAX))];
    let near = near.trim_start_matches(|c: char| c.is_whitespace() || "\"'`\\*,".contains(c));
    if let Some(aside) = near.strip_prefix('(') {
        let (aside, _) = aside.split_once(')')?;
        let last = words(aside).next_back()?;
        return said(last).filter(|_| words(aside).count() <= BEHIND_WORDS_MAX);
    }
    if near.starts_with(['は', 'が', '是', '는', '은']) {
        return said(words(near).next()?);
    }
    let (join, rest) = near.split_once(' ')?;
    if !JOINS.contains(&join) {
        return None;
    }
    words(rest).take(BEHIND_WORDS_MAX).find_map(said)
}

/// What the line above a value says that stands alone: it ends in a colon, or is a title.
fn named_above(text: &str, lines: &[Range<usize>]) -> Option<Said> {
    const TITLE_WORDS_MAX: usize = 5;
    let above = lines
        .iter()
        .rev()
        .take(LINES_MAX)
        .map(|line| text[line.clone()].trim())
        .find(|line| !line.is_empty() && !line.starts_with("```"))?;
    let ends = above.trim_end_matches(['*', '_', '`', '"', ' ']).ends_with([':', '：']);
    (ends || words(above).count() <= TITLE_WORDS_MAX).then(|| named_before(above)).flatten()
}

/// What the head of the column says that a cell stands in: `before` is its row up to the cell.
fn headed(text: &str, lines: &[Range<usize>], before: &str) -> Option<Said> {
    const ROWS_MAX: usize = 64;
    let is_row = |line: &&str| line.starts_with('|');
    Some(before.trim_start()).filter(is_row)?;
    let rows = lines.iter().rev().take(ROWS_MAX).map(|line| text[line.clone()].trim());
    let head = rows.take_while(is_row).last()?;
    words(head.split('|').nth(before.matches('|').count())?).rev().find_map(said)
}

/// The words of a text; names of files are none.
fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> + Clone {
    const FILES: &[&str] = &[
        ".rs", ".ts", ".js", ".py", ".go", ".rb", ".md", ".json", ".yaml", ".yml", ".toml", ".txt",
        ".lock", ".c", ".h", ".java", ".tsx", ".php", ".sh", ".html", ".css", ".sql", ".whl",
        ".gz", ".tgz", ".zip", ".crt", ".pem",
    ];
    text.split(|c: char| !c.is_alphanumeric() && !"_-./".contains(c))
        .map(|word| word.trim_matches(['.', '/', '-', '_']))
        .filter(|word| {
            !word.is_empty() && !word.contains('/') && !FILES.iter().any(|end| word.ends_with(end))
        })
}

/// What a word says that a value is: the last of its parts that says anything.
fn said(word: &str) -> Option<Said> {
    let mut parts: Vec<String> = Vec::new();
    let mut was_lower = false;
    for c in word.chars() {
        let is_new = was_lower && c.is_uppercase();
        if "_-.".contains(c) || is_new || parts.is_empty() {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| c.is_alphanumeric()) {
            part.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    let kind = |part: &String| {
        let part = part.as_str();
        if DIGESTS.contains(&part) {
            Some(Said::Digest)
        } else if PARTS.contains(&part)
            || SECRETS.iter().any(|secret| part.contains(secret))
            || part.len() > 5 && (part.ends_with("key") || part.ends_with("token"))
        {
            Some(Said::Secret)
        } else {
            None
        }
    };
    // `token-refresh` is about one.
    if word.contains('-') && !word.contains(char::is_uppercase) {
        parts.last().and_then(kind)?;
    }
    let last = parts.iter().rev().find_map(kind)?;
    // `cache_key`, `public-key`.
    let is_digest = parts.iter().filter_map(kind).any(|said| said == Said::Digest);
    Some(if is_digest && !is_sure(word) { Said::Digest } else { last })
}

/// Whether a word says that nobody may know its value, whatever else it says: `IMAGE_SECRET`.
fn is_sure(word: &str) -> bool {
    let lower = word.to_lowercase();
    ["secret", "password", "passwd", "passphrase", "api_key", "apikey", "private"]
        .iter()
        .any(|sure| lower.contains(sure))
        && ![
            "hash",
            "id",
            "sha",
            "sha256",
            "md5",
            "digest",
            "name",
            "arn",
            "version",
            "checksum",
            "fingerprint",
        ]
        .iter()
        .any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let lines: Vec<Range<usize>> = super::super::lines(text);
        find(text, &lines, &mut |range| found.push(&text[range]));
        found
    }

    proptest! {
        #[test]
        fn the_nearest_word_says_what_a_hash_is_however_they_are_joined(
            hash in "([a-f][0-9]){16}|([a-f][0-9]){20}|([a-f][0-9]){32}",
            secret in "[A-Z]{3,8}_(KEY|TOKEN|SECRET|PASSWORD)|(tenor|maps)(Key|Token)|signing secret|API key|トークン|密钥",
            digest in "commit|sha256|md5|digest|checksum|etag|[a-z]{3,8}_(sha|hash|rev)|cache_key|public key",
            join in " is `|: |=|: \"| to \"| \\| | = '|: `| - | \u{2192} ",
        ) {
            let text = format!("see {secret}{join}{hash} there");
            prop_assert_eq!(found(&text), [hash.as_str()], "{}", text);
            let text = format!("{secret} of {digest}{join}{hash} there");
            prop_assert!(found(&text).is_empty(), "{}", text);
        }
    }
}
