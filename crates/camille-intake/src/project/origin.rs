//! What a repository was cloned from, by all that its version control wrote down: remotes of every kind, what it
//! borrows objects from, what it was cloned from at first. One denied name among these denies the repository. It reads
//! small files in `.git` and its like, and nothing else.

use super::UNCLEAR;
use super::git_config::{self, Entry, read};
use super::naming::{Lead, Naming};
use super::path::{text, tidy};
use super::vcs;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files of remotes that are looked at.
const FILES_MAX: usize = 64;

/// What a repository is called by where it comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Origins {
    /// Where a repository and its worktrees have things in common, if it is git's.
    pub(super) common: Option<PathBuf>,
    /// Its own part of that.
    pub(super) own: Option<PathBuf>,
    /// The place that is its own, if nothing else names it.
    pub(super) place: String,
    /// What its remotes call it, if they agree.
    pub(super) name: Option<String>,
    /// What else it is called.
    pub(super) also: BTreeSet<String>,
    /// What of it nobody can name, in words.
    pub(super) unclear: Option<String>,
}

/// A URL by which a repository is known.
#[derive(Debug)]
struct Source {
    /// The remote, if it is one.
    remote: Option<String>,
    url: String,
}

impl Origins {
    /// Of the repository in `root`: a worktree, a bare repository, or another version control's.
    pub(super) fn read(root: &Path, naming: &Naming) -> Option<Self> {
        let git = root.join(".git");
        if std::fs::symlink_metadata(&git).is_err() {
            if is_bare(root) {
                return Some(Self::of_git(root, root, root, naming));
            }
            return Self::of_other(root, naming);
        }
        Some(match directories(root, &git) {
            Some((own, common)) if common.is_dir() => Self::of_git(root, &own, &common, naming),
            _ => Self::gone(root),
        })
    }

    /// A repository of which only the mark is left.
    fn gone(root: &Path) -> Self {
        let place = text(root);
        Self { place, unclear: Some("what .git leads to is gone".to_owned()), ..Self::default() }
    }

    fn of_git(root: &Path, own: &Path, common: &Path, naming: &Naming) -> Self {
        let home = naming.home();
        let mut entries = git_config::load(&common.join("config"), home);
        entries.extend(git_config::load(&common.join("config.worktree"), home));
        if own != common {
            entries.extend(git_config::load(&own.join("config.worktree"), home));
        }
        // `.git` lies in the main worktree; a bare repository is a directory of its own.
        let place = match (common.file_name(), common.parent()) {
            (Some(name), Some(parent)) if name == ".git" => parent,
            _ => common,
        };
        let mut sources = sources_of(&entries);
        sources.extend(old_remotes(common));
        let naming = naming.with(&entries);
        let mut origins = named(&sources, &naming, place);
        // What else shows where its objects come from, remotes or not.
        for url in super::trace::urls(root, own, common, &entries, &naming) {
            let lead = naming.lead(&url, Some(root));
            origins.also.extend(lead.name.into_iter().chain(lead.also));
        }
        origins.finish(common, own)
    }

    /// What other version controls keep of where they come from.
    fn of_other(root: &Path, naming: &Naming) -> Option<Self> {
        let mark = vcs::mark(root)?;
        if mark == ".jj"
            && let Some(git) = jj_git(root)
        {
            let entries = git_config::load(&git.join("config"), naming.home());
            let origins = named(&sources_of(&entries), &naming.with(&entries), root);
            return Some(origins);
        }
        let mut origins = Self { place: text(root), ..Self::default() };
        // Sapling, Mercurial and Game of Trees may work on a repository of git.
        for git in vcs::GIT.iter().map(|path| root.join(path)).filter(|git| is_bare(git)) {
            let entries = git_config::load(&git.join("config"), naming.home());
            let names = named(&sources_of(&entries), &naming.with(&entries), root);
            origins.also.extend(names.name.into_iter().chain(names.also));
        }
        for url in vcs::urls(root) {
            let lead = naming.lead(&url, Some(root));
            origins.also.extend(lead.name.into_iter().chain(lead.also));
            if lead.is_unclear {
                origins.unclear = Some(format!("where {mark} comes from cannot be told"));
            }
        }
        Some(origins)
    }

