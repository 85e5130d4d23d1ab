//! Finding other nodes on the same network by multicast DNS (RFC 6762, RFC 6763), and being found. Where
//! somebody is announced is one more address to try, and never proof of who it is.
//!
//! Packets come from anybody on the network, who need not mean well. `gate` counts them, `packet` reads them, `cache`
//! knows who said what, `daemon` speaks; none of them grows with what others send.

mod cache;
mod daemon;
mod gate;
mod link;
mod packet;
mod socket;
pub(crate) mod txt;

use crate::mesh::address;
use crate::state::Shared;
use cache::{Change, Found};
use camille_proto::id::PeerId;
use camille_proto::local::NearbyPeer;
use daemon::{Daemon, Event};
use packet::Own;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use txt::Announced;

/// The service (RFC 6763 §7).
pub(crate) const SERVICE: &str = "_camille-memory._tcp.local.";
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long it waits before it tries again after a failure.
const RETRY: Duration = Duration::from_secs(5);
/// The most services that are remembered, with those that are gone.
const NEARBY_MAX: usize = 2 * cache::SERVICES_MAX;
/// The most addresses of one service.
const ADDRESSES_MAX: usize = 6;
/// The most announced addresses of one peer that are tried: anyone can announce them, and each takes time.
const TRIED_MAX: usize = 6;

/// Who is announced around here.
#[derive(Debug, Default)]
pub(crate) struct Nearby {
    /// By the address that announced it, and its name.
    services: Mutex<HashMap<(IpAddr, String), Service>>,
    ignored: AtomicU64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Service {
    announced: Announced,
    host: String,
    port: u16,
    addresses: Vec<String>,
    /// Whether it was taken back: it may be there all the same.
    doubtful: bool,
}

impl Nearby {
    /// Where a node is announced, best first.
    pub(crate) fn addresses(&self, peer: &PeerId) -> Vec<String> {
        let services = self.lock();
        let mut found: Vec<&Service> =
            services.values().filter(|service| service.announced.peer_id == *peer).collect();
        found.sort_by_key(|service| service.doubtful);
        found.into_iter().flat_map(|service| service.addresses.clone()).collect()
    }

    /// Everybody who is announced now, by name; with how many services were ignored so far, because what
    /// they said of themselves was missing or malformed.
    pub(crate) fn all(&self) -> (Vec<NearbyPeer>, u64) {
        let services = self.lock();
        let mut all: BTreeMap<(&str, PeerId), NearbyPeer> = BTreeMap::new();
        for ((_, name), service) in services.iter().filter(|(_, service)| !service.doubtful) {
            // By several addresses, or by IPv4 and IPv6: it is one all the same.
            let known =
                all.entry((name, service.announced.peer_id)).or_insert_with(|| NearbyPeer {
                    name: name.clone(),
                    host: service.host.clone(),
                    port: service.port,
                    addresses: Vec::new(),
                    peer_id: service.announced.peer_id,
                    version: service.announced.version.clone(),
                    capabilities: service.announced.capabilities.clone(),
                    indirect: service.announced.indirect,
                    known_as: None,
                });
            known.addresses.extend(service.addresses.iter().cloned());
        }
        let mut all: Vec<NearbyPeer> = all.into_values().collect();
        for peer in &mut all {
            let mut seen = HashSet::new();
            peer.addresses.sort_by_key(|address| (address.starts_with('['), address.clone()));
            peer.addresses.retain(|address| seen.insert(address.clone()));
            peer.addresses.truncate(ADDRESSES_MAX);
        }
        (all, self.ignored.load(Ordering::Relaxed))
    }

    /// Takes note of a service. Whether its node may be somewhere else than before.
    fn found(&self, source: IpAddr, name: String, service: Service) -> bool {
        let mut services = self.lock();
        let key = (source, name);
        if services.len() >= NEARBY_MAX && !services.contains_key(&key) {
            // Whoever is gone makes room: of those who are not, there are never so many.
            services.retain(|_, service| !service.doubtful);
        }
        services.insert(key, service.clone()).as_ref() != Some(&service)
    }

    /// Whether the same node goes by another name too.
    fn is_twice(&self, name: &str, peer: &PeerId) -> bool {
        self.lock().iter().any(|((_, other), service)| {
            other != name && !service.doubtful && service.announced.peer_id == *peer
        })
    }

    fn removed(&self, source: IpAddr, name: String) {
        if let Some(service) = self.lock().get_mut(&(source, name)) {
            service.doubtful = true;
        }
    }

    fn dropped(&self, source: IpAddr, name: String) {
        self.lock().remove(&(source, name));
    }

