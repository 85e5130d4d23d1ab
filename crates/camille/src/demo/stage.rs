//! The temporary directory, the two homes in it and the two nodes. All of it is gone when dropped.

use super::node::DemoNode;
use super::secret;
use super::session::{ANA, BRUNO, Person};
use anyhow::Context;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A Unix socket's path has 103 bytes at most; this leaves room for what follows the directory.
const DIRECTORY_BYTES_MAX: usize = 60;

/// Everything the story is played with.
pub(super) struct Stage {
    // The nodes stand first because fields are dropped in this order: nobody writes into the directory
    // while it is removed.
    /// She has the answer.
    pub(super) ana: DemoNode,
    /// He has the question.
    pub(super) bruno: DemoNode,
    /// The secret in one of ana's sessions.
    pub(super) token: String,
    dir: TempDir,
}

impl Stage {
    /// Makes both homes, starts both nodes and waits until both answer.
    pub(super) async fn set() -> anyhow::Result<Self> {
        let dir = temporary_dir().context("cannot make a temporary directory")?;
        let token = secret::draw();
        let home = |person: Person| -> anyhow::Result<PathBuf> {
            let home = dir.path().join(person.name);
            person.move_in(&home, &token)?;
            Ok(home)
        };
        let (ana_home, bruno_home) = (home(ANA)?, home(BRUNO)?);
        let (ana, bruno) = tokio::try_join!(
            DemoNode::start(ANA.name, ana_home),
            DemoNode::start(BRUNO.name, bruno_home)
        )?;
        Ok(Self { ana, bruno, token, dir })
    }

    /// A place for what belongs to neither of them.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Leaves the nodes running and the directory where it is.
    pub(super) fn keep(mut self) -> PathBuf {
        self.ana.release();
        self.bruno.release();
        self.dir.keep()
    }
}

fn temporary_dir() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("camille-demo-");
    let dir = builder.tempdir()?;
    if dir.path().as_os_str().len() <= DIRECTORY_BYTES_MAX {
        return Ok(dir);
    }
    builder.tempdir_in("/tmp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_fits_into_the_directory() {
        let dir = temporary_dir().unwrap();
        let socket = dir.path().join("bruno/.camille/run/camille.sock");
        assert!(!crate::config::socket::too_long(&socket), "{}", socket.display());
    }
}
