//! What a reader gives for a line: parts of documents, facts about sessions, and what became of the line.
//!
//! These types hold redacted text only.

use super::trace::Trace;
use crate::place::Mention;
use crate::redact::Finding;
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use jiff::Timestamp;

/// One thing that a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A part of a document.
    Part(Part),
    /// Something about a session.
    Session(SessionFact),
    /// What a record touched beside its parts, or without one.
    Touch(Touch),
}

/// What a record touched that no part tells: a command that a person ran beside the conversation, a file that the
/// harness put before the model, a thought in another directory. It shows nothing of its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Whose transcript it is.
    pub agent: Agent,
    /// The session.
    pub session: String,
    /// When.
    pub timestamp: Option<Timestamp>,
    /// The directory that the record names.
    pub cwd: Option<String>,
    /// All places that it names besides.
    pub places: Vec<Mention>,
    /// Whether `text` is what another agent says.
    pub told: bool,
    /// What it says that is in no part, redacted.
    pub text: String,
}

/// A part of a document. Parts with the same `agent` and `native_key` are one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whose transcript it is.
    pub agent: Agent,
    /// What names the document and nothing else: the `uuid` of the record that begins it, or session and offset
    /// where there is none. Never an id that a model or a proxy handed out.
    pub native_key: String,
    /// What builds before took for its name, if that was something else.
    pub former_key: Option<String>,
    /// The key of what it is a copy of, where its source says so.
    pub copy_of: Option<String>,
    /// How its copies are known.
    pub trace: Option<Trace>,
    /// Names the part within its document; the same part read again has the same name.
    pub part_key: String,
    /// The session it belongs to; for a sub-agent its own id.
    pub session: String,
    /// The session that started this one.
    pub parent_session: Option<String>,
    /// The record's own id in its source.
    pub record_id: Option<String>,
    /// Who says it.
    pub speaker: Speaker,
    /// What the document is.
    pub kind: DocumentKind,
    /// Which part of the document it is.
    pub role: PartRole,
    /// Orders parts and documents within a file: offset of the line times 256 plus the block's number.
    pub position: u64,
    /// When it was said.
    pub timestamp: Option<Timestamp>,
    /// The directory that the record itself names.
    pub cwd: Option<String>,
    /// The tool called.
    pub tool: Option<String>,
    /// The file that the tool call is about, relative to the session's directory where it lies within.
    pub path: Option<String>,
    /// All places that it names besides `cwd`.
    pub places: Vec<Mention>,
    /// Whether somebody else than the session's person and its own agent says it: an agent that was begun, a teammate's,
    /// a program that tells how it went. It gives along what they read, wherever that was.
    pub told: bool,
    /// The text, redacted, then cut to [`crate::TEXT_BYTES_MAX`].
    pub text: String,
}

/// Which part of its document a [`Part`] is. Documents show them in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartRole {
    /// A message's text.
    Text,
    /// What a tool was called with.
    Input,
    /// What a tool gave back.
    Output,
    /// What a tool gave back when it failed.
    Error,
}

/// What a person says in a prompt to keep the session to themselves.
pub const PRIVATE: &str = "#private";

/// Something new about a session. Members that a line says nothing about are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFact {
    /// Whose transcript it is.
    pub agent: Agent,
    /// The session.
    pub session: String,
    /// The session that started it.
    pub parent: Option<String>,
    /// When the session's first dated record was made.
    pub timestamp: Option<Timestamp>,
    /// The first directory that the session names.
    pub cwd: Option<String>,
    /// The URL of its git remote.
    pub remote: Option<String>,
    /// Its git branch.
    pub branch: Option<String>,
    /// A title and how good it is. A better one replaces a worse one, a later one an equal one, but
    /// the first prompt stays the first.
    pub title: Option<(TitleRank, String)>,
    /// The URL of a pull request made in it.
    pub pull_request: Option<String>,
    /// Whether its person said [`PRIVATE`] in a prompt.
    pub private: bool,
    /// Sessions of the same conversation that a record names, besides `parent`.
    pub kin: Vec<String>,
    /// Ids of records that a record names as what it follows, and that this file does not hold.
    pub follows: Vec<String>,
}

/// How good a title is, the worst first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum TitleRank {
    /// The beginning of the first prompt.
    FirstPrompt,
    /// A summary that the agent wrote.
    Summary,
    /// A title that the agent gave.
    Ai,
    /// A title that the person gave.
    Custom,
}

/// What became of a physical line, and which secrets were found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineResult {
    /// What became of it.
    pub outcome: LineOutcome,
    /// Why something that stands on it beside what was read is no whole JSON text: a record that was torn
    /// while it was written, with whole ones behind or before it.
    pub torn: Option<String>,
    /// Each secret that was replaced, and each that may be one.
    pub findings: Vec<Finding>,
    /// The agent, the session and the id of a record that gives no part: others may go on from it all the same.
    pub silent: Option<(Agent, String, String)>,
}

/// What became of a physical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineOutcome {
    /// It gave at least one [`Record::Part`].
    Parts,
    /// It gave a [`SessionFact`] and no part.
    Metadata,
    /// It was left out, for a reason that stays the same from version to version.
    Skipped(&'static str),
    /// It holds nothing.
    Blank,
    /// It is no whole JSON text, for this reason: a torn end of a file that is still written, or a defect.
    /// The caller knows which.
    Unfinished(String),
    /// It is whole, but no record that we know, for this reason.
    Defective(String),
}
