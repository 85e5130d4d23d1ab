//! What is written is kept and found, whatever happens in between.

use crate::support::{ask, at, bank, file, message, records, titled, tool};
use camille_bank::{Bank, BankError, BankReader, PartRole, TitleRank, Visibility};
use camille_proto::id::DocumentId;

fn id(key: &str) -> DocumentId {
    DocumentId::of_native_key("claude-code", key)
}

#[test]
fn what_is_committed_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    let reader = bank.reader();
    let parts = [
        message("s", "a", 0, "the index lock was left by a crashed git gc"),
        message("s", "b", 1, "thanks"),
    ];
    let outcome = bank.ingest(&file("s.jsonl", &parts)).unwrap();
    assert_eq!((outcome.added, outcome.documented), (2, 2));
    assert!(ask(&reader, "crashed").candidates.is_empty(), "not yet committed");
    let generation = reader.generation();
    bank.commit().unwrap();
    assert_ne!(reader.generation(), generation);
    let answer = ask(&reader, "why did git crash");
    assert_eq!(records(&answer), ["record-a", "record-b"], "the neighbour's context holds it too");
    let found = &answer.candidates[0].document;
    assert_eq!(found.id, id("a"));
    assert_eq!(found.text, "the index lock was left by a crashed git gc");
    assert_eq!(found.after, Some(id("b")));
    assert_eq!(found.timestamp, Some(at(0)));
    assert_eq!(found.content_hash, camille_proto::id::ContentHash::of(&found.text));
}

#[test]
fn the_whole_answers_by_date_identifier_and_function_words() {
    let dir = tempfile::tempdir().unwrap();
    let parts = [
        message("s", "a", 0, "renamed parseUserName"),
        tool("t", "b", 0, PartRole::Input, "to be, or not to be"),
    ];
    let bank = bank(dir.path(), &[file("s", &parts[..1]), file("t", &parts[1..])]);
    let reader = bank.reader();
    assert_eq!(records(&ask(&reader, "user name")), ["record-a"]);
    assert_eq!(records(&ask(&reader, "parseUserName")), ["record-a"]);
    assert_eq!(ask(&reader, "february").candidates.len(), 2);
    assert_eq!(ask(&reader, "2026-02-03").candidates.len(), 2);
    assert!(ask(&reader, "2025").candidates.is_empty());
    assert_eq!(records(&ask(&reader, "to be or not to be")), ["record-b"]);
    assert!(ask(&reader, "?!").candidates.is_empty());
}

#[test]
fn parts_are_joined_whenever_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    let output = tool("s", "call", 9, PartRole::Output, "permission denied");
    let input = tool("s", "call", 1, PartRole::Input, "rm -r build");
    let mut first = file("s", &[output]);
    bank.ingest(&first).unwrap();
    bank.commit().unwrap();
    first = file("s", &[input]);
    first.fresh = false;
    let outcome = bank.ingest(&first).unwrap();
    assert_eq!((outcome.added, outcome.changed, outcome.merged), (0, 1, 1));
    bank.commit().unwrap();
    let answer = ask(&bank.reader(), "permission build");
    assert_eq!(answer.candidates.len(), 1);
    assert_eq!(answer.candidates[0].document.text, "rm -r build\n\npermission denied");
    assert_eq!(answer.candidates[0].document.tool.as_deref(), Some("Bash"));
}

#[test]
fn a_text_that_changes_replaces_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = bank(dir.path(), &[file("s", &[message("s", "a", 0, "the old wording")])]);
    let outcome = bank.ingest(&file("s", &[message("s", "a", 0, "the new phrasing")])).unwrap();
    assert_eq!((outcome.added, outcome.changed), (0, 1));
    bank.commit().unwrap();
    assert!(ask(&bank.reader(), "wording").candidates.is_empty());
    assert_eq!(ask(&bank.reader(), "phrasing").candidates.len(), 1);
    drop(bank);
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    let texts: i64 = store.query_row("SELECT sum(texts) FROM block", [], |row| row.get(0)).unwrap();
    assert_eq!(texts, 1, "the old text is gone from the store");
}

