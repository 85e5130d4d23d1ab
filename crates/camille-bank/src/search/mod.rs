//! Local search: one question over one committed state, as one grant sees it. It never writes, and what
//! the grant does not see takes no part in anything.

mod bits;
mod filter;
pub(crate) mod held;
mod phrase;
mod postings;
pub(crate) mod sample;
mod scoring;
pub(crate) mod snapshot;
pub(crate) mod survey;
pub(crate) mod tree;
pub(crate) mod visibility;

use crate::error::BankError;
use crate::query::{Found, LeafAnswer, LeafQuery};
use crate::ranking;
use crate::store::block::Blocks;
use crate::store::read::{self, StoredDocument};
use bits::Bits;
use camille_proto::statistics::{Features, PerField, Statistics};
use filter::ColumnFilter;
use rusqlite::Connection;
use scoring::Scores;
use snapshot::Snapshot;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use tantivy::DocId;
use visibility::{View, context_length};

/// The most documents whose text is looked into for a literal phrase, so that a phrase that hardly
/// constrains cannot cost without bound.
const LITERAL_MAX: usize = 5_000;

/// A document in the running. The greatest is the best: by score, then the smallest id.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    score: f64,
    id_high: u64,
    segment: usize,
    document: DocId,
}

/// Answers a question.
pub(crate) fn search(
    connection: &Connection,
    snapshot: &Snapshot,
    view: &View,
    query: &LeafQuery,
) -> Result<LeafAnswer, BankError> {
    let scores = scoring::score(snapshot, view, query)?;
    let filter = ColumnFilter::of(connection, &query.filter)?;
    let chosen = if query.phrases.is_empty() {
        let mut best = best(snapshot, &scores, &filter, None, query.candidates);
        // Texts of one session lie together; the order is made again at the end.
        best.sort_unstable_by_key(|candidate| (candidate.segment, candidate.document));
        let mut chosen = Vec::with_capacity(best.len());
        let mut blocks = Blocks::default();
        for candidate in best {
            if let Some(stored) = load(connection, &mut blocks, snapshot, view, candidate)? {
                chosen.push((candidate, stored));
            }
        }
        chosen
    } else {
        literal(connection, snapshot, view, query, &scores, &filter)?
    };
    let candidates = features(connection, snapshot, view, &query.terms, &scores, chosen)?;
    Ok(LeafAnswer { statistics: scores.statistics, candidates })
}

/// How many documents are passed over at once if none of them can come among the best.
const STRIDE: usize = 64;

/// The best documents that pass, best first.
fn best(
    snapshot: &Snapshot,
    scores: &Scores,
    filter: &ColumnFilter,
    among: Option<&[Bits]>,
    count: usize,
) -> Vec<Candidate> {
    // The heap's greatest is the worst of those kept.
    let mut kept: BinaryHeap<std::cmp::Reverse<Candidate>> = BinaryHeap::new();
    let prior_max = scores.prior.iter().copied().fold(0.0, f64::max);
    // A document whose own fields are worth no more cannot come among the best, whatever its session.
    let mut own_min = 0.0;
    for (at, segment) in snapshot.segments.iter().enumerate() {
        for (start, stride) in (0..).step_by(STRIDE).zip(scores.own[at].chunks(STRIDE)) {
            // Without a branch, so that several are compared at a time.
            if !stride.iter().fold(false, |any, own| any | (*own > own_min)) {
                continue;
            }
            for (document, own) in (start..).zip(stride) {
                if *own <= own_min || among.is_some_and(|among| !among[at].contains(document)) {
                    continue;
                }
                let prior = scores.prior[segment.session(document)];
                let score = ranking::total(segment.kind(document).into(), *own, prior);
                let full = kept.len() >= count;
                if full && kept.peek().is_none_or(|worst| score < worst.0.score) {
                    continue;
                }
                if !filter.passes(segment, document) {
                    continue;
                }
                let id_high = segment.id_high.get_val(document);
                kept.push(std::cmp::Reverse(Candidate { score, id_high, segment: at, document }));
                if full {
                    kept.pop();
                }
                if let Some(worst) = kept.peek().filter(|_| kept.len() >= count) {
                    own_min = ranking::own_min(worst.0.score, prior_max).max(0.0);
                }
            }
        }
    }
    kept.into_sorted_vec().into_iter().map(|reversed| reversed.0).collect()
}

