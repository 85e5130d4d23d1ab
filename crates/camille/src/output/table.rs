//! Columns that line up, without lines around them, in the width there is.
//!
//! Nothing is ever cut, so that ids and patterns can be copied: what does not fit beside each other is wrapped at
//! blanks, and where words are too long for that each cell stands on a line of its own. Only a word that is longer
//! than the whole line is broken.

use super::plain::one_line;
use super::{Paint, Terminal};
use crate::failure::Failure;

/// Columns between cells.
const GAP: usize = 2;
/// A cell that needs more lines reads better below the others than beside them.
const LINES_MAX: usize = 3;

/// Prints a heading and rows. Cells are cleaned of what could drive a terminal.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn print<const N: usize>(
    terminal: &mut Terminal,
    heading: [&str; N],
    rows: &[[String; N]],
) -> Result<(), Failure> {
    for line in lines(heading, rows, terminal.width, terminal.paint) {
        terminal.line(line)?;
    }
    Ok(())
}

/// The lines of the table, none wider than `width`.
fn lines<const N: usize>(
    heading: [&str; N],
    rows: &[[String; N]],
    width: usize,
    paint: Paint,
) -> Vec<String> {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| clean(cell))).collect();
    let heading = heading.map(str::to_owned);
    let tall = |row: &[String; N], widths: &[usize; N]| {
        row.iter().zip(widths).any(|(cell, width)| wrap(cell, *width).len() > LINES_MAX)
    };
    let widths = widths(&heading, &rows, width);
    let Some(widths) = widths.filter(|widths| !rows.iter().any(|row| tall(row, widths))) else {
        return rows.iter().flat_map(|row| stacked(&heading, row, width, paint)).collect();
    };
    let mut lines = vec![paint.dim(&beside(&heading, &widths).join("\n"))];
    lines.extend(rows.iter().flat_map(|row| beside(row, &widths)));
    lines
}

/// What each column gets. `None`: they do not fit beside each other.
fn widths<const N: usize>(
    heading: &[String; N],
    rows: &[[String; N]],
    width: usize,
) -> Option<[usize; N]> {
    let cells = |column: usize| {
        std::iter::once(&heading[column]).chain(rows.iter().map(move |row| &row[column]))
    };
    let columns: [usize; N] = std::array::from_fn(|column| column);
    let wanted =
        columns.map(|column| cells(column).map(|cell| columns_of(cell)).max().unwrap_or(0));
    let least = columns.map(|column| cells(column).map(|cell| longest(cell)).max().unwrap_or(0));
    let mut room = width.checked_sub(GAP * N.saturating_sub(1))?.checked_sub(least.iter().sum())?;
    let mut given = least;
    // A column at a time to the one that has least: so short ones get all they want.
    while room > 0 {
        let open = columns.into_iter().filter(|column| given[*column] < wanted[*column]);
        let Some(column) = open.min_by_key(|column| given[*column]) else { break };
        given[column] += 1;
        room -= 1;
    }
    Some(given)
}

/// A row whose cells stand beside each other, each wrapped in its column.
fn beside<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> Vec<String> {
    let wrapped: Vec<Vec<String>> =
        cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let mut line = String::new();
        for (cell, width) in wrapped.iter().zip(widths) {
            let text = cell.get(at).map_or("", String::as_str);
            line.push_str(text);
            let missing = width.saturating_sub(columns_of(text));
            line.extend(std::iter::repeat_n(' ', missing + GAP));
        }
        line.truncate(line.trim_end().len());
        line
    };
    (0..height).map(line).collect()
}

/// A row whose cells stand below each other, the first one as a heading.
fn stacked<const N: usize>(
    heading: &[String; N],
    row: &[String; N],
    width: usize,
    paint: Paint,
) -> Vec<String> {
    let label = heading.iter().skip(1).map(|label| columns_of(label)).max().unwrap_or(0);
    let mut lines = row.first().map(|first| wrap(first.trim(), width)).unwrap_or_default();
    for (name, cell) in heading.iter().zip(row).skip(1) {
        if !cell.trim().is_empty() {
            lines.extend(under(name, label, cell.trim(), width, paint));
        }
    }
    lines
}

/// A label and a text behind it that is wrapped under itself.
fn under(name: &str, label: usize, text: &str, width: usize, paint: Paint) -> Vec<String> {
    let indent = GAP + label + GAP;
    let parts = wrap(text, width.saturating_sub(indent).max(1));
    let line = |(at, part): (usize, String)| {
        let name = if at == 0 { name } else { "" };
        let missing = label.saturating_sub(columns_of(name));
        format!("{:GAP$}{}{:missing$}{:GAP$}{part}", "", paint.dim(name), "", "")
    };
    parts.into_iter().enumerate().map(line).collect()
}

/// Prints a label at the line's beginning and a text behind it, which goes on under itself. `label` is the width that
/// the labels of the list share.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn field(
    terminal: &mut Terminal,
    name: &str,
    label: usize,
    text: &str,
) -> Result<(), Failure> {
    let (width, paint) = (terminal.width, terminal.paint);
    for (at, part) in wrap(&one_line(text), width.saturating_sub(label).max(1)).iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        terminal.line(format!("{}{part}", paint.dim(&format!("{name:label$}"))))?;
    }
    Ok(())
}

