//! Which row a part is filed under: that of its own key, or that of what it may be a copy of. Rows of copies
//! name the row they are filed under (`native.same`); the first row with a trace keeps it.

use super::native::{Named, Native};
use super::tombstone::{self, Kind};
use super::trace::{part_trace, short};
use crate::batch::Part;
use crate::error::BankError;
use camille_proto::id::{ContentHash, SessionKey};
use camille_proto::vocabulary::Agent;
use foldhash::HashMap;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Every row that a batch touches, loaded once.
#[derive(Default)]
pub(super) struct Natives<'b> {
    pub(super) all: Vec<Native<'b>>,
    by_key: HashMap<(Agent, &'b str), (usize, i64)>,
    by_row: HashMap<i64, usize>,
}

impl<'b> Natives<'b> {
    /// Files a part.
    pub(super) fn name(
        &mut self,
        connection: &Connection,
        part: &'b Part,
    ) -> Result<Named, BankError> {
        let content = ContentHash::of(&part.text);
        let hash = short(content);
        let trace = part_trace(part, &hash);
        let key = (part.agent, part.native_key.as_str());
        if let Some((at, own)) = self.by_key.get(&key).copied() {
            if let Some(trace) = trace {
                keep_trace(connection, &trace, self.all[at].ord())?;
            }
            return Ok(Named { at, own, hash, content });
        }
        let (own, at) = self.find(connection, part, trace)?;
        self.by_key.insert(key, (at, own));
        Ok(Named { at, own, hash, content })
    }

    /// The row of a part's key, and the place of what it is filed under.
    fn find(
        &mut self,
        connection: &Connection,
        part: &Part,
        trace: Option<[u8; 16]>,
    ) -> Result<(i64, usize), BankError> {
        let failed = BankError::store;
        let name = (part.agent.as_str(), part.native_key.as_str());
        let made = connection
            .prepare_cached("INSERT OR IGNORE INTO native (agent, key) VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute(name))
            .map_err(failed("enter a document"))?
            > 0;
        if !made {
            let (own, same): (i64, Option<i64>) = connection
                .prepare_cached("SELECT ord, same FROM native WHERE agent = ?1 AND key = ?2")
                .and_then(|mut select| select.query_row(name, |row| Ok((row.get(0)?, row.get(1)?))))
                .map_err(failed("read a document"))?;
            let row = same.unwrap_or(own);
            if let Some(trace) = trace {
                keep_trace(connection, &trace, row)?;
            }
            return Ok((own, self.row(connection, row)?));
        }
        let own = connection.last_insert_rowid();
        let traced = match trace {
            Some(trace) => keep_trace(connection, &trace, own)?,
            None => None,
        };
        let filed = match &part.copy_of {
            Some(key) if *key != part.native_key => {
                Some(original(connection, part.agent, key, traced)?)
            }
            _ => traced,
        };
        if let Some(row) = filed {
            if let Some(trace) = trace.filter(|_| traced.is_none()) {
                move_trace(connection, &trace, row)?;
            }
            connection
                .prepare_cached("UPDATE native SET same = ?2 WHERE ord = ?1")
                .and_then(|mut update| update.execute((own, row)))
                .map_err(failed("enter a document"))?;
            return Ok((own, self.row(connection, row)?));
        }
        self.all.push(Native::of_new(own, part.agent, &part.native_key));
        self.by_row.insert(own, self.all.len() - 1);
        Ok((own, self.all.len() - 1))
    }

    /// The place of what is filed under a row.
    pub(super) fn row(&mut self, connection: &Connection, row: i64) -> Result<usize, BankError> {
        if let Some(at) = self.by_row.get(&row) {
            return Ok(*at);
        }
        self.all.push(Native::load_row(connection, row)?);
        self.by_row.insert(row, self.all.len() - 1);
        Ok(self.all.len() - 1)
    }
}

/// The row that what a part says it is a copy of is filed under. It may be read later, or never: then it belongs
/// to `traced`, if that is known.
fn original(
    connection: &Connection,
    agent: Agent,
    key: &str,
    traced: Option<i64>,
) -> Result<i64, BankError> {
    let name = (agent.as_str(), key);
    connection
        .prepare_cached("INSERT OR IGNORE INTO native (agent, key, same) VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute((name.0, name.1, traced)))
        .map_err(BankError::store("enter a document"))?;
    connection
        .prepare_cached("SELECT coalesce(same, ord) FROM native WHERE agent = ?1 AND key = ?2")
        .and_then(|mut select| select.query_row(name, |row| row.get(0)))
        .map_err(BankError::store("read a document"))
}

/// Keeps a trace. Returns the row that has it already, if another one has.
fn keep_trace(
    connection: &Connection,
    trace: &[u8; 16],
    row: i64,
) -> Result<Option<i64>, BankError> {
    let failed = BankError::store;
    let made = connection
        .prepare_cached("INSERT OR IGNORE INTO trace VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute((trace, row)))
        .map_err(failed("enter a document"))?
        > 0;
    if made {
        return Ok(None);
    }
    connection
        .prepare_cached("SELECT native FROM trace WHERE hash = ?1")
        .and_then(|mut select| select.query_row([trace], |found| found.get(0)))
        .map(|found: i64| (found != row).then_some(found))
        .map_err(failed("read a document"))
}

fn move_trace(connection: &Connection, trace: &[u8; 16], row: i64) -> Result<(), BankError> {
    connection
        .prepare_cached("UPDATE trace SET native = ?2 WHERE hash = ?1")
        .and_then(|mut update| update.execute((trace, row)))
        .map(|_| ())
        .map_err(BankError::store("enter a document"))
}

/// The keys of all records that are filed under a row.
pub(super) fn keys(connection: &Connection, row: i64) -> Result<Vec<(String, String)>, BankError> {
    connection
        .prepare_cached("SELECT agent, key FROM native WHERE ord = ?1 OR same = ?1")
        .and_then(|mut select| {
            select.query_map([row], |found| Ok((found.get(0)?, found.get(1)?)))?.collect()
        })
        .map_err(BankError::store("read a document"))
}

/// A copy of what is forgotten must not come either. `rows`: what is forgotten, each with a session of it.
pub(super) fn forget_traces(
    connection: &Connection,
    rows: &BTreeMap<i64, Option<SessionKey>>,
    seq: i64,
) -> Result<(), BankError> {
    let failed = BankError::store;
    let mut select =
        connection.prepare("SELECT hash, native FROM trace").map_err(failed("forget"))?;
    let mut all = select.query([]).map_err(failed("forget"))?;
    let mut gone: Vec<([u8; 16], Option<SessionKey>)> = Vec::new();
    while let Some(row) = all.next().map_err(failed("forget"))? {
        let native: i64 = row.get(1).map_err(failed("forget"))?;
        if let Some(session) = rows.get(&native) {
            gone.push((row.get(0).map_err(failed("forget"))?, *session));
        }
    }
    for (hash, session) in gone {
        tombstone::set_of(connection, Kind::Trace, &hash, session, seq)?;
        connection
            .prepare_cached("DELETE FROM trace WHERE hash = ?1")
            .and_then(|mut delete| delete.execute([hash]))
            .map_err(failed("forget"))?;
    }
    Ok(())
}
