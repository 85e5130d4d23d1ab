//! `/introductions`: peers who want to meet this node's other peers are told of each other.

use super::extract;
use super::reply::{Refusal, bad_request, forbidden};
use super::rule::{KeyNeed, Rule};
use crate::access::Access;
use crate::api::service::Api;
use crate::limit::LimitClass;
use crate::listener::Caller;
use crate::mesh::address::{self, ADDRESSES_MAX};
use axum::body::Body;
use axum::extract::State;
use axum::{Extension, Json};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::id::PeerId;
use camille_proto::introduction::{IntroductionRequest, Introductions};
use camille_proto::problem::Problem;
use camille_registry::RegistryError;
use http::{Request, StatusCode, Uri};

pub(super) const RULE: Rule = Rule::new(LimitClass::Status, KeyNeed::Required).quiet();

/// A peer wants to meet others who want it too, and hears who they are. It is told to them until it says that it
/// wants that no more.
#[utoipa::path(
    post, path = "/api/v1/introductions", tag = "mesh",
    security(("key" = []), ("bearer" = [])),
    request_body = IntroductionRequest,
    responses(
        (status = 200, body = Introductions),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 408, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn introduce(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    request: Request<Body>,
) -> Result<Json<Introductions>, Refusal> {
    let peer = peer(&access)?;
    extract::no_members(request.uri())?;
    let from = request.extensions().get::<Caller>().and_then(|caller| caller.remote);
    let asked: IntroductionRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    if asked.addresses.len() > ADDRESSES_MAX {
        return Err(bad_request("addresses", format!("are more than {ADDRESSES_MAX}")));
    }
    let named = address::believed(&asked.addresses, from.map(|at| at.ip()));
    let now = api.home.now();
    let told = api
        .home
        .blocking(move |s| {
            if !named.is_empty() {
                s.registry.set_addresses(&peer, &named)?;
            }
            s.registry.introduce(&peer, now)
        })
        .await
        .map_err(|error: RegistryError| crate::error::internal(&error))?;
    Ok(Json(told))
}

/// A peer wants to meet nobody any more.
#[utoipa::path(
    delete, path = "/api/v1/introductions", tag = "mesh",
    security(("key" = []), ("bearer" = [])),
    responses(
        (status = 204, description = "nobody is told of it any more"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn withdraw(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<StatusCode, Refusal> {
    let peer = peer(&access)?;
    extract::no_members(&uri)?;
    api.home
        .blocking(move |s| s.registry.withdraw(&peer))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The peer that asks.
fn peer(access: &Access) -> Result<PeerId, Refusal> {
    match access {
        Access::Key(key) => key.bound_to,
        _ => None,
    }
    .ok_or_else(|| forbidden("this route is for peers"))
}
