//! What can go wrong in a node, and how each case looks on the wire.

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
    Bank(#[source] camille_bank::BankError),
    /// The audit log cannot be written.
    #[error("cannot open the audit log")]
    Audit(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The Unix socket or no address can be bound.
    #[error("cannot listen")]
    Listen(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The problem that stands for a fault of ours. What happened goes to the log, not to the asker.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Box<Problem> {
    tracing::error!(error = %chain(error), "request failed inside the node");
    let problem = Problem::new(500, "internal error")
        .detail("the node could not answer; its log says why")
        .hint("see logs/camille.log in the node's home");
    Box::new(problem)
}

/// The problem that stands for a fault of the bank: what the owner can do about it is said.
pub(crate) fn bank(error: &camille_bank::BankError) -> Box<Problem> {
    if let camille_bank::BankError::Locked { holder, .. } = error {
        let problem = Problem::new(423, "Bank in use")
            .detail(format!("process {holder} is writing to the bank"))
            .hint("wait for it to end, or stop it");
        return Box::new(problem);
    }
    internal(error)
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
