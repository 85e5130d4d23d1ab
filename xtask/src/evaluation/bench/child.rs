//! Runs in a process of their own, watched from outside: a process that measured something before would
//! count what that left behind.

use super::{baseline, process};
use crate::lone::LoneNode;
use anyhow::{Context, Result, ensure};
use camille_node::Mode;
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How often a child's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a child does.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Indexes what is new under the folder into the bank of the node with this home.
    Index { folder: PathBuf, home: PathBuf },
    /// Parses the corpus and gives bare Tantivy what this bank's index holds.
    Baseline { corpus: PathBuf, bank: PathBuf },
}

/// What a child that indexed says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Indexed {
    /// From opening the node until it is closed.
    pub(super) took_s: f64,
    /// The part of it that the node itself calls the index run.
    pub(super) run_s: f64,
    pub(super) processor_s: f64,
    pub(super) resident_peak_bytes: u64,
    pub(super) bytes_read: u64,
    /// New ones.
    pub(super) documents_added: u64,
    /// All that the bank holds now.
    pub(super) documents_total: u64,
}

/// What a child says, and what was seen of it.
#[derive(Debug, Clone)]
pub(super) struct Watched<T> {
    pub(super) said: T,
    pub(super) anonymous_peak_bytes: u64,
}

/// Indexes a folder through a real node in a process of its own. Its bank stays in `home`.
pub(super) async fn index(folder: &Path, home: &Path) -> Result<Watched<Indexed>> {
    watch([OsStr::new("index"), folder.as_os_str(), home.as_os_str()]).await
}

/// The baseline of indexing, in a process of its own.
pub(super) async fn baseline(corpus: &Path, bank: &Path) -> Result<Watched<baseline::Measured>> {
    watch([OsStr::new("baseline"), corpus.as_os_str(), bank.as_os_str()]).await
}

async fn watch<T: DeserializeOwned>(arguments: [&OsStr; 3]) -> Result<Watched<T>> {
    let child = tokio::process::Command::new(std::env::current_exe()?)
        .args(["bench", "child"])
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("start a process to measure")?;
    let id = child.id().context("the process has an id")?;
    let ended = child.wait_with_output();
    tokio::pin!(ended);
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut anonymous_peak_bytes = 0;
    let output = loop {
        tokio::select! {
            output = &mut ended => break output?,
            _ = look.tick() => {
                anonymous_peak_bytes =
                    anonymous_peak_bytes.max(process::anonymous_bytes(id).unwrap_or(0));
            }
        }
    };
    ensure!(output.status.success(), "the measured process failed: {}", output.status);
    Ok(Watched { said: serde_json::from_slice(&output.stdout)?, anonymous_peak_bytes })
}

/// Does what the parent started this process for.
pub(super) fn run_part(options: &Options) -> Result<()> {
    let said = match &options.what {
        What::Index { folder, home } => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            serde_json::to_vec(&runtime.block_on(run_index(folder, home))?)?
        }
        What::Baseline { corpus, bank } => serde_json::to_vec(&baseline::run(corpus, bank)?)?,
    };
    std::io::stdout().write_all(&said)?;
    Ok(())
}

async fn run_index(folder: &Path, home: &Path) -> Result<Indexed> {
    let started = Instant::now();
    let node = LoneNode::open_in(home, Mode::Command).await?;
    let report = node.index(&[folder.to_owned()]).await?;
    node.close().await;
    Ok(Indexed {
        took_s: started.elapsed().as_secs_f64(),
        run_s: report.took_ms as f64 / 1e3,
        processor_s: process::processor_s(),
        resident_peak_bytes: process::resident_peak_bytes()?,
        bytes_read: report.bytes_read,
        documents_added: report.documents_added,
        documents_total: report.documents_total,
    })
}
