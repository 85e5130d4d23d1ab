//! `eval crash`: kills a real node with SIGKILL at random moments of indexing, live appending, forgetting and
//! rebuilding, and checks after each restart that what it had acknowledged is there, once, and that nothing
//! forgotten came back. It must never take for acknowledged what the node did not say.

pub(crate) mod node;
pub(crate) mod sessions;

use crate::report::{Report, Table};
use anyhow::{Context, Result, ensure};
use camille_client::NodeClient;
use camille_proto::local::{ForgetRequest, Forgettable, IndexEvent, IndexRequest};
use clap::Args;
use node::RunningNode;
use sessions::{Sessions, Writer};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use xtask::eval::random::Random;

/// After so many kills a new home begins: every check asks for each document that was ever acknowledged, so
/// that one home for all would take quadratically longer.
const KILLS_A_HOME: usize = 50;

/// How often to kill, and what.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many times.
    #[arg(long, default_value_t = 200)]
    times: u32,
    /// Which moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// What the node is doing when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Indexing,
    Appending,
    Forgetting,
    Rebuilding,
}

impl Work {
    const ALL: [Self; 4] = [Self::Indexing, Self::Appending, Self::Forgetting, Self::Rebuilding];

    const fn name(self) -> &'static str {
        match self {
            Self::Indexing => "indexing",
            Self::Appending => "live appending",
            Self::Forgetting => "forgetting",
            Self::Rebuilding => "rebuilding",
        }
    }

    /// Within which time it is killed, in milliseconds.
    const fn kill_within_ms(self) -> usize {
        match self {
            Self::Indexing => 400,
            Self::Appending => 700,
            Self::Forgetting => 150,
            Self::Rebuilding => 300,
        }
    }
}

/// What was seen in all homes.
#[derive(Debug, Default)]
struct Counted {
    seen: BTreeMap<Work, Seen>,
    /// Documents that were acknowledged and are there at the end.
    kept: usize,
    /// Documents that were forgotten and are gone.
    gone: usize,
}

/// What was seen of one kind of work.
#[derive(Debug, Default)]
struct Seen {
    kills: u32,
    /// Kills that came before the node had said that it was done.
    unfinished: u32,
    start_ms_max: u128,
}

/// Kills and checks.
pub(crate) async fn measure(options: &Options) -> Result<Report> {
    let binary = node::binary(options.binary.as_deref())?;
    let mut random = Random::new(options.seed);
    let mut all = Counted::default();
    for first in (0..options.times).step_by(KILLS_A_HOME) {
        let end = options.times.min(first + KILLS_A_HOME as u32);
        one_home(&binary, first..end, &mut random, &mut all).await?;
        writeln!(std::io::stderr(), "{end} of {} kills", options.times)?;
    }
    Ok(report(options.times, &all))
}

/// Kills the node of one home so often, and checks it as a whole at the end.
async fn one_home(
    binary: &Path,
    kills: Range<u32>,
    random: &mut Random,
    all: &mut Counted,
) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("camille-crash-").tempdir()?;
    let mut sessions = Sessions::new(folder.path().join("claude"));
    let mut node = RunningNode::start(binary, folder.path()).await?;
    for (number, work) in kills.clone().zip(Work::ALL.into_iter().cycle()) {
        let delay = Duration::from_micros(random.below(work.kill_within_ms() * 1_000) as u64);
        let finished = interrupted(work, &mut node, &mut sessions, random, delay)
            .await
            .with_context(|| format!("kill {number}, {}", work.name()))?;
        let started = Instant::now();
        node = RunningNode::start(binary, folder.path()).await?;
        let took = started.elapsed().as_millis();
        let seen = all.seen.entry(work).or_default();
        seen.kills += 1;
        seen.unfinished += u32::from(!finished);
        seen.start_ms_max = seen.start_ms_max.max(took);
        sessions
            .check(node.client(), number % 20 == 19 || number + 1 == kills.end)
            .await
            .with_context(|| format!("after kill {number}, {}", work.name()))?;
    }
    let verified = node.client().verify(|_| {}).await?;
    ensure!(verified.faults_count == 0, "the bank is not whole: {:?}", verified.faults);
    all.kept += sessions.kept();
    all.gone += sessions.gone();
    node.kill().await
}

