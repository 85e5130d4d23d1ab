//! How two nodes become peers, `POST /join`, and stay so, `POST /keys/renew`.

use crate::grant::Grant;
use crate::id::PeerId;
use crate::key::ApiKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the one who was invited sends, with the invite's key and its own client certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JoinRequest {
    /// What it is called.
    pub name: String,
    /// Where it can be reached: `host:port`, best first.
    #[schema(max_items = 32)]
    pub addresses: Vec<String>,
    /// The key for its own bank, already bound to the inviter.
    #[schema(value_type = String, format = "camille-key")]
    pub key: ApiKey,
}

/// What the inviter answers. Repeated within 24 hours by the same node with the same key of its own it holds the
/// same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JoinResponse {
    /// Who the inviter is.
    pub peer_id: PeerId,
    /// What it is called.
    pub name: String,
    /// The key for the inviter's bank, bound to the one who joined.
    #[schema(value_type = String, format = "camille-key")]
    pub key: ApiKey,
    /// What that key may read.
    pub grant: Grant,
    /// Where the inviter can be reached: `host:port`, best first.
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// What a peer that renews its key gets, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RenewedKey {
    /// The successor, bound to the same node.
    #[schema(value_type = String, format = "camille-key")]
    pub key: ApiKey,
    /// What it may read: the same as before.
    pub grant: Grant,
    /// Until when the old key opens too.
    #[schema(value_type = String, format = DateTime)]
    pub old_ends: Timestamp,
}
