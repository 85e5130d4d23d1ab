//! Projects and how far each is shared.

use super::known::{all, rules};
use super::meant::{self, meaning};
use super::service::Local;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::home::Home;
use crate::sharing::{self, Harmless};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use camille_bank::ProjectSurvey;
use camille_intake::project::ProjectResolver;
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::grant::Grant;
use camille_proto::local::{
    HeldReason, HeldSession, ProjectOfPath, ProjectPreview, ProjectView, ReleaseRequest, RuleView,
    SessionName, ShareRequest, ShareResult, UndoRequest, UndoResult,
};
use camille_proto::problem::Problem;
use camille_proto::vocabulary::{Agent, Sharing};
use camille_registry::rule::{self, Names, Rule};
use camille_registry::{RegistryError, Release, pattern, within};
use http::{Request, Uri};
use std::collections::HashMap;

pub(super) async fn list(State(local): State<Local>) -> Result<Json<Vec<ProjectView>>, Refusal> {
    let mut projects = all(&local.home).await?;
    // A rule that matches nothing yet will match a later project: its owner sees that it stands.
    let rules = local
        .home
        .blocking(|s| s.registry.rules())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    // A deny is about a project by whichever of its names.
    let known: Vec<(String, Vec<String>)> =
        projects.iter().map(|project| (project.id.clone(), project.also.clone())).collect();
    let is_of = |rule: &Rule, (id, also): &(String, Vec<String>)| match rule.sharing {
        Sharing::Private => {
            let about = within::split(&rule.pattern).map_or(&*rule.pattern, |(project, _)| project);
            also.iter().chain([id]).any(|name| pattern::denies(about, name))
        }
        _ => pattern::matches(&rule.pattern, id),
    };
    let waiting =
        rules.into_iter().filter(|rule| !known.iter().any(|project| is_of(rule, project)));
    projects.extend(waiting.map(|rule| ProjectView {
        id: rule.pattern,
        sharing: rule.sharing,
        rule: Some("a rule for later projects".into()),
        from: rule.from,
        sessions: 0,
        documents: 0,
        last_update: None,
        also: Vec::new(),
    }));
    Ok(Json(projects))
}

/// The rules as they stand, whatever they match.
pub(super) async fn every_rule(State(local): State<Local>) -> Result<Json<Vec<RuleView>>, Refusal> {
    let rules = local
        .home
        .blocking(|s| s.registry.rules())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let view = |rule: Rule| {
        let Rule { pattern, sharing, from, created } = rule;
        RuleView { pattern, sharing, from, created }
    };
    Ok(Json(rules.into_iter().map(view).collect()))
}

