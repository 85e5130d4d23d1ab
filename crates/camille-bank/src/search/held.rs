//! Which sessions are kept back whole from all but the owner: private ones, those that ran in a directory that
//! is denied, and those that touched a project which is not shared. A conversation is kept back as one. What
//! decides are facts that outlive documents, so that taking one away never shows more. Of a session that its owner
//! released the talk is seen, and nothing else.

use super::tree::Trees;
use crate::batch::{FETCHED, THERE, Touching};
use crate::error::BankError;
use crate::query::Shared;
use crate::store::fact::{self, Mark};
use crate::store::marked;
use camille_proto::id::SessionKey;
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};

/// Stands for what a conversation may have touched before a bank was lost.
const LOST: &str = "unclear:before the bank was begun anew";

/// What is kept back.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// For each session, by its row.
    hidden: Vec<bool>,
    /// Documents of released sessions that hold something of what is not shared.
    closed: Closed,
    /// For each conversation that touched some, the places that are not shared.
    pub(crate) touched: HashMap<usize, Vec<Touched>>,
    /// Conversations that stay with their person.
    pub(crate) private: HashSet<usize>,
    /// Conversations that were in directories which are denied, with what stands for those.
    pub(crate) denied: HashMap<usize, Vec<Mark>>,
    /// Conversations that touched a project which a rule denies, and not just everything.
    pub(crate) refused: HashSet<usize>,
    /// Conversations that were in a place of which not all is seen: what their titles tell may be from there,
    /// also when nothing of it is left.
    pub(crate) elsewhere: HashSet<usize>,
}

/// What is kept back of sessions that are seen.
#[derive(Debug, Default)]
struct Closed {
    /// Sessions that were released, by their rows.
    released: HashSet<usize>,
    /// By their rows.
    documents: HashSet<u64>,
    /// Sessions in which something that was said is kept back.
    told: HashSet<usize>,
    /// Those in which anything is.
    any: HashSet<usize>,
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
        let seen: HashMap<Mark, Option<i64>> = shared
            .projects
            .iter()
            .map(|seen| (fact::mark(&seen.id), seen.from.map(jiff::Timestamp::as_millisecond)))
            .collect();
        let touched = touched(connection)?;
        let circle = Circle::of(&touched, shared);
        let refused: HashSet<Mark> =
            shared.refused.iter().map(|project| fact::mark(project)).collect();
        let mut nobodys: HashSet<Mark> = HashSet::new();
        let copies = by_copy(connection, &touched)?;
        for touched in touched.into_iter().chain(copies) {
            let Some(tree) = trees.tree(touched.session) else { continue };
            let is_seen = seen.get(&touched.mark).is_some_and(|from| match from {
                Some(from) => touched.time.is_some_and(|time| time >= *from),
                None => true,
            });
            if touched.how == THERE && !is_seen {
                held.elsewhere.insert(tree);
            }
            if open.contains(&touched.mark) {
                continue;
            }
            if circle.is_nobodys(&touched) {
                nobodys.insert(touched.mark);
            } else {
                if refused.contains(&touched.mark) {
                    held.refused.insert(tree);
                }
                held.touched.entry(tree).or_default().push(touched);
            }
        }
        for session in keys(connection, "SELECT session FROM secluded", None)? {
            held.private.extend(trees.tree(session));
        }
        let lost = fact::mark(LOST);
        if !open.contains(&lost) {
            for session in fact::lost(connection)? {
                let Some(tree) = trees.tree(session) else { continue };
                held.touched.entry(tree).or_default().push(Touched {
                    session,
                    mark: lost,
                    project: String::new(),
                    how: FETCHED.to_owned(),
                    path: String::new(),
                    time: None,
                });
            }
        }
        let inside = shared.denied.iter().map(|denied| (denied, fact::directory(denied)));
        let walked = shared.denied.iter().chain(&shared.below).flat_map(|denied| {
            fact::walks_of(denied).into_iter().map(move |above| (denied, above))
        });
        for (denied, directory) in inside.chain(walked) {
            let sql = "SELECT session FROM inside WHERE directory = ?1";
            for session in keys(connection, sql, Some(directory))? {
                if let Some(tree) = trees.tree(session) {
                    held.denied.entry(tree).or_default().push(fact::mark(denied));
                }
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
        let none = HashSet::new();
        let of = |tree: &usize| released.get(tree).unwrap_or(&none);
        let was_inside: HashSet<usize> = held.denied.keys().copied().collect();
        held.denied.retain(|tree, denied| {
            denied.retain(|directory| !of(tree).contains(directory));
            !denied.is_empty()
        });
        let is_held = |tree: &usize| {
            let touched = held.touched.get(tree).into_iter().flatten();
            touched.into_iter().any(|place| !of(tree).contains(&place.mark))
        };
        let hidden = trees.sessions.iter().map(|session| {
            let tree = &session.tree;
            held.private.contains(tree) || held.denied.contains_key(tree) || is_held(tree)
        });
        held.hidden = hidden.collect();
        for (session, traits) in trees.sessions.iter().enumerate() {
            let places = held.touched.get(&traits.tree);
            let strictly = was_inside.contains(&traits.tree);
            if held.hidden[session] || (places.is_none() && !strictly) {
                continue;
            }
            // What was released is what was said. A place that the session did not touch as far as is known is
            // private, too: something else than is known was copied.
            let touched: HashSet<Mark> =
                places.into_iter().flatten().map(|place| place.mark).collect();
            let is_closed = |mark: &Mark| {
                touched.contains(mark) || !(open.contains(mark) || nobodys.contains(mark))
            };
            held.closed.note(connection, (session, traits.key), strictly, &is_closed)?;
        }
        Ok(held)
    }

    /// Whether a session is kept back. One that came after the index is, until that is known.
    pub(crate) fn hides(&self, session: usize) -> bool {
        self.hidden.get(session).copied().unwrap_or(true)
    }

    /// Whether a document of a session that is seen is kept back: it holds something of what is not shared.
    pub(crate) fn hides_document(&self, session: usize, row: u64) -> bool {
        self.closed.documents.contains(&row) && self.closed.released.contains(&session)
    }

    /// Whether anything of a session which is seen is kept back: its title may be made from it.
    pub(crate) fn hides_title(&self, session: usize) -> bool {
        self.closed.any.contains(&session)
    }

    /// Whether something that was said in a session which is seen is kept back: what stands around the rest may tell of
    /// it.
    pub(crate) fn hides_words(&self, session: usize) -> bool {
        self.closed.told.contains(&session)
    }

    /// Whether not all of a session that is seen may be, so that what came to it since is not, until that is known.
    pub(crate) fn is_released(&self, session: usize) -> bool {
        self.closed.released.contains(&session)
    }
}

impl Closed {
    fn note(
        &mut self,
        connection: &Connection,
        (session, key): (usize, SessionKey),
        strictly: bool,
        is_closed: &dyn Fn(&Mark) -> bool,
    ) -> Result<(), BankError> {
        self.released.insert(session);
        let ord = i64::try_from(session).unwrap_or(-1);
        let found = marked::closed(connection, (ord, key), strictly, is_closed)?;
        if found.told {
            self.told.insert(session);
        }
        if found.any {
            self.any.insert(session);
        }
        self.documents.extend(found.documents);
        Ok(())
    }
}

/// What is the person's own as far as the bank shows, of what tools fetched.
struct Circle {
    /// Projects that somebody works in or reads where they are kept to be worked in, and those that rules deny.
    known: HashSet<Mark>,
    /// Hosts and accounts that projects which somebody works in belong to.
    accounts: HashSet<String>,
}

impl Circle {
    fn of(touched: &[Touched], shared: &Shared) -> Self {
        let refused = shared.refused.iter().map(|project| fact::mark(project));
        let met = touched.iter().filter(|touched| touched.how != FETCHED);
        let known = met.map(|touched| touched.mark).chain(refused).collect();
        let there = touched.iter().filter(|touched| touched.how == THERE);
        let accounts = there.filter_map(|touched| account(&touched.project)).collect();
        Self { known, accounts }
    }

