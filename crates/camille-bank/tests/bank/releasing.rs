//! Of a released session the talk is seen and nothing else: no call, no result, no summary, no title, nothing of an agent
//! that it began, and no talk that gives along what is hidden. The rest is found by nobody, counted for nobody, and tells of
//! itself neither in titles nor in what stands around the talk.

use crate::support::{Dice, Words, at, bank, file, look_for_quotes, message, query, titled, tool};
use camille_bank::{
    Bank, BankReader, FileBatch, Forget, Part, PartRole, Released, SessionName, SessionUpdate,
    Shared, TitleRank, Touch, Touching, Visibility, VisibleProject, place_mark,
};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};

const API: &str = "github.com/acme/api";
const PAYROLL: &str = "github.com/acme/payroll";
const DIARY: &str = "/home/ana/diary";

fn of(mut part: Part, places: &[&str]) -> Part {
    part.places = places.iter().map(|place| (*place).to_owned()).collect();
    part
}

fn touching(session: &str, places: &[&str]) -> SessionUpdate {
    let touch = |place: &&str| Touch {
        project: (*place).to_owned(),
        how: Touching::Read,
        path: String::new(),
        time: Some(at(0)),
    };
    SessionUpdate {
        touched: places.iter().map(touch).collect(),
        ..SessionUpdate::new(Agent::ClaudeCode, session.into())
    }
}

fn rules(released: &[(&str, &[&str])], open: &[&str]) -> Shared {
    let released = released.iter().map(|(session, places)| Released {
        name: SessionName { agent: Agent::ClaudeCode, session: (*session).into() },
        touched: places.iter().map(|place| place_mark(place)).collect(),
    });
    Shared {
        projects: vec![VisibleProject { id: API.into(), from: None }],
        open: std::iter::once(&API).chain(open).map(|place| (*place).to_owned()).collect(),
        released: released.collect(),
        ..Shared::default()
    }
}

fn id(key: &str) -> DocumentId {
    DocumentId::of_native_key("claude-code", key)
}

fn sees(reader: &BankReader, rules: &Shared, key: &str) -> bool {
    let visible = Visibility::Shared(rules.clone());
    reader.document(&id(key), &visible).unwrap().is_some()
}

/// A session that read the payroll, and then spoke of it.
fn story() -> FileBatch {
    let mut story = file(
        "s",
        &[
            message("s", "asks", 0, "gardener where"),
            of(tool("s", "reads", 1, PartRole::Input, "gardener cat plan"), &[PAYROLL]),
            tool("s", "reads", 2, PartRole::Output, "gardener quincesalary"),
            message("s", "says", 3, "gardener conclusion"),
            tool("s", "own", 4, PartRole::Input, "gardener cargo test"),
        ],
    );
    story.sessions =
        vec![touching("s", &[PAYROLL]), titled("s", TitleRank::Custom, "About gardens")];
    story
}

#[test]
fn of_a_released_session_the_talk_is_seen_and_no_call() {
    let dir = tempfile::tempdir().unwrap();
    let bank = bank(dir.path(), &[story()]);
    let reader = bank.reader();
    assert!(!sees(&reader, &rules(&[], &[]), "asks"), "held");
    let released = rules(&[("s", &[PAYROLL])], &[]);
    for (key, expected) in [("asks", true), ("reads", false), ("says", true), ("own", false)] {
        assert_eq!(sees(&reader, &released, key), expected, "{key}");
    }
    let visible = Visibility::Shared(released.clone());
    let answer = reader.search(&query("gardener quincesalary"), &visible).unwrap();
    assert_eq!((answer.statistics.documents, answer.candidates.len()), (2, 2));
    assert_eq!(answer.statistics.df.body, [2, 0]);
    assert_eq!(answer.statistics.df.context[1], 0);
    assert!(answer.candidates.iter().all(|f| f.document.title.is_none()));
    let asks = reader.document(&id("asks"), &visible).unwrap().unwrap();
    assert_eq!(asks.after.iter().map(|d| d.id).collect::<Vec<_>>(), [id("says")]);
    assert_eq!(reader.survey(&released).unwrap()[0].documents, 2);
    // Sharing the place, or calling it harmless, opens what is of it.
    assert!(sees(&reader, &rules(&[("s", &[PAYROLL])], &[PAYROLL]), "reads"));
    assert!(sees(&reader, &rules(&[], &[PAYROLL]), "reads"));
}

