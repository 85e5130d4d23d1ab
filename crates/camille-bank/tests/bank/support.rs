//! Invented lines, batches and questions for the tests of the bank. It never touches a bank itself except
//! through its public functions.

use camille_bank::{
    Bank, BankReader, Checkpoint, FileBatch, Filter, KnowAgain, LeafAnswer, LeafQuery, Line, Part,
    PartRole, SessionName, SessionUpdate, Shared, Visibility, VisibleProject, analyzer,
};
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use jiff::{Timestamp, ToSpan};
use std::path::Path;

/// The projects that sessions of these tests touch without being kept back.
const PROJECTS: [&str; 3] = ["github.com/acme/api", "github.com/acme/payroll", "private"];

/// A moment of an invented day.
pub(crate) fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-02-03T08:00:00Z".parse().unwrap();
    start.checked_add(minute.minutes()).unwrap()
}

/// A message in a file whose only session bears the file's name.
pub(crate) fn message(session: &str, key: &str, minute: i64, text: &str) -> Part {
    Part {
        agent: Agent::ClaudeCode,
        native_key: key.into(),
        former_key: None,
        copy_of: None,
        trace: None,
        part_key: "0".into(),
        session: session.into(),
        parent_session: None,
        project: "github.com/acme/api".into(),
        own_project: "github.com/acme/api".into(),
        directory: None,
        record_id: Some(format!("record-{key}")),
        speaker: Speaker::Person,
        kind: DocumentKind::Message,
        role: PartRole::Text,
        position: u64::try_from(minute).unwrap() * 256,
        timestamp: Some(at(minute)),
        tool: None,
        path: None,
        text: text.into(),
        places: Vec::new(),
        quotes: Vec::new(),
        edited: Vec::new(),
    }
}

/// One side of a tool call.
pub(crate) fn tool(session: &str, key: &str, minute: i64, role: PartRole, text: &str) -> Part {
    Part {
        part_key: format!("{role:?}"),
        speaker: Speaker::Tool,
        kind: DocumentKind::Tool,
        role,
        tool: Some("Bash".into()),
        ..message(session, key, minute, text)
    }
}

/// A whole file with one part a line.
pub(crate) fn file(name: &str, parts: &[Part]) -> FileBatch {
    FileBatch {
        file: name.into(),
        fresh: true,
        redaction_version: 1,
        lines: parts
            .iter()
            .map(|part| Line {
                offset: part.position / 256,
                parts: vec![part.clone()],
                found: Vec::new(),
            })
            .collect(),
        checkpoint: Checkpoint { offset: parts.len() as u64, ..Checkpoint::default() },
        ..FileBatch::default()
    }
}

/// A title for a session.
pub(crate) fn titled(session: &str, rank: camille_bank::TitleRank, title: &str) -> SessionUpdate {
    SessionUpdate {
        title: Some((rank, title.into())),
        ..SessionUpdate::new(Agent::ClaudeCode, session.into())
    }
}

/// A question.
pub(crate) fn query(q: &str) -> LeafQuery {
    let analyzer::Question { terms, phrases } = analyzer::question(q);
    LeafQuery { terms, phrases, filter: Filter::default(), candidates: 50, sampled: true }
}

/// The owner's question.
pub(crate) fn ask(reader: &BankReader, q: &str) -> LeafAnswer {
    reader.search(&query(q), &Visibility::Everything).unwrap()
}

/// The record ids of an answer's documents, best first.
pub(crate) fn records(answer: &LeafAnswer) -> Vec<String> {
    let record = |found: &camille_bank::Found| found.document.record_id.clone().unwrap();
    answer.candidates.iter().map(record).collect()
}

/// These projects, always.
pub(crate) fn only(projects: &[&str]) -> Visibility {
    let visible = |id: &&str| VisibleProject { id: (*id).into(), from: None };
    Visibility::Shared(Shared {
        projects: projects.iter().map(visible).collect(),
        open: PROJECTS.map(str::to_owned).to_vec(),
        released: Vec::new(),
        denied: Vec::new(),
        refused: Vec::new(),
        below: Vec::new(),
    })
}

/// A bank with these files, committed.
pub(crate) fn bank(dir: &std::path::Path, files: &[FileBatch]) -> Bank {
    let mut bank = Bank::open(dir).unwrap();
    for file in files {
        bank.ingest(file).unwrap();
    }
    bank.commit().unwrap();
    look_for_quotes(&mut bank, files);
    bank
}

