//! What can go wrong in the bank. Messages never hold transcript text or questions.

use std::io;
use std::path::PathBuf;

/// An operation of the bank that failed.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// Another process writes this bank.
    #[error("the bank is held by process {holder}")]
    Locked {
        /// Its process id, or `?` where it could not be read.
        holder: String,
    },
    /// A file or directory of the bank could not be used.
    #[error("could not {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The store was written by a newer camille.
    #[error(
        "the bank has schema {found}, this camille knows {known}; it needs camille {requires} or newer"
    )]
    NewerSchema {
        /// The schema of the store.
        found: i64,
        /// The newest this build knows.
        known: i64,
        /// The version that can read it.
        requires: String,
    },
    /// The file is a SQLite database of something else.
    #[error("{} is not a camille bank", path.display())]
    ForeignStore {
        /// The file.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("could not {action} in the store")]
    Store {
        /// What was tried.
        action: &'static str,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
    /// Something in the store is not what the bank writes.
    #[error("the store holds an unreadable {what}")]
    Corrupt {
        /// What.
        what: &'static str,
    },
    /// Tantivy refused.
    #[error("could not {action} the index")]
    Index {
        /// What was tried.
        action: &'static str,
        /// Why not.
        #[source]
        source: tantivy::TantivyError,
    },
    /// There is a store, but its index is missing or of another version: the next writer makes it anew.
    #[error("the index has to be built anew")]
    IndexUnavailable,
    /// A pattern for projects is not one.
    #[error("not a pattern for projects")]
    Pattern {
        /// Why not.
        #[source]
        source: globset::Error,
    },
    /// Another process reads an old state of the store, which therefore stays on disk.
    #[error("another process still reads what is to be forgotten")]
    StillRead,
    /// A thread failed while it held the bank.
    #[error("the bank was left in use by a thread that failed")]
    Poisoned,
}

/// How Linux and macOS number a full disk (ENOSPC), where only the text of an error is left of it.
const NO_SPACE: &str = "os error 28";

impl BankError {
    /// What the operating system said, where Tantivy keeps it from the chain of causes.
    #[must_use]
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        use tantivy::TantivyError;
        use tantivy::directory::error::{OpenReadError, OpenWriteError};
        let Self::Index { source, .. } = self else { return None };
        let error = match source {
            TantivyError::IoError(error) => error,
            TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, .. })
            | TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => io_error,
            _ => return None,
        };
        // Some come wrapped in another one, which then says nothing of its kind.
        let mut error: &io::Error = error;
        while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            error = inner;
        }
        let is_full = error.to_string().contains(NO_SPACE);
        Some(if is_full { io::ErrorKind::StorageFull } else { error.kind() })
    }

    /// For `map_err`: SQLite refused `action`.
    pub(crate) fn store(action: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Store { action, source }
    }

    /// For `map_err`: Tantivy refused `action`.
    pub(crate) fn index(action: &'static str) -> impl FnOnce(tantivy::TantivyError) -> Self {
        move |source| Self::Index { action, source }
    }

    /// For `map_err`: the operating system refused `action` on `path`.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
