//! What the owner does with what the bank keeps: have it checked, and have it forgotten.

use super::share::SessionName;
use crate::id::{DocumentId, PeerId};
use crate::problem::Problem;
use crate::vocabulary::Agent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `POST /local/v1/forget`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgetRequest {
    /// What is to be forgotten.
    pub what: Forgettable,
    /// Only says what would be forgotten.
    #[serde(default)]
    pub preview: bool,
}

/// What can be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Forgettable {
    /// A document, in every version of it that sessions have.
    Document {
        /// Which.
        id: DocumentId,
    },
    /// A session, with the sessions it began.
    Session {
        /// As its agent names it.
        session: String,
        /// Whose it is; absent: any agent's of that name.
        #[serde(default)]
        agent: Option<Agent>,
    },
    /// Every document in whose text these words stand literally.
    Matching {
        /// The words.
        text: String,
    },
    /// A project: what it has, and all that would come to it.
    Project {
        /// Its id.
        project: String,
    },
}

/// What was forgotten, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgetReport {
    /// Documents.
    pub documents: u64,
    /// Sessions that go altogether.
    pub sessions: u64,
    /// Sessions of which only the project's name goes, that they touched.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub named: u64,
    /// The sessions in which they stand, the first of them.
    #[serde(default)]
    pub in_sessions: Vec<SessionTitle>,
    /// To whom they were delivered, as far back as the audit log goes.
    #[serde(default)]
    pub delivered: Vec<Delivery>,
    /// The files it was read from. They stay as they are: they are not camille's.
    pub files: Vec<String>,
    /// The projects it belongs to.
    pub projects: Vec<String>,
    /// False for a preview.
    pub done: bool,
    /// Milliseconds it took.
    pub took_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A session by its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionTitle {
    /// Which.
    #[serde(flatten)]
    pub name: SessionName,
    /// Its title.
    pub title: Option<String>,
}

/// What of it one key was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Whose key it was.
    pub to: String,
    /// The node that asked, if it was one.
    pub peer_id: Option<PeerId>,
    /// Where the question began, if that was another node.
    pub origin: Option<PeerId>,
    /// How many of the documents.
    pub documents: u64,
    /// When the first of them.
    pub first: Timestamp,
    /// When the last of them.
    pub last: Timestamp,
}

/// One line of the stream that answers `POST /local/v1/verify` (newline-delimited JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum VerifyEvent {
    /// How far it is.
    #[serde(rename_all = "camelCase")]
    Progress {
        /// Documents checked.
        documents_done: u64,
        /// Documents there are.
        documents_total: u64,
    },
    /// The end.
    Done(VerifyReport),
    /// It could not go on.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Why and what to do.
        problem: Problem,
    },
}

/// Whether the bank is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// Documents whose text was compared with its hash.
    pub documents: u64,
    /// Documents in the index.
    pub indexed: u64,
    /// The first faults, as sentences.
    pub faults: Vec<String>,
    /// All faults.
    pub faults_count: u64,
    /// Whether making the index anew mends all of them.
    pub rebuild_mends: bool,
    /// Milliseconds it took.
    pub took_ms: u64,
}
