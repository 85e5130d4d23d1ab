//! A repository as far as its name goes: where it is, what its remotes are called, and what is surely its own.
//! It reads small files in `.git` and nothing else.

use super::git_config::{self, Entry, read};
use super::history::History;
use super::index::Index;
use super::naming::Naming;
use super::path::text;
use super::usual;
use camille_registry::within;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where agents and people put worktrees in a repository.
const WORKTREES: [&[&str]; 2] = [&[".claude", "worktrees"], &[".worktrees"]];

/// Worktrees of one repository that are looked at.
const WORKTREES_MAX: usize = 1000;

/// A repository on this disk.
#[derive(Debug)]
pub(super) struct Repository {
    /// The directory that holds its mark: of a worktree its own.
    pub(super) root: PathBuf,
    /// What it is called: its remote, else the main worktree's directory.
    pub(super) project: String,
    /// What else it is called: its other remotes, its directory.
    pub(super) also: Vec<String>,
    /// Whether it came from somewhere, or goes there.
    pub(super) has_remotes: bool,
    /// Where its worktrees have things in common, if it is git's.
    common: Option<PathBuf>,
    /// Its own part of that.
    own: Option<PathBuf>,
    index: OnceLock<Index>,
    history: OnceLock<History>,
}

/// Remembers which repository is around a directory: every path that a transcript names asks.
#[derive(Debug, Default)]
pub(super) struct Repositories {
    around: Mutex<HashMap<PathBuf, Option<Arc<Repository>>>>,
}

/// Directories remembered before the memory is emptied.
const REMEMBERED_MAX: usize = 10_000;

impl Repositories {
    /// The nearest repository at or above `directory`.
    pub(super) fn around(&self, directory: &Path, naming: &Naming) -> Option<Arc<Repository>> {
        let known = |path: &Path| {
            let around = self.around.lock().unwrap_or_else(PoisonError::into_inner);
            around.get(path).cloned()
        };
        let mut asked = Vec::new();
        let mut found = None;
        for directory in directory.ancestors() {
            if let Some(known) = known(directory) {
                found = known;
                break;
            }
            asked.push(directory.to_owned());
            found = Repository::at(directory, naming).map(Arc::new);
            if found.is_some() {
                break;
            }
        }
        let mut around = self.around.lock().unwrap_or_else(PoisonError::into_inner);
        if around.len() + asked.len() > REMEMBERED_MAX {
            around.clear();
        }
        around.extend(asked.into_iter().map(|directory| (directory, found.clone())));
        found
    }

