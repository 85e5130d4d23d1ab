//! Administration by the owner, `/local/v1/…`: only on the Unix socket or in process, never on the
//! network.

mod introduction;
mod keeping;
mod peer;
mod secret;
mod share;
mod why;

pub use introduction::{
    AcceptRequest, Accepted, AcceptedAll, CandidateView, IntroducerSet, Standing,
};
pub use keeping::{
    Delivery, ForgetReport, ForgetRequest, Forgettable, SessionTitle, VerifyEvent, VerifyReport,
};
pub use peer::{
    AddPeer, DiscoverRequest, Discovered, Identified, IdentifyRequest, InviteCreated,
    InviteRequest, JoinCommand, JoinResult, KnownPeer, NearbyPeer, PeerAdded, PeerTested, PeerView,
    RenamePeer, TestPeers, Way, WayStatus,
};
pub use secret::SecretLine;
pub use share::{
    HeldReason, HeldSession, LOOKS_PRIVATE, ProjectOfPath, ProjectPreview, ReleaseRequest,
    RuleView, SessionName, SessionView, UndoRequest, UndoResult,
};
pub use why::{Evidence, MightKnow, Passage, WhyAnswer, WhyRequest, WhySession, WhyStretch};

use crate::grant::Grant;
use crate::id::{DocumentId, PeerId};
use crate::key::KeyId;
use crate::vocabulary::Sharing;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `GET /local/v1/status`: how this node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// What this node is called.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// The build.
    pub version: String,
    /// Whether a long-running node answers, rather than the command itself.
    pub running: bool,
    /// Process id of the running node.
    pub pid: Option<u32>,
    /// Seconds since its start.
    pub uptime_s: u64,
    /// Whether the network may reach it, by invite, join or key.
    pub open: bool,
    /// Addresses it listens on, `host:port`.
    pub listening: Vec<String>,
    /// Addresses peers are told.
    pub advertised: Vec<String>,
    /// The certificate it shows.
    pub certificate: CertificateStatus,
    /// Why peers get no answers: accesses cannot be written into the audit log.
    pub audit_problem: Option<String>,
    /// The bank.
    pub bank: BankStatus,
    /// Peers known.
    pub peers: u32,
    /// Projects that are shared.
    pub shared_projects: u32,
    /// Joins that wait for the other side.
    pub pending_joins: Vec<String>,
    /// Who joined since the owner last looked, as sentences.
    pub news: Vec<String>,
    /// The state of the last or running index run, in one line, if any.
    pub indexing: Option<String>,
    /// What was left out when the sources were looked through: path and reason. At most 60.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<(String, String)>,
    /// What must always hold and did not since the start, as a sentence, and how often (`invariant`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<(String, u64)>,
}

/// The certificate that a node shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateStatus {
    /// The authority that signed it; absent: the node itself.
    pub authority: Option<String>,
    /// When it ends.
    pub ends: Timestamp,
    /// Why it is not the one that the owner wants.
    pub problem: Option<String>,
}

/// What the bank holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BankStatus {
    /// Live documents.
    pub documents: u64,
    /// Sessions.
    pub sessions: u64,
    /// Projects.
    pub projects: u64,
    /// Source files.
    pub files: u64,
    /// Bytes of the store and the index on disk.
    pub size_bytes: u64,
    /// When something was last added.
    pub last_update: Option<Timestamp>,
    /// When a run last ended.
    pub last_index: Option<Timestamp>,
}

/// `POST /local/v1/index`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexRequest {
    /// Files or directories to add as sources; empty: all known sources.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Whether the usual places of every agent are read too, even when `paths` are given.
    #[serde(default)]
    pub defaults: bool,
    /// Whether the index is made anew from the store first.
    #[serde(default)]
    pub rebuild: bool,
}

