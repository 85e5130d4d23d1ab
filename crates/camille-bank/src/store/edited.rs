//! Which documents are edits of which files: each call that wrote to a file is filed under the file's last two names.
//! Of the lines it keeps nothing: they stand in the document's text, and go and change with that.

use super::block::Blocks;
use super::claim::role_number;
use super::read;
use super::text;
use crate::batch::PartRole;
use crate::document::{Document, EditKey};
use crate::error::BankError;
use crate::search::visibility::View;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// The twelfth schema's table. Everything is read anew once, so that old history has it too.
const TABLE: &str = "
    -- file: what stands for the file's name and that of its directory. native: the row that the document is filed
    -- under, as in marked.
    CREATE TABLE edited (
        file BLOB NOT NULL,
        native INTEGER NOT NULL,
        PRIMARY KEY (file, native)
    ) WITHOUT ROWID;
    UPDATE file SET cursor = '', mtime_ns = -1;
";

/// Drops what is not there any more.
pub(super) const REMOVE: &str = "DELETE FROM edited WHERE native NOT IN (SELECT ord FROM native);";

/// Leads to the twelfth schema.
pub(super) fn step(connection: &Connection) -> Result<(), BankError> {
    connection.execute_batch(TABLE).map_err(BankError::store("change the schema"))
}

/// Keeps which files a document, by the row that it is filed under, is an edit of.
pub(super) fn note(
    connection: &Connection,
    native: i64,
    paths: &[String],
) -> Result<(), BankError> {
    for path in paths {
        connection
            .prepare_cached("INSERT OR IGNORE INTO edited VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute((EditKey::of(path).first, native)))
            .map_err(BankError::store("note which file was edited"))?;
    }
    Ok(())
}

/// The edits of the files that `keys` stand for, as far as `view` sees them: calls that did not fail, each with what it
/// was given as its text; the newest `max`, the oldest of them first.
pub(crate) fn edits(
    connection: &Connection,
    keys: &[EditKey],
    view: &View,
    max: usize,
) -> Result<Vec<Document>, BankError> {
    let failed = BankError::store;
    let mut rows = BTreeSet::new();
    for key in keys {
        let mut select = connection
            .prepare_cached(
                "SELECT document.time, document.row FROM edited
                 JOIN document ON document.native = edited.native AND document.deleted = 0
                 WHERE edited.file BETWEEN ?1 AND ?2",
            )
            .map_err(failed("find the edits of a file"))?;
        let found: Vec<(Option<i64>, i64)> = select
            .query_map((key.first, key.last), |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(failed("find the edits of a file"))?;
        rows.extend(found);
    }
    let mut edits = Vec::new();
    let mut blocks = Blocks::default();
    for (_, row) in rows.into_iter().rev() {
        if edits.len() == max {
            break;
        }
        let Some((stored, native)) = read::without_text(connection, row)? else { continue };
        if !stored.is_seen(view) {
            continue;
        }
        match given(connection, &mut blocks, native, row) {
            Ok(Some(text)) => {
                let mut document = stored.shown(connection, view)?;
                document.text = text;
                edits.push(document);
            }
            // It failed; or it is damaged, and can be read by nobody.
            Ok(None) | Err(BankError::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    edits.reverse();
    Ok(edits)
}

/// What a call was given; `None`: it failed.
fn given(
    connection: &Connection,
    blocks: &mut Blocks,
    native: i64,
    row: i64,
) -> Result<Option<String>, BankError> {
    let parts = text::parts(connection, blocks, native, row)?;
    if parts.iter().any(|part| part.role == role_number(PartRole::Error)) {
        return Ok(None);
    }
    let given = parts.into_iter().filter(|part| part.role == role_number(PartRole::Input));
    Ok(given.map(|part| part.text).reduce(|all, part| all + "\n" + &part))
}