    fn finish(mut self, common: &Path, own: &Path) -> Self {
        (self.common, self.own) = (Some(common.to_owned()), Some(own.to_owned()));
        if let Some(name) = &self.name {
            self.also.remove(name);
        }
        self
    }

    /// The project's id, and its other names.
    pub(super) fn names(&self) -> (String, Vec<String>) {
        let mut also = self.also.clone();
        let project = match (&self.unclear, &self.name) {
            (Some(why), name) => {
                also.extend(name.iter().cloned());
                also.insert(format!("{UNCLEAR}{why}"));
                format!("{UNCLEAR}{}", self.place)
            }
            (None, Some(name)) => name.clone(),
            (None, None) => self.place.clone(),
        };
        also.insert(self.place.clone());
        also.remove(&project);
        (project, also.into_iter().collect())
    }
}

/// Everything in a configuration that names a repository elsewhere.
fn sources_of(entries: &[Entry]) -> Vec<Source> {
    let is_remote = |name: &str| {
        entries.iter().any(|entry| entry.section == "remote" && entry.subsection == name)
    };
    let source = |entry: &Entry| {
        let (section, key) = (entry.section.as_str(), entry.key.as_str());
        let remote = match (section, key) {
            ("remote", "url" | "pushurl") => Some(entry.subsection.clone()),
            ("svn-remote", "url" | "pushurl") => None,
            // Where a remote's name stands, a URL may (git-config(1), `branch.<name>.remote`).
            ("branch", "remote" | "pushremote") | ("remote", "pushdefault") => None,
            _ => return None,
        };
        let is_name = remote.is_none() && section != "svn-remote" && is_remote(&entry.value);
        let is_nothing = entry.value.is_empty() || entry.value == "." || is_name;
        (!is_nothing).then(|| Source { remote, url: entry.value.clone() })
    };
    entries.iter().filter_map(source).collect()
}

/// Remotes as they were kept before there was a configuration (gitrepository-layout(5), `remotes`, `branches`).
fn old_remotes(common: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    for kind in ["remotes", "branches"] {
        let files = std::fs::read_dir(common.join(kind)).into_iter().flatten().flatten();
        for file in files.take(FILES_MAX) {
            let Some(content) = read(&file.path()) else { continue };
            let name = file.file_name().to_string_lossy().into_owned();
            let url = match kind {
                "remotes" => content.lines().find_map(|line| line.trim().strip_prefix("URL:")),
                _ => content.lines().next().and_then(|line| line.split('#').next()),
            };
            let url = url.map(str::trim).filter(|url| !url.is_empty());
            sources.extend(url.map(|url| Source { remote: Some(name), url: url.to_owned() }));
        }
    }
    sources
}

/// The repository of git that jj works on (its documentation, "Git compatibility").
fn jj_git(root: &Path) -> Option<PathBuf> {
    let mut repo = root.join(".jj/repo");
    // In a further workspace it is a file that names the first one's.
    if let Some(pointer) = read(&repo) {
        repo = tidy(&root.join(".jj").join(pointer.trim()));
    }
    let store = repo.join("store");
    let target = read(&store.join("git_target")).unwrap_or_else(|| "git".to_owned());
    let git = tidy(&store.join(target.trim()));
    git.is_dir().then_some(git)
}

