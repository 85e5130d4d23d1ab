//! What somebody on the same network can pour over a node by multicast DNS, who has no key: many questions, many
//! records, services that are not there, nonsense; from many addresses. Memory and processor stay, and who comes
//! anew is found. Needs root and `ip`; nothing leaves the namespaces.

use super::Options;
use crate::bench::process::{anonymous_bytes, processor_s_of};
use crate::network::host::Host;
use crate::network::is_strict;
use crate::network::lan::Lan;
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use camille_proto::grant::Grant;
use camille_proto::local::KeyRequest;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

/// Packets in one flood.
const PACKETS: u64 = 100_000;
const GROWTH_MB_MAX: f64 = 20.0;
const SHARE_MAX: f64 = 0.2;
const FOUND_WITHIN: Duration = Duration::from_secs(10);
const LOG_BYTES_MAX: u64 = 100_000;
/// The addresses that it pours from.
const SOURCES: std::ops::Range<u8> = 100..140;
/// The key of a service that is not there: any point on the curve.
const POINT: &str = "pubkey=A2sX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW";

pub(super) async fn measure(options: &Options) -> Result<Report> {
    let binary = crate::crash::node::binary(options.binary.as_deref())?;
    let binary = std::fs::canonicalize(binary)?;
    let mut report = Report::new("A flood of multicast DNS");
    let Some(lan) = Lan::make(3)? else {
        ensure!(!is_strict(), "no network namespaces: run as root, with `ip` (iproute2)");
        report.fact("skipped", "no network namespaces: needs root, and `ip` (iproute2)");
        return Ok(report);
    };
    let folder = tempfile::Builder::new().prefix("cml-").tempdir()?;
    let mut node = Host::new(&lan, 0, &binary, folder.path())?;
    let mut newcomer = Host::new(&lan, 2, &binary, folder.path())?;
    for host in [&mut node, &mut newcomer] {
        host.start().await?;
        // With a key it is open to the network.
        let request = KeyRequest { name: "opens".into(), grant: Grant::teammate(), peer: false };
        host.client().create_key(&request).await?;
    }
    newcomer.stop().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let process = node.pid().context("no process")?;
    let before = anonymous_bytes(process).context("the node is gone")?;
    let used = processor_s_of(process)?;
    let span = options.flood();
    let act = format!("{PACKETS},{}", span.as_secs());
    let mut flood = lan
        .command(1, &std::env::current_exe()?)
        .args(["load", "--act", &act])
        .kill_on_drop(true)
        .spawn()?;
    let started = Instant::now();
    tokio::time::sleep(span / 2).await;
    newcomer.start().await?;
    let (mut most, mut found) = (before, None);
    let come = Instant::now();
    loop {
        most = most.max(anonymous_bytes(process).context("the node is gone")?);
        if found.is_none() && node.sees(newcomer.name()).await? {
            found = Some(come.elapsed());
        }
        let is_over = flood.try_wait()?;
        if let Some(status) = is_over {
            ensure!(status.success(), "the flood stumbled: {status}");
            if found.is_some() || come.elapsed() > FOUND_WITHIN {
                break;
            }
        }
        ensure!(started.elapsed() < span * 4, "the flood does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let share = (processor_s_of(process)? - used) / started.elapsed().as_secs_f64();
    let growth = most.saturating_sub(before) as f64 / 1e6;
    report.fact("packets, and seconds they took", format!("{PACKETS}, {:.0}", span.as_secs_f64()));
    let bar = format!("≤ {GROWTH_MB_MAX}");
    report.bar("MB more", format!("{growth:.1}"), bar, growth <= GROWTH_MB_MAX);
    let bar = format!("≤ {SHARE_MAX}");
    let fits = share <= SHARE_MAX * options.slack;
    report.bar("share of a core", format!("{share:.3}"), bar, fits);
    let shown = found.map_or("never".into(), |span| format!("{:.1} s", span.as_secs_f64()));
    let bar = format!("≤ {} s", FOUND_WITHIN.as_secs());
    let fits = found.is_some_and(|span| span <= FOUND_WITHIN);
    report.bar("a newcomer is found meanwhile", shown, bar, fits);
    let log = folder.path().join("0/camille/logs/camille.log");
    let bytes = std::fs::metadata(log)?.len();
    let bar = format!("≤ {LOG_BYTES_MAX}");
    report.bar("bytes in the log", bytes, bar, bytes <= LOG_BYTES_MAX);
    let listed = node.client().discover(Some(Duration::from_millis(1))).await?.peers.len();
    report.fact("services listed at the end", listed);
    node.stop().await?;
    newcomer.stop().await?;
    Ok(report)
}

/// Pours so many packets in so many seconds. `act`: both, with a comma between.
pub(super) fn act(act: &str) -> Result<()> {
    let (packets, seconds) = act.split_once(',').context("PACKETS,SECONDS")?;
    let (packets, seconds): (u64, u64) = (packets.parse()?, seconds.parse()?);
    let group = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 251), 5353);
    let mut sockets = Vec::new();
    for last in SOURCES {
        let address = format!("10.86.0.{last}/24");
        let _ = std::process::Command::new("ip")
            .args(["address", "add", &address, "dev", "eth0"])
            .status()?;
        sockets.push(UdpSocket::bind((Ipv4Addr::new(10, 86, 0, last), 0))?);
    }
    let started = Instant::now();
    for number in 0..packets {
        let socket = &sockets[usize::try_from(number)? % sockets.len()];
        // A queue that is full is no failure.
        let _ = socket.send_to(&packet(number), group);
        let due = Duration::from_secs(seconds).mul_f64(number as f64 / packets as f64);
        if let Some(early) = due.checked_sub(started.elapsed()) {
            #[expect(clippy::disallowed_methods, reason = "nothing else runs here")]
            std::thread::sleep(early);
        }
    }
    Ok(())
}

