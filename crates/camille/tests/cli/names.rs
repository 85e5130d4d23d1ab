//! What a word names: sessions by the beginnings of their ids, projects by paths and last parts. What names nothing,
//! or several things, is said.

use crate::environment::Home;
use camille_testkit::session::Session;

/// A shared repository with sessions that touched a diary.
fn with_held(sessions: i64) -> (Home, Vec<String>) {
    let home = Home::scripted();
    let config = "[remote \"origin\"]\n\turl = git@github.com:acme/api.git\n";
    home.write("work/api/.git/config", config);
    home.write("work/api/.git/HEAD", "ref: refs/heads/main\n");
    home.write("work/api/src/lib.rs", "");
    let note = home.write("diary/monday.md", "rain").display().to_string();
    let cwd = home.path().join("work/api").display().to_string();
    let mut ids = Vec::new();
    for number in 0..sessions {
        let session = Session::new(format!("walrus {number}"))
            .cwd(&cwd)
            .start(
                "2026-03-02T10:00:00Z".parse::<jiff::Timestamp>().expect("a time")
                    + jiff::SignedDuration::from_hours(number),
            )
            .title(&format!("Walrus {number}"))
            .person(&format!("compare walrus {number} with my diary"))
            .call("Read", serde_json::json!({ "file_path": note }), &format!("rain {number}"))
            .agent(&format!("walrus {number} is larger"));
        session.write_under(&home.path().join(".claude")).expect("a transcript");
        ids.push(session.id().to_owned());
    }
    home.run(&["index"]).ended(0);
    home.run(&["projects", "share", "github.com/acme/api", "--from", "all", "--yes"]).ended(0);
    (home, ids)
}

fn held(home: &Home) -> Vec<String> {
    let held = home.run(&["projects", "list", "--held", "--json"]).ended(0).json();
    let id = |one: &serde_json::Value| one["session"].as_str().expect("an id").to_owned();
    held.as_array().expect("a list").iter().map(id).collect()
}

#[test]
fn whatever_begins_one_id_names_that_session_and_nothing_else_does_anything() {
    let (home, ids) = with_held(3);
    let mut all = ids.clone();
    all.sort();
    assert_eq!(held(&home), all);
    let mut told_apart = 0;
    for id in &ids {
        for letters in [1, 2, 8, id.len() - 1, id.len()] {
            let typed = &id[..letters];
            let alike = ids.iter().filter(|other| other.starts_with(typed)).count();
            for command in ["release", "hold"] {
                let yes: &[&str] = if command == "release" { &["--yes"] } else { &[] };
                let done = home.run(&[&["projects", command, typed], yes].concat());
                let expected: Vec<String> = match (alike, command) {
                    (1, "release") => all.iter().filter(|one| *one != id).cloned().collect(),
                    _ => all.clone(),
                };
                assert_eq!(held(&home), expected, "{command} {typed}: {done:#?}");
                if alike == 1 {
                    done.ended(0).prints(id);
                    told_apart += 1;
                } else {
                    done.ended(2).says("several sessions").says(id);
                }
            }
        }
    }
    assert!(told_apart >= 18, "{told_apart}");
    for typed in ["zzz", "", " ", "0000000", &format!("{}x", ids[0])] {
        for command in [["projects", "release", typed], ["projects", "hold", typed]] {
            home.run(&command).ended(2).says("session");
        }
        home.run(&["show", typed]).ended(2);
        home.run(&["forget", typed, "--kind", "session", "--yes"]).ended(1);
    }
    assert_eq!(held(&home), all);
    let begins = &ids[0][..12];
    home.run(&["show", begins]).ended(0).prints("held back: read ").prints("diary/monday.md");
    home.run(&["forget", begins, "--yes"]).ended(0).prints("forgot");
    assert!(!held(&home).contains(&ids[0]));
}

