//! ripgrep over the raw transcripts: what one would do without any index.

use super::fts;
use super::timing::milliseconds;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Whether there is one.
pub(super) fn is_installed() -> bool {
    let version = Command::new("rg").arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Milliseconds to count the lines that hold any of the question's words.
pub(super) fn ask(question: &str, folder: &Path) -> Result<f64> {
    let mut command = Command::new("rg");
    // It would leave out what a .gitignore names.
    command.args(["--no-ignore", "--no-config", "-i", "-c"]);
    for word in fts::words(question) {
        command.args(["-e", word]);
    }
    let started = Instant::now();
    command.arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).status().context("start rg")?;
    Ok(milliseconds(started))
}
