//! Who wrote a line: a repository, a session that edited a file of it, and the two commands that say so.

use crate::environment::Home;
use serde_json::json;
use std::process::Command;

const SESSION: &str = "0f0e0d0c-1111-4222-8333-000000000001";

/// A repository with a line that a session wrote before its commit, and one that it wrote behind.
fn made() -> Home {
    let home = Home::scripted();
    let git = |arguments: &[&str], date: &str| {
        let settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let done = Command::new("git")
            .args(settings)
            .args(arguments)
            .env("GIT_AUTHOR_DATE", date)
            .current_dir(home.path().join("repo"))
            .output()
            .expect("git runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let commit = |text: &str, message: &str, date: &str| {
        home.write("repo/src/a.rs", text);
        git(&["add", "-A"], date);
        git(&["commit", "-qm", message], date);
    };
    home.write("repo/src/a.rs", "");
    git(&["init", "-q"], "2026-02-01T00:00:00Z");
    commit("fn one() {\n    first();\n}\n", "begin", "2026-02-01T10:00:00Z");
    let with_second = "fn one() {\n    first();\n    second_thing();\n}\n";
    commit(with_second, "call it", "2026-02-03T10:00:00Z");
    let cwd = home.path().join("repo").to_string_lossy().into_owned();
    let file = format!("{cwd}/src/a.rs");
    let record = |uuid: &str, kind: &str, time: &str, content: serde_json::Value| {
        json!({"type": kind, "uuid": uuid, "sessionId": SESSION, "cwd": cwd, "version": "2.0.1",
            "timestamp": format!("2026-02-03T{time}.000Z"),
            "message": {"id": uuid, "role": kind, "content": content}})
        .to_string()
    };
    let edit = |id: &str, old: &str, new: &str| {
        json!([{"type": "tool_use", "id": id, "name": "Edit",
            "input": {"file_path": file, "old_string": old, "new_string": new}}])
    };
    let lines = [
        record("u1", "user", "09:00:00", json!("the cache is stale: call the second thing too")),
        record(
            "u2",
            "assistant",
            "09:00:05",
            json!([{"type": "text", "text": "It goes behind the first."}]),
        ),
        record(
            "u3",
            "assistant",
            "09:00:06",
            edit("t1", "    first();", "    first();\n    second_thing();"),
        ),
        // What it writes after the commit explains nothing of that.
        record("u4", "assistant", "11:00:00", edit("t2", "nothing", "fn one() {\n    first();")),
    ];
    home.write(&format!(".claude/projects/-repo/{SESSION}.jsonl"), &(lines.join("\n") + "\n"));
    home.run(&["index"]).ended(0);
    home
}

#[test]
fn a_line_says_which_session_wrote_it_and_why() {
    let home = made();
    let why = home.run(&["why", "repo/src/a.rs:3"]).ended(0);
    let why = why.prints("you · ").prints("wrote 1 of 1 line: src/a.rs 3").prints("0f0e0d0c");
    why.prints("call the second thing too").prints("It goes behind the first.");
    home.run(&["why", "repo/src/a.rs:1-2"]).ended(1).prints("not known here: src/a.rs 1-2");
    let all = home.run(&["why", "repo/src/a.rs:one", "--json"]).ended(0).json();
    assert_eq!(all["stretches"][1]["evidence"], "wrote");
    assert_eq!(all["sessions"][0]["name"]["session"], SESSION);
    assert_eq!(all["sessions"].as_array().map(Vec::len), Some(1));
    home.run(&["blame", "repo/src/a.rs"]).ended(0).prints("not known here").prints("0f0e0d0c");
    home.run(&["why", "repo/src/a.rs:9"]).ended(2).says("has 4 lines");
    home.run(&["why", "repo/src/b.rs:1"]).ended(2).says("there is no file");
}

#[test]
fn what_is_forgotten_wrote_nothing() {
    let home = made();
    home.run(&["forget", SESSION, "--yes"]).ended(0);
    home.run(&["why", "repo/src/a.rs:3"]).ended(1).prints("not known here");
}
