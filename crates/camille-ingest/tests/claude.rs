//! Claude Code's format, rule by rule, on made-up lines.

mod reading;

use camille_ingest::TEXT_BYTES_MAX;
use camille_ingest::transcript::{LineOutcome, TitleRank};
use camille_proto::vocabulary::{Agent, Speaker};
use reading::Reading;
use serde_json::{Value, json};

const PARTS: LineOutcome = LineOutcome::Parts;

fn skipped(reason: &'static str) -> LineOutcome {
    LineOutcome::Skipped(reason)
}

fn session() -> Reading {
    Reading::new(Agent::ClaudeCode, "/h/.claude/projects/-srv-app/s1.jsonl")
}

/// A record with the members that all conversation records have.
fn record(uuid: &str, kind: &str, more: Value) -> String {
    let mut record = json!({
        "parentUuid": null, "isSidechain": false, "cwd": "/srv/app", "sessionId": "s1",
        "version": "2.1.40", "gitBranch": "main", "type": kind, "uuid": uuid,
        "timestamp": "2026-02-03T04:05:06.789Z",
    });
    let members = record.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    record.to_string()
}

fn user(uuid: &str, content: Value) -> String {
    record(uuid, "user", json!({"message": {"role": "user", "content": content}}))
}

fn assistant(uuid: &str, id: &str, content: Value) -> String {
    record(
        uuid,
        "assistant",
        json!({"message": {"id": id, "role": "assistant", "content": content}}),
    )
}

fn tool_use(id: &str, name: &str, input: Value) -> Value {
    json!([{"type": "tool_use", "id": id, "name": name, "input": input}])
}

fn tool_result(id: &str, content: Value, is_error: bool) -> Value {
    json!([{"type": "tool_result", "tool_use_id": id, "content": content, "is_error": is_error}])
}

#[test]
fn a_prompt_is_a_document_and_names_its_session() {
    let mut r = session();
    assert_eq!(r.line(user("u1", json!("why does the\nbuild fail?"))), PARTS);
    assert_eq!(r.line(user("u2", json!([{"type": "text", "text": "and now?"}]))), PARTS);
    assert_eq!(
        r.shown(),
        ["person message text: why does the\nbuild fail?", "person message text: and now?"]
    );
    let part = &r.parts[0];
    assert_eq!((part.native_key.as_str(), part.record_id.as_deref()), ("u1", Some("u1")));
    assert_eq!((part.session.as_str(), part.cwd.as_deref()), ("s1", Some("/srv/app")));
    assert_eq!(part.timestamp, Some("2026-02-03T04:05:06.789Z".parse().expect("a time")));
    assert!(r.parts[0].position < r.parts[1].position);
    // What is known of the session comes once, and before its first part.
    assert_eq!(r.facts.len(), 2);
    assert_eq!(r.facts[0].cwd.as_deref(), Some("/srv/app"));
    assert_eq!(r.facts[0].branch.as_deref(), Some("main"));
    assert_eq!(r.titles(), [(TitleRank::FirstPrompt, "why does the build fail?")]);
}

#[test]
fn the_first_directory_is_the_sessions_and_a_new_branch_is_told() {
    let mut r = session();
    r.line(record("a", "system", json!({"subtype": "turn_duration", "cwd": "/srv/first"})));
    assert!(r.facts.is_empty());
    r.line(user("b", json!("x")));
    r.line(record("c", "user", json!({"cwd": "/srv/app/sub", "message": {"content": "y"}})));
    let branch = json!({"gitBranch": "fix", "message": {"content": "z"}});
    r.line(record("d", "user", branch));
    let cwds: Vec<_> = r.facts.iter().filter_map(|f| f.cwd.as_deref()).collect();
    assert_eq!(cwds, ["/srv/first", "/srv/first"]);
    assert_eq!(r.facts.last().and_then(|f| f.branch.as_deref()), Some("fix"));
    assert_eq!(r.parts[1].cwd.as_deref(), Some("/srv/app/sub"));
}

