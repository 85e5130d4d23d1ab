//! `#private` is heard in whatever a person wrote, whichever record carries it; and what nobody of them wrote is no
//! prompt and no title.

use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{Cursor, Record, read_line};
use camille_proto::local::LOOKS_PRIVATE;
use camille_proto::vocabulary::{Agent, Speaker};
use serde_json::{Value, json};
use std::path::Path;

const SESSION: &str = "1b0f3c52-7a35-4a0e-9a4e-6d2f8f0c1a11";

#[derive(Debug, Default)]
struct Read {
    is_private: bool,
    is_nearly: bool,
    prompts: Vec<String>,
    agents: Vec<String>,
    titles: Vec<String>,
}

fn read(agent: Agent, records: &[Value]) -> Read {
    let path = match agent {
        Agent::ClaudeCode => format!("/x/.claude/projects/-x-api/{SESSION}.jsonl"),
        Agent::Codex => {
            format!("/x/.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{SESSION}.jsonl")
        }
    };
    let mut cursor = Cursor::new(agent, Path::new(&path));
    let redactor = Redactor::default();
    let (mut read, mut offset) = (Read::default(), 0);
    for record in records {
        let line = record.to_string();
        read_line(&mut cursor, &redactor, line.as_bytes(), offset, &mut |record| match record {
            Record::Touch(touch) => {
                read.is_nearly |= touch.places.iter().any(|place| place.path == LOOKS_PRIVATE);
            }
            Record::Part(part) if part.speaker == Speaker::Person => read.prompts.push(part.text),
            Record::Part(part) if part.speaker == Speaker::Agent => read.agents.push(part.text),
            Record::Session(fact) => {
                read.is_private |= fact.private;
                read.titles.extend(fact.title.map(|(_, title)| title));
            }
            _ => {}
        });
        offset += line.len() as u64 + 1;
    }
    read
}

fn claude(number: usize, record: Value) -> Value {
    let mut whole = json!({"uuid": format!("00000000-0000-4000-8000-0000000000{number:02}"),
        "timestamp": format!("2026-11-20T10:00:{number:02}.000Z"), "sessionId": SESSION, "cwd": "/x/api",
        "version": "2.1.332", "isSidechain": false, "userType": "external"});
    let members = record.as_object().cloned().unwrap_or_default();
    whole.as_object_mut().expect("an object").extend(members);
    whole
}

fn call(tool: &str) -> Value {
    json!({"type": "assistant", "message": {"id": "msg_1", "role": "assistant", "content":
        [{"type": "tool_use", "id": "toolu_1", "name": tool, "input": {"command": "ls"}}]}})
}

fn result(text: &str, is_error: bool) -> Value {
    json!({"type": "user", "sourceToolAssistantUUID": "x", "message": {"role": "user", "content":
        [{"type": "tool_result", "tool_use_id": "toolu_1", "content": text, "is_error": is_error}]}})
}

fn said(text: &str) -> Value {
    json!({"type": "user", "message": {"role": "user", "content": text}})
}

