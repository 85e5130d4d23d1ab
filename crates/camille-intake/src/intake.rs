//! The one who writes to the bank: holds its lock, lends its reader, and remembers what runs left.

use super::ignored::Ignored;
use super::quote::Known;
use super::rewrite::Rewrites;
use super::source::Roots;
use crate::echo::Echo;
use crate::error::IntakeError;
use crate::project::ProjectResolver;
use camille_bank::{Bank, BankError, BankReader, Forget, Forgotten, SessionName};
use camille_ingest::redact::Redactor;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What was left out is kept for the status up to so many.
const SKIPPED_MAX: usize = 60;

/// What a run looks at.
pub enum Scope {
    /// All that stands in these roots. At its end the whole bank is counted.
    Everything(Roots),
    /// Only these paths, because something happened there. A file that keeps being rewritten may be put
    /// off; nothing is counted.
    Changed(Vec<PathBuf>),
}

/// The one who writes to the bank.
pub struct Intake {
    pub(super) bank_dir: PathBuf,
    /// Kept open, and so locked, by a long-running node; opened for each run otherwise.
    pub(super) bank: Mutex<Option<Bank>>,
    pub(super) keep_open: bool,
    /// The writer's own reader once there was a writer: it sees every commit at once.
    pub(super) reader: Mutex<Option<BankReader>>,
    pub(super) resolver: ProjectResolver,
    pub(super) ignored: Ignored,
    pub(super) redactor: Arc<Redactor>,
    /// What peers wrote, so that it is not taken for the owner's own.
    pub echo: Echo,
    pub(super) progress: Mutex<Option<String>>,
    pub(super) rewrites: Mutex<Rewrites>,
    /// What the last runs left out, with the reason.
    pub(super) skipped: Mutex<Vec<(String, String)>>,
    /// Runs in progress.
    pub tasks: TaskTracker,
    /// Ends runs between two batches.
    pub cancel: CancellationToken,
}

impl Intake {
    /// One that writes to the bank in this directory. `keep_open`: whether the bank stays open, and so locked, between
    /// two runs.
    #[must_use]
    pub fn new(
        bank_dir: PathBuf,
        keep_open: bool,
        redactor: Arc<Redactor>,
        resolver: ProjectResolver,
        echo: Echo,
    ) -> Self {
        Self {
            bank_dir,
            bank: Mutex::new(None),
            keep_open,
            reader: Mutex::new(None),
            resolver,
            ignored: Ignored::default(),
            redactor,
            echo,
            progress: Mutex::new(None),
            rewrites: Mutex::new(Rewrites::default()),
            skipped: Mutex::default(),
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
        }
    }

    /// What everything it reads passes through.
    pub fn redactor(&self) -> Arc<Redactor> {
        Arc::clone(&self.redactor)
    }

    /// Takes the bank's lock and keeps it.
    ///
    /// # Errors
    /// When another process holds it, or the bank cannot be opened.
    pub fn hold(&self) -> Result<(), BankError> {
        let mut bank = self.bank.lock().unwrap_or_else(PoisonError::into_inner);
        if bank.is_none() {
            *bank = Some(self.open()?);
        }
        Ok(())
    }

    pub(super) fn open(&self) -> Result<Bank, BankError> {
        let bank = Bank::open(&self.bank_dir)?;
        *self.kept_reader() = Some(bank.reader());
        Ok(bank)
    }

    /// The bank to search; `None` while there is none.
    ///
    /// # Errors
    /// When the bank cannot be read.
    pub fn reader(&self) -> Result<Option<BankReader>, BankError> {
        if let Some(reader) = self.kept_reader().clone() {
            return Ok(Some(reader));
        }
        match BankReader::open_read_only(&self.bank_dir) {
            // The index is derived: a writer makes it anew, if no other one is at it.
            Err(BankError::IndexUnavailable) => self.open()?.commit()?,
            opened => *self.kept_reader() = opened?,
        }
        Ok(self.kept_reader().clone())
    }

