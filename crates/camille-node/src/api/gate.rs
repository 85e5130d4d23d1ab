//! The gate every request of the network passes: who asks, how often, and a line in the audit log.
//!
//! The key check comes first. Requests without a valid key are charged to their address. Handlers
//! find an [`Access`] in the request's extensions and never look at keys themselves.

use super::extract;
use super::reply::{Reason, Refusal, forbidden, too_many};
use super::rule::{KeyNeed, Rule};
use super::service::Api;
use crate::access::Access;
use crate::error;
use crate::home::blocking;
use crate::limit::Decision;
use crate::listener::{Caller, Held};
use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::key::KeyId;
use camille_proto::local::AuditEntry;
use camille_proto::problem::Problem;
use camille_registry::{AuthError, Authenticated, Refusal as KeyRefusal, Standing};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use jiff::Timestamp;
use std::net::IpAddr;
use std::time::Instant;

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");
static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How much of a path is written down.
const ROUTE_BYTES_MAX: usize = 200;

/// A caller of whom the listener said nothing.
pub(crate) const NOBODY: Caller = Caller { remote: None, certificate: None };

/// What a handler adds to the audit line: put into the response's extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Audited {
    pub(crate) query: Option<String>,
    pub(crate) origin: Option<PeerId>,
    pub(crate) results: Option<u32>,
    pub(crate) documents: Vec<DocumentId>,
}

