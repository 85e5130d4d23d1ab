//! The testkit's own test: two real nodes, joined by a real invite, one question across.

use camille_testkit::lie::Lie;
use camille_testkit::mesh::Mesh;
use camille_testkit::node::{TestNode, TestNodeError};
use camille_testkit::session::Session;

fn session() -> Session {
    Session::new("flaky upload")
        .person("why does the upload worker hang after three retries?")
        .agent("The retry had no limit and held the semaphore; we bounded it to five attempts.")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_answer_each_other() -> Result<(), TestNodeError> {
    let ana = TestNode::start("ana").await?;
    let report = ana.add(&[session()]).await?;
    // The node may have found the file by itself before it was told.
    assert_eq!(report.documents_total, 2);
    let bruno = TestNode::start("bruno").await?;
    assert!(bruno.search("semaphore retry").await?.answer.results.is_empty());

    let mesh = Mesh::join(bruno, vec![ana]).await?;
    let answer = mesh.origin.search("semaphore retry").await?.answer;
    assert_eq!(answer.results.len(), 2, "{:?}", answer.peers);
    assert_eq!(answer.results[0].source, "peer:ana");
    assert_eq!((answer.coverage.known, answer.coverage.answered), (1, 1));
    mesh.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lie_reaches_the_origin() -> Result<(), TestNodeError> {
    let ana = TestNode::start_lying("ana", Lie::Ids, |_| {}).await?;
    ana.add(&[session()]).await?;
    let bruno = TestNode::start("bruno").await?;
    let mesh = Mesh::join(bruno, vec![ana]).await?;
    let answer = mesh.origin.search("semaphore retry").await?.answer;
    assert_eq!(answer.results.len(), 2, "{:?}", answer.peers);
    assert_eq!(answer.results[0].id, answer.results[1].id);
    assert_ne!(answer.results[0].content, answer.results[1].content);
    mesh.stop().await;
    Ok(())
}
