//! `eval network`: real nodes on hosts of their own (network namespaces on a bridge), which find each other,
//! lose each other and find each other again. Needs root and `ip`. Nothing leaves the namespaces.

mod avahi;
pub(crate) mod host;
mod idle;
pub(crate) mod lan;

use crate::report::{Report, Table};
use anyhow::{Result, bail, ensure};
use camille_proto::answer::Outcome;
use camille_proto::grant::Grant;
use camille_proto::local::AuditQuery;
use camille_proto::local::{InviteRequest, JoinCommand, OwnerSearch};
use camille_proto::query::Query;
use clap::Args;
use host::Host;
use lan::Lan;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long anything may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often somebody asks: peers count questions.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// So often at first.
const ASKED_FAST: u32 = 20;
/// And then.
const ASK_SLOWLY: Duration = Duration::from_millis(1_500);
/// How often a node is killed, and a cable pulled.
const TRIALS: usize = 3;

/// Which nodes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many.
    #[arg(long, default_value_t = 10)]
    nodes: usize,
    /// How many times longer than promised things may take, and how many times more cost, before that counts
    /// as broken: on a machine that has other work to do.
    #[arg(long, default_value_t = 1)]
    slack: u32,
    /// How many seconds the cost of an idle network is watched; 0: not at all.
    #[arg(long, default_value_t = 60)]
    idle: u64,
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Runs every scene.
pub(crate) async fn measure(options: &Options) -> Result<Report> {
    let binary = crate::crash::node::binary(options.binary.as_deref())?;
    let binary = std::fs::canonicalize(binary)?;
    let Some(lan) = Lan::make(options.nodes + 1)? else {
        ensure!(!is_strict(), "no network namespaces: run as root, with `ip` (iproute2)");
        let mut report = Report::new("Nodes on a network");
        report.fact("skipped", "no network namespaces: needs root, and `ip` (iproute2)");
        return Ok(report);
    };
    let folder = tempfile::Builder::new().prefix("cml-").tempdir()?;
    let mut hosts = Vec::new();
    for place in 0..options.nodes {
        let mut host = Host::new(&lan, place, &binary, folder.path())?;
        host.start().await?;
        hosts.push(host);
    }
    join_everybody(&hosts).await?;

    let mut report = Report::new(format!("{} nodes on a network", options.nodes));
    let mut table = Table::new(&["what", "times", "p50", "p95", "most"]);
    let mut scene = |report: &mut Report, what: &str, spans: Vec<Duration>, most: Duration| {
        let spans = sorted(spans);
        let at = |part: f64| spans[((spans.len() - 1) as f64 * part).round() as usize];
        let shown = |span: Duration| format!("{:.2} s", span.as_secs_f64());
        let worst = spans.last().copied().unwrap_or_default();
        table.row(vec![
            what.into(),
            spans.len().to_string(),
            shown(at(0.5)),
            shown(at(0.95)),
            shown(worst),
        ]);
        let most = most * options.slack;
        report.bar(
            format!("{what} (p95)"),
            shown(at(0.95)),
            format!("≤ {}", shown(most)),
            at(0.95) <= most,
        );
    };
    let found = find_each_other(&mut hosts).await?;
    scene(&mut report, "found by everybody else after a start", found, Duration::from_secs(2));
    let lost = killed(&mut hosts).await?;
    scene(&mut report, "a killed node shows as inactive", lost, Duration::from_secs(15));
    let skipped = costs_nothing(&mut hosts).await?;
    scene(&mut report, "a search beside a killed node", skipped, Duration::from_millis(300));
    let again = unplugged(&lan, &hosts).await?;
    scene(&mut report, "found again after its link came back", again, Duration::from_secs(5));
    let (others, each_other) = swapped(&lan, &hosts).await?;
    scene(&mut report, "found again after two swapped addresses", others, PATIENCE);
    scene(&mut report, "and the two by each other", each_other, PATIENCE);
    if has("nft") {
        let deaf = without_multicast(&lan, &mut hosts).await?;
        scene(&mut report, "found after a start without multicast", deaf, Duration::from_secs(15));
    } else {
        missing(&mut report, "without multicast", "nft (nftables)")?;
    }
    report.table(table);
    if options.idle > 0 {
        let span = Duration::from_secs(options.idle);
        idle::measure(&lan, &hosts, span, f64::from(options.slack), &mut report).await?;
    }
    if avahi::is_there() {
        avahi::measure(&lan, &hosts, options.nodes, &mut report).await?;
    } else {
        missing(&mut report, "Avahi", "avahi-daemon, avahi-utils and dbus")?;
    }
    for host in &mut hosts {
        host.stop().await?;
    }
    Ok(report)
}

