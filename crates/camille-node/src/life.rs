//! A node's life as its parts see it: whether it is a long-running one, where it listens, what is rung when
//! something happened, and the shutdown.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a command that opens the node waits for its port.
const OPENING: Duration = Duration::from_secs(5);

/// A handle to the node's life.
#[derive(Clone)]
pub(crate) struct Life(Arc<Course>);

/// What it consists of.
pub(crate) struct Course {
    pub(crate) started: Instant,
    /// Whether this is a long-running node rather than one command.
    pub(crate) service: bool,
    /// Where the network may reach this node, once it listens.
    pub(crate) listening: watch::Sender<Vec<SocketAddr>>,
    /// Rung when the node may have to open itself to the network.
    pub(crate) opened: Notify,
    /// Rung when the owner chose another introducer.
    pub(crate) introducers: Notify,
    /// Rung when a join may have begun to wait.
    pub(crate) joins: Notify,
    /// What runs beside requests, until the shutdown.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the node closes.
    pub(crate) shutdown: CancellationToken,
    /// Rung when the owner wants the node to stop.
    pub(crate) stop: Notify,
}

impl Deref for Life {
    type Target = Course;
    fn deref(&self) -> &Course {
        &self.0
    }
}

impl Life {
    /// It begins now.
    pub(crate) fn begin(service: bool) -> Self {
        Self(Arc::new(Course {
            started: Instant::now(),
            service,
            listening: watch::Sender::new(Vec::new()),
            opened: Notify::new(),
            introducers: Notify::new(),
            joins: Notify::new(),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            stop: Notify::new(),
        }))
    }

    /// Something happened that may open this node to the network, or let a join complete.
    pub(crate) fn ring(&self) {
        self.opened.notify_one();
    }

    /// Lets a running node listen for peers, now that there is someone to listen for, and waits until it
    /// does. Does nothing in a single command.
    pub(crate) async fn open_now(&self) {
        if !self.service || !self.listening.borrow().is_empty() {
            return;
        }
        let mut listening = self.listening.subscribe();
        self.ring();
        if tokio::time::timeout(OPENING, listening.changed()).await.is_err() {
            tracing::warn!("the node does not listen for peers yet");
        }
    }
}
