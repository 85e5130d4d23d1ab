//! Files to bank: finds transcripts, reads what is new in them, and hands it to the bank in batches.
//!
//! The only place that knows both ingest and bank. It reads source files and never writes to one.

pub mod blame;
pub mod change;
mod convert;
pub mod echo;
mod error;
mod evidence;
pub mod file;
mod ignored;
mod intake;
mod line;
mod outside;
pub mod project;
mod quote;
mod reading;
mod rewrite;
mod run;
mod secret;
mod sift;
pub mod source;
mod told;
mod waiting;
mod walk;
pub mod watch;

pub use echo::Echo;
pub use error::IntakeError;
pub use intake::{Intake, Scope};
pub use project::ProjectResolver;
pub use source::SourceSettings;
