//! The one search service under REST, the Unix socket, peers and agents. It never talks HTTP.
//!
//! *Leaf* searches this bank; *root* asks this bank and every peer at once and merges, *stream* does so
//! while they answer; *relay* asks this bank and those the origin's plan names, and hands everyone's part
//! back as it is.

pub(crate) mod ask;
pub(crate) mod leaf;
pub(crate) mod relay;
pub(crate) mod root;
pub(crate) mod service;
pub(crate) mod stream;
mod underway;

use crate::search::service::Search;
use camille_bank::analyzer;
use camille_proto::query::{QUERY_CHARS_MAX, Query};

/// A question, analysed once.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// As it was asked, without the secrets that may have been pasted into it.
    pub(crate) query: Query,
    /// Its terms, none twice.
    pub(crate) terms: Vec<String>,
    /// What must occur literally.
    pub(crate) phrases: Vec<String>,
}

impl Question {
    /// Analyses a question. Secrets, and what may be one, are taken out first: it may leave this machine and it stands
    /// in audit logs.
    pub(crate) fn new(search: &Search, mut query: Query) -> Self {
        query.q = search.home.redactor.redact_for_others(&query.q).text.into_owned();
        // A marker can be longer than the secret it stands for.
        if let Some((end, _)) = query.q.char_indices().nth(QUERY_CHARS_MAX) {
            query.q.truncate(end);
        }
        for word in [&mut query.project, &mut query.author].into_iter().flatten() {
            *word = search.home.redactor.redact_for_others(word).text.into_owned();
        }
        let analysed = analyzer::question(&query.q);
        Self { query, terms: analysed.terms, phrases: analysed.phrases }
    }

    /// The same question with the terms another node made of it, if it analyses as we do.
    pub(crate) fn with_terms(
        search: &Search,
        query: Query,
        analyzer: &str,
        terms: Vec<String>,
    ) -> Self {
        let mut question = Self::new(search, query);
        if analyzer == analyzer::ANALYZER {
            question.terms = terms;
        }
        question
    }
}
