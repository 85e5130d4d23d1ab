//! The one scoring function, used by a bank over its own documents and by the origin over everyone's
//! candidates. Pure arithmetic on features and statistics: it never sees a text.
//!
//! BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the document's own
//! text, its context and its date, plus a prior from its whole session. The weights are those that did
//! best on labelled questions over real sessions.

use camille_proto::open::{AnyKind, Open};
use camille_proto::statistics::{Features, Statistics};
use camille_proto::vocabulary::DocumentKind;
use tantivy::fieldnorm::FieldNormReader;

/// How soon repeating a term stops to matter.
pub const K1: f64 = 1.2;
/// How much a field's length matters.
pub const B: f64 = 0.75;
/// The weight of the document's own text.
pub const BODY: f64 = 1.0;
/// The weight of the messages around it.
pub const CONTEXT: f64 = 1.0;
/// The weight of its date.
pub const DATE: f64 = 0.5;
/// The weight of its whole session.
pub const SESSION: f64 = 0.3;

/// How well a document with these features answers, given what is known of the collection.
///
/// Terms are added up one after the other, and in each body, context, date, so that a bank that goes
/// through its postings term by term arrives at the same bits. The session's part comes last.
#[must_use]
pub fn score(features: &Features, statistics: &Statistics) -> f64 {
    let collection = Collection::of(statistics);
    let at = |list: &[u32], term: usize| list.get(term).copied().unwrap_or(0);
    let (mut own, mut prior) = (0.0, 0.0);
    for term in 0..features.tf.body.len() {
        own += collection.body.weight(
            idf(statistics.documents, statistics.df.body.get(term)),
            at(&features.tf.body, term),
            features.length.body,
        );
        own += collection.context.weight(
            idf(statistics.documents, statistics.df.context.get(term)),
            at(&features.tf.context, term),
            features.length.context,
        );
        own += collection.date.weight(
            idf(statistics.documents, statistics.df.date.get(term)),
            at(&features.tf.date, term),
            features.length.date,
        );
        prior += collection.session.weight(
            idf(statistics.sessions, statistics.df.session.get(term)),
            at(&features.tf.session, term),
            features.length.session,
        );
    }
    total(features.kind, own, prior)
}

/// What a document's own fields and its session amount to together.
pub(crate) fn total(kind: AnyKind, own: f64, prior: f64) -> f64 {
    factor(kind) * own + prior
}

/// What a document's own fields must be worth more than for its score to reach `score`, whatever its kind and
/// with a session worth no more than `prior_max`. Somewhat less than that, so that no rounding keeps one out.
pub(crate) fn own_min(score: f64, prior_max: f64) -> f64 {
    score * (1.0 - 1e-9) - prior_max
}

/// How much a kind of document counts. Tool calls repeat what is said elsewhere, and so do summaries.
#[must_use]
pub const fn factor(kind: AnyKind) -> f64 {
    match kind {
        Open::Known(DocumentKind::Message | DocumentKind::Code) => 1.0,
        Open::Known(DocumentKind::Summary) => 0.8,
        // A kind that nobody here knows gains nothing by it.
        Open::Known(DocumentKind::Tool) | Open::Other(_) => 0.7,
    }
}

/// How telling a term is that occurs in `df` of `total` documents. Never negative.
pub(crate) fn idf(total: u64, df: Option<&u64>) -> f64 {
    let df = df.copied().unwrap_or(0).min(total);
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let (total, df) = (total as f64, df as f64);
    (1.0 + (total - df + 0.5) / (df + 0.5)).ln()
}

/// What occurrences of one term in one field are worth, by how often and by the length that the index's norms
/// keep. Yields the same bits as [`FieldMeasure::weight`], without its divisions.
pub(crate) struct Gains<'m> {
    factor: f64,
    lengths: &'m Lengths,
    /// For the commonest frequencies the whole, by norm, if there are enough occurrences to pay for it.
    few: Option<Box<[[f64; 256]; FEW]>>,
}

/// The part of the denominator that depends on the length, by norm.
pub(crate) type Lengths = [f64; 256];

/// Frequencies that have a table: nearly all occurrences.
const FEW: usize = 3;
/// How many documents make a table worth while.
const FEW_DOCUMENTS_MIN: u64 = 512;

impl Gains<'_> {
    /// What `tf` occurrences, at least one, in a field with this norm are worth.
    pub(crate) fn of(&self, tf: u32, norm: u8) -> f64 {
        let few = self.few.as_ref().and_then(|few| few.get((tf as usize).wrapping_sub(1)));
        match few {
            Some(few) => few[usize::from(norm)],
            None => self.compute(tf, norm),
        }
    }

    fn compute(&self, tf: u32, norm: u8) -> f64 {
        let tf = f64::from(tf);
        self.factor * (tf * (K1 + 1.0)) / (tf + self.lengths[usize::from(norm)])
    }
}

/// The measures of a collection's fields.
pub(crate) struct Collection {
    pub(crate) body: FieldMeasure,
    pub(crate) context: FieldMeasure,
    pub(crate) date: FieldMeasure,
    pub(crate) session: FieldMeasure,
}

