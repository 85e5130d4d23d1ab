//! The secret that is planted in a session, and the search for its bytes. It is drawn anew for each run,
//! so no file of this project holds it, and it opens nothing.

use anyhow::Context;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

/// What a classic GitHub token begins with, in two halves, so that a scanner of this file finds none.
const PREFIX: [&str; 2] = ["gh", "p_"];
const BODY_CHARS: usize = 36;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A text that looks like a GitHub token and is none.
pub(super) fn draw() -> String {
    // Each `RandomState` has its own random seed; that is random enough for a token that opens nothing.
    let letter = |index: usize| {
        let number = RandomState::new().hash_one(index) % ALPHABET.len() as u64;
        char::from(ALPHABET[usize::try_from(number).unwrap_or_default()])
    };
    let body: String = (0..BODY_CHARS).map(letter).collect();
    PREFIX.concat() + &body
}

/// What a search through files saw.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Search {
    /// Files read.
    pub(super) files: u64,
    /// Bytes read.
    pub(super) bytes: u64,
    /// Files in which the bytes stand.
    pub(super) found_in: u64,
}

/// Looks for the bytes of `needle` in every file under `dir`, in any case of letters.
pub(super) fn search(dir: &Path, needle: &str) -> anyhow::Result<Search> {
    let mut search = Search::default();
    look(dir, needle.to_ascii_lowercase().as_bytes(), &mut search)?;
    Ok(search)
}

fn look(dir: &Path, needle: &[u8], search: &mut Search) -> anyhow::Result<()> {
    let cannot = || format!("cannot read {}", dir.display());
    for entry in std::fs::read_dir(dir).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        // A running node may have replaced a file between the listing and now.
        let Ok(kind) = path.symlink_metadata() else { continue };
        if kind.is_dir() {
            look(&path, needle, search)?;
        } else if kind.is_file() {
            let Ok(mut bytes) = std::fs::read(&path) else { continue };
            bytes.make_ascii_lowercase();
            search.files += 1;
            search.bytes += bytes.len() as u64;
            search.found_in += u64::from(bytes.windows(needle.len()).any(|at| at == needle));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_draw_is_another_token_of_the_right_shape() {
        let (one, other) = (draw(), draw());
        assert_ne!(one, other);
        assert!(one.starts_with(&PREFIX.concat()));
        assert_eq!(one.len(), 40);
        assert!(one[4..].bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn bytes_are_found_at_any_depth_in_any_case_and_counted_by_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::fs::write(dir.path().join("a/b/deep"), b"\xff\x00xxSeCrEtxx").unwrap();
        std::fs::write(dir.path().join("plain"), b"secre t").unwrap();
        let seen = search(dir.path(), "Secret").unwrap();
        assert_eq!(seen, Search { files: 2, bytes: 19, found_in: 1 });
        assert_eq!(search(dir.path(), "absent").unwrap().found_in, 0);
    }
}
