//! What git tracks: the names in a repository's index, read and never written. What cannot be read tracks nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A larger index is not read.
const INDEX_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of an entry before its name with SHA-1, up to the object's id and behind it (gitformat-index(5)).
const STAT_BYTES: usize = 40;
const SHA1_BYTES: usize = 20;

/// The files that a repository tracks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Index(BTreeSet<String>);

impl Index {
    /// Reads the index in a git directory.
    pub(super) fn read(git: &Path) -> Self {
        let path = git.join("index");
        let readable =
            std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= INDEX_BYTES_MAX);
        let mut bytes = Vec::new();
        if !readable
            || File::open(path)
                .and_then(|file| file.take(INDEX_BYTES_MAX).read_to_end(&mut bytes))
                .is_err()
        {
            return Self::default();
        }
        parse(&bytes).unwrap_or_default()
    }

    /// Whether this is a tracked file, or a directory with one in it. `path`: from the repository's root.
    pub(super) fn holds(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        if path.is_empty() || self.0.contains(path) {
            return self.0.contains(path);
        }
        let below = format!("{path}/");
        self.0.range(below.clone()..).next().is_some_and(|name| name.starts_with(&below))
    }
}

/// The entries of versions 2 to 4; `None` where the bytes are none of these.
fn parse(bytes: &[u8]) -> Option<Index> {
    let number = |at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    if bytes.get(..4)? != b"DIRC" {
        return None;
    }
    let (version, count) = (number(4)?, number(8)?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut names = BTreeSet::new();
    let (mut at, mut name) = (12, Vec::new());
    for _ in 0..count {
        let start = at;
        at += STAT_BYTES + SHA1_BYTES;
        let flags = u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        at += 2;
        // Of the third version on an entry may have more flags.
        if version >= 3 && flags & 0x4000 != 0 {
            at += 2;
        }
        if version == 4 {
            let (cut, length) = offset(bytes.get(at..)?)?;
            at += length;
            name.truncate(name.len().checked_sub(cut)?);
        } else {
            name.clear();
        }
        let length = bytes.get(at..)?.iter().position(|byte| *byte == 0)?;
        name.extend_from_slice(&bytes[at..at + length]);
        at += length + 1;
        if version < 4 {
            // Padded with one to eight zeros to a multiple of eight.
            at = start + (at - start).div_ceil(8) * 8;
        }
        names.insert(String::from_utf8_lossy(&name).into_owned());
    }
    Some(Index(names))
}

/// A number as packs write offsets, with its length.
pub(super) fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
        value += 1;
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An index of the second version with these names.
    pub(in crate::project) fn index(names: &[&str]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02".to_vec();
        bytes.extend(u32::try_from(names.len()).expect("few").to_be_bytes());
        for name in names {
            let start = bytes.len();
            bytes.extend([0; STAT_BYTES + SHA1_BYTES]);
            bytes.extend(u16::try_from(name.len()).expect("short").to_be_bytes());
            bytes.extend(name.as_bytes());
            bytes.push(0);
            bytes.resize(start + (bytes.len() - start).div_ceil(8) * 8, 0);
        }
        bytes
    }

    #[test]
    fn tracked_files_and_their_directories_are_held_and_nothing_else() {
        let index = parse(&index(&["a.txt", "src/deep/b.rs", "srcs"])).expect("reads");
        for held in ["a.txt", "src", "src/", "src/deep", "src/deep/b.rs", "srcs"] {
            assert!(index.holds(held), "{held}");
        }
        for other in ["", "a", "a.txt/x", "sr", "src/deep/b", "src/deeper", "diary"] {
            assert!(!index.holds(other), "{other}");
        }
    }

    #[test]
    fn names_that_share_a_beginning_are_read() {
        let mut bytes = b"DIRC\0\0\0\x04\0\0\0\x02".to_vec();
        for (cut, rest) in [(0, "src/one.rs"), (6, "two.rs")] {
            bytes.extend([0; STAT_BYTES + SHA1_BYTES + 2]);
            bytes.push(cut);
            bytes.extend(rest.as_bytes());
            bytes.push(0);
        }
        let index = parse(&bytes).expect("reads");
        assert!(index.holds("src/one.rs") && index.holds("src/two.rs"));
    }

    #[test]
    fn what_is_torn_tracks_nothing() {
        let whole = index(&["a.txt", "b/c.txt"]);
        for end in 0..whole.len() - 8 {
            assert_eq!(parse(&whole[..end]), None, "{end}");
        }
        assert_eq!(parse(b"DIRC\0\0\0\x09\0\0\0\0"), None);
    }
}
