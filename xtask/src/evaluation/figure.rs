//! `eval figures`: speed, memory and size, each beside something measured in the same run on the same
//! machine, since a figure alone says more about the machine.

use crate::corpus::Corpus;
use crate::known;
use crate::lone::LoneNode;
use crate::report::{Report, Table};
use crate::stored::{self, Stored};
use anyhow::{Context, Result};
use camille_bank::{BankReader, Filter, LeafQuery, Visibility, analyzer};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use xtask::eval::measure::quantile;

const HITS: usize = 10;

/// One run in a process of its own.
#[derive(Debug, Args)]
pub(crate) struct ChildOptions {
    task: Task,
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Task {
    /// Indexes the folder into a fresh bank.
    Index,
    /// Parses every line into typed, borrowed structs and does nothing with them.
    Parse,
}

/// What a child measured.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    took_s: f64,
    peak_bytes: u64,
    stored_bytes: u64,
}

pub(crate) async fn measure(corpus: &Corpus) -> Result<Report> {
    let mut report = Report::new("First figures");
    let raw_bytes = corpus.records()?.bytes;
    let transcripts = corpus.transcripts();
    let parse = child(Task::Parse, &transcripts)?;
    let index = child(Task::Index, &transcripts)?;
    let megabytes = raw_bytes as f64 / 1e6;
    let mut table = Table::new(&["pass", "seconds", "MB/s of raw", "peak memory, MB"]);
    for (name, measured) in [("typed parse only", &parse), ("index", &index)] {
        table.row(vec![
            name.into(),
            format!("{:.2}", measured.took_s),
            format!("{:.1}", megabytes / measured.took_s),
            format!("{:.0}", measured.peak_bytes as f64 / 1e6),
        ]);
    }
    report.table(table);
    report.fact("raw", format!("{megabytes:.1} MB"));
    report.fact("index time over parse time", format!("{:.1}", index.took_s / parse.took_s));
    let share = index.stored_bytes as f64 / raw_bytes as f64;
    report.fact("store and index over raw bytes", format!("{share:.3}"));
    let share = index.peak_bytes as f64 / raw_bytes as f64;
    report.fact("peak memory over raw bytes", format!("{share:.2}"));
    search(corpus, &mut report).await?;
    Ok(report)
}

/// Our search beside SQLite's FTS5 over the same texts, with the same questions.
async fn search(corpus: &Corpus, report: &mut Report) -> Result<()> {
    let (node, _) = LoneNode::with(&corpus.transcripts()).await?;
    let documents = stored::documents(&node.bank_dir())?;
    let labelled = corpus.questions()?.into_iter().map(|labelled| labelled.query);
    let drawn = known::draw(&documents).into_iter().map(|known| known.question);
    let questions: Vec<String> = labelled.chain(drawn).collect();

    let whole_way = {
        let mut times = Vec::new();
        for question in &questions {
            let started = Instant::now();
            node.search(question, 10).await?;
            times.push(milliseconds(started));
        }
        times
    };
    let reader = BankReader::open_read_only(&node.bank_dir())?.context("there is a bank")?;
    let mut bank = Vec::new();
    for question in &questions {
        let started = Instant::now();
        let asked = analyzer::question(question);
        let query = LeafQuery {
            terms: asked.terms,
            phrases: asked.phrases,
            filter: Filter::default(),
            candidates: HITS,
        };
        reader.search(&query, &Visibility::Everything)?;
        bank.push(milliseconds(started));
    }
    let fts5 = fts5(&documents, &questions)?;

    let mut table = Table::new(&["search", "p50 ms", "p95 ms", "p50 over FTS5"]);
    let base = quantile(fts5.clone(), 0.5);
    for (name, times) in
        [("SQLite FTS5", fts5), ("the bank", bank), ("the owner's API, in process", whole_way)]
    {
        let p50 = quantile(times.clone(), 0.5);
        table.row(vec![
            name.into(),
            format!("{p50:.2}"),
            format!("{:.2}", quantile(times, 0.95)),
            format!("{:.2}", p50 / base),
        ]);
    }
    report.table(table);
    report.fact("documents searched", documents.len());
    report.fact("questions", questions.len());
    Ok(())
}

fn fts5(documents: &[Stored], questions: &[String]) -> Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let mut store = rusqlite::Connection::open(folder.path().join("fts5.db"))?;
    store.execute_batch(
        "CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='porter unicode61')",
    )?;
    let transaction = store.transaction()?;
    for document in documents {
        transaction.execute("INSERT INTO texts (text) VALUES (?1)", [&document.text])?;
    }
    transaction.commit()?;
    let mut select = store.prepare(
        "SELECT rowid, text FROM texts WHERE texts MATCH ?1 ORDER BY bm25(texts) LIMIT 10",
    )?;
    let mut times = Vec::new();
    for question in questions {
        let words: Vec<String> = question
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| format!("\"{word}\""))
            .collect();
        let started = Instant::now();
        let mut rows = select.query([words.join(" OR ")])?;
        while let Some(row) = rows.next()? {
            row.get::<_, String>(1)?;
        }
        times.push(milliseconds(started));
    }
    Ok(times)
}

fn milliseconds(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn child(task: Task, folder: &Path) -> Result<Measured> {
    let name = task.to_possible_value().context("a task has a name")?;
    let output = Command::new(std::env::current_exe()?)
        .args(["child", name.get_name()])
        .arg(folder)
        .stderr(Stdio::inherit())
        .output()
        .context("start a process to measure")?;
    anyhow::ensure!(output.status.success(), "the measured process failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

pub(crate) async fn run_child(options: &ChildOptions) -> Result<ExitCode> {
    let started = Instant::now();
    let (took_s, stored_bytes) = match options.task {
        Task::Index => {
            let (node, _) = LoneNode::with(&options.folder).await?;
            (started.elapsed().as_secs_f64(), size(&node.bank_dir())?)
        }
        Task::Parse => {
            let corpus = Corpus::open(options.folder.parent().map(Path::to_owned))?;
            let started = Instant::now();
            for file in &corpus.files {
                parse(file)?;
            }
            (started.elapsed().as_secs_f64(), 0)
        }
    };
    let measured = Measured { took_s, peak_bytes: peak_bytes()?, stored_bytes };
    std::io::stdout().write_all(&serde_json::to_vec(&measured)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The least that a reader of these files must do.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "parsing is what is measured")]
struct Record<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    uuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "sessionId")]
    session: Option<Cow<'a, str>>,
    #[serde(borrow)]
    cwd: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "parsing is what is measured")]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "parsing is what is measured")]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    text: Option<String>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

fn parse(file: &Path) -> Result<()> {
    let mut reader = BufReader::with_capacity(1 << 20, std::fs::File::open(file)?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        if let Ok(record) = serde_json::from_slice::<Record<'_>>(&line) {
            let content = record.message.and_then(|message| message.content).map(RawValue::get);
            if let Some(content) = content {
                if content.starts_with('[') {
                    let blocks = serde_json::from_str::<Vec<Block<'_>>>(content);
                    std::hint::black_box(&blocks);
                } else {
                    let text = serde_json::from_str::<String>(content);
                    std::hint::black_box(&text);
                }
            }
        }
        line.clear();
    }
    Ok(())
}

/// The most memory this process ever had resident.
fn peak_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("peak memory needs Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).context("no VmHWM")?;
    Ok(kibibytes.parse::<u64>()? * 1024)
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
