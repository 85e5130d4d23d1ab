//! Takes the secret out of a tool's result that is nothing but one: what was asked for says so, and that is the call,
//! another part. `cat …/db_password`, `vault kv get -field=token …`, `openssl rand -hex 16`.

use super::check::Check;
use super::rule::{Tier, plain_classes};
use super::{Finding, outward};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// A longer command does more than ask.
const CALL_BYTES_MAX: usize = 400;
/// A longer result is more than an answer.
const RESULT_BYTES_MAX: usize = 1024;
/// A longer one is a text, where the last word of a line is one of many.
const LABELLED_LINES_MAX: usize = 6;
/// What a secret is called where a value is picked by its name.
const NAME: &str = r"(?:passw|passphrase|secret|token|credential|api[_-]?key|private[_-]?key|access[_-]?key|master[._-]?key|[a-z0-9]_key\b|pass\b|pwd\b|_pw\b|\.pw\b|\.env\b|netrc|pgpass|authinfo)";
/// The rule of what is found so.
pub(super) const RULE: &str = "answered-secret";

/// One of these stands in every call that asks for a secret.
static STEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build([
            "pass", "secret", "token", "cred", "auth", "key", "rand", "pwgen", "apg", "netrc",
            "userlist", "op read", "sops", "decrypt", "vault", "gpg", ".env", "ejson", "envchain",
            "wg show",
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
        r"\b(?:rails|rake|mix|artisan)\b\S*\s+\S*(?:secret|key:gen)",
        r"\bwg\s+(?:gen(?:key|psk)|show(?:conf)?)\b|\binitial-password\b|\b(?:age-keygen|xkcdpass|mkpasswd)\b",
        r"\boutput\b[^|;&]*(?:secret|passw|token|credential|_key\b|_pass\b|_pwd\b)",
        // What opens a file that is nothing but one.
        r"\b(?:gpg2?|age|rage|sops|ansible-vault|openssl|ejson|dotenvx|passage|security)\b[^|;&]*(?:\s-[a-z]*d[a-z]*\b|--decrypt\b|\bdecrypt\b|\bview\b|\s-w\b)",
        r"\b(?:envchain|chamber|credstash|secret-tool|berglas|infisical|doppler|keyring|gopass|lpass|bw|rbw|keepassxc-cli)\b[^|;&]*\b(?:env|get|lookup|access|show|read|export)\b",
    ];
    Regex::new(&plain_classes(&format!("(?i){}", WAYS.join("|")))).expect("a constant pattern")
});
/// Shows something else of it.
static OTHERWISE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)\|\s*(?:wc|\w*sum|file|stat)\b|\bls\b|\.(?:rs|tsx?|jsx?|py|go|java|rb|php|md|html|css|sql|lock)\b|\blist\b|--version|--help",
    ))
    .expect("a constant pattern")
});
/// Searches, or shows what was done. Behind a `|` it only takes a part of what was asked for.
static SEARCHES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)(?:^|[;&(\x22']\s*|\b(?:sudo|time|env|exec|xargs|command|then|do)\s+)(?:git|[ef]?grep|rg|ag|ack)\b")).expect("a constant pattern")
});
/// Names one in a script of its own, which prints it.
static SCRIPTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(&format!(
        r"(?is)\b(?:node|deno|bun|tsx|python[\d.]*|ruby|php|perl|lua|pwsh|groovy|elixir|mix|rails|rake|artisan|manage\.py|django-admin|flask|wp|drush|heroku|railway|vercel)\b.*(?:\s-[a-z]*[cepr]\b|--eval\b|--print\b|\brunner\b|\sr\s|\beval\b|\btinker\b|\bshell\b).*{NAME}"
    )))
    .expect("a constant pattern")
});
/// Picks the value of one out of a file or a store.
static PICKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(&format!(
        r"(?is)\b(?:jq|gojq|yq|xq|dasel|xmllint|xmlstarlet|xidel|crudini|augtool|g?awk|sed|cut|plutil|defaults\s+read|git\s+config|(?:npm|yarn|pnpm|pip)\s+config\s+get|composer\s+config|aws\s+configure\s+get|etcdctl|consul\s+kv|redis-cli|sqlite3|psql|mysql|mariadb|mongosh?|snap\s+get|nvram|reg\s+query|ini-?get|Select-Xml|(?:[ef]?grep|rg|ag|ack)\b.*(?:\s-[a-z]*o[a-z]*\b|--only-matching|\\K|\|\s*(?:cut|g?awk|sed|tr|xargs|perl|rev)\b))\b?.*{NAME}|{NAME}.*\|\s*(?:cut|g?awk|sed)\b|\b(?:[ef]?grep|rg|ag|ack)\b.*{NAME}.*\\K"
    )))
    .expect("a constant pattern")
});
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?m)^(?:\s*\d+(?:→|\t))?[ \t]*((?:[\w.@+>-]{1,40}[:=]?[ \t]+){0,3})["']?(?:[\w.@+-]{1,40}[:=])?([^\s"':]{6,200})["']?[ \t\r]*$"#,
    ))
    .expect("a constant pattern")
});

