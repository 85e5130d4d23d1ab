//! What a node says about itself.

use crate::id::PeerId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The build, such as `0.1.0`.
    pub version: String,
    /// `ok`, or what is wrong.
    pub status: String,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// The protocol, `major.minor`.
    pub protocol: String,
    /// What this build serves: `search`, later `graph` and `transcript`.
    pub capabilities: Vec<String>,
    /// Documents that this key may see; absent without a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<u64>,
    /// The newest of them; absent without a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_update: Option<Timestamp>,
}

/// `GET /info`. Who it is and what it speaks is there in every protocol; the rest may not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// Who it is.
    pub peer_id: PeerId,
    /// Its public key: SubjectPublicKeyInfo in base64. Not for one who says who it is: it knows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub public_key: String,
    /// The protocol, `major.minor`.
    pub protocol: String,
    /// What this build serves. Not for one who says who it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// The words it knows, such as `agent:codex`: what it finds nothing by when it is asked for another. As with
    /// `capabilities`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub understands: Vec<String>,
    /// Whether it relays questions.
    #[serde(default)]
    pub allow_indirect: bool,
    /// What it is called, unless it keeps that private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another word each time `GET /peers` would answer something else; only for keys that are told of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<String>,
    /// Another word each time that the key of the one who asks sees something else of the bank, so that an answer that
    /// was kept can be used again. Not for one who says who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sees: Option<String>,
    /// Where it can be reached now, `host:port`, best first; only for its peers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Whether this node reaches the one that asks; only for a peer whose bank it has a key for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub you: Option<Reached>,
}

/// Whether a node reaches another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reached {
    /// Whether it answered when it was last asked.
    pub reached: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a peer says of itself when it asks for `/info`, in headers. So one request tells both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Greeting {
    /// Where it can be reached now, `host:port`, best first.
    pub addresses: Vec<String>,
    /// The [`Info::neighbours`] that it would answer in turn.
    pub neighbours: Option<String>,
}

/// The request header with [`Greeting::addresses`]: a JSON array.
pub const ADDRESSES_HEADER: &str = "x-node-addresses";

/// The request header with [`Greeting::neighbours`], or [`NEIGHBOURS_NONE`].
pub const NEIGHBOURS_HEADER: &str = "x-node-neighbours";

/// In [`NEIGHBOURS_HEADER`]: it tells of nobody.
pub const NEIGHBOURS_NONE: &str = "none";

/// `GET /peers`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerList {
    /// Those whom the node passes questions on to.
    pub peers: Vec<PeerEntry>,
}

/// A neighbour of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerEntry {
    /// Who it is.
    pub peer_id: PeerId,
    /// What the node calls it.
    pub name: String,
    /// Whether it is there.
    pub status: PeerStatus,
    /// Whether it answers relayed questions.
    pub indirect: bool,
    /// Whom it passes questions on to in turn, as far as that was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub peers: Vec<PeerEntry>,
}

/// Whether a peer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PeerStatus {
    /// It answers.
    Active,
    /// It does not.
    Inactive,
    /// It answers, and refuses.
    Error,
}
