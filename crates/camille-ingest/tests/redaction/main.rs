//! Secrets of every kind in `kinds.toml`, made up from their patterns, hidden wherever transcripts hold text:
//! none of them comes through.

mod decided;
mod sample;
mod situation;

use camille_ingest::redact::{Redactor, Tier};
use camille_ingest::transcript::{Cursor, Record, read_line};
use camille_proto::vocabulary::Agent;
use proptest::strategy::Strategy as _;
use sample::{hidings, is_left, kinds};
use situation::{alike, lookalikes, seats, seats_alike, shows, situations, ways};
use std::collections::{BTreeMap, BTreeSet};
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

/// Every place of a transcript that keeps the text, as it is kept.
fn kept(text: &str) -> Vec<String> {
    let redactor = Redactor::default();
    lines(text)
        .into_iter()
        .map(|(agent, line)| {
            let mut cursor = Cursor::new(agent, Path::new("invented.jsonl"));
            let mut kept = String::new();
            let mut keep = |record: Record| {
                if let Record::Part(part) = record {
                    kept.push_str(&part.text);
                }
            };
            read_line(&mut cursor, &redactor, line.as_bytes(), 0, &mut keep);
            kept
        })
        .collect()
}

#[test]
fn no_secret_of_any_situation_is_left() {
    let redactor = Redactor::default();
    let (mut left, mut count) = (Vec::new(), 0);
    for situation in situations() {
        count += 1;
        let shown = situation.samples.iter().find_map(|(secret, text)| {
            let in_json = serde_json::to_string(text).expect("a string");
            let texts = [text, &in_json];
            // A terminal wraps before anything is written down as JSON.
            let count = if situation.name.contains(": wrapped") { 1 } else { 2 };
            let redacted =
                texts.into_iter().take(count).map(|text| redactor.redact(text).text.into_owned());
            redacted.chain(kept(text)).find(|redacted| shows(redacted, secret))
        });
        left.extend(shown.map(|text| format!("{}: {text:?}", situation.name)));
    }
    assert!(count >= 350, "{count} situations");
    assert!(left.is_empty(), "{} of {count}:\n{}", left.len(), left.join("\n"));
}

#[test]
fn no_peer_sees_a_secret_in_whatever_way_its_name_stands_beside_it() {
    let redactor = Redactor::default();
    let (mut left, mut count, mut all) = (BTreeMap::new(), 0, BTreeSet::new());
    for (way, secret, text) in ways() {
        count += 1;
        all.insert(way.clone());
        let in_json = serde_json::to_string(&text).expect("a string");
        let shown = [&text, &in_json]
            .into_iter()
            .map(|text| redactor.redact_for_others(text).text)
            .find(|redacted| shows(redacted, &secret));
        if let Some(shown) = shown {
            let entry: &mut (usize, String) = left.entry(way).or_default();
            *entry = (entry.0 + 1, shown.into_owned());
        }
    }
    assert!(all.len() >= 640 && count >= 15_000, "{} ways, {count} texts", all.len());
    let out: usize = left.values().map(|(count, _)| count).sum();
    // What stays is listed in docs/security.md: a word in a sentence, a value before its name, two names between.
    assert!(out * 100 <= count * 2, "{out} of {count}:\n{left:#?}");
}

#[test]
fn what_only_looks_like_a_name_with_its_secret_stays_for_peers_as_well() {
    let redactor = Redactor::default();
    let (mut changed, mut count) = (Vec::new(), 0);
    for text in alike() {
        count += 1;
        let in_json = serde_json::to_string(&text).expect("a string");
        for text in [&text, &in_json, &text.replace('\n', "\r\n")] {
            let redacted = redactor.redact_for_others(text).text;
            if redacted != *text {
                changed.push(format!("{text:?} became {redacted:?}"));
            }
        }
    }
    assert!(count >= 220, "{count} look-alikes");
    assert!(changed.is_empty(), "{} of {count}:\n{}", changed.len(), changed.join("\n"));
}

