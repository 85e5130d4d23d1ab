//! Up to where quotes of other places were looked for in sessions, and what that takes: what a session heard of other
//! places, and what was said in it. It knows no text again by itself.

use super::block::Blocks;
use super::fact::Mark;
use super::text;
use crate::error::BankError;
use camille_proto::id::SessionKey;
use camille_proto::vocabulary::{DocumentKind, Speaker};
use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension};

/// The eleventh schema's tables. What was marked before a session's quotes were looked for is as it was; where something
/// was copied is known once everything is read anew.
const TABLES: &str = "
    -- quotes: whether the document only says word for word what another one holds of the place.
    ALTER TABLE marked ADD COLUMN quotes INTEGER NOT NULL DEFAULT 0;

    -- seq: the number of the last change of which quotes were looked for in a session. members: of how many sessions its
    -- conversation was then.
    CREATE TABLE sought (
        session BLOB PRIMARY KEY,
        seq INTEGER NOT NULL,
        members INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- What stands for a path that a session wrote from elsewhere. origin: what stands for the place that it is from, or
    -- for the path where the same is known of that.
    CREATE TABLE copied (
        path BLOB NOT NULL,
        origin BLOB NOT NULL,
        session BLOB NOT NULL,
        time INTEGER NOT NULL,
        PRIMARY KEY (path, origin, session, time)
    ) WITHOUT ROWID;

    -- When a session gave a path another content (written anew as a whole: 0, removed: 1).
    CREATE TABLE renewed (
        path BLOB NOT NULL,
        session BLOB NOT NULL,
        time INTEGER NOT NULL,
        removed INTEGER NOT NULL,
        PRIMARY KEY (path, session, time)
    ) WITHOUT ROWID;

    -- When the first and the last thing was said in a session.
    CREATE TABLE lived (
        session BLOB PRIMARY KEY,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL
    ) WITHOUT ROWID;

    UPDATE file SET cursor = '', mtime_ns = -1;
";

/// Leads to the eleventh schema.
pub(super) fn step(connection: &Connection) -> Result<(), BankError> {
    connection.execute_batch(TABLES).map_err(BankError::store("change the schema"))
}

/// Up to where quotes were looked for in a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sought {
    pub(crate) seq: i64,
    pub(crate) members: i64,
}

/// A document as far as quotes are concerned.
#[derive(Debug)]
pub(crate) struct Heard {
    row: i64,
    native: i64,
    /// When it began and when it ended, as far as is known: it may have been at any time otherwise.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Of which places it holds something that may be quoted.
    pub(crate) places: Vec<i64>,
    /// Whether it was said and may quote.
    pub(crate) is_said: bool,
}

/// How many rows of sessions there may be.
pub(crate) fn sessions(connection: &Connection) -> Result<usize, BankError> {
    connection
        .query_row("SELECT coalesce(max(ord), -1) + 1 FROM session", [], |row| row.get::<_, i64>(0))
        .map(|count| usize::try_from(count).unwrap_or(0))
        .map_err(BankError::store("read the sessions"))
}

/// All sessions in which quotes were looked for.
pub(crate) fn known(connection: &Connection) -> Result<HashMap<SessionKey, Sought>, BankError> {
    connection
        .prepare_cached("SELECT session, seq, members FROM sought")
        .and_then(|mut select| {
            select
                .query_map([], |row| {
                    let sought = Sought { seq: row.get(1)?, members: row.get(2)? };
                    Ok((SessionKey::from_bytes(row.get(0)?), sought))
                })?
                .collect()
        })
        .map_err(BankError::store("read where quotes were looked for"))
}

