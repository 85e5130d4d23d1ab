//! Several real nodes over real TLS on loopback: joining, asking, and what happens when one is slow,
//! gone, removed or never shared a thing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_client::{ClientError, NodeClient, PeerPool, PoolSettings, SearchParams};
use camille_node::identity::Identity;
use camille_proto::answer::{Answer, Outcome};
use camille_proto::forward::{ForwardRequest, Origin, RouteStep, signed_bytes};
use camille_proto::grant::Grant;
use camille_proto::id::RequestId;
use camille_proto::invite::Invite;
use camille_proto::key::PinnedKey;
use camille_proto::local::AuditQuery;
use camille_proto::local::{InviteRequest, JoinCommand, KeyRequest};
use camille_proto::query::Query;
use camille_proto::statistics::Statistics;
use camille_testkit::lie::{Lie, Nonsense};
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

fn about_locks(name: &str) -> Session {
    Session::new(name)
        .cwd("/home/ana/acme/api")
        .person("why does the deploy migration hang, waiting for a lock?")
        .agent("An idle transaction holds the lock. Set idle_in_transaction_session_timeout.")
}

fn about_pay(name: &str) -> Session {
    Session::new(name)
        .cwd("/home/ana/acme/payroll")
        .person("the quetzalcoatl bonus lock must stay between us")
        .agent("Understood, quetzalcoatl stays here.")
}

/// Ana with a shared and a private project, and Bruno with something of his own, joined.
async fn ana_and_bruno() -> (TestNode, TestNode) {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let bruno = TestNode::start("bruno").await.expect("bruno starts");
    ana.add(&[about_locks("locks"), about_pay("pay")]).await.expect("indexes");
    ana.share("/home/ana/acme/api").await.expect("shares");
    let own = Session::new("css").cwd("/home/bruno/web").person("the css lock icon is blurry");
    bruno.add(&[own]).await.expect("indexes");
    ana.befriend(&bruno).await.expect("joins");
    (ana, bruno)
}