/// Every way in which a person writes something to Claude Code, with what they wrote in the place of `{}`.
fn claude_ways(words: &str) -> Vec<(&'static str, Vec<Value>)> {
    let refused = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was \
        a file edit, the new_string was NOT written to the file). To tell you how to proceed, the user said:\n";
    let answered = "User has answered your questions: \"Which one?\"=\"";
    vec![
        ("a prompt", vec![said(words)]),
        (
            "in a block",
            vec![
                json!({"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": words}]}}),
            ],
        ),
        ("a refusal's reason", vec![call("Bash"), result(&format!("{refused}{words}"), true)]),
        ("a refused plan", vec![call("ExitPlanMode"), result(&format!("{refused}{words}"), true)]),
        (
            "an answer",
            vec![
                call("AskUserQuestion"),
                result(&format!("{answered}{words}\". You can now continue."), false),
            ],
        ),
        (
            "a changed plan",
            vec![
                call("ExitPlanMode"),
                result(
                    &format!(
                        "User has approved your plan. ## Approved Plan (edited by user):\n{words}"
                    ),
                    false,
                ),
            ],
        ),
        (
            "queued",
            vec![json!({"type": "queue-operation", "operation": "enqueue", "content": words})],
        ),
        (
            "queued and taken back",
            vec![
                json!({"type": "queue-operation", "operation": "enqueue", "content": words}),
                json!({"type": "queue-operation", "operation": "popAll"}),
            ],
        ),
        (
            "attached",
            vec![
                json!({"type": "attachment", "attachment": {"type": "queued_command", "commandMode": "prompt", "prompt": words}}),
            ],
        ),
        (
            "a command's argument",
            vec![said(&format!(
                "<command-name>/review</command-name>\n<command-args>{words}</command-args>"
            ))],
        ),
        ("a command for the shell", vec![said(&format!("<bash-input>ls {words}</bash-input>"))]),
        (
            "behind a hook",
            vec![said(&format!("<user-prompt-submit-hook>x</user-prompt-submit-hook>\n{words}"))],
        ),
        ("behind an interruption", vec![said(&format!("[Request interrupted by user]\n{words}"))]),
        (
            "behind a caveat",
            vec![said(&format!("<local-command-caveat>x</local-command-caveat>\n{words}"))],
        ),
        (
            "beside a result",
            vec![
                call("Bash"),
                json!({"type": "user", "sourceToolAssistantUUID": "x", "message": {"role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}, {"type": "text", "text": words}]}}),
            ],
        ),
        ("a title", vec![said("hello"), json!({"type": "custom-title", "customTitle": words})]),
        // The records that said it first may be gone.
        ("the last prompt", vec![json!({"type": "last-prompt", "lastPrompt": words})]),
        ("a tag", vec![json!({"type": "tag", "tag": words})]),
        (
            "quoted in a summary",
            vec![
                json!({"type": "user", "isCompactSummary": true, "message": {"role": "user", "content":
                format!("6. All user messages:\n- \"{words}\"")}}),
            ],
        ),
    ]
}

fn codex_ways(words: &str) -> Vec<(&'static str, Vec<Value>)> {
    let item = |payload: Value| json!({"timestamp": "2026-11-20T10:00:01.000Z", "type": "response_item", "payload": payload});
    let message = |text: &str| {
        item(
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}),
        )
    };
    let call = || {
        item(
            json!({"type": "function_call", "name": "request_user_input", "arguments": "{}", "call_id": "c1"}),
        )
    };
    let output =
        |text: &str| item(json!({"type": "function_call_output", "call_id": "c1", "output": text}));
    vec![
        ("a prompt", vec![message(words)]),
        (
            "a refusal's reason",
            vec![call(), output(&format!("exec command rejected by user: {words}"))],
        ),
        (
            "an answer",
            vec![call(), output(&json!({"answers": {"q": {"answers": [words]}}}).to_string())],
        ),
        (
            "a command for the shell",
            vec![message(&format!(
                "<user_shell_command>\n<command>ls {words}</command></user_shell_command>"
            ))],
        ),
        (
            "an event",
            vec![
                json!({"timestamp": "2026-11-20T10:00:01.000Z", "type": "event_msg", "payload": {"type": "user_message", "message": words}}),
            ],
        ),
        (
            "repeated when the history was compacted",
            vec![
                json!({"timestamp": "2026-11-20T10:00:01.000Z", "type": "compacted", "payload": {"message": "",
                    "replacement_history": [{"type": "message", "role": "user",
                        "content": [{"type": "input_text", "text": words}]}]}}),
            ],
        ),
        (
            "quoted in a summary",
            vec![
                json!({"timestamp": "2026-11-20T10:00:01.000Z", "type": "compacted", "payload": {"message":
                    format!("The user said: {words}")}}),
            ],
        ),
        (
            "behind the environment",
            vec![message(&format!("<environment_context>x</environment_context>\n{words}"))],
        ),
        (
            "behind an interruption",
            vec![message(&format!("<turn_aborted>\nx\n</turn_aborted>\n{words}"))],
        ),
    ]
}

#[test]
fn private_is_heard_in_whatever_a_person_wrote() {
    for (words, expected) in
        [("leave it, #private please", true), ("leave it, #privately please", false)]
    {
        for (name, records) in claude_ways(words) {
            let records: Vec<Value> =
                records.into_iter().enumerate().map(|(at, record)| claude(at, record)).collect();
            assert_eq!(
                read(Agent::ClaudeCode, &records).is_private,
                expected,
                "Claude Code: {name}"
            );
        }
        for (name, records) in codex_ways(words) {
            let meta = json!({"timestamp": "2026-11-20T10:00:00.000Z", "type": "session_meta", "payload": {"id": SESSION,
                "timestamp": "2026-11-20T10:00:00.000Z", "cwd": "/x/api", "originator": "codex_cli_rs",
                "cli_version": "0.171.0", "source": "cli", "thread_source": "user"}});
            let records: Vec<Value> = std::iter::once(meta).chain(records).collect();
            assert_eq!(read(Agent::Codex, &records).is_private, expected, "Codex: {name}");
        }
    }
}

