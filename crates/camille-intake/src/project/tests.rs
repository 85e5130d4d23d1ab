//! What places are, on disks made for it.

mod own;
mod worktree;

use super::*;
use camille_ingest::place::{Doing, Mention};
use std::fs;
use std::path::PathBuf;

struct Disk {
    root: tempfile::TempDir,
    resolver: ProjectResolver,
}

impl Disk {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        Self { root, resolver: ProjectResolver::default() }
    }

    fn path(&self, path: &str) -> String {
        self.root.path().join(path).to_string_lossy().into_owned()
    }

    fn directory(&self, path: &str) -> String {
        fs::create_dir_all(self.root.path().join(path)).expect("creates");
        self.path(path)
    }

    fn file(&self, path: &str, text: &str) {
        let path: PathBuf = self.root.path().join(path);
        fs::create_dir_all(path.parent().expect("in a directory")).expect("creates");
        fs::write(path, text).expect("writes");
    }

    fn repository(&self, path: &str, remote: Option<&str>) -> String {
        self.file(&format!("{path}/.git/HEAD"), "ref: refs/heads/main\n");
        let remote = remote.map_or_else(String::new, |url| {
            format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n")
        });
        self.file(&format!("{path}/.git/config"), &remote);
        self.path(path)
    }

    fn session(&self, cwd: &str) -> String {
        self.resolver.resolve_session(cwd, None, None)
    }
}

#[test]
fn clones_and_worktrees_are_one_project() {
    let disk = Disk::new();
    let id = "github.com/acme/api";
    let main = disk.repository("api", Some("git@github.com:acme/api.git"));
    let clone = disk.repository("other", Some("https://tok:en@github.com/acme/api"));
    assert_eq!(disk.session(&main), id);
    assert_eq!(disk.session(&clone), id);
    assert_eq!(disk.session(&disk.directory("api/src/deep")), id);
    disk.file("tree/.git", &format!("gitdir: {}\n", disk.path("api/.git/worktrees/tree")));
    disk.file("api/.git/worktrees/tree/commondir", "../..\n");
    assert_eq!(disk.session(&disk.directory("tree/src")), id);
    disk.file("relative/.git", "gitdir: ../api/.git/worktrees/tree\n");
    assert_eq!(disk.session(&disk.directory("relative")), id);
}

#[test]
fn a_repository_without_remote_is_its_root_also_from_a_worktree() {
    let disk = Disk::new();
    let main = disk.repository("notes", None);
    assert_eq!(disk.session(&disk.directory("notes/a/b")), main);
    disk.file("tree/.git", &format!("gitdir: {}\n", disk.path("notes/.git/worktrees/t")));
    disk.file("notes/.git/worktrees/t/commondir", "../..\n");
    assert_eq!(disk.session(&disk.directory("tree")), main);
    let local = disk.repository("copy", Some(&main));
    assert_eq!(disk.session(&local), local, "a path on this disk is no remote");
    let gone = disk.repository("lost", Some("/srv/gone/notes.git"));
    assert_eq!(disk.session(&gone), format!("{UNCLEAR}{gone}"), "of what, nobody knows");
}

#[test]
fn a_directory_outside_any_repository_is_itself() {
    let disk = Disk::new();
    let plain = disk.directory("plain/sub");
    assert_eq!(disk.session(&plain), plain);
    assert_eq!(disk.session(&format!("{plain}/")), plain);
    // What a directory called .git was the mark of is not known.
    disk.repository("outer", Some("https://h.example/o/r"));
    let inner = disk.directory("outer/inner/.git");
    let inner = inner.trim_end_matches("/.git");
    assert_eq!(disk.session(inner), format!("{UNCLEAR}{inner}"));
}

