//! The tables of node.db, and how it is opened. It never changes a database it does not know.

use super::error::RegistryError;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// What makes each schema from the one before. The last one is what this build reads and writes.
const STEPS: &[&str] = &[TABLES, INTRODUCTIONS, RELEASES, LINEAGES, CLOCKS, PRINTS, SUSPENDED];

/// SQLite's application id: `cmln`. It tells node.db from other databases.
const APPLICATION_ID: i64 = 0x636d_6c6e;

/// How long a writer waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE setting (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
-- Keys issued. `mac` is all that is kept of the secret. `claim`: the invite it was issued for.
CREATE TABLE key (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('peer', 'tool', 'invite')),
    name TEXT NOT NULL,
    mac BLOB NOT NULL,
    rights TEXT NOT NULL,
    bound_to BLOB,
    claim TEXT,
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER,
    revoked INTEGER
) STRICT;
CREATE INDEX key_bound_to ON key (bound_to);
CREATE TABLE peer (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    addresses TEXT NOT NULL,
    last_good TEXT,
    sealed_key BLOB,
    granted TEXT,
    added INTEGER NOT NULL,
    last_seen INTEGER,
    round_trip_ms INTEGER,
    error TEXT,
    error_at INTEGER
) STRICT;
CREATE TABLE invite (key TEXT PRIMARY KEY REFERENCES key (id), uses INTEGER NOT NULL) STRICT;
-- One row a node that used an invite. It may repeat its claim only while `key` is not revoked, so who
-- was removed does not come back this way.
CREATE TABLE claim (
    invite TEXT NOT NULL REFERENCES invite (key),
    peer BLOB NOT NULL,
    name TEXT NOT NULL,
    claimed INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (invite, peer)
) STRICT;
-- Joins of ours that the inviter has not answered. `issued`: the key that the inviter gets.
CREATE TABLE pending_join (
    inviter BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    sealed_invite BLOB NOT NULL,
    issued TEXT NOT NULL,
    sealed_issued BLOB NOT NULL,
    begun INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_attempt INTEGER,
    error TEXT
) STRICT;
CREATE TABLE rule (
    pattern TEXT PRIMARY KEY,
    sharing TEXT NOT NULL,
    since INTEGER,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE source (path TEXT PRIMARY KEY, added INTEGER NOT NULL) STRICT;
CREATE TABLE news (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
";

const INTRODUCTIONS: &str = "
-- Without an invite it is the join to a candidate.
CREATE TABLE pending (
    inviter BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    sealed_invite BLOB,
    issued TEXT NOT NULL,
    sealed_issued BLOB NOT NULL,
    begun INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT
) STRICT;
INSERT INTO pending SELECT inviter, name, addresses, sealed_invite, issued, sealed_issued, begun, attempts, error
    FROM pending_join;
DROP TABLE pending_join;
ALTER TABLE pending RENAME TO pending_join;
-- Peers who want to meet our other peers. `parted`: when we parted with them.
CREATE TABLE volunteer (peer BLOB PRIMARY KEY, since INTEGER NOT NULL, parted INTEGER) STRICT;
-- Peers whose peers we want to meet. `accepts_all`: whoever they introduce is accepted.
CREATE TABLE introducer (
    peer BLOB PRIMARY KEY REFERENCES peer (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    accepts_all INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE offer (
    introducer BLOB NOT NULL REFERENCES introducer (peer) ON DELETE CASCADE,
    candidate BLOB NOT NULL REFERENCES candidate (peer) ON DELETE CASCADE,
    PRIMARY KEY (introducer, candidate)
) STRICT;
-- Who was introduced, and whom the owner parted with. `issued`: the newest key it got for that, `former`: the
-- one before, which it may still hold if an answer was lost.
CREATE TABLE candidate (
    peer BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    accepted INTEGER,
    refused INTEGER,
    issued TEXT,
    former TEXT
) STRICT;
";

const RELEASES: &str = "
-- Sessions that are shared though they touched what is not shared.
CREATE TABLE release (
    agent TEXT NOT NULL,
    session TEXT NOT NULL,
    released INTEGER NOT NULL,
    PRIMARY KEY (agent, session)
) STRICT;
";

const LINEAGES: &str = "
-- The first of the keys of one peer that followed each other.
ALTER TABLE key ADD COLUMN lineage TEXT;
CREATE INDEX key_lineage ON key (lineage) WHERE lineage IS NOT NULL;
-- When we got the key that is sealed.
ALTER TABLE peer ADD COLUMN key_since INTEGER;
UPDATE peer SET key_since = added WHERE sealed_key IS NOT NULL;
";

const CLOCKS: &str = "
-- Relayed questions that were answered. `signed`: when, in seconds by the origin's clock.
CREATE TABLE heard (
    origin BLOB NOT NULL,
    request BLOB NOT NULL,
    relay BLOB NOT NULL,
    signed INTEGER NOT NULL,
    PRIMARY KEY (origin, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX heard_relay ON heard (relay);
CREATE INDEX heard_signed ON heard (signed);
-- How often the inviter said no: its clock may be wrong, so once is not enough.
ALTER TABLE pending_join ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
-- What peers wrote and was handed to the owner. `text`: a hash of it; `prints`: its fingerprints.
CREATE TABLE handed (
    text BLOB PRIMARY KEY,
    source TEXT NOT NULL,
    time INTEGER NOT NULL,
    prints BLOB NOT NULL
) STRICT, WITHOUT ROWID;
-- What stands for each place that had been touched when a session was released, 16 bytes each: another one ends
-- the release. Of those that were given before nothing is known, so they end now.
ALTER TABLE release ADD COLUMN touched BLOB;
";

const PRINTS: &str = "
-- Fingerprints are made in another way: those from before say nothing any more.
DELETE FROM handed;
";

const SUSPENDED: &str = "
-- A deny suspends what is shared by the same pattern, and does not end it.
CREATE TABLE ruled (
    pattern TEXT NOT NULL,
    denies INTEGER NOT NULL,
    sharing TEXT NOT NULL,
    since INTEGER,
    created INTEGER NOT NULL,
    PRIMARY KEY (pattern, denies)
) STRICT;
INSERT INTO ruled SELECT pattern, sharing = 'private', sharing, since, created FROM rule;
DROP TABLE rule;
ALTER TABLE ruled RENAME TO rule;
";

/// Opens the database, with mode 0600, and brings it to the schema of this build.
pub(super) fn open(path: &Path) -> Result<Connection, RegistryError> {
    // One at a time, across processes too: SQLite does not wait when two switch to the WAL at once.
    // Held until this returns.
    let _turn = lock(&path.with_extension("db-lock"))?;
    make_private_file(path)?;
    let opened = |source| RegistryError::Open { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(opened)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(opened)?;
    refuse_unknown(&connection, path)?;
    configure(&connection).map_err(opened)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Makes a directory that only its owner can enter, with those above it. One that exists stays as it is.
pub(super) fn make_directory(path: &Path) -> Result<(), RegistryError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| RegistryError::File { path: path.to_owned(), source })
}

fn lock(path: &Path) -> Result<File, RegistryError> {
    let locked = || {
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
        file.lock()?;
        Ok(file)
    };
    locked().map_err(|source| RegistryError::File { path: path.to_owned(), source })
}

/// Makes the file before SQLite does, because SQLite would use the umask; its WAL takes the mode over.
/// One that exists is never opened here: closing it would end the locks that another handle of this
/// process holds on it (SQLite, "How To Corrupt An SQLite Database File", 2.2).
fn make_private_file(path: &Path) -> Result<(), RegistryError> {
    let make = || {
        match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
        }
        Ok(())
    };
    make().map_err(|source| RegistryError::File { path: path.to_owned(), source })
}

fn refuse_unknown(connection: &Connection, path: &Path) -> Result<(), RegistryError> {
    let opened = |source| RegistryError::Open { path: path.to_owned(), source };
    // One statement, so that a migration next door is seen whole or not at all.
    let (application, found, tables): (i64, i64, i64) = connection
        .query_row(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id(), pragma_user_version()",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(opened)?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(RegistryError::Foreign { path: path.to_owned() });
    }
    let known = newest();
    if found > known {
        let written_by = connection
            .query_row("SELECT value FROM setting WHERE name = 'written_by'", [], |row| row.get(0))
            .optional();
        return Err(RegistryError::Newer {
            path: path.to_owned(),
            found,
            known,
            written_by: written_by.ok().flatten().unwrap_or_else(|| "?".to_owned()),
        });
    }
    Ok(())
}

/// The schema this build reads and writes.
fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // Acknowledged means on the disk; what was removed does not linger in free pages.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;",
    )?;
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))
}

/// Brings the tables to the schema of this build. The database as it was is kept beside it.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), RegistryError> {
    let opened = |source| RegistryError::Open { path: path.to_owned(), source };
    let found: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(opened)?;
    let done = usize::try_from(found).unwrap_or(0);
    if done == STEPS.len() {
        return Ok(());
    }
    if done > 0 {
        copy(connection, &path.with_extension(format!("db.schema{found}")))?;
    }
    upgrade(connection, done).map_err(opened)
}

