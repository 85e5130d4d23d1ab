//! Which files are read: the agents' usual places and what the owner added.

use crate::api::reply::Refusal;
use crate::error;
use crate::state::Shared;
use camille_ingest::transcript;
use camille_proto::local::IndexRequest;
use camille_proto::problem::Problem;
use camille_proto::vocabulary::Agent;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// How much of a file tells whose transcript it is.
const HEAD_BYTES: u64 = 4096;

/// A transcript to read.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    /// The path as text, by which the bank knows the file.
    pub(crate) name: String,
    pub(crate) agent: Agent,
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

/// Remembers files or directories as sources.
///
/// # Errors
/// When one does not exist; then none is added.
pub(crate) async fn add(state: &Shared, paths: &[String]) -> Result<(), Refusal> {
    if paths.is_empty() {
        return Ok(());
    }
    let paths = paths.to_vec();
    let now = state.now();
    state
        .blocking(move |state| {
            let mut absolute = Vec::with_capacity(paths.len());
            for path in paths {
                match std::fs::canonicalize(&path) {
                    Ok(found) => absolute.push(found.to_string_lossy().into_owned()),
                    Err(reason) => {
                        return Err(Problem::new(400, "No such source")
                            .detail(format!("{path}: {reason}"))
                            .field("paths")
                            .hint("name a transcript or a directory that holds some")
                            .into());
                    }
                }
            }
            state.registry.add_sources(&absolute, now).map_err(|e| error::internal(&e))
        })
        .await?;
    Ok(())
}

/// Finds the files that a run reads.
pub(super) fn discover(state: &Shared, request: &IndexRequest) -> Result<Discovered, Box<Problem>> {
    let mut found = Discovered::default();
    let settings = &state.settings.sources;
    let mut roots: Vec<PathBuf> = if request.paths.is_empty() || request.defaults {
        let added = state.registry.sources().map_err(|error| error::internal(&error))?;
        added.into_iter().map(PathBuf::from).collect()
    } else {
        request.paths.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect()
    };
    if settings.auto && (request.paths.is_empty() || request.defaults) {
        let places = [
            settings.claude_dir.as_ref().map(|dir| dir.join("projects")),
            settings.codex_dir.as_ref().map(|dir| dir.join("sessions")),
            settings.codex_dir.as_ref().map(|dir| dir.join("archived_sessions")),
        ];
        for place in places.into_iter().flatten() {
            let exists = place.is_dir();
            found.places.push((place.display().to_string(), exists));
            if exists {
                roots.push(place);
            }
        }
    }
    let mut seen = HashSet::new();
    let mut by_age = Vec::new();
    for root in roots {
        walk(&root, &mut seen, &mut by_age, &mut found.unreadable);
    }
    prefer_plain(&mut by_age);
    by_age.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    found.files = by_age.into_iter().map(|(_, file)| file).collect();
    Ok(found)
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
        match head(&path, compressed) {
            Ok(head) => {
                if let Some(agent) = transcript::detect(&path, &head) {
                    let name = path.to_string_lossy().into_owned();
                    let modified = super::file::mtime_ns(&metadata);
                    let size = metadata.len();
                    files.push((modified, SourceFile { path, name, agent, size, compressed }));
                }
            }
            Err(error) => unreadable.push((path.display().to_string(), error.to_string())),
        }
    }
}

fn reason(error: &walkdir::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}

fn is_candidate(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.ends_with(".jsonl") || name.ends_with(".jsonl.zst")
}

fn head(path: &Path, compressed: bool) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut head = Vec::new();
    if compressed {
        zstd::Decoder::new(file)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    } else {
        file.take(HEAD_BYTES).read_to_end(&mut head)?;
    }
    Ok(head)
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
