//! A hit: a document that was found, as it is shown to a person, an agent or another node.

use crate::id::{ContentHash, DocumentId, PeerId};
use crate::open::{AnyAgent, AnyKind, AnySpeaker, AnyType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A document found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// The document.
    pub id: DocumentId,
    /// BLAKE3 of `content`, computed by whoever shows the hit.
    pub content_hash: ContentHash,
    /// How well it answers, comparable within one answer only. What a peer claims here is ignored.
    #[serde(default)]
    pub score: f64,
    /// The family of the document.
    #[serde(rename = "type")]
    pub document_type: AnyType,
    /// Its text, redacted, at most 16 KiB.
    pub content: String,
    /// Whether `content` was cut.
    #[serde(default)]
    pub truncated: bool,
    /// Where the question's words stand in `content`: `[start, end)` in Unicode scalar values.
    #[serde(default)]
    pub highlights: Vec<[u32; 2]>,
    /// Where it comes from.
    pub metadata: Metadata,
    /// `local`, or `peer:<name>`.
    #[serde(default)]
    pub source: String,
    /// The node whose bank holds it.
    pub peer_id: PeerId,
    /// Relays between the origin and the bank.
    #[serde(default)]
    pub hops: u32,
    /// Others that hold the same document with the same content: `local` or `peer:<name>`.
    #[serde(default)]
    pub also_from: Vec<String>,
}

/// What is known about a document besides its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The project: a git remote (`host/path`) or a directory.
    pub project: String,
    /// The session, as its agent names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The record's own id in its source (Claude Code: `uuid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_id: Option<String>,
    /// The coding agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AnyAgent>,
    /// The person whose bank it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Who said it.
    pub speaker: AnySpeaker,
    /// What it is.
    pub kind: AnyKind,
    /// The machine it was recorded on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// When it was said.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::moment::serialize"
    )]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub timestamp: Option<Timestamp>,
    /// The session's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The tool that was called, for a tool call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The file that the document is, or touched, relative to the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The programming language, for code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The symbol's name, for code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The first line, for code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The document before this one in its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<DocumentId>,
    /// The document after this one in its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<DocumentId>,
}
