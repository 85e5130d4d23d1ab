//! The index: derived from the store, never the source of anything. Whatever is wrong with it, it is made
//! anew.

pub(crate) mod content;
mod context;
mod date;
pub(crate) mod schema;
pub(crate) mod writer;

use crate::error::BankError;
use schema::Fields;
use std::io::{Read, Seek, SeekFrom};
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
    if !files_end_properly(&index, &path) {
        tracing::warn!("the index has a file that is cut short");
        return None;
    }
    schema::register(&index);
    let seq = committed(&index)?;
    Some(OpenIndex { index, fields, seq })
}

/// Whether every file of the index has the content it was written with. Reads them all.
pub(crate) fn is_sound(index: &Index) -> bool {
    match index.validate_checksum() {
        Ok(damaged) => damaged.is_empty(),
        Err(error) => {
            tracing::warn!(%error, "the index cannot be checked");
            false
        }
    }
}

/// Whether every file of the index ends as Tantivy ends its files (a length, then this number). Tantivy
/// itself takes that for granted.
fn files_end_properly(index: &Index, path: &Path) -> bool {
    const END: [u8; 4] = 1337_u32.to_le_bytes();
    let ends = |file: &Path| -> std::io::Result<bool> {
        let mut file = std::fs::File::open(file)?;
        let mut end = [0; 4];
        file.seek(SeekFrom::End(-4))?;
        file.read_exact(&mut end)?;
        Ok(end == END)
    };
    let (Ok(segments), Ok(entries)) = (index.searchable_segment_ids(), std::fs::read_dir(path))
    else {
        return false;
    };
    let names: Vec<String> = segments.iter().map(tantivy::index::SegmentId::uuid_string).collect();
    entries.flatten().all(|entry| {
        let file = entry.file_name();
        let file = file.to_string_lossy();
        let of_segment = names.iter().any(|name| file.starts_with(name.as_str()));
        !of_segment || ends(&entry.path()).unwrap_or(false)
    })
}

/// Makes an empty index in the place of whatever was there.
pub(crate) fn create(bank: &Path) -> Result<OpenIndex, BankError> {
    let path = path(bank);
    match std::fs::remove_dir_all(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(BankError::file("remove", path)(error));
        }
        _ => {}
    }
    crate::store::private_dir(&path)?;
    let (schema, fields) = schema::schema();
    let index = Index::create_in_dir(&path, schema).map_err(BankError::index("make"))?;
    schema::register(&index);
    Ok(OpenIndex { index, fields, seq: 0 })
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
