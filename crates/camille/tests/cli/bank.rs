//! Index, search and show without a running node: everything in process.

use crate::environment::Home;
use camille_testkit::session::Session;
use std::os::unix::fs::PermissionsExt;

/// Two sessions in two directories, in Claude Code's usual place.
pub(crate) fn filled() -> Home {
    let home = Home::scripted();
    let claude = home.path().join(".claude");
    Session::new("webhook")
        .title("Fix the webhook retries")
        .person("why do our webhooks vanish when the partner answers 429?")
        .agent(
            "The retry loop swallowed the 429: backoff returned early, so the webhook was dropped.",
        )
        .failed_tool(
            "cargo test webhook",
            "assertion failed: delivered == 3\u{1b}[31m red\u{1b}[0m",
        )
        .write_under(&claude)
        .expect("a transcript");
    Session::new("css")
        .cwd("/home/ana/acme/site")
        .title("Centre the login box")
        .person("the login box is off centre on mobile")
        .agent("The wrapper had a fixed width; flexbox centres it now.")
        .write_under(&claude)
        .expect("a transcript");
    home.run(&["index"]).ended(0).prints("in the bank");
    home
}

#[test]
fn before_anything_is_indexed_it_says_what_to_do() {
    let home = Home::scripted();
    home.run(&["search", "anything"]).ended(4).says("nothing is indexed yet").says("camille index");
    home.run(&["secrets"]).ended(4).says("nothing is indexed yet").says("camille index");
    home.run(&["search", "anything", "--json"]).ended(4);
    home.run(&["secrets", "--json"]).ended(4).prints("[]");
    home.run(&["status"]).ended(0).prints("empty").says("camille index");
    home.run(&["projects"]).ended(0).prints("no projects yet").says("camille index");
    // No transcripts: the places are named.
    home.run(&["index"]).ended(0).prints("found no transcripts").prints(".claude");
}

#[test]
fn what_was_said_is_found_and_shown() {
    let home = filled();
    let found = home.run(&["search", "webhook", "429", "dropped"]).ended(0);
    let found = found.prints("you · ").prints("2026-03-02").prints("claude-code");
    let found = found.prints("Fix the webhook retries").prints("agent   The retry loop swallowed");
    assert!(found.stdout.trim_end().lines().last().unwrap().contains("you "), "{found:#?}");
    assert!(found.stderr.contains("bank: as of"), "{found:#?}");
    let shown = home.run(&["show", "1"]).ended(0).prints("backoff returned early");
    let shown = shown.prints("why do our webhooks vanish").prints("document ");
    let id = shown.stdout.split("document ").last().unwrap()[..26].to_owned();
    home.run(&["show", &id]).ended(0).prints("backoff returned early");
    home.run(&["show", "99"]).ended(2).says("there is no hit 99");
    home.run(&["show", "aaaaaaaaaaaaaaaaaaaaaaaaaa"]).ended(1).says("not there");
}

#[test]
fn filters_narrow_and_no_hits_ends_with_1() {
    let home = filled();
    home.run(&["search", "login", "--project", "/home/ana/acme/site"]).ended(0).prints("flexbox");
    let none = home.run(&["search", "login", "--project", "/home/ana/acme/api"]).ended(1);
    none.prints("no hits for: login --project").says("without --project");
    home.run(&["search", "zyzzyva"]).ended(1).says("another word");
    home.run(&["search", "login", "--since", "2026-03-03"]).ended(1).says("without --since");
    home.run(&["search", "login", "--until", "2026-03-02"]).ended(0).prints("flexbox");
}