/// Looks for quotes in the sessions of these files.
pub(crate) fn look_for_quotes(bank: &mut Bank, files: &[FileBatch]) {
    let parts = files.iter().flat_map(|file| &file.lines).flat_map(|line| &line.parts);
    let name = |part: &Part| SessionName { agent: part.agent, session: part.session.clone() };
    let sessions: Vec<SessionName> = parts.map(name).collect();
    bank.find_quotes(&sessions, &mut Words::default()).unwrap();
}

/// Knows texts again by any word of ten letters that they have in common.
#[derive(Default)]
pub(crate) struct Words(Vec<(String, Vec<i64>)>);

impl KnowAgain for Words {
    fn begin(&mut self) {
        self.0.clear();
    }

    fn remember(&mut self, text: &str, places: &[i64]) {
        let long = text.split(' ').filter(|word| word.len() >= 10);
        self.0.extend(long.map(|word| (word.to_owned(), places.to_vec())));
    }

    fn quoted(&mut self, said: &str) -> Vec<i64> {
        let words = self.0.iter().filter(|(word, _)| said.contains(word.as_str()));
        words.flat_map(|(_, places)| places.iter().copied()).collect()
    }
}

/// A small generator, so that what is random is the same each time (Knuth's MMIX constants).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// A text of `words` words, some much more frequent than others.
    pub(crate) fn text(&mut self, words: u64) -> String {
        let word = |dice: &mut Self| {
            let spread = dice.roll(400) + 1;
            format!("w{}", dice.roll(spread))
        };
        (0..words).map(|_| word(self)).collect::<Vec<_>>().join(" ")
    }

    /// The same things in another order.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for at in (1..things.len()).rev() {
            let other = usize::try_from(self.roll(at as u64 + 1)).unwrap();
            things.swap(at, other);
        }
    }

    /// A session of messages and tool calls.
    pub(crate) fn session(&mut self, name: &str, start: i64, count: i64) -> Vec<Part> {
        let project = format!("github.com/acme/p{}", self.roll(3));
        let mut parts = Vec::new();
        for number in 0..count {
            let key = format!("{name}-{number}");
            let minute = start + number;
            let words = 3 + self.roll(30);
            let text = self.text(words);
            if self.roll(3) == 0 {
                parts.push(tool(name, &key, minute, PartRole::Input, &text));
                let output = self.text(words);
                parts.push(tool(name, &key, minute, PartRole::Output, &output));
            } else {
                parts.push(message(name, &key, minute, &text));
            }
        }
        for (number, part) in parts.iter_mut().enumerate() {
            part.position = number as u64 * 256;
            part.project = project.clone();
            part.own_project = if self.roll(8) == 0 { "/tmp/x".into() } else { project.clone() };
        }
        parts
    }
}

/// Everything the bank's files hold, as text: rows with their blocks unpacked, terms, and the bytes.
pub(crate) fn everything(dir: &Path) -> String {
    let mut all = String::new();
    let store = rusqlite::Connection::open(dir.join("bank.db")).unwrap();
    let tables: Vec<String> = store
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(tables.len() > 8, "{tables:?}");
    for table in tables {
        let mut select = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    rusqlite::types::ValueRef::Text(text) => {
                        all.push_str(&String::from_utf8_lossy(text));
                    }
                    rusqlite::types::ValueRef::Blob(bytes) => {
                        all.push_str(&String::from_utf8_lossy(bytes));
                        if let Ok(unpacked) = zstd::bulk::decompress(bytes, 1 << 24) {
                            all.push_str(&String::from_utf8_lossy(&unpacked));
                        }
                    }
                    other => all.push_str(&format!("{other:?}")),
                }
                all.push('\n');
            }
        }
    }
    drop(store);
    let index = tantivy::Index::open_in_dir(dir.join("index")).unwrap();
    let reader = index.reader().unwrap();
    for segment in reader.searcher().segment_readers() {
        assert_eq!(segment.num_deleted_docs(), 0);
        for (field, entry) in index.schema().fields() {
            if entry.is_indexed() {
                let inverted = segment.inverted_index(field).unwrap();
                let mut terms = inverted.terms().stream().unwrap();
                while terms.advance() {
                    all.push_str(&String::from_utf8_lossy(terms.key()));
                    all.push('\n');
                }
            }
        }
    }
    add_bytes(dir, &mut all);
    all
}

fn add_bytes(dir: &Path, all: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_bytes(&path, all);
        } else {
            all.push_str(&path.display().to_string());
            all.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
}
