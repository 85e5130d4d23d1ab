//! What an origin needs to score everyone's candidates by one measure: collection statistics of each
//! bank and term features of each candidate.
//!
//! All of it comes from peers and is untrusted: sums saturate and [`Statistics::check`] refuses the
//! impossible.

use crate::id::SessionKey;
use crate::open::AnyKind;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More documents than this in one bank is taken for a lie.
pub const DOCUMENTS_MAX: u64 = 100_000_000;

/// The most sessions in a bank's sample.
pub const SAMPLE_MAX: usize = 128;

/// One value for each scored field.
///
/// *body*: the document's own text; *context*: the text of its message and the neighbours around it;
/// *session*: the whole session, as one pseudo-document; *date*: the date tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PerField<T> {
    /// For the document's own text.
    pub body: T,
    /// For the text around it.
    pub context: T,
    /// For its whole session.
    pub session: T,
    /// For its date tokens.
    pub date: T,
}

/// What one bank holds, as far as the asking key may see it, before the question's own filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Statistics {
    /// Live visible documents (N of BM25).
    pub documents: u64,
    /// Sessions with at least one such document.
    pub sessions: u64,
    /// Sum of the field lengths over the visible documents, in tokens; for `session` the sum of the
    /// session lengths.
    pub length: PerField<u64>,
    /// For each term of the question, in its order: in how many documents (sessions) it occurs.
    pub df: PerField<Vec<u64>>,
    /// What some sessions contribute, so that those which several banks hold can be counted once.
    pub sample: SessionSample,
}

/// The visible sessions with the smallest keys. Banks that hold the same sessions sample the same ones
/// (bottom-k sampling; Cohen and Kaplan, Summarizing data using bottom-k sketches, 2007).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionSample {
    /// Whether these are all of them.
    pub complete: bool,
    /// At most [`SAMPLE_MAX`], by ascending key.
    pub sessions: Vec<SessionShare>,
}

/// What one session contributes to its bank's statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionShare {
    /// The session.
    pub key: SessionKey,
    /// Its visible documents.
    pub documents: u64,
    /// The sums of their field lengths.
    pub length: PerField<u64>,
    /// For each term: in how many of them it occurs; for `session` 0 or 1.
    pub df: PerField<Vec<u64>>,
}

/// How one candidate relates to the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Features {
    /// The kind, which has a weight of its own.
    pub kind: AnyKind,
    /// For each term of the question, in its order: how often it occurs.
    pub tf: PerField<Vec<u32>>,
    /// Field lengths in tokens, as the index's length norms keep them (session: exact).
    pub length: PerField<u32>,
}

/// Statistics that cannot be true.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImplausibleStatistics {
    /// A list does not have one entry a term.
    #[error("{what} has {found} entries for {terms} terms")]
    Shape {
        /// Which list.
        what: &'static str,
        /// How many it has.
        found: usize,
        /// How many it should have.
        terms: usize,
    },
    /// More documents than [`DOCUMENTS_MAX`].
    #[error("claims {0} documents")]
    TooManyDocuments(u64),
    /// A term occurs in more documents than there are.
    #[error("claims a term in {df} of {documents} documents")]
    FrequencyAboveTotal {
        /// The claimed document frequency.
        df: u64,
        /// The claimed total.
        documents: u64,
    },
    /// A term occurs in fewer documents than were handed over with it.
    #[error("handed over {found} documents with a term it claims in {df}")]
    FrequencyBelowHits {
        /// The claimed document frequency.
        df: u64,
        /// How many candidates hold the term.
        found: u64,
    },
    /// A sampled session contributes more than its bank has, or the sample is out of order or too large.
    #[error("its sample of sessions does not fit its totals")]
    Sample,
    /// A term occurs more often than the field is long.
    #[error("a candidate's term frequencies exceed its length")]
    FrequencyAboveLength,
}

impl<T> PerField<T> {
    /// References to the values, with the fields' names.
    pub fn named(&self) -> [(&'static str, &T); 4] {
        [
            ("body", &self.body),
            ("context", &self.context),
            ("session", &self.session),
            ("date", &self.date),
        ]
    }
}

impl Statistics {
    /// Whether no term is in more documents or sessions than there are.
    #[must_use]
    pub fn are_within(&self) -> bool {
        let mut fields = self.df.named().into_iter();
        fields.all(|(field, df)| df.iter().all(|df| *df <= self.total(field)))
    }

    /// How many a field's terms can be in at most.
    fn total(&self, field: &str) -> u64 {
        if field == "session" { self.sessions } else { self.documents }
    }

    /// Adds another bank's statistics, saturating. Both must be about the same terms.
    pub fn add(&mut self, other: &Self) {
        fn each(into: &mut Vec<u64>, from: &[u64]) {
            into.resize(into.len().max(from.len()), 0);
            for (a, b) in into.iter_mut().zip(from) {
                *a = a.saturating_add(*b);
            }
        }
        self.documents = self.documents.saturating_add(other.documents);
        self.sessions = self.sessions.saturating_add(other.sessions);
        for (into, from) in [
            (&mut self.length.body, other.length.body),
            (&mut self.length.context, other.length.context),
            (&mut self.length.session, other.length.session),
            (&mut self.length.date, other.length.date),
        ] {
            *into = into.saturating_add(from);
        }
        each(&mut self.df.body, &other.df.body);
        each(&mut self.df.context, &other.df.context);
        each(&mut self.df.session, &other.df.session);
        each(&mut self.df.date, &other.df.date);
    }

