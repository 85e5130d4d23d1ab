//! Administration by the owner, `/local/v1/…`: the rest of [`NodeClient`]. It works over the Unix socket
//! and in process; a peer has no such routes.

use crate::body::{AnswerBody, Lines};
use crate::client::{NodeClient, bodyless, post, within};
use crate::error::ClientError;
use crate::uri::{QueryString, encode};
use camille_proto::document::DocumentView;
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::key::KeyId;
use camille_proto::local::{
    AcceptRequest, AcceptedAll, AddPeer, AuditEntry, AuditQuery, CandidateView, DiscoverRequest,
    Discovered, ForgetReport, ForgetRequest, HeldSession, Identified, IdentifyRequest, IndexEvent,
    IndexReport, IndexRequest, IntroducerSet, InviteCreated, InviteRequest, JoinCommand,
    JoinResult, KeyCreated, KeyRequest, KeyView, NodeStatus, OwnerAnswer, OwnerEvent, OwnerSearch,
    PeerAdded, PeerTested, PeerView, ProjectOfPath, ProjectPreview, ProjectView, ReleaseRequest,
    RenamePeer, RotateRequest, RuleView, SecretLine, SessionView, ShareRequest, ShareResult,
    TestPeers, UndoRequest, UndoResult, VerifyEvent, VerifyReport, WhyAnswer, WhyRequest,
};
use camille_proto::stream::Progress;
use http::Method;
use std::time::Duration;

/// How long an index run may be silent. A run may take hours, but it says how far it is.
const INDEX_SILENCE_MAX: Duration = Duration::from_secs(600);

/// What a search may take beyond the time its peers get.
const SEARCH_ALLOWANCE: Duration = Duration::from_secs(30);

