//! What a reader remembers from line to line. Small, bounded, and stored with the file's checkpoint.
//!
//! It holds redacted text only, and of messages no more than prompts that wait in a queue.

use super::trace::Talk;
use super::turn::Turns;
use crate::place::written::Writings;
use camille_proto::vocabulary::Agent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::Path;

/// Sessions remembered; a file seldom has more than one.
const SESSIONS_MAX: usize = 16;

/// Calls remembered whose results are our own output. Results stand up to some hundred lines after.
const OWN_CALLS_MAX: usize = 64;

/// Prompts remembered that wait for the agent.
const QUEUED_MAX: usize = 8;

/// The longest prompt remembered.
const QUEUED_BYTES_MAX: usize = 16 * 1024;

/// Summaries remembered until the record that they are about comes.
const SUMMARIES_MAX: usize = 16;

/// Records remembered: nearly all follow one of the last few.
const SEEN_MAX: usize = 64;

/// Other sessions and records remembered for one session.
const KIN_MAX: usize = 64;

/// What a reader remembers from line to line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    agent: Agent,
    file_session: String,
    /// Which of its thread's files it is, where it has several: after going back Codex begins another.
    #[serde(default)]
    segment: Option<String>,
    #[serde(default)]
    pub(super) file: FileKind,
    #[serde(default)]
    sessions: VecDeque<Known>,
    #[serde(default)]
    own_calls: VecDeque<String>,
    #[serde(default)]
    queued: VecDeque<Queued>,
    /// Prompts that an operation handed to the agent and that may come as attachments too.
    #[serde(default)]
    handed_over: VecDeque<HandedOver>,
    /// Summaries at a file's beginning, by the id of the record they are about.
    #[serde(default)]
    summaries: VecDeque<(String, String)>,
    /// The turns at hand.
    #[serde(default)]
    pub(super) turns: Turns,
    /// What `session_meta` and `turn_context` said: Codex does not repeat it on each line.
    #[serde(default)]
    pub(super) thread: Thread,
    /// The last records of the file, by a hash of their ids.
    #[serde(default)]
    seen: VecDeque<u64>,
    /// What was written to files, and may run.
    #[serde(default, skip_serializing_if = "Writings::is_empty")]
    pub(super) writings: Writings,
}

/// What kind of transcript the file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FileKind {
    /// A session of a person's.
    #[default]
    Session,
    /// A sub-agent's.
    SubAgent,
    /// The helper's that makes summaries: it repeats the session and says nothing new.
    CompactionHelper,
    /// A workflow's: which agents it started, and what each gave back.
    Journal,
}

/// A Codex thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Thread {
    pub(super) id: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) cwd: Option<String>,
    /// Who speaks as the user in it.
    #[serde(default)]
    pub(super) user: ThreadUser,
    /// When it began: items from before the envelope have no time of their own.
    #[serde(default)]
    pub(super) began: Option<Timestamp>,
    #[serde(default)]
    pub(super) talk: Talk,
}

/// Who speaks as the user in a Codex thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ThreadUser {
    /// A person.
    #[default]
    Person,
    /// The agent that gave a sub-agent its task.
    Agent,
    /// Codex itself, in reviews, guardians and memory threads.
    Harness,
}

/// What is known of a session, and what of it was handed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) cwd: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) remote: Option<String>,
    /// Other sessions of its conversation.
    #[serde(default)]
    pub(super) kin: VecDeque<String>,
    /// Records that it follows.
    #[serde(default)]
    pub(super) follows: VecDeque<String>,
    /// Whether a first prompt has been seen.
    #[serde(default)]
    pub(super) prompted: bool,
    /// Whether the facts were handed on as they stand.
    #[serde(default)]
    pub(super) told: bool,
    /// Whether they ever were.
    #[serde(default)]
    pub(super) showed: bool,
}

/// A prompt typed while the agent was at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Queued {
    /// The offset of the line that queued it.
    pub(super) offset: u64,
    /// Its redacted text; `None` for what no person typed.
    pub(super) text: Option<String>,
}

