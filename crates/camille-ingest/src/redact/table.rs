//! Finds the cells below a name that heads a column, and the values of an `INSERT` whose list of columns holds the name.

use super::letter;
use super::name::Name;
use super::value::{self, Quoted, Style, Value};
use std::ops::Range;

/// The most rows of a table that are looked at.
const ROWS_MAX: usize = 64;
/// The longest head of a table.
const HEAD_BYTES_MAX: usize = 400;

/// The values that stand in the column that a name heads.
pub(super) fn columns(text: &str, name: &Name) -> Vec<Value> {
    let next = letter::skip(text.as_bytes(), name.end, 40, |sign| {
        letter::is_blank(sign) || matches!(sign, b'"' | b'\'' | b'`')
    });
    let ends_cell = letter::at(text.as_bytes(), next)
        .is_none_or(|next| matches!(next.sign, b'|' | b',' | b';' | b'\n' | b'\r' | b')'));
    // Of words with spaces between each is its own.
    let is_spaced = next > name.end + 1 || text.as_bytes().get(name.end) == Some(&b'\t');
    if !ends_cell && !is_spaced {
        return Vec::new();
    }
    let inserted = inserted(text, name);
    if !inserted.is_empty() {
        return inserted;
    }
    below(text, name).unwrap_or_default()
}

fn below(text: &str, name: &Name) -> Option<Vec<Value>> {
    let ahead =
        &text[name.end..text.floor_char_boundary((name.end + HEAD_BYTES_MAX).min(text.len()))];
    // The line end of the text, which may be an escaped one.
    let ends = ["\n", r"\\n", r"\n"];
    let (at, end) = ends
        .iter()
        .filter_map(|end| Some((ahead.find(end)?, *end)))
        .min_by_key(|(at, end)| (*at, usize::MAX - end.len()))?;
    let from = text.floor_char_boundary(name.start.saturating_sub(HEAD_BYTES_MAX));
    let start = text[from..name.start].rfind(end).map_or(from, |at| from + at + end.len());
    let head = Line { text, range: start..name.end + at };
    let marked = head.mark();
    let head = head.without(marked);
    let mut next = Lines { text, at: name.end + at + end.len(), end, marked };
    let first = next.next()?;
    let is_ruled = first.is_rule();
    let separator = head.separator(is_ruled)?;
    let cells = head.cells(separator, is_ruled.then_some(&first));
    let column = cells.iter().position(|cell| cell.start <= name.start && name.end <= cell.end)?;
    // Beside the name nothing stands in its cell.
    if separator != Separator::Aligned
        && text[cells[column].clone()].trim_matches(is_around) != &text[name.start..name.end]
        || !is_ruled
            && !cells.iter().enumerate().all(|(at, cell)| is_title(&text[cell.clone()], at == 0))
    {
        return None;
    }
    let mut found = Vec::new();
    let rows = (!is_ruled).then(|| first.clone()).into_iter().chain(next).take(ROWS_MAX);
    for row in rows {
        if row.is_rule() {
            continue;
        }
        let values = row.cells(separator, is_ruled.then_some(&first));
        if values.len() != cells.len() && separator != Separator::Aligned {
            break;
        }
        let Some(cell) = values.get(column) else { break };
        let value = text[cell.clone()].trim_matches(is_around);
        if !value.is_empty() {
            let start = cell.start
                + (text[cell.clone()].len()
                    - text[cell.clone()].trim_start_matches(is_around).len());
            found.push(Value { range: start..start + value.len(), style: Style::Cell });
        }
    }
    Some(found)
}

/// What stands around the text of a cell.
fn is_around(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\\' | '*')
}

/// Whether a cell may be the title of a column.
fn is_title(cell: &str, is_first: bool) -> bool {
    // Before the first stands what the list is a value of.
    let own =
        if is_first { cell.rsplit([' ', '"', '`']).find(|part| !part.is_empty()) } else { None };
    let title = own.unwrap_or(cell).trim_matches(is_around);
    !title.is_empty()
        && title.len() <= 40
        && title.chars().all(|c| c.is_alphanumeric() || "_- .".contains(c))
        && title.split(' ').count() <= 3
}