#[test]
fn the_same_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let batch = file(
        "s",
        &[
            message("s", "a", 0, "alpha"),
            tool("s", "b", 1, PartRole::Input, "ls"),
            tool("s", "b", 2, PartRole::Output, "src"),
            // The same record again, later in the file.
            message("s", "a", 3, "alpha"),
        ],
    );
    let mut bank = bank(dir.path(), std::slice::from_ref(&batch));
    let before = bank.checkpoint("s").unwrap().unwrap();
    assert_eq!(before.accounting.documented, 2);
    assert_eq!(before.accounting.merged, 1);
    assert_eq!(before.accounting.duplicate, 1);
    assert_eq!(before.accounting.lines, 4);
    let generation = bank.reader().generation();
    let outcome = bank.ingest(&batch).unwrap();
    assert_eq!((outcome.added, outcome.changed), (0, 0));
    assert_eq!(bank.checkpoint("s").unwrap().unwrap(), before);
    bank.commit().unwrap();
    assert_eq!(bank.reader().generation(), generation);
    assert_eq!(bank.reader().accounting().unwrap(), before.accounting);
}

#[test]
fn an_unfinished_tail_is_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    bank.ingest(&file("s", &[message("s", "a", 0, "alpha")])).unwrap();
    let mut tail = file("s", &[message("s", "b", 1, "beta")]);
    (tail.fresh, tail.tail) = (false, true);
    bank.ingest(&tail).unwrap();
    assert_eq!(bank.reader().accounting().unwrap().documented, 2);
    let mut again = file("s", &[message("s", "b", 1, "beta"), message("s", "c", 2, "gamma")]);
    again.fresh = false;
    bank.ingest(&again).unwrap();
    let accounting = bank.reader().accounting().unwrap();
    assert_eq!((accounting.lines, accounting.documented), (3, 3));
    let mut torn = file("s", &[]);
    torn.fresh = false;
    torn.accounting.pending = 1;
    bank.ingest(&torn).unwrap();
    assert_eq!(bank.reader().accounting().unwrap().lines, 4);
    torn.accounting.pending = 0;
    bank.ingest(&torn).unwrap();
    assert_eq!(bank.reader().accounting().unwrap().lines, 3);
}

#[test]
fn replayed_records_stand_once_in_the_earliest_session() {
    let original = file("1", &[message("old", "a", 0, "alpha"), message("old", "b", 1, "beta")]);
    let mut replayed = vec![message("new", "a", 0, "alpha"), message("new", "c", 5, "gamma")];
    // The fork begins later than the record it repeats.
    replayed[0].timestamp = Some(at(4));
    let fork = file("2", &replayed);
    for files in [[&original, &fork], [&fork, &original]] {
        let dir = tempfile::tempdir().unwrap();
        let mut bank = Bank::open(dir.path()).unwrap();
        for one in files {
            bank.ingest(one).unwrap();
        }
        bank.commit().unwrap();
        let reader = bank.reader();
        let answer = ask(&reader, "alpha");
        let home = &answer.candidates[0].document;
        assert_eq!((home.id, home.session.as_str()), (id("a"), "old"));
        let status = reader.status(&Visibility::Everything).unwrap();
        assert_eq!((status.documents, status.sessions, status.files), (3, 2, 2));
        let accounting = reader.accounting().unwrap();
        assert_eq!((accounting.documented, accounting.duplicate), (3, 1));
        let near = reader.document(&id("a"), &Visibility::Everything).unwrap().unwrap();
        assert_eq!(near.after.len(), 1);
        assert_eq!(near.after[0].id, id("b"));
        let alone = reader.document(&id("c"), &Visibility::Everything).unwrap().unwrap();
        assert!(alone.before.is_empty());
        assert_eq!(answer.statistics.df.context, [2], "a's context left the fork with it");
    }
}

#[test]
fn a_session_that_turns_out_older_takes_its_documents_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    bank.ingest(&file("1", &[message("one", "a", 5, "alpha")])).unwrap();
    bank.ingest(&file("2", &[message("two", "a", 6, "alpha")])).unwrap();
    bank.commit().unwrap();
    assert_eq!(ask(&bank.reader(), "alpha").candidates[0].document.session, "one");
    let mut more = file("2", &[message("two", "b", 1, "beta")]);
    more.fresh = false;
    bank.ingest(&more).unwrap();
    bank.commit().unwrap();
    assert_eq!(ask(&bank.reader(), "alpha").candidates[0].document.session, "two");
}