impl Known {
    /// Remembers another session of the same conversation; whether it is new.
    pub(super) fn add_kin(&mut self, session: &str) -> bool {
        session != self.id && remember(&mut self.kin, session)
    }

    /// Remembers a record that the session follows; whether it is new.
    pub(super) fn add_follows(&mut self, record: &str) -> bool {
        remember(&mut self.follows, record)
    }
}

fn remember(known: &mut VecDeque<String>, id: &str) -> bool {
    if known.iter().any(|known| known == id) {
        return false;
    }
    if known.len() >= KIN_MAX {
        known.pop_front();
    }
    known.push_back(id.to_owned());
    true
}

/// A prompt that left the queue without a record of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HandedOver {
    /// Of its text.
    hash: String,
    key: String,
    /// The line that brought it again: that line may be read again.
    came: Option<u64>,
}

impl Cursor {
    /// The state before the first line of this file.
    #[must_use]
    pub fn new(agent: Agent, path: &Path) -> Self {
        let name = path.file_name().map(|s| s.to_string_lossy()).unwrap_or_default();
        let stem = name.split(".jsonl").next().unwrap_or_default();
        let (file, session) = match stem.strip_prefix("agent-") {
            Some(id) if agent == Agent::ClaudeCode && id.starts_with("acompact") => {
                (FileKind::CompactionHelper, id)
            }
            Some(id) if agent == Agent::ClaudeCode => (FileKind::SubAgent, id),
            _ if agent == Agent::ClaudeCode && is_journal(path) => (FileKind::Journal, stem),
            _ if agent == Agent::Codex => (FileKind::Session, thread_id(stem)),
            _ => (FileKind::Session, stem),
        };
        let began = thread_time(stem).filter(|_| agent == Agent::Codex);
        Self {
            agent,
            file_session: session.to_owned(),
            segment: segment(stem).filter(|_| agent == Agent::Codex).map(str::to_owned),
            file,
            sessions: VecDeque::new(),
            own_calls: VecDeque::new(),
            queued: VecDeque::new(),
            handed_over: VecDeque::new(),
            summaries: VecDeque::new(),
            turns: Turns::default(),
            thread: Thread { began, ..Thread::default() },
            seen: VecDeque::new(),
            writings: Writings::default(),
        }
    }

    /// Whose transcript the file is.
    #[must_use]
    pub fn agent(&self) -> Agent {
        self.agent
    }

    /// The session that the file's name tells.
    #[must_use]
    pub fn file_session(&self) -> &str {
        &self.file_session
    }

    /// Which of its session's files it is, where it has several.
    pub(super) fn segment(&self) -> Option<&str> {
        self.segment.as_deref()
    }

    /// What is known of a session; the one used last is the last to be forgotten.
    pub(super) fn session(&mut self, id: &str) -> &mut Known {
        let known = match self.sessions.iter().position(|known| known.id == id) {
            Some(0) => return &mut self.sessions[0],
            Some(at) => self.sessions.remove(at),
            None => None,
        };
        let known = known.unwrap_or_else(|| Known {
            id: id.to_owned(),
            parent: None,
            timestamp: None,
            cwd: None,
            branch: None,
            remote: None,
            kin: VecDeque::new(),
            follows: VecDeque::new(),
            prompted: false,
            told: false,
            showed: false,
        });
        if self.sessions.len() >= SESSIONS_MAX {
            self.sessions.pop_back();
        }
        self.sessions.push_front(known);
        &mut self.sessions[0]
    }

    /// What is known of a session, if anything is.
    pub(super) fn known(&self, id: &str) -> Option<&Known> {
        self.sessions.iter().find(|known| known.id == id)
    }

    /// Remembers that a record stands in the file.
    pub(super) fn seen(&mut self, record: &str) {
        if self.seen.len() >= SEEN_MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(hash(record));
    }

    /// Whether a record is one of the last that were seen.
    pub(super) fn has_seen(&self, record: &str) -> bool {
        let record = hash(record);
        self.seen.iter().rev().any(|seen| *seen == record)
    }

