//! The one who was invited or introduced: claims the invite, now or as soon as the inviter can be reached, or
//! waits until one who was introduced says yes.
//!
//! What is needed to finish is written down before anything is dialled, so a crash at any moment
//! leaves a join that completes by itself.

use super::address;
use crate::api::reply::Refusal;
use crate::mesh::service::Mesh;
use camille_client::{ClientError, JoinAnswer, NodeClient};
use camille_proto::id::PeerId;
use camille_proto::invite::Invite;
use camille_proto::join::JoinRequest;
use camille_proto::key::ApiKey;
use camille_proto::local::JoinResult;
use camille_proto::problem::Problem;
use camille_registry::{FinishOutcome, PendingJoin, RegistryError};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a join waits for its inviter: longer than any invite lives. A clock alone can be wrong, so it must
/// have been tried for that long as well: about two days of a running node.
const PENDING_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);
const PENDING_ATTEMPTS_MIN: u32 = 3_000;
/// How often an inviter may refuse one that waits: about a day. An invite that has ended by a clock that jumped
/// is open again when that clock is right.
const REFUSALS_MAX: u32 = 300;
/// Of two who were introduced to each other one dials first, so that they do not dial at once: the other waits so
/// long, in case it cannot be reached.
const SECOND: SignedDuration = SignedDuration::from_secs(20);
/// After so many attempts in vain a join is tried only at every third turn, and then at every twelfth.
const ATTEMPTS_SOON: u32 = 12;
const ATTEMPTS_STEADY: u32 = 100;
/// How long one claim may take.
const CLAIM: Duration = Duration::from_secs(10);
/// How long showing the key may take that a claim gave.
const SHOWN: Duration = Duration::from_secs(3);

/// Begins a join and tries it once.
///
/// # Errors
/// A problem when the inviter refuses. When it is away, the join is pending instead.
pub(crate) async fn begin(
    mesh: &Mesh,
    invite: &Invite,
    name: Option<String>,
) -> Result<JoinResult, Refusal> {
    let now = mesh.home.now();
    let begun = invite.clone();
    let join = mesh
        .home
        .blocking(move |s| s.registry.begin_join(&begun, name.as_deref(), now))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    // The inviter is told where we are, so we listen first.
    mesh.life.open_now().await;
    match claim(mesh, &join).await {
        Ok(result) => Ok(result),
        Err(Attempt::Refused(problem)) => {
            let inviter = join.peer_id;
            mesh.home.note(move |s| s.registry.cancel_join(&inviter, now)).await;
            Err(problem.into())
        }
        Err(Attempt::Away(reason)) => {
            mesh.life.joins.notify_one();
            let (inviter, kept) = (join.peer_id, reason.clone());
            mesh.home.note(move |s| s.registry.record_join_failure(&inviter, &kept)).await;
            Ok(JoinResult {
                name: join.name,
                peer_id: join.peer_id,
                pending: true,
                grant: None,
                reason: Some(reason),
            })
        }
        Err(Attempt::Broken(problem)) => Err(problem.into()),
    }
}

