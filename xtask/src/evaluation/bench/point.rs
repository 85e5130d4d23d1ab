//! One point of the curve: the bank is brought to a size by a process of its own, then asked.

use super::bare::Bare;
use super::fts::Fts;
use super::invent::{DOCUMENTS, Vocabulary};
use super::search::ask_bank;
use super::timing::{Times, milliseconds};
use super::whole::Whole;
use super::{child, process};
use crate::lone::{LoneNode, bank_in};
use crate::stored;
use anyhow::{Context, Result, ensure};
use camille_bank::BankReader;
use camille_node::Mode;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::TempDir;

/// Up to so many documents FTS5 is asked too.
pub(super) const FTS_MAX: usize = 300_000;
const HITS: u32 = 10;
/// At this size an index with all texts is made beside the bank's.
pub(super) const WHOLE_AT: usize = 200_000;

/// What was measured at one size.
pub(super) struct Point {
    /// The size aimed at.
    pub(super) size: usize,
    /// What the bank holds.
    pub(super) documents: u64,
    pub(super) raw_mb: f64,
    pub(super) bank_mb: f64,
    pub(super) step_mb: f64,
    pub(super) step_documents: u64,
    /// The step's run as the node counts it.
    pub(super) run_s: f64,
    /// The step with opening and closing the node.
    pub(super) took_s: f64,
    pub(super) anonymous_mb: f64,
    pub(super) segments: usize,
    /// Opening the bank for reading.
    pub(super) reader_ms: f64,
    /// The first search after that.
    pub(super) first_ms: f64,
    /// Opening a node that holds the bank, its index checked.
    pub(super) node_ms: f64,
    /// From appending a message until a running node finds it.
    pub(super) append_ms: f64,
    pub(super) bank: Times,
    pub(super) service: Times,
    pub(super) bare: Times,
    /// With texts and snippets; absent where it is not asked.
    pub(super) whole: Option<Times>,
    pub(super) fts: Option<Times>,
}

/// The bank, its sources, and the same texts elsewhere.
pub(super) struct Growing {
    folder: TempDir,
    sessions: usize,
    raw_bytes: u64,
    /// The newest transcript.
    last: PathBuf,
    fts: Option<Fts>,
}

