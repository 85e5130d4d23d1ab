//! Hears from the system what happens in the sources, as long as it lives. It tells [`Changes`] and does
//! nothing else: it never reads a transcript, and never waits for whoever does.
//!
//! inotify knows no trees, so on Linux each directory is watched by itself, and a new one before it is
//! read. FSEvents knows nothing else, so on macOS whole trees are.
//!
//! What is not there is not watched. Its nearest directory could be, but that may be the home directory,
//! where much happens and a tree has no end. Asking once a second whether it has come costs less.

use super::change::{Area, Changes};
use super::source::Roots;
use super::walk::{Met, Walk};
use notify::{Config, ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Whether the system watches single directories rather than trees.
const EACH_DIRECTORY: bool = cfg!(target_os = "linux");

/// Why the sources are not watched, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system lets nobody watch, or not once more.
    #[error("cannot start watching")]
    Start(#[source] notify::Error),
    /// There are more directories than the system lets a user watch.
    #[error("there are more directories than the system lets a user watch")]
    Limit,
    /// One directory refuses.
    #[error("cannot watch {path}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: notify::Error,
    },
}

impl WatchError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Start(_) if EACH_DIRECTORY => "raise fs.inotify.max_user_instances",
            Self::Limit if EACH_DIRECTORY => "raise fs.inotify.max_user_watches",
            _ => "set sources.watch = false if this stays so",
        }
    }
}

/// A source, and what stood there when it was looked at.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    path: PathBuf,
    found: Option<Found>,
}

/// What stands at a path. Another inode is another directory, of which the system tells nothing yet.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// Canonical.
    path: PathBuf,
    device: u64,
    inode: u64,
    is_directory: bool,
}

/// The one who hears.
pub struct Watcher {
    changes: Arc<Changes>,
    system: Option<RecommendedWatcher>,
    sources: Vec<Source>,
    /// Ends looking for what there is to watch.
    cancel: CancellationToken,
}

impl Watcher {
    /// One that watches nothing yet.
    pub fn new(changes: Arc<Changes>, cancel: CancellationToken) -> Self {
        Self { changes, system: None, sources: Vec::new(), cancel }
    }

    /// Watches what there is of these, and nothing else any more. What waited is forgotten: whoever calls
    /// this looks at everything afterwards, so that nothing between is missed. Blocks.
    ///
    /// # Errors
    /// When not all of it can be watched. What can be is.
    pub fn arm(&mut self, roots: &Roots) -> Result<(), WatchError> {
        let sources = look(roots);
        // Watching a directory twice is watching it once, but only where trees are not watched. And what
        // is no source any more must not be heard of.
        if !EACH_DIRECTORY || sources != self.sources {
            self.system = None;
        }
        self.changes.begin(area(&sources));
        self.sources = sources;
        let mut system = match self.system.take() {
            Some(system) => system,
            None => start(&self.changes)?,
        };
        let mut result = Ok(());
        let mut walk = Walk::new(&self.cancel);
        for found in self.sources.iter().filter_map(|source| source.found.as_ref()) {
            let watched = if found.is_directory {
                watch_below(&mut system, &self.changes, &mut walk, &found.path, true)
            } else {
                watch_file(&mut system, &found.path)
            };
            result = result.and(watched);
        }
        self.system = Some(system);
        result
    }

    /// Whether something else stands there now than what is watched: a source was added, came, went or
    /// was replaced. Blocks, for one `stat` a source.
    pub fn is_outdated(&self, roots: &Roots) -> bool {
        look(roots) != self.sources
    }

    /// Watches the directories among these, which are new, and those in them. After that they may be
    /// read: what happens in them later is told. Blocks.
    ///
    /// # Errors
    /// When not all of them can be watched.
    pub fn follow(&mut self, paths: &[PathBuf]) -> Result<(), WatchError> {
        let Some(system) = self.system.as_mut().filter(|_| EACH_DIRECTORY) else {
            return Ok(());
        };
        let mut walk = Walk::new(&self.cancel);
        paths
            .iter()
            .filter(|path| path.is_dir())
            .try_for_each(|path| watch_below(system, &self.changes, &mut walk, path, false))
    }
}

fn look(roots: &Roots) -> Vec<Source> {
    let paths = roots.places.iter().chain(&roots.named);
    paths.map(|path| Source { path: path.clone(), found: find(path).ok() }).collect()
}

fn find(path: &Path) -> io::Result<Found> {
    let path = std::fs::canonicalize(path)?;
    let mut metadata = std::fs::metadata(&path)?;
    let is_directory = metadata.is_dir();
    if !is_directory {
        // A file is watched by its directory, and may be replaced.
        metadata = std::fs::metadata(path.parent().unwrap_or(&path))?;
    }
    Ok(Found { path, device: metadata.dev(), inode: metadata.ino(), is_directory })
}

fn area(sources: &[Source]) -> Area {
    let mut area = Area::default();
    for found in sources.iter().filter_map(|source| source.found.as_ref()) {
        let paths = if found.is_directory { &mut area.directories } else { &mut area.files };
        paths.insert(found.path.clone());
    }
    area
}

fn start(changes: &Arc<Changes>) -> Result<RecommendedWatcher, WatchError> {
    let changes = Arc::clone(changes);
    // Links are followed below, where they are seen: a link may lead out of the tree.
    let config = Config::default().with_follow_symlinks(false);
    RecommendedWatcher::new(move |told| changes.note(told, Instant::now()), config)
        .map_err(WatchError::Start)
}

/// Watches a directory and all below it, also through links.
fn watch_below(
    system: &mut RecommendedWatcher,
    changes: &Changes,
    walk: &mut Walk<'_>,
    top: &Path,
    is_source: bool,
) -> Result<(), WatchError> {
    let mode = if EACH_DIRECTORY { RecursiveMode::NonRecursive } else { RecursiveMode::Recursive };
    let mut watched = system.paths_mut();
    let mut result = Ok(());
    let mut each = |met: Met<'_>| {
        let Met::Directory { path, is_top } = met else { return };
        if !(EACH_DIRECTORY || is_top) || result.is_err() {
            return;
        }
        // Gone again.
        let Ok(canonical) = std::fs::canonicalize(path) else { return };
        if is_top {
            changes.widen(canonical.clone());
        }
        result = add(watched.add(&canonical, mode), &canonical);
    };
    // What is left out is said by whoever reads.
    if is_source {
        walk.source(top, &mut each);
    } else {
        walk.newcomer(top, &mut each);
    }
    result?;
    add(watched.commit(), top)
}

/// Watches one file. inotify would lose it when another takes its place, so its directory is watched.
fn watch_file(system: &mut RecommendedWatcher, path: &Path) -> Result<(), WatchError> {
    let watched = if EACH_DIRECTORY { path.parent().unwrap_or(path) } else { path };
    add(system.watch(watched, RecursiveMode::NonRecursive), watched)
}

/// What is gone or closed to us is no fault: it cannot be read either.
fn add(result: notify::Result<()>, path: &Path) -> Result<(), WatchError> {
    let Err(source) = result else { return Ok(()) };
    match &source.kind {
        ErrorKind::MaxFilesWatch => Err(WatchError::Limit),
        ErrorKind::PathNotFound => Ok(()),
        ErrorKind::Io(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        _ => Err(WatchError::Directory { path: path.to_owned(), source }),
    }
}
