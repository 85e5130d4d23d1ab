//! What every part of a running node shares. Parts reach each other only through here, and blocking
//! work leaves the async threads only through [`Shared::blocking`].

use crate::access::Access;
use crate::api::unread::Unread;
use crate::audit::{AuditLog, Filter};
use crate::identity::Identity;
use crate::limit::Limits;
use crate::limit::turn::Turns;
use crate::mesh::address::Interfaces;
use crate::mesh::cache::Answers;
use crate::mesh::discovery::Nearby;
use crate::mesh::health::Health;
use crate::settings::Settings;
use crate::sharing::{self, Harmless};
use camille_bank::{BankReader, BankSummary, Visibility};
use camille_client::PeerPool;
use camille_federation::seen::Memory;
use camille_ingest::redact::Redactor;
use camille_intake::{Echo, Intake, IntakeError, Scope};
use camille_proto::forward::ForwardAnswer;
use camille_proto::key::ApiKey;
use camille_proto::local::{IndexEvent, IndexReport};
use camille_proto::problem::Problem;
use camille_registry::{Peer, Registry, RegistryError};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, Once};
use std::time::Instant;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Makes the answer to a question known.
pub(crate) type Promise = watch::Sender<Option<Result<Arc<ForwardAnswer>, Box<Problem>>>>;

/// Where the answer to a question is to be had that somebody else asked before: absent until it is there.
pub(crate) type Pending = watch::Receiver<Option<Result<Arc<ForwardAnswer>, Box<Problem>>>>;

/// A handle to what the node's parts share.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Parts>);

/// The parts.
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) identity: Arc<Identity>,
    pub(crate) registry: Registry,
    pub(crate) audit: AuditLog,
    pub(crate) limits: Limits,
    pub(crate) pool: PeerPool,
    /// Who is there, and whom they pass questions on to.
    pub(crate) health: Health,
    /// What peers answered a moment ago.
    pub(crate) answers: Answers,
    /// Where this machine is.
    pub(crate) interfaces: Interfaces,
    /// Who is announced on the networks this machine is in.
    pub(crate) nearby: Nearby,
    /// Answers that wait for being read.
    pub(crate) unread: Unread,
    /// Questions of others that were here.
    pub(crate) questions: Mutex<Memory<Pending>>,
    /// Bytes of their answers that are kept, roughly.
    pub(crate) answers_kept: AtomicUsize,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) intake: Intake,
    /// Whether what others asked earlier is known, which only reading sources needs.
    heard: Once,
    /// With which [`Shared::sees`] makes its words.
    word_secret: [u8; 32],
    pub(crate) started: Instant,
    /// Whether this is a long-running node rather than one command.
    pub(crate) service: bool,
    /// Where the network may reach this node, once it listens.
    pub(crate) listening: watch::Sender<Vec<SocketAddr>>,
    /// Rung when the node may have to open itself to the network.
    pub(crate) opened: Notify,
    /// Rung when the owner chose another introducer.
    pub(crate) introducers: Notify,
    /// Rung when a join may have begun to wait.
    pub(crate) joins: Notify,
    /// Searches of the own bank at once: more would only wait for each other's memory and disk.
    pub(crate) searches: Turns,
    /// What runs beside requests, until the shutdown.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the node closes.
    pub(crate) shutdown: CancellationToken,
    /// Rung when the owner wants the node to stop.
    pub(crate) stop: Notify,
}