    pub(super) fn kept_reader(&self) -> MutexGuard<'_, Option<BankReader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the lock back.
    pub fn release(&self) {
        let bank = self.bank.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = bank.map(Bank::close) {
            tracing::warn!(%error, "the bank was not closed cleanly; nothing is lost");
        }
    }

    /// The state of the running run, in one line.
    pub fn progress_line(&self) -> Option<String> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was left out when the sources were looked through last, and since: path and reason.
    pub fn skipped(&self) -> Vec<(String, String)> {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a run left out. One that looked at everything knows all of it.
    pub(super) fn note_skipped(&self, notes: &[(String, String)], in_full: bool) {
        let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        if in_full {
            skipped.clear();
        }
        for note in notes {
            if skipped.len() < SKIPPED_MAX && !skipped.contains(note) {
                skipped.push(note.clone());
            }
        }
    }

    /// When the next file that was put off is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.rewrites().next_due()
    }

    /// Takes the files that were put off and are due.
    pub fn take_due(&self) -> Vec<PathBuf> {
        self.rewrites().take_due(Instant::now())
    }

    pub(super) fn rewrites(&self) -> MutexGuard<'_, Rewrites> {
        self.rewrites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the bank itself, once no run is at it. Blocks.
    ///
    /// # Errors
    /// When the bank is held by another process, or the work failed.
    pub fn with_bank<T>(
        &self,
        work: impl FnOnce(&mut Bank) -> Result<T, BankError>,
    ) -> Result<T, IntakeError> {
        let mut kept = self.bank.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bank = match kept.take() {
            Some(bank) => bank,
            None => self.open()?,
        };
        let result = work(&mut bank).map_err(IntakeError::from);
        self.put_back(&mut kept, bank, result.is_ok())?;
        result
    }

    /// Looks for quotes in sessions that were just released, once no run is at it: until then nobody sees any of them.
    /// Blocks.
    ///
    /// # Errors
    /// When the bank is held by another process or cannot be written.
    pub fn find_quotes(&self, released: &[SessionName]) -> Result<(), IntakeError> {
        if released.is_empty() {
            return Ok(());
        }
        self.with_bank(|bank| bank.find_quotes(released, &mut Known::default()).map(|_| ()))
    }

    /// Has the bank forget, once it is known who quotes what is forgotten. Blocks.
    ///
    /// # Errors
    /// When the bank is held by another process or cannot be written.
    pub fn forget(&self, what: &Forget) -> Result<Forgotten, IntakeError> {
        self.with_bank(|bank| {
            bank.find_quotes_of(what, &mut Known::default())?;
            let forgotten = bank.forget(what)?;
            // What stands around it changed with it.
            bank.find_quotes_again(&mut Known::default())?;
            Ok(forgotten)
        })
    }

