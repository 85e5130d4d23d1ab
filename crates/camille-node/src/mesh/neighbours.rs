//! Whom this node passes questions on to, as those are told who may have questions passed on.

use super::address;
use crate::mesh::service::Mesh;
use camille_federation::plan::Known;
use camille_proto::grant::{Grant, Verb};
use camille_proto::id::PeerId;
use camille_proto::node::{Greeting, PeerEntry, PeerList, PeerStatus};
use camille_registry::Peer;

/// How many nodes deep anyone may ask: the longest path has five nodes, of which the asker knows two.
pub(crate) const DEPTH_MAX: u32 = 3;

/// Whether holders of a grant are told of anybody.
pub(crate) fn are_told(mesh: &Mesh, grant: &Grant) -> bool {
    mesh.home.settings.mesh.allow_indirect && grant.allows(Verb::Indirect)
}

/// Those of `peers` that are there and allow it, `depth` nodes deep, for `asker`.
pub(crate) fn told(mesh: &Mesh, peers: &[Peer], asker: Option<PeerId>, depth: u32) -> PeerList {
    let peers = peers
        .iter()
        .filter(|peer| peer.has_key && Some(peer.peer_id) != asker)
        .filter_map(|peer| {
            let beyond = mesh.health.relayed(&peer.peer_id)?;
            Some(PeerEntry {
                peer_id: peer.peer_id,
                name: peer.name.clone(),
                status: PeerStatus::Active,
                indirect: true,
                peers: entries(beyond, depth - 1),
            })
        })
        .collect();
    PeerList { peers }
}

/// Another word each time that `asker` would be told of others.
pub(crate) fn word(mesh: &Mesh, peers: &[Peer], asker: Option<PeerId>) -> String {
    let json = serde_json::to_vec(&told(mesh, peers, asker, DEPTH_MAX)).unwrap_or_default();
    blake3::hash(&json).to_hex()[..16].to_owned()
}

/// What this node says of itself to `peer`, one of `peers`. Reads the machine's interfaces.
pub(crate) fn greeting(mesh: &Mesh, peers: &[Peer], peer: &Peer) -> Greeting {
    let told = peer.their_grant.as_ref().is_some_and(|grant| are_told(mesh, grant));
    Greeting {
        addresses: address::own(mesh),
        neighbours: told.then(|| word(mesh, peers, Some(peer.peer_id))),
    }
}

fn entries(known: Vec<Known>, depth: u32) -> Vec<PeerEntry> {
    if depth == 0 {
        return Vec::new();
    }
    known
        .into_iter()
        .map(|known| PeerEntry {
            peer_id: known.peer_id,
            name: known.name,
            status: PeerStatus::Active,
            indirect: true,
            peers: entries(known.beyond, depth - 1),
        })
        .collect()
}
