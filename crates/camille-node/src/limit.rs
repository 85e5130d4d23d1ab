//! How often a key or an address may ask. True sliding windows per key, token buckets per address; all
//! in memory, all bounded. It reads no clock: the moment is a parameter.

mod address;
mod notice;
pub(crate) mod turn;
mod window;

pub use window::Window;

use crate::settings::LimitSettings;
use address::Buckets;
use camille_proto::id::PeerId;
use camille_proto::key::KeyId;
use notice::Notices;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The span that every window counts over.
const SPAN: Duration = Duration::from_secs(60);

/// Forwarded questions of one relay in any 60 s, whoever their origin is.
const FORWARD_PER_RELAY: u32 = 600;

/// Refusals that are written down in any 60 s, so that they cannot fill the disk.
const REFUSALS_PER_MINUTE: u32 = 60;

/// Windows kept at once. A window that is not idle is never dropped: beyond this, newcomers wait.
const WINDOWS_MAX: usize = 50_000;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LimitClass {
    /// Questions.
    Search,
    /// Documents, sessions, graph, and whatever else reads.
    Document,
    /// Status and info.
    Status,
    /// Forwarded questions of one relay, of all origins together.
    Forward,
    /// Refused requests that are written down.
    Refusal,
}

/// Whether a request may go on, and what its answer says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may.
    pub allowed: bool,
    /// The class's name in the headers.
    pub policy: &'static str,
    /// Requests in any 60 s.
    pub max: u32,
    /// How many more would be allowed at this moment.
    pub remaining: u32,
    /// Seconds until the oldest counted request is forgotten, rounded up; 0 when none is counted.
    pub reset_s: u64,
    /// Seconds after which a refused request is allowed, rounded up; 0 when it was allowed.
    pub retry_after_s: u64,
}

impl Decision {
    /// The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), such as
    /// `"search";q=60;w=60`.
    #[must_use]
    pub fn policy_header(&self) -> String {
        format!("\"{}\";q={};w={}", self.policy, self.max, SPAN.as_secs())
    }

    /// The value of `RateLimit`, such as `"search";r=12;t=30`.
    #[must_use]
    pub fn header(&self) -> String {
        format!("\"{}\";r={};t={}", self.policy, self.remaining, self.reset_s)
    }
}

impl LimitClass {
    /// Its name in the headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Document => "document",
            Self::Status => "status",
            Self::Forward => "forward",
            Self::Refusal => "refusal",
        }
    }
}

/// All limits of a node.
#[derive(Debug)]
pub struct Limits {
    settings: LimitSettings,
    by_key: Mutex<Windows<(LimitClass, KeyId)>>,
    by_origin: Mutex<Windows<(KeyId, PeerId)>>,
    by_network: Mutex<Windows<(LimitClass, IpAddr)>>,
    buckets: Mutex<Buckets>,
    strangers: Mutex<Window>,
    notices: Mutex<Notices>,
    /// Who was refused when he looked whether this node is there.
    knocks: Mutex<Notices>,
}

impl Limits {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            settings: settings.clone(),
            by_key: Mutex::default(),
            by_origin: Mutex::default(),
            by_network: Mutex::default(),
            buckets: Mutex::default(),
            strangers: Mutex::new(Window::new(REFUSALS_PER_MINUTE, SPAN)),
            notices: Mutex::default(),
            knocks: Mutex::default(),
        }
    }

    /// Counts a request of the holder of a valid key.
    pub fn check_key(&self, class: LimitClass, key: &KeyId, now: Instant) -> Decision {
        let max = self.max(class);
        lock(&self.by_key).check((class, key.clone()), class.as_str(), max, now)
    }

    /// Counts a forwarded question of one relay for one origin, which is apart from what the relay's
    /// key counts in [`LimitClass::Forward`].
    pub fn check_forward(&self, relay: &KeyId, origin: &PeerId, now: Instant) -> Decision {
        let max = self.settings.forward_per_minute;
        lock(&self.by_origin).check((relay.clone(), *origin), "forward", max, now)
    }

    /// Counts a request without a key on a route that needs none. An IPv6 address counts as its /64.
    pub fn check_address(&self, class: LimitClass, address: IpAddr, now: Instant) -> Decision {
        let max = self.max(class);
        let charged = self.charge_address(address, now);
        if !charged.allowed {
            return Decision { policy: class.as_str(), max, ..charged };
        }
        lock(&self.by_network).check((class, address::network(address)), class.as_str(), max, now)
    }

    /// Charges a request without a valid key to its address: 100 at once, 10 a second.
    pub fn charge_address(&self, address: IpAddr, now: Instant) -> Decision {
        lock(&self.buckets).charge(address, now)
    }

    /// Whether one more refusal is written down: 60 in any 60 s of one key, and of all strangers
    /// together.
    pub fn check_refusal(&self, key: Option<&KeyId>, now: Instant) -> bool {
        match key {
            Some(key) => self.check_key(LimitClass::Refusal, key, now).allowed,
            None => lock(&self.strangers).check(now).allowed,
        }
    }

    /// Whether it is written down once more that somebody looked whether this node is there, and was refused: a peer
    /// that was removed goes on doing so. The same once in 10 minutes.
    pub(crate) fn check_knock(&self, who: &str, now: Instant) -> bool {
        lock(&self.knocks).are_due("refused", who, now)
    }

    /// Whether this is to be logged about this subject: the same once in 10 minutes, and not more than 256 things
    /// in all.
    pub(crate) fn is_news(&self, what: &'static str, subject: &str, now: Instant) -> bool {
        lock(&self.notices).are_due(what, subject, now)
    }

    fn max(&self, class: LimitClass) -> u32 {
        match class {
            LimitClass::Search => self.settings.search_per_minute,
            LimitClass::Document => self.settings.document_per_minute,
            LimitClass::Status => self.settings.status_per_minute,
            LimitClass::Forward => FORWARD_PER_RELAY,
            LimitClass::Refusal => REFUSALS_PER_MINUTE,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A window for each key, as long as it counts something.
#[derive(Debug)]
struct Windows<K> {
    windows: HashMap<K, Window>,
    max: usize,
    swept: Option<Instant>,
}

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self { windows: HashMap::new(), max: WINDOWS_MAX, swept: None }
    }
}

