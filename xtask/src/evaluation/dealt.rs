//! The corpus dealt out to several nodes: a folder of transcripts for each.

use crate::corpus::Corpus;
use anyhow::Result;
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use xtask::eval::split::{self, Split, Unit};

/// How sessions are dealt out.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SplitName {
    Random,
    Project,
}

/// Everyone's share.
pub(crate) struct Dealt {
    folder: TempDir,
    sessions: Vec<usize>,
}

impl Dealt {
    /// Deals the corpus out to so many nodes; `common`: the share of the sessions that everyone gets.
    pub(crate) fn out(
        corpus: &Corpus,
        nodes: usize,
        split: SplitName,
        common: f64,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (units, files): (Vec<Unit>, Vec<Vec<PathBuf>>) = corpus.units()?.into_iter().unzip();
        let split = match split {
            SplitName::Random => Split::Random,
            SplitName::Project => Split::Project,
        };
        let dealt = split::deal(&units, nodes, split, common);
        let mut sessions = vec![0; nodes];
        let shares: Vec<PathBuf> = (0..nodes).map(|node| share(folder.path(), node)).collect();
        for share in &shares {
            std::fs::create_dir_all(share)?;
        }
        for (files, nodes) in files.iter().zip(&dealt) {
            for node in nodes {
                sessions[*node] += 1;
                for file in files {
                    copy(&corpus.transcripts(), file, &shares[*node])?;
                }
            }
        }
        Ok(Self { folder, sessions })
    }

    /// The transcripts of a node.
    pub(crate) fn share(&self, node: usize) -> PathBuf {
        share(self.folder.path(), node)
    }

    /// How many sessions a node got.
    pub(crate) fn sessions(&self, node: usize) -> usize {
        self.sessions[node]
    }
}

fn share(folder: &Path, node: usize) -> PathBuf {
    folder.join(format!("{node}/transcripts"))
}

/// Keeps the place within the corpus: readers look at it.
fn copy(from: &Path, file: &Path, to: &Path) -> Result<()> {
    let target = to.join(file.strip_prefix(from)?);
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::copy(file, target)?;
    Ok(())
}
