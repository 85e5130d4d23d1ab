//! What one session copies from another place, a later one reads: it is held as if it had read it there, whichever of the
//! two is read first, until the copy is removed or written anew.

use crate::world::{PLAN, World};
use camille_bank::Forget;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What one session does.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// Copies from the payroll to a path.
    Copies(usize),
    /// Copies the one path to the other.
    CopiesOn(usize),
    Reads(usize),
    Writes(usize),
    Removes(usize),
    Nothing,
}

const PATHS: [&str; 2] = ["data/f.csv", "data/g.csv"];

impl Does {
    fn call(self) -> (&'static str, Value) {
        let bash = |command: String| ("Bash", json!({ "command": command }));
        match self {
            Self::Copies(to) => bash(format!("cp ../payroll/plan.txt {}", PATHS[to])),
            Self::CopiesOn(from) => bash(format!("cp {} {}", PATHS[from], PATHS[1 - from])),
            Self::Reads(of) => ("Read", json!({ "file_path": PATHS[of] })),
            Self::Writes(to) => {
                ("Write", json!({ "file_path": PATHS[to], "content": "own words" }))
            }
            Self::Removes(of) => bash(format!("rm {}", PATHS[of])),
            Self::Nothing => bash("cargo test".to_owned()),
        }
    }

    /// Whether who does it gets at something of the payroll. `copies`: which paths hold something of it.
    fn is_held(self, copies: &mut [bool; 2]) -> bool {
        match self {
            Self::Copies(to) => {
                copies[to] = true;
                true
            }
            Self::CopiesOn(from) => {
                let is_held = copies[0] || copies[1];
                copies[1 - from] |= copies[from];
                is_held
            }
            Self::Reads(of) => copies[of],
            Self::Writes(of) | Self::Removes(of) => std::mem::replace(&mut copies[of], false),
            Self::Nothing => false,
        }
    }
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        (0..2usize).prop_map(Does::Copies),
        (0..2usize).prop_map(Does::CopiesOn),
        (0..2usize).prop_map(Does::Reads),
        (0..2usize).prop_map(Does::Reads),
        (0..2usize).prop_map(Does::Writes),
        (0..2usize).prop_map(Does::Removes),
        Just(Does::Nothing),
    ]
}

/// Sessions one after the other, each in a file of its own.
fn world(all: &[Does]) -> World {
    let mut world = World::new();
    for file in [
        "data/own.txt",
        "data/plan.txt",
        "data/any.txt",
        "data/new/x",
        "backup/plan.txt",
        "other/plan.txt",
        "out.txt",
    ] {
        let file = world.root.path().join("api").join(file);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("makes");
        std::fs::write(file, "").expect("writes");
    }
    for (at, does) in all.iter().enumerate() {
        let session = format!("s{at}");
        world.asks(&session, &format!("{session}-asks"), "Go on, please.");
        world.calls(&session, &format!("{session}-does"), &does.call(), "done");
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn who_reads_a_copy_is_held_in_whatever_order_sessions_are_read(
        all in prop::collection::vec(does(), 2..7),
        order in prop::collection::vec(any::<prop::sample::Index>(), 7),
        restarts in any::<u8>(),
    ) {
        let mut world = world(&all);
        let aside = world.root.path().join("aside");
        std::fs::create_dir(&aside).expect("makes");
        let mut left: Vec<usize> = (0..all.len()).collect();
        for at in &left {
            let name = format!("s{at}");
            std::fs::rename(world.file(&name), aside.join(&name)).expect("moves");
        }
        for (turn, next) in order.iter().enumerate().take(all.len()) {
            let at = left.remove(next.index(left.len()));
            let name = format!("s{at}");
            std::fs::rename(aside.join(&name), world.file(&name)).expect("moves");
            if restarts >> turn & 1 == 1 {
                world.restart();
            }
            world.index();
        }
        let mut copies = [false; 2];
        for (at, does) in all.iter().enumerate() {
            let is_held = does.is_held(&mut copies);
            prop_assert_eq!(world.shows(&format!("s{at}-asks")), !is_held, "s{} of {:?}", at, all);
        }
    }
}

#[test]
fn a_directory_that_was_copied_is_a_copy_with_all_that_is_in_it() {
    for (copies, reads, is_held) in [
        ("cp -r ../payroll backup", "cat backup/plan.txt", true),
        ("cp -r ../payroll backup", "cat other/plan.txt", false),
        ("cp ../payroll/plan.txt data", "cat data/plan.txt", true),
        ("cp ../payroll/plan.txt data/", "cat data/own.txt", false),
        ("cat ../payroll/plan.txt > out.txt", "head out.txt", true),
        ("tar xf ../payroll/a.tgz -C data", "cat data/any.txt", true),
        ("cat ../payroll/plan.txt && mkdir data/new", "ls data/new", false),
        ("cp ../payroll/plan.txt /tmp/camille-x.txt", "grep a /tmp/camille-x.txt", true),
        ("cp -r ../payroll backup && cp backup/plan.txt data/own.txt", "cat data/own.txt", true),
    ] {
        let mut world = world(&[]);
        let bash = |command: &str| ("Bash", json!({ "command": command }));
        world.calls("one", "copies", &bash(copies), "done");
        world.asks("two", "two-asks", "Go on, please.");
        world.calls("two", "reads", &bash(reads), PLAN);
        world.index();
        assert_eq!(world.shows("two-asks"), !is_held, "{copies}, {reads}");
        // Forgetting who copied it shows no more.
        world
            .intake
            .forget(&Forget::Session { agent: None, session: "one".into() })
            .expect("forgets");
        assert_eq!(world.shows("two-asks"), !is_held, "{copies}, {reads}");
    }
}

#[test]
fn of_a_session_that_read_a_copy_no_quote_of_what_it_read_is_seen() {
    let mut world = world(&[Does::Copies(0)]);
    world.asks("two", "two-asks", "Go on, please.");
    world.calls("two", "reads", &Does::Reads(0).call(), PLAN);
    world.says(
        "two",
        "row",
        "It says: quince,84000,promoted by medlar after the quarrel of the year",
    );
    world.says("two", "own", "I go on with the parser.");
    world.index();
    assert!(!world.shows("own"));
    world.release(&["two"]);
    assert!(world.shows("own") && world.shows("two-asks") && !world.shows("row"));
}
