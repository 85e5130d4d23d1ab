//! Whatever spelling of a repository its owner denies, every clone of it is private, whatever spelling that has for a
//! remote and wherever it keeps it; and no clone of another repository is.

use camille_intake::project::{ProjectResolver, meaning};
use camille_proto::grant::Grant;
use camille_proto::vocabulary::Sharing;
use camille_registry::rule::{Names, Rule, visible_projects};
use jiff::Timestamp;
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// A forge's repository `name` of `acme` in every way to write it. `{n}` is the name.
const FORGES: [&[&str]; 6] = [
    &[
        "github.com/acme/{n}",
        "GitHub.com/Acme/{n}",
        "https://github.com/acme/{n}",
        "https://github.com/acme/{n}.git",
        "https://tok:en@github.com:443//acme//{n}///",
        "https://www.github.com/acme/{n}.git.git",
        "https://github.com/acme/other/../{n}",
        "https://github.com/./acme/{n}",
        "https://github.com/acme%2F{n}%2Egit",
        "https://github.com/acme/{n}/tree/main/src",
        "https://github.com/acme/{n}/pull/12/files",
        "https://github.com/acme/{n}.git/info/refs",
        "https://github.com/acme/{n}?tab=readme#top",
        "http://github.com/acme/{n}",
        "git://github.com/acme/{n}",
        "git@github.com:acme/{n}.git",
        "git@github.com:/acme/{n}",
        "git@github.com:22/acme/{n}.git",
        "org-42@github.com:acme/{n}.git",
        "github.com:acme/{n}",
        "ssh://git@github.com/acme/{n}.git",
        "ssh://git@ssh.github.com:443/acme/{n}.git",
        "git+ssh://git@github.com/acme/{n}",
        "git@alias:acme/{n}.git",
        "alias:acme/{n}",
        "git@matched:acme/{n}",
        "git@original:acme/{n}",
        "git@nested:acme/{n}",
        "gh:acme/{n}",
        "work:{n}",
        "gcrypt::git@github.com:acme/{n}.git",
        "ext::ssh git@github.com %S acme/{n}.git",
        "persistent-https://github.com/acme/{n}",
        "https://api.github.com/repos/acme/{n}",
    ],
    &[
        "git.corp.example/acme/{n}",
        "https://git.corp.example/acme/{n}.git",
        "https://git.corp.example:8443/acme/{n}",
        "https://GIT.corp.example./acme/{n}/",
        "ssh://git@git.corp.example:2222/acme/{n}.git",
        "git@git.corp.example:acme/{n}",
        "git@ssh.git.corp.example:acme/{n}",
        "https://git.corp.example/acme/{n}/-/merge_requests",
        "https://git.corp.example/acme/{n}/src/branch/main",
        "https://git.corp.example/a/acme/{n}",
    ],
    &[
        "https://dev.azure.com/acme/team/_git/{n}",
        "https://acme@dev.azure.com/acme/Team/_git/{n}",
        "git@ssh.dev.azure.com:v3/acme/team/{n}",
        "https://acme.visualstudio.com/team/_git/{n}",
        "https://acme.visualstudio.com/DefaultCollection/team/_git/{n}",
        "acme@vs-ssh.visualstudio.com:v3/acme/team/{n}",
        "https://dev.azure.com/acme/team/_git/{n}?path=/src",
    ],
    &[
        "https://bb.corp.example/scm/acme/{n}.git",
        "https://bb.corp.example/bitbucket/scm/acme/{n}.git",
        "ssh://git@bb.corp.example:7999/acme/{n}.git",
        "https://bb.corp.example/projects/ACME/repos/{n}/browse",
        "https://bb.corp.example:8443/scm/ACME/{n}",
    ],
    &[
        "https://b\u{fc}cher.example/acme/{n}",
        "https://xn--bcher-kva.example/acme/{n}.git",
        "git@B\u{dc}CHER.example:acme/{n}",
    ],
    &[
        "codecommit::eu-west-1://{n}",
        "codecommit://work@{n}",
        "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{n}",
        "ssh://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{n}",
    ],
];