/// Goes down the ranking until enough documents hold the phrases literally.
fn literal(
    connection: &Connection,
    snapshot: &Snapshot,
    view: &View,
    query: &LeafQuery,
    scores: &Scores,
    filter: &ColumnFilter,
) -> Result<Vec<(Candidate, StoredDocument)>, BankError> {
    let holders = phrase::holders(snapshot, view, &query.phrases)?;
    let ranking = best(snapshot, scores, filter, Some(&holders), usize::MAX);
    let mut chosen = Vec::new();
    let mut blocks = Blocks::default();
    for candidate in ranking.into_iter().take(LITERAL_MAX) {
        if chosen.len() >= query.candidates {
            break;
        }
        if let Some(stored) = load(connection, &mut blocks, snapshot, view, candidate)?
            && phrase::all_in(&stored.document.text, &query.phrases)
        {
            chosen.push((candidate, stored));
        }
    }
    Ok(chosen)
}

/// The document, if it is still there, still seen, and still what was indexed: the index may lag behind.
fn load(
    connection: &Connection,
    blocks: &mut Blocks,
    snapshot: &Snapshot,
    view: &View,
    candidate: Candidate,
) -> Result<Option<StoredDocument>, BankError> {
    let row = snapshot.segments[candidate.segment].row.get_val(candidate.document);
    let stored = match read::by_row(connection, blocks, row.cast_signed()) {
        // One damaged text is no reason to show none.
        Err(BankError::Corrupt { what }) => {
            tracing::warn!(row, what, "a document cannot be read and is left out");
            None
        }
        stored => stored?,
    };
    // What changed since the index was committed is found again with the next commit: its text would not
    // fit the counts that the index has of it.
    Ok(stored.filter(|stored| stored.is_seen(view) && stored.seq <= snapshot.seq))
}

/// Adds what the origin needs to score the documents, in the final order.
fn features(
    connection: &Connection,
    snapshot: &Snapshot,
    view: &View,
    terms: &[String],
    scores: &Scores,
    mut chosen: Vec<(Candidate, StoredDocument)>,
) -> Result<Vec<Found>, BankError> {
    chosen.sort_by_key(|(candidate, _)| (candidate.segment, candidate.document));
    let mut tf: Vec<PerField<Vec<u32>>> = Vec::with_capacity(chosen.len());
    for (at, (segment, seen)) in snapshot.segments.iter().zip(&view.segments).enumerate() {
        let documents: Vec<DocId> =
            chosen.iter().filter(|(c, _)| c.segment == at).map(|(c, _)| c.document).collect();
        if !documents.is_empty() {
            tf.extend(scoring::frequencies(snapshot, segment, seen, terms, &documents)?);
        }
    }
    let mut found = Vec::with_capacity(chosen.len());
    for ((candidate, stored), mut tf) in chosen.into_iter().zip(tf) {
        let segment = &snapshot.segments[candidate.segment];
        let seen = &view.segments[candidate.segment];
        let document = candidate.document;
        let session = segment.session(document);
        tf.session = scores.session_frequencies(session);
        let features = Features {
            kind: segment.kind(document).into(),
            tf,
            length: PerField {
                body: segment.body_norms.fieldnorm(document),
                context: context_length(segment, seen, document),
                date: segment.date_norms.fieldnorm(document),
                session: view.session_length[session],
            },
        };
        found.push(finished(connection, view, stored, features, &scores.statistics)?);
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.document.id.cmp(&b.document.id)));
    Ok(found)
}

fn finished(
    connection: &Connection,
    view: &View,
    stored: StoredDocument,
    features: Features,
    statistics: &Statistics,
) -> Result<Found, BankError> {
    let score = ranking::score(&features, statistics);
    let document = stored.placed(connection, view)?;
    Ok(Found { document, features, score })
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.id_high.cmp(&self.id_high))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}