#[test]
fn a_vanished_directory_is_its_text_unless_it_is_called_like_the_remote_that_the_transcript_names()
{
    let disk = Disk::new();
    disk.repository("api", Some("https://github.com/acme/api"));
    disk.directory("diary");
    let told =
        |cwd: &str, remote| disk.resolver.resolve_session(&disk.path(cwd), Some(remote), None);
    let web = "ssh://git@github.com/acme/web.git";
    for called in ["web", "web-2/src", "worktrees/3f/Web", "web.old"] {
        assert_eq!(told(called, web), "github.com/acme/web", "{called}");
    }
    for other in ["nosuch", "diary/2026", "api/gone", "api/web", "website"] {
        assert_eq!(told(other, web), format!("{UNCLEAR}{}", disk.path(other)), "{other}");
    }
    let gone = disk.path("api/gone");
    assert_eq!(disk.session(&gone), gone);
    assert_eq!(told("api/gone", "../elsewhere"), gone, "no remote");
}

#[test]
fn foreign_and_relative_paths_are_kept_as_text() {
    let disk = Disk::new();
    for text in [r"C:\Users\ana\api", r"\\server\share", "src", ".", ""] {
        assert_eq!(disk.session(text), text);
    }
    let record = |cwd, at| {
        disk.resolver.resolve_record(cwd, Base { cwd: at, project: "P", folder: None, id: None })
    };
    assert_eq!(record(r"C:\api\src", r"C:\api"), "P");
    assert_eq!(record(r"C:\api2", r"C:\api"), r"C:\api2");
    assert_eq!(record("/anywhere", ""), "/anywhere", "nowhere contains nothing");
}

#[test]
fn a_record_is_the_sessions_unless_made_in_another_repository() {
    let disk = Disk::new();
    let api = disk.repository("api", Some("https://github.com/acme/api"));
    let nested = disk.repository("api/vendor/secret", Some("https://github.com/acme/secret"));
    let other = disk.repository("web", Some("https://github.com/acme/web"));
    let sub = disk.directory("api/src");
    let record = |cwd: &str, at: &str| {
        disk.resolver.resolve_record(
            cwd,
            Base {
                cwd: at,
                project: &disk.resolver.resolve_session(at, None, None),
                folder: None,
                id: None,
            },
        )
    };
    let (p, secret, web) = ("github.com/acme/api", "github.com/acme/secret", "github.com/acme/web");
    assert_eq!(record(&api, &api), p);
    assert_eq!(record(&sub, &api), p);
    assert_eq!(record(&api, &sub), p, "above the session, but the same repository");
    assert_eq!(record(&nested, &api), secret);
    assert_eq!(record(&format!("{nested}/gone/deep"), &api), format!("{nested}/gone/deep"));
    let gone = format!("{api}/gone");
    assert_eq!(record(&gone, &api), gone, "it may have been a clone of anything");
    let tree = format!("{api}/.claude/worktrees/fix");
    assert_eq!(record(&tree, &api), p, "worktrees lie there");
    assert_eq!(record(&other, &api), web);
    assert_eq!(record(&api, &nested), p, "from the nested one out");
    let gone = format!("{other}/gone");
    assert_eq!(record(&gone, &api), gone, "it may have been anything");
    assert_eq!(
        disk.resolver.resolve_record(
            &api,
            Base { cwd: &format!("{api}/gone"), project: "P", folder: None, id: None }
        ),
        p
    );
}

#[test]
fn a_record_outside_any_repository() {
    let disk = Disk::new();
    let (work, out) = (disk.directory("work"), disk.directory("out"));
    let inside = disk.directory("work/a");
    let repository = disk.repository("work/r", None);
    let record = |cwd: &str| {
        disk.resolver
            .resolve_record(cwd, Base { cwd: &work, project: &work, folder: None, id: None })
    };
    assert_eq!(record(&inside), work);
    assert_eq!(record(&out), out);
    assert_eq!(record(&repository), repository);
    assert_eq!(record(&format!("{work}ing")), format!("{work}ing"), "not inside");
    let gone = disk.path("gone");
    assert_eq!(
        disk.resolver.resolve_record(
            &format!("{gone}/a"),
            Base { cwd: &gone, project: "P", folder: None, id: None }
        ),
        "P"
    );
}

#[test]
fn a_session_named_by_its_transcript_keeps_its_project_all_over_its_repository() {
    let disk = Disk::new();
    let api = disk.repository("api", Some("https://github.com/acme/renamed"));
    let sub = disk.directory("api/src");
    let told = "github.com/acme/api";
    assert_eq!(
        disk.resolver
            .resolve_record(&api, Base { cwd: &sub, project: told, folder: None, id: None }),
        told
    );
}

