//! Sessions and projects while a batch is taken in: found, made and brought up to date. Which facts win
//! depends on the facts alone, not on when they were read.

use super::tombstone::{Tombstones, is_made_from};
use crate::batch::{Part, SessionUpdate, TitleRank};
use crate::error::BankError;
use camille_proto::vocabulary::Agent;
use foldhash::HashMap;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

/// Stands for an unknown time where the earliest counts.
pub(super) const NEVER: i64 = i64::MAX;

/// Every session and project that the batch touches.
pub(super) struct Directory<'c> {
    connection: &'c Connection,
    file: i64,
    projects: HashMap<String, i64>,
    by_key: HashMap<(Agent, String), i64>,
    sessions: HashMap<i64, Session>,
    /// Sessions that turned out to begin earlier than was known.
    pub(super) earlier: Vec<i64>,
    /// Sessions that turned out to belong to another project.
    pub(super) moved: Vec<i64>,
}

/// A session as it is now.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// As its agent names it.
    pub(super) key: String,
    /// Its first time in milliseconds, or [`NEVER`].
    pub(super) first_time: i64,
    pub(super) project: Option<i64>,
    project_time: i64,
}

/// What all parts and updates of a batch say about one session.
#[derive(Default)]
struct Facts<'a> {
    first_time: Option<i64>,
    project: Option<(i64, &'a str)>,
    parent: Option<&'a str>,
}

