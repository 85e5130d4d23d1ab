//! Writes transcripts in which a text of a peer's stands somewhere: as `ways.txt` lists the places.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A transcript in the making.
#[derive(Debug, Clone)]
pub(crate) struct Transcript {
    name: String,
    cwd: String,
    lines: Vec<Value>,
    codex: bool,
}

impl Transcript {
    /// One of Claude Code's that begins with an own prompt.
    pub(crate) fn claude(name: &str) -> Self {
        let begun = Self {
            name: name.into(),
            cwd: "/home/bruno/web".into(),
            lines: Vec::new(),
            codex: false,
        };
        begun.person(&own_words(name))
    }

    /// One of Codex' that begins with an own prompt.
    pub(crate) fn codex(name: &str) -> Self {
        let mut begun = Self { codex: true, ..Self::claude(name) };
        begun.lines.clear();
        let meta =
            json!({"id": begun.id(), "cwd": begun.cwd, "cli_version": "0.118.0", "source": "cli"});
        begun.record("session_meta", meta).message("user", &own_words(name))
    }

    pub(crate) fn cwd(mut self, cwd: &str) -> Self {
        cwd.clone_into(&mut self.cwd);
        for line in &mut self.lines {
            line["cwd"] = json!(cwd);
        }
        self
    }

