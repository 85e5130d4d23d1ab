//! What others asked this node: it stands in the audit log, which an agent may print, and is no more the owner's than
//! what peers wrote. Kept in memory only, the newest of it: the log itself is what outlives the process.

use super::Evidence;
use super::known::Known;
use camille_ingest::echo;
use camille_registry::handed::Handed;
use jiff::Timestamp;
use std::collections::HashSet;

/// Fingerprints after which the older half is forgotten. Whoever asks without end drives out questions only.
const PRINTS_MAX: usize = 32 * 1024;

/// Questions of the log that are read when a node opens.
pub(super) const QUESTIONS_MAX: usize = 2_000;

/// The questions of others, in two halves by age.
#[derive(Debug, Default)]
pub(super) struct Asked {
    older: Known,
    newer: Known,
    prints: usize,
}

impl Asked {
    pub(super) fn add(&mut self, question: &str, source: &str, time: Timestamp) {
        let mut text = [0; 16];
        text.copy_from_slice(&blake3::hash(question.as_bytes()).as_bytes()[..16]);
        if self.newer.has_text(&text) {
            return;
        }
        let prints = echo::fingerprints(question);
        if self.prints + prints.len() > PRINTS_MAX / 2 {
            self.older = std::mem::take(&mut self.newer);
            self.prints = 0;
        }
        self.prints += prints.len();
        self.newer.add(&[Handed { text, source: source.to_owned(), time, prints }]);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.newer.is_empty() && self.older.is_empty()
    }

    /// Which question it is of, by number.
    pub(super) fn text(&self, print: u64) -> Option<u32> {
        self.newer.text(print).or_else(|| self.older.text(print))
    }

    pub(super) fn source(&self, print: u64) -> Option<&str> {
        self.newer.source(print).or_else(|| self.older.source(print))
    }

    pub(super) fn shown_by(&self, evidence: &[Evidence]) -> HashSet<u64> {
        let mut shown = self.newer.shown_by(evidence);
        shown.extend(self.older.shown_by(evidence));
        shown
    }
}
