//! Reading one file from where the last run left it.
//!
//! A file that did not change costs one `stat`. One that grew is read from the last newline on; one
//! that changed otherwise is read anew, which doubles nothing.

use super::convert::{Memory, Named};
use super::line::{self, Found, LINE_BYTES_MAX};
use super::reading::{Pending, Reading};
use super::secret;
use super::sift::Echoed;
use super::source::mtime_ns;
use camille_bank::{Checkpoint, FileBatch, FileState, Line, POSITIONS_A_BYTE, Part, Silent};
use camille_ingest::redact::Tier;
use camille_ingest::transcript::{LineOutcome, Record, detect, read_line};
use camille_proto::invariant::Invariant;
use camille_proto::vocabulary::Agent;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};

/// Why a line is skipped that a `.camilleignore` keeps out.
const IGNORED: &str = "ignored";
/// How much of a file mostly tells whose transcript it is.
const HEAD_BYTES: usize = 4096;
/// Bytes before the checkpoint that tell whether a file is still the same.
const TAIL_BYTES: u64 = 4096;
/// A batch is handed over when it holds this much.
const BATCH_BYTES: usize = 256 * 1024;
/// What a part takes besides its text, roughly: its own fields and their strings.
const PART_BYTES: usize = size_of::<Part>() + 256;
/// And when it holds this many lines.
const BATCH_LINES: u64 = 5_000;
/// Defects that are named for one file.
const DEFECTS_NAMED: usize = 20;

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// The file's own fault; others can still be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Nobody takes what was read any more.
    #[error("what was read is not taken")]
    NotTaken,
}

/// What reading a file brought.
#[derive(Debug, Default)]
pub(super) struct FileOutcome {
    /// Whether it is no transcript.
    pub(super) foreign: bool,
    /// Whether one `stat` was enough.
    pub(super) unchanged: bool,
    /// Whether a known file was read from its beginning again: it did not just grow.
    pub(super) rewritten: bool,
    /// Whether that was not done, because it may rest.
    pub(super) put_off: bool,
    /// Whether what was handed over in an earlier run turned out to be a peer's.
    pub(super) behind: bool,
    pub(super) bytes_read: u64,
    pub(super) redacted: Vec<&'static str>,
    /// Line (from 1, 0 when reading began in the middle) and reason.
    pub(super) defects: Vec<(u64, String)>,
}

/// Takes a batch; false if nobody does any more.
pub(super) type HandOver<'h> = &'h mut dyn FnMut(FileBatch) -> bool;

/// What became of a line.
enum Read {
    /// What its reader says.
    Line(LineOutcome),
    /// Nothing is left of it without a peer's words, and what they are called.
    Echo(Option<String>),
}

/// Where reading starts.
struct Start {
    offset: u64,
    memory: Memory,
    fresh: bool,
    /// Whether what was read before is read again.
    rewritten: bool,
}