/// The rows of sessions with documents that came or changed after this change, each with the number of its last one.
pub(crate) fn grown(connection: &Connection, since: i64) -> Result<HashMap<i64, i64>, BankError> {
    connection
        .prepare_cached(
            "SELECT session, max(seq) FROM document INDEXED BY document_seq WHERE seq > ?1
             GROUP BY session",
        )
        .and_then(|mut select| {
            select.query_map([since], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .map_err(BankError::store("read where quotes were looked for"))
}

/// What one session, by its row and its key, heard of other places, and what was said in it. `told`: stands for what
/// another agent reports of nobody knows where.
///
/// What a call was given and gave back holds what it has marks of; so does what a person gives along, and what another
/// agent reports. What only quotes is no source: what is said of it in one's own words would be taken for it. All that an
/// agent says which another one began holds something of every place that it touched. `by_copy`: places that the session
/// touched by something that was copied from there: nobody knows which of its calls read that.
pub(crate) fn heard(
    connection: &Connection,
    session: i64,
    key: SessionKey,
    told: &Mark,
    by_copy: &[Mark],
) -> Result<Vec<Heard>, BankError> {
    let read = || -> rusqlite::Result<Vec<Heard>> {
        let is_begun: bool = connection
            .prepare_cached("SELECT parent IS NOT NULL FROM session WHERE ord = ?1")?
            .query_row([session], |row| row.get(0))?;
        let mut touched = Vec::new();
        if is_begun {
            let marks: Vec<Mark> = connection
                .prepare_cached("SELECT mark FROM touched WHERE session = ?1")?
                .query_map([key.as_bytes()], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for mark in marks {
                touched.push(enter(connection, &mark)?);
            }
        }
        let copies: Vec<i64> =
            by_copy.iter().map(|mark| enter(connection, mark)).collect::<rusqlite::Result<_>>()?;
        let mut select = connection.prepare_cached(
            "SELECT row, native, kind, speaker,
                 (SELECT min(coalesce(time, -9223372036854775807)) FROM part
                     WHERE part.native = document.native AND part.document = document.row),
                 (SELECT max(coalesce(time, 9223372036854775807)) FROM part
                     WHERE part.native = document.native AND part.document = document.row)
             FROM document WHERE session = ?1 AND deleted = 0",
        )?;
        let mut marks = connection.prepare_cached(
            "SELECT place, mark FROM marked JOIN place ON place.ord = marked.place
             WHERE native = ?1 AND quotes = 0",
        )?;
        let mut rows = select.query([session])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let (kind, speaker): (String, String) = (row.get(2)?, row.get(3)?);
            let is_message = kind == DocumentKind::Message.as_str();
            let is_given = !is_message || speaker == Speaker::Person.as_str();
            let native = row.get(1)?;
            let mut places = Vec::new();
            let mut named = marks.query([native])?;
            while let Some(named) = named.next()? {
                if is_given || is_begun || named.get::<_, Mark>(1)? == *told {
                    places.push(named.get(0)?);
                }
            }
            if is_message && is_begun {
                places.extend(&touched);
            }
            if !is_message || is_begun {
                places.extend(&copies);
            }
            all.push(Heard {
                row: row.get(0)?,
                native,
                first: row.get::<_, Option<i64>>(4)?.unwrap_or(i64::MIN),
                last: row.get::<_, Option<i64>>(5)?.unwrap_or(i64::MAX),
                places,
                is_said: is_message && !is_begun,
            });
        }
        Ok(all)
    };
    read().map_err(BankError::store("look for quotes"))
}

/// The text of a document, as it is shown.
pub(crate) fn text(
    connection: &Connection,
    blocks: &mut Blocks,
    heard: &Heard,
) -> Result<String, BankError> {
    let parts = text::parts(connection, blocks, heard.native, heard.row)?;
    Ok(text::join(parts.iter().map(|part| part.text.as_str())))
}

/// The number of a place.
pub(crate) fn place(
    connection: &Connection,
    known: &mut HashMap<Mark, i64>,
    mark: &Mark,
) -> Result<i64, BankError> {
    if let Some(ord) = known.get(mark) {
        return Ok(*ord);
    }
    let ord = enter(connection, mark).map_err(BankError::store("note what a document is of"))?;
    known.insert(*mark, ord);
    Ok(ord)
}

/// The number of a place, which it gets if it has none yet.
pub(super) fn enter(connection: &Connection, mark: &Mark) -> rusqlite::Result<i64> {
    let mut select = connection.prepare_cached("SELECT ord FROM place WHERE mark = ?1")?;
    let known: Option<i64> = select.query_row([mark], |row| row.get(0)).optional()?;
    if let Some(ord) = known {
        return Ok(ord);
    }
    connection.prepare_cached("INSERT INTO place (mark) VALUES (?1)")?.execute([mark])?;
    Ok(connection.last_insert_rowid())
}

/// Keeps that a document quotes something of these places, and with it all sessions in which it stands. Returns whether
/// that is new.
pub(crate) fn note_quotes(
    connection: &Connection,
    heard: &Heard,
    places: &[i64],
) -> Result<bool, BankError> {
    let write = || -> rusqlite::Result<bool> {
        let mut is_new = false;
        let sessions: Vec<(String, String)> = connection
            .prepare_cached(
                "SELECT DISTINCT session.agent, session.key FROM part
                 JOIN session ON session.ord = part.session WHERE native = ?1 AND document = ?2",
            )?
            .query_map([heard.native, heard.row], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut mark =
            connection.prepare_cached("INSERT OR IGNORE INTO marked VALUES (?1, ?2, 1)")?;
        let mut quote =
            connection.prepare_cached("INSERT OR IGNORE INTO quoted VALUES (?1, ?2)")?;
        for place in places {
            is_new |= mark.execute([heard.native, *place])? > 0;
            for (agent, name) in &sessions {
                let key = SessionKey::of_name(agent, name);
                is_new |= quote.execute((key.as_bytes(), place))? > 0;
            }
        }
        Ok(is_new)
    };
    write().map_err(BankError::store("note what a document is of"))
}

/// Keeps that quotes were looked for in all sessions of a conversation, up to this change.
pub(crate) fn note(
    connection: &Connection,
    members: &[(i64, SessionKey)],
    seq: u64,
) -> Result<(), BankError> {
    let count = i64::try_from(members.len()).unwrap_or(i64::MAX);
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO sought VALUES (?1, ?2, ?3)")
        .map_err(BankError::store("note where quotes were looked for"))?;
    for (_, key) in members {
        insert
            .execute((key.as_bytes(), seq.cast_signed(), count))
            .map_err(BankError::store("note where quotes were looked for"))?;
    }
    Ok(())
}

/// Keeps the same of sessions that did not grow.
pub(crate) fn note_settled(
    connection: &Connection,
    sessions: &[SessionKey],
    seq: u64,
) -> Result<(), BankError> {
    let failed = BankError::store;
    let mut update = connection
        .prepare_cached("UPDATE sought SET seq = ?2 WHERE session = ?1 AND seq < ?2")
        .map_err(failed("note where quotes were looked for"))?;
    for key in sessions {
        update
            .execute((key.as_bytes(), seq.cast_signed()))
            .map_err(failed("note where quotes were looked for"))?;
    }
    Ok(())
}

/// A document of a session has a mark that it had not: quotes of it may have been said before.
pub(super) fn reopen(connection: &Connection, session: SessionKey) -> Result<(), BankError> {
    connection
        .prepare_cached("UPDATE sought SET members = 0 WHERE session = ?1")
        .and_then(|mut update| update.execute([session.as_bytes()]))
        .map(|_| ())
        .map_err(BankError::store("note where quotes were looked for"))
}
