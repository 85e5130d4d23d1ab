//! The answer to the one who asked: one ranking, one report for each known node, and how much of the team it
//! covers. Made anew each time a part arrives, so what is shown first and what is shown last agree.

use super::gather::Heard;
use super::merge::{Contribution, Merged, merge};
use camille_proto::answer::{Coverage, Outcome, PeerReport};
use camille_proto::hit::Hit;
use camille_proto::name::{self, Told};
use std::collections::BTreeSet;

/// What is known of the answer so far.
#[derive(Debug, Default)]
pub struct Settled {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// One for each node that was asked or is known, those asked directly first.
    pub reports: Vec<PeerReport>,
    /// Whether some node is partial, timed out, failed, rate limited or skipped.
    pub partial: bool,
    /// How many nodes are known, were asked, and answered.
    pub coverage: Coverage,
}

/// Settles an answer out of the own bank's part and everybody else's.
///
/// `terms`: the question's terms, in the order that statistics and features follow. `distance`: what a hit is
/// worth by the relays it passed.
#[must_use]
pub fn settle(
    terms: &[String],
    own: Contribution,
    heard: Vec<Heard>,
    limit: usize,
    distance: &[f64; 4],
) -> Settled {
    let mut seen = BTreeSet::from([own.peer_id]);
    let mut names = Told::default();
    let mut contributions = vec![own];
    let mut reports: Vec<PeerReport> = Vec::with_capacity(heard.len());
    let mut heard: Vec<Heard> =
        heard.into_iter().filter(|part| seen.insert(part.peer_id)).collect();
    // The same parts give the same answer, in whatever order they came.
    heard.sort_by(|a, b| (a.hops, &a.name, a.peer_id).cmp(&(b.hops, &b.name, b.peer_id)));
    for part in heard {
        let name = distinct(&part, &mut names);
        let hits = u32::try_from(part.candidates.len()).unwrap_or(u32::MAX);
        if matches!(part.status, Outcome::Ok | Outcome::Partial) {
            contributions.push(Contribution {
                peer_id: part.peer_id,
                source: format!("peer:{name}"),
                hops: part.hops,
                statistics: part.statistics,
                candidates: part.candidates,
                verify: true,
            });
        }
        reports.push(PeerReport {
            peer_id: part.peer_id,
            name,
            via: part.via,
            hops: part.hops,
            status: part.status,
            took_ms: part.took_ms,
            hits,
            error: part.error,
        });
    }
    let Merged { hits, dropped } = merge(terms, contributions, limit, distance);
    for (peer_id, reason) in dropped {
        for report in reports.iter_mut().filter(|report| report.peer_id == peer_id) {
            report.status = Outcome::Failed;
            report.hits = 0;
            report.error = Some(format!("its answer was left out: {reason}"));
        }
    }
    Settled {
        hits,
        partial: reports.iter().any(|report| report.status.makes_partial()),
        coverage: Coverage::of(&reports),
        reports,
    }
}

/// A name that no other node of this answer has. What a relay calls somebody never passes for one's own
/// peer: those come first.
fn distinct(part: &Heard, names: &mut Told) -> String {
    let short = part.peer_id.short();
    let name = if part.hops == 0 { part.name.clone() } else { name::clean(&part.name, "") };
    let name = if name.is_empty() { short } else { name };
    if names.add(&name) {
        return name;
    }
    let name = format!("{name} ({})", part.peer_id.short());
    names.add(&name);
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::DISTANCE;
    use camille_proto::id::PeerId;
    use std::sync::Arc;

    fn peer(n: u8) -> PeerId {
        PeerId::from_bytes([n; 32])
    }

    fn part(n: u8, name: &str, hops: u32, status: Outcome) -> Heard {
        Heard {
            peer_id: peer(n),
            name: name.into(),
            via: (hops > 0).then(|| peer(1)),
            hops,
            status,
            took_ms: 0,
            statistics: Arc::default(),
            candidates: Arc::default(),
            error: None,
            sees: None,
        }
    }

    fn own() -> Contribution {
        Contribution {
            peer_id: peer(0),
            source: "local".into(),
            hops: 0,
            statistics: Arc::default(),
            candidates: Arc::default(),
            verify: false,
        }
    }

    #[test]
    fn known_is_asked_and_skipped_and_nobody_counts_twice() {
        use Outcome::{Denied, Ok as Fine, Skipped, TimedOut};
        let heard = vec![
            part(2, "far", 1, Fine),
            part(1, "ana", 0, Fine),
            part(3, "eve", 0, Skipped),
            part(2, "far", 0, TimedOut),
            part(0, "ourselves", 1, Fine),
            part(4, "dan", 0, Denied),
        ];
        let settled = settle(&[], own(), heard, 10, &DISTANCE);
        let Coverage { known, asked, answered } = settled.coverage;
        assert_eq!((known, asked, answered), (4, 3, 2));
        assert!(settled.partial, "one was skipped");
        let settled = settle(&[], own(), vec![part(4, "dan", 0, Denied)], 10, &DISTANCE);
        assert!(!settled.partial, "a refusal is an answer");
    }

    #[test]
    fn the_order_in_which_parts_came_never_shows() {
        let part = |n, name, hops| part(n, name, hops, Outcome::Ok);
        let parts = vec![part(1, "ana", 0), part(2, "bo", 0), part(3, "ana", 1), part(4, "cy", 1)];
        let reports = |parts| settle(&[], own(), parts, 10, &DISTANCE).reports;
        let reversed = parts.iter().rev().cloned().collect();
        assert_eq!(reports(reversed), reports(parts));
    }

    #[test]
    fn nobody_is_called_like_a_peer_of_ours() {
        let heard = vec![part(9, "ANA", 1, Outcome::Ok), part(1, "ana", 0, Outcome::Ok)];
        let names: Vec<String> =
            settle(&[], own(), heard, 10, &DISTANCE).reports.into_iter().map(|r| r.name).collect();
        assert_eq!(names[0], "ana");
        assert!(names[1].starts_with("ANA ("), "{names:?}");
    }
}
