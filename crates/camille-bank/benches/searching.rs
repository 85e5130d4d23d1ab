//! The inner loops of searching: analysis of a text, and ranking a small bank. Invented text only; nothing
//! is asserted.

use camille_bank::{
    Bank, BankError, BankReader, FileBatch, LeafQuery, Line, Part, PartRole, Visibility, analyzer,
};
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use criterion::{Criterion, Throughput};
use std::hint::black_box;
use std::path::Path;

const SENTENCE: &str = "The watcher never closed its socket: fd_table grew until accept() failed in \
    src/net/listener.rs with --backlog 128. ";
const NOUNS: &[&str] =
    &["socket", "watcher", "retry", "invoice", "cursor", "lockfile", "migration", "payload"];
const DOCUMENTS: usize = 2_000;
const SESSION_DOCUMENTS: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    scan(&mut criterion);
    let folder = tempfile::tempdir()?;
    let reader = small_bank(folder.path())?;
    rank(&mut criterion, &reader);
    criterion.final_summary();
    Ok(())
}

fn scan(criterion: &mut Criterion) {
    let text = SENTENCE.repeat(100);
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("prose and identifiers", |bencher| {
        bencher.iter(|| {
            analyzer::scan(black_box(&text), |term, kind, range| {
                black_box((term, kind, range));
            });
        });
    });
    group.finish();
}

fn rank(criterion: &mut Criterion, reader: &BankReader) {
    let mut group = criterion.benchmark_group("search 2,000 documents");
    for (name, question) in
        [("rare", "case17"), ("common", "socket"), ("several", "why does the invoice cursor retry")]
    {
        let terms = analyzer::question(question).terms;
        let query = LeafQuery { terms, candidates: 10, ..LeafQuery::default() };
        group.bench_function(name, |bencher| {
            bencher.iter(|| reader.search(black_box(&query), &Visibility::Everything));
        });
    }
    group.finish();
}

fn small_bank(dir: &Path) -> Result<BankReader, BankError> {
    let mut bank = Bank::open(dir)?;
    for session in 0..DOCUMENTS / SESSION_DOCUMENTS {
        let lines = (0..SESSION_DOCUMENTS)
            .map(|at| Line { parts: vec![message(session, at)], ..Line::default() });
        let batch = FileBatch {
            file: format!("invented {session}"),
            fresh: true,
            lines: lines.collect(),
            ..FileBatch::default()
        };
        bank.ingest(&batch)?;
    }
    bank.commit()?;
    let reader = bank.reader();
    bank.close()?;
    Ok(reader)
}

fn message(session: usize, at: usize) -> Part {
    let number = session * SESSION_DOCUMENTS + at;
    let noun = |step: usize| NOUNS[number / step % NOUNS.len()];
    let text = format!("case{at}: {SENTENCE} Is it the {} or the {}?", noun(1), noun(11));
    Part {
        agent: Agent::ClaudeCode,
        native_key: format!("record {number}"),
        former_key: None,
        copy_of: None,
        trace: None,
        part_key: "text".into(),
        session: format!("session {session}"),
        parent_session: None,
        project: "acme/api".into(),
        own_project: "acme/api".into(),
        directory: None,
        record_id: None,
        speaker: if at.is_multiple_of(2) { Speaker::Person } else { Speaker::Agent },
        kind: DocumentKind::Message,
        role: PartRole::Text,
        position: at as u64,
        timestamp: None,
        tool: None,
        path: None,
        text,
        places: Vec::new(),
        quotes: Vec::new(),
        edited: Vec::new(),
    }
}
