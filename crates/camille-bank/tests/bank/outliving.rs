//! What is true of a conversation outlives its documents: whatever is taken away, no more is seen than before.

use crate::support::{Dice, at, everything, file, look_for_quotes, message, query, titled};
use camille_bank::{
    Bank, FileBatch, Forget, Part, Released, SessionName, SessionUpdate, Shared, TitleRank, Touch,
    Touching, Visibility, VisibleProject, begin_from,
};
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::Agent;
use std::collections::BTreeSet;

const API: &str = "github.com/acme/api";
const PAYROLL: &str = "github.com/acme/payroll";
const DIARY: &str = "/home/ana/diary";

fn shared() -> Shared {
    Shared {
        projects: vec![VisibleProject { id: API.into(), from: None }],
        open: vec![API.into()],
        ..Shared::default()
    }
}

fn touching(session: &str, project: &str, path: &str) -> SessionUpdate {
    SessionUpdate {
        title: None,
        touched: vec![Touch {
            project: project.into(),
            how: Touching::Read,
            path: path.into(),
            time: Some(at(2)),
        }],
        ..titled(session, TitleRank::Custom, "")
    }
}

fn says(session: &str) -> SessionUpdate {
    SessionUpdate { title: None, ..titled(session, TitleRank::Custom, "") }
}

fn with(mut batch: FileBatch, updates: Vec<SessionUpdate>) -> FileBatch {
    batch.sessions.extend(updates);
    batch
}

/// A record as a file that copies it has it.
fn copied(mut part: Part, session: &str) -> Part {
    part.session = session.into();
    part
}

fn open(files: &[FileBatch]) -> (tempfile::TempDir, Bank) {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = Bank::open(dir.path()).unwrap();
    for file in files {
        bank.ingest(file).unwrap();
    }
    bank.commit().unwrap();
    look_for_quotes(&mut bank, files);
    (dir, bank)
}

fn seen(bank: &Bank, shared: &Shared) -> BTreeSet<String> {
    let visible = Visibility::Shared(shared.clone());
    let answer = bank.reader().search(&query("gardener"), &visible).unwrap();
    answer.candidates.into_iter().map(|found| found.document.session).collect()
}

