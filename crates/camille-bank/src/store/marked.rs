//! Which documents hold something of a place that is not their session's own project: what a call read there, what
//! came back, what a message quotes. It says nothing of who may see them, and names no place: of each it keeps what
//! stands for it.

use super::claim::TOOL;
use super::fact::{self, Mark};
use super::sought;
use crate::batch::Part;
use crate::error::BankError;
use camille_proto::id::SessionKey;
use camille_proto::vocabulary::DocumentKind;
use rusqlite::Connection;

/// The ninth schema's tables, and what makes marks of what is there already: everything is read anew once.
const TABLES: &str = "
    CREATE TABLE place (
        ord INTEGER PRIMARY KEY,
        mark BLOB NOT NULL UNIQUE
    );

    -- native: the row that the document is filed under, so that a result has the marks of its call, and a copy those
    -- of what it repeats.
    CREATE TABLE marked (
        native INTEGER NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY (native, place)
    ) WITHOUT ROWID;

    -- Sessions in which something was said that holds something of a place: a title may be made from it, also when it
    -- is forgotten.
    CREATE TABLE quoted (
        session BLOB NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY (session, place)
    ) WITHOUT ROWID;

    -- Readings of files, up to which a build before read them: of what they brought nobody knows any marks.
    CREATE TABLE unmarked (
        file INTEGER PRIMARY KEY,
        pass INTEGER NOT NULL
    );
    INSERT INTO unmarked SELECT ord, pass FROM file;
    UPDATE file SET cursor = '', mtime_ns = -1;
";

/// What an earlier build marked was only what names a place: what it was told by others, and what it says word for word,
/// is known when everything is read anew once.
const AGAIN: &str = "
    INSERT OR REPLACE INTO unmarked SELECT ord, pass FROM file;
    UPDATE file SET cursor = '', mtime_ns = -1;
";

/// Leads to the tenth schema.
pub(super) fn again(connection: &Connection) -> Result<(), BankError> {
    connection.execute_batch(AGAIN).map_err(BankError::store("change the schema"))
}

/// Leads to the ninth schema.
pub(super) fn step(connection: &Connection) -> Result<(), BankError> {
    connection.execute_batch(TABLES).map_err(BankError::store("change the schema"))
}

/// Keeps that a part's document, by the row that it is filed under, holds something of places. What was kept once stays.
pub(super) fn note(connection: &Connection, native: i64, part: &Part) -> Result<(), BankError> {
    let session = SessionKey::of_name(part.agent.as_str(), &part.session);
    let write = || -> rusqlite::Result<(bool, bool)> {
        let (mut is_new, mut is_source) = (false, false);
        let named = part.places.iter().map(|place| (place, false));
        for (place, quotes) in named.chain(part.quotes.iter().map(|place| (place, true))) {
            let ord = sought::enter(connection, &fact::mark(place))?;
            // What names a place itself holds more of it than what quotes something.
            let is_marked = connection
                .prepare_cached(
                    "INSERT INTO marked VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET quotes = 0 WHERE quotes > excluded.quotes",
                )?
                .execute((native, ord, quotes))?
                > 0;
            is_source |= is_marked && !quotes;
            is_new |= is_marked;
            if part.kind != DocumentKind::Tool {
                is_new |= connection
                    .prepare_cached("INSERT OR IGNORE INTO quoted VALUES (?1, ?2)")?
                    .execute((session.as_bytes(), ord))?
                    > 0;
            }
        }
        Ok((is_new, is_source))
    };
    let (is_new, is_source) = write().map_err(BankError::store("note what a document is of"))?;
    if is_source {
        sought::reopen(connection, session)?;
    }
    // Who saw the document so far may see it no more.
    if is_new { fact::count(connection) } else { Ok(()) }
}

/// What is kept back of one session.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    /// Documents, by their rows.
    pub(crate) documents: Vec<u64>,
    /// Whether some of what was said is, or was before it was forgotten: what stands around the rest may give it along.
    pub(crate) told: bool,
    /// Whether anything is: a title may be made from a result as well.
    pub(crate) any: bool,
}

/// What of a released session by its row and its key is no talk that may be seen: every call and what came of it, since
/// what was read goes on through files, programs that were left running and tools that remember; summaries; all of an
/// agent that another one began, which only reports what it read; and what was said with a mark of a place which
/// `is_closed`.
///
/// `strictly`: a place within the session's own project is closed: whatever is marked at all may hold something of it.
pub(crate) fn closed(
    connection: &Connection,
    (session, key): (i64, SessionKey),
    strictly: bool,
    is_closed: &dyn Fn(&Mark) -> bool,
) -> Result<Closed, BankError> {
    let closes = |mark: &Mark| strictly || is_closed(mark);
    let read = || -> rusqlite::Result<Closed> {
        let mut found = Closed::default();
        let mut select = connection.prepare_cached(
            "SELECT document.row, place.mark FROM document
             JOIN marked ON marked.native = document.native
             JOIN place ON place.ord = marked.place WHERE document.session = ?1",
        )?;
        let mut rows = select.query([session])?;
        while let Some(row) = rows.next()? {
            if closes(&row.get(1)?) {
                found.documents.push(row.get::<_, i64>(0)?.cast_unsigned());
            }
        }
        // What is no talk, what nobody knows the marks of, and what came since quotes were looked for.
        let mut select = connection.prepare_cached(
            "SELECT row, kind FROM document WHERE session = ?1 AND (
                 kind != ?2
                 OR EXISTS (SELECT 1 FROM session WHERE ord = ?1 AND parent IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM part
                     JOIN unmarked ON unmarked.file = part.file AND part.pass <= unmarked.pass
                     WHERE part.native = document.native AND part.document = document.row)
                 OR seq > coalesce((SELECT seq FROM sought WHERE sought.session = ?3), -1))",
        )?;
        let message = DocumentKind::Message.as_str();
        let mut rows = select.query((session, message, key.as_bytes()))?;
        while let Some(row) = rows.next()? {
            found.documents.push(row.get::<_, i64>(0)?.cast_unsigned());
            found.told |= row.get::<_, String>(1)? != TOOL;
        }
        let mut select = connection.prepare_cached(
            "SELECT mark FROM quoted JOIN place ON place.ord = quoted.place WHERE session = ?1",
        )?;
        let mut rows = select.query([key.as_bytes()])?;
        while let Some(row) = rows.next()? {
            found.told |= closes(&row.get(0)?);
        }
        found.any = found.told || !found.documents.is_empty();
        Ok(found)
    };
    read().map_err(BankError::store("read what documents are of"))
}

/// Drops the marks of what is not there any more.
pub(super) const REMOVE: &str = "
    DELETE FROM marked WHERE native NOT IN (SELECT ord FROM native);
    DELETE FROM place WHERE ord NOT IN (SELECT place FROM marked UNION SELECT place FROM quoted);
";
