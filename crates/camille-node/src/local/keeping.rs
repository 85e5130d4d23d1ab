//! The owner has the bank checked, or has it forget. Both wait for a running index run to end.

use super::bank::{PROGRESS_EVERY, lines};
use crate::api::extract;
use crate::api::reply::{Refusal, not_found};
use crate::error;
use crate::state::Shared;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use camille_bank::{Forget, Visibility};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{ForgetReport, ForgetRequest, Forgettable, VerifyEvent, VerifyReport};
use camille_proto::problem::Problem;
use http::Request;
use std::time::Instant;

pub(super) async fn forget(
    State(state): State<Shared>,
    request: Request<Body>,
) -> Result<Json<ForgetReport>, Refusal> {
    let asked: ForgetRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let task = state.clone();
    // It goes on when whoever asked goes away: half of it would have to be made up for.
    let work = state
        .intake
        .tasks
        .spawn(async move { task.blocking(move |state| forget_blocking(state, asked)).await });
    let report = work.await.map_err(|error| error::internal(&error))??;
    if report.documents + report.sessions == 0 {
        return Err(not_found());
    }
    Ok(Json(report))
}

fn forget_blocking(state: &Shared, asked: ForgetRequest) -> Result<ForgetReport, Box<Problem>> {
    let started = Instant::now();
    let what = match asked.what {
        Forgettable::Document { id } => Forget::Document(id),
        Forgettable::Session { session, agent } => Forget::Session { agent, session },
        Forgettable::Project { project } => Forget::Project(project),
    };
    let forgotten = state.intake.with_bank(|bank| {
        if asked.preview { bank.would_forget(&what) } else { bank.forget(&what) }
    })?;
    Ok(ForgetReport {
        documents: forgotten.documents,
        sessions: forgotten.sessions,
        files: forgotten.files,
        projects: forgotten.projects,
        done: !asked.preview,
        took_ms: milliseconds(started),
    })
}

pub(super) async fn verify(State(state): State<Shared>) -> Result<Response, Refusal> {
    Ok(lines(&state.clone(), move |tell| async move {
        let progress = tell.clone();
        let result = state
            .blocking(move |state| {
                verify_blocking(state, &mut |event| {
                    let _ = progress.try_send(event);
                })
            })
            .await;
        let last = match result {
            Ok(report) => VerifyEvent::Done(report),
            Err(problem) => VerifyEvent::Failed { problem: *problem },
        };
        let _ = tell.send(last).await;
    }))
}

fn verify_blocking(
    state: &Shared,
    tell: &mut dyn FnMut(VerifyEvent),
) -> Result<VerifyReport, Box<Problem>> {
    let started = Instant::now();
    let mut told = started;
    let verified = state.intake.with_bank(|bank| {
        bank.commit()?;
        let total = bank.reader().status(&Visibility::Everything)?.documents;
        bank.verify(&mut |done| {
            if told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                tell(VerifyEvent::Progress { documents_done: done, documents_total: total });
            }
        })
    })?;
    Ok(VerifyReport {
        documents: verified.documents,
        indexed: verified.indexed,
        faults: verified.faults,
        faults_count: verified.faults_count,
        rebuild_mends: verified.rebuild_mends,
        took_ms: milliseconds(started),
    })
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
