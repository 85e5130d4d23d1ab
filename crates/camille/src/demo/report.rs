//! What the demo prints: a line for each check with what was seen, and expected and found where they
//! differ. It decides nothing.

use super::check::Verdict;
use super::keepsake::Keepsake;
use crate::failure::Failure;
use crate::output::hit::{facts, speaker, title, who};
use crate::output::snippet::{shorten, snippet};
use crate::output::{Terminal, count, coverage};
use camille_proto::answer::Answer;
use camille_proto::hit::Hit;
use std::time::Instant;

/// Columns of what was promised.
const PROMISE_WIDTH: usize = 27;
/// Columns before what was seen: two, the mark, the promise, and a space on either side of it.
const SEEN_AT: usize = PROMISE_WIDTH + 5;
/// Columns for who spoke, in a hit.
const SPEAKER_WIDTH: usize = 7;

/// The demo's output, and its score.
pub(super) struct Report<'a> {
    terminal: &'a mut Terminal,
    started: Instant,
    kept: u64,
    broken: u64,
}

impl<'a> Report<'a> {
    /// Nothing printed, nothing checked.
    pub(super) fn new(terminal: &'a mut Terminal) -> Self {
        Self { terminal, started: Instant::now(), kept: 0, broken: 0 }
    }

    /// A line of the story.
    pub(super) fn tell(&mut self, text: &str) -> anyhow::Result<()> {
        let text = self.terminal.paint.strong(text);
        self.line(&text)
    }

    /// A line with something to know.
    pub(super) fn note(&mut self, text: &str) -> anyhow::Result<()> {
        let text = shorten(text, self.terminal.width);
        let text = self.terminal.paint.dim(&text);
        self.line(&text)
    }

    /// A check's verdict.
    pub(super) fn verdict(&mut self, verdict: &Verdict) -> anyhow::Result<()> {
        let paint = self.terminal.paint;
        let promise = format!("{:PROMISE_WIDTH$}", verdict.promise);
        if verdict.kept {
            self.kept += 1;
            for line in kept(&promise, &verdict.seen, &paint.who("✓"), self.terminal.width) {
                self.line(&line)?;
            }
            return Ok(());
        }
        self.broken += 1;
        self.line(&format!("  {} {}", paint.alarm("✗"), paint.strong(verdict.promise)))?;
        self.line(&format!("      expected: {}", verdict.expected))?;
        self.line(&format!("      found:    {}", verdict.seen))
    }

    /// A hit: a line that says where it is from, and at most `lines` of what it says.
    pub(super) fn hit(&mut self, number: usize, hit: &Hit, lines: usize) -> anyhow::Result<()> {
        let (paint, width) = (self.terminal.paint, self.terminal.width);
        let mut head = vec![who(&hit.source, &hit.metadata, &hit.also_from)];
        head.extend(facts(&hit.metadata));
        head.extend(title(&hit.metadata));
        let head = shorten(&head.join(" · "), width.saturating_sub(7));
        self.line(&format!("    {} {head}", paint.strong(&format!("{number:>2}"))))?;
        let room = width.saturating_sub(8 + SPEAKER_WIDTH);
        let mut speaker = shorten(&speaker(&hit.source, &hit.metadata), SPEAKER_WIDTH);
        for shown in snippet(&hit.content, &hit.highlights, room, lines, paint) {
            self.line(&format!("       {speaker:SPEAKER_WIDTH$} {shown}"))?;
            speaker.clear();
        }
        Ok(())
    }

    /// Who answered.
    pub(super) fn coverage(&mut self, answer: &Answer) -> anyhow::Result<()> {
        let line = coverage::line(answer, true, self.terminal.paint);
        self.line(&format!("       {line}"))
    }

    /// Whether no check failed so far.
    pub(super) fn all_kept(&self) -> bool {
        self.broken == 0
    }

    /// The score and what to do next, once everything is cleaned up or kept.
    pub(super) fn end(&mut self, kept: Option<&Keepsake>) -> anyhow::Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        let checks = count(self.kept + self.broken, "check");
        self.line("")?;
        let score = if self.all_kept() {
            format!("All {checks} passed in {seconds:.1} s.")
        } else {
            format!("{} of {checks} FAILED, in {seconds:.1} s.", self.broken)
        };
        match kept {
            None => {
                self.tell(&format!("{score} Both nodes are stopped and their files are gone."))?;
            }
            Some(kept) => {
                self.tell(&format!("{score} Both nodes keep running:"))?;
                for line in kept.lines() {
                    self.line(&format!("  {line}"))?;
                }
            }
        }
        let program = std::env::args().next().unwrap_or_else(|| "camille".into());
        self.line(&format!("Next, with your own sessions: {program} up"))
    }

    /// Prints at once: people watch.
    fn line(&mut self, text: &str) -> anyhow::Result<()> {
        let printed = self.terminal.line(text).and_then(|()| self.terminal.flush());
        Ok(printed.map_err(Unprinted)?)
    }
}

/// The output cannot be written any more.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unprinted(pub(super) Failure);

/// The lines of a check that passed.
fn kept(promise: &str, seen: &str, mark: &str, width: usize) -> Vec<String> {
    let mut lines = wrap(seen, width.saturating_sub(SEEN_AT));
    for (number, line) in lines.iter_mut().enumerate() {
        *line = match number {
            0 => format!("  {mark} {promise:PROMISE_WIDTH$} {line}"),
            _ => format!("{:SEEN_AT$}{line}", ""),
        };
    }
    lines
}

/// The text in lines of at most `width` columns, broken at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let fits = |line: &&mut String| {
            console::measure_text_width(line) + 1 + console::measure_text_width(word) <= width
        };
        match lines.last_mut().filter(fits) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_no_wider_than_the_terminal() {
        let seen = "10 hits, 10 from ana, the fix is number 2; own bank 0 ms, ana 4 ms; and more";
        for width in [60, 79, 80, 81, 100] {
            for cut in 1..=seen.len() {
                for line in kept("together, it is found", &seen[..cut], "✓", width) {
                    let columns = console::measure_text_width(&line);
                    assert!(columns <= width, "{columns} of {width}: {line}");
                }
            }
        }
        let lines = kept("a", "one two", "✓", SEEN_AT + 3);
        assert_eq!(lines[0].find("one"), lines[1].find("two").map(|at| at + "✓".len() - 1));
    }

    #[test]
    fn lines_break_at_spaces_and_lose_nothing() {
        let text = "one two three four five";
        let lines = wrap(text, 9);
        assert_eq!(lines, ["one two", "three", "four five"]);
        assert_eq!(lines.join(" "), text);
        assert_eq!(wrap("unbreakable", 4), ["unbreakable"]);
    }
}
