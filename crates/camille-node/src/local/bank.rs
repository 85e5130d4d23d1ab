//! Indexing at the owner's word, with its progress as newline-delimited JSON.

use crate::api::extract;
use crate::api::reply::Refusal;
use crate::state::Shared;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{IndexEvent, IndexRequest};
use http::{HeaderValue, Request, header};
use std::convert::Infallible;
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
    crate::intake::source::add(&state, &asked.paths).await?;
    let (sender, receiver) = mpsc::channel(EVENTS);
    let run = {
        let state = state.clone();
        async move {
            let progress = sender.clone();
            let result = state
                .intake
                .run(&state, asked, move |event| {
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
