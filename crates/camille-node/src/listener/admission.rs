//! How many connections there may be: in all, and from one address. What is too much is closed at once,
//! so that it holds nothing.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections from one address.
const PER_ADDRESS_MAX: usize = 64;

/// Counts the connections of one server. Clones share the count.
#[derive(Clone)]
pub(super) struct Admission {
    counts: Arc<Mutex<Counts>>,
    total_max: usize,
}

#[derive(Default)]
struct Counts {
    total: usize,
    each: HashMap<IpAddr, usize>,
}

/// A connection's place, given back when dropped.
pub(super) struct Place {
    admission: Admission,
    address: IpAddr,
}

impl Admission {
    pub(super) fn new(total_max: usize) -> Self {
        Self { counts: Arc::default(), total_max }
    }

    /// A place for a connection from this address, or `None` when there is none left.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Place> {
        let address = charged(address);
        let mut counts = self.lock();
        let here = counts.each.get(&address).copied().unwrap_or(0);
        if counts.total >= self.total_max || here >= PER_ADDRESS_MAX {
            return None;
        }
        counts.total += 1;
        counts.each.insert(address, here + 1);
        Some(Place { admission: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        counts.total -= 1;
        if let Some(here) = counts.each.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.each.remove(&self.address);
            }
        }
    }
}

/// What an address counts as: an IPv6 host has a whole /64 to choose from.
fn charged(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let admission = Admission::new(100);
        let mut places: Vec<_> =
            (0..PER_ADDRESS_MAX).map(|_| admission.admit(ip("192.0.2.1"))).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(admission.admit(ip("192.0.2.1")).is_none());
        assert!(admission.admit(ip("::ffff:192.0.2.1")).is_none(), "the same address in IPv6");
        assert!(admission.admit(ip("192.0.2.2")).is_some());
        places.pop();
        assert!(admission.admit(ip("192.0.2.1")).is_some());
    }

    #[test]
    fn a_64_counts_as_one_address_and_the_total_is_bounded() {
        let admission = Admission::new(PER_ADDRESS_MAX + 1);
        let hosts = (0..PER_ADDRESS_MAX).map(|n| format!("2001:db8:0:1::{n:x}"));
        let _places: Vec<_> = hosts.map(|host| admission.admit(ip(&host))).collect();
        assert!(admission.admit(ip("2001:db8:0:1:ffff::1")).is_none());
        let last = admission.admit(ip("2001:db8:0:2::1"));
        assert!(last.is_some());
        assert!(admission.admit(ip("2001:db8:0:3::1")).is_none(), "none is left in all");
        drop(last);
        assert!(admission.admit(ip("2001:db8:0:3::1")).is_some());
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let admission = Admission::new(10);
        drop(admission.admit(ip("192.0.2.1")));
        assert!(admission.lock().each.is_empty());
        assert_eq!(admission.lock().total, 0);
    }
}
