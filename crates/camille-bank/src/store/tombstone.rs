//! What must never come back: checked before every insert. It holds hashes, never a name or a text.

use super::former;
use super::trace::{part_trace, text_hash};
use crate::batch::{FileBatch, Part, SessionUpdate};
use crate::error::BankError;
use camille_proto::id::{DocumentId, SessionKey};
use camille_proto::vocabulary::Agent;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashSet;

/// The tombstones that can matter to one batch.
#[derive(Default)]
pub(super) struct Tombstones {
    sessions: HashSet<Vec<u8>>,
    projects: HashSet<Vec<u8>>,
    documents: bool,
    titles: bool,
    traces: bool,
    /// Until when names were given as builds before did, if any of what they named is forgotten.
    former_until: Option<i64>,
}

/// A kind of tombstone as the store writes it.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Document,
    Session,
    Project,
    /// A title that told of a forgotten document.
    Title,
    /// What a copy of a forgotten document has in common with it.
    Trace,
    /// A document by what builds before took for its name.
    Former,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Session => "session",
            Self::Project => "project",
            Self::Title => "title",
            Self::Trace => "trace",
            Self::Former => "former",
        }
    }
}

/// Why a part stays away: it repeats what is forgotten.
#[derive(Clone, Copy)]
pub(super) struct Repeated {
    /// The session whose document that was, if it is known.
    pub(super) session: Option<SessionKey>,
}

impl Tombstones {
    /// Reads them.
    pub(super) fn load(connection: &Connection) -> Result<Self, BankError> {
        let failed = BankError::store;
        let all = |kind: Kind| -> rusqlite::Result<HashSet<Vec<u8>>> {
            connection
                .prepare_cached("SELECT id FROM tombstone WHERE kind = ?1")?
                .query_map([kind.word()], |row| row.get(0))?
                .collect()
        };
        let any = |kind: Kind| -> rusqlite::Result<bool> {
            connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstone WHERE kind = ?1)")?
                .query_row([kind.word()], |row| row.get(0))
        };
        let read = || -> rusqlite::Result<Self> {
            Ok(Self {
                sessions: all(Kind::Session)?,
                projects: all(Kind::Project)?,
                documents: any(Kind::Document)?,
                titles: any(Kind::Title)?,
                traces: any(Kind::Trace)?,
                former_until: if any(Kind::Former)? {
                    Some(former::until(connection)?)
                } else {
                    None
                },
            })
        };
        read().map_err(failed("read what is forgotten"))
    }

    /// Whether the session or the project of a part is forgotten.
    pub(super) fn covers_session_of(&self, part: &Part) -> bool {
        let session = |name: &str| self.has_session(part.agent, name);
        session(&part.session)
            || part.parent_session.as_deref().is_some_and(session)
            || self.has_project(&part.project)
            || self.has_project(&part.own_project)
    }

    /// Whether a part must not come back, and why.
    pub(super) fn covers(
        &self,
        connection: &Connection,
        part: &Part,
    ) -> Result<Option<Repeated>, BankError> {
        let keys = [Some(&part.native_key), part.copy_of.as_ref()];
        for key in keys.into_iter().flatten().filter(|_| self.documents) {
            let id = DocumentId::of_native_key(part.agent.as_str(), key);
            if let Some(repeated) = find(connection, Kind::Document, id.as_bytes())? {
                return Ok(Some(repeated));
            }
        }
        // A name that comes again is another thing's by now.
        let time = part.timestamp.map(Timestamp::as_millisecond);
        if self.former_until.is_some_and(|until| time.is_none_or(|time| time <= until)) {
            let key = part.former_key.as_deref().unwrap_or(&part.native_key);
            let id = DocumentId::of_native_key(part.agent.as_str(), key);
            if let Some(repeated) = find(connection, Kind::Former, id.as_bytes())? {
                return Ok(Some(repeated));
            }
        }
        if self.traces
            && let Some(trace) = part_trace(part, &text_hash(&part.text))
            && let Some(repeated) = find(connection, Kind::Trace, &trace)?
        {
            return Ok(Some(repeated));
        }
        Ok(self.covers_session_of(part).then_some(Repeated { session: None }))
    }

    /// Takes a copy's own name among what is forgotten: what bears that name later, a call's result or the rest of
    /// a reply, belongs to what is forgotten and shows no sign of it itself.
    pub(super) fn extend(
        &self,
        connection: &Connection,
        part: &Part,
        repeated: Repeated,
    ) -> Result<(), BankError> {
        if self.covers_session_of(part) {
            return Ok(());
        }
        let id = DocumentId::of_native_key(part.agent.as_str(), &part.native_key);
        let seq = super::seq(connection)?.cast_signed();
        set_of(connection, Kind::Document, id.as_bytes(), repeated.session, seq)
    }

    /// Whether what a line says of a session must not come back.
    pub(super) fn covers_update(&self, update: &SessionUpdate) -> bool {
        let session = |name: &str| self.has_session(update.agent, name);
        session(&update.session)
            || update.parent.as_deref().is_some_and(session)
            || update.project.as_deref().is_some_and(|project| self.has_project(project))
    }

    /// Whether a title told of what is forgotten.
    pub(super) fn covers_title(
        &self,
        connection: &Connection,
        title: &str,
    ) -> Result<bool, BankError> {
        Ok(self.titles && exists(connection, Kind::Title, &title_id(title))?)
    }

    /// Whether the batch holds anything of a forgotten session or project. What its reader remembers may
    /// then tell of it too.
    pub(super) fn covers_some_of(&self, batch: &FileBatch) -> bool {
        if self.sessions.is_empty() && self.projects.is_empty() {
            return false;
        }
        batch.sessions.iter().any(|update| self.covers_update(update))
            || batch
                .lines
                .iter()
                .flat_map(|line| &line.parts)
                .any(|part| self.covers_session_of(part))
    }

    fn has_session(&self, agent: Agent, name: &str) -> bool {
        !self.sessions.is_empty()
            && self
                .sessions
                .contains(SessionKey::of_name(agent.as_str(), name).as_bytes().as_slice())
    }

    /// Whether a project is forgotten.
    pub(super) fn has_project(&self, id: &str) -> bool {
        !self.projects.is_empty() && self.projects.contains(project_id(id).as_slice())
    }
}

