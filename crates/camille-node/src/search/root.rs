//! The question's origin: asks the own bank and all peers at once, waits no longer than it must, and
//! merges what came.

use super::Question;
use super::leaf::{self, Wanted};
use super::merge::{Contribution, Merged, merge};
use crate::mesh::ask::{Asked, ask};
use crate::registry::Peer;
use crate::state::Shared;
use camille_bank::Visibility;
use camille_proto::answer::{
    Answer, Coverage, GroupedAnswer, GroupedResults, Outcome, PeerReport, SourceHits,
};
use camille_proto::id::RequestId;
use camille_proto::problem::Problem;
use camille_proto::query::Query;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Hits that are merged before they are grouped.
const GROUPED_MAX: usize = 2_000;

/// What the owner wants to know, and of whom.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) query: Query,
    /// This bank only.
    pub(crate) local: bool,
    /// Only these peers, by name or id; empty: all.
    pub(crate) only: Vec<String>,
    /// How long each peer gets; absent: as configured.
    pub(crate) timeout: Option<Duration>,
}

/// Answers as origin.
///
/// # Errors
/// A problem when the own bank cannot be read, or a named peer is not known.
pub(crate) async fn search(state: &Shared, ask_for: Ask) -> Result<Answer, Box<Problem>> {
    let limit = ask_for.query.limit as usize;
    let gathered = gather(state, ask_for).await?;
    Ok(state.blocking(move |_| gathered.answer(limit)).await)
}

/// Answers as origin, grouped by source.
///
/// # Errors
/// As [`search`].
pub(crate) async fn search_grouped(
    state: &Shared,
    ask_for: Ask,
) -> Result<GroupedAnswer, Box<Problem>> {
    let limit = ask_for.query.limit as usize;
    let gathered = gather(state, ask_for).await?;
    Ok(state.blocking(move |_| group(gathered.answer(GROUPED_MAX), limit)).await)
}

/// Groups a merged answer by source, with at most `limit` hits each.
pub(crate) fn group(answer: Answer, limit: usize) -> GroupedAnswer {
    let mut results = GroupedResults { local: Vec::new(), peers: Vec::new() };
    for hit in answer.results {
        let into = if hit.source == "local" {
            &mut results.local
        } else {
            let at = results.peers.iter().position(|p| p.source == hit.source);
            let at = at.unwrap_or_else(|| {
                results.peers.push(SourceHits { source: hit.source.clone(), results: Vec::new() });
                results.peers.len() - 1
            });
            &mut results.peers[at].results
        };
        if into.len() < limit {
            into.push(hit);
        }
    }
    GroupedAnswer {
        request_id: answer.request_id,
        results,
        partial: answer.partial,
        coverage: answer.coverage,
        peers: answer.peers,
        took_ms: answer.took_ms,
        local_took_ms: answer.local_took_ms,
    }
}

/// Everyone's part, before merging.
struct Gathered {
    request_id: RequestId,
    started: Instant,
    terms: Vec<String>,
    own: Contribution,
    own_took_ms: u64,
    asked: Vec<(Peer, Asked)>,
}

async fn gather(state: &Shared, ask_for: Ask) -> Result<Gathered, Box<Problem>> {
    let started = Instant::now();
    let request_id = RequestId(uuid::Uuid::now_v7());
    let question = Arc::new(Question::new(state, ask_for.query));
    let peers = if ask_for.local { Vec::new() } else { peers_to_ask(state, &ask_for.only).await? };
    let timeout = ask_for.timeout.unwrap_or(state.settings.mesh.peer_timeout);
    let limit = question.query.limit;
    // Alone, the bank's own order is the answer's.
    let candidates =
        if peers.is_empty() { limit } else { state.settings.mesh.candidates.max(limit) };
    let wanted = Wanted { candidates, sampled: !peers.is_empty() };

    let own = leaf::search(state, question.clone(), Visibility::Everything, wanted);
    let others = join_all(peers.into_iter().map(|peer| {
        let question = &question;
        async move {
            let asked = ask(state, &peer, question, request_id, candidates, timeout).await;
            (peer, asked)
        }
    }));
    let (own, asked) = futures_util::future::join(own, others).await;
    let own = own?;
    Ok(Gathered {
        request_id,
        started,
        terms: question.terms.clone(),
        own_took_ms: own.took_ms,
        own: Contribution {
            peer_id: own.peer_id,
            source: "local".into(),
            hops: 0,
            statistics: own.stats,
            candidates: own.hits,
            verify: false,
        },
        asked,
    })
}

async fn peers_to_ask(state: &Shared, only: &[String]) -> Result<Vec<Peer>, Box<Problem>> {
    let mut peers = state
        .blocking(|s| s.registry.peers())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    for wanted in only {
        if !peers.iter().any(|peer| peer.is_called(wanted)) {
            return Err(Problem::new(404, "Unknown peer")
                .detail(format!("there is no peer called '{wanted}'"))
                .field("peer")
                .hint("camille peers list shows whom you know")
                .into());
        }
    }
    if !only.is_empty() {
        peers.retain(|peer| only.iter().any(|wanted| peer.is_called(wanted)));
    }
    Ok(peers)
}

impl Gathered {
    fn answer(self, limit: usize) -> Answer {
        let mut contributions = vec![self.own];
        let mut reports = Vec::with_capacity(self.asked.len());
        for (peer, asked) in self.asked {
            let report = PeerReport {
                peer_id: peer.peer_id,
                name: peer.name.clone(),
                via: None,
                hops: 0,
                status: asked.status,
                took_ms: asked.took_ms,
                hits: u32::try_from(asked.candidates.len()).unwrap_or(u32::MAX),
                error: asked.error,
            };
            if asked.status.answered() {
                contributions.push(Contribution {
                    peer_id: peer.peer_id,
                    source: format!("peer:{}", peer.name),
                    hops: 0,
                    statistics: asked.statistics,
                    candidates: asked.candidates,
                    verify: true,
                });
            }
            reports.push(report);
        }
        let Merged { hits, dropped } = merge(&self.terms, contributions, limit);
        for (peer_id, reason) in dropped {
            for report in reports.iter_mut().filter(|report| report.peer_id == peer_id) {
                report.status = Outcome::Failed;
                report.hits = 0;
                report.error = Some(format!("its answer was left out: {reason}"));
            }
        }
        Answer {
            request_id: self.request_id,
            results: hits,
            partial: reports.iter().any(|report| report.status.makes_partial()),
            coverage: Coverage::of(&reports),
            peers: reports,
            took_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            local_took_ms: self.own_took_ms,
        }
    }
}
