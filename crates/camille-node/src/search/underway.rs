//! A question under way: everyone who was asked, and what has come back so far.

use super::Question;
use super::ask::Ask;
use super::leaf::{self, Wanted};
use super::service::Search;
use crate::mesh::ask::ask;
use crate::mesh::cache::Asked;
use crate::mesh::route::{self, Asking};
use camille_bank::Visibility;
use camille_client::NodeClient;
use camille_federation::gather::{Heard, skipped};
use camille_federation::merge::Contribution;
use camille_federation::plan::{Branch, Neighbour, plan};
use camille_federation::settle::{Settled, settle};
use camille_proto::answer::{Answer, Coverage};
use camille_proto::id::{PeerId, RequestId};
use camille_proto::key::ApiKey;
use camille_proto::name;
use camille_proto::problem::Problem;
use camille_registry::{Peer, RegistryError};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Something that came back.
enum Event {
    Own(Box<Result<Heard, Box<Problem>>>),
    Heard(Vec<Heard>),
}

/// A question that was sent to everyone. Nothing goes on unless [`Underway::next`] is waited for; dropped,
/// it is given up.
pub(crate) struct Underway {
    known: Known,
    /// Everybody the question is about, the own bank not counted.
    everybody: usize,
    waiting: FuturesUnordered<BoxFuture<'static, Event>>,
}

/// What is known of the answer.
#[derive(Clone)]
pub(crate) struct Known {
    request_id: RequestId,
    started: Instant,
    terms: Vec<String>,
    distance: [f64; 4],
    own: Option<Heard>,
    heard: Vec<Heard>,
}

impl Underway {
    /// Sends a question to everyone.
    ///
    /// # Errors
    /// A problem when a named peer is not known.
    pub(crate) async fn begin(search: &Search, ask_for: Ask) -> Result<Self, Box<Problem>> {
        let started = Instant::now();
        let request_id = RequestId(uuid::Uuid::now_v7());
        let question = Arc::new(Question::new(search, ask_for.query));
        let keeps = !ask_for.delegated && search.mesh.answers.keeps();
        let (peers, epoch) = if ask_for.local {
            (Vec::new(), None)
        } else {
            peers_to_ask(search, &ask_for.only, keeps).await?
        };
        let limit = question.query.limit;
        // Alone, the bank's own order is the answer's.
        let candidates =
            if peers.is_empty() { limit } else { search.home.settings.mesh.candidates.max(limit) };
        // Who is asked by name is asked directly.
        let ttl = if ask_for.only.is_empty() { search.home.settings.mesh.ttl } else { 2 };
        let asking = Asking {
            question: question.clone(),
            request_id,
            candidates,
            delegated: ask_for.delegated,
            ttl,
            timeout: ask_for.timeout.unwrap_or(search.home.settings.mesh.peer_timeout),
        };

        let wanted = Wanted { candidates, sampled: !peers.is_empty() };
        let waiting: FuturesUnordered<BoxFuture<'static, Event>> = FuturesUnordered::new();
        // The first to be polled, so the own bank is being searched while the requests are made and signed.
        let (here, own_question, visible) = (search.clone(), question.clone(), ask_for.visible);
        let asker = ask_for.asker;
        waiting.push(
            async move {
                // Answers are kept for the owner only, who sees everything.
                let own = match (epoch, &visible) {
                    (Some(_), Visibility::Everything) => {
                        leaf::search_or_recall(&here, own_question, wanted).await
                    }
                    _ => leaf::search(&here, own_question, visible, asker, wanted)
                        .await
                        .map(leaf::own_part),
                };
                Event::Own(Box::new(own))
            }
            .boxed(),
        );
        let (everybody, heard) = ask_everyone(search, peers, &asking, epoch, &waiting);
        let terms = question.terms.clone();
        let distance = search.home.settings.mesh.distance;
        let known = Known { request_id, started, terms, distance, own: None, heard };
        Ok(Self { known, everybody, waiting })
    }

    /// Waits until somebody answered, and says who; the own bank is nobody. `None`: everyone did.
    ///
    /// # Errors
    /// A problem when the own bank cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<PeerId>>, Box<Problem>> {
        match self.waiting.next().await {
            None => Ok(None),
            Some(Event::Own(part)) => {
                self.known.own = Some((*part)?);
                Ok(Some(Vec::new()))
            }
            Some(Event::Heard(parts)) => {
                let who = parts.iter().map(|part| part.peer_id).collect();
                self.known.heard.extend(parts);
                Ok(Some(who))
            }
        }
    }

    /// What is known so far.
    pub(crate) const fn known(&self) -> &Known {
        &self.known
    }

    /// How many nodes the question is about, the own one not counted.
    pub(crate) const fn everybody(&self) -> usize {
        self.everybody
    }

    /// Waits for everyone.
    ///
    /// # Errors
    /// A problem when the own bank cannot be read.
    pub(crate) async fn finish(mut self) -> Result<Known, Box<Problem>> {
        while self.next().await?.is_some() {}
        Ok(self.known)
    }
}

impl Known {
    /// Whether the own bank has answered: without it there is nothing to merge with.
    pub(crate) const fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// Who was heard of so far.
    pub(crate) fn heard_of(&self) -> Vec<PeerId> {
        self.heard.iter().map(|part| part.peer_id).collect()
    }