/// Tries pending joins until they are done.
pub(crate) async fn complete_pending(mesh: Mesh, shutdown: CancellationToken, every: Duration) {
    let mut waits = true;
    for turn in 0_u64.. {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(if waits { every } else { every * 6 }) => {}
            () = mesh.life.joins.notified() => {}
        }
        let pending = match mesh.home.blocking(|s| s.registry.pending_joins()).await {
            Ok(pending) => pending,
            Err(error) => {
                tracing::error!(error = %error, "pending joins could not be read");
                continue;
            }
        };
        waits = !pending.is_empty();
        for join in pending {
            let inviter = join.peer_id;
            let now = mesh.home.now();
            if !is_due(&mesh.home.identity.peer_id(), &join, turn, now) {
                continue;
            }
            if is_given_up(&join, now) {
                let news = format!("The join to {} was given up: nobody answered.", join.name);
                mesh.home.note(move |s| s.registry.add_news(&news, now)).await;
                mesh.home.note(move |s| s.registry.cancel_join(&inviter, now)).await;
                continue;
            }
            match claim(&mesh, &join).await {
                Ok(result) => {
                    tracing::info!(peer = %result.peer_id.short(), "a pending join is complete");
                    if join.invite_key.is_none() {
                        let news = format!("{} is a peer now", result.name);
                        mesh.home.note(move |s| s.registry.add_news(&news, now)).await;
                    }
                }
                Err(Attempt::Refused(problem))
                    if problem.status == 401 && join.refusals < REFUSALS_MAX =>
                {
                    let reason = problem.detail.unwrap_or(problem.error);
                    if join.refusals == 0 {
                        let news = format!("{reason}; it is tried for about a day more");
                        mesh.home.note(move |s| s.registry.add_news(&news, now)).await;
                    }
                    mesh.home
                        .note(move |s| s.registry.record_join_refusal(&inviter, &reason))
                        .await;
                }
                Err(Attempt::Refused(problem)) => {
                    let news = format!(
                        "The invite of {} was refused: {}",
                        join.name,
                        problem.detail.as_deref().unwrap_or(&problem.error)
                    );
                    mesh.home.note(move |s| s.registry.add_news(&news, now)).await;
                    mesh.home.note(move |s| s.registry.cancel_join(&inviter, now)).await;
                }
                Err(Attempt::Away(reason)) => {
                    mesh.home
                        .note(move |s| s.registry.record_join_failure(&inviter, &reason))
                        .await;
                }
                Err(Attempt::Broken(_)) => {}
            }
        }
    }
}

/// Whether a join has waited long enough: by the clock, and by how often it was tried.
fn is_given_up(join: &PendingJoin, now: Timestamp) -> bool {
    now.duration_since(join.created) > PENDING_MAX && join.attempts >= PENDING_ATTEMPTS_MIN
}

/// Whether it is time to try a join again.
fn is_due(own: &PeerId, join: &PendingJoin, turn: u64, now: Timestamp) -> bool {
    let second = join.invite_key.is_none() && *own > join.peer_id;
    // One that was begun in the future waits for a clock that was set back, not for 20 seconds.
    let age = now.duration_since(join.created);
    if second && !age.is_negative() && age < SECOND {
        return false;
    }
    let every = match join.attempts {
        _ if join.refusals > 0 => 60,
        ..ATTEMPTS_SOON => 1,
        ATTEMPTS_SOON..ATTEMPTS_STEADY => 3,
        _ => 12,
    };
    turn.is_multiple_of(every)
}

/// Tries the join to a candidate that was accepted just now.
///
/// # Errors
/// Why they are not peers yet, in words; it is tried again.
pub(crate) async fn now(mesh: &Mesh, candidate: &PeerId) -> Result<(), String> {
    let wanted = *candidate;
    let found = mesh
        .home
        .blocking(move |s| s.registry.pending_joins())
        .await
        .map_err(|error| error.to_string())?
        .into_iter()
        .find(|join| join.peer_id == wanted);
    // Nothing waits: it was faster.
    let Some(join) = found else { return Ok(()) };
    match claim(mesh, &join).await {
        Ok(_) => Ok(()),
        Err(Attempt::Refused(problem) | Attempt::Broken(problem)) => {
            Err(problem.detail.unwrap_or(problem.error))
        }
        Err(Attempt::Away(reason)) => {
            let kept = reason.clone();
            mesh.home.note(move |s| s.registry.record_join_failure(&wanted, &kept)).await;
            Err(reason)
        }
    }
}

/// Why a claim did not succeed.
enum Attempt {
    /// The inviter said no: another try would not help.
    Refused(Box<Problem>),
    /// The inviter was not reached.
    Away(String),
    /// Our own fault.
    Broken(Box<Problem>),
}

