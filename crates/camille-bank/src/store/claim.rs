//! The rows that one native key has in the store: sightings of its parts, and its documents. It only reads
//! and writes them; what follows from them is decided elsewhere.

use super::block::{Blocks, Place};
use super::record_id::RecordId;
use crate::batch::PartRole;
use crate::error::BankError;
use camille_proto::id::ContentHash;
use rusqlite::{Connection, Row};
use std::borrow::Cow;
use std::rc::Rc;

/// The kind of a tool call as the store writes it.
pub(crate) const TOOL: &str = "tool";

/// What became of a part, and of the line whose most important part it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Duplicate,
    Merged,
    Documented,
}

/// One sighting of a part in a file.
pub(super) struct Claim<'b> {
    pub(super) file: i64,
    pub(super) file_path: Rc<str>,
    pub(super) part_key: Cow<'b, str>,
    /// The row of the key that its own record has.
    pub(super) own: i64,
    /// 0: made where it stands; 1: unknown; 2: a copy.
    pub(super) origin: i64,
    pub(super) session: i64,
    pub(super) role: i64,
    pub(super) position: i64,
    pub(super) pass: i64,
    pub(super) class: Class,
    pub(super) about: About<'b>,
    pub(super) redaction: i64,
    pub(super) bytes: i64,
    pub(super) hash: [u8; 16],
    pub(super) text: Place,
    /// The text itself and its whole hash, if it came with this batch.
    pub(super) came: Option<(&'b str, ContentHash)>,
    /// The document and the place in it.
    pub(super) used: Option<(i64, i64)>,
    /// Whether the store holds a sighting of this part in this file, this one or the one before it.
    pub(super) stored: bool,
    pub(super) dirty: bool,
}

/// What a part says about its document.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct About<'b> {
    pub(super) time: Option<i64>,
    pub(super) kind: Cow<'static, str>,
    pub(super) speaker: Cow<'static, str>,
    pub(super) project: i64,
    pub(super) record_id: Option<Cow<'b, str>>,
    pub(super) tool: Option<Cow<'b, str>>,
    pub(super) path: Option<Cow<'b, str>>,
}

/// A document as it is stored.
pub(super) struct Stored {
    pub(super) row: i64,
    pub(super) id: Vec<u8>,
    pub(super) session: i64,
    pub(super) position: i64,
    pub(super) about: About<'static>,
    pub(super) redaction: i64,
    pub(super) deleted: bool,
}

/// Writes a sighting.
macro_rules! keep {
    ($verb:literal) => {
        concat!(
            $verb,
            " INTO part (native, file, part_key, session, role, position, pass, class, time, kind,
             speaker, project, record_id, tool, path, redaction, bytes, hash, block, start,
             document, place, own, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
             ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)"
        )
    };
}
const INSERT: &str = keep!("INSERT");
const REPLACE: &str = keep!("INSERT OR REPLACE");

/// Every sighting of a native key's parts.
pub(super) fn load_claims<'b>(
    connection: &Connection,
    native: i64,
) -> Result<Vec<Claim<'b>>, BankError> {
    let failed = BankError::store;
    let mut claims = connection
        .prepare_cached(
            "SELECT file, file.path, part_key, session, role, position, part.pass, class, time,
             kind, speaker, project, record_id, tool, part.path, redaction, bytes, hash, block,
             start, document, place, coalesce(own, native), origin FROM part JOIN file ON file.ord = part.file WHERE native = ?1",
        )
        .map_err(failed("read a document"))?;
    claims
        .query_map([native], Claim::read)
        .and_then(Iterator::collect)
        .map_err(failed("read a document"))
}

/// Where the texts of a native key's parts lie, each once, and their lengths.
pub(super) fn places(connection: &Connection, native: i64) -> Result<Vec<(Place, i64)>, BankError> {
    connection
        .prepare_cached("SELECT DISTINCT block, start, bytes FROM part WHERE native = ?1")
        .and_then(|mut select| {
            select
                .query_map([native], |row| {
                    Ok((Place { block: row.get(0)?, start: row.get(1)? }, row.get(2)?))
                })?
                .collect()
        })
        .map_err(BankError::store("read a document"))
}

/// The texts of a native key's parts, each once.
pub(super) fn texts(connection: &Connection, native: i64) -> Result<Vec<String>, BankError> {
    let mut blocks = Blocks::default();
    places(connection, native)?
        .into_iter()
        .map(|(place, bytes)| blocks.text(connection, place, bytes))
        .collect()
}

/// Every document of a native key, removed ones too.
pub(super) fn load_documents(
    connection: &Connection,
    native: i64,
) -> Result<Vec<Stored>, BankError> {
    let failed = BankError::store;
    let mut documents = connection
        .prepare_cached(
            "SELECT row, id, session, position, time, kind, speaker, project, record_id, tool,
             path, redaction, deleted FROM document WHERE native = ?1",
        )
        .map_err(failed("read a document"))?;
    documents
        .query_map([native], Stored::read)
        .and_then(Iterator::collect)
        .map_err(failed("read a document"))
}

