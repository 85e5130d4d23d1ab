//! Whether two nodes reach each other: this one asks, and the other says whether it reaches this one.

use super::neighbours;
use crate::home::blocking;
use crate::mesh::service::Mesh;
use camille_client::{ClientError, NodeClient};
use camille_federation::gather::short;
use camille_proto::local::{PeerTested, Way, WayStatus};
use camille_proto::node::Reached;
use camille_registry::Peer;
use std::time::{Duration, Instant};

/// How long one call may take.
const CALL: Duration = Duration::from_secs(5);
/// How long the other side may take to find out that it reaches this one after all.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(700);
/// How much of the other side's words is told.
const REASON_CHARS_MAX: usize = 300;

/// Tests a peer, both ways.
pub(crate) async fn both_ways(mesh: &Mesh, peer: &Peer) -> PeerTested {
    let (there, back) = ways(mesh, peer).await;
    PeerTested { name: peer.name.clone(), peer_id: peer.peer_id, there, back }
}

async fn ways(mesh: &Mesh, peer: &Peer) -> (Way, Way) {
    let unknown = |reason: &str| way(WayStatus::Unknown, Some(reason.into()));
    let Some(key) = mesh.home.key_for(peer).await else {
        let reason = "you hold no key for their bank: join them, or add them with a key of theirs";
        return (way(WayStatus::NoKey, Some(reason.into())), unknown("they could not be asked"));
    };
    mesh.locate(peer.peer_id, &peer.addresses);
    let client = NodeClient::peer(&mesh.pool, peer.peer_id, Some(key)).with_deadline(CALL);
    let tested = peer.clone();
    let greeting = blocking(mesh, move |mesh| {
        let peers = mesh.home.registry.peers().unwrap_or_default();
        neighbours::greeting(mesh, &peers, &tested)
    })
    .await;
    let begun = Instant::now();
    let mut answer = client.greet(&greeting).await;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    // Our call is a reason for them to try again at once, if they thought that we are away.
    while let Ok(info) = &answer
        && info.you.as_ref().is_some_and(|you| !you.reached)
        && begun.elapsed() < PATIENCE
    {
        tokio::time::sleep(AGAIN).await;
        answer = client.greet(&greeting).await;
    }
    match answer {
        Ok(info) => (Way { took_ms: Some(took_ms), ..way(WayStatus::Ok, None) }, back(info.you)),
        Err(error) => (failed(&error), unknown("they could not be asked")),
    }
}

fn back(you: Option<Reached>) -> Way {
    match you {
        Some(Reached { reached: true, .. }) => way(WayStatus::Ok, None),
        Some(Reached { error, .. }) => {
            way(WayStatus::Blocked, error.map(|error| short(&error, REASON_CHARS_MAX)))
        }
        None => {
            way(WayStatus::NoKey, Some("they hold no key for your bank: camille invite".into()))
        }
    }
}

fn failed(error: &ClientError) -> Way {
    let status = match error {
        ClientError::Problem(problem) if matches!(problem.status, 401 | 403) => WayStatus::Refused,
        ClientError::PinMismatch { .. } | ClientError::NotProven { .. } => WayStatus::WrongNode,
        _ => WayStatus::Blocked,
    };
    let reason = match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    way(status, Some(reason))
}

const fn way(status: WayStatus, reason: Option<String>) -> Way {
    Way { status, took_ms: None, reason }
}
