//! Indexing at the owner's word, with its progress as newline-delimited JSON.

use super::service::Local;
use crate::api::extract;
use crate::api::reply::Refusal;
use crate::error;
use crate::home::Home;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use camille_bank::Visibility;
use camille_intake::Scope;
use camille_intake::source::Roots;
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{IndexEvent, IndexReport, IndexRequest};
use camille_proto::problem::Problem;
use http::{HeaderValue, Request, header};
use serde::Serialize;
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

/// Events that wait for a slow reader; further progress is dropped, never the end.
const EVENTS: usize = 16;
/// How often progress is told.
pub(super) const PROGRESS_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn index(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let asked: IndexRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    add_sources(&local, &asked.paths).await?;
    Ok(lines(&local.clone(), move |tell| async move {
        let progress = tell.clone();
        let result = run(&local.home, asked, move |event| {
            // A reader that is too slow, or gone, misses progress; the run goes on.
            let _ = progress.try_send(event);
        })
        .await;
        let last = match result {
            Ok(report) => IndexEvent::Done(report),
            Err(problem) => IndexEvent::Failed { problem: *problem },
        };
        let _ = tell.send(last).await;
    }))
}

/// Answers with what `work` tells, one JSON object a line. The work goes on when the reader goes away.
pub(super) fn lines<T, F>(local: &Local, work: impl FnOnce(mpsc::Sender<T>) -> F) -> Response
where
    T: Serialize + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(EVENTS);
    local.home.intake.tasks.spawn(work(sender));
    let lines = ReceiverStream::new(receiver).map(|event| {
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        Ok::<_, Infallible>(Bytes::from(line))
    });
    let mut response = Body::from_stream(lines).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response
}

/// Reads what is new: in the named paths, or everywhere.
///
/// # Errors
/// A problem when the bank is held by another process or cannot be written.
pub(crate) async fn run(
    home: &Home,
    asked: IndexRequest,
    mut on_event: impl FnMut(IndexEvent) + Send + 'static,
) -> Result<IndexReport, Box<Problem>> {
    home.blocking(move |home| {
        if asked.rebuild {
            rebuild(home, &mut on_event)?;
        }
        let named = || asked.paths.iter().filter_map(|path| std::fs::canonicalize(path).ok());
        let roots = if asked.paths.is_empty() || asked.defaults {
            sources(home)?
        } else {
            Roots { places: Vec::new(), named: named().collect() }
        };
        let report = home.read_sources(Scope::Everything(roots), on_event);
        report.map_err(|error| crate::error::intake(&error))
    })
    .await
}

/// Makes the index anew from the store. Blocks.
fn rebuild(home: &Home, on_event: &mut dyn FnMut(IndexEvent)) -> Result<(), Box<Problem>> {
    let mut told = Instant::now();
    let rebuilt = home.intake.with_bank(|bank| {
        bank.commit()?;
        let total = bank.reader().status(&Visibility::Everything)?.documents;
        bank.rebuild(&mut |done| {
            if told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                on_event(IndexEvent::Rebuilding { documents_done: done, documents_total: total });
            }
        })
    });
    rebuilt.map_err(|error| crate::error::intake(&error))
}

/// All known sources: the usual places and what the owner added. Blocks.
///
/// # Errors
/// A problem when node.db cannot be read.
pub(crate) fn sources(home: &Home) -> Result<Roots, Box<Problem>> {
    let added = home.registry.sources().map_err(|error| error::internal(&error))?;
    let added = added.into_iter().map(PathBuf::from).collect();
    Ok(Roots::usual(&home.settings.sources, added))
}

/// Remembers files or directories as sources; none if one does not exist.
async fn add_sources(local: &Local, paths: &[String]) -> Result<(), Refusal> {
    if paths.is_empty() {
        return Ok(());
    }
    let paths = paths.to_vec();
    let now = local.home.now();
    local
        .home
        .blocking(move |home| {
            let mut absolute = Vec::with_capacity(paths.len());
            for path in paths {
                match std::fs::canonicalize(&path) {
                    Ok(found) => absolute.push(found.to_string_lossy().into_owned()),
                    Err(reason) => return Err(no_such_source(&path, &reason)),
                }
            }
            home.registry.add_sources(&absolute, now).map_err(|error| error::internal(&error))
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
