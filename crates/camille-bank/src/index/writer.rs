//! Brings the index in line with the store, session by session. It reads the store and never writes to it.

use super::content::{self, Analysed};
use super::date;
use super::room::{Room, Waiting};
use super::schema::{self, Fields, TIME_UNKNOWN};
use super::window::{REACH, Turn, Window};
use crate::error::BankError;
use crate::store::block::Blocks;
use crate::store::claim::TOOL;
use crate::store::{self, text};
use camille_proto::invariant::Invariant;
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use rusqlite::{Connection, OptionalExtension, Row};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, MergePolicy, NoMergePolicy};
use tantivy::{Index, IndexWriter, TantivyDocument};

/// What Tantivy may hold in memory before it writes a segment.
const MEMORY_BYTES: usize = 50_000_000;

/// What a document takes besides its texts: its numbers and its date.
const NUMBERS_BYTES: usize = 256;

/// A segment with more deleted documents than this share of it is written anew.
const DELETED_SHARE_MAX: f32 = 0.3;

/// The sessions with documents that changed after a change, and from where to where. Left to itself SQLite goes
/// through all documents of the bank for it, because that saves sorting by session.
const CHANGED_SESSIONS: &str = "
    SELECT ord, project, agent, first, last FROM (
        SELECT session, min(position) AS first, max(position) AS last
        FROM document INDEXED BY document_seq WHERE seq > ?1 AND deleted = 0 GROUP BY session
    ) JOIN session ON session.ord = session ORDER BY ord";
/// The documents that were removed after a change.
const GONE: &str = "SELECT row FROM document WHERE seq > ?1 AND deleted = 1";

/// The writer of an index.
pub(crate) struct Writer {
    fields: Fields,
    writer: IndexWriter<Waiting>,
    room: Room,
    /// The store's change up to which documents were added.
    added: u64,
    /// The one up to which they were committed.
    committed: u64,
    /// Whether the index holds just what its last commit says: this writer made it, or there is none. A
    /// failed commit can leave more behind.
    trusted: bool,
}

/// A document of the session at hand.
struct Entry {
    row: i64,
    id_high: u64,
    native: i64,
    kind: DocumentKind,
    speaker: Speaker,
    tool: Option<String>,
    time: i64,
    own_project: i64,
    changed: bool,
    /// Whether it was entered since the index was brought up to date, so that it cannot hold it.
    new: bool,
}

/// The session at hand.
struct Session {
    ord: i64,
    project: i64,
    agent: Agent,
    /// The places of the first and the last document that changed.
    changed: (i64, i64),
}

impl Writer {
    /// Opens the index for its one writer. `committed`: the change that it holds the store up to.
    pub(crate) fn open(index: &Index, fields: Fields, committed: u64) -> Result<Self, BankError> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(MEMORY_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer =
            index.writer_with_options(options).map_err(BankError::index("open for writing"))?;
        writer.set_merge_policy(policy());
        let open = Self {
            fields,
            writer,
            room: Room::default(),
            added: committed,
            committed,
            trusted: committed == 0,
        };
        // A commit that a crash cut short may have left a file under the very name that the next one takes.
        open.collect_garbage()?;
        Ok(open)
    }