    pub(crate) fn id(&self) -> String {
        let hash = camille_proto::id::ContentHash::of(&self.name);
        let hex: String = hash.as_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// A record of Claude Code's.
    pub(crate) fn put(mut self, kind: &str, more: Value) -> Self {
        let number = self.lines.len();
        let mut line = json!({
            "type": kind, "uuid": format!("{}-{number}", self.id()), "sessionId": self.id(),
            "timestamp": format!("2026-03-02T10:{:02}:00Z", number % 60), "cwd": self.cwd,
            "version": "2.1.0", "isSidechain": false, "userType": "external"});
        for (name, value) in more.as_object().expect("members") {
            line[name] = value.clone();
        }
        self.lines.push(line);
        self
    }

    pub(crate) fn person(self, text: &str) -> Self {
        self.put("user", json!({"message": {"role": "user", "content": text}}))
    }

    pub(crate) fn agent(self, text: &str) -> Self {
        let id = format!("msg_{}_{}", self.name, self.lines.len());
        let content = json!([{"type": "text", "text": text}]);
        self.put(
            "assistant",
            json!({"message": {"id": id, "role": "assistant", "content": content}}),
        )
    }

    /// A call of a tool, and what it gave.
    pub(crate) fn call(self, tool: &str, input: Value, output: &str, failed: bool) -> Self {
        let id = format!("toolu_{}_{}", self.name, self.lines.len());
        let call = json!([{"type": "tool_use", "id": id, "name": tool, "input": input}]);
        let result = json!([{"type": "tool_result", "tool_use_id": id, "content": output, "is_error": failed}]);
        self.put(
            "assistant",
            json!({"message": {"id": format!("msg_{id}"), "role": "assistant", "content": call}}),
        )
        .put("user", json!({"message": {"role": "user", "content": result}}))
    }

    pub(crate) fn bash(self, command: &str, output: &str) -> Self {
        self.call("Bash", json!({"command": command}), output, false)
    }

    /// A record of Codex'.
    fn record(mut self, kind: &str, payload: Value) -> Self {
        let time = format!("2026-03-02T10:{:02}:00Z", self.lines.len() % 60);
        self.lines.push(json!({"timestamp": time, "type": kind, "payload": payload}));
        self
    }

    fn message(self, role: &str, text: &str) -> Self {
        let kind = if role == "assistant" { "output_text" } else { "input_text" };
        let content = json!([{"type": kind, "text": text}]);
        self.record("response_item", json!({"type": "message", "role": role, "content": content}))
    }

    fn exec(self, command: &str, output: &str) -> Self {
        let id = format!("call_{}_{}", self.name, self.lines.len());
        let arguments = json!({"cmd": command}).to_string();
        let call = json!({"type": "function_call", "name": "exec_command", "call_id": id, "arguments": arguments});
        let result = json!({"type": "function_call_output", "call_id": id, "output": output});
        self.record("response_item", call).record("response_item", result)
    }

    /// The output of a command, whoever's transcript it is.
    pub(crate) fn shown(self, output: &str) -> Self {
        if self.codex {
            self.exec("cat found.txt", output)
        } else {
            self.bash("cat found.txt", output)
        }
    }

    /// What the person says, whoever's transcript it is.
    pub(crate) fn asks(self, text: &str) -> Self {
        if self.codex { self.message("user", text) } else { self.person(text) }
    }

    /// What the agent says.
    pub(crate) fn answers(self, text: &str) -> Self {
        if self.codex { self.message("assistant", text) } else { self.agent(text) }
    }

    /// A command, and what it printed.
    pub(crate) fn ran(self, command: &str, output: &str) -> Self {
        if self.codex { self.exec(command, output) } else { self.bash(command, output) }
    }

    /// What a command printed that ran in the background.
    pub(crate) fn background(self, output: &str) -> Self {
        if self.codex {
            let payload = json!({"type": "exec_command_end", "call_id": "b1", "aggregated_output": output,
                "stdout": output, "stderr": "", "exit_code": 0});
            return self.record("event_msg", payload).exec("write_stdin", output);
        }
        let shown = format!("<status>completed</status>\n\n<stdout>\n{output}\n</stdout>");
        self.call("BashOutput", json!({"bash_id": "b1"}), &shown, false)
    }

    /// What a sub-agent reports.
    pub(crate) fn reported(self, report: &str) -> Self {
        if self.codex {
            return self.call_of(
                "wait_agent",
                json!({"ids": ["a1"]}),
                &json!({"a1": {"completed": report}}).to_string(),
            );
        }
        self.call("Task", json!({"description": "look", "prompt": "look"}), report, false)
    }

    /// What a sub-agent is told.
    pub(crate) fn handed_on(self, task: &str) -> Self {
        if self.codex {
            return self.call_of("spawn_agent", json!({"message": task}), "{\"agent_id\": \"a1\"}");
        }
        self.call("Task", json!({"description": "look", "prompt": task}), "ok", false)
    }

    /// Things to do, one a line.
    pub(crate) fn planned(self, lines: &[&str]) -> Self {
        if self.codex {
            let plan: Vec<Value> =
                lines.iter().map(|line| json!({"step": line, "status": "pending"})).collect();
            return self.call_of("update_plan", json!({"plan": plan}), "Plan updated");
        }
        let todos: Vec<Value> = lines
            .iter()
            .map(|line| json!({"content": line, "activeForm": "looking", "status": "pending"}))
            .collect();
        self.call("TodoWrite", json!({"todos": todos}), "ok", false)
    }

    /// One call that puts each line somewhere in a file.
    pub(crate) fn edited(self, lines: &[&str]) -> Self {
        if self.codex {
            let hunks: String = lines.iter().map(|line| format!("@@\n-TODO\n+{line}\n")).collect();
            let patch =
                format!("*** Begin Patch\n*** Update File: notes.md\n{hunks}*** End Patch\n");
            return self.record(
                "response_item",
                json!({"type": "custom_tool_call",
                "name": "apply_patch", "call_id": "c_edit", "input": patch}),
            );
        }
        let edits: Vec<Value> =
            lines.iter().map(|line| json!({"old_string": "TODO", "new_string": line})).collect();
        self.call(
            "MultiEdit",
            json!({"file_path": "/home/bruno/web/n.md", "edits": edits}),
            "ok",
            false,
        )
    }

    /// A question with some answers to choose from.
    pub(crate) fn asked(self, question: &str, choices: &[&str]) -> Self {
        let options: Vec<Value> =
            choices.iter().map(|choice| json!({"label": "x", "description": choice})).collect();
        let input =
            json!({"questions": [{"question": question, "header": "x", "options": options}]});
        if self.codex {
            return self.call_of("request_user_input", input, "{\"answers\": {}}");
        }
        self.call("AskUserQuestion", input, choices.first().copied().unwrap_or_default(), false)
    }

    /// A cell of a notebook, or a line of a file.
    pub(crate) fn put_cell(self, number: usize, text: &str) -> Self {
        if self.codex {
            return self.exec(&format!("printf '%s' \"{}\" >> n.csv", text.replace('"', "'")), "");
        }
        let input = json!({"notebook_path": "/home/bruno/web/n.ipynb", "cell_id": format!("c{number}"),
            "new_source": text});
        self.call("NotebookEdit", input, "ok", false)
    }

    /// A call of a function of Codex'.
    fn call_of(self, name: &str, arguments: Value, output: &str) -> Self {
        let id = format!("call_{}_{}", self.name, self.lines.len());
        let call = json!({"type": "function_call", "name": name, "call_id": id, "arguments": arguments.to_string()});
        let result = json!({"type": "function_call_output", "call_id": id, "output": output});
        self.record("response_item", call).record("response_item", result)
    }

    fn jsonl(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Writes it where its agent would.
    pub(crate) fn write(&self, dir: &Path) -> PathBuf {
        let (folder, name) = if self.codex {
            (
                dir.join("sessions/2026/03/02"),
                format!("rollout-2026-03-02T10-00-00-{}.jsonl", self.id()),
            )
        } else {
            let slug: String =
                self.cwd.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            (dir.join("projects").join(slug), format!("{}.jsonl", self.id()))
        };
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(&name), self.jsonl()).expect("a file");
        folder.join(name)
    }

    /// Writes it packed.
    pub(crate) fn write_packed(&self, dir: &Path) {
        let path = self.write(dir);
        let packed = zstd::encode_all(self.jsonl().as_bytes(), 0).expect("packs");
        fs::write(path.with_extension("jsonl.zst"), packed).expect("a file");
        fs::remove_file(path).expect("deletes");
    }

    /// The same records under another name, as a session that goes on with them has.
    pub(crate) fn continued(&self, name: &str) -> Self {
        let mut other = Self { name: name.into(), ..self.clone() };
        let id = other.id();
        other.lines.iter_mut().for_each(|line| line["sessionId"] = json!(id));
        other.person(&own_words(name))
    }
}

/// What the owner says in each transcript.
pub(crate) fn own_words(name: &str) -> String {
    format!("my own badger asks about {name}")
}

/// A transcript in which the text stands in that place.
pub(crate) fn place(name: &str, theirs: &str) -> Transcript {
    let claude = Transcript::claude(name);
    let codex = Transcript::codex(name);
    let line = theirs.lines().next().expect("a line");
    let file = |more: Value| {
        let mut input = json!({"file_path": "/home/bruno/web/notes.md"});
        more.as_object()
            .expect("members")
            .iter()
            .for_each(|(name, value)| input[name] = value.clone());
        input
    };
    match name {
        "prompt" => claude.person(theirs),
        "answer" => claude.agent(theirs),
        "bash" => claude.bash("make ask", theirs),
        "failed" => claude.call("Bash", json!({"command": "./ask.sh"}), theirs, true),
        "webfetch" => claude.call("WebFetch", json!({"url": "http://127.0.0.1:9/x", "prompt": "what"}), theirs, false),
        "other-mcp" => claude.call("mcp__notes__read", json!({"page": 4}), theirs, false),
        "write" => claude.call("Write", file(json!({"content": theirs})), "ok", false),
        "edit" => {
            let change = json!({"old_string": "TODO", "new_string": theirs});
            claude.call("Edit", file(change), "ok", false)
        }
        "heredoc" => claude.bash(&format!("cat > notes.md <<'END'\n{theirs}\nEND"), ""),
        "commit" => claude.bash(&format!("git commit -m \"notes\n\n{}\"", theirs.replace('"', "'")), "1 file changed"),
        "todo" => {
            let todos: Vec<Value> =
                theirs.lines().map(|line| json!({"content": line, "status": "pending"})).collect();
            claude.call("TodoWrite", json!({"todos": todos}), "ok", false)
        }
        "plan" => claude.call("ExitPlanMode", json!({"plan": theirs}), "approved", false),
        "task-prompt" => claude.call("Task", json!({"description": "look", "prompt": theirs}), "done", false),
        "task-report" => claude.call("Task", json!({"description": "look", "prompt": "look"}), theirs, false),
        "sidechain" => {
            let content = json!([{"type": "text", "text": theirs}]);
            claude.put("assistant", json!({"isSidechain": true, "agentId": "a17",
                "message": {"id": "msg_side", "role": "assistant", "content": content}}))
        }
        "queued" => claude
            .put("queue-operation", json!({"operation": "enqueue", "content": theirs}))
            .put("queue-operation", json!({"operation": "remove"})),
        "bang" => claude
            .person("<bash-input>ask deploy</bash-input>")
            .person(&format!("<bash-stdout>{theirs}</bash-stdout><bash-stderr></bash-stderr>")),
        "compacted" => claude.put("user", json!({"isCompactSummary": true,
            "message": {"role": "user", "content": format!("The session is continued. {theirs}")}})),
        "title" => claude.put("custom-title", json!({"customTitle": line})),
        "summary" => claude.put("summary", json!({"summary": line})),
        "codex-prompt" => codex.message("user", theirs),
        "codex-answer" => codex.message("assistant", theirs),
        "codex-output" => codex.exec("ask deploy", theirs),
        "codex-exec" => {
            codex.exec("ask deploy", &format!("Exit code: 0\nWall time: 0.1 seconds\nOutput:\n{theirs}"))
        }
        "codex-patch" => {
            let added: String = theirs.lines().map(|line| format!("+{line}\n")).collect();
            let patch = format!("*** Begin Patch\n*** Add File: notes.md\n{added}*** End Patch\n");
            codex.record("response_item", json!({"type": "custom_tool_call", "name": "apply_patch",
                "call_id": "c_patch", "input": patch}))
        }
        "codex-plan" => {
            codex.record("event_msg", json!({"type": "item_completed", "item": {"type": "Plan", "id": "p", "text": theirs}}))
        }
        "codex-compacted" => codex.record("compacted", json!({"message": theirs})),
        "codex-event" => codex.record("response_item", json!({"type": "agent_message", "id": "am",
            "author": "/root/w", "recipient": "/root", "content": [{"type": "input_text", "text": theirs}]})),
        other => panic!("no place is called {other}: say in place.rs where it is"),
    }
}
