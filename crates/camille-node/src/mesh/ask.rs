//! One question to one peer, within its time, and what became of it.

use crate::registry::Peer;
use crate::search::Question;
use crate::state::Shared;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_bank::analyzer;
use camille_client::{ClientError, NodeClient};
use camille_proto::answer::Outcome;
use camille_proto::forward::{
    Candidate, ForwardAnswer, ForwardRequest, Origin, RouteStep, signed_bytes,
};
use camille_proto::id::{PeerId, RequestId};
use camille_proto::statistics::Statistics;
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// How long an origin's signature holds, in seconds.
const SIGNATURE_SECONDS: i64 = 60;

/// How much of a peer's own reason is told.
const REASON_CHARS_MAX: usize = 200;

/// What became of asking one peer.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) status: Outcome,
    pub(crate) took_ms: u64,
    pub(crate) statistics: Statistics,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) error: Option<String>,
}

/// Asks one peer. Never fails: whatever happens becomes a status.
pub(crate) async fn ask(
    state: &Shared,
    peer: &Peer,
    question: &Question,
    request_id: RequestId,
    candidates: u32,
    timeout: Duration,
) -> Asked {
    let started = Instant::now();
    let outcome = try_ask(state, peer, question, request_id, candidates, timeout).await;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let peer_id = peer.peer_id;
    let now = Timestamp::now();
    match outcome {
        Ok((status, statistics, candidates, error)) => {
            let address = state.pool.last_address(&peer_id).map(|address| address.to_string());
            let record = move |s: &Shared| {
                s.registry.record_contact(&peer_id, address.as_deref(), now, took_ms)
            };
            state.note(record).await;
            Asked { status, took_ms, statistics, candidates, error }
        }
        Err((status, reason)) => {
            let kept = reason.clone();
            state.note(move |s| s.registry.record_failure(&peer_id, &kept)).await;
            Asked {
                status,
                took_ms,
                statistics: Statistics::default(),
                candidates: Vec::new(),
                error: Some(reason),
            }
        }
    }
}

type Part = (Outcome, Statistics, Vec<Candidate>, Option<String>);

async fn try_ask(
    state: &Shared,
    peer: &Peer,
    question: &Question,
    request_id: RequestId,
    candidates: u32,
    timeout: Duration,
) -> Result<Part, (Outcome, String)> {
    let Some(key) = state.key_for(peer).await else {
        return Err((Outcome::Skipped, "no key for this peer yet".into()));
    };
    let own = state.identity.peer_id();
    let not_after = Timestamp::now().as_second() + SIGNATURE_SECONDS;
    let bytes = signed_bytes(request_id, &peer.peer_id, false, &question.query, not_after);
    let signature = state
        .identity
        .sign(&bytes)
        .map_err(|error| (Outcome::Failed, format!("cannot sign the question: {error}")))?;
    let request = ForwardRequest {
        original_query: question.query.clone(),
        terms: question.terms.clone(),
        analyzer: analyzer::ANALYZER.to_owned(),
        candidates,
        request_chain: vec![own],
        ttl: state.settings.mesh.ttl.saturating_sub(1),
        request_id,
        budget_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
        origin: Origin { peer_id: own, spki: STANDARD.encode(state.identity.spki()) },
        delegated: false,
        route: vec![RouteStep {
            peer_id: peer.peer_id,
            sig: STANDARD.encode(signature),
            not_after,
            children: Vec::new(),
        }],
    };
    state.pool.set_addresses(peer.peer_id, peer.addresses.clone());
    let client = NodeClient::peer(&state.pool, peer.peer_id, Some(key));
    let answer = match tokio::time::timeout(timeout, client.forward(&request, timeout)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(failure(&error, peer, timeout)),
        Err(_) => return Err(timed_out(timeout)),
    };
    own_part(answer, &peer.peer_id, request_id, candidates as usize)
}

/// The asked peer's own bank's part of its answer.
fn own_part(
    answer: ForwardAnswer,
    peer_id: &PeerId,
    request_id: RequestId,
    candidates: usize,
) -> Result<Part, (Outcome, String)> {
    if answer.request_id != request_id {
        return Err((Outcome::Failed, "it answered another question".into()));
    }
    if answer.analyzer != analyzer::ANALYZER {
        return Err((
            Outcome::Failed,
            format!(
                "it analyses words as {}, we as {}; update the older camille",
                answer.analyzer,
                analyzer::ANALYZER
            ),
        ));
    }
    if answer.status == Outcome::Duplicate {
        return Ok((Outcome::Duplicate, Statistics::default(), Vec::new(), None));
    }
    let mut own =
        answer.banks.into_iter().find(|bank| bank.peer_id == *peer_id).ok_or_else(|| {
            (Outcome::Failed, "its own bank is missing from its answer".to_owned())
        })?;
    own.hits.truncate(candidates);
    Ok((own.status, own.stats, own.hits, own.error.map(|error| short(&error))))
}

/// A peer's words about itself, as far as they are told.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()
}

fn timed_out(timeout: Duration) -> (Outcome, String) {
    (Outcome::TimedOut, format!("no answer within {:.1} s", timeout.as_secs_f64()))
}

/// What a failed call means for the question, in words for the one who asked.
fn failure(error: &ClientError, peer: &Peer, timeout: Duration) -> (Outcome, String) {
    let reason = match error {
        ClientError::Problem(problem) => short(problem.detail.as_deref().unwrap_or(&problem.error)),
        ClientError::Timeout { .. } => return timed_out(timeout),
        ClientError::Unreachable { .. } => {
            format!("away: nobody answers at {}", peer.addresses.join(", "))
        }
        other => other.to_string(),
    };
    (error.outcome(), reason)
}
