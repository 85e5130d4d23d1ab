//! How many connections there may be. Strangers, who have shown no key yet, are bounded in all and from one
//! address; who has shown one has a place that no stranger can take. What is too much is closed at once, so that
//! it holds nothing.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Strangers' connections from one address.
const STRANGERS_PER_ADDRESS_MAX: usize = 64;

/// Connections from one address that have shown a key.
const KNOWN_PER_ADDRESS_MAX: usize = 64;

/// Counts the connections of one server. Clones share the count.
#[derive(Clone)]
pub(super) struct Admission {
    counts: Arc<Mutex<Counts>>,
    strangers_max: usize,
}

#[derive(Default)]
struct Counts {
    strangers: usize,
    each: HashMap<IpAddr, Here>,
}

/// The connections from one address.
#[derive(Default)]
struct Here {
    strangers: usize,
    known: usize,
}

/// A connection's place, given back when dropped.
pub(super) struct Place {
    admission: Admission,
    address: IpAddr,
    known: Mutex<bool>,
}

impl Admission {
    /// `strangers_max`: connections that have shown no key, in all.
    pub(super) fn new(strangers_max: usize) -> Self {
        Self { counts: Arc::default(), strangers_max }
    }

    /// A stranger's place for a connection from this address, or `None` when there is none left.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Place> {
        let address = charged(address);
        let mut counts = self.lock();
        let here = counts.each.get(&address).map_or(0, |here| here.strangers);
        if counts.strangers >= self.strangers_max || here >= STRANGERS_PER_ADDRESS_MAX {
            return None;
        }
        counts.strangers += 1;
        counts.each.entry(address).or_default().strangers += 1;
        Some(Place { admission: self.clone(), address, known: Mutex::new(false) })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A key was shown here: the place counts no longer among those of strangers, as long as its address has not
    /// too many that are known.
    pub(super) fn become_known(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if *known {
            return;
        }
        let mut counts = self.admission.lock();
        let Some(here) = counts.each.get_mut(&self.address) else { return };
        if here.known < KNOWN_PER_ADDRESS_MAX {
            here.known += 1;
            here.strangers -= 1;
            counts.strangers -= 1;
            *known = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let known = *self.known.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut counts = self.admission.lock();
        if !known {
            counts.strangers -= 1;
        }
        if let Some(here) = counts.each.get_mut(&self.address) {
            let count = if known { &mut here.known } else { &mut here.strangers };
            *count -= 1;
            if here.known + here.strangers == 0 {
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
            (0..STRANGERS_PER_ADDRESS_MAX).map(|_| admission.admit(ip("192.0.2.1"))).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(admission.admit(ip("192.0.2.1")).is_none());
        assert!(admission.admit(ip("::ffff:192.0.2.1")).is_none(), "the same address in IPv6");
        assert!(admission.admit(ip("192.0.2.2")).is_some());
        places.pop();
        assert!(admission.admit(ip("192.0.2.1")).is_some());
    }

    #[test]
    fn a_64_counts_as_one_address_and_the_total_is_bounded() {
        let admission = Admission::new(STRANGERS_PER_ADDRESS_MAX + 1);
        let hosts = (0..STRANGERS_PER_ADDRESS_MAX).map(|n| format!("2001:db8:0:1::{n:x}"));
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
        assert_eq!(admission.lock().strangers, 0);
        let known = admission.admit(ip("192.0.2.1"));
        known.as_ref().expect("a place").become_known();
        drop(known);
        assert!(admission.lock().each.is_empty());
        assert_eq!(admission.lock().strangers, 0);
    }

    #[test]
    fn who_has_shown_a_key_takes_no_place_from_strangers_nor_they_from_him() {
        let admission = Admission::new(2);
        let known: Vec<_> = (0..KNOWN_PER_ADDRESS_MAX)
            .map(|_| {
                let place = admission.admit(ip("192.0.2.1")).expect("a place");
                place.become_known();
                place.become_known();
                place
            })
            .collect();
        let one_too_many = admission.admit(ip("192.0.2.1")).expect("a stranger's place");
        one_too_many.become_known();
        let stranger = admission.admit(ip("192.0.2.2"));
        assert!(stranger.is_some());
        assert!(
            admission.admit(ip("192.0.2.3")).is_none(),
            "one that is too many stays a stranger"
        );
        drop((known, one_too_many, stranger));
        assert!(admission.lock().each.is_empty());
        assert_eq!(admission.lock().strangers, 0);
    }
}
