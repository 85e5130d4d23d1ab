//! The durable store of everything a node has indexed, the index derived from it, and local search.
//!
//! Synchronous; never touches the network, never starts an async task, never reads a source file: the
//! node's intake hands over what it read. SQLite is the source of truth, the Tantivy index can be made
//! anew from it at any time.

pub mod analyzer;
mod bank;
pub mod batch;
#[doc(hidden)]
pub mod bench;
pub mod document;
pub mod error;
mod forget;
mod index;
mod lock;
pub mod query;
mod quote;
pub mod ranking;
mod reader;
mod search;
pub mod secret;
mod store;
mod verify;

pub use bank::Bank;
pub use batch::{
    BatchOutcome, Checkpoint, Copied, CopiedFrom, FileBatch, FileState, Line, POSITIONS_A_BYTE,
    Part, PartRole, RecordOrigin, Renewed, SessionUpdate, Silent, TitleRank, Touch, Touching,
    Trace,
};
pub use document::{
    BankSummary, Document, DocumentWithNeighbours, EditKey, HeldSession, Led, ProjectSummary,
    ProjectSurvey, Reason, SessionName, SessionSummary,
};
pub use error::BankError;
pub use forget::{Forget, Forgotten};
pub use index::content::{is_plausible, measure_message};
pub use query::{
    Filter, Found, LeafAnswer, LeafQuery, Released, Shared, Visibility, VisibleProject,
};
pub use quote::{KnowAgain, TOLD};
pub use reader::BankReader;
pub use secret::{Finding, FoundSecret, Redacted, Redaction};
pub use store::fact::{begin_from, place_mark};
pub use verify::Verified;
