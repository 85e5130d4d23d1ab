//! One node asks another: what arrives, when, and what the caller makes of it.

use super::network::{NODES, peer};
use super::run::{ANALYZER, Call, Event, Reply, World, millis};
use camille_federation::gather::{Expected, Miss, heard};
use camille_federation::plan::Branch;
use camille_proto::answer::Outcome;
use camille_proto::forward::ForwardRequest;
use std::time::Duration;

impl World {
    pub(super) fn call(
        &mut self,
        work: usize,
        branch: Branch,
        request: ForwardRequest,
        timeout: Duration,
    ) {
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

    pub(super) fn deliver(&mut self, from: usize, to: usize, call: usize, request: ForwardRequest) {
        if let Some(delay) = self.passes(from, to) {
            let request = Box::new(request);
            self.later(self.now + delay, Event::Request { to, from, call, request });
        }
    }

    /// How long something takes from here to there; `None`: it never arrives.
    pub(super) fn passes(&mut self, from: usize, to: usize) -> Option<Duration> {
        let link = *self.network.link(from, to)?;
        let cut = link.cut.is_some_and(|cut| self.now >= cut);
        let lost = self.random.chance(link.lost_percent);
        (!cut && !lost).then_some(link.delay)
    }

    pub(super) fn reply(&mut self, from: usize, to: usize, call: usize, reply: Reply) {
        if let Ok(answer) = &reply {
            self.check_delivery(from, to, call, answer);
        }
        if let Some(delay) = self.passes(from, to) {
            self.later(self.now + delay, Event::Reply { call, reply: Box::new(reply) });
        }
    }

    pub(super) fn replied(&mut self, call: usize, reply: Reply) {
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
}
