//! Tells whose transcript a file is, by the shape of its first lines and by the folder it lies in.
//!
//! Several agents share names of members with the two that are read: a file is theirs only if nothing in it
//! says otherwise.

use super::field::{Object, Opaque, Present, Text};
use camille_proto::vocabulary::Agent;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// Lines that are looked at. Files of both agents show themselves by the first or second.
const LINES_MAX: usize = 32;

/// The longest line that is looked at; of a longer one nothing is known.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// The most that is read of a file: longer lines are passed over.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Types of Claude Code's records.
const CLAUDE_TYPES: &[&str] = &[
    "user",
    "assistant",
    "system",
    "attachment",
    "progress",
    "summary",
    "file-history-snapshot",
    "queue-operation",
    "custom-title",
    "ai-title",
    "agent-name",
    "agent-setting",
    "last-prompt",
    "permission-mode",
    "mode",
    "pr-link",
    "frame-link",
    "tag",
    "continued-in",
    "relocated",
    "atis-latch",
    "tools-used",
    "cost-state",
    "api-request",
    "api-request-shape",
    "api-request-blob",
    "worktree-state",
];

/// Types of Codex's records.
const CODEX_TYPES: &[&str] = &[
    "session_meta",
    "response_item",
    "event_msg",
    "turn_context",
    "compacted",
    "world_state",
    "token_usage_record",
    "retained_context",
    "security_risk_score",
    "realtime_item",
    "inter_agent_communication",
    "inter_agent_communication_metadata",
];

/// Folders in which other agents keep their files.
const FOREIGN_FOLDERS: &[&str] = &[
    ".qwen",
    ".gemini",
    ".copilot",
    ".iflow",
    ".factory",
    ".cursor",
    ".pi",
    ".omp",
    ".kimi",
    ".kimi-code",
    ".cline",
    ".continue",
    ".grok",
    ".kiro",
    ".hermes",
    ".vibe",
    ".openclaw",
    ".deepseek",
    ".gptme",
];

/// What a line says of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It is this agent's.
    Ours(Agent),
    /// It is this agent's, if no other line is another's.
    Likely(Agent),
    /// It could be Claude Code's: nothing contradicts, nothing proves it.
    Perhaps,
    /// It is another agent's.
    Foreign,
    /// Nothing.
    Nothing,
}

/// Which reader reads this file, by its path and its beginning, decompressed. `None` if it is no transcript
/// that we read.
///
/// # Errors
/// If the beginning cannot be read.
pub fn detect(path: &Path, beginning: &mut dyn BufRead) -> io::Result<Option<Agent>> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if !(name.ends_with(".jsonl") || name.ends_with(".jsonl.zst")) || in_foreign_folder(path) {
        return Ok(None);
    }
    let mut found = Sign::Nothing;
    let (mut is_text, mut is_empty) = (false, true);
    let mut line = Vec::new();
    let mut left = BYTES_MAX;
    for _ in 0..LINES_MAX {
        let Some(taken) = next_line(beginning, &mut line, left)? else { break };
        left = left.saturating_sub(taken);
        let text = super::line::text(&line);
        if text.is_empty() {
            continue;
        }
        is_text |= !text.starts_with('{') && !text.starts_with("//");
        is_empty = false;
        found = match (found, sign(&text)) {
            (_, sign @ (Sign::Ours(_) | Sign::Foreign)) => {
                found = sign;
                break;
            }
            (Sign::Nothing, sign) | (Sign::Perhaps, sign @ Sign::Likely(_)) => sign,
            (found, _) => found,
        };
    }
    let is_codex =
        name.starts_with("rollout-") && in_folder(path, &["sessions", "archived_sessions"]);
    let is_claude = in_claude_folder(path);
    Ok(match found {
        Sign::Ours(agent) | Sign::Likely(agent) => Some(agent),
        Sign::Foreign => None,
        Sign::Perhaps => is_claude.then_some(Agent::ClaudeCode),
        // An empty file will grow, and a line can be too long to be looked at.
        Sign::Nothing if is_text && !is_empty => None,
        Sign::Nothing if is_codex => Some(Agent::Codex),
        Sign::Nothing if is_claude && in_folder(path, &["projects"]) => Some(Agent::ClaudeCode),
        Sign::Nothing => None,
    })
}

