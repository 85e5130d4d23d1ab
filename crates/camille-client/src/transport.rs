//! The three ways to a node: its Unix socket, its routes in this process, a pinned connection to a
//! peer. Everything above is the same for all three.

use crate::body::{AnswerBody, RequestBody, boxed};
use crate::error::{BoxError, ClientError};
use crate::pool::PeerPool;
use bytes::Bytes;
use camille_proto::id::PeerId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, Uri, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::UnixStream;
use tower::ServiceExt;

/// The host that requests name where no network is involved.
const LOCAL_AUTHORITY: &str = "localhost";

type Answer = Result<Response<AnswerBody>, ClientError>;

/// How a node is reached.
#[derive(Clone)]
pub(crate) enum Transport {
    /// Over its Unix socket.
    Unix { client: Box<Client<UnixConnector, RequestBody>>, socket: PathBuf },
    /// In this process.
    InProcess(Arc<dyn Fn(Request<RequestBody>) -> BoxFuture<'static, Answer> + Send + Sync>),
    /// Over pinned connections.
    Peer { pool: PeerPool, peer: PeerId },
}

impl Transport {
    pub(crate) fn unix(socket: PathBuf) -> Self {
        let connector = UnixConnector { socket: socket.clone() };
        let client = Box::new(Client::builder(TokioExecutor::new()).build(connector));
        Self::Unix { client, socket }
    }

    pub(crate) fn in_process<S, B>(service: S) -> Self
    where
        S: tower::Service<Request<RequestBody>, Response = Response<B>>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::InProcess(Arc::new(move |request| {
            let answer = service.clone().oneshot(request);
            async move {
                let response =
                    answer.await.map_err(|source| ClientError::Broken { source: source.into() })?;
                Ok(response.map(boxed))
            }
            .boxed()
        }))
    }

    /// Sends a request whose URI is a path with its query, and returns the answer's head.
    pub(crate) async fn send(&self, mut request: Request<RequestBody>) -> Answer {
        match self {
            Self::Unix { client, socket } => {
                *request.uri_mut() = absolute("http", LOCAL_AUTHORITY, request.uri())?;
                let response = client
                    .request(request)
                    .await
                    .map_err(|error| unix_error(error, socket.clone()))?;
                Ok(response.map(boxed))
            }
            Self::InProcess(service) => {
                let host = HeaderValue::from_static(LOCAL_AUTHORITY);
                request.headers_mut().insert(header::HOST, host);
                service(request).await
            }
            Self::Peer { pool, peer } => {
                let authority = crate::tls::server_name(peer);
                *request.uri_mut() = absolute("https", &authority, request.uri())?;
                let response = pool.send(peer, request).await?;
                Ok(response.map(boxed))
            }
        }
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix { socket, .. } => f.debug_tuple("Unix").field(socket).finish(),
            Self::InProcess(_) => f.write_str("InProcess"),
            Self::Peer { peer, .. } => f.debug_tuple("Peer").field(peer).finish(),
        }
    }
}

fn absolute(scheme: &str, authority: &str, path: &Uri) -> Result<Uri, ClientError> {
    let path = path.path_and_query().map_or("/", |p| p.as_str());
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|source| ClientError::Request { source: source.into() })
}

fn unix_error(error: hyper_util::client::legacy::Error, socket: PathBuf) -> ClientError {
    if !error.is_connect() {
        return ClientError::Broken { source: error.into() };
    }
    let cause = std::error::Error::source(&error)
        .and_then(|source| source.downcast_ref::<std::io::Error>());
    let stranger = cause.and_then(std::io::Error::get_ref).and_then(|e| e.downcast_ref());
    if let Some(Stranger { uid }) = stranger {
        return ClientError::NotOwn { socket, uid: *uid };
    }
    let cause = cause.map_or(std::io::ErrorKind::Other, std::io::Error::kind);
    ClientError::NoNode { socket, source: cause.into() }
}

/// Somebody else's process listens on the socket.
#[derive(Debug, thiserror::Error)]
#[error("it is served by user {uid}, not by you")]
struct Stranger {
    uid: u32,
}

/// Whether a node of this user's is asked by that one: what is asked is nobody else's business. Root reads it anyway.
const fn is_trusted(serves: u32, asks: u32) -> bool {
    serves == asks || serves == 0
}

/// Opens the Unix socket, whatever the URI says.
#[derive(Clone)]
pub(crate) struct UnixConnector {
    socket: PathBuf,
}

impl tower::Service<Uri> for UnixConnector {
    type Response = UnixIo;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, Result<UnixIo, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let socket = self.socket.clone();
        async move {
            let stream = UnixStream::connect(socket).await?;
            let uid = stream.peer_cred()?.uid();
            if !is_trusted(uid, rustix::process::geteuid().as_raw()) {
                return Err(std::io::Error::other(Stranger { uid }));
            }
            Ok(UnixIo(TokioIo::new(stream)))
        }
        .boxed()
    }
}

/// A Unix socket in hyper's terms.
pub(crate) struct UnixIo(TokioIo<UnixStream>);

impl Connection for UnixIo {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for UnixIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl hyper::rt::Write for UnixIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::is_trusted;

    #[test]
    fn a_socket_of_somebody_else_is_not_spoken_to() {
        assert!(is_trusted(1000, 1000) && is_trusted(0, 1000) && is_trusted(0, 0));
        assert!(!is_trusted(1001, 1000) && !is_trusted(1000, 0));
    }
}