    /// Adds what changed in the store since, up to what is there now. Nothing of it is found before
    /// [`Writer::commit`]. When it fails, the index is as it was committed last. `on_progress` hears after
    /// each session how many documents were added.
    pub(crate) fn follow(
        &mut self,
        connection: &Connection,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<(), BankError> {
        // One transaction: what counts as indexed is what was read.
        let transaction =
            connection.unchecked_transaction().map_err(BankError::store("find what changed"))?;
        let stored = store::seq(&transaction)?;
        Invariant::IndexFollowsStore.check(self.added <= stored);
        let result = self.index_changes(&transaction, on_progress);
        drop(transaction);
        match result {
            Ok(()) => self.added = stored,
            Err(error) => {
                self.roll_back()?;
                return Err(error);
            }
        }
        Ok(())
    }

    fn roll_back(&mut self) -> Result<(), BankError> {
        self.added = self.committed;
        self.trusted = false;
        self.writer.rollback().map_err(BankError::index("roll back"))?;
        // It is another writer inside now.
        self.writer.set_merge_policy(policy());
        self.collect_garbage()
    }

    /// Commits what was added. Returns the change up to which the store is indexed.
    pub(crate) fn commit(&mut self) -> Result<u64, BankError> {
        if self.added != self.committed || self.committed == 0 {
            let payload = super::payload(self.added);
            let committed = self.writer.prepare_commit().and_then(|mut commit| {
                commit.set_payload(&payload);
                commit.commit()
            });
            if let Err(error) = committed {
                self.roll_back()?;
                return Err(BankError::index("commit")(error));
            }
            self.trusted = true;
            self.committed = self.added;
        }
        Ok(self.committed)
    }

    /// Writes the segments that hold deleted documents anew, without them. What was not committed is lost
    /// to the index and found in the store again.
    pub(crate) fn without_deleted(self) -> Result<Self, BankError> {
        let failed = BankError::index;
        let Self { fields, writer, committed, .. } = self;
        let index = writer.index().clone();
        // A segment that is being merged can be in no second merge.
        writer.wait_merging_threads().map_err(failed("merge"))?;
        let mut fresh = Self::open(&index, fields, committed)?;
        fresh.writer.set_merge_policy(Box::new(NoMergePolicy));
        for meta in index.searchable_segment_metas().map_err(failed("merge"))? {
            if meta.has_deletes() {
                fresh.writer.merge(&[meta.id()]).wait().map_err(failed("merge"))?;
            }
        }
        fresh.writer.set_merge_policy(policy());
        Ok(fresh)
    }

    /// Removes the files of segments that nothing uses any more.
    pub(crate) fn collect_garbage(&self) -> Result<(), BankError> {
        self.writer
            .garbage_collect_files()
            .wait()
            .map(drop)
            .map_err(BankError::index("remove unused files of"))
    }

    /// Waits until no segments are being merged, then closes the index.
    pub(crate) fn close(self) -> Result<(), BankError> {
        self.writer.wait_merging_threads().map_err(BankError::index("close"))
    }

    fn index_changes(
        &mut self,
        connection: &Connection,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<(), BankError> {
        let failed = BankError::store;
        let action = "find what changed";
        let from = self.added.cast_signed();
        let mut gone = connection.prepare_cached(GONE).map_err(failed(action))?;
        for row in gone.query_map([from], |row| row.get(0)).map_err(failed(action))? {
            let row = row.map_err(failed(action))?;
            self.writer.delete_term(schema::row_term(&self.fields, row));
        }
        let mut sessions = connection.prepare_cached(CHANGED_SESSIONS).map_err(failed(action))?;
        let mut rows = sessions.query([from]).map_err(failed(action))?;
        let mut blocks = Blocks::default();
        let mut added = 0;
        while let Some(row) = rows.next().map_err(failed(action))? {
            let read = || -> rusqlite::Result<(Session, String)> {
                // No grant holds the project 0.
                let project = row.get::<_, Option<i64>>(1)?.unwrap_or(0);
                let changed = (row.get(3)?, row.get(4)?);
                Ok((
                    Session { ord: row.get(0)?, project, agent: Agent::ALL[0], changed },
                    row.get(2)?,
                ))
            };
            let (mut session, agent) = read().map_err(failed(action))?;
            session.agent = agent.parse().map_err(|_| BankError::Corrupt { what: "agent" })?;
            added += self.index_session(connection, &mut blocks, &session)?;
            on_progress(added);
        }
        Ok(())
    }

    /// Indexes the documents of a session that changed, and the messages around changed messages. Returns
    /// how many.
    fn index_session(
        &mut self,
        connection: &Connection,
        blocks: &mut Blocks,
        session: &Session,
    ) -> Result<u64, BankError> {
        let failed = BankError::store;
        let first = edge(connection, session, Side::Before)?;
        let last = edge(connection, session, Side::After)?;
        let mut select = connection
            .prepare_cached(
                "SELECT row, id, native, kind, speaker, tool, time, project, seq > ?2, born > ?2
                 FROM document WHERE session = ?1 AND deleted = 0 AND position BETWEEN ?3 AND ?4
                 ORDER BY position, id",
            )
            .map_err(failed("read a session"))?;
        let mut rows = select
            .query((session.ord, self.added.cast_signed(), first, last))
            .map_err(failed("read a session"))?;
        let mut window = Window::new();
        let mut added = 0;
        while let Some(row) = rows.next().map_err(failed("read a session"))? {
            let entry = Entry::read(row)?;
            if entry.kind == DocumentKind::Tool {
                if entry.changed {
                    let body = analyse(connection, blocks, &entry)?;
                    self.add(session, &entry, &body, None, entry.time)?;
                    added += 1;
                }
            } else if let Some(turn) = window.push(entry) {
                added += self.index_message(connection, blocks, session, turn)?;
            }
        }
        while let Some(turn) = window.finish() {
            added += self.index_message(connection, blocks, session, turn)?;
        }
        Ok(added)
    }

    /// Indexes a message if it or one around it changed.
    fn index_message(
        &self,
        connection: &Connection,
        blocks: &mut Blocks,
        session: &Session,
        mut turn: Turn<'_, Entry>,
    ) -> Result<u64, BankError> {
        if !turn.around().any(|entry| entry.changed) {
            return Ok(0);
        }
        let at = turn.at();
        let all = turn.analysed(|entry| analyse(connection, blocks, entry))?;
        let Some((entry, body)) = all.get(at) else {
            return Err(BankError::Corrupt { what: "window of messages" });
        };
        let mut around = String::new();
        let mut earliest = entry.time;
        for (other, analysed) in all.iter().filter(|(e, _)| e.own_project == entry.own_project) {
            if !around.is_empty() {
                around.push(' ');
            }
            around.push_str(&analysed.terms);
            earliest = earliest.min(other.time);
        }
        self.add(session, entry, body, Some(around), earliest)?;
        Ok(1)
    }

    fn add(
        &self,
        session: &Session,
        entry: &Entry,
        body: &Analysed,
        context: Option<String>,
        context_time: i64,
    ) -> Result<(), BankError> {
        let fields = &self.fields;
        let texts = body.terms.len() + body.stops.len() + context.as_ref().map_or(0, String::len);
        // Growing step by step would copy long texts, and leave up to as much room again unused.
        let mut document = TantivyDocument::with_capacity(texts + NUMBERS_BYTES);
        document.add_text(fields.body, &body.terms);
        document.add_text(fields.stops, &body.stops);
        if let Some(context) = context {
            document.add_text(fields.context, context);
        }
        if let Some(date) = date::tokens(entry.time) {
            document.add_text(fields.date, date);
        }
        document.add_u64(fields.row, entry.row.cast_unsigned());
        document.add_u64(fields.fast.id_high, entry.id_high);
        document.add_u64(fields.fast.session, session.ord.cast_unsigned());
        document.add_u64(fields.fast.project, session.project.cast_unsigned());
        document.add_u64(fields.fast.own_project, entry.own_project.cast_unsigned());
        document.add_u64(fields.fast.kind, place_in(DocumentKind::ALL, &entry.kind));
        document.add_u64(fields.fast.agent, place_in(Agent::ALL, &session.agent));
        document.add_i64(fields.fast.time, entry.time);
        document.add_i64(fields.fast.context_time, context_time);
        if !(entry.new && self.trusted) {
            self.writer.delete_term(schema::row_term(fields, entry.row));
        }
        let waiting = self.room.wait(document, texts);
        self.writer.add_document(waiting).map_err(BankError::index("add a document to"))?;
        Ok(())
    }
}

fn policy() -> Box<dyn MergePolicy> {
    let mut policy = LogMergePolicy::default();
    policy.set_del_docs_ratio_before_merge(DELETED_SHARE_MAX);
    Box::new(policy)
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// From where or up to where a session is read: beyond what changed so far that every message around it is
/// seen among its own neighbours.
fn edge(connection: &Connection, session: &Session, side: Side) -> Result<i64, BankError> {
    let (place, comparison, order, open) = match side {
        Side::Before => (session.changed.0, "<", "DESC", i64::MIN),
        Side::After => (session.changed.1, ">", "ASC", i64::MAX),
    };
    connection
        .prepare_cached(&format!(
            "SELECT position FROM document WHERE session = ?1 AND deleted = 0 AND kind <> '{TOOL}'
             AND position {comparison} ?2 ORDER BY position {order} LIMIT 1 OFFSET {}",
            2 * REACH - 1
        ))
        .and_then(|mut select| {
            select.query_row((session.ord, place), |row| row.get::<_, i64>(0)).optional()
        })
        .map(|found| found.unwrap_or(open))
        .map_err(BankError::store("read a session"))
}

impl Entry {
    fn read(row: &Row<'_>) -> Result<Self, BankError> {
        let fields = || -> rusqlite::Result<_> {
            let id: [u8; 16] = row.get(1)?;
            let kind: String = row.get(3)?;
            let speaker: String = row.get(4)?;
            Ok((id, kind, speaker))
        };
        let (id, kind, speaker) = fields().map_err(BankError::store("read a session"))?;
        let corrupt = |_| BankError::Corrupt { what: "document" };
        let (kind, speaker) = (kind.parse().map_err(corrupt)?, speaker.parse().map_err(corrupt)?);
        let rest = || -> rusqlite::Result<Self> {
            Ok(Self {
                row: row.get(0)?,
                id_high: id_high(&id),
                native: row.get(2)?,
                kind,
                speaker,
                tool: row.get(5)?,
                time: row.get::<_, Option<i64>>(6)?.unwrap_or(TIME_UNKNOWN),
                own_project: row.get(7)?,
                changed: row.get(8)?,
                new: row.get(9)?,
            })
        };
        rest().map_err(BankError::store("read a session"))
    }
}

/// The first eight bytes of an id as a number of the same order.
pub(crate) fn id_high(id: &[u8; 16]) -> u64 {
    id.iter().take(8).fold(0, |high, byte| high << 8 | u64::from(*byte))
}

fn analyse(
    connection: &Connection,
    blocks: &mut Blocks,
    entry: &Entry,
) -> Result<Analysed, BankError> {
    let parts = match text::parts(connection, blocks, entry.native, entry.row) {
        // One damaged text must not keep all that comes later from being found.
        Err(BankError::Corrupt { what }) => {
            tracing::warn!(row = entry.row, what, "a document cannot be read and is indexed empty");
            Vec::new()
        }
        parts => parts?,
    };
    Ok(content::body(entry.kind, entry.speaker, entry.tool.as_deref(), &parts))
}

fn place_in<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|other| other == one).map_or(0, |place| place as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn finding_what_changed_goes_through_no_table() {
        let dir = tempfile::tempdir().unwrap();
        let connection = store::open(dir.path()).unwrap();
        connection
            .execute_batch(
                "INSERT INTO project VALUES (1, 'p');
                 INSERT INTO session (ord, agent, key, project_time, first_time)
                     VALUES (1, 'codex', 's', 0, 0), (2, 'codex', 't', 0, 0);
                 INSERT INTO native (ord, agent, key) VALUES (1, 'codex', 'n');
                 WITH RECURSIVE number (n) AS
                     (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 500)
                 INSERT INTO document (id, native, session, position, kind, speaker, project,
                     content_hash, redaction, seq)
                 SELECT n, 1, 1 + n % 2, n, 'message', 'person', 1, x'', 0, n FROM number;",
            )
            .unwrap();
        for (statement, expected) in [(CHANGED_SESSIONS, 2), (GONE, 0)] {
            let mut statement = connection.prepare(statement).unwrap();
            let found = statement.query_map([490], |_| Ok(())).unwrap().count();
            assert_eq!(found, expected);
            // What changed is gone through twice at most: to group it, and to join the groups.
            let steps = statement.get_status(StatementStatus::FullscanStep);
            assert!(steps <= 10, "{steps} steps");
        }
    }
}
