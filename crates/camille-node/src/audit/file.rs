//! The files of the audit log: the one that is written, and those set aside as `.1`, `.2` and so on,
//! the newest first. Nothing here knows what a line says, but for the time of a file's first.

use super::AuditError;
use camille_proto::local::AuditEntry;
use jiff::Timestamp;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const NAME: &str = "peer_access.log";

/// How much of a file is looked at for its first entry.
const HEAD_BYTES: u64 = 4 * 1024 * 1024;

/// Writes at the end of the current file.
#[derive(Debug)]
pub(super) struct Appender {
    directory: PathBuf,
    path: PathBuf,
    file: File,
    size: u64,
    /// The file ends within a line, because a crash or a full disk tore it.
    torn: bool,
}

impl Appender {
    pub(super) fn open(directory: &Path) -> Result<Self, AuditError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| AuditError::Open { path, source }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(failed(directory))?;
        let path = directory.join(NAME);
        let (file, size) = open_current(&path).map_err(failed(&path))?;
        let torn = ends_within_a_line(&path, size).map_err(failed(&path))?;
        Ok(Self { directory: directory.to_owned(), path, file, size, torn })
    }

    /// The file that is written.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Writes one line, its newline included, in one piece.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<(), AuditError> {
        if self.torn {
            // Whoever made room may have taken the file away.
            self.reopen()?;
        }
        let written = if self.torn {
            self.file.write_all(&[b"\n", line].concat())
        } else {
            self.file.write_all(line)
        };
        // How much of a failed write reached the file is not known.
        self.torn = written.is_err();
        self.size = self.file.metadata().map_or(self.size, |metadata| metadata.len());
        written.map_err(|source| AuditError::Write { path: self.path.clone(), source })
    }

    /// Goes on in the file that has this name now.
    pub(super) fn reopen(&mut self) -> Result<(), AuditError> {
        let failed = |source| AuditError::Open { path: self.path.clone(), source };
        (self.file, self.size) = open_current(&self.path).map_err(failed)?;
        self.torn = ends_within_a_line(&self.path, self.size).map_err(failed)?;
        Ok(())
    }

    /// All files, newest first, opened.
    pub(super) fn files(&self) -> Result<Vec<(PathBuf, File)>, AuditError> {
        let mut paths = vec![self.path.clone()];
        paths.extend(self.aside()?.into_iter().map(|(_, path)| path));
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            match File::open(&path) {
                Ok(file) => files.push((path, file)),
                // The owner may delete a log whenever he likes.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(AuditError::Read { path, source }),
            }
        }
        Ok(files)
    }

    /// Makes the current file `.1` and begins a new one.
    pub(super) fn set_aside(&mut self) -> Result<(), AuditError> {
        // From the last on, so that an interruption leaves a gap and overwrites nothing.
        for (number, path) in self.aside()?.into_iter().rev() {
            let next = self.numbered(number + 1);
            fs::rename(&path, next).map_err(|source| AuditError::Open { path, source })?;
        }
        let failed = |source| AuditError::Open { path: self.path.clone(), source };
        fs::rename(&self.path, self.numbered(1)).map_err(failed)?;
        let (file, size) = open_current(&self.path).map_err(failed)?;
        (self.file, self.size, self.torn) = (file, size, false);
        Ok(())
    }

    /// Deletes those set aside that `is_old` says are old.
    pub(super) fn drop_aside(
        &self,
        mut is_old: impl FnMut(&Path, File) -> Result<bool, AuditError>,
    ) -> Result<(), AuditError> {
        for (_, path) in self.aside()? {
            let failed = |source| AuditError::Open { path: path.clone(), source };
            if is_old(&path, File::open(&path).map_err(failed)?)? {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// The files set aside by number, the newest first.
    fn aside(&self) -> Result<Vec<(u64, PathBuf)>, AuditError> {
        let failed = |source| AuditError::Read { path: self.directory.clone(), source };
        let mut found = Vec::new();
        for item in fs::read_dir(&self.directory).map_err(failed)? {
            let name = item.map_err(failed)?.file_name();
            let number = name
                .to_str()
                .and_then(|name| name.strip_prefix(NAME)?.strip_prefix('.')?.parse().ok());
            if let Some(number) = number {
                found.push((number, self.numbered(number)));
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn numbered(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{NAME}.{number}"))
    }
}

/// The time of a file's first entry.
pub(super) fn first_timestamp(path: &Path) -> Option<Timestamp> {
    let head = BufReader::new(File::open(path).ok()?.take(HEAD_BYTES));
    head.split(b'\n')
        .map_while(Result::ok)
        .find_map(|line| serde_json::from_slice::<AuditEntry>(&line).ok())
        .map(|entry| entry.timestamp)
}

fn open_current(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn ends_within_a_line(path: &Path, size: u64) -> io::Result<bool> {
    let Some(last) = size.checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    File::open(path)?.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}
