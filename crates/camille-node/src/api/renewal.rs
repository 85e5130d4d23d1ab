//! `POST /keys/renew`: a peer gets another key for this bank in time. Writes to node.db, never to a bank.

use super::extract;
use super::reply::{Refusal, forbidden};
use super::rule::Rule;
use crate::access::Access;
use crate::api::service::Api;
use axum::body::Body;
use axum::extract::State;
use axum::{Extension, Json};
use camille_proto::join::RenewedKey;
use camille_proto::problem::Problem;
use camille_registry::Renewal;
use http::Request;

pub(super) const RULE: Rule = Rule::READING;

/// Hands over the successor of the key that comes with the request, once: until it is used, another call gets
/// another one in its place. The old key opens for 7 days more.
#[utoipa::path(
    post, path = "/api/v1/keys/renew", tag = "mesh",
    security(("key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = RenewedKey),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn renew(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    request: Request<Body>,
) -> Result<Json<RenewedKey>, Refusal> {
    extract::no_members(request.uri())?;
    let Access::Key(key) = access else { return Err(not_bound()) };
    let Some(holder) = key.bound_to else { return Err(not_bound()) };
    let now = api.home.now();
    let renewal = api
        .home
        .blocking(move |s| s.registry.renew(&key.key_id, &holder, now))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    match renewal {
        Renewal::Renewed { key, grant, old_ends } => Ok(Json(RenewedKey { key, grant, old_ends })),
        Renewal::Done => Err(Problem::new(409, "Key already renewed")
            .detail("the successor of this key is in use")
            .hint("use it; if it is lost, ask the owner of this node for a new invite")
            .into()),
        Renewal::Unknown => Err(not_bound()),
    }
}

fn not_bound() -> Refusal {
    forbidden("only a peer's key is renewed, by the node that it is bound to")
}
