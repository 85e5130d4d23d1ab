//! Adding a peer by a key of theirs, naming and testing peers, and how their keys are renewed: real nodes on loopback.

use camille_client::{ClientError, NodeClient, PeerPool, PoolSettings, SearchParams};
use camille_node::identity::Identity;
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::invariant::Invariant;
use camille_proto::key::{ApiKey, PinnedKey};
use camille_proto::local::{
    AddPeer, InviteRequest, JoinCommand, KeyRequest, PeerTested, WayStatus,
};
use camille_proto::problem::Problem;
use camille_proto::query::Query;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

async fn node(name: &str) -> TestNode {
    let node = TestNode::start(name).await.expect("starts");
    let session =
        Session::new(name).cwd("/srv/api").person(&format!("the lock of {name} is stuck"));
    node.add(&[session]).await.expect("indexes");
    node.share("*").await.expect("shares");
    node
}

/// A key to a node's bank for whoever uses it first, and where the node is.
async fn key_of(node: &TestNode) -> (PinnedKey, Vec<String>) {
    let request = KeyRequest { name: "guest".into(), grant: Grant::teammate(), peer: true };
    let key = node.client().create_key(&request).await.expect("a key").key;
    let status = node.client().node_status().await.expect("status");
    (key.parse().expect("a pinned key"), status.listening)
}

fn asked(key: &PinnedKey, addresses: &[String]) -> AddPeer {
    let (peer_id, key) = (key.peer_id, key.key.clone());
    AddPeer { peer_id, addresses: addresses.to_vec(), key, name: None }
}

fn problem<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result {
        Err(ClientError::Problem(problem)) => *problem,
        other => panic!("not a problem: {other:?}"),
    }
}

async fn one(node: &TestNode) -> PeerTested {
    node.client().test_peers(None).await.expect("tests").remove(0)
}

