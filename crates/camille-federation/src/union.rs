//! The statistics of several banks together, each session counted once however many banks hold it. Pure.
//!
//! Banks tell what a sample of their sessions contributes, and all choose it by the same order of keys,
//! so it shows which share of each bank's figures stands in other banks too. A bank with few sessions
//! tells all of them; then the union is exact.

use camille_proto::id::SessionKey;
use camille_proto::statistics::{PerField, SessionShare, Statistics};
use std::collections::HashMap;

/// Everyone's statistics together. All must be about the same terms and have passed their check.
pub(super) fn union(banks: &[&Statistics]) -> Statistics {
    let known = known_up_to(banks);
    let sampled = |bank: &'_ Statistics| -> Vec<SessionShare> {
        let within = |share: &&SessionShare| known.is_none_or(|known| share.key <= known);
        bank.sample.sessions.iter().filter(within).cloned().collect()
    };
    let samples: Vec<Vec<SessionShare>> = banks.iter().map(|bank| sampled(bank)).collect();
    let mut holders: HashMap<SessionKey, u32> = HashMap::new();
    for share in samples.iter().flatten() {
        *holders.entry(share.key).or_default() += 1;
    }
    if holders.values().all(|count| *count == 1) {
        let mut sum = Statistics::default();
        for bank in banks {
            sum.add(bank);
        }
        return sum;
    }
    let mut sum: Vec<f64> = Vec::new();
    for (bank, sample) in banks.iter().zip(&samples) {
        let figures = flat(bank.documents, bank.sessions, &bank.length, &bank.df);
        sum.resize(sum.len().max(figures.len()), 0.0);
        let (mut all, mut own) = (vec![0.0; figures.len()], vec![0.0; figures.len()]);
        for share in sample {
            let holders = f64::from(holders.get(&share.key).copied().unwrap_or(1));
            let parts = flat(share.documents, 1, &share.length, &share.df);
            for ((all, own), part) in all.iter_mut().zip(&mut own).zip(parts) {
                *all += part;
                *own += part / holders;
            }
        }
        for (at, figure) in figures.into_iter().enumerate() {
            // A figure that the sample knows nothing of shrinks as the documents do.
            let at_known = if all[at] > 0.0 { at } else { 0 };
            let share = if all[at_known] > 0.0 { own[at_known] / all[at_known] } else { 1.0 };
            sum[at] += figure * share;
        }
    }
    unflat(&sum, banks.first().map_or(0, |bank| bank.df.body.len()))
}

/// Up to which key every bank has told its sessions; `None`: all of them.
fn known_up_to(banks: &[&Statistics]) -> Option<SessionKey> {
    let last = |bank: &&&Statistics| bank.sample.sessions.last().map(|share| share.key);
    banks
        .iter()
        .filter(|bank| !bank.sample.complete)
        .map(|bank| last(&bank).unwrap_or(SessionKey::from_bytes([0; 8])))
        .min()
}

/// All figures in one row: documents, sessions, the lengths, then each field's frequencies.
#[expect(clippy::cast_precision_loss, reason = "counts that passed their check stay below 2^53")]
fn flat(
    documents: u64,
    sessions: u64,
    length: &PerField<u64>,
    df: &PerField<Vec<u64>>,
) -> Vec<f64> {
    let lengths = length.named().map(|(_, length)| *length);
    let frequencies = df.named().into_iter().flat_map(|(_, df)| df.iter().copied());
    [documents, sessions].into_iter().chain(lengths).chain(frequencies).map(|n| n as f64).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sums of counts")]
fn unflat(row: &[f64], terms: usize) -> Statistics {
    let at = |place: usize| row.get(place).map_or(0, |figure| figure.round() as u64);
    let list = |field: usize| (0..terms).map(|term| at(6 + field * terms + term)).collect();
    Statistics {
        documents: at(0),
        sessions: at(1),
        length: PerField { body: at(2), context: at(3), session: at(4), date: at(5) },
        df: PerField { body: list(0), context: list(1), session: list(2), date: list(3) },
        sample: camille_proto::statistics::SessionSample::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::statistics::SessionSample;

    /// A bank with these sessions, each a number of documents that all hold the one term.
    fn bank(sessions: &[(u8, u64)], told: usize) -> Statistics {
        let share = |(key, documents): &(u8, u64)| SessionShare {
            key: SessionKey::from_bytes([*key; 8]),
            documents: *documents,
            length: PerField { body: 10 * documents, ..PerField::default() },
            df: PerField {
                body: vec![*documents],
                context: vec![0],
                session: vec![1],
                date: vec![0],
            },
        };
        let documents = sessions.iter().map(|(_, documents)| documents).sum();
        Statistics {
            documents,
            sessions: sessions.len() as u64,
            length: PerField { body: 10 * documents, ..PerField::default() },
            df: PerField {
                body: vec![documents],
                context: vec![0],
                session: vec![sessions.len() as u64],
                date: vec![0],
            },
            sample: SessionSample {
                complete: told >= sessions.len(),
                sessions: sessions.iter().take(told).map(share).collect(),
            },
        }
    }

    #[test]
    fn a_session_in_several_banks_counts_once() {
        let (a, b) = (bank(&[(1, 5), (2, 7)], 9), bank(&[(2, 7), (3, 100)], 9));
        let both = union(&[&a, &b, &a]);
        assert_eq!((both.documents, both.sessions), (112, 3));
        assert_eq!((both.df.body[0], both.df.session[0]), (112, 3));
        assert_eq!(both.length.body, 1_120);
    }

    #[test]
    fn banks_apart_are_summed_as_they_are() {
        let (a, b) = (bank(&[(1, 5), (2, 7)], 1), bank(&[(3, 100)], 9));
        assert_eq!(union(&[&a, &b]).documents, 112);
    }

    #[test]
    fn a_sample_stands_for_what_it_does_not_show() {
        let sessions: Vec<(u8, u64)> = (1..=100).map(|key| (key, 4)).collect();
        let (a, b) = (bank(&sessions, 20), bank(&sessions[..50], 20));
        // Of the 20 that both tell all are common; 50 of A's 100 really are.
        let both = union(&[&a, &b]);
        assert_eq!(both.documents, 300);
        let exact = union(&[&bank(&sessions, 200), &bank(&sessions[..50], 200)]);
        assert_eq!(exact.documents, 400);
    }
}
