//! The tables of the store and how they change from one version to the next. It never reads or writes
//! content.

mod blocks;
mod identity;

use crate::error::BankError;
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};

/// Marks the file as a camille bank (`PRAGMA application_id`): "CMLB".
const APPLICATION: i64 = 0x434d_4c42;

/// What leads from each version of the schema to the next, within one transaction. Never change a step that
/// was released.
const STEPS: &[Step] = &[
    first,
    blocks::step,
    trust,
    super::fact::step,
    identity::step,
    short,
    places,
    packed,
    super::marked::step,
    super::marked::again,
    super::sought::step,
    super::edited::step,
];

type Step = fn(&Connection) -> Result<(), BankError>;

fn first(connection: &Connection) -> Result<(), BankError> {
    connection.execute_batch(FIRST).map_err(BankError::store("make the tables"))
}

fn trust(connection: &Connection) -> Result<(), BankError> {
    connection
        .execute_batch(super::finding::TABLE)
        .and_then(|()| connection.execute_batch(PRIVATE))
        .map_err(BankError::store("change the schema"))
}

/// Ids of records that are UUIDs are written in 16 bytes from here on, which a build before would not read. What is
/// there stays as it is.
fn short(_: &Connection) -> Result<(), BankError> {
    Ok(())
}

/// Where in its own project a session did something was not kept before: everything is read anew once.
fn places(connection: &Connection) -> Result<(), BankError> {
    connection
        .execute_batch("UPDATE file SET cursor = '', mtime_ns = -1")
        .map_err(BankError::store("change the schema"))
}

/// What readers remember is compressed from here on, which a build before would not read. What is there stays as it is.
fn packed(_: &Connection) -> Result<(), BankError> {
    Ok(())
}

/// Whether a session's person said that it is private.
const PRIVATE: &str = "ALTER TABLE session ADD COLUMN private INTEGER NOT NULL DEFAULT 0";

const FIRST: &str = "
    CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE project (
        ord INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE
    );

    -- project_time: the earliest record that says which project the session belongs to.
    CREATE TABLE session (
        ord INTEGER PRIMARY KEY,
        agent TEXT NOT NULL,
        key TEXT NOT NULL,
        parent TEXT,
        project INTEGER REFERENCES project,
        project_time INTEGER NOT NULL,
        first_time INTEGER NOT NULL,
        title TEXT,
        title_rank INTEGER NOT NULL DEFAULT -1,
        title_time INTEGER,
        title_file INTEGER,
        branch TEXT,
        remote TEXT,
        pull_request TEXT,
        UNIQUE (agent, key)
    );

    CREATE TABLE file (
        ord INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        device INTEGER NOT NULL DEFAULT 0,
        inode INTEGER NOT NULL DEFAULT 0,
        size INTEGER NOT NULL DEFAULT 0,
        mtime_ns INTEGER NOT NULL DEFAULT 0,
        read_to INTEGER NOT NULL DEFAULT 0,
        tail_hash BLOB NOT NULL DEFAULT x'',
        cursor TEXT NOT NULL DEFAULT '',
        -- How often the file was read from its beginning.
        pass INTEGER NOT NULL DEFAULT 0,
        accounting TEXT NOT NULL DEFAULT '{}',
        -- Accounting of what lies behind read_to and will be read again.
        tail TEXT NOT NULL DEFAULT '{}'
    );

    -- What an agent knows by one key. Several documents when sessions disagree on its text.
    CREATE TABLE native (
        ord INTEGER PRIMARY KEY,
        agent TEXT NOT NULL,
        key TEXT NOT NULL,
        UNIQUE (agent, key)
    );

    CREATE TABLE document (
        row INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        native INTEGER NOT NULL REFERENCES native,
        session INTEGER NOT NULL REFERENCES session,
        position INTEGER NOT NULL,
        kind TEXT NOT NULL,
        speaker TEXT NOT NULL,
        time INTEGER,
        project INTEGER NOT NULL REFERENCES project,
        record_id TEXT,
        tool TEXT,
        path TEXT,
        content_hash BLOB NOT NULL,
        redaction INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX document_place ON document (session, position, id);
    CREATE INDEX document_seq ON document (seq);
    CREATE INDEX document_native ON document (native);

    CREATE TABLE text (
        ord INTEGER PRIMARY KEY,
        -- 0: as it is; 1: zstd.
        form INTEGER NOT NULL,
        data BLOB NOT NULL
    );

    -- Each sighting of a part in a file. document and place: which document's text it is part of, and
    -- where; null for a sighting that repeats another one.
    CREATE TABLE part (
        native INTEGER NOT NULL REFERENCES native,
        file INTEGER NOT NULL REFERENCES file,
        part_key TEXT NOT NULL,
        session INTEGER NOT NULL REFERENCES session,
        role INTEGER NOT NULL,
        position INTEGER NOT NULL,
        pass INTEGER NOT NULL,
        class INTEGER NOT NULL,
        time INTEGER,
        kind TEXT NOT NULL,
        speaker TEXT NOT NULL,
        project INTEGER NOT NULL REFERENCES project,
        record_id TEXT,
        tool TEXT,
        path TEXT,
        redaction INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        hash BLOB NOT NULL,
        text INTEGER NOT NULL REFERENCES text,
        document INTEGER,
        place INTEGER,
        PRIMARY KEY (native, file, part_key)
    ) WITHOUT ROWID;
    CREATE INDEX part_session ON part (session, native);

    -- What must never come back: checked before every insert. Holds no text.
    CREATE TABLE tombstone (
        kind TEXT NOT NULL,
        id BLOB NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (kind, id)
    ) WITHOUT ROWID;

    INSERT INTO meta VALUES ('seq', 0);
";

/// Brings the store to this build's schema.
///
/// # Errors
/// When it belongs to something else or to a newer camille.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), BankError> {
    migrate(connection, path, STEPS)
}

