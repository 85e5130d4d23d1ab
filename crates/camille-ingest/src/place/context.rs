//! Files that an agent's harness says it put before the model: what stands selected or open in an editor, a file given
//! with a prompt, one that was changed meanwhile, what a person ran in the shell. What those texts hold is theirs and
//! names nothing.

use super::word::is_relative;
use super::{Doing, Mentions, input, is_rooted, output, shell};

/// What the harness says before a file's path, what behind it, and whether the model heard more than the name.
const SAYS: &[(&str, &[&str], Doing)] = &[
    ("The user selected the line", &[":"], Doing::Read),
    ("The user opened the file ", &[" in the IDE"], Doing::Named),
    ("Contents of ", &[" (", ":"], Doing::Read),
    ("Content of ", &[" (", ":"], Doing::Read),
    ("Note: The file ", &[" was modified", " has been"], Doing::Read),
    ("Note: ", &[" was modified", " was read before"], Doing::Read),
    ("[Image: source: ", &["]"], Doing::Read),
    ("[Image source: ", &["]"], Doing::Read),
    ("Base directory for this skill: ", &[], Doing::Read),
    ("# AGENTS.md instructions for ", &[], Doing::Ran),
    ("Added ", &[" as a working directory"], Doing::Ran),
    ("## Active selection of the file: ", &[], Doing::Read),
    ("## Active selection: ", &[], Doing::Read),
    ("## Selected text from ", &[":"], Doing::Read),
    ("Active selection: ", &[], Doing::Read),
    ("## Active file: ", &[], Doing::Named),
    ("Active file: ", &[], Doing::Named),
];

/// Members of tags that hold a path: `<image path="…">`.
const MEMBERS: &[&str] = &[" path=\"", " file=\"", " filename=\"", " src=\"", " uri=\""];

/// Above lines that give files with their names: `## plan.md: /p/plan.md`.
const LIST: &str = "# Files mentioned by the user";

/// Around what a skill says, and where it lies.
const SKILL: &str = "<skill>";

/// Above the text that stands selected in the file before.
const SELECTED: &str = "## Active selection of the file";

/// Every file that a text of the harness's names as one it speaks of.
pub(crate) fn of_context(text: &str, into: &mut Mentions) {
    // What the whole text does not hold is not looked for in each of its lines.
    let says: Vec<_> = SAYS.iter().filter(|(before, ..)| text.contains(before)).collect();
    let mut is_list = false;
    let mut open = "";
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') && !line.contains(": ") {
            is_list = line.starts_with(LIST);
        }
        let found =
            says.iter().find_map(|(before, ends, doing)| Some((said(line, before, ends)?, *doing)));
        if let Some((path, doing)) = found {
            open = if doing == Doing::Named { path } else { open };
            named(path, doing, into);
        } else if line.starts_with(SELECTED) {
            named(open, Doing::Read, into);
        } else if let Some((_, path)) = line.split_once(": ").filter(|_| is_list) {
            named(path, Doing::Read, into);
        } else if line.starts_with("Called the ")
            && let Some((_, json)) = line.split_once(" input: ")
        {
            input::of_input("Read", json, into);
        } else if line.starts_with('<') {
            if let Some(path) = line.strip_prefix("<path>").filter(|_| text.contains(SKILL)) {
                named(path.split('<').next().unwrap_or_default(), Doing::Read, into);
            }
            let tag = line.split('>').next().unwrap_or_default();
            for member in MEMBERS {
                let value = tag.split_once(member).and_then(|(_, rest)| rest.split('"').next());
                value.into_iter().for_each(|path| named(path, Doing::Read, into));
            }
        }
    }
}

/// The path that stands behind what the harness says.
fn said<'l>(line: &'l str, before: &str, ends: &[&str]) -> Option<&'l str> {
    let rest = &line[line.find(before)? + before.len()..];
    // `The user selected the lines 1 to 2 from /p/x:`
    let rest = match before.starts_with("The user selected") {
        true => rest.split_once(" from ")?.1,
        false => rest,
    };
    if ends.is_empty() {
        return Some(rest);
    }
    let from = if super::is_drive(rest) { 2 } else { 0 };
    let end = ends.iter().filter_map(|end| rest[from..].find(end)).min()?;
    Some(&rest[..from + end])
}