#[test]
fn parts_of_one_message_share_a_key_and_calls_have_their_own() {
    let mut r = session();
    r.line(assistant(
        "a1",
        "msg_1",
        json!([{"type": "thinking", "thinking": "hm", "signature": "x"}]),
    ));
    r.line(assistant("a2", "msg_1", json!([{"type": "text", "text": "I look."}])));
    r.line(assistant(
        "a3",
        "msg_1",
        tool_use("toolu_1", "Bash", json!({"command": "ls", "description": "List"})),
    ));
    r.line(user("u1", tool_result("toolu_1", json!("a.rs\nb.rs"), false)));
    r.line(assistant("a4", "msg_1", json!([{"type": "text", "text": "Done."}])));
    assert_eq!(r.outcomes, [skipped("thinking"), PARTS, PARTS, PARTS, PARTS]);
    assert_eq!(
        r.shown(),
        [
            "agent message text: I look.",
            "tool tool input: ls\n# List",
            "tool tool output: a.rs\nb.rs",
            "agent message text: Done."
        ]
    );
    let keys: Vec<_> =
        r.parts.iter().map(|p| (p.native_key.as_str(), p.part_key.as_str())).collect();
    assert_eq!(
        keys,
        [("a2", "a2:0"), ("a3:0", "input"), ("a3:0", "output"), ("a4", "a4:0")],
        "what follows a result is another reply, whatever its id"
    );
    assert_eq!(r.parts[1].tool.as_deref(), Some("Bash"));
}

#[test]
fn results_can_be_lists_and_errors_are_marked() {
    let mut r = session();
    let list = json!([{"type": "text", "text": "one"}, {"type": "image", "source": {"data": "AA"}},
                      {"type": "text", "text": "two"}, {"type": "tool_reference", "tool_name": "x"}]);
    r.line(user("u1", tool_result("t1", list, false)));
    let error = "<tool_use_error>File has not been read yet.</tool_use_error>";
    r.line(user("u2", tool_result("t2", json!(error), true)));
    let read = "     1→fn main\n\n<system-reminder>\nConsider malware.\n</system-reminder>\n";
    r.line(user("u3", tool_result("t3", json!(read), false)));
    assert_eq!(
        r.shown(),
        [
            "tool tool output: one\ntwo",
            "tool tool error: File has not been read yet.",
            "tool tool output:      1→fn main"
        ]
    );
    let image = json!([{"type": "image", "source": {"data": "AA"}}]);
    assert_eq!(r.line(user("u4", tool_result("t4", image, false))), skipped("image"));
    assert_eq!(r.line(user("u5", tool_result("t5", json!(""), false))), skipped("empty"));
}

#[test]
fn files_touched_are_named_relative_to_the_session() {
    let mut r = session();
    let input = json!({"file_path": "/srv/app/src/a.rs", "old_string": "x", "new_string": "y"});
    r.line(assistant("a1", "m1", tool_use("t1", "Edit", input)));
    r.line(assistant("a2", "m1", tool_use("t2", "Read", json!({"file_path": "/etc/hosts"}))));
    r.line(assistant(
        "a3",
        "m1",
        tool_use("t3", "Grep", json!({"pattern": "x", "path": "/srv/app/src"})),
    ));
    let paths: Vec<_> = r.parts.iter().map(|p| p.path.as_deref()).collect();
    assert_eq!(paths, [Some("src/a.rs"), Some("/etc/hosts"), None]);
}

#[test]
fn sub_agents_are_sessions_of_their_own_and_their_user_is_no_person() {
    let mut r = Reading::new(Agent::ClaudeCode, "p/s1/subagents/agent-a88.jsonl");
    r.line(record(
        "u1",
        "user",
        json!({"isSidechain": true, "agentId": "a88", "message": {"content": "explore it"}}),
    ));
    let part = &r.parts[0];
    assert_eq!((part.session.as_str(), part.parent_session.as_deref()), ("a88", Some("s1")));
    assert_eq!(part.speaker, Speaker::Agent);
    assert_eq!(r.facts[0].parent.as_deref(), Some("s1"));
    assert_eq!(r.titles(), [(TitleRank::FirstPrompt, "explore it")]);

    let mut r = Reading::new(Agent::ClaudeCode, "p/s1/agent-b7.jsonl");
    r.line(record("u1", "user", json!({"message": {"content": "x"}})));
    assert_eq!(r.parts[0].session, "b7");

    // Old versions kept them within the session: they do not name it.
    let mut r = session();
    r.line(record("u1", "user", json!({"isSidechain": true, "message": {"content": "Warm up"}})));
    assert_eq!((r.parts[0].session.as_str(), r.parts[0].speaker), ("s1", Speaker::Agent));
    assert!(r.titles().is_empty());

    let mut r = Reading::new(Agent::ClaudeCode, "p/s1/subagents/agent-acompact-1.jsonl");
    assert_eq!(r.line(user("u1", json!("again"))), skipped("compaction-helper"));
}