fn packet(number: u64) -> Vec<u8> {
    match number % 6 {
        0 => questions(500),
        1 => questions(60),
        2 => hosts(number, 30),
        3 => hosts(number, 130),
        4 => service(number),
        // Nonsense.
        _ => (0..1_200).map(|at: u64| (number.wrapping_mul(at + 7) >> 3) as u8).collect(),
    }
}

fn head(answer: bool, questions: u16, answers: u16) -> Vec<u8> {
    let mut bytes = vec![0, 0, if answer { 0x84 } else { 0 }, 0];
    bytes.extend(questions.to_be_bytes());
    bytes.extend(answers.to_be_bytes());
    bytes.extend([0; 4]);
    bytes
}

fn name(bytes: &mut Vec<u8>, labels: &[&str]) {
    for label in labels {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
}

const SERVICE: [&str; 3] = ["_camille-memory", "_tcp", "local"];

fn questions(count: u16) -> Vec<u8> {
    let mut bytes = head(false, count, 0);
    for at in 0..count {
        if at == 0 {
            name(&mut bytes, &SERVICE);
        } else {
            bytes.extend([0xc0, 12]);
        }
        bytes.extend([0, 12, 0, 1]);
    }
    bytes
}

fn record(bytes: &mut Vec<u8>, kind: u8, rdata: &[u8]) {
    bytes.extend([0, kind, 0x80, 1, 0, 0, 0x11, 0x94]);
    bytes.extend((rdata.len() as u16).to_be_bytes());
    bytes.extend(rdata);
}

/// Addresses of hosts that are not there.
fn hosts(number: u64, count: u16) -> Vec<u8> {
    let mut bytes = head(true, 0, count);
    for at in 0..count {
        let host = format!("h{number}-{at}-{}", "x".repeat(40));
        name(&mut bytes, &[&host, "local"]);
        record(&mut bytes, 1, &[10, 1, number as u8, at as u8]);
    }
    bytes
}

/// A service that is not there, well said.
fn service(number: u64) -> Vec<u8> {
    let (instance, host) = (format!("made-up-{number}"), format!("made-up-{number}"));
    let full = [&instance[..], SERVICE[0], SERVICE[1], SERVICE[2]];
    let mut bytes = head(true, 0, 4);
    let mut rdata = Vec::new();
    name(&mut rdata, &full);
    name(&mut bytes, &SERVICE);
    record(&mut bytes, 12, &rdata);
    let mut rdata = vec![0, 0, 0, 0, 0x1d, 0xd9];
    name(&mut rdata, &[&host, "local"]);
    name(&mut bytes, &full);
    record(&mut bytes, 33, &rdata);
    let mut rdata = Vec::new();
    for property in ["version=0.1.0", POINT, "capabilities=search"] {
        rdata.push(property.len() as u8);
        rdata.extend(property.as_bytes());
    }
    name(&mut bytes, &full);
    record(&mut bytes, 16, &rdata);
    name(&mut bytes, &[&host, "local"]);
    record(&mut bytes, 1, &[10, 86, 0, 200]);
    bytes
}
