//! Every record hands over what it touches, whether or not it makes a document: what a person ran beside the
//! conversation, what the harness put before the model, a thought in another directory.

use camille_ingest::place::Doing;
use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{Cursor, Record, read_line};
use camille_proto::vocabulary::Agent;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const SESSION: &str = "1b0f3c52-7a35-4a0e-9a4e-6d2f8f0c1a11";

/// What the records of a session touch, besides the directory that it began in, and how many parts they make.
fn touched(agent: Agent, records: &[Value]) -> (BTreeSet<String>, usize) {
    let mut cursor = Cursor::new(agent, Path::new(&format!("/x/{SESSION}.jsonl")));
    let redactor = Redactor::default();
    let (mut paths, mut parts, mut offset) = (BTreeSet::new(), 0, 0);
    for record in records {
        let line = record.to_string();
        read_line(&mut cursor, &redactor, line.as_bytes(), offset, &mut |record| {
            let (cwd, places) = match record {
                Record::Part(part) => {
                    parts += 1;
                    (part.cwd, part.places)
                }
                Record::Touch(touch) => (touch.cwd, touch.places),
                Record::Session(_) => return,
            };
            paths.extend(cwd.filter(|cwd| cwd != "/x/api"));
            paths.extend(places.into_iter().filter(|p| p.doing != Doing::Named).map(|p| p.path));
        });
        offset += line.len() as u64 + 1;
    }
    (paths, parts)
}

fn claude(kind: &str, cwd: &str, members: &Value) -> Value {
    let mut record = json!({
        "type": kind, "uuid": "2b0f3c52-7a35-4a0e-9a4e-6d2f8f0c1a11", "parentUuid": null,
        "sessionId": SESSION, "cwd": cwd, "timestamp": "2026-11-20T10:00:00Z", "version": "2.1.300",
    });
    for (key, value) in members.as_object().expect("members") {
        record[key] = value.clone();
    }
    record
}

fn said(text: &str) -> Value {
    let message = json!({ "role": "user", "content": text });
    claude("user", "/x/api", &json!({ "message": message }))
}

fn attached(attachment: &Value) -> Value {
    claude("attachment", "/x/api", &json!({ "attachment": attachment }))
}

fn codex(kind: &str, payload: &Value) -> Value {
    json!({ "timestamp": "2026-11-20T10:00:00Z", "type": kind, "payload": payload })
}

#[test]
fn what_claude_code_puts_before_the_model_is_touched() {
    for path in ["/x/diary/may.md", "~/diary/may.md", "../diary/may.md"] {
        let file = json!({ "filePath": path, "content": "x" });
        let meta = json!({
            "isMeta": true,
            "message": { "role": "user", "content": format!("[Image: source: {path}]") },
        });
        let result = json!({
            "message": { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": "x" },
            ] },
            "toolUseResult": { "mode": "content", "filenames": [path] },
        });
        for (record, makes) in [
            (said(&format!("<bash-input>cat {path}</bash-input>")), 0),
            (said(&format!("<bash-stdout>{path}:1:x</bash-stdout><bash-stderr></bash-stderr>")), 0),
            (
                said(&format!(
                    "<ide_selection>The user selected the lines 1 to 2 from {path}:\nx</ide_selection>"
                )),
                0,
            ),
            (
                said(&format!(
                    "<ide_selection>The user selected the line 2 from {path}:\nx</ide_selection>\nwhy?"
                )),
                1,
            ),
            (said(&format!("<system-reminder>\nContents of {path}:\n\nx\n</system-reminder>")), 0),
            (said(&format!("see @{path}")), 1),
            (
                attached(
                    &json!({ "type": "file", "filename": path, "content": { "type": "text", "file": file } }),
                ),
                0,
            ),
            (
                attached(
                    &json!({ "type": "hook_success", "hookEvent": "SessionStart", "content": "",
                        "stdout": "x", "command": format!("cat {path}") }),
                ),
                0,
            ),
            (
                attached(
                    &json!({ "type": "hook_additional_context", "content": [format!("From {path}: x")] }),
                ),
                0,
            ),
            (
                attached(
                    &json!({ "type": "hook_blocking_error", "blockingError": { "blockingError": format!("see {path}") } }),
                ),
                0,
            ),
            (
                attached(
                    &json!({ "type": "queued_command", "prompt": format!("cat {path}"), "commandMode": "bash" }),
                ),
                0,
            ),
            (
                claude(
                    "progress",
                    "/x/api",
                    &json!({ "data": { "type": "hook_progress", "command": format!("cat {path}") } }),
                ),
                0,
            ),
            (
                claude(
                    "progress",
                    "/x/api",
                    &json!({ "data": { "type": "agent_progress", "message": { "message": { "content": [
                        { "type": "tool_use", "id": "t", "name": "Read", "input": { "file_path": path } },
                    ] } } } }),
                ),
                0,
            ),
            (attached(&json!({ "type": "directory", "path": path, "content": "x" })), 0),
            (attached(&json!({ "type": "edited_text_file", "filename": path, "snippet": "x" })), 0),
            (
                attached(
                    &json!({ "type": "selected_lines_in_ide", "filename": path, "content": "x" }),
                ),
                0,
            ),
            (
                attached(
                    &json!({ "type": "nested_memory", "path": path, "content": { "path": path } }),
                ),
                0,
            ),
            (
                attached(
                    &json!({ "type": "anything_else", "content": { "file": { "filePath": path } } }),
                ),
                0,
            ),
            (
                attached(
                    &json!({ "type": "diagnostics", "files": [{ "uri": path, "diagnostics": [] }] }),
                ),
                0,
            ),
            (
                said(&format!(
                    "<local-command-stdout>Added {path} as a working directory for this session</local-command-stdout>"
                )),
                0,
            ),
            (claude("user", "/x/api", &meta), 0),
            (claude("user", "/x/api", &result), 1),
        ] {
            let (paths, parts) = touched(Agent::ClaudeCode, &[said("hello"), record.clone()]);
            assert!(paths.contains(path), "{record}: {paths:?}");
            assert_eq!(parts, makes + 1, "{record}");
        }
    }
    let thought = json!({
        "message": { "role": "assistant", "content": [{ "type": "thinking", "thinking": "x" }] },
    });
    let records = [said("hello"), claude("assistant", "/x/payroll", &thought)];
    let (paths, parts) = touched(Agent::ClaudeCode, &records);
    assert!(paths.contains("/x/payroll") && parts == 1, "{paths:?}");
}

