//! Whether a peer is known to be away. A question never finds out by itself: while the breaker is open it
//! passes the peer by, and probes in the background find out when it is back.

use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES_MAX: u32 = 3;
/// How long it stays open at first; each further failure doubles that.
const OPEN_MIN: Duration = Duration::from_secs(5);
/// And at most.
const OPEN_MAX: Duration = Duration::from_secs(120);

/// One peer's breaker.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    failures: u32,
    /// Until when nobody need try; the breaker stays open until a try succeeds.
    rest_until: Option<Instant>,
}

impl Breaker {
    /// It answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It did not answer.
    pub fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if let Some(beyond) = self.failures.checked_sub(FAILURES_MAX) {
            let rest = OPEN_MIN.saturating_mul(1 << beyond.min(6)).min(OPEN_MAX);
            self.rest_until = Some(now + rest);
        }
    }

    /// Nothing that was known holds any more, as after a wake-up or in another network.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// It may be tried at once; until that succeeds it stays open.
    pub fn rest_no_longer(&mut self, now: Instant) {
        if let Some(until) = &mut self.rest_until {
            *until = now;
        }
    }

    /// Whether questions pass the peer by.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.rest_until.is_some()
    }

    /// Whether it failed since it last answered.
    #[must_use]
    pub const fn is_doubtful(&self) -> bool {
        self.failures > 0
    }

    /// Until when a probe need not try it, if it must not at once.
    #[must_use]
    pub const fn rests_until(&self) -> Option<Instant> {
        self.rest_until
    }

    /// Whether a probe may try it.
    #[must_use]
    pub fn may_be_tried(&self, now: Instant) -> bool {
        self.rest_until.is_none_or(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_rests_longer_each_time_and_closes() {
        let mut breaker = Breaker::default();
        let mut now = Instant::now();
        for _ in 0..2 {
            breaker.failed(now);
            assert!(!breaker.is_open() && breaker.is_doubtful() && breaker.may_be_tried(now));
        }
        for rest in [5, 10, 20, 40, 80, 120, 120] {
            breaker.failed(now);
            assert!(breaker.is_open());
            assert!(!breaker.may_be_tried(now + Duration::from_secs(rest - 1)));
            now += Duration::from_secs(rest);
            assert!(breaker.may_be_tried(now), "a probe may try");
            assert!(breaker.is_open(), "and questions do not");
        }
        breaker.succeeded();
        assert!(!breaker.is_open() && !breaker.is_doubtful());
    }
}
