//! `POST /forward`: a question from another node. Everything about it is checked before it is remembered,
//! searched or passed on.

use super::extract;
use super::gate::{Audited, NOBODY};
use super::reply::{Refusal, bad_request, forbidden, too_many};
use super::rule::{KeyNeed, Rule};
use crate::access::Access;
use crate::api::service::{Api, Pending, Promise};
use crate::identity;
use crate::limit::LimitClass;
use crate::listener::Caller;
use crate::search::Question;
use crate::search::relay;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_bank::{Visibility, analyzer};
use camille_federation::consent::{self, Asked, Decision, Refused, Unasked};
use camille_federation::gather::keep_within;
use camille_federation::plan::ROUTE_MAX;
use camille_federation::seen::{ANSWER_KEPT, Seen};
use camille_proto::answer::Outcome;
use camille_proto::forward::{
    ForwardAnswer, ForwardRequest, RouteStep, TERM_CHARS_MAX, signed_bytes,
};
use camille_proto::grant::Verb;
use camille_proto::id::PeerId;
use camille_proto::key::KeyId;
use camille_proto::problem::Problem;
use camille_proto::{ANSWER_BYTES_MAX, CANDIDATES_MAX, CHAIN_MAX, REQUEST_BYTES_MAX};
use camille_registry::Hearing;
use http::{HeaderMap, Request};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

pub(super) const RULE: Rule = Rule::new(LimitClass::Forward, KeyNeed::Required).event("forward");

/// How long after it was signed a question ends, in seconds by the origin's clock.
const SIGNED_FOR_S: i64 = 60;
/// The most terms a question can have.
const TERMS_MAX: usize = analyzer::TERMS_MAX;
/// Room left in an answer for everything but hits.
const ENVELOPE_BYTES: usize = 64 * 1024;
/// The most bytes of answers that are kept for senders that ask again, roughly.
const ANSWERS_KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a candidate takes besides its text, roughly.
const CANDIDATE_BYTES: usize = 1_500;
/// Within which time whoever waits for an answer has taken it.
const TAKEN_WITHIN: Duration = Duration::from_secs(1);

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
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let caller = request.extensions().get::<Caller>().copied().unwrap_or(NOBODY);
    let sender = sender(&access, &caller)?;
    extract::no_members(request.uri())?;
    let headers = request.headers().clone();
    let asked: ForwardRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let arrived = Instant::now();
    check_members(&asked)?;
    check_headers(&asked, &headers, &sender)?;
    check_origin(&api, &asked)?;
    let Access::Key(key) = &access else { return Err(super::reply::not_found()) };
    let decision = consent::decide(
        &asked,
        &sender,
        &Asked {
            own: api.home.identity.peer_id(),
            allow_indirect: api.home.settings.mesh.allow_indirect,
            sender_has_indirect: key.grant.allows(Verb::Indirect),
            origins: api.home.settings.mesh.origins.as_deref(),
        },
    );
    // What a node asks for itself counts as what it asks for one origin.
    let limit = api.limits.check_forward(&key.key_id, &asked.origin.peer_id, arrived);
    if !limit.allowed {
        return Err(too_many(limit.retry_after_s));
    }
    let audited = Audited {
        query: Some(api.home.redactor.redact_for_others(&asked.original_query.q).text.into_owned()),
        origin: Some(asked.origin.peer_id),
        ..Audited::default()
    };
    let (relayed, children, unasked) = match decision {
        Decision::Refuse(reason) => return Err(refused(reason)),
        Decision::Duplicate => return Ok(duplicate(&asked, audited)),
        Decision::Answer { relayed, children, unasked } => (relayed, children, unasked),
    };
    let visible = api.home.visibility(&access, relayed).await?;
    let (promise, pending) = watch::channel(None);
    match enter(&api, &asked, sender, pending.clone(), arrived) {
        Seen::Duplicate => return Ok(duplicate(&asked, audited)),
        Seen::Repeated(pending) => return promised(pending, audited).await,
        Seen::New => {}
    }
    if sender != asked.origin.peer_id && !is_first(&api, &asked, sender).await? {
        return Ok(duplicate(&asked, audited));
    }
    let asker = key.key_id.clone();
    // It goes on if the connection breaks: the sender asks again and joins it.
    let working = api.clone();
    api.life.tasks.spawn(async move {
        let plan = Work { asked, visible, asker, relayed, children, unasked, arrived };
        keep(&working, &promise, answer(&working, plan).await).await;
    });
    promised(pending, audited).await
}

