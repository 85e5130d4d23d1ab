//! Files to bank: finds transcripts, reads what is new in them, and hands it to the bank in batches.
//!
//! The only place that knows both ingest and bank. It reads source files and never writes to one.

mod convert;
pub(crate) mod file;
mod line;
pub(crate) mod source;

use crate::error;
use crate::project::ProjectResolver;
use camille_bank::{Bank, BankError, BankReader};
use camille_ingest::redact::Redactor;
use camille_proto::local::{IndexEvent, IndexReport};
use camille_proto::problem::Problem;
use file::{FileOutcome, Reading};
use jiff::Timestamp;
use source::{Roots, SourceFile};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long documents may wait for being searchable while a run goes on.
const COMMIT_EVERY: Duration = Duration::from_secs(5);
/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// Defects that a report names one by one.
const DEFECTS_NAMED: usize = 20;

/// The one who writes to the bank.
pub(crate) struct Intake {
    bank_dir: PathBuf,
    /// Kept open, and so locked, by a long-running node; opened for each run otherwise.
    bank: Mutex<Option<Bank>>,
    keep_open: bool,
    /// The writer's own reader once there was a writer: it sees every commit at once.
    reader: Mutex<Option<BankReader>>,
    resolver: ProjectResolver,
    redactor: Redactor,
    progress: Mutex<Option<String>>,
    /// Runs in progress.
    pub(crate) tasks: TaskTracker,
    /// Ends runs between two batches.
    pub(crate) cancel: CancellationToken,
}

impl Intake {
    pub(crate) fn new(bank_dir: PathBuf, keep_open: bool) -> Self {
        Self {
            bank_dir,
            bank: Mutex::new(None),
            keep_open,
            reader: Mutex::new(None),
            resolver: ProjectResolver::new(),
            redactor: Redactor::new(),
            progress: Mutex::new(None),
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
        }
    }

    /// Takes the bank's lock and keeps it.
    ///
    /// # Errors
    /// When another process holds it, or the bank cannot be opened.
    pub(crate) fn hold(&self) -> Result<(), BankError> {
        let mut bank = self.bank.lock().unwrap_or_else(PoisonError::into_inner);
        if bank.is_none() {
            *bank = Some(self.open()?);
        }
        Ok(())
    }

    fn open(&self) -> Result<Bank, BankError> {
        let bank = Bank::open(&self.bank_dir)?;
        *self.kept_reader() = Some(bank.reader());
        Ok(bank)
    }

    /// The bank to search; `None` while there is none.
    ///
    /// # Errors
    /// When the bank cannot be read.
    pub(crate) fn reader(&self) -> Result<Option<BankReader>, BankError> {
        if let Some(reader) = self.kept_reader().clone() {
            return Ok(Some(reader));
        }
        match BankReader::open_read_only(&self.bank_dir) {
            // The index is derived: a writer makes it anew, if no other one is at it.
            Err(BankError::IndexUnavailable) => drop(self.open()?),
            opened => *self.kept_reader() = opened?,
        }
        Ok(self.kept_reader().clone())
    }

    fn kept_reader(&self) -> MutexGuard<'_, Option<BankReader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the lock back.
    pub(crate) fn release(&self) {
        self.bank.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The state of the running run, in one line.
    pub(crate) fn progress_line(&self) -> Option<String> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads what is new in the sources, one run at a time. Blocks until it is done.
    ///
    /// # Errors
    /// A problem when the bank is held by another process or cannot be written. What was acknowledged
    /// before stays.
    pub(crate) fn run(
        &self,
        roots: Roots,
        on_event: impl FnMut(IndexEvent),
    ) -> Result<IndexReport, Box<Problem>> {
        let mut kept = self.bank.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bank = match kept.take() {
            Some(bank) => bank,
            None => self.open().map_err(|error| error::bank(&error))?,
        };
        // Repositories get remotes while a node runs.
        self.resolver.forget();
        let result = Run::new(self, &mut bank, on_event).all(roots);
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if self.keep_open {
            *kept = Some(bank);
        }
        result
    }
}

/// One run over the sources.
struct Run<'a, F> {
    intake: &'a Intake,
    bank: &'a mut Bank,
    on_event: F,
    report: IndexReport,
    started: Instant,
    told: Instant,
    committed: Instant,
    bytes_done: u64,
    bytes_total: u64,
}

