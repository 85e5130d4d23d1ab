//! Hits that may still change: shown while peers answer, and taken away again before the answer is printed.

use super::{Paint, Terminal, count, hit};
use camille_proto::answer::Coverage;
use camille_proto::stream::Progress;
use console::Term;

/// Fewer lines than this are not worth a look.
const ROWS_MIN: usize = 8;

/// A part of the window whose contents change.
pub(crate) struct Live {
    term: Term,
    paint: Paint,
    width: usize,
    rows: usize,
    shown: usize,
}

impl Live {
    /// Nothing is shown yet; `None` where nothing can move.
    pub(crate) fn start(terminal: &Terminal) -> Option<Self> {
        let rows = terminal.rows.filter(|rows| *rows >= ROWS_MIN)?;
        Some(Self {
            term: Term::buffered_stderr(),
            paint: terminal.paint_err,
            width: terminal.width,
            rows: rows - 2,
            shown: 0,
        })
    }

    /// Shows the hits as they stand, in place of those before.
    pub(crate) fn show(&mut self, progress: &Progress) {
        let lines = lines(progress, self.width, self.rows, self.paint);
        // What cannot be shown is no reason to stop: the answer comes all the same.
        let _ = self.replace(&lines);
    }

    fn replace(&mut self, lines: &[String]) -> std::io::Result<()> {
        self.term.clear_last_lines(self.shown)?;
        for line in lines {
            self.term.write_line(line)?;
        }
        self.shown = lines.len();
        self.term.flush()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.replace(&[]);
    }
}

/// As many lines of hits as there is room for, and how far it is.
fn lines(progress: &Progress, width: usize, rows: usize, paint: Paint) -> Vec<String> {
    let hits: Vec<_> = progress.results.iter().collect();
    let mut lines = hit::lines(&hits, 1, width, paint);
    lines.truncate(rows.saturating_sub(1));
    lines.push(paint.dim(&waiting(progress.coverage)));
    // A line that wraps would count as one and take up two.
    lines.iter().map(|line| console::truncate_str(line, width, "…").into_owned()).collect()
}

fn waiting(coverage: Coverage) -> String {
    let Coverage { asked, answered, .. } = coverage;
    format!("{answered} of {} answered so far …", count(u64::from(asked), "peer"))
}

#[cfg(test)]
mod tests {
    use super::super::hit::tests::hit;
    use super::*;

    #[test]
    fn what_is_shown_has_room_and_says_how_far_it_is() {
        let progress = Progress {
            request_id: serde_json::from_str("\"0190a5a0-0000-7000-8000-000000000000\"").unwrap(),
            results: ["local", "peer:ana", "peer:bruno"].map(hit).to_vec(),
            peers: Vec::new(),
            coverage: Coverage { known: 4, asked: 3, answered: 1 },
            took_ms: 12,
        };
        for rows in [2, 5, 50] {
            let lines = lines(&progress, 60, rows, Paint::OFF);
            assert!(lines.len() <= rows);
            assert!(lines.iter().all(|line| console::measure_text_width(line) <= 60));
            assert_eq!(lines.last().map(String::as_str), Some("1 of 3 peers answered so far …"));
        }
    }
}
