//! Schema 2: texts move from rows of their own into blocks, and documents know when they were entered.

use crate::error::BankError;
use crate::store::block::{self, Packer};
use rusqlite::Connection;

const BEFORE: &str = "
    -- texts: how many are in it; it goes with the last. form: 0 as it is, 1 zstd. bytes: uncompressed.
    CREATE TABLE block (
        ord INTEGER PRIMARY KEY,
        form INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        texts INTEGER NOT NULL,
        data BLOB NOT NULL
    );

    -- The change that entered the document: the index cannot hold what is younger than itself.
    ALTER TABLE document ADD COLUMN born INTEGER NOT NULL DEFAULT 1;

    CREATE TEMP TABLE moved (
        text INTEGER PRIMARY KEY,
        block INTEGER NOT NULL,
        start INTEGER NOT NULL
    );
";

const AFTER: &str = "
    -- Each sighting of a part in a file. document and place: which document's text it is part of, and
    -- where; null for a sighting that repeats another one.
    CREATE TABLE sighting (
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
        block INTEGER NOT NULL,
        start INTEGER NOT NULL,
        document INTEGER,
        place INTEGER,
        PRIMARY KEY (native, file, part_key)
    ) WITHOUT ROWID;
    INSERT INTO sighting
        SELECT native, file, part_key, session, role, position, pass, class, time, kind, speaker,
            project, record_id, tool, path, redaction, bytes, hash, block, start, document, place
        FROM part JOIN moved ON moved.text = part.text;
    DROP TABLE part;
    ALTER TABLE sighting RENAME TO part;
    CREATE INDEX part_session ON part (session, native);
    DROP TABLE text;
    DROP TABLE moved;
";

/// Moves every text.
pub(super) fn step(connection: &Connection) -> Result<(), BankError> {
    let failed = BankError::store;
    connection.execute_batch(BEFORE).map_err(failed("change the schema"))?;
    // Without an index the inner question would go through all parts for each text.
    connection
        .execute_batch("CREATE INDEX part_text ON part (text, bytes)")
        .map_err(failed("change the schema"))?;
    let mut packer = Packer::new(connection)?;
    let mut select = connection
        .prepare(
            "SELECT ord, form, data, (SELECT bytes FROM part WHERE part.text = text.ord)
             FROM text WHERE ord IN (SELECT text FROM part) ORDER BY ord",
        )
        .map_err(failed("read a text"))?;
    let mut rows = select.query([]).map_err(failed("read a text"))?;
    while let Some(row) = rows.next().map_err(failed("read a text"))? {
        let read = || -> rusqlite::Result<(i64, Option<Vec<u8>>)> {
            let data = row.get_ref(2)?.as_blob().unwrap_or_default();
            Ok((row.get(0)?, block::decode(row.get(1)?, data, row.get(3)?)))
        };
        let (ord, text) = read().map_err(failed("read a text"))?;
        let text = text
            .and_then(|text| String::from_utf8(text).ok())
            .ok_or(BankError::Corrupt { what: "text" })?;
        let place = packer.add(connection, &text)?;
        connection
            .prepare_cached("INSERT INTO moved VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute((ord, place.block, place.start)))
            .map_err(failed("move a text"))?;
    }
    drop(rows);
    drop(select);
    packer.finish(connection)?;
    connection.execute_batch(AFTER).map_err(failed("change the schema"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::block::Blocks;
    use crate::store::text;

    #[test]
    fn texts_move_with_their_parts() {
        let connection = Connection::open_in_memory().unwrap();
        super::super::first(&connection).unwrap();
        let long = "a long text that is worth compressing ".repeat(20);
        let data = zstd::bulk::compress(long.as_bytes(), 3).unwrap();
        connection
            .execute_batch(
                "INSERT INTO project VALUES (1, 'p');
                 INSERT INTO session (ord, agent, key, project_time, first_time)
                     VALUES (1, 'claude-code', 's', 0, 0);
                 INSERT INTO file (ord, path) VALUES (1, 'f'), (2, 'g');
                 INSERT INTO native VALUES (1, 'claude-code', 'k');
                 INSERT INTO document (row, id, native, session, position, kind, speaker, project,
                     content_hash, redaction, seq) VALUES (7, x'00', 1, 1, 0, 'message', 'agent', 1,
                     x'00', 1, 5);
                 INSERT INTO text VALUES (3, 0, CAST('short' AS BLOB));",
            )
            .unwrap();
        connection.execute("INSERT INTO text VALUES (9, 1, ?1)", [data]).unwrap();
        let mut insert = connection
            .prepare(
                "INSERT INTO part (native, file, part_key, session, role, position, pass, class,
                 kind, speaker, project, redaction, bytes, hash, text, document, place)
                 VALUES (1, ?1, ?2, 1, 0, 0, 1, 2, 'message', 'agent', 1, 1, ?3, x'00', ?4, ?5, ?6)",
            )
            .unwrap();
        insert.execute((1, "a", 5, 3, 7, 0)).unwrap();
        insert.execute((1, "b", long.len() as i64, 9, 7, 1)).unwrap();
        // A copy of the file says the same.
        insert.execute((2, "a", 5, 3, None::<i64>, None::<i64>)).unwrap();
        drop(insert);
        step(&connection).unwrap();
        let parts = text::parts(&connection, &mut Blocks::default(), 1, 7).unwrap();
        let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["short", long.as_str()]);
        let rows: i64 =
            connection.query_row("SELECT count(*) FROM part", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 3);
    }
}
