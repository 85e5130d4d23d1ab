//! The durable store: one SQLite database, the source of truth of the bank. What it acknowledges is on
//! disk. It knows nothing of the index.

mod alias;
pub(crate) mod block;
pub(crate) mod claim;
mod cursor;
pub(crate) mod edited;
pub(crate) mod fact;
pub(crate) mod file;
pub(crate) mod finding;
mod fold;
pub(crate) mod forget;
mod former;
pub(crate) mod led;
pub(crate) mod marked;
mod native;
pub(crate) mod passing;
pub(crate) mod read;
mod record_id;
pub(crate) mod redact;
mod schema;
mod session;
pub(crate) mod sought;
pub(crate) mod text;
mod tombstone;
mod trace;
pub(crate) mod upsert;

use crate::error::BankError;
use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::fs::{File, OpenOptions};
use std::path::Path;

/// The store's name in the bank's directory.
pub(crate) const FILE: &str = "bank.db";

/// Statements kept ready for each connection.
const STATEMENTS_CACHED: usize = 64;

/// What the log of changes may keep on disk while it is empty.
const LOG_BYTES_KEPT: i64 = 4 << 20;

/// How long one connection waits for another.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// Opens the store for its one writer, makes it if it is not there, and brings it to this build's schema.
///
/// # Errors
/// When the file is not a camille bank, is of a newer schema, or cannot be used.
pub(crate) fn open(dir: &Path) -> Result<Connection, BankError> {
    let path = dir.join(FILE);
    drop(private_file(&path)?);
    let mut connection = Connection::open(&path).map_err(BankError::store("open"))?;
    schema::prepare(&mut connection, &path)?;
    keep_plans(&connection)?;
    // What a row refers to was written or found just before: each row would look up to four of them up again.
    // Forgetting looks, and `index --verify`.
    check_references(&connection, false)?;
    connection
        .pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
        .and_then(|()| connection.pragma_update(None, "synchronous", "full"))
        .and_then(|()| connection.pragma_update(None, "secure_delete", "on"))
        .and_then(|()| connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT))
        .and_then(|()| connection.pragma_update(None, "cache_size", -16_000))
        .and_then(|()| connection.busy_timeout(BUSY_TIMEOUT))
        .map_err(BankError::store("open"))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(connection)
}

/// Opens the store for reading only; `None` where there is none.
///
/// # Errors
/// When the file is not a camille bank, is of another schema, or cannot be used.
pub(crate) fn open_read_only(dir: &Path) -> Result<Option<Connection>, BankError> {
    let path = dir.join(FILE);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.len() == 0 => return Ok(None),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BankError::file("read", &path)(error)),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(BankError::store("open"))?;
    keep_plans(&connection)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(BankError::store("open"))?;
    schema::check(&connection, &path)?;
    connection.pragma_update(None, "cache_size", -4_000).map_err(BankError::store("open"))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(Some(connection))
}

/// Plans must not depend on the values bound to a statement: otherwise SQLite compiles every statement
/// anew for every execution, which takes most of the time of a small one.
fn keep_plans(connection: &Connection) -> Result<(), BankError> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(|_| ())
        .map_err(BankError::store("open"))
}

/// Whether every change is checked for rows that refer to nothing. Takes no effect within a transaction.
pub(crate) fn check_references(connection: &Connection, check: bool) -> Result<(), BankError> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, check)
        .map(|_| ())
        .map_err(BankError::store("open"))
}

/// Makes a directory that only its owner may enter; one that exists is left as it is.
pub(crate) fn private_dir(path: &Path) -> Result<(), BankError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(BankError::file("make", path))
}

/// Opens a file that only its owner may read, and makes it if it is not there.
pub(crate) fn private_file(path: &Path) -> Result<File, BankError> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(BankError::file("open", path))
}

/// The number of the last change.
pub(crate) fn seq(connection: &Connection) -> Result<u64, BankError> {
    let seq: i64 = connection
        .query_row("SELECT value FROM meta WHERE key = 'seq'", [], |row| row.get(0))
        .map_err(BankError::store("read the last change"))?;
    Ok(u64::try_from(seq).unwrap_or(0))
}

