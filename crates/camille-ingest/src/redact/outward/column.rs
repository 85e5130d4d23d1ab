//! Finds the cells of a table without lines, as programs print it: below a head of words set apart by blanks, and in the
//! columns that a dump of a database names.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// The most rows of a table.
const ROWS_MAX: usize = 64;

static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)^(?:pass(?:word|wd|phrase)?|pwd?|psk|secret(?:[ _-]key)?|token|api[ _-]?key|passwort|kennwort|contraseña|senha|mdp)$",
    ))
    .expect("a constant pattern")
});
static DUMP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"^COPY [\w.\x22]+ \(([^()]+)\) FROM stdin;"))
        .expect("a constant pattern")
});

/// The cells in the columns of that name.
pub(super) fn find(text: &str, lines: &[Range<usize>], keep: &mut dyn FnMut(Range<usize>)) {
    for (at, line) in lines.iter().enumerate() {
        let head = &text[line.clone()];
        let rows = || lines.iter().skip(at + 1).take(ROWS_MAX);
        if let Some(columns) = DUMP.captures(head).and_then(|captures| captures.get(1)) {
            let Some(column) =
                columns.as_str().split(',').position(|name| TITLE.is_match(name.trim()))
            else {
                continue;
            };
            for row in rows().take_while(|row| text[(*row).clone()].contains('\t')) {
                let cells = cells(&text[row.clone()], "\t");
                if let Some(cell) = cells.get(column) {
                    secret(text, row.start + cell.start..row.start + cell.end, keep);
                }
            }
        } else if head.contains("  ") {
            let titles = cells(head, "  ");
            let Some(column) = titles.iter().position(|cell| TITLE.is_match(&head[cell.clone()]))
            else {
                continue;
            };
            if titles.len() < 2 {
                continue;
            }
            for row in rows() {
                let written = &text[row.clone()];
                let cells = cells(written, "  ");
                if cells.len() < 2 {
                    break;
                }
                // Below the title, or of the same number where the head is narrower.
                let begin = titles[column].start;
                let below = cells.iter().find(|cell| cell.start == begin);
                let own =
                    below.or_else(|| cells.get(column).filter(|_| cells.len() == titles.len()));
                if let Some(cell) = own {
                    secret(text, row.start + cell.start..row.start + cell.end, keep);
                }
            }
        }
    }
}

fn secret(text: &str, cell: Range<usize>, keep: &mut dyn FnMut(Range<usize>)) {
    if !text[cell.clone()].contains(' ') && Proof::Seat.holds(&text[cell.clone()]) {
        keep(cell);
    }
}

/// What stands between such separators, of which several in a row are one if they are blanks.
fn cells(line: &str, separator: &str) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut at = 0;
    for cell in line.split(separator) {
        let start = at + (cell.len() - cell.trim_start().len());
        let end = start + cell.trim().len();
        if start < end || separator == "\t" {
            cells.push(start.min(end)..end);
        }
        at += cell.len() + separator.len();
    }
    cells
}
