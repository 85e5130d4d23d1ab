//! Looks after the peers in the background, so that no question has to find out who is away: asks each now
//! and then whether it is there and whom it passes questions on to.

use super::service::Mesh;
use super::{address, neighbours};
use crate::home::Home;
use crate::home::blocking;
use camille_client::{ClientError, NodeClient};
use camille_federation::gather::short;
use camille_federation::plan::Known;
use camille_proto::answer::Outcome;
use camille_proto::id::PeerId;
use camille_proto::key::ApiKey;
use camille_proto::node::{Greeting, Info, PeerEntry, PeerStatus};
use camille_registry::{Peer, RegistryError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// It looks whose turn it is no more often than this.
const TURN: Duration = Duration::from_millis(100);
/// And no less often, to find peers that were added.
const NEW_PEERS: Duration = Duration::from_secs(10);
/// How often a peer that answers is asked, give or take a tenth so that peers do not march in step. Of two
/// that ask each other one comes first, and the other one can wait.
const EVERY: Duration = Duration::from_secs(10);
/// How soon one that did not is asked again, until it is known to be away.
const AGAIN: Duration = Duration::from_millis(500);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(3);
/// A longer gap between two turns means that the machine slept.
const SLEPT: Duration = Duration::from_secs(20);
/// The most nodes that one peer may tell of.
const KNOWN_MAX: usize = 256;

/// Probes until the shutdown.
pub(crate) async fn keep(mesh: Mesh, shutdown: CancellationToken) {
    let mut running = FuturesUnordered::new();
    let (mut last, mut read) = (Instant::now(), None);
    loop {
        let wait = match (read, mesh.health.next_probe(last)) {
            (None, _) => TURN,
            (_, None) => NEW_PEERS,
            (_, Some(next)) => next.saturating_duration_since(last),
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(wait.clamp(TURN, NEW_PEERS)) => {}
            () = mesh.health.sooner() => {}
            Some(()) = running.next() => continue,
        }
        let now = Instant::now();
        if now.saturating_duration_since(last) > SLEPT {
            mesh.doubt_all();
        }
        last = now;
        let is_fresh = read.is_some_and(|read| now.saturating_duration_since(read) < NEW_PEERS);
        if !is_fresh {
            read = Some(now);
        }
        match blocking(&mesh, move |mesh| due(mesh, now, is_fresh)).await {
            Ok(due) => {
                running.extend(due.into_iter().map(|probe| probe.run(mesh.clone())));
            }
            Err(error) => tracing::error!(%error, "the peers to probe could not be read"),
        }
    }
}

/// One peer that is to be asked.
struct Probe {
    peer: Peer,
    key: ApiKey,
    greeting: Greeting,
}

/// The peers whose probe is due. `is_fresh`: all peers there are were seen a moment ago.
fn due(mesh: &Mesh, now: Instant, is_fresh: bool) -> Result<Vec<Probe>, RegistryError> {
    let due = mesh.health.due(now);
    // All of them matter only to one who is told of others.
    let peers: Vec<Peer> = if is_fresh && !mesh.home.settings.mesh.allow_indirect {
        due.iter()
            .filter_map(|id| mesh.home.registry.peer(id).transpose())
            .collect::<Result<_, _>>()?
    } else {
        mesh.home.registry.peers()?
    };
    for id in due.iter().filter(|id| !peers.iter().any(|peer| peer.peer_id == **id)) {
        mesh.health.forget(id);
    }
    // Who cannot be asked has had its turn all the same.
    let is_due = |peer: &&Peer| {
        mesh.health.take_probe(&peer.peer_id, now, now + jittered(EVERY)) && peer.has_key
    };
    let mut probes = Vec::new();
    for peer in peers.iter().filter(is_due) {
        match mesh.home.registry.key_for(&peer.peer_id) {
            Ok(Some(key)) => {
                let greeting = neighbours::greeting(mesh, &peers, peer);
                probes.push(Probe { peer: peer.clone(), key, greeting });
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a peer's key could not be read"),
        }
    }
    Ok(probes)
}

impl Probe {
    /// Asks the peer, and takes note.
    async fn run(self, mesh: Mesh) {
        let peer_id = self.peer.peer_id;
        mesh.locate(peer_id, &self.peer.addresses);
        let client =
            NodeClient::peer(&mesh.pool, peer_id, Some(self.key.clone())).with_deadline(ANSWER);
        let started = Instant::now();
        match client.greet(&self.greeting).await {
            Ok(info) => {
                let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.learn(&mesh, &client, info, took_ms).await;
            }
            Err(error) => {
                let now = Instant::now();
                mesh.health.note(&peer_id, error.outcome(), now);
                if error.outcome() == Outcome::Denied {
                    mesh.health.refused(&peer_id, now);
                } else {
                    mesh.health.probe_again(&peer_id, now + AGAIN);
                }
                if matches!(error, ClientError::Timeout { .. }) {
                    // The connection may be dead without anybody having said so.
                    mesh.pool.disconnect(&peer_id);
                }
                let reason = error.to_string();
                mesh.home.note(move |s| s.registry.record_failure(&peer_id, &reason)).await;
            }
        }
    }

    /// Takes note of what the peer said.
    async fn learn(&self, mesh: &Mesh, client: &NodeClient, info: Info, took_ms: u64) {
        let peer_id = self.peer.peer_id;
        mesh.health.answered(&peer_id, Instant::now());
        mesh.health.learn_protocol(&peer_id, &info.protocol);
        let depth = mesh.home.settings.mesh.ttl.saturating_sub(2);
        // Asked for only when it is not what it was.
        if mesh.health.learn(&peer_id, info.allow_indirect, info.neighbours.as_deref())
            && depth > 0
            && let Ok(told) = client.neighbours(depth).await
        {
            let beyond = known(&self.peer, told.peers, depth);
            mesh.health.learn_beyond(&peer_id, beyond, info.neighbours);
        }
        let (now, address) = (Timestamp::now(), mesh.pool.last_address(&peer_id));
        let named = address::believed(&info.addresses, address.map(|at| at.ip()));
        let address = address.map(|address| address.to_string());
        let record = move |s: &Home| {
            if !named.is_empty() {
                s.registry.set_addresses(&peer_id, &named)?;
            }
            s.registry.record_contact(&peer_id, address.as_deref(), now, took_ms)
        };
        mesh.home.note(record).await;
    }
}

impl Mesh {
    /// Nothing holds any more, of who is there and of the connections to them: another network, or a machine
    /// that slept.
    pub(crate) fn doubt_all(&self) {
        self.interfaces.forget();
        self.pool.disconnect_all();
        self.health.doubt_all();
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

/// A span that differs by up to a tenth either way.
fn jittered(span: Duration) -> Duration {
    let random = uuid::Uuid::new_v4().as_bytes()[0];
    span * (9 * 255 + 2 * u32::from(random)) / (10 * 255)
}
