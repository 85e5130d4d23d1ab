//! `GET /peers`: whom this node passes questions on to, for those who may have them passed on.

use super::extract;
use super::reply::{Refusal, bad_request};
use super::rule::{KeyNeed, Rule};
use crate::access::Access;
use crate::api::service::Api;
use crate::home::blocking;
use crate::limit::LimitClass;
use crate::mesh::neighbours::{self, DEPTH_MAX};
use crate::mesh::service::Mesh;
use axum::extract::State;
use axum::{Extension, Json};
use camille_proto::node::PeerList;
use camille_proto::problem::Problem;
use camille_registry::RegistryError;
use http::Uri;

pub(super) const RULE: Rule = Rule::new(LimitClass::Status, KeyNeed::Required).quiet();

/// Whom this node passes questions on to: those of its neighbours that are there and allow it. Empty for a
/// key that may not have questions passed on.
#[utoipa::path(
    get, path = "/api/v1/peers", tag = "mesh",
    security(("key" = []), ("bearer" = [])),
    params(("depth" = Option<u32>, Query, minimum = 1, maximum = 3, description = "1 to 3: with the neighbours' own neighbours (1)")),
    responses(
        (status = 200, body = PeerList),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn peers(
    State(api): State<Api>,
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
    let asker = match &access {
        Access::Anonymous | Access::Introduced => return Err(super::reply::not_found()),
        Access::Owner => return Ok(Json(PeerList::default())),
        Access::Key(key) => key.bound_to.filter(|_| neighbours::are_told(&api.mesh, &key.grant)),
    };
    let Some(asker) = asker else { return Ok(Json(PeerList::default())) };
    let told = move |mesh: &Mesh| {
        Ok(neighbours::told(mesh, &mesh.home.registry.peers()?, Some(asker), depth))
    };
    let told = blocking(&api.mesh, told)
        .await
        .map_err(|error: RegistryError| crate::error::internal(&error))?;
    Ok(Json(told))
}