    /// The answer as far as it is known. Takes its time: every hit of others is checked.
    pub(crate) fn answer(self, limit: usize) -> Answer {
        let Some(own) = self.own else {
            return nothing(self.request_id, self.started);
        };
        let local_took_ms = own.took_ms;
        let mut heard = self.heard;
        // What a relay calls somebody is not the owner's name.
        for part in heard.iter_mut().filter(|part| name::are_alike(&part.name, &own.name)) {
            part.name.clear();
        }
        let own = Contribution {
            peer_id: own.peer_id,
            source: "local".into(),
            hops: 0,
            statistics: own.statistics,
            candidates: own.candidates,
            verify: false,
        };
        let Settled { hits, reports, partial, coverage } =
            settle(&self.terms, own, heard, limit, &self.distance);
        Answer {
            request_id: self.request_id,
            results: hits,
            partial,
            coverage,
            peers: reports,
            took_ms: millis(self.started),
            local_took_ms,
        }
    }
}

fn nothing(request_id: RequestId, started: Instant) -> Answer {
    Answer {
        request_id,
        results: Vec::new(),
        partial: true,
        coverage: Coverage::default(),
        peers: Vec::new(),
        took_ms: millis(started),
        local_took_ms: 0,
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Plans the question and sends it on its way. Returns how many nodes it is
/// about, and the parts of those who cannot be asked.
fn ask_everyone(
    search: &Search,
    peers: Vec<(Peer, Option<ApiKey>)>,
    asking: &Asking,
    epoch: Option<u64>,
    waiting: &FuturesUnordered<BoxFuture<'static, Event>>,
) -> (usize, Vec<Heard>) {
    let neighbours: Vec<Neighbour> = peers
        .iter()
        .map(|(peer, _)| search.mesh.health.neighbour(&peer.peer_id, peer.has_key))
        .collect();
    let branches = plan(&search.home.identity.peer_id(), &neighbours, asking.ttl);
    let mut heard = Vec::new();
    let peers: Vec<(Arc<Peer>, Option<ApiKey>)> =
        peers.into_iter().map(|(peer, key)| (Arc::new(peer), key)).collect();
    let mut planned = HashSet::new();
    for branch in branches {
        collect(&branch, &mut planned);
        let found = peers.iter().find(|(peer, _)| peer.peer_id == branch.peer_id);
        let Some((peer, key)) = found.cloned() else { continue };
        let (search, asking) = (search.clone(), asking.clone());
        waiting.push(
            async move {
                let parts = ask_or_recall(&search, &peer, key, &branch, &asking, epoch).await;
                Event::Heard(called(parts, &peer))
            }
            .boxed(),
        );
    }
    for (peer, _) in &peers {
        if !planned.insert(peer.peer_id) {
            continue;
        }
        let reason = if peer.has_key { "known to be away" } else { "no key for this peer yet" };
        heard.extend(called(skipped(&Branch::leaf(peer.peer_id), reason), peer));
    }
    (planned.len(), heard)
}

/// What a peer answered to the same question a moment ago, if it says that this still holds, or what it answers now.
/// `epoch`: of the answers that may be kept; absent: none may.
async fn ask_or_recall(
    search: &Search,
    peer: &Peer,
    key: Option<ApiKey>,
    branch: &Branch,
    asking: &Asking,
    epoch: Option<u64>,
) -> Vec<Heard> {
    // Nobody says whether what came through a relay still holds.
    let epoch = epoch.filter(|_| branch.children.is_empty());
    let asked = key.as_ref().zip(epoch).map(|(key, epoch)| {
        Asked::new(branch, key.id(), epoch, &asking.question.query, asking.candidates)
    });
    if let Some(parts) = asked.as_ref().and_then(|asked| search.mesh.answers.get(asked))
        && still_holds(search, peer, key.clone(), &parts, asking.timeout).await
    {
        return parts;
    }
    let request = match route::request(&search.mesh, asking, branch) {
        Ok(request) => request,
        Err(reason) => return skipped(branch, &reason),
    };
    let parts = ask(&search.mesh, peer, key, branch, &request, asking.timeout).await;
    if let Some(asked) = asked
        && parts.first().is_some_and(|part| part.sees.is_some())
    {
        search.mesh.answers.keep(asked, &parts);
    }
    parts
}

/// Whether the peer lets this node see what it let it see when it answered. What it shared or took back meanwhile, or
/// that it parted with this node, makes it another answer.
async fn still_holds(
    search: &Search,
    peer: &Peer,
    key: Option<ApiKey>,
    parts: &[Heard],
    timeout: Duration,
) -> bool {
    let Some(sees) = parts.first().and_then(|part| part.sees.as_ref()) else { return false };
    search.mesh.locate(peer.peer_id, &peer.addresses);
    let client = NodeClient::peer(&search.mesh.pool, peer.peer_id, key).with_deadline(timeout);
    client.info().await.is_ok_and(|info| info.sees.as_ref() == Some(sees))
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

/// The peers with the keys held for them, and the epoch of answers that may be kept, if any may.
async fn peers_to_ask(
    search: &Search,
    only: &[String],
    keeps: bool,
) -> Result<(Vec<(Peer, Option<ApiKey>)>, Option<u64>), Box<Problem>> {
    let (mut peers, epoch) = search
        .home
        .blocking(move |s| -> Result<_, RegistryError> {
            let peers = s.registry.peers()?.into_iter().map(|peer| {
                let key = s.key_held_for(&peer);
                (peer, key)
            });
            let peers: Vec<_> = peers.collect();
            let epoch = if keeps && !peers.is_empty() { s.registry.epoch().ok() } else { None };
            Ok((peers, epoch))
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    for wanted in only {
        if !peers.iter().any(|(peer, _)| peer.is_called(wanted)) {
            return Err(Problem::new(404, "Unknown peer")
                .detail(format!("there is no peer called '{wanted}'"))
                .field("peer")
                .hint("camille peers list shows whom you know")
                .into());
        }
    }
    if !only.is_empty() {
        peers.retain(|(peer, _)| only.iter().any(|wanted| peer.is_called(wanted)));
    }
    Ok((peers, epoch))
}
