//! Undoes what a terminal does to long lines: a token that stands on two lines is one token.

use memchr::memchr_iter;
use std::ops::Range;

/// The width that terminals begin with.
const COLUMNS: usize = 80;
/// Narrower and wider lines are not a terminal's.
const WIDTHS: Range<usize> = 60..300;
/// What a token has at least that stands on two lines of another width.
const TOKEN_BYTES_MIN: usize = 16;
/// How much of the text around a fold is looked at.
const AROUND_BYTES: usize = 640;

/// A part of a text with its folds undone.
pub(super) struct Unfolded {
    /// The part on one line.
    pub(super) text: String,
    /// Where the part begins in the whole text.
    start: usize,
    /// The folds in it, as places in `text`: before each a line end was left out.
    folds: Vec<usize>,
}

/// The parts of a text around places where a terminal broke a token.
pub(super) fn parts(text: &str) -> Vec<Unfolded> {
    let folds = folds(text);
    let mut parts: Vec<Unfolded> = Vec::new();
    let mut group: Vec<usize> = Vec::new();
    for (at, fold) in folds.iter().enumerate() {
        group.push(*fold);
        if folds.get(at + 1).is_none_or(|next| next - fold > 2 * AROUND_BYTES) {
            parts.push(Unfolded::new(text, &group));
            group.clear();
        }
    }
    parts
}

/// Every line end at the terminal's width with the letters of a token on both sides.
fn folds(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    if memchr::memchr(b'\n', bytes).is_none() {
        return Vec::new();
    }
    let mut start = 0;
    let mut widest = 0;
    for end in memchr_iter(b'\n', bytes) {
        widest = widest.max(end - start);
        start = end + 1;
    }
    let in_token = |b: &u8| b.is_ascii_alphanumeric() || b"+/=_-.%".contains(b);
    let mut folds = Vec::new();
    start = 0;
    for end in memchr_iter(b'\n', bytes) {
        let width = end - start;
        let is_full = width == COLUMNS || width == widest && WIDTHS.contains(&width);
        if is_full && in_token(&bytes[end - 1]) && bytes.get(end + 1).is_some_and(in_token) {
            let before =
                bytes[..end].iter().rev().take(TOKEN_BYTES_MIN).take_while(|b| in_token(b));
            let behind = bytes[end + 1..].iter().take(TOKEN_BYTES_MIN).take_while(|b| in_token(b));
            // Two words of a sentence come to less, and the longest line of a text is seldom a terminal's.
            if width == COLUMNS || before.count() + behind.count() >= TOKEN_BYTES_MIN {
                folds.push(end);
            }
        }
        start = end + 1;
    }
    folds
}

impl Unfolded {
    fn new(text: &str, folds: &[usize]) -> Self {
        let first = folds.first().copied().unwrap_or_default();
        let last = folds.last().copied().unwrap_or_default();
        let start = text.floor_char_boundary(first.saturating_sub(AROUND_BYTES));
        let end = text.floor_char_boundary((last + AROUND_BYTES).min(text.len()));
        let mut part = String::with_capacity(end - start);
        let mut from = start;
        let mut places = Vec::with_capacity(folds.len());
        for fold in folds {
            part.push_str(&text[from..*fold]);
            places.push(part.len());
            from = fold + 1;
        }
        part.push_str(&text[from..end]);
        Self { text: part, start, folds: places }
    }

    /// Where a range of the part stands in the whole text; `None`: it holds no fold.
    pub(super) fn folded(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let before = |at: usize| self.folds.iter().filter(|fold| **fold <= at).count();
        let holds = self.folds.iter().any(|fold| range.start < *fold && *fold < range.end);
        let start = self.start + range.start + before(range.start);
        let end = self.start + range.end + before(range.end.saturating_sub(1));
        holds.then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_on_two_lines_is_one() {
        let token = "k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo";
        for column in 60..=79 {
            let line = format!("{}{token} and more", "x ".repeat(40).split_at(column).0);
            let (first, second) = line.split_at(COLUMNS);
            let text = format!("é\n{first}\n{second}\n");
            let parts = parts(&text);
            assert_eq!(parts.len(), 1, "{text}");
            let at = parts[0].text.find(token).expect("it is whole");
            let range = parts[0].folded(&(at..at + token.len())).expect("it holds the fold");
            assert_eq!(text[range].replace('\n', ""), token);
        }
        assert!(parts("short\nlines\n").is_empty());
    }
}
