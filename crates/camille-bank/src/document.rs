//! What the bank gives out: documents, projects and counts, as far as the one who asks may see them.

use camille_proto::id::{ContentHash, DocumentId};
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use jiff::Timestamp;

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The document.
    pub id: DocumentId,
    /// BLAKE3 of `text`.
    pub content_hash: ContentHash,
    /// The project of its session.
    pub project: String,
    /// The project of the record's own directory.
    pub own_project: String,
    /// The session, as its agent names it.
    pub session: String,
    /// The session that began this one.
    pub parent_session: Option<String>,
    /// The coding agent.
    pub agent: Agent,
    /// The session's title, unless it may come from what must not be seen.
    pub title: Option<String>,
    /// The session's git branch.
    pub branch: Option<String>,
    /// The record's own id in its source.
    pub record_id: Option<String>,
    /// Who said it.
    pub speaker: Speaker,
    /// What it is.
    pub kind: DocumentKind,
    /// When it was said.
    pub timestamp: Option<Timestamp>,
    /// The tool that was called.
    pub tool: Option<String>,
    /// The file that was touched, relative to the project.
    pub path: Option<String>,
    /// Its whole text, redacted, at most 1 MiB.
    pub text: String,
    /// The visible document before it in its session.
    pub before: Option<DocumentId>,
    /// The visible document after it in its session.
    pub after: Option<DocumentId>,
}

/// A document with what stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentWithNeighbours {
    /// The document.
    pub document: Document,
    /// At most two visible documents before it in its session, in order.
    pub before: Vec<Document>,
    /// At most two visible documents after it in its session, in order.
    pub after: Vec<Document>,
}

/// What stands for a file by its last two names, whatever lies above them: worktrees, other machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditKey {
    pub(crate) first: [u8; 8],
    pub(crate) last: [u8; 8],
}

impl EditKey {
    /// A path's key. `\` and `/` are the same.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let mut names = path.rsplit(['/', '\\']).filter(|name| !matches!(*name, "" | "."));
        let name = names.next().unwrap_or_default();
        Self::ranged(name, names.next().unwrap_or_default())
    }

    /// Files of this name, in whatever directory.
    #[must_use]
    pub fn anywhere(name: &str) -> Self {
        let mut key = Self::ranged(name, "");
        key.first[4..].fill(0);
        key.last[4..].fill(u8::MAX);
        key
    }

    fn ranged(name: &str, directory: &str) -> Self {
        let mut first = [0; 8];
        first[..4].copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..4]);
        first[4..].copy_from_slice(&blake3::hash(directory.as_bytes()).as_bytes()[..4]);
        Self { first, last: first }
    }
}

/// What led to a document, as far as it may be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Led {
    /// The last thing that a person said before it in its session.
    pub prompt: Option<Document>,
    /// What the agent said last between the two, else first after it, in the same turn.
    pub said: Option<Document>,
}

/// What the bank holds of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSummary {
    /// Its id.
    pub id: String,
    /// Its sessions.
    pub sessions: u64,
    /// Documents of its sessions, and others' that were recorded in it.
    pub documents: u64,
    /// The newest of them.
    pub last_update: Option<Timestamp>,
}

/// A session of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// Which.
    pub name: SessionName,
    /// Its title.
    pub title: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// What the bank holds of it.
    pub documents: u64,
}

/// What others would see of one project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectSurvey {
    /// Its id.
    pub id: String,
    /// Sessions of which they would see something.
    pub sessions: u64,
    /// Documents they would see.
    pub documents: u64,
    /// The oldest of them.
    pub oldest: Option<Timestamp>,
    /// The newest of them.
    pub newest: Option<Timestamp>,
    /// Secrets that were replaced in its sessions.
    pub redacted: u64,
    /// Sessions that are kept back from them.
    pub held: Vec<HeldSession>,
}

/// A session, as its agent names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionName {
    /// The agent.
    pub agent: Agent,
    /// The session.
    pub session: String,
}

/// A session that is kept back from everybody but the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSession {
    /// Which.
    pub name: SessionName,
    /// Its title.
    pub title: Option<String>,
    /// Documents that would be seen otherwise.
    pub documents: u64,
    /// The projects it touched that are not shared.
    pub touched: Vec<String>,
    /// Each place, with what was done there; the session's own doing first.
    pub reasons: Vec<Reason>,
    /// What stands for the places: a release is for these.
    pub marks: Vec<[u8; 16]>,
    /// Whether its person said that it is private: then it stays so.
    pub private: bool,
    /// Whether it ran in a directory that is denied: then it stays so, too.
    pub denied: bool,
}

/// A place that is not shared and was touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The place; empty once that is forgotten.
    pub project: String,
    /// `ran`, `read`, `wrote` or `named`.
    pub how: String,
    /// The path, as it was written; empty where there is none.
    pub path: String,
    /// When.
    pub time: Option<Timestamp>,
    /// Whether the session itself did it, rather than another one of its conversation.
    pub own: bool,
}

impl Default for HeldSession {
    fn default() -> Self {
        Self {
            name: SessionName { agent: Agent::ClaudeCode, session: String::new() },
            title: None,
            documents: 0,
            touched: Vec::new(),
            reasons: Vec::new(),
            marks: Vec::new(),
            private: false,
            denied: false,
        }
    }
}

/// What the bank holds, as far as it may be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BankSummary {
    /// Live documents.
    pub documents: u64,
    /// Sessions with at least one of them.
    pub sessions: u64,
    /// Projects with at least one of them.
    pub projects: u64,
    /// Source files; 0 unless everything may be seen.
    pub files: u64,
    /// Bytes of store and index on disk; 0 unless everything may be seen.
    pub size_bytes: u64,
    /// The newest document.
    pub last_update: Option<Timestamp>,
    /// When a run over all sources last ended; absent unless everything may be seen.
    pub last_index: Option<Timestamp>,
}