#[test]
fn json_has_the_shape_of_the_api() {
    let home = filled();
    let answer = home.run(&["search", "webhook", "--json"]).ended(0).json();
    let first = &answer["results"][0];
    assert_eq!(first["source"], "local");
    assert_eq!(first["type"], "transcript");
    assert_eq!(first["metadata"]["agent"], "claude-code");
    assert_eq!(first["metadata"]["author"], "tester");
    assert!(first["highlights"].as_array().is_some_and(|marks| !marks.is_empty()), "{first:#}");
    assert_eq!(answer["coverage"]["known"], 0);
    assert_eq!(answer["partial"], false);
    let grouped = home.run(&["search", "webhook", "--json", "--group"]).ended(0).json();
    assert_eq!(grouped["results"]["local"][0]["id"], first["id"]);
    let none = home.run(&["search", "zyzzyva", "--json"]).ended(1).json();
    assert_eq!(none["results"].as_array().map(Vec::len), Some(0));
    let shown = home.run(&["show", "1", "--json"]).ended(2);
    assert!(shown.stderr.contains("nothing to show"), "a search without hits has no first hit");

    let report = home.run(&["index", "--json"]).ended(0).json();
    assert_eq!(report["documentsAdded"], 0);
    assert_eq!(report["bytesRead"], 0);
    assert!(report["accounting"]["lines"].as_u64().unwrap() > 0);
    let status = home.run(&["status", "--json"]).ended(0).json();
    assert_eq!(status["running"], false);
    assert!(status["bank"]["documents"].as_u64().unwrap() >= 5, "{status:#}");
    for list in [&["peers"][..], &["keys"], &["audit"]] {
        let args =
            [list, if list == ["audit"] { &["--json"][..] } else { &["list", "--json"] }].concat();
        assert_eq!(home.run(&args).ended(0).json(), serde_json::json!([]), "{list:?}");
    }
}

#[test]
fn no_escape_of_a_transcript_reaches_the_terminal() {
    let home = filled();
    for args in [&["search", "assertion", "failed", "delivered"][..], &["show", "1"]] {
        let output = home.run(args).ended(0).prints("assertion failed");
        assert!(!output.stdout.contains('\u{1b}'), "{output:#?}");
    }
}

#[test]
fn stats_account_for_every_line() {
    let home = filled();
    let out = home.run(&["index", "--stats"]).ended(0).prints("nothing new");
    out.prints("documented").prints("metadata").prints("each of them one of the above");
}

#[test]
fn a_path_is_added_and_a_relative_one_means_the_callers_directory() {
    let home = Home::scripted();
    let elsewhere = home.path().join("exports/.claude");
    Session::new("moved").person("where did the exports go?").write_under(&elsewhere).unwrap();
    home.run(&["index", "exports"]).ended(0).prints("1 file");
    home.run(&["search", "exports"]).ended(0).prints("where did the");
}

#[test]
fn projects_are_private_until_shared() {
    let home = filled();
    let list = home.run(&["projects", "list", "--json"]).ended(0).json();
    assert!(
        list.as_array().unwrap().iter().all(|project| project["sharing"] == "private"),
        "{list:#}"
    );
    home.run(&["projects", "share", "/home/ana/acme/*", "--from", "all", "--yes"])
        .ended(0)
        .prints("acme/api: shared");
    home.run(&["projects", "unshare", "/home/ana/acme/site"]).ended(0).prints("acme/site: private");
    home.run(&["projects"])
        .ended(0)
        .prints("/home/ana/acme/api")
        .prints("shared (/home/ana/acme/*)");
    // A typo does not become a rule.
    let nowhere = ["projects", "share", "nowhere/*", "--from", "all", "--yes"];
    home.run(&nowhere).ended(2).says("matches no project of yours yet").says("--later");
    assert!(!home.run(&["projects"]).ended(0).stdout.contains("nowhere"));
    home.run(&[&nowhere[..], &["--later"]].concat())
        .ended(0)
        .prints("matches no project of yours yet")
        .says("whatever else is called nowhere/*");
}

#[test]
fn what_was_unshared_stays_private_until_that_is_undone() {
    let home = filled();
    let site = "/home/ana/acme/site";
    let share = ["projects", "share", "*", "--from", "all", "--yes"];
    home.run(&["projects", "unshare", site]).ended(0).prints("acme/site: private");
    home.run(&["projects", "unshare", "github.com/acme/later"]).ended(0).prints("stays private");
    home.run(&share)
        .ended(0)
        .prints("acme/api: shared")
        .prints("acme/site: private")
        .says("--undo");
    home.run(&["projects", "share", site, "--from", "all", "--yes"])
        .ended(2)
        .says("/home/ana/acme/site is unshared")
        .says("--undo");
    let undo = ["projects", "unshare", "--undo", site];
    home.run(&undo).ended(2).says("nobody to answer");
    home.run(&["projects", "unshare", "--undo", "/home/ana/acme", "--yes"])
        .ended(2)
        .says("no `unshare` of '/home/ana/acme' stands");
    home.run(&[&undo[..], &["--yes"]].concat())
        .ended(0)
        .prints("your peers would see")
        .prints("taken back: unshare /home/ana/acme/site");
    home.run(&["projects", "unshare", "/home/ana"]).ended(0).prints("acme/api: private");
}

