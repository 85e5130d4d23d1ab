//! A node's life: open → serve → close. Owns every task; nothing outlives [`Node::close`].

mod certificate;
mod freshness;
mod opening;

use crate::api::service::Api;
use crate::audit::AuditLog;
use crate::error::NodeError;
use crate::home::Home;
use crate::identity::Identity;
use crate::life::Life;
use crate::limit::Limits;
use crate::listener;
use crate::local::service::Local;
use crate::mesh::service::Mesh;
use crate::mesh::{discovery, introduction, join, probe, renewal};
use crate::outside::SearchService;
use crate::search::service::Search;
use crate::settings::Settings;
use axum::Router;
use camille_bank::BankError;
use camille_client::{PeerPool, PoolSettings};
use camille_ingest::redact::{self, Redactor};
use camille_intake::Echo;
use camille_intake::Intake;
use camille_intake::project::ProjectResolver;
use camille_proto::id::PeerId;
use camille_registry::{Registry, SecretBox};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a shutdown may take before what is left is dropped.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// How often a pending join is tried again.
const JOIN_EVERY: Duration = Duration::from_secs(5);

/// How a node is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For one command: no listeners, no tasks, the bank's lock only while indexing.
    Command,
    /// For long: holds the bank, reads sources, answers peers.
    Service,
}

/// An open node.
pub struct Node {
    api: Api,
    local: Local,
}

/// What is said when a node is ready.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Who it is.
    pub peer_id: PeerId,
    /// The Unix socket it listens on.
    pub socket: PathBuf,
    /// Where the network may reach it; empty while it is local only.
    pub addresses: Vec<SocketAddr>,
    /// Why it does not listen for peers although it should. It is tried again and again.
    pub not_listening: Option<String>,
}

impl Node {
    /// Opens the node of this home, making what is missing.
    ///
    /// # Errors
    /// When the home, the identity, node.db or the audit log cannot be used; in service mode also when
    /// another process holds the bank.
    pub async fn open(settings: Settings, mode: Mode) -> Result<Self, NodeError> {
        tokio::task::spawn_blocking(move || open_blocking(settings, mode))
            .await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// The owner's router, for a client in the same process.
    pub fn local_router(&self) -> Router {
        crate::local::router(&self.local, &self.api)
    }

    /// The network's router, for tests without a socket.
    pub fn public_router(&self) -> Router {
        crate::api::router(&self.api)
    }

    /// The search service, for measuring it.
    #[doc(hidden)]
    #[must_use]
    pub fn search_service(&self) -> SearchService {
        SearchService(self.api.search.clone())
    }

    /// Who this node is.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.api.home.identity.peer_id()
    }

    /// The certificate this node shows, DER. Public.
    #[must_use]
    pub fn certificate_der(&self) -> Vec<u8> {
        self.api.home.identity.certificate().to_vec()
    }

    /// Serves until `shutdown` is cancelled or the owner asks for it. `ready` is called once, when the
    /// socket answers.
    ///
    /// # Errors
    /// When the socket cannot be bound.
    pub async fn serve(
        self,
        shutdown: CancellationToken,
        ready: impl FnOnce(&Ready),
    ) -> Result<(), NodeError> {
        let (home, life, mesh) = (&self.api.home, &self.api.life, &self.api.mesh);
        let socket = home.settings.node.socket.clone();
        let unix = listener::bind_unix(&socket).map_err(|error| match error {
            listener::BindError::Running { .. } => {
                NodeError::Running { home: home.settings.home.clone(), pid: None }
            }
            other => NodeError::Listen(Box::new(other)),
        })?;
        life.tasks.spawn(listener::serve_unix(
            unix,
            crate::local::router(&self.local, &self.api),
            life.shutdown.clone(),
        ));
        // A port that cannot be bound now is tried again by the task below.
        let opened = opening::open(&self.api).await;
        let not_listening = opened.err().map(|error| crate::error::chain(&error));
        if let Some(error) = &not_listening {
            tracing::error!(%error, "cannot listen for peers");
        }
        life.tasks.spawn(opening::watch(self.api.clone()));
        life.tasks.spawn(freshness::keep(home.clone(), life.shutdown.clone()));
        life.tasks.spawn(join::complete_pending(mesh.clone(), life.shutdown.clone(), JOIN_EVERY));
        life.tasks.spawn(discovery::keep(mesh.clone(), life.shutdown.clone()));
        life.tasks.spawn(introduction::keep(mesh.clone(), life.shutdown.clone()));
        life.tasks.spawn(probe::keep(mesh.clone(), life.shutdown.clone()));
        life.tasks.spawn(renewal::keep(mesh.clone(), life.shutdown.clone()));
        life.tasks.spawn(certificate::keep(home.clone(), life.shutdown.clone()));
        ready(&Ready {
            peer_id: self.peer_id(),
            socket: socket.clone(),
            addresses: life.listening.borrow().clone(),
            not_listening,
        });
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = life.stop.notified() => {}
        }
        self.close().await;
        Ok(())
    }

    /// Ends every task, drains requests and lets the bank go. Idempotent by being the last thing done.
    pub async fn close(self) {
        let (home, life) = (&self.api.home, &self.api.life);
        life.shutdown.cancel();
        home.intake.cancel.cancel();
        life.tasks.close();
        home.intake.tasks.close();
        let drained = async {
            life.tasks.wait().await;
            home.intake.tasks.wait().await;
        };
        if tokio::time::timeout(SHUTDOWN, drained).await.is_err() {
            tracing::warn!("shutdown took too long; what was left is dropped");
        }
        self.api.home.blocking(|home| home.intake.release()).await;
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("peer_id", &self.peer_id()).finish_non_exhaustive()
    }
}