    /// Whether these statistics can be true, given the candidates that came with them.
    ///
    /// `lengths_count`: whether field lengths count every term of the question; function words, which
    /// make up a question only if it has nothing else, count in none.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub fn check(
        &self,
        terms: usize,
        lengths_count: bool,
        hits: &[&Features],
    ) -> Result<(), ImplausibleStatistics> {
        use ImplausibleStatistics as Wrong;
        if self.documents > DOCUMENTS_MAX || self.sessions > self.documents {
            return Err(Wrong::TooManyDocuments(self.documents.max(self.sessions)));
        }
        for (what, df) in self.df.named() {
            if df.len() != terms {
                return Err(Wrong::Shape { what, found: df.len(), terms });
            }
            let total = self.total(what);
            if let Some(&df) = df.iter().find(|df| **df > total) {
                return Err(Wrong::FrequencyAboveTotal { df, documents: total });
            }
        }
        self.check_sample(terms)?;
        for hit in hits {
            for ((what, tf), (_, length)) in hit.tf.named().into_iter().zip(hit.length.named()) {
                if tf.len() != terms {
                    return Err(Wrong::Shape { what, found: tf.len(), terms });
                }
                let sum: u64 = tf.iter().map(|tf| u64::from(*tf)).sum();
                // Length norms above 40 are rounded down, by less than one part in eight (the index keeps
                // four bits of mantissa), so the claim may exceed the kept length by that much.
                let length = u64::from(*length);
                if lengths_count && sum > length + length / 8 + 1 {
                    return Err(Wrong::FrequencyAboveLength);
                }
            }
        }
        for (term, (&body, &context)) in self.df.body.iter().zip(&self.df.context).enumerate() {
            let holding = |of: fn(&PerField<Vec<u32>>) -> &Vec<u32>| {
                hits.iter().filter(|h| of(&h.tf)[term] > 0).count() as u64
            };
            for (df, found) in
                [(body, holding(|tf| &tf.body)), (context, holding(|tf| &tf.context))]
            {
                if found > df {
                    return Err(Wrong::FrequencyBelowHits { df, found });
                }
            }
        }
        Ok(())
    }

    fn check_sample(&self, terms: usize) -> Result<(), ImplausibleStatistics> {
        let sessions = &self.sample.sessions;
        let in_order = sessions.windows(2).all(|pair| pair[0].key < pair[1].key);
        let fits = |share: &SessionShare| {
            let lengths = share.length.named().into_iter().zip(self.length.named());
            let mut df = share.df.named().into_iter().zip(self.df.named());
            share.documents <= self.documents
                && lengths.into_iter().all(|((_, part), (_, all))| part <= all)
                && df.all(|((_, part), (_, all))| {
                    part.len() == terms && part.iter().zip(all).all(|(part, all)| part <= all)
                })
        };
        let few = sessions.len() <= SAMPLE_MAX && sessions.len() as u64 <= self.sessions;
        if few && in_order && sessions.iter().all(fits) {
            return Ok(());
        }
        Err(ImplausibleStatistics::Sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_term(documents: u64, df: u64) -> Statistics {
        Statistics {
            documents,
            sessions: documents,
            length: PerField::default(),
            df: PerField { body: vec![df], context: vec![df], session: vec![0], date: vec![0] },
            sample: SessionSample::default(),
        }
    }

    #[test]
    fn sums_saturate() {
        let mut a = one_term(u64::MAX, 1);
        a.add(&one_term(5, u64::MAX));
        assert_eq!(a.documents, u64::MAX);
        assert_eq!(a.df.body, [u64::MAX]);
    }

    #[test]
    fn the_impossible_is_refused() {
        assert!(one_term(10, 3).check(1, true, &[]).is_ok());
        assert!(one_term(10, 11).check(1, true, &[]).is_err());
        assert!(one_term(DOCUMENTS_MAX + 1, 3).check(1, true, &[]).is_err());
        assert!(one_term(10, 3).check(2, true, &[]).is_err());
        let hit = Features {
            kind: crate::vocabulary::DocumentKind::Message.into(),
            tf: PerField { body: vec![1], context: vec![1], session: vec![1], date: vec![0] },
            length: PerField { body: 5, context: 5, session: 5, date: 0 },
        };
        assert!(one_term(10, 1).check(1, true, &[&hit]).is_ok());
        assert!(one_term(10, 1).check(1, true, &[&hit, &hit]).is_err());
        let mut lie = hit;
        lie.tf.body = vec![50];
        assert_eq!(
            one_term(10, 1).check(1, true, &[&lie]),
            Err(ImplausibleStatistics::FrequencyAboveLength)
        );
    }
}
