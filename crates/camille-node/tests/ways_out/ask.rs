//! A node with its owner, and somebody with a key who tries every door.

use crate::disk::SHARED;
use crate::told::Folders;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_client::NodeClient;
use camille_node::identity::Identity;
use camille_node::listener::Caller;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::forward::{ForwardRequest, Origin, RouteStep, signed_bytes};
use camille_proto::grant::Grant;
use camille_proto::hit::Hit;
use camille_proto::id::{DocumentId, RequestId};
use camille_proto::local::{
    AuditQuery, ForgetRequest, Forgettable, IndexRequest, KeyRequest, OwnerSearch, ReleaseRequest,
    ShareRequest, UndoRequest,
};
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{Message, handshake};
use tower::ServiceExt;

/// What every session says, and what is asked for.
const ASKED: &str = "conclusion";

/// What was said in other places, by what read it there.
const ELSEWHERE: &str = "salary";

/// More than there is.
const LIMIT: u32 = 100;
const ENTRIES: u32 = 1000;

/// A node and one who has a key of it.
pub(crate) struct Asked {
    directory: TempDir,
    node: Node,
    owner: NodeClient,
    sender: Identity,
    /// Of a teammate.
    key: String,
    /// Of one who may see the shared repository alone.
    narrow: String,
}

/// What came through which door, as text, and of which sessions.
pub(crate) struct Seen {
    sessions: BTreeMap<&'static str, BTreeSet<String>>,
    /// Sessions that came with a title of their own.
    titles: BTreeSet<String>,
    /// All that was answered.
    said: String,
    /// By door, what was answered to who asked for what was read in other places.
    elsewhere: BTreeMap<&'static str, String>,
    /// What its owner finds of that.
    kept: String,
}

impl Seen {
    /// For each door, whether the session came through.
    pub(crate) fn of(&self, session: &str) -> Vec<(&'static str, bool)> {
        let mut doors: Vec<_> =
            self.sessions.iter().map(|(door, seen)| (*door, seen.contains(session))).collect();
        doors.push(("title", self.titles.contains(session)));
        doors
    }

    /// Whether this stands in anything that was answered.
    pub(crate) fn says(&self, word: &str) -> bool {
        self.said.contains(word) || self.elsewhere.values().any(|said| said.contains(word))
    }

    /// Whether the bank holds what the session with this word read in another place.
    pub(crate) fn is_kept(&self, word: &str) -> bool {
        self.kept.contains(&format!("{word} {ELSEWHERE}"))
    }

    /// For each door, whether it brings what the session with this word read in another place.
    pub(crate) fn of_elsewhere(&self, word: &str) -> Vec<(&'static str, bool)> {
        let read = format!("{word} {ELSEWHERE}");
        let mut doors: Vec<_> =
            self.elsewhere.iter().map(|(door, said)| (*door, said.contains(&read))).collect();
        // Neither does it stand around anything else.
        doors.push(("around", doors.iter().any(|(_, found)| *found) || self.said.contains(&read)));
        doors
    }
}

