//! What protocol 1.0 sends is kept in `tests/wire/1.0`, and this build must answer it and understand it: a
//! team never updates in one moment.
//!
//! A kept answer is compared by shape: this build may say more, never less and nothing in another form.
//! `CAMILLE_WIRE_RECORD=1` writes the answers anew: only for a new minor version, into a folder of its own.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_client::NodeClient;
use camille_node::identity::Identity;
use camille_node::listener::Caller;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::answer::{Answer, GroupedAnswer};
use camille_proto::document::DocumentView;
use camille_proto::forward::{ForwardAnswer, ForwardRequest, signed_bytes};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::introduction::{IntroductionRequest, Introductions, JoinWaits};
use camille_proto::join::{JoinRequest, JoinResponse};
use camille_proto::key::ApiKey;
use camille_proto::local::{IndexRequest, InviteRequest, KeyRequest, ShareRequest};
use camille_proto::node::{Info, PeerList, Status};
use camille_proto::problem::Problem;
use camille_proto::stream::Message;
use camille_proto::vocabulary::Sharing;
use camille_testkit::session::Session;
use http::Request;
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use tempfile::TempDir;
use tower::ServiceExt;

const VERSION: &str = "1.0";

fn kept(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(VERSION).join(name)
}

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(kept(name)).expect(name);
    serde_json::from_str(&text).expect(name)
}

/// A node that shares one session, and a peer of another build that asks it.
struct Fixture {
    _home: TempDir,
    node: Node,
    owner: NodeClient,
    peer: Identity,
}

impl Fixture {
    async fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let claude = home.path().join("claude");
        Session::new("open")
            .cwd("/home/ana/acme/api")
            .person("why does the migration wait for a lock?")
            .agent("The migration lock is held by an idle transaction; end it first.")
            .write_under(&claude)
            .expect("writes");
        let mut settings = Settings::new(home.path().join("camille"), "ana".into());
        settings.sources.claude_dir = Some(claude);
        settings.mesh.allow_indirect = true;
        let node = Node::open(settings, Mode::Command).await.expect("opens");
        let owner = NodeClient::in_process(node.local_router());
        owner.index(&IndexRequest::default(), |_| {}).await.expect("indexes");
        let share = ShareRequest { pattern: "*".into(), sharing: Sharing::Indirect, from: None };
        owner.share(&share).await.expect("shares");
        let peer =
            Identity::load_or_create(&home.path().join("peer"), "laptop", jiff::Timestamp::now());
        Self { _home: home, node, owner, peer: peer.expect("an identity") }
    }

    async fn key(&self) -> String {
        let request = KeyRequest { name: "k".into(), grant: Grant::teammate(), peer: true };
        let created = self.owner.create_key(&request).await.expect("a key").key;
        created.split('@').next().expect("a key").to_owned()
    }

    /// The answer to a request as the other build sends it, word for word.
    async fn answer(&self, line: &str, key: Option<&str>, body: Option<&Value>) -> Value {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("x-api-key", key);
        }
        if path.ends_with("/forward") {
            let own = self.peer.peer_id();
            request = request
                .header("x-request-chain", format!("[\"{own}\"]"))
                .header("x-forwarded-by", own.to_string());
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request =
            request.header("content-type", "application/json").body(body).expect("a request");
        let certificate = Some(self.peer.peer_id());
        request.extensions_mut().insert(Caller { remote: None, certificate });
        let response = self.node.public_router().oneshot(request).await.expect("answers");
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// A kept question, asked and signed by this peer at this moment: the rest stays as it was.
    fn signed(&self) -> Value {
        let mut request = read("forward.request.json");
        let own = self.peer.peer_id();
        let target = self.node.peer_id();
        let not_after = jiff::Timestamp::now().as_second() + 60;
        request["requestChain"] = json!([own]);
        request["origin"] = json!({"peerId": own, "spki": STANDARD.encode(self.peer.spki())});
        request["route"][0]["peerId"] = json!(target);
        request["route"][0]["notAfter"] = json!(not_after);
        let read: ForwardRequest = serde_json::from_value(request.clone()).expect("a question");
        let query = &read.original_query;
        let bytes = signed_bytes(read.request_id, &target, false, query, not_after);
        let signature = self.peer.sign(&bytes).expect("signs");
        request["route"][0]["sig"] = json!(STANDARD.encode(signature));
        request
    }
}