#[test]
fn a_result_that_comes_later_has_the_marks_of_its_call() {
    let dir = tempfile::tempdir().unwrap();
    let released = rules(&[("s", &[PAYROLL])], &[]);
    let mut all = story();
    let late = all.lines.split_off(2);
    let mut bank = bank(dir.path(), &[all]);
    let mut more = file("s", &[]);
    (more.fresh, more.lines) = (false, late);
    bank.ingest(&more).unwrap();
    for committed in [false, true] {
        if committed {
            bank.commit().unwrap();
            look_for_quotes(&mut bank, std::slice::from_ref(&more));
        }
        assert!(!sees(&bank.reader(), &released, "reads"), "{committed}");
        assert!(sees(&bank.reader(), &released, "asks"));
        // What came since waits until it is known what it holds.
        assert_eq!(sees(&bank.reader(), &released, "says"), committed);
    }
}

#[test]
fn marks_go_with_what_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = bank(dir.path(), &[story()]);
    let marks = || -> i64 {
        let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
        let count = "SELECT (SELECT count(*) FROM marked) + (SELECT count(*) FROM place)";
        store.query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(marks(), 2);
    bank.forget(&Forget::Document(id("reads"))).unwrap();
    bank.commit().unwrap();
    assert_eq!(marks(), 0);
}

#[test]
fn what_is_said_of_another_place_takes_the_title_and_what_stands_around_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut said = file(
        "s",
        &[
            message("s", "asks", 0, "gardener where"),
            of(message("s", "gives", 1, "gardener quincesalary"), &[PAYROLL]),
            message("s", "says", 2, "gardener conclusion"),
        ],
    );
    said.sessions =
        vec![touching("s", &[PAYROLL]), titled("s", TitleRank::FirstPrompt, "quincesalary")];
    let mut bank = bank(dir.path(), &[said]);
    let visible = Visibility::Shared(rules(&[("s", &[PAYROLL])], &[]));
    let check = |bank: &Bank| {
        let answer = bank.reader().search(&query("gardener quincesalary"), &visible).unwrap();
        assert_eq!(answer.candidates.len(), 2);
        assert_eq!(answer.statistics.df.body, [2, 0]);
        assert_eq!(answer.statistics.df.context[1], 0, "what stands around tells nothing");
        assert!(answer.candidates.iter().all(|found| found.document.title.is_none()));
    };
    check(&bank);
    // What is forgotten shows no more than before.
    bank.forget(&Forget::Document(id("gives"))).unwrap();
    bank.commit().unwrap();
    bank.find_quotes_again(&mut Words::default()).unwrap();
    check(&bank);
}

#[test]
fn a_copy_holds_what_it_repeats() {
    let dir = tempfile::tempdir().unwrap();
    let mut fork = file(
        "fork",
        &[
            tool("fork", "reads", 11, PartRole::Output, "gardener quincesalary"),
            message("fork", "goes on", 12, "gardener fork"),
        ],
    );
    fork.sessions = vec![touching("fork", &[])];
    let mut bank = bank(dir.path(), &[story(), fork]);
    let released = rules(&[("s", &[PAYROLL])], &[]);
    assert!(sees(&bank.reader(), &released, "goes on"));
    assert!(!sees(&bank.reader(), &released, "reads"));
    // Also when the one that is repeated is gone.
    bank.forget(&Forget::Session { agent: None, session: "s".into() }).unwrap();
    bank.commit().unwrap();
    assert!(!sees(&bank.reader(), &released, "reads"));
}

