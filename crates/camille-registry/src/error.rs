//! Why node.db could not do what it was asked to.

use camille_proto::id::PeerId;
use std::path::PathBuf;

/// Why node.db could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file or directory cannot be made or read.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open {path}")]
    Open {
        /// The database.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The file is a database of another program.
    #[error("{path} is not a node.db of camille")]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// A newer camille wrote it.
    #[error(
        "{path} has schema {found}, written by camille {written_by}; this camille reads up to {known}: update camille"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this build knows.
        known: i64,
        /// The build that wrote it, or `?`.
        written_by: String,
    },
    /// The pepper is gone or another one: no issued key could be checked.
    #[error(
        "{path} is missing or not the one that node.db was made with: restore it from the same backup"
    )]
    Pepper {
        /// The pepper's file.
        path: PathBuf,
    },
    /// A read or a write failed.
    #[error("node.db cannot {operation}")]
    Store {
        /// What was to be done, such as `issue a key`.
        operation: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// A sealed key cannot be opened with this node's private key.
    #[error("the key held for {peer} cannot be unsealed with this node's identity")]
    Unseal {
        /// Whose bank the key is for.
        peer: PeerId,
    },
    /// The one who answered a join is not the one who invited.
    #[error("the join to {expected} was answered by {found}")]
    OtherInviter {
        /// Who invited.
        expected: PeerId,
        /// Who answered.
        found: PeerId,
    },
    /// Invite keys are made with their invite.
    #[error("an invite key is made by creating an invite")]
    InviteKind,
}

/// What stops a transaction: the store, or a rule of ours.
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Registry(RegistryError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<RegistryError> for Fault {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl Fault {
    pub(crate) fn during(self, operation: &'static str) -> RegistryError {
        match self {
            Self::Sql(source) => RegistryError::Store { operation, source },
            Self::Registry(error) => error,
        }
    }
}