#[test]
fn no_peer_sees_what_only_its_place_or_its_shape_makes_a_secret() {
    let redactor = Redactor::default();
    let (mut left, mut count) = (BTreeMap::new(), 0);
    for (seat, secret, text) in seats() {
        let wrapped =
            format!("{{\"x\": {}}}", serde_json::Value::from(format!("first\n{text}\nlast")));
        // One line of JSON, and JSON in it that writes quotes by their numbers.
        let line = serde_json::json!({"type": "result", "stdout": text, "exit": 0}).to_string();
        let numbered = serde_json::Value::from(line.clone()).to_string().replace("\\\"", r"\u0022");
        for text in [format!("look:\n{text}\nand fix it"), wrapped, line, numbered] {
            count += 1;
            // What a bank holds was redacted before.
            let stored = redactor.redact(&text).text;
            let shown = redactor.redact_for_others(&stored).text;
            assert_eq!(
                redactor.redact_for_others(&shown).text,
                shown,
                "redacting again changes nothing"
            );
            if shows(&shown, &secret) {
                left.insert(seat.clone(), shown.into_owned());
            }
        }
    }
    assert!(count >= 9_000, "{count} texts");
    // What stays: options of programs that do not say what they do, and one written without a space; calls and settings
    // that do not say it either.
    assert!(left.len() <= 13, "{} of {count}:\n{left:#?}", left.len());
}

/// A call and its result, as each agent writes them.
fn asked_and_answered(command: &str, result: &str) -> Vec<(Agent, [String; 2])> {
    let time = "2026-03-02T10:00:00Z";
    let claude = |kind: &str, content: serde_json::Value| {
        serde_json::json!({
            "type": kind, "uuid": kind, "sessionId": "s", "cwd": "/srv/app", "timestamp": time,
            "message": {"id": "m", "role": kind, "content": [content]}
        })
        .to_string()
    };
    let codex = |payload: serde_json::Value| {
        serde_json::json!({"timestamp": time, "type": "response_item", "payload": payload})
            .to_string()
    };
    vec![
        (
            Agent::ClaudeCode,
            [
                claude(
                    "assistant",
                    serde_json::json!({"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": command}}),
                ),
                claude(
                    "user",
                    serde_json::json!({"type": "tool_result", "tool_use_id": "t", "content": result}),
                ),
            ],
        ),
        (
            Agent::Codex,
            [
                codex(serde_json::json!({
                    "type": "function_call", "name": "exec_command", "call_id": "c",
                    "arguments": serde_json::json!({"cmd": command}).to_string()
                })),
                codex(serde_json::json!({
                    "type": "function_call_output", "call_id": "c",
                    "output": serde_json::json!({"output": result, "metadata": {"exit_code": 0}}).to_string()
                })),
            ],
        ),
    ]
}

#[test]
fn an_answer_that_is_all_secret_is_known_by_what_was_asked() {
    let redactor = Redactor::default();
    let secret = ["gurfor", "nitwat"].concat();
    let kept = |command: &str| {
        let read = |(agent, lines): (Agent, [String; 2])| {
            let mut cursor = Cursor::new(agent, Path::new("invented.jsonl"));
            let mut kept = String::new();
            for (at, line) in lines.iter().enumerate() {
                let mut keep = |record: Record| {
                    if let Record::Part(part) = record {
                        kept.push_str(&part.text);
                    }
                };
                read_line(&mut cursor, &redactor, line.as_bytes(), at as u64 * 1000, &mut keep);
            }
            kept
        };
        asked_and_answered(command, &format!("{secret}\n"))
            .into_iter()
            .map(read)
            .collect::<Vec<_>>()
    };
    for command in [
        "cat /run/app/db_pw_secret",
        "vault kv get -field=pw secret/app",
        "pass show work/db",
        "kubectl get secret app -o jsonpath='{.data.x}' | base64 -d",
        "op read op://work/db/x",
        "pwgen -s 12 1",
    ] {
        for kept in kept(command) {
            assert!(!kept.contains(&secret), "{command}: {kept}");
        }
    }
    for kept in kept("git branch --show-current") {
        assert!(kept.contains(&secret), "what nobody asked to be secret stays: {kept}");
    }
}