/// Reads a line up to [`LINE_BYTES_MAX`] and passes over the rest of it. Gives what it took.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>, left: u64) -> io::Result<Option<u64>> {
    line.clear();
    let mut taken = input.take(left.min(LINE_BYTES_MAX)).read_until(b'\n', line)? as u64;
    if taken == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && taken == LINE_BYTES_MAX {
        line.truncate(1);
        let mut rest = Vec::new();
        while taken < left && rest.last() != Some(&b'\n') {
            rest.clear();
            let more = input.take(LINE_BYTES_MAX.min(left - taken)).read_until(b'\n', &mut rest)?;
            if more == 0 {
                break;
            }
            taken += more as u64;
        }
    }
    Ok(Some(taken))
}

fn in_folder(path: &Path, folders: &[&str]) -> bool {
    path.components().any(|part| folders.iter().any(|folder| part.as_os_str() == *folder))
}

/// Whether the path leads through a folder of Claude Code's: `.claude`, or one set by `CLAUDE_CONFIG_DIR`,
/// which people call `.claude-work` or `claude`.
fn in_claude_folder(path: &Path) -> bool {
    path.components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        name == "claude" || name.starts_with(".claude")
    })
}

/// Whether the nearest folder of an agent's is another one's.
fn in_foreign_folder(path: &Path) -> bool {
    path.components()
        .rev()
        .find_map(|part| {
            let name = part.as_os_str().to_string_lossy();
            let is_ours = name.starts_with(".claude") || name.starts_with(".codex");
            (is_ours || FOREIGN_FOLDERS.contains(&name.as_ref())).then_some(!is_ours)
        })
        .unwrap_or(false)
}

/// The members that tell agents apart.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Shape<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    session_id: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    message: Object<Message<'a>>,
    payload: Object<Opaque>,
    #[serde(borrow)]
    id: Text<'a>,
    role: Present,
    uuid: Present,
    parent_uuid: Present,
    is_sidechain: Present,
    leaf_uuid: Present,
    message_id: Present,
    #[serde(rename = "record_type")]
    record_type: Present,
    instructions: Present,
    git: Present,
    // Other agents'.
    provenance: Present,
    system_payload: Present,
    #[serde(rename = "$set")]
    set: Present,
    #[serde(rename = "$rewindTo")]
    rewind: Present,
    project_hash: Present,
    start_time: Present,
    last_updated: Present,
    parent_id: Present,
    data: Object<Opaque>,
    #[serde(rename = "protocol_version")]
    protocol_version: Present,
    #[serde(rename = "step_index")]
    step_index: Present,
    #[serde(rename = "session_id")]
    other_session_id: Present,
}

/// The members of a message that tell agents apart.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    content: Present,
    parts: Present,
}

/// What a line says of its file.
fn sign(line: &str) -> Sign {
    let mut values = serde_json::Deserializer::from_str(line).into_iter::<Object<Shape<'_>>>();
    let Some(Ok(Object(Some(shape)))) = values.next() else { return Sign::Nothing };
    if shape.is_foreign() {
        return Sign::Foreign;
    }
    let kind = shape.kind.as_str().unwrap_or_default();
    let is_codex = shape.payload.0.is_some() && CODEX_TYPES.contains(&kind);
    if is_codex || shape.is_bare_rollout() {
        return Sign::Ours(Agent::Codex);
    }
    let is_known = CLAUDE_TYPES.contains(&kind);
    let is_conversation = shape.parent_uuid.0 || shape.is_sidechain.0;
    let is_ours = (is_known || is_conversation) && shape.session_id.as_str().is_some()
        || is_known && (is_conversation || shape.leaf_uuid.0)
        || kind == "file-history-snapshot" && shape.message_id.0;
    let says = shape.message.0.as_ref().is_some_and(|message| message.content.0);
    match kind {
        // Bookkeeping and prompts look alike in several agents; what was said does not.
        _ if is_ours && says => Sign::Ours(Agent::ClaudeCode),
        _ if is_ours => Sign::Likely(Agent::ClaudeCode),
        "user" | "assistant" if says && shape.timestamp.as_str().is_some() => Sign::Perhaps,
        _ => Sign::Nothing,
    }
}

