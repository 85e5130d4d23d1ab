//! `eval why`: whether lines are attributed to the sessions that wrote them, beside what the commits of a repository say
//! of themselves. Of one session in four nothing is in the bank: its lines must not be known.

mod truth;

use crate::lone::LoneNode;
use crate::report::{Report, Table};
use anyhow::Result;
use camille_proto::local::{Evidence, WhyRequest, WhyStretch};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use truth::{Repository, Truth};

/// Of so many sessions one is kept out of the bank.
const KEPT_OUT: u64 = 4;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The git directory of a clone of entireio/cli, with all its branches
    #[arg(long)]
    repository: PathBuf,
    /// The branch that is asked about
    #[arg(long, default_value = "main")]
    head: String,
    /// The branch that holds the checkpoints
    #[arg(long, default_value = "entire/checkpoints/v1")]
    checkpoints: String,
    /// At most so many files, the first by name
    #[arg(long)]
    files: Option<usize>,
    /// Name each wrong answer
    #[arg(long)]
    wrong: bool,
}

/// Answers, in runs of lines and in lines.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    runs: u64,
    lines: u64,
}

impl Count {
    fn add(&mut self, stretch: &WhyStretch) {
        self.runs += 1;
        self.lines += u64::from(stretch.telling);
    }
}

#[derive(Debug, Default)]
struct Tally {
    /// Runs whose sessions are in the bank, by what was answered.
    asked: Count,
    answered: Count,
    right: Count,
    /// Runs whose sessions are not.
    absent: Count,
    not_known: Count,
    /// Runs none of whose lines can be told from any others.
    empty: u64,
    by_evidence: BTreeMap<String, (Count, Count)>,
    /// Answers that have no evidence in lines.
    groundless: u64,
    /// Wrong answers, for people.
    wrong: Vec<String>,
}

pub(crate) async fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::new("Why");
    let repository = Repository {
        directory: &options.repository,
        head: &options.head,
        branch: &options.checkpoints,
    };
    let truth = repository.truth()?;
    let folder = tempfile::Builder::new().prefix("camille-eval-").tempdir()?;
    let sources = folder.path().join("claude/projects/-srv-cli");
    let mut kept = BTreeSet::new();
    for session in truth.transcripts.keys().filter(|session| !is_kept_out(session)) {
        repository.keep_transcript(&truth, session, &sources)?;
        kept.insert(session.clone());
    }
    let tree = repository.work_tree(folder.path())?;
    let (node, _) = LoneNode::with(&sources).await?;
    let mut tally = Tally::default();
    let mut slowest = std::time::Duration::ZERO;
    for file in truth.files.iter().take(options.files.unwrap_or(usize::MAX)) {
        let path = tree.join(file).to_string_lossy().into_owned();
        let begun = std::time::Instant::now();
        let answer = node.why(&WhyRequest { path, ..WhyRequest::default() }).await?;
        slowest = slowest.max(begun.elapsed());
        for stretch in &answer.stretches {
            let session = stretch.session.and_then(|at| answer.sessions.get(at as usize));
            let by = session.map(|one| {
                let parent = one.parent.as_deref();
                (one.name.session.as_str(), parent)
            });
            tally.take(&truth, &kept, stretch, by);
        }
    }
    tally.tell(&mut report, truth.files.len(), kept.len());
    report.fact("the slowest file took", format!("{slowest:.1?}"));
    for wrong in tally.wrong.iter().filter(|_| options.wrong) {
        report.fact("wrong", wrong);
    }
    node.close().await;
    Ok(report)
}

/// Drawn by the session's own id, so that it is the same each time.
fn is_kept_out(session: &str) -> bool {
    session.bytes().map(u64::from).sum::<u64>().is_multiple_of(KEPT_OUT)
}

impl Tally {
    fn take(
        &mut self,
        truth: &Truth,
        kept: &BTreeSet<String>,
        stretch: &WhyStretch,
        by: Option<(&str, Option<&str>)>,
    ) {
        let commit = stretch.commit.as_deref().unwrap_or_default();
        let Some(sessions) = truth.commits.get(commit) else { return };
        if stretch.telling == 0 {
            self.empty += 1;
            return;
        }
        if sessions.iter().all(|session| !kept.contains(session)) {
            self.absent.add(stretch);
            if by.is_none() {
                self.not_known.add(stretch);
            }
            return;
        }
        // Where one of them is in the bank and another is not, either may have written it.
        if sessions.iter().any(|session| !kept.contains(session)) {
            return;
        }
        self.asked.add(stretch);
        let Some((session, parent)) = by else { return };
        self.answered.add(stretch);
        let is_right =
            sessions.contains(session) || parent.is_some_and(|one| sessions.contains(one));
        let evidence = stretch.evidence.unwrap_or(Evidence::Replaced);
        let (all, right) =
            self.by_evidence.entry(format!("{evidence:?}").to_lowercase()).or_default();
        all.add(stretch);
        if is_right {
            self.right.add(stretch);
            right.add(stretch);
        } else {
            let WhyStretch { path, line, end, .. } = stretch;
            self.wrong.push(format!("{path}:{line}-{end} {commit} {session} not {sessions:?}"));
        }
        if evidence == Evidence::Wrote && stretch.wrote * 2 < stretch.telling {
            self.groundless += 1;
        }
    }

    fn tell(&self, report: &mut Report, files: usize, sessions: usize) {
        report.fact("files that sessions changed", files);
        report.fact("sessions in the bank", sessions);
        report.fact("runs of lines that tell nothing, left out", self.empty);
        let mut table = Table::new(&["", "runs", "lines"]);
        let rows = [
            ("of sessions in the bank", self.asked),
            ("answered", self.answered),
            ("right", self.right),
            ("of sessions kept out", self.absent),
            ("not known", self.not_known),
        ];
        for (name, count) in rows {
            table.row(vec![name.into(), count.runs.to_string(), count.lines.to_string()]);
        }
        for (evidence, (all, right)) in &self.by_evidence {
            table.row(vec![
                format!("right by '{evidence}'"),
                format!("{} of {}", right.runs, all.runs),
                format!("{} of {}", right.lines, all.lines),
            ]);
        }
        report.table(table);
        let share = |part: u64, all: u64| if all == 0 { 0.0 } else { part as f64 / all as f64 };
        report.fact("answered", format!("{:.3}", share(self.answered.runs, self.asked.runs)));
        let right = share(self.right.runs, self.answered.runs);
        report.bar("right of what is answered", format!("{right:.3}"), "0.900", right >= 0.9);
        let unknown = share(self.not_known.runs, self.absent.runs);
        report.bar(
            "not known, of sessions kept out",
            format!("{unknown:.3}"),
            "0.950",
            unknown >= 0.95,
        );
        let groundless = self.groundless;
        report.bar("answers from time and file alone", groundless, 0, groundless == 0);
    }
}
