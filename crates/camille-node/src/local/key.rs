//! The keys this node issued.

use super::meant;
use super::service::Local;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::key::{KeyId, PinnedKey};
use camille_proto::local::{KeyCreated, KeyRequest, KeyView, RotateRequest};
use camille_proto::problem::Problem;
use camille_registry::{KeyKind, Rotation};
use http::{Request, StatusCode};

/// The longest an old key may live beside its successor.
const OVERLAP_MAX_S: u64 = 90 * 86_400;

pub(super) async fn list(State(local): State<Local>) -> Result<Json<Vec<KeyView>>, Refusal> {
    let now = local.home.now();
    let keys = local
        .home
        .blocking(move |s| s.registry.keys(now))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(Json(keys))
}

pub(super) async fn create(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<KeyCreated>, Refusal> {
    let asked: KeyRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    if asked.name.trim().is_empty() {
        return Err(bad_request("name", "is empty"));
    }
    if !camille_proto::name::is_fit(&asked.name) {
        return Err(unfit("name"));
    }
    if asked.grant.verbs.is_empty() {
        return Err(bad_request("grant.verbs", "is empty: the key could do nothing"));
    }
    let now = local.home.now();
    let kind = if asked.peer { KeyKind::Peer } else { KeyKind::Tool };
    let (name, grant) = (asked.name, meant::grant(&local.home, asked.grant).await?);
    let (key, view) = local
        .home
        .blocking(move |s| -> Result<_, camille_registry::RegistryError> {
            let key = s.registry.issue(kind, &name, &grant, None, now)?;
            let view = s.registry.keys(now)?.into_iter().find(|view| view.id == key.id());
            Ok((key, view))
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let view = view.ok_or_else(|| {
        Refusal::from(Problem::new(500, "internal error").detail("the key was not kept"))
    })?;
    local.life.open_now().await;
    let key = if asked.peer {
        PinnedKey { key, peer_id: local.home.identity.peer_id() }.to_string()
    } else {
        key.reveal().to_owned()
    };
    Ok(Json(KeyCreated { key, view }))
}

pub(super) async fn rotate(
    State(local): State<Local>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Json<KeyCreated>, Refusal> {
    let asked: RotateRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let overlap_s = i64::try_from(asked.overlap_s.min(OVERLAP_MAX_S)).unwrap_or(0);
    let now = local.home.now();
    let wanted = KeyId(id.clone());
    let (rotation, keys) = local
        .home
        .blocking(move |s| -> Result<_, camille_registry::RegistryError> {
            Ok((s.registry.rotate(&wanted, overlap_s, now)?, s.registry.keys(now)?))
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    match rotation {
        Rotation::Rotated { key, .. } => {
            let view = keys.into_iter().find(|view| view.id == key.id()).ok_or_else(|| {
                Refusal::from(Problem::new(500, "internal error").detail("the key was not kept"))
            })?;
            Ok(Json(KeyCreated { key: key.reveal().to_owned(), view }))
        }
        Rotation::Unknown => Err(unknown(&id)),
        Rotation::NotTool => Err(Problem::new(409, "Not a tool key")
            .detail("no person holds a peer's key: its node got it and keeps it sealed")
            .hint("camille peers remove, then a new invite, gives a peer another key")
            .into()),
    }
}

/// A name that means something else, or that nobody could tell from another.
pub(super) fn unfit(field: &str) -> Refusal {
    Problem::new(400, "That is no name")
        .detail("a name has a letter in it, and does not mean its owner, everybody or nobody (`me`, `you`, `all`)")
        .field(field)
        .hint("choose another one")
        .into()
}

fn unknown(id: &str) -> Refusal {
    Problem::new(404, "Unknown key")
        .detail(format!("there is no live key '{id}'"))
        .hint("camille keys list shows every key with its id")
        .into()
}

pub(super) async fn revoke(
    State(local): State<Local>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let now = local.home.now();
    let wanted = id.clone();
    let revoked = local
        .home
        .blocking(move |s| s.registry.revoke(&wanted, now))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    if revoked.is_empty() {
        return Err(unknown(&id));
    }
    Ok(StatusCode::NO_CONTENT)
}
