//! Who read what.

use super::service::Local;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::audit::{Filter, Who};
use axum::Json;
use axum::extract::State;
use camille_proto::local::AuditEntry;
use camille_proto::problem::Problem;
use http::Uri;
use std::collections::HashSet;

/// Names of the log that are told when one is not in it.
const NAMES_SHOWN: usize = 12;

/// Whoever is or was called so, or has this id.
async fn named(local: &Local, typed: String) -> Result<Who, Refusal> {
    let failed = |error| Refusal::from(error);
    let found = local.home.blocking({
        let typed = typed.trim().to_owned();
        move |home| -> Result<_, Box<Problem>> {
            let peer = home.registry.peer_by_name_or_id(&typed);
            let peer = peer.map_err(|error| crate::error::internal(&error))?;
            let known = peer.map(|peer| peer.peer_id).or_else(|| typed.parse().ok());
            home.audit.who(&typed, known).map_err(|error| crate::error::internal(&error))
        }
    });
    found.await.map_err(failed)?.map_err(|mut names| {
        names.truncate(NAMES_SHOWN);
        let names = match names.as_slice() {
            [] => "nobody stands in the log yet".to_owned(),
            names => format!("in the log stand {}", names.join(", ")),
        };
        bad_request("peer", format!("is no peer of yours, and was none who asked: {names}"))
    })
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
    if let Some(peer) = peer {
        filter.who.push(named(&local, peer).await?);
    }
    filter.who.extend(key.map(|key| Who::of_key(&key)));
    let entries = local
        .home
        .blocking(move |home| home.audit.tail(since, limit as usize, &filter))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(Json(entries))
}
