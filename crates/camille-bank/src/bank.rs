//! The writing side of a bank: one process holds it at a time. What [`Bank::ingest`] acknowledges is on
//! disk; what [`Bank::commit`] acknowledges is found. It never reads a source file.

use crate::batch::{BatchOutcome, FileBatch, FileState};
use crate::document::SessionName;
use crate::error::BankError;
use crate::forget::{Forget, Forgotten};
use crate::index::follower::Follower;
use crate::index::writer::Writer;
use crate::index::{self, OpenIndex};
use crate::lock::Lock;
use crate::quote::{self, KnowAgain};
use crate::reader::BankReader;
use crate::secret::{Redacted, Redaction};
use crate::store::passing::Passed;
use crate::store::{self, forget, sought, upsert};
use crate::verify::{self, Verified};
use camille_proto::id::SessionKey;
use jiff::Timestamp;
use rusqlite::Connection;
use std::borrow::Borrow;
use std::path::{Path, PathBuf};

/// Writes a bank. There is one at a time, in all processes.
pub struct Bank {
    dir: PathBuf,
    follower: Follower,
    reader: BankReader,
    /// Closed after the others, it takes the log of changes into the store.
    connection: Connection,
    /// The number of the store's last change that the index holds.
    indexed: u64,
    /// What came by in this run and is forgotten.
    passed: Passed,
    /// The last of the fields: until all threads have ended, nobody else may write.
    _lock: Lock,
}

impl Bank {
    /// Opens the bank in `dir`, which is made if it is not there. An index that cannot be used is made anew
    /// from the store. What a crash left unfinished is made up for in the background;
    /// [`Bank::commit`] waits for it.
    ///
    /// # Errors
    /// [`BankError::Locked`] while another process writes it; when the store is of a newer camille or of
    /// another program; when the disk refuses.
    pub fn open(dir: &Path) -> Result<Self, BankError> {
        store::private_dir(dir)?;
        let lock = Lock::take(dir)?;
        let connection = store::open(dir)?;
        index::remove_unfinished(dir)?;
        let stored = store::seq(&connection)?;
        let usable = index::open(dir)
            .filter(|open| open.seq <= stored && index::is_sound(&connection, &open.index, dir));
        let opened = usable.and_then(|open| match with_index(dir, open) {
            Ok(opened) => Some(opened),
            Err(error) => {
                tracing::warn!(%error, "the index cannot be read and is made anew");
                None
            }
        });
        let (follower, reader, indexed) = match opened {
            Some(opened) => opened,
            None => with_index(dir, index::create(&index::path(dir))?)?,
        };
        let passed = Passed::default();
        let mut bank = Self {
            dir: dir.to_owned(),
            follower,
            reader,
            connection,
            indexed,
            passed,
            _lock: lock,
        };
        if stored == 0 {
            bank.commit()?;
        } else if indexed < stored {
            bank.follower.follow();
        }
        bank.finish_forgetting()?;
        Ok(bank)
    }

    /// Reads this bank. Readers see what was committed last.
    #[must_use]
    pub fn reader(&self) -> BankReader {
        self.reader.clone()
    }

