//! What somebody can pour over a node by TCP and by its sources: connections that say nothing, pings whose answers
//! nobody reads, links that lead everywhere. Who has a key is served meanwhile, also when he comes anew.

use super::{Options, fill, percentile, questions};
use crate::bench::process::anonymous_bytes;
use crate::crash::node::{RunningNode, binary, prepare};
use crate::report::{Report, Table};
use anyhow::{Context, Result, ensure};
use camille_client::{NodeClient, PeerPool, PoolSettings, SearchParams};
use camille_node::identity::Identity;
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::local::{IndexRequest, KeyRequest};
use camille_proto::query::Query;
use camille_testkit::session::Session;
use camille_testkit::stranger::Stranger;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

const CONFIG: &str = "[limits]\nsearch_per_minute = 1000000\n[sources]\nrescan_s = 3600\n";
/// From so many addresses, and so many connections from each.
const MUTE: (u8, usize) = (20, 64);
const PING_SOCKETS: usize = 6;
const UNREAD_CONNECTIONS: usize = 48;
/// What memory may grow by while nobody has shown a key, and when the flood comes from one who has.
const GROWTH_MB_MAX: f64 = 32.0;
const GROWTH_WITH_KEY_MB_MAX: f64 = 64.0;
/// Of a hundred new connections of who has a key, so many are made.
const MADE_MIN: f64 = 95.0;
/// How long reading what links lead to may take.
const LINKS_TIME_MAX: Duration = Duration::from_secs(10);
/// How often an answer's time is measured again before it counts.
const TRIES: usize = 2;

/// Who pours.
#[derive(Clone, Copy)]
enum Flood {
    Mute,
    Pings,
    Unread,
}

pub(super) async fn measure(options: &Options) -> Result<Report> {
    let binary = binary(options.binary.as_deref())?;
    let folder = tempfile::Builder::new().prefix("camille-flood-").tempdir()?;
    prepare(&folder.path().join("home"), CONFIG)?;
    let mut node = RunningNode::start(&binary, folder.path()).await?;
    let result = run(options, folder.path(), &node).await;
    node.kill().await?;
    result
}

/// Who has a key.
struct Rightful {
    peer: PeerId,
    key: String,
    /// Somebody else's, who floods.
    other_key: String,
    address: SocketAddr,
    identity: Identity,
}

impl Rightful {
    fn client(&self) -> Result<(PeerPool, NodeClient)> {
        let pool = PeerPool::new(self.identity.own_certificate(), PoolSettings::default())?;
        pool.set_addresses(self.peer, vec![self.address.to_string()]);
        let client = NodeClient::peer(&pool, self.peer, Some(self.key.parse()?));
        Ok((pool, client))
    }

