//! The index: derived from the store, never the source of anything. Whatever is wrong with it, it is made
//! anew.

pub(crate) mod content;
mod date;
mod file;
pub(crate) mod follower;
mod room;
pub(crate) mod schema;
mod window;
pub(crate) mod writer;

use crate::error::BankError;
use crate::store;
use rusqlite::Connection;
use schema::Fields;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tantivy::Index;

/// An index that fits this build.
pub(crate) struct OpenIndex {
    pub(crate) index: Index,
    pub(crate) fields: Fields,
    /// The number of the store's last change that it holds.
    pub(crate) seq: u64,
}

/// Where the index lies in the bank's directory.
pub(crate) fn path(bank: &Path) -> PathBuf {
    bank.join("index")
}

/// Where a new index is made while the old one is still searched.
pub(crate) fn path_beside(bank: &Path) -> PathBuf {
    bank.join("index.new")
}

/// Where the old one lies until it is removed.
fn path_aside(bank: &Path) -> PathBuf {
    bank.join("index.old")
}

/// Opens the index, if there is one that can be read and was made by the same rules.
pub(crate) fn open(bank: &Path) -> Option<OpenIndex> {
    let path = path(bank);
    if !path.join("meta.json").is_file() {
        return None;
    }
    let index = Index::open_in_dir(&path)
        .inspect_err(|error| tracing::warn!(%error, "the index cannot be opened"))
        .ok()?;
    let (schema, fields) = schema::schema();
    if index.schema() != schema {
        return None;
    }
    let cut_short = file::failing(&index, |file| file::ends_properly(&path.join(file)))
        .inspect_err(|error| tracing::warn!(%error, "the index cannot be opened"))
        .ok()?;
    if let Some(name) = cut_short.first() {
        tracing::warn!(name, "the index has a file that is cut short or gone");
        return None;
    }
    schema::register(&index);
    let seq = committed(&index)?;
    Some(OpenIndex { index, fields, seq })
}

/// What a file was when it was found to hold what was written to it: its size and its modification time in
/// nanoseconds.
type Sound = BTreeMap<String, (u64, i64)>;

/// Whether every file of the index has the content it was written with. Reads those that were not read since
/// they were written, and remembers that.
pub(crate) fn is_sound(store: &Connection, index: &Index, bank: &Path) -> bool {
    let known = store::sound(store).and_then(|text| serde_json::from_str::<Sound>(&text).ok());
    let known = known.unwrap_or_default();
    let Ok(files) = files(index, bank) else { return false };
    let as_known = |file: &Path| {
        let name = file.display().to_string();
        files.get(&name).is_some_and(|seen| known.get(&name) == Some(seen))
    };
    let damaged =
        file::failing(index, |file| as_known(file) || file::holds_what_was_written(index, file));
    match damaged.as_deref() {
        Ok([]) => {}
        Ok([name, ..]) => {
            tracing::warn!(name, "a file of the index is damaged or gone");
            return false;
        }
        Err(error) => {
            tracing::warn!(%error, "the files of the index cannot be checked");
            return false;
        }
    }
    if files != known {
        remember(store, &files);
    }
    true
}

/// Remembers that the files of the index hold what was written to them, because this process wrote or
/// checked them.
pub(crate) fn remember_sound(store: &Connection, bank: &Path) {
    let files = Index::open_in_dir(path(bank)).ok().and_then(|index| files(&index, bank).ok());
    if let Some(files) = files {
        remember(store, &files);
    }
}

/// It is a note that saves time: without it the files are read once more.
fn remember(store: &Connection, files: &Sound) {
    let noted = serde_json::to_string(files).map(|text| store::set_sound(store, &text));
    if !matches!(noted, Ok(Ok(()))) {
        tracing::warn!("it could not be noted that the index is sound");
    }
}

/// The names of the files that in whole or in part do not hold what was written to them, or are gone.
pub(crate) fn damaged(index: &Index) -> Result<Vec<String>, BankError> {
    file::failing(index, |file| file::holds_what_was_written(index, file))
        .map_err(BankError::index("check"))
}

/// The files of the committed segments as they are now.
fn files(index: &Index, bank: &Path) -> std::io::Result<Sound> {
    let mut files = Sound::new();
    for file in file::of_segments(index).map_err(std::io::Error::other)? {
        // One that a merge replaced meanwhile needs not be known.
        let Ok(metadata) = std::fs::metadata(path(bank).join(&file)) else { continue };
        let changed = metadata.mtime().saturating_mul(1_000_000_000) + metadata.mtime_nsec();
        files.insert(file.display().to_string(), (metadata.len(), changed));
    }
    Ok(files)
}

/// Makes an empty index at `path`, in the place of whatever was there.
pub(crate) fn create(path: &Path) -> Result<OpenIndex, BankError> {
    remove(path)?;
    store::private_dir(path)?;
    let (schema, fields) = schema::schema();
    let index = Index::create_in_dir(path, schema).map_err(BankError::index("make"))?;
    schema::register(&index);
    Ok(OpenIndex { index, fields, seq: 0 })
}

/// Puts the index that was made beside in the place of the other one. After a crash on the way there is no
/// index, and it is made anew.
pub(crate) fn swap(bank: &Path) -> Result<(), BankError> {
    let (place, beside, aside) = (path(bank), path_beside(bank), path_aside(bank));
    remove(&aside)?;
    std::fs::rename(&place, &aside).map_err(BankError::file("move", &place))?;
    std::fs::rename(&beside, &place).map_err(BankError::file("move", &beside))
}

/// Waits until what was committed is on disk under its name: Tantivy renames, and syncs no directory.
pub(crate) fn sync(bank: &Path) -> Result<(), BankError> {
    let path = path(bank);
    std::fs::File::open(&path)
        .and_then(|directory| directory.sync_all())
        .map_err(BankError::file("write", path))
}

/// Removes what making an index anew left behind.
pub(crate) fn remove_unfinished(bank: &Path) -> Result<(), BankError> {
    remove(&path_beside(bank))?;
    remove(&path_aside(bank))
}

fn remove(path: &Path) -> Result<(), BankError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BankError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// The number of the store's last change that the index holds; `None` if it was made by other rules.
pub(crate) fn committed(index: &Index) -> Option<u64> {
    let payload = index.load_metas().ok()?.payload?;
    let (version, seq) = payload.split_once(' ')?;
    (version == schema::version()).then(|| seq.parse().ok()).flatten()
}

/// What is committed with the index.
fn payload(seq: u64) -> String {
    format!("{} {seq}", schema::version())
}
