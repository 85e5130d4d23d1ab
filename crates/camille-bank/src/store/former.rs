//! What builds before took for identity: ids that models and proxies hand out. Their sightings stay until the
//! same file is read anew and says the same; what vanished stays as it is.

use crate::batch::Part;
use crate::error::BankError;
use rusqlite::{Connection, OptionalExtension};

/// What a build before made of one file.
pub(super) struct Former {
    file: Option<i64>,
}

impl Former {
    /// What is left of this file.
    pub(super) fn of(connection: &Connection, file: i64) -> Result<Self, BankError> {
        let any: bool = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM former WHERE file = ?1)")
            .and_then(|mut select| select.query_row([file], |row| row.get(0)))
            .map_err(BankError::store("read what was kept before"))?;
        Ok(Self { file: any.then_some(file) })
    }

    /// The row and part that the same words of the same file had, which this part replaces: those of the same
    /// place, or else the first with the same text.
    pub(super) fn replaced_by(
        &self,
        connection: &Connection,
        part: &Part,
        hash: &[u8; 16],
        redaction: u32,
    ) -> Result<Option<(i64, String)>, BankError> {
        let Some(file) = self.file else { return Ok(None) };
        let failed = BankError::store("read what was kept before");
        let position = i64::try_from(part.position).unwrap_or(i64::MAX);
        let found: Option<(i64, String)> = connection
            .prepare_cached(
                "SELECT native, part_key FROM former WHERE file = ?1 AND (hash = ?3
                     OR position = ?2 AND redaction < ?4)
                 ORDER BY position <> ?2, position LIMIT 1",
            )
            .and_then(|mut select| {
                select
                    .query_row((file, position, hash, redaction), |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()
            })
            .map_err(failed)?;
        if let Some((native, part_key)) = &found {
            connection
                .prepare_cached(
                    "DELETE FROM former WHERE file = ?1 AND native = ?2 AND part_key = ?3",
                )
                .and_then(|mut delete| delete.execute((file, native, part_key)))
                .map_err(BankError::store("read what was kept before"))?;
        }
        Ok(found)
    }
}

/// When the schema changed, in milliseconds: what is older was named as builds before did.
pub(super) fn until(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .query_row("SELECT value FROM meta WHERE key = 'named_anew'", [], |row| row.get(0))
        .optional()
        .map(|until| until.unwrap_or(i64::MAX))
}