    /// Of a hundred new connections, one after the other, how many are made and answered.
    async fn new_connections(&self, span: Duration) -> Result<(f64, usize)> {
        let (started, mut made, mut tried) = (Instant::now(), 0, 0);
        while started.elapsed() < span {
            let (_pool, client) = self.client()?;
            tried += 1;
            made +=
                usize::from(client.search(&SearchParams::new(Query::new("lock"))).await.is_ok());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok((made as f64 * 100.0 / f64::from(u32::try_from(tried)?), tried))
    }
}

async fn run(options: &Options, folder: &Path, node: &RunningNode) -> Result<Report> {
    let mut report = Report::new("Floods, and who has a key");
    let owner = node.client();
    fill(folder, owner).await?;
    let request = KeyRequest { name: "asks".into(), grant: Grant::teammate(), peer: false };
    let created = owner.create_key(&request).await?;
    let request = KeyRequest { name: "floods".into(), grant: Grant::teammate(), peer: false };
    let other_key = owner.create_key(&request).await?.key;
    let identity = Identity::load_or_create(&folder.join("caller"), "c", jiff::Timestamp::now())?;
    let address = owner.node_status().await?.listening;
    let address = address.first().context("it listens nowhere")?.parse()?;
    let peer = owner.info().await?.peer_id;
    let rightful = Rightful { peer, key: created.key, other_key, address, identity };
    let (_pool, client) = rightful.client()?;
    let count = usize::try_from(options.flood().as_millis() / 20)?;
    questions(&client, count / 2).await?;
    let memory = || anonymous_bytes(node.id()).context("the node is gone");
    let mut table = Table::new(&[
        "flood",
        "p99 ms before",
        "p99 ms",
        "new connections made, %",
        "of",
        "MB more",
        "poured",
    ]);
    let floods = [
        (Flood::Mute, "mute connections", GROWTH_MB_MAX),
        (Flood::Pings, "pings that nobody reads", GROWTH_WITH_KEY_MB_MAX),
        (Flood::Unread, "answers that nobody reads", GROWTH_WITH_KEY_MB_MAX),
    ];
    for (flood, name, growth_max) in floods {
        let before = memory()?;
        let mut best: Option<(f64, f64)> = None;
        let (mut made, mut tried, mut most, mut poured) = (100.0_f64, 0, before, 0);
        for _ in 0..TRIES {
            // New connections cost the same two processors: they are made without the flood too.
            let (times, _) = tokio::try_join!(
                questions(&client, count),
                rightful.new_connections(options.flood())
            )?;
            let alone = percentile(&times, 99);
            let pouring = Pouring::begin(flood, &rightful)?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            let watch = async {
                let mut most = 0;
                let started = Instant::now();
                while started.elapsed() < options.flood() {
                    most = most.max(memory()?);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Ok::<_, anyhow::Error>(most)
            };
            let (times, fresh, seen) = tokio::try_join!(
                questions(&client, count),
                rightful.new_connections(options.flood()),
                watch
            )?;
            poured += pouring.end().await?;
            (made, tried, most) = (made.min(fresh.0), tried + fresh.1, most.max(seen));
            let beside = percentile(&times, 99);
            if best.is_none_or(|(a, b)| beside / alone < b / a) {
                best = Some((alone, beside));
            }
            if best.is_some_and(|(a, b)| b <= 2.0 * a) {
                break;
            }
        }
        let (alone, beside) = best.unwrap_or((f64::NAN, f64::NAN));
        let growth = most.saturating_sub(before) as f64 / 1e6;
        table.row(vec![
            name.into(),
            format!("{alone:.2}"),
            format!("{beside:.2}"),
            format!("{made:.1}"),
            tried.to_string(),
            format!("{growth:.1}"),
            poured.to_string(),
        ]);
        ensure!(poured > 0, "nothing was poured");
        let wanted = format!("≤ {growth_max}");
        report.bar(
            format!("{name}: MB more"),
            format!("{growth:.1}"),
            wanted,
            growth <= growth_max,
        );
        let wanted = format!("≥ {MADE_MIN}");
        report.bar(
            format!("{name}: new connections of who has a key, %"),
            format!("{made:.1}"),
            wanted,
            made >= MADE_MIN,
        );
        let (ratio, bar) = (beside / alone, 2.0 * options.slack);
        let wanted = format!("≤ {bar}");
        report.bar(
            format!("{name}: p99 over p99 before"),
            format!("{ratio:.2}"),
            wanted,
            ratio <= bar,
        );
    }
    report.table(table);
    links(folder, owner, &memory, &mut report).await?;
    Ok(report)
}

/// Links that lead everywhere, beside a source that somebody writes to.
async fn links(
    folder: &Path,
    owner: &NodeClient,
    memory: &impl Fn() -> Result<u64>,
    report: &mut Report,
) -> Result<()> {
    let bomb = folder.join("bomb");
    let name = |number: usize| bomb.join(format!("n{number}"));
    for number in 0..30 {
        std::fs::create_dir_all(name(number))?;
    }
    for number in 0..29 {
        for link in ["a", "b"] {
            std::os::unix::fs::symlink(name(number + 1), name(number).join(link))?;
        }
    }
    for (number, to) in ["/", "/proc", "/sys", "/dev", ".", ".."].iter().enumerate() {
        std::os::unix::fs::symlink(to, bomb.join(format!("l{number}")))?;
    }
    let before = memory()?;
    let started = Instant::now();
    let sources = folder.join("claude");
    let session = Session::new("late").cwd("/srv/api").person("what does the zeppelin carry");
    session.write_under(&sources)?;
    let paths = vec![bomb.to_string_lossy().into_owned(), sources.to_string_lossy().into_owned()];
    let request = IndexRequest { paths, ..IndexRequest::default() };
    let indexed = tokio::time::timeout(LINKS_TIME_MAX * 3, owner.index(&request, |_| {})).await;
    let took = started.elapsed();
    let ended = matches!(indexed, Ok(Ok(_)));
    let shown = format!("{:.1} s", took.as_secs_f64());
    let wanted = format!("≤ {} s", LINKS_TIME_MAX.as_secs());
    report.bar("links: reading ends", shown, wanted, ended && took <= LINKS_TIME_MAX);
    let query = camille_proto::local::OwnerSearch {
        query: Query::new("zeppelin"),
        local: true,
        peers: Vec::new(),
        timeout_ms: None,
    };
    let found = owner.owner_search(&query).await?.answer.results.len();
    report.bar("links: what another source has is found", found, 1, found == 1);
    let skipped = owner.node_status().await?.skipped.len();
    report.bar("links: left out, and told of", skipped, "≥ 4", skipped >= 4);
    let growth = memory()?.saturating_sub(before) as f64 / 1e6;
    let wanted = format!("≤ {GROWTH_MB_MAX}");
    report.bar("links: MB more", format!("{growth:.1}"), wanted, growth <= GROWTH_MB_MAX);
    Ok(())
}

/// A flood, on a thread of its own, of the lowest priority: who floods has processors of his own elsewhere.
struct Pouring {
    poured: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Result<()>>,
}

impl Pouring {
    fn begin(flood: Flood, rightful: &Rightful) -> Result<Self> {
        let (poured, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&poured), Arc::clone(&stop));
        let (address, key) = (rightful.address, rightful.other_key.clone());
        let work = move || {
            rustix::process::setpriority_process(None, 19)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut tasks = JoinSet::new();
                match flood {
                    Flood::Mute => {
                        for number in 0..usize::from(MUTE.0) * MUTE.1 {
                            let last = u8::try_from(number / MUTE.1).unwrap_or_default() + 2;
                            tasks.spawn(mute(address, last, Arc::clone(&counted)));
                        }
                    }
                    Flood::Pings => {
                        for _ in 0..PING_SOCKETS {
                            tasks.spawn(pings(address, key.clone(), Arc::clone(&counted)));
                        }
                    }
                    Flood::Unread => {
                        for _ in 0..UNREAD_CONNECTIONS {
                            tasks.spawn(unread(address, key.clone(), Arc::clone(&counted)));
                        }
                    }
                }
                while !stopped.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                tasks.shutdown().await;
            });
            Ok(())
        };
        let thread = std::thread::Builder::new().name("flood".into()).spawn(work)?;
        Ok(Self { poured, stop, thread })
    }

    /// How much it poured.
    async fn end(self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        ended.map_err(|_| anyhow::anyhow!("the flood stumbled"))??;
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(self.poured.load(Ordering::Relaxed))
    }
}

