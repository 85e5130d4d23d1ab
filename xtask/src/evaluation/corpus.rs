//! The corpus, read by its own plain eyes: which files there are, which record stands where, which
//! sessions replay each other. Independent of ingest, so that it can judge it.

use anyhow::{Context, Result};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::Agent;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use xtask::eval::split::Unit;

/// A folder with `transcripts/` and `queries.json`.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: PathBuf,
    /// Every file that ingest says it reads.
    pub(crate) files: Vec<PathBuf>,
}

/// A question with the records that answer it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Labelled {
    pub(crate) query: String,
    pub(crate) relevant: Vec<Relevant>,
}

/// One record that answers a question.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Relevant {
    pub(crate) session_id: String,
    pub(crate) uuid: Option<String>,
}

/// What the records themselves say.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The sessions (with sub-agents) in which each record stands.
    sessions: HashMap<String, BTreeSet<String>>,
    /// The records of each session.
    records: BTreeMap<String, BTreeSet<String>>,
    /// The documents each record may have become a part of.
    documents: HashMap<String, BTreeSet<DocumentId>>,
    /// Physical lines of all files.
    pub(crate) lines: u64,
    /// Bytes of all files.
    pub(crate) bytes: u64,
    /// The first record of each reply, by session and message id.
    replies: HashMap<(String, String), String>,
    /// The last call of each id in a session: its record and block.
    calls: HashMap<(String, String), (String, usize)>,
}

impl Corpus {
    /// The corpus in this folder, else in the one that `CAMILLE_CORPUS` names.
    pub(crate) fn open(folder: Option<PathBuf>) -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "a task of development, not the product")]
        let folder = folder
            .or_else(|| std::env::var_os("CAMILLE_CORPUS").map(PathBuf::from))
            .context("no corpus: set CAMILLE_CORPUS or give --corpus")?;
        let mut files = Vec::new();
        list(&folder.join("transcripts"), &mut files)?;
        files.sort();
        Ok(Self { folder, files })
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the transcripts lie.
    pub(crate) fn transcripts(&self) -> PathBuf {
        self.folder.join("transcripts")
    }

    /// The labelled questions.
    pub(crate) fn questions(&self) -> Result<Vec<Labelled>> {
        let path = self.folder.join("queries.json");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// What stands in the files.
    pub(crate) fn records(&self) -> Result<Records> {
        let mut records = Records::default();
        for file in &self.files {
            let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            records.bytes += bytes.len() as u64;
            records.lines += lines(&bytes);
            for line in bytes.split(|byte| *byte == b'\n') {
                for value in serde_json::Deserializer::from_slice(line).into_iter::<Value>() {
                    let Ok(value) = value else { break };
                    records.add(&value);
                }
            }
        }
        Ok(records)
    }

    /// The sessions with their sub-agents, and the files of each.
    pub(crate) fn units(&self) -> Result<Vec<(Unit, Vec<PathBuf>)>> {
        let mut units: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for file in &self.files {
            let parent = file.ancestors().find_map(|folder| {
                (folder.file_name()? == "subagents").then(|| folder.parent()?.to_owned().into())?
            });
            let name: PathBuf = parent.unwrap_or_else(|| file.with_extension(""));
            units.entry(name).or_default().push(file.clone());
        }
        units
            .into_iter()
            .map(|(name, files)| {
                let mut size_bytes = 0;
                for file in &files {
                    size_bytes += std::fs::metadata(file)?.len();
                }
                let project = project(&name, &files)?;
                let name = name.to_string_lossy().into_owned();
                Ok((Unit { name, project, size_bytes }, files))
            })
            .collect()
    }
}

impl Records {
    fn add(&mut self, record: &Value) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let Some(uuid) = text(&record["uuid"]) else { return };
        let session = text(&record["agentId"])
            .filter(|_| record["isSidechain"] == true)
            .or_else(|| text(&record["sessionId"]))
            .unwrap_or_default();
        self.sessions.entry(uuid.clone()).or_default().insert(session.clone());
        self.records.entry(session.clone()).or_default().insert(uuid.clone());
        let documents = self.documents.entry(uuid.clone()).or_default();
        let mut insert = |key: &str| {
            documents.insert(DocumentId::of_native_key(Agent::ClaudeCode.as_str(), key));
        };
        insert(&uuid);
        let message = &record["message"];
        if let Some(id) = message["id"].as_str() {
            // A reply bears the id of its first record.
            let reply = (session.clone(), id.to_owned());
            insert(self.replies.entry(reply).or_insert_with(|| uuid.clone()));
        }
        let blocks = message["content"].as_array().map_or(&[][..], Vec::as_slice);
        for (number, block) in blocks.iter().enumerate() {
            // What says nothing is not counted among the blocks.
            for number in 0..=number {
                insert(&format!("{uuid}:{number}"));
            }
            if let Some(id) = block["id"].as_str() {
                self.calls.insert((session.clone(), id.to_owned()), (uuid.clone(), number));
            }
            let call = block["tool_use_id"].as_str();
            let call = call.and_then(|id| self.calls.get(&(session.clone(), id.to_owned())));
            if let Some((uuid, number)) = call {
                for number in 0..=*number {
                    insert(&format!("{uuid}:{number}"));
                }
            }
        }
    }

    /// The session and those that replay some of its records or are replayed by it.
    pub(crate) fn twins(&self, session: &str) -> BTreeSet<String> {
        let mut twins = BTreeSet::from([session.to_owned()]);
        for uuid in self.records.get(session).into_iter().flatten() {
            twins.extend(self.sessions.get(uuid).into_iter().flatten().cloned());
        }
        twins
    }

    /// The documents that this record may be a part of.
    pub(crate) fn documents(&self, uuid: &str) -> BTreeSet<DocumentId> {
        self.documents.get(uuid).cloned().unwrap_or_default()
    }

    /// How many records there are, and how many of them stand in more than one session.
    pub(crate) fn replayed(&self) -> (usize, usize) {
        (self.sessions.len(), self.sessions.values().filter(|in_| in_.len() > 1).count())
    }
}

/// Physical lines: what newlines end, and an unterminated rest.
fn lines(bytes: &[u8]) -> u64 {
    let ended = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    ended + u64::from(bytes.last().is_some_and(|last| *last != b'\n'))
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if is_transcript(&path)? {
            files.push(path);
        }
    }
    Ok(())
}

fn is_transcript(path: &Path) -> Result<bool> {
    let mut beginning = std::io::BufReader::new(std::fs::File::open(path)?);
    Ok(camille_ingest::transcript::detect(path, &mut beginning)?.is_some())
}

/// The directory that the first record with one names, else the folder.
fn project(name: &Path, files: &[PathBuf]) -> Result<String> {
    for file in files {
        let bytes = std::fs::read(file)?;
        for line in bytes.split(|byte| *byte == b'\n') {
            let Ok(value) = serde_json::from_slice::<Value>(line) else { continue };
            let found =
                [&value["cwd"], &value["payload"]["cwd"]].into_iter().find_map(Value::as_str);
            if let Some(cwd) = found {
                return Ok(cwd.to_owned());
            }
        }
    }
    Ok(name.parent().unwrap_or(name).to_string_lossy().into_owned())
}
