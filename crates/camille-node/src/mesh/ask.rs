//! One question to one peer, within its time, and what became of it.

use super::service::Mesh;
use crate::home::Home;
use camille_bank::analyzer;
use camille_client::{ClientError, NodeClient};
use camille_federation::gather::{Expected, Heard, Miss, heard, short};
use camille_federation::plan::Branch;
use camille_proto::PROTOCOL;
use camille_proto::answer::Outcome;
use camille_proto::forward::{ForwardAnswer, ForwardRequest};
use camille_proto::key::ApiKey;
use camille_registry::Peer;
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// How much of a peer's own reason is told.
const REASON_CHARS_MAX: usize = 200;

/// Asks one peer for itself and those below it. Never fails: whatever happens becomes a status.
///
/// `key`: the one for the peer's bank. `request`: complete, its route beginning at the peer.
pub(crate) async fn ask(
    mesh: &Mesh,
    peer: &Peer,
    key: Option<ApiKey>,
    branch: &Branch,
    request: &ForwardRequest,
    timeout: Duration,
) -> Vec<Heard> {
    let expected = Expected {
        request_id: request.request_id,
        analyzer: analyzer::ANALYZER,
        candidates: request.candidates as usize,
    };
    if let Some(protocol) = mesh.health.foreign(&peer.peer_id) {
        let reason = format!("speaks protocol {protocol}, this node {PROTOCOL}");
        return heard(branch, Err(Miss { status: Outcome::Failed, reason }), &expected, 0);
    }
    let started = Instant::now();
    let answer = try_ask(mesh, peer, key, request, timeout).await;
    let reached = answer.is_ok();
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let parts = heard(branch, answer, &expected, took_ms);
    if let Some(own) = parts.first() {
        // A node that says its bank was too slow is there.
        let status = match own.status {
            Outcome::TimedOut if reached => Outcome::Ok,
            status => status,
        };
        note(mesh, peer, status, own.error.clone(), took_ms).await;
    }
    parts
}

/// Writes down how it went: for `peers list`, and for the next question.
async fn note(mesh: &Mesh, peer: &Peer, status: Outcome, reason: Option<String>, took_ms: u64) {
    let peer_id = peer.peer_id;
    mesh.health.note(&peer_id, status, Instant::now());
    if status.answered() {
        let (now, address) = (Timestamp::now(), mesh.pool.last_address(&peer_id));
        let address = address.map(|address| address.to_string());
        let record =
            move |s: &Home| s.registry.record_contact(&peer_id, address.as_deref(), now, took_ms);
        mesh.home.note(record).await;
    } else if let Some(reason) = reason {
        mesh.home.note(move |s| s.registry.record_failure(&peer_id, &reason)).await;
    }
}

async fn try_ask(
    mesh: &Mesh,
    peer: &Peer,
    key: Option<ApiKey>,
    request: &ForwardRequest,
    timeout: Duration,
) -> Result<ForwardAnswer, Miss> {
    let Some(key) = key else {
        return Err(Miss { status: Outcome::Skipped, reason: "no key for this peer yet".into() });
    };
    mesh.locate(peer.peer_id, &peer.addresses);
    let client = NodeClient::peer(&mesh.pool, peer.peer_id, Some(key));
    match tokio::time::timeout(timeout, client.forward(request, timeout)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failure(&error, peer, timeout)),
        Err(_) => Err(timed_out(timeout)),
    }
}

fn timed_out(timeout: Duration) -> Miss {
    let reason = format!("no answer within {:.1} s", timeout.as_secs_f64());
    Miss { status: Outcome::TimedOut, reason }
}

/// What a failed call means for the question, in words for the one who asked.
fn failure(error: &ClientError, peer: &Peer, timeout: Duration) -> Miss {
    let reason = match error {
        ClientError::Problem(problem) => {
            short(problem.detail.as_deref().unwrap_or(&problem.error), REASON_CHARS_MAX)
        }
        ClientError::Timeout { .. } => return timed_out(timeout),
        ClientError::Unreachable { .. } => {
            format!("away: nobody answers at {}", peer.addresses.join(", "))
        }
        other => other.to_string(),
    };
    Miss { status: error.outcome(), reason }
}
