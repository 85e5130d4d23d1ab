//! What nodes do that do not obey.

use super::network::{NODES, peer};
use super::node;
use super::run::{World, find, millis};
use camille_federation::plan::Branch;
use camille_proto::forward::{ForwardRequest, RouteStep};
use camille_proto::id::RequestId;
use std::time::Duration;

impl World {
    /// Passes a question on to everyone, with whatever signatures the route holds.
    pub(super) fn flood(
        &mut self,
        work: usize,
        from: usize,
        request: &ForwardRequest,
        timeout: Duration,
    ) {
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
    pub(super) fn pry(&mut self, work: usize, timeout: Duration) {
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
}
