//! Looks after the peers in the background, so that no question has to find out who is away: asks each now
//! and then whether it is there and whom it passes questions on to.

use super::address;
use crate::federation::gather::short;
use crate::federation::plan::Known;
use crate::registry::Peer;
use crate::state::Shared;
use camille_client::NodeClient;
use camille_proto::answer::Outcome;
use camille_proto::id::PeerId;
use camille_proto::node::{PeerEntry, PeerStatus};
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often it looks whose turn it is.
const TURN: Duration = Duration::from_millis(500);
/// How often a peer that answers is asked, give or take a sixth so that peers do not march in step.
const EVERY: Duration = Duration::from_secs(9);
/// How soon one that did not is asked again, until it is known to be away.
const AGAIN: Duration = Duration::from_secs(1);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(3);
/// A longer gap between two turns means that the machine slept.
const SLEPT: Duration = Duration::from_secs(20);
/// The most nodes that one peer may tell of.
const KNOWN_MAX: usize = 256;

/// Probes until the shutdown.
pub(crate) async fn keep(state: Shared, shutdown: CancellationToken) {
    let mut running: JoinSet<()> = JoinSet::new();
    let mut last = Instant::now();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(TURN) => {}
        }
        while running.try_join_next().is_some() {}
        let now = Instant::now();
        if now.saturating_duration_since(last) > SLEPT {
            state.health.doubt_all();
        }
        last = now;
        let peers = match state.blocking(|s| s.registry.peers()).await {
            Ok(peers) => peers,
            Err(error) => {
                tracing::error!(%error, "the peers to probe could not be read");
                continue;
            }
        };
        for peer in peers.into_iter().filter(|peer| peer.has_key) {
            if !state.health.take_probe(&peer.peer_id, now, now + jittered(EVERY)) {
                continue;
            }
            running.spawn(probe(state.clone(), peer));
        }
    }
}

/// Asks one peer, and takes note.
async fn probe(state: Shared, peer: Peer) {
    let Some(key) = state.key_for(&peer).await else { return };
    state.locate(peer.peer_id, &peer.addresses);
    let client = NodeClient::peer(&state.pool, peer.peer_id, Some(key)).with_deadline(ANSWER);
    let started = Instant::now();
    // Each tells the other where it is now, so that one that moves is found again by whomever it reaches.
    match client.info_telling(&address::own(&state)).await {
        Ok(info) => {
            if !info.addresses.is_empty() {
                let addresses = info.addresses;
                state.note(move |s| s.registry.set_addresses(&peer.peer_id, &addresses)).await;
            }
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            state.health.note(&peer.peer_id, Outcome::Ok, Instant::now());
            state.health.learn_protocol(&peer.peer_id, &info.protocol);
            let depth = state.settings.mesh.ttl.saturating_sub(2);
            // Asked for only when it is not what it was.
            if state.health.learn(&peer.peer_id, info.allow_indirect, info.neighbours.as_deref())
                && depth > 0
                && let Ok(told) = client.neighbours(depth).await
            {
                let beyond = known(&peer, told.peers, depth);
                state.health.learn_beyond(&peer.peer_id, beyond, info.neighbours);
            }
            let (now, address) = (Timestamp::now(), state.pool.last_address(&peer.peer_id));
            let address = address.map(|address| address.to_string());
            let record = move |s: &Shared| {
                s.registry.record_contact(&peer.peer_id, address.as_deref(), now, took_ms)
            };
            state.note(record).await;
        }
        Err(error) => {
            let now = Instant::now();
            state.health.note(&peer.peer_id, error.outcome(), now);
            state.health.probe_again(&peer.peer_id, now + AGAIN);
            let reason = error.to_string();
            state.note(move |s| s.registry.record_failure(&peer.peer_id, &reason)).await;
        }
    }
}

/// What a peer tells of its own peers, as far as it is taken over: untrusted, so bounded.
fn known(peer: &Peer, told: Vec<PeerEntry>, depth: u32) -> Vec<Known> {
    let mut left = KNOWN_MAX;
    let mut path = HashSet::from([peer.peer_id]);
    entries(told, depth, &mut left, &mut path)
}

fn entries(
    told: Vec<PeerEntry>,
    depth: u32,
    left: &mut usize,
    path: &mut HashSet<PeerId>,
) -> Vec<Known> {
    let mut found = Vec::new();
    for entry in told {
        let usable = entry.indirect && entry.status == PeerStatus::Active;
        if depth == 0 || *left == 0 || !usable || !path.insert(entry.peer_id) {
            continue;
        }
        *left -= 1;
        let beyond = entries(entry.peers, depth - 1, left, path);
        path.remove(&entry.peer_id);
        found.push(Known { peer_id: entry.peer_id, name: short(&entry.name, 64), beyond });
    }
    found
}

/// A span that differs by up to a sixth either way.
fn jittered(span: Duration) -> Duration {
    let random = uuid::Uuid::new_v4().as_bytes()[0];
    span * (5 * 255 + 2 * u32::from(random)) / (6 * 255)
}
