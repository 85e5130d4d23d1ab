//! What happened in a run.

/// What happened in all runs, so that it shows whether anything did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) questions: u64,
    pub(crate) requests: u64,
    pub(crate) searches: u64,
    pub(crate) relayed_hits: u64,
    pub(crate) timed_out: u64,
    pub(crate) skipped: u64,
    pub(crate) refused: u64,
    pub(crate) repeated: u64,
    pub(crate) duplicates: u64,
    pub(crate) disobeyed: u64,
}

impl Counted {
    pub(crate) fn add(&mut self, other: &Self) {
        self.questions += other.questions;
        self.requests += other.requests;
        self.searches += other.searches;
        self.relayed_hits += other.relayed_hits;
        self.timed_out += other.timed_out;
        self.skipped += other.skipped;
        self.refused += other.refused;
        self.repeated += other.repeated;
        self.duplicates += other.duplicates;
        self.disobeyed += other.disobeyed;
    }
}
