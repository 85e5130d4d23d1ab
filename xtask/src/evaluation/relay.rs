//! `eval relay`: a relay whose own peer answers too late, or not in time at all, never loses its own hits. Real
//! nodes on loopback.

use crate::report::{Report, Table};
use anyhow::{Context, Result, ensure};
use camille_node::settings::Settings;
use camille_proto::answer::{Answer, Outcome};
use camille_proto::vocabulary::Sharing;
use camille_testkit::lie::Lie;
use camille_testkit::mesh::Mesh;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use clap::Args;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use xtask::eval::measure::quantile;

/// How often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many questions.
    #[arg(long, default_value_t = 200)]
    trials: usize,
}

/// Chains of an origin, a relay and one behind it, each with another delay, that run side by side.
const CHAINS: usize = 10;
/// The last one answers this late: at first just before the origin's patience ends, at last long after it.
const LATE_MS: (u64, u64) = (4_900, 10_000);
/// A peer gets 5 s, and 200 ms are for everything else.
const WHOLE_MAX: Duration = Duration::from_millis(5_200);
/// How long one question may have to wait until the last one is asked again: it is passed by for a while after it
/// was too late several times.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) async fn measure(options: &Options) -> Result<Report> {
    let mut chains = JoinSet::new();
    for place in 0..CHAINS {
        let (first, last) = LATE_MS;
        let late = first + (last - first) * place as u64 / (CHAINS as u64 - 1);
        let mesh = chain(Duration::from_millis(late)).await?;
        chains.spawn(trials(mesh, options.trials.div_ceil(CHAINS)));
    }
    let (mut spans, mut lost) = (Vec::new(), 0);
    while let Some(tried) = chains.join_next().await {
        for trial in tried?? {
            spans.push(trial.took.as_secs_f64() * 1e3);
            lost += usize::from(!trial.has_relays_hits);
        }
    }
    let mut report = Report::new("A relay whose own peer answers after 4.9 to 10 s");
    let mut table = Table::new(&["questions", "p50 ms", "p95 ms", "most ms", "relay's hits lost"]);
    let at = |share| format!("{:.0}", quantile(spans.clone(), share));
    table.row(vec![spans.len().to_string(), at(0.5), at(0.95), at(1.0), lost.to_string()]);
    report.table(table);
    report.bar("questions that lost the relay's own hits", lost, 0, lost == 0);
    let most = quantile(spans, 1.0);
    let most_wanted = WHOLE_MAX.as_secs_f64() * 1e3;
    report.bar(
        "the longest wait",
        format!("{most:.0} ms"),
        format!("≤ {most_wanted:.0} ms"),
        most <= most_wanted,
    );
    Ok(report)
}

/// What came of a question that was passed on to the last of a chain.
struct Trial {
    took: Duration,
    has_relays_hits: bool,
}

/// An origin, its relay, and behind that one who answers so late.
async fn chain(late: Duration) -> Result<Mesh> {
    let relays = |settings: &mut Settings| settings.mesh.allow_indirect = true;
    let origin = TestNode::start("origin").await?;
    let relay = TestNode::start_with("relay", relays).await?;
    let far = TestNode::start_lying("far", Lie::Late(late), relays).await?;
    for node in [&origin, &relay, &far] {
        let text = format!("the lock of {} was stuck", node.name());
        node.add(&[Session::new(node.name()).cwd("/srv/api").person(&text)]).await?;
    }
    Ok(Mesh::knit(origin, vec![relay, far], &[(1, 0), (2, 1)], Sharing::Indirect).await?)
}

/// Asks until the question was passed on so often.
async fn trials(mesh: Mesh, times: usize) -> Result<Vec<Trial>> {
    let mut tried = Vec::new();
    let mut waiting = Instant::now();
    while tried.len() < times {
        let begun = Instant::now();
        let answer = mesh.origin.search("lock stuck").await?.answer;
        let took = begun.elapsed();
        if is_passed_on(&mesh, &answer)? {
            let has_relays_hits = answer.results.iter().any(|hit| hit.source == "peer:relay");
            tried.push(Trial { took, has_relays_hits });
            waiting = Instant::now();
        } else {
            ensure!(waiting.elapsed() < PATIENCE, "it is passed by: {:?}", answer.peers);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    mesh.stop().await;
    Ok(tried)
}

/// Whether the last of the chain was asked.
fn is_passed_on(mesh: &Mesh, answer: &Answer) -> Result<bool> {
    let far = mesh.peers.last().context("a chain of three")?.peer_id();
    let report = answer.peers.iter().find(|report| report.peer_id == far);
    Ok(report.is_some_and(|report| report.status != Outcome::Skipped))
}
