//! Brings stored texts under a newer set of redaction rules, some keys a transaction. How far it is stands in
//! the rows themselves, so that it goes on after a crash. It does not know the rules.

use super::block::Packer;
use super::native::Native;
use super::session::Directory;
use super::{cursor, finding, seq};
use crate::error::BankError;
use crate::secret::Redaction;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

/// Keys brought under the new rules in one transaction.
const NATIVES: i64 = 200;

/// Redacts a text by the new rules.
pub(crate) type Redact<'r> = &'r mut dyn FnMut(&str) -> Redaction;

/// The version of the rules that every text is under; 0 if that is not known.
pub(crate) fn version(connection: &Connection) -> Result<i64, BankError> {
    connection
        .query_row("SELECT value FROM meta WHERE key = 'redaction'", [], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
        .map_err(BankError::store("read the version of the redaction rules"))
}

/// How many documents are under older rules.
pub(crate) fn behind(connection: &Connection, version: i64) -> Result<u64, BankError> {
    connection
        .query_row(
            "SELECT count(*) FROM document WHERE redaction < ?1 AND deleted = 0",
            [version],
            |row| row.get::<_, i64>(0),
        )
        .map(i64::cast_unsigned)
        .map_err(BankError::store("count what is to be redacted anew"))
}

/// What a step did.
pub(crate) struct Step {
    /// The last key it dealt with; `None`: all are dealt with.
    pub(crate) last: Option<i64>,
    /// Documents it looked at.
    pub(crate) documents: u64,
    /// Documents that changed.
    pub(crate) changed: u64,
}

/// Deals with the next keys after `after`.
pub(crate) fn step(
    connection: &mut Connection,
    version: i64,
    after: i64,
    redact: Redact<'_>,
) -> Result<Step, BankError> {
    let failed = BankError::store;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin to redact"))?;
    let natives: Vec<i64> = transaction
        .prepare_cached(
            "SELECT DISTINCT native FROM part WHERE native > ?1 AND redaction < ?2
             ORDER BY native LIMIT ?3",
        )
        .and_then(|mut select| {
            select.query_map((after, version, NATIVES), |row| row.get(0))?.collect()
        })
        .map_err(failed("find what is to be redacted anew"))?;
    let mut number = seq(&transaction)?.cast_signed();
    let mut next_seq = || {
        number += 1;
        number
    };
    let mut step = Step { last: natives.last().copied(), documents: 0, changed: 0 };
    let mut packer = Packer::new(&transaction)?;
    let mut directory = Directory::empty(&transaction);
    for native in natives {
        let mut native = Native::load_row(&transaction, native)?;
        step.documents += native.documents();
        let texts = match native.redacted(&transaction, redact) {
            Ok(texts) => texts,
            // What is damaged is shown to nobody, and is no reason to leave the others as they are.
            Err(BankError::Corrupt { .. }) => {
                native.mark_redacted(&transaction, version)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        for (place, session, found) in texts.found {
            finding::note(&transaction, place, Some(session), &found)?;
        }
        if texts.changed.is_empty() && texts.fields.is_empty() {
            native.mark_redacted(&transaction, version)?;
            continue;
        }
        native.replace(&transaction, &mut packer, &texts.changed, &texts.fields, version)?;
        step.changed +=
            native.settle(&transaction, &mut directory, &mut packer, &mut next_seq)?.changed;
    }
    packer.finish(&transaction)?;
    write_number(&transaction, number)?;
    if step.changed > 0 {
        note_remains(&transaction)?;
    }
    transaction.commit().map_err(failed("redact"))?;
    Ok(step)
}

/// Deals with what stands beside documents, and notes that all is under these rules. Returns how many titles
/// and other facts changed.
pub(crate) fn finish(
    connection: &mut Connection,
    version: i64,
    redact: Redact<'_>,
) -> Result<u64, BankError> {
    let failed = BankError::store;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin to redact"))?;
    let mut number = seq(&transaction)?.cast_signed();
    let mut changed = 0;
    for column in ["title", "branch", "remote", "pull_request"] {
        for (ord, text) in texts(&transaction, "session", column)? {
            let Some(text) = redact(&text).text else { continue };
            number += 1;
            changed += 1;
            transaction
                .execute(&format!("UPDATE session SET {column} = ?2 WHERE ord = ?1"), (ord, text))
                .and_then(|_| {
                    // Titles are part of what is indexed.
                    transaction.execute(
                        "UPDATE document SET seq = ?2 WHERE session = ?1 AND deleted = 0",
                        (ord, number),
                    )
                })
                .map_err(failed("redact"))?;
        }
    }
    // What readers remember may hold a prompt: such a file is read anew when it grows.
    for (ord, cursor) in cursors(&transaction)? {
        // One that cannot be read is worth no more than none.
        if cursor.is_none_or(|cursor| redact(&cursor).text.is_some()) {
            changed += 1;
            transaction
                .execute("UPDATE file SET cursor = '' WHERE ord = ?1", [ord])
                .map_err(failed("redact"))?;
        }
    }
    write_number(&transaction, number)?;
    if changed > 0 {
        note_remains(&transaction)?;
    }
    transaction
        .execute("INSERT OR REPLACE INTO meta VALUES ('redaction', ?1)", [version])
        .map_err(failed("redact"))?;
    transaction.commit().map_err(failed("redact"))?;
    Ok(changed)
}

/// Notes that free pages and the index still hold what was replaced.
fn note_remains(connection: &Connection) -> Result<(), BankError> {
    connection
        .execute("INSERT OR REPLACE INTO meta VALUES ('forgetting', 1)", [])
        .map(|_| ())
        .map_err(BankError::store("redact"))
}

fn write_number(connection: &Connection, number: i64) -> Result<(), BankError> {
    connection
        .execute("UPDATE meta SET value = ?1 WHERE key = 'seq'", [number])
        .map(|_| ())
        .map_err(BankError::store("number the changes"))
}

/// What the files' readers remember, as far as it can be read.
fn cursors(connection: &Connection) -> Result<Vec<(i64, Option<String>)>, BankError> {
    connection
        .prepare("SELECT ord, cursor FROM file WHERE cursor <> ''")
        .and_then(|mut select| {
            let read = |row: &Row<'_>| Ok((row.get(0)?, cursor::unpacked(row.get_ref(1)?).ok()));
            select.query_map([], read)?.collect()
        })
        .map_err(BankError::store("read what is to be redacted anew"))
}

fn texts(
    connection: &Connection,
    table: &str,
    column: &str,
) -> Result<Vec<(i64, String)>, BankError> {
    let statement =
        format!("SELECT ord, {column} FROM {table} WHERE {column} IS NOT NULL AND {column} <> ''");
    connection
        .prepare(&statement)
        .and_then(|mut select| {
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .map_err(BankError::store("read what is to be redacted anew"))
}
