//! Every listing fits a terminal of 80 columns, whatever names stand in it, and nothing that one copies is lost.

use crate::environment::Home;
use crate::running::Up;
use camille_testkit::session::Session;

const LONG: &str = "the-quarterly-report-generator-of-the-finance-department";

#[test]
fn every_listing_fits_80_columns_and_loses_nothing() {
    let home = Home::scripted().with("COLUMNS", "80");
    let url = format!("git@github.com:acme-holding/{LONG}.git");
    home.write(
        &format!("work/{LONG}/.git/config"),
        &format!("[remote \"origin\"]\n\turl = {url}\n"),
    );
    home.write(&format!("work/{LONG}/.git/HEAD"), "ref: refs/heads/main\n");
    let diary = home.write(&format!("diary-{LONG}/notes about {LONG}.md"), "rain");
    let cwd = home.path().join(format!("work/{LONG}")).display().to_string();
    let token = format!("GITHUB_TOKEN=ghp_{}", "k3Qx7Lw9R".repeat(4));
    let session = Session::new("long")
        .cwd(&cwd)
        .title(&format!("Why does {LONG} take so long 日本語の長い題名がここにもあります"))
        .person("compare with my diary")
        .call("Read", serde_json::json!({ "file_path": diary }), "rain")
        .tool("cat .env", &token)
        .agent(&format!("it was {LONG}{LONG}"));
    session.write_under(&home.path().join(".claude")).expect("a transcript");
    home.run(&["index"]).ended(0).fits();
    home.run(&["index", "--stats"]).ended(0).fits();
    let project = format!("github.com/acme-holding/{LONG}");
    home.run(&["projects", "share", &project, "--from", "2020-01-01", "--preview"]).ended(0).fits();
    home.run(&["projects", "share", &project, "--from", "2020-01-01", "--yes"]).ended(0).fits();
    home.run(&["projects", "unshare", &format!("gitlab.com/{LONG}/{LONG}/*")]).ended(0).fits();
    home.run(&["keys", "create", &format!("key of {LONG}"), "--project", &project]).ended(0);
    let fits = |args: &[&str]| home.run(args).ended(0).fits();
    fits(&["projects"]).prints(&project);
    fits(&["projects", "list", "--held"]).prints(session.id());
    fits(&["secrets"]).prints(session.id()).prints("jsonl");
    fits(&["keys"]).prints("acme-holding");
    fits(&["status"]);
    fits(&["config"]).prints("sharing.harmless");
    fits(&["show", session.id()]).prints(session.id());
    fits(&["search", "diary"]);
    fits(&["forget", session.id(), "--preview"]).prints(session.id());
    fits(&["forget", &project, "--preview"]);
    fits(&["peers"]);
    fits(&["audit"]);
}

#[test]
fn peers_and_accesses_fit_too() {
    let node = |name: &str| {
        Home::scripted()
            .with("COLUMNS", "80")
            .with("CAMILLE_NODE_NAME", name)
            .with("CAMILLE_NODE_BIND", "127.0.0.1:0")
            .with("CAMILLE_NODE_ADVERTISE", "127.0.0.1")
    };
    let ana = node(&format!("ana {LONG}")[..60]);
    let bruno = node(&format!("bruno {LONG}")[..60]);
    let (_up, _) = Up::start(&ana);
    let line = ana.run(&["invite"]).ended(0).stdout;
    bruno.run_with_input(&["join", "-"], &line).ended(0);
    let question = LONG.replace('-', " ");
    bruno.run(&["search", &question, &question]).fits();
    ana.run(&["peers"]).ended(0).fits().prints("bruno");
    ana.run(&["peers", "test"]).fits();
    ana.run(&["audit"]).ended(0).fits().prints("bruno");
    ana.run(&["status"]).ended(0).fits();
    ana.run(&["keys"]).ended(0).fits();
    bruno.run(&["peers"]).ended(0).fits();
}

/// A line of standard error, or of an error's text, is never wider than the terminal.
fn told(home: &Home, args: &[&str]) -> String {
    let done = home.run(args);
    for line in done.stderr.lines().chain(done.stdout.lines()) {
        let width = console::measure_text_width(line);
        // What is copied whole stays whole: an invite, a key.
        let is_copied = line.starts_with("camille://") || line.starts_with("cml_");
        assert!(width <= 80 || is_copied, "{width} columns: {line}\n{args:?}\n{done:#?}");
    }
    done.stderr
}

