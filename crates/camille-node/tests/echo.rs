//! What a peer wrote and an agent of the owner's writes down stays the peer's: it does not become a document
//! here, in whatever guise it comes.

use camille_proto::hit::Hit;
use camille_proto::query::Query;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use serde_json::json;

const PROJECT: &str = "/home/ana/acme/api";

/// What ana knows. Each line bears a word of its own, which nobody else says.
const THEIRS: &str = "The deploy hung because the narwhal migration waited for an exclusive lock behind \
    the idle transaction of the export.\nAfter that every ocelot read waited behind the migration as \
    well, until somebody killed the export by hand.\nSince then each wombat statement runs with a lock \
    timeout of two seconds and is tried again.";

/// What bruno says himself, about the same things.
const OWN: &str = "I have set the lock timeout to two seconds in our migration role, and every statement of \
    the export is tried again; the badger deploy does not hang any more since the idle transaction is gone.";

async fn own(node: &TestNode, word: &str) -> Vec<Hit> {
    let asked = node.ask(Query { limit: 50, ..Query::new(word) }, false).await.expect("answers");
    // A document is also found by its neighbours' words.
    let says = |hit: &Hit| hit.content.to_lowercase().contains(&word.to_lowercase());
    asked.answer.results.into_iter().filter(|hit| hit.source == "local" && says(hit)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_wrote_does_not_become_ones_own() {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let bruno = TestNode::start("bruno").await.expect("bruno starts");
    let session = Session::new("locks").cwd(PROJECT).person("why does it hang?").agent(THEIRS);
    ana.add(&[session]).await.expect("indexes");
    ana.share(PROJECT).await.expect("shares");
    ana.befriend(&bruno).await.expect("joins");
    let asked = bruno.search("narwhal migration lock").await.expect("answers");
    let hit = asked.answer.results.first().expect("ana answers");
    assert_eq!(hit.source, "peer:ana");

    let text = &hit.content;
    let json = json!({"results": [{"content": text, "score": 3.1}]}).to_string();
    let numbered: String =
        text.lines().enumerate().map(|(n, line)| format!("{:>6}\t{line}\n", n + 1)).collect();
    let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
    let letters: Vec<char> = text.chars().collect();
    let wrapped: Vec<String> = letters.chunks(80).map(|line| line.iter().collect()).collect();
    let middle = text.lines().nth(1).expect("three lines");
    let back = Session::new("back")
        .cwd("/home/bruno/web")
        .person(&format!("Look what ana had to say about the very thing that we see:\n\n{quoted}"))
        .agent(&format!("It is the migration then.\n\n{quoted}\nI shall set a timeout as she did."))
        .tool("cat found.txt", text)
        .tool("cat -n found.txt", &numbered)
        .tool("sed -n 2p found.txt", middle)
        .tool("curl -s --unix-socket s http://localhost/search", &json)
        .tool("tmux capture-pane -p", &wrapped.join("\n"))
        .tool("head -n 1 found.txt", text.lines().next().expect("three lines"))
        .call("Write", json!({"file_path": "/home/bruno/web/notes.md", "content": text}), "ok")
        .title("The deploy hung because the narwhal migration waited for an exclusive lock")
        .agent(OWN);
    bruno.add(&[back]).await.expect("indexes");

    for word in ["narwhal", "ocelot", "wombat"] {
        let found: Vec<String> =
            own(&bruno, word).await.into_iter().map(|hit| hit.content).collect();
        assert!(found.is_empty(), "{word}: {found:?}");
    }
    let kept = own(&bruno, "badger").await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].content, OWN);
    let title = kept[0].metadata.title.as_deref().unwrap_or_default();
    assert!(!title.contains("narwhal"), "a title is not made of her words: {title}");
    assert_eq!(own(&bruno, "look what ana had to say").await.len(), 1);
    assert_eq!(own(&bruno, "I shall set a timeout as she did").await.len(), 1);
}
