//! What can go wrong in a node, and how each case looks on the wire.

use camille_bank::BankError;
use camille_intake::IntakeError;
use camille_proto::problem::Problem;
use std::path::PathBuf;

/// Why a node could not be opened, or ended.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The home directory cannot be used.
    #[error("cannot use the home directory {path}")]
    Home {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another node runs on this home.
    #[error("a node already runs on {home}")]
    Running {
        /// The home.
        home: PathBuf,
        /// Its process, if known.
        pid: Option<u32>,
    },
    /// The identity cannot be loaded.
    #[error("cannot load the identity of this node")]
    Identity(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// node.db cannot be used.
    #[error("cannot open node.db")]
    Registry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bank cannot be used.
    #[error("cannot open the bank")]
    Bank(#[source] BankError),
    /// The audit log cannot be written.
    #[error("cannot open the audit log")]
    Audit(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The Unix socket or no address can be bound.
    #[error("cannot listen")]
    Listen(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl NodeError {
    /// The same as requests are told, of a bank that cannot be used.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let Self::Bank(error) = self else { return None };
        Some(*bank(error))
    }
}

/// The problem that stands for a fault of ours. What happened goes to the log, not to the asker.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Box<Problem> {
    // Of a bank that cannot be used every request says the same.
    if let Some(error) = error.downcast_ref::<BankError>()
        && fault(error).is_some()
    {
        return bank(error);
    }
    tracing::error!(error = %chain(error), "request failed inside the node");
    let problem = Problem::new(500, "internal error")
        .detail("the node could not answer; its log says why")
        .hint("see logs/camille.log in the node's home");
    Box::new(problem)
}

/// What a damaged bank needs.
const START_OVER: &str = "camille index --start-over sets the bank aside and reads your transcripts anew; or put a \
    backup in its place";

/// What peers are told of a bank that cannot be used. Why, is the owner's business.
pub(crate) fn of_bank_for_peers() -> Problem {
    Problem::new(503, "Bank not usable")
        .detail("this node cannot read its bank at the moment")
        .hint("its owner sees why with camille status")
}

/// The problem that stands for a fault of the bank: what the owner can do about it is said.
pub(crate) fn bank(error: &BankError) -> Box<Problem> {
    let problem = match error {
        BankError::Locked { holder, .. } => Problem::new(423, "Bank in use")
            .detail(format!("process {holder} is writing to the bank"))
            .hint("wait for it to end, or stop it"),
        BankError::StillRead => {
            Problem::new(503, "Bank still read").detail(error.to_string()).hint(
                "end other camille commands; what is forgotten leaves the disk with the next start",
            )
        }
        BankError::NewerSchema { requires, .. } => Problem::new(424, "Bank of a newer camille")
            .detail(error.to_string())
            .hint(format!("install camille {requires} or newer; nothing was changed")),
        BankError::ForeignStore { .. } => {
            Problem::new(424, "Not a camille bank").detail(error.to_string()).hint(
                "camille index --start-over sets it aside and begins anew; or name another directory \
                 with --home; it was left as it is",
            )
        }
        _ => match fault(error) {
            Some(Fault::Full) => Problem::new(507, "Disk full").detail(chain(error)).hint(
                "make room and run camille index again: it goes on where it was; nothing is lost",
            ),
            Some(Fault::ReadOnly) => {
                Problem::new(424, "Bank not writable").detail(chain(error)).hint(
                    "camille must be able to write to its home; camille search and show only read",
                )
            }
            Some(Fault::Damaged) => Problem::new(424, "Bank damaged")
                .detail(chain(error))
                .hint(START_OVER),
            None => return internal(error),
        },
    };
    tracing::error!(error = %chain(error), "the bank cannot be used");
    Box::new(problem)
}

/// The problem that stands for a run that came to nothing.
pub(crate) fn intake(error: &IntakeError) -> Box<Problem> {
    match error {
        IntakeError::Bank(error) => bank(error),
        IntakeError::Thread(_) => internal(error),
    }
}

/// What is wrong with the disk rather than with camille.
enum Fault {
    Full,
    ReadOnly,
    Damaged,
}

fn fault(error: &BankError) -> Option<Fault> {
    if matches!(error, BankError::Corrupt { .. }) {
        return Some(Fault::Damaged);
    }
    if let Some(kind) = error.io_kind() {
        return of_kind(kind);
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(code) = error.downcast_ref().and_then(rusqlite::Error::sqlite_error_code) {
            return match code {
                rusqlite::ErrorCode::DiskFull => Some(Fault::Full),
                rusqlite::ErrorCode::ReadOnly
                | rusqlite::ErrorCode::CannotOpen
                | rusqlite::ErrorCode::PermissionDenied => Some(Fault::ReadOnly),
                rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase => {
                    Some(Fault::Damaged)
                }
                _ => None,
            };
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return of_kind(io.kind());
        }
        cause = error.source();
    }
    None
}

fn of_kind(kind: std::io::ErrorKind) -> Option<Fault> {
    match kind {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Some(Fault::Full),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Some(Fault::ReadOnly)
        }
        _ => None,
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
