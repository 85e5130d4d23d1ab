//! A node, as one who asks it sees it: the public API. Administration is in `local.rs`.
//!
//! It never sends a key anywhere but over a connection whose other end has proved to be the peer that
//! the key is for.

use crate::body::{self, RequestBody};
use crate::error::{BoxError, ClientError};
use crate::pool::PeerPool;
use crate::search::SearchParams;
use crate::transport::Transport;
use bytes::Bytes;
use camille_proto::ANSWER_BYTES_MAX;
use camille_proto::answer::Answer;
use camille_proto::document::DocumentView;
use camille_proto::forward::{ForwardAnswer, ForwardRequest};
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::introduction::{IntroductionRequest, Introductions};
use camille_proto::join::{JoinRequest, JoinResponse, RenewedKey};
use camille_proto::key::ApiKey;
use camille_proto::node::{
    ADDRESSES_HEADER, Greeting, Info, NEIGHBOURS_HEADER, NEIGHBOURS_NONE, PeerList, Status,
};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::time::Duration;

/// How long a call may take unless [`NodeClient::with_deadline`] says otherwise.
const DEADLINE_DEFAULT: Duration = Duration::from_secs(10);

/// How long a call to the node on this machine may take: it may be waiting for its own peers.
const LOCAL_DEADLINE_DEFAULT: Duration = Duration::from_secs(60);

/// The largest answer of the node on this machine. It is trusted, but a bound keeps a mistake small.
const LOCAL_ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a node says to one who wants to be its peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinAnswer {
    /// They are peers.
    Joined(JoinResponse),
    /// Its owner did not accept the other yet.
    Waits,
}

/// A node that can be asked. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct NodeClient {
    transport: Transport,
    key: Option<HeaderValue>,
    deadline: Duration,
    answer_bytes_max: usize,
}

