//! Which files are read: the agents' usual places and what the owner added.

use crate::settings::SourceSettings;
use std::collections::{BTreeMap, HashSet};
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
    let mut seen = HashSet::new();
    let mut by_age = Vec::new();
    for root in all {
        walk(&root, &mut seen, &mut by_age, &mut found.unreadable);
    }
    prefer_plain(&mut by_age);
    by_age.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    found.files = by_age.into_iter().map(|(_, file)| file).collect();
    found
}

fn walk(
    root: &Path,
    seen: &mut HashSet<PathBuf>,
    files: &mut Vec<(i64, SourceFile)>,
    unreadable: &mut Vec<(String, String)>,
) {
    for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                // A link that leads back to its own directory is no fault of anyone.
                if error.loop_ancestor().is_none() {
                    let path = error.path().unwrap_or(root).display().to_string();
                    unreadable.push((path, reason(&error)));
                }
                continue;
            }
        };
        if !entry.file_type().is_file() || !is_candidate(entry.path()) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        let path = std::fs::canonicalize(entry.path()).unwrap_or_else(|_| entry.path().to_owned());
        if !seen.insert(path.clone()) {
            continue;
        }
        let compressed = path.extension().is_some_and(|extension| extension == "zst");
        let name = path.to_string_lossy().into_owned();
        let modified = super::file::mtime_ns(&metadata);
        files.push((modified, SourceFile { path, name, size: metadata.len(), compressed }));
    }
}

fn reason(error: &walkdir::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}

fn is_candidate(path: &Path) -> bool {
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
