//! A real node in a temporary home, with its TLS listener on loopback and short patience. It reads
//! nothing of the user's: its agents' directories are its own.

use crate::lie::Lie;
use crate::session::Session;
use camille_client::{ClientError, NodeClient};
use camille_node::identity::Identity;
use camille_node::listener;
use camille_node::outside::SearchService;
use camille_node::settings::Settings;
use camille_node::{Mode, Node, NodeError};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::local::{
    IndexReport, IndexRequest, InviteRequest, JoinCommand, JoinResult, OwnerAnswer, OwnerSearch,
    ReleaseRequest, ShareRequest,
};
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A node of a test could not be set up or asked.
#[derive(Debug, thiserror::Error)]
pub enum TestNodeError {
    /// Its home or its port could not be had.
    #[error("could not prepare the node {name}")]
    Prepare {
        /// What it is called.
        name: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It did not open or serve.
    #[error("could not start the node {name}")]
    Start {
        /// What it is called.
        name: String,
        /// Why not.
        #[source]
        source: Box<NodeError>,
    },
    /// It ended before it was ready.
    #[error("the node {0} ended before it was ready")]
    Ended(String),
    /// It could not make the listener that lies.
    #[error("could not make the node {name} lie")]
    Lie {
        /// What it is called.
        name: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It did not reach the one who invited it.
    #[error("the node {name} did not complete the join: {reason}")]
    Pending {
        /// What it is called.
        name: String,
        /// Why not.
        reason: String,
    },
    /// It did not do what its owner asked.
    #[error("the node {name} did not {action}")]
    Ask {
        /// What it is called.
        name: String,
        /// What was asked of it.
        action: &'static str,
        /// Why not.
        #[source]
        source: Box<ClientError>,
    },
}

/// A node that runs until it is dropped or stopped.
#[derive(Debug)]
pub struct TestNode {
    name: String,
    home: TempDir,
    settings: Settings,
    peer_id: PeerId,
    client: NodeClient,
    service: SearchService,
    /// Ends it when it goes.
    shutdown: DropGuard,
    tasks: JoinSet<Result<(), NodeError>>,
}

impl TestNode {
    /// Starts a node.
    ///
    /// # Errors
    /// It could not be prepared or started.
    pub async fn start(name: &str) -> Result<Self, TestNodeError> {
        Self::start_with(name, |_| {}).await
    }

    /// Starts a node whose settings were changed before.
    ///
    /// # Errors
    /// It could not be prepared or started.
    pub async fn start_with(
        name: &str,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self, TestNodeError> {
        let (home, mut settings) = prepare(name)?;
        change(&mut settings);
        Self::start_at(name, home, settings).await
    }

    /// Starts it in the home that it has.
    async fn start_at(
        name: &str,
        home: TempDir,
        settings: Settings,
    ) -> Result<Self, TestNodeError> {
        let node = open(name, settings.clone()).await?;
        let peer_id = node.peer_id();
        let client = NodeClient::in_process(node.local_router());
        let service = node.search_service();
        let shutdown = CancellationToken::new();
        let (ready, is_ready) = oneshot::channel();
        let mut tasks = JoinSet::new();
        let told = shutdown.clone();
        tasks.spawn(async move {
            node.serve(told, |_| {
                let _ = ready.send(());
            })
            .await
        });
        if is_ready.await.is_err() {
            return Err(match tasks.join_next().await {
                Some(Ok(Err(source))) => {
                    TestNodeError::Start { name: name.into(), source: Box::new(source) }
                }
                _ => TestNodeError::Ended(name.into()),
            });
        }
        let shutdown = shutdown.drop_guard();
        Ok(Self { name: name.into(), home, settings, peer_id, client, service, shutdown, tasks })
    }

    /// Stops it and starts it again, at the same address.
    ///
    /// # Errors
    /// It could not be started.
    pub async fn restart(mut self) -> Result<Self, TestNodeError> {
        let status = self.client.node_status().await.map_err(self.refused("say where it is"))?;
        // Before anybody was invited it listens nowhere.
        if !status.listening.is_empty() {
            let addresses = status.listening.iter().filter_map(|address| address.parse().ok());
            self.settings.node.bind = Some(addresses.collect());
        }
        let Self { name, home, settings, shutdown, mut tasks, .. } = self;
        drop(shutdown);
        while tasks.join_next().await.is_some() {}
        Self::start_at(&name, home, settings).await
    }

    /// Starts a node whose answers to other nodes are changed on their way out: everything else about it
    /// is real, its keys and its TLS too.
    ///
    /// # Errors
    /// It could not be prepared or started.
    pub async fn start_lying(
        name: &str,
        lie: Lie,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self, TestNodeError> {
        let (home, mut settings) = prepare(name)?;
        change(&mut settings);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(|source| TestNodeError::Prepare { name: name.into(), source })?;
        let address = listener
            .local_addr()
            .map_err(|source| TestNodeError::Prepare { name: name.into(), source })?;
        settings.node.bind = Some(vec![address]);
        let limits = settings.limits.clone();
        let machine = settings.node.machine.clone();
        let own_home = settings.home.clone();
        let node = open(name, settings.clone()).await?;
        let wrong = |source| TestNodeError::Lie { name: name.into(), source };
        let identity = Identity::load_or_create(&own_home, &machine, jiff::Timestamp::now())
            .map_err(|error| wrong(Box::new(error)))?;
        let config =
            camille_node::tls::server_config(&identity).map_err(|error| wrong(Box::new(error)))?;
        let peer_id = node.peer_id();
        let client = NodeClient::in_process(node.local_router());
        let service = node.search_service();
        let shutdown = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let told = shutdown.clone();
        tasks.spawn(async move {
            let router = lie.told_by(node.public_router());
            listener::serve_tls(vec![listener], config, router, &limits, told).await;
            node.close().await;
            Ok(())
        });
        let shutdown = shutdown.drop_guard();
        Ok(Self { name: name.into(), home, settings, peer_id, client, service, shutdown, tasks })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who it is.
    #[must_use]
    pub const fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// Its owner's client.
    #[must_use]
    pub const fn client(&self) -> &NodeClient {
        &self.client
    }

    /// Its search service, without the API above it.
    #[must_use]
    pub const fn service(&self) -> &SearchService {
        &self.service
    }

    /// Its home.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The Unix socket its owner reaches it by.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.home.path().join("home/run/camille.sock")
    }

    /// Where its Claude Code keeps transcripts.
    #[must_use]
    pub fn claude_dir(&self) -> PathBuf {
        self.home.path().join("claude")
    }

    /// Writes the sessions where its Claude Code would, and indexes them.
    ///
    /// # Errors
    /// The disk's, or indexing failed.
    pub async fn add(&self, sessions: &[Session]) -> Result<IndexReport, TestNodeError> {
        for session in sessions {
            session
                .write_under(&self.claude_dir())
                .map_err(|source| TestNodeError::Prepare { name: self.name.clone(), source })?;
        }
        self.index(&[self.claude_dir()]).await
    }

    /// Indexes these files or directories.
    ///
    /// # Errors
    /// Indexing failed.
    pub async fn index(&self, paths: &[PathBuf]) -> Result<IndexReport, TestNodeError> {
        let paths = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let request = IndexRequest { paths, ..IndexRequest::default() };
        self.client.index(&request, |_| {}).await.map_err(self.refused("index"))
    }

    /// Shares the projects that match.
    ///
    /// # Errors
    /// The rule was refused.
    pub async fn share(&self, pattern: &str) -> Result<(), TestNodeError> {
        self.share_as(pattern, Sharing::Shared).await
    }

    /// Releases every session that is held back for places that nobody can name.
    ///
    /// # Errors
    /// The node refused.
    pub async fn release_all(&self) -> Result<(), TestNodeError> {
        let held = self.client.held_sessions().await.map_err(self.refused("list what is held"))?;
        let open = held.into_iter().filter(|held| !held.private);
        let sessions: Vec<_> = open.map(|held| held.name).collect();
        if sessions.is_empty() {
            return Ok(());
        }
        let request = ReleaseRequest { sessions, release: true };
        self.client.release(&request).await.map(drop).map_err(self.refused("release what is held"))
    }

    /// Shares the projects that match this far.
    ///
    /// # Errors
    /// The rule was refused.
    pub async fn share_as(&self, pattern: &str, sharing: Sharing) -> Result<(), TestNodeError> {
        let request = ShareRequest { pattern: pattern.into(), sharing, from: None };
        self.client.share(&request).await.map(drop).map_err(self.refused("share a project"))
    }

    /// Asks the own bank and all peers.
    ///
    /// # Errors
    /// The question was refused.
    pub async fn search(&self, words: &str) -> Result<OwnerAnswer, TestNodeError> {
        self.ask(Query::new(words), false).await
    }

    /// Asks the own bank, and the peers too unless `local`.
    ///
    /// # Errors
    /// The question was refused.
    pub async fn ask(&self, query: Query, local: bool) -> Result<OwnerAnswer, TestNodeError> {
        let search = OwnerSearch { query, local, peers: Vec::new(), timeout_ms: None };
        self.client.owner_search(&search).await.map_err(self.refused("search"))
    }

    /// Invites `guest`, who joins: from then on both can ask each other.
    ///
    /// # Errors
    /// One of the two refused.
    pub async fn befriend(&self, guest: &Self) -> Result<JoinResult, TestNodeError> {
        self.befriend_with(guest, Grant::teammate()).await
    }

    /// Invites `guest`, who joins and may then do and read so much here.
    ///
    /// # Errors
    /// One of the two refused.
    pub async fn befriend_with(
        &self,
        guest: &Self,
        grant: Grant,
    ) -> Result<JoinResult, TestNodeError> {
        let request = InviteRequest { expires_s: 3600, uses: 1, grant };
        let invite =
            self.client.create_invite(&request).await.map_err(self.refused("make an invite"))?;
        let command = JoinCommand { line: invite.line, name: Some(self.name.clone()) };
        let joined = guest.client.join_invite(&command).await.map_err(guest.refused("join"))?;
        if joined.pending {
            let reason = joined.reason.unwrap_or_default();
            return Err(TestNodeError::Pending { name: guest.name.clone(), reason });
        }
        Ok(joined)
    }

    /// Stops it and waits until nothing of it runs any more. Its home goes.
    pub async fn stop(self) {
        let Self { shutdown, mut tasks, home: _home, .. } = self;
        drop(shutdown);
        while tasks.join_next().await.is_some() {}
    }

    fn refused(&self, action: &'static str) -> impl FnOnce(ClientError) -> TestNodeError + use<> {
        let name = self.name.clone();
        move |source| TestNodeError::Ask { name, action, source: Box::new(source) }
    }
}

/// A home and settings that touch nothing outside it, and limits that a test does not run into.
fn prepare(name: &str) -> Result<(TempDir, Settings), TestNodeError> {
    let home = tempfile::Builder::new()
        .prefix("camille-")
        .tempdir()
        .map_err(|source| TestNodeError::Prepare { name: name.into(), source })?;
    let mut settings = Settings::new(home.path().join("home"), name.into());
    settings.node.bind = Some(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]);
    settings.node.port = 0;
    settings.discovery.enabled = false;
    settings.sources.auto = false;
    settings.sources.watch = false;
    settings.sources.rescan = Duration::from_secs(3600);
    settings.mesh.connect_timeout = Duration::from_secs(2);
    // Tests ask the same again to see what has changed.
    settings.mesh.cache_ttl = Duration::ZERO;
    settings.limits.search_per_minute = 1_000_000;
    settings.limits.document_per_minute = 1_000_000;
    settings.limits.status_per_minute = 1_000_000;
    settings.limits.forward_per_minute = 1_000_000;
    Ok((home, settings))
}

async fn open(name: &str, settings: Settings) -> Result<Node, TestNodeError> {
    Node::open(settings, Mode::Service)
        .await
        .map_err(|source| TestNodeError::Start { name: name.into(), source: Box::new(source) })
}
