//! What is forgotten leaves no trace in any file of the bank, and does not come back.

use crate::support::{ask, bank, everything, file, message, only, query, records, titled, tool};
use camille_bank::{
    Bank, FileBatch, Forget, Part, PartRole, RecordOrigin, TitleRank, Trace, Visibility,
};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::Agent;
use std::path::Path;

/// Stands in everything that is to be forgotten and in nothing else.
const MARK: &str = "quetzalcoatlus";

fn id(key: &str) -> DocumentId {
    DocumentId::of_native_key("claude-code", key)
}

fn session(name: &str) -> Forget {
    Forget::Session { agent: Some(Agent::ClaudeCode), session: name.into() }
}

/// A text that is worth compressing.
fn long(word: &str) -> String {
    (0..60).map(|n| format!("{word} says thing number {n} about the deploy. ")).collect()
}

/// A session that is kept and one that is to be forgotten, told of by all that a batch can hold.
fn files() -> Vec<FileBatch> {
    let mut secret = tool("secret", "c", 3, PartRole::Output, &long(MARK));
    secret.path = Some(format!("src/{MARK}.rs"));
    let parts = [
        message("secret", "a", 1, &format!("{MARK} is what this is about, and the deploy")),
        tool("secret", "c", 2, PartRole::Input, &format!("cat {MARK}.rs")),
        secret,
        message("secret", "b", 4, &long(MARK)),
    ];
    let mut forgotten = file("secret.jsonl", &parts);
    forgotten.sessions = vec![
        titled("secret", TitleRank::FirstPrompt, &format!("{MARK} is what this is about…")),
        camille_bank::SessionUpdate {
            branch: Some(format!("fix/{MARK}")),
            ..titled("secret", TitleRank::Summary, &format!("All about {MARK}"))
        },
    ];
    forgotten.cursor = format!("{{\"queued\": \"{MARK}\"}}");
    let kept: Vec<Part> =
        (0..40).map(|n| message("kept", &format!("k{n}"), n, &long("the gardener"))).collect();
    vec![forgotten, file("kept.jsonl", &kept)]
}

/// The bank holds what is kept, once, and nothing that bears the mark.
fn assert_only_kept(bank: Bank, dir: &Path) {
    let reader = bank.reader();
    assert!(ask(&reader, MARK).candidates.is_empty());
    assert_eq!(ask(&reader, "gardener").candidates.len(), 40);
    assert_eq!(reader.status(&Visibility::Everything).unwrap().documents, 40);
    drop(reader);
    bank.close().unwrap();
    let all = everything(dir);
    assert!(all.contains("gardener"), "the dump sees texts");
    assert!(all.contains("garden\n"), "the dump sees terms");
    let at = all.find(MARK);
    let around = at.map(|at| String::from_utf8_lossy(&all.as_bytes()[at.saturating_sub(80)..at]));
    assert_eq!(around, None);
}

#[test]
fn the_dump_would_see_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    bank(dir.path(), &files()).close().unwrap();
    assert!(everything(dir.path()).matches(MARK).count() > 60);
}

#[test]
fn a_forgotten_session_leaves_no_trace_and_stays_away() {
    let dir = tempfile::tempdir().unwrap();
    let files = files();
    let mut bank = bank(dir.path(), &files);
    let would = bank.would_forget(&session("secret")).unwrap();
    assert_eq!((would.documents, would.sessions), (3, 1));
    assert_eq!(would.files, ["secret.jsonl"]);
    let forgotten = bank.forget(&session("secret")).unwrap();
    assert_eq!(forgotten, would);
    assert_only_kept(bank, dir.path());

    let mut bank = Bank::open(dir.path()).unwrap();
    assert!(!bank.forget(&session("secret")).unwrap().anything(), "there is nothing left");
    let outcome = bank.ingest(&files[0]).unwrap();
    assert_eq!(outcome.added, 0);
    let accounting = bank.checkpoint("secret.jsonl").unwrap().unwrap().accounting;
    assert_eq!(accounting.skipped.get("forgotten"), Some(&4));
    assert_eq!(accounting.unaccounted(), 0);
    // A session that replays it, and one that it begins, bring nothing back either.
    let mut replay = message("replay", "b", 90, &long(MARK));
    replay.position = 0;
    let mut begun = message("begun", "z", 91, &long(MARK));
    begun.parent_session = Some("secret".into());
    let mut replayed = file("replay.jsonl", &[replay, begun]);
    let title = format!("{MARK} says thing number 0…");
    replayed.sessions = vec![titled("replay", TitleRank::FirstPrompt, &title)];
    bank.ingest(&replayed).unwrap();
    // What the reader of a forgotten session's file remembers does not come back with a line of its own.
    let mut more = file("secret.jsonl", &[]);
    more.fresh = false;
    more.cursor = format!("{{\"queued\": \"{MARK}\"}}");
    bank.ingest(&more).unwrap();
    bank.commit().unwrap();
    assert_only_kept(bank, dir.path());
}

