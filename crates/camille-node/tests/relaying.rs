//! Questions that pass through relays, with real nodes over real TLS on loopback: how many requests they
//! cost, what comes back and what does not.

use camille_node::settings::Settings;
use camille_proto::answer::{Answer, Outcome, PeerReport};
use camille_proto::grant::{Grant, Verb};
use camille_proto::local::{AuditQuery, ForgetRequest, Forgettable};
use camille_proto::vocabulary::Sharing;
use camille_testkit::lie::Lie;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use std::time::{Duration, Instant};

/// How soon a node knows its neighbours' neighbours, or that somebody is away.
const SETTLES: Duration = Duration::from_secs(30);

fn relays(settings: &mut Settings) {
    settings.mesh.allow_indirect = true;
}

/// A node with one document in a project that peers of peers may see, and one that only peers may.
async fn node(name: &str, change: impl FnOnce(&mut Settings)) -> TestNode {
    let node = TestNode::start_with(name, change).await.expect("starts");
    let open = Session::new(format!("{name}-open"))
        .cwd("/srv/open")
        .person(&format!("the open lock of {name} was stuck"));
    let closer = Session::new(format!("{name}-near"))
        .cwd("/srv/near")
        .person(&format!("the near lock of {name} was stuck"));
    node.add(&[open, closer]).await.expect("indexes");
    node.share_as("/srv/open", Sharing::Indirect).await.expect("shares");
    node.share_as("/srv/near", Sharing::Shared).await.expect("shares");
    node
}

async fn ask(node: &TestNode) -> Answer {
    node.search("lock stuck").await.expect("an answer").answer
}

/// Asks until the answer is as it should be: nodes learn of each other in the background.
async fn ask_until(node: &TestNode, wanted: impl Fn(&Answer) -> bool) -> (Answer, Duration) {
    let started = Instant::now();
    loop {
        let answer = ask(node).await;
        if wanted(&answer) {
            return (answer, started.elapsed());
        }
        assert!(started.elapsed() < SETTLES, "never so: {:?}", answer.peers);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// How many forwarded questions each node has in its audit log.
async fn forwards(nodes: &[TestNode]) -> Vec<usize> {
    let mut counts = Vec::new();
    for node in nodes {
        let entries = node.client().audit(&AuditQuery::newest(10_000)).await.expect("the log");
        counts.push(entries.iter().filter(|entry| entry.event == "forward").count());
    }
    counts
}

fn report<'a>(answer: &'a Answer, node: &TestNode) -> &'a PeerReport {
    let found = answer.peers.iter().find(|report| report.peer_id == node.peer_id());
    found.unwrap_or_else(|| panic!("{} is not reported: {:?}", node.name(), answer.peers))
}