#[test]
fn hold_says_what_is_and_not_what_was_wished() {
    let (home, ids) = with_held(1);
    home.run(&["projects", "hold", &ids[0]]).ended(0).prints("held back already");
    home.run(&["projects", "release", &ids[0], "--yes"]).ended(0);
    home.run(&["projects", "release", &ids[0]]).ended(2).says("released already");
    home.run(&["projects", "share", "diary", "--from", "all", "--later", "--yes"]).ended(0);
    let diary = home.path().join("diary").display().to_string();
    home.run(&["projects", "share", &diary, "--from", "all", "--later", "--yes"]).ended(0);
    let cwd = home.path().join("work/api").display().to_string();
    let open = Session::new("open").cwd(&cwd).person("nothing but the api").agent("indeed");
    open.write_under(&home.path().join(".claude")).expect("a transcript");
    home.run(&["index"]).ended(0);
    home.run(&["projects", "hold", open.id()]).ended(2).says("nothing holds back session");
}

#[test]
fn undoing_says_what_shows_again_because_it_was_released() {
    let (home, ids) = with_held(1);
    let diary = home.path().join("diary").display().to_string();
    home.run(&["projects", "release", &ids[0], "--yes"]).ended(0);
    home.run(&["projects", "unshare", &diary]).ended(0);
    home.run(&["projects", "list", "--held"]).ended(0).prints(&ids[0]);
    home.run(&["projects", "unshare", "--undo", &diary, "--yes"])
        .ended(0)
        .prints("your peers would see")
        .prints("github.com/acme/api");
}

#[test]
fn a_path_names_the_project_that_holds_it() {
    let (home, _) = with_held(1);
    let at = |path: &str| home.path().join(path).display().to_string();
    for typed in
        [at("work/api"), at("work/api/src"), at("work/api/src/lib.rs"), "~/work/api".into()]
    {
        let preview = ["projects", "share", &typed, "--from", "all", "--preview"];
        home.run(&preview).ended(0).prints("github.com/acme/api").says("is in github.com/acme/api");
        home.run(&["search", "api", "--local", "--project", &typed]);
    }
    let here = |args: &[&str]| {
        let mut command = home.command(args);
        let output = command.current_dir(at("work/api/src")).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, told) = here(&["projects", "share", ".", "--from", "all", "--preview"]);
    assert!(code == Some(0) && told.contains("github.com/acme/api"), "{told}");
    let (code, told) = here(&["search", "walrus", "--project", "."]);
    assert!(code == Some(0) && told.contains("walrus"), "{told}");
    let (code, _) = here(&["keys", "create", "ci", "--project", ".."]);
    assert_eq!(code, Some(0));
    home.run(&["keys"]).ended(0).prints("github.com/acme/api");
    // A part of it can be kept private; that says nothing of the rest.
    home.run(&["projects", "unshare", &at("work/api/src")])
        .ended(0)
        .says("is in github.com/acme/api, which stays shared");
    // What lies in no repository is called by its path.
    let alone = ["projects", "share", &at("nowhere"), "--from", "all", "--yes"];
    home.run(&alone).ended(2).says("matches no project");
}

#[test]
fn what_is_called_otherwise_is_said_with_the_nearest_name() {
    let (home, _) = with_held(1);
    let near = "the nearest name is github.com/acme/api";
    home.run(&["search", "walrus", "--project", "apii"])
        .ended(1)
        .says("no project of yours is called 'apii'")
        .says(near);
    home.run(&["search", "walrus", "--by", "testr"])
        .ended(1)
        .says("nobody whom you know")
        .says("tester");
    home.run(&["search", "walrus", "--by", "tester"]).ended(0);
    for command in [&["invite"][..], &["keys", "create", "ci"]] {
        let typo = [command, &["--project", "apii"]].concat();
        home.run(&typo).ended(2).says(near).says("--later");
        assert_eq!(home.run(&["keys", "list", "--json"]).ended(0).json(), serde_json::json!([]));
    }
    home.run(&["keys", "create", "ci", "--project", "apii", "--later"]).ended(0);
    home.run(&["invite", "--project", "api"]).ended(0);
}

