//! The owner's questions and documents, own or a peer's.

use crate::access::Access;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request, not_found};
use crate::search::root;
use crate::state::Shared;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use camille_client::{ClientError, NodeClient};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::document::DocumentView;
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::local::{OwnerAnswer, OwnerSearch};
use camille_proto::problem::Problem;
use http::{Request, Uri};
use std::time::Duration;

/// The longest a peer may be given.
const TIMEOUT_MAX: Duration = Duration::from_secs(120);

pub(super) async fn search(
    State(state): State<Shared>,
    request: Request<Body>,
) -> Result<Json<OwnerAnswer>, Refusal> {
    let asked: OwnerSearch = extract::json(request, REQUEST_BYTES_MAX).await?;
    asked.query.check().map_err(|error| bad_request(error.field, &error.reason))?;
    let ask = root::Ask {
        local: asked.local,
        only: asked.peers,
        timeout: asked.timeout_ms.map(|ms| Duration::from_millis(ms).min(TIMEOUT_MAX)),
        ..root::Ask::own(asked.query)
    };
    let answer = root::search(&state, ask).await?;
    let reached = answer.coverage.asked > 0;
    let first_mesh_search = reached
        && state
            .blocking(|s| s.registry.note_first_mesh_search())
            .await
            .map_err(|error| crate::error::internal(&error))?;
    let bank_age =
        if state.service { None } else { state.visible_summary(&Access::Owner).await?.last_index };
    Ok(Json(OwnerAnswer { answer, first_mesh_search, bank_age }))
}

pub(super) async fn document(
    State(state): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<DocumentView>, Refusal> {
    let id: DocumentId = id.parse().map_err(|error| bad_request("id", format!("is {error}")))?;
    let mut peer = None;
    for (name, value) in extract::members(&uri)? {
        match name.as_str() {
            "peer" => {
                let parsed: PeerId =
                    value.parse().map_err(|error| bad_request("peer", format!("is {error}")))?;
                peer = Some(parsed);
            }
            _ => return Err(extract::unknown(&name, "peer")),
        }
    }
    match peer.filter(|peer| *peer != state.identity.peer_id()) {
        None => Ok(Json(crate::api::document::read(&state, &Access::Owner, id).await?)),
        Some(peer) => fetch(&state, peer, id).await.map(Json),
    }
}

/// A document of a peer's bank.
async fn fetch(state: &Shared, peer_id: PeerId, id: DocumentId) -> Result<DocumentView, Refusal> {
    let peers = state
        .blocking(|s| s.registry.peers())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let peer = peers.into_iter().find(|peer| peer.peer_id == peer_id).ok_or_else(not_found)?;
    let key = state.key_for(&peer).await;
    state.locate(peer_id, &peer.addresses);
    let client =
        NodeClient::peer(&state.pool, peer_id, key).with_deadline(state.settings.mesh.peer_timeout);
    let view = client.document(&id).await.map_err(|error| peer_problem(&peer.name, &error))?;
    if view.id != id || view.peer_id != peer_id {
        return Err(Problem::new(502, "Wrong answer from a peer")
            .detail(format!("{} sent another document than the one asked for", peer.name))
            .into());
    }
    Ok(view)
}

/// A peer's failure, told to the owner.
pub(super) fn peer_problem(name: &str, error: &ClientError) -> Refusal {
    if let ClientError::Problem(problem) = error {
        let mut told = (**problem).clone();
        told.detail = Some(format!(
            "{name} answered: {}",
            problem.detail.as_deref().unwrap_or(&problem.error)
        ));
        return told.into();
    }
    let mut problem = Problem::new(502, "Peer not reached").detail(format!("{name}: {error}"));
    problem.hint = error.hint();
    problem.into()
}