impl Reading<'_> {
    /// Reads what is new since `known` and hands it over in batches; `hand_over` says whether it was taken.
    pub(super) fn run(
        &self,
        known: Option<FileState>,
        hand_over: HandOver<'_>,
    ) -> Result<FileOutcome, FileError> {
        let metadata = std::fs::metadata(&self.file.path)?;
        if self.ignored.file(&self.file.path) {
            return Ok(FileOutcome { foreign: true, ..FileOutcome::default() });
        }
        if known.as_ref().is_some_and(|known| is_same(&known.checkpoint, &metadata)) {
            return Ok(FileOutcome { unchanged: true, ..FileOutcome::default() });
        }
        let file = File::open(&self.file.path)?;
        // What is stored is what was opened, not what stood there a moment before.
        let metadata = file.metadata()?;
        let Some(agent) = self.agent()? else {
            return Ok(FileOutcome { foreign: true, ..FileOutcome::default() });
        };
        let start = self.start(&file, &metadata, known, agent)?;
        if start.rewritten && self.may_rest {
            return Ok(FileOutcome { put_off: true, ..FileOutcome::default() });
        }
        if self.file.compressed {
            let input = BufReader::new(zstd::Decoder::new(&file)?);
            return self.read(hand_over, input, None, &metadata, start);
        }
        let mut input = BufReader::with_capacity(256 * 1024, &file);
        input.seek(SeekFrom::Start(start.offset))?;
        let outcome = self.read(hand_over, &mut input, Some(&file), &metadata, start)?;
        if !outcome.behind || self.cancel.is_cancelled() {
            return Ok(outcome);
        }
        // What began in an earlier run is taken back by reading all of it once more.
        let mut memory = Memory::new(agent, &self.file.path);
        memory.again = true;
        input.seek(SeekFrom::Start(0))?;
        let start = Start { offset: 0, memory, fresh: true, rewritten: false };
        self.read(hand_over, &mut input, Some(&file), &metadata, start)
    }

    /// Whose transcript it is; `None`: nobody's.
    fn agent(&self) -> io::Result<Option<Agent>> {
        let file = File::open(&self.file.path)?;
        if self.file.compressed {
            return detect(&self.file.path, &mut BufReader::new(zstd::Decoder::new(file)?));
        }
        detect(&self.file.path, &mut BufReader::with_capacity(HEAD_BYTES, file))
    }

    fn start(
        &self,
        file: &File,
        metadata: &Metadata,
        known: Option<FileState>,
        agent: Agent,
    ) -> io::Result<Start> {
        let mut rewritten = false;
        if let Some(known) = known {
            rewritten = was_read(&known.checkpoint, metadata);
            // A file that took another one's place can differ anywhere.
            let is_same_file = known.checkpoint.device == metadata.dev()
                && known.checkpoint.inode == metadata.ino();
            if !self.file.compressed
                && is_same_file
                && known.checkpoint.offset > 0
                && metadata.len() >= known.checkpoint.offset
                && tail_hash(file, known.checkpoint.offset)? == known.checkpoint.tail_hash
                && let Some(memory) = Memory::from_text(&known.cursor)
            {
                let offset = known.checkpoint.offset;
                return Ok(Start { offset, memory, fresh: false, rewritten: false });
            }
        }
        let memory = Memory::new(agent, &self.file.path);
        Ok(Start { offset: 0, memory, fresh: true, rewritten })
    }

    fn read(
        &self,
        hand_over: HandOver<'_>,
        mut input: impl BufRead,
        file: Option<&File>,
        metadata: &Metadata,
        start: Start,
    ) -> Result<FileOutcome, FileError> {
        let Start { mut offset, mut memory, fresh, rewritten } = start;
        let mut outcome = FileOutcome { rewritten, ..FileOutcome::default() };
        let mut line_number = if fresh { Some(0_u64) } else { None };
        let mut batch = Pending::new(fresh, offset);
        let mut buffer = Vec::new();
        loop {
            let (found, taken) = line::next(&mut input, &mut buffer, LINE_BYTES_MAX)?;
            if found == Found::End {
                break;
            }
            outcome.bytes_read += taken;
            line_number = line_number.map(|number| number + 1);
            if found == Found::Tail {
                self.hand_over(hand_over, file, metadata, offset, &mut memory, &mut batch)?;
                batch.tail = true;
            }
            let (result, torn) = if found == Found::TooLong {
                let reason = format!("the line has more than {LINE_BYTES_MAX} bytes");
                (Read::Line(LineOutcome::Defective(reason)), None)
            } else {
                self.line(&mut memory, &buffer, offset, &mut batch, &mut outcome)
            };
            let number = line_number.unwrap_or(0);
            // A record that was torn is a line of its own: only the end of that line is missing.
            if let Some(reason) = torn {
                let torn = LineOutcome::Unfinished(reason);
                batch.count(Read::Line(torn), number, found == Found::Tail, &mut outcome);
            }
            batch.count(result, number, found == Found::Tail, &mut outcome);
            if found == Found::Tail {
                break;
            }
            offset += taken;
            if batch.bytes >= BATCH_BYTES || batch.accounting.lines >= BATCH_LINES {
                self.hand_over(hand_over, file, metadata, offset, &mut memory, &mut batch)?;
                if self.cancel.is_cancelled() {
                    return Ok(outcome);
                }
            }
        }
        batch.last = true;
        self.hand_over(hand_over, file, metadata, offset, &mut memory, &mut batch)?;
        Ok(outcome)
    }

    /// Reads one line into the batch. Gives what became of it, and why a part of it is torn, if one is.
    fn line(
        &self,
        memory: &mut Memory,
        text: &[u8],
        offset: u64,
        batch: &mut Pending,
        outcome: &mut FileOutcome,
    ) -> (Read, Option<String>) {
        let mut records = Vec::new();
        let result =
            read_line(&mut memory.cursor, self.redactor, text, offset, &mut |r| records.push(r));
        outcome
            .redacted
            .extend(result.findings.iter().filter(|f| f.tier == Tier::Definite).map(|f| f.rule));
        let mut ignored = false;
        let echoed = if self.echo.is_empty() {
            Echoed::default()
        } else {
            let echoed = self.leave_out(memory, &mut records);
            outcome.behind |= self.take_back(memory.again, &echoed, batch);
            echoed
        };
        // Most lines have one part: growing from nothing would make room for four.
        let mut parts = Vec::with_capacity(records.len());
        let mut beside = Vec::new();
        for (at, record) in records.into_iter().enumerate() {
            match record {
                Record::Session(fact) => {
                    let update = memory.session(fact, self.resolver, self.file);
                    let ignores = memory.ignores_session(&update.session, self.ignored);
                    batch.sessions.push(if ignores { update.facts() } else { update });
                }
                Record::Touch(touch) => {
                    let touched = memory.touches(Named::of(&touch), self.resolver, self.file);
                    memory.outside.beside(&touch, &touched.places);
                    // A record without words does not show its session.
                    batch.sessions.extend(touched.news.map(camille_bank::SessionUpdate::facts));
                    beside.extend(touched.places);
                }
                Record::Part(part) => {
                    memory.follows(&part, self.resolver, self.ignored);
                    batch.sessions.extend(memory.answered(&part, self.resolver));
                    let touched = memory.touches(Named::of_part(&part), self.resolver, self.file);
                    batch.sessions.extend(touched.news);
                    let mut holds = memory.holds(&part, touched.places, self.resolver);
                    batch.sessions.extend(holds.news(&part));
                    let is_ignored = memory.ignores(&part, self.resolver, self.ignored);
                    if is_ignored || echoed.nothing_left.contains(&at) {
                        ignored |= is_ignored;
                        memory.outside.unseen(&part.text, &holds.places);
                        batch.silent.extend(left_out(part));
                        continue;
                    }
                    batch.bytes += part.text.len() + PART_BYTES;
                    parts.push(memory.part(part, self.resolver, self.file, holds));
                }
            }
        }
        // What a line tells beside its parts may stand in any of them.
        if !beside.is_empty() {
            parts.iter_mut().for_each(|part| part.places.extend_from_slice(&beside));
        }
        if let Some((agent, session, record)) = result.silent {
            batch.bytes += session.len() + record.len();
            let position = offset.saturating_mul(POSITIONS_A_BYTE);
            batch.silent.push(Silent { agent, session, record, position });
        }
        if ignored && parts.is_empty() {
            return (Read::Line(LineOutcome::Skipped(IGNORED)), result.torn);
        }
        if !echoed.nothing_left.is_empty() && parts.is_empty() {
            return (Read::Echo(echoed.who), result.torn);
        }
        let found: Vec<_> = result.findings.iter().map(secret::finding).collect();
        if !parts.is_empty() || !found.is_empty() {
            batch.lines.push(Line { offset, parts, found });
        }
        (Read::Line(result.outcome), result.torn)
    }

    fn hand_over(
        &self,
        hand_over: HandOver<'_>,
        file: Option<&File>,
        metadata: &Metadata,
        offset: u64,
        memory: &mut Memory,
        batch: &mut Pending,
    ) -> Result<(), FileError> {
        batch.sessions.extend(memory.unanswered());
        let next = Pending::new(false, offset);
        let batch = std::mem::replace(batch, next);
        let stored = batch.lines.iter().filter(|line| !line.parts.is_empty()).count() as u64;
        Invariant::LinesAddUp.check(batch.read == batch.accounting.lines + stored);
        let tail_hash = file.map_or(Ok([0; 32]), |file| tail_hash(file, offset))?;
        // Until the last batch the file counts as changed, so that an interrupted run is taken up.
        let (size, mtime) =
            if batch.last { (metadata.len(), mtime_ns(metadata)) } else { (u64::MAX, 0) };
        let handed = FileBatch {
            file: self.file.name.clone(),
            fresh: batch.fresh,
            tail: batch.tail,
            redaction_version: self.redactor.version(),
            lines: batch.lines,
            checkpoint: Checkpoint {
                device: metadata.dev(),
                inode: metadata.ino(),
                size,
                mtime_ns: mtime,
                offset,
                tail_hash,
            },
            cursor: memory.to_text(),
            accounting: batch.accounting,
            sessions: batch.sessions,
            silent: batch.silent,
            names: self.resolver.take_names(),
        };
        if hand_over(handed) { Ok(()) } else { Err(FileError::NotTaken) }
    }
}