#[test]
fn compaction_gives_a_summary() {
    let mut r = session();
    let boundary = json!({"subtype": "compact_boundary", "content": "Conversation compacted"});
    assert_eq!(r.line(record("s", "system", boundary)), skipped("system"));
    let summary = json!({"isCompactSummary": true, "message": {"content": "We fixed it."}});
    r.line(record("u1", "user", summary));
    r.line(user("u2", json!("This session is being continued from a previous conversation. x")));
    let recap =
        json!({"subtype": "away_summary", "content": "We wait. (disable recaps in /config)"});
    r.line(record("u3", "system", recap));
    assert_eq!(
        r.shown(),
        [
            "agent summary text: We fixed it.",
            "agent summary text: This session is being continued from a previous conversation. x",
            "agent summary text: We wait."
        ]
    );
    assert!(r.titles().is_empty());
}

#[test]
fn noise_is_skipped_with_a_reason() {
    let mut r = session();
    for (line, reason) in [
        (record("u", "user", json!({"isMeta": true, "message": {"content": "x"}})), "meta"),
        (user("u", json!("<local-command-stdout>Bye</local-command-stdout>")), "command-output"),
        (user("u", json!("<bash-input>ls</bash-input>")), "bash-input"),
        (user("u", json!("<task-notification>\nx")), "task-notification"),
        (user("u", json!("<system-reminder>x</system-reminder>")), "system-reminder"),
        (
            user("u", json!([{"type": "text", "text": "[Request interrupted by user]"}])),
            "interrupted",
        ),
        (user("u", json!([{"type": "image", "source": {}}])), "image"),
        (record("u", "progress", json!({"data": {"x": 1}})), "progress"),
        (
            json!({"type": "file-history-snapshot", "messageId": "m", "snapshot": {}}).to_string(),
            "snapshot",
        ),
        (json!({"type": "last-prompt", "lastPrompt": "x", "sessionId": "s1"}).to_string(), "state"),
        (record("u", "system", json!({"subtype": "stop_hook_summary"})), "system"),
        (record("u", "system", json!({"subtype": "api_error"})), "api-error"),
        (
            record(
                "u",
                "attachment",
                json!({"attachment": {"type": "hook_success", "content": "x"}}),
            ),
            "hook-output",
        ),
        (
            record(
                "u",
                "attachment",
                json!({"attachment": {"type": "skill_listing", "content": "x"}}),
            ),
            "listing",
        ),
        (
            record("u", "attachment", json!({"attachment": {"type": "todo", "content": "x"}})),
            "attachment",
        ),
        (
            record(
                "u",
                "assistant",
                json!({"isApiErrorMessage": true, "message": {"content": "API Error"}}),
            ),
            "api-error",
        ),
        (
            record(
                "u",
                "assistant",
                json!({"message": {"model": "<synthetic>", "content": "No."}}),
            ),
            "synthetic",
        ),
        (assistant("u", "m", json!([{"type": "text", "text": "\n\n"}])), "empty"),
        ("// a comment".to_owned(), "comment"),
    ] {
        assert_eq!(r.line(&line), skipped(reason), "{line}");
    }
    assert!(r.parts.is_empty() && r.facts.is_empty());
}

#[test]
fn commands_are_kept_and_bare_ones_name_nothing() {
    let mut r = session();
    r.line(user("u1", json!("<command-name>/clear</command-name><command-args></command-args>")));
    r.line(record(
        "u2",
        "system",
        json!({"subtype": "local_command", "content":
        "<command-name>/model</command-name>\n<command-args>opus</command-args>"}),
    ));
    assert_eq!(r.shown(), ["person message text: /clear", "person message text: /model opus"]);
    assert_eq!(r.titles(), [(TitleRank::FirstPrompt, "/model opus")]);
}

