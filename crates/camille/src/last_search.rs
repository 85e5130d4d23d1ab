//! Which documents the last search showed, so that `show 2` means the second of them.
//!
//! Ids and sources only: never a question or a text. A file of the owner alone.

use crate::config::Config;
use crate::private_file;
use camille_proto::hit::Hit;
use camille_proto::id::{DocumentId, PeerId};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A hit that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    /// The document.
    pub(crate) id: DocumentId,
    /// The node that holds it.
    pub(crate) peer_id: PeerId,
    /// `local`, or `peer:<name>`.
    pub(crate) source: String,
}

/// Remembers the hits in the order of their numbers. That it fails is no reason to fail the search.
pub(crate) fn store(config: &Config, hits: &[&Hit]) {
    let shown: Vec<Shown> = hits
        .iter()
        .map(|hit| Shown { id: hit.id, peer_id: hit.peer_id, source: hit.source.clone() })
        .collect();
    let written = serde_json::to_vec(&shown)
        .map_err(std::io::Error::other)
        .and_then(|bytes| private_file::replace(&file(config), &bytes));
    if let Err(error) = written {
        tracing::warn!(%error, "cannot remember the hits for show");
    }
}

/// The hits of the last search; none if there was none.
pub(crate) fn load(config: &Config) -> Vec<Shown> {
    let bytes = std::fs::read(file(config)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn file(config: &Config) -> PathBuf {
    config.run_dir().join("last-search.json")
}
