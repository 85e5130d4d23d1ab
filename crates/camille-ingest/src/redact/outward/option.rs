//! Finds what is given to an option of any program that takes a secret: by the option's name, by the user beside it, or by
//! what the program does.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Options of one letter, or a few, that programs take a password with.
const SHORT: &[&str] = &[
    "p", "P", "pw", "pwd", "w", "k", "K", "a", "ap", "xp", "X", "x", "upw", "opw", "passin", "pin",
];
/// The same for keys, where nothing but a key is meant.
const KEYS: &[&str] = &["t", "k", "p", "P", "a", "d", "s"];
/// Programs that mean something else with them.
const OTHERS: &[&str] = &[
    "git",
    "hg",
    "jj",
    "svn",
    "mkdir",
    "cp",
    "mv",
    "rm",
    "ls",
    "cargo",
    "tar",
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mariadb",
    "grep",
    "rg",
    "sed",
    "awk",
    "install",
    "rsync",
    "ssh",
    "scp",
    "nc",
    "ps",
    "pytest",
    "tsc",
    "make",
    "find",
    "unzip",
    "docker",
    "podman",
    "npm",
    "pnpm",
    "npx",
    "yarn",
    "psql",
    "python",
    "python3",
    "node",
    "lsof",
    "kill",
    "chmod",
    "date",
    "sort",
    "xargs",
    "diff",
    "patch",
    "touch",
    "read",
    "echo",
    "test",
    "jq",
    "cut",
    "head",
    "tail",
    "claude",
    "codex",
];

static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?:^|[\s"'`(])(-{1,2}[A-Za-z][\w.-]*|/[a-z]{1,4})(?: +|=|:)[\\"'`]*([^\s"'`\\,;|()<>{}\[\]-][^\s"'`\\,;|()<>{}\[\]]{4,96})"#,
    ))
    .expect("a constant pattern")
});
static USER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?:^|\s)(?:-u|-U|-l|-D|-au|/u|--?[\w.-]*(?:user|login|User)[\w.-]*)(?: *[ =:])\S|(?:[uU]ser(?:name)?|\b\w+\.user)[= ]\S",
    ))
    .expect("a constant pattern")
});
static DOING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)crypt|sign|login|logon|auth|connect|cert|keystore|unlock|unseal|vault|vpn|ldap|passwd|pfx|p12|pkcs|jks|wallet|luks|keychain|credential")
        .expect("a constant pattern")
});

/// What a line gives to such options.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    for captures in OPTION.captures_iter(line) {
        let (Some(option), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
        let name = option.as_str().trim_start_matches(['-', '/']);
        let before = &line[..option.start()];
        let command =
            before.rfind(['|', ';', '&', '$', '`']).map_or(before, |at| &before[at + 1..]);
        let is_other =
            command.split([' ', '\t', '"', '\'', '\\', '/']).any(|word| OTHERS.contains(&word));
        let Some(proof) = proof(name, command, before, &line[option.end()..], is_other) else {
            continue;
        };
        if proof.holds(value.as_str()) {
            keep(value.range());
        }
    }
}

/// How much an option proves.
fn proof(name: &str, command: &str, before: &str, behind: &str, is_other: bool) -> Option<Proof> {
    let lower = name.to_ascii_lowercase();
    let last = lower.rsplit(['.', '-', '_']).next().unwrap_or_default();
    let is_beside_user = || USER.is_match(before) || USER.is_match(behind);
    if ["pass", "pwd", "passwd", "password", "passphrase", "pin", "secret"]
        .iter()
        .any(|stem| last.ends_with(stem))
    {
        return Some(Proof::Seat);
    }
    if [
        "key",
        "token",
        "login",
        "auth",
        "cred",
        "creds",
        "credential",
        "pat",
        "license",
        "access",
        "signing",
        "bearer",
        "jwt",
    ]
    .iter()
    .any(|stem| last.ends_with(stem))
    {
        return Some(if is_beside_user() && !is_other { Proof::Seat } else { Proof::Key });
    }
    if is_other || command.trim().is_empty() {
        return None;
    }
    if SHORT.contains(&name) && (is_beside_user() || DOING.is_match(command)) {
        return Some(Proof::Seat);
    }
    (KEYS.contains(&name) || matches!(&*lower, "data" | "value")).then_some(Proof::Near)
}
