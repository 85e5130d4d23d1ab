//! Ways to read a text other than from left to right: down its columns, without the words that each of its lines
//! has, without what a comparison of words took out. Others' words that stand so are in a row only then.

use super::letter::{Gap, Letter};
use std::collections::HashMap;
use std::ops::Range;

/// Lines from which on there may be columns.
const LINES_MIN: usize = 3;

/// Columns that are read down.
const COLUMNS_MAX: usize = 6;

/// How far right a cell may begin.
const LINE_BYTES_MAX: usize = 400;

/// A longer tag is none.
const TAG_BYTES_MAX: usize = 400;

/// Speakers whose lines are read by themselves.
const SPEAKERS_MAX: usize = 8;

/// Letters of a text that is read in other ways: what is longer is no log of few words a line.
const LETTERS_MAX: usize = 256 * 1024;

/// A row of letters, each with its place in the whole.
pub(super) type View = Vec<(usize, Letter)>;

/// The ways to read a text, given its letters.
pub(super) fn views(text: &str, letters: &[Letter]) -> Vec<View> {
    if letters.len() > LETTERS_MAX {
        return Vec::new();
    }
    let mut views: Vec<View> = compared(text, letters).into_iter().collect();
    views.extend(without_markup(text, letters));
    let lines = pieces(0..letters.len(), letters, |gap| gap == Gap::Line);
    if lines.len() < LINES_MIN {
        return views;
    }
    let cells: Vec<Vec<Range<usize>>> = lines
        .iter()
        .map(|line| pieces(line.clone(), letters, |gap| gap != Gap::Phrase && gap >= Gap::Wide))
        .collect();
    columns(letters, &cells.iter().collect::<Vec<_>>(), &mut views);
    standing_under(text, letters, &cells, &mut views);
    // Lines of several that speak in turn, each by its name.
    let mut speakers: HashMap<Vec<u64>, Vec<&Vec<Range<usize>>>> = HashMap::new();
    for line in cells.iter().filter(|line| line.len() > 1) {
        speakers.entry(spelt(letters, &line[0])).or_default().push(line);
    }
    let mut speakers: Vec<_> = speakers.into_values().filter(|of| of.len() >= LINES_MIN).collect();
    speakers.sort_unstable_by_key(|lines| std::cmp::Reverse(lines.len()));
    for lines in speakers.iter().take(SPEAKERS_MAX).filter(|lines| lines.len() < cells.len()) {
        columns(letters, lines, &mut views);
    }
    views.push(without_frame(letters, &lines, true));
    views.push(without_frame(letters, &lines, false));
    views.retain(|view| view.len() < letters.len());
    views
}

/// Reads lines of cells down, by their cells from the left and from the right.
fn columns(letters: &[Letter], lines: &[&Vec<Range<usize>>], views: &mut Vec<View>) {
    let most = lines.iter().map(|cells| cells.len()).max().unwrap_or(1).min(COLUMNS_MAX);
    if most < 2 {
        return;
    }
    let is_ragged = lines.iter().any(|cells| cells.len() != lines[0].len());
    for column in 0..most {
        views.push(row(letters, lines.iter().filter_map(|cells| cells.get(column)).cloned()));
        if is_ragged {
            let last = |cells: &&Vec<Range<usize>>| cells.iter().rev().nth(column).cloned();
            views.push(row(letters, lines.iter().filter_map(last)));
        }
    }
}

/// Reads cells down that begin at the same place of their lines, whichever of them they are: where a cell of a table
/// goes on in the next line, the others are empty there.
fn standing_under(
    text: &str,
    letters: &[Letter],
    cells: &[Vec<Range<usize>>],
    views: &mut Vec<View>,
) {
    let mut placed: Vec<(usize, Range<usize>)> = Vec::new();
    for cell in cells.iter().flatten() {
        let at = letters[cell.start].from;
        // What begins farther right is in no table that anybody reads, and is not looked for without end.
        let near = at.saturating_sub(LINE_BYTES_MAX);
        let line = text.as_bytes()[near..at].iter().rposition(|byte| *byte == b'\n');
        let begun = line.map(|line| near + line + 1).or((near == 0).then_some(0));
        if let Some(begun) = begun {
            placed.push((text[begun..at].chars().count(), cell.clone()));
        }
    }
    placed.sort_by_key(|(column, _)| *column);
    let groups = placed.chunk_by(|one, next| next.0 - one.0 <= 2);
    for group in groups.filter(|group| group.len() > 1).take(COLUMNS_MAX * 2) {
        let mut group: Vec<Range<usize>> = group.iter().map(|(_, cell)| cell.clone()).collect();
        group.sort_by_key(|cell| cell.start);
        views.push(row(letters, group.into_iter()));
    }
}

fn spelt(letters: &[Letter], range: &Range<usize>) -> Vec<u64> {
    letters[range.clone()].iter().map(|letter| letter.symbol).collect()
}