#[test]
fn what_was_found_is_remembered_until_forgotten() {
    let disk = Disk::new();
    let plain = disk.directory("plain");
    assert_eq!(disk.session(&plain), plain);
    disk.repository("plain", Some("https://github.com/acme/api"));
    assert_eq!(disk.session(&plain), plain);
    disk.resolver.forget();
    assert_eq!(disk.session(&plain), "github.com/acme/api");
}

/// What a session in `cwd` touched by a path.
fn touched(disk: &Disk, cwd: &str, path: &str) -> Option<String> {
    let project = disk.session(cwd);
    let base = Base { cwd, project: &project, folder: None, id: None };
    let mention = Mention::new(path, Doing::Read);
    disk.resolver.resolve_mention(&mention, Some(cwd), base).place
}

fn link(disk: &Disk, from: &str, to: &str) {
    std::os::unix::fs::symlink(disk.path(to), disk.path(from)).expect("links");
}

#[test]
fn every_spelling_of_a_path_leads_to_the_same_place() {
    let disk = Disk::new();
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    disk.file("shared/src/a.rs", "");
    disk.repository("private", Some("https://github.com/acme/private"));
    disk.file("private/src/plan.md", "");
    disk.file("plain/diary.md", "");
    link(&disk, "shared/link", "private/src");
    link(&disk, "shared/file", "plain/diary.md");
    link(&disk, "shared/plainlink", "plain");
    link(&disk, "again", "shared");
    let private = Some("github.com/acme/private".to_owned());
    let plain = Some(disk.path("plain"));
    for (path, place) in [
        ("src/a.rs", &None),
        ("./src/../src/a.rs", &None),
        ("../shared/src/a.rs", &None),
        ("../again/src/a.rs", &None),
        ("../private/src/plan.md", &private),
        ("src/../../private/src/plan.md", &private),
        ("link/plan.md", &private),
        ("link/../src/plan.md", &private),
        ("link/gone.md", &private),
        ("file", &plain),
        ("plainlink/diary.md", &plain),
        ("../plain/diary.md", &plain),
        ("../plain", &plain),
    ] {
        assert_eq!(touched(&disk, &shared, path), *place, "{path}");
        let absolute = format!("{shared}/{path}");
        assert_eq!(touched(&disk, &shared, &absolute), *place, "{absolute}");
        let from = disk.path("shared/src");
        assert_eq!(touched(&disk, &from, &format!("../{path}")), *place, "from below: {path}");
    }
    for (cwd, project) in [
        ("shared/link", "github.com/acme/private"),
        ("again/src", "github.com/acme/shared"),
        ("shared/../private", "github.com/acme/private"),
    ] {
        assert_eq!(disk.session(&disk.path(cwd)), project, "{cwd}");
    }
    assert_eq!(disk.session(&disk.path("shared/plainlink")), disk.path("plain"));
    assert_eq!(disk.session(&disk.path("shared/../plain")), disk.path("plain"));
}