    /// What is known of a source file; `None`: nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn checkpoint(&self, file: &str) -> Result<Option<FileState>, BankError> {
        store::file::state(&self.connection, file)
    }

    /// Takes in a batch in one transaction and moves its file's checkpoint. When this returns the batch
    /// is on disk; when it fails nothing of it is. The index follows in the background.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn ingest(&mut self, batch: &FileBatch) -> Result<BatchOutcome, BankError> {
        let (mut next, mut all) = (Some(batch), BatchOutcome::default());
        self.ingest_all(&mut |outcome| {
            all.add(outcome);
            next.take()
        })?;
        Ok(all)
    }

    /// Takes in all batches that `next` has, in one transaction; it is told each time what the last one
    /// changed. When this returns all of them are on disk; when it fails none is.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn ingest_all<B: Borrow<FileBatch>>(
        &mut self,
        next: &mut dyn FnMut(&BatchOutcome) -> Option<B>,
    ) -> Result<(), BankError> {
        let mut batches = 0_u64;
        upsert::ingest(&mut self.connection, &mut self.passed, &mut |outcome| {
            let batch = next(outcome);
            batches += u64::from(batch.is_some());
            batch
        })?;
        if batches > 0 {
            self.follower.follow();
        }
        Ok(())
    }

    /// Makes everything taken in so far searchable. Does nothing when nothing changed.
    ///
    /// # Errors
    /// When store or index cannot be used.
    pub fn commit(&mut self) -> Result<(), BankError> {
        let stored = store::seq(&self.connection)?;
        if stored == self.indexed && stored != 0 {
            return Ok(());
        }
        // Nothing reads the store for long then: the log of its changes can begin anew.
        self.indexed =
            self.follower.commit(|| store::take_over_log(&self.connection, &self.dir))?;
        Ok(())
    }

    /// What [`Bank::forget`] would remove.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn would_forget(&mut self, what: &Forget) -> Result<Forgotten, BankError> {
        forget::preview(&mut self.connection, what)
    }

    /// Removes documents for good: their texts, their words in the index, and what else tells of them.
    /// When this returns no file of the bank holds any of it, and it does not come back when its source is
    /// read again. After a crash on the way the bank goes on forgetting when it is opened.
    ///
    /// # Errors
    /// When store or index cannot be written.
    pub fn forget(&mut self, what: &Forget) -> Result<Forgotten, BankError> {
        let forgotten = forget::forget(&mut self.connection, what)?;
        if forget::is_unfinished(&self.connection)? {
            self.purge()?;
        }
        Ok(forgotten)
    }

    /// Marks what was said word for word, in the conversations of these sessions, of what was read in other places, as
    /// far as they grew since that was done last. Until it is done nobody but the owner sees what came to a released
    /// session. Returns how many documents have a new mark.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn find_quotes(
        &mut self,
        sessions: &[SessionName],
        again: &mut dyn KnowAgain,
    ) -> Result<u64, BankError> {
        quote::find(&mut self.connection, &quote::keys(sessions), self.passed.texts(), again)
    }

    /// The same in the conversations of what is about to be forgotten: once it is, nobody knows who quotes it.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn find_quotes_of(
        &mut self,
        what: &Forget,
        again: &mut dyn KnowAgain,
    ) -> Result<u64, BankError> {
        let sessions = forget::sessions(&self.connection, what)?;
        quote::find(&mut self.connection, &sessions, self.passed.texts(), again)
    }

    /// The same in all conversations in which it was ever done.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn find_quotes_again(&mut self, again: &mut dyn KnowAgain) -> Result<u64, BankError> {
        let sessions: Vec<SessionKey> = sought::known(&self.connection)?.into_keys().collect();
        quote::find(&mut self.connection, &sessions, self.passed.texts(), again)
    }

    /// Lets go of what came by and is forgotten: a run ended.
    pub fn let_pass(&mut self) {
        self.passed = Passed::default();
    }

    /// Brings every text under the redaction rules of this version, if that was not done yet. `redact` is
    /// given each text; `go_on` hears how many documents of how many are done, and says whether to go on.
    /// What was replaced is in no file of the bank when this returns. Stopped, or after a crash, it goes on
    /// where it was.
    ///
    /// # Errors
    /// When store or index cannot be used.
    pub fn redact_anew(
        &mut self,
        version: u32,
        redact: &mut dyn FnMut(&str) -> Redaction,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Redacted, BankError> {
        let version = i64::from(version);
        if store::redact::version(&self.connection)? == version {
            return Ok(Redacted { changed: 0, finished: true });
        }
        let total = store::redact::behind(&self.connection, version)?;
        let (mut after, mut done, mut changed) = (0, 0, 0);
        while go_on(done, total) {
            let step = store::redact::step(&mut self.connection, version, after, redact)?;
            done += step.documents;
            changed += step.changed;
            if step.changed > 0 {
                self.follower.follow();
            }
            let Some(last) = step.last else {
                changed += store::redact::finish(&mut self.connection, version, redact)?;
                self.finish_forgetting()?;
                return Ok(Redacted { changed, finished: true });
            };
            after = last;
        }
        Ok(Redacted { changed, finished: false })
    }

    /// Makes the index anew from the store. Searches see the old one until the new one is whole.
    /// `on_progress` hears how many documents were added, now and then.
    ///
    /// # Errors
    /// When store or index cannot be used; then the old index stays.
    pub fn rebuild(&mut self, on_progress: &mut dyn FnMut(u64)) -> Result<(), BankError> {
        let beside = index::path_beside(&self.dir);
        let open = index::create(&beside)?;
        let mut writer = Writer::open(&open.index, open.fields, 0)?;
        writer.follow(&self.connection, on_progress)?;
        writer.commit()?;
        writer.close()?;
        self.follower.stop()?;
        index::swap(&self.dir)?;
        let open = index::open(&self.dir).ok_or(BankError::IndexUnavailable)?;
        let seq = open.seq;
        let writer = Writer::open(&open.index, open.fields.clone(), seq)?;
        self.reader.replace(open)?;
        self.follower = Follower::start(&self.dir, writer, self.reader.clone())?;
        self.indexed = seq;
        index::remove_unfinished(&self.dir)
    }

    /// Checks the store against its hashes, the index against its checksums, and both against each other.
    /// `on_progress` hears how many documents were checked, now and then.
    ///
    /// # Errors
    /// When store or index cannot be read at all.
    pub fn verify(&mut self, on_progress: &mut dyn FnMut(u64)) -> Result<Verified, BankError> {
        // A fault can keep the index from following: then it is found here, too.
        let committed = self.commit();
        let mut verified = verify::verify(&self.dir, &self.connection, on_progress)?;
        if let Err(error) = committed {
            verified.fault(format!("the index cannot follow the store: {error}"));
        }
        Ok(verified)
    }

    /// Remembers when a run ended that left the bank up to date.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn finish_run(&mut self, at: Timestamp) -> Result<(), BankError> {
        store::set_last_index(&self.connection, at)
    }

    /// Does what need not be done after each message: notes which files of the index are sound, and tries
    /// again what failed of forgetting.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tidy(&mut self) -> Result<(), BankError> {
        index::remember_sound(&self.connection, &self.dir);
        self.finish_forgetting()
    }

    /// Frees a bank in which something failed. The files of its index are checked when it is opened again.
    pub fn distrust(self) {
        if let Err(error) = store::forget_sound(&self.connection) {
            tracing::warn!(%error, "it could not be noted that the index is to be checked");
        }
    }

    /// Waits for the index to finish its background work, then frees the bank. Dropping it frees it too.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn close(mut self) -> Result<(), BankError> {
        self.follower.stop()?;
        index::remember_sound(&self.connection, &self.dir);
        store::empty_log(&self.connection)
    }

    /// Does what a crash or a full disk left undone of forgetting. It is gone for every reader already; what
    /// fails now is tried again, and is no reason not to use the bank.
    fn finish_forgetting(&mut self) -> Result<(), BankError> {
        if !forget::is_unfinished(&self.connection)? {
            return Ok(());
        }
        if let Err(error) = self.purge() {
            tracing::warn!(%error, "what is forgotten is not out of all files yet; it is tried again");
            if self.follower.has_ended() {
                let open = index::open(&self.dir).ok_or(BankError::IndexUnavailable)?;
                let writer = Writer::open(&open.index, open.fields, open.seq)?;
                self.follower = Follower::start(&self.dir, writer, self.reader.clone())?;
            }
        }
        Ok(())
    }

    /// Takes what was forgotten out of every file.
    fn purge(&mut self) -> Result<(), BankError> {
        self.indexed = self.follower.commit(|| Ok(()))?;
        // The rows that tell the index what to remove go only once it has done so for good.
        index::sync(&self.dir)?;
        forget::remove_rows(&mut self.connection)?;
        self.follower.merge()?;
        forget::scour(&self.connection, &self.dir.join(store::FILE))
    }
}

