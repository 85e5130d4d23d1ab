//! The writing side of a bank: one process holds it at a time. What [`Bank::ingest`] acknowledges is on
//! disk; what [`Bank::commit`] acknowledges is found. It never reads a source file.

use crate::batch::{BatchOutcome, FileBatch, FileState};
use crate::error::BankError;
use crate::index::writer::Writer;
use crate::index::{self, OpenIndex};
use crate::lock::Lock;
use crate::reader::BankReader;
use crate::store::{self, upsert};
use jiff::Timestamp;
use rusqlite::Connection;
use std::path::Path;

/// Writes a bank. There is one at a time, in all processes.
pub struct Bank {
    connection: Connection,
    writer: Writer,
    reader: BankReader,
    /// The number of the store's last change that the index holds.
    indexed: u64,
    _lock: Lock,
}

impl Bank {
    /// Opens the bank in `dir`, which is made if it is not there, and brings its index up to date: a crash
    /// may have left it behind the store. An index that cannot be used is made anew from the store.
    ///
    /// # Errors
    /// [`BankError::Locked`] while another process writes it; when the store is of a newer camille or of
    /// another program; when the disk refuses.
    pub fn open(dir: &Path) -> Result<Self, BankError> {
        store::private_dir(dir)?;
        let lock = Lock::take(dir)?;
        let connection = store::open(dir)?;
        let stored = store::seq(&connection)?;
        let usable =
            index::open(dir).filter(|open| open.seq <= stored && index::is_sound(&open.index));
        let opened = usable.and_then(|open| match Self::with_index(dir, open) {
            Ok(opened) => Some(opened),
            Err(error) => {
                tracing::warn!(%error, "the index cannot be read and is made anew");
                None
            }
        });
        let (writer, reader, indexed) = match opened {
            Some(opened) => opened,
            None => Self::with_index(dir, index::create(dir)?)?,
        };
        let mut bank = Self { connection, writer, reader, indexed, _lock: lock };
        if bank.indexed < stored || stored == 0 {
            bank.catch_up()?;
        }
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
    /// is on disk; when it fails nothing of it is.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn ingest(&mut self, batch: &FileBatch) -> Result<BatchOutcome, BankError> {
        upsert::ingest(&mut self.connection, batch)
    }

    /// Makes everything taken in so far searchable. Does nothing when nothing changed.
    ///
    /// # Errors
    /// When store or index cannot be used.
    pub fn commit(&mut self) -> Result<(), BankError> {
        if store::seq(&self.connection)? == self.indexed {
            return Ok(());
        }
        self.catch_up()
    }

    /// Remembers when a run over all sources ended.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn finish_run(&mut self, at: Timestamp) -> Result<(), BankError> {
        store::set_last_index(&self.connection, at)
    }

    /// Waits for the index to finish its background work, then frees the bank. Dropping it frees it too.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn close(self) -> Result<(), BankError> {
        self.writer.close()
    }

    fn with_index(dir: &Path, open: OpenIndex) -> Result<(Writer, BankReader, u64), BankError> {
        let seq = open.seq;
        let writer = Writer::open(&open.index, open.fields.clone(), seq == 0)?;
        let reader = BankReader::of(dir, open)?;
        Ok((writer, reader, seq))
    }

    fn catch_up(&mut self) -> Result<(), BankError> {
        // The store is read in one transaction: what is committed as indexed is what was read.
        let transaction = self.connection.transaction().map_err(BankError::store("read"))?;
        let stored = store::seq(&transaction)?;
        self.writer.catch_up(&transaction, self.indexed, stored)?;
        drop(transaction);
        self.reader.reload()?;
        self.indexed = stored;
        Ok(())
    }
}
