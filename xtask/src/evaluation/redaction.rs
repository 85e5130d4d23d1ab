//! `eval redaction`: no planted secret stands in the bank of a node that read it, what is found in the corpus
//! is listed by place, and how fast the rules go over it.

use crate::corpus::Corpus;
use crate::lone::LoneNode;
use crate::report::{Report, Table};
use anyhow::{Context, Result};
use camille_ingest::redact::{Redactor, Tier};
use camille_node::Mode;
use camille_testkit::session::Session;
use rusqlite::types::ValueRef;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "the tests of ingest use the rest")]
#[path = "../../../crates/camille-ingest/tests/redaction/sample.rs"]
mod sample;

/// So many letters of a secret in a row are a trace of it.
const TRACE: usize = 12;
/// What is never measured once only.
const ROUNDS: usize = 5;

/// How it is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many times slower than wanted the rules may be: on slow machines, and on those that do other work.
    #[arg(long, default_value_t = 1.0)]
    slack: f64,
}

pub(crate) async fn measure(corpus: &Corpus, options: &Options) -> Result<Report> {
    let mut report = Report::new("Redaction");
    plant(&mut report).await?;
    list(corpus, &mut report).await?;
    speed(corpus, options.slack, &mut report)?;
    Ok(report)
}

/// Samples of every kind in sessions, as prompts, answers, commands and their output, read by a real node.
async fn plant(report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut traces = Traces::default();
    let mut planted = 0;
    for (number, kind) in sample::kinds().into_iter().enumerate() {
        let mut session = Session::new(format!("planted-{number}"));
        for sample in kind.samples() {
            traces.add(&kind.name, &sample.secret);
            for (_, text) in sample::hidings(&sample.text) {
                session =
                    session.person(&text).agent(&text).tool(&text, &text).failed_tool("x", &text);
                planted += 5;
            }
        }
        std::fs::write(folder.path().join(format!("{number}.jsonl")), session.jsonl())?;
    }
    // As a check of the dump: it has to be found.
    let bait = Session::new("bait").person("zanzibar4711quetzal stands here").jsonl();
    std::fs::write(folder.path().join("bait.jsonl"), bait)?;
    let mut bait = Traces::default();
    bait.add("bait", "......zanzibar4711quetzal");

    // Not the node's own folder: what is looked through must outlive it.
    let home = tempfile::tempdir()?;
    let node = LoneNode::open_in(home.path(), Mode::Command).await?;
    let index = node.index(&[folder.path().to_owned()]).await?;
    let bank = node.bank_dir();
    report.fact("kinds", sample::kinds().len());
    report.fact("places planted", planted);
    report.fact("replaced", index.redacted.values().sum::<u64>());
    let mut dump = Vec::new();
    // Before the node goes, so that the log of changes is there, too.
    bytes(&bank, &mut dump)?;
    node.close().await;
    bytes(&bank, &mut dump)?;
    rows(&bank, &mut dump)?;
    terms(&bank, &mut dump)?;
    report.fact("bytes of rows, blocks, terms and files looked through", dump.len());
    let sees = !bait.found(&dump).is_empty();
    report.bar("the dump sees what is kept", sees, true, sees);
    let left = traces.found(&dump);
    report.bar("traces of planted secrets", format!("{} {left:?}", left.len()), 0, left.is_empty());
    Ok(())
}

/// What the corpus holds: by rule, and the lines.
async fn list(corpus: &Corpus, report: &mut Report) -> Result<()> {
    let (node, _) = LoneNode::with(&corpus.transcripts()).await?;
    let secrets = node.secrets().await?;
    node.close().await;
    let mut rules: BTreeMap<(bool, String), (u64, Vec<String>)> = BTreeMap::new();
    for secret in &secrets {
        let entry = rules.entry((!secret.replaced, secret.rule.clone())).or_default();
        entry.0 += secret.count;
        let file = Path::new(&secret.file).file_name().unwrap_or_default().to_string_lossy();
        entry.1.push(format!("{file}:{}", secret.line.unwrap_or(0)));
    }
    let mut table = Table::new(&["rule", "tier", "count", "lines"]);
    for ((candidate, rule), (count, lines)) in rules {
        let tier = if candidate { "candidate" } else { "definite" };
        table.row(vec![rule, tier.into(), count.to_string(), lines.join(" ")]);
    }
    report.table(table);
    Ok(())
}