/// Refuses a store that this build does not read, without changing it.
///
/// # Errors
/// When it belongs to something else, or has another schema.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), BankError> {
    let found = version(connection, path, STEPS.len())?;
    if usize::try_from(found).ok() == Some(STEPS.len()) {
        Ok(())
    } else {
        Err(BankError::IndexUnavailable)
    }
}

fn migrate(connection: &mut Connection, path: &Path, steps: &[Step]) -> Result<(), BankError> {
    let failed = BankError::store;
    let found = version(connection, path, steps.len())?;
    let done = usize::try_from(found).unwrap_or(0);
    if done == steps.len() {
        return Ok(());
    }
    if done > 0 {
        copy(connection, path, found)?;
    }
    let version_after = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let transaction = connection.transaction().map_err(failed("begin a schema change"))?;
    for step in &steps[done..] {
        step(&transaction)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION)
        .and_then(|()| transaction.pragma_update(None, "user_version", version_after))
        .and_then(|()| {
            transaction
                .execute(
                    "INSERT OR REPLACE INTO meta VALUES ('requires', ?1)",
                    [env!("CARGO_PKG_VERSION")],
                )
                .map(|_| ())
        })
        .and_then(|()| transaction.commit())
        .map_err(failed("change the schema"))
}

/// The version of the store's schema; 0 for an empty file.
fn version(connection: &Connection, path: &Path, known: usize) -> Result<i64, BankError> {
    let failed = BankError::store;
    let pragma =
        |name| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let foreign = || BankError::ForeignStore { path: path.to_owned() };
    let application = match pragma("application_id") {
        Ok(application) => application,
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(foreign());
        }
        Err(error) => return Err(failed("read the version")(error)),
    };
    let found = pragma("user_version").map_err(failed("read the version"))?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(failed("read the version"))?;
    if application != APPLICATION && (tables > 0 || found != 0 || application != 0) {
        return Err(foreign());
    }
    if tables == 0 {
        return Ok(0);
    }
    let known = i64::try_from(known).unwrap_or(i64::MAX);
    if found > known {
        let requires = connection
            .query_row("SELECT value FROM meta WHERE key = 'requires'", [], |row| row.get(0))
            .optional()
            .map_err(failed("read the version"))?;
        let requires = requires.unwrap_or_else(|| "?".to_owned());
        return Err(BankError::NewerSchema { found, known, requires });
    }
    Ok(found)
}

/// Keeps the store as it was before a schema change, as `bank.db.schema<version>`.
fn copy(connection: &Connection, path: &Path, version: i64) -> Result<(), BankError> {
    let target = copy_path(path, version);
    // A copy that a crash left unfinished is worth nothing.
    remove_if_there(&target)?;
    drop(super::private_file(&target)?);
    let mut into = Connection::open(&target).map_err(BankError::store("copy"))?;
    rusqlite::backup::Backup::new(connection, &mut into)
        .and_then(|backup| backup.run_to_completion(1_000, std::time::Duration::ZERO, None))
        .map_err(BankError::store("copy"))
}

/// Removes the copies that were kept before schema changes: they hold what the bank is to forget.
pub(crate) fn remove_copies(path: &Path) -> Result<(), BankError> {
    for version in 1..STEPS.len() {
        remove_if_there(&copy_path(path, i64::try_from(version).unwrap_or(i64::MAX)))?;
    }
    Ok(())
}

fn copy_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".schema{version}"));
    path.with_file_name(name)
}

fn remove_if_there(path: &Path) -> Result<(), BankError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BankError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bank.db");
        (dir, path)
    }

    #[test]
    fn a_newer_schema_is_refused_with_the_version_it_needs() {
        let (_dir, path) = store();
        let mut connection = Connection::open(&path).unwrap();
        prepare(&mut connection, &path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        connection.execute("UPDATE meta SET value = '7.8.9' WHERE key = 'requires'", []).unwrap();
        match prepare(&mut connection, &path) {
            Err(BankError::NewerSchema { found: 99, requires, .. }) => {
                assert_eq!(requires, "7.8.9")
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn another_programs_store_is_refused_and_left_alone() {
        let (_dir, path) = store();
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE recipe (name)").unwrap();
        assert!(matches!(prepare(&mut connection, &path), Err(BankError::ForeignStore { .. })));
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_master", [], |r| r.get(0)).unwrap();
        assert_eq!(tables, 1);
    }

    #[test]
    fn a_schema_change_keeps_a_copy_and_the_content() {
        let (_dir, path) = store();
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[first]).unwrap();
        connection.execute("INSERT INTO project (id) VALUES ('a/b')", []).unwrap();
        let second: Step = |connection| {
            connection
                .execute_batch("ALTER TABLE project ADD COLUMN colour")
                .map_err(BankError::store("add a colour"))
        };
        migrate(&mut connection, &path, &[first, second]).unwrap();
        let id: String = connection
            .query_row("SELECT id FROM project WHERE colour IS NULL", [], |r| r.get(0))
            .unwrap();
        assert_eq!(id, "a/b");
        let copy = Connection::open(path.with_file_name("bank.db.schema1")).unwrap();
        assert_eq!(version(&copy, &path, 1).unwrap(), 1);
        let id: String = copy.query_row("SELECT id FROM project", [], |r| r.get(0)).unwrap();
        assert_eq!(id, "a/b");
        assert!(matches!(
            migrate(&mut connection, &path, &[first]),
            Err(BankError::NewerSchema { .. })
        ));
        remove_copies(&path).unwrap();
        assert!(!path.with_file_name("bank.db.schema1").exists());
    }
}
