//! What shows that a text is the owner's though a peer wrote the same: it stood in the bank, or on the disk, before
//! the peer's was handed out. What came later may be a copy of the peer's, whoever says what.

use crate::echo::{Evidence, When};
use camille_bank::{BankReader, Document, LeafQuery, Visibility, analyzer};
use camille_ingest::echo::Voice;
use camille_ingest::transcript::Part;
use camille_proto::vocabulary::DocumentKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Paths remembered for one file: a tool's output comes soon after what named the path.
const PATHS_MAX: usize = 16;

/// A longer path is not remembered.
const PATH_BYTES_MAX: usize = 512;

/// A larger file shows nothing.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Documents of the bank that are looked at.
const DOCUMENTS_MAX: usize = 12;

/// Bytes of a quotation by which the bank is asked.
const QUESTION_BYTES_MAX: usize = 1024;

/// The clock of files may be behind that of the node by so much, in seconds.
const MARGIN_S: i64 = 2;

/// The paths that a file's parts named last, with the directory they are relative to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Paths(VecDeque<(String, Option<String>)>);

impl Paths {
    /// Remembers what a part names.
    pub(super) fn note(&mut self, part: &Part) {
        for place in part.places.iter().filter(|place| place.unknown.is_none() && !place.directory)
        {
            let named = (place.path.clone(), part.cwd.clone());
            if place.path.len() <= PATH_BYTES_MAX && !self.0.contains(&named) {
                self.0.truncate(PATHS_MAX - 1);
                self.0.push_front(named);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the files say that they name, each as it stands there since it was changed last. That moment is the
    /// kernel's: no tool sets it, as it can set a file's own time.
    pub(super) fn evidence(
        &self,
        real: &dyn Fn(&str, Option<&str>) -> Option<std::path::PathBuf>,
    ) -> Vec<Evidence> {
        let paths = self.0.iter().filter_map(|(path, cwd)| real(path, cwd.as_deref()));
        paths.filter_map(|path| of_file(&path)).collect()
    }
}

fn of_file(path: &Path) -> Option<Evidence> {
    let before = std::fs::metadata(path).ok()?;
    if !before.is_file() || before.len() > FILE_BYTES_MAX {
        return None;
    }
    let text = String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned();
    // It may have changed meanwhile.
    let changed = before.ctime().max(std::fs::metadata(path).ok()?.ctime());
    let since = Timestamp::from_second(changed.saturating_add(MARGIN_S)).ok()?;
    Some(Evidence { text, when: When::Since(since) })
}

/// What the bank holds of texts like this one. What it holds is the owner's: a peer's is not let in.
pub(super) fn of_bank(reader: &BankReader, quoted: &str) -> Vec<Evidence> {
    let end = quoted.floor_char_boundary(QUESTION_BYTES_MAX);
    let terms = analyzer::question(&quoted[..end]).terms;
    let query = LeafQuery { terms, candidates: DOCUMENTS_MAX, ..LeafQuery::default() };
    match reader.search(&query, &Visibility::Everything) {
        Ok(found) => {
            let documents = found.candidates.into_iter().map(|found| found.document);
            let evidence = |document: Document| {
                let is_tool = document.kind == DocumentKind::Tool;
                let voice = if is_tool { Voice::Shown } else { Voice::Said };
                Evidence { text: document.text, when: When::Before(voice) }
            };
            documents.map(evidence).collect()
        }
        Err(error) => {
            tracing::warn!(%error, "the bank does not say whether a text is the owner's: it is left out");
            Vec::new()
        }
    }
}
