//! Finds what a shell writes into a file that is named like a secret, and what a command shows that was asked for one:
//! `echo X > .vault_pass`, `cat > db_password <<EOF⏎X`, `$ cat /run/secrets/db_password⏎X`.

use super::given::given;
use super::letter;
use super::name::{Kind, Name};
use super::rule::{Tier, plain_classes};
use super::value::{self, Ends, Style, Value};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// How much of a command is looked at on either side of a name.
const LINE_BYTES_MAX: usize = 240;
/// A shorter word says something else.
const BYTES_MIN: usize = 6;

/// `echo X > password`, `echo X | tee token`.
pub(super) fn written(text: &str, name: &Name) -> Option<Value> {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(&plain_classes(r#"(?:echo|printf|print|Write-Output)(?: +-[neE]+)*(?: +[\\"']*%s(?:\\+n)?[\\"']*)? +(?:\\*'([^'\n\\]+)\\*'|\\*"([^"\n\\]+)\\*"|([^\s|"'>]+)) *(?:\| *(?:sudo )?tee(?: -a)?|>>?) *["']?[\w./~${}-]*\z"#)).expect("a constant pattern")
    });
    static HERE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(&plain_classes(
            r#"\A[\w./-]{0,40}["']? *<<-? *[\\"']*(\w+)[\\"']* *(?:\r?\n|\\+r?\\*n)\s*"#,
        ))
        .expect("a constant pattern")
    });
    let line = line_before(text, name.start);
    let before = &text[line..name.start];
    let in_path = |c: char| c.is_alphanumeric() || "./~_-${}\"'".contains(c);
    let head = before.trim_end_matches(in_path).trim_end();
    let is_redirected = head.ends_with('>') && !head.ends_with("->") && !head.ends_with("=>");
    if !is_redirected && !head.ends_with("| tee") && !head.ends_with("| sudo tee") {
        return None;
    }
    if let Some(found) = BEFORE.captures(before) {
        let range = found.iter().skip(1).flatten().next()?.range();
        return Some(Value { range: line + range.start..line + range.end, style: Style::Entry });
    }
    let rest =
        &text[name.end..text.floor_char_boundary((name.end + LINE_BYTES_MAX).min(text.len()))];
    if !is_redirected {
        return None;
    }
    let start = name.end + HERE.find(rest)?.end();
    alone(text, start).map(|range| Value { range, style: Style::Entry })
}

/// `cat /run/secrets/db_password⏎X`, `echo $PASSWORD⏎X`, `kubectl get secret … -o jsonpath='{.data.password}'⏎X`.
pub(super) fn shown(text: &str, name: &Name) -> Option<Value> {
    const PROGRAMS: &[&str] = &[
        "cat",
        "bat",
        "head",
        "tail",
        "echo",
        "printenv",
        "kubectl",
        "oc",
        "gcloud",
        "aws",
        "terraform",
        "tofu",
        "vault",
        "bao",
        "op",
        "pass",
        "gopass",
        "az",
        "security",
        "bw",
        "doppler",
        "chamber",
        "sops",
        "heroku",
        "fly",
        "railway",
        "secret-tool",
        "gpg",
        "docker",
        "podman",
        "pulumi",
        "jq",
        "yq",
        "keyring",
        "keepassxc-cli",
        "lpass",
        "rbw",
        "infisical",
        "conjur",
    ];
    static FILE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(&plain_classes(
            r#"\A[\w/-]*(?:\.(?:txt|key|secret|pass|token))?(?:[\s'"}|)\\,]|\z)"#,
        ))
        .expect("a constant pattern")
    });
    if !name.decides {
        return None;
    }
    let line = line_before(text, name.start);
    let before = &text[line..name.start];
    let command = before.rfind(['|', ';', '&']).map_or(before, |at| &before[at + 1..]);
    let mut words = command
        .split([' ', '\t'])
        .map(|word| word.trim_start_matches(['$', '#', '%', '>', '"', '\\']))
        .filter(|word| !matches!(*word, "" | "sudo"));
    if !words.next().is_some_and(|word| PROGRAMS.contains(&word)) {
        return None;
    }
    let rest =
        &text[name.end..text.floor_char_boundary((name.end + LINE_BYTES_MAX).min(text.len()))];
    if !FILE.is_match(rest) {
        return None;
    }
    next_line(text, name.end).map(|range| Value { range, style: Style::Entry })
}

/// The part of a form that the name is of: `name="password"⏎⏎X`.
pub(super) fn part(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let head = text[..name.start].trim_end_matches(['"', '\'', '\\']);
    if !head.ends_with("name=") {
        return None;
    }
    let end = letter::skip(bytes, name.end, 1, |sign| sign == b'"' || sign == b'\'');
    let start = letter::skip(bytes, end, 4, |sign| sign == b'\n' || sign == b'\r');
    if start == end {
        return None;
    }
    alone(text, start).map(|range| Value { range, style: Style::Entry })
}

/// What a command shows that the anchor says asks for a secret.
pub(super) fn find(text: &str, anchor: Range<usize>) -> Option<(Range<usize>, Tier)> {
    let name = Name {
        start: anchor.start,
        end: anchor.end,
        kind: Kind::Password,
        decides: true,
        is_upper: false,
    };
    let range = next_line(text, anchor.end)?;
    let tier = given(&text[range.clone()], &name, Style::Entry)?;
    Some((range, tier))
}

/// The only word of the line behind the one that goes on here.
fn next_line(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = letter::skip(bytes, from, LINE_BYTES_MAX, |sign| !matches!(sign, b'\n' | b'\r'));
    let start = letter::skip(bytes, end, 40, letter::is_space);
    if start == end {
        return None;
    }
    alone(text, start)
}

/// The word that is all of its line.
fn alone(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let (range, is_quoted) = value::read(text, start, Ends::Line)?;
    let end = letter::skip(bytes, range.end, 8, letter::is_blank);
    let next = letter::at(bytes, end).map(|next| next.sign);
    (range.len() >= BYTES_MIN && !is_quoted && matches!(next, None | Some(b'\n' | b'\r' | b'"')))
        .then_some(range)
}

/// Where the line begins that a byte stands in.
fn line_before(text: &str, at: usize) -> usize {
    let from = text.floor_char_boundary(at.saturating_sub(LINE_BYTES_MAX));
    let before = &text[from..at];
    let real = before.rfind('\n').map(|at| at + 1);
    let escaped = before.rfind(r"\n").map(|at| at + 2);
    from + real.max(escaped).unwrap_or(0)
}
