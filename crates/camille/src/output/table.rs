//! Columns that line up, without lines around them.
//!
//! Cells are never wrapped or cut, so that ids and patterns can be copied.

use super::Terminal;
use super::plain::one_line;
use crate::failure::Failure;

/// Prints a heading and rows. Cells are cleaned of what could drive a terminal.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn print<const N: usize>(
    terminal: &mut Terminal,
    heading: [&str; N],
    rows: &[[String; N]],
) -> Result<(), Failure> {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| clean(cell))).collect();
    let mut widths = heading.map(console::measure_text_width);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(console::measure_text_width(cell));
        }
    }
    let heading = line(&heading.map(str::to_owned), &widths);
    let heading = terminal.paint.dim(&heading);
    terminal.line(heading)?;
    for row in &rows {
        terminal.line(line(row, &widths))?;
    }
    Ok(())
}

/// One line; blanks in front, which align numbers to the right, stay.
fn clean(cell: &str) -> String {
    let blanks = cell.len() - cell.trim_start_matches(' ').len();
    format!("{:blanks$}{}", "", one_line(cell))
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        let missing = width.saturating_sub(console::measure_text_width(cell));
        line.extend(std::iter::repeat_n(' ', missing + 2));
    }
    line.truncate(line.trim_end().len());
    line
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
        let widths = [6, 3];
        assert_eq!(line(&["日本".into(), "x".into()], &widths), "日本    x");
        assert_eq!(line(&["ab".into(), "x".into()], &widths), "ab      x");
    }
}