async fn claim(mesh: &Mesh, join: &PendingJoin) -> Result<JoinResult, Attempt> {
    let inviter = join.peer_id;
    let broken =
        |error: &(dyn std::error::Error + 'static)| Attempt::Broken(crate::error::internal(error));
    mesh.locate(inviter, &join.addresses);
    let request = JoinRequest {
        name: mesh.home.settings.node.name.clone(),
        addresses: address::own(mesh),
        key: join.key_for_inviter.clone(),
    };
    let client =
        NodeClient::peer(&mesh.pool, inviter, join.invite_key.clone()).with_deadline(CLAIM);
    let response = match client.join(&request).await {
        Ok(JoinAnswer::Joined(mut response)) => {
            let from = mesh.pool.last_address(&inviter).map(|at| at.ip());
            response.addresses = address::believed(&response.addresses, from);
            response
        }
        Ok(JoinAnswer::Waits) => {
            return Err(Attempt::Away(format!("waits until {} accepts you", join.name)));
        }
        Err(ClientError::Problem(problem)) if join.invite_key.is_none() => {
            return Err(Attempt::Away(match problem.status {
                401 => format!("waits until {} hears of you", join.name),
                _ => problem.detail.unwrap_or(problem.error),
            }));
        }
        Err(error) => return Err(attempt(&join.name, &error)),
    };
    let (grant, key) = (response.grant.clone(), response.key.clone());
    let now = mesh.home.now();
    let finished =
        mesh.home.blocking(move |s| s.registry.finish_join(&inviter, &response, now)).await;
    let name = match finished {
        Ok(FinishOutcome::Joined { name } | FinishOutcome::AlreadyJoined { name }) => name,
        Ok(FinishOutcome::Unknown) => {
            let problem = Problem::new(409, "Join was cancelled")
                .detail("the join was cancelled while the inviter answered");
            return Err(Attempt::Refused(Box::new(problem)));
        }
        Err(error @ RegistryError::OtherInviter { .. }) => {
            let problem = Problem::new(400, "Wrong answer to a join").detail(error.to_string());
            return Err(Attempt::Refused(Box::new(problem)));
        }
        Err(error) => return Err(broken(&error)),
    };
    show(mesh, inviter, key).await;
    mesh.health.expect(&inviter);
    Ok(JoinResult { name, peer_id: inviter, pending: false, grant: Some(grant), reason: None })
}

/// Shows the key that was got once: its maker then knows that it arrived, and ends the one that it replaces, where
/// this was not the first join. If this gets lost, the next question does the same.
async fn show(mesh: &Mesh, inviter: PeerId, key: ApiKey) {
    let client = NodeClient::peer(&mesh.pool, inviter, Some(key)).with_deadline(SHOWN);
    if let Err(error) = client.info().await {
        tracing::debug!(peer = %inviter.short(), %error, "a new key was not shown");
    }
}

fn attempt(name: &str, error: &ClientError) -> Attempt {
    match error {
        ClientError::Problem(problem) if matches!(problem.status, 400..=404 | 409 | 410) => {
            let mut told = (**problem).clone();
            // What became of the invite its maker says: that it ended, was revoked, or was never one.
            if told.status == 401 {
                told.error = "Invite refused".into();
                told.title = told.error.clone();
                let why = told.detail.as_deref().unwrap_or("this invite is not open (any more)");
                told.detail = Some(format!("{name} says: {why}"));
            }
            Attempt::Refused(Box::new(told))
        }
        // The wrong machine answered: nothing was sent to it, and the right one may come back.
        other => Attempt::Away(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(attempts: u32) -> PendingJoin {
        PendingJoin {
            peer_id: PeerId::from_bytes([1; 32]),
            name: "ana".into(),
            addresses: Vec::new(),
            invite_key: None,
            key_for_inviter: ApiKey::from_entropy([1; 6], [1; 32]),
            created: Timestamp::from_second(1_800_000_000).expect("a moment"),
            attempts,
            refusals: 0,
            last_error: None,
        }
    }

    #[test]
    fn a_clock_that_jumps_costs_no_join_that_waits() {
        let own = PeerId::from_bytes([2; 32]);
        for hours in [-876_000, -720, -12, 12, 720, 876_000] {
            for attempts in [0, 1, 50, 1_000, PENDING_ATTEMPTS_MIN - 1] {
                let join = waiting(attempts);
                let now = join.created + SignedDuration::from_hours(hours);
                assert!(!is_given_up(&join, now), "{hours} h, {attempts} attempts");
                assert!(is_due(&own, &join, 0, now), "{hours} h, {attempts} attempts");
            }
        }
        // Who was really tried that long is given up.
        let join = waiting(PENDING_ATTEMPTS_MIN);
        assert!(is_given_up(&join, join.created + SignedDuration::from_hours(32 * 24)));
        assert!(!is_given_up(&join, join.created + SignedDuration::from_hours(30 * 24)));
        assert!(!is_due(&own, &join, 0, join.created), "the other one dials first");
    }
}
