//! The network interfaces of this machine.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Interfaces of containers and virtual machines, which lead nowhere from outside.
const BRIDGES: &[&str] =
    &["docker", "br-", "veth", "virbr", "cni", "flannel", "lxc", "podman", "vmnet"];

/// How long it is believed which addresses this machine has, unless something says otherwise.
const INTERFACES_HOLD: Duration = Duration::from_secs(5);

/// This machine's addresses, as they were a moment ago: peers are told at each contact.
#[derive(Debug, Default)]
pub(crate) struct Interfaces(Mutex<Option<(Instant, Vec<IpAddr>)>>);

impl Interfaces {
    /// Something changed: they are read anew.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
    }

    /// They are, IPv4 first.
    pub(super) fn addresses(&self) -> Vec<IpAddr> {
        let mut kept = self.lock();
        match &*kept {
            Some((read, addresses)) if read.elapsed() < INTERFACES_HOLD => addresses.clone(),
            _ => {
                let addresses = interfaces();
                *kept = Some((Instant::now(), addresses.clone()));
                addresses
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, Vec<IpAddr>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This machine's addresses, IPv4 first since more networks carry it.
fn interfaces() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|interface| !interface.is_loopback())
        .filter(|interface| !is_bridge(&interface.name))
        .map(|interface| interface.ip())
        .filter(|ip| !is_link_local(ip))
        .collect();
    found.sort_by_key(IpAddr::is_ipv6);
    found
}

/// Whether an interface leads to containers or virtual machines.
pub(crate) fn is_bridge(interface: &str) -> bool {
    BRIDGES.iter().any(|prefix| interface.starts_with(prefix))
}

/// A link-local IPv6 address means nothing without the interface it belongs to.
pub(crate) fn is_link_local(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
