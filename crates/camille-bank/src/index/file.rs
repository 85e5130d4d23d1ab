//! The files of the committed segments, looked at one by one while a merge may go on that replaces some of them.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tantivy::Index;
use tantivy::index::SegmentComponent;

/// The files that every segment has.
const OF_EACH: [SegmentComponent; 6] = [
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FastFields,
    SegmentComponent::FieldNorms,
    SegmentComponent::Terms,
    SegmentComponent::Store,
];

/// The names of the files of the segments that are committed now.
pub(super) fn of_segments(index: &Index) -> tantivy::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for segment in index.searchable_segment_metas()? {
        files.extend(OF_EACH.map(|component| segment.relative_path(component)));
        if segment.has_deletes() {
            files.insert(segment.relative_path(SegmentComponent::Delete));
        }
    }
    Ok(files)
}

/// The names of the files that do not stand the test. A file that stands it is tested once. One that fails
/// counts only if it is still part of the index afterwards: a merge removes what it replaces, and then what
/// came instead is tested.
pub(super) fn failing(
    index: &Index,
    mut stands: impl FnMut(&Path) -> bool,
) -> tantivy::Result<Vec<String>> {
    let mut stood = BTreeSet::new();
    let mut listed = of_segments(index)?;
    loop {
        let (stand, fail): (BTreeSet<PathBuf>, BTreeSet<PathBuf>) =
            listed.difference(&stood).cloned().partition(|file| stands(file));
        let now = of_segments(index)?;
        if fail.is_empty() || now == listed {
            return Ok(fail.iter().map(|file| file.display().to_string()).collect());
        }
        stood.extend(stand);
        listed = now;
    }
}

/// Whether a file ends as Tantivy ends its files (a length, then this number). Tantivy itself takes that for
/// granted.
pub(super) fn ends_properly(path: &Path) -> bool {
    const END: [u8; 4] = 1337_u32.to_le_bytes();
    let end = || -> std::io::Result<[u8; 4]> {
        let mut file = std::fs::File::open(path)?;
        let mut end = [0; 4];
        file.seek(SeekFrom::End(-4))?;
        file.read_exact(&mut end)?;
        Ok(end)
    };
    end().is_ok_and(|end| end == END)
}

/// Whether a file has the checksum that was written with it.
pub(super) fn holds_what_was_written(index: &Index, file: &Path) -> bool {
    index
        .directory()
        .validate_checksum(file)
        .inspect_err(|error| tracing::debug!(%error, "a file of the index cannot be checked"))
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::{failing, holds_what_was_written, of_segments};
    use tantivy::indexer::NoMergePolicy;
    use tantivy::schema::{STORED, Schema, TEXT};
    use tantivy::{Index, IndexWriter, doc};

    /// An index of three segments, and its writer.
    fn three_segments(dir: &std::path::Path) -> (Index, IndexWriter) {
        let mut schema = Schema::builder();
        let body = schema.add_text_field("body", TEXT | STORED);
        let index = Index::create_in_dir(dir, schema.build()).unwrap();
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for word in ["one", "two", "three"] {
            writer.add_document(doc!(body => word)).unwrap();
            writer.commit().unwrap();
        }
        (index, writer)
    }

    #[test]
    fn a_merge_on_the_way_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        let (_, mut writer) = three_segments(dir.path());
        // Another handle, as one that looks at the files from outside has.
        let index = Index::open_in_dir(dir.path()).unwrap();
        let before = of_segments(&index).unwrap();
        let mut tested = 0;
        let failed = failing(&index, |file| {
            tested += 1;
            if tested == 8 {
                let segments = index.searchable_segment_ids().unwrap();
                writer.merge(&segments).wait().unwrap();
                writer.garbage_collect_files().wait().unwrap();
            }
            holds_what_was_written(&index, file)
        });
        assert_eq!(failed.unwrap(), Vec::<String>::new());
        let after = of_segments(&index).unwrap();
        assert_eq!((before.len(), after.len()), (18, 6));
        assert_eq!(tested, 24, "what the merge wrote was tested, too");
    }

    #[test]
    fn a_missing_and_a_changed_file_are_faults() {
        let dir = tempfile::tempdir().unwrap();
        let (index, _writer) = three_segments(dir.path());
        let files: Vec<_> = of_segments(&index).unwrap().into_iter().collect();
        std::fs::remove_file(dir.path().join(&files[2])).unwrap();
        let mut bytes = std::fs::read(dir.path().join(&files[7])).unwrap();
        bytes[0] ^= 1;
        std::fs::write(dir.path().join(&files[7]), bytes).unwrap();
        let failed = failing(&index, |file| holds_what_was_written(&index, file)).unwrap();
        let expected = [&files[2], &files[7]].map(|file| file.display().to_string());
        assert_eq!(failed, expected);
    }
}
