//! `GET /status` and `GET /info`: what a node says about itself.

use super::extract::{self, no_members};
use super::reply::Refusal;
use super::rule::{KeyNeed, Rule};
use crate::access::Access;
use crate::api::service::Api;
use crate::capability::{capabilities, understands};
use crate::home::blocking;
use crate::limit::LimitClass;
use crate::listener::Caller;
use crate::mesh::{address, neighbours};
use axum::extract::State;
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_proto::PROTOCOL;
use camille_proto::node::{Info, Reached, Status};
use camille_proto::problem::Problem;
use camille_registry::{Authenticated, RegistryError};
use http::{HeaderMap, Uri};
use std::time::Instant;

/// Who asks without a key hears that the node is there.
pub(super) const STATUS: Rule = Rule::new(LimitClass::Status, KeyNeed::Welcome);
/// Peers ask every few seconds.
pub(super) const INFO: Rule = STATUS.quiet();

/// How the node is. With a key also what that key may see.
#[utoipa::path(
    get, path = "/api/v1/status", tag = "node",
    security((), ("key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Status),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn status(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    uri: Uri,
) -> Result<Json<Status>, Refusal> {
    no_members(&uri)?;
    let summary = match &access {
        Access::Anonymous | Access::Introduced => None,
        Access::Owner | Access::Key(_) => Some(api.home.visible_summary(&access).await?),
    };
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        status: "ok".to_owned(),
        uptime_s: api.life.started.elapsed().as_secs(),
        protocol: PROTOCOL.to_owned(),
        capabilities: capabilities(),
        documents: summary.as_ref().map(|s| s.documents),
        last_update: summary.and_then(|s| s.last_update),
    }))
}

/// Who the node is. A peer that says in `X-Node-Addresses` where it can be reached now is found there, and
/// one that says in `X-Node-Neighbours` what it would answer need not be asked.
#[utoipa::path(
    get, path = "/api/v1/info", tag = "node",
    security((), ("key" = []), ("bearer" = [])),
    params(("X-Node-Addresses" = Option<String>, Header,
        pattern = r#"^(\[("[!#-\[\]-~]{0,64}"(,"[!#-\[\]-~]{0,64}"){0,15})?\])?$"#,
        description = "of a peer: where it can be reached now, a JSON array of host:port"),
        ("X-Node-Neighbours" = Option<String>, Header, pattern = "^[ -~]{0,64}$",
        description = "of a peer: the `neighbours` of its own answer to this node, or `none`")),
    responses(
        (status = 200, body = Info),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn info(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Info>, Refusal> {
    no_members(&uri)?;
    let from = caller.and_then(|Extension(caller)| caller.remote).map(|at| at.ip());
    let contact = Contact {
        addresses: extract::addresses(&headers)?.map(|named| address::believed(&named, from)),
        neighbours: extract::neighbours(&headers)?,
    };
    // Probes come every few seconds, and nobody compares what they bring.
    let sees = match &access {
        Access::Key(key) if key.bound_to.is_some() && contact.is_silent() => {
            let visible = api.home.visibility(&access, false).await?;
            Some(api.home.sees(visible).await?)
        }
        _ => None,
    };
    let Access::Key(key) = access else { return Ok(Json(told(&api))) };
    let mut info = blocking(&api, move |api| told_to(api, &key, &contact))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    info.sees = sees;
    Ok(Json(info))
}

/// What everybody is told.
fn told(api: &Api) -> Info {
    Info {
        peer_id: api.home.identity.peer_id(),
        public_key: STANDARD.encode(api.home.identity.spki()),
        protocol: PROTOCOL.to_owned(),
        capabilities: capabilities(),
        understands: understands(),
        allow_indirect: api.home.settings.mesh.allow_indirect,
        name: (!api.home.settings.discovery.private).then(|| api.home.settings.node.name.clone()),
        neighbours: None,
        you: None,
        sees: None,
        addresses: Vec::new(),
    }
}

/// What a peer says of itself when it asks.
struct Contact {
    addresses: Option<Vec<String>>,
    neighbours: Option<Option<String>>,
}

impl Contact {
    /// Whether it says nothing of itself.
    const fn is_silent(&self) -> bool {
        self.addresses.is_none() && self.neighbours.is_none()
    }
}

/// What the holder of a key is told. Takes note of what it says.
fn told_to(api: &Api, key: &Authenticated, contact: &Contact) -> Result<Info, RegistryError> {
    let Some(caller) = key.bound_to else { return Ok(told(api)) };
    if let Some(addresses) = contact.addresses.as_ref().filter(|named| !named.is_empty()) {
        api.home.registry.set_addresses(&caller, addresses)?;
    }
    if let Some(neighbours) = &contact.neighbours {
        api.mesh.health.heard_from(&caller, neighbours.as_deref(), Instant::now());
    }
    let are_told = neighbours::are_told(&api.mesh, &key.grant);
    let peers = if are_told {
        api.home.registry.peers()?
    } else {
        api.home.registry.peer(&caller)?.into_iter().collect()
    };
    let known = peers.iter().find(|peer| peer.peer_id == caller && peer.has_key);
    let mut info = told(api);
    if contact.neighbours.is_some() {
        // It asks every few seconds, and knows all that does not change.
        let (capabilities, understands) = (Vec::new(), Vec::new());
        info = Info { public_key: String::new(), capabilities, understands, name: None, ..info };
    }
    Ok(Info {
        neighbours: are_told.then(|| neighbours::word(&api.mesh, &peers, Some(caller))),
        you: known.map(|known| Reached {
            reached: known.last_error.is_none() && !api.mesh.health.is_away(&caller),
            error: known.last_error.clone(),
        }),
        addresses: address::own(&api.mesh),
        ..info
    })
}
