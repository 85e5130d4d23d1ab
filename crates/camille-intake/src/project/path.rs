//! Paths by their text alone.

use std::path::{Component, Path, PathBuf};

/// Takes `.` and `..` out of a path by its text, so that it reads as people write it.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_untidy = |at: usize| matches!(bytes.get(at + 1), None | Some(b'.' | b'/'));
    // Nearly every path is as it should be.
    if !bytes.starts_with(b".") && !memchr::memchr_iter(b'/', bytes).any(is_untidy) {
        return path.to_owned();
    }
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

/// A path as text.
pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
