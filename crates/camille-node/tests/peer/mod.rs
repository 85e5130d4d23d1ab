//! A small node for transport tests: a real identity and a real listener in front of a router that notes
//! what reaches it. And the parts to build servers that a node would never be.

#![expect(dead_code, reason = "each test file uses its own part of this module")]

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Extension, Json, Router};
use camille_client::tls::{ALPN, crypto_provider};
use camille_client::{ClientError, NodeClient, PeerPool, PoolSettings};
use camille_node::identity::Identity;
use camille_node::listener::{Caller, serve_tls};
use camille_node::settings::{LimitSettings, Settings};
use camille_node::tls::server_config;
use camille_proto::id::PeerId;
use camille_proto::key::ApiKey;
use camille_proto::node::Status;
use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub(crate) const DAY_S: i64 = 24 * 60 * 60;

/// An identity with the directory it lives in.
pub(crate) struct Person {
    home: TempDir,
    pub(crate) identity: Identity,
}

impl Person {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let identity = Identity::load_or_create(home.path(), "laptop", Timestamp::now());
        Self { identity: identity.expect("an identity"), home }
    }

    pub(crate) fn id(&self) -> PeerId {
        self.identity.peer_id()
    }

    pub(crate) fn key_pair(&self) -> KeyPair {
        let pem = std::fs::read_to_string(self.home.path().join("certs/server.key"));
        KeyPair::from_pem(&pem.expect("the key's file")).expect("a key")
    }

    pub(crate) fn private_key(&self) -> PrivatePkcs8KeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key_pair().serialize_der())
    }

    /// A certificate of the person's key that is valid between these moments, seconds from now.
    pub(crate) fn certificate(&self, from_s: i64, to_s: i64) -> CertificateDer<'static> {
        let now = Timestamp::now().as_second();
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let at = |second: i64| epoch + Duration::from_secs(second.try_into().expect("after 1970"));
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.not_before = at(now + from_s);
        params.not_after = at(now + to_s);
        params.self_signed(&self.key_pair()).expect("a certificate").der().clone()
    }

    /// A server configuration with this certificate, such as one that has expired.
    pub(crate) fn config_with(&self, certificate: CertificateDer<'static>) -> ServerConfig {
        let mut config = ServerConfig::builder_with_provider(crypto_provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], self.private_key().into())
            .expect("a certificate and its key");
        config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
        config
    }

    /// A pool that shows this person's certificate.
    pub(crate) fn pool(&self) -> PeerPool {
        self.pool_with(PoolSettings::default())
    }

    pub(crate) fn pool_with(&self, settings: PoolSettings) -> PeerPool {
        PeerPool::new(self.identity.own_certificate(), settings).expect("a pool")
    }
}

/// What reached a router.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    requests: Arc<Mutex<Vec<(Caller, HeaderMap)>>>,
}

impl Record {
    pub(crate) fn requests(&self) -> Vec<(Caller, HeaderMap)> {
        self.requests.lock().expect("no panic").clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests().len()
    }

    /// A router whose `/api/v1/status` answers and takes note.
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/api/v1/status", get(note)).with_state(self.clone())
    }
}

async fn note(
    State(record): State<Record>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Json<Status> {
    record.requests.lock().expect("no panic").push((caller, headers));
    Json(status())
}

pub(crate) fn status() -> Status {
    Status {
        version: "0.1.0".into(),
        status: "ok".into(),
        uptime_s: 1,
        protocol: camille_proto::PROTOCOL.into(),
        capabilities: vec!["search".into()],
        documents: None,
        last_update: None,
    }
}

/// A listener with its router; it ends when dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
    _end: DropGuard,
}

pub(crate) fn limits() -> LimitSettings {
    Settings::new(PathBuf::new(), "test".into()).limits
}

pub(crate) async fn serve(person: &Person, router: Router) -> Served {
    let config = server_config(&person.identity).expect("a configuration");
    serve_with(config, router, limits()).await
}

pub(crate) async fn serve_with(
    config: Arc<ServerConfig>,
    router: Router,
    limits: LimitSettings,
) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    let stop = shutdown.clone();
    tasks.spawn(async move {
        serve_tls(vec![listener], config, router, &limits, stop).await;
    });
    tasks.close();
    Served { address, tasks, _end: shutdown.clone().drop_guard(), shutdown }
}

pub(crate) fn some_key() -> ApiKey {
    ApiKey::from_entropy([7; 6], [9; 32])
}

/// Asks `peer`, which is said to be at `addresses`, for its status, and sends a key along.
pub(crate) async fn ask(
    pool: &PeerPool,
    peer: PeerId,
    addresses: &[SocketAddr],
) -> Result<Status, ClientError> {
    pool.set_addresses(peer, addresses.iter().map(ToString::to_string).collect());
    NodeClient::peer(pool, peer, Some(some_key())).status().await
}