fn sessions(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_was_touched_holds_whatever_is_forgotten() {
    let mut there = message("mixed", "b", 2, "gardener plan");
    there.own_project = PAYROLL.into();
    let files = [
        file(
            "mixed",
            &[
                message("mixed", "a", 1, "gardener one"),
                there,
                message("mixed", "c", 3, "gardener so"),
            ],
        ),
        with(
            file("reader", &[message("reader", "d", 4, "gardener two")]),
            vec![touching("reader", DIARY, "/home/ana/diary/quince.md")],
        ),
        file("plain", &[message("plain", "e", 5, "gardener three")]),
    ];
    let forgets = [
        Forget::Project(PAYROLL.into()),
        Forget::Project(DIARY.into()),
        Forget::Document(DocumentId::of_native_key("claude-code", "b")),
        Forget::Document(DocumentId::of_native_key("claude-code", "d")),
        Forget::Session { agent: None, session: "reader".into() },
    ];
    for forget in forgets {
        let (dir, mut bank) = open(&files);
        assert_eq!(seen(&bank, &shared()), sessions(&["plain"]));
        bank.forget(&forget).unwrap();
        assert_eq!(seen(&bank, &shared()), sessions(&["plain"]), "{forget:?}");
        // What is read again does not lift it either.
        for file in &files {
            bank.ingest(file).unwrap();
        }
        bank.commit().unwrap();
        assert_eq!(seen(&bank, &shared()), sessions(&["plain"]), "{forget:?}, read again");
        let left = everything(dir.path());
        match forget {
            Forget::Project(id) => assert!(!left.contains(&id), "{id} is named"),
            Forget::Session { .. } => assert!(!left.contains("quince"), "its path is named"),
            _ => {}
        }
    }
}

#[test]
fn a_conversation_is_kept_back_as_one_however_its_sessions_hang_together() {
    let link = |how: &str| -> (Vec<FileBatch>, &'static str) {
        let held = with(
            file(
                "held",
                &[message("held", "a", 1, "gardener one"), message("held", "b", 2, "gardener")],
            ),
            vec![touching("held", DIARY, "")],
        );
        let own = message("other", "z", 9, "gardener other");
        let other = match how {
            "copies a record" => {
                let copy = copied(message("held", "a", 1, "gardener one"), "other");
                file("other", &[copy, own])
            }
            "goes on from a record" => with(
                file("other", &[own]),
                vec![SessionUpdate { follows: vec!["record-b".into()], ..says("other") }],
            ),
            "is named as kin" => with(
                file("other", &[own]),
                vec![SessionUpdate { kin: vec!["held".into()], ..says("other") }],
            ),
            "names a parent" => {
                file("other", &[Part { parent_session: Some("held".into()), ..own }])
            }
            "is named from there" => {
                let other = with(
                    file("other", &[own]),
                    vec![SessionUpdate { kin: vec!["between".into()], ..says("other") }],
                );
                // The session between was never read.
                return (
                    vec![
                        with(
                            held,
                            vec![SessionUpdate { kin: vec!["between".into()], ..says("held") }],
                        ),
                        other,
                    ],
                    "other",
                );
            }
            other => panic!("{other}"),
        };
        (vec![held, other], "other")
    };
    for how in [
        "copies a record",
        "goes on from a record",
        "is named as kin",
        "names a parent",
        "is named from there",
    ] {
        for reversed in [false, true] {
            let (mut files, _) = link(how);
            let plain = file("plain", &[message("plain", "e", 5, "gardener three")]);
            files.push(plain);
            if reversed {
                files.reverse();
            }
            let (_dir, mut bank) = open(&files);
            let told = format!("{how}, reversed: {reversed}");
            assert_eq!(seen(&bank, &shared()), sessions(&["plain"]), "{told}");
            for session in ["held", "other"] {
                bank.forget(&Forget::Session { agent: None, session: session.into() }).unwrap();
                assert_eq!(seen(&bank, &shared()), sessions(&["plain"]), "{told}, {session}");
            }
            // A fork that comes after all of it is forgotten is one of them, too.
            let copy = copied(message("held", "a", 1, "gardener one"), "late");
            let late = file("late", &[copy, message("late", "y", 11, "gardener late")]);
            bank.ingest(&late).unwrap();
            bank.commit().unwrap();
            assert_eq!(seen(&bank, &shared()), sessions(&["plain"]), "{told}, a late fork");
        }
    }
}

#[test]
fn private_is_the_whole_conversation_also_when_the_line_is_forgotten() {
    let private = with(
        file("private", &[message("private", "a", 1, "gardener one")]),
        vec![SessionUpdate { private: true, ..says("private") }],
    );
    let copy = copied(message("private", "a", 1, "gardener one"), "fork");
    let fork = file("fork", &[copy, message("fork", "z", 9, "gardener other")]);
    let (_dir, mut bank) = open(&[fork, private]);
    assert_eq!(seen(&bank, &shared()), sessions(&[]));
    bank.forget(&Forget::Session { agent: None, session: "private".into() }).unwrap();
    assert_eq!(seen(&bank, &shared()), sessions(&[]));
}

#[test]
fn a_fact_keeps_back_before_the_index_knows() {
    let files = [file("one", &[message("one", "a", 1, "gardener one")])];
    let (_dir, mut bank) = open(&files);
    assert_eq!(seen(&bank, &shared()), sessions(&["one"]));
    let more = FileBatch {
        fresh: false,
        ..with(file("one", &[]), vec![touching("one", DIARY, "/home/ana/diary/a.md")])
    };
    bank.ingest(&more).unwrap();
    assert_eq!(seen(&bank, &shared()), sessions(&[]));
}

#[test]
fn a_release_ends_with_another_place() {
    let files = [with(
        file("one", &[message("one", "a", 1, "gardener one")]),
        vec![touching("one", DIARY, "/home/ana/diary/a.md")],
    )];
    let (_dir, mut bank) = open(&files);
    let held = bank.reader().survey(&shared()).unwrap().remove(0).held.remove(0);
    assert_eq!(held.reasons[0].path, "/home/ana/diary/a.md");
    let name = SessionName { agent: Agent::ClaudeCode, session: "one".into() };
    let released = vec![Released { name, touched: held.marks }];
    let released = Shared { released, ..shared() };
    assert_eq!(seen(&bank, &released), sessions(&["one"]));
    let again = FileBatch {
        fresh: false,
        ..with(file("one", &[]), vec![touching("one", DIARY, "/home/ana/diary/b.md")])
    };
    bank.ingest(&again).unwrap();
    bank.commit().unwrap();
    assert_eq!(seen(&bank, &released), sessions(&["one"]), "the same place");
    let other = FileBatch {
        fresh: false,
        ..with(file("one", &[]), vec![touching("one", "/home/ana/letters", "")])
    };
    bank.ingest(&other).unwrap();
    bank.commit().unwrap();
    assert_eq!(seen(&bank, &released), sessions(&[]), "another one");
    // Forgetting that place does not bring the release back, either.
    bank.forget(&Forget::Project("/home/ana/letters".into())).unwrap();
    assert_eq!(seen(&bank, &released), sessions(&[]));
}

/// A session that did something at these paths of its own project, and read all of these directories.
fn within(session: &str, inside: &[&str], walked: &[&str]) -> SessionUpdate {
    let list = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
    SessionUpdate { inside: list(inside), walked: list(walked), ..says(session) }
}

#[test]
fn a_part_of_ones_own_project_may_be_denied() {
    let told = [
        ("file", within("file", &["/home/ana/api/secret/plan.md"], &[])),
        ("directory", within("directory", &["/home/ana/api/Secret"], &[])),
        ("beside", within("beside", &["/home/ana/api/secrets/a", "/home/ana/api/src"], &[])),
        ("all", within("all", &["/home/ana/api"], &["/home/ana/api"])),
        ("everything", within("everything", &[], &["/"])),
        ("below", within("below", &["/home/ana/api/secret/a"], &["/home/ana/api/secret/a"])),
        ("other", within("other", &[], &["/home/ana/api/src"])),
    ];
    let files: Vec<FileBatch> = told
        .into_iter()
        .map(|(name, update)| {
            let said = message(name, &format!("{name}-a"), 1, &format!("the gardener of {name}"));
            with(file(&format!("{name}.jsonl"), &[said]), vec![update])
        })
        .collect();
    let (_dir, bank) = open(&files);
    let denied = Shared { denied: vec!["/home/ana/api/secret".into()], ..shared() };
    assert_eq!(seen(&bank, &denied), sessions(&["beside", "other"]));
    // The directory of a project that is denied by its name.
    let below = Shared { below: vec!["/home/ana/api/secret".into()], ..shared() };
    assert_eq!(seen(&bank, &below), sessions(&["below", "beside", "directory", "file", "other"]));
    assert_eq!(seen(&bank, &shared()).len(), 7);
}

#[test]
fn what_was_only_fetched_is_nobodys_until_it_is_known_to_be_somebodys() {
    let fetched = |session: &str, project: &str| {
        let mut update = touching(session, project, "~/.cargo/git/x");
        update.touched[0].how = Touching::Fetched;
        let said = message(session, &format!("{session}-a"), 1, "the gardener sleeps");
        with(file(&format!("{session}.jsonl"), &[said]), vec![update])
    };
    let public = "github.com/serde-rs/serde";
    let mut files = vec![fetched("public", public), fetched("ours", "github.com/Acme/lib")];
    let (_dir, bank) = open(&files);
    // Who works at one of an account's repositories is in its circle.
    assert_eq!(seen(&bank, &shared()), sessions(&["public"]));
    let refused = Shared { refused: vec![public.into()], ..shared() };
    assert_eq!(seen(&bank, &refused), sessions(&[]));
    let said = message("reader", "reader-a", 1, "the gardener reads");
    files.push(with(file("reader.jsonl", &[said]), vec![touching("reader", public, "~/serde")]));
    let (_dir, bank) = open(&files);
    assert_eq!(seen(&bank, &shared()), sessions(&[]), "it is read where it is worked in");
}

#[test]
fn a_denied_directory_keeps_back_what_ran_in_it_or_below() {
    let within = |session: &str, directory: &str| {
        let part = message(session, session, 1, "gardener one");
        file(session, &[Part { directory: Some(directory.into()), ..part }])
    };
    let files = [
        within("inside", "/home/ana/work/api"),
        within("below", "/home/ana/work/api/src/net"),
        within("beside", "/home/ana/work/api2"),
        within("above", "/home/ana/work"),
    ];
    let (_dir, bank) = open(&files);
    let denied = |directory: &str| Shared { denied: vec![directory.into()], ..shared() };
    assert_eq!(seen(&bank, &denied("/home/ana/work/api")), sessions(&["above", "beside"]));
    assert_eq!(seen(&bank, &denied("/home/ANA/work/api/")), sessions(&["above", "beside"]));
    assert_eq!(seen(&bank, &denied("/home/ana")), sessions(&[]));
    assert_eq!(seen(&bank, &denied("/srv")).len(), 4);
}

#[test]
fn a_title_is_shown_only_where_the_whole_conversation_is() {
    let early = with(
        file("early", &[message("early", "a", 1, "gardener severance")]),
        vec![titled("early", TitleRank::FirstPrompt, "gardener severance")],
    );
    let copy = copied(message("early", "a", 1, "gardener severance"), "fork");
    let fork = with(
        file("fork", &[copy, message("fork", "z", 9, "gardener other")]),
        vec![titled("fork", TitleRank::FirstPrompt, "gardener severance")],
    );
    let (_dir, bank) = open(&[early, fork]);
    let titles = |from| {
        let projects = vec![VisibleProject { id: API.into(), from }];
        let visible = Visibility::Shared(Shared { projects, ..shared() });
        let answer = bank.reader().search(&query("gardener"), &visible).unwrap();
        answer.candidates.into_iter().map(|found| found.document.title).collect::<Vec<_>>()
    };
    assert_eq!(titles(Some(at(5))), [None], "it tells of what was said before");
    assert_eq!(titles(None), vec![Some("gardener severance".to_owned()); 2]);
}

#[test]
fn forgetting_what_was_said_elsewhere_shows_no_title() {
    let mut there = message("mixed", "b", 2, "gardener plan");
    there.own_project = PAYROLL.into();
    let mixed = with(
        file("mixed", &[message("mixed", "a", 1, "gardener one"), there]),
        // What is read there first must not make it unknown that it was there itself.
        vec![titled("mixed", TitleRank::Ai, "the plan"), touching("mixed", PAYROLL, "/p/plan")],
    );
    let (_dir, mut bank) = open(&[mixed]);
    // Both are shared, but only one of them with whoever asks.
    let open = vec![API.to_owned(), PAYROLL.to_owned()];
    let visible = Visibility::Shared(Shared { open, ..shared() });
    let titles = |bank: &Bank| -> Vec<Option<String>> {
        let found = bank.reader().search(&query("gardener"), &visible).unwrap().candidates;
        found.into_iter().map(|found| found.document.title).collect()
    };
    assert_eq!(titles(&bank), [None]);
    let all = bank.reader().search(&query("plan"), &Visibility::Everything).unwrap();
    bank.forget(&Forget::Document(all.candidates[0].document.id)).unwrap();
    assert_eq!(titles(&bank), [None], "it may have been made from what is forgotten");
}

/// Random conversations, and random things taken from them: never is more seen than before.
#[test]
fn taking_away_never_shows_more() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let count = 3 + dice.roll(4);
        let mut files = Vec::new();
        for number in 0..count {
            let name = format!("s{number}");
            let mut parts = Vec::new();
            for at in 0..3 {
                let key = format!("{name}-{at}");
                let minute = i64::try_from(number * 10 + at).unwrap();
                let mut part = message(&name, &key, minute, "gardener");
                if dice.roll(8) == 0 {
                    part.own_project = PAYROLL.into();
                }
                parts.push(part);
            }
            let mut update = says(&name);
            if number > 0 && dice.roll(3) == 0 {
                let from = dice.roll(number);
                parts.insert(0, copied(message("x", &format!("s{from}-1"), 0, "gardener"), &name));
            }
            if dice.roll(4) == 0 {
                update.follows.push(format!("record-s{}-2", dice.roll(count)));
            }
            if dice.roll(5) == 0 {
                update = SessionUpdate { follows: update.follows, ..touching(&name, DIARY, "") };
            }
            update.private = dice.roll(9) == 0;
            files.push(with(file(&name, &parts), vec![update]));
        }
        dice.shuffle(&mut files);
        let (_dir, mut bank) = open(&files);
        let before = seen(&bank, &shared());
        for _ in 0..3 {
            let session = format!("s{}", dice.roll(count));
            let forget = match dice.roll(4) {
                0 => Forget::Project(PAYROLL.into()),
                1 => Forget::Project(DIARY.into()),
                2 => Forget::Session { agent: None, session },
                _ => {
                    let key = format!("{session}-{}", dice.roll(3));
                    Forget::Document(DocumentId::of_native_key("claude-code", &key))
                }
            };
            bank.forget(&forget).unwrap();
            let file = &files[usize::try_from(dice.roll(count)).unwrap()];
            bank.ingest(file).unwrap();
            bank.commit().unwrap();
            let after = seen(&bank, &shared());
            assert!(after.is_subset(&before), "seed {seed}: {forget:?}: {after:?} of {before:?}");
        }
    }
}

