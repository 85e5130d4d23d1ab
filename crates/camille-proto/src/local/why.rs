//! Why a line is so: which sessions wrote it, and what led to that.

use super::SessionName;
use crate::id::DocumentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `POST /local/v1/why`: about lines of a file in a repository, or about a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyRequest {
    /// The file, as an absolute path; for a commit any place in its repository.
    pub path: String,
    /// The first and the last line, from 1; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<(u32, u32)>,
    /// A symbol of the file instead of lines: a name, or one with what it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// A commit, as git takes it, instead of the lines of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// What is known of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyAnswer {
    /// The lines, in runs that git gives to one commit, in order.
    pub stretches: Vec<WhyStretch>,
    /// The sessions that lines are attributed to, the newest edit first.
    pub sessions: Vec<WhySession>,
    /// Sessions that edited a file of which something is not known, and wrote none of it: they may know more. The newest
    /// first.
    pub might_know: Vec<MightKnow>,
}

/// A run of lines that came with one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyStretch {
    /// The file, relative to its repository.
    pub path: String,
    /// Its first line.
    pub line: u32,
    /// Its last line.
    pub end: u32,
    /// The commit, absent for what is not committed.
    pub commit: Option<String>,
    /// When the commit was made by its author.
    pub time: Option<Timestamp>,
    /// The first line of what the commit says.
    pub summary: Option<String>,
    /// How many of its lines can be told from any others.
    pub telling: u32,
    /// Which of the answer's `sessions` they are attributed to; absent: not known here.
    pub session: Option<u32>,
    /// By what.
    pub evidence: Option<Evidence>,
    /// How many of them that session wrote.
    pub wrote: u32,
}

/// By what lines are attributed to a session, the strongest first. That a session was at work at the time, or edited the
/// file, attributes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The commit names the session.
    Trailer,
    /// It wrote these very lines, the last to do so before the commit.
    Wrote,
    /// It replaced what the commit removed.
    Replaced,
}

/// A session that lines are attributed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhySession {
    /// Which.
    pub name: SessionName,
    /// The session that began it.
    pub parent: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its project.
    pub project: String,
    /// The strongest evidence of its lines.
    pub evidence: Evidence,
    /// How many of the lines it wrote.
    pub lines: u32,
    /// Its last edit that counts.
    pub edit: Option<DocumentId>,
    /// When that was.
    pub time: Option<Timestamp>,
    /// The prompt that led to it.
    pub prompt: Option<Passage>,
    /// What the agent said of it.
    pub reason: Option<Passage>,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passage {
    /// The document.
    pub document: DocumentId,
    /// Its beginning, redacted.
    pub text: String,
}

/// A session that may know more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MightKnow {
    /// Which.
    pub name: SessionName,
    /// Its title.
    pub title: Option<String>,
    /// Its project.
    pub project: String,
    /// How often it edited the files.
    pub edits: u32,
    /// When it did last.
    pub time: Option<Timestamp>,
}
