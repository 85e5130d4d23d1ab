//! The question's origin, answering while it asks: the hits as they stand whenever somebody was heard, then
//! the whole answer.

use super::ask::Ask;
use super::root::handed_out;
use super::service::Search;
use super::underway::{Known, Underway};
use crate::home::blocking;
use camille_proto::answer::{Answer, Coverage, Outcome};
use camille_proto::id::PeerId;
use camille_proto::problem::Problem;
use camille_proto::stream::Progress;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::HashSet;
use tokio::sync::mpsc;

/// What is handed over on the way.
#[derive(Debug)]
pub(crate) enum Step {
    /// What is known so far.
    Progress(Box<Progress>),
    /// Everything. The last one.
    Done(Box<Answer>),
}

/// Answers as origin, step by step. Whoever takes the steps slowly gets fewer of them and holds nobody up;
/// when the steps' other end is gone, the question is given up.
///
/// # Errors
/// A problem when the own bank cannot be read, or a named peer is not known.
pub(crate) async fn search(
    search: &Search,
    ask_for: Ask,
    steps: mpsc::Sender<Step>,
) -> Result<(), Box<Problem>> {
    let limit = ask_for.query.limit as usize;
    let mut underway = Underway::begin(search, ask_for).await?;
    let mut fresh = Some(underway.known().heard_of());
    let mut telling: Option<BoxFuture<'static, ()>> = None;
    let mut over = false;
    while !over || fresh.is_some() || telling.is_some() {
        if telling.is_none()
            && underway.known().has_own()
            && let Some(who) = fresh.take()
        {
            let (known, everybody) = (underway.known().clone(), underway.everybody());
            telling =
                Some(tell(search.clone(), known, who, everybody, limit, steps.clone()).boxed());
        }
        tokio::select! {
            () = steps.closed() => return Ok(()),
            () = told(&mut telling) => telling = None,
            news = underway.next(), if !over => match news? {
                Some(who) => fresh.get_or_insert_default().extend(who),
                None => over = true,
            },
        }
    }
    let known = underway.finish().await?;
    let answer = blocking(search, move |search| handed_out(search, known.answer(limit))).await;
    // Nobody is left to tell when this fails.
    let _ = steps.send(Step::Done(Box::new(answer))).await;
    Ok(())
}

/// Waits for what is being told; for ever when there is nothing.
async fn told(telling: &mut Option<BoxFuture<'static, ()>>) {
    match telling {
        Some(telling) => telling.await,
        None => std::future::pending().await,
    }
}

/// Hands over what is known, once there is room for it.
async fn tell(
    search: Search,
    known: Known,
    who: Vec<PeerId>,
    everybody: usize,
    limit: usize,
    steps: mpsc::Sender<Step>,
) {
    let Ok(room) = steps.reserve().await else { return };
    let answer = blocking(&search, move |search| handed_out(search, known.answer(limit))).await;
    room.send(Step::Progress(Box::new(progress(answer, &who, everybody))));
}

/// What an answer says so far of the question to `everybody`; `who`: those heard since the last time.
fn progress(answer: Answer, who: &[PeerId], everybody: usize) -> Progress {
    let who: HashSet<&PeerId> = who.iter().collect();
    let known = u32::try_from(everybody).unwrap_or(u32::MAX);
    let skipped = answer.peers.iter().filter(|peer| peer.status == Outcome::Skipped).count();
    let asked = known.saturating_sub(u32::try_from(skipped).unwrap_or(u32::MAX));
    Progress {
        request_id: answer.request_id,
        results: answer.results,
        coverage: Coverage { known, asked, answered: answer.coverage.answered },
        peers: answer.peers.into_iter().filter(|peer| who.contains(&peer.peer_id)).collect(),
        took_ms: answer.took_ms,
    }
}
