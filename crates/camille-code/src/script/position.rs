//! Where things stand in a script: lines by byte offset, comments by what they document, and how deeply it is nested.

use crate::extract::Trouble;
use crate::facts::Bytes;
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

/// Words after which a statement or an expression goes on inside another.
const NESTING: &[&str] = &[
    "async", "await", "case", "catch", "delete", "do", "else", "extends", "finally", "for", "if",
    "in", "infer", "keyof", "new", "of", "readonly", "return", "throw", "try", "typeof", "unique",
    "void", "while", "with", "yield",
];

/// Runs what descends with the text. oxc's parser does, so that nesting is paid with the stack: a text that nests more than
/// a program usually does gets one of its own, and one that nests without end is refused.
pub(super) fn on_a_stack<T: Send>(
    text: &str,
    run: impl FnOnce() -> T + Send,
) -> Result<T, Trouble> {
    match nesting(text) {
        0..=SHALLOW => Ok(run()),
        deep if deep <= DEEP => std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            let running = thread.spawn_scoped(scope, run).map_err(|_| Trouble::TooDeep)?;
            running.join().map_err(|_| Trouble::Panicked)
        }),
        _ => Err(Trouble::TooDeep),
    }
}

/// How deep a text may nest at most: open brackets, and what nests without one since the last statement ended. Brackets and
/// words in strings count as well, so that it may be too much, never too little.
fn nesting(text: &str) -> usize {
    let bytes = text.as_bytes();
    // For each open bracket what nests in it; all of it together.
    let mut levels = vec![0_usize];
    let (mut sum, mut most) = (0, 0);
    let mut in_word = false;
    for (at, &byte) in bytes.iter().enumerate() {
        let is_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80;
        let starts = is_word && !in_word;
        in_word = is_word;
        let level = levels.len() - 1;
        match byte {
            b'(' | b'[' | b'{' => {
                levels.push(1);
                sum += 1;
            }
            b')' | b']' | b'}' if level > 0 => sum -= levels.pop().unwrap_or(0),
            b';' => sum -= std::mem::take(&mut levels[level]),
            b'!' | b'~' | b'+' | b'-' | b'?' | b'=' | b'<' | b'*' | b':' | b'`' => {
                levels[level] += 1;
                sum += 1;
            }
            b'a'..=b'z' if starts && nests(&bytes[at..]) => {
                levels[level] += 1;
                sum += 1;
            }
            _ => {}
        }
        most = most.max(sum);
    }
    most
}

fn nests(rest: &[u8]) -> bool {
    NESTING.iter().any(|word| {
        rest.starts_with(word.as_bytes())
            && !rest
                .get(word.len())
                .is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_')
    })
}