/// Makes an answer known, and keeps it for the case that the sender asks again: not for long if many are
/// kept, since answers are large.
async fn keep(api: &Api, promise: &Promise, answer: Result<ForwardAnswer, Box<Problem>>) {
    let bytes = answer.as_ref().map_or(0, |answer| {
        let hits = answer.banks.iter().flat_map(|bank| &bank.hits);
        hits.map(|hit| hit.hit.content.len() + CANDIDATE_BYTES).sum()
    });
    let kept = api.answers_kept.fetch_add(bytes, Ordering::Relaxed) + bytes;
    promise.send_replace(Some(answer.map(Arc::new)));
    let span = if kept > ANSWERS_KEPT_BYTES_MAX { TAKEN_WITHIN } else { ANSWER_KEPT };
    tokio::select! {
        () = api.life.shutdown.cancelled() => {}
        () = tokio::time::sleep(span) => {}
    }
    promise.send_replace(None);
    api.answers_kept.fetch_sub(bytes, Ordering::Relaxed);
}

/// A question that passed every check.
struct Work {
    asked: ForwardRequest,
    visible: Visibility,
    asker: KeyId,
    relayed: bool,
    children: Vec<RouteStep>,
    unasked: Option<Unasked>,
    arrived: Instant,
}

async fn answer(api: &Api, work: Work) -> Result<ForwardAnswer, Box<Problem>> {
    let Work { asked, visible, asker, relayed, children, unasked, arrived } = work;
    let question = Arc::new(Question::with_terms(
        &api.search,
        asked.original_query.clone(),
        &asked.analyzer,
        asked.terms.clone(),
    ));
    // Before the search: what changes meanwhile makes it another word. Only who asks directly can compare.
    let sees = if relayed { None } else { Some(api.home.sees(visible.clone()).await?) };
    let mut banks =
        relay::search(&api.search, &asked, question, visible, asker, children, arrived).await?;
    let statistics: usize =
        banks.iter().map(|bank| serde_json::to_vec(&bank.stats).map_or(0, |json| json.len())).sum();
    keep_within(&mut banks, ANSWER_BYTES_MAX.saturating_sub(ENVELOPE_BYTES + statistics));
    let partial = unasked.is_some() || banks.iter().any(|bank| bank.status.makes_partial());
    Ok(ForwardAnswer {
        request_id: asked.request_id,
        status: if partial { Outcome::Partial } else { Outcome::Ok },
        analyzer: analyzer::ANALYZER.to_owned(),
        banks,
        error: unasked.map(|unasked| unasked.reason().to_owned()),
        sees,
    })
}

/// Remembers the question, unless it was here.
fn enter(
    api: &Api,
    asked: &ForwardRequest,
    sender: PeerId,
    pending: Pending,
    now: Instant,
) -> Seen<Pending> {
    // What the sender may change when it repeats itself: how long it still waits.
    let same = ForwardRequest { budget_ms: 0, ..asked.clone() };
    let body = serde_json::to_vec(&same).unwrap_or_default();
    let mut questions = api.questions.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (asked.origin.peer_id, asked.request_id);
    questions.enter(key, sender, *blake3::hash(&body).as_bytes(), pending, now)
}

/// Whether a relayed question is here for the first time. What the origin itself sends needs no such proof: its
/// connection shows that it is the origin who asks, and that it asks now.
async fn is_first(api: &Api, asked: &ForwardRequest, relay: PeerId) -> Result<bool, Refusal> {
    let question = (asked.origin.peer_id, asked.request_id);
    let not_after = asked.route.first().map_or(i64::MIN, |step| step.not_after);
    let signed = not_after.saturating_sub(SIGNED_FOR_S);
    let now = api.home.now().as_second();
    let heard = api
        .home
        .blocking(move |s| s.registry.hear(&relay, question, signed, now))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    match heard {
        Hearing::New => Ok(true),
        Hearing::Again => Ok(false),
        Hearing::Skewed(by) => Err(Problem::new(403, "Forbidden")
            .detail(format!(
                "the origin's clock is {} {} this node's",
                apart(by),
                if by < 0 { "behind" } else { "ahead of" }
            ))
            .hint("questions pass between clocks up to 12 hours apart: set the wrong one")
            .into()),
        Hearing::Forgotten => Err(Problem::new(403, "Forbidden")
            .detail("the question is older than the last one this node remembers")
            .hint("ask again; if that does not help, compare the two machines' clocks")
            .into()),
        Hearing::TooMany => Err(too_many(3_600)),
    }
}