#[test]
fn titles_and_pull_requests_are_facts() {
    let mut r = session();
    for line in [
        json!({"type": "custom-title", "customTitle": "Mine", "sessionId": "s1"}),
        json!({"type": "ai-title", "aiTitle": "Its", "sessionId": "s1"}),
        json!({"type": "agent-name", "agentName": "name", "sessionId": "s1"}),
        json!({"type": "pr-link", "prUrl": "https://forge.test/a/b/pull/7", "prNumber": 7, "sessionId": "s1"}),
    ] {
        assert_eq!(r.line(line.to_string()), LineOutcome::Metadata);
    }
    assert_eq!(
        r.titles(),
        [(TitleRank::Custom, "Mine"), (TitleRank::Ai, "Its"), (TitleRank::Ai, "name")]
    );
    let url = r.facts.iter().find_map(|f| f.pull_request.as_deref());
    assert_eq!(url, Some("https://forge.test/a/b/pull/7"));
}

#[test]
fn a_summary_at_the_beginning_waits_for_its_record() {
    let mut r = session();
    let summary = |text: &str, leaf: &str| {
        json!({"type": "summary", "summary": text, "leafUuid": leaf}).to_string()
    };
    assert_eq!(r.line(summary("Another session", "zz")), skipped("foreign-summary"));
    assert_eq!(r.line(summary("This one", "u2")), skipped("foreign-summary"));
    r.line(user("u1", json!("first")));
    assert!(!r.titles().iter().any(|(rank, _)| *rank == TitleRank::Summary));
    r.line(user("u2", json!("second")));
    assert_eq!(r.line(summary("Later", "u1")), LineOutcome::Metadata);
    let summaries: Vec<_> =
        r.titles().into_iter().filter(|(rank, _)| *rank == TitleRank::Summary).collect();
    assert_eq!(summaries, [(TitleRank::Summary, "This one"), (TitleRank::Summary, "Later")]);
}

#[test]
fn prompts_typed_meanwhile_are_neither_lost_nor_doubled() {
    let queue = |operation: &str, content: Option<&str>| {
        let mut line = json!({"type": "queue-operation", "operation": operation, "sessionId": "s1",
                              "timestamp": "2026-02-03T04:05:06Z"});
        if let Some(content) = content {
            line["content"] = json!(content);
        }
        line.to_string()
    };
    let attached = |text: &str| {
        record(
            "q",
            "attachment",
            json!({"attachment":
            {"type": "queued_command", "commandMode": "prompt", "prompt": text}}),
        )
    };
    let mut r = session();
    // Handed to the agent at once; in some versions nothing else tells of it.
    r.line(queue("enqueue", Some("<task-notification>x")));
    r.line(queue("enqueue", Some("use tabs")));
    assert_eq!(r.line(queue("remove", None)), PARTS);
    // Other versions write an attachment besides: it is the same document.
    r.line(attached("use tabs"));
    assert_eq!(r.shown(), ["person message text: use tabs", "person message text: use tabs"]);
    assert_eq!(r.parts[0].native_key, r.parts[1].native_key);
    assert_eq!(r.parts[0].part_key, r.parts[1].part_key);
    // Delivered as a record of its own.
    r.line(queue("enqueue", Some("and spaces")));
    r.line(queue("dequeue", None));
    r.line(user("u1", json!("and spaces")));
    assert_eq!(r.line(queue("remove", None)), skipped("queue"));
    // Taken back.
    r.line(queue("enqueue", Some("no")));
    r.line(queue("popAll", Some("no")));
    assert_eq!(r.line(queue("remove", None)), skipped("queue"));
    assert_eq!(r.parts.len(), 3);
    let notified =
        json!({"type": "queued_command", "commandMode": "task-notification", "prompt": "x"});
    assert_eq!(
        r.line(record("q", "attachment", json!({"attachment": notified}))),
        skipped("task-notification")
    );
}

