//! Which sessions are kept back whole from all but the owner: private ones, those that ran in a directory that
//! is denied, and those that touched a project which is not shared. A conversation is kept back as one. What
//! decides are facts that outlive documents, so that taking one away never shows more.

use super::tree::Trees;
use crate::error::BankError;
use crate::query::Shared;
use crate::store::fact::{self, Mark};
use camille_proto::id::SessionKey;
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};

/// What is kept back.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// For each session, by its row.
    hidden: Vec<bool>,
    /// For each conversation that touched some, the places that are not shared.
    pub(crate) touched: HashMap<usize, Vec<Touched>>,
    /// Conversations that stay with their person.
    pub(crate) private: HashSet<usize>,
    /// Conversations that ran in a directory which is denied.
    pub(crate) denied: HashSet<usize>,
}

/// A place that a session touched.
#[derive(Debug, Clone)]
pub(crate) struct Touched {
    pub(crate) session: SessionKey,
    pub(crate) mark: Mark,
    /// Empty: it is forgotten, or the session is.
    pub(crate) project: String,
    pub(crate) how: String,
    pub(crate) path: String,
    pub(crate) time: Option<i64>,
}

impl Held {
    /// Reads the facts; costs nothing by document.
    pub(crate) fn of(
        connection: &Connection,
        trees: &Trees,
        shared: &Shared,
    ) -> Result<Self, BankError> {
        let mut held = Self::default();
        let open: HashSet<Mark> = shared.open.iter().map(|project| fact::mark(project)).collect();
        for touched in touched(connection)? {
            if !open.contains(&touched.mark)
                && let Some(tree) = trees.tree(touched.session)
            {
                held.touched.entry(tree).or_default().push(touched);
            }
        }
        for session in keys(connection, "SELECT session FROM secluded", None)? {
            held.private.extend(trees.tree(session));
        }
        for directory in &shared.denied {
            let sql = "SELECT session FROM inside WHERE directory = ?1";
            for session in keys(connection, sql, Some(fact::directory(directory)))? {
                held.denied.extend(trees.tree(session));
            }
        }
        // A release is for what had been touched then.
        let mut released: HashMap<usize, HashSet<Mark>> = HashMap::new();
        for release in &shared.released {
            let name = &release.name;
            let session = SessionKey::of_name(name.agent.as_str(), &name.session);
            if let Some(tree) = trees.tree(session) {
                released.entry(tree).or_default().extend(&release.touched);
            }
        }
        let is_held = |tree: &usize| {
            let none = HashSet::new();
            let released = released.get(tree).unwrap_or(&none);
            held.touched
                .get(tree)
                .is_some_and(|touched| touched.iter().any(|place| !released.contains(&place.mark)))
        };
        let hidden = trees.sessions.iter().map(|session| {
            let tree = &session.tree;
            held.private.contains(tree) || held.denied.contains(tree) || is_held(tree)
        });
        held.hidden = hidden.collect();
        Ok(held)
    }

    /// Whether a session is kept back. One that came after the index is, until that is known.
    pub(crate) fn hides(&self, session: usize) -> bool {
        self.hidden.get(session).copied().unwrap_or(true)
    }
}

fn touched(connection: &Connection) -> Result<Vec<Touched>, BankError> {
    connection
        .prepare_cached("SELECT session, mark, project, how, path, time FROM touched")
        .and_then(|mut select| {
            select
                .query_map([], |row| {
                    Ok(Touched {
                        session: SessionKey::from_bytes(row.get(0)?),
                        mark: row.get(1)?,
                        project: row.get(2)?,
                        how: row.get(3)?,
                        path: row.get(4)?,
                        time: row.get(5)?,
                    })
                })?
                .collect()
        })
        .map_err(BankError::store("read what sessions touched"))
}

fn keys(
    connection: &Connection,
    sql: &str,
    directory: Option<[u8; 8]>,
) -> Result<Vec<SessionKey>, BankError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut select| {
            select
                .query_map(rusqlite::params_from_iter(directory), |row| {
                    Ok(SessionKey::from_bytes(row.get(0)?))
                })?
                .collect()
        })
        .map_err(BankError::store("read the sessions"))
}
