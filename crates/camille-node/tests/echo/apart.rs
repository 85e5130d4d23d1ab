//! A peer's text that comes back line by line, each in a call of its own: at once, and while the session is read.

use super::place::{Transcript, own_words};
use super::{PROJECT, THEIRS, bruno, index, nothing_came_in, say};
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use serde_json::json;

/// The words of a text, some on each line.
fn lines(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.chunks(5).map(|words| words.join(" ").replace('\'', "")).collect()
}

/// Writes each line down by a call of its own.
fn each_line(mut transcript: Transcript, way: &str, text: &str) -> Vec<Transcript> {
    let mut stages = Vec::new();
    for line in lines(text) {
        transcript = match way {
            "echo" => transcript.bash(&format!("echo '{line}' >> found.txt"), "ok"),
            "task" => {
                let input = json!({"subject": line, "description": "see there"});
                transcript.call("TaskCreate", input, "ok", false)
            }
            "edit" => {
                let input = json!({"file_path": "/home/bruno/web/found.md", "old_string": "a", "new_string": line});
                transcript.call("Edit", input, "ok", false)
            }
            _ => transcript.agent(&format!("Next comes this: {line}")),
        };
        stages.push(transcript.clone());
    }
    stages
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_line_by_line_is_taken_back_to_its_first_line() {
    let home = tempfile::tempdir().expect("a directory");
    let ana = TestNode::start("ana").await.expect("ana starts");
    let node = bruno(home.path()).await;
    let session = Session::new("locks").cwd(PROJECT).person("why does it hang?");
    ana.add(&[session.agent(THEIRS[0]).agent(THEIRS[1])]).await.expect("indexes");
    ana.share(PROJECT).await.expect("shares");
    ana.befriend(&node).await.expect("joins");
    for question in ["narwhal migration lock", "quokka invoices rounded"] {
        assert!(!node.search(question).await.expect("answers").answer.results.is_empty());
    }
    for way in ["echo", "task", "edit", "said"] {
        // At once.
        let name = format!("at once {way}");
        let dir = home.path().join(&name);
        each_line(Transcript::claude(&name), way, THEIRS[0]).last().expect("lines").write(&dir);
        index(&node, &dir).await;
        nothing_came_in(&node, None, &name).await;
        assert!(!say(&node, &own_words(&name), "local").await.is_empty(), "{name}");

        // Each line is read as it comes.
        let name = format!("in turn {way}");
        let dir = home.path().join(&name);
        for stage in each_line(Transcript::claude(&name), way, THEIRS[1]) {
            stage.write(&dir);
            index(&node, &dir).await;
        }
        nothing_came_in(&node, None, &name).await;
        assert!(!say(&node, &own_words(&name), "local").await.is_empty(), "{name}");
    }
}
