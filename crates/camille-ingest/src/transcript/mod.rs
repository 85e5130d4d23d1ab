//! Reads agent transcripts line by line: each physical line becomes parts of documents, facts about
//! sessions, and exactly one outcome.
//!
//! A reader ignores what it does not know, never fails and never panics; what it does not understand it
//! counts as a defect.

mod claude;
mod clean;
mod codex;
mod cursor;
mod detect;
mod field;
mod line;
mod noise;
mod own_output;
mod private;
mod record;
mod session;
mod sink;
mod title;
mod tool_input;
mod tool_output;
mod trace;
mod turn;

pub use cursor::Cursor;
pub use detect::detect;
pub use record::{
    LineOutcome, LineResult, PRIVATE, Part, PartRole, Record, SessionFact, TitleRank, Touch,
};
pub use trace::{RecordOrigin, Trace};

use crate::redact::Redactor;
use camille_proto::vocabulary::Agent;
use sink::Sink;

/// The defect of a line that is JSON and no record.
const NO_OBJECT: &str = "no JSON object";

/// Reads one physical line, without its newline. `offset` is where it begins in the (decompressed) file.
/// Each record goes to `out` as it is found.
pub fn read_line(
    cursor: &mut Cursor,
    redactor: &Redactor,
    line: &[u8],
    offset: u64,
    out: &mut dyn FnMut(Record),
) -> LineResult {
    let mut sink = Sink::new(redactor, offset, out);
    let text = line::text(line);
    if text.is_empty() {
        if line.contains(&0) {
            sink.defect("nothing but NUL bytes");
        }
        return sink.finish(None);
    }
    if text.starts_with("//") {
        sink.skip("comment");
        return sink.finish(None);
    }
    let mut repaired = None;
    let error = match cursor.agent() {
        Agent::ClaudeCode => {
            let split = line::split_repaired(&text, &mut repaired);
            for value in &split.values {
                match &value.record {
                    Some(record) => claude::read(cursor, &mut sink, record),
                    None => sink.defect(NO_OBJECT),
                }
            }
            split.error
        }
        Agent::Codex => {
            cursor.thread.talk.at_line(offset);
            let split = line::split_repaired(&text, &mut repaired);
            for value in &split.values {
                match &value.record {
                    Some(record) => codex::read(cursor, &mut sink, record, value.text),
                    None => sink.defect(NO_OBJECT),
                }
            }
            split.error
        }
    };
    sink.finish(error)
}
