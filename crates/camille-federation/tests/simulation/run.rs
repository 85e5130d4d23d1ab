//! One run: several questions through one random network, event by event, with everything checked that must
//! hold whatever happens.

use super::counted::Counted;
use super::network::{Manner, NODES, Network, peer};
use super::node::{self, terms};
use super::random::Random;
use camille_federation::breaker::Breaker;
use camille_federation::budget;
use camille_federation::consent::{self, Asked, Decision};
use camille_federation::gather::{Heard, Miss, passed_back, skipped};
use camille_federation::merge::{Contribution, DISTANCE};
use camille_federation::plan::Branch;
use camille_federation::seen::{Memory, Seen};
use camille_federation::settle::settle;
use camille_proto::answer::Outcome;
use camille_proto::forward::{BankAnswer, ForwardAnswer, ForwardRequest, RouteStep};
use camille_proto::grant::Verb;
use camille_proto::id::{PeerId, RequestId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) const PEER_TIMEOUT: Duration = Duration::from_secs(5);
/// How much later than its budget a question may end.
const GRACE: Duration = Duration::from_millis(200);
pub(super) const ANALYZER: &str = "simulated";
const QUESTIONS: u64 = 4;

pub(super) type Reply = Result<ForwardAnswer, Miss>;

pub(super) enum Event {
    /// A question begins at a node.
    Ask(usize),
    /// A request arrives.
    Request { to: usize, from: usize, call: usize, request: Box<ForwardRequest> },
    /// An answer arrives, or the caller stops waiting.
    Reply { call: usize, reply: Box<Reply> },
    /// A node's own search is done, or waited for no longer.
    Searched { work: usize, in_time: bool },
}

/// Something one node asked of another.
pub(super) struct Call {
    /// What the caller works on.
    pub(super) work: usize,
    pub(super) to: usize,
    pub(super) branch: Branch,
    pub(super) request_id: RequestId,
    pub(super) sent: Duration,
    pub(super) done: bool,
}

/// What a node works on: its own question, or one that came.
pub(super) struct Work {
    pub(super) at: usize,
    pub(super) request_id: RequestId,
    pub(super) origin: PeerId,
    pub(super) begun: Duration,
    pub(super) budget: Duration,
    /// Whom the answer goes to; empty: the node itself asked.
    pub(super) reply_to: Vec<(usize, usize)>,
    pub(super) answer: Option<ForwardAnswer>,
    pub(super) own: Option<BankAnswer>,
    pub(super) searching: Option<BankAnswer>,
    pub(super) waiting: usize,
    pub(super) parts: Vec<Heard>,
    pub(super) unasked: Option<consent::Unasked>,
    /// For a curious node: whose question this serves, which waits for it.
    pub(super) serves: Option<usize>,
    pub(super) loot: Vec<BankAnswer>,
}

pub(super) struct World {
    pub(super) random: Random,
    pub(super) network: Network,
    pub(super) now: Duration,
    pub(super) base: Instant,
    pub(super) queue: BinaryHeap<Reverse<(Duration, u64)>>,
    pub(super) events: HashMap<u64, Event>,
    pub(super) number: u64,
    pub(super) calls: Vec<Call>,
    pub(super) works: Vec<Work>,
    pub(super) memories: Vec<Memory<usize>>,
    pub(super) breakers: BTreeMap<(usize, usize), Breaker>,
    pub(super) searches: HashSet<(usize, PeerId, RequestId)>,
    /// How often each curious node asked in its own name.
    pub(super) pried: [u32; NODES],
    pub(super) counted: Counted,
    pub(super) fault: Option<String>,
}

