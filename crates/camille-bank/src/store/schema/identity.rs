//! From the fourth schema to the fifth: a document is what its record is, and no longer what a model or a proxy called it.

use crate::error::BankError;
use crate::store::block::Packer;
use crate::store::native::Native;
use crate::store::session::Directory;
use camille_proto::id::DocumentId;
use rusqlite::Connection;

const TABLES: &str = "
    -- same: the row that the parts of this key are filed under, because it may be a copy of that.
    ALTER TABLE native ADD COLUMN same INTEGER;
    CREATE INDEX native_same ON native (same) WHERE same IS NOT NULL;

    -- own: the row of the record's own key where that is not `native`. origin: whether it is a copy.
    ALTER TABLE part ADD COLUMN own INTEGER;
    ALTER TABLE part ADD COLUMN origin INTEGER NOT NULL DEFAULT 1;

    -- What copies have in common, and the row that the first of them was filed under.
    CREATE TABLE trace (
        hash BLOB PRIMARY KEY,
        native INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- Sightings under former names, until their file is read anew.
    CREATE TABLE former (
        file INTEGER NOT NULL,
        native INTEGER NOT NULL,
        part_key TEXT NOT NULL,
        position INTEGER NOT NULL,
        hash BLOB NOT NULL,
        redaction INTEGER NOT NULL,
        PRIMARY KEY (file, native, part_key)
    ) WITHOUT ROWID;
    CREATE INDEX former_hash ON former (file, hash);
    CREATE INDEX former_position ON former (file, position);
    INSERT INTO former
        SELECT file, native, part_key, position, hash, redaction FROM part
        JOIN native ON native.ord = native WHERE record_id IS NULL OR key <> record_id;

    INSERT INTO meta VALUES ('named_anew', CAST(unixepoch('subsec') * 1000 AS INTEGER));
    INSERT INTO tombstone (kind, id, seq, session)
        SELECT 'former', id, seq, session FROM tombstone WHERE kind = 'document';

    -- Everything is read anew once.
    UPDATE file SET cursor = '', mtime_ns = -1;
";

/// The key that a record has by itself, as far as the store knows: of what began the document.
const KEYS: &str = "
    SELECT native.ord, native.agent, native.key, CASE
        WHEN native.agent = 'claude-code' AND first.record_id IS NULL THEN NULL
        WHEN native.agent = 'claude-code' AND first.kind = 'tool'
            THEN first.record_id || ':' || (first.position % 256)
        WHEN native.agent = 'claude-code' THEN first.record_id
        WHEN first.kind = 'tool'
            THEN session.key || ':' || (first.position / 256) || ':' || (first.position % 256)
        ELSE session.key || ':' || (first.position / 256) END, min(document.row)
    FROM native
    JOIN document ON document.native = native.ord AND deleted = 0
    JOIN part AS first ON first.native = native.ord AND first.document = document.row
        AND first.place = 0
    JOIN session ON session.ord = first.session
    GROUP BY native.ord
";

/// Makes the tables, gives what is there its own names, and takes apart what stood over the border of a project:
/// that cannot wait until its file is read anew.
pub(super) fn step(connection: &Connection) -> Result<(), BankError> {
    connection.execute_batch(TABLES).map_err(BankError::store("change the schema"))?;
    rename(connection)?;
    take_apart(connection)
}

fn rename(connection: &Connection) -> Result<(), BankError> {
    let failed = BankError::store;
    let mut select = connection.prepare(KEYS).map_err(failed("change the schema"))?;
    let named: Vec<(i64, String, String, Option<String>)> = select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .and_then(Iterator::collect)
        .map_err(failed("change the schema"))?;
    let mut seq = super::super::seq(connection)?.cast_signed();
    for (ord, agent, former, key) in named {
        let Some(key) = key.filter(|key| *key != former) else { continue };
        let renamed = connection
            .prepare_cached("UPDATE OR IGNORE native SET key = ?2 WHERE ord = ?1")
            .and_then(|mut update| update.execute((ord, &key)))
            .map_err(failed("change the schema"))?;
        if renamed == 0 {
            continue;
        }
        seq += 1;
        let (old, new) =
            (DocumentId::of_native_key(&agent, &former), DocumentId::of_native_key(&agent, &key));
        connection
            .prepare_cached("UPDATE OR IGNORE document SET id = ?2, seq = ?3 WHERE id = ?1")
            .and_then(|mut update| update.execute((old.as_bytes(), new.as_bytes(), seq)))
            .map_err(failed("change the schema"))?;
    }
    write_seq(connection, seq)
}

fn take_apart(connection: &Connection) -> Result<(), BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare(
            "SELECT native FROM part JOIN session ON session.ord = part.session
             GROUP BY native HAVING min(part.project) <> max(part.project)
             OR min(session.project) <> max(session.project)",
        )
        .map_err(failed("change the schema"))?;
    let natives: Vec<i64> = select
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(failed("change the schema"))?;
    let mut seq = super::super::seq(connection)?.cast_signed();
    let mut next_seq = || {
        seq += 1;
        seq
    };
    let mut packer = Packer::new(connection)?;
    let mut directory = Directory::empty(connection);
    for native in natives {
        let native = Native::load_row(connection, native)?;
        match native.settle(connection, &mut directory, &mut packer, &mut next_seq) {
            // What is damaged is shown to nobody.
            Ok(_) | Err(BankError::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    packer.finish(connection)?;
    write_seq(connection, seq)
}

fn write_seq(connection: &Connection, seq: i64) -> Result<(), BankError> {
    connection
        .execute("UPDATE meta SET value = ?1 WHERE key = 'seq'", [seq])
        .map(|_| ())
        .map_err(BankError::store("number the changes"))
}

#[cfg(test)]
mod tests {
    use super::super::{blocks, first, migrate, trust};
    use crate::bank::Bank;
    use crate::batch::{Checkpoint, FileBatch, Line, Part, PartRole};
    use crate::document::Document;
    use crate::query::Visibility;
    use crate::store::block::Packer;
    use crate::store::fact;
    use crate::store::trace::text_hash;
    use camille_proto::id::DocumentId;
    use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
    use rusqlite::Connection;

    const OLD: i64 = 1_700_000_000_000;

    fn id(key: &str) -> DocumentId {
        DocumentId::of_native_key("claude-code", key)
    }

    /// A bank as the build before wrote it: a proxy's message id joined two projects, and one call took another
    /// one's place.
    fn before(dir: &std::path::Path) {
        let path = dir.join("bank.db");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[first, blocks::step, trust, fact::step]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO project VALUES (1, 'web'), (2, 'payroll');
                 INSERT INTO session (ord, agent, key, project, project_time, first_time)
                     VALUES (1, 'claude-code', 'a', 1, 1, 1), (2, 'claude-code', 'b', 2, 2, 2);
                 INSERT INTO file (ord, path, pass, cursor) VALUES (1, 'a', 1, 'x'), (2, 'b', 1, 'x');
                 INSERT INTO native VALUES (1, 'claude-code', 'msg_proxy'),
                     (2, 'claude-code', 'Bash:0');",
            )
            .unwrap();
        let mut packer = Packer::new(&connection).unwrap();
        let mut part = |native: i64, file: i64, key: &str, record: &str, at: i64, text: &str| {
            let place = packer.add(&connection, text).unwrap();
            let role = i64::from(native == 2);
            let kind = if native == 2 { "tool" } else { "message" };
            connection
                .execute(
                    "INSERT INTO part (native, file, part_key, session, role, position, pass, class,
                     time, kind, speaker, project, record_id, redaction, bytes, hash, block, start,
                     document, place) VALUES (?1, ?2, ?3, ?2, ?4, ?5, 1, 2, ?6, ?7, 'agent', ?2, ?8,
                     1, ?9, ?10, ?11, ?12, ?1, ?2 - 1)",
                    rusqlite::params![
                        native,
                        file,
                        key,
                        role,
                        at * 256,
                        OLD,
                        kind,
                        record,
                        text.len() as i64,
                        text_hash(text),
                        place.block,
                        place.start
                    ],
                )
                .unwrap();
        };
        part(1, 1, "u1:0", "u1", 0, "cobra");
        part(1, 2, "u9:0", "u9", 0, "zeppelin");
        part(2, 1, "input", "u3", 10, "ls walrus");
        packer.finish(&connection).unwrap();
        for (row, key) in [(1, "msg_proxy"), (2, "Bash:0")] {
            connection
                .execute(
                    "INSERT INTO document (row, id, native, session, position, kind, speaker, time,
                     project, record_id, content_hash, redaction, seq) VALUES (?1, ?2, ?1, 1, 0,
                     iif(?1 = 2, 'tool', 'message'), 'agent', ?3, 1, 'u1', zeroblob(32), 1, ?1)",
                    (row, id(key).as_bytes(), OLD),
                )
                .unwrap();
        }
        connection
            .execute(
                "INSERT INTO tombstone (kind, id, seq) VALUES ('document', ?1, 1)",
                [id("msg_old").as_bytes()],
            )
            .unwrap();
        connection.execute("UPDATE meta SET value = 2 WHERE key = 'seq'", []).unwrap();
    }

    fn documents(bank: &Bank) -> Vec<(String, String)> {
        let reader = bank.reader();
        let read = |id: DocumentId| -> Document {
            reader.document(&id, &Visibility::Everything).unwrap().unwrap().document
        };
        let mut all: Vec<(String, String)> = reader
            .holding("")
            .unwrap()
            .into_iter()
            .map(read)
            .map(|document| (document.project, document.text))
            .collect();
        all.sort();
        all
    }

    fn told(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(project, text)| ((*project).to_owned(), (*text).to_owned())).collect()
    }

    fn part(key: &str, former: &str, at: u64, text: &str) -> Part {
        Part {
            agent: Agent::ClaudeCode,
            native_key: key.into(),
            former_key: Some(former.into()),
            copy_of: None,
            trace: None,
            part_key: format!("{key}:0"),
            session: "a".into(),
            parent_session: None,
            project: "web".into(),
            own_project: "web".into(),
            directory: None,
            record_id: Some(key.into()),
            speaker: Speaker::Agent,
            kind: DocumentKind::Message,
            role: PartRole::Text,
            position: at * 256,
            timestamp: jiff::Timestamp::from_millisecond(OLD).ok(),
            tool: None,
            path: None,
            text: text.into(),
            places: Vec::new(),
            quotes: Vec::new(),
            edited: Vec::new(),
        }
    }

    fn call(key: &str, record: &str, at: u64, text: &str) -> Part {
        Part {
            part_key: "input".into(),
            record_id: Some(record.into()),
            kind: DocumentKind::Tool,
            role: PartRole::Input,
            ..part(key, "Bash:0", at, text)
        }
    }

    fn batch(parts: Vec<Part>) -> FileBatch {
        FileBatch {
            file: "a".into(),
            fresh: true,
            redaction_version: 1,
            lines: parts
                .into_iter()
                .map(|part| Line {
                    offset: part.position / 256,
                    parts: vec![part],
                    found: Vec::new(),
                })
                .collect(),
            checkpoint: Checkpoint { offset: 100, ..Checkpoint::default() },
            ..FileBatch::default()
        }
    }

    #[test]
    fn what_was_joined_over_a_border_comes_apart_at_once() {
        let dir = tempfile::tempdir().unwrap();
        before(dir.path());
        let mut bank = Bank::open(dir.path()).unwrap();
        let kept = [("payroll", "zeppelin"), ("web", "cobra"), ("web", "ls walrus")];
        assert_eq!(documents(&bank), told(&kept));
        let reader = bank.reader();
        let document = reader.document(&id("u1"), &Visibility::Everything).unwrap();
        assert_eq!(document.unwrap().document.text, "cobra", "by its own name");
        drop(reader);
        // Its file is read anew: both calls are there, and nothing twice.
        let parts = vec![
            part("u1", "msg_proxy", 0, "cobra"),
            call("u2:0", "u2", 10, "ls pelican"),
            call("u3:0", "u3", 20, "ls walrus"),
        ];
        bank.ingest(&batch(parts)).unwrap();
        let kept = [
            ("payroll", "zeppelin"),
            ("web", "cobra"),
            ("web", "ls pelican"),
            ("web", "ls walrus"),
        ];
        assert_eq!(documents(&bank), told(&kept), "what vanished stays");
        bank.close().unwrap();
        assert!(Bank::open(dir.path()).is_ok());
    }

    #[test]
    fn what_was_forgotten_under_a_former_name_stays_away() {
        let dir = tempfile::tempdir().unwrap();
        before(dir.path());
        let mut bank = Bank::open(dir.path()).unwrap();
        let mut later = part("u5", "msg_old", 40, "said since");
        later.timestamp = "2999-01-01T00:00:00Z".parse().ok();
        let parts = vec![part("u4", "msg_old", 30, "forgotten"), later];
        bank.ingest(&batch(parts)).unwrap();
        let texts: Vec<String> = documents(&bank).into_iter().map(|(_, text)| text).collect();
        assert!(!texts.contains(&"forgotten".to_owned()));
        assert!(texts.contains(&"said since".to_owned()), "the id came again");
    }
}