#[test]
fn what_vanished_is_the_repositorys_only_where_that_can_be_shown() {
    let disk = Disk::new();
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    let names = ["src/old/a.rs", "kept.rs"];
    fs::write(disk.path("shared/.git/index"), index::tests::index(&names)).expect("writes");
    disk.directory("shared/tmp");
    disk.file("shared/.git/worktrees/x/gitdir", &format!("{}/.git\n", disk.path("elsewhere/x")));
    for own in [
        "src/old/a.rs",
        "src/old",
        "kept.rs",
        "tmp/note.txt",
        "target/debug/x",
        "node_modules/a/b.js",
        ".claude/worktrees/fix/src/a.rs",
        ".worktrees/fix",
        "../elsewhere/x/src/a.rs",
    ] {
        assert_eq!(touched(&disk, &shared, own), None, "{own}");
    }
    for (path, place) in [
        ("tmp/secretclone/README.md", "shared/tmp/secretclone"),
        ("tmp/secretclone", "shared/tmp/secretclone"),
        ("clone/src/a.rs", "shared/clone/src"),
        ("../elsewhere/y/a.rs", "elsewhere/y"),
    ] {
        assert_eq!(touched(&disk, &shared, path), Some(disk.path(place)), "{path}");
    }
    disk.directory("shared/node_modules/b");
    disk.directory("shared/.claude/skills");
    for packages in ["node_modules/zod/index.d.ts", "node_modules/.bin/vite", "node_modules/b/c.js"]
    {
        assert_eq!(touched(&disk, &shared, packages), None, "{packages}");
    }
    assert!(
        touched(&disk, &shared, ".claude/pay/a.csv").is_some(),
        "what agents keep may be another's"
    );
    // Who works in the repository may have removed what lay beside other files of it.
    let names = ["lib/kept.rs", "lib/vendor/kept.rs"];
    fs::write(disk.path("shared/.git/index"), index::tests::index(&names)).expect("writes");
    disk.file("shared/lib/kept.rs", "");
    disk.file("shared/lib/vendor/kept.rs", "");
    disk.file("shared/.gitmodules", "[submodule \"x\"]\npath = lib/module\n");
    let other = disk.repository("other", Some("https://github.com/acme/other"));
    disk.resolver.forget();
    let own = ["lib/old", "lib/old/a.rs", "lib/old/deep/a.rs"];
    for path in own {
        assert_eq!(touched(&disk, &shared, path), None, "{path}");
        let from_there = touched(&disk, &other, &format!("../shared/{path}"));
        assert!(from_there.is_some_and(|place| place.starts_with('/')), "{path}");
    }
    for path in ["lib/vendor/a/b.rs", "lib/module/a.rs", "lib/clone-of-x/a.rs", "old/a/b.rs"] {
        assert!(touched(&disk, &shared, path).is_some(), "{path}");
    }

    for clone in ["worktrees/pay/a.csv", "build/pay/a.csv", "target/pay/a.csv", "dist/pay/x"] {
        assert!(touched(&disk, &shared, clone).is_some(), "{clone}");
    }
    for made in ["build/app.js", "build/static/js/a.js", "target/release/x", "dist/assets/a.css"] {
        assert_eq!(touched(&disk, &shared, made), None, "{made}");
    }
    // A link that leads nowhere is what it led to.
    link(&disk, "shared/gone.csv", "diary/gone.csv");
    link(&disk, "shared/lost", "vanished");
    link(&disk, "shared/twice", "shared/lost");
    let diary = Some(disk.path("diary"));
    disk.directory("diary");
    disk.resolver.forget();
    assert_eq!(touched(&disk, &shared, "gone.csv"), diary);
    for path in ["lost/x.csv", "twice/x.csv"] {
        assert_eq!(touched(&disk, &shared, path), Some(disk.path("vanished")), "{path}");
    }
    link(&disk, "shared/round", "shared/round");
    assert!(touched(&disk, &shared, "round/x").is_some());

    let clone = disk.path("shared/tmp/secretclone");
    assert_eq!(disk.session(&clone), clone);
    assert_eq!(disk.session(&disk.path("shared/.claude/worktrees/fix")), "github.com/acme/shared");
}

#[test]
fn any_version_control_ends_the_search_upwards() {
    for mark in [".jj", ".hg", ".svn", ".bzr", ".pijul", "_darcs", ".fslckout", "CVS", ".git"] {
        let disk = Disk::new();
        let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
        disk.directory(&format!("shared/inner/{mark}"));
        disk.file("shared/inner/src/a.txt", "");
        let mut inner = disk.path("shared/inner");
        if mark == ".git" {
            inner.insert_str(0, UNCLEAR);
        }
        assert_eq!(disk.session(&disk.path("shared/inner/src")), inner, "{mark}");
        assert_eq!(touched(&disk, &shared, "inner/src/a.txt"), Some(inner), "{mark}");
    }
}

