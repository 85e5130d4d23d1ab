//! Whom the owner lets introduce others, and whom of those the owner accepts.

use super::contact::unknown;
use super::service::Local;
use crate::api::extract;
use crate::api::reply::Refusal;
use crate::mesh::{introduction, join};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{
    AcceptRequest, Accepted, AcceptedAll, CandidateView, IntroducerSet, Standing as StandingView,
};
use camille_proto::problem::Problem;
use camille_registry::{Candidate, RegistryError, Standing};
use futures_util::future::join_all;
use http::Request;

pub(super) async fn on(
    State(local): State<Local>,
    Path(name): Path<String>,
) -> Result<Json<IntroducerSet>, Refusal> {
    set(&local, name, true).await
}

pub(super) async fn off(
    State(local): State<Local>,
    Path(name): Path<String>,
) -> Result<Json<IntroducerSet>, Refusal> {
    set(&local, name, false).await
}

async fn set(local: &Local, name: String, on: bool) -> Result<Json<IntroducerSet>, Refusal> {
    let (now, called) = (local.home.now(), name.clone());
    let peer = local
        .home
        .blocking(move |s| s.registry.set_introducer(&called, on, now))
        .await
        .map_err(|error| crate::error::internal(&error))?
        .ok_or_else(|| unknown(&name))?;
    let told = if on {
        introduction::ask(&local.mesh, &peer.peer_id, None).await.map(drop)
    } else {
        introduction::withdraw(&local.mesh, &peer.peer_id).await
    };
    local.life.introducers.notify_one();
    let reason = told.err().map(|error| error.to_string());
    Ok(Json(IntroducerSet { name: peer.name, peer_id: peer.peer_id, reason }))
}

pub(super) async fn candidates(
    State(local): State<Local>,
) -> Result<Json<Vec<CandidateView>>, Refusal> {
    let found = local
        .home
        .blocking(|s| s.registry.candidates())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(Json(found.into_iter().map(view).collect()))
}

pub(super) async fn accept(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<AcceptedAll>, Refusal> {
    let asked: AcceptRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let now = local.home.now();
    let wanted = asked.name.clone();
    let (accepted, introducers) = local
        .home
        .blocking(move |s| -> Result<_, RegistryError> {
            let accepted = match &wanted {
                Some(name) => s.registry.accept(name, now)?.into_iter().collect(),
                None => s.registry.accept_all(now)?,
            };
            Ok((accepted, s.registry.introducers()?))
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    match &asked.name {
        Some(name) if accepted.is_empty() => return Err(no_candidate(name)),
        None if introducers.is_empty() => {
            return Err(Problem::new(409, "Nobody introduces")
                .detail("you chose nobody to introduce their peers to you")
                .hint("camille peers introduce on NAME")
                .into());
        }
        _ => {}
    }
    local.life.open_now().await;
    let accepted = join_all(accepted.into_iter().map(|one| meet(&local, one))).await;
    // Those who are not peers yet are tried again; not before, or they would be dialled twice at once.
    local.life.joins.notify_one();
    let standing = introducers
        .into_iter()
        .filter(|introducer| asked.name.is_none() && introducer.accepts_all)
        .map(|introducer| introducer.name)
        .collect();
    Ok(Json(AcceptedAll { accepted, standing }))
}

/// Tries at once to become its peer.
async fn meet(local: &Local, candidate: Candidate) -> Accepted {
    let reason = join::now(&local.mesh, &candidate.peer_id).await.err();
    Accepted { name: candidate.name, peer_id: candidate.peer_id, joined: reason.is_none(), reason }
}

fn view(candidate: Candidate) -> CandidateView {
    CandidateView {
        name: candidate.name,
        peer_id: candidate.peer_id,
        introduced_by: candidate.introduced_by,
        standing: match candidate.standing {
            Standing::Offered => StandingView::Offered,
            Standing::Accepted => StandingView::Accepted,
            Standing::Refused => StandingView::Refused,
        },
    }
}

fn no_candidate(name: &str) -> Refusal {
    Problem::new(404, "Nobody of this name")
        .detail(format!("nobody called '{name}' was introduced to you"))
        .hint("camille peers candidates shows who was; camille peers introduce on NAME lets a peer introduce theirs")
        .into()
}
