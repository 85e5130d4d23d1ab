//! What this node itself is and keeps: its settings, who it is, node.db, the audit log and the bank. Blocking work on them leaves
//! the async threads only through [`blocking`].

use crate::access::Access;
use crate::audit::{AuditLog, Filter};
use crate::identity::Identity;
use crate::settings::Settings;
use crate::sharing::{self, Harmless};
use camille_bank::{BankReader, BankSummary, SessionName, Visibility};
use camille_ingest::redact::Redactor;
use camille_intake::{Echo, Intake, IntakeError, Scope};
use camille_proto::key::ApiKey;
use camille_proto::local::{IndexEvent, IndexReport};
use camille_proto::problem::Problem;
use camille_registry::{Peer, Registry, RegistryError, Release};
use jiff::Timestamp;
use std::ops::Deref;
use std::sync::{Arc, Once};

/// A handle to what the node keeps.
#[derive(Clone)]
pub(crate) struct Home(Arc<Kept>);

/// What the node keeps.
pub(crate) struct Kept {
    pub(crate) settings: Settings,
    pub(crate) identity: Arc<Identity>,
    pub(crate) registry: Registry,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) audit: AuditLog,
    pub(crate) intake: Intake,
    /// Whether what others asked earlier is known, which only reading sources needs.
    heard: Once,
    /// With which [`Home::sees`] makes its words.
    word_secret: [u8; 32],
}

impl Deref for Home {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.0
    }
}

impl Home {
    pub(crate) fn new(
        settings: Settings,
        identity: Arc<Identity>,
        registry: Registry,
        audit: AuditLog,
        intake: Intake,
    ) -> Self {
        let redactor = intake.redactor();
        Self(Arc::new(Kept {
            settings,
            identity,
            registry,
            redactor,
            audit,
            intake,
            heard: Once::new(),
            word_secret: secret(),
        }))
    }

    /// Runs `work` where it may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home) -> T + Send + 'static,
    ) -> T {
        blocking(self, work).await
    }

    /// Writes something down that no answer depends on; a failure is logged.
    pub(crate) async fn note<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home) -> Result<T, RegistryError> + Send + 'static,
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
        let released = self.registry.released().unwrap_or_else(|error| {
            // What comes to them meanwhile is shown to nobody.
            tracing::warn!(%error, "which sessions are released could not be read from node.db");
            Vec::new()
        });
        let name =
            |release: Release| SessionName { agent: release.agent, session: release.session };
        let released: Vec<SessionName> = released.into_iter().map(name).collect();
        self.intake.run(scope, &released, on_event)
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
        self.blocking(move |home| {
            let Some(reader) = home.reader()? else {
                return Ok(Visibility::Shared(camille_bank::Shared::default()));
            };
            let projects = reader.project_ids().map_err(|error| crate::error::bank(&error))?;
            let rules = home.registry.rules().map_err(|error| crate::error::internal(&error))?;
            let released =
                home.registry.released().map_err(|error| crate::error::internal(&error))?;
            let names = reader.project_names().map_err(|error| crate::error::bank(&error))?;
            let harmless = Harmless::of(&home.settings);
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
        self.blocking(move |home| match home.reader()? {
            Some(reader) => reader.status(&visible).map_err(|error| crate::error::bank(&error)),
            None => Ok(BankSummary::default()),
        })
        .await
    }

    /// A word for what is seen of the bank: another one each time that it is something else. It is made with a secret of
    /// this process, so that nobody can try what it stands for.
    pub(crate) async fn sees(&self, visible: Visibility) -> Result<String, Box<Problem>> {
        self.blocking(move |home| {
            let summary = match home.reader()? {
                Some(reader) => {
                    reader.status(&visible).map_err(|error| crate::error::bank(&error))?
                }
                None => BankSummary::default(),
            };
            let seen = format!("{visible:?} {} {:?}", summary.documents, summary.last_update);
            let hash = blake3::keyed_hash(&home.word_secret, seen.as_bytes());
            Ok(hash.to_hex()[..16].to_owned())
        })
        .await
    }

    /// The key this node holds for a peer's bank.
    pub(crate) async fn key_for(&self, peer: &Peer) -> Option<ApiKey> {
        let peer = peer.clone();
        self.blocking(move |home| home.key_held_for(&peer)).await
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

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Runs `work` on a handle where it may block.
pub(crate) async fn blocking<S: Clone + Send + 'static, T: Send + 'static>(
    on: &S,
    work: impl FnOnce(&S) -> T + Send + 'static,
) -> T {
    let handle = on.clone();
    match tokio::task::spawn_blocking(move || work(&handle)).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(
            error.try_into_panic().unwrap_or_else(|_| Box::new("the node is shutting down")),
        ),
    }
}

/// 32 bytes that nobody can guess.
fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    *blake3::hash(&bytes).as_bytes()
}
