//! What a document is, played against a simple reference: random transcripts of both agents whose messages and
//! calls have ids that come again, with forks of every kind, in several projects, read in any order. Nothing is
//! lost, nothing is doubled, nothing stands in a document of another project.

mod world;

use camille_bank::{Bank, Checkpoint, FileBatch, Forget, Line, Part, PartRole, Visibility};
use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{self as ingest, Cursor, Record, read_line};
use camille_proto::id::DocumentId;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use world::{File, World};

/// A document as the reference knows it: its project, and the words that it is made of.
type Told = (String, Vec<String>);

/// What a bank holds.
type Held = BTreeMap<DocumentId, Told>;

/// Reads all files, so many lines of one after so many of another, as `order` says.
fn read(files: &[File], order: &[u8]) -> Held {
    let home = tempfile::tempdir().expect("a directory");
    let mut bank = Bank::open(home.path()).expect("opens");
    take_in(&mut bank, files, order);
    let told = told(&bank);
    bank.close().expect("closes");
    told
}

/// Reads all files, forgets a document, and reads all files anew: what the bank holds before and after, and what
/// was forgotten.
fn forgotten(files: &[File], order: &[u8], which: usize) -> Option<(Held, Held, DocumentId)> {
    let home = tempfile::tempdir().expect("a directory");
    let mut bank = Bank::open(home.path()).expect("opens");
    // What is still to come is kept away as well as what comes again.
    let half = files.len().div_ceil(2);
    take_in(&mut bank, &files[..half], order);
    let before = told(&bank);
    if before.is_empty() {
        return None;
    }
    let id = *before.keys().nth(which % before.len())?;
    bank.forget(&Forget::Document(id)).expect("forgets");
    take_in(&mut bank, files, order);
    let after = told(&bank);
    bank.close().expect("closes");
    Some((before, after, id))
}

fn take_in(bank: &mut Bank, files: &[File], order: &[u8]) {
    let redactor = Redactor::default();
    let mut readings: Vec<Reading<'_>> = files.iter().map(Reading::of).collect();
    let mut steps = order.iter().cycle().map(|step| usize::from(*step));
    while readings.iter().any(|reading| !reading.is_done()) {
        let open: Vec<usize> = (0..readings.len()).filter(|at| !readings[*at].is_done()).collect();
        let at = open[steps.next().unwrap_or(0) % open.len()];
        let lines = 1 + steps.next().unwrap_or(0) % 7;
        let batch = readings[at].next(&redactor, lines);
        bank.ingest(&batch).expect("is taken in");
    }
    // A file that is read anew says nothing new.
    let mut again = Reading::of(&files[steps.next().unwrap_or(0) % files.len()]);
    bank.ingest(&again.next(&redactor, usize::MAX)).expect("is taken in");
}

fn told(bank: &Bank) -> Held {
    let reader = bank.reader();
    let mut told = BTreeMap::new();
    for id in reader.holding("").expect("lists") {
        let document = reader.document(&id, &Visibility::Everything).expect("reads");
        let document = document.expect("it is there").document;
        assert_eq!(document.project, document.own_project);
        let words = document.text.split_whitespace().filter(|word| word.starts_with("w"));
        told.insert(id, (document.project, words.map(str::to_owned).collect()));
    }
    told
}

/// A file while it is read.
struct Reading<'f> {
    file: &'f File,
    cursor: Cursor,
    line: usize,
    offset: u64,
}

impl<'f> Reading<'f> {
    fn of(file: &'f File) -> Self {
        let cursor = Cursor::new(file.agent, Path::new(&file.name));
        Self { file, cursor, line: 0, offset: 0 }
    }

    fn is_done(&self) -> bool {
        self.line >= self.file.lines.len()
    }