#[test]
fn what_only_stands_or_looks_like_a_secret_stays_for_peers_as_well() {
    let redactor = Redactor::default();
    let (mut changed, mut count) = (Vec::new(), 0);
    for text in seats_alike() {
        count += 1;
        let in_json = serde_json::to_string(&text).expect("a string");
        for text in [&text, &in_json, &text.replace('\n', "\r\n")] {
            let redacted = redactor.redact_for_others(text).text;
            if redacted != *text {
                changed.push(format!("{text:?} became {redacted:?}"));
            }
        }
    }
    assert!(count >= 300, "{count} look-alikes");
    assert!(changed.is_empty(), "{} of {count}:\n{}", changed.len(), changed.join("\n"));
}

#[test]
fn what_looks_alike_stays_as_it_is_to_the_letter() {
    let redactor = Redactor::default();
    let (mut changed, mut count) = (Vec::new(), 0);
    for text in lookalikes() {
        count += 1;
        let in_json = serde_json::to_string(&text).expect("a string");
        for text in [&text, &in_json, &text.replace('\n', "\r\n")] {
            let redacted = redactor.redact(text).text;
            if redacted != *text {
                changed.push(format!("{text:?} became {redacted:?}"));
            }
        }
    }
    assert!(count >= 200, "{count} look-alikes");
    assert!(changed.is_empty(), "{} of {count}:\n{}", changed.len(), changed.join("\n"));
}

/// Ways in which a name, `N`, and its value, `V`, stand together.
const JOINED: &[&str] = &[
    "N=V",
    "N: V",
    "N = \"V\"",
    "\"N\": \"V\"",
    "{\"N\":\"V\",\"x\":1}",
    "'N' => 'V'",
    "<N>V</N>",
    "<add key=\"N\" value=\"V\"/>",
    "- name: N\n  value: V\n",
    "{\"name\": \"N\", \"value\": \"V\"}",
    "f(\"N\", \"V\")",
    "| N | V |",
    "app --N V --x",
    "export N='V'",
];

/// Text as another format writes it.
type Wrap = fn(&str) -> String;

const WRAPPED: &[(&str, Wrap)] = &[
    ("as it is", str::to_owned),
    ("JSON", |text| serde_json::Value::from(text).to_string()),
    ("JSON in JSON", |text| {
        serde_json::Value::from(serde_json::Value::from(text).to_string()).to_string()
    }),
    ("HTML", |text| {
        let text = text.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;");
        text.replace('<', "&lt;").replace('>', "&gt;")
    }),
    ("JSON with numbers", |text| text.replace('"', r"\u0022").replace('\n', r"\n")),
    ("Windows", |text| text.replace('\n', "\r\n")),
];

proptest::proptest! {
    #[test]
    fn every_name_goes_with_every_way_and_every_wrapping(
        // Few different letters are those of placeholders.
        value in "[a-z]{4}[0-9]{3}[a-z]{5}|[A-Z][a-z]{6}[0-9]{4}|[A-Za-z]{9}[0-9]{2}[A-Za-z0-9]{13}|[a-f0-9]{40}"
            .prop_filter("looks like a placeholder", |value| {
                value.chars().collect::<BTreeSet<_>>().len() >= 7
            }),
        name in proptest::sample::select(vec![
            "DB_PASSWORD", "password", "db.password", "userPassword", "PGPASSWORD", "apiPasswd", "SMTP_PASS",
        ]),
    ) {
        let redactor = Redactor::default();
        for joined in JOINED {
            let text = joined.replace('V', "\u{1}").replace('N', name).replace('\u{1}', &value);
            for (wrapping, wrap) in WRAPPED {
                let text = wrap(&text);
                let redacted = redactor.redact(&text).text;
                proptest::prop_assert!(!redacted.contains(&value), "{wrapping}: {text}");
            }
        }
    }
}
