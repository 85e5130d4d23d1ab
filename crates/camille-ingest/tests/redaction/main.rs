//! Secrets of every kind in `kinds.toml`, made up from their patterns, hidden wherever transcripts hold text:
//! none of them comes through.

mod sample;

use camille_ingest::redact::{Redactor, Tier};
use camille_ingest::transcript::{Cursor, Record, read_line};
use camille_proto::vocabulary::Agent;
use sample::{hidings, is_left, kinds};
use std::collections::BTreeMap;
use std::path::Path;

/// Placeholders, hashes, ids, code and documentation.
const CLEAN: &str = include_str!("clean.txt");

#[test]
fn the_kinds_are_many_and_twenty_are_public() {
    let kinds = kinds();
    assert!(kinds.len() >= 40);
    assert!(kinds.iter().filter(|kind| kind.from == "public").count() >= 20);
    assert!(kinds.iter().all(|kind| matches!(kind.from.as_str(), "public" | "documented")));
}

#[test]
fn no_sample_of_any_kind_is_left_wherever_it_stands() {
    let redactor = Redactor::default();
    let mut left: BTreeMap<(String, &str), (usize, String)> = BTreeMap::new();
    for kind in kinds() {
        for sample in kind.samples() {
            for (place, text) in hidings(&sample.text) {
                let redacted = redactor.redact(&text);
                if is_left(&sample.secret, &redacted.text) {
                    let entry = left.entry((kind.name.clone(), place)).or_default();
                    entry.0 += 1;
                    entry.1 = text;
                }
            }
        }
    }
    let shown: Vec<String> = left
        .iter()
        .map(|((kind, place), (count, text))| format!("{kind} in {place}: {count}, as {text:?}"))
        .collect();
    assert!(left.is_empty(), "{} of them:\n{}", left.len(), shown.join("\n"));
}

/// The lines of a transcript in which a text stands in every part that is kept.
fn lines(text: &str) -> Vec<(Agent, String)> {
    let text = serde_json::Value::from(text);
    let time = "2026-03-02T10:00:00Z";
    let claude = |record: serde_json::Value| (Agent::ClaudeCode, record.to_string());
    let codex = |payload: serde_json::Value| {
        let line = serde_json::json!({
            "timestamp": time, "type": "response_item", "payload": payload
        });
        (Agent::Codex, line.to_string())
    };
    let base = |kind: &str, message: serde_json::Value| {
        serde_json::json!({
            "type": kind, "uuid": "u", "sessionId": "s", "cwd": "/srv/app", "timestamp": time,
            "message": message
        })
    };
    let assistant = |block: serde_json::Value| {
        base("assistant", serde_json::json!({"id": "m", "role": "assistant", "content": [block]}))
    };
    vec![
        claude(base("user", serde_json::json!({"role": "user", "content": text}))),
        claude(base(
            "user",
            serde_json::json!({"role": "user", "content": [{"type": "text", "text": text}]}),
        )),
        claude(assistant(serde_json::json!({"type": "text", "text": text}))),
        claude(assistant(serde_json::json!({
            "type": "tool_use", "id": "t", "name": "Bash", "input": {"command": text}
        }))),
        claude(assistant(serde_json::json!({
            "type": "tool_use", "id": "t", "name": "Write",
            "input": {"file_path": "/srv/app/.env", "content": text}
        }))),
        claude(assistant(serde_json::json!({
            "type": "tool_use", "id": "t", "name": "mcp__x__y", "input": {"deep": {"er": [text]}}
        }))),
        claude(base(
            "user",
            serde_json::json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": text}
            ]}),
        )),
        claude(base(
            "user",
            serde_json::json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t", "is_error": true,
                 "content": [{"type": "text", "text": "before"}, {"type": "text", "text": text}]}
            ]}),
        )),
        codex(serde_json::json!({
            "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]
        })),
        codex(serde_json::json!({
            "type": "function_call", "name": "exec_command", "call_id": "c",
            "arguments": serde_json::json!({"cmd": text}).to_string()
        })),
        codex(serde_json::json!({
            "type": "function_call_output", "call_id": "c",
            "output": serde_json::json!({"output": text, "metadata": {"exit_code": 1}}).to_string()
        })),
    ]
}

#[test]
fn no_sample_comes_through_a_transcript() {
    let redactor = Redactor::default();
    let mut left = Vec::new();
    for kind in kinds() {
        for sample in kind.samples() {
            for (agent, line) in lines(&sample.text) {
                let mut cursor = Cursor::new(agent, Path::new("invented.jsonl"));
                let mut kept = String::new();
                let mut keep = |record: Record| kept.push_str(&format!("{record:?}\n"));
                let result = read_line(&mut cursor, &redactor, line.as_bytes(), 0, &mut keep);
                assert!(!kept.is_empty(), "{line}: {:?}", result.outcome);
                if is_left(&sample.secret, &kept) {
                    left.push(format!("{}: {line}", kind.name));
                }
                assert!(
                    result.findings.iter().any(|finding| finding.tier == Tier::Definite),
                    "{}: {line}: {:?}",
                    kind.name,
                    result.findings
                );
            }
        }
    }
    assert!(left.is_empty(), "{} of them, as {}", left.len(), left[0]);
}

#[test]
fn what_is_clean_stays_as_it_is_to_the_letter() {
    let redactor = Redactor::default();
    for text in std::iter::once(CLEAN).chain(CLEAN.lines()) {
        let redacted = redactor.redact(text);
        let rules: Vec<_> =
            redacted.found.iter().filter(|found| found.tier == Tier::Definite).collect();
        assert_eq!(redacted.text, text, "{rules:?}");
    }
}
