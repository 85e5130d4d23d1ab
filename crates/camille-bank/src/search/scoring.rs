//! Scores of all visible documents, term by term and exact, and the statistics they rest on.
//!
//! The additions happen in the order of [`crate::ranking::score`], so that scoring a document by its
//! features yields the same bits. Filters never take part in it.

use super::postings::{self, Posting};
use super::snapshot::{Segment, Snapshot};
use super::visibility::{SegmentView, View};
use crate::analyzer::STOP_MARK;
use crate::error::BankError;
use crate::query::LeafQuery;
use crate::ranking::{Collection, FieldMeasure, Lengths, idf};
use camille_proto::invariant::Invariant;
use camille_proto::statistics::{PerField, SessionSample, Statistics};
use tantivy::DocId;

/// What scoring yields.
pub(super) struct Scores {
    /// What the bank holds as far as the grant sees.
    pub(super) statistics: Statistics,
    /// For each segment and document what its own fields are worth; 0 for documents without a term.
    pub(super) own: Vec<Vec<f64>>,
    /// For each session what it is worth as a whole.
    pub(super) prior: Vec<f64>,
    /// For each term the sessions that hold it, in order, and how often.
    session_tf: Vec<Vec<(u32, u32)>>,
}

/// What lengths amount to in each field.
struct FieldLengths {
    body: Lengths,
    context: Lengths,
    date: Lengths,
}

/// The postings of one term, for each segment.
#[derive(Default)]
struct TermPostings {
    body: Vec<Vec<Posting>>,
    context: Vec<Vec<Posting>>,
    date: Vec<Vec<Posting>>,
}

/// Scores every visible document.
pub(super) fn score(
    snapshot: &Snapshot,
    view: &View,
    query: &LeafQuery,
) -> Result<Scores, BankError> {
    let terms = &query.terms;
    let sample = if query.sampled { view.sample.told() } else { SessionSample::default() };
    let mut scores = Scores {
        statistics: Statistics {
            documents: view.documents,
            sessions: view.sessions,
            length: view.length,
            df: PerField::default(),
            sample,
        },
        own: snapshot
            .segments
            .iter()
            .map(|segment| vec![0.0; segment.reader.max_doc() as usize])
            .collect(),
        prior: vec![0.0; snapshot.sessions],
        session_tf: Vec::with_capacity(terms.len()),
    };
    let collection = Collection::of(&scores.statistics);
    let lengths = FieldLengths::of(&collection);
    let mut buffers = TermPostings::of(snapshot.segments.len());
    let mut by_session = vec![0_u32; snapshot.sessions];
    for term in terms {
        buffers.read(snapshot, view, term)?;
        scores.add_term(snapshot, view, (&collection, &lengths), &buffers);
        scores.add_sessions(snapshot, view, &collection, &buffers, &mut by_session);
        scores.add_sample(snapshot, view, &buffers);
    }
    Invariant::TermsWithinDocuments.check(scores.statistics.are_within());
    Ok(scores)
}

impl Scores {
    /// How often each term occurs in the visible part of a session.
    pub(super) fn session_frequencies(&self, session: usize) -> Vec<u32> {
        let session = u32::try_from(session).unwrap_or(u32::MAX);
        let frequency = |list: &Vec<(u32, u32)>| {
            list.binary_search_by_key(&session, |(session, _)| *session).map_or(0, |at| list[at].1)
        };
        self.session_tf.iter().map(frequency).collect()
    }

    fn add_term(
        &mut self,
        snapshot: &Snapshot,
        view: &View,
        (collection, lengths): (&Collection, &FieldLengths),
        postings: &TermPostings,
    ) {
        let segments = || snapshot.segments.iter().zip(&view.segments).enumerate();
        let count = |lists: &[Vec<Posting>]| lists.iter().map(Vec::len).sum::<usize>() as u64;
        let tools: usize = segments()
            .map(|(at, (segment, _))| {
                postings.body[at].iter().filter(|p| segment.is_tool(p.document)).count()
            })
            .sum();
        let df = &mut self.statistics.df;
        df.body.push(count(&postings.body));
        df.context.push(count(&postings.context) + tools as u64);
        df.date.push(count(&postings.date));

        let documents = self.statistics.documents;
        let gains = |measure: &FieldMeasure, lengths, df: &[u64]| {
            measure.gains(lengths, idf(documents, df.last()), df.last().copied().unwrap_or(0))
        };
        let df = &self.statistics.df;
        let body = gains(&collection.body, &lengths.body, &df.body);
        let context = gains(&collection.context, &lengths.context, &df.context);
        let date = gains(&collection.date, &lengths.date, &df.date);
        for (at, (segment, _)) in segments() {
            let own = &mut self.own[at];
            for Posting { document, tf } in &postings.body[at] {
                let norm = segment.body_norms.fieldnorm_id(*document);
                let score = &mut own[*document as usize];
                *score += body.of(*tf, norm);
                if segment.is_tool(*document) {
                    *score += context.of(*tf, norm);
                }
            }
            // Of the context only postings of messages whose context is seen were read.
            for Posting { document, tf } in &postings.context[at] {
                let norm = segment.context_norms.fieldnorm_id(*document);
                own[*document as usize] += context.of(*tf, norm);
            }
            for Posting { document, tf } in &postings.date[at] {
                let norm = segment.date_norms.fieldnorm_id(*document);
                own[*document as usize] += date.of(*tf, norm);
            }
        }
    }

