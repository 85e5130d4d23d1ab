//! The network's API as a stranger, a key holder and a peer see it, without a socket. What one answer after another
//! can show stands in `scenarios/`; here is what takes more.

mod scenario;

use axum::body::Body;
use camille_client::{NodeClient, Scope, SearchParams};
use camille_node::listener::Caller;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::grant::{Grant, Verb};
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::key::KeyId;
use camille_proto::local::AuditQuery;
use camille_proto::local::{IndexRequest, KeyRequest, ShareRequest};
use camille_proto::problem::Problem;
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use camille_testkit::session::Session;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

/// A node with two projects, of which `/home/ana/acme/api` is shared.
struct Fixture {
    home: TempDir,
    node: Node,
    owner: NodeClient,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let claude = home.path().join("claude");
        Session::new("open")
            .cwd("/home/ana/acme/api")
            .person("why does the migration wait for a lock?")
            .agent("The migration lock is held by an idle transaction; end it first.")
            .write_under(&claude)
            .expect("writes");
        Session::new("closed")
            .cwd("/home/ana/acme/payroll")
            .person("the salary migration needs the quetzalcoatl secret")
            .agent("Quetzalcoatl is only in payroll.")
            .write_under(&claude)
            .expect("writes");
        let mut settings = Settings::new(home.path().join("camille"), "ana".into());
        settings.sources.claude_dir = Some(claude);
        change(&mut settings);
        let node = Node::open(settings, Mode::Command).await.expect("opens");
        let owner = NodeClient::in_process(node.local_router());
        let report = owner.index(&IndexRequest::default(), |_| {}).await.expect("indexes");
        assert_eq!((report.documents_total, report.accounting.unaccounted()), (4, 0));
        let request = ShareRequest {
            pattern: "/home/ana/acme/api".into(),
            sharing: Sharing::Shared,
            from: None,
        };
        owner.share(&request).await.expect("shares");
        Self { home, node, owner }
    }

    async fn key(&self, verbs: &[Verb], peer: bool) -> (String, KeyId) {
        let grant = Grant { verbs: verbs.to_vec(), projects: None };
        let request = KeyRequest { name: "test".into(), grant, peer };
        let created = self.owner.create_key(&request).await.expect("a key");
        let key = created.key.split('@').next().expect("a key").to_owned();
        (key, created.view.id)
    }

    async fn find(&self, q: &str) -> DocumentId {
        let params = SearchParams { scope: Some(Scope::Local), ..SearchParams::new(Query::new(q)) };
        self.owner.search(&params).await.expect("the owner finds it").results[0].id
    }

    async fn get(&self, path: &str, key: Option<&str>) -> (StatusCode, Value) {
        self.get_as(path, key, None).await
    }

    async fn get_as(
        &self,
        path: &str,
        key: Option<&str>,
        certificate: Option<PeerId>,
    ) -> (StatusCode, Value) {
        let mut request = Request::get(path).body(Body::empty()).expect("a request");
        if let Some(key) = key {
            let value = HeaderValue::from_bytes(key.as_bytes());
            let value = value.unwrap_or_else(|_| HeaderValue::from_static("?"));
            request.headers_mut().insert("x-api-key", value);
        }
        request.extensions_mut().insert(Caller { remote: None, certificate });
        let response = self.send(request).await;
        let status = response.status();
        (status, json(response).await)
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.node.public_router().oneshot(request).await.expect("answers")
    }
}