#[test]
fn a_forgotten_document_takes_its_title_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = files();
    files[0].sessions.truncate(1);
    files[0].cursor.clear();
    let mut bank = bank(dir.path(), &files);
    for key in ["a", "b", "c"] {
        assert!(bank.forget(&Forget::Document(id(key))).unwrap().anything());
    }
    assert!(!bank.forget(&Forget::Document(id("a"))).unwrap().anything());
    bank.ingest(&files[0]).unwrap();
    bank.commit().unwrap();
    assert_only_kept(bank, dir.path());
}

#[test]
fn a_forgotten_document_is_gone_from_its_neighbours_context() {
    let dir = tempfile::tempdir().unwrap();
    let parts = [
        message("s", "a", 0, "alpha"),
        message("s", "b", 1, "beta"),
        message("s", "c", 2, "gamma"),
    ];
    let mut bank = bank(dir.path(), &[file("s", &parts)]);
    assert_eq!(ask(&bank.reader(), "beta").candidates.len(), 3);
    bank.forget(&Forget::Document(id("b"))).unwrap();
    assert!(ask(&bank.reader(), "beta").candidates.is_empty());
    assert_eq!(records(&ask(&bank.reader(), "gamma")), ["record-c", "record-a"]);
}

#[test]
fn a_forgotten_project_takes_what_others_recorded_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let project = format!("github.com/acme/{MARK}");
    let mut files = files();
    for part in files[0].lines.iter_mut().flat_map(|line| &mut line.parts) {
        part.project.clone_from(&project);
        part.own_project.clone_from(&project);
    }
    let mut visit = message("kept", "visit", 50, &long(MARK));
    visit.own_project.clone_from(&project);
    files.push(FileBatch { fresh: false, ..file("kept.jsonl", &[visit]) });
    let mut bank = bank(dir.path(), &files);
    let forgotten = bank.forget(&Forget::Project(project)).unwrap();
    assert_eq!((forgotten.documents, forgotten.sessions), (4, 1));
    for file in &files {
        bank.ingest(file).unwrap();
    }
    bank.commit().unwrap();
    assert_only_kept(bank, dir.path());
}

#[test]
fn what_a_fork_shares_with_its_origin_stays_when_the_fork_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let original = [message("old", "a", 0, "alpha"), message("old", "b", 1, "alpha beta")];
    let mut fork = original.clone().map(|part| Part { session: "fork".into(), ..part }).to_vec();
    fork.iter_mut().for_each(|part| {
        part.timestamp = part.timestamp.map(|t| t + jiff::SignedDuration::from_secs(9))
    });
    fork.push(message("fork", "c", 7, "alpha gamma"));
    let mut bank = bank(dir.path(), &[file("1", &original), file("2", &fork)]);
    let forgotten = bank.forget(&session("fork")).unwrap();
    assert_eq!((forgotten.documents, forgotten.sessions), (1, 1));
    assert_eq!(records(&ask(&bank.reader(), "alpha")), ["record-a", "record-b"]);
    let verified = bank.verify(&mut |_| {}).unwrap();
    assert_eq!((verified.documents, verified.indexed, verified.faults_count), (2, 2, 0));
}

#[test]
fn another_version_stays_when_a_fork_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let original = message("old", "a", 0, "alpha as it was");
    let other = Part {
        session: "fork".into(),
        text: "alpha otherwise".into(),
        ..message("fork", "a", 9, "")
    };
    let mut bank = bank(dir.path(), &[file("1", &[original]), file("2", &[other])]);
    assert_eq!(ask(&bank.reader(), "alpha").candidates.len(), 2);
    assert_eq!(bank.forget(&session("fork")).unwrap().sessions, 1);
    let left = ask(&bank.reader(), "alpha").candidates;
    assert_eq!((left.len(), left[0].document.text.as_str()), (1, "alpha as it was"));
    assert!(ask(&bank.reader(), "otherwise").candidates.is_empty());
}

#[test]
fn one_damaged_text_keeps_nothing_else_from_being_found() {
    let dir = tempfile::tempdir().unwrap();
    bank(dir.path(), &[file("s", &[message("s", "a", 0, "alpha")])]).close().unwrap();
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    store.execute("UPDATE block SET data = x'00', form = 1", []).unwrap();
    drop(store);
    let mut bank = Bank::open(dir.path()).unwrap();
    let mut more = file("s", &[message("s", "b", 1, "beta")]);
    more.fresh = false;
    bank.ingest(&more).unwrap();
    bank.commit().unwrap();
    assert_eq!(ask(&bank.reader(), "beta").candidates.len(), 1);
    let verified = bank.verify(&mut |_| {}).unwrap();
    assert_eq!((verified.faults_count, verified.rebuild_mends), (1, false));
    bank.forget(&Forget::Document(id("a"))).unwrap();
    assert_eq!(bank.verify(&mut |_| {}).unwrap().faults_count, 0);
}