#[test]
fn a_rule_is_seen_in_the_list_and_said_before_anybody_is_asked() {
    let (home, _) = with_held(1);
    let list = || home.run(&["projects"]).ended(0);
    list().prints("shared").prints("\nrule ");
    let rules = || list().stdout.lines().filter(|line| line.starts_with("unshare")).count();
    assert_eq!(rules(), 0);
    home.run(&["projects", "unshare", "github.com/acme/api"]).ended(0);
    list().prints("private, unshared");
    assert_eq!(rules(), 1, "a rule that equals the id is seen");
    list().prints("\nshare, suspended ");
    home.run(&["projects", "unshare", "*"]).ended(0);
    assert_eq!(rules(), 2, "nor does one rule hide another");
    home.run(&["projects", "unshare", "--undo", "*", "--yes"]).ended(0);
    let share = |pattern| {
        // Without --yes: it would be asked about, if there were somebody.
        home.run(&["projects", "share", pattern, "--from", "all", "--preview"])
    };
    share("github.com/acme/api").ended(2).says("is unshared").says("--undo 'github.com/acme/api'");
    home.run(&["projects", "unshare", "--undo", "github.com/acme/api", "--yes"]).ended(0);
    home.run(&["projects", "unshare", "github.com/acme/*"]).ended(0);
    list().prints("private, unshared (github.com/acme/*)");
    list().prints("\nshare, suspended by github.com/acme/* ");
    // Nothing is asked, so nothing need be answered.
    home.run(&["projects", "unshare", "github.com/acme/*", "--yes"]).ended(0);
    home.run(&["projects", "share", "api", "--from", "all", "--yes"])
        .ended(2)
        .says("beats every `share`")
        .says("--undo 'github.com/acme/*'");
}

#[test]
fn a_key_is_not_called_like_its_owner_or_like_nothing() {
    let home = Home::scripted();
    for name in ["", " ", "*", "2", "--", "me", "Myself", "SELF", "this machine", "you", "all"] {
        home.run(&["keys", "create", "--", name]).ended(2);
    }
    assert_eq!(home.run(&["keys", "list", "--json"]).ended(0).json(), serde_json::json!([]));
    home.run(&["keys", "create", "ci"]).ended(0);
}

#[test]
fn a_review_asks_once_for_each_unknown_place() {
    let (home, _) = with_held(3);
    let review = ["projects", "share", "--review", "--preview"];
    let diary = home.path().join("diary").display().to_string();
    let asked = home.run(&review).ended(0).prints(&diary).prints("3 sessions held");
    assert_eq!(asked.stdout.matches("that you do not share").count(), 1, "{asked:#?}");
    home.run(&["projects", "share", "--review"]).ended(2).says("nobody to answer");
    home.run(&["projects", "share", "--review", "api"]).ended(2);
    home.run(&["projects", "share"]).ended(2);
    // What was answered is asked no more: private as an `unshare`, harmless in config.toml.
    home.run(&["projects", "unshare", &diary]).ended(0);
    home.run(&review).ended(0).prints("nothing to ask about");
    assert_eq!(held(&home).len(), 3);
    home.run(&["projects", "unshare", "--undo", &diary, "--yes"]).ended(0);
    home.run(&["config", "set", "sharing.harmless", &diary]).ended(0);
    home.run(&review).ended(0).prints("nothing to ask about");
    assert_eq!(held(&home).len(), 0);
}

#[test]
fn what_is_typed_is_understood_or_an_error_and_never_a_rule_that_means_nothing() {
    let (home, _) = with_held(1);
    let rules = || home.run(&["projects", "list", "--json"]).ended(0).stdout;
    for typed in [
        "https://github.com/acme/api.",
        "“github.com/acme/api”",
        "github:acme/api",
        "gh:acme/api",
        "github.com/acme/api@main",
        "git clone git@github.com:acme/api.git",
        "vscode://vscode.git/clone?url=https%3A%2F%2Fgithub.com%2Facme%2Fapi",
        "pkg:github/acme/api@1",
        "github.dev/acme/api",
        "github.com/acme/...",
    ] {
        home.run(&["projects", "unshare", typed]).ended(0).prints("github.com/acme/api: private");
        home.run(&["projects", "unshare", "--undo", typed, "--yes"]).ended(0);
    }
    let before = rules();
    for (typed, says) in [
        ("github.com/acme/{api,web}", "one at a time: 'github.com/acme/api'"),
        ("github.com/acme/a?i", "'github.com/acme/a*i'"),
        ("$PROJECTS/api", "nothing says what $PROJECTS stands for"),
        ("zz:acme/api", "told of a host 'zz'"),
        ("github.com/acme/ap`i", "` stands in no name"),
        ("https://github.com", "'github.com/*' is all that is there"),
        ("https://github.com/login?return_to=/acme/api", "a page of its own"),
    ] {
        home.run(&["projects", "unshare", typed]).ended(2).says(says);
        let share = ["projects", "share", typed, "--from", "all", "--yes", "--later"];
        home.run(&share).ended(2).says(says);
        home.run(&["keys", "create", "ci", "--project", typed, "--later"]).ended(2).says(says);
        home.run(&["invite", "--project", typed, "--later"]).ended(2).says(says);
    }
    assert_eq!(rules(), before);
    // A grant is of what is meant.
    home.run(&["keys", "create", "ci", "--project", "gh:acme/api"]).ended(0);
    home.run(&["keys"]).ended(0).prints("github.com/acme/api");
    // A directory needs no project to hold what touches it.
    home.run(&["projects", "unshare", "$HOME/diary"])
        .ended(0)
        .prints("every session that touches it");
    home.run(&["projects", "unshare", "~/gone"]).ended(0).prints("nothing is there now");
}