/// The first one invites all others.
async fn join_everybody(hosts: &[Host]) -> Result<()> {
    for inviter in 0..hosts.len() {
        let uses = u32::try_from(hosts.len())?;
        let request = InviteRequest { expires_s: 3_600, uses, grant: Grant::teammate() };
        let invite = hosts[inviter].client().create_invite(&request).await?;
        for guest in &hosts[inviter + 1..] {
            let command = JoinCommand { line: invite.line.clone(), name: None };
            let joined = guest.client().join_invite(&command).await?;
            ensure!(!joined.pending, "{} could not join: {:?}", guest.name(), joined.reason);
        }
    }
    Ok(())
}

/// Every node is started anew while the others run: how long until each of the others has found it.
async fn find_each_other(hosts: &mut [Host]) -> Result<Vec<Duration>> {
    let mut spans = Vec::new();
    for place in 0..hosts.len() {
        hosts[place].stop().await?;
        for other in others(hosts, place) {
            until(|| async { Ok(!other.sees(hosts[place].name()).await?) }).await?;
        }
        let started = Instant::now();
        hosts[place].start().await?;
        let mut waiting: Vec<&Host> = others(hosts, place).collect();
        while !waiting.is_empty() {
            let mut still = Vec::new();
            for other in waiting {
                if other.sees(hosts[place].name()).await? {
                    spans.push(started.elapsed());
                } else {
                    still.push(other);
                }
            }
            waiting = still;
            ensure!(started.elapsed() < PATIENCE, "node {place} is not found");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    Ok(spans)
}

/// How long until everybody knows that a node was killed.
async fn killed(hosts: &mut [Host]) -> Result<Vec<Duration>> {
    let mut spans = Vec::new();
    for place in 1..=TRIALS {
        hosts[place].kill().await?;
        let killed = Instant::now();
        let id = hosts[place].peer_id();
        for other in others(hosts, place) {
            until(|| async {
                let peers = other.client().peers().await?;
                Ok(peers.iter().any(|p| p.peer_id == id && p.status == "inactive"))
            })
            .await?;
            spans.push(killed.elapsed());
        }
        hosts[place].start().await?;
        all_answer(&hosts[0], hosts.len() - 1).await?;
    }
    Ok(spans)
}

/// What a search takes while a peer is known to be away.
async fn costs_nothing(hosts: &mut [Host]) -> Result<Vec<Duration>> {
    hosts[1].kill().await?;
    let id = hosts[1].peer_id();
    until(|| async {
        let answer = ask(&hosts[0]).await?;
        Ok(answer.peers.iter().any(|p| p.peer_id == id && p.status == Outcome::Skipped))
    })
    .await?;
    let mut spans = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        ask(&hosts[0]).await?;
        spans.push(started.elapsed());
    }
    hosts[1].start().await?;
    all_answer(&hosts[0], hosts.len() - 1).await?;
    Ok(spans)
}

/// How long until a node whose cable was pulled answers again.
async fn unplugged(lan: &Lan, hosts: &[Host]) -> Result<Vec<Duration>> {
    let mut spans = Vec::new();
    for place in 1..=TRIALS {
        lan.unplug(place)?;
        let id = hosts[place].peer_id();
        until(|| async {
            let answer = ask(&hosts[0]).await?;
            Ok(answer.peers.iter().any(|p| p.peer_id == id && p.status == Outcome::Skipped))
        })
        .await?;
        lan.plug(place)?;
        let plugged = Instant::now();
        all_answer(&hosts[0], hosts.len() - 1).await?;
        spans.push(plugged.elapsed());
    }
    Ok(spans)
}

/// Two nodes have each other's address from one moment to the next: no key reaches the wrong one.
async fn swapped(lan: &Lan, hosts: &[Host]) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let (mut by_others, mut by_each_other) = (Vec::new(), Vec::new());
    for _ in 0..TRIALS {
        lan.swap(1, 2)?;
        let swapped = Instant::now();
        all_answer(&hosts[0], hosts.len() - 1).await?;
        by_others.push(swapped.elapsed());
        // Where the other one was each of the two finds itself: only multicast tells it more.
        all_answer(&hosts[1], hosts.len() - 1).await?;
        all_answer(&hosts[2], hosts.len() - 1).await?;
        by_each_other.push(swapped.elapsed());
    }
    // A key of another node would stand there as refused.
    for host in &hosts[1..=2] {
        let refused = host.client().audit(&AuditQuery::newest(10_000)).await?;
        let refused = refused.iter().filter(|entry| entry.status == 401).count();
        ensure!(refused == 0, "{refused} keys reached the wrong node");
    }
    Ok((by_others, by_each_other))
}

