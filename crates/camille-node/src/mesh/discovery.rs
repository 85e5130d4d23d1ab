//! Finding other nodes on the same network by multicast DNS (RFC 6762, RFC 6763), and being found. Where
//! somebody is announced is one more address to try, and never proof of who it is.

pub(crate) mod txt;

use crate::mesh::address;
use crate::state::Shared;
use camille_proto::id::PeerId;
use camille_proto::local::NearbyPeer;
use mdns_sd::{DaemonEvent, IfKind, IfPredicate, ServiceDaemon, ServiceEvent, ServiceInfo};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use txt::Announced;

/// The service (RFC 6763 §7).
pub(crate) const SERVICE: &str = "_camille-memory._tcp.local.";
/// How often it is looked whether interfaces came or went, in seconds.
const INTERFACES_EVERY_S: u32 = 3;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long it waits before it tries again after a failure.
const RETRY: Duration = Duration::from_secs(5);
/// The most services that are remembered.
const NEARBY_MAX: usize = 1_000;
/// The most addresses of one service.
const ADDRESSES_MAX: usize = 6;
/// The most announced addresses of one peer that are tried: anyone can announce them, and each takes time.
const TRIED_MAX: usize = 6;

/// Who is announced around here.
#[derive(Debug, Default)]
pub(crate) struct Nearby {
    services: Mutex<HashMap<String, Service>>,
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
        let mut all: Vec<NearbyPeer> = services
            .iter()
            .filter(|(_, service)| !service.doubtful)
            .map(|(name, service)| NearbyPeer {
                name: name.clone(),
                host: service.host.clone(),
                port: service.port,
                addresses: service.addresses.clone(),
                peer_id: service.announced.peer_id,
                version: service.announced.version.clone(),
                capabilities: service.announced.capabilities.clone(),
                indirect: service.announced.indirect,
                known_as: None,
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        (all, self.ignored.load(Ordering::Relaxed))
    }

    /// Takes note of a service. Whether its node may be somewhere else than before.
    fn found(&self, name: String, service: Service) -> bool {
        let mut services = self.lock();
        let mut others = services.iter().filter(|(other, _)| **other != name);
        let twice = others.any(|(_, other)| other.announced.peer_id == service.announced.peer_id);
        if twice && !services.contains_key(&name) {
            // Both are tried: the one that proves the key wins.
            tracing::warn!(name, peer = %service.announced.peer_id.short(), "announced twice");
        }
        if services.len() >= NEARBY_MAX && !services.contains_key(&name) {
            // Whoever is gone makes room.
            services.retain(|_, service| !service.doubtful);
        }
        if services.len() >= NEARBY_MAX && !services.contains_key(&name) {
            self.ignored.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        services.insert(name, service.clone()).as_ref() != Some(&service)
    }

    fn removed(&self, name: &str) {
        if let Some(service) = self.lock().get_mut(name) {
            service.doubtful = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Service>> {
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
        let ended = match open.then(|| Daemon::start(&state)) {
            Some(Ok(daemon)) => daemon.serve(&state, &shutdown, &mut listening).await,
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
pub(crate) async fn look(state: &Shared, span: Duration) -> Result<(), mdns_sd::Error> {
    let daemon = Daemon::browsing()?;
    let _ = tokio::time::timeout(span, daemon.browse(state)).await;
    daemon.end().await;
    Ok(())
}

struct Daemon {
    daemon: ServiceDaemon,
    /// The full name of this node's own service.
    own: Option<String>,
}

impl Daemon {
    fn browsing() -> Result<Self, mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        daemon.set_ip_check_interval(INTERFACES_EVERY_S)?;
        let leads_nowhere = |interface: &if_addrs::Interface| {
            interface.is_loopback() || address::is_bridge(&interface.name)
        };
        daemon.disable_interface(IfKind::Predicate(IfPredicate::new(leads_nowhere)))?;
        Ok(Self { daemon, own: None })
    }

    fn start(state: &Shared) -> Result<Self, mdns_sd::Error> {
        let mut daemon = Self::browsing()?;
        let listening = state.listening.borrow().clone();
        let Some(port) = listening.first().map(SocketAddr::port) else { return Ok(daemon) };
        let node = &state.settings.node;
        let discovery = &state.settings.discovery;
        let peer = state.identity.peer_id();
        let capabilities = crate::api::capabilities();
        let relays = state.settings.mesh.allow_indirect;
        let version = env!("CARGO_PKG_VERSION");
        let Some(said) = txt::properties(state.identity.spki(), version, &capabilities, relays)
        else {
            return Ok(daemon);
        };
        let user = node.user.as_deref().unwrap_or(&node.name);
        let instance = txt::instance(&peer, &node.machine, user, discovery.private);
        let host = txt::host(&peer, &node.machine, discovery.private);
        // Where the owner chose addresses, those are announced and no others.
        let everywhere = listening.iter().any(|address| address.ip().is_unspecified());
        let chosen: Vec<IpAddr> =
            listening.iter().map(SocketAddr::ip).filter(|ip| !ip.is_loopback()).collect();
        let addresses: &[IpAddr] = if everywhere { &[] } else { &chosen };
        let service = ServiceInfo::new(SERVICE, &instance, &host, addresses, port, &said[..])?;
        let service = if everywhere { service.enable_addr_auto() } else { service };
        daemon.own = Some(service.get_fullname().to_owned());
        daemon.daemon.register(service)?;
        Ok(daemon)
    }

    /// Until the shutdown, or until this node listens elsewhere.
    async fn serve(
        self,
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
            () = self.browse(state) => Ended::Failed("its service has ended".into()),
            () = self.watch_interfaces(state) => Ended::Moved,
        };
        self.end().await;
        ended
    }

    /// Listens to what is announced.
    async fn browse(&self, state: &Shared) {
        loop {
            // A receiver that was too slow is closed without notice: then it begins anew.
            let Ok(events) = self.daemon.browse(SERVICE) else { return };
            while let Ok(event) = events.recv_async().await {
                match event {
                    ServiceEvent::ServiceResolved(service) => found(state, &service),
                    ServiceEvent::ServiceRemoved(_, name) => {
                        state.nearby.removed(instance_of(&name));
                    }
                    _ => {}
                }
            }
        }
    }

    /// In another network nothing holds that was known of who is there.
    async fn watch_interfaces(&self, state: &Shared) {
        let Ok(events) = self.daemon.monitor() else { return std::future::pending().await };
        while let Ok(event) = events.recv_async().await {
            match event {
                DaemonEvent::IpAdd(_) | DaemonEvent::IpDel(_) => state.doubt_all(),
                DaemonEvent::Error(error) => tracing::debug!(%error, "mDNS"),
                _ => {}
            }
        }
        std::future::pending().await
    }

    /// Says goodbye, so that nobody asks here any more.
    async fn end(self) {
        if let Some(own) = &self.own
            && let Ok(done) = self.daemon.unregister(own)
        {
            let _ = tokio::time::timeout(GOODBYE, done.recv_async()).await;
        }
        if let Ok(done) = self.daemon.shutdown() {
            let _ = tokio::time::timeout(GOODBYE, done.recv_async()).await;
        }
    }
}

fn found(state: &Shared, service: &mdns_sd::ResolvedService) {
    let Some(announced) = txt::read(|name| service.get_property_val_str(name)) else {
        tracing::debug!(name = service.fullname, "announced without saying who it is: ignored");
        state.nearby.ignored.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let peer_id = announced.peer_id;
    if peer_id == state.identity.peer_id() {
        return;
    }
    let mut ips: Vec<IpAddr> = service.addresses.iter().map(|ip| ip.to_ip_addr()).collect();
    ips.retain(|ip| !address::is_link_local(ip));
    ips.sort_by_key(|ip| (ip.is_ipv6(), *ip));
    let addresses = ips.into_iter().take(ADDRESSES_MAX);
    let addresses = addresses.map(|ip| SocketAddr::new(ip, service.port).to_string()).collect();
    let name = instance_of(&service.fullname).to_owned();
    let host = service.host.trim_end_matches('.').to_owned();
    let service = Service { announced, host, port: service.port, addresses, doubtful: false };
    if state.nearby.found(name, service) || state.health.is_away(&peer_id) {
        // It may have come back: it is tried at once.
        state.health.doubt(&peer_id);
    }
}

/// A service's own name, of its full one.
fn instance_of(full: &str) -> &str {
    full.strip_suffix(SERVICE).and_then(|name| name.strip_suffix('.')).unwrap_or(full)
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

    #[test]
    fn who_said_goodbye_is_doubtful_and_tried_all_the_same() {
        let nearby = Nearby::default();
        assert!(nearby.found("a".into(), service(1, "192.0.2.1:1")), "new");
        assert!(!nearby.found("a".into(), service(1, "192.0.2.1:1")), "known");
        assert!(nearby.found("b".into(), service(1, "192.0.2.2:1")), "another place");
        nearby.removed("a");
        let peer = PeerId::from_bytes([1; 32]);
        assert_eq!(nearby.addresses(&peer), ["192.0.2.2:1", "192.0.2.1:1"]);
        assert_eq!(nearby.all().0.len(), 1, "it is shown no more");
    }

    #[test]
    fn those_who_are_gone_make_room() {
        let nearby = Nearby::default();
        for n in 0..NEARBY_MAX {
            nearby.found(n.to_string(), service(1, "192.0.2.1:1"));
        }
        assert!(!nearby.found("late".into(), service(2, "192.0.2.2:1")));
        assert_eq!(nearby.all().1, 1, "counted");
        nearby.removed("7");
        assert!(nearby.found("late".into(), service(2, "192.0.2.2:1")));
    }
}
