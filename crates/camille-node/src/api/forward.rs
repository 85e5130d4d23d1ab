//! `POST /forward`: a question from another node. For now this node answers for its own bank and
//! passes nothing on.

use super::extract;
use super::gate::{Audited, NOBODY};
use super::reply::{Refusal, bad_request, forbidden, too_many};
use crate::access::Access;
use crate::identity;
use crate::listener::Caller;
use crate::search::Question;
use crate::search::leaf::{self, Wanted};
use crate::state::Shared;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_bank::analyzer;
use camille_proto::answer::Outcome;
use camille_proto::forward::{BankAnswer, ForwardAnswer, ForwardRequest, signed_bytes};
use camille_proto::grant::Verb;
use camille_proto::id::PeerId;
use camille_proto::problem::Problem;
use camille_proto::query::QUERY_BYTES_MAX;
use camille_proto::{ANSWER_BYTES_MAX, CANDIDATES_MAX, CHAIN_MAX, REQUEST_BYTES_MAX};
use http::{HeaderMap, Request};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

/// How long an origin's signature may hold, in seconds from now, either way: the promised 60 and a
/// tolerance of 120 for clocks that differ.
const NOT_AFTER_AHEAD: i64 = 60 + 120;
const NOT_AFTER_BEHIND: i64 = 120;
/// The most terms a question can have.
const TERMS_MAX: usize = analyzer::TERMS_MAX;
/// Room left in an answer for everything but hits.
const ENVELOPE_BYTES: usize = 64 * 1024;

