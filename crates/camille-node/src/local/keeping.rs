//! The owner has the bank checked, or has it forget. Both wait for a running index run to end.

use super::bank::{PROGRESS_EVERY, lines};
use super::service::Local;
use crate::api::extract;
use crate::api::reply::{Refusal, not_found};
use crate::audit::Filter;
use crate::error;
use crate::home::Home;
use crate::home::blocking;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use camille_bank::{Forget, Visibility};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::id::DocumentId;
use camille_proto::local::{
    AuditEntry, Delivery, ForgetReport, ForgetRequest, Forgettable, SessionName, SessionTitle,
    VerifyEvent, VerifyReport,
};
use camille_proto::problem::Problem;
use http::Request;
use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

/// Sessions that a report names.
const SESSIONS_NAMED: usize = 20;

/// A shorter word says nothing by itself.
const TELLING_CHARS_MIN: usize = 4;

pub(super) async fn forget(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<ForgetReport>, Refusal> {
    let asked: ForgetRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let task = local.clone();
    // It goes on when whoever asked goes away: half of it would have to be made up for.
    let work =
        local.home.intake.tasks.spawn(async move {
            blocking(&task, move |local| forget_blocking(local, asked)).await
        });
    let report = work.await.map_err(|error| error::internal(&error))??;
    if report.documents + report.sessions + report.named == 0 {
        return Err(not_found());
    }
    Ok(Json(report))
}

fn forget_blocking(local: &Local, asked: ForgetRequest) -> Result<ForgetReport, Box<Problem>> {
    let started = Instant::now();
    let words = match &asked.what {
        Forgettable::Matching { text } => telling(text),
        _ => Vec::new(),
    };
    let what = match asked.what {
        Forgettable::Document { id } => Forget::Document(id),
        Forgettable::Session { session, agent } => Forget::Session { agent, session },
        Forgettable::Project { project } => Forget::Project(project),
        Forgettable::Matching { text } => Forget::Documents(matching(&local.home, &text)?),
    };
    let intake = &local.home.intake;
    let forgotten = if asked.preview {
        intake.with_bank(|bank| bank.would_forget(&what))
    } else {
        intake.forget(&what)
    };
    let forgotten = forgotten.map_err(|error| crate::error::intake(&error))?;
    // To whom it went is said before it is gone.
    let delivered = if asked.preview {
        deliveries(local, forgotten.ids)?
    } else {
        withhold(local, &forgotten.ids, &words)?;
        Vec::new()
    };
    Ok(ForgetReport {
        documents: forgotten.documents,
        sessions: forgotten.sessions,
        named: forgotten.named,
        in_sessions: forgotten
            .in_sessions
            .into_iter()
            .take(SESSIONS_NAMED)
            .map(|(name, title)| SessionTitle {
                name: SessionName { agent: name.agent, session: name.session },
                title,
            })
            .collect(),
        delivered,
        files: forgotten.files,
        projects: forgotten.projects,
        done: !asked.preview,
        took_ms: milliseconds(started),
    })
}

/// The documents that hold these words.
fn matching(home: &Home, text: &str) -> Result<Vec<DocumentId>, Box<Problem>> {
    if text.trim().is_empty() {
        let problem =
            Problem::new(400, "Nothing to look for").field("text").hint("name some words");
        return Err(Box::new(problem));
    }
    let Some(reader) = home.reader()? else { return Ok(Vec::new()) };
    reader.holding(text).map_err(|error| error::bank(&error))
}

/// To whom these documents were delivered, by the audit log.
fn deliveries(local: &Local, documents: Vec<DocumentId>) -> Result<Vec<Delivery>, Box<Problem>> {
    let wanted: HashSet<DocumentId> = documents.into_iter().collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter { documents: Some(wanted.clone()), ..Filter::default() };
    let entries = local
        .home
        .audit
        .tail(None, usize::MAX, &filter)
        .map_err(|error| error::internal(&error))?;
    let mut delivered: BTreeMap<_, (Delivery, HashSet<DocumentId>)> = BTreeMap::new();
    for entry in entries {
        let to = match (entry.key_name, entry.key_id) {
            (Some(name), _) => name,
            (None, Some(key)) => format!("key {key}"),
            (None, None) => continue,
        };
        let origin = entry.origin.filter(|origin| Some(*origin) != entry.peer_id);
        let key = (to.clone(), entry.peer_id, origin);
        let (delivery, documents) = delivered.entry(key).or_insert_with(|| {
            let (first, last) = (entry.timestamp, entry.timestamp);
            let delivery =
                Delivery { to, peer_id: entry.peer_id, origin, documents: 0, first, last };
            (delivery, HashSet::new())
        });
        delivery.first = delivery.first.min(entry.timestamp);
        delivery.last = delivery.last.max(entry.timestamp);
        documents.extend(entry.documents.into_iter().filter(|id| wanted.contains(id)));
    }
    let counted = |(mut delivery, documents): (Delivery, HashSet<DocumentId>)| {
        delivery.documents = documents.len() as u64;
        delivery
    };
    Ok(delivered.into_values().map(counted).collect())
}

/// What a question tells by, of words that are forgotten: each of those that say something, or all together.
fn telling(text: &str) -> Vec<String> {
    let text = text.trim().to_lowercase();
    let long = |word: &&str| word.chars().count() >= TELLING_CHARS_MIN;
    let mut words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(long).map(str::to_owned).collect();
    words.push(text);
    words
}

/// Takes the words of questions out of the audit log that named or found what is forgotten: they tell of it.
fn withhold(local: &Local, documents: &[DocumentId], words: &[String]) -> Result<(), Box<Problem>> {
    let documents: HashSet<&DocumentId> = documents.iter().collect();
    let tells = |entry: &AuditEntry| {
        let asked = entry.query.as_ref().map(|query| query.to_lowercase());
        let is_named = asked.is_some_and(|asked| words.iter().any(|word| asked.contains(word)));
        is_named || entry.documents.iter().any(|document| documents.contains(document))
    };
    local.home.audit.withhold(tells).map_err(|error| error::internal(&error))?;
    Ok(())
}

pub(super) async fn verify(State(local): State<Local>) -> Result<Response, Refusal> {
    Ok(lines(&local.clone(), move |tell| async move {
        let progress = tell.clone();
        let result = local
            .home
            .blocking(move |home| {
                verify_blocking(home, &mut |event| {
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
    home: &Home,
    tell: &mut dyn FnMut(VerifyEvent),
) -> Result<VerifyReport, Box<Problem>> {
    let started = Instant::now();
    let mut told = started;
    let verified = home.intake.with_bank(|bank| {
        bank.commit()?;
        let total = bank.reader().status(&Visibility::Everything)?.documents;
        bank.verify(&mut |done| {
            if told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                tell(VerifyEvent::Progress { documents_done: done, documents_total: total });
            }
        })
    });
    let verified = verified.map_err(|error| crate::error::intake(&error))?;
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
