//! The few lines of a hit that show why it was found.
//!
//! Pure: text and highlights in, lines out.

use super::Paint;
use super::plain::cells;
use std::collections::BTreeSet;

/// A character, and whether it belongs to a word that was asked for.
type Cell = (char, bool);

/// A run of characters without white space.
struct Word {
    cells: Vec<Cell>,
    width: usize,
    /// Which of the asked words begin here, in lower case.
    found: Vec<String>,
}

/// At most `lines` lines of at most `width` columns, from where the most of the asked words stand close
/// together. `highlights` are `[start, end)` in characters of `content`.
pub(crate) fn snippet(
    content: &str,
    highlights: &[[u32; 2]],
    width: usize,
    lines: usize,
    paint: Paint,
) -> Vec<String> {
    let words = words(content, highlights, width.max(8));
    // A column less on each line pays for the words that do not fill it.
    let budget = (width * lines).saturating_sub(lines * 6).max(width);
    let (first, last) = densest(&words, budget);
    let mut shown = wrap(&words[first..last], width, lines, first > 0, last < words.len());
    if shown.is_empty() {
        shown.push(vec![]);
    }
    shown.iter().map(|line| painted(line, paint)).collect()
}

fn words(content: &str, highlights: &[[u32; 2]], width_max: usize) -> Vec<Word> {
    let mut starts = highlights.iter().map(|h| (h[0] as usize, h[1] as usize)).collect::<Vec<_>>();
    starts.sort_unstable();
    let mut next = starts.iter().copied().peekable();
    let mut until = 0;
    let marked = content.chars().enumerate().map(|(index, char)| {
        let mut begins = false;
        while next.peek().is_some_and(|(start, _)| *start <= index) {
            let (start, end) = next.next().unwrap_or_default();
            begins |= start == index;
            until = until.max(end);
        }
        (char, (index < until, begins))
    });

    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (char, (on, begins)) in cells(marked) {
        if char.is_whitespace() {
            open = false;
            continue;
        }
        let columns = columns(char);
        let fits = open && words.last().is_some_and(|word| word.width + columns <= width_max);
        if !fits {
            words.push(Word { cells: Vec::new(), width: 0, found: Vec::new() });
        }
        open = true;
        if let Some(word) = words.last_mut() {
            word.cells.push((char, on));
            word.width += columns;
            if begins {
                word.found.push(String::new());
            }
            if on && let Some(found) = word.found.last_mut() {
                found.extend(char.to_lowercase());
            }
        }
    }
    words
}

/// The range of words that fits the budget and holds the most different words asked for, then the most
/// of them; the earliest of equals, with some words before the first one for context.
fn densest(words: &[Word], budget: usize) -> (usize, usize) {
    let mut best = ((0, 0), 0);
    for start in (0..words.len()).filter(|index| !words[*index].found.is_empty()) {
        let end = fill(words, start, budget);
        let found = words[start..end].iter().flat_map(|word| &word.found);
        let different: BTreeSet<&str> = found.clone().map(String::as_str).collect();
        let value = (different.len(), found.count());
        if value > best.0 {
            best = (value, start);
        }
    }
    let (value, mut first) = best;
    if value.0 > 0 {
        // A quarter of the room, at most, for what stands before; more if the text ends soon after.
        let used: usize =
            words[first..fill(words, first, budget)].iter().map(|w| w.width + 1).sum();
        let mut before = (budget / 4).max(budget.saturating_sub(used));
        while first > 0 && words[first - 1].width < before {
            first -= 1;
            before -= words[first].width + 1;
        }
    }
    (first, fill(words, first, budget))
}

fn fill(words: &[Word], start: usize, budget: usize) -> usize {
    let mut used = 0;
    let fits = |word: &&Word| {
        used += word.width + 1;
        used <= budget + 1
    };
    start + words[start..].iter().take_while(fits).count()
}

