//! Another implementation of mDNS on the same network: Avahi sees the nodes, and a node sees what Avahi
//! publishes. Its daemons run on a host of their own and leave nothing behind.

use super::host::Host;
use super::lan::Lan;
use crate::report::Report;
use anyhow::{Context, Result, bail};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

/// Programs without which there is nothing to see.
const PROGRAMS: [&str; 4] = ["avahi-daemon", "avahi-browse", "avahi-publish", "dbus-daemon"];
/// The base point of P-256 (SEC 2, 2.4.2), compressed, in base64url: a key that nobody has lost.
const PUBKEY: &str = "A2sX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW";
/// What the script says when what it saw is complete.
const COMPLETE: &str = "-- complete";
/// How long the daemons may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the daemons in a mount namespace of their own, publishes a good service and three bad ones, and
/// prints what is seen of the nodes. It ends when its standard input does.
const SCRIPT: &str = r#"
mount -t tmpfs none /run && mkdir -p /run/dbus /run/avahi-daemon
dbus-daemon --system --nofork --nopidfile >/dev/null 2>&1 &
for _ in $(seq 100); do [ -S /run/dbus/system_bus_socket ] && break; sleep 0.1; done
printf '[server]\nuse-ipv6=no\nallow-interfaces=eth0\nhost-name=other\n[publish]\npublish-workstation=no\n' >/run/a.conf
avahi-daemon -f /run/a.conf --no-drop-root --no-chroot --no-rlimits >/dev/null 2>&1 &
for _ in $(seq 100); do avahi-browse -tp _none._tcp >/dev/null 2>&1 && break; sleep 0.1; done
publish() { avahi-publish -s "$@" >/dev/null 2>&1 & }
publish good _camille-memory._tcp 7861 version=9.9.9 pubkey=KEY capabilities=search indirect=1
publish bare _camille-memory._tcp 7861
publish keyless _camille-memory._tcp 7861 version=9.9.9 capabilities=search
publish wrong _camille-memory._tcp 7861 version=9.9.9 pubkey=nonsense capabilities=search
sleep 3
avahi-browse -rtp _camille-memory._tcp
echo '-- complete'
cat >/dev/null
kill $(jobs -p)
"#;

/// Whether Avahi is there.
pub(super) fn is_there() -> bool {
    PROGRAMS.iter().all(|program| super::has(program))
}

/// Looks in both directions; `place`: the host without a node.
pub(super) async fn measure(
    lan: &Lan,
    hosts: &[Host],
    place: usize,
    report: &mut Report,
) -> Result<()> {
    let before = hosts[0].client().discover(Some(Duration::from_secs(1))).await?.ignored;
    let mut child = lan
        .command(place, "unshare".as_ref())
        .args(["-m", "bash", "-c", &SCRIPT.replace("KEY", PUBKEY)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let seen = tokio::time::timeout(PATIENCE, what_it_saw(&mut child)).await??;
    let complete = hosts.iter().filter(|host| is_complete(&seen, host.name())).count();
    report.bar(
        "nodes that Avahi shows with port and TXT",
        complete,
        hosts.len(),
        complete == hosts.len(),
    );
    let found = hosts[0].client().discover(Some(Duration::from_secs(5))).await?;
    let good = found.peers.iter().find(|peer| peer.name == "good");
    let good = good.is_some_and(|peer| {
        peer.port == 7861
            && peer.indirect
            && peer.capabilities == ["search"]
            && !peer.addresses.is_empty()
    });
    report.bar("a service that Avahi publishes is listed", good, true, good);
    let listed = ["bare", "keyless", "wrong"]
        .iter()
        .filter(|name| found.peers.iter().any(|peer| peer.name == **name))
        .count();
    let ignored = found.ignored.saturating_sub(before);
    report.bar(
        "services without a valid TXT: listed, ignored",
        format!("{listed}, {ignored}"),
        "0, 3",
        listed == 0 && ignored == 3,
    );
    drop(child.stdin.take());
    tokio::time::timeout(PATIENCE, child.wait()).await??;
    Ok(())
}

/// The lines of `avahi-browse -rtp` about services that were resolved.
async fn what_it_saw(child: &mut Child) -> Result<Vec<String>> {
    let out = child.stdout.take().context("its output")?;
    let mut lines = BufReader::new(out).lines();
    let mut seen = Vec::new();
    while let Some(line) = lines.next_line().await? {
        if line == COMPLETE {
            return Ok(seen);
        }
        if line.starts_with('=') {
            seen.push(line);
        }
    }
    bail!("Avahi ended too soon")
}

/// Whether a node is seen with its port and its TXT record.
fn is_complete(seen: &[String], name: &str) -> bool {
    seen.iter().any(|line| {
        let fields: Vec<&str> = line.split(';').collect();
        let [_, _, _, instance, _, _, _, _, port, txt, ..] = fields.as_slice() else {
            return false;
        };
        instance.ends_with(&format!("-{name}"))
            && port.parse::<u16>().is_ok_and(|port| port > 0)
            && ["version=", "pubkey=", "capabilities=search"].iter().all(|part| txt.contains(part))
    })
}
