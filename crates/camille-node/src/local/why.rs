//! Which sessions wrote lines of a file, or what a commit added, for the owner.

use super::service::Local;
use crate::api::extract;
use crate::api::reply::Refusal;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use camille_bank::Visibility;
use camille_intake::blame::{self, BlameError, Which};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{WhyAnswer, WhyRequest};
use camille_proto::problem::Problem;
use http::Request;
use std::path::Path;

pub(super) async fn why(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<WhyAnswer>, Refusal> {
    let asked: WhyRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let answer = local
        .home
        .blocking(move |home| {
            let path = Path::new(&asked.path);
            let blame = match &asked.commit {
                Some(commit) => blame::of_commit(path, commit),
                None => blame::of_file(path, &which(&asked)),
            };
            let blame = blame.map_err(|error| problem(&error))?;
            let reader = home.reader()?;
            crate::why::answer(home, reader.as_ref(), &Visibility::Everything, &blame)
        })
        .await;
    Ok(Json(answer?))
}

fn which(asked: &WhyRequest) -> Which {
    match (&asked.symbol, asked.lines) {
        (Some(symbol), _) => Which::Symbol(symbol.clone()),
        (None, Some((first, last))) => Which::Lines(first, last),
        (None, None) => Which::All,
    }
}

fn problem(error: &BlameError) -> Box<Problem> {
    let (status, hint) = match error {
        BlameError::Start(_) => (500, "install git, and see that the node finds it"),
        BlameError::Slow { .. } => (504, "ask about fewer lines: camille why FILE:LINE"),
        BlameError::Outside { .. } => (400, "only what git knows can be attributed"),
        BlameError::File { .. } => (404, "name a file as it lies in its repository"),
        BlameError::Lines { .. } => (400, "lines are counted from 1"),
        BlameError::Symbol { .. } => (404, "name its lines: camille why FILE:LINE-LINE"),
        BlameError::Commit { .. } => (404, "git log --oneline lists commits"),
        BlameError::Refused { .. } => (500, "try the same with git itself"),
    };
    let mut detail = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        detail = format!("{detail}: {cause}");
    }
    Box::new(Problem::new(status, "Cannot say who wrote it").detail(detail).hint(hint))
}
