//! Who is announced on the networks that this machine is in, as far as it is remembered.

use super::cache;
use super::txt::Announced;
use camille_proto::id::PeerId;
use camille_proto::local::NearbyPeer;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most services that are remembered, with those that are gone.
const NEARBY_MAX: usize = 2 * cache::SERVICES_MAX;
/// The most addresses of one service.
pub(super) const ADDRESSES_MAX: usize = 6;

/// Who is announced around here.
#[derive(Debug, Default)]
pub(crate) struct Nearby {
    /// By the address that announced it, and its name.
    services: Mutex<HashMap<(IpAddr, String), Service>>,
    ignored: AtomicU64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) announced: Announced,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) addresses: Vec<String>,
    /// Whether it was taken back: it may be there all the same.
    pub(super) doubtful: bool,
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
    pub(super) fn found(&self, source: IpAddr, name: String, service: Service) -> bool {
        let mut services = self.lock();
        let key = (source, name);
        if services.len() >= NEARBY_MAX && !services.contains_key(&key) {
            // Whoever is gone makes room: of those who are not, there are never so many.
            services.retain(|_, service| !service.doubtful);
        }
        services.insert(key, service.clone()).as_ref() != Some(&service)
    }

    /// Whether the same node goes by another name too.
    pub(super) fn is_twice(&self, name: &str, peer: &PeerId) -> bool {
        self.lock().iter().any(|((_, other), service)| {
            other != name && !service.doubtful && service.announced.peer_id == *peer
        })
    }

    pub(super) fn removed(&self, source: IpAddr, name: String) {
        if let Some(service) = self.lock().get_mut(&(source, name)) {
            service.doubtful = true;
        }
    }

    pub(super) fn dropped(&self, source: IpAddr, name: String) {
        self.lock().remove(&(source, name));
    }

    /// Nobody was heard where this machine is now.
    pub(super) fn doubt_all(&self) {
        self.lock().values_mut().for_each(|service| service.doubtful = true);
    }

    /// One more said nothing of use of itself.
    pub(super) fn ignore(&self) {
        self.ignored.fetch_add(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(IpAddr, String), Service>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
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
