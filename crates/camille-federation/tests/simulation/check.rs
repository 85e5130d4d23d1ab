//! What must hold whatever happens, checked at every answer that is delivered and shown.

use super::network::{Manner, peer};
use super::node::{self, OPEN, owner_and_project};
use super::run::World;
use camille_federation::settle::Settled;
use camille_proto::answer::Outcome;
use camille_proto::forward::ForwardAnswer;
use camille_proto::id::PeerId;
use std::collections::BTreeSet;
use std::time::Duration;

impl World {
    pub(super) fn check_reports(&mut self, at: usize, settled: &Settled) {
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

    pub(super) fn check_hits(&mut self, at: usize, settled: &Settled) {
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
    pub(super) fn check_delivery(
        &mut self,
        from: usize,
        to: usize,
        call: usize,
        answer: &ForwardAnswer,
    ) {
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
