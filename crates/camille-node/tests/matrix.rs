//! Every kind of key, each set of verbs, each project state, each route, asked directly and through a relay:
//! what is expected follows from the rules in docs/security.md, stated here once more, and not from the code.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_client::NodeClient;
use camille_node::identity::Identity;
use camille_node::listener::Caller;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::forward::{ForwardRequest, Origin, RouteStep, signed_bytes};
use camille_proto::grant::{Grant, Verb};
use camille_proto::id::{DocumentId, PeerId, RequestId};
use camille_proto::local::{
    IndexRequest, InviteRequest, KeyRequest, OwnerSearch, ReleaseRequest, SessionName, ShareRequest,
};
use camille_proto::query::Query;
use camille_proto::vocabulary::{Agent, Sharing};
use camille_testkit::session::Session;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tower::ServiceExt;

/// How a project, or the one session in it, stands. Each has a word that occurs in it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Private,
    Shared,
    Indirect,
    /// A rule shares it, another denies it.
    Denied,
    /// Shared from a day on that is after all of it.
    Later,
    /// Its session touched a private project.
    Held,
    /// The same, and its owner released it.
    Released,
    /// Its person said #private.
    Tagged,
}

const STATES: [State; 8] = [
    State::Private,
    State::Shared,
    State::Indirect,
    State::Denied,
    State::Later,
    State::Held,
    State::Released,
    State::Tagged,
];

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Private => "aardvark",
            Self::Shared => "bandicoot",
            Self::Indirect => "capybara",
            Self::Denied => "dromedary",
            Self::Later => "echidna",
            Self::Held => "flamingo",
            Self::Released => "gibbon",
            Self::Tagged => "hedgehog",
        }
    }

    fn project(self) -> String {
        format!("/home/ana/{}", self.word())
    }

    /// The rule: who may see it at all.
    const fn is_shared(self, relayed: bool) -> bool {
        match self {
            Self::Private | Self::Denied | Self::Later | Self::Held | Self::Tagged => false,
            Self::Shared | Self::Released => !relayed,
            Self::Indirect => true,
        }
    }
}

/// What is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Garbage,
    Tool,
    Peer,
    /// A peer key without the certificate.
    Bare,
    /// A peer key with another node's certificate.
    Stolen,
    Revoked,
    Invite,
}

const KINDS: [Kind; 8] = [
    Kind::None,
    Kind::Garbage,
    Kind::Tool,
    Kind::Peer,
    Kind::Bare,
    Kind::Stolen,
    Kind::Revoked,
    Kind::Invite,
];

