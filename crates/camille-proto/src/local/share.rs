//! What would be shared, before it is; and sessions that are kept back.

use crate::vocabulary::{Agent, Sharing};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What peers would see of one project: an element of the answer to `POST /local/v1/projects/preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectPreview {
    /// Its id.
    pub id: String,
    /// How it would be shared: `private` if another rule beats the new one.
    pub sharing: Sharing,
    /// The rule that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
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
    /// Sessions that would be kept back.
    pub held: Vec<HeldSession>,
}

/// A session of a shared project that nobody but the owner sees: an element of `GET /local/v1/projects/held`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldSession {
    /// Which.
    #[serde(flatten)]
    pub name: SessionName,
    /// Its title.
    pub title: Option<String>,
    /// Its project.
    pub project: String,
    /// Documents that would be seen otherwise.
    pub documents: u64,
    /// The projects it touched, or another session of its conversation, that are not shared.
    pub touched: Vec<String>,
    /// Each of these places with what was done there; what the session did itself comes first.
    #[serde(default)]
    pub reasons: Vec<HeldReason>,
    /// Whether its person said that it is private: then it stays so.
    pub private: bool,
    /// Whether it ran in a directory that is denied, or touched a project that a rule denies: then it stays so, too.
    #[serde(default)]
    pub denied: bool,
}

/// The place that stands for a prompt which looks like `#private` and does not say it: no pattern shares it, and its
/// session is held until it is released.
pub const LOOKS_PRIVATE: &str = "unclear:#private";

/// A place that is not shared, and what was done there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldReason {
    /// The place; empty once it, or the session that touched it, is forgotten.
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

/// `POST /local/v1/projects/undo`: takes a deny back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoRequest {
    /// The pattern that was denied.
    pub pattern: String,
    /// Only say what peers would see then.
    #[serde(default)]
    pub preview: bool,
}

/// What taking a deny back does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoResult {
    /// Whether that very pattern is denied.
    pub denied: bool,
    /// What peers see of the projects it denies, once it is taken back.
    pub projects: Vec<ProjectPreview>,
}

/// A session, as its agent names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionName {
    /// The agent.
    pub agent: Agent,
    /// The session.
    pub session: String,
}

/// A session that the owner's node knows: an element of the answer to `GET /local/v1/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Which.
    #[serde(flatten)]
    pub name: SessionName,
    /// Its title.
    pub title: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// What the bank holds of it.
    pub documents: u64,
    /// Whether its owner released it: then peers see what it says, whatever it had touched until then.
    pub released: bool,
}

/// A sharing rule: an element of the answer to `GET /local/v1/projects/rules`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    /// Which projects it is about, those that come later included.
    pub pattern: String,
    /// What becomes of them; `private` beats every other rule.
    pub sharing: Sharing,
    /// Only documents from then on.
    pub from: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
}

/// The answer to `GET /local/v1/projects/of`: the project that holds a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectOfPath {
    /// Its id; the path itself where no repository holds it.
    pub project: String,
}

/// `POST /local/v1/projects/held`: whether sessions are shared though they touched what is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseRequest {
    /// Which.
    pub sessions: Vec<SessionName>,
    /// True: they are shared, with those they began. False: that is taken back.
    pub release: bool,
}