    fn next(&mut self, redactor: &Redactor, lines: usize) -> FileBatch {
        // What is remembered goes through the store between two batches.
        let kept = serde_json::to_string(&self.cursor).expect("is kept");
        self.cursor = serde_json::from_str(&kept).expect("comes back");
        let mut batch = FileBatch {
            file: self.file.name.clone(),
            fresh: self.line == 0,
            redaction_version: 1,
            ..FileBatch::default()
        };
        for text in self.file.lines.iter().skip(self.line).take(lines) {
            let mut parts = Vec::new();
            read_line(&mut self.cursor, redactor, text.as_bytes(), self.offset, &mut |record| {
                if let Record::Part(part) = record {
                    parts.push(stored(part, &self.file.project));
                }
            });
            if !parts.is_empty() {
                batch.lines.push(Line { offset: self.offset, parts, found: Vec::new() });
            }
            self.line += 1;
            self.offset += text.len() as u64 + 1;
        }
        batch.checkpoint = Checkpoint { offset: self.offset, ..Checkpoint::default() };
        batch
    }
}

fn stored(part: ingest::Part, project: &str) -> Part {
    let origin = |origin| match origin {
        ingest::RecordOrigin::Own => camille_bank::RecordOrigin::Own,
        ingest::RecordOrigin::Unknown => camille_bank::RecordOrigin::Unknown,
        ingest::RecordOrigin::Copied => camille_bank::RecordOrigin::Copied,
    };
    Part {
        agent: part.agent,
        native_key: part.native_key,
        former_key: part.former_key,
        copy_of: part.copy_of,
        trace: part
            .trace
            .map(|trace| camille_bank::Trace { place: trace.place, origin: origin(trace.origin) }),
        part_key: part.part_key,
        session: part.session,
        parent_session: part.parent_session,
        project: project.to_owned(),
        own_project: project.to_owned(),
        directory: None,
        record_id: part.record_id,
        speaker: part.speaker,
        kind: part.kind,
        role: match part.role {
            ingest::PartRole::Text => PartRole::Text,
            ingest::PartRole::Input => PartRole::Input,
            ingest::PartRole::Output => PartRole::Output,
            ingest::PartRole::Error => PartRole::Error,
        },
        position: part.position,
        timestamp: part.timestamp,
        tool: part.tool,
        path: part.path,
        text: part.text,
        places: Vec::new(),
        quotes: Vec::new(),
        edited: Vec::new(),
    }
}

fn counted(told: impl Iterator<Item = Told>) -> BTreeMap<Told, usize> {
    let mut counts = BTreeMap::new();
    for one in told {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_document_is_one_record_however_ids_come_again(
        plan in prop::collection::vec(any::<[u8; 4]>(), 4..40),
        one in prop::collection::vec(any::<u8>(), 1..24),
        other in prop::collection::vec(any::<u8>(), 1..24),
    ) {
        let world = World::play(&plan);
        let files = world.files();
        let told = read(&files, &one);
        prop_assert_eq!(counted(told.values().cloned()), counted(world.expected().into_iter()));
        let again = read(&files, &other);
        let ids = |told: &Held| told.keys().copied().collect::<BTreeSet<_>>();
        prop_assert_eq!(ids(&told), ids(&again), "the order of reading shows");
        prop_assert_eq!(told, again);
    }

    #[test]
    fn what_is_forgotten_stays_away_in_every_copy(
        plan in prop::collection::vec(any::<[u8; 4]>(), 4..40),
        order in prop::collection::vec(any::<u8>(), 1..24),
        which in any::<usize>(),
    ) {
        let world = World::play(&plan);
        let files = world.files();
        let Some((before, after, id)) = forgotten(&files, &order, which) else { return Ok(()) };
        let whole = read(&files, &order);
        let (_, gone) = &before[&id];
        let is_told_of = |words: &[String]| {
            words.iter().any(|word| gone.contains(word) && !World::is_usual(word))
        };
        for (id, (project, words)) in &after {
            prop_assert!(!is_told_of(words), "{id} in {project} says {words:?} again");
        }
        prop_assert!(!after.contains_key(&id));
        // And nothing else went with it: of what everybody says, that one.
        let count = |told: &Held| {
            counted(told.values().filter(|(_, words)| words != gone && !is_told_of(words)).cloned())
        };
        prop_assert_eq!(count(&after), count(&whole));
    }
}
