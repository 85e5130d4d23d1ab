//! Invented files that are hard on memory: one of millions of short lines, one of lines as long as lines
//! may be, and sessions of random words, in which no text repeats another. Written as a stream, since they do not fit into the memory that indexing them may take.

use super::invent::Vocabulary;
use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use xtask::eval::random::Random;

/// How long the texts of short lines are, so that a line has about 600 bytes.
const SHORT_CHARS: usize = 270;
/// How many different texts they have.
const SHORT_TEXTS: usize = 4_096;
/// A text that just fits into the longest line that is read (64 MiB).
const LONG_BYTES: usize = 63 << 20;
/// 2 March 2026.
const START_S: i64 = 1_772_445_600;
/// Words of one random message, and how many different ones there are.
const WORDS: usize = 120;
const DIFFERENT_WORDS: usize = 40_000;
const SEED: u64 = 0x00ca_3111_e5ee_d5ed;

/// A transcript being written.
struct Transcript {
    file: BufWriter<File>,
    written: u64,
    /// Records so far.
    records: u64,
    /// Which of the folder's sessions it is.
    session: usize,
}

/// Writes one session of short lines: of five documents three are tool calls.
pub(super) fn short_lines(path: &Path, bytes: u64) -> Result<()> {
    let vocabulary = Vocabulary::new();
    let texts: Vec<String> = (0..SHORT_TEXTS)
        .map(|at| escaped(&vocabulary.prose(&format!("short {at}"), SHORT_CHARS)))
        .collect();
    let mut transcript = Transcript::create(path, 1)?;
    for at in 0.. {
        if transcript.written >= bytes {
            break;
        }
        let text = &texts[at % SHORT_TEXTS];
        match at % 5 {
            0 => transcript.person(&[text])?,
            1 => transcript.agent(text)?,
            _ => transcript.tool(first_line(text), &[text])?,
        }
    }
    transcript.finish()
}

/// Writes a session of huge lines between small ones: tool outputs without escapes, of many lines, and
/// with accents as escapes; and a prompt with both.
pub(super) fn long_lines(path: &Path) -> Result<()> {
    let prose = Vocabulary::new().prose("long", 1 << 16);
    let plain = prose.replace('\n', " ");
    let lines = escaped(&prose);
    let accents = plain.replace('e', "\\u00e9");
    let both = lines.replace('e', "\\u00e9");
    let mut transcript = Transcript::create(path, 1)?;
    for text in [&plain, &lines, &accents] {
        transcript.person(&["what does it print?"])?;
        transcript.tool("cat everything", &repeated(text))?;
        transcript.agent("It is long.")?;
    }
    transcript.person(&repeated(&both))?;
    transcript.agent("So is this.")?;
    transcript.finish()
}

/// Writes so many sessions into a folder, so many bytes together: messages of random words, all equally
/// frequent, so that nearly every word of a message is another than before.
pub(super) fn random_words(folder: &Path, bytes: u64, sessions: usize) -> Result<()> {
    let vocabulary = Vocabulary::new();
    let words = &vocabulary.words()[..DIFFERENT_WORDS];
    let each = bytes / sessions as u64;
    for session in 1..=sessions {
        let mut random = Random::named(SEED, &format!("words {session}"));
        let path = folder.join(format!("words{session}.jsonl"));
        let mut transcript = Transcript::create(&path, session)?;
        while transcript.written < each {
            let text: Vec<&str> =
                (0..WORDS).map(|_| words[random.below(DIFFERENT_WORDS)].as_str()).collect();
            let text = text.join(" ");
            if transcript.records.is_multiple_of(2) {
                transcript.person(&[&text])?;
            } else {
                transcript.agent(&text)?;
            }
        }
        transcript.finish()?;
    }
    Ok(())
}

fn repeated(text: &str) -> Vec<&str> {
    vec![text; LONG_BYTES / text.len()]
}

/// What stands before the first newline that is written as an escape.
fn first_line(escaped: &str) -> &str {
    escaped.split_once("\\n").map_or(escaped, |(first, _)| first)
}

/// The text as it stands within a JSON string.
fn escaped(text: &str) -> String {
    text.replace('\n', "\\n")
}

impl Transcript {
    fn create(path: &Path, session: usize) -> Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        Ok(Self { file, written: 0, records: 0, session })
    }

    fn finish(mut self) -> Result<()> {
        Ok(self.file.flush()?)
    }

    fn person(&mut self, text: &[&str]) -> Result<()> {
        self.record("user", "{\"role\":\"user\",\"content\":\"", text, "\"}")
    }

    fn agent(&mut self, text: &str) -> Result<()> {
        let id = self.records;
        let before = format!(
            "{{\"id\":\"msg_{id}\",\"type\":\"message\",\"role\":\"assistant\",\
             \"content\":[{{\"type\":\"text\",\"text\":\""
        );
        self.record("assistant", &before, &[text], "\"}]}")
    }

    fn tool(&mut self, command: &str, output: &[&str]) -> Result<()> {
        let id = self.records;
        let call = format!(
            "{{\"id\":\"msg_{id}\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{{\
             \"type\":\"tool_use\",\"id\":\"toolu_{id}\",\"name\":\"Bash\",\
             \"input\":{{\"command\":\""
        );
        self.record("assistant", &call, &[command], "\"}}]}")?;
        let result = format!(
            "{{\"role\":\"user\",\"content\":[{{\"type\":\"tool_result\",\
             \"tool_use_id\":\"toolu_{id}\",\"content\":\""
        );
        self.record("user", &result, output, "\"}]}")
    }

    fn record(&mut self, kind: &str, before: &str, text: &[&str], after: &str) -> Result<()> {
        let number = self.records;
        self.records += 1;
        let seconds = START_S + i64::try_from(number)?;
        let time = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let session = self.session;
        let uuid = |number: u64| format!("5eed5eed-{session:04x}-8000-9000-{number:012x}");
        let head = format!(
            "{{\"type\":\"{kind}\",\"uuid\":\"{}\",\"parentUuid\":\"{}\",\
             \"sessionId\":\"5eed5eed-0000-8000-8000-{session:012x}\",\
             \"timestamp\":\"{time}\",\"cwd\":\"/home/ana/acme/api\",\"version\":\"2.1.0\",\
             \"message\":",
            uuid(number + 1),
            uuid(number),
        );
        let pieces = [head.as_str(), before].into_iter().chain(text.iter().copied());
        for piece in pieces.chain([after, "}\n"]) {
            self.file.write_all(piece.as_bytes())?;
            self.written += piece.len() as u64;
        }
        Ok(())
    }
}
