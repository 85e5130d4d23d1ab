//! Brings the index in line with the store, session by session. It reads the store and never writes to it.

use super::content::{self, Analysed};
use super::schema::{self, Fields};
use super::{context, date};
use crate::error::BankError;
use crate::store::text;
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use rusqlite::{Connection, Row};
use std::collections::VecDeque;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexWriter, TantivyDocument};

/// What Tantivy may hold in memory before it writes a segment.
const MEMORY_BYTES: usize = 50_000_000;

/// Stands for an unknown time: what asks for times from some moment on never finds it.
pub(crate) const TIME_UNKNOWN: i64 = i64::MIN;

/// The writer of an index.
pub(crate) struct Writer {
    fields: Fields,
    writer: IndexWriter,
    /// Whether nothing is in the index that a document could replace.
    empty: bool,
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
}

/// The session at hand.
struct Session {
    ord: i64,
    project: i64,
    agent: Agent,
}

/// Analysed messages of the session at hand, by their place among its messages.
#[derive(Default)]
struct Window {
    messages: VecDeque<(usize, Analysed)>,
}

impl Writer {
    /// Opens the index for its one writer.
    ///
    /// `empty`: nothing was committed to it yet.
    pub(crate) fn open(index: &Index, fields: Fields, empty: bool) -> Result<Self, BankError> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(MEMORY_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer =
            index.writer_with_options(options).map_err(BankError::index("open for writing"))?;
        Ok(Self { fields, writer, empty })
    }

    /// Indexes what changed in the store after `from`, and commits with `to` as what is indexed. When it
    /// fails, nothing of it is in the index.
    pub(crate) fn catch_up(
        &mut self,
        connection: &Connection,
        from: u64,
        to: u64,
    ) -> Result<(), BankError> {
        let result = self.index_changes(connection, from).and_then(|()| self.commit(to));
        if result.is_err() {
            self.writer.rollback().map_err(BankError::index("roll back"))?;
        }
        result
    }

    fn commit(&mut self, seq: u64) -> Result<(), BankError> {
        let mut commit = self.writer.prepare_commit().map_err(BankError::index("commit"))?;
        commit.set_payload(&super::payload(seq));
        commit.commit().map_err(BankError::index("commit"))?;
        self.empty = false;
        Ok(())
    }

    fn index_changes(&mut self, connection: &Connection, from: u64) -> Result<(), BankError> {
        let failed = BankError::store;
        let action = "find what changed";
        let mut gone = connection
            .prepare_cached("SELECT row FROM document WHERE seq > ?1 AND deleted = 1")
            .map_err(failed(action))?;
        for row in gone.query_map([from.cast_signed()], |row| row.get(0)).map_err(failed(action))? {
            let row = row.map_err(failed(action))?;
            self.writer.delete_term(schema::row_term(&self.fields, row));
        }
        let mut sessions = connection
            .prepare_cached(
                "SELECT ord, project, agent FROM session WHERE ord IN (
                     SELECT session FROM document WHERE seq > ?1 AND deleted = 0) ORDER BY ord",
            )
            .map_err(failed(action))?;
        let sessions = sessions
            .query_map([from.cast_signed()], |row| {
                Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?))
            })
            .map_err(failed(action))?;
        for session in sessions {
            let (ord, project, agent) = session.map_err(failed(action))?;
            let session = Session {
                ord,
                // No grant holds the project 0.
                project: project.unwrap_or(0),
                agent: agent.parse().map_err(|_| BankError::Corrupt { what: "agent" })?,
            };
            self.index_session(connection, &session, from)?;
        }
        Ok(())
    }

    /// Waits until no segments are being merged, then closes the index.
    pub(crate) fn close(self) -> Result<(), BankError> {
        self.writer.wait_merging_threads().map_err(BankError::index("close"))
    }

    /// Indexes the documents of a session that changed, and the messages around changed messages.
    fn index_session(
        &mut self,
        connection: &Connection,
        session: &Session,
        from: u64,
    ) -> Result<(), BankError> {
        let entries = entries(connection, session.ord, from)?;
        let is_message = |entry: &&Entry| entry.kind != DocumentKind::Tool;
        let messages: Vec<&Entry> = entries.iter().filter(is_message).collect();
        let changed: Vec<bool> = messages.iter().map(|entry| entry.changed).collect();
        let affected = context::affected(&changed);

        for entry in entries.iter().filter(|entry| !is_message(entry) && entry.changed) {
            let body = analyse(connection, entry)?;
            self.add(session, entry, &body, None, entry.time)?;
        }
        let mut window = Window::default();
        for (at, entry) in messages.iter().enumerate().filter(|(at, _)| affected[*at]) {
            let places = context::window(at, messages.len());
            window.advance(connection, &messages, places.clone())?;
            let same_project = |place: &usize| messages[*place].own_project == entry.own_project;
            let mut around = String::new();
            let mut earliest = entry.time;
            for place in places.filter(same_project) {
                if !around.is_empty() {
                    around.push(' ');
                }
                around.push_str(&window.of(place)?.terms);
                earliest = earliest.min(messages[place].time);
            }
            self.add(session, entry, window.of(at)?, Some(around), earliest)?;
        }
        Ok(())
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
        let mut document = TantivyDocument::default();
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
        if !self.empty {
            self.writer.delete_term(schema::row_term(fields, entry.row));
        }
        self.writer.add_document(document).map_err(BankError::index("add a document to"))?;
        Ok(())
    }
}

impl Window {
    /// Analyses the messages at `places` that are not at hand, and forgets those before them.
    fn advance(
        &mut self,
        connection: &Connection,
        messages: &[&Entry],
        places: std::ops::Range<usize>,
    ) -> Result<(), BankError> {
        while self.messages.front().is_some_and(|(place, _)| *place < places.start) {
            self.messages.pop_front();
        }
        let next = self.messages.back().map_or(places.start, |(place, _)| place + 1);
        let missing = next.max(places.start)..places.end;
        for (place, message) in missing.clone().zip(&messages[missing]) {
            self.messages.push_back((place, analyse(connection, message)?));
        }
        Ok(())
    }

    fn of(&self, place: usize) -> Result<&Analysed, BankError> {
        self.messages
            .iter()
            .find(|(at, _)| *at == place)
            .map(|(_, analysed)| analysed)
            .ok_or(BankError::Corrupt { what: "window of messages" })
    }
}

/// The live documents of a session in order.
fn entries(connection: &Connection, session: i64, from: u64) -> Result<Vec<Entry>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached(
            "SELECT row, id, native, kind, speaker, tool, time, project, seq > ?2 FROM document
             WHERE session = ?1 AND deleted = 0 ORDER BY position, id",
        )
        .map_err(failed("read a session"))?;
    let rows = select
        .query_map((session, from.cast_signed()), |row| Ok(Entry::read(row)))
        .map_err(failed("read a session"))?;
    rows.map(|row| row.map_err(failed("read a session"))?).collect()
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
            })
        };
        rest().map_err(BankError::store("read a session"))
    }
}

/// The first eight bytes of an id as a number of the same order.
pub(crate) fn id_high(id: &[u8; 16]) -> u64 {
    id.iter().take(8).fold(0, |high, byte| high << 8 | u64::from(*byte))
}

fn analyse(connection: &Connection, entry: &Entry) -> Result<Analysed, BankError> {
    let parts = text::parts(connection, entry.native, entry.row)?;
    Ok(content::body(entry.kind, entry.speaker, entry.tool.as_deref(), &parts))
}

fn place_in<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|other| other == one).map_or(0, |place| place as u64)
}
