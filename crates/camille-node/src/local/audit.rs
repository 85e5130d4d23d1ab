//! Who read what.

use super::service::Local;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::audit::Filter;
use axum::Json;
use axum::extract::State;
use camille_proto::id::PeerId;
use camille_proto::local::AuditEntry;
use http::Uri;
use std::collections::HashSet;

/// The peer of this name or id.
async fn named(local: &Local, peer: String) -> Result<PeerId, Refusal> {
    if let Ok(id) = peer.parse() {
        return Ok(id);
    }
    let found = local.home.blocking(move |s| s.registry.peer_by_name_or_id(&peer)).await;
    let found = found.map_err(|error| crate::error::internal(&error))?;
    found.map(|peer| peer.peer_id).ok_or_else(|| bad_request("peer", "is no peer of yours"))
}

/// The most entries of one answer.
const LIMIT_MAX: u32 = 10_000;

pub(super) async fn list(
    State(local): State<Local>,
    uri: Uri,
) -> Result<Json<Vec<AuditEntry>>, Refusal> {
    let (mut since, mut limit) = (None, LIMIT_MAX);
    let (mut filter, mut peer, mut key) = (Filter::default(), None, None);
    for (name, value) in extract::members(&uri)? {
        match name.as_str() {
            "since" => since = Some(extract::moment(&name, &value)?),
            "limit" => limit = extract::number::<u32>(&name, &value)?.min(LIMIT_MAX),
            "peer" => peer = Some(value),
            "key" => key = Some(value),
            "document" => {
                let id = value.parse().map_err(|_| bad_request(&name, "is no document's id"))?;
                filter.documents = Some(HashSet::from([id]));
            }
            "event" => filter.event = Some(value),
            "after" => filter.after = Some(extract::number::<u64>(&name, &value)?),
            _ => {
                let known = "since, limit, peer, key, document, event, after";
                return Err(extract::unknown(&name, known));
            }
        }
    }
    filter.peer_id = match peer {
        Some(peer) => Some(named(&local, peer).await?),
        None => None,
    };
    filter.key = key;
    let entries = local
        .home
        .blocking(move |home| home.audit.tail(since, limit as usize, &filter))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(Json(entries))
}