#[test]
fn what_codex_puts_before_the_model_is_touched() {
    let meta = codex("session_meta", &json!({ "id": SESSION, "cwd": "/x/api", "source": "cli" }));
    let said = |text: String| {
        let content = json!([{ "type": "input_text", "text": text }]);
        codex("response_item", &json!({ "type": "message", "role": "user", "content": content }))
    };
    let event = |event: &Value| {
        let mut event = event.clone();
        event["call_id"] = json!("call_1");
        codex("event_msg", &event)
    };
    for path in ["/x/diary/may.md", "~/diary/may.md", "../diary/may.md"] {
        for record in [
            said(format!(
                "<user_shell_command>\n<command>\ncat {path}\n</command>\n<result>\nok\n</result>\n</user_shell_command>"
            )),
            said(format!(
                "# Context from my IDE setup:\n\n## Active file: {path}\n\n## Active selection of the file:\nx\n\n## My request for Codex:\nwhy?"
            )),
            said(format!(
                "# Files mentioned by the user:\n\n## may.md: {path}\n\n## My request for Codex:\nwhy?"
            )),
            said(format!("<image name=[Image #1] path=\"{path}\">")),
            said(format!(
                "# AGENTS.md instructions for {path}\n\n<INSTRUCTIONS>\nx\n</INSTRUCTIONS>"
            )),
            said(format!("<skill>\n<name>x</name>\n<path>{path}</path>\nx\n</skill>")),
            said(format!("<environment_context>\n  <cwd>{path}</cwd>\n</environment_context>")),
            event(&json!({ "type": "view_image_tool_call", "path": path })),
            event(
                &json!({ "type": "exec_command_end", "command": ["bash", "-lc", format!("cat {path}")] }),
            ),
            event(&json!({ "type": "exec_command_end", "command": ["cat", "x"], "cwd": path })),
            event(&json!({ "type": "patch_apply_end", "changes": { path: { "type": "update" } } })),
            event(&json!({ "type": "mcp_tool_call_end", "invocation": {
                "server": "fs", "tool": "read", "arguments": { "path": path },
            } })),
            codex(
                "event_msg",
                &json!({ "type": "user_message", "message": "look", "local_images": [path] }),
            ),
        ] {
            let (paths, _) = touched(Agent::Codex, &[meta.clone(), record.clone()]);
            assert!(paths.contains(path), "{record}: {paths:?}");
        }
    }
}

#[test]
fn what_is_only_open_or_spoken_of_is_not_read() {
    for record in [
        said(
            "<ide_opened_file>The user opened the file /x/diary/may.md in the IDE.</ide_opened_file>\nwhy?",
        ),
        said(
            "<ide_selection>The user selected the lines 1 to 2 from /x/api/a.rs:\n/x/diary/may.md:1:x</ide_selection>\nwhy?",
        ),
        said(
            "<system-reminder>\nContents of /x/api/CLAUDE.md:\n\nsee ~/diary/may.md\n</system-reminder>",
        ),
        attached(&json!({ "type": "opened_file_in_ide", "filename": "/x/diary/may.md" })),
    ] {
        let (paths, _) = touched(Agent::ClaudeCode, std::slice::from_ref(&record));
        assert!(!paths.iter().any(|path| path.contains("diary")), "{record}: {paths:?}");
    }
}