#[test]
fn a_key_is_shown_once_and_revoked_by_its_id() {
    let home = Home::scripted();
    let created = home.run(&["keys", "create", "ci"]).ended(0).says("shown this once");
    let key = created.stdout.trim();
    assert!(key.starts_with("cml_") && key.len() == 62, "{key}");
    let id = &key[4..12];
    let list = home.run(&["keys"]).ended(0).prints(id).prints("tool");
    assert!(!list.stdout.contains(&key[13..]), "the secret is not listed");
    let rotated = home.run(&["keys", "rotate", id, "--overlap", "24h"]).ended(0);
    let successor = rotated.says("takes the place of").stdout;
    assert!(successor.starts_with("cml_") && successor.trim() != key);
    home.run(&["keys"]).ended(0).prints("ends in");
    home.run(&["keys", "rotate", "nosuchid"]).ended(2).says("no live key");
    home.run(&["keys", "revoke", id]).ended(0);
    home.run(&["keys"]).ended(0).prints("revoked");
    home.run(&["keys", "revoke", "nosuchid"]).ended(2);
    let peer = home.run(&["keys", "create", "bruno", "--peer", "--json"]).ended(0).json();
    assert!(peer["key"].as_str().unwrap().contains('@'), "{peer:#}");
}

#[test]
fn a_key_is_named_by_what_people_have_of_it_and_its_secret_is_never_told() {
    let home = Home::scripted();
    let is_revoked = |id: &str| {
        let keys = home.run(&["keys", "list", "--json"]).ended(0).json();
        let key = keys.as_array().unwrap().iter().find(|key| key["id"] == id).unwrap().clone();
        !key["revoked"].is_null()
    };
    let make = |name: &str| {
        let key = home.run(&["keys", "create", name]).ended(0).stdout.trim().to_owned();
        (key[4..12].to_owned(), key)
    };
    for (number, spelt) in ["whole", "cut", "header", "tail", "lower", "upper", "blanks", "name"]
        .into_iter()
        .enumerate()
    {
        let name = format!("Nightly {number}");
        let (id, key) = make(&name);
        let (other, _) = make("other");
        let typed = match spelt {
            "whole" => key.clone(),
            "cut" => key[..40].to_owned(),
            "header" => format!("Authorization: Bearer {key}"),
            "tail" => key[4..].to_owned(),
            "lower" => id.to_lowercase(),
            "upper" => id.to_uppercase(),
            "blanks" => format!(" {name}  "),
            _ => name.to_lowercase(),
        };
        let rotated = home.run(&["keys", "rotate", &typed]).ended(0);
        let successor = rotated.stdout.trim()[4..12].to_owned();
        let gone = home.run(&["keys", "revoke", &typed, "--yes"]).ended(0).prints(&id);
        for told in [&rotated.stderr, &gone.stdout, &gone.stderr] {
            assert!(!told.contains(&key[13..20]), "{spelt}: {told}");
        }
        // A name is also that of the key that took its place.
        let by_name = ["blanks", "name"].contains(&spelt);
        assert_eq!((is_revoked(&id), is_revoked(&successor)), (true, by_name), "{spelt}");
        assert!(!is_revoked(&other), "{spelt}");
        let again = home.run(&["keys", "revoke", &typed]).ended(2).says("no live key");
        assert!(!again.stderr.contains(&key[13..20]), "{spelt}: {again:#?}");
        home.run(&["keys", "revoke", &other]).ended(0);
    }
    let (first, second) = (make("ci").0, make("ci").0);
    home.run(&["keys", "rotate", "CI"]).ended(2).says("several keys").says(&first).says(&second);
    home.run(&["keys", "revoke", "cii"]).ended(2).says("the nearest is ci");
    // Several are not ended by a name alone.
    let asked = home.run(&["keys", "revoke", "CI"]).ended(2).says("2 keys").says("--yes");
    asked.says(&first).says(&second);
    assert!(!is_revoked(&first) && !is_revoked(&second));
    let third = make("ci").0;
    home.run(&["keys", "revoke", &third[..5]]).ended(0).prints(&third);
    assert!(!is_revoked(&first) && !is_revoked(&second));
    home.run(&["keys", "revoke", "CI", "--yes"]).ended(0).prints(&first).prints(&second);
    let line = home.run(&["invite"]).ended(0).stdout;
    home.run(&["keys", "revoke", line.trim()]).ended(0).prints("opens nothing any more");
    let unknown = "Zq7".repeat(30);
    let told = home.run(&["keys", "revoke", &unknown]).ended(2).says("no live key");
    assert!(!told.stderr.contains("Zq7"), "{told:#?}");
}

