//! Single values of this node, by name, and the number that counts what changes in what others may read.

use rusqlite::{Connection, OptionalExtension, ToSql, params};

/// Counts the changes.
pub(super) const EPOCH: &str = "epoch";
/// What the owner is called.
pub(super) const OWNER: &str = "owner_name";
pub(super) const PEPPER_CHECK: &str = "pepper_check";

pub(super) fn integer(connection: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    value(connection, name)
}

pub(super) fn blob(connection: &Connection, name: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    value(connection, name)
}

pub(super) fn text(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    value(connection, name)
}

pub(super) fn put(connection: &Connection, name: &str, value: impl ToSql) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )?;
    Ok(())
}

/// To be called in every transaction that changes what somebody may read.
pub(super) fn next_epoch(connection: &Connection) -> rusqlite::Result<()> {
    let epoch = integer(connection, EPOCH)?.unwrap_or(0);
    put(connection, EPOCH, epoch.saturating_add(1))
}

fn value<T: rusqlite::types::FromSql>(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}
