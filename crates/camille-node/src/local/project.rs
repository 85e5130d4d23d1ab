//! Projects and how far each is shared.

use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::registry::pattern;
use crate::registry::rule::{self, Rule};
use crate::sharing;
use crate::state::Shared;
use crate::wire;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use camille_bank::ProjectSurvey;
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::grant::Grant;
use camille_proto::local::{
    HeldSession, ProjectPreview, ProjectView, ReleaseRequest, SessionName, ShareRequest,
    ShareResult,
};
use camille_proto::problem::Problem;
use camille_proto::vocabulary::Sharing;
use http::Request;
use std::collections::HashMap;

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

/// What peers would see if this rule held.
pub(super) async fn preview(
    State(state): State<Shared>,
    request: Request<Body>,
) -> Result<Json<Vec<ProjectPreview>>, Refusal> {
    let asked: ShareRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let now = state.now();
    let previews = state
        .blocking(move |state| {
            let wanted = pattern::canonical(&asked.pattern);
            let mut rules = rules(state)?;
            rules.retain(|rule| rule.pattern != wanted);
            rules.push(Rule {
                pattern: wanted.clone(),
                sharing: asked.sharing,
                from: asked.from,
                created: now,
            });
            let Some(survey) = Survey::of(state, &rules)? else { return Ok(Vec::new()) };
            let matching = survey.projects.iter().filter(|id| pattern::matches(&wanted, id));
            Ok(matching.map(|id| survey.preview(id, &rules)).collect())
        })
        .await;
    Ok(Json(previews.map_err(|problem: Box<Problem>| problem)?))
}

/// Sessions of shared projects that are kept back.
pub(super) async fn held(State(state): State<Shared>) -> Result<Json<Vec<HeldSession>>, Refusal> {
    let held = state
        .blocking(|state| {
            let rules = rules(state)?;
            let Some(survey) = Survey::of(state, &rules)? else { return Ok(Vec::new()) };
            let previews = survey.projects.iter().map(|id| survey.preview(id, &rules));
            Ok(previews.flat_map(|preview| preview.held).collect())
        })
        .await;
    Ok(Json(held.map_err(|problem: Box<Problem>| problem)?))
}

pub(super) async fn release(
    State(state): State<Shared>,
    request: Request<Body>,
) -> Result<Json<ReleaseRequest>, Refusal> {
    let asked: ReleaseRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let answer = asked.clone();
    let now = state.now();
    state
        .blocking(move |state| {
            let names: Vec<_> =
                asked.sessions.into_iter().map(|name| (name.agent, name.session)).collect();
            if asked.release {
                state.registry.release(&names, now)
            } else {
                state.registry.hold(&names).map(drop)
            }
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    Ok(Json(answer))
}

fn rules(state: &Shared) -> Result<Vec<Rule>, Box<Problem>> {
    state.registry.rules().map_err(|error| crate::error::internal(&error))
}

/// What a teammate would see under some rules.
struct Survey {
    projects: Vec<String>,
    seen: HashMap<String, ProjectSurvey>,
}

impl Survey {
    /// `None`: there is no bank yet.
    fn of(state: &Shared, rules: &[Rule]) -> Result<Option<Self>, Box<Problem>> {
        let Some(reader) = state.reader()? else { return Ok(None) };
        let projects = reader.project_ids().map_err(|error| crate::error::bank(&error))?;
        let released = state.registry.released().map_err(|error| crate::error::internal(&error))?;
        let shared = sharing::shared(rules, &projects, released, &Grant::teammate(), false);
        let seen = reader.survey(&shared).map_err(|error| crate::error::bank(&error))?;
        let seen = seen.into_iter().map(|survey| (survey.id.clone(), survey)).collect();
        Ok(Some(Self { projects, seen }))
    }

    fn preview(&self, id: &str, rules: &[Rule]) -> ProjectPreview {
        let seen = self.seen.get(id).cloned().unwrap_or_default();
        let held = seen.held.into_iter().map(|held| HeldSession {
            name: SessionName { agent: held.name.agent, session: held.name.session },
            title: held.title,
            project: id.to_owned(),
            documents: held.documents,
            touched: held.touched,
            private: held.private,
        });
        ProjectPreview {
            id: id.to_owned(),
            sharing: rule::effective(rules, id).sharing,
            sessions: seen.sessions,
            documents: seen.documents,
            oldest: seen.oldest,
            newest: seen.newest,
            redacted: seen.redacted,
            held: held.collect(),
        }
    }
}