#[test]
fn of_a_denied_directory_of_the_project_no_call_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut inside = story();
    inside.sessions = vec![SessionUpdate {
        inside: vec!["/home/ana/api/private/plan".into()],
        ..SessionUpdate::new(Agent::ClaudeCode, "s".into())
    }];
    let quotes = of(message("s", "quotes", 5, "gardener quotes"), &[API]);
    inside.lines.extend(file("s", &[quotes]).lines);
    let bank = bank(dir.path(), &[inside]);
    let mut denied = rules(&[("s", &["/home/ana/api/private", PAYROLL])], &[]);
    denied.denied = vec!["/home/ana/api/private".into()];
    for (key, expected) in
        [("asks", true), ("reads", false), ("own", false), ("quotes", false), ("says", true)]
    {
        assert_eq!(sees(&bank.reader(), &denied, key), expected, "{key}");
    }
    denied.released.clear();
    assert!(!sees(&bank.reader(), &denied, "asks"));
}

#[test]
fn what_a_build_before_read_is_not_seen_of_a_released_session_until_it_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    drop(bank(dir.path(), &[story()]));
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    store
        .execute_batch(
            "DROP TABLE place; DROP TABLE marked; DROP TABLE quoted; DROP TABLE unmarked;
             DROP TABLE sought; DROP TABLE copied; DROP TABLE renewed; DROP TABLE lived;
             DROP TABLE edited;
             PRAGMA user_version = 8;",
        )
        .unwrap();
    drop(store);
    let mut bank = Bank::open(dir.path()).unwrap();
    let released = rules(&[("s", &[PAYROLL])], &[]);
    let known = bank.checkpoint("s").unwrap().unwrap();
    assert_eq!((known.cursor.as_str(), known.checkpoint.mtime_ns), ("", -1), "to be read again");
    for key in ["asks", "reads", "says", "own"] {
        assert!(!sees(&bank.reader(), &released, key), "{key}");
    }
    assert!(sees(&bank.reader(), &rules(&[], &[PAYROLL]), "reads"), "nothing of it is held");
    // What vanished from the file stays, and stays unknown.
    let mut again = story();
    again.lines.pop();
    bank.ingest(&again).unwrap();
    bank.commit().unwrap();
    assert!(!sees(&bank.reader(), &released, "asks"), "nobody looked for quotes");
    look_for_quotes(&mut bank, &[again]);
    for (key, expected) in [("asks", true), ("reads", false), ("says", true), ("own", false)] {
        assert_eq!(sees(&bank.reader(), &released, key), expected, "{key}");
    }
}

#[test]
fn what_an_agent_that_was_begun_and_a_summary_say_is_no_talk() {
    let dir = tempfile::tempdir().unwrap();
    let report = Part {
        parent_session: Some("s".into()),
        ..message("sub", "reports", 4, "gardener report")
    };
    let summary =
        Part { kind: DocumentKind::Summary, ..message("s", "sums up", 5, "gardener summary") };
    let mut sub = file("sub", &[report]);
    sub.sessions = vec![SessionUpdate { parent: Some("s".into()), ..touching("sub", &[]) }];
    let mut all = story();
    all.lines.extend(file("s", &[summary]).lines);
    let bank = bank(dir.path(), &[all, sub]);
    let released = rules(&[("s", &[PAYROLL])], &[]);
    let (shared, reader) = (rules(&[], &[PAYROLL]), bank.reader());
    for key in ["reports", "sums up"] {
        assert!(sees(&reader, &shared, key), "{key}: it is there");
        assert!(!sees(&reader, &released, key), "{key}");
    }
    assert!(sees(&reader, &released, "says"));
}

