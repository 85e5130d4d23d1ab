//! The owner's questions and documents, own or a peer's.

use super::bank;
use super::service::Local;
use crate::access::Access;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request, not_found};
use crate::search::ask::Ask;
use crate::search::root;
use crate::search::stream::{self, Step};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use camille_client::{ClientError, NodeClient};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::answer::Answer;
use camille_proto::document::DocumentView;
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::local::{OwnerAnswer, OwnerEvent, OwnerSearch};
use camille_proto::problem::Problem;
use futures_util::future;
use http::{Request, Uri};
use std::time::Duration;
use tokio::sync::mpsc;

/// The longest a peer may be given.
const TIMEOUT_MAX: Duration = Duration::from_secs(120);

pub(super) async fn search(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<OwnerAnswer>, Refusal> {
    let ask = read(request).await?;
    let answer = root::search(&local.search, ask).await?;
    Ok(Json(with_notes(&local, answer).await?))
}

/// Answers while peers answer, one JSON object a line.
pub(super) async fn stream(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let ask = read(request).await?;
    Ok(bank::lines(&local.clone(), move |tell| async move {
        // One step waits while one is told: more would only grow old.
        let (steps, told) = mpsc::channel(1);
        let searching = stream::search(&local.search, ask, steps);
        let (searched, ()) = future::join(searching, pass_on(&local, told, &tell)).await;
        if let Err(problem) = searched {
            let _ = tell.send(OwnerEvent::Failed { problem: *problem }).await;
        }
    }))
}

/// Tells the steps of a search as they come. When nobody listens any more, the search ends.
async fn pass_on(local: &Local, mut steps: mpsc::Receiver<Step>, tell: &mpsc::Sender<OwnerEvent>) {
    while let Some(step) = steps.recv().await {
        let event = match step {
            Step::Progress(progress) => OwnerEvent::Progress(*progress),
            Step::Done(answer) => match with_notes(local, *answer).await {
                Ok(answer) => OwnerEvent::Done(answer),
                Err(problem) => OwnerEvent::Failed { problem: *problem },
            },
        };
        if tell.send(event).await.is_err() {
            return;
        }
    }
}

/// What the owner asks.
async fn read(request: Request<Body>) -> Result<Ask, Refusal> {
    let asked: OwnerSearch = extract::json(request, REQUEST_BYTES_MAX).await?;
    asked.query.check().map_err(|error| bad_request(error.field, &error.reason))?;
    Ok(Ask {
        local: asked.local,
        only: asked.peers,
        timeout: asked.timeout_ms.map(|ms| Duration::from_millis(ms).min(TIMEOUT_MAX)),
        ..Ask::own(asked.query)
    })
}

/// The answer with what the owner should know besides.
async fn with_notes(local: &Local, answer: Answer) -> Result<OwnerAnswer, Box<Problem>> {
    let reached = answer.coverage.asked > 0;
    let first_mesh_search = reached
        && local
            .home
            .blocking(|s| s.registry.note_first_mesh_search())
            .await
            .map_err(|error| crate::error::internal(&error))?;
    let bank_age = if local.life.service {
        None
    } else {
        local.home.visible_summary(&Access::Owner).await?.last_index
    };
    Ok(OwnerAnswer { answer, first_mesh_search, bank_age })
}

pub(super) async fn document(
    State(local): State<Local>,
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
    match peer.filter(|peer| *peer != local.home.identity.peer_id()) {
        None => Ok(Json(crate::api::document::read(&local.home, &Access::Owner, id).await?)),
        Some(peer) => fetch(&local, peer, id).await.map(Json),
    }
}

/// A document of a peer's bank.
async fn fetch(local: &Local, peer_id: PeerId, id: DocumentId) -> Result<DocumentView, Refusal> {
    let peers = local
        .home
        .blocking(|s| s.registry.peers())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let peer = peers.into_iter().find(|peer| peer.peer_id == peer_id).ok_or_else(not_found)?;
    let key = local.home.key_for(&peer).await;
    local.mesh.locate(peer_id, &peer.addresses);
    let client = NodeClient::peer(&local.mesh.pool, peer_id, key)
        .with_deadline(local.home.settings.mesh.peer_timeout);
    let view = client.document(&id).await.map_err(|error| peer_problem(&peer.name, &error))?;
    if view.id != id || view.peer_id != peer_id {
        return Err(Problem::new(502, "Wrong answer from a peer")
            .detail(format!("{} sent another document than the one asked for", peer.name))
            .into());
    }
    let source = format!("peer:{}", peer.name);
    local
        .home
        .blocking(move |home| {
            let around = view.before.iter().chain(&view.after).map(|near| near.content.as_str());
            let texts = around.chain([view.content.as_str()]).chain(view.metadata.title.as_deref());
            let texts = texts.map(|text| (source.as_str(), text));
            let remembered = home.intake.echo.remember(&home.registry, texts, home.now());
            remembered.map(|()| view).map_err(|error| crate::error::internal(&error).into())
        })
        .await
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
