//! `POST /join`: the holder of an invite becomes a peer, or a node that was introduced. Writes to node.db, never to a
//! bank.

use super::extract;
use super::gate::NOBODY;
use super::reply::{Refusal, bad_request, forbidden};
use super::rule::{KeyNeed, Rule};
use crate::access::Access;
use crate::api::service::Api;
use crate::limit::LimitClass;
use crate::listener::Caller;
use crate::mesh::address::{self, ADDRESSES_MAX};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::introduction::JoinWaits;
use camille_proto::join::{JoinRequest, JoinResponse};
use camille_proto::key::ApiKey;
use camille_proto::problem::Problem;
use camille_registry::{Claim, ClaimOutcome, MeetOutcome, NewPeer};
use http::{Request, StatusCode};
use jiff::Timestamp;

pub(super) const RULE: Rule = Rule::new(LimitClass::Status, KeyNeed::Invite);

/// Claims an invite: both sides end with a pin and a bound key for the other. A node that a peer introduced here
/// needs no invite; it gets 202 until the owner accepted it.
#[utoipa::path(
    post, path = "/api/v1/join", tag = "mesh",
    security(("key" = []), ("bearer" = [])),
    request_body = JoinRequest,
    responses(
        (status = 200, body = JoinResponse),
        (status = 202, body = JoinWaits, description = "the owner did not accept this node yet"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 408, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn join(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let caller = request.extensions().get::<Caller>().copied().unwrap_or(NOBODY);
    let invite = match access {
        Access::Key(invite) => Some(invite.key_id),
        Access::Introduced => None,
        Access::Owner | Access::Anonymous => {
            return Err(forbidden("this route is for the holder of an invite"));
        }
    };
    let Some(peer_id) = caller.certificate else {
        return Err(forbidden("this route asks for the node's client certificate"));
    };
    extract::no_members(request.uri())?;
    let mut asked: JoinRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    if peer_id == api.home.identity.peer_id() {
        return Err(forbidden("a node cannot join itself"));
    }
    if asked.addresses.len() > ADDRESSES_MAX {
        return Err(bad_request("addresses", format!("are more than {ADDRESSES_MAX}")));
    }
    asked.addresses = address::believed(&asked.addresses, caller.remote.map(|at| at.ip()));
    let Some(invite) = invite else { return meet(&api, peer_id, asked).await };
    let claim =
        Claim { invite, peer_id, name: asked.name, addresses: asked.addresses, key: asked.key };
    let outcome = api
        .home
        .blocking(move |api| api.registry.claim(&claim, Timestamp::now()))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    match outcome {
        ClaimOutcome::Joined { key, grant, name: _ } => Ok(joined(&api, &peer_id, key, grant)),
        ClaimOutcome::Used { at, by } => Err(Problem::new(409, "Invite already used")
            .detail(format!("'{by}' used this invite at {at}"))
            .hint("ask for a new invite; if you do not know who used this one, say so to its maker")
            .into()),
        ClaimOutcome::Expired { at } => {
            let at = at.strftime("%Y-%m-%d at %H:%M UTC");
            Err(Problem::new(401, "Invalid API key")
                .detail(format!("this invite was open until {at}"))
                .hint("ask its maker for a new one; --expires lets one be open for longer")
                .into())
        }
        ClaimOutcome::Withdrawn => Err(Problem::new(401, "Invalid API key")
            .detail("what this invite gave you was taken back, or you joined by another one since")
            .hint("if its maker still wants you as a peer, ask for a new one")
            .into()),
        ClaimOutcome::Refused => Err(Problem::new(401, "Invalid API key")
            .detail("this node has no such invite")
            .hint("see that the whole line was copied; else ask its maker for a new one")
            .into()),
    }
}

/// The join of one who was introduced.
async fn meet(api: &Api, peer_id: PeerId, asked: JoinRequest) -> Result<Response, Refusal> {
    let outcome = api
        .home
        .blocking(move |api| {
            let new = NewPeer {
                peer_id,
                name: &asked.name,
                addresses: &asked.addresses,
                key: &asked.key,
                granted: None,
            };
            api.registry.meet(&new, Timestamp::now())
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    match outcome {
        MeetOutcome::Joined { key, grant } => Ok(joined(api, &peer_id, key, grant)),
        MeetOutcome::Waits => {
            Ok((StatusCode::ACCEPTED, Json(JoinWaits { waiting: true })).into_response())
        }
        MeetOutcome::Refused => Err(Problem::new(401, "API key required")
            .detail("this route answers to holders of a key")
            .hint("send the key in the header X-API-Key")
            .into()),
    }
}

fn joined(api: &Api, peer_id: &PeerId, key: ApiKey, grant: Grant) -> Response {
    // Where it said that it is counts from now on.
    api.mesh.pool.forget(peer_id);
    api.mesh.health.expect(peer_id);
    let response = JoinResponse {
        peer_id: api.home.identity.peer_id(),
        name: api.home.settings.node.name.clone(),
        key,
        grant,
        addresses: address::own(&api.mesh),
    };
    Json(response).into_response()
}
