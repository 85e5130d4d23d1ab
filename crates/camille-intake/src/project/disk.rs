//! Where a path leads on this disk: links followed, `..` taken out, and the repository around it. What does not
//! exist any more stands below the nearest directory that does.

use super::path::tidy;
use super::repository::Repository;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A place on the disk, or what is left of one.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// Without links and `..`, as far as it exists.
    pub(super) path: PathBuf,
    /// The nearest directory at or above it that exists.
    pub(super) existing: PathBuf,
    /// Whether it exists.
    pub(super) exists: bool,
    /// Whether it is a directory.
    pub(super) is_directory: bool,
    /// The nearest repository at or above `existing`.
    pub(super) around: Option<Arc<Repository>>,
    /// Whether the place is surely that repository's.
    pub(super) is_owned: bool,
}

impl Spot {
    /// Looks. `is_directory`: whether it was one for sure, should it be gone. `around`: the repository at or above a
    /// directory. `home`: the person's, without links.
    pub(super) fn find(
        path: &Path,
        is_directory: bool,
        around: &dyn Fn(&Path) -> Option<Arc<Repository>>,
        home: Option<&Path>,
    ) -> Self {
        let (path, existing) = real(path);
        let exists = path == existing;
        let is_file = exists && !path.is_dir();
        let directory = if is_file { path.parent().unwrap_or(&path) } else { &existing };
        let around = around(directory);
        let is_owned = around.as_ref().is_some_and(|around| {
            // A repository at the home, or above, does not hold all that lies below.
            let is_everything = home.is_some_and(|home| home.starts_with(&around.root));
            match (is_everything, exists) {
                (true, _) => around.tracks(&path) || around.had_worktree(&path),
                (false, true) => true,
                (false, false) => around.owned(&path, &existing, is_directory),
            }
        });
        let is_directory = if exists { !is_file } else { is_directory };
        Self { existing: directory.to_owned(), path, exists, is_directory, around, is_owned }
    }

    /// The repository that the place is surely in.
    pub(super) fn owner(&self) -> Option<&Repository> {
        self.around.as_deref().filter(|_| self.is_owned)
    }

    /// The place's own directory.
    pub(super) fn directory(&self) -> &Path {
        let looks_like_file = || {
            self.path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().trim_start_matches('.').contains('.'))
        };
        let is_file = !self.is_directory && (self.exists || looks_like_file());
        if is_file { self.path.parent().unwrap_or(&self.path) } else { &self.path }
    }
}

/// Links that lead nowhere and are followed one after the other.
const LINKS_MAX: u32 = 16;

/// The path as it is on the disk, and how much of it exists.
fn real(path: &Path) -> (PathBuf, PathBuf) {
    follow(path, LINKS_MAX)
}

fn follow(path: &Path, links: u32) -> (PathBuf, PathBuf) {
    if let Ok(real) = path.canonicalize() {
        return (real.clone(), real);
    }
    let mut existing = PathBuf::from("/");
    let mut components = path.components();
    while let Some(component) = components.clone().next() {
        let next = match component {
            Component::RootDir | Component::Prefix(_) | Component::CurDir => None,
            Component::ParentDir => existing.parent().map(Path::to_owned),
            Component::Normal(name) => match existing.join(name).canonicalize() {
                Ok(next) => Some(next),
                Err(_) => {
                    // A link that leads nowhere now: where it led is what it was.
                    if let (Ok(target), true) = (existing.join(name).read_link(), links > 0) {
                        components.next();
                        let target = existing.join(target).join(components.as_path());
                        return follow(&target, links - 1);
                    }
                    break;
                }
            },
        };
        existing = next.unwrap_or(existing);
        components.next();
    }
    let path = tidy(&existing.join(components.as_path()));
    if path.starts_with(&existing) {
        return (path, existing);
    }
    let existing = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/")).to_owned();
    (path, existing)
}
