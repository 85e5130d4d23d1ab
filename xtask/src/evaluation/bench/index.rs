//! `bench index`: the whole way from files to a closed bank, beside the least that it must do.

use super::timing::Runs;
use super::{child, process};
use crate::corpus::Corpus;
use crate::lone;
use crate::report::{Report, Table};
use anyhow::Result;

/// How often each is run, in turn.
const ROUNDS: usize = 3;
/// The bars.
const OVER_BASELINE_MAX: f64 = 2.5;
const MEGABYTES_A_SECOND_MIN: f64 = 45.0;
const PEAK_MEGABYTES_MAX: f64 = 250.0;
const SIZE_SHARE_MAX: f64 = 0.20;

/// What the rounds showed.
#[derive(Debug, Default)]
struct Rounds {
    ours_s: Runs,
    ours_processor_s: Runs,
    anonymous_mb: Runs,
    resident_mb: Runs,
    bank_mb: Runs,
    index_mb: Runs,
    bare_s: Runs,
    bare_processor_s: Runs,
    bare_mb: Runs,
    parse_s: Runs,
    over: Runs,
}

pub(super) async fn measure(corpus: &Corpus) -> Result<Report> {
    let mut report = Report::new("Indexing the corpus");
    let mut raw_mb = 0.0;
    for file in &corpus.files {
        raw_mb += megabytes(std::fs::metadata(file)?.len());
    }
    let mut rounds = Rounds::default();
    for _ in 0..ROUNDS {
        rounds.run(corpus, &mut report).await?;
    }
    rounds.tell(&mut report, raw_mb);
    Ok(report)
}

impl Rounds {
    async fn run(&mut self, corpus: &Corpus, report: &mut Report) -> Result<()> {
        let folder = tempfile::Builder::new().prefix("camille-bench-").tempdir()?;
        let home = folder.path().join("home");
        let bank = lone::bank_in(&home);
        let ours = child::index(&corpus.transcripts(), &home).await?;
        let bare = child::baseline(corpus.folder(), &bank).await?;
        let (ours_holds, bare_holds) = (ours.said.documents_total, bare.said.documents);
        if ours_holds != bare_holds {
            report.bar("documents that the baseline holds", bare_holds, ours_holds, false);
        }
        self.ours_s.push(ours.said.took_s);
        self.ours_processor_s.push(ours.said.processor_s);
        self.anonymous_mb.push(megabytes(ours.anonymous_peak_bytes));
        self.resident_mb.push(megabytes(ours.said.resident_peak_bytes));
        self.bank_mb.push(megabytes(process::folder_bytes(&bank)?));
        self.index_mb.push(megabytes(process::folder_bytes(&bank.join("index"))?));
        self.bare_s.push(bare.said.took_s);
        self.bare_processor_s.push(bare.said.processor_s);
        self.bare_mb.push(megabytes(bare.said.index_bytes));
        self.parse_s.push(bare.said.parse_s);
        self.over.push(ours.said.took_s / bare.said.took_s);
        Ok(())
    }

    fn tell(&self, report: &mut Report, raw_mb: f64) {
        let head = ["pass", "seconds", "MB/s of raw", "processor seconds", "MB on disk"];
        let mut table = Table::new(&head);
        let mut row = |name: &str, took: &Runs, processor: &Runs, disk: String| {
            let speed = format!("{:.1}", raw_mb / took.median());
            table.row(vec![name.into(), took.told(2), speed, processor.told(2), disk]);
        };
        let disk = format!(
            "{:.1} store + {:.1} index",
            self.bank_mb.median() - self.index_mb.median(),
            self.index_mb.median()
        );
        row("camille: files to a closed bank", &self.ours_s, &self.ours_processor_s, disk);
        let disk = format!("{:.1} index", self.bare_mb.median());
        row("baseline: typed parse + bare Tantivy", &self.bare_s, &self.bare_processor_s, disk);
        report.table(table);
        report.fact("raw", format!("{raw_mb:.1} MB"));
        report.fact("rounds", format!("{ROUNDS}, in turn; median (least–most)"));
        report.fact("the baseline's parse alone, beside its indexing", self.parse_s.told(2));
        report.fact("wall time over baseline, round by round", self.over.told(2));
        let processor = self.ours_processor_s.median() / self.bare_processor_s.median();
        report.fact("processor time over baseline", format!("{processor:.2}"));
        let resident = self.resident_mb.told(0);
        report
            .fact("peak resident memory (VmHWM, mapped index files too)", format!("{resident} MB"));

        let over = self.ours_s.median() / self.bare_s.median();
        report.bar(
            "wall time over baseline",
            format!("{over:.2}"),
            format!("≤ {OVER_BASELINE_MAX}"),
            over <= OVER_BASELINE_MAX,
        );
        let speed = raw_mb / self.ours_s.median();
        report.bar(
            "raw bytes a second",
            format!("{speed:.1} MB/s"),
            format!("≥ {MEGABYTES_A_SECOND_MIN} MB/s"),
            speed >= MEGABYTES_A_SECOND_MIN,
        );
        let peak = self.anonymous_mb.max();
        report.bar(
            "peak memory (RssAnon)",
            format!("{peak:.0} MB"),
            format!("≤ {PEAK_MEGABYTES_MAX} MB"),
            peak <= PEAK_MEGABYTES_MAX,
        );
        let share = self.bank_mb.median() / raw_mb;
        report.bar(
            "store and index over raw bytes",
            format!("{:.1} %", share * 100.0),
            format!("≤ {:.0} %", SIZE_SHARE_MAX * 100.0),
            share <= SIZE_SHARE_MAX,
        );
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