    /// The first directory that a session named.
    pub(super) fn session_cwd(&self, id: &str) -> Option<&str> {
        self.known(id)?.cwd.as_deref()
    }

    /// Whether a record of a session has been seen.
    pub(super) fn has_sessions(&self) -> bool {
        self.sessions.iter().any(|known| known.timestamp.is_some() || known.cwd.is_some())
    }

    /// Remembers that the result of this call, or the output of this shell, is our own.
    pub(super) fn remember_own(&mut self, id: &str) {
        const ID_BYTES_MAX: usize = 128;
        if id.len() > ID_BYTES_MAX || self.is_own(id) {
            return;
        }
        if self.own_calls.len() >= OWN_CALLS_MAX {
            self.own_calls.pop_front();
        }
        self.own_calls.push_back(id.to_owned());
    }

    /// Whether the result of this call, or the output of this shell, is our own.
    pub(super) fn is_own(&self, id: &str) -> bool {
        self.own_calls.iter().any(|own| own == id)
    }

    /// A prompt joins the queue. The same line read again changes nothing.
    pub(super) fn enqueue(&mut self, offset: u64, text: Option<String>) {
        if self.queued.iter().any(|queued| queued.offset == offset) {
            return;
        }
        if self.queued.len() >= QUEUED_MAX {
            self.queued.pop_front();
        }
        let text = text.filter(|text| text.len() <= QUEUED_BYTES_MAX);
        self.queued.push_back(Queued { offset, text });
    }

    /// The next prompt leaves the queue and comes as a record of its own.
    pub(super) fn dequeue(&mut self) {
        self.queued.pop_front();
    }

    /// A prompt leaves the queue without a record of its own: the first that a person typed.
    pub(super) fn take_queued(&mut self) -> Option<Queued> {
        let at = self.queued.iter().position(|queued| queued.text.is_some()).unwrap_or(0);
        self.queued.remove(at)
    }

    /// Remembers that a prompt was handed to the agent under this key.
    pub(super) fn hand_over(&mut self, text: &str, key: &str) {
        if self.handed_over.len() >= QUEUED_MAX {
            self.handed_over.pop_front();
        }
        let hash = text_hash(text);
        self.handed_over.push_back(HandedOver { hash, key: key.to_owned(), came: None });
    }

    /// The key of the prompt that comes again in the line at `offset`, if it was handed over before.
    pub(super) fn handed_over(&mut self, text: &str, offset: u64) -> Option<String> {
        let hash = text_hash(text);
        let is_it =
            |one: &&mut HandedOver| one.hash == hash && one.came.is_none_or(|line| line == offset);
        let one = self.handed_over.iter_mut().find(is_it)?;
        one.came = Some(offset);
        Some(one.key.clone())
    }

    /// The person took all prompts back.
    pub(super) fn clear_queue(&mut self) {
        self.queued.clear();
    }

    /// A prompt came as a record of its own: it waits no more.
    pub(super) fn delivered(&mut self, text: &str) {
        self.queued.retain(|queued| queued.text.as_deref() != Some(text));
    }

    /// Remembers a summary of the conversation that ends in this record.
    pub(super) fn remember_summary(&mut self, leaf: &str, title: String) {
        if self.summaries.len() >= SUMMARIES_MAX {
            self.summaries.pop_front();
        }
        self.summaries.push_back((leaf.to_owned(), title));
    }

    /// The summary of the conversation that ends in this record.
    pub(super) fn take_summary(&mut self, leaf: &str) -> Option<String> {
        let at = self.summaries.iter().position(|(id, _)| id == leaf)?;
        self.summaries.remove(at).map(|(_, title)| title)
    }
}

/// Whether it is the journal of a workflow, `subagents/workflows/<workflow>/journal.jsonl`.
fn is_journal(path: &Path) -> bool {
    let name = path.file_name().is_some_and(|name| name == "journal.jsonl");
    name && path.components().any(|part| part.as_os_str() == "workflows")
}

fn text_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}