    /// Keeps the bank for the next run, or closes it. One that failed is opened anew: what it could not do
    /// may have left it without its index.
    pub(super) fn put_back(
        &self,
        kept: &mut Option<Bank>,
        bank: Bank,
        sound: bool,
    ) -> Result<(), IntakeError> {
        if self.keep_open && sound {
            *kept = Some(bank);
            return Ok(());
        }
        if sound {
            return Ok(bank.close()?);
        }
        bank.distrust();
        if self.keep_open {
            *kept = self.open().ok();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::local::IndexReport;
    use camille_testkit::session::Session;
    use std::fs;
    use std::path::Path;

    fn look(intake: &Intake, path: &Path) -> IndexReport {
        intake.run(Scope::Changed(vec![path.to_owned()]), &[], |_| {}).expect("runs")
    }

    #[test]
    fn what_goes_on_from_a_private_session_stays_private_where_that_one_is_ignored() {
        let home = tempfile::tempdir().expect("a directory");
        let root = home.path().canonicalize().expect("a path");
        let (work, notes) = (root.join("work"), root.join("notes"));
        for directory in [&work, &notes] {
            fs::create_dir(directory).expect("makes");
        }
        fs::write(notes.join(".camilleignore"), "*\n").expect("writes");
        let record = |session: &str, uuid: &str, parent: Option<&str>, cwd: &Path, text: &str| {
            let message = serde_json::json!({ "role": "user", "content": text });
            serde_json::json!({
                "type": "user", "uuid": uuid, "parentUuid": parent, "sessionId": session,
                "timestamp": "2026-03-02T10:00:00Z", "cwd": cwd, "message": message,
            })
            .to_string()
        };
        let forked = |session: &str, uuid: &str| {
            let from =
                format!(r#""forkedFrom":{{"sessionId":"first","messageUuid":"{uuid}"}},"cwd""#);
            record(session, &format!("{session}-1"), None, &work, "quince")
                .replace(r#""cwd""#, &from)
        };
        for (name, line) in [
            ("first", record("first", "a", None, &notes, "#private quince plan")),
            ("next", record("next", "b", Some("a"), &work, "quince goes on")),
            ("fork", forked("fork", "a")),
            ("other", record("other", "c", None, &work, "quince of another day")),
        ] {
            fs::write(root.join(format!("{name}.jsonl")), format!("{line}\n")).expect("writes");
        }
        let bank = root.join("bank");
        let resolver = ProjectResolver::default();
        let intake = Intake::new(bank, true, Arc::default(), resolver, Echo::default());
        let roots = Roots { places: Vec::new(), named: vec![root.clone()] };
        intake.run(Scope::Everything(roots), &[], |_| {}).expect("runs");
        let reader = intake.reader().expect("a bank").expect("one");
        let project = work.to_string_lossy().into_owned();
        let shared = camille_bank::Shared {
            projects: vec![camille_bank::VisibleProject { id: project.clone(), from: None }],
            open: vec![project],
            ..camille_bank::Shared::default()
        };
        let visible = camille_bank::Visibility::Shared(shared);
        let camille_bank::analyzer::Question { terms, phrases } =
            camille_bank::analyzer::question("quince");
        let query = camille_bank::LeafQuery { terms, phrases, candidates: 9, ..Default::default() };
        let found = reader.search(&query, &visible).expect("searches").candidates;
        let sessions: Vec<&str> =
            found.iter().map(|found| found.document.session.as_str()).collect();
        assert_eq!(sessions, ["other"]);
    }

    #[test]
    fn a_file_that_is_rewritten_rests_but_not_from_growing() {
        let home = tempfile::tempdir().expect("a directory");
        let intake = Intake::new(
            home.path().join("bank"),
            true,
            Arc::default(),
            ProjectResolver::default(),
            Echo::default(),
        );
        let path = home.path().join("a.jsonl");
        let version = |number| Session::new("a").person(&format!("version {number}"));
        fs::write(&path, version(0).jsonl()).expect("writes");
        assert_eq!(look(&intake, &path).documents_added, 1);
        fs::write(&path, version(1).jsonl()).expect("writes");
        assert_eq!(look(&intake, &path).documents_changed, 1, "the first time it is read at once");
        assert_eq!(intake.next_due(), None);

        let longer = version(1).agent("it grew");
        fs::write(&path, longer.jsonl()).expect("writes");
        assert_eq!(look(&intake, &path).documents_added, 1, "though it should rest");
        assert_eq!(intake.next_due(), None);

        // On a slow machine it may be rested by now; the more often, the longer it takes.
        let put_off = (2..100).find(|number| {
            fs::write(&path, version(*number).jsonl()).expect("writes");
            look(&intake, &path).bytes_read == 0
        });
        assert!(put_off.is_some() && intake.next_due().is_some());
    }

    #[test]
    fn what_changed_is_looked_at_and_nothing_else() {
        let home = tempfile::tempdir().expect("a directory");
        let intake = Intake::new(
            home.path().join("bank"),
            true,
            Arc::default(),
            ProjectResolver::default(),
            Echo::default(),
        );
        let folder = home.path().join("folder");
        fs::create_dir(&folder).expect("makes a folder");
        let write = |path: &Path, name: &str| {
            fs::write(path, Session::new(name).person(name).jsonl()).expect("writes");
            path.to_owned()
        };
        let one = write(&home.path().join("one.jsonl"), "one");
        write(&home.path().join("two.jsonl"), "two");
        write(&folder.join("three.jsonl"), "three");
        let text = write(&home.path().join("four.txt"), "four");
        let gone = home.path().join("gone.jsonl");
        let report =
            intake.run(Scope::Changed(vec![one, folder, text, gone]), &[], |_| {}).expect("runs");
        assert_eq!((report.files, report.documents_added), (2, 2), "{report:?}");
        assert_eq!(report.unreadable, [], "what is gone is no fault");
        assert_eq!(report.documents_total, 0, "nothing is counted");
    }

    #[test]
    fn the_plain_transcript_comes_before_the_compressed_one() {
        let home = tempfile::tempdir().expect("a directory");
        let intake = Intake::new(
            home.path().join("bank"),
            true,
            Arc::default(),
            ProjectResolver::default(),
            Echo::default(),
        );
        let plain = home.path().join("a.jsonl");
        let compressed = home.path().join("a.jsonl.zst");
        let text = Session::new("a").person("hello").jsonl();
        fs::write(&plain, &text).expect("writes");
        let packed = zstd::encode_all(text.as_bytes(), 0).expect("compresses");
        fs::write(&compressed, packed).expect("writes");
        assert_eq!(look(&intake, &compressed).files, 0);
        fs::remove_file(&plain).expect("deletes");
        assert_eq!(look(&intake, &plain).documents_added, 1, "it is read once the plain one went");
    }

    #[test]
    fn links_that_lead_everywhere_hold_up_no_other_source_and_are_told_of() {
        let home = tempfile::tempdir().expect("a directory");
        let intake = Intake::new(
            home.path().join("bank"),
            true,
            Arc::default(),
            ProjectResolver::default(),
            Echo::default(),
        );
        let (bomb, good) = (home.path().join("bomb"), home.path().join("good"));
        let name = |number: usize| bomb.join(format!("n{number}"));
        for number in 0..30 {
            fs::create_dir_all(name(number)).expect("makes");
        }
        let link = |to: &Path, from: PathBuf| std::os::unix::fs::symlink(to, from).expect("links");
        for number in 0..29 {
            link(&name(number + 1), name(number).join("a"));
            link(&name(number + 1), name(number).join("b"));
        }
        for (at, to) in ["/", "/proc", "/sys", ".", ".."].iter().enumerate() {
            link(Path::new(to), bomb.join(format!("l{at}")));
        }
        fs::create_dir(&good).expect("makes");
        fs::write(good.join("a.jsonl"), Session::new("a").person("hi").jsonl()).expect("writes");
        fs::write(name(29).join("b.jsonl"), Session::new("b").person("ho").jsonl())
            .expect("writes");
        let begun = Instant::now();
        let roots = Roots { places: Vec::new(), named: vec![bomb.clone(), good] };
        let report = intake.run(Scope::Everything(roots), &[], |_| {}).expect("runs");
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        assert_eq!(report.documents_added, 2, "{report:?}");
        let skipped = intake.skipped();
        for left_out in ["l0", "l1", "l2", "l4"] {
            let path = bomb.join(left_out).display().to_string();
            assert!(skipped.iter().any(|(of, _)| *of == path), "{left_out}: {skipped:?}");
        }
        // The same where only they are told to have changed.
        let changed = ["l0", "l1", "n0"].map(|name| bomb.join(name));
        let report = intake.run(Scope::Changed(changed.into()), &[], |_| {}).expect("runs");
        assert_eq!((report.files, report.unreadable.len()), (1, 2), "{report:?}");
    }
}