/// A row of four fields or more, with the secret first: what `wg show … dump` prints.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?m)^([^\s]{20,})\t[^\t\n]*\t[^\t\n]*\t[^\n]*$"))
        .expect("a constant pattern")
});

/// Whether a command, or the path of a file that is read, asks for nothing but a secret.
pub(crate) fn is_asked(call: &str) -> bool {
    if call.len() > CALL_BYTES_MAX || !STEMS.is_match(call) {
        return false;
    }
    // What stands around a command makes it ask for nothing else: `cd x && …`, `echo start; …; echo end`.
    SCRIPTS.is_match(call)
        || asks(call)
        || call.split(['\n', ';', '&']).any(|one| one.len() < call.len() && asks(one))
}

/// Whether one command does.
fn asks(call: &str) -> bool {
    let is_whole = || ASKS.is_match(call) && !SEARCHES.is_match(call);
    (is_whole() || PICKS.is_match(call)) && !OTHERWISE.is_match(call)
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
    let lines = result.lines().count();
    let mut secrets: Vec<Range<usize>> = Vec::new();
    if memchr::memchr(b'\t', result.as_bytes()).is_some() {
        let first = ROW.captures_iter(result).filter_map(|row| row.get(1));
        let first = first.filter(|field| Check::Opaque.judge(field.as_str()).is_some());
        secrets.extend(first.map(|field| field.range()));
    }
    for captures in LINE.captures_iter(result) {
        let (Some(label), Some(token)) = (captures.get(1), captures.get(2)) else { continue };
        // `cat -A` shows where a line ends.
        let written = token.as_str().trim_end_matches('$');
        let is_one = outward::is_answer(written) || is_bootstrap(written);
        if is_one && (label.is_empty() || lines <= LABELLED_LINES_MAX) {
            secrets.push(token.range());
        }
    }
    secrets.sort_unstable_by_key(|range| range.start);
    let (mut kept, mut from) = (String::new(), 0);
    for range in secrets {
        kept.push_str(&result[from..range.start]);
        kept.push_str(&format!("[redacted:{RULE}]"));
        from = range.end;
        found.push(Finding { rule: RULE, tier: Tier::Definite });
    }
    if from == 0 { Cow::Borrowed(result) } else { Cow::Owned(kept + &result[from..]) }
}

