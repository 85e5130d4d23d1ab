//! A running node that watches its sources, as the person who writes in them sees it: nobody asks it to
//! index, and what was said is found soon.

use camille_proto::hit::Hit;
use camille_proto::query::Query;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use jiff::Timestamp;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Long, so that a slow machine fails no test; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(20);

/// A node that reads and watches `claude/projects` in its home, which is there only after `prepare`.
async fn watching(prepare: impl FnOnce(&Path)) -> TestNode {
    let node = TestNode::start_with("ana", |settings| {
        let claude = settings.home.parent().expect("a parent").join("claude");
        prepare(&claude);
        settings.sources.auto = true;
        settings.sources.watch = true;
        settings.sources.claude_dir = Some(claude);
    })
    .await
    .expect("starts");
    // What comes after this is not found by the first walk.
    walked(&node, None).await;
    node
}

/// Waits until everything was looked at again since `before`; tells when it was.
async fn walked(node: &TestNode, before: Option<Timestamp>) -> Option<Timestamp> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let last = node.client().node_status().await.expect("answers").bank.last_index;
        if last != before {
            return last;
        }
        assert!(Instant::now() < deadline, "nobody looked again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A node that already found this session.
async fn watching_with(session: &Session, word: &str) -> (TestNode, PathBuf) {
    let mut path = None;
    let node = watching(|claude| path = Some(session.write_under(claude).expect("writes"))).await;
    until(&node, word, |hits| hits.len() == 1).await;
    (node, path.expect("written"))
}

/// The hits that have the word themselves: neighbours are found by it too.
async fn hits(node: &TestNode, word: &str) -> Vec<Hit> {
    let mut query = Query::new(word);
    query.limit = 100;
    let mut found = node.ask(query, true).await.expect("answers").answer.results;
    found.retain(|hit| hit.content.split(|c: char| !c.is_alphanumeric()).any(|had| had == word));
    found
}

/// Asks again and again until the hits are as wanted.
async fn until(node: &TestNode, word: &str, wanted: impl Fn(&[Hit]) -> bool) -> Vec<Hit> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = hits(node, word).await;
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "{word}: still {} hits: {found:?}", found.len());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).open(path).expect("opens");
    file.write_all(text.as_bytes()).expect("writes");
}

/// What the longer session has more than the shorter.
fn added(shorter: &Session, longer: &Session) -> String {
    longer.jsonl().strip_prefix(&shorter.jsonl()).expect("it goes on").to_owned()
}

