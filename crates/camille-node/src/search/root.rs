//! The question's origin: asks the own bank and all peers at once, waits no longer than it must, and
//! answers once everyone has been heard.

use super::underway::Underway;
use crate::state::Shared;
use camille_bank::Visibility;
use camille_proto::answer::{Answer, GroupedAnswer, GroupedResults, SourceHits};
use camille_proto::key::KeyId;
use camille_proto::problem::Problem;
use camille_proto::query::Query;
use std::time::Duration;

/// Hits that are merged before they are grouped.
const GROUPED_MAX: usize = 2_000;

/// What the owner wants to know, and of whom.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) query: Query,
    /// This bank only.
    pub(crate) local: bool,
    /// Only these peers, by name or id; empty: all.
    pub(crate) only: Vec<String>,
    /// How long each peer gets; absent: as configured.
    pub(crate) timeout: Option<Duration>,
    /// What of the own bank is searched.
    pub(crate) visible: Visibility,
    /// The key of the one who asks; the owner has none.
    pub(crate) asker: Option<KeyId>,
    /// Whether somebody else wants to know: then peers treat the question as a relayed one.
    pub(crate) delegated: bool,
}

impl Ask {
    /// The owner's own question, of everybody.
    pub(crate) fn own(query: Query) -> Self {
        Self {
            query,
            local: false,
            only: Vec::new(),
            timeout: None,
            visible: Visibility::Everything,
            asker: None,
            delegated: false,
        }
    }
}

/// Answers as origin.
///
/// # Errors
/// A problem when the own bank cannot be read, or a named peer is not known.
pub(crate) async fn search(state: &Shared, ask_for: Ask) -> Result<Answer, Box<Problem>> {
    let limit = ask_for.query.limit as usize;
    let known = Underway::begin(state, ask_for).await?.finish().await?;
    Ok(state.blocking(move |state| handed_out(state, known.answer(limit))).await)
}

/// The answer as it may be handed out: what peers wrote is remembered first. What cannot be remembered is left
/// out, since it would come back as the owner's own.
pub(super) fn handed_out(state: &Shared, mut answer: Answer) -> Answer {
    let remembered = state.intake.echo.remember_hits(&state.registry, &answer.results, state.now());
    if let Err(error) = remembered {
        tracing::error!(error = %error, "peers' hits are left out: they cannot be remembered");
        answer.results.retain(|hit| hit.source == "local");
        answer.partial = true;
    }
    answer
}

/// Answers as origin, grouped by source.
///
/// # Errors
/// As [`search`].
pub(crate) async fn search_grouped(
    state: &Shared,
    ask_for: Ask,
) -> Result<GroupedAnswer, Box<Problem>> {
    let limit = ask_for.query.limit as usize;
    let known = Underway::begin(state, ask_for).await?.finish().await?;
    let grouped = move |state: &Shared| handed_out(state, known.answer(GROUPED_MAX));
    Ok(group(state.blocking(grouped).await, limit))
}

/// Groups a merged answer by source, with at most `limit` hits each.
pub(crate) fn group(answer: Answer, limit: usize) -> GroupedAnswer {
    let mut results = GroupedResults { local: Vec::new(), peers: Vec::new() };
    for hit in answer.results {
        let into = if hit.source == "local" {
            &mut results.local
        } else {
            let at = results.peers.iter().position(|p| p.source == hit.source);
            let at = at.unwrap_or_else(|| {
                results.peers.push(SourceHits { source: hit.source.clone(), results: Vec::new() });
                results.peers.len() - 1
            });
            &mut results.peers[at].results
        };
        if into.len() < limit {
            into.push(hit);
        }
    }
    GroupedAnswer {
        request_id: answer.request_id,
        results,
        partial: answer.partial,
        coverage: answer.coverage,
        peers: answer.peers,
        took_ms: answer.took_ms,
        local_took_ms: answer.local_took_ms,
    }
}