impl Shape<'_> {
    /// Whether it has what only other agents write.
    fn is_foreign(&self) -> bool {
        let kind = self.kind.as_str().unwrap_or_default();
        let (message, id) = match &self.message.0 {
            Some(message) => (message, message.id.as_str().unwrap_or_default()),
            None => (&Message::default(), ""),
        };
        let has_session = self.session_id.as_str().is_some();
        // Qwen Code, and what is made of Gemini CLI.
        message.parts.0
            || self.provenance.0
            || self.system_payload.0
            // Gemini CLI, also headless.
            || self.set.0
            || self.rewind.0
            || self.project_hash.0
            || (has_session && self.start_time.0 && self.last_updated.0)
            // Copilot CLI.
            || (kind.contains('.') && self.data.0.is_some())
            || (self.parent_id.0 && self.data.0.is_some())
            // Pi and its kin, Droid.
            || matches!(kind, "session" | "session_start")
            || (kind == "message" && self.message.0.is_some())
            // Kimi, Antigravity.
            || self.protocol_version.0
            || self.step_index.0
            // iFlow writes Claude Code's shape with ids of its own.
            || self.session_id.as_str().and_then(|id| id.strip_prefix("session-")).is_some_and(|id| id.len() >= 32)
            || (has_session && id.starts_with("response-"))
            // Cursor, Goose, Vibe and others that have the role outside.
            || (self.role.0 && (kind.is_empty() || self.message.0.is_some()))
            // What agents print when they run without a terminal.
            || (self.other_session_id.0 && !has_session && self.payload.0.is_none())
    }

    /// Whether it is the first line of a rollout of Codex's from before September 2025, or a mark in one.
    fn is_bare_rollout(&self) -> bool {
        let is_head = self.kind.as_str().is_none()
            && self.id.as_str().is_some()
            && self.timestamp.as_str().is_some()
            && (self.instructions.0 || self.git.0);
        is_head || (self.record_type.0 && self.kind.as_str().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Agent::{ClaudeCode, Codex};

    fn detected(path: &str, text: &str) -> Option<Agent> {
        detect(Path::new(path), &mut text.as_bytes()).expect("read from memory")
    }

    const CLAUDE: &str = r#"{"parentUuid":null,"isSidechain":false,"type":"user","uuid":"u","sessionId":"s","message":{"content":"x"}}"#;
    const CODEX: &str = r#"{"timestamp":"t","type":"session_meta","payload":{"id":"i"}}"#;

    #[test]
    fn files_are_known_by_shape_and_place() {
        let summary = r#"{"type": "summary", "summary": "x", "leafUuid": "y"}"#;
        let bare = r#"{"id":"i","timestamp":"t","instructions":null,"git":{}}"#;
        for (path, text, agent) in [
            ("a/b.jsonl", CLAUDE, Some(ClaudeCode)),
            ("a/b.jsonl", summary, Some(ClaudeCode)),
            ("a/b.jsonl", r#"{"type":"file-history-snapshot","messageId":"m"}"#, Some(ClaudeCode)),
            ("a/b.jsonl", r#"{"type":"queue-operation","sessionId":"s"}"#, Some(ClaudeCode)),
            ("a/b.jsonl", CODEX, Some(Codex)),
            ("a/b.jsonl.zst", CODEX, Some(Codex)),
            ("a/b.jsonl", bare, Some(Codex)),
            ("/h/.codex/sessions/2026/01/02/rollout-x.jsonl", "", Some(Codex)),
            ("/h/.claude/projects/-srv/s.jsonl", "{\"x\":\"long", Some(ClaudeCode)),
            ("/h/.claude/projects/-srv/s.jsonl", "", Some(ClaudeCode)),
            ("/h/.claude-work/projects/-srv/s.jsonl", r#"{"type":"new"}"#, Some(ClaudeCode)),
            ("/h/.claude/history.jsonl", r#"{"display":"x","project":"p"}"#, None),
            ("a/b.json", CLAUDE, None),
            ("a/data.jsonl", "[1,2]", None),
            ("a/data.jsonl", "", None),
            ("a/data.jsonl", r#"{"type":"user","name":"Ada"}"#, None),
        ] {
            assert_eq!(detected(path, text), agent, "{path} {text}");
        }
    }

    /// Beginnings of other agents' files.
    const FOREIGN: &[&str] = &[
        r#"{"uuid":"q","parentUuid":null,"sessionId":"s","type":"user","message":{"role":"user","parts":[]}}"#,
        r#"{"uuid":"q","parentUuid":null,"sessionId":"s","type":"system","provenance":"system","systemPayload":{}}"#,
        r#"{"type":"session.start","data":{"sessionId":"s"},"id":"e","parentId":null}"#,
        r#"{"sessionId":"s","projectHash":"h","type":"user"}"#,
        r#"{"sessionId":"s","startTime":"t","lastUpdated":"t","kind":"main"}"#,
        r#"{"$set":{"messages":[]}}"#,
        r#"{"uuid":"i","parentUuid":null,"sessionId":"session-0a0a0a0a-1111-4222-8333-000000000001","type":"user","isSidechain":false,"message":{"content":"x"}}"#,
        r#"{"type":"session","version":3,"id":"p","timestamp":"t","cwd":"/srv"}"#,
        r#"{"type":"session_start","id":"d","title":"x","cwd":"/srv"}"#,
        r#"{"type":"message","id":"d","timestamp":"t","message":{"role":"user","content":[]}}"#,
        r#"{"type":"metadata","protocol_version":"1.5"}"#,
        r#"{"role":"user","message":{"content":[]}}"#,
        r#"{"role":"user","content":"x"}"#,
        r#"{"step_index":0,"source":"MODEL","type":"PLANNER_RESPONSE"}"#,
        r#"{"type":"user","message":{"role":"user","content":"x"},"session_id":"s"}"#,
    ];

    #[test]
    fn other_agents_files_are_not_taken() {
        for text in FOREIGN {
            for path in ["a/b.jsonl", "/h/.claude/projects/-srv/s.jsonl"] {
                assert_eq!(detected(path, text), None, "{path} {text}");
            }
        }
        for folder in FOREIGN_FOLDERS {
            let path = format!("/h/{folder}/projects/-srv/s.jsonl");
            assert_eq!(detected(&path, CLAUDE), None, "{path}");
            assert_eq!(detected(&format!("/h/{folder}/.claude/s.jsonl"), CLAUDE), Some(ClaudeCode));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None, ..Default::default()
        })]

        #[test]
        fn lines_that_say_nothing_hide_nothing(
            before in proptest::collection::vec(0..4_usize, 0..6),
            long in 0..3_000_usize,
            which in 0..2 + FOREIGN.len(),
        ) {
            let (line, agent) = match which {
                0 => (CLAUDE, Some(ClaudeCode)),
                1 => (CODEX, Some(Codex)),
                n => (FOREIGN[n - 2], None),
            };
            let long = format!("{{\"type\":\"news\",\"x\":\"{}\"}}", "x".repeat(long * 500));
            let lines = ["", r#"{"type":"news"}"#, r#"{"type":"user","sess"#, &long];
            let before: String = before.iter().map(|n| format!("{}\n", lines[*n])).collect();
            let text = format!("{before}{line}\n");
            proptest::prop_assert_eq!(detected("/h/.claude/projects/-srv/s.jsonl", &text), agent);
        }
    }
}
