//! Sessions of two agents as they go, and what the bank should make of them. It knows nothing of how a reader or
//! the bank does it: each thing said is a number, and a fork repeats numbers.

use camille_proto::vocabulary::Agent;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Ids that a proxy hands out again and again.
const MESSAGES: [&str; 3] = ["msg_proxy_stream", "msg_0", "msg_1"];
const CALLS: [&str; 2] = ["Bash:0", "call_0"];
/// What people say in every session.
const USUAL: [&str; 2] = ["wgo won", "wyes"];
const PROJECTS: [&str; 4] =
    ["/srv/acme/web", "/srv/acme/payroll", "/srv/acme/api", "/srv/acme/docs"];

/// A transcript.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) agent: Agent,
    pub(crate) name: String,
    pub(crate) project: String,
    pub(crate) lines: Vec<String>,
}

/// Everything that was said, and who has it.
#[derive(Default)]
pub(crate) struct World {
    sessions: Vec<Session>,
    /// What each thing said is.
    said: Vec<Said>,
    clock: u64,
    uuids: u64,
}

/// How a session came to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Anew,
    /// The records of another with their ids.
    SameIds,
    /// The records of another with fresh ids, and whether they say so.
    FreshIds {
        says_so: bool,
    },
    /// The lines of another with the time of the fork.
    Stamped,
}

struct Session {
    agent: Agent,
    project: usize,
    begun: Begun,
    /// The session it was forked from.
    parent: Option<usize>,
    at: u64,
    entries: Vec<Entry>,
    /// How many of its last lines stand in its file twice.
    twice: usize,
    /// Whether the last record that it copied has another time. That it says whose copy it is joins two rows, not
    /// three: what it was copied from is not forked otherwise, nor is it itself.
    restamped: bool,
}

/// Something in a session.
#[derive(Clone)]
struct Entry {
    said: usize,
    time: u64,
    copied: bool,
    uuid: u64,
    /// The record that it says it was copied from.
    of: Option<u64>,
}

#[derive(Clone)]
struct Said {
    what: What,
    id: &'static str,
    text: String,
}

#[derive(Clone, PartialEq)]
enum What {
    Prompt,
    Reply,
    /// A later part of the reply with this number.
    More(usize),
    Call,
    /// The result of the call with this number.
    Result(usize),
}

impl World {
    /// Whether it is a word that everybody says.
    pub(crate) fn is_usual(word: &str) -> bool {
        USUAL.iter().any(|usual| usual.split(' ').any(|one| one == word))
    }

    /// Plays a plan.
    pub(crate) fn play(plan: &[[u8; 4]]) -> Self {
        let mut world = Self { clock: 1_800_000_000_000, ..Self::default() };
        let agent = |n: u8| if n.is_multiple_of(2) { Agent::ClaudeCode } else { Agent::Codex };
        for [what, who, how, more] in plan {
            let count = world.sessions.len();
            if count == 0 || (what % 8 == 0 && count < 6) {
                world.begin(agent(*who), usize::from(*how) % PROJECTS.len());
                continue;
            }
            let session = usize::from(*who) % count;
            match what % 8 {
                1 if count < 6 && world.may_fork(session) => world.fork(session, *how, *more),
                2 => world.sessions[session].twice = usize::from(*how) % 5,
                _ => world.turn(session, *how, *more),
            }
        }
        world
    }

    fn begin(&mut self, agent: Agent, project: usize) {
        self.clock += 60_000;
        self.sessions.push(Session {
            agent,
            project,
            begun: Begun::Anew,
            parent: None,
            at: self.clock,
            entries: Vec::new(),
            twice: 0,
            restamped: false,
        });
    }

    fn may_fork(&self, session: usize) -> bool {
        let is_child = |other: &Session| other.parent == Some(session) && other.restamped;
        !self.sessions[session].restamped && !self.sessions.iter().any(is_child)
    }

    fn fork(&mut self, parent: usize, how: u8, cut: u8) {
        self.clock += 60_000;
        let at = self.clock;
        let from = &self.sessions[parent];
        let begun = match (from.agent, how % 3) {
            (Agent::Codex, _) => Begun::Stamped,
            (Agent::ClaudeCode, 0) => Begun::SameIds,
            (Agent::ClaudeCode, n) => Begun::FreshIds { says_so: n == 1 },
        };
        let project = if how >= 224 { usize::from(cut) % PROJECTS.len() } else { from.project };
        let kept = from.entries.len().min(1 + usize::from(cut) % (from.entries.len() + 1));
        let (agent, mut entries) = (from.agent, from.entries[..kept].to_vec());
        let is_first = from.begun == Begun::Anew
            && self.sessions.iter().all(|other| other.parent != Some(parent));
        for entry in &mut entries {
            entry.copied = true;
            if begun == Begun::Stamped {
                self.clock += 300;
                entry.time = self.clock;
            }
            if matches!(begun, Begun::FreshIds { .. }) {
                self.uuids += 1;
                entry.of = Some(entry.uuid);
                entry.uuid = self.uuids;
            }
        }
        // The last copied record can bear the time of the fork.
        let mut restamped = false;
        if let (Begun::FreshIds { says_so: true }, true, Some(last)) =
            (begun, is_first, entries.last_mut())
        {
            last.time = self.clock;
            restamped = true;
        }
        let parent = Some(parent);
        self.sessions.push(Session {
            agent,
            project,
            begun,
            parent,
            at,
            entries,
            twice: 0,
            restamped,
        });
    }

