//! Reads agent transcripts line by line.

mod cursor;
mod record;

pub use cursor::Cursor;
pub use record::{LineOutcome, LineResult, Part, PartRole, Record, SessionFact, TitleRank};