#[test]
fn what_an_agent_reads_by_camille_holds_its_session_as_reading_the_project_would() {
    let home = Home::scripted();
    for project in ["api", "pay"] {
        let config = format!("[remote \"origin\"]\n\turl = git@github.com:acme/{project}.git\n");
        home.write(&format!("work/{project}/.git/config"), &config);
        home.write(&format!("work/{project}/.git/HEAD"), "ref: refs/heads/main\n");
    }
    let write = |name: &str, project: &str, calls: &[(&str, &str)]| {
        let cwd = home.path().join("work").join(project).display().to_string();
        let mut session = Session::new(name).cwd(&cwd).person(&format!("look into {name}"));
        for (command, output) in calls {
            session = session.call("Bash", serde_json::json!({ "command": command }), output);
        }
        let session = session.agent(&format!("the {name} is steep"));
        session.write_under(&home.path().join(".claude")).expect("a transcript");
        session.id().to_owned()
    };
    write("heron ladder", "pay", &[]);
    write("marmot ladder", "api", &[]);
    home.run(&["index"]).ended(0);
    let shown = |words: &str| home.run(&["search", "--local", words]).ended(0).stdout;
    let json = home.run(&["search", "--local", "--json", "heron ladder"]).ended(0).stdout;
    let whole = home.run(&["show", "1"]).ended(0).stdout;
    let (pay, api) = (shown("heron ladder"), shown("marmot"));
    assert!(pay.contains("acme/pay") && !api.contains("acme/pay"), "{pay}{api}");
    let mut expected = vec![
        write("one", "api", &[("camille search heron", &pay)]),
        write("two", "api", &[("camille search heron --json", &json)]),
        write("three", "api", &[("true && camille show 1 | head -40", &whole)]),
        write("four", "api", &[("camille search heron --json | jq -r .x", "the ladder is steep")]),
    ];
    expected.sort();
    write("five", "api", &[("camille search marmot", &api)]);
    write("six", "api", &[("camille status | grep peers", "peers  none")]);
    home.run(&["index"]).ended(0);
    home.run(&["projects", "share", "github.com/acme/api", "--from", "all", "--yes"]).ended(0);
    assert_eq!(held(&home), expected);
    home.run(&["projects", "list", "--held"]).ended(0).prints("read github.com/acme/pay");
    // Where that is shared as well, only what nobody can name holds.
    home.run(&["projects", "share", "github.com/acme/pay", "--from", "all", "--yes"]).ended(0);
    let left = home.run(&["projects", "list", "--held"]).ended(0);
    assert_eq!(held(&home).len(), 1, "{left:#?}");
}

#[test]
fn what_a_shell_completes_is_a_path_and_what_is_no_project_is_said() {
    let home = Home::scripted();
    std::fs::create_dir_all(home.path().join("work/docs")).expect("makes");
    for typed in ["work/docs", "work/docs/", "work"] {
        home.run(&["projects", "unshare", typed]).ended(0).prints("kept to you: /");
        home.run(&["projects", "unshare", "--undo", typed, "--yes"]).ended(0).prints("taken back");
    }
    // Not there: a name, for what comes.
    home.run(&["projects", "unshare", "github.com/acme/later"]).ended(0).prints("stays private");
    for typed in ["all", "Everything"] {
        home.run(&["projects", "unshare", typed]).ended(2).says("unshare '*'");
    }
}

