//! One run: several questions through one random network, event by event, with everything checked that must
//! hold whatever happens.

use super::network::{Manner, NODES, Network, peer};
use super::node::{self, OPEN, owner_and_project, terms};
use super::random::Random;
use camille_node::federation::breaker::Breaker;
use camille_node::federation::budget;
use camille_node::federation::consent::{self, Asked, Decision};
use camille_node::federation::gather::{Expected, Heard, Miss, heard, passed_back, skipped};
use camille_node::federation::merge::Contribution;
use camille_node::federation::plan::{Branch, Known, Neighbour, plan};
use camille_node::federation::seen::{Memory, Seen};
use camille_node::federation::settle::{Settled, settle};
use camille_proto::answer::Outcome;
use camille_proto::forward::{BankAnswer, ForwardAnswer, ForwardRequest, Origin, RouteStep};
use camille_proto::grant::Verb;
use camille_proto::id::{PeerId, RequestId};
use camille_proto::query::Query;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::time::{Duration, Instant};

const PEER_TIMEOUT: Duration = Duration::from_secs(5);
/// How much later than its budget a question may end.
const GRACE: Duration = Duration::from_millis(200);
const ANALYZER: &str = "simulated";
const QUESTIONS: u64 = 4;

/// What happened in all runs, so that it shows whether anything did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) questions: u64,
    pub(crate) requests: u64,
    pub(crate) searches: u64,
    pub(crate) relayed_hits: u64,
    pub(crate) timed_out: u64,
    pub(crate) skipped: u64,
    pub(crate) refused: u64,
    pub(crate) repeated: u64,
    pub(crate) duplicates: u64,
    pub(crate) disobeyed: u64,
}

impl Counted {
    pub(crate) fn add(&mut self, other: &Self) {
        self.questions += other.questions;
        self.requests += other.requests;
        self.searches += other.searches;
        self.relayed_hits += other.relayed_hits;
        self.timed_out += other.timed_out;
        self.skipped += other.skipped;
        self.refused += other.refused;
        self.repeated += other.repeated;
        self.duplicates += other.duplicates;
        self.disobeyed += other.disobeyed;
    }
}

type Reply = Result<ForwardAnswer, Miss>;

enum Event {
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
struct Call {
    /// What the caller works on.
    work: usize,
    to: usize,
    branch: Branch,
    request_id: RequestId,
    sent: Duration,
    done: bool,
}

/// What a node works on: its own question, or one that came.
struct Work {
    at: usize,
    request_id: RequestId,
    origin: PeerId,
    begun: Duration,
    budget: Duration,
    /// Whom the answer goes to; empty: the node itself asked.
    reply_to: Vec<(usize, usize)>,
    answer: Option<ForwardAnswer>,
    own: Option<BankAnswer>,
    searching: Option<BankAnswer>,
    waiting: usize,
    parts: Vec<Heard>,
    unasked: Option<consent::Unasked>,
    /// For a curious node: whose question this serves, which waits for it.
    serves: Option<usize>,
    loot: Vec<BankAnswer>,
}

struct World {
    random: Random,
    network: Network,
    now: Duration,
    base: Instant,
    queue: BinaryHeap<Reverse<(Duration, u64)>>,
    events: HashMap<u64, Event>,
    number: u64,
    calls: Vec<Call>,
    works: Vec<Work>,
    memories: Vec<Memory<usize>>,
    breakers: BTreeMap<(usize, usize), Breaker>,
    searches: HashSet<(usize, PeerId, RequestId)>,
    /// How often each curious node asked in its own name.
    pried: [u32; NODES],
    counted: Counted,
    fault: Option<String>,
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
    fn later(&mut self, when: Duration, event: Event) {
        self.number += 1;
        self.queue.push(Reverse((when, self.number)));
        self.events.insert(self.number, event);
    }

