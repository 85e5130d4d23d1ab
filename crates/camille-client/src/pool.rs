//! Connections to peers, kept between calls: HTTP/2 where the peer speaks it, a bounded number for
//! each peer, the idle ones closed.
//!
//! A connection is only ever made by `dial`, so each one has proved that it ends at the peer it was
//! made for. There is one HTTP client for each peer, so no connection can serve another peer's call.

use crate::body::RequestBody;
use crate::dial::{DialError, Dialled, dial};
use crate::error::ClientError;
use crate::tls::{OwnCertificate, PinnedTls};
use camille_proto::id::PeerId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::RootCertStore;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::client::TlsStream;

/// How often an HTTP/2 connection is tested while somebody waits for an answer on it. One that is dead but
/// open would otherwise be used for ever. Idle ones are not tested: peers look after each other.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// How long such a test may take.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// How the pool treats its connections.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// How long making a connection may take, all of the peer's addresses together.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// Connections to one peer.
    pub connections_max: usize,
    /// How long an address is given before the next one is tried as well.
    pub stagger: Duration,
    /// The authorities that may say whose a certificate is. A connection needs its pin besides.
    pub roots: Option<Arc<RootCertStore>>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            idle_timeout: Duration::from_secs(30),
            connections_max: 5,
            stagger: Duration::from_millis(250),
            roots: None,
        }
    }
}

/// Pinned connections to peers. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct PeerPool {
    inner: Arc<Inner>,
}

struct Inner {
    tls: PinnedTls,
    settings: PoolSettings,
    peers: Mutex<HashMap<PeerId, Arc<Peer>>>,
}

/// One peer's addresses and connections.
struct Peer {
    book: Arc<AddressBook>,
    client: Client<PinnedConnector, RequestBody>,
}

/// Where a peer may be.
#[derive(Default)]
struct AddressBook {
    places: Mutex<Places>,
}

#[derive(Default, Clone)]
struct Places {
    addresses: Vec<String>,
    last_good: Option<SocketAddr>,
}

impl PeerPool {
    /// A pool without peers. `own` is shown to everyone that is asked.
    ///
    /// # Errors
    /// [`ClientError::Identity`] when TLS cannot be set up.
    pub fn new(own: &OwnCertificate, settings: PoolSettings) -> Result<Self, ClientError> {
        let tls = PinnedTls::new(own, settings.roots.clone())
            .map_err(|source| ClientError::Identity { source })?;
        let peers = Mutex::new(HashMap::new());
        Ok(Self { inner: Arc::new(Inner { tls, settings, peers }) })
    }

    /// Where this peer may be: `host:port`, `host`, or IP addresses with or without a port, best
    /// first. Replaces what was known; connections that exist stay.
    pub fn set_addresses(&self, peer: PeerId, addresses: Vec<String>) {
        if let Some(known) = self.known(&peer) {
            known.book.lock().addresses = addresses;
            return;
        }
        let places = Places { addresses, last_good: None };
        let peer_state = Arc::new(self.inner.peer(peer, places));
        self.inner.lock().entry(peer).or_insert(peer_state);
    }

    /// Forgets the peer's addresses and closes its connections once their running calls are done.
    pub fn forget(&self, peer: &PeerId) {
        self.inner.lock().remove(peer);
    }

    /// Makes every later call to this peer use a new connection; running calls go on. Its addresses are kept.
    pub fn disconnect(&self, peer: &PeerId) {
        if let Some(known) = self.inner.lock().get_mut(peer) {
            let places = known.book.lock().clone();
            *known = Arc::new(self.inner.peer(*peer, places));
        }
    }

    /// Makes every later call use a new connection, for use after a wake-up or a change of network.
    /// Addresses are kept.
    pub fn disconnect_all(&self) {
        let mut peers = self.inner.lock();
        for (id, peer) in peers.iter_mut() {
            let places = peer.book.lock().clone();
            *peer = Arc::new(self.inner.peer(*id, places));
        }
    }