/// The middleware of every route of the network.
pub(crate) async fn gate(
    State((api, rule)): State<(Api, Rule)>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    if matches!(request.extensions().get::<Access>(), Some(Access::Owner)) {
        return next.run(request).await;
    }
    let started = Instant::now();
    let caller = request.extensions().get::<Caller>().copied().unwrap_or(NOBODY);
    let path = request.uri().path();
    let path = path.get(..ROUTE_BYTES_MAX.min(path.len())).unwrap_or("(not a route)");
    let route = format!("{} {path}", request.method());

    let mut access = Access::Anonymous;
    let mut decision = None;
    let admitted = admit(&api, &rule, request.headers(), &caller, &mut access, &mut decision).await;
    if matches!(access, Access::Key(_))
        && let Some(place) = request.extensions().get::<Held>()
    {
        place.become_known();
    }
    let mut response = match admitted {
        Ok(()) => {
            if let Access::Key(key) = &access
                && let Some(peer) = key.bound_to
            {
                api.mesh.health.try_soon(&peer, started);
            }
            request.extensions_mut().insert(access.clone());
            next.run(request).await
        }
        Err(refusal) => {
            // Strangers are not worth the reading, but holders of a key are told why.
            if matches!(access, Access::Key(_)) {
                extract::drain(request.into_body()).await;
            }
            refusal.into_response()
        }
    };
    // The disk, its paths and what is wrong with them are the owner's.
    if matches!(
        response.status(),
        StatusCode::LOCKED | StatusCode::FAILED_DEPENDENCY | StatusCode::INSUFFICIENT_STORAGE
    ) {
        response = Refusal::from(error::of_bank_for_peers()).into_response();
    }
    if let Some(decision) = decision {
        let headers = response.headers_mut();
        for (name, text) in
            [(&RATE_LIMIT_POLICY, decision.policy_header()), (&RATE_LIMIT, decision.header())]
        {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
    if let Access::Key(key) = &access {
        response = held(&api, &key.key_id, response);
    }
    if rule.key != KeyNeed::None {
        let entry = entry(&rule, route, &caller, &access, started, &response)
            .filter(|entry| !rule.quiet || is_worth_a_line(&api, entry, &caller));
        // What cannot be written down does not leave.
        if let Some(entry) = entry
            && !record(&api, entry).await
            && response.status().is_success()
        {
            response = Refusal::from(unrecorded()).into_response();
        }
    }
    response
}

/// Whether the owner is told of somebody who only looked whether this node is there. Of one who was refused, the first
/// time and then once in a while.
fn is_worth_a_line(api: &Api, entry: &AuditEntry, caller: &Caller) -> bool {
    if entry.status != 401 && entry.status != 403 {
        return true;
    }
    let who = match (entry.peer_id, &entry.key_id, caller.remote) {
        (Some(peer), _, _) => peer.to_string(),
        (None, Some(key), _) => key.0.clone(),
        (None, None, remote) => remote.map(|at| at.ip().to_string()).unwrap_or_default(),
    };
    api.limits.check_knock(&format!("{who} {}", entry.route), Instant::now())
}

/// The answer, counted until it is read; or that too many were not.
fn held(api: &Api, key: &KeyId, response: Response) -> Response {
    let (head, body) = response.into_parts();
    if let Ok(body) = api.unread.hold(key, body) {
        return Response::from_parts(head, body);
    }
    if api.limits.is_news("unread answers", &key.0, Instant::now()) {
        tracing::warn!(
            key = key.0,
            "a client does not read its answers, and gets no more until it does"
        );
    }
    unread().into_response()
}

fn unread() -> Refusal {
    let mut refusal = too_many(1);
    refusal.0.detail = Some("answers that this key asked for wait to be read".into());
    refusal.0.hint = Some("read the answers, or close their connections".into());
    refusal
}

/// Key, then limit, then whether the key opens this route.
async fn admit(
    api: &Api,
    rule: &Rule,
    headers: &HeaderMap,
    caller: &Caller,
    access: &mut Access,
    decision: &mut Option<Decision>,
) -> Result<(), Refusal> {
    let address = caller.remote.map_or(IpAddr::from([0, 0, 0, 0]), |remote| remote.ip());
    let presented = match (rule.key != KeyNeed::None).then(|| presented_key(headers)).flatten() {
        Some(text) => {
            let certificate = caller.certificate;
            let found = api
                .home
                .blocking(move |s| s.registry.authenticate(&text, certificate, Timestamp::now()))
                .await;
            match found {
                Ok(authenticated) => Some(authenticated),
                Err(AuthError::Failed(error)) => {
                    tracing::error!(error = %error::chain(&error), "a key could not be checked");
                    return Err(Problem::new(503, "Try again later")
                        .detail("this node cannot check keys at the moment")
                        .into());
                }
                Err(AuthError::Invalid(refusal)) => {
                    charge_address(api, address)?;
                    return Err(invalid_key(refusal, rule.key).into());
                }
            }
        }
        None => None,
    };
    let Some(authenticated) = presented else {
        if rule.key == KeyNeed::Invite
            && let Some(peer) = caller.certificate
            && is_introduced(api, peer).await?
        {
            *access = Access::Introduced;
            let checked = api.limits.check_address(rule.class, address, Instant::now());
            return admit_rate(checked, decision);
        }
        if matches!(rule.key, KeyNeed::Required | KeyNeed::Invite) {
            charge_address(api, address)?;
            return Err(Problem::new(401, "API key required")
                .detail("this route answers to holders of a key")
                .hint("send the key in the header X-API-Key")
                .into());
        }
        let checked = api.limits.check_address(rule.class, address, Instant::now());
        return admit_rate(checked, decision);
    };
    // An invite's key opens /join and nothing else.
    let opens = (rule.key == KeyNeed::Invite) == authenticated.is_invite();
    let key_id = authenticated.key_id.clone();
    *access = Access::Key(authenticated);
    admit_rate(api.limits.check_key(rule.class, &key_id, Instant::now()), decision)?;
    if !opens {
        return Err(forbidden("this key does not open this route"));
    }
    if api.unread.is_full(&key_id) {
        return Err(unread());
    }
    Ok(())
}

/// The answer to a key that opens nothing. Only the last holder of one that did is told what became of it.
fn invalid_key(refusal: KeyRefusal, need: KeyNeed) -> Problem {
    if need == KeyNeed::Invite {
        return invalid_invite(refusal);
    }
    let (became, at) = match refusal {
        KeyRefusal::Expired(at) => ("ended", at),
        KeyRefusal::Revoked(at) => ("was revoked", at),
        _ => {
            return Problem::new(401, "Invalid API key")
                .detail("this node does not accept the key")
                .hint("ask the owner of this node for a new invite or key");
        }
    };
    let day = at.strftime("%Y-%m-%d");
    Problem::new(401, "Invalid API key")
        .detail(format!("this key {became} on {day}: ask the owner of this node for a new one"))
        .hint("for a node they make an invite (camille invite), for a program a key (camille keys create)")
}

/// The same where only an invite's key opens.
fn invalid_invite(refusal: KeyRefusal) -> Problem {
    let KeyRefusal::Revoked(at) = refusal else {
        return Problem::new(401, "Invalid API key")
            .detail("this node has no such invite")
            .hint("see that the whole line was copied; else ask its maker for a new one");
    };
    Problem::new(401, "Invalid API key")
        .detail(format!("its maker took this invite back on {}", at.strftime("%Y-%m-%d")))
        .hint("ask whether you are still meant to join, and for a new one")
}

/// Whether the node of this certificate was introduced and may become a peer without an invite.
async fn is_introduced(api: &Api, peer: PeerId) -> Result<bool, Refusal> {
    let standing = api
        .home
        .blocking(move |s| s.registry.standing(&peer))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(matches!(standing, Some(Standing::Offered | Standing::Accepted)))
}

fn admit_rate(checked: Decision, decision: &mut Option<Decision>) -> Result<(), Refusal> {
    let allowed = checked.allowed;
    let retry_after = checked.retry_after_s;
    *decision = Some(checked);
    if allowed {
        return Ok(());
    }
    Err(too_many(retry_after))
}

fn charge_address(api: &Api, address: IpAddr) -> Result<(), Refusal> {
    let decision = api.limits.charge_address(address, Instant::now());
    if decision.allowed {
        return Ok(());
    }
    Err(too_many(decision.retry_after_s))
}

/// The key of `X-API-Key` or `Authorization: Bearer`.
fn presented_key(headers: &HeaderMap) -> Option<String> {
    if let Some(value) = headers.get(&API_KEY) {
        // A header that is no text is still a wrong key, not a missing one.
        return Some(value.to_str().unwrap_or("").trim().to_owned());
    }
    let bearer = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = bearer.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The line of the audit log for this access; none for a stranger's look at the status.
fn entry(
    rule: &Rule,
    route: String,
    caller: &Caller,
    access: &Access,
    started: Instant,
    response: &Response,
) -> Option<AuditEntry> {
    let status = response.status();
    let fine = status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS;
    // Who waits for the owner's word asks again and again, and got nothing.
    if fine && (rule.quiet || status == StatusCode::ACCEPTED) {
        return None;
    }
    let key = match access {
        Access::Key(key) => Some(key),
        // The status page without a key is nobody's business to log, nor a way to fill the disk.
        _ if fine && rule.key == KeyNeed::Welcome => return None,
        _ => None,
    };
    let audited = response.extensions().get::<Audited>().cloned().unwrap_or_default();
    let reason = response.extensions().get::<Reason>().map(|reason| reason.0.clone());
    Some(AuditEntry {
        seq: 0,
        timestamp: Timestamp::now(),
        event: rule.event.to_owned(),
        route,
        status: response.status().as_u16(),
        key_id: key.map(|key| key.key_id.clone()),
        key_name: key.map(|key| key.name.clone()),
        peer_id: caller.certificate.or(key.and_then(|key| key.bound_to)),
        origin: audited.origin,
        query: audited.query,
        results: audited.results,
        documents: audited.documents,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: reason,
    })
}

/// The line for a question that was not a request of its own.
pub(super) fn question_entry(
    route: &str,
    key: &Authenticated,
    certificate: Option<PeerId>,
    started: Instant,
    audited: Audited,
    problem: Option<&Problem>,
) -> AuditEntry {
    AuditEntry {
        seq: 0,
        timestamp: Timestamp::now(),
        event: "search".to_owned(),
        route: route.to_owned(),
        status: problem.map_or(200, |problem| problem.status),
        key_id: Some(key.key_id.clone()),
        key_name: Some(key.name.clone()),
        peer_id: certificate.or(key.bound_to),
        origin: audited.origin,
        query: audited.query,
        results: audited.results,
        documents: audited.documents,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: problem.map(|problem| problem.error.clone()),
    }
}

/// Writes the line; `false` when it could not be written. Of refusals no more than some a minute are written down,
/// or they could fill the disk.
pub(super) async fn record(api: &Api, entry: AuditEntry) -> bool {
    let refused = entry.status >= 400;
    if refused && !api.limits.check_refusal(entry.key_id.as_ref(), Instant::now()) {
        return true;
    }
    let written = move |api: &Api| {
        // Before anybody can read it in the log.
        api.home.intake.echo.remember_questions([&entry].into_iter());
        api.home.audit.append(entry)
    };
    match blocking(api, written).await {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(error = %error::chain(&error), "the audit log could not be written");
            false
        }
    }
}

/// The answer of a node that cannot write down what it answers.
pub(super) fn unrecorded() -> Problem {
    Problem::new(503, "Audit log not writable")
        .detail("this node answers nothing that it cannot write into its audit log")
        .hint("its owner sees why in `camille status`; most often the disk is full")
}
