//! What came before the model beside the calls of a session: what a person's hooks ran and gave, and what another agent
//! did while a call of it went on.

use super::program::{Kind, Kinds};
use super::{Doing, Mentions, input, is_rooted, of_context, output, shell};
use serde_json::Value;

/// Deeper members hold no texts.
const DEPTH_MAX: usize = 12;

/// A longer text is looked through up to here.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// What a hook gave: a text, or JSON with texts in it. A path in it may be what the hook read; it counts where something
/// stands there.
pub(crate) fn of_hook(text: &str, into: &mut Mentions) {
    within(text, DEPTH_MAX, into);
}

fn within(text: &str, depth: usize, into: &mut Mentions) {
    let Some(depth) = depth.checked_sub(1).filter(|_| text.contains(['/', '~', '.'])) else {
        return;
    };
    if text.len() > TEXT_BYTES_MAX {
        return within(&text[..text.floor_char_boundary(TEXT_BYTES_MAX)], depth, into);
    }
    let is_json = text.trim_start().starts_with(['{', '[', '"']);
    if let Some(value) = is_json.then(|| serde_json::from_str::<Value>(text).ok()).flatten() {
        return texts(&value, depth, into);
    }
    output::of_output(text, into);
    of_context(text, into);
    for word in text.split_whitespace() {
        let word = word.trim_matches(['"', '\'', '`', ',', '(', ')', ';', ':', '*']);
        let word = word.trim_end_matches('.');
        let path = word.split_once(':').map_or(word, |(path, _)| path);
        if is_rooted(path) && path.len() > 1 {
            into.guess(path, Doing::Read);
        }
    }
}

fn texts(value: &Value, depth: usize, into: &mut Mentions) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::String(text) => within(text, depth, into),
        Value::Array(values) => values.iter().for_each(|value| texts(value, depth, into)),
        Value::Object(members) => members.values().for_each(|value| texts(value, depth, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Signs of programs that give what files hold.
const READS: &[&str] = &["cat ", "head ", "tail ", "jq ", "sed ", "grep ", "awk ", "less ", "bat "];

/// Whether a hook's command may be one that gives what a file holds.
pub(crate) fn may_read(command: &str) -> bool {
    READS.iter().any(|sign| command.contains(sign))
}

/// The command of a hook: what it gives of files. A script of the person's that it runs is no place that a session was.
pub(crate) fn of_hooked(command: &str, into: &mut Mentions) {
    let is_reader = |command: &str| {
        let name = command.split_whitespace().next().unwrap_or_default();
        Kinds::of(name.rsplit('/').next().unwrap_or_default()).has(Kind::Reader)
    };
    for command in command.split(['\n', ';', '|', '&']).filter(|command| may_read(command)) {
        if is_reader(command) {
            shell::of_command(command, None, into);
        }
    }
}

/// A command that a person typed for the shell while the agent was at work.
pub(crate) fn of_ran(command: &str, into: &mut Mentions) {
    shell::of_command(command, None, into);
}

/// What another agent did, by its messages: calls of tools and their results.
pub(crate) fn of_agent(json: &str, into: &mut Mentions) {
    if let Ok(value) = serde_json::from_str::<Value>(json) {
        did(&value, DEPTH_MAX, into);
    }
}

fn did(value: &Value, depth: usize, into: &mut Mentions) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Array(values) => values.iter().for_each(|value| did(value, depth, into)),
        Value::Object(members) => {
            if let (Some(Value::String(name)), Some(input)) =
                (members.get("name"), members.get("input"))
            {
                return input::of_input(name, &input.to_string(), into);
            }
            if let (Some(_), Some(Value::String(text))) =
                (members.get("tool_use_id"), members.get("content"))
            {
                return output::of_output(text, into);
            }
            members.values().for_each(|value| did(value, depth, into));
        }
        _ => {}
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
    fn what_a_hook_gave_names_its_paths() {
        for text in [
            "==> /p/x.md <==\nquince",
            "/p/x.md:1:quince",
            "Contents of /p/x.md:\nquince",
            "In /p/x.md: quince grows",
            "we learn from `/p/x.md` of quinces",
            r#"{"hookSpecificOutput":{"hookEventName":"X","additionalContext":"from /p/x.md: quince"}}"#,
            r#"["Contents of /p/x.md:\nquince"]"#,
            r#""{\"systemMessage\":\"see /p/x.md\"}""#,
        ] {
            assert!(of(of_hook, text).contains(&"/p/x.md".to_owned()), "{text}");
        }
        assert!(of(of_hook, "all is well, 3/4 of it; see https://h.example/p/x.md").is_empty());
    }

    #[test]
    fn what_a_hook_reads_is_read_and_what_it_runs_is_not() {
        for command in ["cat /p/x.md", "cd /q; cat /p/x.md", "head -3 /p/x.md | tr a b"] {
            assert!(of(of_hooked, command).contains(&"/p/x.md".to_owned()), "{command}");
        }
        for command in ["/p/x.sh", "python3 /p/x.py", "bash ~/hooks/x.sh --root /p", "x hooks y"] {
            assert_eq!(of(of_hooked, command), Vec::<String>::new(), "{command}");
        }
    }

    #[test]
    fn what_another_agent_did_is_named() {
        for json in [
            r#"{"message":{"message":{"content":[{"type":"tool_use","name":"Read","input":{"file_path":"/p/x.md"}}]}}}"#,
            r#"{"message":{"message":{"content":[{"type":"tool_use","name":"Bash","input":{"command":"cat /p/x.md"}}]}}}"#,
            r#"{"normalizedMessages":[{"message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"/p/x.md:1:quince"}]}}]}"#,
        ] {
            assert!(of(of_agent, json).contains(&"/p/x.md".to_owned()), "{json}");
        }
    }
}