fn upgrade(connection: &mut Connection, done: usize) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &STEPS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.execute(
        "INSERT OR REPLACE INTO setting (name, value) VALUES ('written_by', ?1)",
        [env!("CARGO_PKG_VERSION")],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest())?;
    transaction.commit()
}

/// Keeps the database as it was before a schema change. A copy that a crash left unfinished is worth nothing.
fn copy(connection: &Connection, target: &Path) -> Result<(), RegistryError> {
    match std::fs::remove_file(target) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(RegistryError::File { path: target.to_owned(), source });
        }
        _ => make_private_file(target)?,
    }
    let copied = |source| RegistryError::Open { path: target.to_owned(), source };
    let mut into = Connection::open(target).map_err(copied)?;
    Backup::new(connection, &mut into)
        .and_then(|backup| backup.run_to_completion(1_000, Duration::ZERO, None))
        .map_err(copied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_database_is_brought_up_to_date_and_kept_as_it_was() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("node.db");
        let old = Connection::open(&path).expect("opens");
        old.execute_batch(TABLES).expect("makes the first schema");
        old.execute(
            "INSERT INTO pending_join VALUES (x'00', 'ana', '[]', x'01', 'id', x'02', 7, 3, 9, 'away')",
            [],
        )
        .expect("writes");
        old.pragma_update(None, "application_id", APPLICATION_ID).expect("sets");
        old.pragma_update(None, "user_version", 1).expect("sets");
        drop(old);

        let pending = |connection: &Connection| -> (String, i64, String) {
            let columns =
                "name || hex(sealed_invite) || hex(sealed_issued), begun * 10 + attempts, error";
            let sql = format!("SELECT {columns} FROM pending_join");
            connection
                .query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .expect("is there")
        };
        let expected = ("ana0102".to_owned(), 73, "away".to_owned());
        let new = open(&path).expect("is brought up to date");
        assert_eq!(pending(&new), expected);
        new.execute("INSERT INTO volunteer VALUES (x'00', 1, NULL)", [])
            .expect("has the new tables");
        drop(new);
        drop(open(&path).expect("opens again"));

        let copy = home.path().join("node.db.schema1");
        let mode = std::fs::metadata(&copy).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(pending(&Connection::open(&copy).expect("opens")), expected);
    }
}