#[test]
fn whatever_goes_wrong_is_told_within_80_columns() {
    let home = Home::scripted().with("COLUMNS", "80");
    let long = format!("github.com/acme-holding/{LONG}/and/some/more/of/it/{LONG}");
    let odd = "x".repeat(200);
    let usual: &[&[&str]] = &[
        &[],
        &["--home", &odd, "status"],
        &["--set", "mesh.ttll=3", "status"],
        &["--set", &odd, "status"],
        &["serach", "x"],
        &["search"],
        &["search", ""],
        &["search", "x", "--since", "soon, or perhaps a little later than that"],
        &["search", "x", "--until", "soon"],
        &["search", "x", "--agent", "emacs"],
        &["search", "x", "--type", "every thing there is"],
        &["search", "x", "--limit", "0"],
        &["search", "x", "--timeout", "a very long while, and then some more"],
        &["search", "x", "--project", &long],
        &["search", "x", "--by", &long],
        &["search", "x", "--local", "--peer", "ana"],
        &["search", &odd],
        &["show"],
        &["show", "1"],
        &["show", &odd],
        &["show", "00000000000000000000000000000000"],
        &["forget"],
        &["forget", "1"],
        &["forget", &long],
        &["forget", "--match", "nothing that is anywhere", "--yes"],
        &["secrets", "--rule", "github-tokn"],
        &["secrets", "--rule", &odd],
        &["secrets", "--project", &long],
        &["invite", "--expires", "whenever it pleases you"],
        &["invite", "--uses", "1000"],
        &["invite", "--project", &long],
        &["invite"],
        &["join", "https://example.com"],
        &["join", &format!("camille://join/{odd}")],
        &["peers", "add", &odd],
        &["peers", "add", "host.example:1"],
        &["peers", "remove", &odd],
        &["peers", "rename", &odd, "ana"],
        &["peers", "accept", &odd],
        &["peers", "accept"],
        &["peers", "introduce", "on", &odd],
        &["peers", "test", &odd],
        &["projects", "release", &odd],
        &["projects", "release", "--all"],
        &["projects", "hold", "abc"],
        &["projects", "share", &long],
        &["projects", "share", &long, "--from", "all"],
        &["projects", "share", &long, "--from", "all", "--yes"],
        &["projects", "share", &long, "--from", "soon"],
        &["projects", "share", "--review"],
        &["projects", "unshare", &long],
        &["projects", "unshare", "github.com/acme/{api,web,worker,mobile,payroll,site,docs}"],
        &["projects", "unshare", "zz:acme/api"],
        &["projects", "unshare", "--undo", "nothing-like-it", "--yes"],
        &["keys", "create", "   "],
        &["keys", "create", &odd],
        &["keys", "create", "ci", "--project", &long],
        &["keys", "create", "ci"],
        &["keys", "create", "ci"],
        &["keys", "rotate", &odd],
        &["keys", "revoke", &odd],
        &["audit", "--since", "soon, or perhaps a little later than that"],
        &["audit", "--peer", &odd],
        &["audit", "--key", &odd],
        &["audit", "--limit", "0"],
        &["config", "get", "mesh.ttll"],
        &["config", "set", "mesh.ttll", "3"],
        &["config", "set", "mesh.ttl", "many"],
        &["config", "set", "sharing.harmless", &long],
        &["config", "path", "x"],
        &["csr", "--help-me"],
        &["completions", "tcsh-9"],
        &["index", &format!("/{LONG}/{LONG}")],
        &["index", "--rebuild", "--start-over"],
        &["index", "--verify"],
        &["status"],
        &["up", "--nothing-that-it-knows"],
    ];
    for args in usual {
        told(&home, args);
    }
    // Begun anew twice within a second, and a whole bank is not called damaged.
    home.run(&["index"]).ended(0);
    for _ in 0..2 {
        let said = told(&home, &["index", "--start-over"]);
        assert!(said.contains("bank.before-") && !said.contains("damaged"), "{said}");
    }
}

#[test]
fn every_help_fits() {
    let home = Home::new().with("COLUMNS", "80");
    let commands = [
        "demo",
        "up",
        "status",
        "index",
        "search",
        "show",
        "forget",
        "secrets",
        "invite",
        "join",
        "peers",
        "projects",
        "keys",
        "audit",
        "config",
        "csr",
        "completions",
    ];
    for command in commands {
        for help in ["--help", "-h"] {
            home.run(&[command, help]).ended(0).fits();
        }
    }
    home.run(&["--help"]).ended(0).fits();
}
