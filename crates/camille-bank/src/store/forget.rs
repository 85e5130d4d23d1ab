//! Forgetting: first, in one transaction, everything that tells of a document goes and a tombstone is set;
//! then, once the index no longer needs to hear of it, the rows go and the file is written anew, so that no
//! page of it holds a trace. A crash between the two leaves a note, and the rest is made up for.

use super::native::Native;
use super::session::Directory;
use super::tombstone::{self, Kind, is_made_from};
use super::{
    alias, block::Packer, check_references, claim, edited, fact, finding, marked, schema, seq,
};
use crate::document::SessionName;
use crate::error::BankError;
use crate::forget::{Forget, Forgotten};
use camille_proto::id::{DocumentId, SessionKey};
use camille_proto::vocabulary::Agent;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is to go, as rows.
#[derive(Default)]
struct Scope {
    /// Sessions that go altogether.
    sessions: BTreeSet<i64>,
    /// Keys of documents whose home is among the sessions, or that go by themselves.
    natives: BTreeSet<i64>,
}

/// What [`forget`] would do.
pub(crate) fn preview(connection: &mut Connection, what: &Forget) -> Result<Forgotten, BankError> {
    let transaction = connection.transaction().map_err(BankError::store("look what is kept"))?;
    let scope = scope(&transaction, what)?;
    describe(&transaction, what, &scope)
}

/// The sessions in which something of it stands.
pub(crate) fn sessions(
    connection: &Connection,
    what: &Forget,
) -> Result<Vec<SessionKey>, BankError> {
    let scope = scope(connection, what)?;
    let mut sessions = scope.sessions;
    for native in &scope.natives {
        sessions.extend(numbers(
            connection,
            "SELECT DISTINCT session FROM part WHERE native = ?1",
            [native],
        )?);
    }
    let mut keys = Vec::with_capacity(sessions.len());
    for session in sessions {
        let sql = format!("SELECT agent, key FROM session WHERE ord = {session}");
        let names = rows(connection, &sql, |row| {
            Ok(SessionKey::of_name(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?))
        })?;
        keys.extend(names);
    }
    Ok(keys)
}

/// Takes away what tells of the documents, and sets the tombstones.
pub(crate) fn forget(connection: &mut Connection, what: &Forget) -> Result<Forgotten, BankError> {
    check_references(connection, true)?;
    let result = take_away(connection, what);
    check_references(connection, false)?;
    result
}

fn take_away(connection: &mut Connection, what: &Forget) -> Result<Forgotten, BankError> {
    let failed = BankError::store;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin to forget"))?;
    let scope = scope(&transaction, what)?;
    let forgotten = describe(&transaction, what, &scope)?;
    let mut number = seq(&transaction)?.cast_signed();
    let mut next_seq = || {
        number += 1;
        number
    };
    let scrubbed = set_tombstones(&transaction, what, &scope, next_seq())?;
    if forgotten.anything() {
        scrub_cursors(&transaction, &scope)?;
        let mut packer = Packer::new(&transaction)?;
        for native in &scope.natives {
            scrub_titles(&transaction, *native, next_seq())?;
            remove_native(&transaction, *native, &mut packer, &mut next_seq)?;
        }
        leave_sessions(&transaction, &scope, &mut packer, &mut next_seq)?;
        packer.finish(&transaction)?;
    }
    if forgotten.anything() || scrubbed {
        transaction
            .execute("INSERT OR REPLACE INTO meta VALUES ('forgetting', 1)", [])
            .map_err(failed("forget"))?;
    }
    transaction
        .execute("UPDATE meta SET value = ?1 WHERE key = 'seq'", [number])
        .map_err(failed("number the changes"))?;
    transaction.commit().map_err(failed("forget"))?;
    Ok(forgotten)
}

/// Whether a crash left rows or bytes of what is forgotten.
pub(crate) fn is_unfinished(connection: &Connection) -> Result<bool, BankError> {
    connection
        .query_row("SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'forgetting')", [], |row| {
            row.get(0)
        })
        .map_err(BankError::store("read what is forgotten"))
}

