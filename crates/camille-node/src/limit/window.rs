//! A true sliding window: in any span of time, wherever it begins, no more than so many are allowed.
//! Refused requests are not counted.

use super::Decision;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Counts what was allowed in the last span, each at its moment.
#[derive(Debug)]
pub struct Window {
    max: u32,
    span: Duration,
    allowed: VecDeque<Instant>,
}

impl Window {
    /// At most `max` in any `span`.
    #[must_use]
    pub fn new(max: u32, span: Duration) -> Self {
        Self { max, span, allowed: VecDeque::new() }
    }

    /// Counts one more if there is room. Moments that go backwards count as the latest one.
    pub fn check(&mut self, now: Instant) -> Decision {
        let now = self.allowed.back().map_or(now, |latest| now.max(*latest));
        self.forget(now);
        let count = u32::try_from(self.allowed.len()).unwrap_or(u32::MAX);
        let allowed = count < self.max;
        if allowed {
            self.allowed.push_back(now);
        }
        let until_room = self.allowed.front().map_or(Duration::ZERO, |oldest| {
            self.span.saturating_sub(now.saturating_duration_since(*oldest))
        });
        Decision {
            allowed,
            policy: "",
            max: self.max,
            remaining: self.max.saturating_sub(count.saturating_add(u32::from(allowed))),
            reset_s: seconds_up(until_room),
            retry_after_s: if allowed { 0 } else { seconds_up(until_room).max(1) },
        }
    }

    /// Whether nothing is counted any more.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.allowed.back().is_none_or(|latest| now.saturating_duration_since(*latest) >= self.span)
    }

    fn forget(&mut self, now: Instant) {
        while let Some(oldest) = self.allowed.front()
            && now.saturating_duration_since(*oldest) >= self.span
        {
            self.allowed.pop_front();
        }
    }
}

/// Whole seconds, rounded up.
pub(super) fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(60);

    /// A small generator with a fixed seed (xorshift64*), so that a failure can be seen again.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % end
        }
    }

    #[test]
    fn never_more_than_max_in_any_span_and_retry_after_holds() {
        for seed in 1..200 {
            let mut random = Random(seed);
            let max = 1 + random.below(70);
            let mut window = Window::new(u32::try_from(max).expect("small"), SPAN);
            let start = Instant::now();
            let mut at = Duration::ZERO;
            let mut allowed: Vec<Duration> = Vec::new();
            for _ in 0..2_000 {
                // Bursts, trickles and pauses.
                at += Duration::from_millis(match random.below(10) {
                    0..6 => 0,
                    6..9 => random.below(2_000),
                    _ => random.below(70_000),
                });
                let decision = window.check(start + at);
                let recent = allowed.iter().rev().take_while(|a| at - **a < SPAN);
                let counted = recent.count() as u64;
                // The model: allowed if and only if fewer than max were in the last span.
                assert_eq!(decision.allowed, counted < max, "seed {seed} at {at:?}");
                let left = max - counted - u64::from(decision.allowed);
                assert_eq!(u64::from(decision.remaining), left, "seed {seed}");
                if decision.allowed {
                    allowed.push(at);
                } else {
                    at += Duration::from_secs(decision.retry_after_s);
                    assert!(window.check(start + at).allowed, "seed {seed}: retry-after holds");
                    allowed.push(at);
                }
            }
            for (n, first) in allowed.iter().enumerate() {
                let end = allowed[n..].iter().take_while(|a| **a - *first < SPAN).count();
                assert!(end as u64 <= max, "seed {seed}: {end} from {first:?}");
            }
        }
    }

    #[test]
    fn a_steady_59_a_minute_is_never_refused() {
        let mut window = Window::new(60, SPAN);
        let start = Instant::now();
        for n in 0..10_000_u64 {
            let now = start + Duration::from_nanos(n * 60_000_000_000 / 59);
            assert!(window.check(now).allowed, "request {n}");
        }
    }

    #[test]
    fn two_bursts_around_a_minutes_end_do_not_add_up() {
        let mut window = Window::new(60, SPAN);
        let start = Instant::now() + Duration::from_secs(59);
        assert_eq!((0..60).filter(|_| window.check(start).allowed).count(), 60);
        let next = start + Duration::from_secs(2);
        let refused = window.check(next);
        assert_eq!((refused.allowed, refused.retry_after_s, refused.reset_s), (false, 58, 58));
    }

    #[test]
    fn a_window_of_none_allows_none() {
        let mut window = Window::new(0, SPAN);
        let refused = window.check(Instant::now());
        assert_eq!((refused.allowed, refused.retry_after_s), (false, 1));
    }
}
