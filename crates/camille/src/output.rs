//! What people and scripts see: answers on standard output, everything else on standard error.
//!
//! Nothing here asks a node anything. Every text that comes from a bank or a peer goes through
//! [`plain`] before it reaches a terminal.

pub(crate) mod board;
pub(crate) mod coverage;
pub(crate) mod document;
pub(crate) mod hit;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod mark;
pub(crate) mod moment;
pub(crate) mod plain;
pub(crate) mod progress;
pub(crate) mod snippet;
pub(crate) mod table;
pub(crate) mod why;

use crate::config::Environment;
use crate::failure::Failure;
use std::io::{self, BufWriter, Stderr, Stdout, Write};

/// How wide the lines are when nobody says.
const WIDTH_DEFAULT: usize = 80;
/// Longer lines are hard to read, however wide the window.
const WIDTH_MAX: usize = 120;
const WIDTH_MIN: usize = 40;

/// Both outputs of the process, and what they can show.
pub(crate) struct Terminal {
    out: BufWriter<Stdout>,
    err: Stderr,
    /// Colours for standard output.
    pub(crate) paint: Paint,
    /// Colours for standard error.
    pub(crate) paint_err: Paint,
    /// Whether what came from peers is marked: standard output is no terminal.
    pub(crate) marks: bool,
    /// Columns a line of the answer may have.
    pub(crate) width: usize,
    /// Whether standard error can show something that moves.
    pub(crate) moving: bool,
    /// Lines of the window that standard output goes to, if it is one that can show something that moves.
    pub(crate) rows: Option<usize>,
}

impl Terminal {
    /// The outputs of this process.
    pub(crate) fn open(environment: &Environment) -> Self {
        let out = console::Term::stdout();
        let err = console::Term::stderr();
        let size = if out.is_term() { out.size_checked() } else { None };
        let moving = err.is_term() && !environment.dumb();
        Self {
            out: BufWriter::new(io::stdout()),
            err: io::stderr(),
            paint: Paint { on: out.is_term() && !environment.plain() },
            paint_err: Paint { on: err.is_term() && !environment.plain() },
            marks: !out.is_term(),
            width: size
                .map(|(_, columns)| usize::from(columns))
                .or_else(|| environment.columns())
                .unwrap_or(WIDTH_DEFAULT)
                .clamp(WIDTH_MIN, WIDTH_MAX),
            moving,
            rows: size.filter(|_| moving).map(|(rows, _)| usize::from(rows)),
        }
    }

    /// A line of the answer.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        writeln!(self.out, "{}", text.as_ref())?;
        Ok(())
    }

    /// Bytes of the answer, as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes)?;
        Ok(())
    }

    /// A line for the person that is no part of the answer. What was answered before stands above it.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.out.flush()?;
        // A closed standard error is no reason to stop.
        let _ = writeln!(self.err, "{}", text.as_ref());
        Ok(())
    }

    /// A note that begins with a word in colour, such as `try: …`. Its further lines stand below its first.
    pub(crate) fn hint(&mut self, label: &str, text: impl AsRef<str>) -> Result<(), Failure> {
        self.labelled(&format!("{label}:"), text.as_ref(), Paint::dim)
    }

    fn labelled(
        &mut self,
        label: &str,
        text: &str,
        paint: fn(Paint, &str) -> String,
    ) -> Result<(), Failure> {
        let indent = label.len() + 1;
        let width = self.width.saturating_sub(indent).max(1);
        let mut first = Some(paint(self.paint_err, label));
        for line in text.split('\n').flat_map(|line| table::wrapped(line, width)) {
            match first.take() {
                Some(label) => self.note(format!("{label} {line}"))?,
                None => self.note(format!("{:indent$}{line}", ""))?,
            }
        }
        Ok(())
    }

    /// Says why a command failed.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        for (label, text) in failure.lines() {
            let text = plain::plain(text);
            let paint = if label == "error" { Paint::alarm } else { Paint::dim };
            // There is nobody left to tell when this fails.
            let _ = self.labelled(&format!("{label}:"), &text, paint);
        }
    }

    /// Whether every line of a text fits.
    pub(crate) fn holds(&self, text: &str) -> bool {
        text.lines().all(|line| console::measure_text_width(line) <= self.width)
    }

    /// A text for the person that is no part of the answer, in lines that fit.
    pub(crate) fn text_note(&mut self, text: &str) -> Result<(), Failure> {
        let width = self.width;
        text.split('\n')
            .flat_map(|line| table::wrapped(line, width))
            .try_for_each(|line| self.note(line))
    }

    /// Hands over what is still held back.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush()?;
        Ok(())
    }
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// No colours at all.
    #[cfg(test)]
    pub(crate) const OFF: Self = Self { on: false };
    /// Colours whatever the output is.
    #[cfg(test)]
    pub(crate) const ON: Self = Self { on: true };

    fn style(self, style: console::Style, text: &str) -> String {
        if self.on { style.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    /// What the eye should find first.
    pub(crate) fn strong(self, text: &str) -> String {
        self.style(console::Style::new().bold(), text)
    }

    /// What may be overlooked.
    pub(crate) fn dim(self, text: &str) -> String {
        self.style(console::Style::new().dim(), text)
    }

    /// A word that was asked for.
    pub(crate) fn found(self, text: &str) -> String {
        self.style(console::Style::new().bold().yellow(), text)
    }

    /// Who.
    pub(crate) fn who(self, text: &str) -> String {
        self.style(console::Style::new().bold().cyan(), text)
    }

    /// What went wrong.
    pub(crate) fn alarm(self, text: &str) -> String {
        self.style(console::Style::new().bold().red(), text)
    }
}

/// `1 hit`, `2 hits`, `1,234 hits`: for nouns that take an s.
pub(crate) fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// The number with a comma between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The size in the largest unit that leaves at least 1.
pub(crate) fn size(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    for (unit, factor) in units {
        if bytes >= factor {
            let tenths = bytes / (factor / 10);
            return if tenths < 100 {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            } else {
                format!("{} {unit}", tenths / 10)
            };
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "hit"), "1 hit");
        assert_eq!(count(0, "hit"), "0 hits");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_500), "1.5 kB");
        assert_eq!(size(58_000_000), "58 MB");
        assert_eq!(size(9_990_000), "9.9 MB");
    }

    #[test]
    fn without_colours_nothing_is_added() {
        assert_eq!(Paint::OFF.found("x"), "x");
        assert!(Paint::ON.found("x").contains('\u{1b}'));
    }
}
