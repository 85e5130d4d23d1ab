//! Meeting the peers of peers: asks those whom the owner chose, again and again, whom they introduce. Who was
//! accepted is joined like one who invited (see `join`).

use super::address;
use crate::mesh::service::Mesh;
use camille_client::{ClientError, NodeClient};
use camille_proto::id::PeerId;
use camille_proto::introduction::{IntroductionRequest, Introductions};
use camille_registry::{Introducer, RegistryError};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it looks whom to ask.
const TURN: Duration = Duration::from_secs(5);
/// How often an introducer is asked.
const EVERY: Duration = Duration::from_secs(60);
/// For so long after the owner chose it, and after it told something new, it is asked at every turn.
const EAGER: Duration = Duration::from_secs(300);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Asks the introducers until the shutdown.
pub(crate) async fn keep(mesh: Mesh, shutdown: CancellationToken) {
    let mut asked: HashMap<PeerId, Asked> = HashMap::new();
    let mut turn = TURN;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(turn) => {}
            () = mesh.life.introducers.notified() => {}
        }
        let introducers = match mesh.home.blocking(|s| s.registry.introducers()).await {
            Ok(introducers) => introducers,
            Err(error) => {
                tracing::error!(%error, "the introducers could not be read");
                continue;
            }
        };
        turn = if introducers.is_empty() { EVERY } else { TURN };
        asked.retain(|id, _| introducers.iter().any(|introducer| introducer.peer_id == *id));
        for introducer in introducers {
            let id = introducer.peer_id;
            let last = asked.get(&id);
            if mesh.health.is_away(&id)
                || mesh.health.is_refused(&id)
                || last.is_some_and(|last| !last.is_due(&mesh, &introducer))
            {
                continue;
            }
            let known = last.and_then(|last| last.told.clone());
            match ask(&mesh, &id, known.as_ref()).await {
                Ok(told) => {
                    let changed = match last {
                        Some(last) if last.told.as_ref() == Some(&told) => last.changed,
                        _ => Instant::now(),
                    };
                    let told = Some(told);
                    asked.insert(id, Asked { at: Instant::now(), changed, told });
                }
                Err(error) => {
                    tracing::debug!(peer = %id.short(), %error, "nobody was introduced");
                    let now = Instant::now();
                    asked.entry(id).or_insert(Asked { at: now, changed: now, told: None }).at = now;
                }
            }
        }
    }
}

/// What an introducer said last.
struct Asked {
    at: Instant,
    changed: Instant,
    /// Absent until it answered.
    told: Option<Introductions>,
}

impl Asked {
    fn is_due(&self, mesh: &Mesh, introducer: &Introducer) -> bool {
        let chosen = mesh.home.now().duration_since(introducer.since).unsigned_abs();
        let eager = chosen < EAGER || self.changed.elapsed() < EAGER;
        self.at.elapsed() >= if eager { TURN / 2 } else { EVERY }
    }
}

/// Asks an introducer whom it introduces, and takes that over unless it is what it said last.
///
/// # Errors
/// It was not reached, or does not introduce anybody.
pub(crate) async fn ask(
    mesh: &Mesh,
    introducer: &PeerId,
    last: Option<&Introductions>,
) -> Result<Introductions, ClientError> {
    let request = IntroductionRequest { addresses: address::own(mesh) };
    let told = client(mesh, introducer).await?.introductions(&request).await?;
    // Where one is who is not reached is of use however often it is said.
    let is_away = |peer: &PeerId| mesh.health.is_away(peer);
    if last != Some(&told) || told.candidates.iter().any(|one| is_away(&one.peer_id)) {
        let from = mesh.pool.last_address(introducer).map(|at| at.ip());
        let (introducer, own, mut taken) =
            (*introducer, mesh.home.identity.peer_id(), told.clone());
        for candidate in &mut taken.candidates {
            candidate.addresses = address::believed(&candidate.addresses, from);
        }
        let now = mesh.home.now();
        mesh.home
            .note(move |s| s.registry.take_introductions(&introducer, &own, &taken, now))
            .await;
        mesh.life.joins.notify_one();
    }
    Ok(told)
}

/// Tells a peer that this node wants to meet nobody any more.
///
/// # Errors
/// It was not reached.
pub(crate) async fn withdraw(mesh: &Mesh, introducer: &PeerId) -> Result<(), ClientError> {
    client(mesh, introducer).await?.withdraw().await
}

async fn client(mesh: &Mesh, introducer: &PeerId) -> Result<NodeClient, ClientError> {
    let id = *introducer;
    let known = mesh
        .home
        .blocking(move |s| -> Result<_, RegistryError> {
            let peer = s.registry.peer_by_name_or_id(&id.to_string())?;
            Ok(peer.zip(s.registry.key_for(&id)?))
        })
        .await;
    let Ok(Some((peer, key))) = known else { return Err(ClientError::NoAddress { peer: id }) };
    mesh.locate(id, &peer.addresses);
    Ok(NodeClient::peer(&mesh.pool, id, Some(key)).with_deadline(ANSWER))
}
