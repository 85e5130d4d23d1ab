//! What is true of a session whatever becomes of its documents: which places it touched, where it ran, whether
//! it is private, and with which sessions it is one conversation. Forgetting, ignoring and compacting leave
//! these rows: they only ever keep something back. Of what is forgotten they keep hashes.

mod carry;
pub(crate) mod copied;
mod derive;
mod lost;
mod record;

pub use carry::begin_from;
pub(super) use derive::step;
pub(crate) use lost::lost;

use super::tombstone::{self, Tombstones};
use crate::batch::{Part, SessionUpdate, Silent, Touch, Touching};
use crate::error::BankError;
use camille_proto::id::SessionKey;
use camille_proto::vocabulary::Agent;
use foldhash::{HashMap, HashSet};
use jiff::Timestamp;
use record::Records;
use rusqlite::{Connection, ToSql};
use std::collections::BTreeMap;

/// The fourth schema's tables. `session`: [`SessionKey`], so that a row outlives the session's own and names
/// nobody.
const TABLES: &str = "
    -- The first touch of each place is enough to hold a session, and to say why; having been there itself says
    -- more than any other. mark: what stands for the place; project and path are empty once the session or the
    -- place is forgotten.
    CREATE TABLE touched (
        session BLOB NOT NULL,
        mark BLOB NOT NULL,
        project TEXT NOT NULL,
        how TEXT NOT NULL,
        path TEXT NOT NULL,
        time INTEGER,
        PRIMARY KEY (session, mark)
    ) WITHOUT ROWID;
    CREATE INDEX touched_mark ON touched (mark);

    CREATE TABLE kin (
        session BLOB NOT NULL,
        other BLOB NOT NULL,
        PRIMARY KEY (session, other)
    ) WITHOUT ROWID;

    -- record: what stands for a record that the session's records follow and that was not seen yet.
    CREATE TABLE follows (
        record BLOB NOT NULL,
        session BLOB NOT NULL,
        PRIMARY KEY (record, session)
    ) WITHOUT ROWID;

    -- What stands for each record of a session, end to end, by pieces of its file.
    CREATE TABLE holding (
        session BLOB NOT NULL,
        piece INTEGER NOT NULL,
        records BLOB NOT NULL,
        PRIMARY KEY (session, piece)
    ) WITHOUT ROWID;

    -- Sessions whose person said that they are private.
    CREATE TABLE secluded (session BLOB PRIMARY KEY) WITHOUT ROWID;

    -- What stands for each path at which a session did something, and for each directory above that; and for each
    -- directory of which it read all.
    CREATE TABLE inside (
        directory BLOB NOT NULL,
        session BLOB NOT NULL,
        PRIMARY KEY (directory, session)
    ) WITHOUT ROWID;

    -- Other names of a project: one denied name denies it.
    CREATE TABLE alias (
        project TEXT NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (project, name)
    ) WITHOUT ROWID;

    -- Whose document is forgotten: what repeats it is of the same conversation.
    ALTER TABLE tombstone ADD COLUMN session BLOB;

    -- Counts every new fact: what a grant sees may change with each.
    INSERT INTO meta VALUES ('facts', 0);
";

/// What stands for a place. It outlives the place's name.
pub(crate) type Mark = [u8; 16];

/// What stands for a place, by its project id.
pub(crate) fn mark(project: &str) -> Mark {
    tombstone::project_id(project)
}

/// What stands for a place, also for a directory by which sessions are denied: a release names what it covers so.
#[must_use]
pub fn place_mark(place: &str) -> [u8; 16] {
    mark(place)
}

