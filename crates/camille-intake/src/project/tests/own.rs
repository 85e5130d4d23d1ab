//! What is gone from a repository and what is somebody's home, as far as the session's own project has to do with it.

use super::*;

#[test]
fn what_was_removed_is_the_repositorys_if_its_history_or_its_name_says_so() {
    let disk = Disk::new();
    let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
    let git = |arguments: &[&str]| {
        let settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let mut command = std::process::Command::new("git");
        let done = command.args(settings).args(arguments).current_dir(&shared).output();
        let done = done.expect("git runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "-q"]);
    disk.file("shared/attic/deep/a.rs", "a");
    disk.file("shared/kept.rs", "a");
    git(&["add", "attic", "kept.rs"]);
    git(&["commit", "-qm", "x"]);
    git(&["rm", "-rq", "attic"]);
    git(&["commit", "-qm", "y"]);
    let other = disk.repository("other", Some("https://github.com/acme/other"));
    disk.resolver.forget();
    for own in
        ["attic/deep/a.rs", "attic/b.rs", "attic", "runs/1/log.txt", "e2e/a.ts", "reports/a.xml"]
    {
        assert_eq!(touched(&disk, &shared, own), None, "{own}");
        let from_there = touched(&disk, &other, &format!("../shared/{own}"));
        assert!(from_there.is_some_and(|place| place.starts_with('/')), "{own}");
    }
    for another in
        ["payroll/a.csv", "old/a.rs", "notes/a.md", "attic/vendor/x/a.rs", "runs/clones/a"]
    {
        assert!(touched(&disk, &shared, another).is_some(), "{another}");
    }
}

#[test]
fn how_tools_are_set_up_is_nobodys_and_what_holds_keys_is_somebodys() {
    let disk = Disk::new();
    let home = disk.directory("ana");
    let shared = disk.repository("ana/shared", Some("https://github.com/acme/shared"));
    for file in [
        ".gitconfig",
        ".config/git/credentials",
        ".config/mise/config.toml",
        ".config/shared/config.json",
        ".config/shared/token.json",
        ".config/gh/hosts.yml",
        ".config/payroll/config.json",
        ".netrc",
        "dotfiles/vimrc",
    ] {
        disk.file(&format!("ana/{file}"), "");
    }
    link(&disk, "ana/.vimrc", "ana/dotfiles/vimrc");
    disk.repository("ana/.config/nvim", Some("https://github.com/ana/nvim"));
    let resolver = ProjectResolver::new(Some(PathBuf::from(&home)));
    let disk = Disk { resolver, ..disk };
    for nobodys in [
        "~/.gitconfig",
        "~/.config/mise/config.toml",
        "~/.config/shared/config.json",
        "~/.tool-versions",
    ] {
        assert_eq!(touched(&disk, &shared, nobodys), None, "{nobodys}");
    }
    for somebodys in [
        "~/.config/git/credentials",
        "~/.config/shared/token.json",
        "~/.config/gh/hosts.yml",
        "~/.config/payroll/config.json",
        "~/.config",
        "~/.netrc",
        "~/.vimrc",
    ] {
        assert!(touched(&disk, &shared, somebodys).is_some(), "{somebodys}");
    }
    let nvim = touched(&disk, &shared, "~/.config/nvim/init.lua");
    assert_eq!(nvim.as_deref(), Some("github.com/ana/nvim"));
}
