//! The question's origin: asks the own bank and all peers at once, waits no longer than it must, and
//! answers once everyone has been heard.

use super::ask::Ask;
use super::service::Search;
use super::underway::Underway;
use crate::home::blocking;
use camille_proto::answer::{Answer, GroupedAnswer, GroupedResults, SourceHits};
use camille_proto::problem::Problem;

/// Hits that are merged before they are grouped.
const GROUPED_MAX: usize = 2_000;

/// Answers as origin.
///
/// # Errors
/// A problem when the own bank cannot be read, or a named peer is not known.
pub(crate) async fn search(search: &Search, ask_for: Ask) -> Result<Answer, Box<Problem>> {
    let limit = ask_for.query.limit as usize;
    let known = Underway::begin(search, ask_for).await?.finish().await?;
    Ok(blocking(search, move |search| handed_out(search, known.answer(limit))).await)
}

/// The answer as it may be handed out: what peers wrote is remembered first. What cannot be remembered is left
/// out, since it would come back as the owner's own.
pub(super) fn handed_out(search: &Search, mut answer: Answer) -> Answer {
    let remembered = search.home.intake.echo.remember_hits(
        &search.home.registry,
        &answer.results,
        search.home.now(),
    );
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
    search: &Search,
    ask_for: Ask,
) -> Result<GroupedAnswer, Box<Problem>> {
    let limit = ask_for.query.limit as usize;
    let known = Underway::begin(search, ask_for).await?.finish().await?;
    let grouped = move |search: &Search| handed_out(search, known.answer(GROUPED_MAX));
    Ok(group(blocking(search, grouped).await, limit))
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