/// A difference between clocks, in words.
fn apart(seconds: i64) -> String {
    let hours = seconds.unsigned_abs() / 3_600;
    if hours < 72 { format!("{hours} hours") } else { format!("{} days", hours / 24) }
}

/// Waits for the answer, which somebody makes.
async fn promised(mut pending: Pending, audited: Audited) -> Result<Response, Refusal> {
    match pending.wait_for(Option::is_some).await.map(|answer| answer.clone()) {
        Ok(Some(Ok(answer))) => Ok(audited_response(ForwardAnswer::clone(&answer), audited)),
        Ok(Some(Err(problem))) => Err(problem.into()),
        // It was made and is not kept any more, or the node is shutting down.
        Ok(None) | Err(_) => Err(Problem::new(408, "Request timeout")
            .detail("the answer to this question is not kept any more")
            .hint("ask again with another requestId")
            .into()),
    }
}

/// What is delivered stands in the audit log: of this bank only, the others write their own.
fn audited_response(answer: ForwardAnswer, mut audited: Audited) -> Response {
    if let Some(own) = answer.banks.first() {
        audited.results = u32::try_from(own.hits.len()).ok();
        audited.documents = own.hits.iter().map(|candidate| candidate.hit.id).collect();
    }
    let mut response = Json(answer).into_response();
    response.extensions_mut().insert(audited);
    response
}

fn duplicate(asked: &ForwardRequest, audited: Audited) -> Response {
    let answer = ForwardAnswer {
        request_id: asked.request_id,
        status: Outcome::Duplicate,
        analyzer: analyzer::ANALYZER.to_owned(),
        banks: Vec::new(),
        error: None,
        sees: None,
    };
    audited_response(answer, audited)
}

fn refused(reason: Refused) -> Refusal {
    match reason {
        Refused::Chain => {
            bad_request("requestChain", format!("must have 1 to {CHAIN_MAX} entries"))
        }
        Refused::Route => bad_request("route", format!("names more than {ROUTE_MAX} nodes")),
        Refused::NotTheSender => forbidden("requestChain does not end with the sender"),
        Refused::NotTheOrigin => forbidden("requestChain does not start with the origin"),
        Refused::NotForUs => forbidden("the route does not begin at this node"),
        Refused::NotIndirect => forbidden("this node does not answer relayed questions"),
        Refused::NotThisOrigin => {
            forbidden("this node does not answer relayed questions of this origin")
        }
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
    if asked.terms.len() > TERMS_MAX {
        return Err(bad_request("terms", "are too many for one question"));
    }
    if asked.terms.iter().any(|term| term.chars().nth(TERM_CHARS_MAX).is_some()) {
        return Err(bad_request("terms", format!("are longer than {TERM_CHARS_MAX} characters")));
    }
    let mut seen = std::collections::HashSet::new();
    if !asked.terms.iter().all(|term| seen.insert(term)) {
        return Err(bad_request("terms", "name one term twice"));
    }
    Ok(())
}

/// The headers say the same as the body.
fn check_headers(
    asked: &ForwardRequest,
    headers: &HeaderMap,
    sender: &PeerId,
) -> Result<(), Refusal> {
    if let Some(value) = headers.get("x-forwarded-by") {
        let named: Option<PeerId> = value.to_str().ok().and_then(|text| text.parse().ok());
        if named.as_ref() != Some(sender) {
            return Err(forbidden("X-Forwarded-By does not name the sender"));
        }
    }
    if headers.contains_key("x-request-chain") && extract::chain(headers)? != asked.request_chain {
        return Err(forbidden("X-Request-Chain is not the chain of the body"));
    }
    Ok(())
}

/// The origin has signed this question, for this node. When, matters only if a relay brings it.
fn check_origin(api: &Api, asked: &ForwardRequest) -> Result<(), Refusal> {
    let own = api.home.identity.peer_id();
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
