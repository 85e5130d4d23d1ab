//! Facts of a bank that knew none: from the documents and sightings it has.

use super::{TABLES, mark, note_kin, record};
use crate::error::BankError;
use camille_proto::id::SessionKey;
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};

/// Makes the tables, and fills them.
pub(in crate::store) fn step(connection: &Connection) -> Result<(), BankError> {
    connection.execute_batch(TABLES).map_err(BankError::store("change the schema"))?;
    let sessions = sessions(connection)?;
    touched(connection, &sessions)?;
    kin(connection, &sessions)?;
    records(connection, &sessions)
}

/// The keys of all sessions by their rows; also notes who began them and which are private.
fn sessions(connection: &Connection) -> Result<HashMap<i64, SessionKey>, BankError> {
    let failed = BankError::store;
    let rows: Vec<(i64, String, String, Option<String>, bool)> =
        all(connection, "SELECT ord, agent, key, parent, private FROM session", |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?;
    let mut keys = HashMap::with_capacity(rows.len());
    for (ord, agent, name, parent, private) in rows {
        let key = SessionKey::of_name(&agent, &name);
        keys.insert(ord, key);
        if let Some(parent) = parent {
            note_kin(connection, key, SessionKey::of_name(&agent, &parent))?;
        }
        if private {
            connection
                .execute("INSERT OR IGNORE INTO secluded VALUES (?1)", [key.as_bytes()])
                .map_err(failed("change the schema"))?;
        }
    }
    Ok(keys)
}

fn touched(connection: &Connection, sessions: &HashMap<i64, SessionKey>) -> Result<(), BankError> {
    let rows: Vec<(i64, String, Option<i64>)> = all(
        connection,
        "SELECT session, project.id, min(time) FROM (
             SELECT session, project, time FROM part
             UNION ALL SELECT session, project, time FROM document WHERE deleted = 0
         ) AS place JOIN project ON project.ord = place.project GROUP BY session, place.project",
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    for (session, project, time) in rows {
        let Some(key) = sessions.get(&session) else { continue };
        connection
            .prepare_cached("INSERT OR IGNORE INTO touched VALUES (?1, ?2, ?3, 'there', '', ?4)")
            .and_then(|mut insert| insert.execute((key.as_bytes(), mark(&project), project, time)))
            .map_err(BankError::store("change the schema"))?;
    }
    Ok(())
}

/// Sessions that hold the same record. An id alone proves nothing: the build before took names that a model
/// handed out for documents' own.
fn kin(connection: &Connection, sessions: &HashMap<i64, SessionKey>) -> Result<(), BankError> {
    let pairs: Vec<(i64, i64)> = all(
        connection,
        "SELECT DISTINCT here.session, there.session FROM part AS here JOIN part AS there
             ON there.native = here.native AND there.record_id = here.record_id
             AND there.session > here.session",
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (one, two) in pairs {
        if let (Some(one), Some(two)) = (sessions.get(&one), sessions.get(&two)) {
            note_kin(connection, *one, *two)?;
        }
    }
    Ok(())
}

fn records(connection: &Connection, sessions: &HashMap<i64, SessionKey>) -> Result<(), BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare("SELECT session, record_id, position FROM part WHERE record_id IS NOT NULL")
        .map_err(failed("change the schema"))?;
    let mut rows = select.query([]).map_err(failed("change the schema"))?;
    let mut held: BTreeMap<(SessionKey, i64), record::Records> = BTreeMap::new();
    while let Some(row) = rows.next().map_err(failed("change the schema"))? {
        let read = || -> rusqlite::Result<(i64, String, i64)> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        };
        let (session, id, position) = read().map_err(failed("change the schema"))?;
        let Some(key) = sessions.get(&session) else { continue };
        let piece = record::piece(position.unsigned_abs());
        held.entry((*key, piece)).or_default().add(&id);
    }
    for ((session, piece), records) in held {
        records.keep(connection, session, piece)?;
    }
    Ok(())
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, BankError> {
    connection
        .prepare(sql)
        .and_then(|mut select| select.query_map([], read)?.collect::<rusqlite::Result<_>>())
        .map_err(BankError::store("change the schema"))
}
