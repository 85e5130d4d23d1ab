//! A git repository as far as its name goes: where it is, and what its configuration calls its remotes.
//! It reads small files in `.git` and nothing else.

use super::git_config::{self, Entry, read};
use super::naming::Naming;
use super::remote::without_port;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// A repository on this disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    /// The directory that holds `.git`: of a worktree its own.
    pub(super) root: String,
    /// What it is called: its remote, else the main worktree's directory.
    pub(super) project: String,
    /// What else it is called: its other remotes, its directory.
    pub(super) also: Vec<String>,
}

impl Repository {
    /// The nearest repository at or above `directory`.
    pub(super) fn around(directory: &Path, naming: &Naming, home: Option<&Path>) -> Option<Self> {
        directory.ancestors().find_map(|root| Self::at(root, naming, home))
    }

    fn at(root: &Path, naming: &Naming, home: Option<&Path>) -> Option<Self> {
        let common = common_directory(root)?;
        let entries = git_config::load(&common.join("config"), home);
        // `.git` lies in the main worktree; a bare repository is a directory of its own.
        let place = match (common.file_name(), common.parent()) {
            (Some(name), Some(parent)) if name == ".git" => text(parent),
            _ => text(&common),
        };
        let (project, also) = names_of(&entries, naming, place);
        Some(Self { root: text(root), project, also })
    }
}

/// Where a repository keeps what its worktrees have in common (gitrepository-layout(5)).
fn common_directory(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    let metadata = std::fs::metadata(&git).ok()?;
    if metadata.is_dir() {
        return git.join("HEAD").is_file().then_some(git);
    }
    let pointer = read(&git)?;
    let target = pointer.lines().find_map(|line| line.strip_prefix("gitdir:"))?.trim();
    let own = tidy(&root.join(target));
    Some(match read(&own.join("commondir")) {
        Some(common) => tidy(&own.join(common.trim())),
        None => own,
    })
}

/// What the remotes of a configuration make of a repository that lies at `place`.
///
/// It is called like `origin`, or like its only remote. Where signs disagree (`origin` lies on this disk, it is
/// fetched from one place and pushed to another, there are several remotes and none of that name) it is called
/// like its place: a guess could share what is private.
fn names_of(entries: &[Entry], naming: &Naming, place: String) -> (String, Vec<String>) {
    let naming = naming.with(entries);
    let urls = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<Option<String>> {
        let found = entries.iter().filter(|entry| wanted(entry));
        found.map(|entry| naming.project(&entry.value)).collect()
    };
    let is_remote = |entry: &Entry| entry.is("remote", "url") || entry.is("remote", "pushurl");
    let all: BTreeSet<String> = urls(&is_remote).into_iter().flatten().collect();
    let of_origin = urls(&|entry| is_remote(entry) && entry.subsection == "origin");
    let chosen = match of_origin.split_first() {
        Some((first, rest)) => first.clone().filter(|_| rest.iter().all(|other| other == first)),
        None if all.len() == 1 => all.first().cloned(),
        None => None,
    };
    let project = chosen.unwrap_or_else(|| place.clone());
    let mut also = all.clone();
    also.extend(all.iter().chain([&project]).filter_map(|name| without_port(name)));
    also.insert(place);
    also.remove(&project);
    (project, also.into_iter().collect())
}

/// Takes `.` and `..` out of a path by its text, so that it reads as people write it.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(config: &str) -> (String, Vec<String>) {
        names_of(&git_config::parse(config), &Naming::default(), "/here".to_owned())
    }

    #[test]
    fn a_repository_is_called_like_its_origin_and_every_remote_is_a_name_of_it() {
        let remote =
            |name: &str, key: &str, url: &str| format!("[remote \"{name}\"]\n{key} = {url}\n");
        let at = |path: &str| format!("https://h.example/{path}");
        let (a, o, p) = (at("a"), at("o"), at("p"));
        for (config, project, also) in [
            (remote("a", "url", &a), "h.example/a", vec!["/here"]),
            (
                remote("a", "url", &a) + &remote("origin", "url", &o),
                "h.example/o",
                vec!["/here", "h.example/a"],
            ),
            // The origin is a mirror on this disk.
            (
                remote("a", "url", &a) + &remote("origin", "url", "/srv/o.git"),
                "/here",
                vec!["h.example/a"],
            ),
            // What it is pushed to is another repository.
            (
                remote("origin", "url", &o) + &remote("origin", "pushurl", &p),
                "/here",
                vec!["h.example/o", "h.example/p"],
            ),
            (
                remote("origin", "url", &o) + &remote("origin", "pushurl", "git@h.example:o.git"),
                "h.example/o",
                vec!["/here"],
            ),
            (
                remote("a", "url", &a) + &remote("p", "url", &p),
                "/here",
                vec!["h.example/a", "h.example/p"],
            ),
            (
                remote("origin", "url", "ssh://h.example:2222/o"),
                "h.example:2222/o",
                vec!["/here", "h.example/o"],
            ),
            (String::new(), "/here", vec![]),
            (remote("origin", "url", "../o"), "/here", vec![]),
        ] {
            let expected = also.into_iter().map(str::to_owned).collect();
            assert_eq!(names(&config), (project.to_owned(), expected), "{config}");
        }
    }

    #[test]
    fn a_repositorys_own_configuration_may_rewrite_too() {
        let config =
            "[url \"https://h.example/\"]\ninsteadOf = x:\n[remote \"origin\"]\nurl = x:o\n";
        assert_eq!(names(config).0, "h.example/o");
    }
}