#[test]
fn what_repeats_what_an_agent_reported_is_hidden() {
    let begun = |key: &str, minute, text: &str| Part {
        parent_session: Some("s".into()),
        speaker: Speaker::Agent,
        ..message("sub", key, minute, text)
    };
    let said = |key: &str, minute, text: &str| Part {
        speaker: Speaker::Agent,
        ..message("s", key, minute, text)
    };
    let mut sub = file("sub", &[begun("reports", 4, "gardener quincereport")]);
    sub.sessions = vec![SessionUpdate { parent: Some("s".into()), ..touching("sub", &[PAYROLL]) }];
    let told = of(said("told", 7, "gardener rowannotice"), &[camille_bank::TOLD]);
    let mut all = file(
        "s",
        &[
            message("s", "before", 2, "gardener quincereport?"),
            said("repeats", 5, "gardener quincereport says"),
            said("own", 6, "gardener goes on"),
            told,
            said("repeats told", 8, "gardener rowannotice says"),
            said("repeats again", 9, "gardener quincereport again"),
        ],
    );
    all.sessions = vec![touching("s", &[])];
    // Whichever comes first.
    for files in [[all.clone(), sub.clone()], [sub, all]] {
        let dir = tempfile::tempdir().unwrap();
        let bank = bank(dir.path(), &files);
        let released = rules(&[("s", &[PAYROLL])], &[]);
        for (key, expected) in [
            ("before", true),
            ("repeats", false),
            ("own", true),
            ("told", false),
            ("repeats told", false),
            ("repeats again", false),
        ] {
            assert_eq!(sees(&bank.reader(), &released, key), expected, "{key}");
        }
        // Where the agent went is shared: only what came from nobody knows where is not.
        for (key, expected) in [("repeats", true), ("repeats told", true)] {
            assert_eq!(sees(&bank.reader(), &rules(&[], &[PAYROLL]), key), expected, "{key}");
        }
    }
}

/// A bank that never held what is hidden answers the same, to the bit.
#[test]
fn an_answer_is_as_if_what_is_hidden_were_not_there() {
    let mut dice = Dice(8);
    for round in 0..12 {
        let places = [PAYROLL, DIARY];
        let (mut whole, mut visible) = (Vec::new(), Vec::new());
        let mut released: Vec<(String, Vec<&str>)> = Vec::new();
        let open: &[&str] = if round % 3 == 0 { &[DIARY] } else { &[] };
        for session in 0..6 {
            let name = format!("s{session}");
            let mut parts = dice.session(&name, session * 100, 14);
            let mut touched = Vec::new();
            let mut held = false;
            for part in &mut parts {
                part.project = API.into();
                part.own_project = API.into();
                if part.kind == DocumentKind::Tool
                    && part.role == PartRole::Input
                    && dice.roll(3) == 0
                {
                    let place = places[usize::try_from(dice.roll(2)).unwrap()];
                    part.places = vec![place.into()];
                    touched.push(place);
                    held |= !open.contains(&place);
                }
            }
            let is_released = dice.roll(4) > 0;
            if is_released {
                released.push((name.clone(), touched.clone()));
            }
            let mut all = file(&name, &parts);
            all.sessions = vec![touching(&name, &touched)];
            whole.push(all);
            if is_released || !held {
                parts.retain(|part| !held || part.kind == DocumentKind::Message);
                visible.push(file(&name, &parts));
            }
        }
        let released: Vec<(&str, &[&str])> =
            released.iter().map(|(name, touched)| (name.as_str(), touched.as_slice())).collect();
        let rules = Visibility::Shared(rules(&released, open));
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (whole, visible) = (bank(one.path(), &whole), bank(two.path(), &visible));
        for word in ["w1", "w2 w7", "w30 w1 w90", "\"w1\"", "tool"] {
            let got = whole.reader().search(&query(word), &rules).unwrap();
            let expected = visible.reader().search(&query(word), &Visibility::Everything).unwrap();
            assert_eq!(got.statistics, expected.statistics, "{round} {word}");
            let told = |answer: &camille_bank::LeafAnswer| -> Vec<_> {
                let found = answer.candidates.iter();
                found.map(|f| (f.document.id, f.score.to_bits(), f.document.before)).collect()
            };
            assert_eq!(told(&got), told(&expected), "{round} {word}");
        }
    }
}
