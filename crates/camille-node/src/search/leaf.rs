//! The search of this node's own bank, for the owner or for the holder of a key.

use super::Question;
use super::service::Search;
use crate::home::blocking;
use crate::mesh::cache::Asked;
use crate::wire;
use camille_bank::{Filter, LeafQuery, Visibility};
use camille_federation::gather::Heard;
use camille_proto::answer::Outcome;
use camille_proto::forward::BankAnswer;
use camille_proto::key::KeyId;
use camille_proto::open::Open;
use camille_proto::problem::Problem;
use std::sync::Arc;
use std::time::Instant;

/// What an answer is to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// How many candidates.
    pub(crate) candidates: u32,
    /// Whether other banks answer too, so that sessions in common must be told.
    pub(crate) sampled: bool,
}

/// Searches the own bank, for the holder of a key or for the owner.
///
/// # Errors
/// A problem when there is no bank to search or it cannot be read.
pub(crate) async fn search(
    search: &Search,
    question: Arc<Question>,
    visible: Visibility,
    asker: Option<KeyId>,
    wanted: Wanted,
) -> Result<BankAnswer, Box<Problem>> {
    // Whoever went away while waiting costs nothing.
    let turn = search.turns.take(asker.as_ref()).await;
    let answer =
        blocking(search, move |search| search_blocking(search, &question, &visible, wanted)).await;
    drop(turn);
    answer
}

/// Searches the own bank for its owner. What was found for the same question a moment ago is found again if the
/// bank is still the same.
///
/// # Errors
/// As [`search`].
pub(crate) async fn search_or_recall(
    search: &Search,
    question: Arc<Question>,
    wanted: Wanted,
) -> Result<Heard, Box<Problem>> {
    let turn = search.turns.take(None).await;
    let found = blocking(search, move |search| {
        let started = Instant::now();
        let own = search.home.identity.peer_id();
        let asked = search
            .home
            .reader()?
            .map(|reader| Asked::own(own, reader.generation(), &question.query, wanted.candidates));
        let kept = asked.as_ref().and_then(|asked| search.mesh.answers.get(asked));
        if let Some(kept) = kept.and_then(|parts| parts.into_iter().next()) {
            let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            return Ok(Heard { took_ms, ..kept });
        }
        let part = own_part(search_blocking(search, &question, &Visibility::Everything, wanted)?);
        if let Some(asked) = asked {
            search.mesh.answers.keep(asked, std::slice::from_ref(&part));
        }
        Ok(part)
    });
    let found = found.await;
    drop(turn);
    found
}

/// The own bank's part, like anybody's.
pub(crate) fn own_part(answer: BankAnswer) -> Heard {
    Heard {
        peer_id: answer.peer_id,
        name: answer.name,
        via: None,
        hops: 0,
        status: answer.status,
        took_ms: answer.took_ms,
        statistics: Arc::new(answer.stats),
        candidates: Arc::new(answer.hits),
        error: answer.error,
        sees: None,
    }
}

fn search_blocking(
    search: &Search,
    question: &Question,
    visible: &Visibility,
    wanted: Wanted,
) -> Result<BankAnswer, Box<Problem>> {
    let started = Instant::now();
    let mut answer = nothing(search, question.terms.len());
    if let Some(reader) = search.home.reader()? {
        let query = &question.query;
        // A question about somebody else's documents finds none here, yet counts in the statistics.
        let is_author = is_author(search, query.author.as_deref());
        // So does one about what this build knows no word for, and says so.
        answer.error = query.unknown_word().map(|word| word.to_string());
        let is_known = answer.error.is_none();
        let candidates = if is_author && is_known { wanted.candidates as usize } else { 0 };
        let leaf = LeafQuery {
            terms: question.terms.clone(),
            phrases: question.phrases.clone(),
            filter: Filter {
                document_type: query.document_type.and_then(Open::known),
                project: query.project.clone(),
                agent: query.agent.and_then(Open::known),
                since: query.since,
                until: query.until,
            },
            candidates,
            sampled: wanted.sampled,
        };
        let found =
            reader.search(&leaf, visible).map_err(|error| crate::error::internal(&error))?;
        answer.stats = found.statistics;
        answer.hits = found
            .candidates
            .into_iter()
            .map(|found| wire::candidate(&search.home, visible, found))
            .collect();
    }
    answer.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(answer)
}

/// What is said of the own bank when its search takes too long.
pub(crate) fn too_late(search: &Search, terms: usize) -> BankAnswer {
    let error = Some("its bank did not answer in time".to_owned());
    BankAnswer { status: Outcome::TimedOut, error, ..nothing(search, terms) }
}

fn nothing(search: &Search, terms: usize) -> BankAnswer {
    BankAnswer {
        peer_id: search.home.identity.peer_id(),
        name: search.home.settings.node.name.clone(),
        status: Outcome::Ok,
        hops: 0,
        took_ms: 0,
        stats: wire::no_statistics(terms),
        hits: Vec::new(),
        error: None,
    }
}

/// Whether this node's person is the one asked for.
fn is_author(search: &Search, author: Option<&str>) -> bool {
    let node = &search.home.settings.node;
    author.is_none_or(|wanted| {
        let wanted = wanted.to_lowercase();
        node.name.to_lowercase() == wanted
            || node.user.as_ref().is_some_and(|user| user.to_lowercase() == wanted)
    })
}