fn with_index(dir: &Path, open: OpenIndex) -> Result<(Follower, BankReader, u64), BankError> {
    let seq = open.seq;
    let writer = Writer::open(&open.index, open.fields.clone(), seq)?;
    let reader = BankReader::of(dir, open)?;
    let follower = Follower::start(dir, writer, reader.clone())?;
    Ok((follower, reader, seq))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Line, Part, PartRole};
    use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};

    #[test]
    fn what_a_crash_left_of_forgetting_is_done_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let mut bank = Bank::open(dir.path()).unwrap();
        let part = Part {
            agent: Agent::ClaudeCode,
            native_key: "k".into(),
            former_key: None,
            copy_of: None,
            trace: None,
            part_key: "0".into(),
            session: "s".into(),
            parent_session: None,
            project: "p".into(),
            own_project: "p".into(),
            directory: None,
            record_id: Some("quetzal-record".into()),
            speaker: Speaker::Person,
            kind: DocumentKind::Message,
            role: PartRole::Text,
            position: 0,
            timestamp: None,
            tool: None,
            path: None,
            text: "quetzal".into(),
            places: Vec::new(),
            quotes: Vec::new(),
            edited: Vec::new(),
        };
        let lines = vec![Line { parts: vec![part], ..Line::default() }];
        bank.ingest(&FileBatch { file: "f".into(), fresh: true, lines, ..FileBatch::default() })
            .unwrap();
        bank.commit().unwrap();
        let id = camille_proto::id::DocumentId::of_native_key("claude-code", "k");
        // The transaction, and nothing of what follows it.
        forget::forget(&mut bank.connection, &Forget::Document(id)).unwrap();
        let rows = |bank: &Bank| -> i64 {
            let count = "SELECT count(*) FROM document";
            bank.connection.query_row(count, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(rows(&bank), 1, "the index has not heard of it");
        drop(bank);
        let bank = Bank::open(dir.path()).unwrap();
        assert_eq!(rows(&bank), 0);
        assert!(!forget::is_unfinished(&bank.connection).unwrap());
        let verified = verify::verify(dir.path(), &bank.connection, &mut |_| {}).unwrap();
        assert_eq!((verified.indexed, verified.faults_count), (0, 0));
    }
}