/// What is left of a part that is kept out: that its record is there.
fn left_out(part: camille_ingest::transcript::Part) -> Option<Silent> {
    let record = part.record_id?;
    Some(Silent { agent: part.agent, session: part.session, record, position: part.position })
}

impl Pending {
    /// Counts a line; those with parts are counted by the bank, which knows what is new.
    fn count(&mut self, result: Read, number: u64, tail: bool, outcome: &mut FileOutcome) {
        self.read += 1;
        let accounting = &mut self.accounting;
        let result = match result {
            Read::Line(result) => result,
            Read::Echo(who) => return self.count_echo(who.as_deref()),
        };
        match result {
            LineOutcome::Parts => return,
            LineOutcome::Metadata => accounting.metadata += 1,
            LineOutcome::Skipped(reason) => {
                *accounting.skipped.entry(reason.to_owned()).or_default() += 1;
            }
            LineOutcome::Blank => accounting.blank += 1,
            LineOutcome::Unfinished(_) if tail => accounting.pending += 1,
            LineOutcome::Unfinished(reason) | LineOutcome::Defective(reason) => {
                accounting.defective += 1;
                if outcome.defects.len() < DEFECTS_NAMED {
                    outcome.defects.push((number, reason));
                }
            }
        }
        accounting.lines += 1;
    }
}

/// Whether reading the file from its beginning repeats work. Where only the first line was begun there
/// is nothing to repeat yet.
fn was_read(known: &Checkpoint, metadata: &Metadata) -> bool {
    known.offset > 0 || metadata.len() <= known.size
}

/// Whether nothing happened to the file since.
fn is_same(known: &Checkpoint, metadata: &Metadata) -> bool {
    known.device == metadata.dev()
        && known.inode == metadata.ino()
        && known.size == metadata.len()
        && known.mtime_ns == mtime_ns(metadata)
}

/// BLAKE3 of the 4 KiB before `offset`.
fn tail_hash(file: &File, offset: u64) -> io::Result<[u8; 32]> {
    let start = offset.saturating_sub(TAIL_BYTES);
    let mut bytes = vec![0; usize::try_from(offset - start).unwrap_or(0)];
    file.read_exact_at(&mut bytes, start)?;
    Ok(*blake3::hash(&bytes).as_bytes())
}
