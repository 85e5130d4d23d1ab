//! Finding other nodes on the same network by multicast DNS (RFC 6762, RFC 6763), and being found. Where
//! somebody is announced is one more address to try, and never proof of who it is.
//!
//! Packets come from anybody on the network, who need not mean well. `gate` counts them, `packet` reads them, `cache`
//! knows who said what, `daemon` speaks; none of them grows with what others send.

mod cache;
mod daemon;
mod gate;
mod link;
pub(crate) mod nearby;
mod packet;
mod socket;
pub(crate) mod txt;

use crate::mesh::interface;
use crate::mesh::service::Mesh;
use cache::{Change, Found};
use camille_proto::id::PeerId;
use daemon::{Daemon, Event};
use nearby::{ADDRESSES_MAX, Service};
use packet::Own;
use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The service (RFC 6763 §7).
pub(crate) const SERVICE: &str = "_camille-memory._tcp.local.";
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long it waits before it tries again after a failure.
const RETRY: Duration = Duration::from_secs(5);
/// The most announced addresses of one peer that are tried: anyone can announce them, and each takes time.
const TRIED_MAX: usize = 6;

/// Announces this node while it listens for peers, and watches who else is there, until the shutdown.
pub(crate) async fn keep(mesh: Mesh, shutdown: CancellationToken) {
    if !mesh.home.settings.discovery.enabled {
        return;
    }
    // A node that is open to nobody announces nothing and asks nobody.
    let mut listening = mesh.life.listening.subscribe();
    loop {
        let open = is_reachable(&listening.borrow_and_update());
        let ended = match open.then(|| start(&mesh)) {
            Some(Ok(daemon)) => serve(daemon, &mesh, &shutdown, &mut listening).await,
            Some(Err(error)) => Ended::Failed(error.to_string()),
            None => Ended::Waits,
        };
        let again = async {
            match ended {
                Ended::Moved => {}
                Ended::Waits => drop(listening.changed().await),
                Ended::Failed(error) => {
                    tracing::warn!(error, "no mDNS; peers are still tried where they were last");
                    tokio::time::sleep(RETRY).await;
                }
            }
        };
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            () = again => {}
        }
    }
}

/// Why a daemon serves no more.
enum Ended {
    /// This node listens elsewhere now, or stops.
    Moved,
    /// It listens for nobody yet.
    Waits,
    /// It does not work, for this reason.
    Failed(String),
}

/// Whether a running node looks around all the time.
pub(crate) fn looks(mesh: &Mesh) -> bool {
    mesh.life.service && is_reachable(&mesh.life.listening.borrow())
}

/// Nobody on the network reaches what listens on loopback alone.
fn is_reachable(listening: &[SocketAddr]) -> bool {
    listening.iter().any(|address| !address.ip().is_loopback())
}

/// Looks around for so long, for a command without a node.
pub(crate) async fn look(mesh: &Mesh, span: Duration) -> io::Result<()> {
    let mut daemon = Daemon::open(None, &mesh.home.identity.peer_id())?;
    match tokio::time::timeout(span, daemon.run(|event| note(mesh, event))).await {
        Ok(ended) => ended,
        Err(_) => Ok(()),
    }
}

fn start(mesh: &Mesh) -> io::Result<Daemon> {
    Daemon::open(own(mesh), &mesh.home.identity.peer_id())
}

