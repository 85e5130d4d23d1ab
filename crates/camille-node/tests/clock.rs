//! Clocks that are wrong: whoever asks is answered, and nothing that was signed is answered twice.

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
use camille_proto::id::RequestId;
use camille_proto::local::{IndexRequest, KeyRequest, ShareRequest};
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use camille_testkit::session::Session;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tower::ServiceExt;

const HOUR_S: i64 = 3_600;

/// A node that answers relayed questions, a peer of it that relays, and who asks by way of that.
struct Fixture {
    home: TempDir,
    node: Node,
    key: String,
    relay: Identity,
    origin: Identity,
}

async fn open(home: &Path) -> Node {
    let mut settings = Settings::new(home.join("camille"), "ana".into());
    settings.sources.claude_dir = Some(home.join("claude"));
    settings.mesh.allow_indirect = true;
    Node::open(settings, Mode::Command).await.expect("opens")
}

impl Fixture {
    async fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        Session::new("open")
            .cwd("/srv/open")
            .person("the bandicoot lock was stuck")
            .write_under(&home.path().join("claude"))
            .expect("writes");
        let node = open(home.path()).await;
        let owner = NodeClient::in_process(node.local_router());
        owner.index(&IndexRequest::default(), |_| {}).await.expect("indexes");
        let share = ShareRequest { pattern: "*".into(), sharing: Sharing::Indirect, from: None };
        owner.share(&share).await.expect("shares");
        let request = KeyRequest { name: "relay".into(), grant: Grant::teammate(), peer: true };
        let key = owner.create_key(&request).await.expect("a key").key;
        let key = key.split('@').next().expect("a key").to_owned();
        let identity = |name: &str| {
            let home = tempfile::tempdir().expect("a directory");
            Identity::load_or_create(home.path(), name, jiff::Timestamp::now()).expect("identity")
        };
        let (relay, origin) = (identity("relay"), identity("origin"));
        Self { home, node, key, relay, origin }
    }

    /// The node closes and opens again.
    async fn restarted(self) -> Self {
        let Self { home, node, key, relay, origin } = self;
        node.close().await;
        let node = open(home.path()).await;
        Self { home, node, key, relay, origin }
    }

    /// A question that was signed by a clock which is `skew` seconds ahead.
    fn question(&self, relayed: bool, skew: i64) -> ForwardRequest {
        let origin = if relayed { &self.origin } else { &self.relay };
        let target = self.node.peer_id();
        let query = Query::new("bandicoot");
        let request_id = RequestId(uuid::Uuid::now_v7());
        let not_after = jiff::Timestamp::now().as_second() + 60 + skew;
        let bytes = signed_bytes(request_id, &target, false, &query, not_after);
        let sig = STANDARD.encode(origin.sign(&bytes).expect("signs"));
        let mut chain = vec![origin.peer_id()];
        if relayed {
            chain.push(self.relay.peer_id());
        }
        ForwardRequest {
            terms: camille_bank::analyzer::question("bandicoot").terms,
            original_query: query,
            analyzer: camille_bank::analyzer::ANALYZER.into(),
            candidates: 50,
            request_chain: chain,
            ttl: 2,
            request_id,
            budget_ms: 5_000,
            origin: Origin { peer_id: origin.peer_id(), spki: STANDARD.encode(origin.spki()) },
            delegated: false,
            route: vec![RouteStep { peer_id: target, sig, not_after, children: Vec::new() }],
        }
    }

    async fn ask(&self, question: &ForwardRequest) -> (StatusCode, Value) {
        let body = serde_json::to_vec(question).expect("a body");
        let mut request = Request::post("/api/v1/forward")
            .header("content-type", "application/json")
            .header("x-api-key", &self.key)
            .body(Body::from(body))
            .expect("a request");
        let certificate = Some(self.relay.peer_id());
        request.extensions_mut().insert(Caller { remote: None, certificate });
        let response = self.node.public_router().oneshot(request).await.expect("answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    async fn is_answered(&self, question: &ForwardRequest) -> bool {
        let (status, answer) = self.ask(question).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        match answer["status"].as_str() {
            Some("ok") => answer["banks"][0]["hits"][0].is_object(),
            Some("duplicate") => false,
            _ => panic!("{answer}"),
        }
    }
}

#[tokio::test]
async fn questions_pass_between_clocks_half_a_day_apart() {
    let fixture = Fixture::new().await;
    for hours in [-12, -3, 0, 3, 12] {
        for minutes in [-2, 2] {
            let skew = hours * HOUR_S + minutes * 60;
            for relayed in [false, true] {
                let question = fixture.question(relayed, skew);
                assert!(fixture.is_answered(&question).await, "{hours} h, relayed: {relayed}");
            }
        }
    }
    // Who asks itself shows by its connection that it asks now, whatever its clock says.
    for years in [-50, 50] {
        let question = fixture.question(false, years * 365 * 24 * HOUR_S);
        assert!(fixture.is_answered(&question).await, "{years} years");
    }
    // What a relay brings may have lain there: it hears by how much the clocks differ.
    for (hours, said) in [(-14, "14 hours behind"), (100, "4 days ahead of")] {
        let (status, answer) = fixture.ask(&fixture.question(true, hours * HOUR_S)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(answer["detail"].as_str().is_some_and(|told| told.contains(said)), "{answer}");
    }
}

#[tokio::test]
async fn what_a_relay_kept_is_not_answered_again_also_after_a_restart() {
    let fixture = Fixture::new().await;
    let kept = [fixture.question(true, 0), fixture.question(true, 11 * HOUR_S)];
    for question in &kept {
        assert!(fixture.is_answered(question).await);
    }
    let changed = |question: &ForwardRequest| ForwardRequest { candidates: 7, ..question.clone() };
    for question in &kept {
        assert!(!fixture.is_answered(&changed(question)).await, "within the memory");
    }
    let fixture = fixture.restarted().await;
    for question in &kept {
        assert!(!fixture.is_answered(question).await, "after a restart");
        assert!(!fixture.is_answered(&changed(question)).await, "after a restart");
    }
    assert!(fixture.is_answered(&fixture.question(true, 0)).await, "a new one is");
}
