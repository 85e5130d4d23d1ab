//! How texts lie in the store: small ones as they are, others compressed (zstd). It never cuts a text
//! except at the size every document is limited to.

use crate::analyzer;
use crate::error::BankError;
use rusqlite::{Connection, OptionalExtension};
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

/// The most that is kept of one document, in bytes.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// From this size on, texts are compressed.
const COMPRESSED_FROM_BYTES: usize = 200;
/// A part is at most 1 MiB; more than this is damage.
const PART_BYTES_MAX: usize = 8 << 20;
const LEVEL: i32 = 3;

const RAW: i64 = 0;
const ZSTD: i64 = 1;

/// Stands between the parts of a document.
const BETWEEN_PARTS: &str = "\n\n";

/// Stores a text and returns where.
pub(super) fn insert(connection: &Connection, text: &str) -> Result<i64, BankError> {
    let compressed = if text.len() < COMPRESSED_FROM_BYTES {
        None
    } else {
        compress(text.as_bytes()).filter(|data| data.len() < text.len())
    };
    let (form, data) = match &compressed {
        Some(data) => (ZSTD, data.as_slice()),
        None => (RAW, text.as_bytes()),
    };
    let failed = BankError::store;
    connection
        .prepare_cached("INSERT INTO text (form, data) VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute((form, data)))
        .map_err(failed("keep a text"))?;
    Ok(connection.last_insert_rowid())
}

/// Removes a text.
pub(super) fn remove(connection: &Connection, ord: i64) -> Result<(), BankError> {
    connection
        .prepare_cached("DELETE FROM text WHERE ord = ?1")
        .and_then(|mut delete| delete.execute([ord]))
        .map(|_| ())
        .map_err(BankError::store("remove a text"))
}

/// The text of `bytes` bytes stored there.
pub(super) fn load(connection: &Connection, ord: i64, bytes: i64) -> Result<String, BankError> {
    connection
        .prepare_cached("SELECT form, data FROM text WHERE ord = ?1")
        .and_then(|mut select| {
            select
                .query_row([ord], |row| {
                    Ok(decode(row.get(0)?, row.get_ref(1)?.as_blob().unwrap_or_default(), bytes))
                })
                .optional()
        })
        .map_err(BankError::store("read a text"))?
        .unwrap_or(Err(BankError::Corrupt { what: "text" }))
}

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
    native: i64,
    document: i64,
) -> Result<Vec<TextPart>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached(
            "SELECT role, form, data, bytes FROM part JOIN text ON text.ord = part.text
             WHERE native = ?1 AND document = ?2 ORDER BY place",
        )
        .map_err(failed("read a document"))?;
    let rows = select
        .query_map([native, document], |row| {
            let data = row.get_ref(2)?.as_blob().unwrap_or_default();
            let text = decode(row.get(1)?, data, row.get(3)?);
            Ok((row.get(0)?, text))
        })
        .map_err(failed("read a document"))?;
    let mut parts = Vec::new();
    for row in rows {
        let (role, text) = row.map_err(failed("read a document"))?;
        parts.push(TextPart { role, text: text? });
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

/// A context for each direction is large, and made once for each thread.
struct Codec {
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
}

thread_local! {
    static CODEC: RefCell<Codec> = RefCell::new(Codec {
        compressor: Compressor::new(LEVEL).ok(),
        decompressor: Decompressor::new().ok(),
    });
}

/// `None`: it cannot be compressed, and is kept as it is.
fn compress(text: &[u8]) -> Option<Vec<u8>> {
    CODEC.with_borrow_mut(|codec| codec.compressor.as_mut()?.compress(text).ok())
}

fn decode(form: i64, data: &[u8], bytes: i64) -> Result<String, BankError> {
    let corrupt = || BankError::Corrupt { what: "text" };
    let capacity = usize::try_from(bytes).ok().filter(|bytes| *bytes <= PART_BYTES_MAX);
    let bytes = match (form, capacity) {
        (RAW, _) => Some(data.to_vec()),
        (ZSTD, Some(capacity)) => CODEC
            .with_borrow_mut(|codec| codec.decompressor.as_mut()?.decompress(data, capacity).ok()),
        _ => None,
    };
    String::from_utf8(bytes.ok_or_else(corrupt)?).map_err(|_| corrupt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE text (ord INTEGER PRIMARY KEY, form, data BLOB)")
            .unwrap();
        for text in ["", "short", &"long and dull ".repeat(5_000), &"é".repeat(1 << 19)] {
            let ord = insert(&connection, text).unwrap();
            let bytes = i64::try_from(text.len()).unwrap();
            assert_eq!(load(&connection, ord, bytes).unwrap(), *text);
        }
        assert!(load(&connection, 99, 10).is_err());
    }

    #[test]
    fn a_document_is_cut_at_a_character() {
        let part = "é".repeat(400_000);
        let whole = join([part.as_str(), part.as_str()]);
        assert!(whole.len() <= DOCUMENT_BYTES_MAX && whole.len() > DOCUMENT_BYTES_MAX - 4);
    }
}
