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
    for (call, id) in ["c1", "c2", "c3"].into_iter().enumerate() {
        assert_eq!(keys[2 * call], keys[2 * call + 1], "a call and its result");
        assert!(!keys[..2 * call].contains(&keys[2 * call]) && keys[2 * call] != id);
        assert_eq!(r.parts[2 * call].record_id.as_deref(), Some(id));
    }
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

#[test]
fn records_and_items_of_the_harness_are_skipped_with_a_class() {
    let mut r = rollout();
    let heron = json!({"text": "heron", "content": "heron", "score": 0});
    for (kind, class) in [
        ("token_usage_record", "state"),
        ("retained_context", "state"),
        ("security_risk_score", "state"),
        ("world_state", "state"),
        ("realtime_item", "realtime"),
        ("inter_agent_communication", "inter-agent"),
        ("inter_agent_communication_metadata", "inter-agent"),
    ] {
        assert_eq!(r.line(record(kind, heron.clone())), skipped(class), "{kind}");
    }
    for (kind, class) in [
        ("configuration_update", "state"),
        ("compaction_trigger", "state"),
        ("additional_tools", "state"),
        ("function_call_output", "orphan-output"),
    ] {
        assert_eq!(
            r.line(item(json!({"type": kind, "output": "heron"}))),
            skipped(class),
            "{kind}"
        );
    }
    let secret = json!({"type": "agent_message", "content": [{"type": "encrypted_content", "encrypted_content": "heron"}]});
    assert_eq!(r.line(item(secret)), skipped("encrypted"));
    for kind in ["UserMessage", "AgentMessage", "Reasoning", "CommandExecution", "FileChange"] {
        let event =
            json!({"type": "item_completed", "item": {"type": kind, "id": "i", "text": "heron"}});
        assert_eq!(r.line(record("event_msg", event)), skipped("repeated-event"), "{kind}");
    }
    assert!(r.parts.is_empty() && r.facts.is_empty());
}

#[test]
fn plans_reviews_and_agents_messages_stand_nowhere_else() {
    let mut r = rollout();
    let done = |item: Value| record("event_msg", json!({"type": "item_completed", "item": item}));
    let review = json!({"overall_explanation": "It is wrong.", "findings": [
        {"title": "Off by one", "body": "The end.", "confidence_score": 1.0, "priority": 1,
         "code_location": {"absolute_file_path": "/srv/app/a.rs", "line_range": {"start": 1, "end": 2}}}]});
    r.line(done(json!({"type": "Plan", "id": "p1", "text": "1. Dig."})));
    r.line(done(json!({"type": "ExitedReviewMode", "id": "r1", "review_output": review})));
    r.line(done(json!({"type": "ExitedReviewMode", "id": "r2", "review": "Fine."})));
    r.line(record("event_msg", json!({"type": "exited_review_mode", "review_output": review})));
    r.line(item(
        json!({"type": "agent_message", "id": "am1", "author": "/root/w", "recipient": "/root",
                       "content": [{"type": "input_text", "text": "Three locks."}]}),
    ));
    let found = "agent message text: It is wrong.\nOff by one\nThe end.\n/srv/app/a.rs";
    assert_eq!(
        r.shown(),
        [
            "agent message text: 1. Dig.",
            found,
            "agent message text: Fine.",
            found,
            "agent message text: Three locks."
        ]
    );
    let ids: Vec<_> = r.parts.iter().map(|part| part.record_id.as_deref()).collect();
    assert_eq!(ids, [Some("p1"), Some("r1"), Some("r2"), None, Some("am1")]);
    assert!(r.titles().is_empty());
}