/// A shared repository, a clone of it, a worktree, one that is gone and a fork: each with a session that reads the same
/// file, and one that reads another.
fn with_clones() -> (Home, Vec<(String, bool, String)>) {
    let home = Home::scripted();
    let clone = |path: &str, remotes: &[(&str, &str)]| {
        let remote = |(name, of): &(&str, &str)| {
            format!("[remote \"{name}\"]\n\turl = git@github.com:{of}/web.git\n")
        };
        let config: String = remotes.iter().map(remote).collect();
        home.write(&format!("{path}/.git/config"), &config);
        home.write(&format!("{path}/.git/HEAD"), "ref: refs/heads/main\n");
    };
    clone("work/web", &[("origin", "acme")]);
    clone("work/web2", &[("origin", "acme")]);
    clone("work/fork", &[("origin", "ana"), ("upstream", "acme")]);
    let tree = home.path().join("work/web/.git/worktrees/feat");
    home.write("work/feat/.git", &format!("gitdir: {}\n", tree.display()));
    home.write("work/web/.git/worktrees/feat/commondir", "../..\n");
    let gone = home.path().join("work/gone/.git");
    home.write("work/web/.git/worktrees/gone/gitdir", &format!("{}\n", gone.display()));
    let roots = ["work/web", "work/web2", "work/fork", "work/feat", "work/gone"];
    let mut sessions = Vec::new();
    for root in roots {
        for (file, is_secret) in [("docs/pay.md", true), ("docs2/x.md", false)] {
            let file = home.path().join(root).join(file);
            if root != "work/gone" {
                home.write(
                    &file.strip_prefix(home.path()).expect("below").display().to_string(),
                    "",
                );
            }
            // What is gone was read from the repository.
            let cwd = if root == "work/gone" { "work/web" } else { root };
            let session = Session::new(format!("{root} {is_secret}"))
                .cwd(home.path().join(cwd).display().to_string())
                .person(&format!("compare the sums of {root} {is_secret}"))
                .call(
                    "Read",
                    serde_json::json!({ "file_path": file }),
                    &format!("{root} {is_secret}"),
                )
                .agent(&format!("those of {root} {is_secret} agree"));
            session.write_under(&home.path().join(".claude")).expect("a transcript");
            sessions.push((root.to_owned(), is_secret, session.id().to_owned()));
        }
    }
    (home, sessions)
}

#[test]
fn a_denied_path_of_a_repository_is_denied_in_each_clone_and_worktree_of_it() {
    let (home, sessions) = with_clones();
    let at = |path: &str| home.path().join(path).display().to_string();
    let share = || {
        for project in ["github.com/acme/web", "github.com/ana/web"] {
            home.run(&["projects", "share", project, "--from", "all", "--yes", "--later"]).ended(0);
        }
    };
    let held = |home: &Home| {
        let mut held = held(home);
        held.sort();
        held
    };
    let expected = |none: bool| {
        let held = sessions.iter().filter(|(_, is_secret, _)| *is_secret && !none);
        let mut held: Vec<String> = held.map(|(_, _, id)| id.clone()).collect();
        held.sort();
        held
    };
    // Before anything is read, and afterwards.
    home.run(&["projects", "unshare", &at("work/feat/docs")]).ended(0);
    home.run(&["index"]).ended(0);
    share();
    assert_eq!(held(&home), expected(false));
    home.run(&["projects", "unshare", "--undo", &at("work/web2/docs"), "--yes"]).ended(0);
    assert_eq!(held(&home), expected(true), "{:#?}", home.run(&["projects"]));
    let mut names: Vec<String> = ["web", "web2", "fork", "feat", "gone"]
        .iter()
        .flat_map(|root| ["docs", "docs/pay.md"].map(|path| at(&format!("work/{root}/{path}"))))
        .collect();
    names.push("github.com/acme/web//docs".to_owned());
    names.push("github.com/Acme/web//docs/pay.md".to_owned());
    for name in names {
        home.run(&["projects", "unshare", &name]).ended(0);
        assert_eq!(held(&home), expected(false), "{name}");
        home.run(&["projects", "list"]).ended(0);
        home.run(&["projects", "unshare", "--undo", &name, "--yes"]).ended(0);
        assert_eq!(held(&home), expected(true), "{name}: {:#?}", home.run(&["projects"]));
    }
    home.run(&["projects", "share", "github.com/acme/web//docs", "--from", "all", "--yes"])
        .ended(2)
        .says("shared as a whole");
    // What is denied of a worktree is no deny of the repository.
    home.run(&["projects", "unshare", &at("work/feat")]).ended(0);
    home.run(&["projects"]).ended(0).prints("shared");
    assert_eq!(held(&home).len(), 2);
}