    fn is_nobodys(&self, touched: &Touched) -> bool {
        touched.how == FETCHED
            && !self.known.contains(&touched.mark)
            // What is forgotten is not known to be nobody's.
            && !touched.project.is_empty()
            && account(&touched.project).is_none_or(|account| !self.accounts.contains(&account))
    }
}

/// The host and the account of a project that a remote names.
fn account(project: &str) -> Option<String> {
    let (host, path) = project.split_once('/').filter(|(host, _)| host.contains('.'))?;
    let account = path.split('/').next()?;
    Some(format!("{host}/{account}").to_lowercase())
}

/// What sessions touched by reading what was copied from there. It is said of it what is said of the place otherwise.
fn by_copy(connection: &Connection, touched: &[Touched]) -> Result<Vec<Touched>, BankError> {
    let mut known: HashMap<Mark, (&str, bool)> = HashMap::new();
    let mut own: HashSet<(SessionKey, Mark)> = HashSet::new();
    for touched in touched {
        own.insert((touched.session, touched.mark));
        let (project, is_fetched) = known.entry(touched.mark).or_insert(("", true));
        *is_fetched &= touched.how == FETCHED;
        if project.is_empty() {
            *project = &touched.project;
        }
    }
    let mut copies = Vec::new();
    for (session, mark) in fact::copied::touched(connection)? {
        if own.contains(&(session, mark)) {
            continue;
        }
        let (project, is_fetched) = known.get(&mark).copied().unwrap_or(("", false));
        copies.push(Touched {
            session,
            mark,
            project: project.to_owned(),
            how: if is_fetched { FETCHED } else { Touching::Read.as_str() }.to_owned(),
            path: String::new(),
            time: None,
        });
    }
    Ok(copies)
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