/// Plays one seed.
pub(crate) fn run(seed: u64) -> Result<Counted, String> {
    let mut random = Random::new(seed);
    let network = Network::random(&mut random);
    let mut world = World {
        random,
        network,
        now: Duration::ZERO,
        base: Instant::now(),
        queue: BinaryHeap::new(),
        events: HashMap::new(),
        number: 0,
        calls: Vec::new(),
        works: Vec::new(),
        memories: (0..NODES).map(|_| Memory::default()).collect(),
        breakers: BTreeMap::new(),
        searches: HashSet::new(),
        pried: [0; NODES],
        counted: Counted::default(),
        fault: None,
    };
    for _ in 0..QUESTIONS {
        let at = usize::try_from(world.random.below(NODES as u64)).unwrap_or(0);
        let when = Duration::from_millis(world.random.below(6_000));
        if world.network.members[at].manner == Manner::Honest {
            world.counted.questions += 1;
            world.later(when, Event::Ask(at));
        }
    }
    while let Some(Reverse((when, number))) = world.queue.pop() {
        world.now = when;
        if let Some(event) = world.events.remove(&number) {
            world.happens(event);
        }
        if let Some(fault) = world.fault.take() {
            return Err(format!("at {:?}: {fault}", world.now));
        }
    }
    // Every question has ended.
    let open = world.works.iter().filter(|w| w.answer.is_none() && w.serves.is_none());
    let open = open.filter(|w| w.reply_to.is_empty()).count();
    if open > 0 {
        return Err(format!("{open} questions never ended"));
    }
    Ok(world.counted)
}

impl World {
    pub(super) fn later(&mut self, when: Duration, event: Event) {
        self.number += 1;
        self.queue.push(Reverse((when, self.number)));
        self.events.insert(self.number, event);
    }