/// Which files of the index were found sound, as [`set_sound`] left it.
pub(crate) fn sound(connection: &Connection) -> Option<String> {
    connection.query_row("SELECT value FROM meta WHERE key = 'sound'", [], |row| row.get(0)).ok()
}

/// Notes which files of the index are sound.
pub(crate) fn set_sound(connection: &Connection, files: &str) -> Result<(), BankError> {
    connection
        .execute("INSERT OR REPLACE INTO meta VALUES ('sound', ?1)", [files])
        .map(|_| ())
        .map_err(BankError::store("note that the index is sound"))
}

/// Notes that no file of the index is known to be sound.
pub(crate) fn forget_sound(connection: &Connection) -> Result<(), BankError> {
    connection
        .execute("DELETE FROM meta WHERE key = 'sound'", [])
        .map(|_| ())
        .map_err(BankError::store("note that the index is to be checked"))
}

/// Takes what the log of changes holds into the store if the log is long. The next change then begins it anew and
/// cuts it to [`LOG_BYTES_KEPT`], unless somebody still reads what it holds.
pub(crate) fn take_over_log(connection: &Connection, dir: &Path) -> Result<(), BankError> {
    let log = dir.join(format!("{FILE}-wal"));
    if std::fs::metadata(&log).map_or(0, |log| log.len()) <= LOG_BYTES_KEPT.cast_unsigned() {
        return Ok(());
    }
    checkpoint(connection, "PASSIVE")
}

/// Takes what the log of changes holds into the store and leaves it empty, unless somebody reads just now.
pub(crate) fn empty_log(connection: &Connection) -> Result<(), BankError> {
    // A reader that stands still must not hold up the writer.
    connection
        .busy_timeout(std::time::Duration::ZERO)
        .map_err(BankError::store("shorten the log of changes"))?;
    let emptied = checkpoint(connection, "TRUNCATE");
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(BankError::store("shorten the log of changes"))?;
    emptied
}

fn checkpoint(connection: &Connection, mode: &str) -> Result<(), BankError> {
    connection
        .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
        .map_err(BankError::store("shorten the log of changes"))
}

/// When a run over all sources last ended.
pub(crate) fn last_index(connection: &Connection) -> Result<Option<Timestamp>, BankError> {
    let time: Option<i64> = connection
        .query_row("SELECT value FROM meta WHERE key = 'last_index'", [], |row| row.get(0))
        .optional()
        .map_err(BankError::store("read when the last run ended"))?;
    Ok(read::timestamp(time))
}

/// Remembers when a run over all sources ended.
pub(crate) fn set_last_index(connection: &Connection, at: Timestamp) -> Result<(), BankError> {
    connection
        .execute("INSERT OR REPLACE INTO meta VALUES ('last_index', ?1)", [at.as_millisecond()])
        .map(|_| ())
        .map_err(BankError::store("write when the last run ended"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_taken_over_and_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let connection = open(dir.path()).unwrap();
        // As much as goes into it without SQLite taking it over by itself.
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let length = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().len();
        let kept = LOG_BYTES_KEPT.cast_unsigned();
        let write = |key: &str, bytes: i64| {
            connection.execute("INSERT INTO meta VALUES (?1, zeroblob(?2))", (key, bytes)).unwrap()
        };
        write("short", 1 << 20);
        take_over_log(&connection, dir.path()).unwrap();
        let before = length("bank.db");
        assert!(before < 1 << 20, "a short one waits");
        write("long", 2 * LOG_BYTES_KEPT);
        assert!(length("bank.db-wal") > kept);
        take_over_log(&connection, dir.path()).unwrap();
        assert!(length("bank.db") > before + kept);
        write("next", 1);
        assert!(length("bank.db-wal") <= kept, "begun anew, and cut");
        empty_log(&connection).unwrap();
        assert_eq!(length("bank.db-wal"), 0);
    }
}