impl Collection {
    /// The measures that follow from these statistics.
    pub(crate) fn of(statistics: &Statistics) -> Self {
        let field = |weight, length, count| FieldMeasure::new(weight, length, count);
        let length = &statistics.length;
        Self {
            body: field(BODY, length.body, statistics.documents),
            context: field(CONTEXT, length.context, statistics.documents),
            date: field(DATE, length.date, statistics.documents),
            session: field(SESSION, length.session, statistics.sessions),
        }
    }
}

/// One field of a collection: how much it counts and how long it is on average.
pub(crate) struct FieldMeasure {
    weight: f64,
    average_length: f64,
}

impl FieldMeasure {
    fn new(weight: f64, length: u64, count: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
        let average_length = if count == 0 { 0.0 } else { length as f64 / count as f64 };
        Self { weight, average_length }
    }

    /// What lengths amount to, whatever the term.
    pub(crate) fn lengths(&self) -> Lengths {
        std::array::from_fn(|norm| {
            let norm = u8::try_from(norm).unwrap_or(u8::MAX);
            let length = FieldNormReader::id_to_fieldnorm(norm);
            K1 * (1.0 - B + B * self.relative(length))
        })
    }

    /// What a term with this idf is worth that so many documents hold.
    pub(crate) fn gains<'m>(&self, lengths: &'m Lengths, idf: f64, documents: u64) -> Gains<'m> {
        let mut gains = Gains { factor: self.weight * idf, lengths, few: None };
        if documents >= FEW_DOCUMENTS_MIN {
            let mut few = Box::new([[0.0; 256]; FEW]);
            for (tf, few) in (1..).zip(few.iter_mut()) {
                for norm in 0..=u8::MAX {
                    few[usize::from(norm)] = gains.compute(tf, norm);
                }
            }
            gains.few = Some(few);
        }
        gains
    }

    fn relative(&self, length: u32) -> f64 {
        if self.average_length > 0.0 { f64::from(length) / self.average_length } else { 1.0 }
    }

    /// What `tf` occurrences in a field of `length` tokens are worth; 0 for none.
    pub(crate) fn weight(&self, idf: f64, tf: u32, length: u32) -> f64 {
        if tf == 0 {
            return 0.0;
        }
        let tf = f64::from(tf);
        let relative = self.relative(length);
        self.weight * idf * (tf * (K1 + 1.0)) / (tf + K1 * (1.0 - B + B * relative))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::statistics::PerField;

    fn statistics() -> Statistics {
        Statistics {
            documents: 100,
            sessions: 10,
            length: PerField { body: 2_000, context: 8_000, session: 2_000, date: 400 },
            df: PerField {
                body: vec![5, 50],
                context: vec![9, 70],
                session: vec![3, 9],
                date: vec![0, 0],
            },
            ..Statistics::default()
        }
    }

    fn features(kind: DocumentKind, body: [u32; 2]) -> Features {
        Features {
            kind: kind.into(),
            tf: PerField {
                body: body.to_vec(),
                context: body.to_vec(),
                session: body.to_vec(),
                date: vec![0, 0],
            },
            length: PerField { body: 20, context: 80, session: 200, date: 4 },
        }
    }

    #[test]
    fn rarer_terms_and_more_of_them_score_higher() {
        let s = statistics();
        let of = |body| score(&features(DocumentKind::Message, body), &s);
        assert!(of([1, 0]) > of([0, 1]));
        assert!(of([2, 0]) > of([1, 0]));
        assert!(of([1, 1]) > of([1, 0]));
        assert!(of([0, 0]).abs() < f64::EPSILON);
    }

    #[test]
    fn tool_calls_count_less() {
        let s = statistics();
        assert!(
            score(&features(DocumentKind::Tool, [1, 1]), &s)
                < score(&features(DocumentKind::Message, [1, 1]), &s)
        );
    }

    #[test]
    fn the_tables_yield_the_same_bits() {
        for average in [0, 7, 300] {
            let measure = FieldMeasure::new(0.5, average * 10, 10);
            let lengths = measure.lengths();
            for (idf, documents) in [(0.0, 1), (0.3, 1), (0.3, FEW_DOCUMENTS_MIN), (7.1, 1_000)] {
                let gains = measure.gains(&lengths, idf, documents);
                for norm in 0..=u8::MAX {
                    let length = FieldNormReader::id_to_fieldnorm(norm);
                    for tf in [1, 2, 3, 4, 90] {
                        let exact = measure.weight(idf, tf, length);
                        assert_eq!(gains.of(tf, norm).to_bits(), exact.to_bits());
                    }
                }
            }
        }
    }

    #[test]
    fn nonsense_stays_finite() {
        let lie = Statistics {
            documents: 1,
            sessions: 0,
            length: PerField::default(),
            df: PerField { body: vec![u64::MAX], ..PerField::default() },
            ..Statistics::default()
        };
        let value = score(&features(DocumentKind::Message, [u32::MAX, u32::MAX]), &lie);
        assert!(value.is_finite() && value >= 0.0);
    }
}