#[test]
fn a_repository_at_the_home_holds_what_it_tracks() {
    let disk = Disk::new();
    let home = disk.repository("ana", Some("https://github.com/ana/dotfiles"));
    let names = [".config/nvim/init.lua", ".bashrc"];
    fs::write(disk.path("ana/.git/index"), index::tests::index(&names)).expect("writes");
    for file in [".config/nvim/init.lua", ".bashrc", "diary/a.md", ".config/other/x"] {
        disk.file(&format!("ana/{file}"), "");
    }
    let resolver = ProjectResolver::new(Some(PathBuf::from(&home)));
    let disk = Disk { resolver, ..disk };
    let dotfiles = "github.com/ana/dotfiles";
    assert_eq!(disk.session(&disk.path("ana/.config/nvim")), dotfiles);
    for own in ["ana", "ana/diary", "ana/.config/other"] {
        assert_eq!(disk.session(&disk.path(own)), disk.path(own), "{own}");
    }
    let nvim = disk.path("ana/.config/nvim");
    assert_eq!(touched(&disk, &nvim, "~/.bashrc"), None);
    assert_eq!(touched(&disk, &nvim, "~/diary/a.md"), Some(disk.path("ana/diary")));
}

#[test]
fn a_claim_that_the_disk_contradicts_is_unclear() {
    let disk = Disk::new();
    let secret = disk.repository("secret", Some("https://github.com/acme/secret"));
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    let slug: String =
        shared.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let told = |cwd: &str, remote: Option<&str>, folder: Option<&str>| {
        disk.resolver.resolve_session(cwd, remote, folder)
    };
    let claim = Some("https://github.com/acme/shared");
    let unclear = format!("{UNCLEAR}{secret}");
    assert_eq!(told(&secret, claim, None), unclear);
    let names = disk.resolver.take_names();
    for name in ["github.com/acme/secret", "github.com/acme/shared"] {
        assert!(names.contains(&(unclear.clone(), name.to_owned())), "{names:?}");
    }
    assert_eq!(told(&shared, claim, None), "github.com/acme/shared");
    assert_eq!(told(&shared, None, Some(&slug)), "github.com/acme/shared");
    assert_eq!(told(&disk.directory("shared/src"), None, Some(&slug)), "github.com/acme/shared");
    for other in [slug.replace("-shared", "-secret"), format!("{slug}-secret")] {
        assert_eq!(told(&shared, None, Some(&other)), format!("{UNCLEAR}{shared}"), "{other}");
    }
    assert_eq!(told(&shared, None, Some("any")), "github.com/acme/shared", "no slug");
}

#[test]
fn what_is_nobodys_is_not_touched() {
    let disk = Disk::new();
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    for path in [
        "/dev/null",
        "/usr/include/stdio.h",
        "/api/v1/users",
        "/etc/hosts",
        "/tmp/camille-nothing/x",
        "//no-such-place/x",
        "/compact",
        "/v2/no-such-place/x",
        "/rustc/0123/library/std/src/panicking.rs",
        "/home/runner/work/api/api/src/a.rs",
        "/builds/acme/api/src/a.rs",
        "/var/task/index.js",
        ".env",
        "Makefile",
        ".venv",
        ".vscode/settings.json",
        ".claude/settings.local.json",
        ".git/MERGE_MSG",
        ".git/rebase-merge/git-rebase-todo",
    ] {
        assert_eq!(touched(&disk, &shared, path), None, "{path}");
    }
    let ran = |path: &str| {
        let project = disk.session(&shared);
        let base = Base { cwd: &shared, project: &project, folder: None, id: None };
        let mention = Mention::new(path, Doing::Ran);
        disk.resolver.resolve_mention(&mention, Some(&shared), base).place
    };
    assert_eq!(ran("./gradlew"), None, "what is run is a file");
    assert!(ran("./clone/run").is_some());
    // A disk that is not there any more: what is done with files was done with one.
    for (path, place) in [
        ("/zdata/payroll/a.csv", "/zdata/payroll"),
        ("/zdata/payroll", "/zdata/payroll"),
        ("/Volumes/Crypt", "/Volumes/Crypt"),
    ] {
        assert_eq!(touched(&disk, &shared, path).as_deref(), Some(place), "{path}");
    }
    // A session whose directory is of another machine.
    for (cwd, path, place) in [
        ("/Users/ana/api", "/Users/ana/api/src/a.rs", None),
        ("/Users/ana/api", "/Users/ana/web/a.rs", Some("/Users/ana/web")),
        ("/Users/ana/api", "~/diary/a.md", Some("/Users/ana/diary")),
        ("/Users/ana/api", "~/.cargo/registry/a.rs", None),
        ("/Users/ana/api", "~/.claude/plans/a.md", None),
        ("/Users/ana/api", "~/.claude/projects/-Users-ana-api/a.jsonl", None),
        (
            "/Users/ana/api",
            "~/.claude/projects/-Users-ana-web/a.jsonl",
            Some("unclear:/Users/ana/.claude/projects/-Users-ana-web/a.jsonl"),
        ),
        ("/Users/ana/api", "../web/a.rs", Some("/Users/ana/web")),
        ("/Users/ana/api/.claude/worktrees/x", "/Users/ana/api/src/a.rs", None),
        (r"C:\Users\ana\api", "/c/Users/ana/api/a.rs", None),
        (r"C:\Users\ana\api", "C:/Users/ana/api/a.rs", None),
        (r"C:\Users\ana\api", "/mnt/c/Users/ana/api/a.rs", None),
        (r"C:\Users\ana\api", r"C:\Users\ana\api\src\a.rs", None),
        (r"C:\Users\ana\api", r"C:\Users\ana\diary", Some("C:/Users/ana/diary")),
    ] {
        assert_eq!(touched(&disk, cwd, path).as_deref(), place, "{cwd}: {path}");
    }
}