#[test]
fn another_text_under_the_same_key_is_kept_apart() {
    for order in [[0, 1], [1, 0]] {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            file("1", &[message("one", "a", 1, "shared key first text")]),
            file("2", &[message("two", "a", 2, "shared key second text")]),
        ];
        let mut bank = Bank::open(dir.path()).unwrap();
        let mut conflicts = 0;
        for at in order {
            conflicts += bank.ingest(&files[at]).unwrap().conflicts;
        }
        bank.commit().unwrap();
        assert_eq!(conflicts, 1);
        let answer = ask(&bank.reader(), "shared key");
        let mut found: Vec<(DocumentId, String)> =
            answer.candidates.into_iter().map(|f| (f.document.id, f.document.text)).collect();
        let mut wanted = vec![
            (id("a"), "shared key first text".to_owned()),
            (id("a@two"), "shared key second text".to_owned()),
        ];
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }
}

#[test]
fn titles_go_by_rank() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    let mut batch = file("s", &[message("s", "a", 0, "alpha")]);
    batch.sessions = vec![
        titled("s", TitleRank::FirstPrompt, "first prompt"),
        titled("s", TitleRank::Ai, "made"),
        titled("s", TitleRank::Ai, "made later"),
        titled("s", TitleRank::FirstPrompt, "second prompt"),
    ];
    bank.ingest(&batch).unwrap();
    bank.commit().unwrap();
    let title = |bank: &Bank| ask(&bank.reader(), "alpha").candidates[0].document.title.clone();
    assert_eq!(title(&bank).as_deref(), Some("made later"));
    batch.sessions = vec![titled("s", TitleRank::Custom, "mine")];
    batch.fresh = false;
    bank.ingest(&batch).unwrap();
    assert_eq!(title(&bank).as_deref(), Some("mine"));
}

#[test]
fn a_commit_that_a_crash_prevented_is_made_up_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = bank(dir.path(), &[file("1", &[message("s", "a", 0, "alpha")])]);
    first.ingest(&file("2", &[message("t", "b", 0, "alpha beta")])).unwrap();
    let seq_behind = first.reader().generation();
    drop(first);
    let mut reopened = Bank::open(dir.path()).unwrap();
    reopened.commit().unwrap();
    assert!(reopened.reader().generation() > seq_behind);
    assert_eq!(records(&ask(&reopened.reader(), "alpha")).len(), 2);
}

#[test]
fn what_a_crash_left_of_a_commit_does_not_stop_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let message = |n: i64, text: &str| message("s", &format!("key{n}"), n, text);
    let parts: Vec<_> = (0..60).map(|n| message(n, "nothing of interest")).collect();
    bank(dir.path(), &[file("s", &parts)]).close().unwrap();
    let index = dir.path().join("index");
    let before = std::fs::read(index.join("meta.json")).unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    bank.ingest(&file("s", &[message(30, "a walrus")])).unwrap();
    bank.commit().unwrap();
    bank.close().unwrap();
    let deleted = || {
        let names = std::fs::read_dir(&index).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".del")).count()
    };
    assert!(deleted() > 0, "the commit marked what it replaced");
    // Killed after that, and before the commit was made known.
    std::fs::write(index.join("meta.json"), before).unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    bank.commit().unwrap();
    assert_eq!(ask(&bank.reader(), "walrus").candidates.len(), 5, "with its neighbours");
    bank.close().unwrap();
}