/// Holds a connection that says nothing as long as it is let, and opens the next one.
async fn mute(address: SocketAddr, last: u8, count: Arc<AtomicU64>) {
    loop {
        let connected = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(IpAddr::from([127, 0, 0, last]), 0))?;
            socket.connect(address).await
        };
        if let Ok(mut stream) = connected.await {
            count.fetch_add(1, Ordering::Relaxed);
            let _ = stream.read(&mut [0]).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Writes pings as fast as they are taken and reads no answer.
async fn pings(address: SocketAddr, key: String, count: Arc<AtomicU64>) {
    let stranger = Stranger::new();
    // RFC 6455 §5.2: a ping of 125 bytes, masked with zeros.
    let mut frame = vec![0x89, 0x80 | 125, 0, 0, 0, 0];
    frame.extend([7; 125]);
    let many = frame.repeat(100);
    loop {
        if let Ok(mut stream) = stranger.connect(address, "http/1.1").await {
            let head = format!(
                "GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-API-Key: {key}\r\n\r\n"
            );
            let opened = stream.write_all(head.as_bytes()).await.is_ok()
                && stream.read(&mut [0; 1024]).await.is_ok();
            while opened && stream.write_all(&many).await.is_ok() {
                count.fetch_add(100, Ordering::Relaxed);
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asks for as much as it is let and reads no answer.
async fn unread(address: SocketAddr, key: String, count: Arc<AtomicU64>) {
    let stranger = Stranger::new();
    let request = format!(
        "GET /api/v1/search?q=lock&limit=100 HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n\r\n"
    );
    loop {
        if let Ok(mut stream) = stranger.connect(address, "http/1.1").await {
            let mut open = true;
            while open {
                open = stream.write_all(request.as_bytes()).await.is_ok();
                count.fetch_add(u64::from(open), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
