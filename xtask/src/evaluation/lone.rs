//! A node that is alone: a temporary home, no listeners, the owner's client in process.

use anyhow::Result;
use camille_client::NodeClient;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::hit::Hit;
use camille_proto::local::{IndexReport, IndexRequest, OwnerSearch};
use camille_proto::query::Query;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A node without peers.
pub(crate) struct LoneNode {
    home: TempDir,
    client: NodeClient,
    // Lives as long as its router is asked.
    _node: Node,
}

impl LoneNode {
    /// A fresh node with an empty bank.
    pub(crate) async fn open() -> Result<Self> {
        let home = tempfile::Builder::new().prefix("camille-eval-").tempdir()?;
        let mut settings = Settings::new(home.path().join("home"), "evaluation".into());
        settings.sources.auto = false;
        let node = Node::open(settings, Mode::Command).await?;
        let client = NodeClient::in_process(node.local_router());
        Ok(Self { home, client, _node: node })
    }

    /// A node that holds everything under this folder.
    pub(crate) async fn with(folder: &Path) -> Result<(Self, IndexReport)> {
        let node = Self::open().await?;
        let report = node.index(&[folder.to_owned()]).await?;
        Ok((node, report))
    }

    /// Adds sources and reads them; none: reads all known again.
    pub(crate) async fn index(&self, paths: &[PathBuf]) -> Result<IndexReport> {
        let paths = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let request = IndexRequest { paths, defaults: false };
        Ok(self.client.index(&request, |_| {}).await?)
    }

    /// The best hits.
    pub(crate) async fn search(&self, words: &str, limit: u32) -> Result<Vec<Hit>> {
        let query = Query { limit, ..Query::new(words) };
        let search = OwnerSearch { query, local: true, peers: Vec::new(), timeout_ms: None };
        Ok(self.client.owner_search(&search).await?.answer.results)
    }

    /// Where its bank lies.
    pub(crate) fn bank_dir(&self) -> PathBuf {
        self.home.path().join("home/bank")
    }
}
