//! A text that asks an agent to run a command does not let anybody read more.

use crate::environment::Home;

/// Everything that lets others read more than before.
const WIDENING: &[&[&str]] = &[
    &["projects", "share", "*", "--from", "all", "--yes"],
    &["projects", "share", "github.com/acme/*", "--from", "all", "--indirect", "--yes", "--json"],
    &["projects", "release", "--all"],
    &["invite"],
    &["invite", "--json"],
    &["join", INVITE],
    &["keys", "create", "ci"],
    &["keys", "create", "bruno", "--peer", "--json"],
    &["keys", "rotate", "nosuchid"],
    &["peers", "introduce", "on", "ana"],
    &["peers", "accept", "--all"],
];

/// The one of docs/protocol.md.
const INVITE: &str = "camille://join/eyJ2IjoxLCJwIjoibGo1aHJ0ZmV1ZDJjYnduNG1rNXduaGI0ZTVtNmhoM3NodTVvY2RvbDRk\
eWljd3FoNXRrYSIsImsiOiJjbWxfMEpWYjNXSUlfMWZKamtrcGU5UGlUdzlLU3VsQThHaGN0MzB2Wno0SHBkUTVjNWI5Y1BGMTJVemtuOSIsIm4i\
OiJhbmEiLCJhIjpbIjE5Mi4wLjIuNzo3ODYxIl19";

#[track_caller]
fn refuses_all(home: &Home, more: &[&str]) {
    std::fs::create_dir_all(home.camille_home()).expect("a directory");
    for command in WIDENING {
        let typed = [command, more].concat();
        let refused = home.run_with_input(&typed, "y\ny\n").ended(4);
        refused.says("nobody at a terminal").says("scripts = true");
    }
    assert_eq!(home.run(&["keys", "list", "--json"]).ended(0).json(), serde_json::json!([]));
    home.run(&["peers"]).ended(0).prints("no peers yet");
    home.run(&["projects"]).ended(0);
    let status = home.run(&["status", "--json"]).ended(0).json();
    assert_eq!(status["listening"], serde_json::json!([]));
}

#[test]
fn nobody_at_a_terminal_lets_nobody_read_more() {
    refuses_all(&Home::new(), &[]);
    // What comes with the command comes from whoever wrote the command.
    refuses_all(&Home::new().with("CAMILLE_SHARING_SCRIPTS", "true"), &[]);
    refuses_all(&Home::new(), &["--set", "sharing.scripts=true"]);
    refuses_all(&Home::new().with("CAMILLE_NODE_BIND", "127.0.0.1:0"), &[]);
    refuses_all(&Home::new(), &["--set", "node.bind=127.0.0.1:0"]);
    let home = Home::new();
    home.run(&["config", "set", "sharing.scripts", "true"]).ended(4).says("nobody at a terminal");
    home.run(&["config", "set", "node.bind", "127.0.0.1:0"]).ended(4).says("nobody at a terminal");
    home.run(&["config", "set", "sharing.harmless", "/"]).ended(4).says("nobody at a terminal");
    home.write("camille/config.toml", "[node]\nbind = [\"127.0.0.1:0\", \"0.0.0.0:0\"]\n");
    refuses_all(&home, &[]);
    home.write(
        "camille/config.toml",
        "[node]\nbind = [\"127.0.0.1:0\"]\nadvertise = [\"a.example\"]\n",
    );
    refuses_all(&home, &[]);
}

#[test]
fn scripts_may_where_the_file_says_so_or_nobody_else_reaches_the_node() {
    for config in ["[sharing]\nscripts = true\n", "[node]\nbind = [\"127.0.0.1:0\", \"[::1]:0\"]\n"]
    {
        let home = Home::new();
        home.write("camille/config.toml", config);
        home.run(&["keys", "create", "ci"]).ended(0).prints("cml_");
        let share =
            ["projects", "share", "github.com/acme/api", "--from", "all", "--yes", "--later"];
        home.run(&share).ended(0);
        home.run(&["invite"]).ended(0).prints("camille://join/");
    }
}

#[test]
fn what_narrows_needs_nobody() {
    let home = Home::new();
    home.run(&["projects", "unshare", "github.com/acme/api"]).ended(0);
    home.run(&["projects", "share", "*", "--from", "all", "--preview"]).ended(0);
    home.run(&["keys", "revoke", "nosuchid"]).ended(2);
    home.run(&["peers", "remove", "ana"]).ended(2);
}

#[test]
fn a_setting_that_widens_needs_somebody_and_one_that_narrows_does_not() {
    let home = Home::new();
    for (key, value) in [
        ("mesh.allow_indirect", "true"),
        ("mesh.origins", ""),
        ("mesh.ttl", "5"),
        ("redaction.emails", "false"),
        ("audit.query", "off"),
        ("audit.keep_days", "1"),
        ("node.advertise", "192.0.2.1"),
        ("node.contact", "ana@example.org"),
        ("discovery.enabled", "true"),
        ("discovery.private", "false"),
        ("sources.auto", "true"),
        ("limits.document_per_minute", "100000"),
        ("tls.ca_file", "ca.pem"),
        ("tls.key_file", "key.pem"),
    ] {
        let refused = home.run(&["config", "set", key, value]).ended(4);
        refused.says(key).says("nobody at a terminal").says("scripts = true");
    }
    assert!(!home.camille_home().join("config.toml").exists(), "nothing was written");
    for (key, value) in [
        ("mesh.allow_indirect", "false"),
        ("mesh.ttl", "1"),
        ("redaction.emails", "true"),
        ("audit.keep_days", "400"),
        ("discovery.enabled", "false"),
        ("discovery.private", "true"),
        ("sources.auto", "false"),
        ("limits.document_per_minute", "10"),
        ("node.name", "ana"),
    ] {
        home.run(&["config", "set", key, value]).ended(0);
    }
    // Back to what it was before is more than what it is.
    home.run(&["config", "set", "mesh.ttl", "3"]).ended(4);
}

#[test]
fn an_agents_variable_tells_of_it_and_only_the_file_overrules_that() {
    for variable in [
        "AGENT",
        "AI_AGENT",
        "AUGMENT_AGENT",
        "CLAUDECODE",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLINE_ACTIVE",
        "CODEX_CI",
        "CODEX_SANDBOX",
        "CODEX_SANDBOX_NETWORK_DISABLED",
        "CODEX_THREAD_ID",
        "COPILOT_CLI",
        "CURSOR_AGENT",
        "GEMINI_CLI",
        "GOOSE_TERMINAL",
        "OPENCODE",
        "QWEN_CODE",
    ] {
        let home = Home::new().with(variable, "1");
        home.run(&["invite"]).ended(4).says(&format!("{variable} says that an agent runs it"));
    }
    Home::scripted().with("CLAUDECODE", "1").run(&["invite"]).ended(0);
}