/// Sets a tombstone.
pub(super) fn set(
    connection: &Connection,
    kind: Kind,
    id: &[u8],
    seq: i64,
) -> Result<(), BankError> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO tombstone (kind, id, seq) VALUES (?1, ?2, ?3)")
        .and_then(|mut insert| insert.execute((kind.word(), id, seq)))
        .map(|_| ())
        .map_err(BankError::store("remember what is forgotten"))
}

/// Sets the tombstone of something of this session.
pub(super) fn set_of(
    connection: &Connection,
    kind: Kind,
    id: &[u8],
    session: Option<SessionKey>,
    seq: i64,
) -> Result<(), BankError> {
    set(connection, kind, id, seq)?;
    let Some(session) = session else { return Ok(()) };
    connection
        .prepare_cached("UPDATE tombstone SET session = ?3 WHERE kind = ?1 AND id = ?2")
        .and_then(|mut update| update.execute((kind.word(), id, session.as_bytes())))
        .map(|_| ())
        .map_err(BankError::store("remember what is forgotten"))
}

/// The tombstone that stands for something.
fn find(connection: &Connection, kind: Kind, id: &[u8]) -> Result<Option<Repeated>, BankError> {
    let session: Option<Option<[u8; 8]>> = connection
        .prepare_cached("SELECT session FROM tombstone WHERE kind = ?1 AND id = ?2")
        .and_then(|mut select| select.query_row((kind.word(), id), |row| row.get(0)).optional())
        .map_err(BankError::store("read what is forgotten"))?;
    Ok(session.map(|session| Repeated { session: session.map(SessionKey::from_bytes) }))
}

/// Whether there is such a tombstone.
pub(super) fn exists(connection: &Connection, kind: Kind, id: &[u8]) -> Result<bool, BankError> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstone WHERE kind = ?1 AND id = ?2)")
        .and_then(|mut select| select.query_row((kind.word(), id), |row| row.get(0)))
        .map_err(BankError::store("read what is forgotten"))
}

/// What stands for a project.
pub(super) fn project_id(id: &str) -> [u8; 16] {
    first_16(blake3::Hasher::new_derive_key("camille 2026 forgotten project").update(id.as_bytes()))
}

/// What stands for a title, whichever session bears it: one that replays another has the same.
pub(super) fn title_id(title: &str) -> [u8; 16] {
    first_16(
        blake3::Hasher::new_derive_key("camille 2026 forgotten title").update(title.as_bytes()),
    )
}

/// The shortest title that is taken for a part of a text it was made from, in characters.
const TITLE_CHARS_MIN: usize = 4;

/// Whether a title is a beginning or a piece of a text, whatever the spaces.
pub(super) fn is_made_from(title: &str, text: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let title = words(title.trim_end_matches(['…', '.']));
    title.chars().count() >= TITLE_CHARS_MIN && words(text).contains(&title)
}

fn first_16(hasher: &blake3::Hasher) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    id
}
