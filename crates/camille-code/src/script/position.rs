//! Where things stand in a script: lines by byte offset, comments by what they document, and how deeply it is nested.

use crate::extract::Trouble;
use crate::facts::Bytes;
use crate::nesting::{Ends, nesting};
use oxc_ast::ast::Program;

/// The starts of lines.
pub(super) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| crate::builder::offset(at + 1)),
        );
        Lines { starts }
    }

    /// Line and column of an offset, from 0.
    pub(super) fn position(&self, at: u32) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        (line, (at - self.starts[line]) as usize)
    }
}

/// Comments that document what follows them.
pub(super) fn docs(program: &Program<'_>) -> Vec<(u32, Bytes)> {
    program
        .comments
        .iter()
        .filter(|comment| comment.is_leading())
        .map(|comment| {
            (comment.attached_to, Bytes { start: comment.span.start, end: comment.span.end })
        })
        .collect()
}

/// How deep a text may nest for its parser to run on the stack of whoever asks.
const SHALLOW: usize = 60;

/// How deep a text may nest at all.
const DEEP: usize = 15_000;

/// Enough for [`DEEP`] levels of a parser that is not optimised. Only what is used is ever committed.
const STACK_BYTES: usize = 512 << 20;

/// Runs what descends with the text. oxc's parser does, so that nesting is paid with the stack: a text that nests more than
/// a program usually does gets one of its own, and one that nests without end is refused.
pub(super) fn on_a_stack<T: Send>(
    text: &str,
    run: impl FnOnce() -> T + Send,
) -> Result<T, Trouble> {
    match nesting(text, Ends::Semicolon) {
        0..=SHALLOW => Ok(run()),
        deep if deep <= DEEP => std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            let running = thread.spawn_scoped(scope, run).map_err(|_| Trouble::TooDeep)?;
            running.join().map_err(|_| Trouble::Panicked)
        }),
        _ => Err(Trouble::TooDeep),
    }
}