#[test]
fn what_others_see_is_right_before_and_after_something_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    // A segment for each file, so that forgetting lays the index out otherwise.
    for number in 0..6_i64 {
        let name = format!("s{number}");
        let mut parts: Vec<Part> = (0..20)
            .map(|n| message(&name, &format!("{name}-{n}"), number * 100 + n, "alpha beta"))
            .collect();
        if number % 2 == 1 {
            for part in &mut parts {
                part.project = "private".into();
                part.own_project = "private".into();
            }
        }
        bank.ingest(&file(&name, &parts)).unwrap();
        bank.commit().unwrap();
    }
    let shared = only(&["github.com/acme/api"]);
    let seen = |bank: &Bank| {
        let answer = bank.reader().search(&query("alpha"), &shared).unwrap();
        assert!(answer.candidates.iter().all(|found| found.document.project != "private"));
        (answer.statistics.documents, answer.statistics.df.body[0])
    };
    assert_eq!(seen(&bank), (60, 60));
    bank.forget(&Forget::Document(id("s0-3"))).unwrap();
    assert_eq!(seen(&bank), (59, 59));
    bank.forget(&session("s1")).unwrap();
    assert_eq!(seen(&bank), (59, 59));
    bank.forget(&session("s4")).unwrap();
    assert_eq!(seen(&bank), (39, 39));
}

#[test]
fn forgetting_goes_on_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let bank = bank(dir.path(), &files());
    bank.close().unwrap();
    // As a crash leaves it between the transaction and the rest: the note is there, the rows are too.
    {
        let mut bank = Bank::open(dir.path()).unwrap();
        bank.forget(&session("secret")).unwrap();
        drop(bank);
        let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
        store.execute("INSERT INTO meta VALUES ('forgetting', 1)", []).unwrap();
    }
    let bank = Bank::open(dir.path()).unwrap();
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    let notes: i64 = store
        .query_row("SELECT count(*) FROM meta WHERE key = 'forgetting'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(notes, 0);
    drop(store);
    assert_only_kept(bank, dir.path());
}

#[test]
fn damage_is_found_and_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut whole = bank(dir.path(), &files());
    let verified = whole.verify(&mut |_| {}).unwrap();
    assert_eq!((verified.documents, verified.indexed, verified.faults_count), (43, 43, 0));
    whole.close().unwrap();

    // A document that only the index knows: making it anew mends that.
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    store.execute("UPDATE document SET deleted = 1 WHERE row = 1", []).unwrap();
    drop(store);
    let mut bank = Bank::open(dir.path()).unwrap();
    let verified = bank.verify(&mut |_| {}).unwrap();
    assert_eq!((verified.faults_count, verified.rebuild_mends), (1, true), "{verified:?}");
    bank.rebuild(&mut |_| {}).unwrap();
    assert_eq!(bank.verify(&mut |_| {}).unwrap().faults_count, 0);
    bank.close().unwrap();

    // A text that is another one: nothing mends that.
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    store.execute("UPDATE document SET content_hash = zeroblob(32) WHERE row = 2", []).unwrap();
    drop(store);
    let mut bank = Bank::open(dir.path()).unwrap();
    let verified = bank.verify(&mut |_| {}).unwrap();
    assert_eq!((verified.faults_count, verified.rebuild_mends), (1, false), "{verified:?}");
    bank.close().unwrap();

    // A row that refers to nothing.
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    store.pragma_update(None, "foreign_keys", false).unwrap();
    store.execute("UPDATE part SET file = 999", []).unwrap();
    drop(store);
    let mut bank = Bank::open(dir.path()).unwrap();
    let verified = bank.verify(&mut |_| {}).unwrap();
    assert!(
        verified.faults.iter().any(|fault| fault.contains("a part names a file")),
        "{verified:?}"
    );
    assert!(!verified.rebuild_mends);
}

#[test]
fn a_fork_with_fresh_ids_brings_nothing_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = bank(dir.path(), &[]);
    let said = |session: &str, key: &str, minute: i64, text: &str| Part {
        trace: Some(Trace { place: [7; 16], origin: RecordOrigin::Unknown }),
        ..message(session, key, minute, text)
    };
    let home = [said("home", "a", 1, MARK), said("home", "b", 2, "the gardener stays")];
    bank.ingest(&file("home.jsonl", &home)).unwrap();
    bank.forget(&Forget::Document(id("a"))).unwrap();
    let fork = [
        said("fork", "x", 1, MARK),
        said("fork", "y", 2, "the gardener stays"),
        said("fork", "z", 3, "the gardener goes on"),
    ];
    bank.ingest(&file("fork.jsonl", &fork)).unwrap();
    bank.commit().unwrap();
    let reader = bank.reader();
    assert!(ask(&reader, MARK).candidates.is_empty());
    assert_eq!(ask(&reader, "gardener").candidates.len(), 2);
}