/// Works until the node is killed after `delay`, and takes note of what it acknowledged. Returns whether it
/// had said that it was done.
async fn interrupted(
    work: Work,
    node: &mut RunningNode,
    sessions: &mut Sessions,
    random: &mut Random,
    delay: Duration,
) -> Result<bool> {
    match work {
        Work::Indexing => indexing(node, sessions, random, delay).await,
        Work::Appending => appending(node, sessions, random, delay).await,
        Work::Forgetting => forgetting(node, sessions, random, delay).await,
        Work::Rebuilding => {
            let client = node.client().clone();
            let request = IndexRequest { rebuild: true, defaults: true, ..IndexRequest::default() };
            let work = async move { client.index(&request, |_| {}).await };
            Ok(node.kill_during(delay, work).await?.is_some_and(|result| result.is_ok()))
        }
    }
}

/// New files are read. They are gone before the node starts again, so that only what it acknowledged and
/// kept can be there.
async fn indexing(
    node: &mut RunningNode,
    sessions: &mut Sessions,
    random: &mut Random,
    delay: Duration,
) -> Result<bool> {
    let before = node.client().node_status().await?.bank.documents;
    let (folder, tokens) = sessions.write_aside(6, 60 + random.below(200) as u64)?;
    let request =
        IndexRequest { paths: vec![folder.display().to_string()], ..IndexRequest::default() };
    let acknowledged = Arc::new(AtomicU64::new(0));
    let heard = acknowledged.clone();
    let client = node.client().clone();
    let work = async move {
        client
            .index(&request, |event| {
                if let IndexEvent::Progress { documents, .. } = event {
                    heard.store(*documents, Ordering::SeqCst);
                }
            })
            .await
    };
    let finished = node.kill_during(delay, work).await?.is_some_and(|result| result.is_ok());
    std::fs::remove_dir_all(&folder)?;
    let said = acknowledged.load(Ordering::SeqCst);
    let at_least = before + if finished { tokens.len() as u64 } else { said };
    sessions.expect_some_of(tokens, at_least);
    Ok(finished)
}

/// Messages are appended one by one and each is asked for until it is found: that acknowledges it.
async fn appending(
    node: &mut RunningNode,
    sessions: &mut Sessions,
    random: &mut Random,
    delay: Duration,
) -> Result<bool> {
    let client = node.client().clone();
    let session = sessions.begin(random)?;
    let found = Arc::new(Mutex::new(Vec::new()));
    let noted = found.clone();
    let writer = sessions.writer(&session);
    let work = append_without_end(client, writer, noted);
    if let Some(Err(error)) = node.kill_during(delay, work).await? {
        return Err(error);
    }
    let acknowledged = found.lock().unwrap_or_else(PoisonError::into_inner).clone();
    sessions.appended(&session, acknowledged)?;
    Ok(false)
}

async fn append_without_end(
    client: NodeClient,
    mut writer: Writer,
    found: Arc<Mutex<Vec<String>>>,
) -> Result<Infallible> {
    loop {
        let token = writer.append()?;
        while !sessions::is_found(&client, &token).await? {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        found.lock().unwrap_or_else(PoisonError::into_inner).push(token);
    }
}

/// A session is forgotten; its file stays.
async fn forgetting(
    node: &mut RunningNode,
    sessions: &mut Sessions,
    random: &mut Random,
    delay: Duration,
) -> Result<bool> {
    let Some(session) = sessions.any(random) else {
        node.kill().await?;
        return Ok(true);
    };
    let client = node.client().clone();
    let what = Forgettable::Session { session: session.clone(), agent: None };
    let work = async move { client.forget(&ForgetRequest { what, preview: false }).await };
    let finished = node.kill_during(delay, work).await?.is_some_and(|result| result.is_ok());
    sessions.forgotten(&session, finished);
    Ok(finished)
}

fn report(times: u32, all: &Counted) -> Report {
    let mut report = Report::new(format!("{times} kills (SIGKILL) at random moments"));
    let mut table = Table::new(&["while", "kills", "before it was done", "slowest start, ms"]);
    for (work, seen) in &all.seen {
        table.row(vec![
            work.name().into(),
            seen.kills.to_string(),
            seen.unfinished.to_string(),
            seen.start_ms_max.to_string(),
        ]);
    }
    report.table(table);
    report.fact("documents acknowledged and found", all.kept);
    report.fact("documents forgotten and gone", all.gone);
    let slowest = all.seen.values().map(|seen| seen.start_ms_max).max().unwrap_or_default();
    report.bar("slowest start, ms", slowest, "≤ 2000", slowest <= 2_000);
    report.fact("lost, doubled or come back", "none: the first one ends the run with an error");
    report
}
