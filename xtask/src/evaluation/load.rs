//! `eval load`: strangers hold a thousand connections with slow heads, slow bodies and answers they never read, and try
//! five hundred wrong keys a second, from the address of somebody who has a key and from others. Who has a key must
//! hardly notice, and the node's memory stays bounded.
//!
//! Strangers have processors of their own elsewhere. Here they run at the lowest priority beside the node, so that what
//! is measured is what they cost the node and not what they cost the machine; how much they got done is in the table.
//! No route reads a stranger's body: one that is slow is refused by its head, and the stranger comes again.

mod flood;
mod mdns;

use crate::bench::process::anonymous_bytes;
use crate::crash::node::{RunningNode, binary, prepare};
use crate::report::{Report, Table};
use anyhow::{Context, Result, ensure};
use camille_client::{ClientError, NodeClient, PeerPool, PoolSettings, SearchParams};
use camille_node::identity::Identity;
use camille_proto::grant::Grant;
use camille_proto::key::ApiKey;
use camille_proto::local::{IndexRequest, KeyRequest, ShareRequest};
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use camille_testkit::session::Session;
use camille_testkit::stranger::Stranger;
use clap::Args;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The connections that wrong keys come by.
const WRONG_CONNECTIONS: u64 = 10;
/// What memory may grow by.
const GROWTH_MB_MAX: f64 = 64.0;

/// Where strangers come from.
struct Place {
    name: &'static str,
    /// Over how many addresses; 0: the one of who has a key. Nothing: there are none.
    spread: Option<usize>,
}

const PLACES: &[Place] = &[
    Place { name: "(nobody)", spread: None },
    Place { name: "its own address", spread: Some(0) },
    Place { name: "another address", spread: Some(1) },
    Place { name: "16 others", spread: Some(16) },
];

/// What its node is told besides.
const CONFIG: &str = "[limits]\nsearch_per_minute = 1000000\n";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Questions asked without and with strangers.
    #[arg(long, default_value_t = 2_000)]
    questions: usize,
    /// Connections that strangers try to hold.
    #[arg(long, default_value_t = 1_000)]
    slow: usize,
    /// Wrong keys that they try a second.
    #[arg(long, default_value_t = 500)]
    wrong: u64,
    /// How often; the medians count.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How much slower than twice as slow it may get: on machines that do other work.
    #[arg(long, default_value_t = 1.0)]
    slack: f64,
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Only the floods, each for so many seconds; 0: strangers as well, and floods of 20 s.
    #[arg(long, default_value_t = 0)]
    floods: u64,
    /// What it does on a host of its own.
    #[arg(long, hide = true)]
    act: Option<String>,
}

impl Options {
    fn flood(&self) -> Duration {
        Duration::from_secs(if self.floods == 0 { 20 } else { self.floods })
    }
}

/// Every flood, and strangers who are slow or try keys.
pub(crate) async fn measure_all(options: &Options) -> Result<Vec<Report>> {
    if let Some(act) = &options.act {
        mdns::act(act)?;
        return Ok(Vec::new());
    }
    let mut reports = vec![flood::measure(options).await?, mdns::measure(options).await?];
    if options.floods == 0 {
        reports.push(measure(options).await?);
    }
    Ok(reports)
}

async fn measure(options: &Options) -> Result<Report> {
    let binary = binary(options.binary.as_deref())?;
    let folder = tempfile::Builder::new().prefix("camille-load-").tempdir()?;
    prepare(&folder.path().join("home"), CONFIG)?;
    let mut node = RunningNode::start(&binary, folder.path()).await?;
    let result = run(options, folder.path(), &node).await;
    node.kill().await?;
    result
}

async fn run(options: &Options, folder: &Path, node: &RunningNode) -> Result<Report> {
    let mut report = Report::new("Strangers, and who has a key");
    let owner = node.client();
    fill(folder, owner).await?;
    let request = KeyRequest { name: "asks".into(), grant: Grant::teammate(), peer: false };
    let created = owner.create_key(&request).await?;
    let identity = Identity::load_or_create(&folder.join("caller"), "c", jiff::Timestamp::now())?;
    let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default())?;
    let listening = owner.node_status().await?.listening;
    let address: SocketAddr = listening.first().context("it listens nowhere")?.parse()?;
    let peer = owner.info().await?.peer_id;
    pool.set_addresses(peer, listening);
    let client = NodeClient::peer(&pool, peer, Some(created.key.parse()?));

    questions(&client, options.questions / 4).await?;
    let before = anonymous_bytes(node.id()).context("the node is gone")?;
    let mut seen = Vec::new();
    for round in 1..=options.rounds {
        for place in PLACES {
            let crowd = match place.spread {
                Some(spread) => Some(Crowd::gather(address, spread, options)?),
                None => None,
            };
            tokio::time::sleep(Duration::from_secs(if crowd.is_some() { 3 } else { 0 })).await;
            seen.push(
                Seen::while_asking(round, place, &client, options, node, crowd.as_ref()).await?,
            );
            if let Some(crowd) = crowd {
                crowd.part().await?;
            }
        }
    }
    report_seen(&mut report, options, before, &seen);

    let revoked = Instant::now();
    owner.revoke_key(&created.view.id).await?;
    let cut = loop {
        match client.search(&SearchParams::new(Query::new("lock"))).await {
            Err(ClientError::Problem(problem)) if problem.status == 401 => break revoked.elapsed(),
            answer => drop(answer?),
        }
    };
    let shown = format!("{:.1} ms", cut.as_secs_f64() * 1e3);
    report.bar("revoked, on a kept connection", shown, "≤ 1 s", cut <= Duration::from_secs(1));
    Ok(report)
}

