//! The question's origin: asks the own bank and all peers at once, waits no longer than it must, and
//! merges what came.

use super::Question;
use super::leaf::{self, Wanted};
use crate::federation::gather::{Heard, skipped};
use crate::federation::merge::Contribution;
use crate::federation::plan::{Branch, Neighbour, plan};
use crate::federation::settle::{Settled, settle};
use crate::mesh::ask::ask;
use crate::mesh::cache::Asked;
use crate::mesh::route::{self, Asking};
use crate::registry::Peer;
use crate::state::Shared;
use camille_bank::Visibility;
use camille_proto::answer::{Answer, GroupedAnswer, GroupedResults, SourceHits};
use camille_proto::forward::{BankAnswer, ForwardRequest};
use camille_proto::id::{PeerId, RequestId};
use camille_proto::problem::Problem;
use camille_proto::query::Query;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::HashSet;
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
    /// What of the own bank is searched.
    pub(crate) visible: Visibility,
    /// Whether somebody else wants to know: then peers treat the question as a relayed one.
    pub(crate) delegated: bool,
}

impl Ask {
    /// The owner's own question, of everybody.
    pub(crate) fn own(query: Query) -> Self {
        Self {
            query,
            local: false,
            only: Vec::new(),
            timeout: None,
            visible: Visibility::Everything,
            delegated: false,
        }
    }
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
    own: BankAnswer,
    heard: Vec<Heard>,
}

/// Something that came back.
enum Event {
    Own(Box<Result<BankAnswer, Box<Problem>>>),
    Heard(Vec<Heard>),
}

async fn gather(state: &Shared, ask_for: Ask) -> Result<Gathered, Box<Problem>> {
    let started = Instant::now();
    let request_id = RequestId(uuid::Uuid::now_v7());
    let question = Arc::new(Question::new(state, ask_for.query));
    let peers = if ask_for.local { Vec::new() } else { peers_to_ask(state, &ask_for.only).await? };
    let limit = question.query.limit;
    // Alone, the bank's own order is the answer's.
    let candidates =
        if peers.is_empty() { limit } else { state.settings.mesh.candidates.max(limit) };
    // Who is asked by name is asked directly.
    let ttl = if ask_for.only.is_empty() { state.settings.mesh.ttl } else { 2 };
    let asking = Asking {
        question: &question,
        request_id,
        candidates,
        delegated: ask_for.delegated,
        ttl,
        timeout: ask_for.timeout.unwrap_or(state.settings.mesh.peer_timeout),
    };

    let wanted = Wanted { candidates, sampled: !peers.is_empty() };
    let mut waiting: FuturesUnordered<BoxFuture<'static, Event>> = FuturesUnordered::new();
    let (here, own_question, visible) = (state.clone(), question.clone(), ask_for.visible);
    waiting.push(
        async move {
            Event::Own(Box::new(leaf::search(&here, own_question, visible, wanted).await))
        }
        .boxed(),
    );
    let epoch = if ask_for.delegated { None } else { state.answers.epoch(state).await };
    let mut heard = ask_everyone(state, peers, &asking, epoch, &waiting);
    let mut own = None;
    while let Some(event) = waiting.next().await {
        match event {
            Event::Own(part) => own = Some((*part)?),
            Event::Heard(parts) => heard.extend(parts),
        }
    }
    let own = own.ok_or_else(|| Box::new(Problem::new(500, "The own bank did not answer")))?;
    Ok(Gathered { request_id, started, terms: question.terms.clone(), own, heard })
}

/// Plans the question and sends it on its way. Returns the parts of those who cannot be asked.
fn ask_everyone(
    state: &Shared,
    peers: Vec<Peer>,
    asking: &Asking<'_>,
    epoch: Option<u64>,
    waiting: &FuturesUnordered<BoxFuture<'static, Event>>,
) -> Vec<Heard> {
    let neighbours: Vec<Neighbour> =
        peers.iter().map(|peer| state.health.neighbour(&peer.peer_id, peer.has_key)).collect();
    let branches = plan(&state.identity.peer_id(), &neighbours, asking.ttl);
    let mut heard = Vec::new();
    let peers: Vec<Arc<Peer>> = peers.into_iter().map(Arc::new).collect();
    let mut planned = HashSet::new();
    for branch in branches {
        collect(&branch, &mut planned);
        let Some(peer) = peers.iter().find(|peer| peer.peer_id == branch.peer_id).cloned() else {
            continue;
        };
        let request = match route::request(state, asking, &branch) {
            Ok(request) => request,
            Err(reason) => {
                heard.extend(called(skipped(&branch, &reason), &peer));
                continue;
            }
        };
        let (state, timeout) = (state.clone(), asking.timeout);
        waiting.push(
            async move {
                let parts = ask_or_recall(&state, &peer, &branch, &request, timeout, epoch).await;
                Event::Heard(called(parts, &peer))
            }
            .boxed(),
        );
    }
    for peer in peers.iter().filter(|peer| !planned.contains(&peer.peer_id)) {
        let reason = if peer.has_key { "known to be away" } else { "no key for this peer yet" };
        heard.extend(called(skipped(&Branch::leaf(peer.peer_id), reason), peer));
    }
    heard
}

/// What a peer answered to the same question a moment ago, or what it answers now. `epoch`: of the answers
/// that may be kept; absent: none may.
async fn ask_or_recall(
    state: &Shared,
    peer: &Peer,
    branch: &Branch,
    request: &ForwardRequest,
    timeout: Duration,
    epoch: Option<u64>,
) -> Vec<Heard> {
    let key = state.key_for(peer).await;
    let asked = key.as_ref().zip(epoch).map(|(key, epoch)| {
        Asked::new(branch, key.id(), epoch, &request.original_query, request.candidates)
    });
    if let Some(parts) = asked.as_ref().and_then(|asked| state.answers.get(asked)) {
        return parts;
    }
    let parts = ask(state, peer, key, branch, request, timeout).await;
    if let Some(asked) = asked {
        state.answers.keep(asked, &parts);
    }
    parts
}

/// Everybody of a branch.
fn collect(branch: &Branch, into: &mut HashSet<PeerId>) {
    into.insert(branch.peer_id);
    for child in &branch.children {
        collect(child, into);
    }
}

/// The asked peer has the name it has here.
fn called(mut parts: Vec<Heard>, peer: &Peer) -> Vec<Heard> {
    for part in parts.iter_mut().filter(|part| part.peer_id == peer.peer_id) {
        part.name.clone_from(&peer.name);
    }
    parts
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
        let local_took_ms = self.own.took_ms;
        let own = Contribution {
            peer_id: self.own.peer_id,
            source: "local".into(),
            hops: 0,
            statistics: self.own.stats,
            candidates: self.own.hits,
            verify: false,
        };
        let Settled { hits, reports, partial, coverage } =
            settle(&self.terms, own, self.heard, limit);
        Answer {
            request_id: self.request_id,
            results: hits,
            partial,
            coverage,
            peers: reports,
            took_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            local_took_ms,
        }
    }
}