#[test]
fn our_own_output_is_never_read() {
    let mut r = session();
    let span = "<camille-recall id=\"1\">a colleague's words</camille-recall>";
    let own = skipped("own-output");
    // What a hook or a tool put into the conversation.
    assert_eq!(r.line(user("u1", json!(span))), own);
    assert_eq!(r.line(user("u2", json!(format!("before {span} after")))), PARTS);
    assert_eq!(r.line(user("u3", tool_result("t", json!(span), false))), own);
    assert_eq!(r.line(assistant("a1", "m", json!([{"type": "text", "text": span}]))), own);
    // Tools over MCP, input and result.
    let call = tool_use("t1", "mcp__camille__search", json!({"query": "x"}));
    assert_eq!(r.line(assistant("a2", "m", call)), own);
    assert_eq!(r.line(user("u4", tool_result("t1", json!("their words"), false))), own);
    // The command in a shell: the question is the person's, the answer is not.
    let call = tool_use("t2", "Bash", json!({"command": "cd /srv && camille search tokens"}));
    assert_eq!(r.line(assistant("a3", "m", call)), PARTS);
    assert_eq!(r.line(user("u5", tool_result("t2", json!("their words"), false))), own);
    // And in the background.
    let call =
        tool_use("t3", "Bash", json!({"command": "camille search x", "run_in_background": true}));
    r.line(assistant("a4", "m", call));
    let started = "Command running in background with ID: b17. Output is being written";
    assert_eq!(r.line(user("u6", tool_result("t3", json!(started), false))), own);
    r.line(assistant("a5", "m", tool_use("t4", "BashOutput", json!({"bash_id": "b17"}))));
    assert_eq!(r.line(user("u7", tool_result("t4", json!("their words"), false))), own);
    // Others stay.
    r.line(assistant("a6", "m", tool_use("t5", "Bash", json!({"command": "ls camille"}))));
    assert_eq!(r.line(user("u8", tool_result("t5", json!("src"), false))), PARTS);
    assert!(r.parts.iter().all(|p| !p.text.contains("words")), "{:?}", r.shown());
    assert_eq!(r.parts[0].text, "before  after");
}

#[test]
fn secrets_go_from_every_field() {
    let token = concat!("gh", "p_16C7e42F292c6912E7710c838347Ae178B4a");
    let mut r = session();
    let more = json!({
        "cwd": format!("/srv/{token}"), "gitBranch": format!("fix-{token}"),
        "uuid": format!("u-{token}"), "sessionId": format!("s-{token}"),
        "message": {"content": format!("use {token}")},
    });
    r.line(record("x", "user", more));
    r.line(assistant(
        "a",
        "m",
        tool_use("t", "Write", json!({"file_path": format!("/a/{token}"), "content": token})),
    ));
    r.line(assistant("a", "m", tool_use("t", token, json!({"x": {"y": [token]}}))));
    r.line(json!({"type": "custom-title", "customTitle": token, "sessionId": "s1"}).to_string());
    r.line(
        json!({"type": "pr-link", "prUrl": format!("https://ada:k3Qx7Lw9@h/{token}")}).to_string(),
    );
    r.line(json!({"type": token}).to_string());
    let shown = format!("{:?} {:?} {:?} {:?}", r.parts, r.facts, r.outcomes, r.cursor);
    assert!(!shown.contains(&token[4..]) && !shown.contains("k3Qx7Lw9"), "{shown}");
    assert!(shown.contains("[redacted:github-token]") && shown.contains("[redacted:url-password]"));
    assert!(r.redacted.len() >= 6, "{:?}", r.redacted);
}

#[test]
fn redaction_comes_before_the_cut() {
    let token = concat!("gh", "p_16C7e42F292c6912E7710c838347Ae178B4a");
    let mut r = session();
    // The token stands across the end of what is kept.
    let text = format!("{} {token}", "é ".repeat((TEXT_BYTES_MAX - 15) / 3));
    r.line(user("u", tool_result("t", json!(text), false)));
    let kept = &r.parts[0].text;
    assert!(kept.len() <= TEXT_BYTES_MAX && kept.len() > TEXT_BYTES_MAX - 4);
    assert!(!kept.contains(&token[..8]));
}

