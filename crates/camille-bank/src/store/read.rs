//! Documents as they are given out. Every way out goes through [`StoredDocument::is_seen`].

use super::block::{Blocks, Place};
use super::record_id::RecordId;
use super::text;
use crate::document::{
    Document, DocumentWithNeighbours, ProjectSummary, SessionName, SessionSummary,
};
use crate::error::BankError;
use crate::index::schema::TIME_UNKNOWN;
use crate::search::visibility::View;
use camille_proto::id::{ContentHash, DocumentId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use std::collections::{HashMap, HashSet};

/// How many neighbours a document is given with, on either side.
const NEIGHBOURS: usize = 2;
/// How many documents are looked at for them: hidden ones may stand between.
const NEIGHBOURS_LOOKED_AT: usize = 64;

/// A document with what decides who may see it.
#[derive(Debug)]
pub(crate) struct StoredDocument {
    pub(crate) document: Document,
    row: i64,
    pub(super) session: i64,
    pub(super) position: i64,
    project: i64,
    own_project: i64,
    time: i64,
    /// Whether its session's person said that it is private.
    private: bool,
    /// The number of its last change.
    pub(crate) seq: u64,
}

const SELECT: &str = "
    SELECT document.id, document.native, document.row, document.session, document.position,
        session.project, document.project, document.time, document.content_hash,
        home.id, own.id, session.key, session.parent, session.agent, session.title, session.branch,
        document.record_id, document.speaker, document.kind, document.tool, document.path,
        document.seq, session.private
    FROM document
    JOIN session ON session.ord = document.session
    JOIN project AS home ON home.ord = session.project
    JOIN project AS own ON own.ord = document.project
    WHERE document.deleted = 0 AND ";

/// The live document in this row. With `blocks` kept, those that lie near each other are read together.
pub(crate) fn by_row(
    connection: &Connection,
    blocks: &mut Blocks,
    row: i64,
) -> Result<Option<StoredDocument>, BankError> {
    one(connection, blocks, "document.row = ?1", &row)
}

/// The same without its text, and the row that it is filed under.
pub(super) fn without_text(
    connection: &Connection,
    row: i64,
) -> Result<Option<(StoredDocument, i64)>, BankError> {
    let found = connection
        .prepare_cached(&format!("{SELECT}document.row = ?1"))
        .and_then(|mut select| select.query_row([row], |row| Ok(stored(row))).optional())
        .map_err(BankError::store("read a document"))?;
    Ok(found.transpose()?.map(|(stored, native, _)| (stored, native)))
}

/// Finds a document, or where there is none of this id another one: whoever may not see it shall not learn from the
/// time that it takes whether there is one.
const NEAREST: &str = "document.row = coalesce(
    (SELECT row FROM document AS next WHERE next.id >= ?1 AND next.deleted = 0 ORDER BY next.id LIMIT 1),
    (SELECT row FROM document AS first WHERE first.deleted = 0 ORDER BY first.id LIMIT 1))";

/// The live document with this id, if a grant sees it. What it does not see costs as much as what there is not.
pub(crate) fn seen(
    connection: &Connection,
    id: &DocumentId,
    view: &View,
) -> Result<Option<StoredDocument>, BankError> {
    let found = connection
        .prepare_cached(&format!("{SELECT}{NEAREST}"))
        .and_then(|mut select| {
            let read =
                |row: &Row<'_>| Ok((row.get::<_, [u8; 16]>(0)? == *id.as_bytes(), stored(row)));
            select.query_row([id.as_bytes()], read).optional()
        })
        .map_err(BankError::store("read a document"))?;
    let (is_it, (stored, native, row)) = match found {
        Some((is_it, Ok(found))) => (is_it, found),
        Some((true, Err(damaged))) => return Err(damaged),
        // What is damaged about another one is no matter here.
        Some((false, Err(_))) | None => return Ok(None),
    };
    if !(stored.is_seen(view) & is_it) {
        return Ok(None);
    }
    with_text(connection, &mut Blocks::default(), stored, native, row).map(Some)
}

/// The live document with this id.
fn by_id(connection: &Connection, id: &DocumentId) -> Result<Option<StoredDocument>, BankError> {
    one(connection, &mut Blocks::default(), "document.id = ?1", id.as_bytes())
}

/// The ids of all projects.
pub(crate) fn project_ids(connection: &Connection) -> Result<Vec<String>, BankError> {
    connection
        .prepare_cached("SELECT id FROM project")
        .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
        .map_err(BankError::store("list the projects"))
}