/// How long until everybody answers a node that is started anew in a network without multicast DNS.
async fn without_multicast(lan: &Lan, hosts: &mut [Host]) -> Result<Vec<Duration>> {
    for place in 0..hosts.len() {
        lan.deafen(place, true)?;
    }
    let mut spans = Vec::new();
    for place in 0..TRIALS {
        hosts[place].stop().await?;
        hosts[place].start().await?;
        let started = Instant::now();
        all_answer(&hosts[place], hosts.len() - 1).await?;
        all_answer(&hosts[(place + 1) % hosts.len()], hosts.len() - 1).await?;
        spans.push(started.elapsed());
    }
    for place in 0..hosts.len() {
        lan.deafen(place, false)?;
    }
    Ok(spans)
}

/// Whether a program is there.
fn has(program: &str) -> bool {
    std::process::Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Says that a scene was left out; where everything must be checked that is an error.
fn missing(report: &mut Report, scene: &str, tools: &str) -> Result<()> {
    ensure!(!is_strict(), "{scene}: {tools} is missing");
    report.fact(format!("skipped: {scene}"), format!("{tools} is missing"));
    Ok(())
}

async fn all_answer(host: &Host, count: usize) -> Result<()> {
    let started = Instant::now();
    let mut times = 0;
    loop {
        let answer = ask(host).await?;
        if answer.coverage.answered as usize == count {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            let missing = answer.peers.iter().filter(|peer| !peer.status.answered());
            let missing: Vec<String> = missing
                .map(|peer| format!("{}: {}", peer.name, peer.error.as_deref().unwrap_or_default()))
                .collect();
            bail!("{} asked {count} for {PATIENCE:?}, without: {missing:?}", host.name());
        }
        times += 1;
        // No more than 60 questions a minute are answered.
        let pause = if times < ASKED_FAST { ASK_EVERY } else { ASK_SLOWLY };
        tokio::time::sleep(pause).await;
    }
}

async fn ask(host: &Host) -> Result<camille_proto::answer::Answer> {
    let query = Query::new("anything");
    let search = OwnerSearch { query, local: false, peers: Vec::new(), timeout_ms: None };
    Ok(host.client().owner_search(&search).await?.answer)
}

/// Whether everything that can be checked must be.
pub(crate) fn is_strict() -> bool {
    #[expect(clippy::disallowed_methods, reason = "only .ci/run sets it, for what runs there")]
    std::env::var_os("CAMILLE_STRICT").is_some()
}

async fn until<F: Future<Output = Result<bool>>>(mut happened: impl FnMut() -> F) -> Result<()> {
    let started = Instant::now();
    while !happened().await? {
        if started.elapsed() > PATIENCE {
            bail!("did not happen within {PATIENCE:?}");
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(())
}

fn others(hosts: &[Host], place: usize) -> impl Iterator<Item = &Host> {
    hosts.iter().enumerate().filter(move |(at, _)| *at != place).map(|(_, host)| host)
}

fn sorted(mut spans: Vec<Duration>) -> Vec<Duration> {
    spans.sort_unstable();
    spans
}
