//! What always holds, if camille is right: checked in production, counted where it does not, shown by `camille
//! status`. A build with debug assertions panics instead, so that every test notices. (As quickwit's `dst` does.)
//!
//! For what this node itself worked out, never for what a file or a peer says: that is checked and refused.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that always holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invariant {
    /// Each physical line of a transcript is counted once, as what became of it.
    LinesAddUp,
    /// The index is at no change that the store has not.
    IndexFollowsStore,
    /// No term is in more documents than there are.
    TermsWithinDocuments,
    /// A question goes to each node on one way.
    AskedOnce,
    /// An answer has each document once, the best first.
    HitsInOrder,
}

static BROKEN: [AtomicU64; Invariant::ALL.len()] =
    [const { AtomicU64::new(0) }; Invariant::ALL.len()];

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::LinesAddUp,
        Self::IndexFollowsStore,
        Self::TermsWithinDocuments,
        Self::AskedOnce,
        Self::HitsInOrder,
    ];

    /// Counts it as broken if it does not hold.
    ///
    /// # Panics
    /// In builds with debug assertions, if it does not hold.
    #[track_caller]
    pub fn check(self, holds: bool) {
        if !holds {
            BROKEN[self as usize].fetch_add(1, Ordering::Relaxed);
            debug_assert!(holds, "it does not hold that {self}");
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LinesAddUp => "each line of a transcript is counted once",
            Self::IndexFollowsStore => "the index is never ahead of the store",
            Self::TermsWithinDocuments => "no term is in more documents than there are",
            Self::AskedOnce => "a question goes to each node once",
            Self::HitsInOrder => "an answer has each document once, the best first",
        })
    }
}

/// What did not hold since this process began, and how often.
#[must_use]
pub fn broken() -> Vec<(Invariant, u64)> {
    let count = |one: Invariant| (one, BROKEN[one as usize].load(Ordering::Relaxed));
    Invariant::ALL.map(count).into_iter().filter(|(_, count)| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_is_counted_and_told() {
        Invariant::AskedOnce.check(true);
        assert_eq!(broken(), []);
        let panicked = std::panic::catch_unwind(|| Invariant::AskedOnce.check(false)).is_err();
        assert_eq!(panicked, cfg!(debug_assertions));
        assert_eq!(broken(), [(Invariant::AskedOnce, 1)]);
    }
}
