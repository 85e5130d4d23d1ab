//! How people become peers by more than an invite: a key that one made, and introductions.

use crate::environment::Home;
use crate::running::Up;
use camille_testkit::session::Session;

fn home(name: &str) -> Home {
    Home::scripted()
        .with("CAMILLE_NODE_NAME", name)
        .with("CAMILLE_NODE_BIND", "127.0.0.1:0")
        .with("CAMILLE_DISCOVERY_ENABLED", "false")
}

/// Where a running node listens.
fn address(home: &Home) -> String {
    let status = home.run(&["status", "--json"]).ended(0).json();
    status["listening"][0].as_str().expect("it listens").to_owned()
}

#[test]
fn a_peer_is_added_without_a_terminal() {
    let (ana, bruno) = (home("ana"), home("bruno"));
    bruno.run(&["peers", "add"]).ended(2).says("no terminal").says("--key-stdin");
    let (_up, _) = Up::start(&ana);
    let whole = ana.run(&["keys", "create", "bruno", "--peer"]).ended(0).stdout;
    let address = address(&ana);
    let (bare, fingerprint) = whole.trim().split_once('@').expect("a key and whose it is");

    let add = ["peers", "add", "--address", &address, "--key-stdin"];
    // A key alone does not say who may get it: nothing is sent before somebody has compared.
    let refused = bruno.run_with_input(&add, bare).ended(2);
    refused.says(fingerprint).says("--fingerprint");
    bruno.run(&["peers"]).ended(0).prints("no peers yet");
    bruno.run_with_input(&add, "cml_nonsense").ended(2);

    let stated = [&add[..], &["--fingerprint", fingerprint]].concat();
    bruno.run_with_input(&stated, bare).ended(0).prints("ana");
    bruno.run_with_input(&add, &whole).ended(0).prints("ana");
    bruno.run(&["peers", "rename", "ana", "boss"]).ended(0).prints("boss");
    bruno.run(&["peers", "test"]).ended(0).prints("you → boss").prints("ok (");
}

#[test]
fn two_peers_of_a_third_meet() {
    let (ana, bruno, cleo) = (home("ana"), home("bruno"), home("cleo"));
    let (_up, _) = Up::start(&ana);
    let line = ana.run(&["invite", "--uses", "2"]).ended(0).stdout;
    let (_up_bruno, _) = Up::start(&bruno);
    let (_up_cleo, _) = Up::start(&cleo);
    for guest in [&bruno, &cleo] {
        guest.run_with_input(&["join", "-"], &line).ended(0).prints("and ask others through ana");
        guest.run(&["peers", "accept", "--all"]).ended(2).says("camille peers introduce on NAME");
    }
    bruno.run(&["peers", "introduce", "on", "ana"]).ended(0).says("nobody yet");
    cleo.run(&["peers", "introduce", "on", "ana"]).ended(0).prints("to be accepted");
    cleo.run(&["peers", "list"]).ended(0).prints("introduced by").says("camille peers accept NAME");
    cleo.run(&["peers", "accept", "dan"]).ended(2).says("camille peers candidates");
    cleo.run(&["peers", "accept"]).ended(2);
    let waits = cleo.run(&["peers", "accept", "bruno"]).ended(0);
    waits.prints("as soon as both have agreed").says("waits until bruno");
    // He hears of her within seconds; saying it again makes him ask at once.
    bruno.run(&["peers", "introduce", "on", "ana"]).ended(0).prints("cleo");
    let met = bruno.run(&["peers", "accept", "--all"]).ended(0);
    met.prints("and you are peers now").prints("whom ana will introduce");
    bruno.run(&["peers"]).ended(0).prints("cleo").prints("search, read, indirect: all shared");
    bruno.run(&["peers", "candidates"]).ended(0).prints("nobody was introduced");
    bruno.run(&["peers", "introduce", "off", "ana"]).ended(0).prints("introduces nobody");
}

#[test]
fn whoever_lacks_a_word_says_which() {
    let (ana, bruno) = (home("ana"), home("bruno"));
    for home in [&ana, &bruno] {
        let cwd = home.path().join("api").display().to_string();
        let session = Session::new("heron").cwd(&cwd).person("heron").agent("a heron");
        session.write_under(&home.path().join(".claude")).expect("a transcript");
        home.run(&["index"]).ended(0);
        home.run(&["projects", "share", "*", "--from", "all", "--yes"]).ended(0);
    }
    for (option, what) in [("--agent", "agent"), ("--type", "type")] {
        // Alone it is a slip, among others somebody may know it, and who does not says so.
        bruno
            .run(&["search", "heron", option, "sundial", "--local"])
            .ended(2)
            .says(&format!("knows no {what} called 'sundial'"))
            .says("it knows ");
    }
    let (_up, _) = Up::start(&ana);
    let line = ana.run(&["invite"]).ended(0).stdout;
    bruno.run_with_input(&["join", "-"], &line).ended(0);
    for (option, what) in [("--agent", "agent"), ("--type", "type")] {
        let asked = bruno.run(&["search", "heron", option, "sundial", "--json"]);
        let report = asked.json()["peers"][0].clone();
        let lacks = format!("it knows no {what} called 'sundial'");
        assert!(report.to_string().contains(&lacks), "{asked:#?}");
    }
    bruno.run(&["search", "heron", "--agent", "claude-code"]).ended(0).prints("ana");
}

#[test]
fn a_used_invite_is_no_open_one_and_parting_names_those_that_are() {
    let (ana, bruno) = (home("ana"), home("bruno"));
    let (_up, _) = Up::start(&ana);
    let line = ana.run(&["invite"]).ended(0).stdout;
    let open = ana.run(&["invite", "--uses", "2"]).ended(0).stdout;
    ana.run(&["status"]).ended(0).prints("2 open invites: camille keys");
    bruno.run_with_input(&["join", "-"], &line).ended(0);
    ana.run(&["keys"]).ended(0).prints("  used");
    ana.run(&["status"]).ended(0).prints("1 open invite: camille keys");
    let keys = ana.run(&["keys", "list", "--json"]).ended(0).json();
    let left = |uses: u64| {
        let mut keys = keys.as_array().unwrap().iter();
        keys.find(|key| key["usesLeft"] == uses).unwrap()["id"].as_str().unwrap()
    };
    let (used, id) = (left(0), left(2));
    let parted = ana.run(&["peers", "remove", "bruno"]).ended(0);
    let parted = parted.says(&format!("camille keys revoke {id}"));
    assert!(!parted.stderr.contains(used), "{parted:#?}");
    ana.run(&["keys", "revoke", open.trim()]).ended(0);
    assert!(!ana.run(&["status"]).ended(0).stdout.contains("open invite"));
}