    pub(super) fn fail(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Ask(at) => self.ask(at),
            Event::Request { to, from, call, request } => self.arrives(to, from, call, *request),
            Event::Reply { call, reply } => self.replied(call, *reply),
            Event::Searched { work, in_time } => self.searched(work, in_time),
        }
    }

    pub(super) fn work(
        &mut self,
        at: usize,
        request_id: RequestId,
        origin: PeerId,
        budget: Duration,
    ) -> usize {
        self.works.push(Work {
            at,
            request_id,
            origin,
            begun: self.now,
            budget,
            reply_to: Vec::new(),
            answer: None,
            own: None,
            searching: None,
            waiting: 0,
            parts: Vec::new(),
            unasked: None,
            serves: None,
            loot: Vec::new(),
        });
        self.works.len() - 1
    }

    pub(super) fn begin_search(
        &mut self,
        work: usize,
        from: Option<usize>,
        relayed: bool,
        most: Duration,
    ) {
        let Work { at, origin, request_id, .. } = self.works[work];
        self.counted.searches += 1;
        let member = &self.network.members[at];
        let grant = from.and_then(|from| member.grants.get(&from));
        self.works[work].searching = Some(node::search(at, grant, relayed));
        let takes = member.search;
        if member.manner == Manner::Honest && !self.searches.insert((at, origin, request_id)) {
            self.fail(format!("node {at} searched for the same question twice"));
        }
        let in_time = takes <= most;
        self.later(self.now + takes.min(most), Event::Searched { work, in_time });
    }

    fn searched(&mut self, work: usize, in_time: bool) {
        let mut own = self.works[work].searching.take();
        if let Some(own) = own.as_mut().filter(|_| !in_time) {
            own.status = Outcome::TimedOut;
            own.hits.clear();
        }
        self.works[work].own = own;
        self.may_be_done(work);
    }

    fn arrives(&mut self, to: usize, from: usize, call: usize, request: ForwardRequest) {
        let member = self.network.members[to].clone();
        if member.manner == Manner::Hung {
            return;
        }
        let refuse = |world: &mut Self, status, reason: &str| {
            world.counted.refused += 1;
            let miss = Miss { status, reason: reason.to_owned() };
            world.reply(to, from, call, Err(miss));
        };
        let revoked = member.revoked.get(&from).is_some_and(|when| self.now >= *when);
        let Some(grant) = member.grants.get(&from).filter(|_| !revoked) else {
            return refuse(self, Outcome::Denied, "invalid key");
        };
        let step = request.route.first();
        let genuine = step.is_some_and(|step| {
            step.sig == signature(&request.origin.peer_id, request.request_id, &peer(to))
        });
        if !genuine {
            return refuse(self, Outcome::Denied, "the signature does not fit");
        }
        let asked = Asked {
            own: peer(to),
            allow_indirect: member.allow_indirect,
            sender_has_indirect: grant.allows(Verb::Indirect),
            origins: None,
        };
        let (relayed, children, unasked) = match consent::decide(&request, &peer(from), &asked) {
            Decision::Refuse(reason) => {
                return refuse(self, Outcome::Denied, &format!("{reason:?}"));
            }
            Decision::Duplicate => return self.duplicate(to, from, call, &request),
            Decision::Answer { relayed, children, unasked } => (relayed, children, unasked),
        };
        let work = self.works.len();
        let key = (request.origin.peer_id, request.request_id);
        let now = self.base + self.now;
        match self.memories[to].enter(key, peer(from), hash(&request), work, now) {
            Seen::Duplicate => return self.duplicate(to, from, call, &request),
            Seen::Repeated(work) => {
                self.counted.repeated += 1;
                match self.works[work].answer.clone() {
                    Some(answer) => self.reply(to, from, call, Ok(answer)),
                    None => self.works[work].reply_to.push((from, call)),
                }
                return;
            }
            Seen::New => {}
        }
        let budget = Duration::from_millis(request.budget_ms);
        let work = self.work(to, request.request_id, request.origin.peer_id, budget);
        self.works[work].reply_to.push((from, call));
        self.works[work].unasked = unasked;
        let below = budget::for_children(budget, PEER_TIMEOUT);
        self.begin_search(work, Some(from), relayed, below);
        match member.manner {
            Manner::Flooding => self.flood(work, from, &request, below),
            // Two curious nodes would ask each other for ever.
            Manner::Curious if self.pried[to] < 3 => self.pry(work, below),
            Manner::Curious => self.may_be_done(work),
            Manner::Hiding => self.pass_on(work, &request, children, below, true),
            Manner::Honest | Manner::Hung => {
                self.pass_on(work, &request, children, below, false);
            }
        }
    }

    pub(super) fn duplicate(
        &mut self,
        to: usize,
        from: usize,
        call: usize,
        request: &ForwardRequest,
    ) {
        self.counted.duplicates += 1;
        if self.network.is_honest() {
            self.fail(format!("{from} asked {to} what it had been asked"));
        }
        let answer = ForwardAnswer {
            request_id: request.request_id,
            status: Outcome::Duplicate,
            analyzer: ANALYZER.into(),
            banks: Vec::new(),
            error: None,
            sees: None,
        };
        self.reply(to, from, call, Ok(answer));
    }

    fn pass_on(
        &mut self,
        work: usize,
        request: &ForwardRequest,
        children: Vec<RouteStep>,
        timeout: Duration,
        hides: bool,
    ) {
        let at = self.works[work].at;
        for step in children {
            let branch = Branch::of_route(&step);
            let Some(to) = (0..NODES).find(|to| peer(*to) == step.peer_id) else { continue };
            if self.network.link(at, to).is_none() {
                self.works[work].parts.extend(skipped(&branch, "its relay does not know it"));
                continue;
            }
            if self.breakers.get(&(at, to)).is_some_and(Breaker::is_open) {
                self.works[work].parts.extend(skipped(&branch, "known to be away"));
                continue;
            }
            let mut request = request.clone();
            request.request_chain.push(peer(at));
            request.ttl -= 1;
            request.budget_ms = millis(timeout);
            request.route = vec![step];
            if hides {
                self.counted.disobeyed += 1;
                request.request_chain = vec![peer(at)];
                if self.random.chance(50) {
                    request.origin.peer_id = peer(at);
                } else if self.random.chance(50) {
                    // As if the origin stood next to it.
                    request.request_chain = vec![request.origin.peer_id];
                }
            }
            self.call(work, branch, request, timeout);
        }
    }

    pub(super) fn may_be_done(&mut self, work: usize) {
        let Work { waiting, at, begun, budget, serves, .. } = self.works[work];
        if let Some(served) = serves {
            if waiting == 0 {
                let loot = std::mem::take(&mut self.works[work].loot);
                self.works[served].loot.extend(loot);
                self.works[served].waiting -= 1;
                self.may_be_done(served);
            }
            return;
        }
        if waiting > 0 || self.works[work].own.is_none() || self.works[work].answer.is_some() {
            return;
        }
        let honest = self.network.members[at].manner == Manner::Honest;
        let is_origin = self.works[work].reply_to.is_empty();
        let slow = is_origin && !node::is_quick(&self.network.members[at]);
        if honest && !slow && self.now - begun > budget + GRACE {
            self.fail(format!("node {at} took {:?} of {budget:?}", self.now - begun));
        }
        if is_origin { self.conclude(work) } else { self.answer(work) }
    }

    fn answer(&mut self, work: usize) {
        let work_of = &mut self.works[work];
        let Some(mut own) = work_of.own.take() else { return };
        // What a curious node found passes for its own.
        own.hits.extend(work_of.loot.iter().flat_map(|bank| bank.hits.clone()));
        let at = work_of.at;
        let parts = std::mem::take(&mut work_of.parts);
        let partial =
            work_of.unasked.is_some() || parts.iter().any(|part| part.status.makes_partial());
        let mut banks = vec![own];
        banks.extend(passed_back(parts));
        banks.append(&mut work_of.loot);
        let answer = ForwardAnswer {
            request_id: work_of.request_id,
            status: if partial { Outcome::Partial } else { Outcome::Ok },
            analyzer: ANALYZER.into(),
            banks,
            error: work_of.unasked.map(|unasked| unasked.reason().to_owned()),
            sees: None,
        };
        work_of.answer = Some(answer.clone());
        for (to, call) in work_of.reply_to.clone() {
            self.reply(at, to, call, Ok(answer.clone()));
        }
    }

    /// The origin has everything: what it shows is checked.
    fn conclude(&mut self, work: usize) {
        let Some(own) = self.works[work].own.take() else { return };
        let at = self.works[work].at;
        let parts = std::mem::take(&mut self.works[work].parts);
        let own = Contribution {
            peer_id: own.peer_id,
            source: "local".into(),
            hops: 0,
            statistics: Arc::new(own.stats),
            candidates: Arc::new(own.hits),
            verify: false,
        };
        let settled = settle(&terms(), own, parts, 100, &DISTANCE);
        self.works[work].answer = Some(ForwardAnswer {
            request_id: self.works[work].request_id,
            status: Outcome::Ok,
            analyzer: ANALYZER.into(),
            banks: Vec::new(),
            error: None,
            sees: None,
        });
        self.check_reports(at, &settled);
        self.check_hits(at, &settled);
    }
}

/// Stands for the origin's signature: nobody can make another one's.
pub(super) fn signature(origin: &PeerId, request_id: RequestId, target: &PeerId) -> String {
    format!("{origin} asks {target} {}", request_id.0)
}

pub(super) fn signed(origin: usize, request_id: RequestId, branch: &Branch) -> RouteStep {
    RouteStep {
        peer_id: branch.peer_id,
        sig: signature(&peer(origin), request_id, &branch.peer_id),
        not_after: 0,
        children: branch.children.iter().map(|b| signed(origin, request_id, b)).collect(),
    }
}

pub(super) fn find<'a>(step: &'a RouteStep, wanted: &PeerId) -> Option<&'a RouteStep> {
    if step.peer_id == *wanted {
        return Some(step);
    }
    step.children.iter().find_map(|child| find(child, wanted))
}

pub(super) fn collect(branch: &Branch, into: &mut BTreeSet<PeerId>) {
    into.insert(branch.peer_id);
    for child in &branch.children {
        collect(child, into);
    }
}

fn hash(request: &ForwardRequest) -> [u8; 32] {
    let same = ForwardRequest { budget_ms: 0, ..request.clone() };
    *blake3::hash(&serde_json::to_vec(&same).unwrap_or_default()).as_bytes()
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
