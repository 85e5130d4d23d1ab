//! `eval load`: strangers hold a thousand connections with slow heads, slow bodies and answers they never read, and try
//! five hundred wrong keys a second, from the address of somebody who has a key and from others. Who has a key must
//! hardly notice, and the node's memory stays bounded. The strangers share the machine's processors with the node.

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

/// Connections that strangers try to hold.
const SLOW: usize = 1_000;
/// Wrong keys a second, and the connections they come by.
const WRONG_PER_S: u64 = 500;
const WRONG_CONNECTIONS: u64 = 10;
/// What memory may grow by.
const GROWTH_MB_MAX: f64 = 64.0;

/// What its node is told besides.
const CONFIG: &str = "[limits]\nsearch_per_minute = 1000000\n";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Questions asked without and with strangers.
    #[arg(long, default_value_t = 2_000)]
    questions: usize,
    /// How much slower than twice as slow it may get: on machines that do other work.
    #[arg(long, default_value_t = 1.0)]
    slack: f64,
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
}

pub(crate) async fn measure(options: &Options) -> Result<Report> {
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

    let mut table = Table::new(&[
        "strangers come from",
        "p50 ms",
        "p99 ms",
        "slow connections opened",
        "held at the end",
        "wrong keys refused",
        "a second",
        "RssAnon, MB",
    ]);
    questions(&client, options.questions / 4).await?;
    let alone = questions(&client, options.questions).await?;
    let before = anonymous_bytes(node.id()).context("the node is gone")?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let mut row = |from: &str, times: &[f64], counts: [String; 4], memory: u64| {
        let [p50, p99] = [50, 99].map(|p| format!("{:.2}", percentile(times, p)));
        let [opened, held, wrong, rate] = counts;
        let memory = format!("{:.1}", megabytes(memory));
        table.row(vec![from.to_owned(), p50, p99, opened, held, wrong, rate, memory]);
    };
    row("(nobody)", &alone, std::array::from_fn(|_| "0".to_owned()), before);
    let (mut worst, mut most) = (0.0_f64, before);
    for (from, spread) in [("its own address", 0), ("another address", 1), ("16 others", 16)] {
        let crowd = Crowd::gather(address, spread)?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (started, wrong) = (Instant::now(), crowd.count.wrong.load(Ordering::Relaxed));
        let times = questions(&client, options.questions).await?;
        let took_s = started.elapsed().as_secs_f64();
        let memory = anonymous_bytes(node.id()).context("the node is gone")?;
        let refused = crowd.count.wrong.load(Ordering::Relaxed) - wrong;
        let counts = [
            crowd.count.opened.load(Ordering::Relaxed).to_string(),
            crowd.count.held.load(Ordering::Relaxed).to_string(),
            refused.to_string(),
            format!("{:.0}", refused as f64 / took_s),
        ];
        row(from, &times, counts, memory);
        worst = worst.max(percentile(&times, 99) / percentile(&alone, 99));
        most = most.max(memory);
        crowd.part().await?;
    }
    report.table(table);
    let bar = 2.0 * options.slack;
    report.bar("p99 beside strangers over p99 alone", format!("{worst:.2}"), bar, worst <= bar);
    let growth = megabytes(most.saturating_sub(before));
    let fits = growth <= GROWTH_MB_MAX;
    report.bar("growth of memory, MB", format!("{growth:.1}"), GROWTH_MB_MAX, fits);

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
    times.get((times.len() * percent / 100).min(times.len() - 1)).copied().unwrap_or(f64::NAN)
}

#[derive(Default)]
struct Count {
    /// Slow connections that were let in, one after the other.
    opened: AtomicU64,
    /// Those that are open.
    held: AtomicU64,
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
    fn gather(address: SocketAddr, spread: usize) -> Result<Self> {
        let (count, stop) = (Arc::new(Count::default()), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&count), Arc::clone(&stop));
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut tasks = tokio::task::JoinSet::new();
                for number in 0..WRONG_CONNECTIONS {
                    let source = source(number as usize, spread);
                    tasks.spawn(try_keys(address, source, Arc::clone(&counted)));
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                for number in 0..SLOW {
                    let source = source(number, spread);
                    tasks.spawn(hold(address, source, number % 3, Arc::clone(&counted)));
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
        if let Ok(mut stream) = stranger.connect_from(source, address, "http/1.1").await {
            count.opened.fetch_add(1, Ordering::Relaxed);
            count.held.fetch_add(1, Ordering::Relaxed);
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
            count.held.fetch_sub(1, Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Tries wrong keys, one after the other, at its part of the rate.
async fn try_keys(address: SocketAddr, source: IpAddr, count: Arc<Count>) {
    let stranger = Stranger::new();
    let key = ApiKey::from_entropy([5; 6], [6; 32]);
    let head = "GET /api/v1/search?q=lock HTTP/1.1\r\nHost: x\r\nX-API-Key: ";
    let request = format!("{head}{}\r\n\r\n", key.reveal());
    let mut turn =
        tokio::time::interval(Duration::from_millis(1_000 * WRONG_CONNECTIONS / WRONG_PER_S));
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