    /// Nobody was heard where this machine is now.
    fn doubt_all(&self) {
        self.lock().values_mut().for_each(|service| service.doubtful = true);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(IpAddr, String), Service>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Announces this node while it listens for peers, and watches who else is there, until the shutdown.
pub(crate) async fn keep(state: Shared, shutdown: CancellationToken) {
    if !state.settings.discovery.enabled {
        return;
    }
    // A node that is open to nobody announces nothing and asks nobody.
    let mut listening = state.listening.subscribe();
    loop {
        let open = is_reachable(&listening.borrow_and_update());
        let ended = match open.then(|| start(&state)) {
            Some(Ok(daemon)) => serve(daemon, &state, &shutdown, &mut listening).await,
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
pub(crate) fn looks(state: &Shared) -> bool {
    state.service && is_reachable(&state.listening.borrow())
}

/// Nobody on the network reaches what listens on loopback alone.
fn is_reachable(listening: &[SocketAddr]) -> bool {
    listening.iter().any(|address| !address.ip().is_loopback())
}

/// Looks around for so long, for a command without a node.
pub(crate) async fn look(state: &Shared, span: Duration) -> io::Result<()> {
    let mut daemon = Daemon::open(None, &state.identity.peer_id())?;
    match tokio::time::timeout(span, daemon.run(|event| note(state, event))).await {
        Ok(ended) => ended,
        Err(_) => Ok(()),
    }
}

fn start(state: &Shared) -> io::Result<Daemon> {
    Daemon::open(own(state), &state.identity.peer_id())
}

/// What this node says of itself.
fn own(state: &Shared) -> Option<Own> {
    let listening = state.listening.borrow().clone();
    let port = listening.first().map(SocketAddr::port)?;
    let node = &state.settings.node;
    let private = state.settings.discovery.private;
    let peer = state.identity.peer_id();
    let capabilities = crate::api::capabilities();
    let relays = state.settings.mesh.allow_indirect;
    let version = env!("CARGO_PKG_VERSION");
    let text = txt::properties(state.identity.spki(), version, &capabilities, relays)?;
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
    state: &Shared,
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
        ended = daemon.run(|event| note(state, event)) => {
            Ended::Failed(ended.err().map_or_else(String::new, |error| error.to_string()))
        }
    };
    // Nobody asks here any more.
    let _ = tokio::time::timeout(GOODBYE, daemon.part()).await;
    ended
}

fn note(state: &Shared, event: Event) {
    match event {
        Event::Changed(Change::Found(source, service)) => found(state, source, service),
        Event::Changed(Change::Gone(source, name)) => state.nearby.removed(source, name),
        Event::Changed(Change::Dropped(source, name)) => state.nearby.dropped(source, name),
        Event::Changed(Change::Nobody(name)) => {
            tracing::debug!(name, "announced without saying who it is: ignored");
            state.nearby.ignored.fetch_add(1, Ordering::Relaxed);
        }
        // In another network nothing holds that was known of who is there.
        Event::Moved => {
            state.nearby.doubt_all();
            state.doubt_all();
        }
    }
}

fn found(state: &Shared, source: IpAddr, service: Found) {
    let Found { name, host, port, addresses, announced } = service;
    let peer_id = announced.peer_id;
    if peer_id == state.identity.peer_id() {
        return;
    }
    let short = peer_id.short();
    if state.nearby.is_twice(&name, &peer_id)
        && state.limits.is_news("announced twice", &short, Instant::now())
    {
        // Both are tried: the one that proves the key wins.
        tracing::warn!(name, peer = %short, "announced twice");
    }
    let ips = addresses.into_iter().filter(|ip| !address::is_link_local(ip)).take(ADDRESSES_MAX);
    let addresses = ips.map(|ip| SocketAddr::new(ip, port).to_string()).collect();
    let service = Service { announced, host, port, addresses, doubtful: false };
    if state.nearby.found(source, name, service) || state.health.is_away(&peer_id) {
        // It may have come back: it is tried at once.
        state.health.doubt(&peer_id);
    }
}

impl Shared {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn service(peer: u8, address: &str) -> Service {
        let announced = Announced {
            peer_id: PeerId::from_bytes([peer; 32]),
            version: "0.1.0".into(),
            capabilities: Vec::new(),
            indirect: false,
        };
        let addresses = vec![address.to_owned()];
        Service { announced, host: String::new(), port: 1, addresses, doubtful: false }
    }

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn who_said_goodbye_is_doubtful_and_tried_all_the_same() {
        let nearby = Nearby::default();
        assert!(nearby.found(from(1), "a".into(), service(1, "192.0.2.1:1")), "new");
        assert!(!nearby.found(from(1), "a".into(), service(1, "192.0.2.1:1")), "known");
        assert!(nearby.found(from(2), "b".into(), service(1, "192.0.2.2:1")), "another place");
        assert!(nearby.is_twice("b", &PeerId::from_bytes([1; 32])));
        nearby.removed(from(66), "a".into());
        assert_eq!(nearby.all().0.len(), 2, "somebody else cannot take it back");
        nearby.removed(from(1), "a".into());
        let peer = PeerId::from_bytes([1; 32]);
        assert_eq!(nearby.addresses(&peer), ["192.0.2.2:1", "192.0.2.1:1"]);
        assert_eq!(nearby.all().0.len(), 1, "it is shown no more");
    }

    #[test]
    fn who_announces_by_several_addresses_is_shown_once() {
        let nearby = Nearby::default();
        nearby.found(from(1), "a".into(), service(1, "192.0.2.1:1"));
        nearby.found("fe80::1".parse().expect("one"), "a".into(), service(1, "192.0.2.1:1"));
        nearby.found(from(3), "a".into(), service(1, "192.0.2.3:1"));
        let (all, _) = nearby.all();
        assert_eq!(
            (all.len(), &all[0].addresses[..]),
            (1, &["192.0.2.1:1", "192.0.2.3:1"].map(String::from)[..])
        );
    }

    #[test]
    fn those_who_are_gone_make_room() {
        let nearby = Nearby::default();
        for n in 0..NEARBY_MAX {
            nearby.found(from(1), n.to_string(), service(1, "192.0.2.1:1"));
            nearby.removed(from(1), n.to_string());
        }
        nearby.found(from(2), "late".into(), service(2, "192.0.2.2:1"));
        assert_eq!(nearby.lock().len(), 1);
    }
}