/// The other names of projects, by their ids.
pub(crate) fn project_names(
    connection: &Connection,
) -> Result<HashMap<String, Vec<String>>, BankError> {
    let failed = BankError::store;
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    let mut select = connection
        .prepare_cached("SELECT project, name FROM alias")
        .map_err(failed("list the projects"))?;
    let mut rows = select.query([]).map_err(failed("list the projects"))?;
    while let Some(row) = rows.next().map_err(failed("list the projects"))? {
        let read = || -> rusqlite::Result<(String, String)> { Ok((row.get(0)?, row.get(1)?)) };
        let (project, name) = read().map_err(failed("list the projects"))?;
        names.entry(project).or_default().push(name);
    }
    Ok(names)
}

/// The documents in whose parts these words stand literally, in the order they were entered.
pub(crate) fn holding(connection: &Connection, words: &str) -> Result<Vec<DocumentId>, BankError> {
    let failed = BankError::store;
    let finder = memchr::memmem::Finder::new(words);
    let mut blocks = Blocks::default();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut select = connection
        .prepare_cached(
            "SELECT DISTINCT document.id, block, start, bytes FROM part
             JOIN document ON document.native = part.native AND deleted = 0
             ORDER BY block, start",
        )
        .map_err(failed("look for words"))?;
    let mut rows = select.query([]).map_err(failed("look for words"))?;
    while let Some(row) = rows.next().map_err(failed("look for words"))? {
        let read = || -> rusqlite::Result<([u8; 16], Place, i64)> {
            Ok((row.get(0)?, Place { block: row.get(1)?, start: row.get(2)? }, row.get(3)?))
        };
        let (id, place, bytes) = read().map_err(failed("look for words"))?;
        let id = DocumentId::from_bytes(id);
        match blocks.text(connection, place, bytes) {
            Ok(text) if finder.find(text.as_bytes()).is_some() && seen.insert(id) => found.push(id),
            // What is damaged cannot be looked through, nor read by anybody.
            Ok(_) | Err(BankError::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Every project with what the bank holds of it.
pub(crate) fn projects(connection: &Connection) -> Result<Vec<ProjectSummary>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached(
            "SELECT id, (SELECT count(*) FROM session WHERE session.project = project.ord),
                 count(one.row), max(one.time)
             FROM project LEFT JOIN (
                 SELECT session.project AS project, row, time FROM document
                     JOIN session ON session.ord = document.session WHERE deleted = 0
                 UNION ALL
                 SELECT document.project, row, time FROM document
                     JOIN session ON session.ord = document.session
                     WHERE deleted = 0 AND document.project <> session.project
             ) AS one ON one.project = project.ord
             GROUP BY project.ord HAVING count(one.row) > 0
                 OR EXISTS (SELECT 1 FROM session WHERE session.project = project.ord)
             ORDER BY id",
        )
        .map_err(failed("list the projects"))?;
    select
        .query_map([], |row| {
            Ok(ProjectSummary {
                id: row.get(0)?,
                sessions: row.get::<_, i64>(1)?.cast_unsigned(),
                documents: row.get::<_, i64>(2)?.cast_unsigned(),
                last_update: timestamp(row.get(3)?),
            })
        })
        .and_then(Iterator::collect)
        .map_err(failed("list the projects"))
}

/// The sessions whose ids begin like this, letter by letter, with what the bank holds of each.
pub(crate) fn sessions(
    connection: &Connection,
    begins: &str,
    max: usize,
) -> Result<Vec<SessionSummary>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached(
            "SELECT agent, key, title, project.id,
                 (SELECT count(*) FROM document WHERE session = session.ord AND deleted = 0)
             FROM session LEFT JOIN project ON project.ord = session.project
             WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key, agent LIMIT ?2",
        )
        .map_err(failed("look for sessions"))?;
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let mut rows = select.query(params![begins, max]).map_err(failed("look for sessions"))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed("look for sessions"))? {
        let agent: String = row.get(0).map_err(failed("look for sessions"))?;
        let agent = agent.parse().map_err(|_| BankError::Corrupt { what: "agent" })?;
        let read = || -> rusqlite::Result<SessionSummary> {
            Ok(SessionSummary {
                name: SessionName { agent, session: row.get(1)? },
                title: row.get(2)?,
                project: row.get(3)?,
                documents: row.get::<_, i64>(4)?.cast_unsigned(),
            })
        };
        found.push(read().map_err(failed("look for sessions"))?);
    }
    Ok(found)
}

/// Milliseconds since 1970 as a moment.
pub(crate) fn timestamp(time_ms: Option<i64>) -> Option<Timestamp> {
    time_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok())
}