#[test]
fn status_counts_the_ways_in_beside_those_of_peers() {
    let home = Home::scripted();
    let row = || {
        let told = home.run(&["status"]).ended(0).stdout;
        told.lines().find_map(|line| line.strip_prefix("keys")).map(|row| row.trim().to_owned())
    };
    assert_eq!(row(), None);
    let key = home.run(&["keys", "create", "ci"]).ended(0).stdout;
    assert_eq!(row().as_deref(), Some("1 key: camille keys"));
    let line = home.run(&["invite"]).ended(0).stdout;
    home.run(&["keys", "create", "laptop"]).ended(0);
    assert_eq!(row().as_deref(), Some("2 keys, 1 open invite: camille keys"));
    home.run(&["keys", "create", "cleo", "--peer"]).ended(0);
    home.run(&["keys", "revoke", key.trim()]).ended(0);
    let expected = "1 key, 1 unused peer key, 1 open invite: camille keys";
    assert_eq!(row().as_deref(), Some(expected));
    for gone in ["laptop", "cleo", line.trim()] {
        home.run(&["keys", "revoke", gone]).ended(0);
    }
    assert_eq!(row(), None);
}

#[test]
fn an_invite_is_one_line_and_says_what_is_shared() {
    let home = Home::scripted();
    let made =
        home.run(&["invite"]).ended(0).says("works once").says("nothing yet").says("camille up");
    assert!(made.stdout.starts_with("camille://join/"), "{made:#?}");
    assert_eq!(made.stdout.lines().count(), 1);
}

#[test]
fn a_directory_of_somebodys_named_as_the_home_stays_as_open_as_it_is() {
    let home = Home::scripted();
    home.write("other/passwd", "x");
    let other = home.path().join("other");
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o755)).unwrap();
    home.run(&["--home", other.to_str().unwrap(), "status"]).ended(0);
    assert_eq!(other.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    for entry in other.read_dir().unwrap().map(|entry| entry.unwrap()) {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o077;
        assert!(mode == 0 || entry.file_name() == "passwd", "{entry:?}");
    }
}