/// As editors and sync tools write: beside it, then over it.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("tmp");
    fs::write(&beside, text).expect("writes");
    fs::rename(&beside, path).expect("renames");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_is_found() {
    let first = Session::new("a").person("the quokka deploy hangs");
    let (node, path) = watching_with(&first, "quokka").await;
    let second = first.clone().agent("restart the axolotl worker");
    append(&path, &added(&first, &second));
    until(&node, "axolotl", |hits| hits.len() == 1).await;
    // A message that is written in two goes is found when it is whole.
    let third = second.clone().person("the pangolin is back");
    let line = added(&second, &third);
    let (head, tail) = line.split_at(line.len() / 2);
    append(&path, head);
    append(&path, tail);
    until(&node, "pangolin", |hits| hits.len() == 1).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_usual_place_may_come_later_and_so_may_its_folders() {
    let node = watching(|_| {}).await;
    let session = |name: &str, word: &str| {
        Session::new(name).cwd(format!("/home/ana/{name}")).person(&format!("where is the {word}?"))
    };
    session("first", "quokka").write_under(&node.claude_dir()).expect("writes");
    until(&node, "quokka", |hits| hits.len() == 1).await;
    session("second", "axolotl").write_under(&node.claude_dir()).expect("writes");
    until(&node, "axolotl", |hits| hits.len() == 1).await;
    let deep = node.claude_dir().join("projects/third/a/b/c");
    fs::create_dir_all(&deep).expect("makes folders");
    let third = session("third", "pangolin");
    fs::write(deep.join("x.jsonl"), third.jsonl()).expect("writes");
    until(&node, "pangolin", |hits| hits.len() == 1).await;
    append(&deep.join("x.jsonl"), &added(&third, &third.clone().agent("with the tapir")));
    until(&node, "tapir", |hits| hits.len() == 1).await;
    // The whole place goes, as when a disk is unmounted, and comes back with something else in it.
    let projects = node.claude_dir().join("projects");
    let before = walked(&node, None).await;
    fs::rename(&projects, node.claude_dir().join("elsewhere")).expect("renames");
    walked(&node, before).await;
    session("fourth", "capybara").write_under(&node.claude_dir()).expect("writes");
    until(&node, "capybara", |hits| hits.len() == 1).await;
    session("fifth", "okapi").write_under(&node.claude_dir()).expect("writes");
    until(&node, "okapi", |hits| hits.len() == 1).await;
    assert_eq!(hits(&node, "quokka").await.len(), 1, "what went is kept");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_watched_once_it_is_added() {
    let node = watching(|_| {}).await;
    let folder = node.home().join("notes");
    fs::create_dir(&folder).expect("makes a folder");
    let first = Session::new("a").person("the quokka deploy hangs");
    let file = folder.join("one.jsonl");
    fs::write(&file, first.jsonl()).expect("writes");
    node.index(std::slice::from_ref(&file)).await.expect("indexes");
    assert_eq!(hits(&node, "quokka").await.len(), 1);
    // Its neighbour was not added.
    let other = Session::new("b").person("a private pangolin");
    fs::write(folder.join("two.jsonl"), other.jsonl()).expect("writes");
    let second = first.clone().agent("restart the axolotl worker");
    append(&file, &added(&first, &second));
    until(&node, "axolotl", |hits| hits.len() == 1).await;
    let third = second.clone().agent("the capybara is fine");
    replace(&file, &third.jsonl());
    until(&node, "capybara", |hits| hits.len() == 1).await;
    append(&folder.join("two.jsonl"), &added(&other, &other.clone().person("more pangolin")));
    append(&file, &added(&third, &third.clone().person("thank you, okapi")));
    until(&node, "okapi", |hits| hits.len() == 1).await;
    assert!(hits(&node, "pangolin").await.is_empty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_replaced_shows_its_new_text() {
    let before = Session::new("a").person("the quokka deploy hangs");
    let (node, path) = watching_with(&before, "deploy").await;
    // The same message with other words: ids come from the session's name and the turn's number.
    for word in ["axolotl", "pangolin"] {
        let after = Session::new("a").person(&format!("the {word} deploy hangs"));
        replace(&path, &after.jsonl());
        until(&node, word, |hits| hits.len() == 1).await;
    }
    assert!(hits(&node, "quokka").await.is_empty());
    assert_eq!(hits(&node, "deploy").await.len(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_does_not_wait_for_a_file_that_is_rewritten_all_the_time() {
    let mine = Session::new("mine").person("the quokka deploy hangs");
    let (node, path) = watching_with(&mine, "quokka").await;
    let noisy = node.claude_dir().join("projects/noisy.jsonl");
    let version =
        |number: u32| Session::new("noisy").person(&format!("version{number} of the wombat"));
    let mut longer = mine.clone();
    for number in 0..6 {
        replace(&noisy, &version(number).jsonl());
        let shorter = longer.clone();
        longer = shorter.clone().person(&format!("appended{number} okapi"));
        append(&path, &added(&shorter, &longer));
        until(&node, &format!("appended{number}"), |hits| hits.len() == 1).await;
    }
    // However long it rested, its last version is what is found.
    until(&node, "version5", |hits| hits.len() == 1).await;
    assert_eq!(hits(&node, "wombat").await.len(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_file_doubles_nothing_and_a_deleted_one_loses_nothing() {
    let session = Session::new("a").person("the quokka deploy hangs").agent("quokka, again?");
    let mut path = None;
    let node = watching(|claude| path = Some(session.write_under(claude).expect("writes"))).await;
    let path = path.expect("written");
    until(&node, "quokka", |hits| hits.len() == 2).await;
    let renamed = path.with_file_name("renamed.jsonl");
    fs::rename(&path, &renamed).expect("renames");
    let longer = session.clone().person("the axolotl came after the renaming");
    append(&renamed, &added(&session, &longer));
    until(&node, "axolotl", |hits| hits.len() == 1).await;
    assert_eq!(hits(&node, "quokka").await.len(), 2);
    // With its folder.
    let folder = path.parent().expect("a folder");
    let moved = folder.with_file_name("moved");
    fs::rename(folder, &moved).expect("renames");
    let renamed = moved.join("renamed.jsonl");
    let longest = longer.clone().person("the pangolin came after the moving");
    append(&renamed, &added(&longer, &longest));
    until(&node, "pangolin", |hits| hits.len() == 1).await;
    assert_eq!(hits(&node, "quokka").await.len(), 2);

    fs::remove_file(&renamed).expect("deletes");
    let last = Session::new("b").person("the capybara came after the deleting");
    fs::write(moved.join("last.jsonl"), last.jsonl()).expect("writes");
    until(&node, "capybara", |hits| hits.len() == 1).await;
    assert_eq!(hits(&node, "quokka").await.len(), 2);
    assert_eq!(hits(&node, "axolotl").await.len(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_over_many_files_ends_complete() {
    const FILES: usize = 300;
    let session = |number: usize| {
        Session::new(format!("burst {number}"))
            .cwd(format!("/home/ana/project{}", number % 40))
            .person(&format!("begun{number}"))
    };
    let node = watching(|claude| fs::create_dir_all(claude.join("projects")).expect("makes")).await;
    let claude = node.claude_dir();
    let paths: Vec<PathBuf> =
        (0..FILES).map(|number| session(number).write_under(&claude).expect("writes")).collect();
    for (number, path) in paths.iter().enumerate() {
        let longer = session(number).agent(&format!("ended{number}"));
        append(path, &added(&session(number), &longer));
    }
    for number in 0..FILES {
        until(&node, &format!("begun{number}"), |hits| hits.len() == 1).await;
        until(&node, &format!("ended{number}"), |hits| hits.len() == 1).await;
    }
    node.stop().await;
}