/// What the kept answer says that the new one does not, or says in another form.
fn missing(kept: &Value, new: &Value, path: &str, found: &mut Vec<String>) {
    match (kept, new) {
        (Value::Object(kept), Value::Object(new)) => {
            for (name, value) in kept {
                let path = format!("{path}.{name}");
                match new.get(name) {
                    Some(other) => missing(value, other, &path, found),
                    None => found.push(path),
                }
            }
        }
        (Value::Array(kept), Value::Array(new)) => match (kept.first(), new.first()) {
            (Some(kept), Some(new)) => missing(kept, new, &format!("{path}[]"), found),
            (Some(_), None) => found.push(format!("{path}[]")),
            (None, _) => {}
        },
        (kept, new) if std::mem::discriminant(kept) == std::mem::discriminant(new) => {}
        _ => found.push(format!("{path}: {kept} became {new}")),
    }
}

/// Compares an answer with the kept one, or keeps it.
fn compare(name: &str, mut new: Value) {
    #[expect(clippy::disallowed_methods, reason = "whoever keeps the answers of a new version")]
    if std::env::var_os("CAMILLE_WIRE_RECORD").is_some() {
        if let Some(key) = new.get_mut("key") {
            *key = json!(ApiKey::from_entropy([7; 6], [7; 32]).reveal());
        }
        if let Some(addresses) = new.get_mut("addresses") {
            // Those of the machine at hand, which may have none.
            *addresses = json!([]);
        }
        let text = serde_json::to_string_pretty(&new).expect("JSON");
        std::fs::create_dir_all(kept("")).expect("a folder");
        std::fs::write(kept(name), text + "\n").expect("writes");
        return;
    }
    let mut found = Vec::new();
    missing(&read(name), &new, "", &mut found);
    assert!(found.is_empty(), "{name}: a node of {VERSION} misses {found:?} in {new:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_1_0_asks_is_answered_in_its_form() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let search = "GET /api/v1/search?q=migration+lock&type=transcript&limit=5&scope=local";
    let found = fixture.answer(search, Some(&key), None).await;
    let document =
        format!("GET /api/v1/documents/{}", found["results"][0]["id"].as_str().expect("an id"));
    compare("search.json", found);
    for (name, line, held) in [
        ("status.json", "GET /api/v1/status", true),
        ("info.json", "GET /api/v1/info", true),
        ("peers.json", "GET /api/v1/peers?depth=1", true),
        ("document.json", document.as_str(), true),
        ("search-grouped.json", "GET /api/v1/search?q=migration+lock&merge=false", true),
        ("problem-400.json", "GET /api/v1/search?q=a&limit=101", true),
        ("problem-401.json", "GET /api/v1/search?q=a", false),
        ("problem-404.json", "GET /api/v1/nowhere", true),
    ] {
        compare(name, fixture.answer(line, held.then_some(key.as_str()), None).await);
    }
    compare(
        "forward.json",
        fixture.answer("POST /api/v1/forward", Some(&key), Some(&fixture.signed())).await,
    );
    let request = InviteRequest { expires_s: 60, uses: 1, grant: Grant::teammate() };
    let invite = fixture.owner.create_invite(&request).await.expect("an invite");
    let invite: camille_proto::invite::Invite = invite.line.parse().expect("an invite");
    let joined = fixture
        .answer("POST /api/v1/join", Some(invite.key.reveal()), Some(&read("join.request.json")))
        .await;
    compare("join.json", joined);
    // It knows nobody to introduce.
    let request = read("introductions.request.json");
    let told = fixture.answer("POST /api/v1/introductions", Some(&key), Some(&request)).await;
    assert_eq!(told, json!({"candidates": [], "parted": []}));
}

/// The value with a member that only a later version knows, in every object.
fn with_more(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut more: Map<String, Value> =
                members.into_iter().map(|(name, value)| (name, with_more(value))).collect();
            more.insert("ofLaterVersions".into(), json!({"a": [1]}));
            Value::Object(more)
        }
        Value::Array(items) => items.into_iter().map(with_more).collect(),
        other => other,
    }
}

