//! From a bank that is set aside to the one that is begun anew: what keeps sessions back and what is forgotten. It never
//! carries a text, and it never fails for what the old bank cannot tell any more: that is noted, and what goes on from
//! something that nobody knows stays private then.

use crate::error::BankError;
use crate::store::{self, FILE};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// The tables, and what of them is carried.
const CARRIED: &[(&str, &[&str])] = &[
    ("touched", &["session", "mark", "project", "how", "path", "time"]),
    ("kin", &["session", "other"]),
    ("follows", &["record", "session"]),
    ("holding", &["session", "piece", "records"]),
    ("secluded", &["session"]),
    ("inside", &["directory", "session"]),
    ("copied", &["path", "origin", "session", "time"]),
    ("renewed", &["path", "session", "time", "removed"]),
    ("lived", &["session", "first", "last"]),
    ("alias", &["project", "name"]),
    ("tombstone", &["kind", "id", "seq", "session"]),
];

/// Begins a bank in `dir`, where there must be none, with what the one in `old` knows. Returns whether that could tell
/// all.
///
/// # Errors
/// When the new bank cannot be written.
pub fn begin_from(old: &Path, dir: &Path) -> Result<bool, BankError> {
    store::private_dir(dir)?;
    let mut new = store::open(dir)?;
    let transaction = new.transaction().map_err(BankError::store("begin a bank anew"))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut is_whole = true;
    match Connection::open_with_flags(old.join(FILE), flags) {
        Ok(old) => {
            for (table, columns) in CARRIED {
                is_whole &= carry(&old, &transaction, table, columns)?;
            }
            is_whole &= carry_meta(&old, &transaction)?;
        }
        Err(_) => is_whole = false,
    }
    // The rules are asked about every place that was touched.
    transaction
        .execute(
            "INSERT OR IGNORE INTO project (id) SELECT DISTINCT project FROM touched
             WHERE project <> ''",
            [],
        )
        .map_err(BankError::store("begin a bank anew"))?;
    if !is_whole {
        transaction
            .execute("INSERT OR REPLACE INTO meta VALUES ('lost', 1)", [])
            .map_err(BankError::store("begin a bank anew"))?;
    }
    transaction.commit().map_err(BankError::store("begin a bank anew"))?;
    store::empty_log(&new)?;
    Ok(is_whole)
}

/// Copies rows until the old bank cannot be read. Returns whether it could.
fn carry(
    old: &Connection,
    new: &Connection,
    table: &str,
    columns: &[&str],
) -> Result<bool, BankError> {
    let names = columns.join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    let mut insert = new
        .prepare(&format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"))
        .map_err(BankError::store("begin a bank anew"))?;
    let Ok(mut select) = old.prepare(&format!("SELECT {names} FROM {table}")) else {
        return Ok(false);
    };
    let Ok(mut rows) = select.query([]) else { return Ok(false) };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let values: rusqlite::Result<Vec<rusqlite::types::Value>> =
            (0..columns.len()).map(|at| row.get(at)).collect();
        let Ok(values) = values else { return Ok(false) };
        insert
            .execute(rusqlite::params_from_iter(values))
            .map_err(BankError::store("begin a bank anew"))?;
    }
}

/// What was lost once stays lost; and until when names were given as builds before did.
fn carry_meta(old: &Connection, new: &Connection) -> Result<bool, BankError> {
    for key in ["lost", "named_anew"] {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        let value = old.query_row(sql, [key], |row| row.get::<_, i64>(0));
        match value {
            Ok(value) => new
                .execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", (key, value))
                .map_err(BankError::store("begin a bank anew"))?,
            Err(rusqlite::Error::QueryReturnedNoRows) => 0,
            Err(_) => return Ok(false),
        };
    }
    Ok(true)
}
