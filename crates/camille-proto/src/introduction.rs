//! How nodes that know each other through a third one become peers: `/introductions`, and `POST /join` without
//! an invite.

use crate::id::PeerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /introductions`: a peer wants to meet the others that want it too. Repeated, it is how they are heard of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntroductionRequest {
    /// Where it can be reached: `host:port`, best first.
    #[serde(default)]
    #[schema(max_items = 32)]
    pub addresses: Vec<String>,
}

/// What the introducer answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Introductions {
    /// Its other peers that want to meet others.
    pub candidates: Vec<Introduced>,
    /// Those it parted with lately.
    #[serde(default)]
    pub parted: Vec<PeerId>,
}

/// One whom a node introduces. Nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Introduced {
    /// Who it is.
    pub peer_id: PeerId,
    /// What the introducer calls it.
    pub name: String,
    /// Where it can be reached, as far as the introducer knows: `host:port`, best first.
    pub addresses: Vec<String>,
}

/// The answer 202 to a join without an invite: the owner of the other node did not accept it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JoinWaits {
    /// Always true.
    pub waiting: bool,
}
