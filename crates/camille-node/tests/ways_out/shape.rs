//! How agents write down what was said and done: six shapes of two agents.

use crate::touch::Call;
use serde_json::{Value, json};

/// What writes the transcript, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Claude Code: a call and its result.
    Claude,
    /// The same as newer releases write it: several blocks in one record, results in blocks, calls of servers.
    ClaudeBlocks,
    /// What is done is done by a sub-agent, in a file of its own.
    ClaudeSubAgent,
    /// Codex: a function.
    CodexFunction,
    /// A tool with a plain text.
    CodexCustom,
    /// The model's own shell.
    CodexShell,
}

pub(crate) const SHAPES: [Shape; 6] = [
    Shape::Claude,
    Shape::ClaudeBlocks,
    Shape::ClaudeSubAgent,
    Shape::CodexFunction,
    Shape::CodexCustom,
    Shape::CodexShell,
];

impl Shape {
    pub(crate) const fn is_claude(self) -> bool {
        matches!(self, Self::Claude | Self::ClaudeBlocks | Self::ClaudeSubAgent)
    }
}

/// Something that happened in a session.
pub(crate) enum Event<'a> {
    Title(&'a str),
    Person(&'a str),
    Agent(&'a str),
    /// A record that says nothing, as agents end a turn with.
    Silence,
    Call(&'a Call),
}

/// A transcript on its way.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) shape: Shape,
    pub(crate) id: String,
    /// Makes the ids of records.
    pub(crate) seed: String,
    pub(crate) cwd: String,
    pub(crate) lines: Vec<String>,
    /// The record that the next one follows.
    pub(crate) parent: Option<String>,
    /// The session that this file is a sub-agent of.
    pub(crate) agent: Option<String>,
    minutes: u32,
}

impl Writer {
    pub(crate) fn new(shape: Shape, id: &str, cwd: &str) -> Self {
        Self {
            shape,
            id: id.to_owned(),
            seed: id.to_owned(),
            cwd: cwd.to_owned(),
            lines: Vec::new(),
            parent: None,
            agent: None,
            minutes: 0,
        }
    }

    /// What Codex begins a file with.
    pub(crate) fn begin(&mut self, forked_from: Option<&str>) {
        if self.shape.is_claude() {
            return;
        }
        let meta = json!({
            "id": self.id, "cwd": self.cwd, "cli_version": "0.118.0", "source": "cli",
            "originator": "codex_cli_rs", "forked_from_id": forked_from,
        });
        self.codex("session_meta", &meta);
    }

    /// From here on it is in another directory.
    pub(crate) fn go(&mut self, cwd: &str) {
        cwd.clone_into(&mut self.cwd);
        if !self.shape.is_claude() {
            self.codex("turn_context", &json!({ "cwd": cwd, "approval_policy": "never" }));
        }
    }

    pub(crate) fn push(&mut self, event: &Event<'_>) {
        if self.shape.is_claude() { self.push_claude(event) } else { self.push_codex(event) }
    }

    fn push_claude(&mut self, event: &Event<'_>) {
        let key = format!("{}-{}", self.seed, self.lines.len());
        let said = |content: Value| json!({ "role": "user", "content": content });
        let answered = |content: Value| json!({ "id": format!("msg_{key}"), "type": "message", "role": "assistant", "model": "invented", "content": content });
        match event {
            Event::Title(title) => self.lines.push(
                json!({ "type": "custom-title", "customTitle": title, "sessionId": self.id })
                    .to_string(),
            ),
            Event::Person(text) if self.shape == Shape::ClaudeBlocks => {
                self.claude("user", said(json!([{ "type": "text", "text": text }])));
            }
            Event::Person(text) => self.claude("user", said(json!(text))),
            Event::Agent(text) => {
                self.claude("assistant", answered(json!([{ "type": "text", "text": text }])));
            }
            Event::Silence => {
                self.claude("system", Value::Null);
                let last = self.lines.last_mut().expect("it");
                *last = last.replace(r#""message":null,"#, r#""subtype":"turn_duration","#);
            }
            Event::Call(call) => {
                let id = format!("toolu_{key}");
                let used =
                    json!({ "type": "tool_use", "id": id, "name": call.tool, "input": call.input });
                if self.shape == Shape::ClaudeBlocks {
                    let is_servers = call.tool.starts_with("mcp__");
                    let (used, result) = if is_servers {
                        let mut used = used;
                        used["type"] = "mcp_tool_use".into();
                        (used, "mcp_tool_result")
                    } else {
                        (used, "tool_result")
                    };
                    let blocks = json!([{ "type": "text", "text": "I look." }, used]);
                    self.claude("assistant", answered(blocks));
                    let blocks = json!([{ "type": "text", "text": call.output }]);
                    let result = json!([{ "type": result, "tool_use_id": id, "content": blocks }]);
                    self.claude("user", said(result));
                } else {
                    self.claude("assistant", answered(json!([used])));
                    let result = json!([{ "type": "tool_result", "tool_use_id": id, "content": call.output, "is_error": false }]);
                    self.claude("user", said(result));
                }
            }
        }
    }

    fn claude(&mut self, kind: &str, message: Value) {
        let uuid = uuid_of(&format!("{}/{}", self.seed, self.lines.len()));
        let mut record = json!({
            "type": kind, "uuid": uuid, "parentUuid": self.parent, "sessionId": self.id,
            "timestamp": self.time(), "cwd": self.cwd, "version": "2.1.0",
            "isSidechain": self.agent.is_some(), "userType": "external", "message": message,
        });
        if let Some(agent) = &self.agent {
            record["agentId"] = agent.as_str().into();
        }
        self.parent = Some(uuid);
        self.lines.push(record.to_string());
    }

    fn push_codex(&mut self, event: &Event<'_>) {
        let call_id = format!("call_{}-{}", self.seed, self.lines.len());
        match event {
            Event::Title(_) | Event::Silence => {}
            Event::Person(text) => {
                let content = json!([{ "type": "input_text", "text": text }]);
                self.item(json!({ "type": "message", "role": "user", "content": content }));
            }
            Event::Agent(text) => {
                let content = json!([{ "type": "output_text", "text": text }]);
                self.item(json!({ "type": "message", "role": "assistant", "content": content }));
            }
            Event::Call(call) => {
                let result = self.codex_call(call, &call_id);
                self.item(json!({ "type": result, "call_id": call_id, "output": call.output }));
            }
        }
    }

    /// Writes a call. Returns the type of its result.
    fn codex_call(&mut self, call: &Call, call_id: &str) -> &'static str {
        let is_patch = call.command.starts_with("*** Begin");
        match self.shape {
            Shape::CodexCustom => {
                let (name, input) = if is_patch {
                    ("apply_patch", call.command.clone())
                } else {
                    // Code that calls the shell.
                    let asked = json!({ "cmd": call.command, "workdir": call.workdir });
                    let code =
                        format!("const r = await tools.exec_command({asked});\ntext(r.output);");
                    ("exec", code)
                };
                self.item(json!({ "type": "custom_tool_call", "name": name, "call_id": call_id, "input": input }));
                "custom_tool_call_output"
            }
            Shape::CodexShell => {
                let command = if is_patch {
                    json!(["apply_patch", call.command])
                } else {
                    json!(["bash", "-lc", call.command])
                };
                let action = json!({ "type": "exec", "command": command, "working_directory": call.workdir });
                self.item(json!({ "type": "local_shell_call", "call_id": call_id, "status": "completed", "action": action }));
                "function_call_output"
            }
            _ => {
                let (name, arguments) = if call.tool == "Bash" || call.workdir.is_some() {
                    ("exec_command", json!({ "cmd": call.command, "workdir": call.workdir }))
                } else {
                    (call.tool, call.input.clone())
                };
                self.item(json!({ "type": "function_call", "name": name, "call_id": call_id, "arguments": arguments.to_string() }));
                "function_call_output"
            }
        }
    }

    fn item(&mut self, payload: Value) {
        self.codex("response_item", &payload);
    }

    fn codex(&mut self, kind: &str, payload: &Value) {
        let line = json!({ "timestamp": self.time(), "type": kind, "payload": payload });
        self.lines.push(line.to_string());
    }

    fn time(&mut self) -> String {
        self.minutes += 1;
        let start: jiff::Timestamp = "2026-03-02T10:00:00Z".parse().expect("a moment");
        (start + jiff::SignedDuration::from_mins(i64::from(self.minutes))).to_string()
    }
}

/// A UUID made from a name.
pub(crate) fn uuid_of(name: &str) -> String {
    let hash = camille_proto::id::ContentHash::of(name);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
