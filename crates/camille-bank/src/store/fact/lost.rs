//! What goes on from something that nobody knows any more, in a bank that was begun anew when the one before could not
//! tell all that it knew.

use super::record;
use crate::error::BankError;
use camille_proto::id::SessionKey;
use rusqlite::Connection;
use std::collections::HashSet;

/// Sessions that follow a record which no session holds, or are of one conversation with a session of which nothing is
/// there. None in a bank that knows what the ones before it knew.
pub(crate) fn lost(connection: &Connection) -> Result<HashSet<SessionKey>, BankError> {
    let read = || -> rusqlite::Result<HashSet<SessionKey>> {
        let is_lost: bool = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'lost')")?
            .query_row([], |row| row.get(0))?;
        if !is_lost {
            return Ok(HashSet::new());
        }
        let mut known: HashSet<SessionKey> = HashSet::new();
        let mut held: HashSet<record::Small> = HashSet::new();
        let mut select = connection.prepare_cached("SELECT session, records FROM holding")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            known.insert(SessionKey::from_bytes(row.get(0)?));
            held.extend(record::small(row.get_ref(1)?.as_blob()?));
        }
        let mut names = connection.prepare_cached("SELECT agent, key FROM session")?;
        let mut rows = names.query([])?;
        while let Some(row) = rows.next()? {
            let (agent, name): (String, String) = (row.get(0)?, row.get(1)?);
            known.insert(SessionKey::of_name(&agent, &name));
        }
        let mut lost = HashSet::new();
        let mut follows = connection.prepare_cached("SELECT record, session FROM follows")?;
        let mut rows = follows.query([])?;
        while let Some(row) = rows.next()? {
            if !held.contains(&row.get::<_, record::Small>(0)?) {
                lost.insert(SessionKey::from_bytes(row.get(1)?));
            }
        }
        let mut kin = connection.prepare_cached("SELECT session, other FROM kin")?;
        let mut rows = kin.query([])?;
        while let Some(row) = rows.next()? {
            let pair: [SessionKey; 2] =
                [SessionKey::from_bytes(row.get(0)?), SessionKey::from_bytes(row.get(1)?)];
            if pair.iter().any(|session| !known.contains(session)) {
                lost.extend(pair);
            }
        }
        Ok(lost)
    };
    read().map_err(BankError::store("read what is true of sessions"))
}
