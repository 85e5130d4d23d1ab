//! How many packets are looked at: of each address so many a second, and of all together. What is beyond is
//! dropped before it is parsed, so that whoever floods the network costs its own packets only. Pure.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Of one address: a second, and at once.
const EACH: Rate = Rate { per_s: 20.0, burst: 100.0 };
/// Of all.
const ALL: Rate = Rate { per_s: 500.0, burst: 1_000.0 };
/// Addresses that are counted apart. Those beyond count as one until others were quiet.
const SOURCES_MAX: usize = 1_024;
/// How often it is looked who was quiet.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How much there may be of something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) per_s: f64,
    pub(super) burst: f64,
}

/// A token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(rate: Rate, now: Instant) -> Self {
        Self { rate, tokens: rate.burst, at: now }
    }

    pub(super) fn take(&mut self, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.rate.per_s;
        self.tokens = (self.tokens + gained).min(self.rate.burst);
        self.at = self.at.max(now);
        let has = self.tokens >= 1.0;
        if has {
            self.tokens -= 1.0;
        }
        has
    }

    fn is_idle(&self, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.rate.per_s;
        self.tokens + gained >= self.rate.burst
    }
}

/// Decides whose packets are looked at.
#[derive(Debug)]
pub(super) struct Gate {
    each: HashMap<IpAddr, Bucket>,
    others: Bucket,
    all: Bucket,
    swept: Instant,
}

impl Gate {
    pub(super) fn new(now: Instant) -> Self {
        let others = Bucket::full(EACH, now);
        Self { each: HashMap::new(), others, all: Bucket::full(ALL, now), swept: now }
    }

    /// Whether a packet from this address is looked at.
    pub(super) fn admits(&mut self, source: IpAddr, now: Instant) -> bool {
        if self.each.len() >= SOURCES_MAX
            && now.saturating_duration_since(self.swept) >= SWEEP_EVERY
        {
            self.swept = now;
            self.each.retain(|_, bucket| !bucket.is_idle(now));
        }
        let is_full = self.each.len() >= SOURCES_MAX && !self.each.contains_key(&source);
        let bucket = if is_full {
            &mut self.others
        } else {
            self.each.entry(source).or_insert_with(|| Bucket::full(EACH, now))
        };
        bucket.take(now) && self.all.take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_costs_its_own_packets_only() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        let (flood, quiet) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut admitted = 0;
        for millis in 0..10_000 {
            let now = start + Duration::from_millis(millis);
            admitted += (0..10).filter(|_| gate.admits(flood, now)).count();
            assert!(millis % 100 != 0 || gate.admits(quiet, now), "{millis}");
        }
        assert!((200..=400).contains(&admitted), "{admitted} of 100,000");
    }

    #[test]
    fn made_up_addresses_are_bounded_together() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        let mut admitted = 0;
        for number in 0..100_000_u32 {
            let now = start + Duration::from_micros(u64::from(number) * 100);
            admitted += u32::from(gate.admits(IpAddr::from(number.to_be_bytes()), now));
        }
        assert!(admitted <= 7_000, "{admitted} in 10 s");
        assert!(gate.each.len() <= SOURCES_MAX);
        let later = start + Duration::from_secs(30);
        assert!(gate.admits(IpAddr::from([192, 0, 2, 1]), later));
    }
}
