//! Finds what a shell hands to a program line by line (`chpasswd <<EOF⏎ana:X⏎EOF`) where that program logs in, sets a login
//! or keeps a secret: what would be typed there, stands there.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// How much of a command is looked at on either side of the sign.
const LINE_BYTES_MAX: usize = 400;
/// The most lines that are handed over.
const LINES_MAX: usize = 64;

static OPENS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r#"\A<<[-~]?\s*[\\"']*([A-Za-z_]\w*)"#)).expect("a constant pattern")
});
/// What takes a secret from its input, by its name or by what it is told.
static TAKES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)passw|pass\b|pwd?\b|passphrase|mysql_secure|\bl?ftp|telnet|kinit|kadmin|\bsu\b|sudo\b.* -\w*S|crypt|\bgpg2?\b|log-?in\b|log-?on\b|stdin\b|token|\bsecrets?\b|keytool|createuser|add_?user|obscure|\bborg\b|restic|doveadm|snowsql|vault|openssl|un(?:lock|seal)|vpn|keyring|credential|-p @?-\s*$|ssh-(?:add|keygen)|luks|\bexpect\b|smbclient|imap|argon2|\bauth\b|\bbw\b|\bop\b|certutil|pk12util|\bsops\b|keychain|keystore|load-key|auth-?key|\bsftp|-P\b"))
        .expect("a constant pattern")
});
/// What only writes or sends on what it is handed.
static WRITES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"^\s*(?:sudo\s+)?(?:cat|tee|git|gh (?:pr|issue|release|api)|psql|sqlite3|python\d?|node|bash|sh|zsh|ruby|perl)\b",
    ))
    .expect("a constant pattern")
});
/// How the lines begin whose last word is one.
const TELLS: &[&str] =
    &["user", "pass", "quote", "login", "auth", "open", "bind", "username", "password", "send"];

/// What the texts that a shell hands over hold.
pub(super) fn find(text: &str, keep: &mut dyn FnMut(Range<usize>)) {
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&text.as_bytes()[at..], b"<<") {
        let open = at + found;
        at = open + 2;
        let line = text.floor_char_boundary((open + LINE_BYTES_MAX).min(text.len()));
        let Some(captures) = OPENS.captures(&text[open..line]) else { continue };
        let (Some(whole), Some(tag)) = (captures.get(0), captures.get(1)) else { continue };
        let Some(first) = text[open..line].find('\n').filter(|first| whole.end() <= *first) else {
            continue;
        };
        let from = text.floor_char_boundary(open.saturating_sub(LINE_BYTES_MAX));
        let start = text[from..open].rfind('\n').map_or(from, |at| from + at + 1);
        if !takes(&text[start..open], &text[open + whole.end()..open + first]) {
            continue;
        }
        let mut line = open + first + 1;
        for written in text[line..].split('\n').take(LINES_MAX) {
            if written.trim() == tag.as_str() {
                break;
            }
            token(written, &mut |range| keep(line + range.start..line + range.end));
            line += written.len() + 1;
        }
        at = line.min(text.len());
    }
}

/// Whether the program takes a secret from it: the one before the sign, or the one that it is piped into.
fn takes(before: &str, behind: &str) -> bool {
    let own = before.rfind([';', '&', '|', '(']).map_or(before, |at| &before[at + 1..]);
    let behind = behind.trim_start_matches(['"', '\'']);
    if own.contains('>') || behind.trim_start().starts_with('>') {
        return false;
    }
    let program = match behind.trim_start().strip_prefix('|') {
        Some(next) => next,
        None if WRITES.is_match(own) => return false,
        None => own,
    };
    TAKES.is_match(program) && !WRITES.is_match(program)
}

/// What of a line is the secret: all of it, what stands behind the user, or the last word behind one that tells it.
fn token(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    let is_around = |c: char| c.is_whitespace() || "\"'".contains(c);
    let said = line.trim_matches(is_around);
    let said = said.strip_suffix(r"\r").or_else(|| said.strip_suffix(r"\n")).unwrap_or(said);
    let start = line.len() - line.trim_start_matches(is_around).len();
    let last = said.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let tells = said
        .split_whitespace()
        .next()
        .is_some_and(|word| TELLS.contains(&word.to_ascii_lowercase().trim_end_matches(':')));
    if last > 0 && !tells {
        return;
    }
    let word = &said[last..];
    let from = last + word.find(':').filter(|at| *at < 40).map_or(0, |at| at + 1);
    for from in [last, from] {
        let token = said[from..].trim_start_matches(is_around);
        if !token.contains(char::is_whitespace) && Proof::Seat.holds(token) {
            let start = start + said.len() - token.len();
            return keep(start..start + token.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        find(text, &mut |range| found.push(&text[range]));
        found
    }

    #[test]
    fn what_a_login_is_handed_is_found_however_it_is_quoted() {
        let secret = ["gurfor", "nitwat"].concat();
        for text in [
            "sudo chpasswd <<EOF\nana:@\nEOF\n",
            "cat <<'END' | sudo chpasswd\nana:@\nEND",
            "passwd deploy <<-\"X\"\n\t@\n\t@\n\tX",
            "ftp -n h <<END_OF\nuser ana @\nbye\nEND_OF",
            "telnet h <<EOF\nadmin\n@\nexit\nEOF",
        ] {
            assert!(found(&text.replace('@', &secret)).contains(&&*secret), "{text}");
        }
        for text in [
            "cat > auth.md <<EOF\n@\nEOF",
            "git commit -F - <<EOF\n@\nEOF",
            "sudo tee /etc/login.conf <<EOF\n@\nEOF",
            "chpasswd <<EOF\nana:$PASSWORD\nEOF\n@",
        ] {
            assert!(found(&text.replace('@', &secret)).is_empty(), "{text}");
        }
    }
}