impl Growing {
    /// Nothing yet.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::Builder::new().prefix("camille-bench-").tempdir()?,
            sessions: 0,
            raw_bytes: 0,
            last: PathBuf::new(),
            fts: Some(Fts::new()?),
        })
    }

    /// Writes and indexes more sessions, then measures.
    pub(super) async fn grow_to(
        &mut self,
        size: usize,
        vocabulary: &Vocabulary,
        questions: &[String],
    ) -> Result<Point> {
        if size > FTS_MAX {
            self.fts = None;
        }
        self.write(size / DOCUMENTS, vocabulary)?;
        let home = self.folder.path().join("home");
        let indexed = child::index(&self.source(), &home).await?;
        let bank = bank_in(&home);
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let mut point = Point {
            size,
            documents: indexed.said.documents_total,
            raw_mb: megabytes(self.raw_bytes),
            bank_mb: megabytes(process::folder_bytes(&bank)?),
            step_mb: megabytes(indexed.said.bytes_read),
            step_documents: indexed.said.documents_added,
            run_s: indexed.said.run_s,
            took_s: indexed.said.took_s,
            anonymous_mb: megabytes(indexed.anonymous_peak_bytes),
            segments: 0,
            reader_ms: 0.0,
            first_ms: 0.0,
            node_ms: 0.0,
            append_ms: 0.0,
            bank: Times::default(),
            service: Times::default(),
            bare: Times::default(),
            whole: None,
            fts: None,
        };
        self.ask(&mut point, &home, questions).await?;
        Ok(point)
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("claude")
    }

    fn write(&mut self, sessions: usize, vocabulary: &Vocabulary) -> Result<()> {
        for number in self.sessions..sessions {
            let invented = vocabulary.session(number);
            self.last = invented.session.write_under(&self.source())?;
            self.raw_bytes += std::fs::metadata(&self.last)?.len();
            if let Some(fts) = &mut self.fts {
                fts.add(invented.texts.iter().map(String::as_str))?;
            }
        }
        self.sessions = sessions;
        Ok(())
    }

    async fn ask(&mut self, point: &mut Point, home: &Path, questions: &[String]) -> Result<()> {
        let first = questions.first().context("there are questions")?;
        let started = Instant::now();
        let reader = BankReader::open_read_only(&bank_in(home))?.context("there is a bank")?;
        point.reader_ms = milliseconds(started);
        let started = Instant::now();
        ask_bank(&reader, first)?;
        point.first_ms = milliseconds(started);
        let started = Instant::now();
        let node = LoneNode::open_in(home, Mode::Service).await?;
        point.node_ms = milliseconds(started);
        let bare = Bare::open(&bank_in(home))?;
        let whole = if point.size == WHOLE_AT {
            Some(Whole::make(&bank_in(home), &stored::documents(&bank_in(home))?)?)
        } else {
            None
        };
        let systems = Systems { reader, node, bare, whole, fts: self.fts.as_ref() };
        point.segments = systems.bare.segments();
        // The first time warms up.
        for keep in [false, true] {
            for (at, question) in questions.iter().enumerate() {
                for turn in 0..Systems::COUNT {
                    let way = (at + turn) % Systems::COUNT;
                    let started = Instant::now();
                    let asked = systems.ask(way, question).await?;
                    if let Some(times) = point.times(way, asked && keep) {
                        times.push(milliseconds(started));
                    }
                }
            }
        }
        let Systems { node, .. } = systems;
        point.append_ms = self.append(&node, point.size).await?;
        node.close().await;
        Ok(())
    }

    /// The newest session gets one message more, of a word that nothing else has.
    async fn append(&mut self, node: &LoneNode, size: usize) -> Result<f64> {
        let digits = size.to_string();
        let letters = digits.bytes().map(|digit| char::from(digit - b'0' + b'a'));
        let word = format!("zyzzyva{}", letters.collect::<String>());
        let number = self.sessions.checked_sub(1).context("there is a session")?;
        let grown = Vocabulary::new().session(number).session.person(&format!("what of {word}?"));
        let grown = grown.jsonl();
        let line = format!("{}\n", grown.lines().last().context("a session has lines")?);
        let mut file = std::fs::OpenOptions::new().append(true).open(&self.last)?;
        self.raw_bytes += line.len() as u64;
        let started = Instant::now();
        file.write_all(line.as_bytes())?;
        node.index(&[]).await?;
        let hits = node.search(&word, HITS).await?;
        let took = milliseconds(started);
        // The messages around it are found by its words too.
        ensure!(!hits.is_empty(), "the appended message was not found");
        Ok(took)
    }
}

/// Everything that holds the same documents.
struct Systems<'a> {
    reader: BankReader,
    node: LoneNode,
    bare: Bare,
    whole: Option<Whole>,
    fts: Option<&'a Fts>,
}

impl Systems<'_> {
    const COUNT: usize = 5;

    /// Asks one of them; false: it is not there.
    async fn ask(&self, way: usize, question: &str) -> Result<bool> {
        let terms = || camille_bank::analyzer::question(question).terms;
        match way {
            0 => drop(ask_bank(&self.reader, question)?),
            1 => drop(self.node.search(question, HITS).await?),
            2 => drop(self.bare.ask(&terms())?),
            3 => match &self.whole {
                Some(whole) => drop(whole.ask(question, &terms())?),
                None => return Ok(false),
            },
            _ => match self.fts {
                Some(fts) => drop(fts.ask(question)?),
                None => return Ok(false),
            },
        }
        Ok(true)
    }
}

impl Point {
    /// Where the times of one system are kept.
    fn times(&mut self, way: usize, keep: bool) -> Option<&mut Times> {
        keep.then(|| match way {
            0 => &mut self.bank,
            1 => &mut self.service,
            2 => &mut self.bare,
            3 => self.whole.get_or_insert_default(),
            _ => self.fts.get_or_insert_default(),
        })
    }
}
