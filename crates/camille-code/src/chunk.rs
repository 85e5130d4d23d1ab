//! Lines that no symbol covers, in pieces: imports, scripts, tables, files without a grammar. Nothing is unfindable.

use crate::facts::Facts;

/// How many lines a piece has at most.
pub const CHUNK_LINES: u32 = 50;

/// A piece of a file: first and last line, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// First line.
    pub first: u32,
    /// Last line.
    pub last: u32,
}

/// The pieces of a file that lie outside of its symbols; without facts: of the whole file. Blank pieces are left out.
#[must_use]
pub fn chunks(text: &str, facts: Option<&Facts>) -> Vec<Chunk> {
    let mut covered: Vec<(u32, u32)> = facts
        .into_iter()
        .flat_map(|facts| &facts.symbols)
        .filter(|symbol| symbol.parent.is_none())
        .flat_map(|symbol| symbol.spans.iter().map(|span| (span.first, span.last)))
        .collect();
    covered.sort_unstable();
    let mut covered = covered.into_iter().peekable();
    let mut until = 0;
    let mut pieces: Vec<Chunk> = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        while let Some((_, last)) = covered.next_if(|(first, _)| *first <= number) {
            until = until.max(last);
        }
        if number <= until || line.trim().is_empty() {
            continue;
        }
        match pieces.last_mut() {
            // Blank lines between do not end a piece, symbols do.
            Some(piece) if until < piece.first && number - piece.first < CHUNK_LINES => {
                piece.last = number
            }
            _ => pieces.push(Chunk { first: number, last: number }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, extract};

    #[test]
    fn every_line_is_in_a_symbol_or_a_piece() {
        let text = "import a\n\nrun()\ndef f():\n    pass\n\nrun()\nrun()\n";
        let facts = extract(text, Language::Python).unwrap();
        assert_eq!(
            chunks(text, Some(&facts)),
            [Chunk { first: 1, last: 3 }, Chunk { first: 7, last: 8 }]
        );
        let long = "x\n".repeat(120);
        let all: Vec<(u32, u32)> =
            chunks(&long, None).iter().map(|chunk| (chunk.first, chunk.last)).collect();
        assert_eq!(all, [(1, 50), (51, 100), (101, 120)]);
    }
}
