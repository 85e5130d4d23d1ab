//! Whatever a line holds: no panic, and nothing that a second redaction would change.

use camille_ingest::TEXT_BYTES_MAX;
use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{Cursor, LineOutcome, Record, read_line};
use camille_proto::vocabulary::Agent;
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::default);

/// Lines to mutate.
const LINES: &[&str] = &[
    r#"{"type":"user","uuid":"u1","sessionId":"s","cwd":"/srv","gitBranch":"b","timestamp":"2026-01-02T03:04:05Z","message":{"content":"why <system-reminder>x</system-reminder> \ud83d\ude00 postgres://ada:k3Qx7Lw9@h/d"}}"#,
    r#"{"type":"assistant","uuid":"a1","sessionId":"s","message":{"id":"m","content":[{"type":"thinking"},{"type":"text","text":"<camille-recall id=1>x</camille-recall> y"},{"type":"tool_use","id":"t","name":"Bash","input":{"command":["bash","-lc","camille search x"],"description":"d"}}]}}"#,
    r#"{"type":"user","uuid":"u2","sessionId":"s","agentId":"a","isSidechain":true,"message":{"content":[{"type":"tool_result","tool_use_id":"t","is_error":true,"content":[{"type":"text","text":"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n"},{"type":"image"}]}]}}"#,
    r#"{"type":"queue-operation","operation":"enqueue","content":"later"}"#,
    r#"{"type":"queue-operation","operation":"remove"}"#,
    r#"{"type":"summary","summary":"title","leafUuid":"u1"}"#,
    r#"{"timestamp":"2026-01-02T03:04:05Z","type":"session_meta","payload":{"id":"i","cwd":"/srv","git":{"repository_url":"https://x:k3Qx7Lw9@h/r.git"}}}"#,
    r#"{"type":"response_item","payload":{"type":"function_call","name":"exec_command","call_id":"c","arguments":"{\"cmd\":\"ls\"}"}}"#,
    r#"{"type":"response_item","payload":{"type":"function_call_output","call_id":"c","output":"{\"output\":\"x\",\"metadata\":{\"exit_code\":1}}"}}"#,
    r#"{"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"Bearer k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo"}]}}"#,
];

/// Records of both agents whose words are nobody's.
const SKIPPED: &[&str] = &[
    r#"{"type":"api-request-blob","sessionId":"s","hash":"h","message":{"role":"user","content":[{"type":"text","text":"heron"}]}}"#,
    r#"{"type":"api-request-shape","sessionId":"s","shape":{"system":[{"type":"text","text":"heron"}],"tools":[{"name":"heron"}]}}"#,
    r#"{"type":"api-request","sessionId":"s","params":{"system":"heron"},"querySource":"heron"}"#,
    r#"{"type":"tools-used","sessionId":"s","tools":["heron"]}"#,
    r#"{"type":"last-prompt","sessionId":"s","lastPrompt":"heron"}"#,
    r#"{"type":"relocated","sessionId":"s","relocatedCwd":"/heron"}"#,
    r#"{"type":"artifact-comment-monitor","sessionId":"s","content":"heron"}"#,
    r#"{"type":"progress","uuid":"p","sessionId":"s","data":{"message":{"type":"user","message":{"content":"heron"}}}}"#,
    r#"{"type":"result","key":"k","agentId":"a","result":{"summary":"heron"}}"#,
    r#"{"type":"attachment","uuid":"b","sessionId":"s","attachment":{"type":"prompt_snapshot","content":"heron","prompt":"heron"}}"#,
    r#"{"type":"user","uuid":"c","sessionId":"s","isMeta":true,"message":{"content":"heron"}}"#,
    r#"{"type":"user","uuid":"d","sessionId":"s","promptSource":"system","message":{"content":"heron"}}"#,
    r#"{"type":"user","uuid":"e","sessionId":"s","message":{"content":"<task-notification><summary>heron</summary></task-notification>"}}"#,
    r#"{"type":"system","uuid":"f","sessionId":"s","subtype":"stop_hook_summary","content":"heron"}"#,
    r#"{"timestamp":"t","type":"world_state","payload":{"state":"heron"}}"#,
    r#"{"timestamp":"t","type":"retained_context","payload":{"content":"heron","message":"heron"}}"#,
    r#"{"timestamp":"t","type":"realtime_item","payload":{"type":"message","content":"heron"}}"#,
    r#"{"timestamp":"t","type":"inter_agent_communication","payload":{"content":"heron"}}"#,
    r#"{"timestamp":"t","type":"event_msg","payload":{"type":"user_message","message":"heron"}}"#,
    r#"{"timestamp":"t","type":"event_msg","payload":{"type":"item_completed","item":{"type":"Reasoning","text":"heron"}}}"#,
    r#"{"timestamp":"t","type":"response_item","payload":{"type":"message","role":"developer","content":[{"type":"input_text","text":"heron"}]}}"#,
    r#"{"timestamp":"t","type":"response_item","payload":{"type":"additional_tools","tools":[{"name":"heron"}]}}"#,
    r#"{"timestamp":"t","type":"response_item","payload":{"type":"reasoning","summary":[{"text":"heron"}],"content":[{"text":"heron"}]}}"#,
    r#"{"timestamp":"t","type":"response_item","payload":{"type":"function_call_output","output":"heron"}}"#,
    r#"{"timestamp":"t","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"heron"}],"internal_chat_message_metadata_passthrough":{"content_item_kinds":["news"]}}}"#,
    r#"{"record_type":"state","state":"heron"}"#,
];