async fn json(response: Response<Body>) -> Value {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

const BOTH: &[Verb] = &[Verb::Search, Verb::Read];

#[tokio::test]
async fn a_private_document_answers_like_one_that_does_not_exist() {
    let fixture = Fixture::new().await;
    let (key, _) = fixture.key(BOTH, false).await;
    let read = |id: String| {
        let (fixture, key) = (&fixture, &key);
        async move { fixture.get(&format!("/api/v1/documents/{id}"), Some(key)).await }
    };
    let private = read(fixture.find("quetzalcoatl").await.to_string()).await;
    assert_eq!(private.0, StatusCode::NOT_FOUND);
    assert_eq!(private, read(DocumentId::from_bytes([7; 16]).to_string()).await);
    assert_eq!(private, read("x".into()).await);

    let (status, view) = read(fixture.find("idle transaction").await.to_string()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(view["before"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_may_be_a_secret_never_leaves_the_machine() {
    let fixture = Fixture::new().await;
    let text = r#"the walrus logs in with "password": "sunshine" today"#;
    Session::new("maybe")
        .cwd("/home/ana/acme/api")
        .person(text)
        .agent(text)
        .write_under(&fixture.home.path().join("claude"))
        .expect("writes");
    fixture.owner.index(&IndexRequest::default(), |_| {}).await.expect("indexes");
    let (key, _) = fixture.key(BOTH, false).await;
    let id = fixture.find("walrus").await;
    let (_, hits) = fixture.get("/api/v1/search?q=walrus", Some(&key)).await;
    assert_eq!(hits["results"].as_array().map(Vec::len), Some(2), "{hits}");
    let (_, document) = fixture.get(&format!("/api/v1/documents/{id}"), Some(&key)).await;
    for shown in [hits.to_string(), document.to_string()] {
        assert!(!shown.contains("sunshine"), "{shown}");
        assert!(shown.contains("[redacted:assigned-secret]"), "{shown}");
    }
    // At home it stays, and is listed.
    let at_home =
        fixture.owner.search(&SearchParams::new(Query::new("walrus"))).await.expect("searches");
    assert!(at_home.results.iter().all(|hit| hit.content.contains("sunshine")));
}

#[tokio::test]
async fn wrong_keys_look_alike() {
    let fixture = Fixture::new().await;
    let (key, id) = fixture.key(BOTH, false).await;
    let (revoked, other) = fixture.key(BOTH, false).await;
    fixture.owner.revoke_key(&other).await.expect("revokes");
    let mut wrong = key.clone();
    let last = wrong.pop().expect("a key");
    wrong.push(if last == 'x' { 'y' } else { 'x' });
    let unknown = camille_proto::key::ApiKey::from_entropy([1; 6], [2; 32]);
    let path = "/api/v1/search?q=lock";
    let mut answers = Vec::new();
    for attempt in [&wrong, unknown.reveal(), &key[..20], "", "cml_nonsense", "\u{7f}"] {
        let (status, answer) = fixture.get(path, Some(attempt)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{attempt}");
        answers.push(answer);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(answers[0]["error"], "Invalid API key");
    // Only who holds the whole of a key that ended hears that it did.
    let (status, ended) = fixture.get(path, Some(&revoked)).await;
    assert_eq!((status, &ended["error"]), (StatusCode::UNAUTHORIZED, &"Invalid API key".into()));
    let detail = ended["detail"].as_str().expect("a detail");
    assert!(detail.starts_with("this key was revoked on 20"), "{detail}");
    assert_ne!(ended["detail"], answers[0]["detail"]);
    let (status, missing) = fixture.get(path, None).await;
    assert_eq!((status, &missing["error"]), (StatusCode::UNAUTHORIZED, &"API key required".into()));

    assert_eq!(fixture.get(path, Some(&key)).await.0, StatusCode::OK);
    fixture.owner.revoke_key(&id).await.expect("revokes");
    assert_eq!(fixture.get(path, Some(&key)).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn one_search_too_many_in_a_minute_waits() {
    let fixture = Fixture::with(|settings| settings.limits.search_per_minute = 3).await;
    let (key, _) = fixture.key(BOTH, false).await;
    let search = || {
        let request = Request::get("/api/v1/search?q=lock")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .expect("a request");
        fixture.send(request)
    };
    for remaining in [2, 1, 0] {
        let response = search().await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["ratelimit-policy"], "\"search\";q=3;w=60");
        let left = response.headers()["ratelimit"].to_str().expect("text").to_owned();
        assert!(left.starts_with(&format!("\"search\";r={remaining};t=")), "{left}");
    }
    let response = search().await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Problem = serde_json::from_value(json(response).await).expect("a problem");
    assert_eq!(problem.error, "Rate limit exceeded");
    assert!(problem.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)));
}

#[tokio::test]
async fn forward_is_for_bound_peers_and_bodies_have_a_limit() {
    let fixture = Fixture::new().await;
    let (tool, _) = fixture.key(BOTH, false).await;
    let (peer, _) = fixture.key(BOTH, true).await;
    let bruno = Some(PeerId::of_spki(b"bruno"));
    let post = |key: &str, body: String, media: &str| {
        let mut request = Request::post("/api/v1/forward")
            .header("x-api-key", key)
            .header("content-type", media)
            .body(Body::from(body))
            .expect("a request");
        request.extensions_mut().insert(Caller { remote: None, certificate: bruno });
        fixture.send(request)
    };
    let media = "application/json";
    assert_eq!(post(&tool, "{}".into(), media).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(post(&peer, "{}".into(), media).await.status(), StatusCode::BAD_REQUEST);
    let text = post(&peer, "{}".into(), "text/plain").await;
    assert_eq!(text.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let long = format!("\"{}\"", "a".repeat(64 * 1024));
    assert_eq!(post(&peer, long, media).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_peer_that_moved_says_where_it_is_and_nobody_says_it_for_another() {
    let fixture = Fixture::new().await;
    let (peer, _) = fixture.key(BOTH, true).await;
    let (tool, _) = fixture.key(BOTH, false).await;
    let bruno = Some(PeerId::of_spki(b"bruno"));
    let tell = |key: &str, addresses: &str| {
        let mut request = Request::get("/api/v1/info")
            .header("x-api-key", key)
            .header("x-node-addresses", addresses)
            .body(Body::empty())
            .expect("a request");
        request.extensions_mut().insert(Caller { remote: None, certificate: bruno });
        fixture.send(request)
    };
    let known = async || fixture.owner.peers().await.expect("peers")[0].addresses.clone();
    let here = r#"["192.0.2.9:7861", "bruno.local:7861"]"#;
    assert_eq!(tell(&peer, here).await.status(), StatusCode::OK);
    assert_eq!(known().await, ["192.0.2.9:7861", "bruno.local:7861"]);
    // A tool's key is no peer's, and nonsense changes nothing.
    assert_eq!(tell(&tool, r#"["203.0.113.1:1"]"#).await.status(), StatusCode::OK);
    let many = serde_json::to_string(&vec!["192.0.2.1:1"; 33]).expect("JSON");
    for nonsense in ["192.0.2.9", "{}", &many] {
        assert_eq!(tell(&peer, nonsense).await.status(), StatusCode::BAD_REQUEST, "{nonsense}");
    }
    assert_eq!(known().await.len(), 2);
    let (_, stranger) = fixture.get("/api/v1/info", None).await;
    assert_eq!(stranger.get("addresses"), None, "strangers are told of no address");
}

#[tokio::test]
async fn every_access_stands_in_the_audit_log() {
    let fixture = Fixture::new().await;
    let (key, id) = fixture.key(BOTH, false).await;
    fixture.get("/api/v1/search?q=migration+lock", Some(&key)).await;
    fixture.get("/api/v1/search?q=migration", Some("cml_wrong")).await;
    let entries = fixture.owner.audit(&AuditQuery::newest(10)).await.expect("the log");
    let found = entries.iter().find(|e| e.status == 200).expect("the search");
    assert_eq!(found.event, "search");
    assert_eq!(found.key_id.as_ref(), Some(&id));
    assert_eq!(found.query.as_deref(), Some("migration lock"));
    assert_eq!(found.results, Some(2));
    assert_eq!(found.documents.len(), 2);
    assert!(entries.iter().any(|e| e.status == 401 && e.key_id.is_none()));
    let log = std::fs::read_to_string(fixture.home.path().join("camille/logs/peer_access.log"))
        .expect("the log");
    assert!(!log.contains(&key[13..]), "no key in a log");
}

#[tokio::test]
async fn the_contract_is_served_to_everyone() {
    let fixture = Fixture::new().await;
    let (status, api) = fixture.get("/api/v1/openapi.json", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(api["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    for path in ["status", "info", "search", "forward", "documents/{id}", "join"] {
        assert!(api["paths"].get(format!("/api/v1/{path}")).is_some(), "{path}");
    }
    let request = Request::get("/api/v1/docs").body(Body::empty()).expect("a request");
    let page = fixture.send(request).await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.into_body().collect().await.expect("a body").to_bytes();
    let html = String::from_utf8_lossy(&html).into_owned();
    assert!(html.contains("/api/v1/search"));
    assert!(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"));
}

#[tokio::test]
async fn every_described_operation_is_a_route_and_no_other_method_is() {
    let fixture = Fixture::new().await;
    let (_, api) = fixture.get("/api/v1/openapi.json", None).await;
    let (key, _) = fixture.key(BOTH, false).await;
    for (path, item) in api["paths"].as_object().expect("paths") {
        let described = |method: &str| item.get(method.to_lowercase());
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let uri = path.replace("{id}", "x");
            let request = Request::builder().method(method).uri(&uri).header("x-api-key", &key);
            let response = fixture.send(request.body(Body::empty()).expect("a request")).await;
            let refused = response.status() == StatusCode::METHOD_NOT_ALLOWED
                // The key is looked at first, and this one opens no join.
                || (path.ends_with("/join") && response.status() == StatusCode::FORBIDDEN);
            assert!(refused || described(method).is_some(), "{method} {path}");
            let Some(operation) = described(method) else { continue };
            let status = response.status().as_str().to_owned();
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.contains_key(&status), "{method} {path}: {status}");
            for (status, response) in
                responses.iter().filter(|(status, _)| status.as_str() >= "400")
            {
                let content = &response["content"]["application/problem+json"]["schema"];
                assert_eq!(
                    content["$ref"], "#/components/schemas/Problem",
                    "{method} {path} {status}"
                );
            }
            let limited = &responses["429"]["headers"];
            assert!(limited["RateLimit"].is_object() && limited["retry-after"].is_object());
            let open = ["openapi.json", "docs"].iter().any(|end| path.ends_with(end));
            assert_eq!(operation["security"].is_array(), !open, "{method} {path}");
        }
    }
    // Words that may be others with a newer node.
    let agent = &api["components"]["schemas"]["Agent"];
    assert_eq!(agent["examples"], serde_json::json!(["claude-code", "codex"]));
    assert!(agent["enum"].is_null() && agent["pattern"].is_string(), "{agent}");
}

#[tokio::test]
async fn a_lost_index_is_made_anew_when_it_is_needed() {
    let fixture = Fixture::new().await;
    let home = fixture.home.path().join("camille");
    fixture.node.close().await;
    std::fs::remove_dir_all(home.join("bank/index")).expect("removes");
    let settings = Settings::new(home, "ana".into());
    let node = Node::open(settings, Mode::Command).await.expect("opens");
    let owner = NodeClient::in_process(node.local_router());
    let params = SearchParams::new(Query::new("quetzalcoatl"));
    assert_eq!(owner.search(&params).await.expect("searches").results.len(), 2);
}

#[tokio::test]
async fn the_owner_may_have_hits_grouped_by_source() {
    let fixture = Fixture::new().await;
    let request = Request::get("/api/v1/search?q=migration&merge=false&limit=1");
    let request = request.body(Body::empty()).expect("a request");
    let response = fixture.node.local_router().oneshot(request).await.expect("answers");
    assert_eq!(response.status(), StatusCode::OK);
    let answer = json(response).await;
    assert_eq!(answer["results"]["local"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["results"]["peers"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn refusals_cannot_fill_the_audit_log() {
    let fixture = Fixture::new().await;
    let (key, _) = fixture.key(BOTH, false).await;
    let long = format!("/api/v1/{}", "x".repeat(5_000));
    for _ in 0..80 {
        fixture.get(&long, Some(&key)).await;
    }
    let entries = fixture.owner.audit(&AuditQuery::newest(1_000)).await.expect("the log");
    assert_eq!(entries.len(), 60);
    assert!(entries.iter().all(|entry| entry.route.len() < 300));
    assert_eq!(fixture.get("/api/v1/search?q=lock", Some(&key)).await.0, StatusCode::OK);
    let after = fixture.owner.audit(&AuditQuery::newest(1_000)).await.expect("the log");
    assert_eq!(after.len(), 61, "what is answered is always written down");
}

#[tokio::test]
async fn the_owners_routes_are_not_on_the_network() {
    let fixture = Fixture::new().await;
    let (key, _) = fixture.key(&[Verb::Search, Verb::Read, Verb::Indirect], false).await;
    for path in [
        "status",
        "index",
        "verify",
        "forget",
        "search",
        "invites",
        "joins",
        "peers",
        "keys",
        "projects",
        "projects/held",
        "projects/preview",
        "secrets",
        "audit",
        "shutdown",
    ] {
        let path = format!("/local/v1/{path}");
        for method in ["GET", "POST", "DELETE", "PUT", "PATCH"] {
            let request = Request::builder()
                .method(method)
                .uri(&path)
                .header("x-api-key", &key)
                .body(Body::from("{}"))
                .expect("a request");
            assert_eq!(
                fixture.send(request).await.status(),
                StatusCode::NOT_FOUND,
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn every_answer_is_safe_for_browsers_and_none_is_for_other_origins() {
    let fixture = Fixture::new().await;
    let (key, _) = fixture.key(BOTH, false).await;
    for (method, path, expected) in [
        ("GET", "/api/v1/search?q=migration", StatusCode::OK),
        ("GET", "/api/v1/status", StatusCode::OK),
        ("GET", "/api/v1/docs", StatusCode::OK),
        ("GET", "/api/v1/documents/nothing", StatusCode::NOT_FOUND),
        ("GET", "/nowhere", StatusCode::NOT_FOUND),
        ("DELETE", "/api/v1/search", StatusCode::METHOD_NOT_ALLOWED),
        ("OPTIONS", "/api/v1/search", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/api/v1/join", StatusCode::FORBIDDEN),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("origin", "https://evil.test")
            .header("access-control-request-method", "GET")
            .header("x-api-key", &key)
            .body(Body::empty())
            .expect("a request");
        let response = fixture.send(request).await;
        assert_eq!(response.status(), expected, "{method} {path}");
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{method} {path}");
        for (name, _) in headers {
            assert!(!name.as_str().starts_with("access-control-"), "{method} {path}: {name}");
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_cannot_be_written_down_does_not_leave_and_the_owner_is_told() {
    let fixture = Fixture::with(|settings| {
        let logs = settings.home.join("logs");
        std::fs::create_dir_all(&logs).expect("a directory");
        // Every write to it fails as on a full disk.
        std::os::unix::fs::symlink("/dev/full", logs.join("peer_access.log")).expect("a link");
    })
    .await;
    let (key, _) = fixture.key(BOTH, false).await;
    let id = fixture.find("migration").await;
    let problem = async || fixture.owner.node_status().await.expect("status").audit_problem;
    assert_eq!(problem().await, None, "nobody has asked yet");
    for path in ["/api/v1/search?q=lock".to_owned(), format!("/api/v1/documents/{id}")] {
        let (status, answer) = fixture.get(&path, Some(&key)).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer["error"], "Audit log not writable");
        assert!(!answer.to_string().contains("migration"), "{answer}");
        assert!(problem().await.is_some_and(|told| told.contains("No space left")));
    }
    // The owner's own searching goes on, and refusals stay refusals.
    fixture.find("migration").await;
    let (status, _) = fixture.get("/api/v1/search?q=lock", Some("cml_wrong")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    // Room was made.
    let log = fixture.home.path().join("camille/logs/peer_access.log");
    std::fs::remove_file(&log).expect("removes");
    assert_eq!(fixture.get("/api/v1/search?q=lock", Some(&key)).await.0, StatusCode::OK);
    assert_eq!(problem().await, None);
    assert_eq!(std::fs::read_to_string(log).expect("the log").lines().count(), 1);
}