async fn fill(folder: &Path, owner: &NodeClient) -> Result<()> {
    let sources = folder.join("claude");
    for number in 0..200 {
        let session = Session::new(format!("s{number}")).cwd("/srv/api");
        session.person(&format!("why is lock {number} stuck")).write_under(&sources)?;
    }
    let paths = vec![sources.to_string_lossy().into_owned()];
    owner.index(&IndexRequest { paths, ..IndexRequest::default() }, |_| {}).await?;
    let request = ShareRequest { pattern: "*".into(), sharing: Sharing::Shared, from: None };
    owner.share(&request).await?;
    Ok(())
}

/// What was seen while somebody who has a key asked, in one place and round.
struct Seen {
    round: usize,
    place: &'static Place,
    /// Milliseconds, ascending.
    times: Vec<f64>,
    tried: u64,
    /// Sockets that the node had open at the end.
    sockets: usize,
    wrong: u64,
    wrong_per_s: f64,
    memory: u64,
}

impl Seen {
    async fn while_asking(
        round: usize,
        place: &'static Place,
        client: &NodeClient,
        options: &Options,
        node: &RunningNode,
        crowd: Option<&Crowd>,
    ) -> Result<Self> {
        let count = |of: fn(&Count) -> &AtomicU64| {
            crowd.map_or(0, |c| of(&c.count).load(Ordering::Relaxed))
        };
        let (started, wrong) = (Instant::now(), count(|c| &c.wrong));
        let times = questions(client, options.questions).await?;
        let wrong = count(|c| &c.wrong) - wrong;
        Ok(Self {
            round,
            place,
            times,
            tried: count(|c| &c.tried),
            sockets: sockets(node.id())?,
            wrong,
            wrong_per_s: wrong as f64 / started.elapsed().as_secs_f64(),
            memory: anonymous_bytes(node.id()).context("the node is gone")?,
        })
    }
}

/// How many sockets a process has open.
fn sockets(process: u32) -> Result<usize> {
    let mut count = 0;
    for file in std::fs::read_dir(format!("/proc/{process}/fd"))? {
        let link = std::fs::read_link(file?.path());
        count += usize::from(link.is_ok_and(|link| link.to_string_lossy().starts_with("socket:")));
    }
    Ok(count)
}

fn report_seen(report: &mut Report, options: &Options, before: u64, seen: &[Seen]) {
    let mut table = Table::new(&[
        "round",
        "strangers come from",
        "p50 ms",
        "p99 ms",
        "slow connections tried",
        "sockets open",
        "wrong keys refused",
        "a second",
        "RssAnon, MB",
    ]);
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    for seen in seen {
        table.row(vec![
            seen.round.to_string(),
            seen.place.name.to_owned(),
            format!("{:.2}", percentile(&seen.times, 50)),
            format!("{:.2}", percentile(&seen.times, 99)),
            seen.tried.to_string(),
            seen.sockets.to_string(),
            seen.wrong.to_string(),
            format!("{:.0}", seen.wrong_per_s),
            format!("{:.1}", megabytes(seen.memory)),
        ]);
    }
    report.table(table);
    // Something else may happen on the machine in one round.
    let p99 = |place: &Place| {
        let rounds = seen.iter().filter(|seen| seen.place.name == place.name);
        let mut each: Vec<f64> = rounds.map(|seen| percentile(&seen.times, 99)).collect();
        each.sort_by(f64::total_cmp);
        percentile(&each, 50)
    };
    let [alone, beside @ ..] = PLACES else { return };
    let bar = 2.0 * options.slack;
    for place in beside {
        let ratio = p99(place) / p99(alone);
        let name = format!("p99 beside strangers from {} over p99 alone, medians", place.name);
        report.bar(&name, format!("{ratio:.2}"), bar, ratio <= bar);
    }
    let most = seen.iter().map(|seen| seen.memory).max().unwrap_or(before);
    let growth = megabytes(most.saturating_sub(before));
    let fits = growth <= GROWTH_MB_MAX;
    report.bar("growth of memory, MB", format!("{growth:.1}"), GROWTH_MB_MAX, fits);
}

