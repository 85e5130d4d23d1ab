//! What the owner does about peers: invite, join, list, look around.

use super::ProjectView;
use crate::grant::Grant;
use crate::id::PeerId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `POST /local/v1/invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteRequest {
    /// Seconds until it ends.
    pub expires_s: u64,
    /// How many nodes may use it.
    pub uses: u32,
    /// What those who use it may read.
    pub grant: Grant,
}

/// The invite that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteCreated {
    /// The line to hand over. Shown once.
    pub line: String,
    /// When it ends.
    pub expires: Timestamp,
    /// How many nodes may use it.
    pub uses: u32,
    /// The shared projects that a teammate will see.
    pub shared: Vec<ProjectView>,
    /// Addresses in it.
    pub addresses: Vec<String>,
    /// Whether a running node listens for the answer.
    pub listening: bool,
}

/// `POST /local/v1/joins`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinCommand {
    /// The invite line.
    pub line: String,
    /// What to call the inviter; absent: what it calls itself.
    #[serde(default)]
    pub name: Option<String>,
}

/// How a join went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinResult {
    /// The peer, as it is called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// True when the inviter was not reached: the join completes by itself.
    pub pending: bool,
    /// What this node may read there; absent while pending.
    pub grant: Option<Grant>,
    /// Why it is pending.
    pub reason: Option<String>,
}

/// What is known of one peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerView {
    /// What it is called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// `active`, `inactive`, `error` or `pending`.
    pub status: String,
    /// Where it was last reached, then where else it may be.
    pub addresses: Vec<String>,
    /// When it last answered.
    pub last_seen: Option<Timestamp>,
    /// Milliseconds of its last answer.
    pub round_trip_ms: Option<u64>,
    /// Whether we hold a key for its bank.
    pub we_can_search: bool,
    /// What its key may read here; absent: it holds no key.
    pub they_may_read: Option<Grant>,
    /// When it last used that key.
    pub they_last_used: Option<Timestamp>,
    /// When they became peers.
    pub added: Timestamp,
    /// What went wrong last.
    pub error: Option<String>,
}

/// `POST /local/v1/peers/discover`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoverRequest {
    /// How long to look around, in milliseconds; absent: as configured.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
}

/// Who is announced on the networks this machine is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discovered {
    /// Those who say who they are, by name.
    pub peers: Vec<NearbyPeer>,
    /// Services that were ignored, because they do not.
    pub ignored: u64,
}

/// A node that is announced nearby. Only a handshake proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NearbyPeer {
    /// The service's name.
    pub name: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Where it can be reached, as `host:port`.
    pub addresses: Vec<String>,
    /// Who it says it is.
    pub peer_id: PeerId,
    /// Its build.
    pub version: String,
    /// What it serves.
    pub capabilities: Vec<String>,
    /// Whether it relays questions.
    pub indirect: bool,
    /// What it is called here, if it is a peer already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_as: Option<String>,
}
