//! Texts that two people hold: what stood here before a peer's was handed out is the owner's, and what came after
//! is not, whatever git knows of it.

use super::place::Transcript;
use super::{bruno, index, say};
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// A file of a repository that both have.
const FILE: &str = "pub fn settle_heron(invoice: &Invoice, ledger: &mut Ledger) -> Result<Receipt, SettleError> {\n\
    \x20   let total = invoice.lines.iter().map(|line| line.amount * line.quantity).sum();\n\
    \x20   ledger.book(Account::Receivable, total).map_err(SettleError::Ledger)?;\n\
    \x20   Ok(Receipt { number: ledger.next_number(), total })\n}\n";

/// What the same compiler says to both.
const ERROR: &str = "error[E0502]: cannot borrow `egret` as mutable because it is also borrowed as immutable\n\
    \x20 --> src/settle.rs:14:9\n   |\n13 |     let first = &egret[0];\n   |                  ----- immutable borrow occurs here";

async fn ana(texts: &[&str]) -> TestNode {
    let ana = TestNode::start("ana").await.expect("ana starts");
    let mut session = Session::new("both").cwd(super::PROJECT).person("look at this");
    for text in texts {
        session = session.tool("cat src/settle.rs", text);
    }
    ana.add(&[session]).await.expect("indexes");
    ana.share(super::PROJECT).await.expect("shares");
    ana
}

/// Reads a file with a tool, as the agents do.
fn read(name: &str, path: &Path, text: &str) -> Transcript {
    let numbered: String =
        text.lines().enumerate().map(|(at, line)| format!("{:>6}→{line}\n", at + 1)).collect();
    Transcript::claude(name).call("Read", json!({"file_path": path}), &numbered, false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_stood_here_before_is_the_owners_and_a_copy_is_not() {
    let home = tempfile::tempdir().expect("a directory");
    let repository = home.path().join("web");
    std::fs::create_dir_all(&repository).expect("a directory");
    let (before, copy) = (repository.join("settle.rs"), repository.join("copy.rs"));
    std::fs::write(&before, FILE).expect("a file");
    // The kernel counts the time of a change in seconds here, and a little is left for its clock.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    let (ana, node) = (ana(&[FILE]).await, bruno(home.path()).await);
    ana.befriend(&node).await.expect("joins");
    let asked = node.search("settle heron invoice").await.expect("answers");
    assert_eq!(asked.answer.results[0].source, "peer:ana");

    let dir = home.path().join("agents");
    std::fs::write(&copy, FILE).expect("a file");
    // A tool can say what it likes of a file's own time.
    let long_ago = std::fs::metadata(&before).and_then(|of| of.modified()).expect("a time");
    let opened = std::fs::File::options().append(true).open(&copy).expect("opens");
    opened.set_modified(long_ago).expect("is set");
    read("copy", &copy, FILE).write(&dir);
    index(&node, &dir).await;
    assert_eq!(say(&node, "settle heron", "local").await, [], "a copy stays the peer's");
    read("original", &before, FILE).write(&dir);
    index(&node, &dir).await;
    assert_eq!(say(&node, "settle heron", "local").await.len(), 1, "a file of one's own is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_held_before_stays_the_owners_wherever_it_comes_again() {
    let home = tempfile::tempdir().expect("a directory");
    let (ana, node) = (ana(&[ERROR, super::THEIRS[1]]).await, bruno(home.path()).await);
    let dir = home.path().join("agents");
    Transcript::claude("first").bash("cargo check", ERROR).write(&dir);
    index(&node, &dir).await;
    ana.befriend(&node).await.expect("joins");
    for question in ["borrow egret mutable", "quokka invoices"] {
        let asked = node.search(question).await.expect("answers");
        assert!(asked.answer.results.iter().any(|hit| hit.source == "peer:ana"));
    }
    let both = format!("{ERROR}\n\n{}", super::THEIRS[1]);
    Transcript::claude("again").bash("cargo check", ERROR).person(&both).write(&dir);
    index(&node, &dir).await;
    let own = say(&node, "egret", "local").await;
    assert_eq!(own.len(), 3, "{own:#?}");
    assert!(own.iter().all(|hit| hit.content.contains("immutable borrow occurs here")));
    assert_eq!(say(&node, "quokka", "local").await, [], "what stood beside it is still the peer's");
}
