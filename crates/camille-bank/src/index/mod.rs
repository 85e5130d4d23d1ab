//! The index: derived from the store, never the source of anything. Whatever is wrong with it, it is made
//! anew.

pub(crate) mod content;
mod context;
mod date;
pub(crate) mod schema;
pub(crate) mod writer;

use crate::error::BankError;
use schema::Fields;
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
    schema::register(&index);
    let seq = committed(&index)?;
    Some(OpenIndex { index, fields, seq })
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
