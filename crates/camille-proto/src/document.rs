//! A whole document, as `GET /documents/{id}` gives it.

use crate::hit::Metadata;
use crate::id::{ContentHash, DocumentId, PeerId};
use crate::open::{AnyKind, AnySpeaker, AnyType};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A whole document with its neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentView {
    /// The document.
    pub id: DocumentId,
    /// BLAKE3 of `content`.
    pub content_hash: ContentHash,
    /// Its family.
    #[serde(rename = "type")]
    pub document_type: AnyType,
    /// Its whole text, redacted.
    pub content: String,
    /// Where it comes from.
    pub metadata: Metadata,
    /// The node whose bank holds it.
    pub peer_id: PeerId,
    /// The two documents before it in its session, in order.
    pub before: Vec<Neighbour>,
    /// The two documents after it in its session, in order.
    pub after: Vec<Neighbour>,
}

/// A document near another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Neighbour {
    /// The document.
    pub id: DocumentId,
    /// Who said it.
    pub speaker: AnySpeaker,
    /// What it is.
    pub kind: AnyKind,
    /// When it was said.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::moment::serialize"
    )]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub timestamp: Option<Timestamp>,
    /// The first 2,000 characters of its text.
    pub content: String,
}
