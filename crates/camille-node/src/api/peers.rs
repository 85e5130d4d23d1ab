//! `GET /peers`: whom this node passes questions on to, for those who may have them passed on.

use super::extract;
use super::reply::{Refusal, bad_request};
use crate::access::Access;
use crate::federation::plan::Known;
use crate::state::Shared;
use axum::extract::State;
use axum::{Extension, Json};
use camille_proto::grant::Verb;
use camille_proto::node::{PeerEntry, PeerList, PeerStatus};
use camille_proto::problem::Problem;
use http::Uri;

/// How many nodes deep anyone may ask: the longest path has five nodes, of which the asker knows two.
const DEPTH_MAX: u32 = 3;

/// Whom this node passes questions on to: those of its neighbours that are there and allow it. Empty for a
/// key that may not have questions passed on.
#[utoipa::path(
    get, path = "/api/v1/peers", tag = "mesh",
    security(("key" = []), ("bearer" = [])),
    params(("depth" = Option<u32>, Query, description = "1 to 3: with the neighbours' own neighbours (1)")),
    responses(
        (status = 200, body = PeerList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn peers(
    State(state): State<Shared>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Json<PeerList>, Refusal> {
    let mut depth = 1;
    for (name, value) in extract::members(&uri)? {
        match name.as_str() {
            "depth" => depth = extract::number(&name, &value)?,
            _ => return Err(extract::unknown(&name, "depth")),
        }
    }
    if !(1..=DEPTH_MAX).contains(&depth) {
        return Err(bad_request("depth", format!("must be 1 to {DEPTH_MAX}")));
    }
    if matches!(access, Access::Anonymous) {
        return Err(super::reply::not_found());
    }
    Ok(Json(told(&state, &access, depth).await?.unwrap_or_default()))
}

/// Another word each time that the caller would be told of others. `None`: it is told of nobody.
pub(super) async fn fingerprint(
    state: &Shared,
    access: &Access,
) -> Result<Option<String>, Refusal> {
    let Some(list) = told(state, access, DEPTH_MAX).await? else { return Ok(None) };
    let json = serde_json::to_vec(&list).unwrap_or_default();
    Ok(Some(blake3::hash(&json).to_hex()[..16].to_owned()))
}

/// Whom this node passes questions of the caller on to. `None`: it passes none on.
async fn told(state: &Shared, access: &Access, depth: u32) -> Result<Option<PeerList>, Refusal> {
    let asker = match access {
        Access::Owner => None,
        Access::Key(key)
            if state.settings.mesh.allow_indirect && key.grant.allows(Verb::Indirect) =>
        {
            key.bound_to
        }
        _ => return Ok(None),
    };
    let known = state
        .blocking(|s| s.registry.peers())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let peers = known
        .into_iter()
        .filter(|peer| peer.has_key && Some(peer.peer_id) != asker)
        .filter_map(|peer| {
            let beyond = state.health.relayed(&peer.peer_id)?;
            Some(PeerEntry {
                peer_id: peer.peer_id,
                name: peer.name,
                status: PeerStatus::Active,
                indirect: true,
                peers: entries(beyond, depth - 1),
            })
        })
        .collect();
    Ok(Some(PeerList { peers }))
}

fn entries(known: Vec<Known>, depth: u32) -> Vec<PeerEntry> {
    if depth == 0 {
        return Vec::new();
    }
    known
        .into_iter()
        .map(|known| PeerEntry {
            peer_id: known.peer_id,
            name: known.name,
            status: PeerStatus::Active,
            indirect: true,
            peers: entries(known.beyond, depth - 1),
        })
        .collect()
}
