//! Source files: how far each is read and what became of its lines. It never opens one.

use super::cursor;
use crate::batch::{Checkpoint, FileBatch, FileState};
use crate::error::BankError;
use camille_proto::local::Accounting;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

/// A file while one of its batches is taken in.
pub(super) struct OpenFile {
    /// Its row.
    pub(super) ord: i64,
    /// How often it was read from its beginning, this time included.
    pub(super) pass: i64,
    /// Whether what its reader remembered was taken away, because it could tell of what is forgotten. It
    /// stays so until the file is read from its beginning.
    pub(super) is_scrubbed: bool,
    /// What became of its lines before this batch.
    settled: Accounting,
}

/// What is known of a file.
pub(crate) fn state(connection: &Connection, path: &str) -> Result<Option<FileState>, BankError> {
    connection
        .prepare_cached(
            "SELECT device, inode, size, mtime_ns, read_to, tail_hash, cursor, accounting, tail
             FROM file WHERE path = ?1",
        )
        .and_then(|mut select| {
            select.query_row([path], |row| Ok((checkpoint(row)?, counted(row)?))).optional()
        })
        .map_err(BankError::store("read a file's state"))?
        .map(|(checkpoint, (cursor, settled, tail))| {
            let mut accounting = parse(&settled)?;
            accounting.add(&parse(&tail)?);
            Ok(FileState { checkpoint, cursor, accounting })
        })
        .transpose()
}

/// The lines of all files.
pub(crate) fn accounting(connection: &Connection) -> Result<Accounting, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached("SELECT accounting, tail FROM file")
        .map_err(failed("count the lines"))?;
    let rows = select
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .map_err(failed("count the lines"))?;
    let mut sum = Accounting::default();
    for row in rows {
        let (settled, tail) = row.map_err(failed("count the lines"))?;
        sum.add(&parse(&settled)?);
        sum.add(&parse(&tail)?);
    }
    Ok(sum)
}

/// How many files are known.
pub(crate) fn count(connection: &Connection) -> Result<u64, BankError> {
    connection
        .query_row("SELECT count(*) FROM file", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(BankError::store("count the files"))
}

/// The file a batch belongs to.
pub(super) fn begin(connection: &Connection, batch: &FileBatch) -> Result<OpenFile, BankError> {
    let failed = BankError::store;
    connection
        .prepare_cached("INSERT OR IGNORE INTO file (path) VALUES (?1)")
        .and_then(|mut insert| insert.execute([&batch.file]))
        .map_err(failed("enter a file"))?;
    let (ord, pass, settled, is_empty): (i64, i64, String, bool) = connection
        .prepare_cached("SELECT ord, pass, accounting, cursor = '' FROM file WHERE path = ?1")
        .and_then(|mut select| {
            select.query_row([&batch.file], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
        })
        .map_err(failed("read a file's state"))?;
    if batch.fresh {
        let settled = Accounting::default();
        return Ok(OpenFile { ord, pass: pass + 1, is_scrubbed: false, settled });
    }
    let is_scrubbed = is_empty && pass > 0;
    Ok(OpenFile { ord, pass, is_scrubbed, settled: parse(&settled)? })
}

/// Moves the file's checkpoint.
///
/// `cursor`: what the file's reader must remember; `settled`: what became of the batch's lines; `tail`: of those that will be read again.
pub(super) fn finish(
    connection: &Connection,
    file: OpenFile,
    batch: &FileBatch,
    cursor: &str,
    settled: &Accounting,
    tail: &Accounting,
) -> Result<(), BankError> {
    let mut sum = file.settled;
    sum.add(settled);
    let json = |accounting: &Accounting| {
        serde_json::to_string(accounting)
            .map_err(|_| BankError::Corrupt { what: "accounting of a file" })
    };
    let at = &batch.checkpoint;
    connection
        .prepare_cached(
            "UPDATE file SET device = ?2, inode = ?3, size = ?4, mtime_ns = ?5, read_to = ?6,
             tail_hash = ?7, cursor = ?8, pass = ?9, accounting = ?10, tail = ?11 WHERE ord = ?1",
        )
        .map_err(BankError::store("move a checkpoint"))?
        .execute((
            file.ord,
            at.device.cast_signed(),
            at.inode.cast_signed(),
            at.size.cast_signed(),
            at.mtime_ns,
            at.offset.cast_signed(),
            at.tail_hash.as_slice(),
            cursor::packed(cursor),
            file.pass,
            json(&sum)?,
            json(tail)?,
        ))
        .map(|_| ())
        .map_err(BankError::store("move a checkpoint"))
}

fn checkpoint(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    let unsigned = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(Checkpoint {
        device: unsigned(0)?,
        inode: unsigned(1)?,
        size: unsigned(2)?,
        mtime_ns: row.get(3)?,
        offset: unsigned(4)?,
        // A hash of another length equals no file's: it is read anew.
        tail_hash: row
            .get_ref(5)?
            .as_blob()
            .ok()
            .and_then(|b| b.try_into().ok())
            .unwrap_or([0; 32]),
    })
}

fn counted(row: &Row<'_>) -> rusqlite::Result<(String, String, String)> {
    let cursor = cursor::unpacked(row.get_ref(6)?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(6, Type::Blob, Box::new(error))
    })?;
    Ok((cursor, row.get(7)?, row.get(8)?))
}

fn parse(json: &str) -> Result<Accounting, BankError> {
    serde_json::from_str(json).map_err(|_| BankError::Corrupt { what: "accounting of a file" })
}