#[test]
fn what_belongs_to_the_owner_is_for_the_owner_alone() {
    let home = filled();
    home.run(&["search", "webhook"]).ended(0);
    let mut open = vec![];
    let mut waiting = vec![home.camille_home()];
    while let Some(path) = waiting.pop() {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            open.push(format!("{mode:o} {}", path.display()));
        }
        if path.is_dir() {
            waiting.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert_eq!(open, Vec::<String>::new());
    assert!(home.camille_home().join("run/last-search.json").is_file());
}

#[test]
fn sharing_says_first_what_peers_would_see_and_asks() {
    let home = filled();
    let mixed = Session::new("mixed")
        .title("Salaries")
        .person("look at the api")
        .cwd("/home/ana/acme/payroll")
        .agent("here are the salaries");
    mixed.write_under(&home.path().join(".claude")).unwrap();
    let token = format!("my token is ghp_{}", "k3Qx7Lw9R".repeat(4));
    let private = Session::new("private").person(&format!("#private {token}"));
    private.write_under(&home.path().join(".claude")).unwrap();
    let nearly = Session::new("nearly").person("# private").agent("as you like");
    nearly.write_under(&home.path().join(".claude")).unwrap();
    home.run(&["index"]).ended(0);

    let share = ["projects", "share", "/home/ana/acme/api"];
    let and = |more: &[&'static str]| [&share[..], more].concat();
    home.run(&share).ended(2).says("from when on").says("--from today");
    home.run(&and(&["--from", "all"])).ended(2).says("nobody to answer").says("--preview");
    let preview = home.run(&and(&["--from", "all", "--preview"])).ended(0);
    let preview = preview.prints("your peers would see").prints("1 secret replaced");
    let preview = preview.prints("1 session held back: a prompt looks like #private");
    preview.prints("1 session held back, for touching").prints("1 session held back, as #private");
    home.run(&["projects", "list", "--held"]).ended(0).prints("no session is held back");

    home.run(&and(&["--from", "all", "--yes"])).ended(0).prints("acme/api: shared");
    let held = home.run(&["projects", "list", "--held"]).ended(0).prints("Salaries");
    held.prints("ran in /home/ana/acme/payroll").prints("at 2026-03-02").prints("#private");
    home.run(&["projects", "list", "--held"]).ended(0).prints("a prompt looks like #private");
    let json = home.run(&["projects", "list", "--held", "--json"]).ended(0).json();
    assert_eq!(json.as_array().unwrap().len(), 3, "{json:#}");
    let all = home.run(&["projects", "release", "--all", "--yes"]).ended(0);
    assert!(!all.stdout.contains(nearly.id()), "it was meant: {all:#?}");
    home.run(&["projects", "hold", mixed.id()]).ended(0);
    home.run(&["projects", "release", nearly.id(), "--yes"]).ended(0).prints(nearly.id());
    home.run(&["projects", "release", private.id()]).ended(2).says("stays private");
    home.run(&["projects", "release", "nosuch"]).ended(2).says("--held");
    home.run(&["projects", "release", &mixed.id()[..13], "--yes"]).ended(0).prints(mixed.id());
    let held = home.run(&["projects", "list", "--held"]).ended(0);
    assert!(!held.stdout.contains("Salaries"), "{held:#?}");
    home.run(&["projects", "hold", mixed.id()]).ended(0);
    home.run(&["projects", "list", "--held"]).ended(0).prints("Salaries");
}

#[test]
fn secrets_are_listed_by_their_line_and_never_shown() {
    let home = filled();
    let secret = "k3Qx7Lw9R".repeat(4);
    let session = Session::new("leak").person("deploy it").tool(
        "cat .env",
        &format!("GITHUB_TOKEN=ghp_{secret}\ntoken: 3f9a1c7be2d04856af7190cb3e5d2864"),
    );
    session.write_under(&home.path().join(".claude")).unwrap();
    home.run(&["index"]).ended(0);
    let listed = home.run(&["secrets"]).ended(0).prints("github-token").prints(".jsonl:3");
    let listed =
        listed.prints("assigned-secret").prints("may be a secret and stays").prints(session.id());
    assert!(!listed.stdout.contains(&secret[..9]) && !listed.stdout.contains("3f9a1c7b"));
    let json = home.run(&["secrets", "--candidates", "--json"]).ended(0).json();
    assert_eq!(json.as_array().unwrap().len(), 1, "{json:#}");
    assert_eq!(json[0]["line"], 3);
    home.run(&["secrets", "--rule", "jwt"]).ended(1).prints("no secrets were found");
    home.run(&["forget", session.id(), "--yes"]).ended(0);
    home.run(&["secrets", "--candidates"]).ended(1);
}

#[test]
fn a_camilleignore_keeps_sessions_and_touched_files_out() {
    let home = Home::scripted();
    let claude = home.path().join(".claude");
    let at = |path: &str| home.path().join(path).display().to_string();
    home.write("work/.camilleignore", "diary/\n*.pem\n");
    Session::new("diary").cwd(at("work/diary")).person("quetzal one").write_under(&claude).unwrap();
    let write = serde_json::json!({"file_path": at("work/api/key.pem"), "content": "quetzal two"});
    Session::new("api")
        .cwd(at("work/api"))
        .person("quetzal three")
        .call("Write", write, "quetzal four")
        .write_under(&claude)
        .unwrap();
    let stats = home.run(&["index", "--stats"]).ended(0).prints("ignored");
    assert!(
        stats.stdout.contains("2 documents") || stats.stdout.contains("1 document"),
        "{stats:#?}"
    );
    let found = home.run(&["search", "quetzal", "--json"]).ended(0).json();
    let texts: Vec<_> =
        found["results"].as_array().unwrap().iter().map(|hit| &hit["content"]).collect();
    assert_eq!(texts, ["quetzal three"]);
}

#[test]
fn an_ignored_file_is_kept_out_however_it_is_named() {
    let home = Home::scripted();
    let claude = home.path().join(".claude");
    let cwd = home.path().join("api").display().to_string();
    home.write("api/.camilleignore", "keys/\n*.pem\n.env*\n");
    home.write("api/certs/server.pem", "x");
    home.write("api/keys/a.json", "x");
    home.write("api/open/b.json", "x");
    home.write("api/.env", "x");
    let mut session = Session::new("api").cwd(&cwd).person("quetzal kept");
    // Words without digits: these could be the answer to a question for a secret.
    let word = |at: usize| char::from(b'a' + u8::try_from(at).expect("few")).to_string() + "x";
    // A copy shows nothing. What is read of it does.
    let copied = [
        "cp .env /tmp/quetzal-kept",
        "mv keys/a.json other.json && ls",
        "tar czf /tmp/all.tgz .",
        "cp -r keys backup",
        "cp -r . /tmp/quetzal-all",
        "rsync -a keys/ synced/",
        "cp keys/a.json open/b.json there/",
        "tar czf /tmp/quetzal.tgz keys && mkdir /tmp/quetzal-u && tar xzf /tmp/quetzal.tgz -C /tmp/quetzal-u",
        "split -l 1 .env quetzal_part_",
        "scp h:/app/.env fetched",
        "git worktree add ../quetzal-tree",
        "git clone -q . /tmp/quetzal-clone",
    ];
    for (at, command) in copied.iter().enumerate() {
        let output = format!("kept copied{}", word(at));
        session = session.call("Bash", serde_json::json!({"command": command}), &output);
    }
    for command in [
        "cat backup/a.json",
        "cat /tmp/quetzal-all/keys/a.json",
        "cat synced/*.json",
        "cat there/a.json",
        "tar xOf /tmp/quetzal.tgz",
        "cat /tmp/quetzal-u/keys/a.json",
        "cat quetzal_part_aa",
        "cat fetched",
        "cat ../quetzal-tree/.env",
        "cat /tmp/quetzal-clone/keys/a.json",
        "cp -r keys k9 && cat k9/a.json",
        "ls keys | xargs -I% cat keys/%",
        "ls -A | grep env | xargs cat",
        "docker exec app cat /app/.env",
        "node -p \"require('./keys/a')\"",
        "python3 -c \"print(open('keys/'+'a.json').read())\"",
        "duckdb -c \"select * from 'ke*/*.json'\"",
        "source .env && printenv",
        "docker run --rm --env-file .env alpine env",
    ] {
        session = session.call("Bash", serde_json::json!({"command": command}), "quetzal out");
    }
    for command in [
        "cat certs/*.pem",
        "cat c*/*",
        "cat *.pem",
        "head -5 .env*",
        "cat .env{,.local}",
        "grep -v '^#' .env",
        "grep -rh KEY .",
        "grep -r --include='*.pem' KEY .",
        "rg -g '*.pem' KEY",
        "cd keys && cat *",
        "echo .env | xargs cat",
        "find . -name '*.pem' -exec cat {} +",
        "find . -type f | xargs cat",
        "git show HEAD:.env",
        "git show HEAD:keys/a.json",
        "git log -p -- keys",
        "git diff HEAD~1 .env",
        "git diff -- '*.pem'",
        "docker compose --env-file .env config",
        "python3 -c \"print(open('.env').read())\"",
        "node -e \"read('keys/a.json')\"",
        "python3 - <<'E'\nopen('keys/a.json')\nE",
        "tar cf - keys | base64",
        "D=keys; cat $D/a.json",
        "while read l; do echo $l; done < .env",
        "tail -3 /tmp/quetzal-kept",
        "jq . ./other.json",
        "git log -p | grep '^+'",
        "npx repomix --stdout",
        "docker compose config",
        "printf 'cat .env' > /tmp/quetzal.sh && bash /tmp/quetzal.sh",
    ] {
        session = session.call("Bash", serde_json::json!({"command": command}), "quetzal out");
    }
    for (tool, input) in [
        ("mcp__ide__executeCode", serde_json::json!({"code": "print(open('keys/a.json'))"})),
        ("mcp__fs__read", serde_json::json!({"document": "keys/a.json"})),
        ("Grep", serde_json::json!({"pattern": "x", "glob": ".env*"})),
        ("Grep", serde_json::json!({"pattern": "x", "glob": "keys/**", "-h": true})),
        ("Read", serde_json::json!({"file_path": "/tmp/quetzal-kept"})),
        ("mcp__repomix__pack_codebase", serde_json::json!({"directory": cwd})),
    ] {
        session = session.call(tool, input, "quetzal out");
    }
    for named in [".env:KEY=quetzal", "keys/a.json:3:quetzal", "==> .env <==\nquetzal"] {
        session = session.call("Bash", serde_json::json!({"command": "show"}), named);
    }
    let usual = [
        "cat open/*.json",
        "ls",
        "rg x",
        "git log -p",
        "grep -rn x open",
        "find . -name '*.rs'",
        "ls -l .env",
        "test -f .env && echo yes",
        "cp config.sample .env",
        "rm -f .env; git rm --cached .env",
        "curl -s localhost:3000/keys/",
        "find . -name '.env*'",
        "rsync -av --exclude=.env --exclude keys . h:/srv",
        "rg -g '!.env*' -g '!keys' x",
        "git log --oneline -- .env",
        "git diff --stat -- keys",
        "git stash push -- .env",
        "openssl genrsa -out certs/new.pem 2048",
        "echo .env >> .gitignore",
        "source .env && npm test",
        "docker compose --env-file .env up -d",
        "python3 -c \"import os; print(os.path.exists('.env'))\"",
    ];
    let listed = [
        ("Glob", serde_json::json!({"pattern": "**/*.pem"})),
        ("LS", serde_json::json!({"path": "keys"})),
        ("Grep", serde_json::json!({"pattern": "x", "output_mode": "count"})),
    ];
    for (at, (tool, input)) in listed.iter().enumerate() {
        let output = format!("certs/server.pem\n.env:1\nkept listed{}", word(at));
        session = session.call(tool, input.clone(), &output);
    }
    for (at, command) in usual.iter().enumerate() {
        let output = format!("kept usual{}", word(at));
        session = session.call("Bash", serde_json::json!({"command": command}), &output);
    }
    session.write_under(&claude).unwrap();
    home.run(&["index"]).ended(0);
    let found = home.run(&["search", "quetzal", "--json", "--limit", "100"]).ended(0).json();
    let texts: Vec<&str> = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["content"].as_str().unwrap())
        .collect();
    let shown = texts.join("\n");
    assert!(!shown.contains("quetzal out"), "{shown}");
    assert!(!shown.contains("=quetzal") && !shown.contains(":quetzal"), "{shown}");
    assert!(!shown.contains("<==\nquetzal"), "{shown}");
    let kept = |kind: &str, at: usize, said: &str| {
        let said_there = format!("kept {kind}{}", word(at));
        let found = home.run(&["search", &said_there, "--json"]);
        assert!(found.stdout.contains(&said_there), "{said}: {found:#?}");
    };
    copied.iter().enumerate().for_each(|(at, said)| kept("copied", at, said));
    listed.iter().enumerate().for_each(|(at, (said, _))| kept("listed", at, said));
    usual.iter().enumerate().for_each(|(at, said)| kept("usual", at, said));
}

#[test]
fn a_list_says_why_a_project_is_unclear() {
    let home = Home::scripted();
    // Its own folder is called otherwise.
    let cwd = home.write("repos/secret/.git/HEAD", "ref: refs/heads/main\n");
    let cwd = cwd.parent().and_then(|git| git.parent()).expect("a directory").canonicalize();
    let cwd = cwd.expect("it is there").display().to_string();
    let text = Session::new("moved").cwd(&cwd).person("the walrus moved house").jsonl();
    home.write(".claude/projects/-home-ana-acme-api/moved.jsonl", &text);
    home.run(&["index"]).ended(0);
    let id = format!("unclear:{cwd}");
    let list = home.run(&["projects"]).ended(0).prints(&id);
    list.says(&format!("{id} stays private: its transcripts lie in another directory's folder"))
        .says("camille projects share 'unclear:PATH'");
    home.run(&["projects", "share", "*", "--from", "all", "--yes"]).ended(0);
    home.run(&["projects"]).ended(0).prints("private");
    home.run(&["projects", "share", &id, "--from", "all", "--yes"]).ended(0).prints("shared");
}
