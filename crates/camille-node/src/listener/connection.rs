//! One connection from its first byte to its last: handshake, protocol, requests, end. Every step has a
//! deadline where the client is not the owner.

use super::activity::{Activity, Patience};
use super::admission::{Place, Progress};
use super::request::RequestService;
use super::{Caller, Held};
use crate::settings::LimitSettings;
use crate::tls::client_of;
use axum::Router;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long who connects may say nothing at all. What has to cross an ocean thrice takes less.
const FIRST_BYTE_TIME_MAX: Duration = Duration::from_secs(2);

/// How long a connection may do nothing between requests. Nodes themselves close theirs after 30 s.
const IDLE_TIME_MAX: Duration = Duration::from_secs(60);

/// How long one request may take, with the time its client takes to read the answer.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(120);

/// How long a connection that is told to end gets for it.
const PARTING_TIME_MAX: Duration = Duration::from_secs(1);

/// How often an HTTP/2 client has to show that it is there, and how long it may take to.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests at a time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;

/// A request's head. Ours have less than 2 KiB; a question may be 1 KiB, three times that encoded, and a
/// chain of 16 nodes is 1 KiB.
const HEAD_BYTES_MAX: u16 = 16 * 1024;

/// What all connections of one listener share.
pub(super) struct Server {
    router: Router,
    /// Absent for the owner's socket.
    limits: Option<LimitSettings>,
    /// Every connection, and every HTTP/2 request.
    pub(super) tasks: TaskTracker,
    /// No new requests.
    shutdown: CancellationToken,
    /// Nothing any more, at once.
    pub(super) kill: CancellationToken,
}

/// An accepted TCP connection with its place among the others.
pub(super) struct TcpClient {
    pub(super) tcp: TcpStream,
    pub(super) remote: SocketAddr,
    pub(super) place: Place,
}

impl Server {
    pub(super) fn limited(
        router: Router,
        limits: LimitSettings,
        shutdown: CancellationToken,
    ) -> Self {
        Self { limits: Some(limits), ..Self::unlimited(router, shutdown) }
    }

    pub(super) fn unlimited(router: Router, shutdown: CancellationToken) -> Self {
        Self {
            router,
            limits: None,
            tasks: TaskTracker::new(),
            shutdown,
            kill: CancellationToken::new(),
        }
    }

    pub(super) async fn serve_tls(self: Arc<Self>, client: TcpClient, acceptor: TlsAcceptor) {
        let TcpClient { tcp, remote, place } = client;
        // Without it small frames wait for the acknowledgement of the ones before.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%remote, %error, "connection ended before its handshake");
            return;
        }
        let handshake = place.run_unless_cut(self.secure(tcp, acceptor));
        let stream = match self.shutdown.run_until_cancelled(handshake).await {
            Some(Some(Ok(stream))) => stream,
            Some(Some(Err(error))) => {
                tracing::debug!(%remote, %error, "handshake failed");
                return;
            }
            Some(None) => {
                tracing::debug!(%remote, "closed before its handshake, to make room");
                return;
            }
            None => return,
        };
        place.advance(Progress::Secured);
        let connection = stream.get_ref().1;
        let http2 = connection.alpn_protocol() == Some(b"h2");
        let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
        let caller = Caller { remote: Some(remote), certificate: client_of(connection) };
        let held = Held { place: Arc::new(place) };
        let place = Arc::clone(&held.place);
        let served = place.run_unless_cut(async {
            if http2 {
                self.serve_http2(stream, caller, held).await;
            } else {
                self.serve_http1(stream, caller, Some(held)).await;
            }
        });
        if served.await.is_none() {
            tracing::debug!(%remote, "closed without having shown a key, to make room");
        }
    }

    async fn secure(
        &self,
        tcp: TcpStream,
        acceptor: TlsAcceptor,
    ) -> io::Result<TlsStream<TcpStream>> {
        let time_max =
            self.limits.as_ref().map_or(REQUEST_TIME_MAX, |limits| limits.handshake_timeout);
        let mut first = [0];
        let begun = tcp.peek(&mut first);
        tokio::time::timeout(FIRST_BYTE_TIME_MAX.min(time_max), begun).await.map_err(late)??;
        tokio::time::timeout(time_max, acceptor.accept(tcp)).await.map_err(late)?
    }

    pub(super) async fn serve_unix(self: Arc<Self>, stream: UnixStream) {
        self.serve_http1(stream, Caller { remote: None, certificate: None }, None).await;
    }

    // The protocol is known from the handshake. hyper-util's builder that finds out by reading would
    // wait for the first bytes without a deadline.
    async fn serve_http1<S>(&self, stream: S, caller: Caller, place: Option<Held>)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new(self.patience());
        let service = self.service(caller, &activity, place);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.as_ref().map(|limits| limits.header_timeout))
            .max_header_size(HEAD_BYTES_MAX.into())
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        self.drive(connection, http1::UpgradeableConnection::graceful_shutdown, &activity).await;
    }

    async fn serve_http2<S>(&self, stream: S, caller: Caller, place: Held)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new(self.patience());
        let service = self.service(caller, &activity, Some(place));
        let executor = Tracked { tasks: self.tasks.clone(), kill: self.kill.clone() };
        let connection = http2::Builder::new(executor)
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(HEAD_BYTES_MAX.into())
            .serve_connection(TokioIo::new(stream), service);
        self.drive(connection, http2::Connection::graceful_shutdown, &activity).await;
    }

    fn patience(&self) -> Option<Patience> {
        self.limits.as_ref().map(|limits| Patience {
            first_request: limits.header_timeout,
            idle: IDLE_TIME_MAX,
            request: REQUEST_TIME_MAX,
        })
    }

    fn service(&self, caller: Caller, activity: &Activity, place: Option<Held>) -> RequestService {
        RequestService {
            router: self.router.clone(),
            caller,
            activity: activity.clone(),
            body_timeout: self.limits.as_ref().map(|limits| limits.body_timeout),
            place,
        }
    }

    /// Runs a connection to its end, its shutdown or the end of patience with it.
    async fn drive<C>(&self, connection: C, part: impl Fn(Pin<&mut C>), activity: &Activity)
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let ended = |outcome: hyper::Result<()>| {
            if let Err(error) = outcome {
                tracing::debug!(%error, "connection ended early");
            }
        };
        let parting_time = tokio::select! {
            biased;
            outcome = connection.as_mut() => return ended(outcome),
            () = self.kill.cancelled() => return,
            // The drain has a deadline of its own.
            () = self.shutdown.cancelled() => None,
            () = activity.run_out() => Some(PARTING_TIME_MAX),
        };
        part(connection.as_mut());
        let last = async {
            match parting_time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            outcome = connection => ended(outcome),
            () = self.kill.cancelled() => {}
            () = last => tracing::debug!("connection cut"),
        }
    }
}

fn late(_: tokio::time::error::Elapsed) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it took too long")
}

/// Runs HTTP/2 requests on the server's tracker, so that they are drained and end with it.
#[derive(Clone)]
struct Tracked {
    tasks: TaskTracker,
    kill: CancellationToken,
}

impl<F> Executor<F> for Tracked
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        let kill = self.kill.clone();
        self.tasks.spawn(async move {
            kill.run_until_cancelled(task).await;
        });
    }
}
