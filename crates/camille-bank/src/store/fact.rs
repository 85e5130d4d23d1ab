//! What is true of a session whatever becomes of its documents: which places it touched, and with which
//! sessions it is one conversation. Forgetting, ignoring and compacting leave these rows: they only ever keep
//! something back.

use crate::batch::{SessionUpdate, Touch};
use crate::error::BankError;
use camille_proto::id::SessionKey;
use jiff::Timestamp;
use rusqlite::Connection;

/// The fourth schema's tables. `session`: [`SessionKey`], so that a row outlives the session's own and names
/// nobody.
pub(super) const TABLES: &str = "
    -- The first touch of each place is enough to hold a session, and to say why.
    CREATE TABLE touched (
        session BLOB NOT NULL,
        project TEXT NOT NULL,
        how TEXT NOT NULL,
        path TEXT NOT NULL,
        time INTEGER,
        PRIMARY KEY (session, project)
    ) WITHOUT ROWID;

    CREATE TABLE kin (
        session BLOB NOT NULL,
        other BLOB NOT NULL,
        PRIMARY KEY (session, other)
    ) WITHOUT ROWID;

    -- record: the first 16 bytes of BLAKE3 of the id of a record that the session's records follow.
    CREATE TABLE follows (
        session BLOB NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (session, record)
    ) WITHOUT ROWID;
";

/// Keeps what an update says.
pub(super) fn note(connection: &Connection, update: &SessionUpdate) -> Result<(), BankError> {
    let session = SessionKey::of_name(update.agent.as_str(), &update.session);
    for Touch { project, how, path, time } in &update.touched {
        connection
            .prepare_cached(
                "INSERT INTO touched VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET how = excluded.how, path = excluded.path,
                 time = excluded.time WHERE excluded.time < time",
            )
            .and_then(|mut insert| {
                let time = time.map(Timestamp::as_millisecond);
                insert.execute((session.as_bytes(), project, how.as_str(), path, time))
            })
            .map_err(BankError::store("note what a session touched"))?;
    }
    for other in &update.kin {
        let other = SessionKey::of_name(update.agent.as_str(), other);
        connection
            .prepare_cached("INSERT OR IGNORE INTO kin VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute((session.as_bytes(), other.as_bytes())))
            .map_err(BankError::store("note what a session follows"))?;
    }
    for record in &update.follows {
        let record = blake3::hash(record.as_bytes());
        connection
            .prepare_cached("INSERT OR IGNORE INTO follows VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute((session.as_bytes(), &record.as_bytes()[..16])))
            .map_err(BankError::store("note what a session follows"))?;
    }
    Ok(())
}
