//! How a question begins: what a node knows of the others, and whom it asks through whom.

use super::network::{Manner, NODES, peer};
use super::node::terms;
use super::run::{ANALYZER, PEER_TIMEOUT, World, collect, millis, signed};
use camille_federation::breaker::Breaker;
use camille_federation::gather::skipped;
use camille_federation::plan::{Branch, Known, Neighbour, plan};
use camille_proto::forward::{ForwardRequest, Origin};
use camille_proto::grant::Verb;
use camille_proto::id::RequestId;
use camille_proto::query::Query;
use std::collections::BTreeSet;
use std::time::Duration;

impl World {
    pub(super) fn ask(&mut self, at: usize) {
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
    pub(super) fn request_of(
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
    pub(super) fn told_by(&self, at: usize, asker: usize, depth: u32) -> Vec<Known> {
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

    pub(super) fn neighbours(&self, at: usize) -> Vec<usize> {
        (0..NODES).filter(|to| *to != at && self.network.link(at, *to).is_some()).collect()
    }
}