/// Whether it is what lets a machine join a cluster of Kubernetes: an id of six letters and sixteen that are secret.
fn is_bootstrap(token: &str) -> bool {
    let is = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    token
        .split_once('.')
        .is_some_and(|(id, secret)| id.len() == 6 && secret.len() == 16 && is(id) && is(secret))
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
            // Names one and prints its value.
            "node -p process.env.STRIPE_SECRET_KEY",
            "node -e 'console.log(process.env.STRIPE_API_KEY)'",
            "python3 -c \"import os; print(os.environ['DB_PASSWORD'])\"",
            "ruby -e 'puts ENV[\"SMTP_PASSWORD\"]'",
            "php -r 'echo getenv(\"DB_PASSWORD\");'",
            "perl -e 'print $ENV{DB_PASSWORD}'",
            "bin/rails r 'puts Rails.application.credentials.stripe'",
            "rails runner 'puts Rails.application.secret_key_base'",
            "python manage.py shell -c 'print(settings.SECRET_KEY)'",
            "sed -n 's/^DB_PASSWORD=//p' .env",
            "awk -F= '/^API_KEY/{print $2}' .env",
            "awk '/password/{print $2}' ~/.netrc",
            "cut -d= -f2 .env",
            "grep -oP 'DB_PASSWORD=\\K.*' .env",
            "grep ^DB_PASSWORD= .env | cut -d= -f2-",
            "ssh h 'grep ^DB_PASSWORD /etc/app.conf | cut -d= -f2'",
            "rg -o 'token: (.*)' -r '$1' config.yml",
            "git config --get user.password",
            "git config github.token",
            "npm config get //registry.npmjs.org/:_authToken",
            "aws configure get aws_secret_access_key",
            "xmllint --xpath '//password/text()' settings.xml",
            "jq -r .db.password config.json",
            "yq .production.secret_key_base config/secrets.yml",
            "psql -tc \"select api_token from users where id = 1\"",
            "redis-cli get session_secret",
            "gpg -d ~/.password-store/work/db.gpg | head -1",
            "gpg --decrypt vpn.gpg",
            "ansible-vault view group_vars/db.yml",
            "rails secret",
            "mix phx.gen.secret",
            "php artisan key:generate --show",
            "terraform output -raw db_password",
            // Dressed.
            "cat secrets/db_password.txt | xargs echo value",
            "for e in dev prod; do terraform output -raw db_password; done",
            "echo start; rails secret; echo end",
            "watch -n1 rails secret",
            "git pull -q\nprintenv DB_PASSWORD",
            "cd infra && git pull -q && op read op://x/y",
            "git fetch; vault kv get -field=password secret/db",
            "op read op://x/y | grep .",
            "git config --get sendemail.smtpPass",
            "argocd admin initial-password -n argocd",
            "kubeadm token create",
            "wg show wg0 dump",
            "op read 'op://Team/Shop DB/password'",
            "gpg -dq db.gpg | head -1",
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
            "grep -rn DB_PASSWORD src",
            "grep -c password config.yml",
            "rg token --files-with-matches",
            "git log --oneline -- secrets.yml",
            "git grep -n api_key",
            "git show HEAD:src/token.rs",
            "sed -n 1,20p src/token.rs",
            "node dist/server.js",
            "python3 -m pytest tests/test_token.py",
            "npm run build",
            "echo start; ls secrets; echo end",
            "cat package.json | jq .version",
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
            ("value gurfornitwat\n", "value [redacted:answered-secret]\n"),
            ("The value is gurfornitwat", "The value is [redacted:answered-secret]"),
            ("> gurfornitwat", "> [redacted:answered-secret]"),
            ("token=gurfornitwat", "token=[redacted:answered-secret]"),
            ("version 1\ndestroyed false", "version 1\ndestroyed false"),
            ("pw: gurfornitwat$", "pw: [redacted:answered-secret]"),
            ("start\ngurfornitwat\nend", "start\n[redacted:answered-secret]\nend"),
            ("Every 1.0s\n\ngurfornitwat", "Every 1.0s\n\n[redacted:answered-secret]"),
            // As keychains make them, words with a number, words alone.
            ("xupker-9vodde-kAhxih\n", "[redacted:answered-secret]\n"),
            (
                "walrus-pepper-427\n\n This password must be only used for first time login.",
                "[redacted:answered-secret]\n\n This password must be only used for first time login.",
            ),
            ("kestrel-umbrella-walnut-drift", "[redacted:answered-secret]"),
            ("4f9c1d.2e8b7a6f5e4d3c2b\n", "[redacted:answered-secret]\n"),
            (
                "k3Qx7Lw9RtVb2HyJcN5sGf=\tpeer\t51820\toff",
                "[redacted:answered-secret]\tpeer\t51820\toff",
            ),
            ("permission denied", "permission denied"),
            ("Already up to date.", "Already up to date."),
            ("no such file or directory", "no such file or directory"),
            ("connection refused\n42", "connection refused\n42"),
        ] {
            assert_eq!(without(result, &mut found), kept);
        }
        assert_eq!(found.len(), 15);
    }
}
