//! `eval mesh`: what a question to ten peers costs beside the slowest of them and beside asking them one after
//! the other, what the kept answers cost, and what a peer that hangs costs the rest. Real nodes on loopback.

use crate::corpus::Corpus;
use crate::dealt::{Dealt, SplitName};
use crate::report::{Report, Table};
use anyhow::{Result, ensure};
use camille_node::settings::Settings;
use camille_proto::answer::Outcome;
use camille_proto::local::AuditQuery;
use camille_proto::local::OwnerSearch;
use camille_proto::query::Query;
use camille_testkit::lie::Lie;
use camille_testkit::mesh::Mesh;
use camille_testkit::node::TestNode;
use clap::Args;
use std::time::{Duration, Instant};
use xtask::eval::measure::quantile;

/// Which nodes, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many peers the one who asks has.
    #[arg(long, default_value_t = 10)]
    peers: usize,
    /// How many questions.
    #[arg(long, default_value_t = 100)]
    questions: usize,
    /// How often somebody hangs.
    #[arg(long, default_value_t = 10)]
    hung: usize,
}

/// Longer than anyone waits.
const FOR_EVER: Duration = Duration::from_secs(60);
/// A peer gets 5 s, and 200 ms are for everything else.
const HUNG_MAX: Duration = Duration::from_millis(5_200);
const FIRST_MAX: Duration = Duration::from_millis(50);
const OVERHEAD_MAX_MS: f64 = 15.0;
const KEPT_MAX_MS: f64 = 5.0;
const REST_MAX: f64 = 1.25;

pub(crate) async fn measure(corpus: &Corpus, options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("{} peers on loopback", options.peers));
    let questions: Vec<String> =
        corpus.questions()?.into_iter().map(|labelled| labelled.query).collect();
    let questions: Vec<&str> =
        questions.iter().cycle().take(options.questions).map(String::as_str).collect();
    let dealt = Dealt::out(corpus, options.peers + 1, SplitName::Random, 0.0)?;
    let mut table = Table::new(&["what", "times", "p50 ms", "p95 ms", "most ms"]);

    let healthy = mesh(&dealt, options.peers, 0, |_| {}).await?;
    overhead(&healthy, &questions, &mut report, &mut table).await?;
    healthy.stop().await;

    let keeping = mesh(&dealt, options.peers, 0, |settings| {
        settings.mesh.cache_ttl = Duration::from_secs(60);
    });
    kept(&keeping.await?, &questions, &mut report, &mut table).await?;

    // The rest of the peers without the one that hangs, then with it.
    let alone = mesh(&dealt, options.peers - 1, 0, |_| {}).await?;
    let rest = stream(&alone, &questions[..options.hung.min(questions.len())], 0).await?;
    alone.stop().await;
    one_hangs(&dealt, options, &questions, &rest, &mut report, &mut table).await?;
    all_hang(&dealt, options, &questions, &mut report, &mut table).await?;
    report.table(table);
    Ok(report)
}

/// An origin with so many peers, the last `hanging` of which answer no question.
async fn mesh(
    dealt: &Dealt,
    peers: usize,
    hanging: usize,
    change: impl Fn(&mut Settings),
) -> Result<Mesh> {
    let origin = TestNode::start_with("origin", &change).await?;
    origin.index(&[dealt.share(0)]).await?;
    let mut nodes = Vec::new();
    for place in 1..=peers {
        let name = format!("peer{place}");
        let node = if place + hanging > peers {
            TestNode::start_lying(&name, Lie::Late(FOR_EVER), &change).await?
        } else {
            TestNode::start_with(&name, &change).await?
        };
        node.index(&[dealt.share(place)]).await?;
        nodes.push(node);
    }
    Ok(Mesh::join(origin, nodes).await?)
}

/// Asks all at once, then one after the other.
async fn overhead(
    mesh: &Mesh,
    questions: &[&str],
    report: &mut Report,
    table: &mut Table,
) -> Result<()> {
    let (mut total, mut slowest, mut added) = (Vec::new(), Vec::new(), Vec::new());
    let (mut in_turn, mut ratios) = (Vec::new(), Vec::new());
    ask(mesh, questions[0], &[]).await?;
    for question in questions {
        let asked = ask(mesh, question, &[]).await?;
        // What the slowest peer says that it took, on its own side.
        let mut own: f64 = 0.0;
        for peer in &mesh.peers {
            let last = peer.client().audit(&AuditQuery::newest(5)).await?;
            let last = last.iter().filter(|entry| entry.event == "forward").max_by_key(|e| e.seq);
            own = own.max(last.map_or(0.0, |entry| entry.duration_ms as f64));
        }
        let begun = Instant::now();
        for peer in &mesh.peers {
            ask(mesh, question, &[peer.name()]).await?;
        }
        let turn = millis(begun.elapsed());
        ratios.push(asked / turn);
        in_turn.push(turn);
        added.push(asked - own);
        total.push(asked);
        slowest.push(own);
    }
    row(table, "a question to all at once", &total);
    row(table, "the slowest peer's own time", &slowest);
    row(table, "the difference", &added);
    row(table, "one after the other", &in_turn);
    let over = quantile(total, 0.5) - quantile(slowest, 0.5);
    report.bar(
        "all at once beside the slowest peer (p50)",
        format!("+{over:.1} ms"),
        format!("≤ +{OVERHEAD_MAX_MS} ms"),
        over <= OVERHEAD_MAX_MS,
    );
    report.fact(
        "all at once, as a share of one after the other (p50)",
        format!("{:.2}", quantile(ratios, 0.5)),
    );
    Ok(())
}