#[test]
fn only_what_every_sign_calls_a_persons_thread_is_one() {
    let spawn = json!({"subagent": {"thread_spawn": {"parent_thread_id": "p1"}}});
    for (marks, parent, is_persons, is_named) in [
        (json!({}), None, true, true),
        (json!({"thread_source": "user"}), None, true, true),
        (json!({"thread_source": "user", "source": "vscode"}), None, true, true),
        (json!({"thread_source": "user", "parent_thread_id": "p1"}), Some("p1"), true, true),
        (json!({"source": spawn, "thread_source": "subagent"}), Some("p1"), false, true),
        (
            json!({"source": {"subagent": "review"}, "parent_thread_id": "p1"}),
            Some("p1"),
            false,
            false,
        ),
        (json!({"source": {"subagent": {"other": "guardian"}}}), None, false, false),
        (json!({"source": {"subagent": "compact"}, "thread_source": "user"}), None, false, false),
        (
            json!({"source": {"internal": "guardian"}, "parent_thread_id": "p1"}),
            Some("p1"),
            false,
            false,
        ),
        (
            json!({"thread_source": "guardian_review", "parent_thread_id": "p1"}),
            Some("p1"),
            false,
            false,
        ),
        (json!({"thread_source": "memory_consolidation"}), None, false, false),
        (json!({"thread_source": "news"}), None, false, false),
        (json!({"parent_thread_id": "p1"}), Some("p1"), false, false),
    ] {
        let mut r = rollout();
        let mut payload = meta(ID);
        let members = payload.as_object_mut().expect("an object");
        members.extend(marks.as_object().expect("an object").clone());
        r.line(record("session_meta", payload));
        let mut text = item(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "assess the heron #private"}],
            "internal_chat_message_metadata_passthrough": {"content_item_kinds": ["user.text"]}}));
        for _ in 0..2 {
            r.line(&text);
            text = said("user", "assess the heron again");
        }
        let speaker = if is_persons { Speaker::Person } else { Speaker::Agent };
        assert!(r.parts.iter().all(|part| part.speaker == speaker), "{marks}");
        assert_eq!(r.parts[0].parent_session.as_deref(), parent, "{marks}");
        assert_eq!(!r.titles().is_empty(), is_named, "{marks}");
        assert_eq!(r.facts.iter().any(|fact| fact.private), is_persons, "{marks}");
    }
}

#[test]
fn each_text_of_a_message_is_whose_its_kind_says() {
    let mut r = rollout();
    let message = |texts: &[&str], kinds: Value| {
        let content: Vec<_> =
            texts.iter().map(|text| json!({"type": "input_text", "text": text})).collect();
        item(json!({"type": "message", "role": "user", "content": content,
                    "internal_chat_message_metadata_passthrough": {"content_item_kinds": kinds}}))
    };
    for kind in [
        "environments.environment_context",
        "host_skills.instructions",
        "agents_md.instructions",
        "skills.selected_skill_instructions",
        "multi_agent.subagent_notification",
        "hooks.additional_context",
        "plugins.recommended",
        "news",
    ] {
        assert!(
            matches!(r.line(message(&["heron"], json!([kind]))), LineOutcome::Skipped(_)),
            "{kind}"
        );
    }
    assert!(r.parts.is_empty() && r.titles().is_empty());
    let kinds = json!(["agents_md.instructions", "user.text", "user.text"]);
    r.line(message(&["heron", "<skill> is a tag", "# AGENTS.md says so"], kinds));
    r.line(message(&["<skill>\nx", "why?"], json!(["unknown"])));
    assert_eq!(
        r.shown(),
        [
            "person message text: <skill> is a tag",
            "person message text: # AGENTS.md says so",
            "person message text: why?"
        ]
    );
}

