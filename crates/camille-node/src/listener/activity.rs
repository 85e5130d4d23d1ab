//! What one connection is doing, to tell one that works from one that only takes up a place.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// When a connection has been of no use for too long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// From its beginning to its first request's head.
    pub(super) first_request: Duration,
    /// Without any request after that.
    pub(super) idle: Duration,
    /// For one request, until the last byte of its answer is handed over.
    pub(super) request: Duration,
}

/// The requests of one connection. Clones share them.
#[derive(Clone)]
pub(super) struct Activity {
    inner: Arc<Mutex<Inner>>,
    patience: Option<Patience>,
}

struct Inner {
    /// When the connection began, or its last request ended.
    quiet_since: Instant,
    served: u64,
    running: BTreeMap<u64, Instant>,
}

/// A request that is being served; it has ended when this is dropped.
pub(super) struct Running {
    activity: Activity,
    number: u64,
}

impl Activity {
    /// The activity of a connection that begins now. Without `patience` it may do nothing for ever.
    pub(super) fn new(patience: Option<Patience>) -> Self {
        let inner = Inner { quiet_since: Instant::now(), served: 0, running: BTreeMap::new() };
        Self { inner: Arc::new(Mutex::new(inner)), patience }
    }

    pub(super) fn begin(&self) -> Running {
        let mut inner = self.lock();
        inner.served += 1;
        let number = inner.served;
        inner.running.insert(number, Instant::now());
        Running { activity: self.clone(), number }
    }

    /// Returns when patience has run out, which may be never.
    pub(super) async fn run_out(&self) {
        let Some(patience) = self.patience else {
            return pending().await;
        };
        loop {
            let deadline = self.lock().deadline(patience);
            if deadline <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn deadline(&self, patience: Patience) -> Instant {
        match self.running.first_key_value() {
            Some((_, oldest)) => *oldest + patience.request,
            None if self.served == 0 => self.quiet_since + patience.first_request,
            None => self.quiet_since + patience.idle,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut inner = self.activity.lock();
        inner.running.remove(&self.number);
        inner.quiet_since = Instant::now();
    }
}