/// Everything that a session in `cwd` touched by reading a path.
fn all_touched(disk: &Disk, cwd: &str, path: &str) -> Touched {
    let project = disk.session(cwd);
    let base = Base { cwd, project: &project, folder: None, id: Some("own-session") };
    let mention = Mention::new(path, Doing::Read);
    disk.resolver.resolve_mention(&mention, Some(cwd), base)
}

#[test]
fn a_touch_of_ones_own_project_tells_where_it_was() {
    let disk = Disk::new();
    let mono = disk.repository("mono", Some("https://github.com/acme/mono"));
    disk.file("mono/secret/plan.md", "");
    link(&disk, "mono/open", "mono/secret");
    link(&disk, "again", "mono");
    let plan = format!("{mono}/secret/plan.md");
    for (cwd, path) in [
        ("mono", "secret/plan.md"),
        ("mono", "open/../secret/plan.md"),
        ("mono", "open/plan.md"),
        ("mono/secret", "plan.md"),
        ("again", "secret/plan.md"),
        ("again/open", "plan.md"),
    ] {
        let touched = all_touched(&disk, &disk.path(cwd), path);
        assert_eq!(touched.place, None, "{cwd} {path}");
        assert_eq!(touched.paths.first(), Some(&plan), "{cwd} {path}");
        assert!(!touched.walked, "{cwd} {path}");
    }
    let walked = all_touched(&disk, &mono, "secret");
    assert!(walked.walked && walked.paths == [disk.path("mono/secret")]);
}