impl Kind {
    /// What is answered before the grant is looked at.
    const fn refusal(self) -> Option<StatusCode> {
        match self {
            Self::None | Self::Garbage | Self::Bare | Self::Stolen | Self::Revoked => {
                Some(StatusCode::UNAUTHORIZED)
            }
            Self::Invite => Some(StatusCode::FORBIDDEN),
            Self::Tool | Self::Peer => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Search,
    /// A search that says it was passed on.
    SearchRelayed,
    Document,
    Forward,
    ForwardRelayed,
}

const ROUTES: [Route; 5] =
    [Route::Search, Route::SearchRelayed, Route::Document, Route::Forward, Route::ForwardRelayed];

impl Route {
    const fn is_relayed(self) -> bool {
        matches!(self, Self::SearchRelayed | Self::ForwardRelayed)
    }
}

struct Fixture {
    _home: TempDir,
    node: Node,
    owner: NodeClient,
    sender: Identity,
    origin: Identity,
    documents: Vec<DocumentId>,
    asked: AtomicU32,
}

impl Fixture {
    async fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let claude = home.path().join("claude");
        let mut released = String::new();
        for state in STATES {
            let word = state.word();
            let mut session = Session::new(word)
                .cwd(state.project())
                .person(&format!("where does the {word} sleep?"))
                .agent("It sleeps in the barn.");
            if matches!(state, State::Held | State::Released) {
                session = session.cwd("/home/ana/payroll").agent("touched");
            }
            if state == State::Tagged {
                session = session.person("this one is #private");
            }
            if state == State::Released {
                session.id().clone_into(&mut released);
            }
            session.write_under(&claude).expect("writes");
        }
        let mut settings = Settings::new(home.path().join("camille"), "ana".into());
        settings.sources.claude_dir = Some(claude);
        settings.mesh.allow_indirect = true;
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
        owner.index(&IndexRequest::default(), |_| {}).await.expect("indexes");
        share(&owner, &released).await;
        let mut documents = Vec::new();
        for state in STATES {
            let query = Query::new(format!("\"{}\"", state.word()));
            let search = OwnerSearch { query, local: true, peers: Vec::new(), timeout_ms: None };
            let found = owner.owner_search(&search).await.expect("the owner's search").answer;
            assert_eq!(found.results.len(), 1, "{state:?}");
            documents.push(found.results[0].id);
        }
        let identity = |name: &str| {
            let home = tempfile::tempdir().expect("a directory");
            Identity::load_or_create(home.path(), name, jiff::Timestamp::now()).expect("identity")
        };
        let (sender, origin) = (identity("sender"), identity("origin"));
        Self { _home: home, node, owner, sender, origin, documents, asked: AtomicU32::new(0) }
    }

    /// A key of this kind, and the certificate it comes with.
    async fn key(&self, kind: Kind, grant: &Grant) -> (Option<String>, Option<PeerId>) {
        let own = Some(self.sender.peer_id());
        if kind == Kind::Invite {
            let request = InviteRequest { expires_s: 3_600, uses: 1, grant: grant.clone() };
            let invite = self.owner.create_invite(&request).await.expect("an invite");
            let invite: camille_proto::invite::Invite = invite.line.parse().expect("an invite");
            return (Some(invite.key.reveal().to_owned()), own);
        }
        let peer = !matches!(kind, Kind::Tool | Kind::Revoked);
        let request = KeyRequest { name: "matrix".into(), grant: grant.clone(), peer };
        let created = self.owner.create_key(&request).await.expect("a key");
        let key = created.key.split('@').next().expect("a key").to_owned();
        if peer {
            // Its first use binds it.
            self.get("/api/v1/peers", Some(&key), own, None).await;
        }
        match kind {
            Kind::None => (None, own),
            Kind::Garbage => (Some("cml_garbage".into()), own),
            Kind::Tool | Kind::Peer | Kind::Invite => (Some(key), own),
            Kind::Bare => (Some(key), None),
            Kind::Stolen => (Some(key), Some(self.origin.peer_id())),
            Kind::Revoked => {
                self.owner.revoke_key(&created.view.id).await.expect("revokes");
                (Some(key), own)
            }
        }
    }

    async fn get(
        &self,
        path: &str,
        key: Option<&str>,
        certificate: Option<PeerId>,
        chain: Option<&[PeerId]>,
    ) -> (StatusCode, Value) {
        let mut request = Request::get(path).body(Body::empty()).expect("a request");
        if let Some(chain) = chain {
            let text = serde_json::to_string(chain).expect("a chain");
            let value = HeaderValue::from_str(&text).expect("a header");
            request.headers_mut().insert("x-request-chain", value);
        }
        self.send(request, key, certificate).await
    }

    async fn send(
        &self,
        mut request: Request<Body>,
        key: Option<&str>,
        certificate: Option<PeerId>,
    ) -> (StatusCode, Value) {
        if let Some(key) = key {
            let value = HeaderValue::from_str(key).expect("a header");
            request.headers_mut().insert("x-api-key", value);
        }
        // Each from an address of its own: strangers are limited by it.
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let remote = Some(SocketAddr::from((Ipv4Addr::from(0x0a00_0000 + number), 9)));
        request.extensions_mut().insert(Caller { remote, certificate });
        let response = self.node.public_router().oneshot(request).await.expect("answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// A question as a node sends it: its own, or one of the origin that it passes on.
    fn forward(&self, word: &str, relayed: bool) -> Request<Body> {
        let origin = if relayed { &self.origin } else { &self.sender };
        let target = self.node.peer_id();
        let query = Query::new(word);
        let request_id = RequestId(uuid::Uuid::now_v7());
        let not_after = jiff::Timestamp::now().as_second() + 60;
        let bytes = signed_bytes(request_id, &target, false, &query, not_after);
        let sig = STANDARD.encode(origin.sign(&bytes).expect("signs"));
        let chain = if relayed {
            vec![origin.peer_id(), self.sender.peer_id()]
        } else {
            vec![origin.peer_id()]
        };
        let body = ForwardRequest {
            terms: camille_bank::analyzer::question(word).terms,
            original_query: query,
            analyzer: camille_bank::analyzer::ANALYZER.into(),
            candidates: 50,
            request_chain: chain.clone(),
            ttl: 2,
            request_id,
            budget_ms: 5_000,
            origin: Origin { peer_id: origin.peer_id(), spki: STANDARD.encode(origin.spki()) },
            delegated: false,
            route: vec![RouteStep { peer_id: target, sig, not_after, children: Vec::new() }],
        };
        let chain = serde_json::to_string(&chain).expect("a chain");
        Request::post("/api/v1/forward")
            .header("content-type", "application/json")
            .header("x-request-chain", chain)
            .header("x-forwarded-by", self.sender.peer_id().to_string())
            .body(Body::from(serde_json::to_vec(&body).expect("a body")))
            .expect("a request")
    }
}

/// The rules, by their own names.
async fn share(owner: &NodeClient, released: &str) {
    let after_all: jiff::Timestamp = "2030-01-01T00:00:00Z".parse().expect("a moment");
    for (state, sharing, from) in [
        (State::Shared, Sharing::Shared, None),
        (State::Indirect, Sharing::Indirect, None),
        (State::Later, Sharing::Indirect, Some(after_all)),
        (State::Held, Sharing::Indirect, None),
        (State::Released, Sharing::Shared, None),
        (State::Tagged, Sharing::Indirect, None),
    ] {
        let request = ShareRequest { pattern: state.project(), sharing, from };
        owner.share(&request).await.expect("shares");
    }
    for (pattern, sharing) in
        [("/home/ana/dromed*", Sharing::Indirect), ("/home/ana/dromedary", Sharing::Private)]
    {
        let request = ShareRequest { pattern: pattern.into(), sharing, from: None };
        owner.share(&request).await.expect("shares");
    }
    let name = SessionName { agent: Agent::ClaudeCode, session: released.to_owned() };
    owner.release(&ReleaseRequest { sessions: vec![name], release: true }).await.expect("releases");
}

/// What the rules say is answered, and whether what was asked for is in it.
fn expected(kind: Kind, grant: &Grant, state: State, route: Route) -> (StatusCode, bool) {
    if let Some(refusal) = kind.refusal() {
        return (refusal, false);
    }
    let named = grant.projects.as_ref().is_none_or(|ids| ids.contains(&state.project()));
    let seen = named && state.is_shared(route.is_relayed());
    match route {
        Route::Search | Route::SearchRelayed if !grant.allows(Verb::Search) => {
            (StatusCode::FORBIDDEN, false)
        }
        Route::Search | Route::SearchRelayed => (StatusCode::OK, seen),
        Route::Document if !grant.allows(Verb::Read) => (StatusCode::FORBIDDEN, false),
        // What may not be seen is as if it were not there.
        Route::Document if seen => (StatusCode::OK, true),
        Route::Document => (StatusCode::NOT_FOUND, false),
        // Only nodes may forward, each with its own key.
        Route::Forward | Route::ForwardRelayed
            if kind != Kind::Peer || !grant.allows(Verb::Search) =>
        {
            (StatusCode::FORBIDDEN, false)
        }
        Route::Forward | Route::ForwardRelayed => (StatusCode::OK, seen),
    }
}

#[tokio::test]
async fn every_key_sees_on_every_route_what_the_rules_say_and_nothing_else() {
    let fixture = Fixture::new().await;
    let all_verbs = [Verb::Search, Verb::Read, Verb::Indirect];
    let named = vec![State::Shared.project(), State::Indirect.project(), State::Held.project()];
    let mut asked = 0;
    let mut wrong = Vec::new();
    for kind in KINDS {
        for subset in 0..8_usize {
            let chosen = |at: &usize| subset & (1 << at) != 0;
            let verbs: Vec<Verb> = (0..3).filter(chosen).map(|at| all_verbs[at]).collect();
            // A key that may do nothing cannot be made.
            if verbs.is_empty() {
                continue;
            }
            for projects in [None, Some(named.clone()), Some(vec![State::Private.project()])] {
                let grant = Grant { verbs: verbs.clone(), projects };
                let (key, certificate) = fixture.key(kind, &grant).await;
                let key = key.as_deref();
                for (at, state) in STATES.into_iter().enumerate() {
                    for route in ROUTES {
                        let word = state.word();
                        let path = format!("/api/v1/search?q={word}");
                        let chain = [fixture.origin.peer_id(), fixture.sender.peer_id()];
                        let document = format!("/api/v1/documents/{}", fixture.documents[at]);
                        let (status, answer) = match route {
                            Route::Search => fixture.get(&path, key, certificate, None).await,
                            Route::SearchRelayed => {
                                fixture.get(&path, key, certificate, Some(&chain)).await
                            }
                            Route::Document => fixture.get(&document, key, certificate, None).await,
                            Route::Forward | Route::ForwardRelayed => {
                                let request = fixture.forward(word, route.is_relayed());
                                fixture.send(request, key, certificate).await
                            }
                        };
                        asked += 1;
                        let found = answer.to_string().contains(&fixture.documents[at].to_string());
                        let is = (status, found && status == StatusCode::OK);
                        let should = expected(kind, &grant, state, route);
                        if is != should {
                            wrong.push(format!(
                                "{kind:?} {grant:?} {state:?} {route:?}: {is:?}, not {should:?}"
                            ));
                        }
                        // What is not seen is in no count.
                        let bank = &answer["banks"][0]["stats"];
                        if bank.is_object() {
                            let counted = bank["df"]["body"][0].as_u64().expect("a count");
                            let sees = |state: &&State| expected(kind, &grant, **state, route).1;
                            let sessions = STATES.iter().filter(sees).count() as u64;
                            if counted != u64::from(should.1)
                                || bank["sessions"].as_u64() != Some(sessions)
                                || bank["documents"].as_u64() != Some(2 * sessions)
                            {
                                wrong.push(format!("{grant:?} {state:?} {route:?}: {bank}"));
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(asked, 8 * 7 * 3 * 8 * 5);
    assert!(
        wrong.is_empty(),
        "{} of {asked}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}