impl<'a, F: FnMut(IndexEvent)> Run<'a, F> {
    fn new(intake: &'a Intake, bank: &'a mut Bank, on_event: F) -> Self {
        let now = Instant::now();
        Self {
            intake,
            bank,
            on_event,
            report: IndexReport::default(),
            started: now,
            told: now,
            committed: now,
            bytes_done: 0,
            bytes_total: 0,
        }
    }

    fn all(mut self, roots: Roots) -> Result<IndexReport, Box<Problem>> {
        let found = source::discover(roots);
        self.report.places = found.places;
        self.report.unreadable = found.unreadable;
        self.report.files = found.files.len() as u64;
        self.bytes_total = found.files.iter().map(|file| file.size).sum();
        for (at, file) in found.files.iter().enumerate() {
            if self.intake.cancel.is_cancelled() {
                break;
            }
            self.one(file)?;
            self.bytes_done += file.size;
            self.tell(at as u64 + 1);
            if self.committed.elapsed() >= COMMIT_EVERY {
                self.commit()?;
            }
        }
        self.commit()?;
        if !self.intake.cancel.is_cancelled() {
            self.bank.finish_run(Timestamp::now()).map_err(|error| error::bank(&error))?;
        }
        let reader = self.bank.reader();
        self.report.accounting = reader.accounting().map_err(|error| error::bank(&error))?;
        self.report.documents_total = reader
            .status(&camille_bank::Visibility::Everything)
            .map_err(|error| error::bank(&error))?
            .documents;
        self.report.took_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(self.report)
    }

    fn one(&mut self, file: &SourceFile) -> Result<(), Box<Problem>> {
        let intake = self.intake;
        let reading = Reading {
            file,
            resolver: &intake.resolver,
            redactor: &intake.redactor,
            cancel: &intake.cancel,
        };
        match reading.run(self.bank) {
            Ok(outcome) if outcome.foreign => self.report.files -= 1,
            Ok(outcome) => self.add(file, outcome),
            Err(file::FileError::Bank(error)) => return Err(error::bank(&error)),
            // One unreadable file is no reason to leave the others unread.
            Err(file::FileError::Read(error)) => {
                self.report.unreadable.push((self.shown(file), error.to_string()));
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &SourceFile, outcome: FileOutcome) {
        let report = &mut self.report;
        report.files_unchanged += u64::from(outcome.unchanged);
        report.bytes_read += outcome.bytes_read;
        report.documents_added += outcome.batch.added;
        report.documents_changed += outcome.batch.changed;
        for rule in outcome.redacted {
            *report.redacted.entry(rule.to_owned()).or_default() += 1;
        }
        let shown = self.shown(file);
        let room = DEFECTS_NAMED.saturating_sub(self.report.defects.len());
        self.report.defects.extend(outcome.defects.into_iter().take(room).map(|(line, reason)| {
            camille_proto::local::Defect { file: shown.clone(), line, reason }
        }));
    }

    /// A path as it may be shown: secrets hide in directory names too.
    fn shown(&self, file: &SourceFile) -> String {
        self.intake.redactor.redact(&file.name).text.into_owned()
    }

    fn commit(&mut self) -> Result<(), Box<Problem>> {
        self.committed = Instant::now();
        self.bank.commit().map_err(|error| error::bank(&error))
    }

    fn tell(&mut self, files_done: u64) {
        if self.told.elapsed() < PROGRESS_EVERY {
            return;
        }
        self.told = Instant::now();
        let line = format!("{files_done} of {} files", self.report.files);
        *self.intake.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
        (self.on_event)(IndexEvent::Progress {
            files_done,
            files_total: self.report.files,
            bytes_done: self.bytes_done,
            bytes_total: self.bytes_total,
            documents: self.report.documents_added + self.report.documents_changed,
        });
    }
}