/// One line of the stream that answers `POST /local/v1/index` (newline-delimited JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum IndexEvent {
    /// How far the run is.
    #[serde(rename_all = "camelCase")]
    Progress {
        /// Files looked at.
        files_done: u64,
        /// Files there are.
        files_total: u64,
        /// Bytes dealt with, unchanged ones included.
        bytes_done: u64,
        /// Bytes there are.
        bytes_total: u64,
        /// Documents added or changed so far.
        documents: u64,
    },
    /// How far the index is that is made anew before anything is read.
    #[serde(rename_all = "camelCase")]
    Rebuilding {
        /// Documents indexed.
        documents_done: u64,
        /// Documents there are.
        documents_total: u64,
    },
    /// How far it is with bringing the bank under newer redaction rules, before anything is read.
    #[serde(rename_all = "camelCase")]
    Redacting {
        /// Documents dealt with.
        documents_done: u64,
        /// Documents there are to deal with.
        documents_total: u64,
    },
    /// The end.
    Done(IndexReport),
    /// It could not go on.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Why and what to do.
        problem: crate::problem::Problem,
    },
}

/// What an index run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexReport {
    /// Files found.
    pub files: u64,
    /// Files with nothing new: one `stat` each.
    pub files_unchanged: u64,
    /// Bytes read from files.
    pub bytes_read: u64,
    /// Documents that are new.
    pub documents_added: u64,
    /// Documents that grew or changed.
    pub documents_changed: u64,
    /// Documents in the bank now.
    pub documents_total: u64,
    /// Milliseconds it took.
    pub took_ms: u64,
    /// What became of every line ever read from the files that the bank knows.
    pub accounting: Accounting,
    /// Secrets replaced in this run, by rule.
    pub redacted: BTreeMap<String, u64>,
    /// What could not be read or was left out, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// Usual places looked into, with whether they exist.
    pub places: Vec<(String, bool)>,
    /// The first few defects: file, line (from 1), reason.
    pub defects: Vec<Defect>,
}

/// A line that no reader understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Defect {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is not known.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What became of physical lines: each is exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Accounting {
    /// All lines.
    pub lines: u64,
    /// Became a document.
    pub documented: u64,
    /// Became a part of a document that an earlier line began.
    pub merged: u64,
    /// Says something about its session.
    pub metadata: u64,
    /// Repeats what another file holds.
    pub duplicate: u64,
    /// Left out, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Nothing but white space.
    pub blank: u64,
    /// Not finished yet: the file is still being written.
    pub pending: u64,
    /// Not understood.
    pub defective: u64,
}

impl Accounting {
    /// Adds another file's lines.
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.documented += other.documented;
        self.merged += other.merged;
        self.metadata += other.metadata;
        self.duplicate += other.duplicate;
        self.blank += other.blank;
        self.pending += other.pending;
        self.defective += other.defective;
        for (reason, count) in &other.skipped {
            *self.skipped.entry(reason.clone()).or_default() += count;
        }
    }

    /// Lines that are none of the classes. Anything but 0 is a bug.
    #[must_use]
    pub fn unaccounted(&self) -> i128 {
        let known = self.documented
            + self.merged
            + self.metadata
            + self.duplicate
            + self.skipped.values().sum::<u64>()
            + self.blank
            + self.pending
            + self.defective;
        i128::from(self.lines) - i128::from(known)
    }
}

/// `POST /local/v1/keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRequest {
    /// What it is for.
    pub name: String,
    /// What it may do and read.
    pub grant: Grant,
    /// True: a peer key, bound to the node that first uses it. False: a tool key, not bound.
    pub peer: bool,
}

/// The key that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyCreated {
    /// The key; `cml_…@<PeerId>` for a peer key. Shown once.
    pub key: String,
    /// What is kept of it.
    pub view: KeyView,
}

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    /// Its public part.
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// `peer`, `tool` or `invite`.
    pub kind: String,
    /// The node it is bound to.
    pub bound_to: Option<PeerId>,
    /// What it may do and read.
    pub grant: Grant,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When it was last used, to five minutes.
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// How many can still join with it, if it is an invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
}

