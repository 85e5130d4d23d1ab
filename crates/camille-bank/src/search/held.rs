//! Which sessions are kept back whole from all but the owner: private ones, and those that touched a project
//! which is not shared. A session and those it began are kept back together.

use super::snapshot::Snapshot;
use crate::error::BankError;
use crate::query::{SessionName, Shared};
use camille_proto::id::SessionKey;
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What decides about a session, besides its documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    /// What other banks know it by.
    pub(crate) key: SessionKey,
    /// The session that began all of its tree; itself if none did.
    pub(crate) root: usize,
    /// Whether its person said that it is private.
    pub(crate) private: bool,
    /// The project it belongs to, by its row.
    pub(crate) project: Option<u64>,
}

/// What is kept back.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// For each session, by its row.
    hidden: Vec<bool>,
    /// For each root that touched them, the projects that are not shared.
    pub(crate) touched: HashMap<usize, BTreeSet<u64>>,
}

impl Held {
    /// Goes through all documents once.
    pub(crate) fn of(
        connection: &Connection,
        snapshot: &Snapshot,
        traits: &[Traits],
        shared: &Shared,
    ) -> Result<Self, BankError> {
        let open: HashSet<u64> = rows_of(connection, &shared.open)?;
        let released: HashSet<usize> = released(connection, &shared.released)?
            .into_iter()
            .filter_map(|session| traits.get(session).map(|traits| traits.root))
            .collect();
        let mut held = Self { hidden: vec![false; traits.len()], touched: HashMap::new() };
        for segment in &snapshot.segments {
            for document in segment.reader.doc_ids_alive() {
                let own_project = segment.own_project.get_val(document);
                if !open.contains(&own_project) {
                    let root = traits[segment.session(document)].root;
                    held.touched.entry(root).or_default().insert(own_project);
                }
            }
        }
        // A session that one of the tree began elsewhere touched that project, too.
        for session in traits {
            let outside = session.project.filter(|project| !open.contains(project));
            if let Some(project) = outside.filter(|_| held.touched.contains_key(&session.root)) {
                held.touched.entry(session.root).or_default().insert(project);
            }
        }
        let private: HashSet<usize> =
            traits.iter().filter(|session| session.private).map(|session| session.root).collect();
        for (session, hidden) in traits.iter().zip(&mut held.hidden) {
            let root = session.root;
            let is_held = held.touched.contains_key(&root) && !released.contains(&root);
            *hidden = is_held || private.contains(&root);
        }
        Ok(held)
    }

    /// Whether a session is kept back. One that came after the index is, until that is known.
    pub(crate) fn hides(&self, session: usize) -> bool {
        self.hidden.get(session).copied().unwrap_or(true)
    }
}

/// The traits of all sessions, by their rows, as far as the index knows them.
pub(crate) fn traits(connection: &Connection, count: usize) -> Result<Vec<Traits>, BankError> {
    type Known = (i64, String, String, Option<String>, bool, Option<i64>);
    let rows: Vec<Known> = connection
        .prepare_cached("SELECT ord, agent, key, parent, private, project FROM session")
        .and_then(|mut select| {
            select
                .query_map([], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                        row.get(5)?,
                    ))
                })?
                .collect()
        })
        .map_err(BankError::store("read the sessions"))?;
    let row = |ord: i64| usize::try_from(ord).unwrap_or(usize::MAX);
    let by_name: HashMap<(&str, &str), usize> = rows
        .iter()
        .map(|(ord, agent, key, ..)| ((agent.as_str(), key.as_str()), row(*ord)))
        .collect();
    let parents: HashMap<usize, usize> = rows
        .iter()
        .filter_map(|(ord, agent, _, parent, ..)| {
            Some((row(*ord), *by_name.get(&(agent.as_str(), parent.as_deref()?))?))
        })
        .collect();
    let none =
        Traits { key: SessionKey::from_bytes([0; 8]), root: 0, private: false, project: None };
    let mut traits = vec![none; count];
    for (ord, agent, key, _, private, project) in &rows {
        let ord = row(*ord);
        if let Some(session) = traits.get_mut(ord) {
            *session = Traits {
                key: SessionKey::of_name(agent, key),
                root: root(&parents, ord),
                private: *private,
                project: project.map(i64::cast_unsigned),
            };
        }
    }
    Ok(traits)
}

/// Follows who began whom, however they refer to each other.
fn root(parents: &HashMap<usize, usize>, session: usize) -> usize {
    let mut seen = HashSet::from([session]);
    let mut root = session;
    while let Some(parent) = parents.get(&root).filter(|parent| seen.insert(**parent)) {
        root = *parent;
    }
    root
}

fn rows_of(connection: &Connection, projects: &[String]) -> Result<HashSet<u64>, BankError> {
    let wanted: HashSet<&str> = projects.iter().map(String::as_str).collect();
    let mut select = connection
        .prepare_cached("SELECT ord, id FROM project")
        .map_err(BankError::store("read the projects"))?;
    let rows = select
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(BankError::store("read the projects"))?;
    Ok(rows
        .into_iter()
        .filter(|(_, id)| wanted.contains(id.as_str()))
        .map(|(ord, _)| ord.cast_unsigned())
        .collect())
}

fn released(
    connection: &Connection,
    sessions: &[SessionName],
) -> Result<HashSet<usize>, BankError> {
    let mut rows = HashSet::new();
    for SessionName { agent, session } in sessions {
        let ord = connection
            .prepare_cached("SELECT ord FROM session WHERE agent = ?1 AND key = ?2")
            .and_then(|mut select| {
                let ord =
                    select.query_map((agent.as_str(), session), |row| row.get::<_, i64>(0))?;
                ord.collect::<rusqlite::Result<Vec<i64>>>()
            })
            .map_err(BankError::store("read a session"))?;
        rows.extend(ord.into_iter().filter_map(|ord| usize::try_from(ord).ok()));
    }
    Ok(rows)
}