/// The facts of one batch, each written once.
pub(super) struct Facts<'c, 'b> {
    connection: &'c Connection,
    keys: HashMap<(Agent, &'b str), SessionKey>,
    touched: HashSet<(SessionKey, &'b str)>,
    inside: HashSet<(SessionKey, record::Small)>,
    /// By session and piece of the file.
    records: BTreeMap<(SessionKey, i64), Records>,
    /// When each session was.
    lived: HashMap<SessionKey, (i64, i64)>,
    changed: bool,
}

impl<'c, 'b> Facts<'c, 'b> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            keys: HashMap::default(),
            touched: HashSet::default(),
            inside: HashSet::default(),
            records: BTreeMap::new(),
            lived: HashMap::default(),
            changed: false,
        }
    }

    /// Keeps what a part tells, of itself and of its session. `forgotten`: nothing of it may be named.
    pub(super) fn part(&mut self, part: &'b Part, forgotten: bool) -> Result<(), BankError> {
        let session = self.key(part.agent, &part.session);
        self.lived(session, part.timestamp);
        if self.touched.insert((session, &part.own_project)) {
            let touch = Touch {
                project: part.own_project.clone(),
                how: Touching::There,
                path: String::new(),
                time: part.timestamp,
            };
            self.touch(session, &touch, forgotten)?;
        }
        if let Some(directory) = part.directory.as_deref() {
            self.inside(session, directory)?;
        }
        if let Some(parent) = part.parent_session.as_deref() {
            let parent = self.key(part.agent, parent);
            self.kin(session, parent)?;
        }
        if let Some(record) = part.record_id.as_deref() {
            let piece = record::piece(part.position);
            self.records.entry((session, piece)).or_default().add(record);
        }
        Ok(())
    }

    /// Keeps that a session holds a record which no part tells of.
    pub(super) fn silent(&mut self, silent: &'b Silent) {
        let session = self.key(silent.agent, &silent.session);
        let piece = record::piece(silent.position);
        self.records.entry((session, piece)).or_default().add(&silent.record);
    }

    /// Keeps what an update says. `forgotten`: nothing of it may be named.
    pub(super) fn update(
        &mut self,
        update: &'b SessionUpdate,
        tombstones: &Tombstones,
        forgotten: bool,
    ) -> Result<(), BankError> {
        let session = self.key(update.agent, &update.session);
        for touch in &update.touched {
            self.touch(session, touch, forgotten || tombstones.has_project(&touch.project))?;
            if touch.path.starts_with('/') {
                self.inside(session, &touch.path)?;
            }
        }
        for path in &update.inside {
            self.inside(session, path)?;
        }
        for directory in &update.walked {
            self.note_inside(session, record::walked(directory))?;
        }
        if !update.inside.is_empty() {
            self.lived(session, update.at);
        }
        for copied in &update.copied {
            self.changed |= copied::note(self.connection, session, copied)?;
        }
        for renewed in &update.renewed {
            self.changed |= copied::note_renewed(self.connection, session, renewed)?;
        }
        if update.private {
            self.write("INSERT OR IGNORE INTO secluded VALUES (?1)", &[&session.as_bytes()])?;
        }
        for other in update.kin.iter().chain(&update.parent) {
            let other = self.key(update.agent, other);
            self.kin(session, other)?;
        }
        for record in &update.follows {
            let record = record::mark(record);
            let new = self.write(
                "INSERT OR IGNORE INTO follows VALUES (?1, ?2)",
                &[&record, &session.as_bytes()],
            )?;
            if new {
                for holder in record::holders(self.connection, record)? {
                    self.kin(session, holder)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps that a part's session repeats a document of a session that is forgotten.
    pub(super) fn repeats(&mut self, part: &'b Part, session: SessionKey) -> Result<(), BankError> {
        let own = self.key(part.agent, &part.session);
        self.kin(own, session)
    }

    /// Writes what was gathered.
    pub(super) fn finish(mut self) -> Result<(), BankError> {
        let mut linked = Vec::new();
        let awaited = record::awaited(self.connection)?;
        let is_awaited = |record: &record::Small| {
            awaited.as_ref().is_none_or(|awaited| awaited.contains(record))
        };
        for ((session, piece), records) in std::mem::take(&mut self.records) {
            let new = records.keep(self.connection, session, piece)?;
            for record in new.into_iter().filter(is_awaited) {
                let followers = record::followers(self.connection, record)?;
                linked.extend(followers.into_iter().map(|follower| (follower, session)));
            }
        }
        for (session, other) in linked {
            self.kin(session, other)?;
        }
        for (session, lived) in std::mem::take(&mut self.lived) {
            self.changed |= copied::note_lived(self.connection, session, lived)?;
        }
        if self.changed { count(self.connection) } else { Ok(()) }
    }

    /// A session was at this moment; without one it may have been at any.
    fn lived(&mut self, session: SessionKey, at: Option<Timestamp>) {
        let at = at.map(Timestamp::as_millisecond);
        let (from, to) = (at.unwrap_or(i64::MIN), at.unwrap_or(i64::MAX));
        let lived = self.lived.entry(session).or_insert((from, to));
        *lived = (lived.0.min(from), lived.1.max(to));
    }

    fn key(&mut self, agent: Agent, name: &'b str) -> SessionKey {
        *self.keys.entry((agent, name)).or_insert_with(|| SessionKey::of_name(agent.as_str(), name))
    }

    fn touch(
        &mut self,
        session: SessionKey,
        touch: &Touch,
        forgotten: bool,
    ) -> Result<(), BankError> {
        let mark = mark(&touch.project);
        let nameless = forgotten || is_scrubbed(self.connection, session)?;
        let (project, path) =
            if nameless { ("", "") } else { (touch.project.as_str(), touch.path.as_str()) };
        let time = touch.time.map(Timestamp::as_millisecond);
        // What is only more precise about a place that was touched already changes nothing for anybody.
        let known = self
            .connection
            .prepare_cached(
                "SELECT 1 FROM touched WHERE session = ?1 AND mark = ?2
                 AND (how = 'there' OR ?3 = 'fetched' OR (how <> 'fetched' AND ?3 <> 'there'))",
            )
            .and_then(|mut select| select.exists((session.as_bytes(), mark, touch.how.as_str())))
            .map_err(BankError::store("read what a session touched"))?;
        self.connection
            .prepare_cached(
                "INSERT INTO touched VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET how = excluded.how, path = excluded.path,
                 time = excluded.time
                 WHERE touched.project <> '' AND excluded.project <> ''
                 AND (how = 'there') - (how = 'fetched')
                     <= (excluded.how = 'there') - (excluded.how = 'fetched')
                 AND ((how = 'there') - (how = 'fetched')
                         < (excluded.how = 'there') - (excluded.how = 'fetched')
                     OR excluded.time < time OR (path = '' AND excluded.path <> ''))",
            )
            .and_then(|mut insert| {
                let how = touch.how.as_str();
                insert.execute((session.as_bytes(), mark, project, how, path, time))
            })
            .map_err(BankError::store("note what a session touched"))?;
        if !known {
            self.changed = true;
            if !project.is_empty() {
                // So that the rules are asked about it, too.
                self.connection
                    .prepare_cached("INSERT OR IGNORE INTO project (id) VALUES (?1)")
                    .and_then(|mut insert| insert.execute([project]))
                    .map_err(BankError::store("enter a project"))?;
            }
        }
        Ok(())
    }

    /// What is inside a directory is inside those above: the first that is known is where it ends.
    fn inside(&mut self, session: SessionKey, path: &str) -> Result<(), BankError> {
        for directory in record::directories(path) {
            if !self.note_inside(session, directory)? {
                break;
            }
        }
        Ok(())
    }

    /// Returns whether this batch says it for the first time.
    fn note_inside(
        &mut self,
        session: SessionKey,
        directory: record::Small,
    ) -> Result<bool, BankError> {
        let first = self.inside.insert((session, directory));
        if first {
            self.write(
                "INSERT OR IGNORE INTO inside VALUES (?1, ?2)",
                &[&directory, &session.as_bytes()],
            )?;
        }
        Ok(first)
    }

    fn kin(&mut self, session: SessionKey, other: SessionKey) -> Result<(), BankError> {
        self.changed |= note_kin(self.connection, session, other)?;
        Ok(())
    }

    fn write(&mut self, sql: &str, parameters: &[&dyn ToSql]) -> Result<bool, BankError> {
        let new = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut insert| insert.execute(parameters))
            .map_err(BankError::store("note what is true of a session"))?
            > 0;
        self.changed |= new;
        Ok(new)
    }
}

/// Keeps that two sessions are one conversation. Returns whether that is new.
fn note_kin(
    connection: &Connection,
    session: SessionKey,
    other: SessionKey,
) -> Result<bool, BankError> {
    if session == other {
        return Ok(false);
    }
    let (one, two) = (session.min(other), session.max(other));
    connection
        .prepare_cached("INSERT OR IGNORE INTO kin VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute((one.as_bytes(), two.as_bytes())))
        .map(|rows| rows > 0)
        .map_err(BankError::store("note what a session follows"))
}

/// Keeps that two sessions, by their names, hold the same record.
pub(super) fn note_shared(
    connection: &Connection,
    agent: Agent,
    session: &str,
    other: &str,
) -> Result<(), BankError> {
    let key = |name| SessionKey::of_name(agent.as_str(), name);
    if note_kin(connection, key(session), key(other))? { count(connection) } else { Ok(()) }
}

/// Keeps another name of a project.
pub(super) fn note_name(
    connection: &Connection,
    project: &str,
    name: &str,
) -> Result<(), BankError> {
    let new = connection
        .prepare_cached("INSERT OR IGNORE INTO alias VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute((project, name)))
        .map_err(BankError::store("keep a project's name"))?;
    if new > 0 { count(connection) } else { Ok(()) }
}

/// Takes the names out of what a session touched that is forgotten. What it touched holds on.
pub(super) fn scrub_session(
    connection: &Connection,
    session: SessionKey,
) -> Result<bool, BankError> {
    connection
        .prepare_cached(
            "UPDATE touched SET project = '', path = '', time = NULL WHERE session = ?1",
        )
        .and_then(|mut update| update.execute([session.as_bytes()]))
        .map(|rows| rows > 0)
        .map_err(BankError::store("forget"))
}

/// Takes the name of a forgotten project out of what sessions touched. They have touched it all the same.
pub(super) fn scrub_project(connection: &Connection, project: &str) -> Result<bool, BankError> {
    let failed = BankError::store;
    let touched = connection
        .execute("UPDATE touched SET project = '', path = '' WHERE mark = ?1", [mark(project)])
        .map_err(failed("forget"))?;
    let names = connection
        .execute("DELETE FROM alias WHERE project = ?1", [project])
        .map_err(failed("forget"))?;
    Ok(touched + names > 0)
}

/// How many sessions keep the name of a project that they touched.
pub(super) fn named(connection: &Connection, project: &str) -> Result<u64, BankError> {
    connection
        .query_row(
            "SELECT count(*) FROM touched WHERE mark = ?1 AND project <> ''",
            [mark(project)],
            |row| row.get::<_, i64>(0),
        )
        .map(i64::cast_unsigned)
        .map_err(BankError::store("read what sessions touched"))
}

/// How many facts were ever noted.
pub(crate) fn counted(connection: &Connection) -> Result<i64, BankError> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE key = 'facts'")
        .and_then(|mut select| select.query_row([], |row| row.get(0)))
        .map_err(BankError::store("read what is true of sessions"))
}

/// What stands for a directory by which sessions may be denied.
pub(crate) fn directory(path: &str) -> [u8; 8] {
    record::directory(path)
}

/// What stands for the directories of which a session that read all has read this one, too.
pub(crate) fn walks_of(path: &str) -> Vec<[u8; 8]> {
    record::above(path).map(record::walked).collect()
}

/// Notes that a fact is new.
pub(crate) fn count(connection: &Connection) -> Result<(), BankError> {
    connection
        .prepare_cached("UPDATE meta SET value = value + 1 WHERE key = 'facts'")
        .and_then(|mut update| update.execute([]))
        .map(|_| ())
        .map_err(BankError::store("note what is true of a session"))
}

/// Whether a session is forgotten, so that none of its places may be named.
fn is_scrubbed(connection: &Connection, session: SessionKey) -> Result<bool, BankError> {
    tombstone::exists(connection, tombstone::Kind::Session, session.as_bytes())
}