/// `POST /local/v1/keys/{id}/rotate`: a successor for a tool key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotateRequest {
    /// Seconds for which the old key still opens.
    pub overlap_s: u64,
}

/// One project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectView {
    /// Its id: a git remote or a directory.
    pub id: String,
    /// How far it may be seen.
    pub sharing: Sharing,
    /// The rule that says so.
    pub rule: Option<String>,
    /// Only documents from then on are visible.
    pub from: Option<Timestamp>,
    /// Its sessions.
    pub sessions: u64,
    /// Its documents.
    pub documents: u64,
    /// The newest of them.
    pub last_update: Option<Timestamp>,
    /// What its signs call it besides: further remotes, its directory, what a transcript names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// `POST /local/v1/projects/rules`: sharing by rule, also for projects that come later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareRequest {
    /// A project id, or a pattern with `*`.
    pub pattern: String,
    /// What becomes of the projects it matches; `private` beats every other rule, until it is undone.
    pub sharing: Sharing,
    /// Only documents from then on.
    #[serde(default)]
    pub from: Option<Timestamp>,
}

/// What a rule changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareResult {
    /// The patterns that were noted: what was asked for, as projects are called.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// The projects the pattern matches now, as they are shared after the change.
    pub projects: Vec<ProjectView>,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its place in the log.
    pub seq: u64,
    /// When.
    pub timestamp: Timestamp,
    /// `search`, `forward` or `access`.
    pub event: String,
    /// What was asked for, such as `GET /documents/…`.
    pub route: String,
    /// The HTTP status given.
    pub status: u16,
    /// The key's public part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// What the key is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// The node that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_id: Option<PeerId>,
    /// The node where the question started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<PeerId>,
    /// The question, or its hash, as `[audit] query` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// How many hits were handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<u32>,
    /// Which documents were handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentId>,
    /// Milliseconds it took.
    pub duration_ms: u64,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// `GET /local/v1/audit`: which entries are wanted. Absent members want all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// From then on.
    pub since: Option<Timestamp>,
    /// After the entry at this place.
    pub after: Option<u64>,
    /// Of this key, by its id or name.
    pub key: Option<String>,
    /// Of this peer, by its id or name, also where it asked through another.
    pub peer: Option<String>,
    /// In which this document was delivered.
    pub document: Option<DocumentId>,
    /// The most entries; the newest count.
    pub limit: u32,
}

impl AuditQuery {
    /// The newest entries, whatever they are about.
    #[must_use]
    pub fn newest(limit: u32) -> Self {
        Self { limit, ..Self::default() }
    }
}

/// `POST /local/v1/search`: the owner's question, which may go to peers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerSearch {
    /// The question.
    pub query: crate::query::Query,
    /// True: this bank only.
    #[serde(default)]
    pub local: bool,
    /// Only these peers, by name or id; empty: all.
    #[serde(default)]
    pub peers: Vec<String>,
    /// Milliseconds each peer gets; absent: what the configuration says.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
}

/// The answer to the owner's question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerAnswer {
    /// The merged answer.
    pub answer: crate::answer::Answer,
    /// True the first time that a question of this owner reached peers: then it is said once that it
    /// stands in their audit logs.
    pub first_mesh_search: bool,
    /// When nothing was indexed since: when the bank was last brought up to date. Absent while a node
    /// keeps it fresh.
    pub bank_age: Option<Timestamp>,
}

/// One line of the stream that answers `POST /local/v1/search/stream` (newline-delimited JSON).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum OwnerEvent {
    /// What is known so far, whenever a peer has answered.
    Progress(crate::stream::Progress),
    /// The whole answer.
    Done(OwnerAnswer),
    /// The question was refused or failed.
    Failed {
        /// Why and what to do.
        problem: crate::problem::Problem,
    },
}