impl<'c> Directory<'c> {
    /// With nothing looked up yet.
    pub(super) fn empty(connection: &'c Connection) -> Self {
        Self {
            connection,
            file: 0,
            projects: HashMap::default(),
            by_key: HashMap::default(),
            sessions: HashMap::default(),
            earlier: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// Brings all sessions of the parts and updates up to date. `forgotten_texts`: what stood in the batch
    /// and must not come back, not as a title either.
    pub(super) fn of(
        connection: &'c Connection,
        file: i64,
        tombstones: &Tombstones,
        forgotten_texts: &[&str],
        updates: &[&SessionUpdate],
        parts: &[&Part],
    ) -> Result<Self, BankError> {
        let mut directory = Self { file, ..Self::empty(connection) };
        let mut facts: HashMap<(Agent, &str), Facts<'_>> = HashMap::default();
        for update in updates {
            facts.entry((update.agent, &update.session)).or_default().add(
                update.timestamp,
                update.project.as_deref(),
                update.parent.as_deref(),
            );
        }
        for part in parts {
            facts.entry((part.agent, &part.session)).or_default().add(
                part.timestamp,
                Some(&part.project),
                part.parent_session.as_deref(),
            );
        }
        for ((agent, key), facts) in facts {
            directory.learn(agent, key, &facts)?;
        }
        for update in updates {
            directory.describe(update, tombstones, forgotten_texts)?;
        }
        Ok(directory)
    }

    /// The session of a part.
    pub(super) fn session_of(&self, agent: Agent, key: &str) -> Result<i64, BankError> {
        // The key is owned only because a borrowed pair cannot be looked up.
        self.by_key
            .get(&(agent, key.to_owned()))
            .copied()
            .ok_or(BankError::Corrupt { what: "session of a part" })
    }

    /// A session by its row.
    pub(super) fn session(&mut self, ord: i64) -> Result<&Session, BankError> {
        if !self.sessions.contains_key(&ord) {
            let session = self
                .connection
                .prepare_cached(
                    "SELECT key, first_time, project, project_time FROM session WHERE ord = ?1",
                )
                .and_then(|mut select| select.query_row([ord], Session::read))
                .map_err(BankError::store("read a session"))?;
            self.sessions.insert(ord, session);
        }
        self.sessions.get(&ord).ok_or(BankError::Corrupt { what: "session" })
    }

    /// The project with this id, made if it is new.
    pub(super) fn project(&mut self, id: &str) -> Result<i64, BankError> {
        if let Some(known) = self.projects.get(id) {
            return Ok(*known);
        }
        let failed = BankError::store;
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO project (id) VALUES (?1)")
            .and_then(|mut insert| insert.execute([id]))
            .map_err(failed("enter a project"))?;
        let ord = self
            .connection
            .prepare_cached("SELECT ord FROM project WHERE id = ?1")
            .and_then(|mut select| select.query_row([id], |row| row.get(0)))
            .map_err(failed("enter a project"))?;
        self.projects.insert(id.to_owned(), ord);
        Ok(ord)
    }

    fn learn(&mut self, agent: Agent, key: &str, facts: &Facts<'_>) -> Result<(), BankError> {
        let failed = BankError::store;
        let made = self
            .connection
            .prepare_cached(
                "INSERT OR IGNORE INTO session (agent, key, project_time, first_time)
                 VALUES (?1, ?2, ?3, ?3)",
            )
            .and_then(|mut insert| insert.execute((agent.as_str(), key, NEVER)))
            .map_err(failed("enter a session"))?
            > 0;
        let (ord, mut session) = self
            .connection
            .prepare_cached(
                "SELECT key, first_time, project, project_time, ord FROM session
                 WHERE agent = ?1 AND key = ?2",
            )
            .and_then(|mut select| {
                select.query_row((agent.as_str(), key), |row| {
                    Ok((row.get::<_, i64>(4)?, Session::read(row)?))
                })
            })
            .map_err(failed("read a session"))?;
        if let Some(time) = facts.first_time
            && time < session.first_time
        {
            session.first_time = time;
            if !made {
                self.earlier.push(ord);
            }
        }
        if let Some((time, id)) = facts.project {
            let project = self.project(id)?;
            let wins = match session.project {
                None => true,
                Some(known) if known == project => {
                    session.project_time = session.project_time.min(time);
                    false
                }
                // Of two directories at one time the name decides, so that order does not.
                Some(known) => {
                    (time, id) < (session.project_time, self.project_id(known)?.as_str())
                }
            };
            if wins {
                if session.project.is_some() {
                    self.moved.push(ord);
                }
                session.project = Some(project);
                session.project_time = time;
            }
        }
        self.connection
            .prepare_cached(
                "UPDATE session SET first_time = ?2, project = ?3, project_time = ?4,
                 parent = coalesce(?5, parent) WHERE ord = ?1",
            )
            .and_then(|mut update| {
                update.execute((
                    ord,
                    session.first_time,
                    session.project,
                    session.project_time,
                    facts.parent,
                ))
            })
            .map_err(failed("update a session"))?;
        self.by_key.insert((agent, key.to_owned()), ord);
        self.sessions.insert(ord, session);
        Ok(())
    }

    fn describe(
        &self,
        update: &SessionUpdate,
        tombstones: &Tombstones,
        forgotten_texts: &[&str],
    ) -> Result<(), BankError> {
        let failed = BankError::store;
        let ord = self.session_of(update.agent, &update.session)?;
        if update.remote.is_some() || update.branch.is_some() || update.pull_request.is_some() {
            self.connection
                .prepare_cached(
                    "UPDATE session SET remote = coalesce(?2, remote),
                     branch = coalesce(?3, branch), pull_request = coalesce(?4, pull_request)
                     WHERE ord = ?1",
                )
                .and_then(|mut change| {
                    change.execute((ord, &update.remote, &update.branch, &update.pull_request))
                })
                .map_err(failed("update a session"))?;
        }
        if update.private {
            self.connection
                .prepare_cached("UPDATE session SET private = 1 WHERE ord = ?1")
                .and_then(|mut change| change.execute([ord]))
                .map_err(failed("update a session"))?;
        }
        let Some((rank, title)) = &update.title else { return Ok(()) };
        let time = update.timestamp.map(Timestamp::as_millisecond);
        let forgotten = tombstones.covers_title(self.connection, title)?
            || forgotten_texts.iter().any(|text| is_made_from(title, text));
        if !forgotten && self.is_better_title(ord, *rank, time)? {
            self.connection
                .prepare_cached(
                    "UPDATE session SET title = ?2, title_rank = ?3, title_time = ?4,
                     title_file = ?5 WHERE ord = ?1",
                )
                .and_then(|mut change| {
                    change.execute((ord, title, rank_number(*rank), time, self.file))
                })
                .map_err(failed("update a session"))?;
        }
        Ok(())
    }

    /// Whether a title of this rank and time beats the one the session has: by rank; then the earliest
    /// first prompt, and of the others the latest. Within one file the order of its lines decides, and
    /// between files the time, then the file's name.
    fn is_better_title(
        &self,
        session: i64,
        rank: TitleRank,
        time: Option<i64>,
    ) -> Result<bool, BankError> {
        type Known = (i64, Option<i64>, Option<i64>, Option<String>);
        let (known_rank, known_time, known_file, known_path): Known = self
            .connection
            .prepare_cached(
                "SELECT title_rank, title_time, title_file, path FROM session
                 LEFT JOIN file ON file.ord = title_file WHERE session.ord = ?1",
            )
            .and_then(|mut select| {
                select.query_row([session], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
            })
            .map_err(BankError::store("read a session"))?;
        if known_rank != rank_number(rank) {
            return Ok(rank_number(rank) > known_rank);
        }
        let first = rank == TitleRank::FirstPrompt;
        if known_file == Some(self.file) {
            return Ok(!first);
        }
        let path: Option<String> = self
            .connection
            .prepare_cached("SELECT path FROM file WHERE ord = ?1")
            .and_then(|mut select| select.query_row([self.file], |row| row.get(0)).optional())
            .map_err(BankError::store("read a session"))?;
        Ok(if first {
            (time.unwrap_or(NEVER), path) < (known_time.unwrap_or(NEVER), known_path)
        } else {
            (time, path) > (known_time, known_path)
        })
    }

    /// A project's id by its row.
    pub(super) fn project_id(&self, ord: i64) -> Result<String, BankError> {
        self.connection
            .prepare_cached("SELECT id FROM project WHERE ord = ?1")
            .and_then(|mut select| select.query_row([ord], |row| row.get(0)))
            .map_err(BankError::store("read a project"))
    }
}

impl Session {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            first_time: row.get(1)?,
            project: row.get(2)?,
            project_time: row.get(3)?,
        })
    }
}

impl<'a> Facts<'a> {
    fn add(&mut self, time: Option<Timestamp>, project: Option<&'a str>, parent: Option<&'a str>) {
        let time = time.map(Timestamp::as_millisecond);
        if let Some(time) = time {
            self.first_time = Some(self.first_time.map_or(time, |first| first.min(time)));
        }
        if let Some(project) = project {
            let claim = (time.unwrap_or(NEVER), project);
            self.project = Some(self.project.map_or(claim, |known| known.min(claim)));
        }
        self.parent = self.parent.or(parent);
    }
}

fn rank_number(rank: TitleRank) -> i64 {
    match rank {
        TitleRank::FirstPrompt => 0,
        TitleRank::Summary => 1,
        TitleRank::Ai => 2,
        TitleRank::Custom => 3,
    }
}