fn sources(answer: &Answer) -> Vec<&str> {
    answer.results.iter().map(|hit| hit.source.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_leaves_both_sides_pinned_and_keyed() {
    let (ana, bruno) = ana_and_bruno().await;
    for (node, other) in [(&ana, &bruno), (&bruno, &ana)] {
        let peers = node.client().peers().await.expect("peers");
        assert_eq!(peers.len(), 1);
        assert_eq!(peers[0].peer_id, other.peer_id());
        assert!(peers[0].we_can_search && peers[0].they_may_read.is_some(), "{peers:?}");
    }
    let status = ana.client().node_status().await.expect("status");
    assert!(status.news.iter().any(|news| news.contains("bruno")), "{:?}", status.news);

    let found = bruno.search("migration lock").await.expect("searches").answer;
    assert_eq!(found.peers[0].status, Outcome::Ok);
    assert_eq!((found.coverage.known, found.coverage.asked, found.coverage.answered), (1, 1, 1));
    assert!(sources(&found).contains(&"peer:ana") && sources(&found).contains(&"local"));
    assert!(!found.partial);
    // Ana holds a key for Bruno's bank as well; he shares nothing.
    let nothing = ana.search("css icon").await.expect("searches").answer;
    assert_eq!(nothing.peers[0].status, Outcome::Ok);
    assert!(nothing.results.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn private_projects_leak_neither_hits_nor_statistics() {
    let (ana, bruno) = ana_and_bruno().await;
    let found = bruno.search("quetzalcoatl").await.expect("searches").answer;
    assert!(found.results.is_empty() && found.peers[0].hits == 0);

    // What travels, not only what is shown: one bank's statistics as Bruno's node receives them.
    let statistics = statistics_of(&ana, "quetzalcoatl lock").await;
    assert_eq!((statistics.documents, statistics.sessions), (2, 1));
    assert_eq!(statistics.df.body[0], 0, "quetzalcoatl: {statistics:?}");
    assert_eq!(statistics.df.context[0], 0);
    assert_eq!(statistics.df.session[0], 0);
    assert_eq!(statistics.df.body[1], 2, "lock");

    let secret = ana.ask(Query::new("quetzalcoatl"), true).await.expect("her own").answer;
    let id = secret.results[0].id;
    let refused = bruno.client().local_document(&id, Some(&ana.peer_id())).await;
    assert!(
        matches!(&refused, Err(ClientError::Problem(problem)) if problem.status == 404),
        "{refused:?}"
    );
}

/// A fresh peer of `node` that asks by hand, and its question.
async fn fresh_peer(node: &TestNode, q: &str) -> (NodeClient, ForwardRequest) {
    let home = tempfile::tempdir().expect("a directory");
    let identity = Identity::load_or_create(home.path(), "fresh", jiff::Timestamp::now());
    let identity = identity.expect("an identity");
    let request = KeyRequest { name: "fresh".into(), grant: Grant::teammate(), peer: true };
    let created = node.client().create_key(&request).await.expect("a key");
    let key: PinnedKey = created.key.parse().expect("a peer key");
    let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default());
    let pool = pool.expect("a pool");
    let status = node.client().node_status().await.expect("status");
    pool.set_addresses(key.peer_id, status.listening);

    let query = Query::new(q);
    let request_id = RequestId(uuid::Uuid::now_v7());
    let not_after = jiff::Timestamp::now().as_second() + 60;
    let bytes = signed_bytes(request_id, &key.peer_id, false, &query, not_after);
    let signature = identity.sign(&bytes).expect("signs");
    let route = RouteStep {
        peer_id: key.peer_id,
        sig: STANDARD.encode(signature),
        not_after,
        children: Vec::new(),
    };
    let request = ForwardRequest {
        terms: camille_bank::analyzer::question(q).terms,
        original_query: query,
        analyzer: camille_bank::analyzer::ANALYZER.into(),
        candidates: 50,
        request_chain: vec![identity.peer_id()],
        ttl: 2,
        request_id,
        budget_ms: 5_000,
        origin: Origin { peer_id: identity.peer_id(), spki: STANDARD.encode(identity.spki()) },
        delegated: false,
        route: vec![route],
    };
    (NodeClient::peer(&pool, key.peer_id, Some(key.key)), request)
}

/// What `node` tells a fresh peer about its bank.
async fn statistics_of(node: &TestNode, q: &str) -> Statistics {
    let (client, request) = fresh_peer(node, q).await;
    let answer = client.forward(&request, Duration::from_secs(5)).await.expect("answers");
    answer.banks[0].stats.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_the_same_again_gets_the_same_answer_and_nothing_is_searched_twice() {
    let (ana, _bruno) = ana_and_bruno().await;
    let (client, mut request) = fresh_peer(&ana, "migration lock").await;
    let deadline = Duration::from_secs(5);
    let first = client.forward(&request, deadline).await.expect("answers");
    assert!(!first.banks[0].hits.is_empty());
    // A new document would be found by a new search.
    ana.add(&[about_locks("later")]).await.expect("indexes");
    request.budget_ms = 1_234;
    assert_eq!(client.forward(&request, deadline).await.expect("answers"), first);
    // Under the same id something else is no repetition.
    request.candidates = 1;
    let other = client.forward(&request, deadline).await.expect("answers");
    assert_eq!((other.status, other.banks.len()), (Outcome::Duplicate, 0));
    request.request_id = RequestId(uuid::Uuid::now_v7());
    let refused = client.forward(&request, deadline).await;
    assert!(refused.is_err(), "the signature is for the other id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_document_can_be_read_from_a_peer() {
    let (ana, bruno) = ana_and_bruno().await;
    let found = bruno.search("idle transaction").await.expect("searches").answer;
    let view = bruno.client().local_document(&found.results[0].id, Some(&ana.peer_id())).await;
    let view = view.expect("reads");
    assert_eq!(view.peer_id, ana.peer_id());
    assert!(view.content.contains("idle_in_transaction_session_timeout"));
    assert_eq!(view.before.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_peer_is_refused_at_once() {
    let (ana, bruno) = ana_and_bruno().await;
    bruno.search("migration lock").await.expect("a pooled connection is open");
    ana.client().remove_peer("bruno").await.expect("removes");
    let found = bruno.search("migration lock").await.expect("searches").answer;
    assert_eq!(found.peers[0].status, Outcome::Denied);
    assert_eq!(sources(&found), ["local"]);
    assert!(ana.client().peers().await.expect("peers").is_empty());
    // Ana's own key for Bruno's bank is gone with him: she asks nobody.
    assert_eq!(ana.search("lock").await.expect("searches").answer.coverage.known, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knocks_after_he_was_removed_is_told_of_once() {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let (client, _) = fresh_peer(&ana, "lock").await;
    client.info().await.expect("the key opens");
    let keys = ana.client().keys().await.expect("keys");
    ana.client().revoke_key(&keys[0].id).await.expect("revokes");
    for _ in 0..20 {
        assert!(client.info().await.is_err(), "refused");
    }
    let search = SearchParams::new(Query::new("lock"));
    for _ in 0..2 {
        assert!(client.search(&search).await.is_err(), "refused");
    }
    let entries = ana.client().audit(&AuditQuery::newest(1_000)).await.expect("the log");
    let of = |route| entries.iter().filter(|e| e.status == 401 && e.route.ends_with(route)).count();
    assert_eq!(of("/info"), 1, "{entries:#?}");
    assert_eq!(of("/search"), 2, "each question is written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_hangs_or_is_gone_costs_its_own_hits_only() {
    let patience = Duration::from_millis(700);
    let carla = TestNode::start_with("carla", |s| s.mesh.peer_timeout = patience).await;
    let carla = carla.expect("carla starts");
    carla.add(&[Session::new("own").person("my own lock notes")]).await.expect("indexes");
    let ana = TestNode::start("ana").await.expect("ana starts");
    ana.add(&[about_locks("locks")]).await.expect("indexes");
    ana.share("*").await.expect("shares");
    ana.befriend(&carla).await.expect("joins");
    let port = free_port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let dora = TestNode::start_with("dora", |s| s.node.bind = Some(vec![address])).await;
    let dora = dora.expect("dora starts");
    dora.befriend(&carla).await.expect("joins");
    dora.stop().await;
    // It takes connections and never says a word, as a stopped process does.
    let silent = std::net::TcpListener::bind(address).expect("the port is free again");

    let started = Instant::now();
    let found = carla.search("lock").await.expect("searches").answer;
    assert!(started.elapsed() < patience + Duration::from_secs(2), "{:?}", started.elapsed());
    let status = |name: &str| {
        let report = found.peers.iter().find(|report| report.name == name);
        report.map(|report| report.status)
    };
    assert_eq!((status("ana"), status("dora")), (Some(Outcome::Ok), Some(Outcome::TimedOut)));
    assert!(found.partial);
    assert!(sources(&found).contains(&"local") && sources(&found).contains(&"peer:ana"));
    assert_eq!((found.coverage.known, found.coverage.answered), (2, 1));

    drop(silent);
    let found = carla.search("lock").await.expect("searches").answer;
    let gone = found.peers.iter().find(|report| report.name == "dora").expect("named");
    // A probe may have found out before.
    let missed = [Outcome::Failed, Outcome::TimedOut, Outcome::Skipped];
    assert!(missed.contains(&gone.status), "{gone:?}");
    assert!(gone.error.is_some());
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_for_one_and_its_user_may_come_back() {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let bruno = TestNode::start("bruno").await.expect("bruno starts");
    let mallory = TestNode::start("mallory").await.expect("mallory starts");
    let request = InviteRequest { expires_s: 60, uses: 1, grant: Grant::teammate() };
    let line = ana.client().create_invite(&request).await.expect("invites").line;
    let join = |node: &TestNode| {
        let command = JoinCommand { line: line.clone(), name: None };
        let client = node.client().clone();
        async move { client.join_invite(&command).await }
    };
    assert!(!join(&bruno).await.expect("joins").pending);
    let refused = join(&mallory).await.expect_err("used");
    assert!(matches!(&refused, ClientError::Problem(p) if p.status == 409), "{refused}");
    assert!(refused.to_string().contains("bruno"), "{refused}");
    assert!(!join(&bruno).await.expect("again").pending, "the same node may repeat it");
    assert_eq!(ana.client().peers().await.expect("peers").len(), 1);
    bruno.search("anything").await.expect("searches");
    assert!(mallory.client().peers().await.expect("peers").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_opens_join_and_nothing_else() {
    let ana = TestNode::start("ana").await.expect("ana starts");
    ana.add(&[about_locks("locks")]).await.expect("indexes");
    ana.share("*").await.expect("shares");
    let request = InviteRequest { expires_s: 60, uses: 1, grant: Grant::teammate() };
    let line = ana.client().create_invite(&request).await.expect("invites").line;
    let invite: Invite = line.parse().expect("an invite");
    let stranger = tempfile::tempdir().expect("a directory");
    let identity = Identity::load_or_create(stranger.path(), "stranger", jiff::Timestamp::now());
    let identity = identity.expect("an identity");
    let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default()).expect("a pool");
    pool.set_addresses(invite.peer_id, invite.addresses);
    let client = NodeClient::peer(&pool, invite.peer_id, Some(invite.key));
    let refused = client.search(&SearchParams::new(Query::new("lock"))).await;
    assert!(matches!(&refused, Err(ClientError::Problem(p)) if p.status == 403), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_completes_by_itself_when_the_inviter_comes_back() {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let bruno = TestNode::start_with("bruno", |s| {
        s.mesh.connect_timeout = Duration::from_millis(300);
    });
    let bruno = bruno.await.expect("bruno starts");
    let request = InviteRequest { expires_s: 60, uses: 1, grant: Grant::teammate() };
    let line = ana.client().create_invite(&request).await.expect("invites").line;
    let mut invite: Invite = line.parse().expect("an invite");
    let real = invite.addresses.clone();
    invite.addresses = vec![format!("127.0.0.1:{}", free_port())];
    let away = JoinCommand { line: invite.to_string(), name: None };
    let result = bruno.client().join_invite(&away).await.expect("begins");
    assert!(result.pending && result.reason.is_some());
    let peers = bruno.client().peers().await.expect("peers");
    assert_eq!(peers[0].status, "pending");
    // The same invite with an address that answers completes the same join.
    invite.addresses = real;
    let again = JoinCommand { line: invite.to_string(), name: None };
    assert!(!bruno.client().join_invite(&again).await.expect("joins").pending);
    let peers = bruno.client().peers().await.expect("peers");
    assert_eq!((peers.len(), peers[0].we_can_search), (1, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_local_until_it_is_invited_or_invites() {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let before = ana.client().node_status().await.expect("status");
    assert!(!before.open && before.listening.is_empty());
    let request = InviteRequest { expires_s: 60, uses: 1, grant: Grant::teammate() };
    let made = ana.client().create_invite(&request).await.expect("invites");
    assert!(made.listening && !made.addresses.is_empty());
    assert!(made.shared.is_empty(), "nothing is shared, and the invite says so");
    let after = ana.client().node_status().await.expect("status");
    assert!(after.open && !after.listening.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_origin_and_the_question_stand_in_the_audit_log() {
    let (ana, bruno) = ana_and_bruno().await;
    bruno.search("migration lock").await.expect("searches");
    let entries = ana.client().audit(&AuditQuery::newest(50)).await.expect("the log");
    let entry = entries.iter().find(|entry| entry.event == "forward").expect("the question");
    assert_eq!(entry.origin, Some(bruno.peer_id()));
    assert_eq!(entry.peer_id, Some(bruno.peer_id()));
    assert_eq!(entry.query.as_deref(), Some("migration lock"));
    assert_eq!(entry.results, Some(2));
    let first = bruno.search("migration lock").await.expect("searches");
    assert!(!first.first_mesh_search, "said once, and the search before was the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_of_another_protocol_is_named_as_one() {
    let later = TestNode::start_lying("later", Lie::Protocol, |_| {}).await.expect("starts");
    later.add(&[about_locks("locks")]).await.expect("indexes");
    later.share("*").await.expect("shares");
    let ana = TestNode::start("ana").await.expect("ana starts");
    later.befriend(&ana).await.expect("joins");
    let begun = Instant::now();
    let told = loop {
        let answer = ana.search("migration lock").await.expect("searches").answer;
        if answer.peers[0].status == Outcome::Failed {
            break answer.peers[0].error.clone().unwrap_or_default();
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", answer.peers);
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(told, "speaks protocol 2.0, this node 1.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_costs_one_line_each_and_nothing_else() {
    let (_ana, bruno) = ana_and_bruno().await;
    let liars = Nonsense::ALL.into_iter().enumerate().map(async |(number, nonsense)| {
        let name = format!("liar-{number}");
        let liar = TestNode::start_lying(&name, Lie::Nonsense(nonsense), |_| {}).await;
        let liar = liar.expect("starts");
        liar.add(&[about_locks("locks")]).await.expect("indexes");
        liar.share("*").await.expect("shares");
        liar.befriend(&bruno).await.expect("joins");
        (name, nonsense, liar)
    });
    let liars = futures_util::future::join_all(liars).await;
    let begun = Instant::now();
    let answer = bruno.search("migration lock").await.expect("searches").answer;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(answer.peers.len(), 1 + liars.len());
    let of = |name: &str| answer.peers.iter().find(|peer| peer.name == name).expect("a line");
    assert_eq!((of("ana").status, of("ana").hits), (Outcome::Ok, 2));
    for (name, nonsense, _) in &liars {
        let line = of(name);
        let expected =
            if *nonsense == Nonsense::Drip { Outcome::TimedOut } else { Outcome::Failed };
        assert_eq!((line.status, line.hits), (expected, 0), "{nonsense:?}: {:?}", line.error);
        let reason = line.error.as_deref().expect("a reason");
        assert!(reason.len() < 300 && !reason.contains(['<', '\n']), "{nonsense:?}: {reason}");
    }
    let found = sources(&answer);
    assert!(found.contains(&"peer:ana"), "{found:?}");
    assert!(found.iter().all(|source| !source.contains("liar")), "{found:?}");
    assert!(answer.partial, "some did not answer");
}