/// A path as a person would write it.
fn named(path: &str, doing: Doing, into: &mut Mentions) {
    let path = path.trim().trim_matches(['"', '\'', '`']);
    if is_rooted(path) {
        into.path(path, doing);
    } else if is_relative(path) && path.contains(['/', '.']) {
        into.guess(path, doing);
    }
}

/// Tags around a command that a person ran in the shell beside the conversation.
const RAN: &[&str] = &["bash-input", "command"];

/// Tags around what it gave, and around what a command of the agent's own gave.
const GAVE: &[&str] = &["bash-stdout", "bash-stderr", "result", "output", "local-command-stdout"];

/// What a person ran in the shell beside the conversation, and what that gave.
pub(crate) fn of_shell(text: &str, into: &mut Mentions) {
    for tag in RAN {
        within(text, tag, |command| shell::of_command(command, None, into));
    }
    for tag in GAVE {
        within(text, tag, |gave| output::of_output(gave, into));
    }
}

/// What stands in each pair of tags; up to the end if one is not closed.
fn within<'t>(text: &'t str, tag: &str, mut found: impl FnMut(&'t str)) {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut rest = text;
    while let Some(at) = rest.find(&open) {
        let inner = &rest[at + open.len()..];
        let end = inner.find(&close).unwrap_or(inner.len());
        found(inner[..end].trim_matches(['\n', '\r']));
        rest = &inner[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::paths;
    use super::*;

    fn of(read: fn(&str, &mut Mentions), text: &str) -> Vec<String> {
        paths(|into| read(text, into))
    }

    #[test]
    fn what_the_harness_speaks_of_is_named() {
        for text in [
            "<ide_selection>The user selected the lines 1 to 2 from /p/x.md:\n/q/y:1:z\n</ide_selection>",
            "<ide_selection>The user selected the line 7 from /p/x.md:\nz",
            "<ide_opened_file>The user opened the file /p/x.md in the IDE. It may matter.</ide_opened_file>",
            "<system-reminder>\nContents of /p/x.md (project's):\n\nsee /q/y\n</system-reminder>",
            "<system-reminder>\nCalled the Read tool with the following input: {\"file_path\":\"/p/x.md\"}\n",
            "<system-reminder>\nNote: /p/x.md was modified, either by the user or by a linter.\n",
            "[Image: source: /p/x.md]",
            "Base directory for this skill: /p/x.md\n\n# Skill\nsee /q/y",
            "# Context from my IDE setup:\n\n## Active file: /p/x.md\n",
            "# Files mentioned by the user:\n\n## x.md: /p/x.md\n\n## My request for Codex:\nsee y: /q/y",
            "<image name=[Image #1] path=\"/p/x.md\">",
            "<skill>\n<name>x</name>\n<path>/p/x.md</path>\nsee /q/y\n</skill>",
            "# AGENTS.md instructions for /p/x.md\n\n<INSTRUCTIONS>\nsee /q/y\n</INSTRUCTIONS>",
            "<local-command-stdout>Added /p/x.md as a working directory for this session</local-command-stdout>",
        ] {
            assert_eq!(of(of_context, text), ["/p/x.md"], "{text}");
        }
        assert!(of(of_context, "see /q/y and ~/z\n<p>\n# Title: /q/y\n/q/y:1:z").is_empty());
    }

    #[test]
    fn what_a_person_ran_is_a_command_and_its_result() {
        for text in [
            "<bash-input>cat ../p/x</bash-input>",
            "<bash-input>ls</bash-input>\n<bash-stdout>../p/x:1:text</bash-stdout>",
            "<bash-stdout>../p/x:1:text",
            "<user_shell_command>\n<command>\ncat ../p/x\n</command>\n<result>\nok\n</result>",
        ] {
            assert_eq!(of(of_shell, text), ["../p/x"], "{text}");
        }
    }
}
