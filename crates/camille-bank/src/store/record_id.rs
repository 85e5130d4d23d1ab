//! How the store writes the id that a record has in its source: a UUID in its 16 bytes, anything else as it is. It stands
//! in every part and document, and most agents' are UUIDs.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use std::borrow::Cow;
use uuid::Uuid;

/// A record's id on its way into the store or out of it.
pub(super) struct RecordId<'a>(pub(super) Cow<'a, str>);

impl ToSql for RecordId<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // The only spelling that is written short: any other one must come back as it came.
        let is_spelt = |uuid: &Uuid| *uuid.as_hyphenated().encode_lower(&mut [0; 36]) == *self.0;
        Ok(match Uuid::try_parse(&self.0).ok().filter(is_spelt) {
            Some(uuid) => ToSqlOutput::from(uuid.into_bytes().to_vec()),
            None => ToSqlOutput::from(self.0.as_ref()),
        })
    }
}

impl FromSql for RecordId<'_> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(bytes) => {
                let bytes = bytes.try_into().map_err(|_| FromSqlError::InvalidBlobSize {
                    expected_size: 16,
                    blob_size: bytes.len(),
                })?;
                Ok(Self(Cow::Owned(Uuid::from_bytes(bytes).to_string())))
            }
            text => Ok(Self(Cow::Owned(text.as_str()?.to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn every_id_comes_back_as_it_came_and_uuids_are_short() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (id TEXT)").unwrap();
        let uuid = "e9c8039d-0bce-4a3b-9f63-0f92a3e46ff8";
        let others =
            ["", "call_J1", "E9C8039D-0BCE-4A3B-9F63-0F92A3E46FF8", &uuid.replace('-', ""), "{e9}"];
        for (id, length) in [(uuid, 16)].into_iter().chain(others.map(|id| (id, id.len()))) {
            connection.execute("DELETE FROM t", []).unwrap();
            connection.execute("INSERT INTO t VALUES (?1)", [RecordId(id.into())]).unwrap();
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let (back, stored): (RecordId<'_>, i64) = connection
                .query_row("SELECT id, length(CAST(id AS BLOB)) FROM t", [], read)
                .unwrap();
            assert_eq!((back.0.as_ref(), stored), (id, length as i64));
        }
    }
}