/// The rules over all texts of the corpus, on one thread.
fn speed(corpus: &Corpus, slack: f64, report: &mut Report) -> Result<()> {
    let redactor = Redactor::default();
    let mut texts = Vec::new();
    for file in &corpus.files {
        let text = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
        texts.push(String::from_utf8_lossy(&text).into_owned());
    }
    let size: usize = texts.iter().map(String::len).sum();
    let mut best = Duration::MAX;
    let mut found = [0_usize; 2];
    for _ in 0..ROUNDS {
        found = [0; 2];
        let started = Instant::now();
        for text in &texts {
            for finding in redactor.redact(text).found {
                found[usize::from(finding.tier == Tier::Candidate)] += 1;
            }
        }
        best = best.min(started.elapsed());
    }
    let rate = size as f64 / 1e6 / best.as_secs_f64();
    report.fact("bytes of the corpus", size);
    report.fact("found in its raw text, definite and candidate", format!("{found:?}"));
    let bar = 200.0 / slack;
    let wanted = format!("≥ {bar:.0}");
    report.bar("MB/s on one thread, best of five", format!("{rate:.0}"), &wanted, rate >= bar);
    Ok(())
}

/// Runs of letters that only secrets hold.
#[derive(Default)]
struct Traces(HashMap<[u8; TRACE], String>);

impl Traces {
    /// What follows the first letters, which say only what kind it is.
    fn add(&mut self, kind: &str, secret: &str) {
        let letters: Vec<u8> =
            secret.bytes().filter(|b| !b.is_ascii_whitespace()).skip(6).collect();
        for run in letters.windows(TRACE) {
            let run: [u8; TRACE] = std::array::from_fn(|at| run[at].to_ascii_lowercase());
            // The words around a key are no part of it.
            if !run.windows(5).any(|word| word == b"priva" || word == b"-----") {
                self.0.insert(run, kind.to_owned());
            }
        }
    }

    /// How often one of them stands in `dump`, in upper or lower case.
    fn found(&self, dump: &[u8]) -> Vec<String> {
        let lower = dump.to_ascii_lowercase();
        lower
            .windows(TRACE)
            .filter_map(|run| {
                let kind = self.0.get(run)?;
                Some(format!("{kind}: {}", String::from_utf8_lossy(run)))
            })
            .collect()
    }
}

/// Every file, byte by byte.
fn bytes(folder: &Path, dump: &mut Vec<u8>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            bytes(&path, dump)?;
        } else {
            dump.extend(std::fs::read(path)?);
            dump.push(b'\n');
        }
    }
    Ok(())
}

/// Every value of every row, blocks of texts unpacked.
fn rows(bank: &Path, dump: &mut Vec<u8>) -> Result<()> {
    let store = rusqlite::Connection::open(bank.join("bank.db"))?;
    let tables = store
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for table in tables {
        let mut select = store.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let ValueRef::Text(value) | ValueRef::Blob(value) = row.get_ref(column)? {
                    dump.extend(value);
                    dump.extend(zstd::bulk::decompress(value, 1 << 24).unwrap_or_default());
                    dump.push(b'\n');
                }
            }
        }
    }
    Ok(())
}

/// Every term of every dictionary, and every stored field.
fn terms(bank: &Path, dump: &mut Vec<u8>) -> Result<()> {
    let index = tantivy::Index::open_in_dir(bank.join("index"))?;
    let searcher = index.reader()?.searcher();
    for segment in searcher.segment_readers() {
        for (field, entry) in index.schema().fields() {
            if entry.is_indexed() {
                let inverted = segment.inverted_index(field)?;
                let mut terms = inverted.terms().stream()?;
                while terms.advance() {
                    dump.extend(terms.key());
                    dump.push(b'\n');
                }
            }
        }
        let store = segment.get_store_reader(1)?;
        for document in store.iter::<tantivy::TantivyDocument>(None) {
            dump.extend(format!("{:?}\n", document?).into_bytes());
        }
    }
    Ok(())
}
