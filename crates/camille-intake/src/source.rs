//! Which files are read: the agents' usual places and what the owner added.

use super::walk::{Met, Walk, is_gone};
use std::collections::{BTreeMap, HashSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// `[sources]`: which transcripts are read.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// Whether the agents' usual places are read without being added.
    pub auto: bool,
    /// The person's home directory (`$HOME`): what `~` is, and where their git and ssh configuration lies.
    pub person_home: Option<PathBuf>,
    /// Claude Code's directory (`$CLAUDE_CONFIG_DIR` or `~/.claude`), if there can be one.
    pub claude_dir: Option<PathBuf>,
    /// Codex's directory (`$CODEX_HOME` or `~/.codex`), if there can be one.
    pub codex_dir: Option<PathBuf>,
    /// Whether a running node hears from the system what changed, rather than only look at times.
    pub watch: bool,
    /// How often a running node looks through everything. Where it should watch and cannot, it looks at
    /// least every 10 s.
    pub rescan: Duration,
}

/// A file that may be a transcript.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// The path as text, by which the bank knows the file.
    pub name: String,
    /// Its size, in bytes.
    pub size: u64,
    /// Whether it is compressed with zstd.
    pub compressed: bool,
}

/// What there is to read.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    /// Newest first, so that what people look for soonest is searchable soonest.
    pub(super) files: Vec<SourceFile>,
    /// The usual places, with whether they exist.
    pub(super) places: Vec<(String, bool)>,
    /// What could not be looked at, or was left out, with the reason.
    pub(super) unreadable: Vec<(String, String)>,
}

/// Where to look.
#[derive(Debug, Default)]
pub struct Roots {
    /// The agents' usual places, which need not exist.
    pub places: Vec<PathBuf>,
    /// Files and directories that the owner named.
    pub named: Vec<PathBuf>,
}

impl Roots {
    /// The usual places, as far as the settings want them, and what the owner added.
    pub fn usual(settings: &SourceSettings, added: Vec<PathBuf>) -> Self {
        let places = [
            settings.claude_dir.as_ref().map(|dir| dir.join("projects")),
            settings.codex_dir.as_ref().map(|dir| dir.join("sessions")),
            settings.codex_dir.as_ref().map(|dir| dir.join("archived_sessions")),
        ];
        let places = places.into_iter().flatten().filter(|_| settings.auto).collect();
        Self { places, named: added }
    }
}

/// Finds the files that a run reads. Ends early, with what was found until then, when this is cancelled.
pub(super) fn discover(roots: Roots, cancel: &CancellationToken) -> Discovered {
    let mut found = Discovered::default();
    let mut all = roots.named;
    for place in roots.places {
        let exists = place.is_dir();
        found.places.push((place.display().to_string(), exists));
        if exists {
            all.push(place);
        }
    }
    let (mut walk, mut files) = (Walk::new(cancel), Files::default());
    for root in all {
        walk.source(&root, &mut |met| files.meet(&met));
    }
    prefer_plain(&mut files.found);
    found.unreadable = walk.notes();
    files.end(found)
}

/// Finds the files among paths that changed, and below them where they are directories. One that is
/// gone is no fault: things come and go.
pub(super) fn look_at(paths: Vec<PathBuf>, cancel: &CancellationToken) -> Discovered {
    let (mut walk, mut files) = (Walk::new(cancel), Files::default());
    for path in paths {
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                walk.newcomer(&path, &mut |met| files.meet(&met));
            }
            Ok(metadata) if metadata.is_file() && is_candidate(&path) => {
                files.add(&path, &metadata);
            }
            Ok(_) => {}
            Err(error) if is_gone(&error) => {
                // Compressing a transcript ends with the plain one going.
                let mut name = path.into_os_string();
                name.push(".zst");
                if let Ok(metadata) = std::fs::metadata(&name) {
                    files.add(Path::new(&name), &metadata);
                }
            }
            Err(error) => walk.note(&path, error),
        }
    }
    files.found.retain(|(_, file)| {
        !file.compressed
            || file.name.strip_suffix(".zst").is_none_or(|plain| !Path::new(plain).is_file())
    });
    let mut found = files.end(Discovered::default());
    found.unreadable = walk.notes();
    found.unreadable.retain(|(path, _)| std::fs::symlink_metadata(path).is_ok());
    found
}

/// The files that were found so far.
#[derive(Default)]
struct Files {
    seen: HashSet<PathBuf>,
    /// With the time of their last change.
    found: Vec<(i64, SourceFile)>,
}

impl Files {
    fn meet(&mut self, met: &Met<'_>) {
        if let Met::File(path) = met
            && is_candidate(path)
            && let Ok(metadata) = std::fs::metadata(path)
            && metadata.is_file()
        {
            self.add(path, &metadata);
        }
    }

    fn add(&mut self, path: &Path, metadata: &Metadata) {
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(path.clone()) {
            return;
        }
        let compressed = path.extension().is_some_and(|extension| extension == "zst");
        let name = path.to_string_lossy().into_owned();
        let modified = mtime_ns(metadata);
        self.found.push((modified, SourceFile { path, name, size: metadata.len(), compressed }));
    }

    fn end(mut self, mut discovered: Discovered) -> Discovered {
        self.found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
        discovered.files = self.found.into_iter().map(|(_, file)| file).collect();
        discovered
    }
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
