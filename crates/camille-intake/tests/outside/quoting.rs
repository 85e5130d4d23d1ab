//! Of a released session nobody sees who says word for word what was read in another place: whatever brought it, whichever
//! session of the conversation says it, in whatever order files are read, also when what it was read from is forgotten.

use crate::world::{PLAN, ROW, World};
use camille_bank::Forget;
use camille_proto::id::DocumentId;
use serde_json::{Value, json};
use std::fs;

#[test]
fn whatever_brought_it_who_says_it_word_for_word_is_not_seen() {
    let bash = |command: &str| ("Bash", json!({ "command": command }));
    let read = |path: &str| ("Read", json!({ "file_path": path }));
    let carriers: Vec<Vec<(&str, Value)>> = vec![
        vec![bash("cat ../payroll/plan.txt")],
        vec![read("../payroll/plan.txt")],
        vec![("Grep", json!({ "pattern": "a", "path": "../payroll", "output_mode": "content" }))],
        vec![bash("cp ../payroll/plan.txt notes.csv"), bash("head notes.csv")],
    ];
    for calls in carriers {
        let mut world = World::new();
        world.asks("s", "s-asks", "How much is it?");
        for (at, call) in calls.iter().enumerate() {
            let gave = if at + 1 == calls.len() { PLAN } else { "" };
            world.calls("s", &format!("call{at}"), call, gave);
        }
        world.says("s", "whole", &format!("It says:\n```\n{PLAN}```"));
        world.says("s", "row", &format!("The row `{ROW}` has to go."));
        world.says("s", "own", "One of them was promoted; the parser reads the number.");
        world.asks("s", "asks row", &format!("so you read:\n{ROW}\nwhich is wrong"));
        world.asks("s", "asks on", "Then go on with the parser, please.");
        world.index();
        assert!(!world.shows("s-asks"), "held: {calls:?}");
        world.release(&["s"]);
        for (record, expected) in [
            ("s-asks", true),
            ("whole", false),
            ("row", false),
            ("own", true),
            ("asks row", false),
            ("asks on", true),
        ] {
            assert_eq!(world.shows(record), expected, "{record} after {calls:?}");
        }
    }
}

#[test]
fn what_comes_to_a_released_session_is_seen_once_it_was_looked_through() {
    let mut world = World::new();
    world.asks("s", "s-asks", "How much is it?");
    world.reads("s", "reads");
    world.index();
    world.release(&["s"]);
    assert!(world.shows("s-asks"));
    world.says("s", "row", &format!("It says {ROW}"));
    world.says("s", "own", "I read it.");
    let released = std::mem::take(&mut world.released);
    // As if nobody had looked.
    world.index();
    world.released = released;
    assert!(!world.shows("row") && !world.shows("own") && world.shows("s-asks"));
    world.says("s", "own2", "I go on.");
    world.index();
    assert!(!world.shows("row") && world.shows("own") && world.shows("own2"));
    // What it reads later counts as well.
    world.calls(
        "s",
        "more",
        &("Bash", json!({ "command": "tail ../payroll/plan.txt" })),
        "rowan leaves us for the county archive",
    );
    world.says("s", "later", "As it is: rowan leaves us for the county archive.");
    world.index();
    assert!(!world.shows("later") && world.shows("own2"));
}

#[test]
fn another_session_of_the_conversation_gives_it_along_in_whatever_order_they_are_read() {
    for is_later_first in [false, true] {
        let mut world = World::new();
        world.asks("s", "s-asks", "How much is it?");
        world.reads("s", "reads");
        world.says("s+1", "row", &format!("It says {ROW}"));
        world.says("s+1", "own", "I go on.");
        let (one, aside) = (world.file("s"), world.root.path().join("aside"));
        if is_later_first {
            fs::rename(&one, &aside).expect("moves");
            world.index();
            fs::rename(&aside, &one).expect("moves");
        }
        world.index();
        world.release(&["s"]);
        let shown = ["s-asks", "row", "own"].map(|record| world.shows(record));
        assert_eq!(shown, [true, false, true], "{is_later_first}");
    }
}

#[test]
fn what_was_read_and_is_forgotten_is_known_again() {
    for is_file_gone in [false, true] {
        let mut world = World::new();
        world.asks("s", "s-asks", "How much is it?");
        world.reads("s", "reads");
        world.says("s", "row", &format!("It says {ROW}"));
        world.index();
        if is_file_gone {
            fs::remove_file(world.file("s")).expect("removes");
        }
        let id = DocumentId::of_native_key("claude-code", "reads:0");
        let forgotten = world.intake.forget(&Forget::Document(id)).expect("forgets");
        assert_eq!(forgotten.documents, 1);
        world.release(&["s"]);
        assert!(world.shows("s-asks") && !world.shows("row"), "{is_file_gone}");
        if !is_file_gone {
            for turn in 0..2 {
                let (row, own) = (format!("row{turn}"), format!("own{turn}"));
                world.says("s", &row, &format!("Again: {ROW}"));
                world.says("s", &own, "I go on.");
                world.index();
                assert!(!world.shows(&row) && world.shows(&own), "{turn}");
            }
        }
    }
}

#[test]
fn what_was_said_before_is_ones_own() {
    let mut world = World::new();
    world.asks("s", "s-asks", &format!("Write this to the plan: {ROW}"));
    let call = ("Bash", json!({ "command": format!("echo '{ROW}' >> ../payroll/plan.txt") }));
    world.calls("s", "writes", &call, "");
    world.says("s", "row", &format!("It says {ROW} now."));
    world.index();
    world.release(&["s"]);
    assert!(world.shows("s-asks") && !world.shows("row"));
}