/// What is put in at some place.
const SPLICES: &[&str] = &[
    "",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    "null",
    "0",
    "\0",
    "\u{1b}[31m",
    "\\ud800",
    "\\n",
    "é",
    "🙂",
    "//",
    "<camille-recall id=\\\"1\\\">",
    "</camille-recall>",
    "<command-name>",
    "<system-reminder>",
    "-----BEGIN PRIVATE KEY-----",
    "://a:b1c2d3@h",
    "eyJ",
    "sk-",
    "{}",
    "\"type\":\"user\",",
];

#[derive(Debug, Clone)]
struct Mutation {
    at: prop::sample::Index,
    remove: usize,
    insert: &'static str,
    byte: Option<u8>,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    (any::<prop::sample::Index>(), 0_usize..40, prop::sample::select(SPLICES), any::<Option<u8>>())
        .prop_map(|(at, remove, insert, byte)| Mutation { at, remove, insert, byte })
}

fn mutated(line: &str, mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = line.as_bytes().to_vec();
    for mutation in mutations {
        let at = mutation.at.index(bytes.len() + 1);
        let end = (at + mutation.remove).min(bytes.len());
        let insert = mutation.insert.bytes().chain(mutation.byte);
        bytes.splice(at..end, insert.collect::<Vec<u8>>());
    }
    bytes
}

fn check(agent: Agent, lines: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let mut cursor = Cursor::new(agent, Path::new("s.jsonl"));
    let mut offset = 0;
    for line in lines {
        let mut records = Vec::new();
        let result = read_line(&mut cursor, &REDACTOR, line, offset, &mut |r| records.push(r));
        offset += line.len() as u64 + 1;
        let touches = |record: &&Record| matches!(record, Record::Touch(_));
        for touch in records.iter().filter(touches) {
            let Record::Touch(touch) = touch else { continue };
            for place in &touch.places {
                prop_assert!(REDACTOR.redact(&place.path).found.is_empty());
            }
        }
        // What was touched shows nothing, whatever became of the line.
        records.retain(|record| !touches(&record));
        let parts = records.iter().filter(|r| matches!(r, Record::Part(_))).count();
        match &result.outcome {
            LineOutcome::Parts => prop_assert!(parts > 0),
            LineOutcome::Metadata => prop_assert!(parts == 0 && !records.is_empty()),
            LineOutcome::Unfinished(reason) | LineOutcome::Defective(reason) => {
                prop_assert!(records.is_empty() && !reason.is_empty());
                prop_assert!(REDACTOR.redact(reason).found.is_empty());
            }
            LineOutcome::Skipped(_) | LineOutcome::Blank => prop_assert!(records.is_empty()),
        }
        for record in &records {
            match record {
                Record::Part(part) => {
                    prop_assert!(!part.text.trim().is_empty() && part.text.len() <= TEXT_BYTES_MAX);
                    let again = REDACTOR.redact(&part.text);
                    prop_assert_eq!(again.text.as_ref(), part.text.as_str());
                }
                Record::Touch(_) => {}
                Record::Session(fact) => {
                    for field in [&fact.cwd, &fact.branch, &fact.remote].into_iter().flatten() {
                        prop_assert!(REDACTOR.redact(field).found.is_empty());
                    }
                }
            }
        }
    }
    let stored = serde_json::to_string(&cursor).expect("a cursor is stored");
    prop_assert_eq!(serde_json::from_str::<Cursor>(&stored).expect("and read back"), cursor);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_lines_never_panic(
        lines in prop::collection::vec(
            (prop::sample::select(LINES), prop::collection::vec(mutation(), 0..4)), 1..12),
    ) {
        let lines: Vec<Vec<u8>> = lines.iter().map(|(line, m)| mutated(line, m)).collect();
        for agent in [Agent::ClaudeCode, Agent::Codex] {
            check(agent, &lines)?;
        }
    }

    #[test]
    fn any_bytes_never_panic(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4)) {
        for agent in [Agent::ClaudeCode, Agent::Codex] {
            check(agent, &lines)?;
        }
    }

    #[test]
    fn what_is_skipped_stands_in_nothing(
        picks in prop::collection::vec((0..SKIPPED.len(), 0..LINES.len(), any::<bool>()), 1..24),
    ) {
        for agent in [Agent::ClaudeCode, Agent::Codex] {
            let mut cursor = Cursor::new(agent, Path::new("s.jsonl"));
            let mut offset = 0;
            for (skipped, line, glued) in &picks {
                // Alone on a line, or before a record that is read.
                let line = if *glued { LINES[*line] } else { "" };
                for text in [format!("{}{line}", SKIPPED[*skipped]), LINES[picks[0].1].to_owned()] {
                    let mut records = Vec::new();
                    read_line(&mut cursor, &REDACTOR, text.as_bytes(), offset, &mut |mut r| {
                        // It is there to know who quotes it, and nowhere stored.
                        if let Record::Touch(touch) = &mut r {
                            touch.text.clear();
                        }
                        records.push(r);
                    });
                    offset += text.len() as u64 + 1;
                    let shown = format!("{records:?}");
                    prop_assert!(!shown.contains("heron"), "{text}");
                }
            }
            let kept = format!("{cursor:?}");
            prop_assert!(!kept.contains("heron"));
        }
    }
}
