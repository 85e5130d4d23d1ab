//! One run over some files. A thread of its own reads and redacts while this one stores, and the bank indexes
//! on a third: each waits for the next where that is behind, so that what lies between them is bounded.

use super::file::{FileError, FileOutcome};
use super::intake::{Intake, Scope};
use super::quote::Known;
use super::reading::Reading;
use super::source::{self, SourceFile};
use super::walk;
use crate::error::IntakeError;
use camille_bank::{Bank, BatchOutcome, FileBatch, FileState, SessionName};
use camille_proto::local::{Defect, IndexEvent, IndexReport};
use jiff::Timestamp;
use std::collections::HashMap;
use std::io;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How long documents may wait for being searchable while a run goes on.
const COMMIT_EVERY: Duration = Duration::from_secs(5);
/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// Defects that a report names one by one.
const DEFECTS_NAMED: usize = 20;
/// Batches that are read and wait for being stored.
const BATCHES_WAITING: usize = 12;
/// How long batches may join a transaction: each is made durable within this time, and not each by itself.
const TRANSACTION_MAX: Duration = Duration::from_millis(80);

impl Intake {
    /// Reads what is new in the sources, one run at a time. Blocks until it is done. `released`: sessions that others see,
    /// although they touched other places.
    ///
    /// # Errors
    /// When the bank is held by another process or cannot be written. What was acknowledged
    /// before stays.
    pub fn run(
        &self,
        scope: Scope,
        released: &[SessionName],
        mut on_event: impl FnMut(IndexEvent),
    ) -> Result<IndexReport, IntakeError> {
        let mut kept = self.bank.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bank = match kept.take() {
            Some(bank) => bank,
            None => self.open()?,
        };
        if matches!(scope, Scope::Everything(_)) {
            *self.progress.lock().unwrap_or_else(PoisonError::into_inner) =
                Some("looking for transcripts".into());
        }
        // Repositories get remotes while a node runs.
        self.resolver.forget();
        if let Scope::Everything(roots) = &scope {
            self.resolver.know_folders(&roots.named);
        }
        self.ignored.forget();
        let result = match self.redact_anew(&mut bank, &mut on_event) {
            Ok(()) => Run::new(self, &mut bank, released, on_event).all(scope),
            Err(error) => Err(error.into()),
        };
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.put_back(&mut kept, bank, result.is_ok())?;
        result
    }
}

/// What the reading thread hands over.
enum Step {
    /// Some lines of the file at hand.
    Batch(Box<FileBatch>),
    /// The file at hand is dealt with.
    End(End),
}

/// How reading a file ended.
struct End {
    /// Its place in the list.
    at: usize,
    /// What reading it brought.
    outcome: io::Result<FileOutcome>,
    took: Duration,
}

/// One run over the sources.
pub(super) struct Run<'a, F> {
    intake: &'a Intake,
    bank: &'a mut Bank,
    released: &'a [SessionName],
    on_event: F,
    report: IndexReport,
    started: Instant,
    told: Instant,
    committed: Instant,
    files_done: u64,
    bytes_done: u64,
    bytes_total: u64,
}

impl<'a, F: FnMut(IndexEvent)> Run<'a, F> {
    fn new(
        intake: &'a Intake,
        bank: &'a mut Bank,
        released: &'a [SessionName],
        on_event: F,
    ) -> Self {
        let now = Instant::now();
        Self {
            intake,
            bank,
            released,
            on_event,
            report: IndexReport::default(),
            started: now,
            told: now,
            committed: now,
            files_done: 0,
            bytes_done: 0,
            bytes_total: 0,
        }
    }

    /// Reads what the scope names, makes it searchable and reports.
    pub(super) fn all(mut self, scope: Scope) -> Result<IndexReport, IntakeError> {
        let in_full = matches!(scope, Scope::Everything(_));
        let found = match scope {
            Scope::Everything(roots) => source::discover(roots, &self.intake.cancel),
            Scope::Changed(paths) => source::look_at(paths, &self.intake.cancel),
        };
        self.report.places = found.places;
        self.report.unreadable = self.shown_each(found.unreadable);
        self.intake.note_skipped(&self.report.unreadable, in_full);
        self.report.files = found.files.len() as u64;
        self.bytes_total = found.files.iter().map(|file| file.size).sum();
        self.read(&found.files, !in_full)?;
        self.commit()?;
        self.bank.let_pass();
        // Where only changes are looked at, nothing else changed: the bank is up to date then too.
        let in_time = in_full || self.report.bytes_read > 0;
        if in_time && !self.intake.cancel.is_cancelled() {
            self.bank.finish_run(Timestamp::now())?;
        }
        if in_full {
            self.bank.tidy()?;
            self.count()?;
        }
        self.report.took_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(self.report)
    }