impl Asked {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().canonicalize().expect("a path");
        let mut settings = Settings::new(root.join("camille"), "ana".into());
        settings.sources.claude_dir = Some(root.join("claude"));
        settings.sources.codex_dir = Some(root.join("codex"));
        settings.sources.person_home = Some(root.join("ana"));
        for limit in [
            &mut settings.limits.search_per_minute,
            &mut settings.limits.document_per_minute,
            &mut settings.limits.status_per_minute,
            &mut settings.limits.forward_per_minute,
        ] {
            *limit = 1_000_000;
        }
        let node = Node::open(settings, Mode::Command).await.expect("opens");
        let owner = NodeClient::in_process(node.local_router());
        let home = tempfile::tempdir().expect("a directory");
        let sender =
            Identity::load_or_create(home.path(), "bruno", jiff::Timestamp::now()).expect("one");
        let mut keys = Vec::new();
        for (name, projects) in [("ways", None), ("narrow", Some(vec![SHARED.to_owned()]))] {
            let grant = Grant { projects, ..Grant::teammate() };
            let request = KeyRequest { name: name.into(), grant, peer: true };
            let created = owner.create_key(&request).await.expect("a key");
            keys.push(created.key.split('@').next().expect("a key").to_owned());
        }
        let [key, narrow] = keys.try_into().expect("two");
        Self { directory, node, owner, sender, key, narrow }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().canonicalize().expect("a path")
    }

    pub(crate) fn folders(&self) -> Folders {
        Folders { claude: self.root().join("claude"), codex: self.root().join("codex") }
    }

    pub(crate) async fn index(&self) {
        self.owner.index(&IndexRequest::default(), |_| {}).await.expect("indexes");
    }

    pub(crate) async fn share(&self, pattern: &str) {
        self.rule(pattern, Sharing::Shared).await;
    }

    /// Whether a wish to share is granted.
    pub(crate) async fn may_share(&self, pattern: &str) -> bool {
        let pattern = pattern.to_owned();
        let request = ShareRequest { pattern, sharing: Sharing::Shared, from: None };
        self.owner.share(&request).await.is_ok()
    }

    pub(crate) async fn unshare(&self, pattern: &str) {
        self.rule(pattern, Sharing::Private).await;
    }

    async fn rule(&self, pattern: &str, sharing: Sharing) {
        let request = ShareRequest { pattern: pattern.to_owned(), sharing, from: None };
        self.owner.share(&request).await.expect("a rule");
    }

    pub(crate) async fn undo(&self, pattern: &str) {
        let request = UndoRequest { pattern: pattern.to_owned(), preview: false };
        assert!(self.owner.undo_unshare(&request).await.expect("undoes").denied, "{pattern}");
    }

    pub(crate) async fn release_all(&self) {
        let held = self.owner.held_sessions().await.expect("a list");
        let sessions = held.into_iter().map(|held| held.name).collect();
        let request = ReleaseRequest { sessions, release: true };
        self.owner.release(&request).await.expect("releases");
    }

    pub(crate) async fn forget_document(&self, id: DocumentId) {
        self.forget(Forgettable::Document { id }).await;
    }

    pub(crate) async fn forget_project(&self, id: &str) {
        self.forget(Forgettable::Project { project: id.to_owned() }).await;
    }

    async fn forget(&self, what: Forgettable) {
        let request = ForgetRequest { what, preview: false };
        let forgotten = self.owner.forget(&request).await;
        forgotten.unwrap_or_else(|error| panic!("{:?}: {error}", request.what));
    }

    /// The owner's documents that hold a word, with their sessions.
    pub(crate) async fn found(&self, word: &str) -> Vec<(DocumentId, String)> {
        let hits = self.owners(word).await.into_iter();
        hits.filter_map(|hit| Some((hit.id, hit.metadata.session_id?))).collect()
    }

    async fn owners(&self, word: &str) -> Vec<Hit> {
        let mut query = Query::new(format!("\"{word}\""));
        query.limit = LIMIT;
        let search = OwnerSearch { query, local: true, peers: Vec::new(), timeout_ms: None };
        self.owner.owner_search(&search).await.expect("answers").answer.results
    }

    /// Which sessions' documents with this word come through which door to a teammate, or to the one who may
    /// see little. `words`: of each session its own, of which its statistics tell.
    pub(crate) async fn seen(&self, narrow: bool, words: &BTreeMap<String, String>) -> Seen {
        let key = if narrow { &self.narrow } else { &self.key };
        let path = format!("/api/v1/search?q=%22{ASKED}%22&limit={LIMIT}");
        let (status, search) = self.get(key, &path).await;
        assert_eq!(status, StatusCode::OK, "{search}");
        let hits = search["results"].as_array().expect("hits");
        let titled = hits.iter().filter(|hit| hit["metadata"]["title"].is_string());
        let titles = titled.map(session_of).collect();
        let mut said = search.to_string();

        let streamed = self.stream(key, ASKED).await;
        said.push_str(&streamed.to_string());
        let streamed = streamed["results"].as_array().expect("hits").iter().map(session_of);

        let forwarded = self.forwarded(key, ASKED).await;
        let candidates: Vec<&Value> = forwarded["hits"]
            .as_array()
            .expect("candidates")
            .iter()
            .map(|candidate| &candidate["hit"])
            // Neighbours are found by it, too.
            .filter(|hit| hit["content"].as_str().is_some_and(|text| text.contains(ASKED)))
            .collect();
        // What goes out with the answer counts what came out and nothing else.
        assert_eq!(counted(&forwarded), candidates.len() as u64, "statistics tell of others");

        let mut counts = BTreeSet::new();
        for (session, word) in words {
            let forwarded = self.forwarded(key, word).await;
            if counted(&forwarded) > 0 {
                counts.insert(session.clone());
            }
            said.push_str(&forwarded.to_string());
        }

        let mut documents = BTreeSet::new();
        for (id, session) in self.found(ASKED).await {
            let (status, document) = self.get(key, &format!("/api/v1/documents/{id}")).await;
            said.push_str(&document.to_string());
            if status == StatusCode::OK {
                documents.insert(session);
            }
        }
        let name = if narrow { "narrow" } else { "ways" };
        let wanted = AuditQuery { key: Some(name.into()), ..AuditQuery::newest(ENTRIES) };
        let log = self.owner.audit(&wanted).await.expect("a log");
        let handed: BTreeSet<DocumentId> =
            log.into_iter().flat_map(|entry| entry.documents).collect();
        let found = self.found(ASKED).await.into_iter();
        let delivered = found.filter(|(id, _)| handed.contains(id)).map(|(_, session)| session);
        let sessions = [
            ("search", hits.iter().map(session_of).collect()),
            ("stream", streamed.collect()),
            ("forward", candidates.into_iter().map(session_of).collect()),
            ("statistics", counts),
            ("document", documents),
            ("audit", delivered.collect()),
        ];
        let elsewhere = self.seen_elsewhere(key).await;
        let kept = self.owners(ELSEWHERE).await.into_iter().map(|hit| hit.content).collect();
        Seen { sessions: sessions.into(), titles, said, elsewhere, kept }
    }

    /// What comes through which door of what was read in other places.
    async fn seen_elsewhere(&self, key: &str) -> BTreeMap<&'static str, String> {
        let path = format!("/api/v1/search?q=%22{ELSEWHERE}%22&limit={LIMIT}");
        let (_, search) = self.get(key, &path).await;
        let streamed = self.stream(key, ELSEWHERE).await;
        let forwarded = self.forwarded(key, ELSEWHERE).await;
        let candidates = forwarded["hits"].as_array().expect("candidates");
        let holding = candidates
            .iter()
            .filter(|candidate| {
                let text = candidate["hit"]["content"].as_str();
                text.is_some_and(|text| text.contains(ELSEWHERE))
            })
            .count();
        assert_eq!(counted(&forwarded), holding as u64, "statistics tell of others");
        let mut documents = String::new();
        for (id, _) in self.found(ELSEWHERE).await {
            let (_, document) = self.get(key, &format!("/api/v1/documents/{id}")).await;
            documents.push_str(&document.to_string());
        }
        let doors = [
            ("search", search.to_string()),
            ("stream", streamed.to_string()),
            ("forward", forwarded.to_string()),
            ("document", documents),
        ];
        doors.into()
    }

    /// The last message of a stream.
    async fn stream(&self, key: &str, word: &str) -> Value {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let caller = self.caller();
        let router = self.node.public_router().layer(axum::Extension(caller));
        let served = async {
            let service = hyper_util::service::TowerToHyperService::new(router);
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(hyper_util::rt::TokioIo::new(theirs), service);
            // It ends when the other side has what it wants.
            let _ = connection.with_upgrades().await;
        };
        let asked = async {
            let request = Request::builder()
                .uri("ws://localhost/api/v1/stream")
                .header("host", "localhost")
                .header("connection", "Upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", handshake::client::generate_key())
                .header("x-api-key", key)
                .body(())
                .expect("a request");
            let (mut socket, _) =
                tokio_tungstenite::client_async(request, ours).await.expect("opens");
            let question = json!({ "q": format!("\"{word}\""), "limit": LIMIT, "id": "1" });
            socket.send(Message::text(question.to_string())).await.expect("asks");
            let mut all = json!({ "results": [] });
            while let Some(message) = socket.next().await {
                let Message::Text(text) = message.expect("reads") else { continue };
                let message: Value = serde_json::from_str(&text).expect("a message");
                let results = message["results"].as_array().cloned().unwrap_or_default();
                let to = all["results"].as_array_mut().expect("a list");
                to.extend(results);
                if message["type"] == "done" {
                    break;
                }
                assert_ne!(message["type"], "failed", "{message}");
            }
            all
        };
        tokio::select! {
            biased;
            all = asked => all,
            () = async { served.await; std::future::pending().await } => unreachable!("pending"),
        }
    }

    fn caller(&self) -> Caller {
        let remote = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)));
        Caller { remote, certificate: Some(self.sender.peer_id()) }
    }

    async fn forwarded(&self, key: &str, word: &str) -> Value {
        let (status, mut body) = self.send(key, self.forward(word)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["banks"][0].take()
    }

    async fn get(&self, key: &str, path: &str) -> (StatusCode, Value) {
        self.send(key, Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn send(&self, key: &str, mut request: Request<Body>) -> (StatusCode, Value) {
        let value = HeaderValue::from_str(key).expect("a header");
        request.headers_mut().insert("x-api-key", value);
        request.extensions_mut().insert(self.caller());
        let response = self.node.public_router().oneshot(request).await.expect("answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// The sender's own question, as a node sends it.
    fn forward(&self, word: &str) -> Request<Body> {
        let target = self.node.peer_id();
        let query = Query::new(word);
        let request_id = RequestId(uuid::Uuid::now_v7());
        let not_after = jiff::Timestamp::now().as_second() + 60;
        let bytes = signed_bytes(request_id, &target, false, &query, not_after);
        let sig = STANDARD.encode(self.sender.sign(&bytes).expect("signs"));
        let own = self.sender.peer_id();
        let body = ForwardRequest {
            terms: camille_bank::analyzer::question(word).terms,
            original_query: query,
            analyzer: camille_bank::analyzer::ANALYZER.into(),
            candidates: 200,
            request_chain: vec![own],
            ttl: 2,
            request_id,
            budget_ms: 5_000,
            origin: Origin { peer_id: own, spki: STANDARD.encode(self.sender.spki()) },
            delegated: false,
            route: vec![RouteStep { peer_id: target, sig, not_after, children: Vec::new() }],
        };
        Request::post("/api/v1/forward")
            .header("content-type", "application/json")
            .header("x-request-chain", serde_json::to_string(&[own]).expect("a chain"))
            .header("x-forwarded-by", own.to_string())
            .body(Body::from(serde_json::to_vec(&body).expect("a body")))
            .expect("a request")
    }
}

fn session_of(hit: &Value) -> String {
    hit["metadata"]["sessionId"].as_str().expect("one").to_owned()
}

/// In how many documents the word of an answer's question stands.
fn counted(bank: &Value) -> u64 {
    bank["stats"]["df"]["body"][0].as_u64().expect("a count")
}
