//! Peers of a peer become peers: real nodes on loopback.

use camille_client::{ClientError, JoinAnswer, NodeClient, PeerPool, PoolSettings};
use camille_node::identity::Identity;
use camille_proto::grant::Grant;
use camille_proto::introduction::IntroductionRequest;
use camille_proto::join::JoinRequest;
use camille_proto::key::ApiKey;
use camille_proto::local::{InviteRequest, JoinCommand, KeyRequest, Standing};
use camille_proto::query::Query;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use std::time::{Duration, Instant};

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);

async fn node(name: &str) -> TestNode {
    let node = TestNode::start(name).await.expect("starts");
    let session =
        Session::new(name).cwd("/srv/api").person(&format!("the lock of {name} is stuck"));
    node.add(&[session]).await.expect("indexes");
    node.share("*").await.expect("shares");
    node
}

/// Waits until it is so.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "it never came about: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn candidates(node: &TestNode) -> Vec<(String, Standing)> {
    let found = node.client().candidates().await.expect("candidates");
    found.into_iter().map(|one| (one.name, one.standing)).collect()
}

async fn peers(node: &TestNode) -> Vec<String> {
    let peers = node.client().peers().await.expect("peers");
    let are_peers =
        peers.into_iter().filter(|peer| peer.we_can_search && peer.they_may_read.is_some());
    are_peers.map(|peer| peer.name).collect()
}

async fn answering(node: &TestNode) -> Vec<String> {
    let answer = node.search("lock stuck").await.expect("searches").answer;
    let mut sources: Vec<String> = answer.results.into_iter().map(|hit| hit.source).collect();
    sources.sort();
    sources.dedup();
    sources
}

/// A node by hand, which says what it likes: its identity, and its way to `node`.
async fn by_hand(node: &TestNode) -> (Identity, PeerPool, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a directory");
    let identity = Identity::load_or_create(home.path(), "hand", jiff::Timestamp::now());
    let identity = identity.expect("an identity");
    let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default());
    let pool = pool.expect("a pool");
    let status = node.client().node_status().await.expect("status");
    pool.set_addresses(node.peer_id(), status.listening);
    (identity, pool, home)
}

fn join_request() -> JoinRequest {
    let key = ApiKey::from_entropy([3; 6], [3; 32]);
    JoinRequest { name: "hand".into(), addresses: vec!["127.0.0.1:9".into()], key }
}