/// Words on lines; an ellipsis where the text goes on.
fn wrap(
    words: &[Word],
    width: usize,
    lines: usize,
    cut_before: bool,
    cut_after: bool,
) -> Vec<Vec<Cell>> {
    let mut shown: Vec<Vec<Cell>> = Vec::new();
    let mut used = 0;
    let mut cut = cut_after;
    for (index, word) in words.iter().enumerate() {
        let last_line = shown.len() == lines;
        let room = width.saturating_sub(if last_line { 2 } else { 0 });
        let before = if index == 0 && cut_before { 1 } else { 0 };
        if shown.is_empty() || used + 1 + word.width > room {
            if last_line {
                cut = true;
                break;
            }
            shown.push(if before == 1 { vec![('…', false)] } else { Vec::new() });
            used = before;
        } else if let Some(line) = shown.last_mut() {
            // A blank inside a highlighted phrase is left plain: the words stand out by themselves.
            line.push((' ', false));
            used += 1;
        }
        if let Some(line) = shown.last_mut() {
            line.extend(&word.cells);
            used += word.width;
        }
    }
    if cut && let Some(line) = shown.last_mut() {
        line.extend([(' ', false), ('…', false)]);
    }
    shown
}

fn painted(line: &[Cell], paint: Paint) -> String {
    line.chunk_by(|a, b| a.1 == b.1)
        .map(|run| {
            let text: String = run.iter().map(|(char, _)| char).collect();
            if run[0].1 { paint.found(&text) } else { text }
        })
        .collect()
}

/// Columns a character takes on a terminal.
fn columns(char: char) -> usize {
    if char.is_ascii() { 1 } else { console::measure_text_width(char.encode_utf8(&mut [0; 4])) }
}

/// The text cut to this many columns, with an ellipsis if something is missing.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    if console::measure_text_width(text) <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|char| {
        used += columns(*char);
        used <= width
    });
    let mut short: String = kept.collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(content: &str, words: &[&str]) -> Vec<[u32; 2]> {
        let mut highlights = Vec::new();
        for word in words {
            for (byte, _) in content.match_indices(word) {
                let start = u32::try_from(content[..byte].chars().count()).unwrap();
                highlights.push([start, start + u32::try_from(word.chars().count()).unwrap()]);
            }
        }
        highlights
    }

    #[test]
    fn a_short_text_is_shown_whole() {
        assert_eq!(snippet("one\n  two", &[], 40, 3, Paint::OFF), ["one two"]);
        assert_eq!(snippet("", &[], 40, 3, Paint::OFF), [""]);
    }

    #[test]
    fn the_place_with_most_different_words_wins() {
        let noise = "retry ".repeat(60);
        let content = format!(
            "{noise} middle {} the webhook retry loop {}",
            "x ".repeat(200),
            "y ".repeat(200)
        );
        let lines =
            snippet(&content, &at(&content, &["retry", "webhook", "loop"]), 60, 3, Paint::OFF);
        let text = lines.join(" ");
        assert!(text.contains("the webhook retry loop"), "{text}");
        assert!(text.starts_with('…') && text.ends_with('…'), "{text}");
        assert!(lines.len() <= 3);
    }

    #[test]
    fn no_line_is_too_wide_whatever_the_text() {
        for content in ["日本語".repeat(200), "x".repeat(1000), "ab cde fghi ".repeat(100)] {
            for width in [20, 37, 80] {
                let highlights = [[100, 110], [300, 302]];
                let lines = snippet(&content, &highlights, width, 3, Paint::OFF);
                assert!(lines.len() <= 3);
                for line in lines {
                    assert!(console::measure_text_width(&line) <= width + 2, "{line}");
                }
            }
        }
    }

    #[test]
    fn highlights_hit_the_right_characters_behind_stripped_ones() {
        let content = "\u{1b}[31mné\u{202e} word";
        let lines = snippet(content, &at(content, &["word"]), 40, 3, Paint::ON);
        assert_eq!(lines, [format!("né {}", Paint::ON.found("word"))]);
    }

    #[test]
    fn highlights_out_of_range_do_no_harm() {
        let lines = snippet("abc", &[[2, 90], [50, 60], [3, 1]], 40, 3, Paint::OFF);
        assert_eq!(lines, ["abc"]);
    }

    #[test]
    fn shortening_counts_columns() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdefg", 6), "abcde…");
        assert_eq!(shorten("日本語", 5), "日本…");
    }
}
