//! A node that runs: commands go to it, a second one is refused, and a signal ends it in order.

use crate::bank;
use crate::environment::Home;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};

/// `camille up`, running; killed when the test is over.
pub(crate) struct Up(Child);

impl Up {
    /// Starts it and waits until it says that it runs. Returns what it said.
    pub(crate) fn start(home: &Home) -> (Self, String) {
        let mut child = home.command(&["up"]).spawn().expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut said = String::new();
        while !said.contains("running") {
            match lines.next() {
                Some(line) => said.push_str(&format!("{}\n", line.expect("UTF-8"))),
                None => {
                    let mut error = String::new();
                    child.stderr.take().expect("a pipe").read_to_string(&mut error).expect("UTF-8");
                    panic!("it ended: {said}{error}");
                }
            }
        }
        (Self(child), said)
    }

    /// Sends the signal and returns the exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        // The shell's own `kill`: there need not be a program of that name.
        let kill = format!("kill -{signal} {}", self.0.id());
        assert!(Command::new("/bin/sh").args(["-c", &kill]).status().expect("a shell").success());
        self.0.wait().expect("an end").code()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_running_node_answers_and_refuses_a_second_one() {
    let home = bank::filled();
    let (up, said) = Up::start(&home);
    assert!(said.contains("tester · ") && said.contains("local only until"), "{said}");
    assert!(said.contains("shared  nothing"), "{said}");

    let status = home.run(&["status", "--json"]).ended(0).json();
    assert_eq!(status["running"], true);
    assert_eq!(status["pid"], up.0.id());
    let found = home.run(&["search", "webhook", "429"]).ended(0).prints("The retry loop");
    assert!(!found.stderr.contains("bank: as of"), "a running node is fresh: {found:#?}");
    home.run(&["show", "1"]).ended(0).prints("retry loop");
    home.run(&["index"]).ended(0).prints("nothing new");
    home.run(&["up"]).ended(5).says("already runs").says(&up.0.id().to_string());

    assert_eq!(up.end("TERM"), Some(0));
    assert!(!home.camille_home().join("run/camille.sock").exists());
    let status = home.run(&["status", "--json"]).ended(0).json();
    assert_eq!(status["running"], false);
}

#[test]
fn an_interrupt_ends_it_in_order_and_a_killed_one_leaves_nothing_in_the_way() {
    let home = Home::scripted();
    let (up, _) = Up::start(&home);
    assert_eq!(up.end("INT"), Some(0));
    let (up, _) = Up::start(&home);
    assert_eq!(up.end("KILL"), None);
    assert!(home.camille_home().join("run/camille.sock").exists());
    home.run(&["status"]).ended(0).prints("running  no");
    let (up, _) = Up::start(&home);
    assert_eq!(up.end("TERM"), Some(0));
}

#[test]
fn a_log_is_written_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::scripted();
    let (up, said) = Up::start(&home);
    let log = home.camille_home().join("logs/camille.log");
    assert!(said.contains(&log.display().to_string()), "{said}");
    assert_eq!(log.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(up.end("TERM"), Some(0));
    let written = std::fs::read_to_string(&log).unwrap();
    for word in ["starting", "ready", "stopped"] {
        assert!(written.contains(word), "{word}: {written}");
    }
}

#[test]
fn a_home_whose_socket_path_is_too_long_uses_the_runtime_directory_or_says_so() {
    let home = Home::scripted();
    let long = home.path().join("x".repeat(120)).display().to_string();
    let refused = home.run(&["--home", &long, "up"]).ended(4);
    refused.says("too long for a socket").says("XDG_RUNTIME_DIR");
    // A look makes none where none is.
    home.run(&["--home", &long, "status"]).ended(4).says("no node at");
    assert!(!std::path::Path::new(&long).exists());
    std::fs::create_dir(&long).unwrap();
    home.run(&["--home", &long, "status"]).ended(0);
}

#[test]
fn what_only_looks_or_asks_begins_no_node_in_a_home_that_is_not_there() {
    let home = bank::filled();
    let wrong = home.path().join("camile").display().to_string();
    for args in [
        &["search", "webhook"][..],
        &["show", "first"],
        &["status"],
        &["audit"],
        &["secrets"],
        &["forget", "1"],
        &["index", "--verify"],
        &["peers"],
        &["peers", "test"],
        &["peers", "remove", "bruno"],
        &["projects"],
        &["projects", "list", "--held"],
        &["projects", "share", "acme/api", "--from", "all", "--yes"],
        &["projects", "share", "acme/api", "--from", "all", "--preview"],
        &["projects", "share", "--review", "--preview"],
        &["projects", "release", "abcdef"],
        &["projects", "hold", "abcdef"],
        &["projects", "unshare", "--undo", "acme/api", "--yes"],
        &["keys"],
        &["keys", "revoke", "ci"],
    ] {
        for variable in [false, true] {
            let mut command = home.command(args);
            match variable {
                true => command.env("CAMILLE_HOME", &wrong),
                false => command.args(["--home", &wrong]),
            };
            let output = command.output().expect("the binary runs");
            let told = String::from_utf8_lossy(&output.stderr);
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(output.status.code(), Some(4), "{args:?}: {told}");
            let named_by = if variable { "CAMILLE_HOME" } else { "--home" };
            assert!(told.contains("no node at") && told.contains(named_by), "{args:?}: {told}");
            assert!(told.contains("look at its spelling"), "{args:?}: {told}");
            assert!(!std::path::Path::new(&wrong).exists(), "{args:?}");
        }
    }
    // What is there without being named is where it is by default: nothing can be misspelt.
    let mut fresh = home.command(&["search", "webhook"]);
    let fresh = fresh.env_remove("CAMILLE_HOME").output().expect("the binary runs");
    assert!(String::from_utf8_lossy(&fresh.stderr).contains("nothing is indexed yet"), "{fresh:?}");
    // A deny is written wherever it is said: it may be made before anything is read.
    home.run(&["--home", &wrong, "projects", "unshare", "acme/api"]).ended(0).says("is empty");
}

#[test]
fn what_happens_is_said_line_by_line_where_no_terminal_is() {
    let ana = bank::filled();
    for (key, value) in
        [("node.name", "ana"), ("node.bind", "127.0.0.1:0"), ("node.advertise", "127.0.0.1")]
    {
        ana.run(&["config", "set", key, value]).ended(0);
    }
    ana.run(&["projects", "share", "/home/ana/acme/api", "--from", "all", "--yes"]).ended(0);
    let bruno = Home::scripted()
        .with("CAMILLE_NODE_NAME", "bruno")
        .with("CAMILLE_NODE_BIND", "127.0.0.1:0");
    let mut child = ana.command(&["up"]).spawn().expect("the binary runs");
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let _up = Up(child);
    let (tell, told) = std::sync::mpsc::sync_channel(100);
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    let until = |wanted: &str| {
        let mut said = String::new();
        while !said.contains(wanted) {
            let line = told.recv_timeout(std::time::Duration::from_secs(60));
            said.push_str(&line.unwrap_or_else(|error| panic!("{error}: no '{wanted}' in {said}")));
            said.push('\n');
        }
        said
    };
    until("running; Ctrl-C stops it");
    let line = ana.run(&["invite"]).ended(0).stdout;
    bruno.run_with_input(&["join", "-"], &line).ended(0);
    until("bruno is a peer now");
    bruno.run(&["search", "webhook", "429"]).ended(0);
    let said = until("bruno asked, 3 hits");
    assert!(!said.contains("webhook"), "a service's journal gets no questions: {said}");
    bruno.run(&["show", "1"]).ended(0);
    until("bruno read a document");
    ana.run(&["peers", "remove", "bruno"]).ended(0);
    until("bruno is no peer any more");
    bruno.run(&["search", "webhook"]).ended(3);
    until("refused a request");
}

#[test]
fn two_nodes_meet_search_and_part() {
    let ana = bank::filled();
    ana.run(&["config", "set", "node.name", "ana"]).ended(0);
    ana.run(&["config", "set", "node.bind", "127.0.0.1:0"]).ended(0);
    ana.run(&["config", "set", "node.advertise", "127.0.0.1"]).ended(0);
    ana.run(&["projects", "share", "/home/ana/acme/api", "--from", "all", "--yes"]).ended(0);
    let bruno = Home::scripted()
        .with("CAMILLE_NODE_NAME", "bruno")
        .with("CAMILLE_NODE_BIND", "127.0.0.1:0");
    let (up, _) = Up::start(&ana);
    let line = ana.run(&["invite"]).ended(0).says("acme/api").stdout;
    bruno.run_with_input(&["join", "-"], &line).ended(0).prints("ana").prints("you are peers now");

    let found = bruno.run(&["search", "webhook", "429"]).ended(0).prints("ana · ");
    let found = found.prints("retry loop").says("audit logs").prints("ana 3 hits");
    assert!(found.stdout.lines().last().unwrap().contains("you 0 hits"), "{found:#?}");
    bruno.run(&["show", "1"]).ended(0).prints("why do our webhooks vanish");
    let again = bruno.run(&["search", "webhook"]).ended(0);
    assert!(!again.stderr.contains("audit logs"), "it is said once: {again:#?}");
    // What is private stays so.
    bruno.run(&["search", "login", "flexbox"]).ended(1).prints("no hits");
    ana.run(&["audit"]).ended(0).prints("bruno").prints("“webhook 429”");
    ana.run(&["audit", "--peer", "bruno"]).ended(0).prints("“webhook 429”");
    ana.run(&["audit", "--key", "nobody"]).ended(0).prints("nobody asked anything");
    ana.run(&["audit", "--peer", "nobody"])
        .ended(2)
        .says("is no peer of yours")
        .says("in the log stand bruno");
    let log = ana.run(&["audit", "--json"]).ended(0).json();
    let entries = log.as_array().unwrap();
    let id = entries.iter().find_map(|entry| entry["documents"][0].as_str()).unwrap().to_owned();
    ana.run(&["audit", "--document", &id]).ended(0).prints("“webhook 429”");
    ana.run(&["peers"]).ended(0).prints("bruno").prints("search, read, indirect: all shared");
    // Whoever forgets hears first where it stands and to whom it went.
    let preview = ana.run(&["forget", &id, "--preview"]).ended(0).prints("stands in");
    preview.prints("went to    bruno: 1 document, ").says("cannot be called back");
    ana.run(&["forget", "--match", "flexbox centres", "--preview"]).ended(0).prints("1 document");
    let forgotten = ana.run_with_input(&["forget", "--match", "-", "--yes"], "flexbox centres\n");
    forgotten.ended(0).prints("forgot 1 document");
    ana.run(&["forget", "--match", "flexbox centres", "--yes"]).ended(1).says("holds nothing");

    // Nor does a question tell of it any more.
    ana.run(&["forget", &id, "--yes"]).ended(0);
    ana.run(&["audit"]).ended(0).prints("bruno").prints("[forgotten]");
    let log = std::fs::read_to_string(ana.camille_home().join("logs/peer_access.log")).unwrap();
    assert!(log.contains(&id) && !log.contains("webhook") && !log.contains("flexbox"), "{log}");

    let entries = ana.run(&["audit", "--json"]).ended(0).json();
    let node = entries.as_array().unwrap().iter().find_map(|entry| entry["peer_id"].as_str());
    let node = node.or(entries[0]["peerId"].as_str()).unwrap().to_owned();
    ana.run(&["peers", "remove", "bruno"]).ended(0);
    // What he asked stands there all the same.
    for name in ["bruno", " Bruno ", &node, &node[..8]] {
        ana.run(&["audit", "--peer", name]).ended(0).prints("bruno").prints("[forgotten]");
    }
    ana.run(&["audit", "--key", "BRUNO"]).ended(0).prints("[forgotten]");
    bruno.run(&["search", "webhook"]).ended(3).prints("ana refused").says("camille peers list");
    assert_eq!(up.end("TERM"), Some(0));
    bruno.run(&["search", "webhook"]).ended(3);
}
