//! Reads a file's lines from its end, in bounded memory whatever the file.

use super::AuditError;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// How much is read at once.
const BLOCK_BYTES: u64 = 64 * 1024;

/// A longer line is passed over; ours are far shorter.
const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The lines of a file, last first, without their newlines and without empty ones.
pub(super) struct Backward {
    file: File,
    path: PathBuf,
    /// Bytes before this have not been read.
    unread: u64,
    /// What was read and not yet handed out.
    held: Vec<u8>,
    /// `held` is the tail of a line that is too long.
    skipping: bool,
}

impl Backward {
    pub(super) fn new(file: File, path: &Path) -> Result<Self, AuditError> {
        let unread = file
            .metadata()
            .map_err(|source| AuditError::Read { path: path.to_owned(), source })?
            .len();
        Ok(Self { file, path: path.to_owned(), unread, held: Vec::new(), skipping: false })
    }

    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            let unsearched = self.held.len() - searched;
            if let Some(newline) = memchr::memrchr(b'\n', &self.held[..unsearched]) {
                let line = self.held.split_off(newline + 1);
                self.held.truncate(newline);
                let skip = std::mem::take(&mut self.skipping);
                if !skip && !line.is_empty() {
                    return Ok(Some(line));
                }
                searched = 0;
                continue;
            }
            searched = self.held.len();
            if searched > LINE_BYTES_MAX {
                self.held.clear();
                self.skipping = true;
                searched = 0;
            }
            if self.unread == 0 {
                let line = std::mem::take(&mut self.held);
                let skip = std::mem::take(&mut self.skipping);
                return Ok((!skip && !line.is_empty()).then_some(line));
            }
            self.read_block()?;
        }
    }

    /// Puts the block before `held` in front of it.
    fn read_block(&mut self) -> io::Result<()> {
        let size = self.unread.min(BLOCK_BYTES);
        let start = self.unread - size;
        let mut block = vec![0; usize::try_from(size).unwrap_or(0)];
        self.file.read_exact_at(&mut block, start)?;
        block.append(&mut self.held);
        self.held = block;
        self.unread = start;
        Ok(())
    }
}

impl Iterator for Backward {
    type Item = Result<Vec<u8>, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_line()
            .map_err(|source| {
                self.unread = 0;
                self.held.clear();
                AuditError::Read { path: self.path.clone(), source }
            })
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backward(text: &[u8]) -> Vec<Vec<u8>> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("f");
        std::fs::write(&path, text).expect("writes");
        let lines = Backward::new(File::open(&path).expect("opens"), &path).expect("opens");
        lines.map(|line| line.expect("reads")).collect()
    }

    #[test]
    fn lines_come_last_first() {
        assert_eq!(backward(b""), [b""; 0]);
        assert_eq!(backward(b"\n\n"), [b""; 0]);
        assert_eq!(backward(b"a"), [b"a"]);
        assert_eq!(backward(b"a\nbb\n\nc"), [&b"c"[..], b"bb", b"a"]);
        assert_eq!(backward(b"\na\n"), [b"a"]);
    }

    #[test]
    fn any_file_reads_the_same_in_both_directions() {
        // Lines of all lengths around a block's.
        let mut text = Vec::new();
        for n in [1, 2, 65_535, 65_536, 65_537, 3, 131_072, 10, 200_000, 1] {
            text.extend(std::iter::repeat_n(b'a' + u8::try_from(n % 26).expect("small"), n));
            text.push(b'\n');
        }
        let mut forward: Vec<&[u8]> =
            text.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
        forward.reverse();
        assert_eq!(backward(&text), forward);
    }

    #[test]
    fn a_line_beyond_measure_is_passed_over() {
        let mut text = b"first\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', LINE_BYTES_MAX + 200_000));
        text.extend(b"\nlast\n");
        assert_eq!(backward(&text), [&b"last"[..], b"first"]);
    }
}
