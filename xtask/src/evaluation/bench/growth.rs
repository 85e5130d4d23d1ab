//! `bench growth`: one bank of invented transcripts that grows, measured at each size. Searching every
//! document that holds a term takes time in proportion; what must not grow is anything faster than that.

use super::invent::Vocabulary;
use super::plot::{self, Labels, Series};
use super::point::{FTS_MAX, Growing, Point, WHOLE_AT};
use crate::report::{Report, Table};
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;

/// The sizes that are stopped at, in documents.
const SIZES: &[usize] = &[10_000, 30_000, 100_000, 200_000, 300_000, 1_000_000];
const QUESTIONS: usize = 200;
/// The bars.
const BAR_SIZE: usize = 200_000;
const BAR_MS_MAX: f64 = 25.0;
const TENFOLD_MAX: f64 = 6.0;
const WHOLE_MAX: f64 = 2.0;

/// How far the bank grows.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Documents at the end; the full curve goes to 1,000,000.
    #[arg(long, default_value_t = BAR_SIZE)]
    max: usize,
    /// Draws the curve into this file, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { max: BAR_SIZE, plot: None }
    }
}

pub(super) async fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::new("A bank that grows");
    let vocabulary = Vocabulary::new();
    let questions = vocabulary.questions(QUESTIONS);
    let mut growing = Growing::new()?;
    let mut points = Vec::new();
    for size in sizes(options.max) {
        points.push(growing.grow_to(size, &vocabulary, &questions).await?);
    }
    report.table(indexing(&points));
    report.table(searching(&points));
    report.table(reopening(&points));
    report.fact("questions", format!("{QUESTIONS} of 2 to 6 words, as frequent as in the texts"));
    if points.iter().any(|point| point.fts.is_none()) {
        report.fact("SQLite FTS5", format!("not asked above {FTS_MAX} documents, to end in time"));
    }
    hold(&points, &mut report);
    if let Some(path) = &options.plot {
        std::fs::write(path, draw(&points)).with_context(|| format!("write {}", path.display()))?;
        report.fact("curve", path.display());
    }
    Ok(report)
}

fn sizes(max: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = SIZES.iter().copied().filter(|size| *size < max).collect();
    sizes.push(max);
    sizes
}

fn hold(points: &[Point], report: &mut Report) {
    for point in points.iter().filter(|point| point.size == BAR_SIZE) {
        let p50 = point.service.p50();
        report.bar(
            format!("p50 of the owner's API at {BAR_SIZE} documents"),
            format!("{p50:.1} ms"),
            format!("≤ {BAR_MS_MAX} ms"),
            p50 <= BAR_MS_MAX,
        );
    }
    for over in points.iter().filter_map(over_whole) {
        report.bar(
            format!("p50 of the owner's API at {WHOLE_AT} documents over bare Tantivy with texts and snippets"),
            format!("{over:.2}"),
            format!("≤ {WHOLE_MAX}"),
            over <= WHOLE_MAX,
        );
    }
    for small in points {
        for large in points.iter().filter(|large| large.size == small.size * 10) {
            let over = large.service.p50() / small.service.p50();
            report.bar(
                format!("p50 at {} documents over {}", large.size, small.size),
                format!("{over:.2}"),
                format!("≤ {TENFOLD_MAX}"),
                over <= TENFOLD_MAX,
            );
        }
    }
}

/// The owner's API beside Tantivy doing the same work, where that was asked.
fn over_whole(point: &Point) -> Option<f64> {
    point.whole.as_ref().map(|whole| point.service.p50() / whole.p50())
}

fn indexing(points: &[Point]) -> Table {
    let mut table = Table::new(&[
        "documents",
        "raw MB",
        "step: MB/s",
        "documents/s",
        "with open and close: MB/s",
        "bank over raw",
        "peak RssAnon, MB",
    ]);
    for point in points {
        table.row(vec![
            point.documents.to_string(),
            format!("{:.0}", point.raw_mb),
            format!("{:.1}", point.step_mb / point.run_s),
            format!("{:.0}", point.step_documents as f64 / point.run_s),
            format!("{:.1}", point.step_mb / point.took_s),
            format!("{:.3}", point.bank_mb / point.raw_mb),
            format!("{:.0}", point.anonymous_mb),
        ]);
    }
    table
}

fn searching(points: &[Point]) -> Table {
    let mut table = Table::new(&[
        "documents",
        "bank p50 ms",
        "p95",
        "owner's API p50",
        "p95",
        "bare Tantivy p50",
        "p95",
        "with texts and snippets p50",
        "FTS5 p50",
        "API over that",
        "segments",
    ]);
    let ms = |value: f64| format!("{value:.2}");
    for point in points {
        table.row(vec![
            point.documents.to_string(),
            ms(point.bank.p50()),
            ms(point.bank.p95()),
            ms(point.service.p50()),
            ms(point.service.p95()),
            ms(point.bare.p50()),
            ms(point.bare.p95()),
            point.whole.as_ref().map_or_else(|| "–".into(), |times| ms(times.p50())),
            point.fts.as_ref().map_or_else(|| "–".into(), |times| ms(times.p50())),
            over_whole(point).map_or_else(|| "–".into(), ms),
            point.segments.to_string(),
        ]);
    }
    table
}

fn reopening(points: &[Point]) -> Table {
    let mut table = Table::new(&[
        "documents",
        "reader opens, ms",
        "its first search",
        "node opens",
        "appended message until found",
    ]);
    for point in points {
        table.row(vec![
            point.documents.to_string(),
            format!("{:.1}", point.reader_ms),
            format!("{:.1}", point.first_ms),
            format!("{:.1}", point.node_ms),
            format!("{:.1}", point.append_ms),
        ]);
    }
    table
}

fn draw(points: &[Point]) -> String {
    let curve = |name, value: &dyn Fn(&Point) -> Option<f64>| Series {
        name,
        points: points
            .iter()
            .filter_map(|point| Some((point.documents as f64, value(point)?)))
            .collect(),
    };
    let series = [
        curve("camille, owner's API", &|point| Some(point.service.p50())),
        curve("camille, bank", &|point| Some(point.bank.p50())),
        curve("bare Tantivy", &|point| Some(point.bare.p50())),
        curve("SQLite FTS5", &|point| Some(point.fts.as_ref()?.p50())),
    ];
    let labels = Labels {
        title: "Median time of a search while the bank grows",
        x: "documents",
        y: "p50, milliseconds",
    };
    plot::log_log(&labels, &series)
}
