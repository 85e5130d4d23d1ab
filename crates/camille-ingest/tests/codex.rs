//! Codex's format, rule by rule, on made-up lines.

mod reading;

use camille_ingest::transcript::{LineOutcome, TitleRank};
use camille_proto::vocabulary::{Agent, Speaker};
use reading::Reading;
use serde_json::{Value, json};

const PARTS: LineOutcome = LineOutcome::Parts;
const ID: &str = "019d78fc-c449-7300-92a1-1e92604a4f6a";

fn skipped(reason: &'static str) -> LineOutcome {
    LineOutcome::Skipped(reason)
}

fn rollout() -> Reading {
    let path = format!("/h/.codex/sessions/2026/04/10/rollout-2026-04-10T20-02-04-{ID}.jsonl");
    Reading::new(Agent::Codex, &path)
}

fn record(kind: &str, payload: Value) -> String {
    json!({"timestamp": "2026-04-10T20:11:34.639Z", "type": kind, "payload": payload}).to_string()
}

fn item(payload: Value) -> String {
    record("response_item", payload)
}

fn said(role: &str, text: &str) -> String {
    let kind = if role == "assistant" { "output_text" } else { "input_text" };
    item(json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]}))
}

fn meta(id: &str) -> Value {
    json!({"id": id, "cwd": "/srv/app", "cli_version": "0.118.0", "source": "cli",
           "git": {"branch": "main", "repository_url": "https://ada:k3Qx7Lw9@git.test/acme/app.git"}})
}

#[test]
fn a_session_is_told_once_with_its_remote() {
    let mut r = rollout();
    assert_eq!(r.line(record("session_meta", meta(ID))), skipped("session-meta"));
    assert_eq!(r.line(said("user", "fix the build")), PARTS);
    assert_eq!(r.line(said("assistant", "Done.")), PARTS);
    assert_eq!(r.shown(), ["person message text: fix the build", "agent message text: Done."]);
    let fact = &r.facts[0];
    assert_eq!((fact.session.as_str(), fact.cwd.as_deref()), (ID, Some("/srv/app")));
    assert_eq!(fact.branch.as_deref(), Some("main"));
    assert_eq!(
        fact.remote.as_deref(),
        Some("https://ada:[redacted:url-password]@git.test/acme/app.git")
    );
    assert_eq!(r.titles(), [(TitleRank::FirstPrompt, "fix the build")]);
    assert_eq!(r.facts.len(), 2);
    assert_ne!(r.parts[0].native_key, r.parts[1].native_key);
    // A fork's history brings its origin's meta.
    assert_eq!(r.line(record("session_meta", meta("other"))), skipped("foreign-session"));
    r.line(record("turn_context", json!({"cwd": "/srv/app/sub"})));
    r.line(said("user", "next"));
    let last = r.parts.last().expect("a part");
    assert_eq!((last.session.as_str(), last.cwd.as_deref()), (ID, Some("/srv/app/sub")));
    assert_eq!(r.line(record("session_meta", meta(ID))), skipped("session-meta"));
}

#[test]
fn without_meta_the_files_name_tells_the_session() {
    let mut r = rollout();
    r.line(said("user", "x"));
    assert_eq!(r.parts[0].session, ID);
}

#[test]
fn a_spawned_session_has_a_parent_and_no_person() {
    let mut r = rollout();
    let mut payload = meta(ID);
    payload["source"] =
        json!({"subagent": {"thread_spawn": {"parent_thread_id": "p1", "depth": 1}}});
    r.line(record("session_meta", payload));
    r.line(said("user", "explore"));
    assert_eq!(r.parts[0].parent_session.as_deref(), Some("p1"));
    assert_eq!((r.facts[0].parent.as_deref(), r.parts[0].speaker), (Some("p1"), Speaker::Agent));
}

#[test]
fn calls_and_results_are_one_document() {
    let mut r = rollout();
    let arguments = json!({"cmd": "cargo test", "workdir": "/srv"}).to_string();
    r.line(item(json!({"type": "function_call", "name": "exec_command", "call_id": "c1", "arguments": arguments})));
    let output =
        "Chunk ID: 5\nWall time: 1 seconds\nProcess exited with code 101\nOutput:\nerror[E0308]\n";
    r.line(item(json!({"type": "function_call_output", "call_id": "c1", "output": output})));
    let patch = "*** Begin Patch\n*** Update File: src/a.rs\n@@\n-x\n+y\n*** End Patch";
    r.line(item(
        json!({"type": "custom_tool_call", "name": "apply_patch", "call_id": "c2", "input": patch}),
    ));
    let output = json!({"output": "Success", "metadata": {"exit_code": 0}}).to_string();
    r.line(item(json!({"type": "custom_tool_call_output", "call_id": "c2", "output": output})));
    let action = json!({"type": "exec", "command": ["bash", "-lc", "ls"]});
    r.line(item(json!({"type": "local_shell_call", "call_id": "c3", "action": action})));
    let output = json!([{"type": "input_text", "text": "a.rs"}]);
    r.line(item(json!({"type": "function_call_output", "call_id": "c3", "output": output})));
    r.line(item(
        json!({"type": "web_search_call", "action": {"type": "search", "query": "rust json"}}),
    ));
    assert!(r.outcomes.iter().all(|o| *o == PARTS), "{:?}", r.outcomes);
    assert_eq!(
        r.shown(),
        [
            "tool tool input: cargo test",
            "tool tool error: error[E0308]",
            &format!("tool tool input: {patch}"),
            "tool tool output: Success",
            "tool tool input: ls",
            "tool tool output: a.rs",
            "tool tool input: query: rust json\ntype: search",
        ]
    );
    let keys: Vec<_> = r.parts.iter().map(|p| p.native_key.as_str()).collect();
    assert_eq!(keys[..6], ["c1", "c1", "c2", "c2", "c3", "c3"]);
    assert_eq!(r.parts[2].path.as_deref(), Some("src/a.rs"));
    assert_eq!(r.parts[2].tool.as_deref(), Some("apply_patch"));
}

