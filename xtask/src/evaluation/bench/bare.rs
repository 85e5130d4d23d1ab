//! Bare Tantivy over our own index files: the same terms in the same fields, and nothing of our ranking.

use anyhow::Result;
use std::path::Path;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Index, Searcher, Term};

/// How many hits are asked for.
pub(super) const HITS: usize = 10;
/// The weight of a date, as in our ranking.
const DATE: f32 = 0.5;

/// A searcher that is kept open.
pub(super) struct Bare {
    searcher: Searcher,
    body: Field,
    context: Field,
    date: Field,
}

impl Bare {
    /// Opens the index of this bank as it was last committed.
    pub(super) fn open(bank: &Path) -> Result<Self> {
        let index = Index::open_in_dir(bank.join("index"))?;
        let schema = index.schema();
        Ok(Self {
            searcher: index.reader()?.searcher(),
            body: schema.get_field("body")?,
            context: schema.get_field("context")?,
            date: schema.get_field("date")?,
        })
    }

    /// How many hits these terms have, at most [`HITS`].
    pub(super) fn ask(&self, terms: &[String]) -> Result<usize> {
        let clauses =
            terms.iter().flat_map(|term| clauses(term, self.body, self.context, self.date));
        let query = BooleanQuery::new(clauses.collect());
        Ok(self.searcher.search(&query, &TopDocs::with_limit(HITS).order_by_score())?.len())
    }

    /// How many segments the index has.
    pub(super) fn segments(&self) -> usize {
        self.searcher.segment_readers().len()
    }
}

/// What a term adds to the Boolean query.
pub(super) fn clauses(
    term: &str,
    body: Field,
    context: Field,
    date: Field,
) -> [(Occur, Box<dyn Query>); 3] {
    let of = |field| {
        let term = Term::from_field_text(field, term);
        Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
    };
    [
        (Occur::Should, of(body)),
        (Occur::Should, of(context)),
        (Occur::Should, Box::new(BoostQuery::new(of(date), DATE))),
    ]
}