    /// Counts the term in each of the sampled sessions.
    fn add_sample(&mut self, snapshot: &Snapshot, view: &View, postings: &TermPostings) {
        let sessions = &mut self.statistics.sample.sessions;
        if sessions.is_empty() {
            return;
        }
        for share in sessions.iter_mut() {
            let df = &mut share.df;
            for list in [&mut df.body, &mut df.context, &mut df.session, &mut df.date] {
                list.push(0);
            }
        }
        let bump = |list: &mut Vec<u64>| {
            if let Some(count) = list.last_mut() {
                *count += 1;
            }
        };
        for (at, segment) in snapshot.segments.iter().enumerate() {
            let place = |posting: &Posting| view.sample.place(segment.session(posting.document));
            for posting in &postings.body[at] {
                let Some(place) = place(posting) else { continue };
                let df = &mut sessions[place].df;
                bump(&mut df.body);
                if segment.is_tool(posting.document) {
                    bump(&mut df.context);
                }
                if df.session.last() == Some(&0) {
                    bump(&mut df.session);
                }
            }
            for posting in &postings.context[at] {
                if let Some(place) = place(posting) {
                    bump(&mut sessions[place].df.context);
                }
            }
            for posting in &postings.date[at] {
                if let Some(place) = place(posting) {
                    bump(&mut sessions[place].df.date);
                }
            }
        }
    }

    fn add_sessions(
        &mut self,
        snapshot: &Snapshot,
        view: &View,
        collection: &Collection,
        postings: &TermPostings,
        by_session: &mut [u32],
    ) {
        let mut touched: Vec<u32> = Vec::new();
        for (segment, list) in snapshot.segments.iter().zip(&postings.body) {
            for Posting { document, tf } in list {
                let session = segment.session(*document);
                if by_session[session] == 0 {
                    touched.push(u32::try_from(session).unwrap_or(u32::MAX));
                }
                by_session[session] = by_session[session].saturating_add(*tf);
            }
        }
        touched.sort_unstable();
        self.statistics.df.session.push(touched.len() as u64);
        let idf = idf(self.statistics.sessions, self.statistics.df.session.last());
        let list = touched
            .into_iter()
            .map(|session| {
                let at = session as usize;
                let tf = std::mem::take(&mut by_session[at]);
                self.prior[at] += collection.session.weight(idf, tf, view.session_length[at]);
                (session, tf)
            })
            .collect();
        self.session_tf.push(list);
    }
}

impl FieldLengths {
    fn of(collection: &Collection) -> Self {
        let Collection { body, context, date, .. } = collection;
        Self { body: body.lengths(), context: context.lengths(), date: date.lengths() }
    }
}

impl TermPostings {
    fn of(segments: usize) -> Self {
        let lists = || vec![Vec::new(); segments];
        Self { body: lists(), context: lists(), date: lists() }
    }

    fn read(&mut self, snapshot: &Snapshot, view: &View, term: &str) -> Result<(), BankError> {
        let fields = &snapshot.fields;
        let stop = term.starts_with(STOP_MARK);
        for (at, (segment, seen)) in snapshot.segments.iter().zip(&view.segments).enumerate() {
            for list in [&mut self.body[at], &mut self.context[at], &mut self.date[at]] {
                list.clear();
            }
            if stop {
                postings::read(segment, fields.stops, term, &seen.visible, &mut self.body[at])?;
                continue;
            }
            postings::read(segment, fields.body, term, &seen.visible, &mut self.body[at])?;
            postings::read(segment, fields.context, term, &seen.context, &mut self.context[at])?;
            postings::read(segment, fields.date, term, &seen.visible, &mut self.date[at])?;
        }
        Ok(())
    }
}

/// How often each term occurs in the fields of some documents of one segment, which must be in order.
pub(super) fn frequencies(
    snapshot: &Snapshot,
    segment: &Segment,
    seen: &SegmentView,
    terms: &[String],
    documents: &[DocId],
) -> Result<Vec<PerField<Vec<u32>>>, BankError> {
    let mut all = vec![PerField::<Vec<u32>>::default(); documents.len()];
    let fields = &snapshot.fields;
    for term in terms {
        let stop = term.starts_with(STOP_MARK);
        let of = |field| postings::frequencies(segment, field, term, documents);
        let none = || vec![0; documents.len()];
        let body = of(if stop { fields.stops } else { fields.body })?;
        let context = if stop { none() } else { of(fields.context)? };
        let date = if stop { none() } else { of(fields.date)? };
        for (at, document) in documents.iter().enumerate() {
            let tf = &mut all[at];
            tf.body.push(body[at]);
            tf.date.push(date[at]);
            tf.context.push(if segment.is_tool(*document) {
                body[at]
            } else if seen.context.contains(*document) {
                context[at]
            } else {
                0
            });
        }
    }
    Ok(all)
}