fn texts(answer: &Answer) -> Vec<&str> {
    let mut texts: Vec<&str> = answer.results.iter().map(|hit| hit.content.as_str()).collect();
    texts.sort_unstable();
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_brings_what_is_shared_with_peers_of_peers_and_nothing_else() {
    let ana = node("ana", |_| {}).await;
    let relay = node("relay", relays).await;
    let far = node("far", relays).await;
    relay.befriend(&ana).await.expect("joins");
    far.befriend(&relay).await.expect("joins");
    let (answer, _) = ask_until(&ana, |answer| answer.coverage.answered == 2).await;
    assert_eq!(
        texts(&answer),
        [
            "the near lock of ana was stuck",
            "the near lock of relay was stuck",
            "the open lock of ana was stuck",
            "the open lock of far was stuck",
            "the open lock of relay was stuck",
        ]
    );
    let far_report = report(&answer, &far);
    assert_eq!((far_report.hops, far_report.via), (1, Some(relay.peer_id())));
    assert_eq!((far_report.status, far_report.name.as_str()), (Outcome::Ok, "far"));
    let hit = answer.results.iter().find(|hit| hit.content.contains("far")).expect("found");
    assert_eq!((hit.hops, hit.peer_id), (1, far.peer_id()));
    assert!(!answer.partial, "{:?}", answer.peers);

    // The audit log of the far node names the relay and the origin.
    let entries = far.client().audit(&AuditQuery::newest(100)).await.expect("the log");
    let entry = entries.iter().find(|entry| entry.event == "forward").expect("written down");
    assert_eq!((entry.peer_id, entry.origin), (Some(relay.peer_id()), Some(ana.peer_id())));
    assert_eq!(entry.documents.len(), 1, "what it handed over itself");

    // Far from both sides: ana does not relay, so the far node sees only the relay's.
    let (answer, _) = ask_until(&far, |answer| answer.coverage.answered == 1).await;
    assert_eq!(answer.coverage.known, 1, "ana does not answer relayed questions: {answer:?}");
    for node in [ana, relay, far] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nothing_is_passed_on() {
    let ana = node("ana", |_| {}).await;
    let closed = node("closed", |_| {}).await;
    let far = node("far", relays).await;
    closed.befriend(&ana).await.expect("joins");
    far.befriend(&closed).await.expect("joins");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let answer = ask(&ana).await;
    assert_eq!((answer.coverage.known, answer.coverage.answered), (1, 1), "{answer:?}");
    assert!(!texts(&answer).iter().any(|text| text.contains("far")));
    for node in [ana, closed, far] {
        node.stop().await;
    }
}

/// Everybody knows everybody and relays: each node is asked once, directly.
async fn in_a_full_mesh_of(count: usize) {
    let mut nodes = Vec::new();
    for at in 0..count {
        nodes.push(node(&format!("n{at}"), relays).await);
    }
    for at in 0..count {
        for other in at + 1..count {
            nodes[at].befriend(&nodes[other]).await.expect("joins");
        }
    }
    // Until the origin knows what everybody tells of the others.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = forwards(&nodes).await;
    let answer = ask(&nodes[0]).await;
    let after = forwards(&nodes).await;
    let asked: Vec<usize> = before.iter().zip(&after).map(|(b, a)| a - b).collect();
    let mut expected = vec![1; count];
    expected[0] = 0;
    assert_eq!(asked, expected, "{count} nodes: exactly {} requests", count - 1);
    assert_eq!(answer.coverage.answered as usize, count - 1, "{:?}", answer.peers);
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_costs_one_request_a_node() {
    for count in [2, 5, 10, 20] {
        in_a_full_mesh_of(count).await;
    }
}

/// A connected graph of so many nodes: a random tree, and some edges more.
fn graph(seed: u64, count: usize) -> Vec<(usize, usize)> {
    let mut state = seed;
    let mut below = |bound: usize| {
        // A linear congruential generator (Knuth, MMIX): the same graph for the same seed.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % bound
    };
    let mut edges: Vec<(usize, usize)> = (1..count).map(|node| (below(node), node)).collect();
    for _ in 0..count / 2 {
        let (one, other) = (below(count), below(count));
        let edge = (one.min(other), one.max(other));
        if one != other && !edges.contains(&edge) {
            edges.push(edge);
        }
    }
    edges
}

/// How many edges lie between node 0 and each other one.
fn distances(edges: &[(usize, usize)], count: usize) -> Vec<usize> {
    let mut distances = vec![usize::MAX; count];
    distances[0] = 0;
    for _ in 0..count {
        for (one, other) in edges {
            for (from, to) in [(one, other), (other, one)] {
                distances[*to] = distances[*to].min(distances[*from].saturating_add(1));
            }
        }
    }
    distances
}

#[tokio::test(flavor = "multi_thread")]
async fn in_any_graph_each_node_within_reach_is_asked_once() {
    const COUNT: usize = 8;
    for seed in [1, 2, 3] {
        let edges = graph(seed, COUNT);
        let mut nodes = Vec::new();
        for at in 0..COUNT {
            let five = |settings: &mut Settings| {
                relays(settings);
                settings.mesh.ttl = 5;
            };
            nodes.push(node(&format!("n{at}"), five).await);
        }
        for (one, other) in &edges {
            nodes[*one].befriend(&nodes[*other]).await.expect("joins");
        }
        // Five nodes on a path are four steps.
        let within = distances(&edges, COUNT).iter().map(|steps| *steps <= 4).collect::<Vec<_>>();
        let reached = within.iter().filter(|within| **within).count() - 1;
        ask_until(&nodes[0], |answer| answer.coverage.answered as usize == reached).await;
        let before = forwards(&nodes).await;
        let answer = ask(&nodes[0]).await;
        let after = forwards(&nodes).await;
        let asked: Vec<usize> = before.iter().zip(&after).map(|(b, a)| a - b).collect();
        let mut expected: Vec<usize> = within.iter().map(|within| usize::from(*within)).collect();
        expected[0] = 0;
        assert_eq!(asked, expected, "seed {seed}, {edges:?}");
        assert_eq!(answer.coverage.answered as usize, reached, "seed {seed}: {:?}", answer.peers);
        for node in nodes {
            node.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_people_who_ask_through_one_relay_are_not_too_many() {
    // What is the default outside of tests.
    let defaults = Settings::new("unused".into(), "unused".into()).limits;
    let real = |settings: &mut Settings| {
        relays(settings);
        settings.limits = defaults.clone();
    };
    let relay = node("relay", real).await;
    let far = node("far", real).await;
    far.befriend(&relay).await.expect("joins");
    let mut people = Vec::new();
    for at in 0..20 {
        let person = node(&format!("p{at}"), |_| {}).await;
        relay.befriend(&person).await.expect("joins");
        people.push(person);
    }
    for person in &people {
        ask_until(person, |answer| answer.coverage.answered == 2).await;
    }
    let before = forwards(std::slice::from_ref(&far)).await[0];
    for question in 0..4 {
        for person in &people {
            let answer = person.search(&format!("lock stuck {question}")).await.expect("an answer");
            let statuses: Vec<Outcome> = answer.answer.peers.iter().map(|r| r.status).collect();
            assert_eq!(statuses, [Outcome::Ok, Outcome::Ok], "{:?}", answer.answer.peers);
        }
    }
    let after = forwards(std::slice::from_ref(&far)).await[0];
    assert_eq!(after - before, 80, "each question reached the far node once");
    for node in people.into_iter().chain([relay, far]) {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_relays_nodes_come_back_through_another() {
    let ana = node("ana", |_| {}).await;
    let first = node("first", relays).await;
    let second = node("second", relays).await;
    let far = node("far", relays).await;
    for relay in [&first, &second] {
        relay.befriend(&ana).await.expect("joins");
        far.befriend(relay).await.expect("joins");
    }
    let (answer, _) = ask_until(&ana, |answer| answer.coverage.answered == 3).await;
    let via = report(&answer, &far).via.expect("through a relay");
    let (dead, alive) = if via == first.peer_id() { (first, second) } else { (second, first) };
    dead.stop().await;
    let (answer, took) =
        ask_until(&ana, |answer| answer.results.iter().any(|hit| hit.content.contains("of far")))
            .await;
    assert_eq!(report(&answer, &far).via, Some(alive.peer_id()), "after {took:?}");
    for node in [ana, alive, far] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_grandchild_costs_a_relay_nothing_of_its_own() {
    // Before the relay's own time is over, and after those below it must have answered.
    let ana = node("ana", |_| {}).await;
    let relay = node("relay", relays).await;
    let lie = Lie::Late(Duration::from_millis(4_900));
    let far = TestNode::start_lying("far", lie, relays).await.expect("starts");
    relay.befriend(&ana).await.expect("joins");
    far.befriend(&relay).await.expect("joins");
    // Until the plan of a question holds the far node, which takes too long to answer.
    let planned =
        |answer: &Answer| answer.peers.iter().any(|r| r.hops == 1 && r.status == Outcome::TimedOut);
    let started = Instant::now();
    let answer = loop {
        let asked = Instant::now();
        let answer = ask(&ana).await;
        assert!(asked.elapsed() < Duration::from_millis(5_200), "{:?}", asked.elapsed());
        if planned(&answer) {
            break answer;
        }
        assert!(started.elapsed() < SETTLES, "never planned: {:?}", answer.peers);
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(texts(&answer).contains(&"the near lock of relay was stuck"), "{answer:?}");
    assert_eq!(report(&answer, &relay).status, Outcome::Partial);
    assert!(answer.partial);
    for node in [ana, relay, far] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_costs_no_question_until_something_changes() {
    let ana = node("ana", |settings| settings.mesh.cache_ttl = Duration::from_secs(60)).await;
    let bruno = node("bruno", |_| {}).await;
    bruno.befriend(&ana).await.expect("joins");
    let first = ask(&ana).await;
    let again = ask(&ana).await;
    assert_eq!(first.results, again.results);
    assert_eq!(first.coverage, again.coverage);
    ana.search("stuck lock").await.expect("another question");
    // The own bank answers as it is at this moment.
    let new = Session::new("new").cwd("/srv/near").person("the lock of yesterday was stuck again");
    ana.add(&[new]).await.expect("indexes");
    assert!(texts(&ask(&ana).await).iter().any(|text| text.contains("yesterday")));
    let entries = bruno.client().audit(&AuditQuery::newest(100)).await.expect("the log");
    assert_eq!(entries.iter().filter(|entry| entry.event == "forward").count(), 2);
    // Whom one parts with is forgotten at once.
    ana.client().remove_peer("bruno").await.expect("removed");
    assert!(!texts(&ask(&ana).await).iter().any(|text| text.contains("bruno")));
    for node in [ana, bruno] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_shares_or_takes_back_shows_at_once_also_in_what_was_kept() {
    let ana = node("ana", |settings| settings.mesh.cache_ttl = Duration::from_secs(60)).await;
    let bruno = node("bruno", |_| {}).await;
    bruno.befriend(&ana).await.expect("joins");
    let late = Session::new("late").cwd("/srv/late").person("the late lock of bruno was stuck");
    let session = late.id().to_owned();
    bruno.add(&[late]).await.expect("indexes");
    let has = |answer: &Answer, what: &str| texts(answer).iter().any(|text| text.contains(what));
    let kept = ask(&ana).await;
    assert!(has(&kept, "near lock of bruno") && !has(&kept, "late lock of bruno"));
    assert_eq!(kept.results, ask(&ana).await.results);
    bruno.share_as("/srv/near", Sharing::Private).await.expect("unshares");
    let answer = ask(&ana).await;
    assert!(!has(&answer, "near lock of bruno") && has(&answer, "open lock of bruno"));
    bruno.share("/srv/late").await.expect("shares");
    assert!(has(&ask(&ana).await, "late lock of bruno"));
    let forget =
        ForgetRequest { what: Forgettable::Session { session, agent: None }, preview: false };
    bruno.client().forget(&forget).await.expect("forgets");
    assert!(!has(&ask(&ana).await, "late lock of bruno"));
    // What is kept is not used either when the peer has parted with this node.
    assert!(has(&ask(&ana).await, "open lock of bruno"));
    bruno.client().remove_peer("ana").await.expect("removed");
    let answer = ask(&ana).await;
    assert!(!has(&answer, "lock of bruno"));
    assert_eq!(report(&answer, &bruno).status, Outcome::Denied);
    for node in [ana, bruno] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_is_told_of_nobody() {
    let relay = node("relay", relays).await;
    let far = node("far", relays).await;
    far.befriend(&relay).await.expect("joins");
    let grant = Grant { verbs: vec![Verb::Search], projects: None };
    let ana = node("ana", |_| {}).await;
    relay.befriend_with(&ana, grant).await.expect("joins");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let answer = ask(&ana).await;
    assert_eq!(answer.coverage.known, 1, "{:?}", answer.peers);
    for node in [ana, relay, far] {
        node.stop().await;
    }
}