impl<K: Eq + Hash> Windows<K> {
    fn check(&mut self, key: K, policy: &'static str, max: u32, now: Instant) -> Decision {
        self.sweep(now);
        if self.windows.len() >= self.max && !self.windows.contains_key(&key) {
            return Decision {
                allowed: false,
                policy,
                max,
                remaining: 0,
                reset_s: SPAN.as_secs(),
                retry_after_s: SPAN.as_secs(),
            };
        }
        let window = self.windows.entry(key).or_insert_with(|| Window::new(max, SPAN));
        Decision { policy, ..window.check(now) }
    }

    /// Drops the idle ones, once a span, or when it is full at most once a second.
    fn sweep(&mut self, now: Instant) {
        let every = if self.windows.len() >= self.max { Duration::from_secs(1) } else { SPAN };
        if self.swept.is_none_or(|last| now.saturating_duration_since(last) >= every) {
            self.windows.retain(|_, window| !window.is_idle(now));
            self.swept = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn limits() -> Limits {
        Limits::new(&Settings::new("/nowhere".into(), "ana".into()).limits)
    }

    fn key(name: &str) -> KeyId {
        KeyId(name.to_owned())
    }

    #[test]
    fn headers_read_as_documented() {
        let limits = limits();
        let start = Instant::now();
        let first = limits.check_key(LimitClass::Search, &key("a"), start);
        assert_eq!(first.policy_header(), r#""search";q=60;w=60"#);
        assert_eq!(first.header(), r#""search";r=59;t=60"#);
        let later =
            limits.check_key(LimitClass::Search, &key("a"), start + Duration::from_millis(30_500));
        assert_eq!(later.header(), r#""search";r=58;t=30"#);
    }

    #[test]
    fn keys_and_classes_count_apart() {
        let limits = limits();
        let now = Instant::now();
        for _ in 0..60 {
            assert!(limits.check_key(LimitClass::Search, &key("a"), now).allowed);
        }
        let refused = limits.check_key(LimitClass::Search, &key("a"), now);
        assert_eq!((refused.allowed, refused.retry_after_s), (false, 60));
        assert!(limits.check_key(LimitClass::Search, &key("b"), now).allowed);
        assert!(limits.check_key(LimitClass::Document, &key("a"), now).allowed);
        for (class, max) in
            [(LimitClass::Document, 120), (LimitClass::Status, 300), (LimitClass::Forward, 600)]
        {
            assert_eq!(limits.check_key(class, &key("c"), now).remaining, max - 1);
        }
    }

    #[test]
    fn forwards_count_by_relay_and_origin() {
        let limits = limits();
        let now = Instant::now();
        let (a, b) = (PeerId::of_spki(b"a"), PeerId::of_spki(b"b"));
        for _ in 0..60 {
            assert!(limits.check_forward(&key("r"), &a, now).allowed);
        }
        assert!(!limits.check_forward(&key("r"), &a, now).allowed);
        assert!(limits.check_forward(&key("r"), &b, now).allowed);
        assert!(limits.check_forward(&key("s"), &a, now).allowed);
    }

    #[test]
    fn requests_without_a_key_count_by_address_in_both_ways() {
        let limits = limits();
        let start = Instant::now();
        let address = IpAddr::from([192, 0, 2, 1]);
        let check = |now| limits.check_address(LimitClass::Status, address, now);
        let burst = (0..200).filter(|_| check(start).allowed).count();
        assert_eq!(burst, 100, "at once");
        let rest = (1..60)
            .flat_map(|s| std::iter::repeat_n(start + Duration::from_secs(s), 10))
            .filter(|now| check(*now).allowed)
            .count();
        assert_eq!(burst + rest, 300, "in 60 s");
        assert_eq!(check(start).policy_header(), r#""status";q=300;w=60"#);
    }

    #[test]
    fn idle_windows_are_dropped_and_busy_ones_never() {
        let mut windows = Windows { max: 10, ..Windows::default() };
        let start = Instant::now();
        for n in 0..10 {
            assert!(windows.check(n, "x", 1, start).allowed);
        }
        assert!(!windows.check(99, "x", 1, start).allowed, "full");
        assert!(!windows.check(0, "x", 1, start).allowed, "still counted");
        let later = start + SPAN;
        assert!(windows.check(99, "x", 1, later).allowed);
        assert_eq!(windows.windows.len(), 1);
    }
}