/// What sources make of a repository that lies at `place`.
///
/// It is called like `origin`, or like its only remote. Where signs disagree (`origin` lies on this disk, it is
/// fetched from one place and pushed to another, there are several remotes and none of that name) it is called
/// like its place: a guess could share what is private. What nobody can name makes it unclear.
fn named(sources: &[Source], naming: &Naming, place: &Path) -> Origins {
    let mut origins = Origins { place: text(place), ..Origins::default() };
    let leads: Vec<(&Source, Lead)> =
        sources.iter().map(|source| (source, naming.lead(&source.url, Some(place)))).collect();
    let remotes = || leads.iter().filter(|(source, _)| source.remote.is_some());
    let names: BTreeSet<&String> = remotes().filter_map(|(_, lead)| lead.name.as_ref()).collect();
    let is_origin = |source: &Source| source.remote.as_deref() == Some("origin");
    let mut of_origin = leads.iter().filter(|(source, _)| is_origin(source)).map(|(_, lead)| lead);
    origins.name = match of_origin.next() {
        Some(first) => {
            first.name.clone().filter(|name| of_origin.all(|lead| lead.name.as_ref() == Some(name)))
        }
        None if names.len() == 1 => names.first().map(|name| (*name).clone()),
        None => None,
    };
    // A branch may follow a fork, which is called alike; another repository makes this one something of both.
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let branches = leads.iter().filter(|(source, _)| source.remote.is_none());
    let mut followed = branches.filter_map(|(_, lead)| lead.name.as_ref());
    if origins.name.as_ref().is_some_and(|name| followed.any(|other| last(other) != last(name))) {
        origins.name = None;
    }
    for (source, lead) in &leads {
        // Where a directory of this disk is gone, what is there besides may still name the repository.
        let is_gone = lead.place.as_ref().is_some_and(|place| !place.exists());
        if lead.is_unclear && !(is_gone && origins.name.is_some()) {
            let remote = source.remote.as_ref().map(|name| format!("its remote '{name}'"));
            let what = remote.unwrap_or_else(|| "a branch of it".to_owned());
            let where_to = match is_gone {
                true => "leads to a directory that is gone",
                false => "cannot be told",
            };
            let what = match is_gone {
                true => format!("{what} {where_to}"),
                false => format!("where {what} leads {where_to}"),
            };
            origins.unclear.get_or_insert(what);
        }
    }
    for (_, lead) in leads {
        origins.also.extend(lead.name.into_iter().chain(lead.also));
    }
    if let Some(name) = &origins.name {
        origins.also.remove(name);
    }
    origins
}

/// Whether a directory is a bare repository.
fn is_bare(directory: &Path) -> bool {
    directory.join("HEAD").is_file()
        && directory.join("objects").is_dir()
        && directory.join("config").is_file()
}

/// A repository's own directory and the one that its worktrees have in common (gitrepository-layout(5)).
fn directories(root: &Path, git: &Path) -> Option<(PathBuf, PathBuf)> {
    let metadata = std::fs::metadata(git).ok()?;
    if metadata.is_dir() {
        return git.join("HEAD").is_file().then(|| (git.to_owned(), git.to_owned()));
    }
    let pointer = read(git)?;
    let target = pointer.lines().find_map(|line| line.strip_prefix("gitdir:"))?.trim();
    let own = tidy(&root.join(target));
    let common = match read(&own.join("commondir")) {
        Some(common) => tidy(&own.join(common.trim())),
        None => own.clone(),
    };
    Some((own, common))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(config: &str) -> (String, Vec<String>) {
        let naming = Naming::load(None);
        let entries = git_config::parse(config);
        named(&sources_of(&entries), &naming.with(&entries), Path::new("/here")).names()
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
            // The origin was on this disk: of what, nobody knows.
            (
                remote("a", "url", &a) + &remote("origin", "url", "/srv/gone/o.git"),
                "unclear:/here",
                vec![
                    "/here",
                    "/srv/gone/o.git",
                    "h.example/a",
                    "unclear:its remote 'origin' leads to a directory that is gone",
                ],
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
            // A branch that follows a fork, and one that follows something else.
            (
                remote("origin", "url", &o) + "[branch \"x\"]\nremote = git@h.example:me/o\n",
                "h.example/o",
                vec!["/here", "h.example/me/o"],
            ),
            (
                remote("origin", "url", &o) + "[branch \"x\"]\nremote = git@h.example:p\n",
                "/here",
                vec!["h.example/o", "h.example/p"],
            ),
            (
                remote("origin", "url", &o) + "[branch \"x\"]\nremote = origin\nmerge = x\n",
                "h.example/o",
                vec!["/here"],
            ),
            (String::new(), "/here", vec![]),
            // What else is gone says nothing against what is known.
            (
                remote("origin", "url", &o) + &remote("usb", "url", "/media/gone/o.git"),
                "h.example/o",
                vec!["/here", "/media/gone/o.git"],
            ),
            (
                remote("origin", "url", &o) + &remote("x", "url", "fd::17"),
                "unclear:/here",
                vec!["/here", "h.example/o", "unclear:where its remote 'x' leads cannot be told"],
            ),
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
