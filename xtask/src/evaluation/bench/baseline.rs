//! The least that indexing must do: parse every line into typed, borrowed structs, and give bare Tantivy
//! exactly the values that our index holds. It must never do anything else that we do.

use super::process;
use crate::corpus::Corpus;
use anyhow::{Context, Result};
use camille_bank::bench::{self, FieldValues};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::Field;
use tantivy::{Index, IndexWriter, TantivyDocument};

/// What our own writer gives Tantivy.
const MEMORY_BYTES: usize = 50_000_000;

/// What the baseline took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Measured {
    /// Until both were done.
    pub(super) took_s: f64,
    /// Until everything was parsed.
    pub(super) parse_s: f64,
    pub(super) processor_s: f64,
    pub(super) documents: u64,
    pub(super) index_bytes: u64,
}

/// One thread parses all files while another one adds all documents to a fresh index on disk, commits
/// and waits for merges. What is added was collected before.
pub(super) fn run(corpus: &Path, bank: &Path) -> Result<Measured> {
    let corpus = Corpus::open(Some(corpus.to_owned()))?;
    let mut values = Vec::new();
    bench::field_values(bank, &mut |document| values.push(document))?;
    let documents = values.len() as u64;

    let folder = tempfile::tempdir()?;
    let (schema, fields) = bench::schema();
    let index = Index::create_in_dir(folder.path(), schema)?;
    bench::register(&index);
    let (started, before_s) = (Instant::now(), process::processor_s());
    let parse_s = std::thread::scope(|scope| -> Result<f64> {
        let parsing = scope.spawn(|| parse_all(&corpus.files, started));
        add_all(&index, &fields, values)?;
        parsing.join().map_err(|_| anyhow::anyhow!("the thread that parses panicked"))?
    })?;
    Ok(Measured {
        took_s: started.elapsed().as_secs_f64(),
        parse_s,
        processor_s: process::processor_s() - before_s,
        documents,
        index_bytes: process::folder_bytes(folder.path())?,
    })
}

fn add_all(index: &Index, fields: &[Field], values: Vec<FieldValues>) -> Result<()> {
    let options = IndexWriterOptions::builder()
        .memory_budget_per_thread(MEMORY_BYTES)
        .num_worker_threads(1)
        .num_merge_threads(1)
        .build();
    let mut writer: IndexWriter = index.writer_with_options(options)?;
    for document in values {
        writer.add_document(document_of(fields, &document)?)?;
    }
    writer.commit()?;
    Ok(writer.wait_merging_threads()?)
}

fn document_of(fields: &[Field], values: &FieldValues) -> Result<TantivyDocument> {
    let [
        body,
        stops,
        context,
        date,
        row,
        id_high,
        session,
        project,
        own,
        kind,
        agent,
        time,
        around,
    ] = fields.try_into().context("thirteen fields")?;
    let mut document = TantivyDocument::default();
    document.add_text(body, &values.body);
    document.add_text(stops, &values.stops);
    if let Some(text) = &values.context {
        document.add_text(context, text);
    }
    if let Some(text) = &values.date {
        document.add_text(date, text);
    }
    document.add_u64(row, values.row);
    document.add_u64(id_high, values.id_high);
    document.add_u64(session, values.session);
    document.add_u64(project, values.project);
    document.add_u64(own, values.own_project);
    document.add_u64(kind, values.kind);
    document.add_u64(agent, values.agent);
    document.add_i64(time, values.time);
    document.add_i64(around, values.context_time);
    Ok(document)
}

fn parse_all(files: &[PathBuf], started: Instant) -> Result<f64> {
    for file in files {
        parse(file)?;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// The least that a reader of these files must look at.
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
