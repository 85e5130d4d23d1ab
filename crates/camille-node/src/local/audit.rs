//! Who read what.

use crate::api::extract;
use crate::api::reply::Refusal;
use crate::audit::Filter;
use crate::state::Shared;
use axum::Json;
use axum::extract::State;
use camille_proto::local::AuditEntry;
use http::Uri;

/// The most entries of one answer.
const LIMIT_MAX: u32 = 10_000;

pub(super) async fn list(
    State(state): State<Shared>,
    uri: Uri,
) -> Result<Json<Vec<AuditEntry>>, Refusal> {
    let (mut since, mut limit) = (None, LIMIT_MAX);
    for (name, value) in extract::members(&uri)? {
        match name.as_str() {
            "since" => since = Some(extract::moment(&name, &value)?),
            "limit" => limit = extract::number::<u32>(&name, &value)?.min(LIMIT_MAX),
            _ => return Err(extract::unknown(&name, "since, limit")),
        }
    }
    let entries = state
        .blocking(move |s| s.audit.tail(since, limit as usize, &Filter::default()))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(Json(entries))
}
