//! How far a long run is: a bar on a terminal, nothing elsewhere.

use super::{Terminal, count};
use camille_proto::local::{IndexEvent, VerifyEvent};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How often a sign of life moves.
const TICK: Duration = Duration::from_millis(120);

/// A bar that shows itself only where it can move.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for an index run.
    pub(crate) fn start(terminal: &Terminal) -> Self {
        let bar = ProgressBar::with_draw_target(
            None,
            if terminal.moving {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
        );
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}  {eta}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { bar }
    }

    /// A sign that something takes its time, without an end in sight.
    pub(crate) fn waiting(terminal: &Terminal, what: &'static str) -> Self {
        let progress = Self::start(terminal);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            progress.bar.set_style(style);
        }
        progress.bar.set_message(what);
        progress.bar.enable_steady_tick(TICK);
        progress
    }

    /// Takes note of what the node says.
    pub(crate) fn update(&self, event: &IndexEvent) {
        match event {
            IndexEvent::Progress {
                files_done,
                files_total,
                bytes_done,
                bytes_total,
                documents,
            } => {
                self.bar.set_length(*bytes_total);
                self.bar.set_position(*bytes_done);
                self.bar.set_message(format!(
                    "{files_done} of {} · {} · {}",
                    count(*files_total, "file"),
                    HumanBytes(*bytes_done),
                    count(*documents, "document")
                ));
            }
            // There was nothing to do.
            IndexEvent::Rebuilding { documents_total: 0, .. }
            | IndexEvent::Redacting { documents_total: 0, .. } => {}
            IndexEvent::Rebuilding { documents_done, documents_total } => {
                self.documents(*documents_done, *documents_total, "indexed anew");
            }
            IndexEvent::Redacting { documents_done, documents_total } => {
                self.documents(*documents_done, *documents_total, "redacted by newer rules");
            }
            IndexEvent::Done(_) | IndexEvent::Failed { .. } => {}
        }
    }

    /// Takes note of how far a check is.
    pub(crate) fn verified(&self, event: &VerifyEvent) {
        if let VerifyEvent::Progress { documents_done, documents_total } = event {
            self.documents(*documents_done, *documents_total, "checked");
        }
    }

    fn documents(&self, done: u64, total: u64, what: &str) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(format!("{} {what}", count(done, "document")));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
