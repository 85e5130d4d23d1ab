//! Posting lists, read as one grant sees them.

use super::bits::Bits;
use super::snapshot::Segment;
use crate::error::BankError;
use std::io;
use tantivy::postings::{BlockSegmentPostings, Postings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, TERMINATED, TantivyError, Term};

/// A document that holds a term, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Posting {
    pub(crate) document: DocId,
    pub(crate) tf: u32,
}

/// Appends the postings of a term that are in `among`.
pub(crate) fn read(
    segment: &Segment,
    field: Field,
    term: &str,
    among: &Bits,
    into: &mut Vec<Posting>,
) -> Result<(), BankError> {
    let failed = BankError::index("read");
    let blocks = || -> tantivy::Result<Option<BlockSegmentPostings>> {
        let index = segment.reader.inverted_index(field)?;
        let term = Term::from_field_text(field, term);
        Ok(index.read_block_postings(&term, IndexRecordOption::WithFreqs)?)
    };
    let Some(mut blocks) = blocks().map_err(failed)? else { return Ok(()) };
    while blocks.block_len() > 0 {
        let postings = blocks.docs().iter().zip(blocks.freqs());
        let postings = postings.map(|(document, tf)| Posting { document: *document, tf: *tf });
        if among.is_full() {
            into.extend(postings);
        } else {
            into.extend(postings.filter(|posting| among.contains(posting.document)));
        }
        blocks.advance();
    }
    Ok(())
}

/// How often a term occurs in each of `documents`, which must be in order.
pub(crate) fn frequencies(
    segment: &Segment,
    field: Field,
    term: &str,
    documents: &[DocId],
) -> Result<Vec<u32>, BankError> {
    let open = || -> Result<_, TantivyError> {
        let index = segment.reader.inverted_index(field)?;
        let term = Term::from_field_text(field, term);
        let postings = index.read_postings(&term, IndexRecordOption::WithFreqs);
        postings.map_err(|error: io::Error| error.into())
    };
    let Some(mut postings) = open().map_err(BankError::index("read"))? else {
        return Ok(vec![0; documents.len()]);
    };
    let mut frequencies = Vec::with_capacity(documents.len());
    for document in documents {
        if postings.doc() != TERMINATED && postings.doc() < *document {
            postings.seek(*document);
        }
        let holds = postings.doc() == *document;
        frequencies.push(if holds { postings.term_freq() } else { 0 });
    }
    Ok(frequencies)
}
