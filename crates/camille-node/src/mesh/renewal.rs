//! Keeps the keys for peers' banks young: one that is a month old is changed for another while its peer is in
//! reach, so that one that got out of an old copy of node.db is soon worth nothing.

use super::service::Mesh;
use crate::home::Home;
use camille_client::NodeClient;
use camille_proto::id::PeerId;
use camille_registry::Peer;
use jiff::SignedDuration;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How old a key gets. Far from its end: keys that are not used lapse after 90 days.
const AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often it looks for one that is older.
const TURN: Duration = Duration::from_secs(20);
/// How soon a peer that did not give another key is asked again: it may be of an earlier build.
const AGAIN: Duration = Duration::from_secs(3600);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Renews until the shutdown.
pub(crate) async fn keep(mesh: Mesh, shutdown: CancellationToken) {
    let mut asked: HashMap<PeerId, Instant> = HashMap::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(TURN) => {}
        }
        let before = mesh.home.now() - AGE;
        let old = mesh.home.blocking(move |s| s.registry.peers_with_key_before(before)).await;
        let old = match old {
            Ok(old) => old,
            Err(error) => {
                tracing::error!(%error, "the keys to be renewed could not be read");
                continue;
            }
        };
        asked.retain(|_, at| at.elapsed() < AGAIN);
        for peer in old {
            // Who is away is asked as soon as it is back.
            if asked.contains_key(&peer.peer_id) || mesh.health.is_away(&peer.peer_id) {
                continue;
            }
            asked.insert(peer.peer_id, Instant::now());
            renew(&mesh, &peer).await;
        }
    }
}

/// Changes the key for the peer's bank for another.
async fn renew(mesh: &Mesh, peer: &Peer) {
    let Some(held) = mesh.home.key_for(peer).await else { return };
    let (peer_id, now, old) = (peer.peer_id, mesh.home.now(), held.id());
    mesh.locate(peer_id, &peer.addresses);
    let client = NodeClient::peer(&mesh.pool, peer_id, Some(held)).with_deadline(ANSWER);
    match client.renew_key().await {
        Ok(new) => {
            let take = move |s: &Home| {
                s.registry.take_renewed_key(&peer_id, &old, &new.key, &new.grant, now)
            };
            mesh.home.note(take).await;
            tracing::info!(peer = %peer_id.short(), "the key for a peer's bank was renewed");
        }
        Err(error) => tracing::debug!(peer = %peer_id.short(), %error, "a key was not renewed"),
    }
}
