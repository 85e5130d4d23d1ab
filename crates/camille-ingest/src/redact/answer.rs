//! Takes the secret out of a tool's result that is nothing but one: what was asked for says so, and that is the call,
//! another part. `cat …/db_password`, `vault kv get -field=token …`, `openssl rand -hex 16`.

use super::rule::{Tier, plain_classes};
use super::{Finding, outward};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A longer command does more than ask.
const CALL_BYTES_MAX: usize = 400;
/// A longer result is more than an answer.
const RESULT_BYTES_MAX: usize = 1024;
/// The rule of what is found so.
const RULE: &str = "answered-secret";

/// One of these stands in every call that asks for a secret.
static STEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build([
            "pass", "secret", "token", "cred", "auth", "key", "rand", "pwgen", "apg", "netrc",
            "userlist", "op read", "sops",
        ])
        .expect("constant patterns")
});
/// Asks for one.
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    const WAYS: &[&str] = &[
        // A file that is named like one.
        r#"\b(?:cat|head|tail|less|bat|more|type|base64|Get-Content|gpg|age|sops|strings)\b[^|;&]*(?:passw?d?|passphrase|secret|token|cred|auth|pgpass|netrc|userlist|api[_-]?key|private[_-]?key|master[._]key)[\w-]*(?:\.(?:txt|json|conf|cfg|ini|env|key|pass|secret|token|enc|gpg|age|ya?ml))?["']?(?:\s|$|[|;&)])"#,
        // What shows or makes one.
        r"\b(?:get|show|read|print|access|lookup|reveal|view|decode|fetch|export|printenv|echo|create|generate|new|rotate|reset|find-\S+)\b[^|;&]*(?:secret|passw|passphrase|token|credential|api[_-]?key|private[_-]?key|access[_-]?key|_key\b|_pass\b|_pwd\b)",
        r"\b(?:secret|passw|passphrase|token|credential|kv|vault)\S*\s[^|;&]*\b(?:get|show|read|print|access|lookup|view|create|generate)\b",
        r"\b(?:openssl\s+rand|pwgen|apg|makepasswd|token_(?:hex|urlsafe|bytes)|randomBytes|gopass|lpass|op\s+(?:read|item\s+get))\b",
        r"^\s*pass\s+\w",
        r"/dev/u?random",
    ];
    Regex::new(&plain_classes(&format!("(?i){}", WAYS.join("|")))).expect("a constant pattern")
});
/// Shows something else of it.
static OTHERWISE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)\bgit\b|\|\s*(?:wc|\w*sum|file|stat)\b|\bgrep\b|\brg\b|\bls\b|\.(?:rs|tsx?|jsx?|py|go|java|rb|php|md|html|css|sql|lock)\b|\blist\b|--version|--help",
    ))
    .expect("a constant pattern")
});
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?m)^(?:\s*\d+(?:→|\t))?[ \t]*["']?(?:[\w.@+-]{1,40}:)?([^\s"':]{6,200})["']?[ \t\r]*$"#,
    ))
    .expect("a constant pattern")
});

/// Whether a command, or the path of a file that is read, asks for nothing but a secret.
pub(crate) fn is_asked(call: &str) -> bool {
    call.len() <= CALL_BYTES_MAX
        && STEMS.is_match(call)
        && ASKS.is_match(call)
        && !OTHERWISE.is_match(call)
}

/// The same for the path of a file that is read.
pub(crate) fn is_asked_of(path: &str) -> bool {
    path.len() <= CALL_BYTES_MAX && STEMS.is_match(path) && is_asked(&format!("cat {path}"))
}

/// The answer without the secrets that it is made of.
pub(crate) fn without<'t>(result: &'t str, found: &mut Vec<Finding>) -> Cow<'t, str> {
    if result.len() > RESULT_BYTES_MAX {
        return Cow::Borrowed(result);
    }
    let mut kept = String::new();
    let mut from = 0;
    for captures in LINE.captures_iter(result) {
        let Some(token) = captures.get(1).filter(|token| outward::is_answer(token.as_str())) else {
            continue;
        };
        kept.push_str(&result[from..token.start()]);
        kept.push_str(&format!("[redacted:{RULE}]"));
        from = token.end();
        found.push(Finding { rule: RULE, tier: Tier::Definite });
    }
    if from == 0 { Cow::Borrowed(result) } else { Cow::Owned(kept + &result[from..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_asks_for_a_secret_or_for_something_else() {
        for call in [
            "cat /run/secrets/db_password",
            "sudo cat /etc/openvpn/auth.txt",
            "vault kv get -field=password secret/app",
            "op read op://work/db/password",
            "pass show work/db",
            "aws secretsmanager get-secret-value --secret-id x --query SecretString --output text",
            "kubectl get secret app -o jsonpath='{.data.pw}' | base64 -d",
            "openssl rand -hex 16",
            "pwgen -s 24 1",
            "security find-generic-password -w -s x",
            "python3 -c 'import secrets; print(secrets.token_urlsafe(24))'",
            "gcloud secrets versions access latest --secret=db",
            "echo $DB_PASSWORD",
            "printenv API_KEY",
        ] {
            assert!(is_asked(call), "{call}");
        }
        for call in [
            "cat src/auth.rs",
            "cat docs/tokens.md",
            "git log -S token",
            "grep -rn password src",
            "cat token.txt | wc -c",
            "sha256sum secret.txt",
            "ls secrets",
            "cargo test auth",
            "npm run build",
            "gh secret list",
        ] {
            assert!(!is_asked(call), "{call}");
        }
        assert!(is_asked_of("/etc/postfix/sasl_passwd") && !is_asked_of("/srv/app/src/token.ts"));
    }

    #[test]
    fn what_is_all_of_an_answer_goes() {
        let mut found = Vec::new();
        for (result, kept) in [
            ("gurfornitwat\n", "[redacted:answered-secret]\n"),
            (
                "     1\tana\n     2\tgurfornitwat",
                "     1\tana\n     2\t[redacted:answered-secret]",
            ),
            ("ana:gurfornitwat", "ana:[redacted:answered-secret]"),
            ("no such file or directory", "no such file or directory"),
            ("connection refused\n42", "connection refused\n42"),
        ] {
            assert_eq!(without(result, &mut found), kept);
        }
        assert_eq!(found.len(), 3);
    }
}