/// Where a clone keeps the URL.
#[derive(Debug, Clone, Copy)]
enum Keeps {
    Origin,
    Another,
    Push,
    Included,
    Branch,
    OldRemote,
    OldBranch,
    Worktree,
    Subversion,
    Mercurial,
    Jujutsu,
    Bazaar,
    Darcs,
    Log,
    ByMirror,
    ByClone,
    ByUrlOfClone,
    Borrowed,
    Pulled,
    Fetched,
    Lfs,
    LfsFile,
    LfsLogin,
    Sapling,
    SaplingGit,
    MercurialIncluded,
    Fossil,
    GameOfTrees,
}

const KEEPS: [Keeps; 28] = {
    use Keeps::*;
    [
        Origin,
        Another,
        Push,
        Included,
        Branch,
        OldRemote,
        OldBranch,
        Worktree,
        Subversion,
        Mercurial,
        Jujutsu,
        Bazaar,
        Darcs,
        Log,
        ByMirror,
        ByClone,
        ByUrlOfClone,
        Borrowed,
        Pulled,
        Fetched,
        Lfs,
        LfsFile,
        LfsLogin,
        Sapling,
        SaplingGit,
        MercurialIncluded,
        Fossil,
        GameOfTrees,
    ]
};

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
    fs::write(path, text).expect("writes");
}

fn git(at: &Path, config: &str) {
    write(&at.join("HEAD"), "ref: refs/heads/main\n");
    write(&at.join("config"), config);
    fs::create_dir_all(at.join("objects")).expect("creates");
}

fn remote(name: &str, url: &str) -> String {
    format!("[remote \"{name}\"]\n\turl = \"{url}\"\n")
}