/// Removes the rows that only the index still needed.
pub(crate) fn remove_rows(connection: &mut Connection) -> Result<(), BankError> {
    let failed = BankError::store;
    let transaction = connection.transaction().map_err(failed("remove forgotten rows"))?;
    transaction
        .execute_batch(
            "DELETE FROM document WHERE deleted = 1;
             DELETE FROM native WHERE ord NOT IN (SELECT native FROM part)
                 AND ord NOT IN (SELECT native FROM document)
                 AND ord NOT IN (SELECT own FROM part WHERE own IS NOT NULL);
             DELETE FROM trace WHERE native NOT IN (SELECT ord FROM native);
             DELETE FROM former WHERE native NOT IN (SELECT native FROM part);",
        )
        .and_then(|()| transaction.execute_batch(marked::REMOVE))
        .and_then(|()| transaction.execute_batch(edited::REMOVE))
        .map_err(failed("remove forgotten rows"))?;
    let sessions: Vec<(i64, String, String)> = rows(
        &transaction,
        "SELECT ord, agent, key FROM session WHERE ord NOT IN (SELECT session FROM part)
         AND ord NOT IN (SELECT session FROM document)",
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    for (ord, agent, key) in sessions {
        let id = SessionKey::of_name(&agent, &key);
        if tombstone::exists(&transaction, Kind::Session, id.as_bytes())? {
            transaction
                .execute("DELETE FROM session WHERE ord = ?1", [ord])
                .map_err(failed("remove forgotten rows"))?;
        }
    }
    let projects: Vec<(i64, String)> = rows(
        &transaction,
        "SELECT ord, id FROM project WHERE ord NOT IN (SELECT project FROM part)
         AND ord NOT IN (SELECT project FROM document)
         AND ord NOT IN (SELECT project FROM session WHERE project IS NOT NULL)
         AND id NOT IN (SELECT project FROM touched)",
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (ord, id) in projects {
        // What is not forgotten itself was only known from what is.
        transaction
            .execute("DELETE FROM project WHERE ord = ?1", [ord])
            .and_then(|_| transaction.execute("DELETE FROM alias WHERE project = ?1", [id]))
            .map_err(failed("remove forgotten rows"))?;
    }
    transaction.commit().map_err(failed("remove forgotten rows"))
}

/// Writes the store's file anew, since free pages and gaps in pages keep what once stood there, and ends the
/// note that this is still to be done.
pub(crate) fn scour(connection: &Connection, path: &Path) -> Result<(), BankError> {
    let failed = BankError::store;
    schema::remove_copies(path)?;
    connection.execute_batch("VACUUM").map_err(failed("write the file of"))?;
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(failed("shorten the log of changes"))?;
    if busy != 0 {
        return Err(BankError::StillRead);
    }
    connection
        .execute("DELETE FROM meta WHERE key = 'forgetting'", [])
        .map(|_| ())
        .map_err(failed("forget"))
}

fn scope(connection: &Connection, what: &Forget) -> Result<Scope, BankError> {
    let failed = BankError::store;
    let mut scope = Scope::default();
    match what {
        Forget::Document(_) | Forget::Documents(_) => {
            let ids = match what {
                Forget::Document(id) => std::slice::from_ref(id),
                Forget::Documents(ids) => ids,
                _ => &[],
            };
            for id in ids {
                scope.natives.extend(numbers(
                    connection,
                    "SELECT native FROM document WHERE id = ?1 AND deleted = 0",
                    [id.as_bytes()],
                )?);
            }
            return Ok(scope);
        }
        Forget::Session { agent, session } => {
            let agent = agent.map(Agent::as_str);
            scope.sessions.extend(numbers(
                connection,
                "SELECT ord FROM session WHERE key = ?1 AND coalesce(?2, agent) = agent",
                (session, agent),
            )?);
        }
        Forget::Project(id) => {
            let ord: Option<i64> = connection
                .query_row("SELECT ord FROM project WHERE id = ?1", [id], |row| row.get(0))
                .optional()
                .map_err(failed("look what is kept"))?;
            if let Some(ord) = ord {
                scope.sessions.extend(numbers(
                    connection,
                    "SELECT ord FROM session WHERE project = ?1",
                    [ord],
                )?);
                scope.natives.extend(numbers(
                    connection,
                    // What other sessions recorded in it; its own sessions come below.
                    "SELECT native FROM document WHERE project = ?1 AND deleted = 0
                         AND session NOT IN (SELECT ord FROM session WHERE project = ?1)
                     UNION SELECT native FROM part WHERE project = ?1
                         AND session NOT IN (SELECT ord FROM session WHERE project = ?1)",
                    [ord],
                )?);
            }
        }
    }
    add_begun(connection, &mut scope.sessions)?;
    for session in &scope.sessions {
        scope.natives.extend(owned(connection, *session)?);
    }
    Ok(scope)
}

/// The keys whose first version is this session's. Of the others it only has a version of its own, which goes
/// with its sightings and leaves the other sessions' alone.
fn owned(connection: &Connection, session: i64) -> Result<Vec<i64>, BankError> {
    let all: Vec<(i64, [u8; 16], String, String)> = rows(
        connection,
        &format!(
            "SELECT document.native, id, agent, key FROM document
             JOIN native ON native.ord = document.native OR native.same = document.native
             WHERE session = {session} AND deleted = 0"
        ),
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let is_first = |(native, id, agent, key): (i64, [u8; 16], String, String)| {
        (DocumentId::of_native_key(&agent, &key).as_bytes() == &id).then_some(native)
    };
    Ok(all.into_iter().filter_map(is_first).collect())
}

/// Adds the sessions that these began, and those that those began.
fn add_begun(connection: &Connection, sessions: &mut BTreeSet<i64>) -> Result<(), BankError> {
    let mut next: Vec<i64> = sessions.iter().copied().collect();
    while let Some(session) = next.pop() {
        let begun = numbers(
            connection,
            "SELECT child.ord FROM session AS child JOIN session AS begins
             ON child.parent = begins.key AND child.agent = begins.agent WHERE begins.ord = ?1",
            [session],
        )?;
        next.extend(begun.into_iter().filter(|begun| sessions.insert(*begun)));
    }
    Ok(())
}

fn describe(connection: &Connection, what: &Forget, scope: &Scope) -> Result<Forgotten, BankError> {
    let mut forgotten = Forgotten { sessions: scope.sessions.len() as u64, ..Forgotten::default() };
    if let Forget::Project(id) = what {
        forgotten.named = fact::named(connection, id)?;
    }
    let (mut files, mut projects) = (BTreeSet::new(), BTreeSet::new());
    let mut sessions = scope.sessions.clone();
    for native in &scope.natives {
        let documents = claim::load_documents(connection, *native)?;
        for document in documents.iter().filter(|document| !document.deleted) {
            forgotten.documents += 1;
            sessions.insert(document.session);
            let id: [u8; 16] = document.id.as_slice().try_into().unwrap_or_default();
            forgotten.ids.push(DocumentId::from_bytes(id));
        }
        files.extend(rows(
            connection,
            &format!(
                "SELECT DISTINCT file.path FROM part JOIN file ON file.ord = part.file
                 WHERE native = {native}"
            ),
            |row| row.get::<_, String>(0),
        )?);
        projects.extend(rows(
            connection,
            &format!(
                "SELECT DISTINCT project.id FROM document JOIN session ON session.ord = session
                 JOIN project ON project.ord = session.project WHERE native = {native}"
            ),
            |row| row.get::<_, String>(0),
        )?);
    }
    for session in sessions {
        let (agent, key, title): (String, String, Option<String>) = connection
            .prepare_cached("SELECT agent, key, title FROM session WHERE ord = ?1")
            .and_then(|mut select| {
                select.query_row([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            })
            .map_err(BankError::store("read a session"))?;
        let agent = agent.parse().map_err(|_| BankError::Corrupt { what: "agent" })?;
        forgotten.in_sessions.push((SessionName { agent, session: key }, title));
    }
    forgotten.files = files.into_iter().collect();
    forgotten.projects = projects.into_iter().collect();
    Ok(forgotten)
}

/// Returns whether a name was taken out of what sessions touched.
fn set_tombstones(
    connection: &Connection,
    what: &Forget,
    scope: &Scope,
    seq: i64,
) -> Result<bool, BankError> {
    let failed = BankError::store;
    let mut scrubbed = false;
    match what {
        Forget::Project(id) => {
            tombstone::set(connection, Kind::Project, &tombstone::project_id(id), seq)?;
            scrubbed |= fact::scrub_project(connection, id)?;
        }
        // It holds even for a session that was not read yet.
        Forget::Session { agent: Some(agent), session } => {
            let id = SessionKey::of_name(agent.as_str(), session);
            tombstone::set(connection, Kind::Session, id.as_bytes(), seq)?;
        }
        Forget::Session { .. } | Forget::Document(_) | Forget::Documents(_) => {}
    }
    for session in &scope.sessions {
        let (agent, key): (String, String) = connection
            .prepare_cached("SELECT agent, key FROM session WHERE ord = ?1")
            .and_then(|mut select| {
                select.query_row([session], |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .map_err(failed("read a session"))?;
        let id = SessionKey::of_name(&agent, &key);
        tombstone::set(connection, Kind::Session, id.as_bytes(), seq)?;
        scrubbed |= fact::scrub_session(connection, id)?;
    }
    let mut rows = BTreeMap::new();
    for native in &scope.natives {
        // A session that replays what is forgotten does not bring it back either.
        let session: Option<(String, String)> = connection
            .prepare_cached(
                "SELECT session.agent, session.key FROM part
                 JOIN session ON session.ord = part.session WHERE native = ?1 LIMIT 1",
            )
            .and_then(|mut select| {
                select.query_row([native], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(failed("read a document"))?;
        let session = session.map(|(agent, name)| SessionKey::of_name(&agent, &name));
        for (agent, key) in alias::keys(connection, *native)? {
            let id = DocumentId::of_native_key(&agent, &key);
            tombstone::set_of(connection, Kind::Document, id.as_bytes(), session, seq)?;
        }
        rows.insert(*native, session);
    }
    alias::forget_traces(connection, &rows, seq)?;
    Ok(scrubbed)
}

/// What readers remember may tell of what is forgotten: prompts that wait, titles, directories. Such a file is
/// read anew when it grows; for a session or a project every file is, since any can tell of it.
fn scrub_cursors(connection: &Connection, scope: &Scope) -> Result<(), BankError> {
    let failed = BankError::store;
    if !scope.sessions.is_empty() {
        return connection
            .execute("UPDATE file SET cursor = ''", [])
            .map(|_| ())
            .map_err(failed("forget"));
    }
    for native in &scope.natives {
        connection
            .prepare_cached(
                "UPDATE file SET cursor = '' WHERE ord IN (SELECT file FROM part WHERE native = ?1)",
            )
            .and_then(|mut update| update.execute([native]))
            .map_err(failed("forget"))?;
    }
    Ok(())
}

/// Removes the titles, of all sessions that hold the document, that were made from its text.
fn scrub_titles(connection: &Connection, native: i64, seq: i64) -> Result<(), BankError> {
    let titled: Vec<(i64, String)> = rows(
        connection,
        &format!(
            "SELECT ord, title FROM session WHERE title IS NOT NULL
             AND ord IN (SELECT session FROM part WHERE native = {native})"
        ),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if titled.is_empty() {
        return Ok(());
    }
    let texts = claim::texts(connection, native)?;
    for (ord, title) in titled {
        if !texts.iter().any(|text| is_made_from(&title, text)) {
            continue;
        }
        let id = tombstone::title_id(&title);
        tombstone::set(connection, Kind::Title, &id, seq)?;
        connection
            .execute(
                "UPDATE session SET title = NULL, title_rank = -1, title_time = NULL,
                 title_file = NULL WHERE ord = ?1",
                [ord],
            )
            .map_err(BankError::store("forget"))?;
    }
    Ok(())
}

/// Removes everything known by one key.
fn remove_native(
    connection: &Connection,
    native: i64,
    packer: &mut Packer,
    next_seq: &mut dyn FnMut() -> i64,
) -> Result<(), BankError> {
    let failed = BankError::store;
    finding::forget_native(connection, native)?;
    for (place, bytes) in claim::places(connection, native)? {
        packer.remove(connection, place, bytes)?;
    }
    connection
        .prepare_cached("DELETE FROM part WHERE native = ?1")
        .and_then(|mut delete| delete.execute([native]))
        .map_err(failed("forget"))?;
    let documents = claim::load_documents(connection, native)?;
    for document in documents.iter().filter(|document| !document.deleted) {
        document.remove(connection, next_seq)?;
    }
    // The row stays until the index has heard of it, with nothing in it that tells of the text.
    connection
        .prepare_cached(
            "UPDATE document SET content_hash = zeroblob(32), record_id = NULL, tool = NULL,
             path = NULL WHERE native = ?1",
        )
        .and_then(|mut update| update.execute([native]))
        .map(|_| ())
        .map_err(failed("forget"))
}

/// Takes the sessions out of the documents that have their home elsewhere, and what was said of them.
fn leave_sessions(
    connection: &Connection,
    scope: &Scope,
    packer: &mut Packer,
    next_seq: &mut dyn FnMut() -> i64,
) -> Result<(), BankError> {
    let failed = BankError::store;
    let mut repeated = BTreeSet::new();
    for session in &scope.sessions {
        finding::forget_session(connection, *session)?;
        repeated.extend(numbers(
            connection,
            "SELECT DISTINCT native FROM part WHERE session = ?1",
            [session],
        )?);
        connection
            .prepare_cached(
                "UPDATE session SET title = NULL, title_rank = -1, title_file = NULL,
                 branch = NULL, remote = NULL, pull_request = NULL WHERE ord = ?1",
            )
            .and_then(|mut update| update.execute([session]))
            .map_err(failed("forget"))?;
    }
    let mut directory = Directory::empty(connection);
    for native in repeated {
        let mut native = Native::load_row(connection, native)?;
        native.leave_sessions(connection, &scope.sessions)?;
        native.settle(connection, &mut directory, packer, next_seq)?;
    }
    Ok(())
}

fn numbers(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<i64>, BankError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut select| {
            select.query_map(parameters, |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()
        })
        .map_err(BankError::store("look what is kept"))
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, BankError> {
    connection
        .prepare(sql)
        .and_then(|mut select| select.query_map([], read)?.collect::<rusqlite::Result<_>>())
        .map_err(BankError::store("look what is kept"))
}
