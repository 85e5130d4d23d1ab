//! What a peer wrote and an agent of the owner's writes down stays the peer's: it does not become a document
//! here, in whatever guise it comes, wherever it stands and whenever.

#[path = "../../../camille-ingest/tests/echo/guise.rs"]
mod guise;

mod apart;
mod back;
mod place;
mod shared;

use camille_proto::hit::Hit;
use camille_proto::local::{ForgetRequest, Forgettable, IndexRequest};
use camille_proto::query::Query;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use guise::{THEIRS, WORDS, ways};
use place::{Transcript, own_words};
use std::path::Path;

pub(crate) const PROJECT: &str = "/home/ana/acme/api";

/// A node whose home outlives it.
pub(crate) async fn bruno(home: &Path) -> TestNode {
    let home = home.join("home");
    TestNode::start_with("bruno", |settings| settings.home = home).await.expect("bruno starts")
}

pub(crate) async fn index(node: &TestNode, dir: &Path) {
    node.index(&[dir.to_owned()]).await.expect("indexes");
}

/// Hits of this source that say the word, in their text or title.
async fn say(node: &TestNode, word: &str, source: &str) -> Vec<Hit> {
    let asked = node.ask(Query { limit: 100, ..Query::new(word) }, source == "local").await;
    let letters = |text: &str| -> String {
        text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
    };
    let says = |text: &str| letters(text).contains(&letters(word));
    // A document is also found by its neighbours' words.
    let says = |hit: &Hit| says(&hit.content) || hit.metadata.title.as_deref().is_some_and(says);
    let hits = asked.expect("answers").answer.results;
    hits.into_iter().filter(|hit| hit.source == source && says(hit)).collect()
}