#[test]
fn dirt_is_survived_and_counted() {
    let mut r = session();
    let two = format!("{}{}", user("u1", json!("one")), user("u2", json!("two")));
    assert_eq!(r.line(&two), PARTS);
    assert_eq!(r.parts[0].text, "one");
    assert_eq!((r.parts[1].text.as_str(), r.parts[1].native_key.as_str()), ("two", "u2"));
    let and_snapshot = format!("{}{}", json!({"type": "mode"}), user("u3", json!("three")));
    assert_eq!(r.line(and_snapshot), PARTS);
    assert_eq!(r.line(format!("\u{feff}{}\r", user("u4", json!("four")))), PARTS);
    let mut invalid = user("u5", json!("five @")).into_bytes();
    let at = invalid.iter().position(|b| *b == b'@').expect("the mark");
    invalid[at] = 0xff;
    assert_eq!(r.line(invalid), PARTS);
    let half = user("u6", json!("six @")).replace('@', r"\ud83d");
    assert_eq!(r.line(half), PARTS);
    let texts: Vec<_> = r.parts[2..].iter().map(|p| p.text.as_str()).collect();
    assert_eq!(texts, ["three", "four", "five \u{fffd}", "six \u{fffd}"]);

    for blank in ["", " \t", "\r", "\u{feff}"] {
        assert_eq!(r.line(blank), LineOutcome::Blank);
    }
    let torn = user("u7", json!("seven"));
    for end in [1, 30, torn.len() - 1] {
        assert!(matches!(r.line(&torn[..end]), LineOutcome::Unfinished(_)), "{end}");
    }
    for defect in [
        "42",
        "\"text\"",
        "[1]",
        "null",
        "{\"silly\":1}",
        "{\"type\":\"new-thing\"}",
        "\0\0",
        "{\"type\":\"user\"}",
        "{\"type\":\"user\",\"message\":\"x\"}",
        "{\"type\":\"assistant\",\"message\":{}}",
    ] {
        assert!(matches!(r.line(defect), LineOutcome::Defective(_)), "{defect}");
    }
    assert_eq!(r.line("{\"type\":\"user\",\"message\":{\"content\":[]}}"), skipped("empty"));
}

#[test]
fn a_record_without_ids_is_known_by_its_place() {
    let mut r = session();
    r.line("{\"type\":\"user\",\"message\":{\"content\":\"a\"}}");
    r.line("{\"type\":\"user\",\"message\":{\"content\":[\"a\",\"b\"]}}");
    assert_eq!(r.parts[0].native_key, "s1:0");
    assert_eq!(r.parts[1].native_key, r.parts[2].native_key);
    assert_ne!(r.parts[1].part_key, r.parts[2].part_key);
    assert_ne!(r.parts[0].native_key, r.parts[1].native_key);
    assert_eq!((r.parts[1].record_id.as_deref(), r.parts[1].timestamp), (None, None));
}