/// How long the number of a line is, with what stands behind it; 0: it has none.
fn number(line: &str) -> usize {
    const BEHIND: &[&str] = &[r"\\\\t", r"\\t", r"\t", "\t", "\u{2192}", ": ", " | ", "  "];
    // The first line of a text stands behind the quote that opens it.
    let quotes = line.len() - line.trim_start_matches(['"', '\\', ' ']).len();
    let digits = line[quotes..].bytes().take_while(u8::is_ascii_digit).count();
    let end = quotes + digits;
    let behind = BEHIND.iter().find(|sign| line[end..].starts_with(**sign));
    behind.filter(|_| digits > 0 && digits < 7).map_or(0, |sign| end + sign.len())
}

/// What stands between cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Sign(&'static str),
    /// Nothing: they begin where the parts of the rule do.
    Aligned,
}

#[derive(Debug, Clone)]
struct Line<'t> {
    text: &'t str,
    range: Range<usize>,
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
    end: &'static str,
    /// What stands before every line.
    marked: Option<Mark>,
}

/// What stands before every line of a table and is none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Its number, as what shows a file writes it: `     1\t`, `1→`, `1:`.
    Number,
    /// That a change adds it, or takes it away.
    Change,
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find(self.end).unwrap_or(rest.len());
        let range = self.at..self.at + length;
        self.at += length + self.end.len();
        Some(Line { text: self.text, range }.without(self.marked))
    }
}

impl Line<'_> {
    /// What stands before the line.
    fn mark(&self) -> Option<Mark> {
        let line = &self.text[self.range.clone()];
        if line.starts_with(['+', '-']) && !self.is_rule() {
            return Some(Mark::Change);
        }
        (number(line) > 0).then_some(Mark::Number)
    }

    /// The line without it.
    fn without(self, mark: Option<Mark>) -> Self {
        let line = &self.text[self.range.clone()];
        let length = match mark {
            None => 0,
            Some(Mark::Number) => number(line),
            Some(Mark::Change) => usize::from(line.starts_with(['+', '-'])),
        };
        Self { text: self.text, range: self.range.start + length..self.range.end }
    }

    fn str(&self) -> &str {
        self.text[self.range.clone()].trim_end_matches(['\r', '\\', '"'])
    }

    /// Whether it only draws a line.
    fn is_rule(&self) -> bool {
        let line = self.str().trim_end_matches('r').trim_end_matches('\\');
        let is_drawn = |c: char| "-+|:= \t".contains(c) || ('\u{2500}'..='\u{257f}').contains(&c);
        line.len() > 2
            && line.chars().all(is_drawn)
            && line.contains(['-', '\u{2500}', '=', '\u{2550}', '\u{2501}'])
    }

    /// What separates the cells of a head.
    fn separator(&self, is_ruled: bool) -> Option<Separator> {
        let head = self.str();
        let signs: &[&str] = if is_ruled {
            &["|", "\u{2502}", "\u{2503}", "\u{2551}", "\t"]
        } else {
            &["\t", r"\\t", r"\t", ";", ","]
        };
        let sign =
            signs.iter().find(|sign| head.contains(**sign)).map(|sign| Separator::Sign(sign));
        sign.or(is_ruled.then_some(Separator::Aligned))
    }

    fn cells(&self, separator: Separator, rule: Option<&Line<'_>>) -> Vec<Range<usize>> {
        let (start, line) = (self.range.start, &self.text[self.range.clone()]);
        let mut cells = Vec::new();
        match separator {
            Separator::Sign(sign) => {
                let (mut from, mut open) = (0, None);
                let mut at = 0;
                while at < line.len() {
                    let rest = &line[at..];
                    if open.is_none() && rest.starts_with(sign) {
                        cells.push(start + from..start + at);
                        at += sign.len();
                        from = at;
                        continue;
                    }
                    let first = rest.chars().next().unwrap_or(' ');
                    // A quote opens at the beginning of a cell only.
                    if first == '"' && matches!(sign, "," | ";") {
                        let begins = line[from..at].trim_matches(['\\', ' ']).is_empty()
                            && rest[1..].contains('"');
                        open = if open.is_some() { None } else { begins.then_some(()) };
                    }
                    at += first.len_utf8();
                }
                cells.push(start + from..start + line.len());
            }
            Separator::Aligned => {
                let Some(rule) = rule else { return cells };
                // Columns begin where the parts of the rule begin.
                let rule = rule.str();
                let mut begins: Vec<usize> = Vec::new();
                let mut was_blank = true;
                for (at, c) in rule.char_indices() {
                    if was_blank && c != ' ' {
                        begins.push(at);
                    }
                    was_blank = c == ' ';
                }
                for begin in begins {
                    // A long cell reaches into the next column.
                    let rest = line.get(begin..).unwrap_or_default();
                    let end = begin + rest.find("  ").unwrap_or(rest.len());
                    if begin < end && line.is_char_boundary(begin) && line.is_char_boundary(end) {
                        cells.push(start + begin..start + end);
                    }
                }
            }
        }
        cells
    }
}