#[tokio::test]
async fn what_did_not_hold_is_counted_and_stands_in_the_status() {
    let node = TestNode::start("ana").await.expect("starts");
    let told = async || node.client().node_status().await.expect("status").broken;
    assert_eq!(told().await, []);
    for times in 1..=2 {
        // Builds with debug assertions panic, too.
        let _ = std::panic::catch_unwind(|| Invariant::LinesAddUp.check(false));
        assert_eq!(told().await, [(Invariant::LinesAddUp.to_string(), times)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_opens_makes_a_peer_and_no_other_leaves_a_trace() {
    let (ana, bruno) = (node("ana").await, node("bruno").await);
    let (key, addresses) = key_of(&ana).await;
    let client = bruno.client();

    // Somebody else's key, another node's fingerprint, an address where nobody is, and one's own.
    let wrong = AddPeer { key: ApiKey::from_entropy([1; 6], [2; 32]), ..asked(&key, &addresses) };
    let refused = problem(client.add_peer(&wrong).await);
    assert_eq!((refused.status, refused.error.as_str()), (403, "Key refused"));
    let other = AddPeer { peer_id: PeerId::of_spki(b"eve"), ..asked(&key, &addresses) };
    let refused = problem(client.add_peer(&other).await);
    let detail = refused.detail.expect("both fingerprints");
    assert!(detail.contains(&other.peer_id.to_string()), "{detail}");
    assert!(detail.contains(&ana.peer_id().to_string()), "{detail}");
    let nowhere = asked(&key, &["127.0.0.1:9".into()]);
    assert_eq!(problem(client.add_peer(&nowhere).await).status, 502);
    let own = AddPeer { peer_id: bruno.peer_id(), ..asked(&key, &addresses) };
    assert_eq!(problem(client.add_peer(&own).await).error, "Own node");
    assert!(client.peers().await.expect("peers").is_empty(), "nothing was kept");

    let found = client.identify(&addresses[0]).await.expect("somebody answers");
    assert_eq!((found.peer_id, found.known_as, found.was), (ana.peer_id(), None, None));
    let added = client.add_peer(&asked(&key, &addresses)).await.expect("is added");
    assert_eq!((added.name.as_str(), added.documents), ("ana", 1));
    assert!(!added.known && !added.mutual);
    let answer = bruno.search("lock stuck").await.expect("searches").answer;
    assert!(answer.results.iter().any(|hit| hit.source == "peer:ana"));
    let answer = ana.search("lock stuck").await.expect("searches").answer;
    assert_eq!(answer.coverage.answered, 0, "it works one way only");

    // Again with another key and another name.
    let (key, _) = key_of(&ana).await;
    let named = AddPeer { name: Some("Ana of the API".into()), ..asked(&key, &addresses) };
    let added = client.add_peer(&named).await.expect("is added");
    assert_eq!((added.name.as_str(), added.known), ("Ana of the API", true));
    assert_eq!(client.peers().await.expect("peers").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_shows_at_once_and_is_nobody_elses() {
    let (ana, bruno) = (node("ana").await, node("bruno").await);
    ana.befriend(&bruno).await.expect("joins");
    let client = bruno.client();
    assert_eq!(problem(client.rename_peer("nobody", "x").await).status, 404);
    assert_eq!(problem(client.rename_peer("ana", "\u{1b}").await).status, 400);
    client.rename_peer("ana", "api / ana").await.expect("renames");
    client.rename_peer("api / ana", "boss").await.expect("a name may have any character");
    let answer = bruno.search("lock stuck").await.expect("searches").answer;
    assert!(answer.results.iter().any(|hit| hit.source == "peer:boss"));
    assert_eq!(answer.peers[0].name, "boss");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_tells_both_ways_apart() {
    let (ana, bruno) = (node("ana").await, node("bruno").await);
    let (key, addresses) = key_of(&ana).await;
    bruno.client().add_peer(&asked(&key, &addresses)).await.expect("is added");
    let tested = one(&bruno).await;
    assert_eq!((tested.there.status, tested.back.status), (WayStatus::Ok, WayStatus::NoKey));
    assert!(tested.there.took_ms.is_some());

    ana.befriend(&bruno).await.expect("joins");
    let tested = one(&bruno).await;
    assert_eq!((tested.there.status, tested.back.status), (WayStatus::Ok, WayStatus::Ok));
    assert_eq!(problem(bruno.client().test_peers(Some("nobody")).await).status, 404);

    let theirs = bruno.client().keys().await.expect("keys");
    let theirs = theirs.iter().find(|key| key.bound_to == Some(ana.peer_id())).expect("ana's");
    bruno.client().revoke_key(&theirs.id).await.expect("revokes");
    let tested = one(&ana).await;
    assert_eq!(tested.there.status, WayStatus::Refused, "{tested:?}");
    let ana_id = ana.peer_id();
    ana.stop().await;
    let tested = one(&bruno).await;
    assert_eq!((tested.peer_id, tested.there.status), (ana_id, WayStatus::Blocked));
    assert_eq!(tested.back.status, WayStatus::Unknown);
}

/// Makes it look as if the node got the keys for its peers' banks a month ago.
fn age_keys(node: &TestNode) {
    let db = rusqlite::Connection::open(node.home().join("home/node.db")).expect("opens");
    db.execute("UPDATE peer SET key_since = key_since - 31 * 86400 * 1000", []).expect("writes");
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(begun.elapsed().as_secs() < 60, "it never came about: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_peer_key_is_renewed_by_itself_and_an_ended_one_says_so() {
    let (ana, bruno) = (node("ana").await, node("bruno").await);
    ana.befriend(&bruno).await.expect("joins");
    let of_bruno = async || {
        let keys = ana.client().keys().await.expect("keys");
        keys.into_iter().filter(|key| key.bound_to == Some(bruno.peer_id())).collect::<Vec<_>>()
    };
    let before = of_bruno().await;
    assert_eq!(before.len(), 1);

    age_keys(&bruno);
    until("bruno has another key", async || of_bruno().await.len() == 2).await;
    let old = of_bruno().await.into_iter().find(|key| key.id == before[0].id).expect("there");
    let ends_in = old.expires.expect("ends").duration_since(jiff::Timestamp::now());
    assert!(ends_in.as_hours() < 7 * 24 && ends_in.as_hours() > 6 * 24, "{ends_in}");
    let answer = bruno.search("lock stuck").await.expect("searches").answer;
    assert!(answer.results.iter().any(|hit| hit.source == "peer:ana"), "{:?}", answer.peers);

    let new = of_bruno().await.into_iter().find(|key| key.id != old.id).expect("there");
    assert_eq!((&new.grant, &new.name), (&old.grant, &old.name));
    // It is handed out a moment before bruno holds it.
    until("bruno asks with the new one", async || {
        bruno.search("lock stuck").await.expect("searches");
        of_bruno().await.iter().any(|key| key.id == new.id && key.last_used.is_some())
    })
    .await;

    // Whoever revokes the new one does not leave the old one.
    ana.client().revoke_key(&new.id).await.expect("revokes");
    assert!(of_bruno().await.iter().all(|key| key.revoked.is_some()));
    let answer = bruno.search("another question").await.expect("searches").answer;
    let told = answer.peers.iter().find(|peer| peer.name == "ana").expect("ana is named");
    let reason = told.error.as_deref().expect("a reason");
    assert!(reason.contains("was revoked on") && reason.contains("for a new one"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_again_holds_one_key_and_so_does_the_other() {
    let (ana, bruno) = (node("ana").await, node("bruno").await);
    let live = async |node: &TestNode, of: PeerId| {
        let keys = node.client().keys().await.expect("keys").into_iter();
        keys.filter(|key| key.bound_to == Some(of) && key.revoked.is_none()).count()
    };
    for _ in 0..3 {
        ana.befriend(&bruno).await.expect("joins");
        assert_eq!(live(&ana, bruno.peer_id()).await, 1);
    }
    // The other way it is known once ana has asked with it.
    until("bruno gave one key", async || {
        ana.search("lock stuck").await.expect("searches");
        live(&bruno, ana.peer_id()).await == 1
    })
    .await;
    for (node, other) in [(&ana, "bruno"), (&bruno, "ana")] {
        let news = node.client().node_status().await.expect("a status").news;
        let told = format!("you and {other} joined again");
        assert!(news.iter().any(|news| news.starts_with(&told)), "{news:?}");
        assert_eq!(node.client().peers().await.expect("peers").len(), 1);
    }
    let answer = bruno.search("lock stuck").await.expect("searches").answer;
    assert!(answer.results.iter().any(|hit| hit.source == "peer:ana"), "{:?}", answer.peers);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_says_what_became_of_it() {
    let (ana, bruno) = (node("ana").await, node("bruno").await);
    let join = async |line: String| {
        let refused = bruno.client().join_invite(&JoinCommand { line, name: None }).await;
        let Err(ClientError::Problem(problem)) = refused else { panic!("{refused:?}") };
        assert_eq!(problem.error, "Invite refused");
        assert!(problem.hint.is_some(), "{problem:?}");
        problem.detail.unwrap_or_default()
    };
    let invite = async || {
        let request = InviteRequest { expires_s: 3600, uses: 1, grant: Grant::teammate() };
        ana.client().create_invite(&request).await.expect("an invite").line
    };
    let change = |sql: &str| {
        let db = rusqlite::Connection::open(ana.home().join("home/node.db")).expect("opens");
        assert!(db.execute(sql, []).expect("writes") > 0);
    };
    let line = invite().await;
    change("UPDATE key SET expires = 1700000000000 WHERE kind = 'invite'");
    let told = join(line).await;
    assert!(told.contains("was open until 2023-11-14 at 22:13 UTC"), "{told}");
    let line = invite().await;
    change("UPDATE key SET revoked = 1700000000000 WHERE kind = 'invite'");
    let told = join(line).await;
    assert!(told.contains("took this invite back on 2023-11-14"), "{told}");
    let line = invite().await;
    change("DELETE FROM invite");
    change("DELETE FROM key WHERE kind = 'invite'");
    let told = join(line).await;
    assert!(told.contains("has no such invite"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_take_no_place_of_who_has_shown_a_key() {
    let node = TestNode::start_with("ana", |s| s.limits.connections_max = 2).await.expect("starts");
    let key = KeyRequest { name: "tool".into(), grant: Grant::teammate(), peer: false };
    let key = node.client().create_key(&key).await.expect("a key").key;
    let listening = node.client().node_status().await.expect("status").listening;
    let home = tempfile::tempdir().expect("a directory");
    let mut callers = Vec::new();
    for name in ["one", "two", "three"] {
        let identity =
            Identity::load_or_create(&home.path().join(name), name, jiff::Timestamp::now());
        let identity = identity.expect("an identity");
        let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default());
        let pool = pool.expect("a pool");
        pool.set_addresses(node.peer_id(), listening.clone());
        let client =
            NodeClient::peer(&pool, node.peer_id(), Some(key.parse().expect("a tool's key")));
        client.search(&SearchParams::new(Query::new("lock"))).await.expect("one of three");
        callers.push((pool, client));
    }

    // Strangers have all the places that there are for strangers, and one more comes.
    let connect = async || TcpStream::connect(&listening[0]).await.expect("a connection");
    let mut strangers = [connect().await, connect().await];
    let _third = connect().await;
    let oldest = strangers[0].read(&mut [0]).await;
    assert!(matches!(oldest, Ok(0) | Err(_)), "it made room: {oldest:?}");
    for (pool, client) in callers {
        client.search(&SearchParams::new(Query::new("lock"))).await.expect("is still let in");
        pool.disconnect(&node.peer_id());
        client.search(&SearchParams::new(Query::new("lock"))).await.expect("anew, too");
    }
}
