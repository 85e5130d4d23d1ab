//! Small fixed tasks over invented text, for counting their instructions. What prepares a task runs
//! whether it is done once or not at all, so that the difference is the task alone.

use super::invent::Vocabulary;
use super::search::ask_bank;
use anyhow::{Context, Result};
use camille_bank::{BankReader, analyzer};
use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{Cursor, read_line};
use camille_proto::vocabulary::Agent;
use clap::{Args, ValueEnum};
use std::hint::black_box;
use std::path::{Path, PathBuf};

const TEXT_BYTES: usize = 200_000;
const LINES: usize = 2_000;
const QUESTIONS: usize = 50;
/// Sessions of the bank that is searched.
pub(super) const SESSIONS: usize = 20;
/// One text in so many holds what looks like a secret.
const SECRET_EVERY_BYTES: usize = 2_000;

/// What is done, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    name: Name,
    /// How often: 0 only prepares.
    #[arg(long)]
    times: u32,
    /// The bank to search.
    #[arg(long)]
    bank: Option<PathBuf>,
}

/// The tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Name {
    Redact,
    ReadLine,
    Scan,
    Search,
}

impl Name {
    /// What it does, in words.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Redact => "redact 200 KB of text",
            Self::ReadLine => "read 2,000 lines of transcripts",
            Self::Scan => "analyse 200 KB of text",
            Self::Search => "ask a bank of 2,000 documents 50 questions",
        }
    }
}

/// Does what the parent started this process for.
pub(super) fn run_part(options: &Options) -> Result<()> {
    let vocabulary = Vocabulary::new();
    match options.name {
        Name::Redact => redact(&vocabulary, options.times),
        Name::ReadLine => read_lines(&vocabulary, options.times),
        Name::Scan => scan(&vocabulary, options.times),
        Name::Search => {
            let bank = options.bank.as_deref().context("search needs --bank")?;
            return search(&vocabulary, bank, options.times);
        }
    }
    Ok(())
}

fn redact(vocabulary: &Vocabulary, times: u32) {
    let redactor = Redactor::default();
    let mut text = String::new();
    for at in 0..TEXT_BYTES / SECRET_EVERY_BYTES {
        text.push_str(&vocabulary.prose(&format!("redact {at}"), SECRET_EVERY_BYTES));
        // Made here, so that no scanner of repositories takes it for a real one.
        text.push_str(&format!(" export GITHUB_TOKEN=ghp_{} ", "a1B2c3".repeat(6)));
    }
    for _ in 0..times {
        black_box(redactor.redact(black_box(&text)));
    }
}

fn read_lines(vocabulary: &Vocabulary, times: u32) {
    let redactor = Redactor::default();
    let mut lines: Vec<String> = Vec::new();
    for number in 0.. {
        if lines.len() >= LINES {
            break;
        }
        lines.extend(vocabulary.session(number).session.jsonl().lines().map(str::to_owned));
    }
    lines.truncate(LINES);
    // What is made once for a process (patterns, searchers) is no work of these lines: one reading comes before.
    let read = || {
        let mut cursor = Cursor::new(Agent::ClaudeCode, Path::new("invented.jsonl"));
        let mut offset = 0;
        for line in &lines {
            let line = line.as_bytes();
            read_line(&mut cursor, &redactor, line, offset, &mut |record| drop(black_box(record)));
            offset += line.len() as u64 + 1;
        }
    };
    for _ in 0..=times {
        read();
    }
}

fn scan(vocabulary: &Vocabulary, times: u32) {
    let text = vocabulary.prose("scan", TEXT_BYTES);
    for _ in 0..times {
        analyzer::scan(black_box(&text), |term, kind, range| {
            black_box((term, kind, range));
        });
    }
}

fn search(vocabulary: &Vocabulary, bank: &Path, times: u32) -> Result<()> {
    let reader = BankReader::open_read_only(bank)?.context("there is a bank")?;
    let questions = vocabulary.questions(QUESTIONS);
    for _ in 0..times {
        for question in &questions {
            black_box(ask_bank(&reader, question)?);
        }
    }
    Ok(())
}
