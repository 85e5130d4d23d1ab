//! Sessions that are kept back from all but the owner: what they hold leaves no trace in what others get.

use crate::support::{at, bank, file, message, query, titled};
use camille_bank::{
    Bank, BankReader, FileBatch, Part, Released, SessionName, SessionUpdate, Shared, TitleRank,
    Visibility, VisibleProject,
};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::Agent;

const API: &str = "github.com/acme/api";
const WEB: &str = "github.com/acme/web";
const PAYROLL: &str = "github.com/acme/payroll";

fn name(session: &str) -> SessionName {
    SessionName { agent: Agent::ClaudeCode, session: session.into() }
}

/// Shared: the API with the one who asks; the web site with others.
fn shared(released: &[&str]) -> Shared {
    Shared {
        projects: vec![VisibleProject { id: API.into(), from: None }],
        open: vec![API.into(), WEB.into()],
        released: released
            .iter()
            .map(|session| Released { name: name(session), touched: vec![mark(PAYROLL)] })
            .collect(),
        denied: Vec::new(),
        refused: Vec::new(),
        below: Vec::new(),
    }
}

/// What stands for a place, as the bank itself says when a session is held for it.
fn mark(project: &str) -> [u8; 16] {
    let dir = tempfile::tempdir().unwrap();
    let touch = own(message("one", "x", 0, "gardener"), project);
    let bank = bank(dir.path(), &[file("one", &[message("one", "y", 1, "gardener"), touch])]);
    let held = bank.reader().survey(&shared(&[])).unwrap().remove(0).held;
    assert_eq!(held[0].touched, [project]);
    held[0].marks[0]
}

fn own(mut part: Part, project: &str) -> Part {
    part.own_project = project.into();
    part
}

fn begun_by(mut part: Part, parent: &str) -> Part {
    part.parent_session = Some(parent.into());
    part
}

/// One session that stays in its project, one that went to a shared one, one that touched a private one, one
/// that another began which touched it, and one that is private.
fn files() -> Vec<FileBatch> {
    let mut private = file("private", &[message("private", "p", 9, "gardener five #private")]);
    private.sessions =
        vec![SessionUpdate { private: true, ..titled("private", TitleRank::Custom, "Private") }];
    vec![
        file("plain", &[message("plain", "a", 0, "gardener one")]),
        file(
            "web",
            &[
                message("web", "b", 1, "gardener two"),
                own(message("web", "c", 2, "gardener elsewhere"), WEB),
            ],
        ),
        file(
            "mixed",
            &[
                message("mixed", "d", 3, "gardener three"),
                own(message("mixed", "e", 4, "gardener salary"), PAYROLL),
                message("mixed", "f", 5, "gardener four"),
            ],
        ),
        file("child", &[begun_by(message("child", "g", 6, "gardener child"), "mixed")]),
        file("parent", &[message("parent", "h", 7, "gardener parent")]),
        file(
            "grandchild",
            &[own(begun_by(message("grandchild", "i", 8, "gardener salary"), "parent"), PAYROLL)],
        ),
        private,
    ]
}

fn seen(reader: &BankReader, shared: &Shared) -> Vec<String> {
    let visible = Visibility::Shared(shared.clone());
    let answer = reader.search(&query("gardener"), &visible).unwrap();
    let mut found: Vec<String> =
        answer.candidates.iter().map(|found| found.document.session.clone()).collect();
    assert_eq!(answer.statistics.documents, found.len() as u64);
    assert_eq!(answer.statistics.df.body, [found.len() as u64]);
    found.sort();
    found
}

fn open() -> (tempfile::TempDir, Bank) {
    let dir = tempfile::tempdir().unwrap();
    let bank = bank(dir.path(), &files());
    (dir, bank)
}

#[test]
fn a_session_that_touched_what_is_not_shared_is_kept_back_whole() {
    let (_dir, bank) = open();
    let reader = bank.reader();
    let rules = shared(&[]);
    assert_eq!(seen(&reader, &rules), ["plain", "web"]);
    let visible = Visibility::Shared(rules);
    for hidden in ["c", "d", "e", "f", "g", "h", "i", "p"] {
        let id = DocumentId::of_native_key("claude-code", hidden);
        assert!(reader.document(&id, &visible).unwrap().is_none(), "{hidden}");
        assert!(reader.document(&id, &Visibility::Everything).unwrap().is_some());
    }
    let status = reader.status(&visible).unwrap();
    assert_eq!((status.documents, status.sessions, status.last_update), (2, 2, Some(at(1))));
    let words = reader.search(&query("three salary child parent"), &visible).unwrap();
    assert_eq!(words.statistics.df.body, [0; 4]);
    assert_eq!(words.statistics.df.context, [0; 4]);
    assert_eq!(words.statistics.df.session, [0; 4]);
    assert_eq!(words.statistics.sample.sessions.len(), 2);
}

#[test]
fn the_owner_releases_a_session_and_its_tree_but_not_what_it_touched() {
    let (_dir, bank) = open();
    let reader = bank.reader();
    let rules = shared(&["mixed"]);
    // An agent that it began only reports what it read.
    assert_eq!(seen(&reader, &rules), ["mixed", "mixed", "plain", "web"]);
    let visible = Visibility::Shared(rules);
    let salary = DocumentId::of_native_key("claude-code", "e");
    assert!(reader.document(&salary, &visible).unwrap().is_none());
    assert_eq!(seen(&reader, &shared(&["parent"])), ["parent", "plain", "web"]);
    // What its person said holds all the same.
    assert_eq!(seen(&reader, &shared(&["private"])), ["plain", "web"]);
}

#[test]
fn more_that_is_shared_holds_less_back() {
    let (_dir, bank) = open();
    let mut rules = shared(&[]);
    rules.open.push(PAYROLL.into());
    let all = ["child", "mixed", "mixed", "parent", "plain", "web"];
    assert_eq!(
        seen(&bank.reader(), &rules),
        all,
        "their own project is still not shared with them"
    );
}

#[test]
fn a_session_becomes_private_when_its_person_says_so() {
    let (_dir, mut bank) = open();
    let mut more = file("plain", &[message("plain", "z", 20, "gardener #private please")]);
    more.fresh = false;
    more.sessions =
        vec![SessionUpdate { private: true, ..titled("plain", TitleRank::Custom, "Plain") }];
    bank.ingest(&more).unwrap();
    let visible = Visibility::Shared(shared(&[]));
    let id = DocumentId::of_native_key("claude-code", "a");
    assert!(bank.reader().document(&id, &visible).unwrap().is_none(), "before the index knows");
    bank.commit().unwrap();
    assert_eq!(seen(&bank.reader(), &shared(&[])), ["web"]);
}

#[test]
fn a_survey_says_what_others_would_see_and_what_not() {
    let (_dir, bank) = open();
    let surveys = bank.reader().survey(&shared(&["parent"])).unwrap();
    assert_eq!(surveys.len(), 1);
    let api = &surveys[0];
    assert_eq!((api.id.as_str(), api.sessions, api.documents), (API, 3, 3));
    assert_eq!((api.oldest, api.newest), (Some(at(0)), Some(at(7))));
    let held: Vec<_> = api
        .held
        .iter()
        .map(|held| (held.name.session.as_str(), held.documents, held.private, held.touched.len()))
        .collect();
    assert_eq!(held, [("child", 1, false, 1), ("mixed", 2, false, 1), ("private", 1, true, 0)]);
    assert_eq!(api.held[1].touched, [PAYROLL]);
}