/// The values of `INSERT INTO t (…, password, …) VALUES (…, 'X', …), (…)`.
fn inserted(text: &str, name: &Name) -> Vec<Value> {
    let from = text.floor_char_boundary(name.start.saturating_sub(HEAD_BYTES_MAX));
    let before = &text[from..name.start];
    let Some(open) = before.rfind('(') else { return Vec::new() };
    let is_insert = |word: &str| {
        let tail = &before[before.floor_char_boundary(open.saturating_sub(96))..open];
        tail.contains(word) || tail.contains(&word.to_ascii_lowercase())
    };
    if !is_insert("INTO ") && !is_insert("REPLACE ") {
        return Vec::new();
    }
    let column = before[open..].matches(',').count();
    let ahead =
        &text[name.end..text.floor_char_boundary((name.end + HEAD_BYTES_MAX).min(text.len()))];
    let Some(close) = ahead.find(')') else { return Vec::new() };
    let Some(values) = ahead[close..].find("VALUES").or_else(|| ahead[close..].find("values"))
    else {
        return Vec::new();
    };
    let bytes = text.as_bytes();
    let mut at = name.end + close + values + "VALUES".len();
    let mut found = Vec::new();
    for _ in 0..ROWS_MAX {
        at = letter::skip(bytes, at, 40, |sign| letter::is_space(sign) || sign == b',');
        if bytes.get(at) != Some(&b'(') {
            break;
        }
        let Some((range, end)) = nth(text, at + 1, column) else { break };
        found.extend(range.map(|range| Value { range, style: Style::Quoted }));
        at = end;
    }
    found
}

/// The text in quotes that the argument of this number is or holds, and where the brackets end that began before `at`.
pub(super) fn nth(text: &str, at: usize, number: usize) -> Option<(Option<Range<usize>>, usize)> {
    const LETTERS_MAX: usize = 2048;
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut argument, mut found) = (at, 0_usize, 0, None);
    // What stands in a block is another call's.
    let mut blocks = 0_usize;
    for _ in 0..LETTERS_MAX {
        let letter = letter::at(bytes, at)?;
        match letter.sign {
            b'"' | b'\'' | b'`' => {
                let (range, end) = match value::quoted(text, at) {
                    Quoted::Closed(range) => {
                        let closing = letter::at(bytes, range.end)?;
                        (Some(range.clone()), range.end + closing.len)
                    }
                    // Two quotes with nothing between.
                    _ => {
                        let next = letter::at(bytes, at + letter.len)?;
                        if next.sign != letter.sign {
                            return None;
                        }
                        (None, at + letter.len + next.len)
                    }
                };
                if argument == number && found.is_none() && blocks == 0 {
                    found = range;
                }
                at = end;
                continue;
            }
            b'(' | b'[' | b'{' => {
                depth += 1;
                blocks += usize::from(letter.sign == b'{');
            }
            b')' | b']' | b'}' if depth == 0 => return Some((found, at + letter.len)),
            b')' | b']' | b'}' => {
                depth -= 1;
                blocks -= usize::from(letter.sign == b'}' && blocks > 0);
            }
            b';' if depth == 0 => return None,
            b',' if depth == 0 => argument += 1,
            b'\n' if letter.len == 1 && argument > number => return Some((found, at)),
            _ => {}
        }
        at += letter.len;
    }
    None
}
