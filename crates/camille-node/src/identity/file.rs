//! Private files, written whole or not at all. Nothing here is ever readable by anyone but the owner,
//! not even for a moment.

use super::IdentityError;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIR: u32 = 0o700;

/// What became of a file that was to be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Created {
    Yes,
    /// Somebody else was first; theirs stays.
    Existed,
}

/// Makes sure that the directory exists and is the owner's alone.
pub(super) fn create_private_dir(path: &Path) -> Result<(), IdentityError> {
    let outcome = DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_DIR)
        .create(path)
        .and_then(|()| restrict(path, PRIVATE_DIR));
    outcome.map_err(|source| IdentityError::Write { path: path.to_owned(), source })
}

/// Takes away what others may do with the file, if they may do anything.
pub(super) fn make_private(path: &Path) -> Result<(), IdentityError> {
    restrict(path, PRIVATE_FILE)
        .map_err(|source| IdentityError::Write { path: path.to_owned(), source })
}

/// Replaces the file's content.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), IdentityError> {
    let outcome = Temporary::write(path, content).and_then(|temporary| {
        fs::rename(&temporary.path, path)?;
        sync_parent(path)
    });
    outcome.map_err(|source| IdentityError::Write { path: path.to_owned(), source })
}

/// Creates the file with this content, unless it exists.
pub(super) fn create(path: &Path, content: &[u8]) -> Result<Created, IdentityError> {
    let outcome = Temporary::write(path, content).and_then(|temporary| {
        // A link, unlike a rename, fails when the name is taken.
        match fs::hard_link(&temporary.path, path) {
            Ok(()) => sync_parent(path).map(|()| Created::Yes),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Created::Existed),
            // Some file systems have no links. Two processes that start at the same moment could then
            // both create the file, and the later one would win.
            Err(_) if !path.exists() => {
                fs::rename(&temporary.path, path)?;
                sync_parent(path).map(|()| Created::Yes)
            }
            Err(error) => Err(error),
        }
    });
    outcome.map_err(|source| IdentityError::Write { path: path.to_owned(), source })
}

fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o777 != mode {
        tracing::warn!(path = %path.display(), "others could read this, its mode is corrected");
        fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    Ok(())
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// A complete, synced file beside its destination; removed when dropped.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn write(destination: &Path, content: &[u8]) -> io::Result<Self> {
        let mut name = destination.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", uuid::Uuid::now_v7().simple()));
        let temporary = Self { path: destination.with_file_name(name) };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(PRIVATE_FILE)
            .open(&temporary.path)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&self.path);
    }
}
