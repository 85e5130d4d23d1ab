//! What is typed wrongly ends with 2 and says what is wrong; what nobody reads ends quietly.

use crate::environment::Home;

#[test]
fn a_wrong_command_line_ends_with_2() {
    let home = Home::new();
    for (args, says) in [
        (&["serach", "x"][..], "search"),
        (&["unshare", "acme/api"], "camille projects unshare"),
        (&["revoke", "ci"], "camille keys revoke"),
        (&["search"], "WORDS"),
        (&["search", "x", "--limit", "101"], "101"),
        (&["search", "x", "--limit", "0"], "0"),
        (&["search", "  "], "'q' is empty"),
        (&["search", "x", "--local", "--peer", "ana"], "--peer"),
        (&["search", "x", "--since", "soon"], "'soon' is no moment"),
        (&["search", "x", "--since", "1d", "--until", "2d"], "nothing lies between"),
        (&["search", "x", "--agent", "emacs"], "claude-code, codex"),
        (&["search", "x", "--timeout", "0"], "no timeout"),
        (&["show", "1"], "nothing to show"),
        (&["invite", "--expires", "soon"], "no span of time"),
        (&["join", "https://example.com"], "camille://join/"),
        (&["join", "camille://join/abcd"], "damaged"),
        (&["projects", "share", "x", "--from", "soon"], "no moment"),
        (&["index", "not-there"], "cannot index not-there"),
        (&["completions", "tcsh-9"], "tcsh-9"),
        (&["--set", "mesh.ttl", "status"], "KEY=VALUE"),
    ] {
        home.run(args).ended(2).says(says);
    }
    let long = "x".repeat(1025);
    home.run(&["search", &long]).ended(2).says("more than 1024 characters");
    home.run_with_input(&["join", "-"], "camille://join/abcd\n").ended(2).says("damaged");
    // None of these needed a node, so none made a home.
    assert!(!home.camille_home().exists());
    // This could be the beginning of a session's id, which only the node knows.
    std::fs::create_dir(home.camille_home()).unwrap();
    home.run(&["show", "first"]).ended(2).says("neither a number nor a document's id");
}

#[test]
fn completions_know_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        home.run(&["completions", shell]).ended(0).prints("search").prints("unshare");
    }
}

#[test]
fn help_and_version_are_answers() {
    let home = Home::new();
    home.run(&["--version"]).ended(0).prints(env!("CARGO_PKG_VERSION"));
    home.run(&["help", "search"]).ended(0).prints("--since");
    home.run(&["search", "--help"]).ended(0).prints("exact phrase");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = Home::new();
    for args in [&["completions", "bash"][..], &["config"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = home.command(args).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}
