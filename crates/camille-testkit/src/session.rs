//! Invented sessions, written as Claude Code writes them. Everything in them is made up and the same on
//! every run: ids come from the session's name, times from its start.

use camille_proto::id::ContentHash;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// A session being made up, one turn after the other.
#[derive(Debug, Clone)]
pub struct Session {
    name: String,
    id: String,
    cwd: String,
    start: Timestamp,
    lines: Vec<Value>,
    turns: u32,
}

impl Session {
    /// An empty session in `/home/ana/acme/api`, on 2 March 2026.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: uuid_of(&name),
            name,
            cwd: "/home/ana/acme/api".into(),
            start: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_772_445_600),
            lines: Vec::new(),
            turns: 0,
        }
    }

    /// The directory of the turns that follow.
    #[must_use]
    pub fn cwd(mut self, cwd: impl Into<String>) -> Self {
        self.cwd = cwd.into();
        self
    }

    /// When the session begins; each turn takes a minute.
    #[must_use]
    pub const fn start(mut self, start: Timestamp) -> Self {
        self.start = start;
        self
    }

    /// The person says something.
    #[must_use]
    pub fn person(mut self, text: &str) -> Self {
        self.push("user", json!({ "role": "user", "content": text }));
        self
    }

    /// The agent says something.
    #[must_use]
    pub fn agent(mut self, text: &str) -> Self {
        let id = format!("msg_{}", self.key());
        self.push_assistant(&id, json!([{ "type": "text", "text": text }]));
        self
    }

    /// The agent runs a command, with this output.
    #[must_use]
    pub fn tool(self, command: &str, output: &str) -> Self {
        self.use_tool("Bash", json!({ "command": command }), output, false)
    }

    /// The agent runs a command, which fails with this output.
    #[must_use]
    pub fn failed_tool(self, command: &str, output: &str) -> Self {
        self.use_tool("Bash", json!({ "command": command }), output, true)
    }

    /// The session gets a title.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.lines
            .push(json!({ "type": "custom-title", "customTitle": title, "sessionId": self.id }));
        self
    }

    /// The session's id, as Claude Code would name it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The transcript: one JSON object a line.
    #[must_use]
    pub fn jsonl(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Writes the transcript where Claude Code would, under its directory (`~/.claude`).
    ///
    /// # Errors
    /// The disk's.
    pub fn write_under(&self, claude_dir: &Path) -> io::Result<PathBuf> {
        // The folder is that of the directory in which it began.
        let first = self.lines.iter().find_map(|line| line["cwd"].as_str());
        let first = first.unwrap_or(&self.cwd);
        let slug: String =
            first.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let folder = claude_dir.join("projects").join(slug);
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.jsonl", self.id));
        std::fs::write(&path, self.jsonl())?;
        Ok(path)
    }

    /// The agent uses a tool with this input, which gives this output.
    #[must_use]
    pub fn call(self, tool: &str, input: Value, output: &str) -> Self {
        self.use_tool(tool, input, output, false)
    }

    fn use_tool(mut self, tool: &str, input: Value, output: &str, is_error: bool) -> Self {
        let key = self.key();
        let call = format!("toolu_{key}");
        self.push_assistant(
            &format!("msg_{key}"),
            json!([{ "type": "tool_use", "id": call, "name": tool, "input": input }]),
        );
        self.push(
            "user",
            json!({ "role": "user", "content": [{
                "type": "tool_result", "tool_use_id": call, "content": output, "is_error": is_error,
            }] }),
        );
        self
    }

    fn push_assistant(&mut self, id: &str, content: Value) {
        self.push(
            "assistant",
            json!({ "id": id, "type": "message", "role": "assistant", "model": "invented", "content": content }),
        );
    }

    fn push(&mut self, kind: &str, message: Value) {
        let parent = (self.turns > 0).then(|| uuid_of(&format!("{}/{}", self.name, self.turns)));
        self.turns += 1;
        let timestamp = self.start + SignedDuration::from_mins(i64::from(self.turns));
        self.lines.push(json!({
            "type": kind,
            "uuid": uuid_of(&format!("{}/{}", self.name, self.turns)),
            "parentUuid": parent,
            "sessionId": self.id,
            "timestamp": timestamp.to_string(),
            "cwd": self.cwd,
            "gitBranch": "main",
            "version": "2.1.0",
            "isSidechain": false,
            "userType": "external",
            "message": message,
        }));
    }

    fn key(&self) -> String {
        uuid_of(&format!("{}/{}/key", self.name, self.turns)).replace('-', "")
    }
}

/// A UUID made from a name: the form of version 8 (RFC 9562, 5.8).
fn uuid_of(name: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&ContentHash::of(name).as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_reads_as_claude_code_wrote_it() {
        let session = Session::new("flaky upload")
            .title("Flaky upload")
            .person("why does the upload fail?")
            .tool("cargo test upload", "test result: FAILED")
            .agent("The retry has no limit.");
        assert_eq!(session.jsonl(), session.clone().jsonl());
        let lines: Vec<Value> =
            session.jsonl().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let kinds: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
        assert_eq!(kinds, ["custom-title", "user", "assistant", "user", "assistant"]);
        assert_eq!(
            lines[2]["message"]["content"][0]["id"],
            lines[3]["message"]["content"][0]["tool_use_id"]
        );
        for pair in lines[1..].windows(2) {
            assert_eq!(pair[0]["uuid"], pair[1]["parentUuid"]);
            assert!(pair[0]["timestamp"].as_str() < pair[1]["timestamp"].as_str());
        }
        assert_eq!(session.id().len(), 36);
    }

    #[test]
    fn it_lies_where_claude_code_would_put_it() {
        let home = tempfile::tempdir().expect("a folder");
        let session = Session::new("a").cwd("/home/ana/acme/payroll").person("hello");
        let path = session.write_under(home.path()).expect("written");
        let expected = format!("projects/-home-ana-acme-payroll/{}.jsonl", session.id());
        assert_eq!(path, home.path().join(expected));
    }
}
