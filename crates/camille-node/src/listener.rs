//! Where requests come in: TCP with TLS for peers, a Unix socket for the owner.
//!
//! Both take an axum `Router` and know no route. Whoever connects is bounded in everything: how many
//! connections, how long a handshake, a head, a body and a whole request may take. Nothing a client
//! does or leaves undone keeps others from being served.

mod accept;
mod activity;
mod admission;
mod bind;
mod connection;
mod request;

pub use bind::{BindError, Bound, bind, bind_unix};

use crate::settings::LimitSettings;
use accept::recover;
use admission::Admission;
use axum::Router;
use camille_proto::id::PeerId;
use connection::{Server, TcpClient};
use futures_util::future::join_all;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long running requests may take once the node is to stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// Who sent a request. An extension of every request that comes through here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The address, on TCP. Absent on the Unix socket.
    pub remote: Option<SocketAddr>,
    /// The holder of the client certificate that was shown and proved, if one was.
    pub certificate: Option<PeerId>,
}

/// The place among all connections of the one that a request came on. An extension of requests from the
/// network: whoever takes the connection over keeps it until it is closed.
#[derive(Clone)]
pub(crate) struct Held {
    place: Arc<admission::Place>,
}

impl Held {
    /// A request came on this connection.
    fn has_asked(&self) {
        self.place.advance(admission::Progress::Asked);
    }

    /// A key was accepted on this connection: it is no stranger's any more.
    pub(crate) fn become_known(&self) {
        self.place.become_known();
    }
}

/// Serves `router` over TLS on all `listeners` until `shutdown`; then stops accepting, lets running
/// requests end for at most 5 s, and returns when nothing of it runs any more.
pub async fn serve_tls(
    listeners: Vec<TcpListener>,
    config: Arc<ServerConfig>,
    router: Router,
    limits: &LimitSettings,
    shutdown: CancellationToken,
) {
    let server = Arc::new(Server::limited(router, limits.clone(), shutdown.clone()));
    let acceptor = TlsAcceptor::from(config);
    let admission = Admission::new(limits.connections_max);
    let accepting = listeners.into_iter().map(|listener| {
        accept_tls(listener, Arc::clone(&server), acceptor.clone(), admission.clone(), &shutdown)
    });
    join_all(accepting).await;
    server.drain(DRAIN_TIME_MAX).await;
}

async fn accept_tls(
    listener: TcpListener,
    server: Arc<Server>,
    acceptor: TlsAcceptor,
    admission: Admission,
    shutdown: &CancellationToken,
) {
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        let (tcp, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                recover(error).await;
                continue;
            }
        };
        let Some(place) = admission.admit(remote.ip()) else {
            tracing::debug!(%remote, "too many connections, this one is closed");
            continue;
        };
        let client = TcpClient { tcp, remote, place };
        server.tasks.spawn(Arc::clone(&server).serve_tls(client, acceptor.clone()));
    }
}

/// Serves `router` on a Unix socket until `shutdown`, as [`serve_tls`] does on TCP, to the socket's owner
/// (and root) only. Requests may take as long as they need. The socket's file is removed at the end.
pub async fn serve_unix(listener: UnixListener, router: Router, shutdown: CancellationToken) {
    let path: Option<PathBuf> =
        listener.local_addr().ok().and_then(|address| address.as_pathname().map(Into::into));
    let owner = path.as_ref().and_then(|path| std::fs::metadata(path).ok()).map(|m| m.uid());
    let server = Arc::new(Server::unlimited(router, shutdown.clone()));
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                recover(error).await;
                continue;
            }
        };
        let client = stream.peer_cred().ok().map(|credentials| credentials.uid());
        if client.is_none() || (client != owner && client != Some(0)) {
            tracing::warn!(?client, "somebody else tried the owner's socket");
            continue;
        }
        server.tasks.spawn(Arc::clone(&server).serve_unix(stream));
    }
    if let Some(path) = path {
        // While this listener lives nobody else has taken the name, so it is ours that goes.
        let _ = std::fs::remove_file(path);
    }
    drop(listener);
    server.drain(DRAIN_TIME_MAX).await;
}

impl Server {
    /// Waits for what runs, and ends what has not ended by then.
    async fn drain(&self, time_max: Duration) {
        let tasks: &TaskTracker = &self.tasks;
        tasks.close();
        if tokio::time::timeout(time_max, tasks.wait()).await.is_err() {
            tracing::info!(connections = tasks.len(), "ending requests that still run");
            self.kill.cancel();
            tasks.wait().await;
        }
    }
}