/// Asks the same again.
async fn kept(
    mesh: &Mesh,
    questions: &[&str],
    report: &mut Report,
    table: &mut Table,
) -> Result<()> {
    let mut spans = Vec::new();
    for question in questions {
        ask(mesh, question, &[]).await?;
        spans.push(ask(mesh, question, &[]).await?);
    }
    row(table, "the same question again, answers kept", &spans);
    let p50 = quantile(spans, 0.5);
    report.bar(
        "from the kept answers (p50)",
        format!("{p50:.1} ms"),
        format!("≤ {KEPT_MAX_MS} ms"),
        p50 <= KEPT_MAX_MS,
    );
    Ok(())
}

/// When things came on a stream.
#[derive(Default)]
struct Streamed {
    first: Vec<f64>,
    /// Everybody but those that hang.
    rest: Vec<f64>,
    done: Vec<f64>,
}

/// Asks on a stream; `hanging`: how many are not waited for.
async fn stream(mesh: &Mesh, questions: &[&str], hanging: usize) -> Result<Streamed> {
    let mut streamed = Streamed::default();
    let answering = mesh.peers.len() - hanging;
    for question in questions {
        all_are_asked(mesh).await?;
        let search = search(question, &[]);
        let begun = Instant::now();
        let (mut first, mut rest) = (None, None);
        let answer = mesh.origin.client().owner_search_stream(&search, |progress| {
            first.get_or_insert_with(|| begun.elapsed());
            if progress.coverage.answered as usize == answering {
                rest.get_or_insert_with(|| begun.elapsed());
            }
        });
        let answer = answer.await?.answer;
        let done = begun.elapsed();
        ensure!(answer.coverage.answered as usize == answering, "{:?}", answer.coverage);
        streamed.first.extend(first.map(millis));
        streamed.rest.extend(rest.map(millis));
        streamed.done.push(millis(done));
    }
    Ok(streamed)
}

/// Waits until no peer is passed by: one that hung before is known to be away for a while.
async fn all_are_asked(mesh: &Mesh) -> Result<()> {
    let begun = Instant::now();
    while mesh.origin.client().peers().await?.iter().any(|peer| peer.status == "inactive") {
        ensure!(begun.elapsed() < FOR_EVER, "a peer stays away");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn one_hangs(
    dealt: &Dealt,
    options: &Options,
    questions: &[&str],
    healthy: &Streamed,
    report: &mut Report,
    table: &mut Table,
) -> Result<()> {
    let hung = mesh(dealt, options.peers, 1, |_| {}).await?;
    let questions = &questions[..options.hung.min(questions.len())];
    let streamed = stream(&hung, questions, 1).await?;
    let mut rest = Vec::new();
    for question in &questions[..questions.len().min(3)] {
        all_are_asked(&hung).await?;
        rest.push(ask(&hung, question, &[]).await?);
    }
    hung.stop().await;
    row(table, "stream, all healthy: everybody", &healthy.rest);
    row(table, "stream, one hangs: first hits", &streamed.first);
    row(table, "stream, one hangs: all others", &streamed.rest);
    row(table, "one hangs: the whole answer", &rest);
    let ratio = quantile(streamed.rest, 0.95) / quantile(healthy.rest.clone(), 0.95);
    report.bar(
        "one hangs: the others on the stream, beside all healthy (p95)",
        format!("{ratio:.2}"),
        format!("≤ {REST_MAX}"),
        ratio <= REST_MAX,
    );
    at_most(report, "one hangs: first hits (p95)", &streamed.first, FIRST_MAX);
    at_most(report, "one hangs: the whole answer (p95)", &rest, HUNG_MAX);
    Ok(())
}

async fn all_hang(
    dealt: &Dealt,
    options: &Options,
    questions: &[&str],
    report: &mut Report,
    table: &mut Table,
) -> Result<()> {
    let hung = mesh(dealt, options.peers, options.peers, |_| {}).await?;
    let streamed = stream(&hung, &questions[..questions.len().min(3)], options.peers).await?;
    hung.stop().await;
    row(table, "all hang: own hits", &streamed.first);
    row(table, "all hang: the whole answer", &streamed.done);
    at_most(report, "all hang: own hits (p95)", &streamed.first, FIRST_MAX);
    at_most(report, "all hang: the whole answer (p95)", &streamed.done, HUNG_MAX);
    Ok(())
}

fn search(question: &str, only: &[&str]) -> OwnerSearch {
    let peers = only.iter().map(|name| (*name).to_owned()).collect();
    OwnerSearch { query: Query::new(question), local: false, peers, timeout_ms: None }
}

/// Milliseconds of a question; everybody has to be asked.
async fn ask(mesh: &Mesh, question: &str, only: &[&str]) -> Result<f64> {
    let search = search(question, only);
    let begun = Instant::now();
    let answer = mesh.origin.client().owner_search(&search).await?.answer;
    let took = millis(begun.elapsed());
    let skipped = answer.peers.iter().filter(|peer| peer.status == Outcome::Skipped).count();
    ensure!(skipped == 0, "{skipped} peers were not asked");
    Ok(took)
}

fn at_most(report: &mut Report, what: &str, spans: &[f64], most: Duration) {
    let p95 = quantile(spans.to_vec(), 0.95);
    report.bar(what, format!("{p95:.0} ms"), format!("≤ {} ms", millis(most)), p95 <= millis(most));
}

fn row(table: &mut Table, what: &str, spans: &[f64]) {
    let at = |share| format!("{:.1}", quantile(spans.to_vec(), share));
    table.row(vec![what.into(), spans.len().to_string(), at(0.5), at(0.95), at(1.0)]);
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}