    /// Where this peer was last reached.
    #[must_use]
    pub fn last_address(&self, peer: &PeerId) -> Option<SocketAddr> {
        self.known(peer)?.book.lock().last_good
    }

    pub(crate) async fn send(
        &self,
        peer: &PeerId,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, ClientError> {
        let known = self.known(peer).ok_or(ClientError::NoAddress { peer: *peer })?;
        known.client.request(request).await.map_err(|error| call_error(*peer, error))
    }

    fn known(&self, peer: &PeerId) -> Option<Arc<Peer>> {
        self.inner.lock().get(peer).cloned()
    }
}

impl Inner {
    fn peer(&self, id: PeerId, places: Places) -> Peer {
        let book = Arc::new(AddressBook { places: Mutex::new(places) });
        let connector = PinnedConnector {
            peer: id,
            tls: self.tls.config(id),
            book: Arc::clone(&book),
            slots: Arc::new(Semaphore::new(self.settings.connections_max.max(1))),
            settings: self.settings.clone(),
        };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.settings.idle_timeout)
            .pool_max_idle_per_host(self.settings.connections_max)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .http2_keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .http2_keep_alive_while_idle(false)
            .build(connector);
        Peer { book, client }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PeerId, Arc<Peer>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AddressBook {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All places to try, the one that worked last first.
    fn candidates(&self) -> Vec<String> {
        let places = self.lock();
        let last_good = places.last_good.map(|address| address.to_string());
        let others = places.addresses.iter().filter(|a| Some(*a) != last_good.as_ref()).cloned();
        last_good.clone().into_iter().chain(others).collect()
    }
}

/// What a failed call says, with the connector's own error where it was the connection that failed.
fn call_error(peer: PeerId, error: hyper_util::client::legacy::Error) -> ClientError {
    let dialling = std::error::Error::source(&error)
        .and_then(|source| source.downcast_ref::<DialError>())
        .cloned();
    match dialling {
        Some(dialling) => dialling.about(peer),
        None => ClientError::Broken { source: error.into() },
    }
}

/// Makes pinned connections to one peer, whatever the URI says.
#[derive(Clone)]
struct PinnedConnector {
    peer: PeerId,
    tls: Arc<rustls::ClientConfig>,
    book: Arc<AddressBook>,
    slots: Arc<Semaphore>,
    settings: PoolSettings,
}

impl PinnedConnector {
    async fn connect(self) -> Result<PinnedIo, DialError> {
        let deadline = tokio::time::Instant::now() + self.settings.connect_timeout;
        let slot = tokio::time::timeout_at(deadline, Arc::clone(&self.slots).acquire_owned())
            .await
            .map_err(|_| DialError::Busy)?
            .map_err(|_| DialError::Busy)?;
        let candidates = self.book.candidates();
        let Dialled { stream, address } =
            dial(&self.tls, &self.peer, candidates, self.settings.stagger, deadline).await?;
        self.book.lock().last_good = Some(address);
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        tracing::debug!(peer = %self.peer.short(), %address, http2, "connected to peer");
        Ok(PinnedIo { io: TokioIo::new(stream), http2, _slot: slot })
    }
}

impl tower::Service<Uri> for PinnedConnector {
    type Response = PinnedIo;
    type Error = DialError;
    type Future = BoxFuture<'static, Result<PinnedIo, DialError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        self.clone().connect().boxed()
    }
}

/// A pinned connection in hyper's terms; it occupies one of the peer's slots while it lives.
struct PinnedIo {
    io: TokioIo<TlsStream<tokio::net::TcpStream>>,
    http2: bool,
    _slot: OwnedSemaphorePermit,
}

impl Connection for PinnedIo {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.http2 { connected.negotiated_h2() } else { connected }
    }
}

impl hyper::rt::Read for PinnedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl hyper::rt::Write for PinnedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
