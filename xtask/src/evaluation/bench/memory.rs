//! `bench memory`: the most memory that indexing takes, whatever it is given.

use super::child::{self, Indexed, Watched};
use super::heavy;
use crate::corpus::Corpus;
use crate::report::{Report, Table};
use anyhow::Result;
use clap::Args;
use std::path::Path;

const PEAK_MEGABYTES_MAX: f64 = 250.0;

/// How heavy it gets.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The size of the file of short lines.
    #[arg(long, default_value_t = 2.0)]
    gigabytes: f64,
    /// How much of random words is written, each size in one session and in a hundred.
    #[arg(long, value_delimiter = ',', default_values_t = [0.6, 2.0])]
    words_gigabytes: Vec<f64>,
}

pub(super) async fn measure(corpus: &Corpus, options: &Options) -> Result<Report> {
    let mut report = Report::new("Peak memory of indexing");
    let columns = ["what", "MB", "documents", "seconds", "MB/s", "peak RssAnon, MB", "VmHWM, MB"];
    let mut table = Table::new(&columns);
    let mut cases = vec![("the corpus".to_owned(), index(&corpus.transcripts()).await?)];
    let folder = tempfile::Builder::new().prefix("camille-bench-").tempdir()?;
    let path = folder.path().join("heavy.jsonl");
    heavy::short_lines(&path, bytes(options.gigabytes))?;
    let name = format!("one file of {} GB, short lines", options.gigabytes);
    cases.push((name, index(&path).await?));
    heavy::long_lines(&path)?;
    cases.push(("lines of 63 MiB".to_owned(), index(&path).await?));
    for gigabytes in &options.words_gigabytes {
        for sessions in [1, 100] {
            let folder = tempfile::Builder::new().prefix("camille-bench-").tempdir()?;
            heavy::random_words(folder.path(), bytes(*gigabytes), sessions)?;
            let name = format!("{gigabytes} GB of random words, sessions: {sessions}");
            cases.push((name, index(folder.path()).await?));
        }
    }
    for (name, watched) in cases {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let peak = megabytes(watched.anonymous_peak_bytes);
        table.row(vec![
            name.clone(),
            format!("{:.0}", megabytes(watched.said.bytes_read)),
            watched.said.documents_total.to_string(),
            format!("{:.1}", watched.said.took_s),
            format!("{:.0}", megabytes(watched.said.bytes_read) / watched.said.took_s),
            format!("{peak:.0}"),
            format!("{:.0}", megabytes(watched.said.resident_peak_bytes)),
        ]);
        report.bar(
            format!("peak memory (RssAnon), {name}"),
            format!("{peak:.0} MB"),
            format!("≤ {PEAK_MEGABYTES_MAX} MB"),
            peak <= PEAK_MEGABYTES_MAX,
        );
    }
    report.table(table);
    report.fact("VmHWM", "counts the pages of mapped index files, which the kernel takes back");
    Ok(report)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes")]
fn bytes(gigabytes: f64) -> u64 {
    (gigabytes * 1e9) as u64
}

async fn index(source: &Path) -> Result<Watched<Indexed>> {
    let folder = tempfile::Builder::new().prefix("camille-bench-").tempdir()?;
    child::index(source, &folder.path().join("home")).await
}
