//! Token buckets for addresses that show no valid key: 100 at once, then 10 a second. The number of
//! buckets is bounded: when all are in use, strangers share one.

use super::Decision;
use super::window::seconds_up;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Requests at once.
const BURST: u32 = 100;

/// Time for one more.
const REFILL: Duration = Duration::from_millis(100);

/// Buckets kept at once.
const BUCKETS_MAX: usize = 10_000;

/// The buckets of all networks.
#[derive(Debug)]
pub(super) struct Buckets {
    buckets: HashMap<IpAddr, Bucket>,
    /// For newcomers when there is no room. Fresh buckets for them would let whoever owns many
    /// addresses ask without limit.
    strangers: Bucket,
    max: usize,
    swept: Option<Instant>,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            buckets: HashMap::new(),
            strangers: Bucket::default(),
            max: BUCKETS_MAX,
            swept: None,
        }
    }
}

/// A bucket, kept as the moment when it is full again.
#[derive(Debug, Default)]
struct Bucket {
    full_at: Option<Instant>,
}

impl Buckets {
    pub(super) fn charge(&mut self, address: IpAddr, now: Instant) -> Decision {
        let network = network(address);
        if self.buckets.len() >= self.max && !self.buckets.contains_key(&network) {
            self.sweep(now);
            if self.buckets.len() >= self.max {
                return self.strangers.charge(now);
            }
        }
        self.buckets.entry(network).or_default().charge(now)
    }

    /// Drops the full ones, at most once a second.
    fn sweep(&mut self, now: Instant) {
        let due = |last| now.saturating_duration_since(last) >= Duration::from_secs(1);
        if self.swept.is_none_or(due) {
            self.buckets.retain(|_, bucket| bucket.full_at.is_some_and(|full_at| full_at > now));
            self.swept = Some(now);
        }
    }
}

impl Bucket {
    fn charge(&mut self, now: Instant) -> Decision {
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        let missing = full_at.saturating_duration_since(now);
        let whole = REFILL * BURST;
        let allowed = missing + REFILL <= whole;
        let missing = if allowed { missing + REFILL } else { missing };
        self.full_at = Some(now + missing);
        let left = whole.saturating_sub(missing).as_millis() / REFILL.as_millis();
        let wait = (missing + REFILL).saturating_sub(whole);
        Decision {
            allowed,
            policy: "address",
            max: BURST,
            remaining: u32::try_from(left).unwrap_or(0),
            reset_s: seconds_up(missing),
            retry_after_s: if allowed { 0 } else { seconds_up(wait).max(1) },
        }
    }
}

/// What counts as one address: of IPv6 the /64, which one customer has to himself; an IPv4 address that
/// was written as IPv6 is the IPv4 one.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_hundred_at_once_and_ten_a_second() {
        let mut buckets = Buckets::default();
        let start = Instant::now();
        let here = address("192.0.2.1");
        let mut allowed =
            |now, n: u32| (0..n).filter(|_| buckets.charge(here, now).allowed).count();
        assert_eq!(allowed(start, 200), 100);
        assert_eq!(allowed(start + Duration::from_millis(99), 5), 0);
        assert_eq!(allowed(start + Duration::from_millis(100), 5), 1);
        assert_eq!(allowed(start + Duration::from_secs(3), 100), 29);
        assert_eq!(allowed(start + Duration::from_secs(60), 200), 100);
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let mut buckets = Buckets::default();
        let now = Instant::now();
        let here = address("192.0.2.1");
        let first = buckets.charge(here, now);
        assert_eq!((first.remaining, first.reset_s, first.retry_after_s), (99, 1, 0));
        for _ in 1..100 {
            buckets.charge(here, now);
        }
        let refused = buckets.charge(here, now);
        assert_eq!((refused.allowed, refused.remaining), (false, 0));
        assert_eq!((refused.reset_s, refused.retry_after_s), (10, 1));
        assert!(buckets.charge(here, now + Duration::from_secs(1)).allowed);
    }

    #[test]
    fn an_ipv6_customer_is_one_and_mapped_ipv4_is_ipv4() {
        assert_eq!(network(address("2001:db8:1:2:3:4:5:6")), address("2001:db8:1:2::"));
        assert_ne!(network(address("2001:db8:1:2::1")), network(address("2001:db8:1:3::1")));
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
        assert_ne!(network(address("192.0.2.1")), network(address("192.0.2.2")));
    }

    #[test]
    fn many_addresses_share_one_bucket_when_there_is_no_room() {
        let mut buckets = Buckets { max: 3, ..Buckets::default() };
        let now = Instant::now();
        for n in 0..3 {
            buckets.charge(IpAddr::from([192, 0, 2, n]), now);
        }
        let strangers =
            (0..=255).filter(|n| buckets.charge(IpAddr::from([198, 51, 100, *n]), now).allowed);
        assert_eq!(strangers.count(), 100);
        assert!(buckets.charge(IpAddr::from([192, 0, 2, 1]), now).allowed, "those known go on");
        assert_eq!(buckets.buckets.len(), 3);
        let later = now + Duration::from_secs(2);
        assert!(buckets.charge(IpAddr::from([198, 51, 100, 7]), later).allowed);
        assert_eq!(buckets.buckets.len(), 1, "full buckets made room");
    }
}
