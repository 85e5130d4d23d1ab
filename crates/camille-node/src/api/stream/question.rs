//! One question on a socket: what was asked, what comes of it, and what was handed over.

use super::super::extract::{self, Scope};
use super::super::gate::{self, Audited};
use super::super::reply::{Refusal, bad_request, too_many};
use super::super::search::permitted;
use crate::access::Access;
use crate::api::service::Api;
use crate::limit::LimitClass;
use crate::search::stream::{self, Step};
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::problem::Problem;
use camille_proto::stream::{Frame, Message};
use camille_registry::Authenticated;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// The longest `id` of a question.
const ID_BYTES_MAX: usize = 64;
/// What the audit log calls a question on a socket.
pub(super) const ROUTE: &str = "GET /api/v1/stream";

/// A question that is being answered. Dropped, it is given up.
pub(super) struct Question {
    id: Option<String>,
    query: String,
    started: Instant,
    steps: mpsc::Receiver<Step>,
    work: AbortOnDropHandle<Result<(), Box<Problem>>>,
    documents: BTreeSet<DocumentId>,
    results: Option<u32>,
    /// What anybody may read was last changed then.
    pub(super) epoch: Option<u64>,
}

impl Question {
    /// Begins to answer the question in a message.
    ///
    /// # Errors
    /// Why it is not answered, with the id it came with.
    pub(super) async fn ask(
        api: &Api,
        access: &Access,
        text: &str,
    ) -> Result<Self, (Option<String>, Box<Problem>)> {
        let without_id = |refusal: Refusal| (None, refusal.0);
        let mut members = extract::object(text).map_err(without_id)?;
        let at = members.iter().position(|(name, _)| name == "id");
        let id = at.map(|at| members.swap_remove(at).1);
        if id.as_ref().is_some_and(|id| id.len() > ID_BYTES_MAX) {
            let reason = format!("has more than {ID_BYTES_MAX} bytes");
            return Err(without_id(bad_request("id", reason)));
        }
        let begun = Self::begin(api, access, members, id.clone()).await;
        begun.map_err(|refusal| (id, refusal.0))
    }

    async fn begin(
        api: &Api,
        access: &Access,
        members: Vec<(String, String)>,
        id: Option<String>,
    ) -> Result<Self, Refusal> {
        let started = Instant::now();
        let owner = matches!(access, Access::Owner);
        let asked =
            extract::search_members(members, if owner { Scope::Mesh } else { Scope::Local })?;
        if !asked.merge {
            return Err(bad_request("merge", "is always true on this route"));
        }
        let mut access = access.clone();
        let mut epoch = None;
        if let Access::Key(key) = &mut access {
            let counted = api.limits.check_key(LimitClass::Search, &key.key_id, started);
            if !counted.allowed {
                return Err(too_many(counted.retry_after_s));
            }
            // The grant may have changed since the socket was opened. The epoch is read first: what changes
            // after it is noticed.
            let holder = key.clone();
            let read = api.home.blocking(move |s| {
                let epoch = s.registry.epoch()?;
                let now = s.registry.recheck(&holder, Timestamp::now())?;
                Ok::<_, camille_registry::RegistryError>((epoch, now))
            });
            let (read_at, now) = read.await.map_err(|error| crate::error::internal(&error))?;
            epoch = Some(read_at);
            *key = now.ok_or_else(|| {
                Refusal::from(Problem::new(401, "Invalid API key").detail("the key has ended"))
            })?;
        }
        let query = api.home.redactor.redact_for_others(&asked.query.q).text.into_owned();
        let ask_for = permitted(api, &access, asked.query, asked.scope, false).await?;
        // One step waits while one is being sent: more would only grow old.
        let (sender, steps) = mpsc::channel(1);
        let searching = api.clone();
        let work = api
            .life
            .tasks
            .spawn(async move { stream::search(&searching.search, ask_for, sender).await });
        let work = AbortOnDropHandle::new(work);
        let documents = BTreeSet::new();
        Ok(Self { id, query, started, steps, work, documents, results: None, epoch })
    }

    /// The next step. After the last one it must not be called again.
    pub(super) async fn next(&mut self) -> Result<Step, Box<Problem>> {
        if let Some(step) = self.steps.recv().await {
            return Ok(step);
        }
        let ended = (&mut self.work).await;
        let reason = ended.unwrap_or(Ok(())).err();
        Err(reason.unwrap_or_else(|| {
            Box::new(Problem::new(503, "Not answered").detail("the node stopped answering"))
        }))
    }

    /// What is said about a step; what it hands over is remembered.
    pub(super) fn message(&mut self, step: Result<Step, Box<Problem>>) -> Message {
        let frame = match step {
            Ok(Step::Progress(progress)) => Frame::Progress(*progress),
            Ok(Step::Done(answer)) => Frame::Done(*answer),
            Err(problem) => Frame::Failed { problem: *problem },
        };
        if let Frame::Progress(camille_proto::stream::Progress { results, .. })
        | Frame::Done(camille_proto::answer::Answer { results, .. }) = &frame
        {
            self.results = u32::try_from(results.len()).ok();
            self.documents.extend(results.iter().map(|hit| hit.id));
        }
        Message { id: self.id.clone(), frame }
    }

    /// Writes the question down, with every document that was handed over.
    pub(super) async fn record(
        self,
        api: &Api,
        key: &Authenticated,
        certificate: Option<PeerId>,
        problem: Option<&Problem>,
    ) {
        let audited = Audited {
            query: Some(self.query),
            origin: None,
            results: self.results,
            documents: self.documents.into_iter().collect(),
        };
        let entry = gate::question_entry(ROUTE, key, certificate, self.started, audited, problem);
        gate::record(api, entry).await;
    }
}