fn status<T: std::fmt::Debug>(answer: &Result<T, ClientError>) -> u16 {
    match answer {
        Err(ClientError::Problem(problem)) => problem.status,
        other => panic!("not a problem: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_become_peers_when_both_said_yes_and_not_before() {
    let (ana, bruno, cleo) = (node("ana").await, node("bruno").await, node("cleo").await);
    ana.befriend(&bruno).await.expect("joins");
    ana.befriend(&cleo).await.expect("joins");
    let (bruno_asks, cleo_asks) = (bruno.client(), cleo.client());
    let unknown = bruno_asks.set_introducer("nobody", true).await;
    assert_eq!(status(&unknown), 404);
    assert_eq!(status(&bruno_asks.accept(None).await), 409, "nobody introduces");

    // One alone is told of nobody.
    let set = bruno_asks.set_introducer("ana", true).await.expect("is set");
    assert_eq!((set.name.as_str(), set.reason), ("ana", None));
    assert!(candidates(&bruno).await.is_empty());
    cleo_asks.set_introducer("ana", true).await.expect("is set");
    assert_eq!(candidates(&cleo).await, [("bruno".to_owned(), Standing::Offered)]);
    until("bruno hears of cleo", async || Some(candidates(&bruno).await).filter(|c| !c.is_empty()))
        .await;

    let accepted = bruno_asks.accept(Some("cleo")).await.expect("accepts").accepted;
    assert!(!accepted[0].joined, "{accepted:?}");
    assert_eq!(accepted[0].reason.as_deref(), Some("waits until cleo accepts you"));
    assert!(peers(&cleo).await == ["ana"] && answering(&bruno).await == ["local", "peer:ana"]);

    let accepted = cleo_asks.accept(Some("bruno")).await.expect("accepts").accepted;
    assert!(accepted[0].joined, "{accepted:?}");
    assert_eq!((peers(&bruno).await, peers(&cleo).await), two(&["ana", "cleo"], &["ana", "bruno"]));
    for (asker, other) in [(&bruno, "peer:cleo"), (&cleo, "peer:bruno")] {
        assert!(answering(asker).await.iter().any(|source| source == other));
    }
    let news = bruno_asks.node_status().await.expect("status").news;
    assert!(news.iter().any(|text| text.contains("cleo is a peer now")), "{news:?}");

    // Ana parts with cleo: bruno hears of it and decides.
    ana.client().remove_peer("cleo").await.expect("removes");
    let news = until("bruno hears that ana parted with cleo", async || {
        let news = bruno_asks.node_status().await.expect("status").news;
        news.into_iter().find(|text| text.contains("camille peers remove cleo"))
    });
    news.await;
    assert_eq!(peers(&bruno).await, ["ana", "cleo"]);

    // Whom bruno removes stays away, though cleo still waits at his door.
    bruno_asks.remove_peer("cleo").await.expect("removes");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(peers(&bruno).await, ["ana"]);
}

fn two(first: &[&str], second: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    (owned(first), owned(second))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_opens_the_door_only_to_one_who_is_introduced_and_accepted() {
    let (ana, bruno) = (node("ana").await, node("bruno").await);
    ana.befriend(&bruno).await.expect("joins");
    bruno.client().set_introducer("ana", true).await.expect("is set");
    let (hand, at_bruno, _home) = by_hand(&bruno).await;
    let at_door = NodeClient::peer(&at_bruno, bruno.peer_id(), None);
    assert_eq!(status(&at_door.join(&join_request()).await), 401, "a stranger");

    // It becomes ana's peer, and wants to be introduced.
    let request = KeyRequest { name: "hand".into(), grant: Grant::teammate(), peer: true };
    let key = ana.client().create_key(&request).await.expect("a key").key;
    let key: camille_proto::key::PinnedKey = key.parse().expect("a pinned key");
    let ana_listens = ana.client().node_status().await.expect("status").listening;
    at_bruno.set_addresses(ana.peer_id(), ana_listens);
    let at_ana = NodeClient::peer(&at_bruno, ana.peer_id(), Some(key.key));
    let told = at_ana.introductions(&IntroductionRequest::default()).await.expect("is told");
    assert_eq!(told.candidates[0].peer_id, bruno.peer_id());
    until("bruno hears of it", async || Some(candidates(&bruno).await).filter(|c| !c.is_empty()))
        .await;

    assert_eq!(at_door.join(&join_request()).await.expect("waits"), JoinAnswer::Waits);
    // Nothing else opens.
    let params = camille_client::SearchParams::new(Query::new("lock"));
    assert_eq!(status(&at_door.search(&params).await), 401);
    let introductions = at_door.introductions(&IntroductionRequest::default()).await;
    assert_eq!(status(&introductions), 401);
    assert_eq!(peers(&bruno).await, ["ana"]);

    bruno.client().accept(Some(&hand.peer_id().to_string())).await.expect("accepts");
    let answer = at_door.join(&join_request()).await.expect("joins");
    let JoinAnswer::Joined(joined) = answer else { panic!("{answer:?}") };
    assert_eq!(joined.peer_id, bruno.peer_id());
    let found = NodeClient::peer(&at_bruno, bruno.peer_id(), Some(joined.key.clone()));
    assert_eq!(found.search(&params).await.expect("searches").results.len(), 1);

    // The key is this node's only, and taking it back closes the door.
    bruno.client().revoke_key(&joined.key.id()).await.expect("revokes");
    assert_eq!(status(&at_door.join(&join_request()).await), 401);
    at_ana.withdraw().await.expect("withdraws");
    assert_eq!(ana.client().candidates().await.expect("reads"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_fresh_nodes_and_one_invite() {
    let mut nodes = Vec::new();
    for n in 0..8 {
        nodes.push(node(&format!("n{n}")).await);
    }
    let (host, guests) = nodes.split_first().expect("eight");
    let request = InviteRequest { expires_s: 3600, uses: 7, grant: Grant::teammate() };
    let line = host.client().create_invite(&request).await.expect("an invite").line;
    let begun = Instant::now();
    for guest in guests {
        let command = JoinCommand { line: line.clone(), name: None };
        let joined = guest.client().join_invite(&command).await.expect("joins");
        assert!(!joined.pending, "{joined:?}");
        guest.client().set_introducer("n0", true).await.expect("is set");
        guest.client().accept(None).await.expect("accepts");
    }
    for node in &nodes {
        until("everybody finds everybody", async || {
            (answering(node).await.len() == nodes.len()).then_some(())
        })
        .await;
    }
    println!("eight nodes know each other after {:.1} s", begun.elapsed().as_secs_f64());
    for node in &nodes {
        assert_eq!(peers(node).await.len(), 7);
        let keys = node.client().keys().await.expect("keys");
        let live = keys.iter().filter(|key| key.kind == "peer" && key.revoked.is_none()).count();
        assert_eq!(live, 7, "one key for each peer");
    }
}