#[test]
fn a_bad_index_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let parts = [message("s", "a", 0, "alpha"), message("s", "b", 1, "alpha beta")];
    let bank = bank(dir.path(), &[file("1", &parts)]);
    let wanted = ask(&bank.reader(), "alpha beta");
    bank.close().unwrap();
    let index = dir.path().join("index");

    let damages: [&dyn Fn(); 4] = [
        &|| std::fs::remove_dir_all(&index).unwrap(),
        &|| std::fs::write(index.join("meta.json"), "{").unwrap(),
        &|| {
            let meta = std::fs::read_to_string(index.join("meta.json")).unwrap();
            std::fs::write(index.join("meta.json"), meta.replace("en-", "xx-")).unwrap();
        },
        &|| {
            for entry in std::fs::read_dir(&index).unwrap().flatten() {
                if entry.path().extension().is_some_and(|e| e == "fast" || e == "term") {
                    std::fs::write(entry.path(), "damage").unwrap();
                }
            }
        },
    ];
    for (number, damage) in damages.iter().enumerate() {
        damage();
        let mut reopened = Bank::open(dir.path()).unwrap();
        reopened.commit().unwrap();
        assert_eq!(ask(&reopened.reader(), "alpha beta"), wanted, "damage {number}");
        reopened.close().unwrap();
    }
}

#[test]
fn an_index_that_is_ahead_of_the_store_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let older = tempfile::tempdir().unwrap();
    drop(bank(older.path(), &[file("1", &[message("s", "a", 0, "alpha")])]));
    let newer = [message("s", "a", 0, "alpha"), message("s", "b", 1, "alpha beta")];
    drop(bank(dir.path(), &[file("1", &newer)]));
    // As after restoring an older copy of the store alone.
    for name in ["bank.db", "bank.db-wal", "bank.db-shm"] {
        let _ = std::fs::remove_file(dir.path().join(name));
    }
    std::fs::copy(older.path().join("bank.db"), dir.path().join("bank.db")).unwrap();
    let mut reopened = Bank::open(dir.path()).unwrap();
    reopened.commit().unwrap();
    assert_eq!(records(&ask(&reopened.reader(), "alpha")), ["record-a"]);
}

#[test]
fn one_writes_and_others_read() {
    let dir = tempfile::tempdir().unwrap();
    assert!(BankReader::open_read_only(dir.path()).unwrap().is_none());
    let mut bank = bank(dir.path(), &[file("1", &[message("s", "a", 0, "alpha")])]);
    match Bank::open(dir.path()) {
        Err(BankError::Locked { holder }) => assert_eq!(holder, std::process::id().to_string()),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("two writers"),
    }
    let beside = BankReader::open_read_only(dir.path()).unwrap().unwrap();
    bank.ingest(&file("2", &[message("t", "b", 0, "alpha")])).unwrap();
    assert_eq!(records(&ask(&beside, "alpha")), ["record-a"]);
    bank.commit().unwrap();
    let later = BankReader::open_read_only(dir.path()).unwrap().unwrap();
    assert_eq!(ask(&later, "alpha").candidates.len(), 2);
    drop(bank);
    assert_eq!(ask(&later, "alpha").candidates.len(), 2);
    Bank::open(dir.path()).unwrap();
}

#[test]
fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("bank");
    let _bank = bank(&dir, &[file("1", &[message("s", "a", 0, "alpha")])]);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("index")), 0o700);
    for name in ["bank.db", "bank.db-wal", "bank.db-shm", "lock"] {
        assert_eq!(mode(&dir.join(name)), 0o600, "{name}");
    }
}

#[test]
fn projects_and_status_count_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut elsewhere = message("s", "b", 7, "beta");
    elsewhere.own_project = "/tmp/x".into();
    let mut bank = bank(dir.path(), &[file("1", &[message("s", "a", 0, "alpha"), elsewhere])]);
    let projects = bank.reader().projects().unwrap();
    let counts: Vec<_> =
        projects.iter().map(|p| (p.id.as_str(), p.sessions, p.documents, p.last_update)).collect();
    assert_eq!(counts, [("/tmp/x", 0, 1, Some(at(7))), ("github.com/acme/api", 1, 2, Some(at(7)))]);
    bank.finish_run(at(60)).unwrap();
    let status = bank.reader().status(&Visibility::Everything).unwrap();
    assert_eq!((status.documents, status.sessions, status.files), (2, 1, 1));
    assert_eq!((status.last_update, status.last_index), (Some(at(7)), Some(at(60))));
    assert!(status.size_bytes > 0);
}