/// Asks one after the other; milliseconds, ascending.
async fn questions(client: &NodeClient, count: usize) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        let started = Instant::now();
        let words = format!("lock {}", number % 200);
        let found = client.search(&SearchParams::new(Query::new(words))).await?;
        ensure!(!found.results.is_empty(), "nothing was found");
        times.push(started.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn percentile(times: &[f64], percent: usize) -> f64 {
    let last = times.len().saturating_sub(1);
    times.get((times.len() * percent / 100).min(last)).copied().unwrap_or(f64::NAN)
}

#[derive(Default)]
struct Count {
    /// Slow connections that were begun, whether they were let in or not.
    tried: AtomicU64,
    /// Wrong keys that were answered.
    wrong: AtomicU64,
}

/// Strangers, on a thread of their own.
struct Crowd {
    count: Arc<Count>,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Result<()>>,
}

impl Crowd {
    /// `spread`: over how many addresses; 0: the caller's own.
    fn gather(address: SocketAddr, spread: usize, options: &Options) -> Result<Self> {
        let (slow, each_per_s) = (options.slow, options.wrong / WRONG_CONNECTIONS);
        let (count, stop) = (Arc::new(Count::default()), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&count), Arc::clone(&stop));
        let work = move || {
            // Of this thread alone: Linux has priorities by thread.
            rustix::process::setpriority_process(None, 19)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut tasks = tokio::task::JoinSet::new();
                for number in 0..if each_per_s == 0 { 0 } else { WRONG_CONNECTIONS } {
                    let source = source(number as usize, spread);
                    tasks.spawn(try_keys(address, source, each_per_s, Arc::clone(&counted)));
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                for number in 0..slow {
                    let source = source(number, spread);
                    tasks.spawn(hold(address, source, number % 3, Arc::clone(&counted)));
                    // Nobody beats time for them.
                    tokio::time::sleep(Duration::from_micros(980_000 / slow as u64)).await;
                }
                while !stopped.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                tasks.shutdown().await;
            });
            Ok(())
        };
        let thread = std::thread::Builder::new().name("strangers".into()).spawn(work)?;
        Ok(Self { count, stop, thread })
    }

    async fn part(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        ended.map_err(|_| anyhow::anyhow!("the strangers stumbled"))??;
        // The node closes what they held.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }
}

fn source(number: usize, spread: usize) -> IpAddr {
    let last = number.checked_rem(spread).map_or(1, |rest| rest + 2);
    IpAddr::from([127, 0, 0, u8::try_from(last).unwrap_or(u8::MAX)])
}

/// Holds a connection as long as it is let, and opens the next one: with a head or a body of a byte a second, or with
/// answers that it does not read.
async fn hold(address: SocketAddr, source: IpAddr, kind: usize, count: Arc<Count>) {
    let stranger = Stranger::new();
    loop {
        count.tried.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut stream) = stranger.connect_from(source, address, "http/1.1").await {
            let begun: String = match kind {
                0 => "GET /api/v1/status HTTP/1.1\r\nHost: x\r\nX-Slow: ".into(),
                1 => "POST /api/v1/join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                      Content-Length: 60000\r\n\r\n{"
                    .into(),
                _ => "GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50),
            };
            let mut written = stream.write_all(begun.as_bytes()).await;
            while written.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
                written = match kind {
                    0 | 1 => stream.write_all(b"a").await,
                    _ => stream.write_all(b"\r\n").await,
                };
                if written.is_ok() {
                    written = stream.flush().await;
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Tries wrong keys, one after the other, at its part of the rate.
async fn try_keys(address: SocketAddr, source: IpAddr, per_s: u64, count: Arc<Count>) {
    let stranger = Stranger::new();
    let key = ApiKey::from_entropy([5; 6], [6; 32]);
    let head = "GET /api/v1/search?q=lock HTTP/1.1\r\nHost: x\r\nX-API-Key: ";
    let request = format!("{head}{}\r\n\r\n", key.reveal());
    let mut turn = tokio::time::interval(Duration::from_millis(1_000 / per_s));
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut answer = vec![0; 16 * 1024];
    loop {
        if let Ok(mut stream) = stranger.connect_from(source, address, "http/1.1").await {
            loop {
                turn.tick().await;
                if stream.write_all(request.as_bytes()).await.is_err() {
                    break;
                }
                match stream.read(&mut answer).await {
                    Ok(read) if read > 0 => count.wrong.fetch_add(1, Ordering::Relaxed),
                    _ => break,
                };
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
