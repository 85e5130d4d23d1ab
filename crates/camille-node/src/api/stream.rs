//! `GET /stream`: a WebSocket (RFC 6455) on which questions are asked one after the other, and answered while
//! peers answer.
//!
//! A message of the client is a question: a JSON object with the members of `GET /search`, and an `id` if it
//! wants one back. A new question ends the one before.

mod conversation;
mod question;

use super::extract;
use super::gate::NOBODY;
use super::reply::{Refusal, bad_request, forbidden};
use super::rule::{KeyNeed, Rule};
use crate::access::Access;
use crate::api::service::Api;
use crate::limit::LimitClass;
use crate::listener::{Caller, Held};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use camille_proto::grant::Verb;
use camille_proto::problem::Problem;
use camille_proto::stream::Message;
use camille_proto::{ANSWER_BYTES_MAX, REQUEST_BYTES_MAX};
use conversation::Conversation;
use http::{HeaderMap, Uri, header};

/// Its questions count as such, each by itself.
pub(super) const RULE: Rule = Rule::new(LimitClass::Status, KeyNeed::Required);

/// What waits on a socket for being read: one answer, and what a conversation may have besides.
const UNREAD_BYTES_MAX: usize = ANSWER_BYTES_MAX + 256 * 1024;

/// Opens a socket for questions whose hits come as each peer answers.
///
/// Send one JSON object a question: the members of `GET /search`, and an `id` that comes back with every
/// message about it. The own bank's hits come first, then a message whenever a peer has answered, then the
/// whole answer. A new question ends the one before. When the key ends, the socket is closed with 4401. More
/// than 100 pings and pongs in 10 s close it with 1008.
#[utoipa::path(
    get, path = "/api/v1/stream", tag = "search",
    security(("key" = []), ("bearer" = [])),
    responses(
        (status = 101, body = Message, description = "the socket is open; each of its messages is one of these"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 426, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn stream(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    caller: Option<Extension<Caller>>,
    place: Option<Extension<Held>>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    extract::no_members(&uri)?;
    if let Access::Key(key) = &access {
        if headers.contains_key(header::ORIGIN) {
            // A browser sends it for a page; no page has a key of its own.
            return Err(forbidden("web pages may not open this socket"));
        }
        if !key.grant.allows(Verb::Search) {
            return Err(forbidden("this key may not search"));
        }
    }
    for name in ["x-request-chain", "x-forwarded-by"] {
        if headers.contains_key(name) {
            return Err(bad_request(name, "is for questions that were passed on: POST /forward"));
        }
    }
    let upgrade = upgrade.map_err(|reason| not_upgraded(&reason))?;
    let caller = caller.map_or(NOBODY, |Extension(caller)| caller);
    // A shutdown waits for the conversation, and the connection goes on counting as one.
    let (token, place) = (api.life.tasks.token(), place.map(|Extension(place)| place));
    let conversation = Conversation::new(api, access, caller.certificate);
    let upgrade = upgrade
        .max_message_size(REQUEST_BYTES_MAX)
        .max_frame_size(REQUEST_BYTES_MAX)
        .max_write_buffer_size(UNREAD_BYTES_MAX);
    Ok(upgrade.on_upgrade(async move |socket| {
        conversation.hold(socket).await;
        drop((token, place));
    }))
}

fn not_upgraded(reason: &WebSocketUpgradeRejection) -> Refusal {
    Problem::new(426, "Upgrade required")
        .detail(format!("this route is a WebSocket over HTTP/1.1: {reason}"))
        .hint("use a WebSocket client; GET /search answers plain requests")
        .into()
}