impl StoredDocument {
    /// Whether a grant sees it.
    pub(crate) fn is_seen(&self, view: &View) -> bool {
        let session = usize::try_from(self.session).unwrap_or(usize::MAX);
        view.sight.sees(self.project.cast_unsigned(), self.own_project.cast_unsigned(), self.time)
            && !view.hides(session)
            && !view.hides_document(session, self.row.cast_unsigned())
            && !view.hides_news(session, self.seq)
            && (view.is_whole() || !self.private)
    }

    /// The document as it is shown: with the ids of the visible ones beside it, and without a title that
    /// may tell of hidden ones.
    pub(crate) fn placed(
        self,
        connection: &Connection,
        view: &View,
    ) -> Result<Document, BankError> {
        let before = self.beside(connection, view, Side::Before, 1)?;
        let after = self.beside(connection, view, Side::After, 1)?;
        let mut document = self.shown(connection, view)?;
        document.before = before.first().copied().map(DocumentId::from_bytes);
        document.after = after.first().copied().map(DocumentId::from_bytes);
        Ok(document)
    }

    /// The document with the visible ones around it.
    pub(crate) fn with_neighbours(
        self,
        connection: &Connection,
        view: &View,
    ) -> Result<DocumentWithNeighbours, BankError> {
        let load = |ids: Vec<[u8; 16]>| -> Result<Vec<Document>, BankError> {
            let mut documents = Vec::with_capacity(ids.len());
            for id in ids {
                match by_id(connection, &DocumentId::from_bytes(id)) {
                    Ok(Some(stored)) => documents.push(stored.shown(connection, view)?),
                    // A damaged neighbour is no reason not to show the document.
                    Ok(None) | Err(BankError::Corrupt { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(documents)
        };
        let mut before = load(self.beside(connection, view, Side::Before, NEIGHBOURS)?)?;
        let after = load(self.beside(connection, view, Side::After, NEIGHBOURS)?)?;
        let mut document = self.shown(connection, view)?;
        document.before = before.first().map(|d| d.id);
        document.after = after.first().map(|d| d.id);
        before.reverse();
        Ok(DocumentWithNeighbours { document, before, after })
    }

    /// The document without a title that may tell of hidden ones.
    pub(super) fn shown(self, connection: &Connection, view: &View) -> Result<Document, BankError> {
        let mut document = self.document;
        if document.title.is_none() || view.is_whole() {
            return Ok(document);
        }
        let session = usize::try_from(self.session).unwrap_or(usize::MAX);
        // What came to the session after the index can be hidden too, and the title may tell of it.
        let grew = || {
            connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM document INDEXED BY document_seq
                     WHERE seq > ?2 AND session = ?1)",
                )
                .and_then(|mut select| {
                    select.query_row((self.session, view.seq.cast_signed()), |row| row.get(0))
                })
                .map_err(BankError::store("read a session"))
        };
        if !view.sees_all_of(session) || grew()? {
            document.title = None;
        }
        Ok(document)
    }

    /// Ids of visible documents in the same session, the nearest first.
    fn beside(
        &self,
        connection: &Connection,
        view: &View,
        side: Side,
        count: usize,
    ) -> Result<Vec<[u8; 16]>, BankError> {
        let failed = BankError::store;
        let (comparison, order) = match side {
            Side::Before => ("<", "DESC"),
            Side::After => (">", "ASC"),
        };
        let mut select = connection
            .prepare_cached(&format!(
                "SELECT id, project, time, row, seq FROM document WHERE session = ?1 AND deleted = 0
                 AND (position, id) {comparison} (?2, ?3)
                 ORDER BY position {order}, id {order} LIMIT {NEIGHBOURS_LOOKED_AT}"
            ))
            .map_err(failed("find a document's neighbours"))?;
        let place = (self.session, self.position, self.document.id.as_bytes());
        let rows = select
            .query_map(place, |row| {
                let numbers = (row.get::<_, i64>(3)?, row.get::<_, i64>(4)?);
                Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?, numbers))
            })
            .map_err(failed("find a document's neighbours"))?;
        let session = usize::try_from(self.session).unwrap_or(usize::MAX);
        let mut ids = Vec::with_capacity(count);
        for row in rows {
            if ids.len() >= count {
                break;
            }
            let (id, own_project, time, (row, seq)) =
                row.map_err(failed("find a document's neighbours"))?;
            let (project, own_project) =
                (self.project.cast_unsigned(), own_project.cast_unsigned());
            if view.sight.sees(project, own_project, time.unwrap_or(TIME_UNKNOWN))
                && !view.hides_document(session, row.cast_unsigned())
                && !view.hides_news(session, seq.cast_unsigned())
            {
                ids.push(id);
            }
        }
        Ok(ids)
    }
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

fn one(
    connection: &Connection,
    blocks: &mut Blocks,
    which: &str,
    key: &dyn ToSql,
) -> Result<Option<StoredDocument>, BankError> {
    let found = connection
        .prepare_cached(&format!("{SELECT}{which}"))
        .and_then(|mut select| select.query_row([key], |row| Ok(stored(row))).optional())
        .map_err(BankError::store("read a document"))?;
    let Some((stored, native, row)) = found.transpose()? else { return Ok(None) };
    with_text(connection, blocks, stored, native, row).map(Some)
}

fn with_text(
    connection: &Connection,
    blocks: &mut Blocks,
    mut stored: StoredDocument,
    native: i64,
    row: i64,
) -> Result<StoredDocument, BankError> {
    let parts = text::parts(connection, blocks, native, row)?;
    stored.document.text = text::join(parts.iter().map(|part| part.text.as_str()));
    Ok(stored)
}

fn stored(row: &Row<'_>) -> Result<(StoredDocument, i64, i64), BankError> {
    let failed = BankError::store;
    let action = "read a document";
    let word = |column| row.get::<_, String>(column).map_err(failed(action));
    let corrupt = |_| BankError::Corrupt { what: "document" };
    let (agent, speaker, kind) = (word(13)?, word(17)?, word(18)?);
    let (agent, speaker, kind) = (
        agent.parse().map_err(corrupt)?,
        speaker.parse().map_err(corrupt)?,
        kind.parse().map_err(corrupt)?,
    );
    let read = || -> rusqlite::Result<_> {
        let time: Option<i64> = row.get(7)?;
        let document = Document {
            id: DocumentId::from_bytes(row.get(0)?),
            content_hash: ContentHash::from_bytes(row.get(8)?),
            project: row.get(9)?,
            own_project: row.get(10)?,
            session: row.get(11)?,
            parent_session: row.get(12)?,
            agent,
            title: row.get(14)?,
            branch: row.get(15)?,
            record_id: row.get::<_, Option<RecordId<'_>>>(16)?.map(|id| id.0.into_owned()),
            speaker,
            kind,
            timestamp: timestamp(time),
            tool: row.get(19)?,
            path: row.get(20)?,
            text: String::new(),
            before: None,
            after: None,
        };
        let stored = StoredDocument {
            document,
            row: row.get(2)?,
            session: row.get(3)?,
            position: row.get(4)?,
            project: row.get(5)?,
            own_project: row.get(6)?,
            time: time.unwrap_or(TIME_UNKNOWN),
            private: row.get(22)?,
            seq: row.get::<_, i64>(21)?.cast_unsigned(),
        };
        Ok((stored, row.get(1)?, row.get(2)?))
    };
    read().map_err(failed(action))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn what_may_not_be_seen_costs_as_much_as_what_there_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let connection = super::super::open(dir.path()).unwrap();
        connection
            .execute_batch(
                "INSERT INTO project VALUES (1, 'p');
                 INSERT INTO session (ord, agent, key, project, project_time, first_time)
                     VALUES (1, 'codex', 's', 1, 0, 0);
                 INSERT INTO native (ord, agent, key) VALUES (1, 'codex', 'n');
                 WITH RECURSIVE number (n) AS
                     (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 500)
                 INSERT INTO document (id, native, session, position, kind, speaker, project,
                     content_hash, redaction, seq)
                 SELECT unhex(printf('%032x', 2 * n)), 1, 1, n, 'message', 'person', 1, zeroblob(32), 0, n
                 FROM number;",
            )
            .unwrap();
        let mut statement = connection.prepare(&format!("{SELECT}{NEAREST}")).unwrap();
        let mut steps = |number: u128| {
            statement.reset_status(StatementStatus::VmStep);
            let found: [u8; 16] =
                statement.query_row([number.to_be_bytes()], |row| row.get(0)).unwrap();
            let scanned = statement.reset_status(StatementStatus::FullscanStep);
            assert_eq!(scanned, 0);
            (u128::from_be_bytes(found), statement.get_status(StatementStatus::VmStep))
        };
        let there = steps(500);
        assert_eq!(there.0, 500);
        for absent in [1, 3, 499, 999] {
            let (found, took) = steps(absent);
            assert_eq!((found, took), (absent + 1, there.1), "the next one, at the same cost");
        }
        assert_eq!(steps(u128::MAX).0, 2, "after the last comes the first");
    }
}