pub(super) async fn share(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<ShareResult>, Refusal> {
    let asked: ShareRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let now = local.home.now();
    let meant = meaning(&local.home, &asked.pattern).await?;
    let (wanted, patterns) = match asked.sharing {
        Sharing::Private => (meant.pattern.clone(), meant::of_deny(&local.home, &meant).await),
        _ => (whole(&meant.pattern)?.to_owned(), vec![meant.pattern.clone()]),
    };
    let noted = patterns.clone();
    let done = local
        .home
        .blocking(move |s| match asked.sharing {
            Sharing::Private => {
                for pattern in &noted {
                    s.registry.unshare(pattern, now)?;
                }
                Ok(camille_registry::Shared::Noted)
            }
            sharing => s.registry.share(&noted[0], sharing, asked.from, now),
        })
        .await
        .map_err(|error: RegistryError| crate::error::internal(&error))?;
    if done == camille_registry::Shared::Denied {
        return Err(denied(&wanted).into());
    }
    let mut projects = all(&local.home).await?;
    let is_private = asked.sharing == Sharing::Private;
    projects.retain(|project| {
        let names = || std::iter::once(&project.id).chain(&project.also);
        let is_denied = |pattern: &String| names().any(|name| pattern::denies(pattern, name));
        pattern::matches(&wanted, &project.id) || (is_private && patterns.iter().any(is_denied))
    });
    Ok(Json(ShareResult { patterns, projects }))
}

/// That a project is shared as a whole.
fn whole(pattern: &str) -> Result<&str, Box<Problem>> {
    let Some((project, _)) = within::split(pattern) else { return Ok(pattern) };
    Err(Problem::new(400, format!("'{pattern}' is a path in a repository"))
        .detail("a project is shared as a whole; only `unshare` knows parts of one")
        .field("pattern")
        .hint(format!("camille projects share '{project}'"))
        .into())
}

fn denied(pattern: &str) -> Box<Problem> {
    Problem::new(409, format!("{pattern} is unshared"))
        .detail("an `unshare` beats every `share`, before and after")
        .hint(format!("camille projects unshare --undo '{pattern}' takes it back"))
        .into()
}

/// Whether these rules deny this very pattern, however it is spelt.
fn is_denied(rules: &[Rule], wanted: &str) -> bool {
    rules.iter().any(|rule| {
        rule.sharing == Sharing::Private
            && pattern::denies(&rule.pattern, wanted)
            && pattern::denies(wanted, &rule.pattern)
    })
}

/// What peers would see if this rule held.
pub(super) async fn preview(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<Vec<ProjectPreview>>, Refusal> {
    let asked: ShareRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let now = local.home.now();
    let wanted = meaning(&local.home, &asked.pattern).await?.pattern;
    if asked.sharing != Sharing::Private {
        whole(&wanted)?;
    }
    let previews = local
        .home
        .blocking(move |home| {
            let mut rules = rules(home)?;
            // Said before anybody is asked whether to go on.
            if asked.sharing != Sharing::Private && is_denied(&rules, &wanted) {
                return Err(denied(&wanted));
            }
            rules.retain(|rule| rule.pattern != wanted || rule.sharing == Sharing::Private);
            rules.push(Rule {
                pattern: wanted.clone(),
                sharing: asked.sharing,
                from: asked.from,
                created: now,
            });
            let Some(survey) = Survey::of(home, &rules)? else { return Ok(Vec::new()) };
            let matching = survey.projects.iter().filter(|id| pattern::matches(&wanted, id));
            Ok(matching.map(|id| survey.preview(id, &rules)).collect())
        })
        .await;
    Ok(Json(previews.map_err(|problem: Box<Problem>| problem)?))
}

/// Takes a deny back, or says what peers would see then.
pub(super) async fn undo(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<UndoResult>, Refusal> {
    let asked: UndoRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let meant = meaning(&local.home, &asked.pattern).await?;
    let mut spellings = meant::of_deny(&local.home, &meant).await;
    let result = local
        .home
        .blocking(move |home| {
            let before = rules(home)?;
            // The same path in another clone is the same rule.
            let of_repository = |rule: &&Rule| {
                let path = std::slice::from_ref(&rule.pattern);
                meant::within(home, path).iter().any(|path| spellings.contains(path))
            };
            let is_deny = |rule: &&Rule| rule.sharing == Sharing::Private;
            let also: Vec<Rule> =
                before.iter().filter(is_deny).filter(of_repository).cloned().collect();
            spellings.extend(also.into_iter().map(|rule| rule.pattern));
            let is_undone = |rule: &Rule| {
                rule.sharing == Sharing::Private
                    && spellings.iter().any(|wanted| {
                        pattern::denies(&rule.pattern, wanted)
                            && pattern::denies(wanted, &rule.pattern)
                    })
            };
            let after: Vec<Rule> = before.iter().filter(|rule| !is_undone(rule)).cloned().collect();
            let denied = after.len() < before.len();
            if denied && !asked.preview {
                for spelling in &spellings {
                    home.registry.undo(spelling).map_err(|error| crate::error::internal(&error))?;
                }
            }
            let shown =
                |survey: &Survey, id: &String| survey.seen.get(id).map_or(0, |seen| seen.documents);
            let projects = match (Survey::of(home, &before)?, Survey::of(home, &after)?) {
                (Some(now), Some(survey)) if denied => {
                    let was_denied = |id: &&String| {
                        let also = survey.names.get(*id).map_or(&[][..], Vec::as_slice);
                        let by = rule::effective(&before, id, also);
                        by.sharing == Sharing::Private
                            && rule::effective(&after, id, also).rule != by.rule
                    };
                    // What it denied held sessions of other projects, too.
                    let shows_more = |id: &&String| shown(&survey, id) > shown(&now, id);
                    let ids = survey.projects.iter().filter(|id| was_denied(id) || shows_more(id));
                    ids.map(|id| survey.preview(id, &after)).collect()
                }
                _ => Vec::new(),
            };
            Ok(UndoResult { denied, projects })
        })
        .await;
    Ok(Json(result.map_err(|problem: Box<Problem>| problem)?))
}

/// Sessions of shared projects that are kept back.
pub(super) async fn held(State(local): State<Local>) -> Result<Json<Vec<HeldSession>>, Refusal> {
    let held = local
        .home
        .blocking(|home| {
            let rules = rules(home)?;
            let Some(survey) = Survey::of(home, &rules)? else { return Ok(Vec::new()) };
            let previews = survey.projects.iter().map(|id| survey.preview(id, &rules));
            Ok(previews.flat_map(|preview| preview.held).collect())
        })
        .await;
    Ok(Json(held.map_err(|problem: Box<Problem>| problem)?))
}

pub(super) async fn release(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<ReleaseRequest>, Refusal> {
    let asked: ReleaseRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let now = local.home.now();
    let done = local
        .home
        .blocking(move |home| {
            let failed = |error: RegistryError| crate::error::internal(&error);
            if !asked.release {
                let name = |one: &SessionName| (one.agent, one.session.clone());
                let names: Vec<_> = asked.sessions.iter().map(name).collect();
                home.registry.hold(&names).map_err(failed)?;
                return Ok(asked);
            }
            let rules = rules(home)?;
            let Some(survey) = Survey::of(home, &rules)? else { return Ok(asked) };
            // Only what the owner could see of it now is released.
            let releases: Vec<Release> = asked
                .sessions
                .iter()
                .map(|SessionName { agent, session }| {
                    let touched = survey.marks(*agent, session);
                    Release { agent: *agent, session: session.clone(), touched, at: now }
                })
                .collect();
            home.registry.release(&releases).map_err(failed)?;
            let name = |one: &SessionName| camille_bank::SessionName {
                agent: one.agent,
                session: one.session.clone(),
            };
            let released: Vec<_> = asked.sessions.iter().map(name).collect();
            if let Err(error) = home.intake.find_quotes(&released) {
                // Until then nobody sees them.
                tracing::warn!(%error, "quotes in released sessions are looked for with the next run");
            }
            Ok(asked)
        })
        .await;
    Ok(Json(done.map_err(|problem: Box<Problem>| problem)?))
}

/// The project that holds a path, as the disk says now; or how what is typed is kept as a rule.
pub(super) async fn of_path(
    State(local): State<Local>,
    uri: Uri,
) -> Result<Json<ProjectOfPath>, Refusal> {
    let mut path = String::new();
    for (name, value) in extract::members(&uri)? {
        match name.as_str() {
            "path" => path = value,
            // How rules would have it that is typed so.
            "name" => {
                return Ok(Json(ProjectOfPath {
                    project: meaning(&local.home, &value).await?.pattern,
                }));
            }
            _ => return Err(extract::unknown(&name, "path or name")),
        }
    }
    if !path.starts_with('/') {
        return Err(bad_request("path", "does not begin at the root"));
    }
    let project = local
        .home
        .blocking(move |home| {
            // One that has seen nothing: what a running index run remembers may be old.
            let person_home = home.settings.sources.person_home.clone();
            ProjectResolver::new(person_home).resolve_session(&path, None, None)
        })
        .await;
    Ok(Json(ProjectOfPath { project }))
}

/// What a teammate would see under some rules.
struct Survey {
    projects: Vec<String>,
    names: Names,
    seen: HashMap<String, ProjectSurvey>,
}

impl Survey {
    /// `None`: there is no bank yet.
    fn of(home: &Home, rules: &[Rule]) -> Result<Option<Self>, Box<Problem>> {
        let Some(reader) = home.reader()? else { return Ok(None) };
        let projects = reader.project_ids().map_err(|error| crate::error::bank(&error))?;
        let released = home.registry.released().map_err(|error| crate::error::internal(&error))?;
        let names = reader.project_names().map_err(|error| crate::error::bank(&error))?;
        let grant = Grant::teammate();
        let harmless = Harmless::of(&home.settings);
        let bank = sharing::Bank { projects: &projects, names: &names, harmless: &harmless };
        let shared = sharing::shared(rules, bank, released, &grant, false);
        let seen = reader.survey(&shared).map_err(|error| crate::error::bank(&error))?;
        let seen = seen.into_iter().map(|survey| (survey.id.clone(), survey)).collect();
        Ok(Some(Self { projects, names, seen }))
    }

    /// What stands for the places for which a session is kept back.
    fn marks(&self, agent: Agent, session: &str) -> Vec<[u8; 16]> {
        let mut held = self.seen.values().flat_map(|project| &project.held);
        let found = held.find(|held| held.name.agent == agent && held.name.session == session);
        found.map(|held| held.marks.clone()).unwrap_or_default()
    }

    fn preview(&self, id: &str, rules: &[Rule]) -> ProjectPreview {
        let seen = self.seen.get(id).cloned().unwrap_or_default();
        let also = self.names.get(id).map_or(&[][..], Vec::as_slice);
        let held = seen.held.into_iter().map(|held| HeldSession {
            name: SessionName { agent: held.name.agent, session: held.name.session },
            title: held.title,
            project: id.to_owned(),
            documents: held.documents,
            touched: held.touched,
            reasons: held.reasons.into_iter().map(reason).collect(),
            private: held.private,
            denied: held.denied,
        });
        let effective = rule::effective(rules, id, also);
        ProjectPreview {
            id: id.to_owned(),
            sharing: effective.sharing,
            rule: effective.rule,
            sessions: seen.sessions,
            documents: seen.documents,
            oldest: seen.oldest,
            newest: seen.newest,
            redacted: seen.redacted,
            held: held.collect(),
        }
    }
}

fn reason(reason: camille_bank::Reason) -> HeldReason {
    let camille_bank::Reason { project, how, path, time, own } = reason;
    HeldReason { project, how, path, time, own }
}