#[test]
fn rollouts_from_before_the_envelope_are_read() {
    let path = format!("/h/.codex/sessions/2025/07/21/rollout-2025-07-21T15-25-33-{ID}.jsonl");
    let mut r = Reading::new(Agent::Codex, &path);
    let environment =
        "<environment_context>\nCurrent working directory: /srv/app\n</environment_context>";
    for line in [
        json!({"id": ID, "timestamp": "2025-07-21T15:25:33Z", "instructions": null,
               "git": {"branch": "main", "repository_url": "git@git.test:acme/app.git"}}),
        json!({"record_type": "state"}),
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": environment}]}),
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "why?"}]}),
        json!({"type": "function_call", "id": "fc1", "name": "shell", "call_id": "c1",
               "arguments": "{\"command\":[\"ls\"]}"}),
        json!({"type": "function_call_output", "call_id": "c1", "output": "a.rs"}),
        json!({"type": "reasoning", "summary": []}),
        json!({"id": "m1", "type": "message", "role": "assistant",
               "content": [{"type": "output_text", "text": "So."}]}),
    ] {
        let outcome = r.line(line.to_string());
        assert!(!matches!(outcome, LineOutcome::Defective(_)), "{line} {outcome:?}");
    }
    assert_eq!(
        r.shown(),
        [
            "person message text: why?",
            "tool tool input: ls",
            "tool tool output: a.rs",
            "agent message text: So."
        ]
    );
    assert_eq!(r.facts[0].remote.as_deref(), Some("git@git.test:acme/app.git"));
    let began = "2025-07-21T15:25:33Z".parse().ok();
    for part in &r.parts {
        assert_eq!((part.session.as_str(), part.cwd.as_deref()), (ID, Some("/srv/app")));
        assert_eq!(part.timestamp, began);
    }
    let ids: Vec<_> = r.parts.iter().map(|part| part.record_id.as_deref()).collect();
    assert_eq!(ids, [None, Some("c1"), Some("c1"), Some("m1")]);
}

#[test]
fn arguments_may_be_objects() {
    let mut r = rollout();
    r.line(item(
        json!({"type": "tool_search_call", "call_id": "t1", "arguments": {"query": "heron"}}),
    ));
    r.line(item(json!({"type": "function_call", "name": "exec_command", "call_id": "c1", "arguments": {"cmd": "ls"}})));
    r.line(item(
        json!({"type": "custom_tool_call", "name": "x", "call_id": "c2", "input": {"a": "b"}}),
    ));
    r.line(item(
        json!({"type": "function_call", "name": "wait", "call_id": "c3", "arguments": null}),
    ));
    assert_eq!(
        r.shown(),
        [
            "tool tool input: query: heron",
            "tool tool input: ls",
            "tool tool input: a: b",
            "tool tool input: wait"
        ]
    );
    assert_eq!(r.parts[0].tool.as_deref(), Some("tool_search"));
    let ids: Vec<_> = r.parts.iter().map(|part| part.record_id.as_deref()).collect();
    assert_eq!(ids, [Some("t1"), Some("c1"), Some("c2"), Some("c3")]);
}

#[test]
fn segments_and_forks_name_their_kin() {
    let path = format!("/h/.codex/sessions/2026/04/10/rollout-2026-04-10T20-02-04-{ID}_r2.jsonl");
    let mut r = Reading::new(Agent::Codex, &path);
    r.line(said("user", "before the meta"));
    assert_eq!(r.parts[0].session, ID);
    let mut payload = meta(ID);
    payload["session_id"] = json!("root");
    payload["forked_from_id"] = json!("origin");
    payload["history_base"] = json!({"thread_id": "base"});
    r.line(record("session_meta", payload));
    r.line(record("session_meta", meta("origin's origin")));
    r.line(said("user", "after"));
    let kin = r.facts.iter().map(|fact| fact.kin.clone()).find(|kin| !kin.is_empty());
    assert_eq!(
        kin,
        Some(["root", "origin", "base", "origin's origin"].map(str::to_owned).to_vec())
    );
}

#[test]
fn a_whole_record_behind_a_torn_one_is_read() {
    let whole = said("user", "where is the heron?");
    let torn = item(
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "not whole"}]}),
    );
    for end in 1..torn.len() {
        let mut r = rollout();
        assert_eq!(r.line(format!("{}{whole}", &torn[..end])), PARTS, "{end}");
        assert_eq!(r.shown(), ["person message text: where is the heron?"], "{end}");
        assert_eq!(r.torn.len(), 1, "{end}");
        let mut r = rollout();
        r.line(&torn[..end]);
        assert!(r.parts.is_empty(), "{end}");
    }
}