#[test]
fn a_line_read_again_gives_the_same_parts() {
    let lines = [
        user("u1", json!("one")),
        assistant(
            "a1",
            "m1",
            json!([{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]),
        ),
        assistant("a2", "m1", tool_use("t1", "Bash", json!({"command": "ls"}))),
    ];
    let (mut first, mut second) = (session(), session());
    for line in &lines {
        first.line(line);
        second.line(line);
    }
    assert_eq!(first.parts, second.parts);
}

#[test]
fn records_of_the_harness_are_skipped_with_a_class() {
    let mut r = session();
    for (kind, class) in [
        ("atis-latch", "state"),
        ("tools-used", "state"),
        ("cost-state", "state"),
        ("relocated", "state"),
        ("attribution-snapshot", "state"),
        ("artifact-autoreact-ledger", "state"),
        ("artifact-comment-monitor", "state"),
        ("continued-in", "state"),
        ("api-request", "request"),
        ("api-request-shape", "request"),
        ("api-request-blob", "request"),
    ] {
        let line = json!({"type": kind, "sessionId": "s1", "tools": ["heron"],
                          "message": {"role": "user", "content": "heron"}});
        assert_eq!(r.line(line.to_string()), skipped(class), "{kind}");
    }
    let journal = "p/s1/subagents/workflows/wf_1/journal.jsonl";
    let mut j = Reading::new(Agent::ClaudeCode, journal);
    for line in [
        json!({"type": "started", "key": "v2:k", "agentId": "a"}),
        json!({"type": "result", "key": "v2:k", "agentId": "a", "result": {"summary": "heron"}}),
    ] {
        assert_eq!(j.line(line.to_string()), skipped("journal"));
        assert_eq!(r.line(line.to_string()), skipped("journal"));
    }
    assert!(r.parts.is_empty() && r.facts.is_empty() && j.parts.is_empty() && j.facts.is_empty());
}

#[test]
fn marks_tell_who_speaks() {
    for (marks, speaker) in [
        (json!({}), Some(Speaker::Person)),
        (json!({"promptSource": "typed", "origin": {"kind": "human"}}), Some(Speaker::Person)),
        (json!({"promptSource": "sdk", "origin": {"kind": "human"}}), Some(Speaker::Person)),
        (json!({"turnOrigin": "human"}), Some(Speaker::Person)),
        (json!({"turnOrigin": "sdk", "promptSource": "sdk"}), Some(Speaker::Person)),
        (json!({"promptSource": "queued", "sessionKind": "bg"}), Some(Speaker::Person)),
        (json!({"sourceToolAssistantUUID": "a1"}), Some(Speaker::Person)),
        (json!({"origin": {"kind": "peer"}}), Some(Speaker::Agent)),
        (json!({"origin": {"kind": "news"}}), Some(Speaker::Agent)),
        (json!({"origin": {"kind": "peer"}, "promptSource": "typed"}), Some(Speaker::Agent)),
        (json!({"origin": {"kind": "task-notification"}}), None),
        (json!({"turnOrigin": "task_notification"}), None),
        (json!({"turnOrigin": "system"}), None),
        (json!({"promptSource": "system"}), None),
        (json!({"promptSource": "system", "origin": {"kind": "human"}}), None),
        (json!({"isVisibleInTranscriptOnly": true}), None),
        (json!({"isMeta": true}), None),
        (json!({"sourceToolUseID": "t1"}), None),
    ] {
        for attached in [false, true] {
            let mut r = session();
            let mut more = marks.clone();
            let members = more.as_object_mut().expect("an object");
            let kind = if attached { "attachment" } else { "user" };
            members.insert("message".into(), json!({"content": "the heron #private"}));
            let queued = json!({"type": "queued_command", "commandMode": "prompt", "prompt": "the heron #private"});
            members.insert("attachment".into(), queued);
            r.line(record("u1", kind, more));
            assert_eq!(r.parts.first().map(|part| part.speaker), speaker, "{marks} {kind}");
            let is_persons = speaker == Some(Speaker::Person);
            assert_eq!(!r.titles().is_empty(), is_persons, "{marks} {kind}");
            assert_eq!(r.facts.iter().any(|fact| fact.private), is_persons, "{marks} {kind}");
        }
    }
}

#[test]
fn words_of_other_agents_are_no_persons() {
    let mut r = session();
    let teammate = "Another session sent a message:\n<teammate-message teammate_id=\"b\">\nPorted.\n\
                    </teammate-message>\n\nNot typed by your user.";
    r.line(user("u1", json!(teammate)));
    r.line(user("u2", json!("<cross-session-message from=\"b\">Ready?</cross-session-message>")));
    r.line(record(
        "u3",
        "attachment",
        json!({"attachment": {"type": "queued_command", "commandMode": "prompt",
               "prompt": "<teammate-message teammate_id=\"b\">And tested.</teammate-message>"}}),
    ));
    r.line(user("u4", json!("now the tests")));
    assert_eq!(
        r.shown(),
        [
            "agent message text: Ported.",
            "agent message text: And tested.",
            "person message text: now the tests"
        ]
    );
    assert_eq!(r.titles(), [(TitleRank::FirstPrompt, "now the tests")]);
}

#[test]
fn results_of_the_servers_tools_belong_to_their_calls() {
    let mut r = session();
    for (kind, content, text) in [
        (
            "advisor_tool_result",
            json!({"type": "advisor_result", "text": "Plant first."}),
            "Plant first.",
        ),
        (
            "web_search_tool_result",
            json!([{"type": "web_search_result", "title": "Herons", "url": "https://h.test/",
                    "encrypted_content": "QUJD"}]),
            "Herons\nhttps://h.test/",
        ),
        (
            "bash_code_execution_tool_result",
            json!({"type": "bash_code_execution_result", "stdout": "a", "stderr": "b", "content": []}),
            "a\nb",
        ),
        (
            "web_fetch_tool_result",
            json!({"type": "web_fetch_tool_result_error", "error_code": "unavailable"}),
            "unavailable",
        ),
    ] {
        let content = json!([
            {"type": "server_tool_use", "id": "srv1", "name": "advisor", "input": {}},
            {"type": kind, "tool_use_id": "srv1", "content": content},
        ]);
        assert_eq!(r.line(assistant("a1", "m1", content)), PARTS);
        let [call, result] = &r.parts[..] else { panic!("a call and its result") };
        assert_eq!((&call.native_key, result.text.as_str()), (&result.native_key, text));
        r.parts.clear();
    }
}

#[test]
fn a_whole_record_behind_a_torn_one_is_read() {
    let whole = user("u2", json!("where is the heron?"));
    let torn = assistant(
        "a1",
        "m1",
        json!([{"type": "text", "text": "not whole"}, {"type": "tool_use", "id": "t", "input": {"a": {"b": 1}}}]),
    );
    // Wherever the first one was cut off.
    for end in (1..torn.len()).filter(|end| torn.is_char_boundary(*end)) {
        let mut r = session();
        assert_eq!(r.line(format!("{}{whole}", &torn[..end])), PARTS, "{end}");
        assert_eq!(r.shown(), ["person message text: where is the heron?"], "{end}");
        assert_eq!(r.torn.len(), 1, "{end}");
        // And what it holds is no record.
        let mut r = session();
        r.line(&torn[..end]);
        assert!(r.parts.is_empty() && r.torn.is_empty(), "{end}");
    }
}

#[test]
fn sessions_name_whom_they_follow() {
    let kin = |r: &Reading| r.facts.iter().flat_map(|f| f.kin.clone()).collect::<Vec<_>>();
    let follows = |r: &Reading| r.facts.iter().flat_map(|f| f.follows.clone()).collect::<Vec<_>>();
    let mut r = session();
    let after = |uuid: &str, parent: &str| {
        record(uuid, "user", json!({"parentUuid": parent, "message": {"content": uuid}}))
    };
    r.line(user("u1", json!("one")));
    r.line(after("u2", "u1"));
    r.line(record("p", "progress", json!({"parentUuid": "u2"})));
    r.line(after("u3", "p"));
    assert!(kin(&r).is_empty() && follows(&r).is_empty());
    r.line(after("u4", "elsewhere"));
    r.line(
        json!({"type": "continued-in", "sessionId": "s1", "successorSessionId": "s2"}).to_string(),
    );
    assert_eq!((kin(&r), follows(&r)), (vec!["s2".to_owned()], vec!["elsewhere".to_owned(); 2]));

    let mut r = session();
    let boundary = json!({"subtype": "compact_boundary", "logicalParentUuid": "b"});
    r.line(record("s", "system", boundary));
    r.line(json!({"type": "summary", "summary": "x", "leafUuid": "leaf"}).to_string());
    let fork = json!({"forkedFrom": {"sessionId": "s0", "messageUuid": "m0"}, "message": {"content": "x"}});
    r.line(record("u1", "user", fork));
    assert_eq!(
        (kin(&r), follows(&r)),
        (vec!["s0".to_owned()], vec!["b".into(), "leaf".into(), "m0".into()])
    );

    let older = "0a1b2c3d-0000-4000-8000-000000000009";
    let mut r = Reading::new(Agent::ClaudeCode, &format!("p/-srv/{older}.jsonl"));
    r.line(user("u1", json!("taken up")));
    assert_eq!((r.facts[0].session.as_str(), kin(&r)), ("s1", vec![older.to_owned()]));
    // An export: all that are called so are not one conversation.
    let mut r = Reading::new(Agent::ClaudeCode, "p/-srv/s9.jsonl");
    r.line(user("u1", json!("exported")));
    assert!(kin(&r).is_empty());
}

#[test]
fn a_record_without_a_uuid_shows_the_id_it_has() {
    let mut r = session();
    let content = json!([{"type": "text", "text": "I look."}, {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}]);
    r.line(json!({"type": "assistant", "sessionId": "s1", "message": {"id": "m1", "content": content}}).to_string());
    r.line(json!({"type": "user", "sessionId": "s1", "message": {"content": tool_result("t1", json!("x"), false)}}).to_string());
    let ids: Vec<_> = r.parts.iter().map(|part| part.record_id.as_deref()).collect();
    assert_eq!(ids, [Some("m1"), Some("m1"), Some("t1")]);
}