    /// A prompt, some calls with their results, and a reply in one part or two.
    fn turn(&mut self, session: usize, how: u8, more: u8) {
        let id = MESSAGES[usize::from(how) % MESSAGES.len()];
        let usual = USUAL.get(usize::from(more) % 5).map(|usual| (*usual).to_owned());
        self.say(session, What::Prompt, id, usual);
        for round in 0..more % 3 {
            let call = CALLS[(usize::from(how) + usize::from(round)) % CALLS.len()];
            let first = self.say(session, What::Call, call, None);
            let other = CALLS[(usize::from(how) + usize::from(round) + 1) % CALLS.len()];
            let is_answered = !how.is_multiple_of(5);
            // Two at once can even have one id: then the results come in their order.
            let other = if how.is_multiple_of(3) && is_answered { call } else { other };
            let second = how.is_multiple_of(4).then(|| self.say(session, What::Call, other, None));
            if is_answered && other == call {
                self.say(session, What::Result(first), call, None);
            }
            if let Some(second) = second {
                self.say(session, What::Result(second), other, None);
            }
            // Some are never answered.
            if is_answered && other != call {
                self.say(session, What::Result(first), call, None);
            }
        }
        if how.is_multiple_of(7) {
            return;
        }
        let reply = self.say(session, What::Reply, id, None);
        if more.is_multiple_of(2) && self.sessions[session].agent == Agent::ClaudeCode {
            if how.is_multiple_of(3) {
                let between = MESSAGES[(usize::from(how) + 1) % MESSAGES.len()];
                self.say(session, What::Reply, between, None);
            }
            self.say(session, What::More(reply), id, None);
        }
    }

    fn say(&mut self, at: usize, what: What, id: &'static str, text: Option<String>) -> usize {
        self.clock += 2_000;
        self.uuids += 1;
        let said = self.said.len();
        let text = text.unwrap_or_else(|| format!("w{said}"));
        self.said.push(Said { what, id, text });
        let (time, uuid) = (self.clock, self.uuids);
        self.sessions[at].entries.push(Entry { said, time, copied: false, uuid, of: None });
        said
    }

    /// What should be in the bank: each thing said once in each project that has it.
    pub(crate) fn expected(&self) -> Vec<(String, Vec<String>)> {
        let mut held: BTreeSet<(usize, usize)> = BTreeSet::new();
        for session in &self.sessions {
            held.extend(session.entries.iter().map(|entry| (session.project, entry.said)));
        }
        let mut expected = Vec::new();
        for (project, said) in &held {
            if matches!(self.said[*said].what, What::More(_) | What::Result(_)) {
                continue;
            }
            let belongs = |what: &What| *what == What::More(*said) || *what == What::Result(*said);
            let rest = held
                .iter()
                .filter(|(at, other)| at == project && belongs(&self.said[*other].what))
                .map(|(_, other)| *other);
            let words = std::iter::once(*said)
                .chain(rest)
                .flat_map(|said| self.said[said].text.split(' ').map(str::to_owned));
            expected.push((PROJECTS[*project].to_owned(), words.collect()));
        }
        expected
    }

    /// The transcripts. Some stand in a second place, and two sessions can share a file.
    pub(crate) fn files(&self) -> Vec<File> {
        let mut files: Vec<File> = Vec::new();
        for (at, session) in self.sessions.iter().enumerate() {
            let file = self.file(at);
            if session.at / 1_000 % 5 == 0 {
                files.push(File { name: format!("kept/{}", file.name), ..file.clone() });
            }
            let is_beside = |other: &&mut File| {
                other.agent == Agent::ClaudeCode && other.project == file.project
            };
            match files.last_mut().filter(is_beside) {
                Some(beside) if file.agent == Agent::ClaudeCode && at % 3 == 2 => {
                    beside.lines = interleaved(&beside.lines, &file.lines);
                }
                _ => files.push(file),
            }
        }
        files
    }