/// A kept text is understood, also with more in it, and nothing of it is lost.
fn understood<T: DeserializeOwned + Serialize>(name: &str) {
    let text = read(name);
    let parsed: T = serde_json::from_value(text.clone()).expect(name);
    let mut lost = Vec::new();
    missing(&text, &serde_json::to_value(&parsed).expect("JSON"), "", &mut lost);
    assert!(lost.is_empty(), "{name}: {lost:?} is lost");
    serde_json::from_value::<T>(with_more(text)).expect(name);
}

#[test]
fn what_1_0_says_is_understood_and_so_is_more() {
    understood::<Status>("status.json");
    understood::<Info>("info.json");
    understood::<PeerList>("peers.json");
    understood::<Answer>("search.json");
    understood::<GroupedAnswer>("search-grouped.json");
    understood::<DocumentView>("document.json");
    understood::<ForwardRequest>("forward.request.json");
    understood::<ForwardAnswer>("forward.json");
    understood::<JoinRequest>("join.request.json");
    understood::<JoinResponse>("join.json");
    understood::<IntroductionRequest>("introductions.request.json");
    understood::<Introductions>("introductions.json");
    understood::<JoinWaits>("join-waits.json");
    understood::<Problem>("problem-400.json");
    understood::<Problem>("problem-401.json");
    understood::<Problem>("problem-404.json");
    understood::<Message>("stream-progress.json");
    understood::<Message>("stream-done.json");
    understood::<Message>("stream-failed.json");
}

/// The value as a later version says it that knows more agents, kinds, speakers and types.
fn with_other_words(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let other = match (name.as_str(), &value) {
                        ("agent", Value::String(_)) => json!("gemini-cli"),
                        ("kind", Value::String(_)) => json!("thought"),
                        ("speaker", Value::String(_)) => json!("critic"),
                        ("type", Value::String(known)) if known == "transcript" => json!("image"),
                        _ => with_other_words(value),
                    };
                    (name, other)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(with_other_words).collect()),
        other => other,
    }
}

/// The kept text with words that nobody here knows is read, and the words are kept.
fn words_are_kept<T: DeserializeOwned + Serialize>(name: &str) {
    let text = with_other_words(read(name));
    assert_ne!(text, read(name), "{name} has words");
    let parsed: T = serde_json::from_value(text.clone()).expect(name);
    let mut lost = Vec::new();
    let again = serde_json::to_value(&parsed).expect("JSON");
    missing(&text, &again, "", &mut lost);
    assert!(lost.is_empty(), "{name}: {lost:?} is lost");
    assert_eq!(with_other_words(again.clone()), again, "{name}: the words are what they were");
}

#[test]
fn words_of_later_versions_are_kept_as_they_came() {
    words_are_kept::<Answer>("search.json");
    words_are_kept::<GroupedAnswer>("search-grouped.json");
    words_are_kept::<DocumentView>("document.json");
    words_are_kept::<ForwardAnswer>("forward.json");
    words_are_kept::<Message>("stream-done.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_what_a_node_has_no_word_for_finds_nothing_and_is_no_error() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    for filter in ["agent=gemini-cli", "type=image"] {
        let line = format!("GET /api/v1/search?q=migration+lock&scope=local&{filter}");
        let found = fixture.answer(&line, Some(&key), None).await;
        assert_eq!(found["results"], json!([]), "{filter}");
    }
    let slip = "GET /api/v1/search?q=migration+lock&agent=Claude%20Code";
    assert_eq!(fixture.answer(slip, Some(&key), None).await["status"], json!(400));
    let info = fixture.answer("GET /api/v1/info", Some(&key), None).await;
    let understands = info["understands"].as_array().expect("a list");
    assert!(understands.contains(&json!("agent:codex")), "{understands:?}");
}

#[test]
fn who_it_is_and_what_it_speaks_is_read_of_any_version() {
    let peer_id = PeerId::of_spki(b"ana");
    let later = json!({"peerId": peer_id, "protocol": "2.3", "everythingElse": "is new"});
    let info: Info = serde_json::from_value(later).expect("it is read");
    assert_eq!((info.peer_id, info.protocol.as_str()), (peer_id, "2.3"));
}