/// `<rollout>` of `rollout-<time>-<uuid>_<rollout>`.
fn segment(stem: &str) -> Option<&str> {
    stem.strip_prefix("rollout-")?.split_once('_').map(|(_, rollout)| rollout)
}

/// `<uuid>` of `rollout-<time>-<uuid>`, or of `rollout-<time>-<uuid>_<rollout>` after going back in it.
fn thread_id(stem: &str) -> &str {
    const UUID_CHARS: usize = 36;
    const TIME_CHARS: usize = "2026-01-02T03-04-05-".len();
    let Some(rest) = stem.strip_prefix("rollout-").filter(|rest| rest.is_ascii()) else {
        return stem;
    };
    let is_time = rest.get(..TIME_CHARS).is_some_and(|time| {
        time.ends_with('-') && time.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'T')
    });
    match rest {
        _ if is_time && rest.len() > TIME_CHARS => {
            rest[TIME_CHARS..].split('_').next().unwrap_or(rest)
        }
        _ if rest.len() > UUID_CHARS => &rest[rest.len() - UUID_CHARS..],
        _ => stem,
    }
}

/// When a rollout began, by its name, `rollout-<time>-<uuid>`.
fn thread_time(stem: &str) -> Option<Timestamp> {
    let time = stem.strip_prefix("rollout-")?.get(.."2026-01-02T03-04-05".len())?;
    let (date, time) = time.split_once('T')?;
    format!("{date}T{}Z", time.replace('-', ":")).parse().ok()
}

fn hash(id: &str) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    u64::from_le_bytes(*hash.as_bytes().first_chunk().unwrap_or(&[0; 8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_session() {
        for (agent, path, session, kind) in [
            (Agent::ClaudeCode, "p/-srv/0a1b.jsonl", "0a1b", FileKind::Session),
            (Agent::ClaudeCode, "p/s/subagents/agent-a88.jsonl", "a88", FileKind::SubAgent),
            (
                Agent::ClaudeCode,
                "p/agent-acompact-f.jsonl",
                "acompact-f",
                FileKind::CompactionHelper,
            ),
            (
                Agent::Codex,
                "rollout-2026-04-10T20-02-04-019d78fc-c449-7300-92a1-1e92604a4f6a.jsonl.zst",
                "019d78fc-c449-7300-92a1-1e92604a4f6a",
                FileKind::Session,
            ),
        ] {
            let cursor = Cursor::new(agent, Path::new(path));
            assert_eq!((cursor.file_session(), cursor.file), (session, kind));
        }
    }

    #[test]
    fn memory_is_bounded_and_survives_the_store() {
        let mut cursor = Cursor::new(Agent::ClaudeCode, Path::new("s.jsonl"));
        for n in 0..1_000_u64 {
            cursor.session(&format!("s{n}")).prompted = true;
            cursor.remember_own(&format!("call{n}"));
            cursor.enqueue(n, Some("x".repeat(QUEUED_BYTES_MAX + 1)));
            cursor.remember_summary(&format!("u{n}"), "title".into());
        }
        let stored = serde_json::to_string(&cursor).expect("serialises");
        assert!(stored.len() < 16 * 1024, "{}", stored.len());
        assert_eq!(serde_json::from_str::<Cursor>(&stored).expect("reads back"), cursor);
        assert!(cursor.is_own("call999") && !cursor.is_own("call0"));
        assert!(cursor.session("s999").prompted && !cursor.session("s0").prompted);
    }

    #[test]
    fn a_prompt_leaves_the_queue_once() {
        let mut cursor = Cursor::new(Agent::ClaudeCode, Path::new("s.jsonl"));
        cursor.enqueue(1, None);
        cursor.enqueue(2, Some("a".into()));
        cursor.enqueue(2, Some("a".into()));
        assert_eq!(cursor.take_queued().and_then(|q| q.text).as_deref(), Some("a"));
        assert_eq!(cursor.take_queued().and_then(|q| q.text), None);
        assert_eq!(cursor.take_queued(), None);
    }
}
