//! What the index of a bank holds, for measuring what bare Tantivy does with the same. For development
//! only: it must never be used by the product.

use crate::error::BankError;
use crate::index::{self, schema};
use std::path::Path;
use tantivy::postings::Postings;
use tantivy::schema::{Field, IndexRecordOption, Schema};
use tantivy::{DocSet, SegmentReader, TERMINATED};

/// What the index holds of one document. Texts are terms with one space between them, in no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldValues {
    /// The document's own terms.
    pub body: String,
    /// Its function words.
    pub stops: String,
    /// The terms of the messages around it.
    pub context: Option<String>,
    /// Its date's tokens.
    pub date: Option<String>,
    /// The store's row.
    pub row: u64,
    /// The first eight bytes of its id.
    pub id_high: u64,
    /// Its session's row.
    pub session: u64,
    /// The row of its session's project.
    pub project: u64,
    /// The row of its own project.
    pub own_project: u64,
    /// What kind it is, as a number.
    pub kind: u64,
    /// Its agent, as a number.
    pub agent: u64,
    /// Its time in milliseconds.
    pub time: i64,
    /// The earliest time in its context.
    pub context_time: i64,
}

/// The schema, and its fields in the order of [`FieldValues`].
#[must_use]
pub fn schema() -> (Schema, Vec<Field>) {
    let (schema, fields) = schema::schema();
    let fast = fields.fast;
    let in_order = vec![
        fields.body,
        fields.stops,
        fields.context,
        fields.date,
        fields.row,
        fast.id_high,
        fast.session,
        fast.project,
        fast.own_project,
        fast.kind,
        fast.agent,
        fast.time,
        fast.context_time,
    ];
    (schema, in_order)
}

/// Tells an index how texts of this schema are split.
pub fn register(index: &tantivy::Index) {
    schema::register(index);
}

/// Calls `each` for every live document in the index of the bank in `dir`.
///
/// # Errors
/// [`BankError::IndexUnavailable`] when there is no index; when it cannot be read.
pub fn field_values(dir: &Path, each: &mut dyn FnMut(FieldValues)) -> Result<(), BankError> {
    let index = index::open(dir).ok_or(BankError::IndexUnavailable)?.index;
    let searcher = index.reader().map_err(BankError::index("read"))?.searcher();
    for segment in searcher.segment_readers() {
        let values = of_segment(segment).map_err(BankError::index("read"))?;
        for (document, values) in (0..).zip(values) {
            if !segment.is_deleted(document) {
                each(values);
            }
        }
    }
    Ok(())
}

fn of_segment(segment: &SegmentReader) -> tantivy::Result<Vec<FieldValues>> {
    let (_, fields) = schema::schema();
    let mut all = vec![FieldValues::default(); segment.max_doc() as usize];
    read_terms(segment, fields.body, |document, term| add(&mut all[document].body, term))?;
    read_terms(segment, fields.stops, |document, term| add(&mut all[document].stops, term))?;
    read_terms(segment, fields.context, |document, term| {
        add(all[document].context.get_or_insert_default(), term);
    })?;
    read_terms(segment, fields.date, |document, term| {
        add(all[document].date.get_or_insert_default(), term);
    })?;
    let columns = segment.fast_fields();
    let u64_of = |name| columns.u64(name).map(|column| column.first_or_default_col(0));
    let i64_of = |name| columns.i64(name).map(|column| column.first_or_default_col(0));
    use schema::column;
    let row = u64_of(column::ROW)?;
    let id_high = u64_of(column::ID_HIGH)?;
    let session = u64_of(column::SESSION)?;
    let project = u64_of(column::PROJECT)?;
    let own_project = u64_of(column::OWN_PROJECT)?;
    let kind = u64_of(column::KIND)?;
    let agent = u64_of(column::AGENT)?;
    let time = i64_of(column::TIME)?;
    let context_time = i64_of(column::CONTEXT_TIME)?;
    for (document, values) in (0..).zip(&mut all) {
        values.row = row.get_val(document);
        values.id_high = id_high.get_val(document);
        values.session = session.get_val(document);
        values.project = project.get_val(document);
        values.own_project = own_project.get_val(document);
        values.kind = kind.get_val(document);
        values.agent = agent.get_val(document);
        values.time = time.get_val(document);
        values.context_time = context_time.get_val(document);
    }
    Ok(all)
}

fn read_terms(
    segment: &SegmentReader,
    field: Field,
    mut each: impl FnMut(usize, &str),
) -> tantivy::Result<()> {
    let inverted = segment.inverted_index(field)?;
    let mut terms = inverted.terms().stream()?;
    while terms.advance() {
        let term = String::from_utf8_lossy(terms.key()).into_owned();
        let mut postings =
            inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::WithFreqs)?;
        while postings.doc() != TERMINATED {
            for _ in 0..postings.term_freq() {
                each(postings.doc() as usize, &term);
            }
            postings.advance();
        }
    }
    Ok(())
}

fn add(text: &mut String, term: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(term);
}