    /// Counts what the bank holds now. Takes longer the more it holds.
    fn count(&mut self) -> Result<(), IntakeError> {
        let reader = self.bank.reader();
        self.report.accounting = reader.accounting()?;
        self.report.documents_total =
            reader.status(&camille_bank::Visibility::Everything)?.documents;
        Ok(())
    }

    fn read(&mut self, files: &[SourceFile], may_rest: bool) -> Result<(), IntakeError> {
        let known = self.known(files)?;
        let intake = self.intake;
        let (sender, steps) = sync_channel(BATCHES_WAITING);
        std::thread::scope(|scope| {
            let reading = std::thread::Builder::new()
                .name("camille-read".into())
                .spawn_scoped(scope, move || read_files(intake, files, known, may_rest, &sender))
                .map_err(IntakeError::Thread)?;
            let stored = self.store(files, steps);
            match reading.join() {
                Ok(()) => stored,
                Err(_) => Err(IntakeError::Thread(io::Error::other("the reading thread failed"))),
            }
        })
    }

    /// How far each file was read. Nobody else moves that while the run goes on.
    fn known(&self, files: &[SourceFile]) -> Result<HashMap<usize, FileState>, IntakeError> {
        let mut known = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            let state = self.bank.checkpoint(&file.name)?;
            if let Some(state) = state {
                known.insert(at, state);
            }
        }
        Ok(known)
    }

    /// Stores what comes, until all files are dealt with. When it fails the reading thread finds nobody to
    /// hand over to and ends.
    fn store(&mut self, files: &[SourceFile], steps: Receiver<Step>) -> Result<(), IntakeError> {
        // What the file at hand brought so far, and how far into it that is.
        let (mut brought, mut offset) = (BatchOutcome::default(), 0);
        while let Ok(first) = steps.recv() {
            let (mut first, began) = (Some(first), Instant::now());
            let mut ended = Vec::new();
            let mut next = || first.take().or_else(|| in_time(&steps, began));
            let stored = self.bank.ingest_all(&mut |outcome| {
                brought.add(outcome);
                loop {
                    match next()? {
                        Step::Batch(batch) => {
                            offset = batch.checkpoint.offset;
                            return Some(batch);
                        }
                        Step::End(end) => {
                            offset = 0;
                            ended.push((end, std::mem::take(&mut brought)));
                        }
                    }
                }
            });
            stored?;
            for (end, brought) in ended {
                self.files_done += 1;
                self.bytes_done += files[end.at].size;
                self.end(&files[end.at], end, &brought);
            }
            self.tell(offset, &brought);
            if self.committed.elapsed() >= COMMIT_EVERY {
                self.commit()?;
            }
        }
        Ok(())
    }

    fn end(&mut self, file: &SourceFile, end: End, brought: &BatchOutcome) {
        let intake = self.intake;
        self.report.documents_added += brought.added;
        self.report.documents_changed += brought.changed;
        match end.outcome {
            Ok(outcome) if outcome.foreign => self.report.files -= 1,
            Ok(outcome) if outcome.put_off => intake.rewrites().put_off(&file.path),
            Ok(outcome) => {
                if outcome.rewritten {
                    intake.rewrites().note_read(&file.path, Instant::now(), end.took);
                }
                self.add(file, outcome);
            }
            // It went after it was found.
            Err(error) if walk::is_gone(&error) => self.report.files -= 1,
            // One unreadable file is no reason to leave the others unread.
            Err(error) => self.report.unreadable.push((self.shown(file), error.to_string())),
        }
    }

    fn add(&mut self, file: &SourceFile, outcome: FileOutcome) {
        let report = &mut self.report;
        report.files_unchanged += u64::from(outcome.unchanged);
        report.bytes_read += outcome.bytes_read;
        for rule in outcome.redacted {
            *report.redacted.entry(rule.to_owned()).or_default() += 1;
        }
        let shown = self.shown(file);
        let room = DEFECTS_NAMED.saturating_sub(self.report.defects.len());
        self.report.defects.extend(
            outcome.defects.into_iter().take(room).map(|(line, reason)| Defect {
                file: shown.clone(),
                line,
                reason,
            }),
        );
    }

    fn shown_each(&self, notes: Vec<(String, String)>) -> Vec<(String, String)> {
        let redact = |path: String| self.intake.redactor.redact(&path).text.into_owned();
        notes.into_iter().map(|(path, reason)| (redact(path), reason)).collect()
    }

    /// A path as it may be shown: secrets hide in directory names too.
    fn shown(&self, file: &SourceFile) -> String {
        self.intake.redactor.redact(&file.name).text.into_owned()
    }

    fn commit(&mut self) -> Result<(), IntakeError> {
        self.bank.find_quotes(self.released, &mut Known::default())?;
        self.bank.commit()?;
        self.committed = Instant::now();
        Ok(())
    }

    /// Says how far it is: `offset` bytes into the file at hand, of which so much is `stored`.
    fn tell(&mut self, offset: u64, stored: &BatchOutcome) {
        if self.told.elapsed() < PROGRESS_EVERY {
            return;
        }
        self.told = Instant::now();
        let added = self.report.documents_added;
        let line = format!("{} of {} files, {added} documents", self.files_done, self.report.files);
        *self.intake.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
        let report = &self.report;
        (self.on_event)(IndexEvent::Progress {
            files_done: self.files_done,
            files_total: report.files,
            bytes_done: (self.bytes_done + offset).min(self.bytes_total),
            bytes_total: self.bytes_total,
            documents: report.documents_added
                + report.documents_changed
                + stored.added
                + stored.changed,
        });
    }
}