/// Nothing of the peer's is found as the owner's, by the owner and by a third.
async fn nothing_came_in(node: &TestNode, third: Option<&TestNode>, when: &str) {
    for word in WORDS {
        let own = say(node, word, "local").await;
        let own: Vec<_> = own.iter().map(|hit| (&hit.content, &hit.metadata.title)).collect();
        assert!(own.is_empty(), "{when}: {word} in {own:#?}");
        if let Some(third) = third {
            assert_eq!(say(third, word, "peer:bruno").await, [], "{when}: {word}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_wrote_does_not_become_ones_own() {
    let home = tempfile::tempdir().expect("a directory");
    let ana = TestNode::start("ana").await.expect("ana starts");
    let cleo = TestNode::start("cleo").await.expect("cleo starts");
    let node = bruno(home.path()).await;
    let session = Session::new("locks").cwd(PROJECT).person("why does it hang?");
    ana.add(&[session.agent(THEIRS[0]).agent(THEIRS[1])]).await.expect("indexes");
    ana.share(PROJECT).await.expect("shares");
    ana.befriend(&node).await.expect("joins");
    node.befriend(&cleo).await.expect("joins");
    for (question, theirs) in
        ["narwhal migration lock", "quokka invoices rounded"].iter().zip(THEIRS)
    {
        let asked = node.search(question).await.expect("answers");
        let hit = asked.answer.results.iter().find(|hit| hit.content == theirs);
        assert_eq!(hit.expect("ana answers").source, "peer:ana");
    }

    // Each guise in a tool's output, each quotation where it can stand, each place; by both agents.
    let dir = home.path().join("agents");
    let mut names = Vec::new();
    let mut write = |transcript: Transcript, name: &str| {
        transcript.write(&dir);
        names.push(name.to_owned());
    };
    for name in ways("guise") {
        write(Transcript::claude(name).shown(&guise::guise(name)), name);
        let codex = format!("codex {name}");
        write(Transcript::codex(&codex).shown(&guise::guise(name)), &codex);
    }
    for name in ways("quote") {
        let (_, text) = guise::quote(name);
        write(Transcript::claude(name).person(&text).agent(&text).shown(&text), name);
    }
    for name in ways("place") {
        write(place::place(name, THEIRS[0]), name);
    }
    index(&node, &dir).await;
    node.share("/home/bruno/*").await.expect("shares");
    nothing_came_in(&node, Some(&cleo), "at once").await;
    // One's own words are all there.
    for name in &names {
        let own = say(&node, &own_words(name), "local").await;
        assert!(own.iter().any(|hit| hit.content == own_words(name)), "{name}: {own:#?}");
    }
    for name in ways("quote") {
        for own in guise::quote(name).0 {
            let words = own.to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), " ");
            let words: Vec<&str> = words.split_whitespace().collect();
            let found = say(&node, &words.join(" "), "local").await;
            assert_eq!(found.len(), 3, "{name}: {own}");
        }
    }
    assert!(!say(&cleo, "badger", "peer:bruno").await.is_empty(), "she finds what is his own");
    let status = node.client().index(&IndexRequest::default(), |_| {}).await.expect("a report");
    let skipped = &status.accounting.skipped;
    assert!(skipped.get("own-output (ana)").is_some_and(|lines| *lines > 50), "{skipped:?}");

    later(node, &ana, &cleo, home.path(), &dir).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_whole_is_remembered_with_what_stands_around_it() {
    let home = tempfile::tempdir().expect("a directory");
    let ana = TestNode::start("ana").await.expect("ana starts");
    let node = bruno(home.path()).await;
    let title = "Quokka rounding in the monthly invoices of Porto";
    let session = Session::new("around").cwd(PROJECT).title(title).person("why?").agent(THEIRS[0]);
    ana.add(&[session.agent("It is the lock: zyzzyva.").agent(THEIRS[1])]).await.expect("indexes");
    ana.share(PROJECT).await.expect("shares");
    ana.befriend(&node).await.expect("joins");
    let asked =
        node.ask(Query { limit: 1, ..Query::new("zyzzyva") }, false).await.expect("answers");
    let hit = &asked.answer.results[0];
    assert!(hit.content.contains("zyzzyva"), "{hit:?}");
    let view = node.client().local_document(&hit.id, Some(&hit.peer_id)).await.expect("a document");
    let around = view.before.iter().chain(&view.after).map(|near| near.content.as_str());
    assert!(THEIRS.iter().all(|theirs| around.clone().any(|near| near == *theirs)), "{view:#?}");
    let dir = home.path().join("agents");
    let back = Transcript::claude("around").shown(THEIRS[0]).shown(THEIRS[1]).agent(title);
    back.put("custom-title", serde_json::json!({"customTitle": title})).write(&dir);
    index(&node, &dir).await;
    nothing_came_in(&node, None, "shown whole").await;
}

/// The ways that need time.
async fn later(node: TestNode, ana: &TestNode, cleo: &TestNode, home: &Path, dir: &Path) {
    let mut left: Vec<&str> = ways("time").collect();
    let mut done = |name: &str| left.retain(|left| *left != name);
    let with = |name: &str| Transcript::claude(name).shown(THEIRS[0]).agent(THEIRS[1]);

    with("other-project").cwd("/home/bruno/else").write(dir);
    done("other-project");
    let mut month = with("later");
    month = month.put(
        "user",
        serde_json::json!({"timestamp": "2026-04-09T10:00:00Z",
        "message": {"role": "user", "content": THEIRS[1]}}),
    );
    month.write(dir);
    done("later");
    let first = Transcript::claude("read-anew");
    let path = first.write(dir);
    index(&node, dir).await;
    std::fs::remove_file(path).expect("deletes");
    first.person("in the middle").shown(THEIRS[0]).write(dir);
    done("read-anew");
    with("saved").continued("continued").write(dir);
    done("continued");
    with("compressed").write_packed(dir);
    done("compressed");
    index(&node, dir).await;
    nothing_came_in(&node, Some(cleo), "later").await;

    let session = Transcript::claude("forgotten");
    let session = session.shown(THEIRS[0]);
    session.write(dir);
    index(&node, dir).await;
    let what = Forgettable::Session { session: session.id(), agent: None };
    node.client().forget(&ForgetRequest { what, preview: false }).await.expect("forgets");
    session.continued("copy of the forgotten").write(dir);
    index(&node, dir).await;
    nothing_came_in(&node, None, "forgotten").await;
    done("forgotten");
    let again = IndexRequest { rebuild: true, ..IndexRequest::default() };
    node.client().index(&again, |_| {}).await.expect("is made anew");
    with("rebuilt").write(dir);
    index(&node, dir).await;
    nothing_came_in(&node, None, "rebuilt").await;
    done("rebuilt");

    ana.client().remove_peer("bruno").await.expect("removes");
    with("revoked").write(dir);
    index(&node, dir).await;
    nothing_came_in(&node, Some(cleo), "revoked").await;
    done("revoked");

    node.stop().await;
    let node = bruno(home).await;
    with("restarted").write(dir);
    index(&node, dir).await;
    nothing_came_in(&node, None, "restarted").await;
    done("restarted");
    for name in [
        "other-project",
        "later",
        "read-anew",
        "continued",
        "compressed",
        "rebuilt",
        "revoked",
        "restarted",
    ] {
        let own = say(&node, &own_words(name), "local").await;
        assert!(!own.is_empty(), "{name}: one's own words are lost");
    }
    assert_eq!(left, [""; 0], "these ways were not tried");
}
