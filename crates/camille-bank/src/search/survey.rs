//! What others would see under some rules: by project, and which sessions are kept back from them.

use super::held::{Held, Touched};
use super::snapshot::Snapshot;
use super::tree::Trees;
use super::visibility::Sight;
use crate::batch::{FETCHED, Touching};
use crate::document::SessionName;
use crate::document::{HeldSession, ProjectSurvey, Reason};
use crate::error::BankError;
use crate::index::schema::TIME_UNKNOWN;
use crate::query::Shared;
use crate::store::read;
use camille_proto::id::SessionKey;
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Goes through all documents once.
pub(crate) fn survey(
    connection: &Connection,
    snapshot: &Snapshot,
    sight: &Sight,
    trees: &Trees,
    shared: &Shared,
) -> Result<Vec<ProjectSurvey>, BankError> {
    let held = Held::of(connection, trees, shared)?;
    let mut projects: BTreeMap<u64, ProjectSurvey> = BTreeMap::new();
    let mut sessions: HashMap<u64, HashSet<usize>> = HashMap::new();
    let mut kept_back: HashMap<usize, HeldSession> = HashMap::new();
    let mut homes: HashMap<usize, u64> = HashMap::new();
    for segment in &snapshot.segments {
        for document in segment.reader.doc_ids_alive() {
            let (project, own) =
                (segment.project.get_val(document), segment.own_project.get_val(document));
            let (session, time) = (segment.session(document), segment.time.get_val(document));
            if !sight.sees(project, own, time) {
                continue;
            }
            let survey = projects.entry(project).or_default();
            if held.hides(session) {
                kept_back.entry(session).or_default().documents += 1;
                homes.insert(session, project);
                continue;
            }
            if held.hides_document(session, segment.row.get_val(document)) {
                continue;
            }
            survey.documents += 1;
            sessions.entry(project).or_default().insert(session);
            if time != TIME_UNKNOWN {
                let moment = read::timestamp(Some(time));
                survey.oldest = survey.oldest.map_or(moment, |oldest| moment.min(Some(oldest)));
                survey.newest = survey.newest.max(moment);
            }
        }
    }
    for (session, mut kept) in kept_back {
        let tree = trees.sessions[session].tree;
        let (name, title) = name(connection, session)?;
        kept.name = name;
        kept.title = title;
        kept.private = held.private.contains(&tree);
        let denied = held.denied.get(&tree);
        kept.denied = denied.is_some() || held.refused.contains(&tree);
        let own = trees.sessions[session].key;
        let touched: Vec<&Touched> = held.touched.get(&tree).into_iter().flatten().collect();
        kept.marks = touched.iter().map(|place| place.mark).collect();
        kept.marks.extend(denied.into_iter().flatten());
        kept.reasons = touched.iter().map(|place| reason(place, own)).collect();
        // What it did itself tells more than what its kin did.
        kept.reasons.sort_by_key(|reason| (!reason.own, reason.time, reason.project.clone()));
        kept.touched = kept.reasons.iter().map(|reason| reason.project.clone()).collect();
        kept.touched.retain(|project| !project.is_empty());
        kept.touched.sort_unstable();
        kept.touched.dedup();
        if let Some(survey) = projects.get_mut(&homes[&session]) {
            survey.held.push(kept);
        }
    }
    let mut surveys = Vec::with_capacity(projects.len());
    for (project, mut survey) in projects {
        survey.id = project_id(connection, project)?;
        survey.sessions = sessions.get(&project).map_or(0, HashSet::len) as u64;
        survey.redacted = redacted(connection, project)?;
        survey.held.sort_by(|a, b| a.name.session.cmp(&b.name.session));
        surveys.push(survey);
    }
    Ok(surveys)
}

fn reason(place: &Touched, own: SessionKey) -> Reason {
    Reason {
        project: place.project.clone(),
        how: if place.how == FETCHED { Touching::Read.as_str().into() } else { place.how.clone() },
        path: place.path.clone(),
        time: read::timestamp(place.time),
        own: place.session == own,
    }
}

fn project_id(connection: &Connection, project: u64) -> Result<String, BankError> {
    connection
        .prepare_cached("SELECT id FROM project WHERE ord = ?1")
        .and_then(|mut select| select.query_row([project.cast_signed()], |row| row.get(0)))
        .map_err(BankError::store("read a project"))
}

fn name(
    connection: &Connection,
    session: usize,
) -> Result<(SessionName, Option<String>), BankError> {
    let (agent, session, title): (String, String, Option<String>) = connection
        .prepare_cached("SELECT agent, key, title FROM session WHERE ord = ?1")
        .and_then(|mut select| {
            select.query_row([i64::try_from(session).unwrap_or(-1)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
        })
        .map_err(BankError::store("read a session"))?;
    let agent = agent.parse().map_err(|_| BankError::Corrupt { what: "agent" })?;
    Ok((SessionName { agent, session }, title))
}

/// Secrets that were replaced in a project's sessions.
fn redacted(connection: &Connection, project: u64) -> Result<u64, BankError> {
    connection
        .prepare_cached(
            "SELECT coalesce(sum(count), 0) FROM finding JOIN session ON session.ord = finding.session
             WHERE replaced = 1 AND session.project = ?1",
        )
        .and_then(|mut select| {
            select.query_row([project.cast_signed()], |row| row.get::<_, i64>(0))
        })
        .map(i64::cast_unsigned)
        .map_err(BankError::store("count what was redacted"))
}