#[test]
fn what_looks_like_private_is_heard_in_whatever_a_person_wrote() {
    for (words, expected) in [
        ("# private", true),
        ("#privat", true),
        ("[private]", true),
        ("(do not share)", true),
        ("**Private**", true),
        ("a private matter", false),
    ] {
        for (name, records) in claude_ways(words) {
            let records: Vec<Value> =
                records.into_iter().enumerate().map(|(at, record)| claude(at, record)).collect();
            let read = read(Agent::ClaudeCode, &records);
            assert!(!read.is_private, "Claude Code: {name}: it can be released");
            assert_eq!(read.is_nearly, expected, "Claude Code: {name}: {words}");
        }
        for (name, records) in codex_ways(words) {
            let meta = json!({"timestamp": "2026-11-20T10:00:00.000Z", "type": "session_meta", "payload": {"id": SESSION,
                "timestamp": "2026-11-20T10:00:00.000Z", "cwd": "/x/api", "originator": "codex_cli_rs",
                "cli_version": "0.171.0", "source": "cli", "thread_source": "user"}});
            let records: Vec<Value> = std::iter::once(meta).chain(records).collect();
            let read = read(Agent::Codex, &records);
            assert!(!read.is_private, "Codex: {name}: it can be released");
            assert_eq!(read.is_nearly, expected, "Codex: {name}: {words}");
        }
    }
}

#[test]
fn a_tag_that_says_private_is_heard_without_its_mark_and_what_others_said_is_not() {
    let tag = |tag: &str| read(Agent::ClaudeCode, &[claude(0, json!({"type": "tag", "tag": tag}))]);
    assert!(tag("private").is_private && !tag("private-beta").is_private);
    let history = json!({"timestamp": "2026-11-20T10:00:01.000Z", "type": "compacted", "payload": {"message": "",
        "replacement_history": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "#private"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text":
                "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\nsay #private\n</INSTRUCTIONS>"}]}]}});
    assert!(!read(Agent::Codex, &[history]).is_private);
}

#[test]
fn a_tools_own_output_makes_nothing_private() {
    for text in [
        "grep: docs/security.md: a prompt with #private",
        "- #private\n- User said so",
        "# private",
    ] {
        let records =
            [claude(0, said("look")), claude(1, call("Bash")), claude(2, result(text, false))];
        let read = read(Agent::ClaudeCode, &records);
        assert!(!read.is_private && !read.is_nearly, "{text}");
    }
}

#[test]
fn what_a_person_wrote_beside_the_harness_is_theirs_and_nothing_else() {
    for (text, prompt) in [
        ("<user-prompt-submit-hook>x</user-prompt-submit-hook>\ngo on", Some("go on")),
        ("<local-command-stdout>x</local-command-stdout>\ngo on", Some("go on")),
        ("<bash-stdout>x</bash-stdout><bash-stderr></bash-stderr>\ngo on", Some("go on")),
        ("<mcp-resource server='x'>x</mcp-resource>\ngo on", Some("go on")),
        ("[Request interrupted by user for tool use]\ngo on", Some("go on")),
        ("<system-reminder>x</system-reminder>\ngo on", Some("go on")),
        ("<system-reminder> is a tag that I see", Some("<system-reminder> is a tag that I see")),
        ("<system-reminder>\ncut in the mid", None),
        ("<user-prompt-submit-hook>x</user-prompt-submit-hook>", None),
        ("<task-notification>x</task-notification>\nFull transcript at /x", None),
        ("PostToolUse:Bash hook additional context: x", None),
        ("UserPromptSubmit hook success: x", None),
        ("Why does the hook success come twice?", Some("Why does the hook success come twice?")),
        ("Implement the following plan:\n\n# Plan\n\n1. x", None),
    ] {
        let read = read(Agent::ClaudeCode, &[claude(0, said(text))]);
        assert_eq!(read.prompts.first().map(String::as_str), prompt, "{text}");
        assert_eq!(read.titles.is_empty(), prompt.is_none(), "{text}: {:?}", read.titles);
    }
    let mut plan = said("Carry this out:\n\n# Plan");
    plan["planContent"] = json!("# Plan");
    let read = read(Agent::ClaudeCode, &[claude(0, plan)]);
    assert!(read.prompts.is_empty() && read.titles.is_empty(), "{read:?}");
    assert_eq!(read.agents.len(), 1);
}