/// Makes a home with a clone in it that keeps `url`, and gives the clone's directory.
fn clone(home: &Path, keeps: Keeps, url: &str) -> std::path::PathBuf {
    let at = home.join("code/clone");
    let harmless = remote("origin", "https://harmless.example/x");
    let elsewhere = home.join("code/elsewhere");
    match keeps {
        Keeps::Origin => git(&at.join(".git"), &remote("origin", url)),
        Keeps::Another => git(&at.join(".git"), &(harmless + &remote("mirror", url))),
        Keeps::Push => git(&at.join(".git"), &format!("{harmless}\tpushurl = \"{url}\"\n")),
        Keeps::Included => {
            git(&at.join(".git"), "[includeIf \"onbranch:x\"]\n\tpath = more\n");
            write(&at.join(".git/more"), &remote("origin", url));
        }
        Keeps::Branch => {
            let branch = format!("[branch \"main\"]\n\tremote = \"{url}\"\n");
            git(&at.join(".git"), &(harmless + &branch));
        }
        Keeps::OldRemote => {
            git(&at.join(".git"), "");
            write(&at.join(".git/remotes/origin"), &format!("URL: {url}\nPull: main\n"));
        }
        Keeps::OldBranch => {
            git(&at.join(".git"), "");
            write(&at.join(".git/branches/origin"), &format!("{}#main\n", url.replace('#', "%23")));
        }
        Keeps::Worktree => {
            git(&elsewhere.join(".git"), "");
            let own = elsewhere.join(".git/worktrees/w");
            write(&own.join("commondir"), "../..\n");
            write(&own.join("config.worktree"), &remote("origin", url));
            write(&at.join(".git"), &format!("gitdir: {}\n", own.display()));
        }
        Keeps::Subversion => {
            git(&at.join(".git"), &format!("[svn-remote \"svn\"]\n\turl = \"{url}\"\n"))
        }
        Keeps::Mercurial => write(&at.join(".hg/hgrc"), &format!("[paths]\ndefault = {url}\n")),
        Keeps::Jujutsu => git(&at.join(".jj/repo/store/git"), &remote("origin", url)),
        Keeps::Bazaar => {
            write(&at.join(".bzr/branch/branch.conf"), &format!("parent_location = {url}\n"))
        }
        Keeps::Darcs => write(&at.join("_darcs/prefs/defaultrepo"), &format!("{url}\n")),
        Keeps::Log => {
            git(&at.join(".git"), &harmless);
            let log = format!("0 1 A <a@b> 1 +0\tclone: from {url}\n");
            write(&at.join(".git/logs/HEAD"), &log);
        }
        Keeps::ByMirror | Keeps::ByUrlOfClone => {
            git(&home.join("mirrors/m.git"), &remote("origin", url));
            let to = home.join("mirrors/m");
            let file = if matches!(keeps, Keeps::ByMirror) { "" } else { "file://" };
            git(&at.join(".git"), &remote("origin", &format!("{file}{}", to.display())));
        }
        Keeps::ByClone => {
            git(&elsewhere.join(".git"), &remote("origin", url));
            git(&home.join("code/between/.git"), &remote("origin", "../elsewhere"));
            git(&at.join(".git"), &remote("origin", "../between/.git"));
        }
        Keeps::Borrowed => {
            git(&elsewhere.join(".git"), &remote("origin", url));
            git(&at.join(".git"), &harmless);
            let objects = elsewhere.join(".git/objects");
            write(&at.join(".git/objects/info/alternates"), &format!("{}\n", objects.display()));
        }
        Keeps::Pulled => {
            git(&at.join(".git"), &harmless);
            let log = format!("0 1 A <a@b> 1 +0\tpull --rebase {url} main: Fast-forward\n");
            write(&at.join(".git/logs/HEAD"), &log);
        }
        Keeps::Fetched => {
            git(&at.join(".git"), &harmless);
            write(&at.join(".git/FETCH_HEAD"), &format!("0\t\tbranch 'main' of {url}\n"));
        }
        Keeps::Lfs => {
            git(&at.join(".git"), &format!("{harmless}[lfs]\n\turl = \"{url}\"\n"));
        }
        Keeps::LfsFile => {
            git(&at.join(".git"), &harmless);
            write(&at.join(".lfsconfig"), &format!("[lfs]\n\turl = \"{url}\"\n"));
        }
        Keeps::LfsLogin => {
            let login = format!("[remote \"origin\"]\n\tlfsurl = \"{url}\"\n");
            git(&at.join(".git"), &(harmless + &login));
        }
        Keeps::Sapling => write(&at.join(".sl/config"), &format!("[paths]\ndefault = {url}\n")),
        Keeps::SaplingGit => {
            write(&at.join(".sl/requires"), "git\n");
            git(&at.join(".sl/store/git"), &remote("origin", url));
        }
        Keeps::MercurialIncluded => {
            write(&at.join(".hg/hgrc"), "%include ../more\n");
            write(&at.join("more"), &format!("[paths]\ndefault-push = {url}\n"));
        }
        Keeps::Fossil => {
            let database = |path: &Path, table: &str, name: &str, value: &str| {
                fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
                let database = rusqlite::Connection::open(path).expect("opens");
                let make = format!("CREATE TABLE {table} (name TEXT, value TEXT)");
                database.execute(&make, []).expect("creates");
                let put = format!("INSERT INTO {table} VALUES (?1, ?2)");
                database.execute(&put, [name, value]).expect("writes");
            };
            let repository = home.join("museum/x.fossil");
            database(&repository, "config", "last-sync-url", url);
            let leads_to = repository.to_str().expect("text");
            database(&at.join(".fslckout"), "vvar", "repository", leads_to);
        }
        Keeps::GameOfTrees => {
            git(&home.join("mirrors/got.git"), &remote("origin", url));
            let to = home.join("mirrors/got.git");
            write(&at.join(".got/repository"), &format!("{}\n", to.display()));
        }
    }
    fs::create_dir_all(at.join("src")).expect("creates");
    at
}

