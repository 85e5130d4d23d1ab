//! Where secrets were found. Rows name a rule and a line, never a value.

use crate::batch::POSITIONS_A_BYTE;
use crate::error::BankError;
use crate::secret::{Finding, FoundSecret};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// The third schema's table.
pub(super) const TABLE: &str = "
    -- offset: the byte of the file at which the line begins. replaced: 0 if it may be a secret and stays.
    CREATE TABLE finding (
        file INTEGER NOT NULL REFERENCES file,
        offset INTEGER NOT NULL,
        rule TEXT NOT NULL,
        replaced INTEGER NOT NULL,
        session INTEGER REFERENCES session,
        count INTEGER NOT NULL,
        PRIMARY KEY (file, offset, rule, replaced)
    ) WITHOUT ROWID;
    CREATE INDEX finding_session ON finding (session);
";

/// Notes what was found in a line. What was noted of it before by the same rule is replaced.
pub(super) fn note(
    connection: &Connection,
    (file, offset): (i64, i64),
    session: Option<i64>,
    found: &[Finding],
) -> Result<(), BankError> {
    let mut counts: BTreeMap<Finding, i64> = BTreeMap::new();
    for finding in found {
        *counts.entry(*finding).or_default() += 1;
    }
    for (finding, count) in counts {
        connection
            .prepare_cached("INSERT OR REPLACE INTO finding VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .and_then(|mut insert| {
                insert.execute((file, offset, finding.rule, finding.replaced, session, count))
            })
            .map_err(BankError::store("note where a secret was found"))?;
    }
    Ok(())
}

/// Drops what was found in a file: it is read anew.
pub(super) fn forget_file(connection: &Connection, file: i64) -> Result<(), BankError> {
    delete(connection, "DELETE FROM finding WHERE file = ?1", file)
}

/// Drops what was found in a session's lines.
pub(super) fn forget_session(connection: &Connection, session: i64) -> Result<(), BankError> {
    delete(connection, "DELETE FROM finding WHERE session = ?1", session)
}

/// Drops what was found in the lines that a document's parts come from.
pub(super) fn forget_native(connection: &Connection, native: i64) -> Result<(), BankError> {
    let statement = format!(
        "DELETE FROM finding WHERE (file, offset) IN
         (SELECT file, position / {POSITIONS_A_BYTE} FROM part WHERE native = ?1)"
    );
    delete(connection, &statement, native)
}

fn delete(connection: &Connection, statement: &str, of: i64) -> Result<(), BankError> {
    connection
        .prepare_cached(statement)
        .and_then(|mut delete| delete.execute([of]))
        .map(|_| ())
        .map_err(BankError::store("forget where a secret was found"))
}

/// All that was found, by rule and place.
pub(crate) fn all(connection: &Connection) -> Result<Vec<FoundSecret>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached(
            "SELECT rule, replaced, count, file.path, offset, session.agent, session.key, project.id
             FROM finding JOIN file ON file.ord = finding.file
             LEFT JOIN session ON session.ord = finding.session
             LEFT JOIN project ON project.ord = session.project
             ORDER BY replaced DESC, rule, file.path, offset",
        )
        .map_err(failed("read where secrets were found"))?;
    let read = |row: &rusqlite::Row<'_>| {
        let agent: Option<String> = row.get(5)?;
        let key: Option<String> = row.get(6)?;
        Ok(FoundSecret {
            rule: row.get(0)?,
            replaced: row.get(1)?,
            count: row.get::<_, i64>(2)?.cast_unsigned(),
            file: row.get(3)?,
            offset: row.get::<_, i64>(4)?.cast_unsigned(),
            session: agent.and_then(|agent| agent.parse().ok()).zip(key),
            project: row.get(7)?,
        })
    };
    select
        .query_map([], read)
        .and_then(Iterator::collect)
        .map_err(failed("read where secrets were found"))
}