    fn file(&self, at: usize) -> File {
        let session = &self.sessions[at];
        let lines: Vec<Value> = match session.agent {
            Agent::ClaudeCode => {
                let all = &session.entries;
                let from = all.len().saturating_sub(session.twice);
                let from = (0..=from)
                    .rev()
                    .find(|at| all.get(*at).is_none_or(|entry| self.may_repeat(entry)));
                let again = &all[from.unwrap_or(all.len())..];
                all.iter().chain(again).map(|entry| self.claude_line(at, entry)).collect()
            }
            Agent::Codex => {
                let heads = self.codex_heads(at);
                let items = session.entries.iter().map(|entry| self.codex_line(at, entry));
                heads.into_iter().chain(items).collect()
            }
        };
        let name = match session.agent {
            Agent::ClaudeCode => format!("projects/p/{}.jsonl", name(at)),
            Agent::Codex => format!("sessions/rollout-2027-01-15T08-00-00-{}.jsonl", name(at)),
        };
        File {
            agent: session.agent,
            name,
            project: PROJECTS[session.project].to_owned(),
            lines: lines.iter().map(Value::to_string).collect(),
        }
    }

    /// Whether a session's last lines, from this one on, may stand twice: whole turns do.
    fn may_repeat(&self, entry: &Entry) -> bool {
        self.said[entry.said].what == What::Prompt
    }

    fn claude_line(&self, at: usize, entry: &Entry) -> Value {
        let session = &self.sessions[at];
        let Said { what, id, text } = &self.said[entry.said];
        let (kind, content) = match what {
            What::Prompt => ("user", json!(text)),
            What::Reply | What::More(_) => ("assistant", json!([{"type": "text", "text": text}])),
            What::Call => {
                let input = json!({"command": text});
                (
                    "assistant",
                    json!([{"type": "tool_use", "id": id, "name": "Bash", "input": input}]),
                )
            }
            What::Result(_) => {
                ("user", json!([{"type": "tool_result", "tool_use_id": id, "content": text}]))
            }
        };
        let mut line = json!({
            "type": kind,
            "uuid": format!("uuid-{}", entry.uuid),
            "timestamp": time(entry.time),
            "sessionId": name(at),
            "cwd": PROJECTS[session.project],
            "message": {"role": kind, "content": content},
        });
        if kind == "assistant" {
            line["message"]["id"] = json!(if *what == What::Call { MESSAGES[0] } else { id });
        }
        if let (true, Some(parent), Begun::FreshIds { says_so: true }) =
            (entry.copied, session.parent, session.begun)
        {
            let of = entry.of.map(|uuid| format!("uuid-{uuid}"));
            line["forkedFrom"] = json!({"sessionId": name(parent), "messageUuid": of});
        }
        line
    }

    /// A fork's file names itself, and then all that it was forked from in turn.
    fn codex_heads(&self, at: usize) -> Vec<Value> {
        let mut heads = Vec::new();
        let mut next = Some(at);
        while let Some(of) = next {
            let session = &self.sessions[of];
            let mut payload =
                json!({"id": name(of), "cwd": PROJECTS[session.project], "source": "cli"});
            if let Some(parent) = session.parent {
                payload["forked_from_id"] = json!(name(parent));
            }
            let began = time(self.sessions[at].at);
            heads.push(json!({"timestamp": began, "type": "session_meta", "payload": payload}));
            next = session.parent;
        }
        heads
    }

    fn codex_line(&self, at: usize, entry: &Entry) -> Value {
        let _ = at;
        let Said { what, id, text } = &self.said[entry.said];
        let message = |role: &str, kind: &str| {
            let content = json!([{"type": kind, "text": text}]);
            json!({"type": "message", "role": role, "content": content})
        };
        let mut payload = match what {
            What::Prompt => message("user", "input_text"),
            What::Reply | What::More(_) => message("assistant", "output_text"),
            What::Call => {
                let arguments = json!({"cmd": text}).to_string();
                json!({"type": "function_call", "name": "exec_command", "arguments": arguments,
                    "call_id": id})
            }
            What::Result(_) => {
                json!({"type": "function_call_output", "call_id": id, "output": text})
            }
        };
        // Some releases give items ids.
        if *what == What::Reply && entry.said.is_multiple_of(3) {
            payload["id"] = json!(id);
        }
        json!({"timestamp": time(entry.time), "type": "response_item", "payload": payload})
    }
}

fn interleaved(one: &[String], other: &[String]) -> Vec<String> {
    let mut lines = Vec::with_capacity(one.len() + other.len());
    for at in 0..one.len().max(other.len()) {
        lines.extend(one.get(at).into_iter().chain(other.get(at)).cloned());
    }
    lines
}

fn name(session: usize) -> String {
    format!("0a0a0a0a-1111-4222-8333-{session:012}")
}

fn time(ms: u64) -> String {
    jiff::Timestamp::from_millisecond(ms.cast_signed()).expect("a time").to_string()
}
