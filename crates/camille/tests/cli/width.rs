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