#[test]
fn what_an_unshare_suspends_comes_back_and_a_part_of_a_repository_is_no_silent_whole() {
    let (home, _) = with_held(1);
    home.run(&["projects", "share", "acme/*", "--from", "2026-01-31", "--later", "--yes"]).ended(0);
    let rules = || home.run(&["projects"]).ended(0).stdout;
    let before = rules();
    for deny in ["*", "github.com/acme/api", "acme/*", "https://github.com/acme"] {
        home.run(&["projects", "unshare", deny]).ended(0);
        assert!(!rules().contains("shared, "), "{deny}");
        home.run(&["projects", "unshare", "--undo", deny, "--yes"])
            .ended(0)
            .prints("your peers would see");
        assert_eq!(rules(), before, "{deny}");
    }
    for (typed, part) in [
        ("github.com/acme/api/docs/x.md", "github.com/acme/api//docs/x.md"),
        ("https://github.com/acme/api/tree/main/docs", "github.com/acme/api//docs"),
    ] {
        home.run(&["projects", "unshare", typed])
            .ended(0)
            .says("all of github.com/acme/api")
            .says(&format!("camille projects unshare '{part}'"));
        home.run(&["projects", "unshare", "--undo", typed, "--yes"]).ended(0);
        home.run(&["projects", "unshare", part]).ended(0).prints("in every clone of");
        home.run(&["projects", "unshare", "--undo", part, "--yes"]).ended(0);
    }
    let page = home.run(&["projects", "unshare", "https://github.com/acme/api/pulls"]).ended(0);
    assert!(!page.stderr.contains("all of"), "{page:#?}");
}

#[test]
fn a_release_shows_what_it_is_of_before_it_asks() {
    let (home, ids) = with_held(2);
    for typed in [&["projects", "release", &ids[0][..13]][..], &["projects", "release", "--all"]] {
        home.run(typed)
            .ended(2)
            .prints("Walrus 0")
            .prints("github.com/acme/api")
            .prints("documents")
            .prints("read ")
            .prints("diary/monday.md")
            .says("nobody to answer")
            .says("--yes");
        assert_eq!(held(&home).len(), 2, "nothing was released");
    }
    home.run(&["projects", "release", "--all", "--yes"]).ended(0).prints("released: ");
    assert!(held(&home).is_empty());
}

#[test]
fn what_touched_what_is_unshared_is_not_released_until_that_is_undone() {
    for pattern in ["*diary*", "*/diary", "diary"] {
        let (home, ids) = with_held(2);
        home.run(&["projects", "unshare", pattern]).ended(0);
        home.run(&["projects", "release", "--all", "--yes"]).ended(0).prints("nothing to release");
        home.run(&["projects", "release", &ids[0], "--yes"]).ended(2).says("what you unshared");
        assert_eq!(held(&home).len(), 2, "{pattern}");
        home.run(&["projects", "unshare", "--undo", pattern, "--yes"]).ended(0);
        home.run(&["projects", "release", "--all", "--yes"]).ended(0).prints("released: ");
        assert!(held(&home).is_empty(), "{pattern}");
    }
}