/// What this node says of itself.
fn own(mesh: &Mesh) -> Option<Own> {
    let listening = mesh.life.listening.borrow().clone();
    let port = listening.first().map(SocketAddr::port)?;
    let node = &mesh.home.settings.node;
    let private = mesh.home.settings.discovery.private;
    let peer = mesh.home.identity.peer_id();
    let capabilities = crate::capability::capabilities();
    let relays = mesh.home.settings.mesh.allow_indirect;
    let version = env!("CARGO_PKG_VERSION");
    let text = txt::properties(mesh.home.identity.spki(), version, &capabilities, relays)?;
    let user = node.user.as_deref().unwrap_or(&node.name);
    let host = txt::host(&peer, &node.machine, private);
    // Where the owner chose addresses, those are announced and no others.
    let everywhere = listening.iter().any(|address| address.ip().is_unspecified());
    let chosen = listening.iter().map(SocketAddr::ip).filter(|ip| !everywhere && !ip.is_loopback());
    Some(Own {
        instance: txt::instance(&peer, &node.machine, user, private),
        host: host.trim_end_matches('.').to_owned(),
        port,
        text: text.into(),
        chosen: chosen.collect(),
    })
}

/// Until the shutdown, or until this node listens elsewhere.
async fn serve(
    mut daemon: Daemon,
    mesh: &Mesh,
    shutdown: &CancellationToken,
    listening: &mut tokio::sync::watch::Receiver<Vec<SocketAddr>>,
) -> Ended {
    let now = listening.borrow().clone();
    let moved = async {
        while listening.changed().await.is_ok() {
            if *listening.borrow_and_update() != now {
                return;
            }
        }
    };
    let ended = tokio::select! {
        () = shutdown.cancelled() => Ended::Moved,
        () = moved => Ended::Moved,
        ended = daemon.run(|event| note(mesh, event)) => {
            Ended::Failed(ended.err().map_or_else(String::new, |error| error.to_string()))
        }
    };
    // Nobody asks here any more.
    let _ = tokio::time::timeout(GOODBYE, daemon.part()).await;
    ended
}

fn note(mesh: &Mesh, event: Event) {
    match event {
        Event::Changed(Change::Found(source, service)) => found(mesh, source, service),
        Event::Changed(Change::Gone(source, name)) => mesh.nearby.removed(source, name),
        Event::Changed(Change::Dropped(source, name)) => mesh.nearby.dropped(source, name),
        Event::Changed(Change::Nobody(name)) => {
            tracing::debug!(name, "announced without saying who it is: ignored");
            mesh.nearby.ignore();
        }
        // In another network nothing holds that was known of who is there.
        Event::Moved => {
            mesh.nearby.doubt_all();
            mesh.doubt_all();
        }
    }
}

fn found(mesh: &Mesh, source: IpAddr, service: Found) {
    let Found { name, host, port, addresses, announced } = service;
    let peer_id = announced.peer_id;
    if peer_id == mesh.home.identity.peer_id() {
        return;
    }
    let short = peer_id.short();
    if mesh.nearby.is_twice(&name, &peer_id)
        && mesh.limits.is_news("announced twice", &short, Instant::now())
    {
        // Both are tried: the one that proves the key wins.
        tracing::warn!(name, peer = %short, "announced twice");
    }
    let ips = addresses.into_iter().filter(|ip| !interface::is_link_local(ip)).take(ADDRESSES_MAX);
    let addresses = ips.map(|ip| SocketAddr::new(ip, port).to_string()).collect();
    let service = Service { announced, host, port, addresses, doubtful: false };
    if mesh.nearby.found(source, name, service) || mesh.health.is_away(&peer_id) {
        // It may have come back: it is tried at once.
        mesh.health.doubt(&peer_id);
    }
}

impl Mesh {
    /// Tells the pool where a peer may be: where it was last, where it is announced, and where else it was.
    /// Whoever announces a peer falsely costs a moment, and never pushes aside where it really was.
    pub(crate) fn locate(&self, peer: PeerId, known: &[String]) {
        let mut seen = HashSet::new();
        let announced = self.nearby.addresses(&peer);
        let (last, others) = known.split_at(known.len().min(1));
        let mut addresses: Vec<String> = last.to_vec();
        addresses.extend(announced.into_iter().take(TRIED_MAX));
        addresses.extend_from_slice(others);
        addresses.retain(|address| seen.insert(address.clone()));
        self.pool.set_addresses(peer, addresses);
    }
}
