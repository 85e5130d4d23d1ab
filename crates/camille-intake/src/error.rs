//! Why a run came to nothing.

use camille_bank::BankError;

/// Why the bank could not take in what there is.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The bank cannot be used.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// The thread that reads did not start, or did not end as it should.
    #[error("the thread that reads failed")]
    Thread(#[source] std::io::Error),
}