/// Reads the files one after the other, until all are read, the run is cancelled or nobody stores any more.
fn read_files(
    intake: &Intake,
    files: &[SourceFile],
    mut known: HashMap<usize, FileState>,
    may_rest: bool,
    steps: &SyncSender<Step>,
) {
    let bank = intake.kept_reader().clone();
    for (at, file) in files.iter().enumerate() {
        if intake.cancel.is_cancelled() {
            return;
        }
        let reading = Reading {
            file,
            resolver: &intake.resolver,
            ignored: &intake.ignored,
            redactor: &intake.redactor,
            echo: &intake.echo,
            bank: bank.as_ref(),
            cancel: &intake.cancel,
            may_rest: may_rest && !intake.rewrites().may_read(&file.path, Instant::now()),
        };
        let started = Instant::now();
        let outcome = reading
            .run(known.remove(&at), &mut |batch| steps.send(Step::Batch(Box::new(batch))).is_ok());
        let outcome = match outcome {
            Ok(outcome) => Ok(outcome),
            Err(FileError::Read(error)) => Err(error),
            Err(FileError::NotTaken) => return,
        };
        let end = End { at, outcome, took: started.elapsed() };
        if steps.send(Step::End(end)).is_err() {
            return;
        }
    }
}

/// What comes while a transaction that began then may still take it in. What does not stays where it is for the
/// next one.
fn in_time<T>(steps: &Receiver<T>, began: Instant) -> Option<T> {
    let left = TRANSACTION_MAX.checked_sub(began.elapsed())?;
    steps.recv_timeout(left).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_waits_for_more_and_ends_in_time() {
        let (sender, steps) = sync_channel(4);
        let long_ago =
            Instant::now().checked_sub(TRANSACTION_MAX * 2).expect("it runs for a while");
        for step in [1, 2] {
            sender.send(step).expect("there is room");
        }
        assert_eq!(in_time(&steps, long_ago), None, "however much waits");
        assert_eq!(in_time(&steps, Instant::now()), Some(1));
        assert_eq!(in_time(&steps, Instant::now()), Some(2));
        let began = Instant::now();
        assert_eq!(in_time(&steps, began), None);
        assert!(began.elapsed() >= TRANSACTION_MAX, "more could have come");
        drop(sender);
        let began = Instant::now();
        assert_eq!(in_time(&steps, began), None);
        assert!(began.elapsed() < TRANSACTION_MAX, "nothing can come any more");
    }
}
