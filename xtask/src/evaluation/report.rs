//! What a measurement says: tables for people, JSON for machines, and bars that hold or do not.

use anyhow::Result;
use serde::Serialize;
use std::fmt;

/// The outcome of one measurement.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    title: String,
    tables: Vec<Table>,
    facts: Vec<(String, String)>,
    bars: Vec<Bar>,
}

/// Rows under a head.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A figure that must be reached.
#[derive(Debug, Serialize)]
struct Bar {
    what: String,
    value: String,
    wanted: String,
    holds: bool,
}

impl Report {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// A figure that is only reported.
    pub(crate) fn fact(&mut self, what: impl Into<String>, value: impl fmt::Display) {
        self.facts.push((what.into(), value.to_string()));
    }

    /// A figure that must be as wanted.
    pub(crate) fn bar(
        &mut self,
        what: impl Into<String>,
        value: impl fmt::Display,
        wanted: impl fmt::Display,
        holds: bool,
    ) {
        self.bars.push(Bar {
            what: what.into(),
            value: value.to_string(),
            wanted: wanted.to_string(),
            holds,
        });
    }

    pub(crate) fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Whether every bar holds.
    pub(crate) fn holds(&self) -> bool {
        self.bars.iter().all(|bar| bar.holds)
    }
}

/// One report as an object, several as an array.
pub(crate) fn to_json(reports: &[Report]) -> Result<String> {
    let json = match reports {
        [one] => serde_json::to_string_pretty(one)?,
        several => serde_json::to_string_pretty(several)?,
    };
    Ok(json + "\n")
}

/// For people, one after the other.
pub(crate) fn to_text(reports: &[Report]) -> String {
    reports.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|&name| name.to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for table in &self.tables {
            writeln!(f, "\n{table}")?;
        }
        for (what, value) in &self.facts {
            writeln!(f, "  {what}: {value}")?;
        }
        for bar in &self.bars {
            let mark = if bar.holds { "✓" } else { "✗" };
            writeln!(f, "{mark} {}: {} (wanted: {})", bar.what, bar.value, bar.wanted)?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<&Vec<String>> = std::iter::once(&self.head).chain(&self.rows).collect();
        let widths: Vec<usize> = (0..self.head.len())
            .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|c| c.chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        for row in rows {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "  {}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}
