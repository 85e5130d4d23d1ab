//! Which files are read: the agents' usual places and what the owner added.

use crate::settings::SourceSettings;
use std::collections::{BTreeMap, HashSet};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A file that may be a transcript.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    /// The path as text, by which the bank knows the file.
    pub(crate) name: String,
    pub(crate) size: u64,
    /// Whether it is compressed with zstd.
    pub(crate) compressed: bool,
}

/// What there is to read.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    /// Newest first, so that what people look for soonest is searchable soonest.
    pub(super) files: Vec<SourceFile>,
    /// The usual places, with whether they exist.
    pub(super) places: Vec<(String, bool)>,
    /// What could not be looked at, with the reason.
    pub(super) unreadable: Vec<(String, String)>,
}

/// Where to look.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// The agents' usual places, which need not exist.
    pub(crate) places: Vec<PathBuf>,
    /// Files and directories that the owner named.
    pub(crate) named: Vec<PathBuf>,
}

impl Roots {
    /// The usual places, as far as the settings want them, and what the owner added.
    pub(crate) fn usual(settings: &SourceSettings, added: Vec<PathBuf>) -> Self {
        let places = [
            settings.claude_dir.as_ref().map(|dir| dir.join("projects")),
            settings.codex_dir.as_ref().map(|dir| dir.join("sessions")),
            settings.codex_dir.as_ref().map(|dir| dir.join("archived_sessions")),
        ];
        let places = places.into_iter().flatten().filter(|_| settings.auto).collect();
        Self { places, named: added }
    }
}

/// Finds the files that a run reads.
pub(super) fn discover(roots: Roots) -> Discovered {
    let mut found = Discovered::default();
    let mut all = roots.named;
    for place in roots.places {
        let exists = place.is_dir();
        found.places.push((place.display().to_string(), exists));
        if exists {
            all.push(place);
        }
    }
    let mut walk = Walk::default();
    for root in all {
        walk.below(&root);
    }
    prefer_plain(&mut walk.files);
    walk.end(found)
}

/// Finds the files among paths that changed, and below them where they are directories. One that is
/// gone is no fault: things come and go.
pub(super) fn look_at(paths: Vec<PathBuf>) -> Discovered {
    let mut walk = Walk::default();
    for path in paths {
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => walk.below(&path),
            Ok(metadata) if metadata.is_file() && is_candidate(&path) => {
                walk.file(&path, &metadata);
            }
            Ok(_) => {}
            Err(error) if is_gone(&error) => {
                // Compressing a transcript ends with the plain one going.
                let mut name = path.into_os_string();
                name.push(".zst");
                if let Ok(metadata) = std::fs::metadata(&name) {
                    walk.file(Path::new(&name), &metadata);
                }
            }
            Err(error) => walk.unreadable.push((path.display().to_string(), error.to_string())),
        }
    }
    walk.files.retain(|(_, file)| {
        !file.compressed
            || file.name.strip_suffix(".zst").is_none_or(|plain| !Path::new(plain).is_file())
    });
    let mut found = walk.end(Discovered::default());
    found.unreadable.retain(|(path, _)| std::fs::symlink_metadata(path).is_ok());
    found
}

/// What was found so far.
#[derive(Default)]
struct Walk {
    seen: HashSet<PathBuf>,
    /// With the time of their last change.
    files: Vec<(i64, SourceFile)>,
    unreadable: Vec<(String, String)>,
}

impl Walk {
    fn below(&mut self, root: &Path) {
        for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.note(root, &error);
                    continue;
                }
            };
            if !entry.file_type().is_file() || !is_candidate(entry.path()) {
                continue;
            }
            let Ok(metadata) = entry.metadata() else { continue };
            self.file(entry.path(), &metadata);
        }
    }

    fn file(&mut self, path: &Path, metadata: &Metadata) {
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(path.clone()) {
            return;
        }
        let compressed = path.extension().is_some_and(|extension| extension == "zst");
        let name = path.to_string_lossy().into_owned();
        let modified = mtime_ns(metadata);
        self.files.push((modified, SourceFile { path, name, size: metadata.len(), compressed }));
    }

    fn note(&mut self, root: &Path, error: &walkdir::Error) {
        // A link that leads back to its own directory is no fault of anyone.
        if error.loop_ancestor().is_some() {
            return;
        }
        let path = error.path().unwrap_or(root);
        // Nor is what was there a moment before. A link that leads nowhere is, and a root that is gone.
        let vanished = error.io_error().is_some_and(is_gone)
            && std::fs::symlink_metadata(path).is_err_and(|error| is_gone(&error));
        if error.depth() == 0 || !vanished {
            self.unreadable.push((path.display().to_string(), reason(error)));
        }
    }

    fn end(mut self, mut found: Discovered) -> Discovered {
        self.files.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
        found.files = self.files.into_iter().map(|(_, file)| file).collect();
        found.unreadable = self.unreadable;
        found
    }
}

/// Whether nothing stands there any more.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn reason(error: &walkdir::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Whether the name is one that transcripts have.
pub(super) fn is_candidate(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.ends_with(".jsonl") || name.ends_with(".jsonl.zst")
}

/// Where a transcript stands both plain and compressed, the plain one is read.
fn prefer_plain(files: &mut Vec<(i64, SourceFile)>) {
    let plain: BTreeMap<String, ()> =
        files.iter().filter(|(_, f)| !f.compressed).map(|(_, f)| (f.name.clone(), ())).collect();
    files.retain(|(_, file)| {
        !file.compressed
            || file.name.strip_suffix(".zst").is_none_or(|name| !plain.contains_key(name))
    });
}
/// Modification time in nanoseconds since 1970.
pub(super) fn mtime_ns(metadata: &Metadata) -> i64 {
    metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec())
}
