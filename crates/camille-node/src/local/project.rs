//! Projects and how far each is shared.

use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::registry::pattern;
use crate::state::Shared;
use crate::wire;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{ProjectView, ShareRequest, ShareResult};
use camille_proto::problem::Problem;
use camille_proto::vocabulary::Sharing;
use http::Request;

pub(super) async fn list(State(state): State<Shared>) -> Result<Json<Vec<ProjectView>>, Refusal> {
    let mut projects = all(&state).await?;
    // A rule that matches nothing yet will match a later project: its owner sees that it stands.
    let rules = state
        .blocking(|s| s.registry.rules())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let known: Vec<String> = projects.iter().map(|project| project.id.clone()).collect();
    let waiting = rules
        .into_iter()
        .filter(|rule| !known.iter().any(|project| pattern::matches(&rule.pattern, project)));
    projects.extend(waiting.map(|rule| ProjectView {
        id: rule.pattern,
        sharing: rule.sharing,
        rule: Some("a rule for later projects".into()),
        from: rule.from,
        sessions: 0,
        documents: 0,
        last_update: None,
    }));
    Ok(Json(projects))
}

/// Every project of the bank with its sharing.
async fn all(state: &Shared) -> Result<Vec<ProjectView>, Box<Problem>> {
    state
        .blocking(|state| {
            let Some(reader) = state.reader()? else { return Ok(Vec::new()) };
            let projects = reader.projects().map_err(|error| crate::error::bank(&error))?;
            projects
                .into_iter()
                .map(|summary| wire::project(state, summary))
                .collect::<Result<_, _>>()
                .map_err(|error| crate::error::internal(&error))
        })
        .await
}

/// Those of them that peers may see.
pub(super) async fn shared(state: &Shared) -> Result<Vec<ProjectView>, Box<Problem>> {
    let mut projects = all(state).await?;
    projects.retain(|project| project.sharing != Sharing::Private);
    Ok(projects)
}

pub(super) async fn share(
    State(state): State<Shared>,
    request: Request<Body>,
) -> Result<Json<ShareResult>, Refusal> {
    let asked: ShareRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    if asked.pattern.trim().is_empty() {
        return Err(bad_request("pattern", "is empty"));
    }
    let wanted = asked.pattern.clone();
    let now = state.now();
    state
        .blocking(move |s| match asked.sharing {
            Sharing::Private => s.registry.unshare(&asked.pattern, now).map(drop),
            sharing => s.registry.share(&asked.pattern, sharing, asked.from, now),
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let mut projects = all(&state).await?;
    let wanted = pattern::canonical(&wanted);
    projects.retain(|project| pattern::matches(&wanted, &project.id));
    Ok(Json(ShareResult { projects }))
}