#[test]
fn noise_is_skipped_with_a_reason() {
    let mut r = rollout();
    for (line, reason) in [
        (said("user", "# AGENTS.md instructions for /srv\nx"), "instructions"),
        (said("user", "<environment_context>\nx"), "environment"),
        (said("user", "<INSTRUCTIONS>\nx"), "instructions"),
        (said("user", "<turn_aborted>\nx"), "interrupted"),
        (said("developer", "x"), "instructions"),
        (item(json!({"type": "reasoning", "summary": [], "encrypted_content": "x"})), "thinking"),
        (
            item(json!({"type": "message", "role": "user", "content": [{"type": "input_image"}]})),
            "image",
        ),
        (record("event_msg", json!({"type": "user_message", "message": "x"})), "repeated-event"),
        (record("event_msg", json!({"type": "agent_message", "message": "x"})), "repeated-event"),
        (
            record("event_msg", json!({"type": "exec_command_end", "call_id": "c"})),
            "repeated-event",
        ),
        (record("event_msg", json!({"type": "token_count"})), "event"),
        (record("world_state", json!({})), "state"),
        (
            record(
                "compacted",
                json!({"message": "", "replacement_history": [{"type": "message"}]}),
            ),
            "empty",
        ),
    ] {
        assert_eq!(r.line(&line), skipped(reason), "{line}");
    }
    assert!(r.parts.is_empty() && r.facts.is_empty());
    for defect in [
        record("news", json!({})),
        record("response_item", json!({"type": "news"})),
        json!({"type": "response_item"}).to_string(),
        "{}".to_owned(),
        "7".to_owned(),
    ] {
        assert!(matches!(r.line(&defect), LineOutcome::Defective(_)), "{defect}");
    }
}

#[test]
fn compaction_and_names_are_kept() {
    let mut r = rollout();
    r.line(record(
        "compacted",
        json!({"message": "We fixed it.", "replacement_history": [{"x": "no"}]}),
    ));
    assert_eq!(r.shown(), ["agent summary text: We fixed it."]);
    let name = json!({"type": "thread_name_updated", "thread_name": "Fix issue 6"});
    assert_eq!(r.line(record("event_msg", name)), LineOutcome::Metadata);
    assert_eq!(r.titles(), [(TitleRank::Custom, "Fix issue 6")]);
}

#[test]
fn our_own_output_is_never_read() {
    let mut r = rollout();
    let own = skipped("own-output");
    let call = |id: &str, name: &str, namespace: Option<&str>, arguments: Value| {
        item(json!({"type": "function_call", "name": name, "namespace": namespace, "call_id": id,
                    "arguments": arguments.to_string()}))
    };
    let output = |id: &str, text: &str| {
        item(json!({"type": "function_call_output", "call_id": id, "output": text}))
    };
    assert_eq!(r.line(call("c1", "mcp__camille__search", None, json!({"query": "x"}))), own);
    assert_eq!(r.line(output("c1", "their words")), own);
    assert_eq!(r.line(call("c2", "search", Some("mcp__camille"), json!({"query": "x"}))), own);
    assert_eq!(r.line(output("c2", "their words")), own);
    assert_eq!(r.line(call("c3", "exec_command", None, json!({"cmd": "camille search x"}))), PARTS);
    assert_eq!(
        r.line(output("c3", "Process running with session ID 57878\nOutput:\ntheir words")),
        own
    );
    assert_eq!(
        r.line(call("c4", "write_stdin", None, json!({"session_id": 57878, "chars": ""}))),
        PARTS
    );
    assert_eq!(r.line(output("c4", "their words")), own);
    let escaped =
        r#"{"text":"\u003ccamille-recall id=\"1\"\u003etheir words\u003c/camille-recall\u003e"}"#;
    assert_eq!(r.line(output("c5", escaped)), PARTS);
    assert!(r.parts.iter().all(|p| !p.text.contains("words")), "{:?}", r.shown());
}