#[test]
fn what_is_no_project_but_has_some_is_said_with_their_names() {
    let (home, ids) = with_held(1);
    let work = home.path().join("work").display().to_string();
    let rules = home.run(&["projects"]).ended(0).stdout;
    for typed in ["github.com/acme", "https://github.com/acme", "github.com", "acme", &work] {
        for more in [&["--preview"][..], &["--yes"]] {
            let share = [&["projects", "share", typed, "--from", "all"], more].concat();
            home.run(&share).ended(2).says("1 project in it").says("github.com/acme/api");
        }
    }
    let share = ["projects", "share", "github.com/acme", "--from", "all", "--yes"];
    home.run(&share).says("camille projects share 'github.com/acme/*'");
    for (command, verb) in [("hold", "unshare"), ("release", "share")] {
        for name in ["github.com/acme/api", "api"] {
            home.run(&["projects", command, name])
                .ended(2)
                .says("is a project")
                .says(&format!("camille projects {verb} '{name}'"));
        }
    }
    assert_eq!(home.run(&["projects"]).ended(0).stdout, rules);
    assert_eq!(held(&home), ids);
}

#[test]
fn a_deny_that_keeps_nothing_back_says_so_with_the_home_or_the_nearest_name() {
    // As another user, or with a slip in CAMILLE_HOME: that home has nothing in it.
    let empty = Home::scripted();
    let place = empty.camille_home().display().to_string();
    let there = empty.write("work/docs/a.md", "").display().to_string();
    for typed in ["github.com/acme/api", "api", "*", "github.com/acme/*", "/home/ana/api", &there] {
        for more in [&[][..], &["--json"]] {
            let told = empty.run(&[&["projects", "unshare", typed], more].concat()).ended(0);
            // However the lines are broken.
            let said = told.stderr.split_whitespace().collect::<String>();
            let place = place.split_whitespace().collect::<String>();
            assert!(said.contains(&place) && said.contains("isempty"), "{typed}: {told:#?}");
            told.says("warning").says("CAMILLE_HOME");
        }
    }
    // It stands all the same: a machine may be set up before anything is read on it.
    empty.run(&["projects"]).ended(0).prints("unshare  github.com/acme/api");

    let (home, _) = with_held(1);
    let wrong = home.path().join("work/apo").display().to_string();
    for typed in [
        "github.com/acme/apii",
        "acme/apii",
        "apii",
        "github.com/acme/ap",
        "git@github.com:acme/apu",
    ] {
        home.run(&["projects", "unshare", typed])
            .ended(0)
            .says("nothing was kept back")
            .says("did you mean github.com/acme/api?")
            .says("camille projects unshare 'github.com/acme/api'");
    }
    home.run(&["projects"]).ended(0).prints("unshare  acme/apii");
    home.run(&["projects", "unshare", &wrong]).ended(0).says("nothing was kept back");
    // What keeps something, or is there, raises no doubt.
    let diary = home.path().join("diary").display().to_string();
    for typed in ["github.com/acme/api", "api", "~/work/api", &diary, "*"] {
        let told = home.run(&["projects", "unshare", typed]).ended(0);
        assert!(!told.stderr.contains("warning"), "{typed}: {told:#?}");
    }
}

#[test]
fn undoing_one_deny_names_each_other_that_still_stands() {
    let (home, _) = with_held(1);
    let api = home.path().join("work/api").display().to_string();
    let denies = ["github.com/acme/api", "github.com/acme/*", "*", "api", &api];
    for (number, undone) in denies.iter().enumerate() {
        for other in denies.iter().enumerate().filter(|(at, _)| *at != number).map(|(_, one)| *one)
        {
            for deny in [undone, other] {
                home.run(&["projects", "unshare", deny]).ended(0);
            }
            let undo = ["projects", "unshare", "--undo", undone, "--yes"];
            let mut told = home.run(&undo).ended(0);
            let is_private = home.run(&["projects"]).ended(0).stdout.contains("private, unshared");
            let is_said = told.stderr.contains("still unshared by");
            assert_eq!(is_said, is_private, "{undone} beside {other}: {told:#?}");
            let rules = home.run(&["projects"]).ended(0).stdout;
            for line in rules.lines().filter_map(|line| line.strip_prefix("unshare")) {
                told = told.says(&format!("--undo '{}'", line.trim()));
                home.run(&["projects", "unshare", "--undo", line.trim(), "--yes"]).ended(0);
            }
        }
    }
    assert!(!home.run(&["projects"]).ended(0).stdout.contains("unshare"));
}