fn configure(home: &Path) {
    write(
        &home.join(".gitconfig"),
        "[url \"git@github.com:\"]\n\tinsteadOf = gh:\n[include]\n\tpath = .gitconfig.more\n",
    );
    write(
        &home.join(".gitconfig.more"),
        "[url \"https://github.com/acme/\"]\n\tinsteadOf = work:\n",
    );
    write(
        &home.join(".ssh/config"),
        "Include conf.d/*/config\nHost alias\n  HostName github.com\nMatch host matched\n  HostName github.com\n\
         Match originalhost original exec \"true\"\n  HostName github.com\n",
    );
    write(&home.join(".ssh/conf.d/x/config"), "Host nested\n\tHostName=github.com\n");
}

/// Whether a session in the clone may be seen when everything is shared and then one spelling denied.
fn is_seen(home: &Path, clone: &Path, denied: &str) -> bool {
    let resolver = ProjectResolver::new(Some(home.to_owned()));
    let project = resolver.resolve_session(clone.to_str().expect("text"), None, None);
    let mut names = Names::new();
    for (project, name) in resolver.take_names() {
        names.entry(project).or_default().push(name);
    }
    let rule = |pattern: String, sharing| Rule {
        pattern,
        sharing,
        from: None,
        created: Timestamp::UNIX_EPOCH,
    };
    let meant = meaning(denied, Some(home)).unwrap_or_else(|error| panic!("{denied}: {error}"));
    let mut rules = vec![rule("*".to_owned(), Sharing::Shared)];
    rules.extend(meant.denied().map(|pattern| rule(pattern, Sharing::Private)));
    let grant = Grant::teammate();
    !visible_projects(&rules, [project.as_str()], &names, &grant, false).is_empty()
}

fn spelt(spelling: &str, name: &str) -> String {
    spelling.replace("{n}", name)
}

/// What only people and browsers write: no remote of a clone.
fn is_remote(spelling: &str) -> bool {
    spelling.contains(':')
        && !["/tree/", "/pull/", "/-/", "/src/branch", "/browse", "api."]
            .iter()
            .any(|page| spelling.contains(page))
}

fn world() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    configure(home.path());
    home
}

#[test]
fn any_two_spellings_of_a_repository_are_one() {
    let mut wrong = Vec::new();
    for forge in FORGES {
        for clone_of in forge.iter().filter(|spelling| is_remote(spelling)) {
            let home = world();
            let at = clone(home.path(), Keeps::Origin, &spelt(clone_of, "payroll"));
            for denied in forge {
                if is_seen(home.path(), &at, &spelt(denied, "payroll")) {
                    wrong.push(format!("{denied} does not deny {clone_of}"));
                }
                if !is_seen(home.path(), &at, &spelt(denied, "other")) {
                    wrong.push(format!("{denied} of another repository denies {clone_of}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn wherever_a_clone_keeps_it(
        forge in 0..FORGES.len(),
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        keeps in prop::sample::select(&KEEPS[..]),
    ) {
        let remotes: Vec<&&str> = FORGES[forge].iter().filter(|spelling| is_remote(spelling)).collect();
        let kept = spelt(remotes[first.index(remotes.len())], "payroll");
        let denied = spelt(FORGES[forge][second.index(FORGES[forge].len())], "payroll");
        let home = world();
        let at = clone(home.path(), keeps, &kept);
        prop_assert!(!is_seen(home.path(), &at, &denied), "{kept} in {keeps:?}, {denied} denied");
        prop_assert!(!is_seen(home.path(), &at.join("src"), &denied));
    }
}

#[test]
fn what_nobody_can_name_stays_private_whatever_is_shared() {
    for url in
        ["fd::17", "ext::/usr/bin/helper x", "odd://host/acme/x", "/srv/gone/x.git", "../gone"]
    {
        let home = world();
        let at = clone(home.path(), Keeps::Origin, url);
        assert!(!is_seen(home.path(), &at, "github.com/acme/another"), "{url}");
    }
}
