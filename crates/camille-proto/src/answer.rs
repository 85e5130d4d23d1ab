//! The answer to a question: hits, and who was asked and who answered.

use crate::hit::Hit;
use crate::id::{PeerId, RequestId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How asking one peer went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It answered in full.
    Ok,
    /// It answered for itself, some of its own peers did not.
    Partial,
    /// It did not answer in time.
    TimedOut,
    /// It answered with an error, with nonsense, or was not reached.
    Failed,
    /// It was not asked, because it is known to be away.
    Skipped,
    /// It refused the key.
    Denied,
    /// It has had enough questions for now.
    RateLimited,
    /// It had been asked this question already.
    Duplicate,
}

/// What became of one peer's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerReport {
    /// The peer.
    pub peer_id: PeerId,
    /// What this node calls it.
    pub name: String,
    /// The relay it was reached through, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<PeerId>,
    /// Relays between the origin and it.
    #[serde(default)]
    pub hops: u32,
    /// How it went.
    pub status: Outcome,
    /// Milliseconds from the question to its answer.
    #[serde(default)]
    pub took_ms: u64,
    /// Candidates it handed over.
    #[serde(default)]
    pub hits: u32,
    /// Why, when it did not go well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How much of the team the answer covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Peers known to this node: asked + skipped.
    pub known: u32,
    /// Peers that were asked.
    pub asked: u32,
    /// Peers that answered.
    pub answered: u32,
}

/// The merged answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The question's id.
    pub request_id: RequestId,
    /// The hits, best first.
    pub results: Vec<Hit>,
    /// Whether some peer is partial, timed out, failed, rate limited or skipped.
    pub partial: bool,
    /// How much of the team the answer covers.
    pub coverage: Coverage,
    /// One entry for each known peer.
    pub peers: Vec<PeerReport>,
    /// Milliseconds in all.
    pub took_ms: u64,
    /// Milliseconds that this node's own bank took.
    #[serde(default)]
    pub local_took_ms: u64,
}

/// The hits of one source, for `merge=false`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceHits {
    /// `peer:<name>`.
    pub source: String,
    /// Its hits, best first.
    pub results: Vec<Hit>,
}

/// The answer grouped by source, for `merge=false`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupedResults {
    /// This node's own hits.
    pub local: Vec<Hit>,
    /// Each peer's hits.
    pub peers: Vec<SourceHits>,
}

/// The answer for `merge=false`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupedAnswer {
    /// The question's id.
    pub request_id: RequestId,
    /// The hits by source.
    pub results: GroupedResults,
    /// As in [`Answer`].
    pub partial: bool,
    /// As in [`Answer`].
    pub coverage: Coverage,
    /// As in [`Answer`].
    pub peers: Vec<PeerReport>,
    /// As in [`Answer`].
    pub took_ms: u64,
    /// As in [`Answer`].
    #[serde(default)]
    pub local_took_ms: u64,
}

impl Outcome {
    /// Whether this peer's part was heard.
    #[must_use]
    pub const fn answered(self) -> bool {
        matches!(self, Self::Ok | Self::Partial | Self::Duplicate)
    }

    /// Whether this peer makes the whole answer partial.
    #[must_use]
    pub const fn makes_partial(self) -> bool {
        matches!(
            self,
            Self::Partial | Self::TimedOut | Self::Failed | Self::RateLimited | Self::Skipped
        )
    }
}

impl Coverage {
    /// Counts the reports.
    #[must_use]
    pub fn of(reports: &[PeerReport]) -> Self {
        let count = |f: fn(&PeerReport) -> bool| {
            u32::try_from(reports.iter().filter(|r| f(r)).count()).unwrap_or(u32::MAX)
        };
        Self {
            known: count(|_| true),
            asked: count(|r| r.status != Outcome::Skipped),
            answered: count(|r| r.status.answered()),
        }
    }
}