#[test]
fn what_lies_in_a_harmless_place_is_asked_for_before_it_is_harmless() {
    let disk = Disk::new();
    let home = disk.directory("ana");
    let shared = disk.repository("ana/shared", Some("https://github.com/acme/shared"));
    disk.file("ana/private/plan.md", "");
    disk.directory("ana/.cache");
    link(&disk, "ana/.cache/pay", "ana/private");
    let payroll = Some("https://github.com/acme/payroll");
    for clone in [".local/lib/pay", ".claude/plugins/pay", ".cargo/git/checkouts/pay"] {
        disk.repository(&format!("ana/{clone}"), payroll);
        disk.file(&format!("ana/{clone}/src/a.rs"), "");
    }
    let db = disk.repository("ana/.cargo/git/db/serde", None);
    disk.repository("ana/.cargo/git/checkouts/serde/1", Some(&format!("file://{db}")));
    disk.repository("ana/.local/lib/own", None);
    disk.repository("ana/.claude/skills/own", None);
    disk.file("ana/.cache/fetched/a.rs", "");
    disk.repository("ana/.oh-my-zsh", Some("https://github.com/ohmyzsh/ohmyzsh"));
    let resolver = ProjectResolver::new(Some(PathBuf::from(&home)));
    let disk = Disk { resolver, ..disk };
    let of = |path: &str| {
        let touched = all_touched(&disk, &shared, path);
        (touched.place, touched.fetched)
    };
    let private = Some(disk.path("ana/private"));
    assert_eq!(of("~/.cache/pay/plan.md"), (private.clone(), false));
    let around = format!("/proc/self/root{home}/private/plan.md");
    assert_eq!(of(&around), (private, false));
    for clone in [".local/lib/pay", ".claude/plugins/pay", ".cargo/git/checkouts/pay"] {
        let expected = (Some("github.com/acme/payroll".to_owned()), true);
        assert_eq!(of(&format!("~/{clone}/src/a.rs")), expected, "{clone}");
    }
    assert_eq!(of("~/.local/lib/own/a"), (Some(disk.path("ana/.local/lib/own")), false));
    assert!(of("~/.cargo/git/checkouts/serde/1/a").1, "a clone of the tool's own copy");
    let own_skill = of("~/.claude/skills/own/a");
    assert!(own_skill.1, "{own_skill:?}");
    for nobodys in ["~/.cache/fetched/a.rs", "~/.oh-my-zsh/a", "~/.cargo/bin/x", "/usr/lib/x"] {
        assert_eq!(of(nobodys), (None, false), "{nobodys}");
    }
    assert_eq!(of("/").0.as_deref(), Some("/"), "all that anybody has lies below");
}

#[test]
fn what_agents_keep_is_what_was_said_in_some_project() {
    let disk = Disk::new();
    let home = disk.directory("ana");
    let shared = disk.repository("ana/shared", Some("https://github.com/acme/shared"));
    let payroll = disk.repository("ana/pay-roll", Some("https://github.com/acme/payroll"));
    disk.directory("ana/shared/src");
    let folders = [disk.path("ana/config"), disk.path("ana/camille")].map(PathBuf::from);
    let resolver = ProjectResolver::new(Some(PathBuf::from(&home))).with_folders(folders);
    let disk = Disk { resolver, ..disk };
    let of = |path: &str| all_touched(&disk, &shared, path).place;
    let slug = folder::folder_of;
    for folder in [".claude", "config"] {
        let at = |of: &str| format!("~/{folder}/projects/{}", slug(of));
        assert_eq!(of(&format!("{}/a.jsonl", at(&shared))), None);
        assert_eq!(of(&format!("{}/a.jsonl", at(&format!("{shared}/src")))), None);
        assert_eq!(of(&at(&payroll)).as_deref(), Some("github.com/acme/payroll"));
        let all = of(&format!("~/{folder}/projects"));
        assert!(all.is_some_and(|place| place.starts_with(UNCLEAR)), "{folder}");
        assert_eq!(of(&format!("~/{folder}/CLAUDE.md")), None);
        assert_eq!(of(&format!("~/{folder}/todos/own-session.json")), None);
    }
    for said in [
        "~/.claude",
        "~/.claude/history.jsonl",
        "~/.claude/file-history/x/y",
        "~/.claude/projects/-gone-for-long/a.jsonl",
        "~/.codex/sessions/2026/11/02/rollout.jsonl",
        "~/.codex/history.jsonl",
        "~/.gemini/tmp/0/chats/a.json",
        "~/.cursor/projects/x/a",
        "~/.camille/bank/bank.db",
        "~/camille/bank.damaged-1/bank.db",
    ] {
        assert!(of(said).is_some_and(|place| place.starts_with(UNCLEAR)), "{said}");
    }
    // Agents keep worktrees there, too, also such as are gone.
    let worktree =
        disk.repository("ana/.codex/worktrees/1/api", Some("https://github.com/acme/api"));
    disk.file("ana/.codex/worktrees/1/api/src/a.rs", "");
    assert_eq!(of("~/.codex/worktrees/1/api/a.rs").as_deref(), Some("github.com/acme/api"));
    assert_eq!(all_touched(&disk, &worktree, "src/a.rs").place, None);
    let gone = disk.path("ana/.codex/worktrees/2/api");
    assert_eq!(all_touched(&disk, &gone, "src/a.rs").place, None);
    assert!(of("~/.codex/worktrees/3/pay/a.csv").is_some());
}

