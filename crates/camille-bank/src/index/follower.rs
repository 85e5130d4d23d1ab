//! The thread on which the index follows the store, so that reading, storing and indexing go on side by side.
//! What is not yet indexed lies in the store: the follower holds no queue and nothing is lost with it.

use super::writer::Writer;
use crate::error::BankError;
use crate::reader::BankReader;
use crate::store;
use rusqlite::Connection;
use std::convert::Infallible;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// Calls that wait; one to follow says as much as many.
const CALLS: usize = 4;

/// The writer of the index on its own thread.
pub(crate) struct Follower {
    calls: Option<SyncSender<Call>>,
    thread: Option<JoinHandle<()>>,
}

enum Call {
    /// There is news in the store.
    Follow,
    /// All of it shall be found. Nothing is sent to `read`; it goes when all is read. The answer is the change
    /// up to which the store is searchable.
    Commit { read: SyncSender<Infallible>, answer: SyncSender<Result<u64, BankError>> },
    /// Segments that hold deleted documents are written anew, without them.
    Merge(SyncSender<Result<(), BankError>>),
    /// The end, after what is being merged.
    Close(SyncSender<Result<(), BankError>>),
}

impl Follower {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the store cannot be read or there can be no thread.
    pub(crate) fn start(dir: &Path, writer: Writer, reader: BankReader) -> Result<Self, BankError> {
        let store = store::open_read_only(dir)?.ok_or(BankError::Corrupt { what: "store" })?;
        let (calls, received) = sync_channel(CALLS);
        let thread = std::thread::Builder::new()
            .name("camille-index".into())
            .spawn(move || serve(&store, writer, &reader, &received))
            .map_err(BankError::file("start a thread for", dir))?;
        Ok(Self { calls: Some(calls), thread: Some(thread) })
    }

    /// Lets the index follow in the background. A failure shows at the next commit.
    pub(crate) fn follow(&self) {
        if let Some(calls) = &self.calls {
            // With calls waiting it will look at the store anyway.
            match calls.try_send(Call::Follow) {
                Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
            }
        }
    }

    /// Makes all that is stored now searchable. Returns the change up to which it is. `meanwhile` is done once
    /// the store is read, while the index writes its files.
    ///
    /// # Errors
    /// When store or index cannot be used; then the index is as it was committed last. Else those of
    /// `meanwhile`.
    pub(crate) fn commit(
        &self,
        meanwhile: impl FnOnce() -> Result<(), BankError>,
    ) -> Result<u64, BankError> {
        let (read, is_read) = sync_channel(1);
        let answer = self.call(|answer| Call::Commit { read, answer })?;
        // Nothing ever comes: the other end goes.
        let Err(_) = is_read.recv();
        let done = meanwhile();
        let committed = answer.wait()?;
        done.map(|()| committed)
    }

    /// Writes the segments that hold deleted documents anew, without them.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub(crate) fn merge(&self) -> Result<(), BankError> {
        self.call(Call::Merge)?.wait()
    }

    /// Waits for what is being merged, then ends the thread.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub(crate) fn stop(&mut self) -> Result<(), BankError> {
        let result = self.call(Call::Close).and_then(Answer::wait);
        self.end();
        result
    }

    /// Whether the thread is there no more: it failed, or was stopped.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn call<T>(
        &self,
        call: impl FnOnce(SyncSender<Result<T, BankError>>) -> Call,
    ) -> Result<Answer<T>, BankError> {
        let (answer, answered) = sync_channel(1);
        let calls = self.calls.as_ref().ok_or(BankError::Poisoned)?;
        calls.send(call(answer)).map_err(|_| BankError::Poisoned)?;
        Ok(Answer(answered))
    }

    fn end(&mut self) {
        self.calls = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that keeps the index failed");
        }
    }
}

/// What the thread will have to say.
struct Answer<T>(Receiver<Result<T, BankError>>);

impl<T> Answer<T> {
    fn wait(self) -> Result<T, BankError> {
        self.0.recv().map_err(|_| BankError::Poisoned)?
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.end();
    }
}

fn serve(store: &Connection, mut writer: Writer, reader: &BankReader, calls: &Receiver<Call>) {
    while let Ok(call) = calls.recv() {
        match call {
            Call::Follow => {
                if let Err(error) = writer.follow(store, &mut |_| {}) {
                    tracing::warn!(%error, "the index cannot follow; it is tried again");
                }
            }
            // Whoever asked and went away needs no answer.
            Call::Commit { read, answer } => {
                let committed = writer.follow(store, &mut |_| {}).and_then(|()| {
                    drop(read);
                    commit(&mut writer, reader)
                });
                drop(answer.send(committed));
            }
            Call::Merge(answer) => match merge(writer, reader) {
                Ok(merged) => {
                    writer = merged;
                    drop(answer.send(Ok(())));
                }
                // The writer is lost; the bank is opened anew.
                Err(error) => return drop(answer.send(Err(error))),
            },
            Call::Close(answer) => {
                drop(answer.send(writer.close()));
                return;
            }
        }
    }
}

fn commit(writer: &mut Writer, reader: &BankReader) -> Result<u64, BankError> {
    let committed = writer.commit()?;
    if reader.generation() != committed {
        reader.reload()?;
    }
    Ok(committed)
}

fn merge(writer: Writer, reader: &BankReader) -> Result<Writer, BankError> {
    let writer = writer.without_deleted()?;
    reader.reload()?;
    writer.collect_garbage()?;
    Ok(writer)
}
