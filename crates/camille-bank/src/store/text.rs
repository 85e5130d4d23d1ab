//! The texts of documents: their parts in order, and the whole that they make. It never cuts a text except at
//! the size every document is limited to.

use super::block::{Blocks, Place};
use crate::analyzer;
use crate::error::BankError;
use rusqlite::Connection;

/// The most that is kept of one document, in bytes.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// Stands between the parts of a document.
const BETWEEN_PARTS: &str = "\n\n";

/// A part of a document's text.
pub(crate) struct TextPart {
    /// What a tool gave back, rather than what it was given or something said.
    pub(crate) role: i64,
    /// Its text.
    pub(crate) text: String,
}

/// The parts of a document, in order.
pub(crate) fn parts(
    connection: &Connection,
    blocks: &mut Blocks,
    native: i64,
    document: i64,
) -> Result<Vec<TextPart>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached(
            "SELECT place, role, block, start, bytes FROM part WHERE native = ?1 AND document = ?2",
        )
        .map_err(failed("read a document"))?;
    let mut rows = select.query([native, document]).map_err(failed("read a document"))?;
    // Most documents have one or two: SQLite would make a table to sort them in.
    let mut places: Vec<(i64, i64, Place, i64)> = Vec::with_capacity(1);
    while let Some(row) = rows.next().map_err(failed("read a document"))? {
        let read = || -> rusqlite::Result<_> {
            let place = Place { block: row.get(2)?, start: row.get(3)? };
            Ok((row.get(0)?, row.get(1)?, place, row.get(4)?))
        };
        places.push(read().map_err(failed("read a document"))?);
    }
    places.sort_unstable_by_key(|(at, ..)| *at);
    let mut parts = Vec::with_capacity(places.len());
    for (_, role, place, bytes) in places {
        parts.push(TextPart { role, text: blocks.text(connection, place, bytes)? });
    }
    Ok(parts)
}

/// The whole text that these parts make, at most [`DOCUMENT_BYTES_MAX`].
pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut whole = String::new();
    for part in parts {
        if !whole.is_empty() {
            whole.push_str(BETWEEN_PARTS);
        }
        whole.push_str(part);
        if whole.len() > DOCUMENT_BYTES_MAX {
            let end = analyzer::beginning(&whole, DOCUMENT_BYTES_MAX).len();
            whole.truncate(end);
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_cut_at_a_character() {
        let part = "é".repeat(400_000);
        let whole = join([part.as_str(), part.as_str()]);
        assert!(whole.len() <= DOCUMENT_BYTES_MAX && whole.len() > DOCUMENT_BYTES_MAX - 4);
    }
}
