//! Answers that the owner got already, of peers and of the own bank while it is the same: asked again within a
//! minute, nobody is bothered. Only the origin keeps them, only for its own questions, and only complete ones.

use camille_federation::gather::Heard;
use camille_federation::plan::Branch;
use camille_proto::answer::Outcome;
use camille_proto::id::PeerId;
use camille_proto::key::KeyId;
use camille_proto::query::Query;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of answers that are kept, roughly.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// What a candidate takes besides its text, roughly.
const CANDIDATE_BYTES: usize = 1_500;

/// What must be the same for an answer to hold again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// Who was asked, and whom it asks in turn.
    pub(crate) branch: Branch,
    /// The key it was asked with.
    pub(crate) key: KeyId,
    /// Grows with every change of keys, peers and rules here; for the own bank with every commit.
    pub(crate) epoch: u64,
    query: String,
    candidates: u32,
}

impl Asked {
    pub(crate) fn new(
        branch: &Branch,
        key: KeyId,
        epoch: u64,
        query: &Query,
        candidates: u32,
    ) -> Self {
        let query = serde_json::to_string(query).unwrap_or_default();
        Self { branch: branch.clone(), key, epoch, query, candidates }
    }

    /// A question to the own bank, as it is at this `generation`.
    pub(crate) fn own(own: PeerId, generation: u64, query: &Query, candidates: u32) -> Self {
        Self::new(&Branch::leaf(own), KeyId(String::new()), generation, query, candidates)
    }
}

/// The answers.
pub(crate) struct Answers {
    /// `None`: none are kept.
    kept: Option<Cache<Asked, Arc<Vec<Heard>>>>,
}

impl Answers {
    /// Keeps answers for so long; not at all for no time.
    pub(crate) fn new(kept_for: Duration) -> Self {
        let cache = || {
            Cache::builder()
                .weigher(|_, parts: &Arc<Vec<Heard>>| weight(parts))
                .max_capacity(BYTES_MAX)
                .time_to_live(kept_for)
                .build()
        };
        Self { kept: (!kept_for.is_zero()).then(cache) }
    }

    /// Whether any are kept.
    pub(crate) const fn keeps(&self) -> bool {
        self.kept.is_some()
    }

    pub(crate) fn get(&self, asked: &Asked) -> Option<Vec<Heard>> {
        self.kept.as_ref()?.get(asked).map(|parts| Vec::clone(&parts))
    }

    /// Keeps an answer, if everybody in it answered in full.
    pub(crate) fn keep(&self, asked: Asked, parts: &[Heard]) {
        if let Some(kept) = &self.kept
            && parts.iter().all(|part| part.status == Outcome::Ok)
        {
            kept.insert(asked, Arc::new(parts.to_vec()));
        }
    }

    /// Forgets what a peer ever answered.
    pub(crate) fn forget(&self, peer: &PeerId) {
        if let Some(kept) = &self.kept {
            let gone: Vec<Arc<Asked>> = kept
                .iter()
                .map(|(asked, _)| asked)
                .filter(|asked| asked.branch.peer_id == *peer)
                .collect();
            for asked in gone {
                kept.invalidate(&*asked);
            }
        }
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").finish_non_exhaustive()
    }
}

fn weight(parts: &[Heard]) -> u32 {
    let candidates = parts.iter().flat_map(|part| part.candidates.iter());
    let bytes: usize = candidates.map(|c| CANDIDATE_BYTES + c.hit.content.len()).sum();
    u32::try_from(bytes + 1_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_federation::gather::skipped;

    fn asked(peer: u8, q: &str, epoch: u64) -> Asked {
        let branch = Branch::leaf(PeerId::from_bytes([peer; 32]));
        Asked::new(&branch, KeyId("k".into()), epoch, &Query::new(q), 50)
    }

    fn parts(status: Outcome) -> Vec<Heard> {
        let mut parts = skipped(&Branch::leaf(PeerId::from_bytes([1; 32])), "");
        parts[0].status = status;
        parts
    }

    #[test]
    fn only_complete_answers_to_the_very_same_are_kept() {
        let answers = Answers::new(Duration::from_secs(60));
        answers.keep(asked(1, "why", 1), &parts(Outcome::Ok));
        assert!(answers.get(&asked(1, "why", 1)).is_some());
        for other in [asked(2, "why", 1), asked(1, "how", 1), asked(1, "why", 2)] {
            assert!(answers.get(&other).is_none());
        }
        for status in [Outcome::Partial, Outcome::Denied, Outcome::TimedOut, Outcome::Duplicate] {
            answers.keep(asked(3, "why", 1), &parts(status));
            assert!(answers.get(&asked(3, "why", 1)).is_none(), "{status:?}");
        }
        answers.forget(&PeerId::from_bytes([1; 32]));
        assert!(answers.get(&asked(1, "why", 1)).is_none());
        let none = Answers::new(Duration::ZERO);
        none.keep(asked(1, "why", 1), &parts(Outcome::Ok));
        assert!(none.get(&asked(1, "why", 1)).is_none());
    }
}
