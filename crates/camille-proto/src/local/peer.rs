//! What the owner does about peers: invite, join, add, list, test, look around.

use super::ProjectView;
use crate::grant::Grant;
use crate::id::PeerId;
use crate::key::ApiKey;
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
    /// When that key ends unless it is used.
    #[serde(default)]
    pub they_end: Option<Timestamp>,
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

/// `POST /local/v1/peers/identify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentifyRequest {
    /// Where to look: `host:port`, or a host.
    pub address: String,
}

/// Who answers at an address. Nothing was sent there; only a pinned connection proves that it holds the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identified {
    /// Whose certificate was shown.
    pub peer_id: PeerId,
    /// Whether an authority that the owner trusts says that it is theirs.
    #[serde(default)]
    pub vouched: bool,
    /// What it is called here, if it is a peer already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_as: Option<String>,
    /// Another peer that was last reached at that very address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<KnownPeer>,
}

/// A peer, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownPeer {
    /// What it is called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
}

/// `POST /local/v1/peers`: adds a peer by a key that its owner made, after trying it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddPeer {
    /// Who it is.
    pub peer_id: PeerId,
    /// Where it can be reached: `host:port`, best first.
    pub addresses: Vec<String>,
    /// The key for its bank.
    pub key: ApiKey,
    /// What to call it here; absent: what it calls itself.
    #[serde(default)]
    pub name: Option<String>,
}

/// The peer that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerAdded {
    /// What it is called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// Documents of its bank that the key may see.
    pub documents: u64,
    /// Whether it was known before: then its key and addresses are new.
    pub known: bool,
    /// Whether it holds a key for this bank.
    pub mutual: bool,
}

/// `PATCH /local/v1/peers/{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RenamePeer {
    /// What to call it from now on.
    pub name: String,
}

/// `POST /local/v1/peers/test`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestPeers {
    /// Only this peer, by name or id; absent: all.
    #[serde(default)]
    pub name: Option<String>,
}

/// Whether two nodes reach each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerTested {
    /// What the peer is called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// From here to there.
    pub there: Way,
    /// From there to here.
    pub back: Way,
}

/// One direction between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// How it does.
    pub status: WayStatus,
    /// Milliseconds of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// What went wrong, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How one direction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WayStatus {
    /// It was reached and answered.
    Ok,
    /// It was not reached.
    Blocked,
    /// It answered and does not accept the key.
    Refused,
    /// Somebody else answers there.
    WrongNode,
    /// There is no key for the other's bank.
    NoKey,
    /// Nobody could say.
    Unknown,
}
