//! Indexing at the owner's word, with its progress as newline-delimited JSON.

use crate::api::extract;
use crate::api::reply::Refusal;
use crate::error;
use crate::intake::source::Roots;
use crate::state::Shared;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{IndexEvent, IndexReport, IndexRequest};
use camille_proto::problem::Problem;
use http::{HeaderValue, Request, header};
use std::convert::Infallible;
use std::path::PathBuf;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

/// Events that wait for a slow reader; further progress is dropped, never the end.
const EVENTS: usize = 16;

pub(super) async fn index(
    State(state): State<Shared>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let asked: IndexRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    add_sources(&state, &asked.paths).await?;
    let (sender, receiver) = mpsc::channel(EVENTS);
    let run = {
        let state = state.clone();
        async move {
            let progress = sender.clone();
            let result = run(&state, asked, move |event| {
                // A reader that is too slow, or gone, misses progress; the run goes on.
                let _ = progress.try_send(event);
            })
            .await;
            let last = match result {
                Ok(report) => IndexEvent::Done(report),
                Err(problem) => IndexEvent::Failed { problem: *problem },
            };
            let _ = sender.send(last).await;
        }
    };
    state.intake.tasks.spawn(run);
    let lines = ReceiverStream::new(receiver).map(|event| {
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        Ok::<_, Infallible>(Bytes::from(line))
    });
    let mut response = Body::from_stream(lines).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

/// Reads what is new: in the named paths, or everywhere.
///
/// # Errors
/// A problem when the bank is held by another process or cannot be written.
pub(crate) async fn run(
    state: &Shared,
    asked: IndexRequest,
    on_event: impl FnMut(IndexEvent) + Send + 'static,
) -> Result<IndexReport, Box<Problem>> {
    state
        .blocking(move |state| {
            let named = || asked.paths.iter().filter_map(|path| std::fs::canonicalize(path).ok());
            let roots = if asked.paths.is_empty() || asked.defaults {
                let added = state.registry.sources().map_err(|error| error::internal(&error))?;
                let added = added.into_iter().map(PathBuf::from).collect();
                Roots::usual(&state.settings.sources, added)
            } else {
                Roots { places: Vec::new(), named: named().collect() }
            };
            state.intake.run(roots, on_event)
        })
        .await
}

/// Remembers files or directories as sources; none if one does not exist.
async fn add_sources(state: &Shared, paths: &[String]) -> Result<(), Refusal> {
    if paths.is_empty() {
        return Ok(());
    }
    let paths = paths.to_vec();
    let now = state.now();
    state
        .blocking(move |state| {
            let mut absolute = Vec::with_capacity(paths.len());
            for path in paths {
                match std::fs::canonicalize(&path) {
                    Ok(found) => absolute.push(found.to_string_lossy().into_owned()),
                    Err(reason) => return Err(no_such_source(&path, &reason)),
                }
            }
            state.registry.add_sources(&absolute, now).map_err(|error| error::internal(&error))
        })
        .await?;
    Ok(())
}

fn no_such_source(path: &str, reason: &std::io::Error) -> Box<Problem> {
    let problem = Problem::new(400, "No such source")
        .detail(format!("{path}: {reason}"))
        .field("paths")
        .hint("name a transcript or a directory that holds some");
    Box::new(problem)
}
