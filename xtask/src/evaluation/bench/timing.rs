//! Times of many questions, and how they are told.

use std::time::Instant;
use xtask::eval::measure::quantile;

/// Milliseconds since then.
pub(super) fn milliseconds(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

/// Times of one system, in milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Times(Vec<f64>);

impl Times {
    pub(super) fn push(&mut self, ms: f64) {
        self.0.push(ms);
    }

    pub(super) fn p50(&self) -> f64 {
        quantile(self.0.clone(), 0.5)
    }

    pub(super) fn p95(&self) -> f64 {
        quantile(self.0.clone(), 0.95)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Values of repeated runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs(Vec<f64>);

impl Runs {
    pub(super) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(super) fn median(&self) -> f64 {
        quantile(self.0.clone(), 0.5)
    }

    pub(super) fn max(&self) -> f64 {
        quantile(self.0.clone(), 1.0)
    }

    /// The median, and between what the values lie.
    pub(super) fn told(&self, decimals: usize) -> String {
        let (least, most) = (quantile(self.0.clone(), 0.0), self.max());
        format!("{:.decimals$} ({least:.decimals$}–{most:.decimals$})", self.median())
    }
}