/// A question from another node.
#[utoipa::path(
    post, path = "/api/v1/forward", tag = "mesh",
    security(("key" = []), ("bearer" = [])),
    request_body = ForwardRequest,
    responses(
        (status = 200, body = ForwardAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 408, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn forward(
    State(state): State<Shared>,
    Extension(access): Extension<Access>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let caller = request.extensions().get::<Caller>().copied().unwrap_or(NOBODY);
    let sender = sender(&access, &caller)?;
    extract::no_members(request.uri())?;
    let headers = request.headers().clone();
    let asked: ForwardRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    check_members(&asked)?;
    check_chain(&asked, &headers, &sender)?;
    check_origin(&state, &asked, Timestamp::now().as_second())?;
    if let Access::Key(key) = &access {
        // What a node asks for itself counts as what it asks for one origin.
        let decision =
            state.limits.check_forward(&key.key_id, &asked.origin.peer_id, Instant::now());
        if !decision.allowed {
            return Err(too_many(decision.retry_after_s));
        }
    }

    let own = state.identity.peer_id();
    let mut audited = Audited {
        query: Some(state.redactor.redact(&asked.original_query.q).text.into_owned()),
        origin: Some(asked.origin.peer_id),
        ..Audited::default()
    };
    if asked.request_chain.contains(&own) {
        let answer = answer_with(&asked, Outcome::Duplicate, Vec::new());
        return Ok(audited_response(answer, audited));
    }
    let relayed = asked.request_chain.len() > 1 || asked.delegated;
    if relayed && !state.settings.mesh.allow_indirect {
        return Err(forbidden("this node does not answer relayed questions"));
    }

    let visible = state.visibility(&access, relayed).await?;
    let question = Arc::new(Question::with_terms(
        &state,
        asked.original_query.clone(),
        &asked.analyzer,
        asked.terms.clone(),
    ));
    let wanted = Wanted { candidates: asked.candidates, sampled: true };
    let mut bank = leaf::search(&state, question, visible, wanted).await?;
    let statistics = serde_json::to_vec(&bank.stats).map_or(0, |json| json.len());
    keep_within(&mut bank, ANSWER_BYTES_MAX.saturating_sub(ENVELOPE_BYTES + statistics));
    audited.results = u32::try_from(bank.hits.len()).ok();
    audited.documents = bank.hits.iter().map(|candidate| candidate.hit.id).collect();
    let answer = answer_with(&asked, Outcome::Ok, vec![bank]);
    Ok(audited_response(answer, audited))
}

fn audited_response(answer: ForwardAnswer, audited: Audited) -> Response {
    let mut response = Json(answer).into_response();
    response.extensions_mut().insert(audited);
    response
}

fn answer_with(asked: &ForwardRequest, status: Outcome, banks: Vec<BankAnswer>) -> ForwardAnswer {
    // More nodes were to be asked below this one, and this build asks none.
    let unasked = asked.route.first().is_some_and(|step| !step.children.is_empty());
    ForwardAnswer {
        request_id: asked.request_id,
        status: if unasked && status == Outcome::Ok { Outcome::Partial } else { status },
        analyzer: analyzer::ANALYZER.to_owned(),
        banks,
        error: unasked.then(|| "this node does not relay".to_owned()),
    }
}

/// The node that sends: known by its certificate, and the one its key is bound to.
fn sender(access: &Access, caller: &Caller) -> Result<PeerId, Refusal> {
    let Access::Key(key) = access else {
        return Err(forbidden("this route is for nodes with a peer key"));
    };
    let certificate = caller
        .certificate
        .ok_or_else(|| forbidden("this route asks for the node's client certificate"))?;
    if key.bound_to != Some(certificate) {
        return Err(forbidden("this route asks for a key that is bound to the sending node"));
    }
    if !key.grant.allows(Verb::Search) {
        return Err(forbidden("this key may not search"));
    }
    Ok(certificate)
}

fn check_members(asked: &ForwardRequest) -> Result<(), Refusal> {
    asked
        .original_query
        .check()
        .map_err(|error| bad_request(&format!("originalQuery.{}", error.field), &error.reason))?;
    if asked.candidates == 0 || asked.candidates > CANDIDATES_MAX {
        return Err(bad_request("candidates", format!("must be 1 to {CANDIDATES_MAX}")));
    }
    if asked.request_chain.is_empty() || asked.request_chain.len() > CHAIN_MAX {
        return Err(bad_request("requestChain", format!("must have 1 to {CHAIN_MAX} entries")));
    }
    let bytes: usize = asked.terms.iter().map(String::len).sum();
    if asked.terms.len() > TERMS_MAX || bytes > 8 * QUERY_BYTES_MAX {
        return Err(bad_request("terms", "are too many for one question"));
    }
    let mut seen = std::collections::HashSet::new();
    if !asked.terms.iter().all(|term| seen.insert(term)) {
        return Err(bad_request("terms", "name one term twice"));
    }
    Ok(())
}

/// The chain ends with the sender and starts with the origin, in the body and in the headers.
fn check_chain(
    asked: &ForwardRequest,
    headers: &HeaderMap,
    sender: &PeerId,
) -> Result<(), Refusal> {
    if asked.request_chain.last() != Some(sender) {
        return Err(forbidden("requestChain does not end with the sender"));
    }
    if asked.request_chain.first() != Some(&asked.origin.peer_id) {
        return Err(forbidden("requestChain does not start with the origin"));
    }
    if let Some(value) = headers.get("x-forwarded-by") {
        let named: Option<PeerId> = value.to_str().ok().and_then(|text| text.parse().ok());
        if named.as_ref() != Some(sender) {
            return Err(forbidden("X-Forwarded-By does not name the sender"));
        }
    }
    if let Some(value) = headers.get("x-request-chain") {
        let chain: Option<Vec<PeerId>> = serde_json::from_slice(value.as_bytes()).ok();
        match chain {
            None => return Err(bad_request("X-Request-Chain", "is not a JSON array of peer ids")),
            Some(chain) if chain != asked.request_chain => {
                return Err(forbidden("X-Request-Chain is not the chain of the body"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The origin has signed this question, for this node, not long ago.
fn check_origin(state: &Shared, asked: &ForwardRequest, now: i64) -> Result<(), Refusal> {
    let own = state.identity.peer_id();
    let spki = STANDARD
        .decode(&asked.origin.spki)
        .map_err(|_| bad_request("origin.spki", "is not base64"))?;
    if PeerId::of_spki(&spki) != asked.origin.peer_id {
        return Err(forbidden("origin.spki is not the key of origin.peerId"));
    }
    let step = asked
        .route
        .first()
        .filter(|step| step.peer_id == own)
        .ok_or_else(|| forbidden("the route does not begin at this node"))?;
    if step.not_after < now - NOT_AFTER_BEHIND || step.not_after > now + NOT_AFTER_AHEAD {
        return Err(Problem::new(403, "Forbidden")
            .detail("the origin's signature is not valid at this time")
            .hint("compare the two machines' clocks")
            .into());
    }
    let signature =
        STANDARD.decode(&step.sig).map_err(|_| bad_request("route.sig", "is not base64"))?;
    let bytes = signed_bytes(
        asked.request_id,
        &own,
        asked.delegated,
        &asked.original_query,
        step.not_after,
    );
    if identity::verify(&spki, &bytes, &signature) {
        return Ok(());
    }
    Err(forbidden("the origin's signature does not fit the question"))
}

/// Leaves out the last candidates until the answer fits.
fn keep_within(bank: &mut BankAnswer, bytes_max: usize) {
    let mut bytes = 0;
    let fitting = bank
        .hits
        .iter()
        .take_while(|candidate| {
            bytes += serde_json::to_vec(candidate).map_or(bytes_max, |json| json.len() + 1);
            bytes <= bytes_max
        })
        .count();
    bank.hits.truncate(fitting);
}