/// Prints a text that may be wider than the line; what follows the first line stands further in.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn text(terminal: &mut Terminal, text: &str) -> Result<(), Failure> {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let width = terminal.width.saturating_sub(indent + 2 * GAP).max(1);
    if columns_of(text) <= terminal.width {
        return terminal.line(text);
    }
    for (at, part) in wrap(text.trim(), width).iter().enumerate() {
        let indent = if at == 0 { indent } else { indent + 2 * GAP };
        terminal.line(format!("{:indent$}{part}", ""))?;
    }
    Ok(())
}

/// A line as lines that fit, each as far in as the first.
pub(super) fn wrapped(line: &str, width: usize) -> Vec<String> {
    if columns_of(line) <= width {
        return vec![line.to_owned()];
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let lines = wrap(line, width.saturating_sub(indent).max(1));
    lines.into_iter().map(|line| format!("{:indent$}{line}", "")).collect()
}

/// The text in lines of at most so many columns, broken at blanks; a word that is longer is broken anywhere.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    if columns_of(text) <= width {
        return vec![text.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        for part in broken(word, width) {
            match lines.last_mut() {
                Some(line) if columns_of(line) + 1 + columns_of(&part) <= width => {
                    line.push(' ');
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
    }
    lines
}

/// The word in parts that fit.
fn broken(word: &str, width: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut used = 0;
    for char in word.chars() {
        let columns = columns_of(char.encode_utf8(&mut [0; 4]));
        if used + columns > width && used > 0 {
            parts.push(String::new());
            used = 0;
        }
        if let Some(part) = parts.last_mut() {
            part.push(char);
        }
        used += columns;
    }
    parts
}

fn columns_of(text: &str) -> usize {
    console::measure_text_width(text)
}

/// The columns of the longest word.
fn longest(cell: &str) -> usize {
    cell.split_whitespace().map(columns_of).max().unwrap_or(0)
}

/// One line; blanks in front, which align numbers to the right, stay.
fn clean(cell: &str) -> String {
    let blanks = cell.len() - cell.trim_start_matches(' ').len();
    format!("{:blanks$}{}", "", one_line(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_their_alignment_and_lose_their_escapes() {
        assert_eq!(clean("  12"), "  12");
        assert_eq!(clean("a\nb\u{1b}[2J"), "a b");
    }

    #[test]
    fn columns_line_up_by_width_not_by_bytes() {
        assert_eq!(beside(&["日本".into(), "x".into()], &[6, 3]), ["日本    x"]);
        assert_eq!(beside(&["ab".into(), "x".into()], &[6, 3]), ["ab      x"]);
    }

    #[test]
    fn what_fits_stands_beside_each_other_and_the_rest_below() {
        let rows = [["a1".to_owned(), "red green blue".to_owned(), "x".to_owned()]];
        let shown = |width| lines(["id", "why", "by"], &rows, width, Paint::OFF);
        assert_eq!(shown(30), ["id  why             by", "a1  red green blue  x"]);
        assert_eq!(shown(18), ["id  why         by", "a1  red green   x", "    blue"]);
        assert_eq!(shown(12), ["a1", "  why  red", "       green", "       blue", "  by   x"]);
    }

    /// Every table in every width: no line is wider, and nothing is lost.
    #[test]
    fn nothing_is_lost_and_no_line_is_too_wide() {
        let cells = [
            "",
            "x",
            "  1,234",
            "0190a5a0-1111-7222-8333-000000000000",
            "github.com/some-organisation/some-repository-with-a-long-name",
            "read ~/diary/plan.md at 2026-02-03 14:02; ran in /home/ana/work/payroll",
            "/home/ana/日本語のとても長いディレクトリ名/その中のもう一つのディレクトリ",
            "shared, from 2026-02-03 on (github.com/acme/*)",
        ];
        let mut tried = 0;
        for width in 20..=130 {
            for first in cells {
                for second in cells {
                    let rows = [[first, second, "7"], [second, "y", first]]
                        .map(|row| row.map(str::to_owned));
                    let shown = lines(["session", "why", "n"], &rows, width, Paint::OFF);
                    for line in &shown {
                        assert!(columns_of(line) <= width, "{width}: {line}");
                    }
                    let all: String = shown.concat().split_whitespace().collect();
                    for cell in [first, second] {
                        for word in cell.split_whitespace() {
                            // Broken words of two columns stand beside other cells' lines: letters are enough then.
                            let is_there =
                                all.contains(word) || word.chars().all(|c| all.contains(c));
                            assert!(is_there, "{width}: {word} in {shown:#?}");
                            let is_whole = shown.iter().any(|line| line.contains(word));
                            let needed = columns_of(word) + 11;
                            assert!(is_whole || needed > width, "{width}: {word} in {shown:#?}");
                        }
                    }
                    tried += 1;
                }
            }
        }
        assert!(tried > 5_000);
    }
}
