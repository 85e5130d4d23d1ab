//! `GET /search`: the own bank for the holder of a key; the peers too for the owner.

use super::contract::{Found, Moment, Reach};
use super::extract::{self, Scope};
use super::gate::Audited;
use super::reply::{Refusal, forbidden, not_found};
use super::rule::{KeyNeed, Rule};
use crate::access::Access;
use crate::api::service::Api;
use crate::limit::LimitClass;
use crate::search::ask::Ask;
use crate::search::root;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use camille_proto::answer::{Answer, Coverage, Outcome, PeerReport};
use camille_proto::grant::Verb;
use camille_proto::id::{DocumentId, RequestId};
use camille_proto::open::{AnyAgent, AnyType};
use camille_proto::problem::Problem;
use camille_proto::query::Query;
use http::{HeaderMap, Uri};

pub(super) const RULE: Rule = Rule::new(LimitClass::Search, KeyNeed::Required).event("search");

/// Searches this node's bank, as far as the key may see it.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "search",
    security(("key" = []), ("bearer" = [])),
    params(
        ("q" = String, Query, max_length = 1024, pattern = r"\S",
            description = "the question; a part in double quotes must occur literally"),
        ("type" = inline(Option<AnyType>), Query, description = "transcript, code or all (all)"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100 (10)"),
        ("project" = Option<String>, Query, max_length = 1024,
            description = "a project's id, its last part, or a pattern"),
        ("agent" = inline(Option<AnyAgent>), Query, description = "claude-code or codex"),
        ("author" = Option<String>, Query, max_length = 1024, description = "the node's person"),
        ("since" = inline(Option<Moment>), Query, description = "a date or RFC 3339 time"),
        ("until" = inline(Option<Moment>), Query, description = "a date or RFC 3339 time"),
        ("scope" = inline(Option<Reach>), Query, description = "local or mesh (local)"),
        ("merge" = Option<bool>, Query, description = "false: hits grouped by source")
    ),
    responses(
        (status = 200, body = inline(Found), description = "with merge=false a GroupedAnswer"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn search(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let owner = matches!(access, Access::Owner);
    let request = extract::search(&uri, if owner { Scope::Mesh } else { Scope::Local })?;
    let chain = extract::chain(&headers)?;
    let relayed = !chain.is_empty() || headers.contains_key("x-forwarded-by");
    if relayed && !owner {
        if !api.home.settings.mesh.allow_indirect {
            return Err(forbidden("this node does not answer relayed questions"));
        }
        if chain.contains(&api.home.identity.peer_id()) {
            return Ok(duplicate(&api, request.merge));
        }
    }
    let ask_for = permitted(&api, &access, request.query, request.scope, relayed).await?;
    ask(&api, ask_for, request.merge).await
}

/// What this caller may ask, and of whom. `relayed`: the question was passed on.
///
/// # Errors
/// A refusal when the caller's key does not allow it.
pub(super) async fn permitted(
    api: &Api,
    access: &Access,
    query: Query,
    scope: Scope,
    relayed: bool,
) -> Result<Ask, Refusal> {
    let own = Ask { local: scope == Scope::Local, ..Ask::own(query) };
    let key = match access {
        Access::Owner => return Ok(own),
        Access::Key(key) => key,
        Access::Anonymous | Access::Introduced => return Err(not_found()),
    };
    if !key.grant.allows(Verb::Search) {
        return Err(forbidden("this key may not search"));
    }
    let asker = Some(key.key_id.clone());
    if own.local {
        return Ok(Ask { visible: api.home.visibility(access, relayed).await?, asker, ..own });
    }
    if !api.home.settings.mesh.allow_indirect || !key.grant.allows(Verb::Indirect) {
        return Err(forbidden("this node does not pass on questions for this key"));
    }
    // As a relay this node answers like its peers do: with what is shared with peers of peers.
    Ok(Ask { visible: api.home.visibility(access, true).await?, asker, delegated: true, ..own })
}

/// Asks, and answers once everyone has been heard.
async fn ask(api: &Api, ask_for: Ask, merged: bool) -> Result<Response, Refusal> {
    let query = api.home.redactor.redact_for_others(&ask_for.query.q).text.into_owned();
    let (mut response, documents): (Response, Vec<DocumentId>) = if merged {
        let answer = root::search(&api.search, ask_for).await?;
        let documents = answer.results.iter().map(|hit| hit.id).collect();
        (Json(answer).into_response(), documents)
    } else {
        let answer = root::search_grouped(&api.search, ask_for).await?;
        let peers = answer.results.peers.iter().flat_map(|peer| &peer.results);
        let documents = answer.results.local.iter().chain(peers).map(|hit| hit.id).collect();
        (Json(answer).into_response(), documents)
    };
    response.extensions_mut().insert(Audited {
        query: Some(query),
        origin: None,
        results: u32::try_from(documents.len()).ok(),
        documents,
    });
    Ok(response)
}

/// The question went in a circle.
fn duplicate(api: &Api, merged: bool) -> Response {
    let own = PeerReport {
        peer_id: api.home.identity.peer_id(),
        name: api.home.settings.node.name.clone(),
        via: None,
        hops: 0,
        status: Outcome::Duplicate,
        took_ms: 0,
        hits: 0,
        error: Some("this node stands in the chain already".into()),
    };
    let answer = Answer {
        request_id: RequestId(uuid::Uuid::now_v7()),
        results: Vec::new(),
        partial: false,
        coverage: Coverage::of(std::slice::from_ref(&own)),
        peers: vec![own],
        took_ms: 0,
        local_took_ms: 0,
    };
    if merged { Json(answer).into_response() } else { Json(root::group(answer, 0)).into_response() }
}