    fn fail(&mut self, fault: String) {
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

    // The origin.

    fn ask(&mut self, at: usize) {
        let member = &self.network.members[at];
        let ttl = member.ttl;
        let neighbours: Vec<Neighbour> = self
            .neighbours(at)
            .into_iter()
            .map(|to| Neighbour {
                peer_id: peer(to),
                reachable: !self.breakers.get(&(at, to)).is_some_and(Breaker::is_open),
                beyond: self.told_by(to, at, ttl.saturating_sub(2)),
            })
            .collect();
        let branches = plan(&peer(at), &neighbours, ttl);
        let request_id = RequestId(uuid::Uuid::from_u128(u128::from(self.random.next())));
        let work = self.work(at, request_id, peer(at), PEER_TIMEOUT);
        self.begin_search(work, None, false, Duration::MAX);
        let mut planned = BTreeSet::new();
        for branch in branches {
            collect(&branch, &mut planned);
            let request = self.request_of(at, at, request_id, ttl, &branch);
            self.call(work, branch, request, PEER_TIMEOUT);
        }
        for away in neighbours.iter().filter(|n| !planned.contains(&n.peer_id)) {
            let parts = skipped(&Branch::leaf(away.peer_id), "known to be away");
            self.works[work].parts.extend(parts);
        }
    }

    /// The request for a branch of a plan, signed by `origin`.
    fn request_of(
        &self,
        at: usize,
        origin: usize,
        request_id: RequestId,
        ttl: u32,
        branch: &Branch,
    ) -> ForwardRequest {
        ForwardRequest {
            original_query: Query::new("lock"),
            terms: terms(),
            analyzer: ANALYZER.into(),
            candidates: 10,
            request_chain: vec![peer(at)],
            ttl: ttl - 1,
            request_id,
            budget_ms: millis(PEER_TIMEOUT),
            origin: Origin { peer_id: peer(origin), spki: String::new() },
            delegated: false,
            route: vec![signed(origin, request_id, branch)],
        }
    }

    /// What a node tells another of whom it passes questions on to, as `GET /peers` does.
    fn told_by(&self, at: usize, asker: usize, depth: u32) -> Vec<Known> {
        let member = &self.network.members[at];
        let may = member.allow_indirect
            && member.grants.get(&asker).is_some_and(|grant| grant.allows(Verb::Indirect));
        if depth == 0 || !may {
            return Vec::new();
        }
        // Who does not obey tells of everybody it knows.
        let obeys = matches!(member.manner, Manner::Honest | Manner::Hung);
        self.neighbours(at)
            .into_iter()
            .filter(|to| *to != asker && (!obeys || self.network.members[*to].allow_indirect))
            .filter(|to| !self.breakers.get(&(at, *to)).is_some_and(Breaker::is_open))
            .map(|to| Known {
                peer_id: peer(to),
                name: format!("node {to}"),
                beyond: self.told_by(to, at, depth - 1),
            })
            .collect()
    }

    fn neighbours(&self, at: usize) -> Vec<usize> {
        (0..NODES).filter(|to| *to != at && self.network.link(at, *to).is_some()).collect()
    }

    fn work(
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

    fn begin_search(&mut self, work: usize, from: Option<usize>, relayed: bool, most: Duration) {
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

    // Calls.

    fn call(&mut self, work: usize, branch: Branch, request: ForwardRequest, timeout: Duration) {
        let from = self.works[work].at;
        let Some(to) = (0..NODES).find(|to| peer(*to) == branch.peer_id) else { return };
        let request_id = request.request_id;
        self.calls.push(Call { work, to, branch, request_id, sent: self.now, done: false });
        let call = self.calls.len() - 1;
        self.works[work].waiting += 1;
        self.counted.requests += 1;
        let miss = Miss { status: Outcome::TimedOut, reason: "no answer in time".into() };
        self.later(self.now + timeout, Event::Reply { call, reply: Box::new(Err(miss)) });
        let again = self.random.chance(3).then(|| request.clone());
        self.deliver(from, to, call, request);
        // A connection that breaks lets a node repeat itself.
        if let Some(request) = again {
            self.deliver(from, to, call, request);
        }
    }

    fn deliver(&mut self, from: usize, to: usize, call: usize, request: ForwardRequest) {
        if let Some(delay) = self.passes(from, to) {
            let request = Box::new(request);
            self.later(self.now + delay, Event::Request { to, from, call, request });
        }
    }

    /// How long something takes from here to there; `None`: it never arrives.
    fn passes(&mut self, from: usize, to: usize) -> Option<Duration> {
        let link = *self.network.link(from, to)?;
        let cut = link.cut.is_some_and(|cut| self.now >= cut);
        let lost = self.random.chance(link.lost_percent);
        (!cut && !lost).then_some(link.delay)
    }

    fn reply(&mut self, from: usize, to: usize, call: usize, reply: Reply) {
        if let Ok(answer) = &reply {
            self.check_delivery(from, to, call, answer);
        }
        if let Some(delay) = self.passes(from, to) {
            self.later(self.now + delay, Event::Reply { call, reply: Box::new(reply) });
        }
    }

    fn replied(&mut self, call: usize, reply: Reply) {
        let Call { work, to, done, sent, request_id, .. } = self.calls[call];
        if done {
            return;
        }
        self.calls[call].done = true;
        let at = self.works[work].at;
        let breaker = self.breakers.entry((at, to)).or_default();
        match &reply {
            Err(miss) if miss.status == Outcome::TimedOut => {
                breaker.failed(self.base + self.now);
                self.counted.timed_out += 1;
            }
            _ => breaker.succeeded(),
        }
        let took = millis(self.now - sent);
        let expected = Expected { request_id, analyzer: ANALYZER, candidates: 10 };
        let branch = self.calls[call].branch.clone();
        let parts = heard(&branch, reply.clone(), &expected, took);
        if parts.len() != branch.size() {
            self.fail(format!("{} parts for {} nodes", parts.len(), branch.size()));
        }
        let work_of = &mut self.works[work];
        work_of.waiting -= 1;
        if let (Some(_), Ok(answer)) = (work_of.serves, reply) {
            work_of.loot.extend(answer.banks);
        }
        self.works[work].parts.extend(parts);
        self.may_be_done(work);
    }

    // Nodes that are asked.

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

    fn duplicate(&mut self, to: usize, from: usize, call: usize, request: &ForwardRequest) {
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

    /// Passes a question on to everyone, with whatever signatures the route holds.
    fn flood(&mut self, work: usize, from: usize, request: &ForwardRequest, timeout: Duration) {
        let at = self.works[work].at;
        for to in self.neighbours(at) {
            if to == from && self.random.chance(50) {
                continue;
            }
            self.counted.disobeyed += 1;
            let found = request.route.iter().find_map(|step| find(step, &peer(to)));
            let mut step = found.cloned().unwrap_or_else(|| RouteStep {
                sig: request.route[0].sig.clone(),
                ..request.route[0].clone()
            });
            step.peer_id = peer(to);
            let mut request = request.clone();
            request.request_chain.push(peer(at));
            request.route = vec![step.clone()];
            request.ttl = 9;
            request.budget_ms = millis(timeout);
            let other = ForwardRequest { candidates: 5, ..request.clone() };
            self.call(work, Branch::of_route(&step), request, timeout);
            // And once more, with other words.
            self.call(work, Branch::of_route(&step), other, timeout);
        }
        // And speaks for somebody it never asked.
        let place = usize::try_from(self.random.below(NODES as u64)).unwrap_or(0);
        let mut invented = node::search(place, None, false);
        invented.hits.clear();
        invented.stats.documents = 1_000_000;
        self.works[work].loot.push(invented);
    }

    /// Asks everyone in its own name what somebody else wanted to know.
    fn pry(&mut self, work: usize, timeout: Duration) {
        let at = self.works[work].at;
        self.pried[at] += 1;
        let request_id = RequestId(uuid::Uuid::from_u128(u128::from(self.random.next())));
        let prying = self.work(at, request_id, peer(at), timeout);
        self.works[prying].serves = Some(work);
        for to in self.neighbours(at) {
            self.counted.disobeyed += 1;
            let branch = Branch::leaf(peer(to));
            let request = self.request_of(at, at, request_id, 3, &branch);
            self.call(prying, branch, request, timeout);
        }
        self.works[work].waiting += 1;
    }

    // Ends.

    fn may_be_done(&mut self, work: usize) {
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
            statistics: own.stats,
            candidates: own.hits,
            verify: false,
        };
        let settled = settle(&terms(), own, parts, 100);
        self.works[work].answer = Some(ForwardAnswer {
            request_id: self.works[work].request_id,
            status: Outcome::Ok,
            analyzer: ANALYZER.into(),
            banks: Vec::new(),
            error: None,
        });
        self.check_reports(at, &settled);
        self.check_hits(at, &settled);
    }

    fn check_reports(&mut self, at: usize, settled: &Settled) {
        let reports = &settled.reports;
        let ids: BTreeSet<PeerId> = reports.iter().map(|report| report.peer_id).collect();
        if ids.len() != reports.len() || ids.contains(&peer(at)) {
            self.fail("a node is reported twice, or the origin itself".into());
        }
        for neighbour in self.neighbours(at) {
            let Some(report) = reports.iter().find(|r| r.peer_id == peer(neighbour)) else {
                self.fail(format!("neighbour {neighbour} of {at} is not reported"));
                continue;
            };
            // However slow those are whom it asks in turn.
            let fine = matches!(report.status, Outcome::Ok | Outcome::Partial);
            if self.surely_answers(neighbour, at) && !fine {
                self.fail(format!("{neighbour} lost its part at {at}: {:?}", report.status));
            }
        }
        let count = |f: fn(Outcome) -> bool| {
            u32::try_from(reports.iter().filter(|r| f(r.status)).count()).unwrap_or(0)
        };
        let skipped = count(|status| status == Outcome::Skipped);
        let coverage = settled.coverage;
        let known = u32::try_from(reports.len()).unwrap_or(0);
        if coverage.known != known || coverage.known != coverage.asked + skipped {
            self.fail(format!("{coverage:?} with {skipped} skipped of {known}"));
        }
        let partial = count(|status| {
            use Outcome::{Failed, Partial, RateLimited, Skipped, TimedOut};
            matches!(status, Partial | TimedOut | Failed | RateLimited | Skipped)
        });
        if settled.partial != (partial > 0) {
            self.fail(format!("partial is {} with {partial} such nodes", settled.partial));
        }
        self.counted.skipped += u64::from(skipped);
    }

    /// Whether nothing stands between a node and its own answer.
    fn surely_answers(&self, node: usize, asker: usize) -> bool {
        let member = &self.network.members[node];
        let Some(link) = self.network.link(node, asker) else { return false };
        member.manner == Manner::Honest
            && node::is_quick(member)
            && !member.revoked.contains_key(&asker)
            && link.cut.is_none()
            && link.lost_percent == 0
            && link.delay <= Duration::from_millis(100)
    }

    fn check_hits(&mut self, at: usize, settled: &Settled) {
        let mut seen = BTreeSet::new();
        for hit in &settled.hits {
            let Some((owner, project)) = owner_and_project(&hit.content) else {
                self.fail(format!("nobody has the text {:?}", hit.content));
                continue;
            };
            if !seen.insert(&hit.content) {
                self.fail(format!("{:?} is shown twice", hit.content));
            }
            if owner == at {
                continue;
            }
            if project == "private" {
                self.fail(format!("a private document of {owner} came to {at}"));
            }
            if hit.hops > 0 {
                self.counted.relayed_hits += 1;
            }
            let direct = hit.hops == 0 && hit.peer_id == peer(owner);
            if self.network.is_honest() && !direct {
                if project != OPEN {
                    self.fail(format!("{project} of {owner} came to {at} by a relay"));
                }
                if !self.network.members[owner].allow_indirect {
                    self.fail(format!("{owner} answered a relayed question"));
                }
            }
        }
    }

    /// What a node hands over of its own bank is never more than the receiver's own grant, and only what is
    /// open to all if somebody else asked.
    fn check_delivery(&mut self, from: usize, to: usize, call: usize, answer: &ForwardAnswer) {
        let sender = &self.network.members[from];
        if sender.manner != Manner::Honest {
            return;
        }
        let asker = self.works[self.calls[call].work].origin;
        let allowed = node::visible(sender.grants.get(&to), asker != peer(to));
        // Others' parts come as they came: what a curious node found may be this node's own.
        let given = answer.banks.first().into_iter().flat_map(|bank| &bank.hits);
        let mut faults = Vec::new();
        for hit in given {
            let Some((owner, project)) = owner_and_project(&hit.hit.content) else { continue };
            if owner == from && !allowed.contains(&project) {
                faults.push(format!("{from} gave {to} its {project} document"));
            }
            if owner == from && asker != peer(to) && !sender.allow_indirect {
                faults.push(format!("{from} answered {to} for somebody else"));
            }
        }
        for fault in faults {
            self.fail(fault);
        }
    }
}

/// Stands for the origin's signature: nobody can make another one's.
fn signature(origin: &PeerId, request_id: RequestId, target: &PeerId) -> String {
    format!("{origin} asks {target} {}", request_id.0)
}

fn signed(origin: usize, request_id: RequestId, branch: &Branch) -> RouteStep {
    RouteStep {
        peer_id: branch.peer_id,
        sig: signature(&peer(origin), request_id, &branch.peer_id),
        not_after: 0,
        children: branch.children.iter().map(|b| signed(origin, request_id, b)).collect(),
    }
}

fn find<'a>(step: &'a RouteStep, wanted: &PeerId) -> Option<&'a RouteStep> {
    if step.peer_id == *wanted {
        return Some(step);
    }
    step.children.iter().find_map(|child| find(child, wanted))
}

fn collect(branch: &Branch, into: &mut BTreeSet<PeerId>) {
    into.insert(branch.peer_id);
    for child in &branch.children {
        collect(child, into);
    }
}

fn hash(request: &ForwardRequest) -> [u8; 32] {
    let same = ForwardRequest { budget_ms: 0, ..request.clone() };
    *blake3::hash(&serde_json::to_vec(&same).unwrap_or_default()).as_bytes()
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