/// A private session and one that read a diary, each with one that goes on from it: by its last record, and by name.
fn families() -> Vec<(&'static str, FileBatch)> {
    let said = |session: &str| {
        let record = format!("{session}-record");
        let mut part = message(session, &record, 1, "the gardener sleeps");
        part.record_id = Some(record);
        part
    };
    let private = SessionUpdate { private: true, ..says("private") };
    let goes_on = |session: &str, from: &str| SessionUpdate {
        follows: vec![format!("{from}-record")],
        ..says(session)
    };
    let named = SessionUpdate { kin: vec!["reader".into()], ..says("named") };
    let told = |session: &str, update| {
        with(file(&format!("{session}.jsonl"), &[said(session)]), vec![update])
    };
    vec![
        ("private", told("private", private)),
        ("reader", told("reader", touching("reader", DIARY, "/home/ana/diary/a.md"))),
        ("next", told("next", goes_on("next", "private"))),
        ("named", told("named", named)),
        ("plain", told("plain", goes_on("plain", "other"))),
        ("other", told("other", says("other"))),
    ]
}

#[test]
fn a_bank_that_is_begun_anew_shows_no_more_than_the_one_before() {
    let all: Vec<FileBatch> = families().into_iter().map(|(_, batch)| batch).collect();
    // The agent has deleted what is held by now.
    let left = || families().into_iter().filter(|(name, _)| !matches!(*name, "private" | "reader"));
    let refill = |dir: &std::path::Path| {
        let mut bank = Bank::open(dir).unwrap();
        for (_, batch) in left() {
            bank.ingest(&batch).unwrap();
        }
        bank.commit().unwrap();
        bank
    };
    let open_ones = sessions(&["other", "plain"]);
    let forget = |bank: &mut Bank| {
        let what = Forget::Session { agent: None, session: "forgotten".into() };
        bank.forget(&what).unwrap();
    };
    let forgotten =
        file("forgotten.jsonl", &[message("forgotten", "f", 1, "the gardener that is forgotten")]);
    for damage in [None, Some("all"), Some("half")] {
        let (dir, mut bank) = open(&all);
        bank.ingest(&forgotten).unwrap();
        bank.commit().unwrap();
        forget(&mut bank);
        assert_eq!(seen(&bank, &shared()), open_ones);
        bank.close().unwrap();
        let path = dir.path().join("bank.db");
        let mut bytes = std::fs::read(&path).unwrap();
        let from = match damage {
            None => bytes.len(),
            Some("all") => 0,
            Some(_) => bytes.len() / 2,
        };
        bytes[from..].fill(0);
        std::fs::write(&path, &bytes).unwrap();
        let mut old = dir.path().to_owned();
        let next = tempfile::tempdir().unwrap();
        for turn in 0..3 {
            let dir = next.path().join(turn.to_string());
            let is_whole = begin_from(&old, &dir).unwrap();
            assert_eq!(is_whole, damage.is_none() || (turn > 0), "{damage:?} {turn}");
            let mut bank = refill(&dir);
            assert_eq!(seen(&bank, &shared()), open_ones, "{damage:?} {turn}");
            if damage.is_none() {
                bank.ingest(&forgotten).unwrap();
                bank.commit().unwrap();
                assert_eq!(seen(&bank, &shared()), open_ones, "{damage:?} {turn}: forgotten");
            }
            bank.close().unwrap();
            old = dir;
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "the old one is left as it is");
    }
}