impl Claim<'_> {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let document: Option<i64> = row.get(20)?;
        let place: Option<i64> = row.get(21)?;
        Ok(Self {
            file: row.get(0)?,
            file_path: row.get::<_, Box<str>>(1)?.into(),
            part_key: Cow::Owned(row.get(2)?),
            own: row.get(22)?,
            origin: row.get(23)?,
            session: row.get(3)?,
            role: row.get(4)?,
            position: row.get(5)?,
            pass: row.get(6)?,
            class: match row.get(7)? {
                2 => Class::Documented,
                1 => Class::Merged,
                _ => Class::Duplicate,
            },
            about: About {
                time: row.get(8)?,
                kind: Cow::Owned(row.get(9)?),
                speaker: Cow::Owned(row.get(10)?),
                project: row.get(11)?,
                record_id: record_id(row, 12)?,
                tool: word(row, 13)?,
                path: word(row, 14)?,
            },
            redaction: row.get(15)?,
            bytes: row.get(16)?,
            hash: row.get(17)?,
            text: Place { block: row.get(18)?, start: row.get(19)? },
            came: None,
            used: document.zip(place),
            stored: true,
            dirty: false,
        })
    }

    /// Writes the sighting, in place of the one the file had of this part.
    pub(super) fn write(&self, connection: &Connection, native: i64) -> Result<(), BankError> {
        let failed = BankError::store;
        let class = match self.class {
            Class::Documented => 2,
            Class::Merged => 1,
            Class::Duplicate => 0,
        };
        // A statement that may replace a row copies every page it touches first.
        let statement = if self.stored { REPLACE } else { INSERT };
        connection
            .prepare_cached(statement)
            .map_err(failed("keep a part"))?
            .execute(rusqlite::params![
                native,
                self.file,
                self.part_key,
                self.session,
                self.role,
                self.position,
                self.pass,
                class,
                self.about.time,
                self.about.kind,
                self.about.speaker,
                self.about.project,
                self.about.record_id.as_deref().map(|id| RecordId(id.into())),
                self.about.tool,
                self.about.path,
                self.redaction,
                self.bytes,
                self.hash,
                self.text.block,
                self.text.start,
                self.used.map(|used| used.0),
                self.used.map(|used| used.1),
                (self.own != native).then_some(self.own),
                self.origin,
            ])
            .map(|_| ())
            .map_err(failed("keep a part"))
    }
}

impl Claim<'_> {
    /// Removes the sighting.
    pub(super) fn remove(&self, connection: &Connection, native: i64) -> Result<(), BankError> {
        connection
            .prepare_cached("DELETE FROM part WHERE native = ?1 AND file = ?2 AND part_key = ?3")
            .and_then(|mut delete| delete.execute((native, self.file, &self.part_key)))
            .map(|_| ())
            .map_err(BankError::store("forget a part"))
    }
}

impl Stored {
    /// Takes the document out of the bank.
    pub(super) fn remove(
        &self,
        connection: &Connection,
        next_seq: &mut dyn FnMut() -> i64,
    ) -> Result<(), BankError> {
        self.leave(connection, next_seq)?;
        connection
            .prepare_cached("UPDATE document SET deleted = 1, seq = ?2 WHERE row = ?1")
            .and_then(|mut update| update.execute((self.row, next_seq())))
            .map(|_| ())
            .map_err(BankError::store("remove a document"))
    }

    /// Numbers the messages around one that leaves its place as changed: their context changes.
    pub(super) fn leave(
        &self,
        connection: &Connection,
        next_seq: &mut dyn FnMut() -> i64,
    ) -> Result<(), BankError> {
        if self.about.kind == TOOL {
            return Ok(());
        }
        for (comparison, order) in [("<", "DESC"), (">", "ASC")] {
            connection
                .prepare_cached(&format!(
                    "UPDATE document SET seq = ?4 WHERE row IN (
                         SELECT row FROM document WHERE session = ?1 AND deleted = 0 AND kind <> ?5
                         AND (position, id) {comparison} (?2, ?3)
                         ORDER BY position {order}, id {order} LIMIT 2)"
                ))
                .and_then(|mut update| {
                    update.execute((self.session, self.position, &self.id, next_seq(), TOOL))
                })
                .map_err(BankError::store("find a document's neighbours"))?;
        }
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            id: row.get(1)?,
            session: row.get(2)?,
            position: row.get(3)?,
            about: About {
                time: row.get(4)?,
                kind: Cow::Owned(row.get(5)?),
                speaker: Cow::Owned(row.get(6)?),
                project: row.get(7)?,
                record_id: record_id(row, 8)?,
                tool: word(row, 9)?,
                path: word(row, 10)?,
            },
            redaction: row.get(11)?,
            deleted: row.get(12)?,
        })
    }
}

fn word(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Cow<'static, str>>> {
    Ok(row.get::<_, Option<String>>(column)?.map(Cow::Owned))
}

fn record_id(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Cow<'static, str>>> {
    Ok(row.get::<_, Option<RecordId<'_>>>(column)?.map(|id| id.0))
}

/// How the store writes a role.
pub(crate) fn role_number(role: PartRole) -> i64 {
    match role {
        PartRole::Text => 0,
        PartRole::Input => 1,
        PartRole::Output => 2,
        PartRole::Error => 3,
    }
}