fn open_blocking(settings: Settings, mode: Mode) -> Result<Node, NodeError> {
    let home = settings.home.clone();
    // Reading its rules takes as long as all the rest, which mostly waits for the disk.
    let emails = settings.redaction.emails;
    let redactor = std::thread::spawn(move || Redactor::new(redact::Settings { emails }));
    make_private(&home).map_err(|source| NodeError::Home { path: home.clone(), source })?;
    let now = jiff::Timestamp::now();
    let identity = Identity::load(&home, &settings.node.machine, &settings.tls, now)
        .map_err(|error| NodeError::Identity(Box::new(error)))?;
    let identity = Arc::new(identity);
    let secrets: Arc<dyn SecretBox> = identity.clone();
    let registry =
        Registry::open(&home, secrets).map_err(|error| NodeError::Registry(Box::new(error)))?;
    registry
        .tell_apart(&settings.node.name, now)
        .map_err(|error| NodeError::Registry(Box::new(error)))?;
    crate::local::meant::mend(&registry, settings.sources.person_home.as_deref(), now)
        .map_err(|error| NodeError::Registry(Box::new(error)))?;
    let audit = AuditLog::open(&home.join("logs"), &settings.audit, now)
        .map_err(|error| NodeError::Audit(Box::new(error)))?;
    let pool = PeerPool::new(
        identity.own_certificate(),
        PoolSettings {
            connect_timeout: settings.mesh.connect_timeout,
            idle_timeout: settings.mesh.idle_timeout,
            connections_max: settings.mesh.connections_max,
            roots: crate::tls::roots(settings.tls.ca_file.as_deref()),
            ..PoolSettings::default()
        },
    )
    .map_err(|error| NodeError::Identity(Box::new(error)))?;
    let limits = Limits::new(&settings.limits);
    let redactor = redactor.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let sources = &settings.sources;
    let folders = [&sources.claude_dir, &sources.codex_dir].into_iter().flatten();
    let resolver = ProjectResolver::new(sources.person_home.clone())
        .with_folders(folders.chain([&settings.home]).cloned());
    let echo = Echo::load(&registry, home.join("bank"))
        .map_err(|error| NodeError::Registry(Box::new(error)))?;
    let intake =
        Intake::new(home.join("bank"), mode == Mode::Service, Arc::new(redactor), resolver, echo);
    if mode == Mode::Service {
        intake.hold().map_err(|error| match error {
            BankError::Locked { holder, .. } => {
                NodeError::Running { home: home.clone(), pid: holder.parse().ok() }
            }
            other => NodeError::Bank(other),
        })?;
    }
    let service = mode == Mode::Service;
    let life = Life::begin(service);
    let home = Home::new(settings, identity, registry, audit, intake);
    let mesh = Mesh::new(home.clone(), life.clone(), Arc::new(limits), pool);
    let search = Search::new(home.clone(), mesh.clone());
    let api = Api::new(life.clone(), search.clone());
    Ok(Node { api, local: Local { home, life, mesh, search } })
}

/// What of a home only camille makes, and what others make as well.
const OWN: [&str; 4] = ["node.db", "bank", "certs", "config.toml"];
const SHARED: [&str; 3] = ["logs", "run", "lost+found"];

/// Makes the home, or takes one that is there for its owner alone. A directory of somebody's, named by mistake, stays as
/// open as it is: what is made in it is its owner's alone anyway.
fn make_private(dir: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let names: Vec<_> = std::fs::read_dir(dir)?.flatten().map(|entry| entry.file_name()).collect();
    let is_own = names.iter().any(|name| OWN.iter().any(|own| name == own));
    let is_other = |name: &std::ffi::OsString| {
        !name.to_string_lossy().starts_with('.') && SHARED.iter().all(|shared| name != shared)
    };
    if !is_own && names.iter().any(is_other) {
        tracing::warn!(home = %dir.display(), "other files are in it: its permissions stay as they are");
        return Ok(());
    }
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
}