impl NodeClient {
    /// The node that listens on this Unix socket. Nothing is opened before the first call.
    #[must_use]
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::local(Transport::unix(path.into()))
    }

    /// The node whose routes are `service`, such as an axum `Router`.
    #[must_use]
    pub fn in_process<S, B>(service: S) -> Self
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
        Self::local(Transport::in_process(service))
    }

    /// This peer, reached over connections of `pool`, each of which has proved to end there. `key` is
    /// sent with every request.
    #[must_use]
    pub fn peer(pool: &PeerPool, peer: PeerId, key: Option<ApiKey>) -> Self {
        let key = key.and_then(|key| {
            // A key is ASCII by construction.
            let mut value = HeaderValue::from_str(key.reveal()).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        Self {
            transport: Transport::Peer { pool: pool.clone(), peer },
            key,
            deadline: DEADLINE_DEFAULT,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }

    /// The same node with another deadline for each call, from connecting to the answer's last byte.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn local(transport: Transport) -> Self {
        Self {
            transport,
            key: None,
            deadline: LOCAL_DEADLINE_DEFAULT,
            answer_bytes_max: LOCAL_ANSWER_BYTES_MAX,
        }
    }

    /// `GET /api/v1/status`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.fetch("/api/v1/status").await
    }

    /// `GET /api/v1/info`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn info(&self) -> Result<Info, ClientError> {
        self.fetch("/api/v1/info").await
    }

    /// `GET /api/v1/info` of a peer, which is told about this node in turn.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn greet(&self, greeting: &Greeting) -> Result<Info, ClientError> {
        let mut request = bodyless(Method::GET, "/api/v1/info")?;
        let addresses = serde_json::to_string(&greeting.addresses)
            .map_err(|source| ClientError::Request { source: source.into() })?;
        let neighbours = greeting.neighbours.as_deref().unwrap_or(NEIGHBOURS_NONE);
        for (name, text) in
            [(ADDRESSES_HEADER, addresses.as_str()), (NEIGHBOURS_HEADER, neighbours)]
        {
            let value = HeaderValue::from_str(text)
                .map_err(|source| ClientError::Request { source: source.into() })?;
            request.headers_mut().insert(name, value);
        }
        self.call(request, self.deadline).await
    }

    /// `GET /api/v1/peers`: whom the node passes questions on to, `depth` (1 to 3) nodes deep.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn neighbours(&self, depth: u32) -> Result<PeerList, ClientError> {
        self.fetch(&format!("/api/v1/peers?depth={depth}")).await
    }

    /// `GET /api/v1/search`, merged.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn search(&self, params: &SearchParams) -> Result<Answer, ClientError> {
        self.fetch(&params.path_and_query()).await
    }

    /// `GET /api/v1/documents/{id}`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn document(&self, id: &DocumentId) -> Result<DocumentView, ClientError> {
        self.fetch(&format!("/api/v1/documents/{id}")).await
    }

    /// `POST /api/v1/forward`, node to node, answered within `deadline` or not at all. The headers
    /// `X-Request-Chain` and `X-Forwarded-By` follow from the request's chain.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn forward(
        &self,
        question: &ForwardRequest,
        deadline: Duration,
    ) -> Result<ForwardAnswer, ClientError> {
        let mut request = post("/api/v1/forward", question)?;
        let chain = serde_json::to_string(&question.request_chain)
            .map_err(|source| ClientError::Request { source: source.into() })?;
        let value = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|source| ClientError::Request { source: source.into() })
        };
        request.headers_mut().insert("x-request-chain", value(&chain)?);
        if let Some(sender) = question.request_chain.last() {
            request.headers_mut().insert("x-forwarded-by", value(&sender.to_string())?);
        }
        self.call(request, deadline).await
    }

    /// `POST /api/v1/join`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn join(&self, request: &JoinRequest) -> Result<JoinAnswer, ClientError> {
        within(self.deadline, async {
            let response = self.open(post("/api/v1/join", request)?).await?;
            let waits = response.status() == StatusCode::ACCEPTED;
            let bytes = body::collect(response.into_body(), self.answer_bytes_max).await?;
            if waits { Ok(JoinAnswer::Waits) } else { body::parse(&bytes).map(JoinAnswer::Joined) }
        })
        .await
    }

    /// `POST /keys/renew`: the successor of the key that is sent with it.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn renew_key(&self) -> Result<RenewedKey, ClientError> {
        self.call(bodyless(Method::POST, "/api/v1/keys/renew")?, self.deadline).await
    }

    /// `POST /introductions`: wants to meet the node's other peers. Repeated, it is how they are heard of.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn introductions(
        &self,
        request: &IntroductionRequest,
    ) -> Result<Introductions, ClientError> {
        self.submit("/api/v1/introductions", request).await
    }

    /// `DELETE /introductions`: wants to meet nobody any more.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn withdraw(&self) -> Result<(), ClientError> {
        self.command(Method::DELETE, "/api/v1/introductions").await
    }

    pub(crate) async fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.call(bodyless(Method::GET, path)?, self.deadline).await
    }

    pub(crate) async fn submit<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.call(post(path, body)?, self.deadline).await
    }

    /// Asks and reads the whole answer as JSON, all within `deadline`.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        request: Request<RequestBody>,
        deadline: Duration,
    ) -> Result<T, ClientError> {
        let bytes = self.call_for_bytes(request, deadline).await?;
        body::parse(&bytes)
    }

    /// Asks and reads the whole answer, whatever it is, all within `deadline`.
    pub(crate) async fn call_for_bytes(
        &self,
        request: Request<RequestBody>,
        deadline: Duration,
    ) -> Result<Vec<u8>, ClientError> {
        within(deadline, async {
            let response = self.open(request).await?;
            body::collect(response.into_body(), self.answer_bytes_max).await
        })
        .await
    }

    /// Asks and returns the answer's head, with its body still to be read. An answer that is not a
    /// success is an error here.
    pub(crate) async fn open(
        &self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<body::AnswerBody>, ClientError> {
        if let Some(key) = &self.key {
            request.headers_mut().insert("x-api-key", key.clone());
        }
        let response = self.transport.send(request).await?;
        body::check(response).await
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }
}

impl std::fmt::Debug for NodeClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeClient").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// `work`, or [`ClientError::Timeout`] after `deadline`.
pub(crate) async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    tokio::time::timeout(deadline, work)
        .await
        .unwrap_or(Err(ClientError::Timeout { after: deadline }))
}

/// A request without a body.
pub(crate) fn bodyless(method: Method, path: &str) -> Result<Request<RequestBody>, ClientError> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json")
        .body(Full::default())
        .map_err(|source| ClientError::Request { source: source.into() })
}

/// A `POST` with a JSON body.
pub(crate) fn post(path: &str, body: &impl Serialize) -> Result<Request<RequestBody>, ClientError> {
    let json = serde_json::to_vec(body)
        .map_err(|source| ClientError::Request { source: source.into() })?;
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(json))
        .map_err(|source| ClientError::Request { source: source.into() })
}
