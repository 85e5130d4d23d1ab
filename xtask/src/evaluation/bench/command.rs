//! The real `camille` as a process of its own, with a home of its own: what a person waits for who types
//! a question while no node runs.

use super::timing::milliseconds;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// The binary with a home that holds the corpus.
pub(super) struct Camille {
    binary: PathBuf,
    folder: TempDir,
}

impl Camille {
    /// Indexes the transcripts into a fresh home. `None`: the binary was not built beside this one.
    pub(super) fn prepare(transcripts: &Path) -> Result<Option<Self>> {
        let binary = std::env::current_exe()?.with_file_name("camille");
        if !binary.is_file() {
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("camille-bench-").tempdir()?;
        let camille = Self { binary, folder };
        let status = camille.command().arg("index").arg(transcripts).status()?;
        ensure!(status.success(), "camille index failed: {status}");
        Ok(Some(camille))
    }

    /// Milliseconds from starting the process until it has ended.
    pub(super) fn ask(&self, question: &str) -> Result<f64> {
        let mut command = self.command();
        command.args(["search", "--local", "--"]).args(question.split_whitespace());
        let started = Instant::now();
        let status = command.status().context("start camille")?;
        let took = milliseconds(started);
        ensure!(status.success(), "camille search failed: {status}");
        Ok(took)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("CAMILLE_HOME", self.folder.path().join("home"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // How old the bank is, once for each question.
            .stderr(Stdio::null());
        command
    }
}