impl NodeClient {
    /// `GET /local/v1/status`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn node_status(&self) -> Result<NodeStatus, ClientError> {
        self.fetch("/local/v1/status").await
    }

    /// `GET /local/v1/status?glance=true`: costs little, however often, and leaves the news to whoever asks.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn glance(&self) -> Result<NodeStatus, ClientError> {
        self.fetch("/local/v1/status?glance=true").await
    }

    /// `POST /local/v1/index`: runs to the end and calls `on_event` for everything the node says on
    /// the way, the end included.
    ///
    /// # Errors
    /// The run's own failure as [`ClientError::Problem`]; else as every call.
    pub async fn index(
        &self,
        request: &IndexRequest,
        mut on_event: impl FnMut(&IndexEvent),
    ) -> Result<IndexReport, ClientError> {
        let request = post("/local/v1/index", request)?;
        let response = within(INDEX_SILENCE_MAX, self.open(request)).await?;
        let mut lines: Lines<AnswerBody> = Lines::new(response.into_body());
        while let Some(event) = within(INDEX_SILENCE_MAX, lines.next::<IndexEvent>()).await? {
            on_event(&event);
            match event {
                IndexEvent::Progress { .. }
                | IndexEvent::Rebuilding { .. }
                | IndexEvent::Redacting { .. } => {}
                IndexEvent::Done(report) => return Ok(report),
                IndexEvent::Failed { problem } => {
                    return Err(ClientError::Problem(Box::new(problem)));
                }
            }
        }
        Err(ClientError::Protocol { reason: "the index run's report is missing".into() })
    }

    /// `POST /local/v1/verify`: checks the bank and calls `on_event` for everything the node says on the
    /// way, the end included.
    ///
    /// # Errors
    /// The check's own failure as [`ClientError::Problem`]; else as every call.
    pub async fn verify(
        &self,
        mut on_event: impl FnMut(&VerifyEvent),
    ) -> Result<VerifyReport, ClientError> {
        let request = bodyless(Method::POST, "/local/v1/verify")?;
        let response = within(INDEX_SILENCE_MAX, self.open(request)).await?;
        let mut lines: Lines<AnswerBody> = Lines::new(response.into_body());
        while let Some(event) = within(INDEX_SILENCE_MAX, lines.next::<VerifyEvent>()).await? {
            on_event(&event);
            match event {
                VerifyEvent::Progress { .. } => {}
                VerifyEvent::Done(report) => return Ok(report),
                VerifyEvent::Failed { problem } => {
                    return Err(ClientError::Problem(Box::new(problem)));
                }
            }
        }
        Err(ClientError::Protocol { reason: "the report on the bank is missing".into() })
    }

    /// `POST /local/v1/forget`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn forget(&self, request: &ForgetRequest) -> Result<ForgetReport, ClientError> {
        // A large bank is written anew.
        self.call(post("/local/v1/forget", request)?, INDEX_SILENCE_MAX).await
    }

    /// `POST /local/v1/why`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn why(&self, request: &WhyRequest) -> Result<WhyAnswer, ClientError> {
        // Git goes through the history of a file.
        self.call(post("/local/v1/why", request)?, INDEX_SILENCE_MAX).await
    }

    /// `GET /local/v1/secrets`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn secrets(&self) -> Result<Vec<SecretLine>, ClientError> {
        self.fetch("/local/v1/secrets").await
    }

    /// `POST /local/v1/search`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn owner_search(&self, search: &OwnerSearch) -> Result<OwnerAnswer, ClientError> {
        let asked = Duration::from_millis(search.timeout_ms.unwrap_or_default());
        let deadline = self.deadline().max(asked.saturating_add(SEARCH_ALLOWANCE));
        self.call(post("/local/v1/search", search)?, deadline).await
    }

    /// `POST /local/v1/search/stream`: as [`NodeClient::owner_search`], and calls `on_progress` with the hits as
    /// they stand whenever a peer has answered.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn owner_search_stream(
        &self,
        search: &OwnerSearch,
        mut on_progress: impl FnMut(Progress),
    ) -> Result<OwnerAnswer, ClientError> {
        let asked = Duration::from_millis(search.timeout_ms.unwrap_or_default());
        let deadline = self.deadline().max(asked.saturating_add(SEARCH_ALLOWANCE));
        within(deadline, async {
            let response = self.open(post("/local/v1/search/stream", search)?).await?;
            let mut lines: Lines<AnswerBody> = Lines::new(response.into_body());
            while let Some(event) = lines.next::<OwnerEvent>().await? {
                match event {
                    OwnerEvent::Progress(progress) => on_progress(progress),
                    OwnerEvent::Done(answer) => return Ok(answer),
                    OwnerEvent::Failed { problem } => {
                        return Err(ClientError::Problem(Box::new(problem)));
                    }
                }
            }
            Err(ClientError::Protocol { reason: "the end of the answer is missing".into() })
        })
        .await
    }

    /// `GET /local/v1/documents/{id}`: from this node's bank, or from the peer's.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn local_document(
        &self,
        id: &DocumentId,
        peer: Option<&PeerId>,
    ) -> Result<DocumentView, ClientError> {
        let mut path = QueryString::new(&format!("/local/v1/documents/{id}"));
        if let Some(peer) = peer {
            path.push("peer", &peer.to_string());
        }
        self.fetch(&path.into_text()).await
    }

    /// `POST /local/v1/invites`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn create_invite(
        &self,
        request: &InviteRequest,
    ) -> Result<InviteCreated, ClientError> {
        self.submit("/local/v1/invites", request).await
    }

    /// `POST /local/v1/joins`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn join_invite(&self, command: &JoinCommand) -> Result<JoinResult, ClientError> {
        self.submit("/local/v1/joins", command).await
    }

    /// `GET /local/v1/peers`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn peers(&self) -> Result<Vec<PeerView>, ClientError> {
        self.fetch("/local/v1/peers").await
    }

    /// `DELETE /local/v1/peers/{name}`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn remove_peer(&self, name: &str) -> Result<(), ClientError> {
        self.command(Method::DELETE, &format!("/local/v1/peers/{}", encode(name))).await
    }

    /// `GET /local/v1/keys`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn keys(&self) -> Result<Vec<KeyView>, ClientError> {
        self.fetch("/local/v1/keys").await
    }

    /// `POST /local/v1/keys`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn create_key(&self, request: &KeyRequest) -> Result<KeyCreated, ClientError> {
        self.submit("/local/v1/keys", request).await
    }

    /// `DELETE /local/v1/keys/{id}`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn revoke_key(&self, id: &KeyId) -> Result<(), ClientError> {
        self.command(Method::DELETE, &format!("/local/v1/keys/{}", encode(&id.0))).await
    }

    /// `POST /local/v1/keys/{id}/rotate`: the old key opens for `overlap_s` seconds more.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn rotate_key(&self, id: &KeyId, overlap_s: u64) -> Result<KeyCreated, ClientError> {
        let path = format!("/local/v1/keys/{}/rotate", encode(&id.0));
        self.submit(&path, &RotateRequest { overlap_s }).await
    }

    /// `GET /local/v1/projects`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn projects(&self) -> Result<Vec<ProjectView>, ClientError> {
        self.fetch("/local/v1/projects").await
    }

    /// `POST /local/v1/projects/rules`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn share(&self, request: &ShareRequest) -> Result<ShareResult, ClientError> {
        self.submit("/local/v1/projects/rules", request).await
    }

    /// `GET /local/v1/projects/rules`: every rule, the oldest first.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn rules(&self) -> Result<Vec<RuleView>, ClientError> {
        self.fetch("/local/v1/projects/rules").await
    }

    /// `POST /local/v1/projects/preview`: what peers would see if this rule held.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn preview_share(
        &self,
        request: &ShareRequest,
    ) -> Result<Vec<ProjectPreview>, ClientError> {
        self.submit("/local/v1/projects/preview", request).await
    }

    /// `POST /local/v1/projects/undo`: takes a deny back, or says what that would do.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn undo_unshare(&self, request: &UndoRequest) -> Result<UndoResult, ClientError> {
        self.submit("/local/v1/projects/undo", request).await
    }

    /// `GET /local/v1/projects/held`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn held_sessions(&self) -> Result<Vec<HeldSession>, ClientError> {
        self.fetch("/local/v1/projects/held").await
    }

    /// `GET /local/v1/sessions`: the sessions whose ids begin like this.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn sessions(&self, begins: &str) -> Result<Vec<SessionView>, ClientError> {
        let mut path = QueryString::new("/local/v1/sessions");
        path.push("begins", begins);
        self.fetch(&path.into_text()).await
    }

    /// `GET /local/v1/projects/of`: the project that holds a path.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn project_of(&self, path: &str) -> Result<ProjectOfPath, ClientError> {
        let mut query = QueryString::new("/local/v1/projects/of");
        query.push("path", path);
        self.fetch(&query.into_text()).await
    }

    /// `GET /local/v1/projects/of`: what is kept as a rule when a project is named so.
    ///
    /// # Errors
    /// As every call: see [`ClientError`]. What means nothing is a problem of status 400.
    pub async fn meant(&self, typed: &str) -> Result<ProjectOfPath, ClientError> {
        let mut query = QueryString::new("/local/v1/projects/of");
        query.push("name", typed);
        self.fetch(&query.into_text()).await
    }

    /// `POST /local/v1/projects/held`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn release(&self, request: &ReleaseRequest) -> Result<ReleaseRequest, ClientError> {
        self.submit("/local/v1/projects/held", request).await
    }

    /// `POST /local/v1/peers/identify`: who answers at an address. Nothing is sent there.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn identify(&self, address: &str) -> Result<Identified, ClientError> {
        let request = IdentifyRequest { address: address.to_owned() };
        self.submit("/local/v1/peers/identify", &request).await
    }

    /// `POST /local/v1/peers`: adds a peer by a key of theirs, after trying it.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn add_peer(&self, peer: &AddPeer) -> Result<PeerAdded, ClientError> {
        self.submit("/local/v1/peers", peer).await
    }

    /// `PATCH /local/v1/peers/{name}`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn rename_peer(&self, name: &str, wanted: &str) -> Result<(), ClientError> {
        let path = format!("/local/v1/peers/{}", encode(name));
        let mut request = post(&path, &RenamePeer { name: wanted.to_owned() })?;
        *request.method_mut() = Method::PATCH;
        self.call_for_bytes(request, self.deadline()).await.map(drop)
    }

    /// `POST /local/v1/peers/test`: whether this node and its peers reach each other.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn test_peers(&self, name: Option<&str>) -> Result<Vec<PeerTested>, ClientError> {
        let request = TestPeers { name: name.map(str::to_owned) };
        self.submit("/local/v1/peers/test", &request).await
    }

    /// `POST /local/v1/peers/discover`: looks around for so long.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn discover(&self, span: Option<Duration>) -> Result<Discovered, ClientError> {
        let timeout_ms = span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
        let request = post("/local/v1/peers/discover", &DiscoverRequest { timeout_ms })?;
        self.call(request, span.unwrap_or_default() + SEARCH_ALLOWANCE).await
    }

    /// `GET /local/v1/audit`: the newest entries as `wanted` says.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn audit(&self, wanted: &AuditQuery) -> Result<Vec<AuditEntry>, ClientError> {
        let mut path = QueryString::new("/local/v1/audit");
        let after = wanted.after.map(|after| after.to_string());
        let since = wanted.since.map(|since| since.to_string());
        let document = wanted.document.map(|document| document.to_string());
        path.push("limit", &wanted.limit.to_string());
        for (name, value) in [
            ("since", &since),
            ("after", &after),
            ("document", &document),
            ("key", &wanted.key),
            ("peer", &wanted.peer),
        ] {
            if let Some(value) = value {
                path.push(name, value);
            }
        }
        self.fetch(&path.into_text()).await
    }

    /// `POST /local/v1/shutdown`.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn shutdown(&self) -> Result<(), ClientError> {
        self.command(Method::POST, "/local/v1/shutdown").await
    }

    /// `PUT /local/v1/introducers/{name}`, or `DELETE`: whether to meet a peer's peers.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn set_introducer(&self, name: &str, on: bool) -> Result<IntroducerSet, ClientError> {
        let method = if on { Method::PUT } else { Method::DELETE };
        let path = format!("/local/v1/introducers/{}", encode(name));
        self.call(bodyless(method, &path)?, self.deadline()).await
    }

    /// `GET /local/v1/candidates`: those who are introduced and are not peers.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn candidates(&self) -> Result<Vec<CandidateView>, ClientError> {
        self.fetch("/local/v1/candidates").await
    }

    /// `POST /local/v1/candidates/accept`: one of them, or all.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn accept(&self, name: Option<&str>) -> Result<AcceptedAll, ClientError> {
        let request = AcceptRequest { name: name.map(str::to_owned) };
        self.submit("/local/v1/candidates/accept", &request).await
    }

    /// A request whose success says all there is to say.
    pub(crate) async fn command(&self, method: Method, path: &str) -> Result<(), ClientError> {
        self.call_for_bytes(bodyless(method, path)?, self.deadline()).await.map(drop)
    }
}
