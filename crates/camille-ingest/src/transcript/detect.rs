//! Tells by a file's name and beginning which agent wrote it.

use camille_proto::vocabulary::Agent;
use memchr::memmem;
use std::path::Path;

/// Members that only Claude Code's records have.
const CLAUDE_MEMBERS: &[&str] = &["\"parentUuid\"", "\"leafUuid\"", "\"isSidechain\""];

/// Types of Claude Code's records that can stand first and have none of those members.
const CLAUDE_TYPES: &[&str] = &[
    "file-history-snapshot",
    "queue-operation",
    "custom-title",
    "ai-title",
    "agent-name",
    "last-prompt",
    "permission-mode",
    "mode",
    "pr-link",
    "frame-link",
    "tag",
    "summary",
    "progress",
    "user",
    "assistant",
    "system",
];

/// Types of Codex's records.
const CODEX_TYPES: &[&str] =
    &["session_meta", "response_item", "event_msg", "turn_context", "compacted", "world_state"];

/// Which reader reads this file, by its path and its first bytes (up to 4 KiB, decompressed). `None` if it is
/// no transcript that we read.
#[must_use]
pub fn detect(path: &Path, head: &[u8]) -> Option<Agent> {
    let name = path.file_name()?.to_string_lossy();
    if !(name.ends_with(".jsonl") || name.ends_with(".jsonl.zst")) {
        return None;
    }
    let has = |needle: &str| memmem::find(head, needle.as_bytes()).is_some();
    let has_type = |types: &[&str]| types.iter().any(|t| has(&format!("\"{t}\"")));
    if has("\"payload\"") && has_type(CODEX_TYPES) {
        return Some(Agent::Codex);
    }
    // Gemini's files have a `sessionId` too.
    let is_claude = CLAUDE_MEMBERS.iter().any(|member| has(member))
        || (has("\"type\"")
            && has("\"sessionId\"")
            && has_type(CLAUDE_TYPES)
            && !has("\"projectHash\""))
        || (has("\"file-history-snapshot\"") && has("\"messageId\""));
    if is_claude {
        return Some(Agent::ClaudeCode);
    }
    // A first line can be so long that its members lie beyond the head; an empty file will grow.
    let is_object = head.iter().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| *b == b'{');
    let in_folder = |folder: &str| path.components().any(|c| c.as_os_str() == folder);
    match is_object {
        true if name.starts_with("rollout-")
            && (in_folder("sessions") || in_folder("archived_sessions")) =>
        {
            Some(Agent::Codex)
        }
        true if in_folder("projects") && in_folder(".claude") => Some(Agent::ClaudeCode),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_name_and_beginning() {
        for (path, head, agent) in [
            ("a/b.jsonl", r#"{"parentUuid":null,"isSidechain":false}"#, Some(Agent::ClaudeCode)),
            (
                "a/b.jsonl",
                r#"{"type": "summary", "summary": "x", "leafUuid": "y"}"#,
                Some(Agent::ClaudeCode),
            ),
            (
                "a/b.jsonl",
                r#"{"type":"file-history-snapshot","messageId":"m""#,
                Some(Agent::ClaudeCode),
            ),
            ("a/b.jsonl", r#"{"type":"queue-operation","sessionId":"s"}"#, Some(Agent::ClaudeCode)),
            (
                "a/b.jsonl",
                r#"{"timestamp":"t","type":"session_meta","payload":{"#,
                Some(Agent::Codex),
            ),
            (
                "a/b.jsonl.zst",
                r#"{"timestamp":"t","type":"session_meta","payload":{"#,
                Some(Agent::Codex),
            ),
            ("/h/.codex/sessions/2026/01/02/rollout-x.jsonl", "", Some(Agent::Codex)),
            ("/h/.claude/projects/-srv/s.jsonl", "{\"x\":\"long", Some(Agent::ClaudeCode)),
            ("/h/.claude/projects/-srv/s.jsonl", "", Some(Agent::ClaudeCode)),
            ("/h/.claude/history.jsonl", r#"{"display":"x","project":"p"}"#, None),
            ("a/session-1.jsonl", r#"{"sessionId":"s","projectHash":"h","type":"user"}"#, None),
            ("a/b.json", r#"{"parentUuid":null}"#, None),
            ("a/b.jsonl", r#"{"role":"user","message":{"content":[]}}"#, None),
            ("a/data.jsonl", "[1,2]", None),
            ("a/data.jsonl", "", None),
        ] {
            assert_eq!(detect(Path::new(path), head.as_bytes()), agent, "{path} {head}");
        }
    }
}