/// Cuts a range of letters where such a gap lies.
fn pieces(
    range: Range<usize>,
    letters: &[Letter],
    is_cut: impl Fn(Gap) -> bool,
) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for at in range {
        match pieces.last_mut() {
            Some(piece) if !is_cut(letters[at].before) => piece.end = at + 1,
            _ => pieces.push(at..at + 1),
        }
    }
    pieces
}

/// These pieces one after the other, as if they were one line.
fn row(letters: &[Letter], pieces: impl Iterator<Item = Range<usize>>) -> View {
    let mut view = View::new();
    for piece in pieces {
        for at in piece.clone() {
            let mut letter = letters[at];
            if at == piece.start {
                letter.before = Gap::Wide;
            }
            view.push((at, letter));
        }
    }
    view
}

/// What is left without words that most lines have, and without a word that stands there twice running, the first time
/// or the second.
fn without_frame(letters: &[Letter], lines: &[Range<usize>], keeps_first: bool) -> View {
    let words: Vec<Vec<(Range<usize>, Vec<u64>)>> = lines
        .iter()
        .map(|line| {
            let words = pieces(line.clone(), letters, |gap| gap >= Gap::Space).into_iter();
            words.map(|word| (word.clone(), spelt(letters, &word))).collect()
        })
        .collect();
    let mut often: HashMap<&[u64], (usize, usize)> = HashMap::new();
    for (number, line) in words.iter().enumerate() {
        for (_, word) in line {
            let (count, last) = often.entry(word).or_insert((0, usize::MAX));
            *count += usize::from(*last != number);
            *last = number;
        }
    }
    let is_frame = |word: &[u64]| often[word].0 * 2 > lines.len();
    let mut left: Vec<(usize, &Range<usize>, &[u64])> = Vec::new();
    for (number, line) in words.iter().enumerate() {
        for (range, word) in line.iter().filter(|(_, word)| !is_frame(word)) {
            match left.last_mut() {
                Some((_, _, last)) if *last == word.as_slice() && keeps_first => {}
                Some(last) if last.2 == word.as_slice() => *last = (number, range, word),
                _ => left.push((number, range, word)),
            }
        }
    }
    let mut view = View::new();
    let mut line = None;
    for (number, range, _) in left {
        let begins = line != Some(number);
        line = Some(number);
        let kept = range.clone().map(|at| (at, letters[at]));
        let from = view.len();
        view.extend(kept);
        view[from].1.before = match begins {
            true => Gap::Wide,
            false => view[from].1.before.min(Gap::Phrase),
        };
    }
    view
}

/// What stands between the tags of a markup language, whichever that is.
fn without_markup(text: &str, letters: &[Letter]) -> Option<View> {
    if !text.contains("</") {
        return None;
    }
    let mut tags: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(begun) = text[from..].find('<').map(|at| from + at) {
        let inside = &text.as_bytes()[begun + 1..];
        let is_tag = inside.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'/');
        let end = inside.iter().take(TAG_BYTES_MAX).position(|byte| matches!(byte, b'<' | b'>'));
        match end.filter(|end| is_tag && inside[*end] == b'>') {
            Some(end) => {
                from = begun + end + 2;
                tags.push(begun..from);
            }
            None => from = begun + 1,
        }
    }
    if tags.len() < LINES_MIN {
        return None;
    }
    let mut view = View::new();
    let mut at = 0;
    for (number, letter) in letters.iter().enumerate() {
        let passed = at;
        while tags.get(at).is_some_and(|tag| tag.end <= letter.from) {
            at += 1;
        }
        if tags.get(at).is_none_or(|tag| letter.from < tag.start) {
            let mut letter = *letter;
            if at > passed && letter.before != Gap::Line {
                letter.before = letter.before.min(Gap::Wide);
            }
            view.push((number, letter));
        }
    }
    Some(view)
}

/// What a comparison of words (`git diff --word-diff`) shows as the new text.
fn compared(text: &str, letters: &[Letter]) -> Option<View> {
    if !text.contains("{+") {
        return None;
    }
    let mut gone: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(begun) = text[from..].find("[-").map(|at| from + at) {
        let end = text[begun..].find("-]").map_or(text.len(), |at| begun + at + 2);
        gone.push(begun..end);
        from = end;
    }
    let is_kept = |letter: &Letter| {
        let at = gone.partition_point(|part| part.end <= letter.from);
        gone.get(at).is_none_or(|part| letter.from < part.start)
    };
    let plain = |letter: &Letter| {
        let mut letter = *letter;
        letter.before = letter.before.min(Gap::Space);
        letter
    };
    let kept = letters.iter().enumerate().filter(|(_, letter)| is_kept(letter));
    Some(kept.map(|(at, letter)| (at, plain(letter))).collect())
}