impl Deref for Shared {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// The parts before anything was read from the bank.
    #[expect(
        clippy::too_many_arguments,
        reason = "each part is made by its own module and given once"
    )]
    pub(crate) fn new(
        settings: Settings,
        identity: Arc<Identity>,
        registry: Registry,
        audit: AuditLog,
        limits: Limits,
        pool: PeerPool,
        intake: Intake,
        service: bool,
    ) -> Self {
        let answers = Answers::new(settings.mesh.cache_ttl);
        Self {
            settings,
            identity,
            registry,
            audit,
            limits,
            pool,
            health: Health::default(),
            interfaces: Interfaces::default(),
            nearby: Nearby::default(),
            unread: Unread::default(),
            answers,
            questions: Mutex::default(),
            answers_kept: AtomicUsize::new(0),
            redactor: intake.redactor(),
            intake,
            heard: Once::new(),
            word_secret: secret(),
            started: Instant::now(),
            service,
            listening: watch::Sender::new(Vec::new()),
            opened: Notify::new(),
            introducers: Notify::new(),
            joins: Notify::new(),
            searches: Turns::new(std::thread::available_parallelism().map_or(1, usize::from)),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            stop: Notify::new(),
        }
    }
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Runs `work` where it may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> T {
        let state = self.clone();
        match tokio::task::spawn_blocking(move || work(&state)).await {
            Ok(value) => value,
            Err(error) => std::panic::resume_unwind(
                error.try_into_panic().unwrap_or_else(|_| Box::new("the node is shutting down")),
            ),
        }
    }

    /// Writes something down that no answer depends on; a failure is logged.
    pub(crate) async fn note<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, RegistryError> + Send + 'static,
    ) {
        if let Err(error) = self.blocking(work).await {
            tracing::warn!(error = %error, "a note could not be written to node.db");
        }
    }

    /// Reads sources into the bank. What others asked stands in the audit log, which an agent may have printed: it is
    /// known before the first source is read, and no command that reads none waits for it.
    pub(crate) fn read_sources(
        &self,
        scope: Scope,
        on_event: impl FnMut(IndexEvent),
    ) -> Result<IndexReport, IntakeError> {
        self.heard.call_once(|| {
            // What cannot be read is told of elsewhere.
            let newest = self.audit.tail(None, Echo::ACCESSES_MAX, &Filter::default());
            self.intake.echo.remember_questions(newest.unwrap_or_default().iter());
        });
        self.intake.run(scope, on_event)
    }

    /// The bank to search, if there is one yet.
    pub(crate) fn reader(&self) -> Result<Option<BankReader>, Box<Problem>> {
        self.intake.reader().map_err(|error| crate::error::bank(&error))
    }

    /// What the caller may see.
    pub(crate) async fn visibility(
        &self,
        access: &Access,
        relayed: bool,
    ) -> Result<Visibility, Box<Problem>> {
        let grant = match access {
            Access::Owner => return Ok(Visibility::Everything),
            Access::Anonymous | Access::Introduced => {
                return Ok(Visibility::Shared(camille_bank::Shared::default()));
            }
            Access::Key(key) => key.grant.clone(),
        };
        self.blocking(move |state| {
            let Some(reader) = state.reader()? else {
                return Ok(Visibility::Shared(camille_bank::Shared::default()));
            };
            let projects = reader.project_ids().map_err(|error| crate::error::bank(&error))?;
            let rules = state.registry.rules().map_err(|error| crate::error::internal(&error))?;
            let released =
                state.registry.released().map_err(|error| crate::error::internal(&error))?;
            let names = reader.project_names().map_err(|error| crate::error::bank(&error))?;
            let harmless = Harmless::of(&state.settings);
            let bank = sharing::Bank { projects: &projects, names: &names, harmless: &harmless };
            let shared = sharing::shared(&rules, bank, released, &grant, relayed);
            Ok(Visibility::Shared(shared))
        })
        .await
    }

    /// What the bank holds, as far as the caller may see it.
    pub(crate) async fn visible_summary(
        &self,
        access: &Access,
    ) -> Result<BankSummary, Box<Problem>> {
        let visible = self.visibility(access, false).await?;
        self.blocking(move |state| match state.reader()? {
            Some(reader) => reader.status(&visible).map_err(|error| crate::error::bank(&error)),
            None => Ok(BankSummary::default()),
        })
        .await
    }

    /// A word for what is seen of the bank: another one each time that it is something else. It is made with a secret of
    /// this process, so that nobody can try what it stands for.
    pub(crate) async fn sees(&self, visible: Visibility) -> Result<String, Box<Problem>> {
        self.blocking(move |state| {
            let summary = match state.reader()? {
                Some(reader) => {
                    reader.status(&visible).map_err(|error| crate::error::bank(&error))?
                }
                None => BankSummary::default(),
            };
            let seen = format!("{visible:?} {} {:?}", summary.documents, summary.last_update);
            let hash = blake3::keyed_hash(&state.word_secret, seen.as_bytes());
            Ok(hash.to_hex()[..16].to_owned())
        })
        .await
    }

    /// The key this node holds for a peer's bank.
    pub(crate) async fn key_for(&self, peer: &Peer) -> Option<ApiKey> {
        let peer = peer.clone();
        self.blocking(move |state| state.key_held_for(&peer)).await
    }

    /// The same, where one may block.
    pub(crate) fn key_held_for(&self, peer: &Peer) -> Option<ApiKey> {
        match self.registry.key_for(&peer.peer_id) {
            Ok(key) => key,
            Err(error) => {
                tracing::error!(error = %error, "a peer's key could not be read");
                None
            }
        }
    }

    /// Something happened that may open this node to the network, or let a join complete.
    pub(crate) fn ring(&self) {
        self.opened.notify_one();
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// How long a command that opens the node waits for its port.
const OPENING: std::time::Duration = std::time::Duration::from_secs(5);

impl Shared {
    /// Lets a running node listen for peers, now that there is someone to listen for, and waits until it
    /// does. Does nothing in a single command.
    pub(crate) async fn open_now(&self) {
        if !self.service || !self.listening.borrow().is_empty() {
            return;
        }
        let mut listening = self.listening.subscribe();
        self.ring();
        if tokio::time::timeout(OPENING, listening.changed()).await.is_err() {
            tracing::warn!("the node does not listen for peers yet");
        }
    }
}

/// 32 bytes that nobody can guess.
fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    *blake3::hash(&bytes).as_bytes()
}
