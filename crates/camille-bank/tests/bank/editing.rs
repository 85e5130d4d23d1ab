//! Which documents are edits of a file: found by its last two names, within what may be seen, and gone when forgotten.

use crate::support::{bank, file, message, only, tool};
use camille_bank::{Bank, Document, EditKey, Forget, Part, PartRole, Visibility};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::{Agent, Speaker};

const MAX: usize = 100;

fn edit(session: &str, key: &str, minute: i64, path: &str, text: &str) -> Part {
    Part {
        tool: Some("Edit".into()),
        edited: vec![path.into()],
        ..tool(session, key, minute, PartRole::Input, text)
    }
}

fn said(session: &str, key: &str, minute: i64, text: &str) -> Part {
    Part { speaker: Speaker::Agent, ..message(session, key, minute, text) }
}

fn texts(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|document| document.text.as_str()).collect()
}

fn found(bank: &Bank, path: &str, visible: &Visibility) -> Vec<Document> {
    bank.reader().edits(&[EditKey::of(path)], visible, MAX).unwrap()
}

fn made() -> (tempfile::TempDir, Bank) {
    let dir = tempfile::tempdir().unwrap();
    let mut elsewhere = edit("pay", "e", 1, "/other/clone/src/a.rs", "of another project");
    elsewhere.project = "github.com/acme/payroll".into();
    elsewhere.own_project.clone_from(&elsewhere.project);
    let parts = [
        message("one", "p", 1, "make it faster"),
        said("one", "s", 2, "I take a map, since the list is searched each time"),
        edit("one", "a", 3, "/srv/x/src/a.rs", "first"),
        tool("one", "a", 4, PartRole::Output, "src/a.rs was changed"),
        edit("one", "b", 5, "/srv/x/src/b.rs", "of another file"),
        edit("one", "c", 6, "/srv/x/src/a.rs", "failed"),
        tool("one", "c", 7, PartRole::Error, "string not found"),
        message("one", "q", 8, "now the tests"),
        edit("one", "d", 9, "C:\\work\\src\\a.rs", "second"),
        said("one", "t", 10, "the tests came along"),
    ];
    let bank = bank(dir.path(), &[file("one", &parts), file("pay", &[elsewhere])]);
    (dir, bank)
}

#[test]
fn edits_of_a_file_are_found_by_its_last_two_names() {
    let (_dir, bank) = made();
    let all = found(&bank, "src/a.rs", &Visibility::Everything);
    assert_eq!(
        texts(&all),
        ["of another project", "first", "second"],
        "what failed changed nothing"
    );
    assert!(found(&bank, "other/a.rs", &Visibility::Everything).is_empty());
    let anywhere = [EditKey::anywhere("a.rs"), EditKey::of("src/a.rs")];
    assert_eq!(bank.reader().edits(&anywhere, &Visibility::Everything, MAX).unwrap(), all);
    let newest = bank.reader().edits(&anywhere, &Visibility::Everything, 1).unwrap();
    assert_eq!(texts(&newest), ["second"]);
}

#[test]
fn edits_are_seen_as_their_documents_are() {
    let (_dir, bank) = made();
    let api = only(&["github.com/acme/api"]);
    assert_eq!(texts(&found(&bank, "src/a.rs", &api)), ["first", "second"]);
    let pay = only(&["github.com/acme/payroll"]);
    assert_eq!(texts(&found(&bank, "src/a.rs", &pay)), ["of another project"]);
    let hidden = DocumentId::of_native_key("claude-code", "a");
    assert_eq!(bank.reader().led_to(&hidden, &pay).unwrap(), None);
}

#[test]
fn what_led_to_an_edit_is_of_its_turn() {
    let (_dir, bank) = made();
    let led = |key: &str| {
        let id = DocumentId::of_native_key("claude-code", key);
        let led = bank.reader().led_to(&id, &Visibility::Everything).unwrap().unwrap();
        let text = |document: Option<Document>| document.map(|document| document.text);
        (text(led.prompt).unwrap_or_default(), text(led.said).unwrap_or_default())
    };
    let first =
        ("make it faster".into(), "I take a map, since the list is searched each time".into());
    assert_eq!(led("a"), first);
    assert_eq!(led("b"), first);
    assert_eq!(led("d"), ("now the tests".into(), "the tests came along".into()));
    assert_eq!(led("e"), (String::new(), String::new()));
}

#[test]
fn forgetting_takes_the_rows() {
    let (dir, mut bank) = made();
    let rows = || {
        let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
        let count: i64 =
            store.query_row("SELECT count(*) FROM edited", [], |row| row.get(0)).unwrap();
        count
    };
    assert_eq!(rows(), 5);
    let what = Forget::Session { agent: Some(Agent::ClaudeCode), session: "one".into() };
    bank.forget(&what).unwrap();
    assert_eq!(texts(&found(&bank, "src/a.rs", &Visibility::Everything)), ["of another project"]);
    assert_eq!(rows(), 1);
}