    /// Forgets what was found.
    pub(super) fn forget(&self) {
        self.around.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Repository {
    fn at(root: &Path, naming: &Naming) -> Option<Self> {
        // A repository's own directory belongs to it.
        if root.ends_with(".git") {
            return None;
        }
        let origins = naming.origins(root)?;
        let (project, mut also) = origins.names();
        // Tools clone from their own copies of what they fetched.
        let has_remotes =
            origins.name.is_some() || (origins.unclear.is_none() && !origins.also.is_empty());
        let (common, own) = (origins.common.clone(), origins.own.clone());
        // What is denied at a path of one worktree is denied in all, also when they are gone.
        let mut trees = common.as_deref().map(recorded).unwrap_or_default();
        trees.extend((text(root) != origins.place).then(|| root.to_owned()));
        also.extend(trees.iter().map(|tree| within::worktree(&text(tree))));
        let (index, history) = (OnceLock::new(), OnceLock::new());
        let root = root.to_owned();
        Some(Self { root, project, also, has_remotes, common, own, index, history })
    }

    /// Whether git tracks this file, or something in this directory.
    pub(super) fn tracks(&self, path: &Path) -> bool {
        let (Some(own), Ok(path)) = (&self.own, path.strip_prefix(&self.root)) else {
            return false;
        };
        self.index.get_or_init(|| Index::read(own)).holds(&path.to_string_lossy())
    }

    /// Whether something that is gone from below `existing`, a directory of this repository, was surely its
    /// own: git tracks it, it was a worktree, tools made it, or it was a file beside others.
    pub(super) fn owned(&self, path: &Path, existing: &Path, is_directory: bool) -> bool {
        if self.tracks(path) || self.had_worktree(path) {
            return true;
        }
        // Its version control's own files come and go.
        if path.strip_prefix(&self.root).is_ok_and(|below| below.starts_with(".git")) {
            return true;
        }
        // What package managers keep comes and goes.
        let is_packages =
            |part: Component<'_>| part.as_os_str().to_str().is_some_and(usual::is_packages);
        if existing.strip_prefix(&self.root).is_ok_and(|below| below.components().any(is_packages))
        {
            return true;
        }
        let Ok(gone) = path.strip_prefix(existing) else { return false };
        let names: Vec<String> = gone.components().map(|part| text(Path::new(&part))).collect();
        match names.as_slice() {
            [name] if !is_directory => usual::is_file(name) || usual::is_made(name, &[]),
            [first, rest @ ..] => usual::is_made(first, rest),
            [] => true,
        }
    }

    /// Whether something that is gone from below `existing` was most likely this repository's own: git tracks what
    /// lies beside it, its history knows the directory, or it is called like a part of any project; and neither a name
    /// nor a submodule says that others' work was kept there. Good enough for who works in the repository, and for
    /// nobody else.
    pub(super) fn likely_owned(&self, path: &Path, existing: &Path) -> bool {
        let (Ok(gone), Ok(beside)) =
            (path.strip_prefix(&self.root), existing.strip_prefix(&self.root))
        else {
            return false;
        };
        let modules = git_config::load(&self.root.join(".gitmodules"), None);
        let is_module = |entry: &Entry| {
            entry.is("submodule", "path") && gone.starts_with(entry.value.trim_end_matches('/'))
        };
        if modules.iter().any(is_module) {
            return false;
        }
        let names: Vec<String> = gone.components().map(|part| text(Path::new(&part))).collect();
        let Some((first, rest)) = names.split_first() else { return false };
        let may_be_others = |names: &[String]| names.iter().any(|name| usual::is_others(name));
        if beside.components().next().is_some() {
            return self.tracks(existing) && !may_be_others(&names);
        }
        !may_be_others(rest) && (usual::is_layout(first) || self.history().holds(first))
    }

    fn history(&self) -> &History {
        self.history.get_or_init(|| match (&self.own, &self.common) {
            (Some(own), Some(common)) => History::read(own, common),
            _ => History::default(),
        })
    }

    /// The root of the main worktree, if this is another one.
    pub(super) fn main_worktree(&self) -> Option<&Path> {
        let common = self.common.as_deref().filter(|common| common.ends_with(".git"))?;
        common.parent().filter(|main| *main != self.root)
    }

    /// Whether a path lies in a worktree of this repository: one of the usual places below it, or one that git
    /// remembers.
    pub(super) fn had_worktree(&self, path: &Path) -> bool {
        let Some(common) = &self.common else { return false };
        let main = common.parent().filter(|_| common.ends_with(".git"));
        let below = main.and_then(|main| path.strip_prefix(main).ok());
        let below = below.or_else(|| path.strip_prefix(&self.root).ok());
        let parts: Vec<String> = below
            .into_iter()
            .flat_map(Path::components)
            .map(|part| text(Path::new(&part)))
            .collect();
        let is_usual = WORKTREES.iter().any(|place| {
            parts.len() > place.len() && place.iter().zip(&parts).all(|(name, part)| name == part)
        });
        is_usual || recorded(common).iter().any(|tree| path.starts_with(tree))
    }
}

/// The roots of the worktrees that git has records of, whether or not they are there.
fn recorded(common: &Path) -> Vec<PathBuf> {
    let Ok(records) = std::fs::read_dir(common.join("worktrees")) else { return Vec::new() };
    let records = records.take(WORKTREES_MAX).filter_map(Result::ok);
    let files = records.filter_map(|record| read(&record.path().join("gitdir")));
    files.filter_map(|file| Path::new(file.trim()).parent().map(Path::to_owned)).collect()
}
