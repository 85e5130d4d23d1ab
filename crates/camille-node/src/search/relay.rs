//! A question that came from another node: answered from this bank, and passed on to those the origin's plan
//! puts below this node. Everyone's part is handed back as it came; only the origin merges.

use super::Question;
use super::leaf::{self, Wanted};
use super::service::Search;
use crate::error::internal;
use crate::mesh::ask::ask;
use camille_bank::Visibility;
use camille_federation::budget;
use camille_federation::gather::{Heard, passed_back, skipped};
use camille_federation::plan::Branch;
use camille_proto::forward::{BankAnswer, ForwardRequest, RouteStep};
use camille_proto::key::KeyId;
use camille_proto::problem::Problem;
use camille_registry::Peer;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Searches the own bank as far as `visible`, and asks `children` meanwhile. The own bank's part comes first.
///
/// # Errors
/// A problem when the own bank cannot be read.
pub(crate) async fn search(
    search: &Search,
    request: &ForwardRequest,
    question: Arc<Question>,
    visible: Visibility,
    asker: KeyId,
    children: Vec<RouteStep>,
    arrived: Instant,
) -> Result<Vec<BankAnswer>, Box<Problem>> {
    let wanted = Wanted { candidates: request.candidates, sampled: true };
    let budget = Duration::from_millis(request.budget_ms);
    let remaining = budget.saturating_sub(arrived.elapsed());
    // Neither the own bank nor anybody below may cost the others' parts.
    let timeout = budget::for_children(remaining, search.home.settings.mesh.peer_timeout);
    let terms = question.terms.len();
    let searched = leaf::search(search, question, visible, Some(asker), wanted);
    let own = async {
        match tokio::time::timeout(timeout, searched).await {
            Ok(own) => own,
            Err(_) => Ok(leaf::too_late(search, terms)),
        }
    };
    let below = pass_on(search, request, children, timeout);
    let (own, below) = futures_util::future::join(own, below).await;
    let mut banks = vec![own?];
    banks.extend(passed_back(below?));
    Ok(banks)
}

/// Asks those below this node, no longer than leaves time to answer with what came.
async fn pass_on(
    search: &Search,
    request: &ForwardRequest,
    children: Vec<RouteStep>,
    timeout: Duration,
) -> Result<Vec<Heard>, Box<Problem>> {
    if children.is_empty() {
        return Ok(Vec::new());
    }
    let peers =
        search.home.blocking(|s| s.registry.peers()).await.map_err(|error| internal(&error))?;
    let mut waiting = FuturesUnordered::new();
    let mut parts = Vec::new();
    for step in children {
        let branch = Branch::of_route(&step);
        match peers.iter().find(|peer| peer.peer_id == step.peer_id) {
            Some(peer) if search.mesh.health.is_away(&peer.peer_id) => {
                parts.extend(skipped(&branch, "known to be away"));
            }
            Some(peer) => waiting.push(ask_one(search, request, peer, step, branch, timeout)),
            None => parts.extend(skipped(&branch, "its relay does not know it")),
        }
    }
    while let Some(heard) = waiting.next().await {
        parts.extend(heard);
    }
    Ok(parts)
}

async fn ask_one(
    search: &Search,
    request: &ForwardRequest,
    peer: &Peer,
    step: RouteStep,
    branch: Branch,
    timeout: Duration,
) -> Vec<Heard> {
    let mut request = request.clone();
    request.request_chain.push(search.home.identity.peer_id());
    request.ttl = request.ttl.saturating_sub(1);
    request.budget_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    request.route = vec![step];
    let key = search.home.key_for(peer).await;
    let mut parts = ask(&search.mesh, peer, key, &branch, &request, timeout).await;
    for part in parts.iter_mut().filter(|part| part.name.is_empty()) {
        part.name.clone_from(&peer.name);
    }
    parts
}