#[test]
fn what_another_machine_may_have_counts_where_its_beginning_stands() {
    let disk = Disk::new();
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    let diary = disk.directory("diary");
    let project = disk.session(&shared);
    let base = Base { cwd: &shared, project: &project, folder: None, id: None };
    let of = |path: &str| {
        let mention = Mention { foreign: true, ..Mention::new(path, Doing::Read) };
        let touched = disk.resolver.resolve_mention(&mention, Some(&shared), base);
        (touched.place, touched.fetched)
    };
    for path in [
        "/orders/list",
        "/zdata/payroll/a.csv",
        "/go/src/app/main.go",
        "/home/no-such-person/x/a.rs",
        "/Users/no-such-person/x/a.rs",
        "C:/Users/runneradmin/x.ts",
        "https://github.com/acme/shared.git",
    ] {
        assert_eq!(of(path).0, None, "{path}");
    }
    for path in [diary.clone(), format!("{diary}/gone/x.md")] {
        assert!(of(&path).0.is_some(), "{path}");
    }
    assert!(of("/Volumes/Crypt/x").0.is_some() && of("/mnt/gone/x").0.is_some());
    // A clone is what its address says, and nobody's until somebody is known to work there.
    for address in ["https://github.com/acme/payroll", "git@github.com:acme/payroll.git"] {
        assert_eq!(of(address), (Some("github.com/acme/payroll".into()), true), "{address}");
    }
}

#[test]
fn what_a_session_makes_of_its_own_is_no_other_place() {
    let disk = Disk::new();
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    disk.directory("payroll");
    let project = disk.session(&shared);
    let base = Base { cwd: &shared, project: &project, folder: None, id: None };
    let made = |path: &str, directory| {
        let mention = Mention { directory, ..Mention::new(path, Doing::Made) };
        disk.resolver.resolve_mention(&mention, Some(&shared), base).place
    };
    assert_eq!(made("gone/deep/x", false), None, "in its own repository");
    assert_eq!(made("../shared-wt", true), None, "a worktree that is gone");
    assert!(made("../gone/x", false).is_some() && made("../payroll", true).is_some());
    for path in ["TODO", "logs/app.log", "out/x.json", "test-results/x.xml", "dist/"] {
        assert_eq!(touched(&disk, &shared, path), None, "{path}");
    }
    // What its runs put out is its own where git never knew it.
    for path in [
        "experiments/run3/metrics.json",
        "eval-results/2026-03-01/report.json",
        "train_logs/a/b.log",
        "data/raw/a.csv",
        "data",
        "plots/a/fig.png",
    ] {
        assert_eq!(touched(&disk, &shared, path), None, "{path}");
    }
    for path in
        ["data/clone-of-pay/x", "data/vendor/pay/x", "payroll-results/x/y", "client-data/x/y"]
    {
        assert!(touched(&disk, &shared, path).is_some(), "{path}");
    }
    for path in ["notes", "tmp/x", "logs/a/b.log", "vendor/x/y.md"] {
        assert!(touched(&disk, &shared, path).is_some(), "{path}");
    }
}

#[test]
fn a_path_from_the_root_of_the_repository_goes_from_there() {
    let disk = Disk::new();
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    let src = disk.directory("shared/src");
    disk.file("shared/a.md", "");
    disk.file("readme/a.md", "");
    let project = disk.session(&shared);
    let base = Base { cwd: &src, project: &project, folder: None, id: None };
    let of = |path: &str| {
        let mention = Mention::new(path, Doing::Read);
        disk.resolver.resolve_mention(&mention, Some(&src), base).place
    };
    assert_eq!(of(":/a.md"), None);
    assert_eq!(of(":/src/../a.md"), None);
    assert_eq!(of(":/../readme/a.md"), Some(disk.path("readme")));
    assert_eq!(of(":/gone.md"), None);
}
