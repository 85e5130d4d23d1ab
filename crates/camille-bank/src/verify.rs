//! Whether a bank is what it should be: the store by itself, the index by itself, and both against each other.
//! It changes nothing, and what it reports never holds a text.

use crate::error::BankError;
use crate::index;
use crate::index::schema::column;
use crate::store::block::Blocks;
use crate::store::text;
use camille_proto::id::{ContentHash, DocumentId};
use rusqlite::Connection;
use std::collections::HashSet;
use std::path::Path;

/// Faults that are named one by one.
const FAULTS_NAMED: usize = 20;
/// After how many documents progress is told.
const PROGRESS_EVERY: u64 = 1_000;

/// What was checked, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Documents of the store whose text was read and compared with its hash.
    pub documents: u64,
    /// Documents that the index holds.
    pub indexed: u64,
    /// The first faults, for people.
    pub faults: Vec<String>,
    /// All of them.
    pub faults_count: u64,
    /// Whether making the index anew from the store mends all of them.
    pub rebuild_mends: bool,
}

impl Verified {
    pub(crate) fn fault(&mut self, what: String) {
        self.faults_count += 1;
        if self.faults.len() < FAULTS_NAMED {
            self.faults.push(what);
        }
    }
}

/// Checks the bank in `dir`, whose index holds all of the store.
pub(crate) fn verify(
    dir: &Path,
    store: &Connection,
    on_progress: &mut dyn FnMut(u64),
) -> Result<Verified, BankError> {
    let mut verified = Verified::default();
    check_file(store, &mut verified)?;
    let live = check_documents(store, &mut verified, on_progress)?;
    let of_store = verified.faults_count;
    check_index(dir, live, &mut verified)?;
    verified.rebuild_mends = of_store == 0 && verified.faults_count > 0;
    Ok(verified)
}

/// Whether the database itself is whole (`PRAGMA integrity_check`), and what its rows refer to is there.
fn check_file(store: &Connection, verified: &mut Verified) -> Result<(), BankError> {
    let failed = BankError::store;
    let mut check = store.prepare("PRAGMA integrity_check(20)").map_err(failed("check"))?;
    let lines = check
        .query_map([], |row| row.get::<_, String>(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(failed("check"))?;
    for line in lines.into_iter().filter(|line| line != "ok") {
        verified.fault(format!("bank.db is damaged: {line}"));
    }
    let mut check = store.prepare("PRAGMA foreign_key_check").map_err(failed("check"))?;
    let mut dangling = check.query([]).map_err(failed("check"))?;
    while let Some(row) = dangling.next().map_err(failed("check"))? {
        let read = || -> rusqlite::Result<(String, String)> { Ok((row.get(0)?, row.get(2)?)) };
        let (table, missing) = read().map_err(failed("check"))?;
        verified.fault(format!("bank.db: a {table} names a {missing} that is missing"));
    }
    Ok(())
}

/// Reads every document. Returns the rows of the live ones with their ids.
fn check_documents(
    store: &Connection,
    verified: &mut Verified,
    on_progress: &mut dyn FnMut(u64),
) -> Result<HashSet<(u64, u64)>, BankError> {
    let failed = BankError::store;
    let mut select = store
        .prepare(
            "SELECT row, native, id, content_hash FROM document WHERE deleted = 0
             ORDER BY session, position, id",
        )
        .map_err(failed("check"))?;
    let mut rows = select.query([]).map_err(failed("check"))?;
    let mut live = HashSet::new();
    let mut blocks = Blocks::default();
    while let Some(row) = rows.next().map_err(failed("check"))? {
        let read = || -> rusqlite::Result<(i64, i64, [u8; 16], [u8; 32])> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        let (row, native, id, hash) = read().map_err(failed("check"))?;
        live.insert((row.cast_unsigned(), index::writer::id_high(&id)));
        verified.documents += 1;
        if verified.documents.is_multiple_of(PROGRESS_EVERY) {
            on_progress(verified.documents);
        }
        let id = DocumentId::from_bytes(id);
        match text::parts(store, &mut blocks, native, row) {
            Ok(parts) => {
                let whole = text::join(parts.iter().map(|part| part.text.as_str()));
                if ContentHash::of(&whole) != ContentHash::from_bytes(hash) {
                    verified.fault(format!("the text of document {id} is not what was stored"));
                }
            }
            Err(BankError::Corrupt { .. }) => {
                verified.fault(format!("the text of document {id} cannot be read"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(live)
}

/// Whether the index holds each of the live documents once and nothing else.
fn check_index(
    dir: &Path,
    mut live: HashSet<(u64, u64)>,
    verified: &mut Verified,
) -> Result<(), BankError> {
    let Some(open) = index::open(dir) else {
        verified.fault("the index cannot be opened".into());
        return Ok(());
    };
    for file in index::damaged(&open.index)? {
        verified.fault(format!("the file {file} of the index is damaged"));
    }
    if verified.faults_count > 0 {
        // Tantivy takes for granted that its files are whole.
        return Ok(());
    }
    let failed = BankError::index;
    let reader = open.index.reader().map_err(failed("check"))?;
    for segment in reader.searcher().segment_readers() {
        let columns = segment.fast_fields();
        let (rows, ids) = (columns.u64(column::ROW), columns.u64(column::ID_HIGH));
        let (rows, ids) = (rows.map_err(failed("check"))?, ids.map_err(failed("check"))?);
        let (rows, ids) = (rows.first_or_default_col(0), ids.first_or_default_col(0));
        for document in segment.doc_ids_alive() {
            verified.indexed += 1;
            let row = rows.get_val(document);
            if !live.remove(&(row, ids.get_val(document))) {
                verified.fault(format!("the index holds row {row} twice or without a document"));
            }
        }
    }
    if !live.is_empty() {
        verified.fault(format!("{} documents are missing in the index", live.len()));
    }
    Ok(())
}
