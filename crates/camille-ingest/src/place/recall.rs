//! What of the owner's bank an agent read by camille itself: its hits say of which project they are, and reading one is
//! as telling as reading the project. Where nothing says it any more, because the output was taken apart, that is
//! unclear. What peers wrote stands between marks and was taken out before.

use super::{Doing, Mention, Mentions};
use regex::Regex;
use std::sync::LazyLock;

/// The place of what camille showed and nobody can name.
pub(crate) const UNNAMED: &str = "unclear:what camille showed";

/// Which command made the mention, where others have the variable that nothing says the value of.
const BY: &str = "camille";

/// Programs that leave the lines that come as they are.
const PASSING: [&str; 9] = ["head", "tail", "cat", "less", "more", "wc", "tee", "nl", "sponge"];

/// `1  you · github.com/acme/api · 2026-02-03 · …` of a search, without its number of a document.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*(?:\d+\s+)?you · (?P<project>[^·\n]+?)(?: · |\s*$)").expect("a constant")
});

/// The member of a hit, plain or in a string of JSON; and what `show SESSION` says.
static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)\\*"project\\*"\s*:\s*\\*"(?P<project>[^"\\\n]+)|^project +(?P<field>\S.*)$"#)
        .expect("a constant")
});

/// Where a command shows hits or documents.
static SHOWS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\bcamille["',\s](?:[^;&|\n]*\s)?["']?(?:search|show|why|blame)\b"#)
        .expect("a constant")
});

/// What a command that runs camille leaves of the names of projects: nothing that is sure where its output goes to a
/// file or through a program that takes it apart.
pub(crate) fn of_call(command: &str, into: &mut Mentions) {
    let is_taken_apart = SHOWS.find_iter(command).any(|shown| {
        let rest = plain(&command[shown.end()..]);
        let ends = [";", "\n", "&&", "||"].into_iter().filter_map(|end| rest.find(end)).min();
        let rest = &rest[..ends.unwrap_or(rest.len())];
        let keeps = |step: &str| {
            let program = step.split_whitespace().next().unwrap_or_default();
            PASSING.contains(&program) || step.contains("project")
        };
        goes_to_file(rest) || !rest.split('|').skip(1).map(str::trim).all(keeps)
    });
    if is_taken_apart {
        place(UNNAMED, into);
    }
}

/// A part of a command whose quoted signs mean nothing to the shell.
fn plain(rest: &str) -> String {
    let mut quote = None;
    let mark = |c: char| match (quote, c) {
        (None, '"' | '\'') => {
            quote = Some(c);
            c
        }
        (Some(open), _) if open == c => {
            quote = None;
            c
        }
        (Some(_), '|' | '>' | ';' | '&' | '\n') => ' ',
        _ => c,
    };
    rest.chars().map(mark).collect()
}

/// Whether a command's output goes to a file, rather than to the agent alone.
fn goes_to_file(rest: &str) -> bool {
    let is_to_file = |(at, _): (usize, &str)| {
        let to = rest[at + 1..].trim_start_matches(['>', '|']).trim_start();
        let is_error = rest[..at].ends_with(['2', '>']);
        !is_error && !to.starts_with('&') && !to.starts_with("/dev/null")
    };
    rest.match_indices('>').any(is_to_file)
        || rest.split('|').any(|step| step.trim().starts_with("tee "))
}

/// The projects that an output of camille names its own hits by.
pub(crate) fn of_output(output: &str, into: &mut Mentions) {
    let headings = HEADING.captures_iter(output).filter_map(|found| found.name("project"));
    let members = MEMBER.captures_iter(output);
    let members = members.filter_map(|found| found.name("project").or_else(|| found.name("field")));
    for project in headings.chain(members) {
        place(project.as_str().trim(), into);
    }
}

fn place(project: &str, into: &mut Mentions) {
    if project != "-" {
        into.insert(Mention { unknown: Some(BY.to_owned()), ..Mention::new(project, Doing::Read) });
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::paths;
    use super::*;

    #[test]
    fn a_hit_says_of_which_project_it_is_however_it_is_printed() {
        for output in [
            "1  you · github.com/acme/pay · 2026-11-01 · claude-code\n   a title\n   you     text\n\n3 ms · you 1 hit",
            "you · github.com/acme/pay · 2026-11-01 · codex\na title",
            r#"{"results":[{"source":"local","metadata":{"project": "github.com/acme/pay"}}]}"#,
            r#"{"text":"{\"project\":\"github.com/acme/pay\"}"}"#,
            "    you · github.com/acme/pay · 2026-11-01 14:00 · 2 edits · a title",
            "session  x\ntitle    y\nproject  github.com/acme/pay\nagent    codex",
        ] {
            assert_eq!(paths(|into| of_output(output, into)), ["github.com/acme/pay"], "{output}");
        }
        for output in
            ["no hits", "3 ms · you 0 hits", "thank you · and so on: no heading", "project  -"]
        {
            let found = paths(|into| of_output(output, into));
            assert!(found.is_empty() || output.starts_with("thank"), "{output}: {found:?}");
        }
    }

    #[test]
    fn an_output_that_is_taken_apart_is_unclear() {
        for command in [
            "camille search --json pay | jq -r '.results[].content'",
            "camille search pay | grep -i salary",
            "cd /x && ./target/debug/camille show 1 | sed -n 5p",
            "camille search pay > /tmp/x",
            "camille why src/a.rs:7 | grep -i prompt",
            "camille blame src/a.rs > /tmp/x",
            "camille search pay --json >> notes.md",
            "camille show 1 | tee notes.md",
            "camille search 'a & b' | jq .x",
            "bash -lc \"camille search x --json | jq -r .results[].content\"",
        ] {
            assert_eq!(paths(|into| of_call(command, into)), [UNNAMED], "{command}");
        }
        for command in [
            "camille search pay",
            "camille search 'a > b' | head -20",
            "camille search pay 2>/dev/null | head",
            "camille search pay 2>&1",
            "camille search pay --json | jq '.results[] | {project, content}'",
            "camille status | grep peers",
            "camille show 1; ls | grep x",
        ] {
            assert!(paths(|into| of_call(command, into)).is_empty(), "{command}");
        }
    }
}
