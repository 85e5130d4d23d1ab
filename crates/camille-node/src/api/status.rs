//! `GET /status` and `GET /info`: what a node says about itself.

use super::extract::{self, no_members};
use super::reply::Refusal;
use crate::access::Access;
use crate::mesh::address;
use crate::state::Shared;
use axum::extract::State;
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_proto::PROTOCOL;
use camille_proto::id::PeerId;
use camille_proto::node::{Info, Reached, Status};
use camille_proto::problem::Problem;
use http::{HeaderMap, Uri};

/// What this build serves.
pub(crate) fn capabilities() -> Vec<String> {
    vec!["search".to_owned()]
}

/// How the node is. With a key also what that key may see.
#[utoipa::path(
    get, path = "/api/v1/status", tag = "node",
    security((), ("key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Status),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn status(
    State(state): State<Shared>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Json<Status>, Refusal> {
    no_members(&uri)?;
    let summary = match &access {
        Access::Anonymous => None,
        Access::Owner | Access::Key(_) => Some(state.visible_summary(&access).await?),
    };
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        status: "ok".to_owned(),
        uptime_s: state.started.elapsed().as_secs(),
        protocol: PROTOCOL.to_owned(),
        capabilities: capabilities(),
        documents: summary.as_ref().map(|s| s.documents),
        last_update: summary.and_then(|s| s.last_update),
    }))
}

/// Who the node is. A peer that says in `X-Node-Addresses` where it can be reached now is found there.
#[utoipa::path(
    get, path = "/api/v1/info", tag = "node",
    security((), ("key" = []), ("bearer" = [])),
    params(("X-Node-Addresses" = Option<String>, Header,
        description = "of a peer: where it can be reached now, a JSON array of host:port")),
    responses(
        (status = 200, body = Info),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn info(
    State(state): State<Shared>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Info>, Refusal> {
    no_members(&uri)?;
    let peer = match &access {
        Access::Key(key) => key.bound_to,
        _ => None,
    };
    if let Some(peer) = peer
        && let Some(addresses) = extract::addresses(&headers)?
    {
        state.note(move |s| s.registry.set_addresses(&peer, &addresses)).await;
    }
    let neighbours = super::peers::fingerprint(&state, &access).await?;
    Ok(Json(Info {
        peer_id: state.identity.peer_id(),
        public_key: STANDARD.encode(state.identity.spki()),
        protocol: PROTOCOL.to_owned(),
        capabilities: capabilities(),
        allow_indirect: state.settings.mesh.allow_indirect,
        name: (!state.settings.discovery.private).then(|| state.settings.node.name.clone()),
        neighbours,
        you: match peer {
            Some(peer) => reached(&state, peer).await?,
            None => None,
        },
        addresses: if peer.is_some() { address::own(&state) } else { Vec::new() },
    }))
}

/// Whether this node reaches the one that asks; `None` when it holds no key for its bank.
async fn reached(state: &Shared, peer: PeerId) -> Result<Option<Reached>, Refusal> {
    let known = state
        .blocking(move |s| s.registry.peer_by_name_or_id(&peer.to_string()))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(known.filter(|known| known.has_key).map(|known| Reached {
        reached: known.last_error.is_none() && !state.health.is_away(&peer),
        error: known.last_error,
    }))
}
