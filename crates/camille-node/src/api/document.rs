//! `GET /documents/{id}`: a whole document with its neighbours.

use super::extract::no_members;
use super::gate::Audited;
use super::reply::{Refusal, forbidden, not_found};
use super::rule::Rule;
use crate::access::Access;
use crate::api::service::Api;
use crate::home::Home;
use crate::wire;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use camille_proto::document::DocumentView;
use camille_proto::grant::Verb;
use camille_proto::id::DocumentId;
use camille_proto::problem::Problem;
use http::Uri;

pub(super) const RULE: Rule = Rule::READING;

/// One whole document, if the key may read it.
#[utoipa::path(
    get, path = "/api/v1/documents/{id}", tag = "search",
    security(("key" = []), ("bearer" = [])),
    params(("id" = String, Path, description = "the document's id, from a hit")),
    responses(
        (status = 200, body = DocumentView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn document(
    State(api): State<Api>,
    Extension(access): Extension<Access>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Refusal> {
    no_members(&uri)?;
    if let Access::Key(key) = &access
        && !key.grant.allows(Verb::Read)
    {
        return Err(forbidden("this key may not read whole documents"));
    }
    // A malformed id names nothing, like an unknown one.
    let id: DocumentId = id.parse().map_err(|_| not_found())?;
    let view = read(&api.home, &access, id).await?;
    // What stands around it is handed over, too.
    let around = view.before.iter().chain(&view.after).map(|neighbour| neighbour.id);
    let documents = std::iter::once(id).chain(around).collect();
    let audited = Audited { documents, results: Some(1), ..Audited::default() };
    let mut response = Json(view).into_response();
    response.extensions_mut().insert(audited);
    Ok(response)
}

/// Reads one document of the own bank.
pub(crate) async fn read(
    home: &Home,
    access: &Access,
    id: DocumentId,
) -> Result<DocumentView, Refusal> {
    let visible = home.visibility(access, false).await?;
    let found = home
        .blocking(move |home| -> Result<_, Box<Problem>> {
            let Some(reader) = home.reader()? else { return Ok(None) };
            let found =
                reader.document(&id, &visible).map_err(|error| crate::error::internal(&error))?;
            Ok(found.map(|found| wire::document(home, &visible, found)))
        })
        .await?;
    found.ok_or_else(not_found)
}
