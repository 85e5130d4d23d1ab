//! Keeps the bank of a running node up to date: reads all sources once, then what changes in them, and
//! everything again now and then. It never reads in a circle: what it does itself wakes it up for nothing.

use crate::error;
use crate::home::Home;
use crate::local::bank;
use camille_intake::Scope;
use camille_intake::change::{Changed, Changes};
use camille_intake::watch::{WatchError, Watcher};
use camille_proto::local::{IndexReport, IndexRequest};
use camille_proto::problem::Problem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often everything is looked at while the sources cannot be watched, or reading failed.
const RETRY: Duration = Duration::from_secs(10);
/// How often is asked whether a source was added, came, went or was replaced.
const SOURCES_EVERY: Duration = Duration::from_secs(2);
/// After looking at everything, so many times as long as it took nothing makes that necessary again.
const REST: u32 = 4;
/// But no longer than this.
const REST_MAX: Duration = Duration::from_secs(10);

/// Reads what is new in the sources until the shutdown.
pub(super) async fn keep(home: Home, shutdown: CancellationToken) {
    let changes = Arc::new(Changes::default());
    let watcher =
        Arc::new(Mutex::new(Watcher::new(Arc::clone(&changes), home.intake.cancel.clone())));
    Freshness { home, changes, watcher, shutdown, is_blind: false }.keep().await;
}

struct Freshness {
    home: Home,
    changes: Arc<Changes>,
    watcher: Arc<Mutex<Watcher>>,
    /// Heard while waiting. Reading is waited for: it has its own way to end early.
    shutdown: CancellationToken,
    /// Whether it should watch and cannot.
    is_blind: bool,
}

impl Freshness {
    async fn keep(&mut self) {
        while !self.shutdown.is_cancelled() {
            // Watched before it is read, so that nothing falls in between.
            if self.home.settings.sources.watch {
                let armed = self.arm().await;
                self.tell(&armed);
            }
            let started = Instant::now();
            let read = bank::run(&self.home, IndexRequest::default(), |_| {}).await;
            let took = started.elapsed();
            let is_read = read.is_ok();
            match read {
                Ok(report) if report.documents_added + report.documents_changed > 0 => {
                    tracing::info!(
                        added = report.documents_added,
                        changed = report.documents_changed,
                        took_ms = report.took_ms,
                        "indexed"
                    );
                }
                Ok(_) => {}
                Err(problem) => note_failure(&problem),
            }
            let ended = Instant::now();
            let rescan = self.home.settings.sources.rescan;
            let soon = self.is_blind || !is_read;
            self.follow(ended + if soon { rescan.min(RETRY) } else { rescan }).await;
            self.wait_until(ended + (took * REST).min(REST_MAX)).await;
        }
    }

    /// Reads what changes, until everything has to be looked at.
    async fn follow(&mut self, mut until: Instant) {
        let mut sources = tokio::time::interval(SOURCES_EVERY);
        sources.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.home.intake.next_due();
            let paths = tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = tokio::time::sleep_until(until.into()) => return,
                changed = self.changes.settled() => match changed {
                    Changed::Everything => return,
                    Changed::Paths(paths) => paths,
                },
                () = sleep_until(due) => self.home.intake.take_due(),
                _ = sources.tick(), if self.home.settings.sources.watch => {
                    if self.is_outdated().await {
                        return;
                    }
                    continue;
                }
            };
            let (watched, read) = self.read(paths).await;
            if watched.is_err() {
                self.tell(&watched);
                until = until.min(Instant::now() + RETRY);
            }
            match read {
                Ok(report) => tracing::debug!(
                    added = report.documents_added,
                    changed = report.documents_changed,
                    took_ms = report.took_ms,
                    "indexed what changed"
                ),
                Err(problem) => {
                    note_failure(&problem);
                    // What was not stored now is found then: its checkpoint did not move.
                    return self.wait_until(Instant::now() + RETRY).await;
                }
            }
        }
    }

    async fn wait_until(&self, at: Instant) {
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            () = tokio::time::sleep_until(at.into()) => {}
        }
    }

    /// Watches all sources there are.
    async fn arm(&self) -> Result<(), WatchError> {
        self.with_watcher(|home, watcher| match bank::sources(home) {
            Ok(roots) => watcher.arm(&roots),
            // Reading them fails as well, and says so.
            Err(_) => Ok(()),
        })
        .await
    }

    async fn is_outdated(&self) -> bool {
        self.with_watcher(|home, watcher| {
            bank::sources(home).is_ok_and(|roots| watcher.is_outdated(&roots))
        })
        .await
    }

    async fn read(
        &self,
        paths: Vec<PathBuf>,
    ) -> (Result<(), WatchError>, Result<IndexReport, Box<Problem>>) {
        self.with_watcher(move |home, watcher| {
            let watched = watcher.follow(&paths);
            let report = home.read_sources(Scope::Changed(paths), |_| {});
            (watched, report.map_err(|error| crate::error::intake(&error)))
        })
        .await
    }

    async fn with_watcher<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home, &mut Watcher) -> T + Send + 'static,
    ) -> T {
        let watcher = Arc::clone(&self.watcher);
        self.home
            .blocking(move |home| {
                work(home, &mut watcher.lock().unwrap_or_else(PoisonError::into_inner))
            })
            .await
    }

    /// Says once when watching begins to fail, and once when it works again.
    fn tell(&mut self, watched: &Result<(), WatchError>) {
        match watched {
            Err(problem) if !self.is_blind => tracing::warn!(
                error = %error::chain(problem),
                hint = problem.hint(),
                every_s = RETRY.as_secs(),
                "not all sources can be watched, looking through them again and again"
            ),
            Ok(()) if self.is_blind => tracing::info!("all sources are watched again"),
            _ => {}
        }
        self.is_blind = watched.is_err();
    }
}

/// Never, where there is no such time.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

fn note_failure(problem: &Problem) {
    tracing::error!(error = problem.detail.as_deref().unwrap_or(&problem.error), "indexing failed");
}
