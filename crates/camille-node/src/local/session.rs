//! Sessions by the beginnings of their ids, so that whoever names one need not write it out, and hears when what
//! was written names none or several.

use super::service::Local;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use axum::Json;
use axum::extract::State;
use camille_proto::local::{SessionName, SessionView};
use http::Uri;

/// The most sessions of one answer: whoever reads more of them has to write more letters.
const SESSIONS_MAX: usize = 50;

pub(super) async fn list(
    State(local): State<Local>,
    uri: Uri,
) -> Result<Json<Vec<SessionView>>, Refusal> {
    let mut begins = String::new();
    for (name, value) in extract::members(&uri)? {
        match name.as_str() {
            "begins" => begins = value,
            _ => return Err(extract::unknown(&name, "begins")),
        }
    }
    if begins.is_empty() {
        return Err(bad_request("begins", "is empty"));
    }
    let found = local
        .home
        .blocking(move |local| {
            let mut released =
                local.registry.released().map_err(|error| crate::error::internal(&error))?;
            released.retain(|release| release.session.starts_with(&begins));
            let in_bank = match local.reader()? {
                Some(reader) => reader
                    .sessions(&begins, SESSIONS_MAX)
                    .map_err(|error| crate::error::bank(&error))?,
                None => Vec::new(),
            };
            let mut found: Vec<SessionView> = Vec::new();
            for session in in_bank {
                let name = SessionName { agent: session.name.agent, session: session.name.session };
                let is_this = |release: &camille_registry::Release| {
                    release.agent == name.agent && release.session == name.session
                };
                let is_released = released.iter().any(is_this);
                released.retain(|release| !is_this(release));
                // Of a session that only others name, or that is forgotten, nothing is there to name.
                if session.documents > 0 || is_released {
                    found.push(SessionView {
                        name,
                        title: session.title,
                        project: session.project,
                        documents: session.documents,
                        released: is_released,
                    });
                }
            }
            // What was released and is gone can still be held: it may come again.
            found.extend(released.into_iter().map(|release| SessionView {
                name: SessionName { agent: release.agent, session: release.session },
                title: None,
                project: None,
                documents: 0,
                released: true,
            }));
            Ok(found)
        })
        .await;
    Ok(Json(found.map_err(|problem: Box<camille_proto::problem::Problem>| problem)?))
}
