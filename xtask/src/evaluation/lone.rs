//! A node that is alone: no listeners, the owner's client in process. Its home is a temporary folder
//! unless another one is named.

use anyhow::Result;
use camille_client::NodeClient;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::hit::Hit;
use camille_proto::local::{
    IndexReport, IndexRequest, OwnerSearch, SecretLine, ShareRequest, WhyAnswer, WhyRequest,
};
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A node without peers.
pub(crate) struct LoneNode {
    home: PathBuf,
    client: NodeClient,
    node: Node,
    // Goes with the node, if it is the node's own.
    _folder: Option<TempDir>,
}

impl LoneNode {
    /// A fresh node with an empty bank.
    pub(crate) async fn open() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("camille-eval-").tempdir()?;
        let node = Self::open_in(&folder.path().join("home"), Mode::Command).await?;
        Ok(Self { _folder: Some(folder), ..node })
    }

    /// The node of this home, which is made if it is not there and stays.
    pub(crate) async fn open_in(home: &Path, mode: Mode) -> Result<Self> {
        let mut settings = Settings::new(home.to_owned(), "evaluation".into());
        settings.sources.auto = false;
        let node = Node::open(settings, mode).await?;
        let client = NodeClient::in_process(node.local_router());
        Ok(Self { home: home.to_owned(), client, node, _folder: None })
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
        let request = IndexRequest { paths, ..IndexRequest::default() };
        Ok(self.client.index(&request, |_| {}).await?)
    }

    /// Places for which sessions stay held where every project is shared: nobody can name them.
    pub(crate) async fn unnamed_places(&self) -> Result<BTreeSet<String>> {
        let request = ShareRequest { pattern: "*".into(), sharing: Sharing::Shared, from: None };
        self.client.share(&request).await?;
        let held = self.client.held_sessions().await?.into_iter();
        let reasons = held.filter(|held| !held.private).flat_map(|held| held.reasons);
        Ok(reasons.map(|reason| reason.project).collect())
    }

    /// The best hits.
    pub(crate) async fn search(&self, words: &str, limit: u32) -> Result<Vec<Hit>> {
        let query = Query { limit, ..Query::new(words) };
        let search = OwnerSearch { query, local: true, peers: Vec::new(), timeout_ms: None };
        Ok(self.client.owner_search(&search).await?.answer.results)
    }

    /// Which sessions wrote lines.
    pub(crate) async fn why(&self, request: &WhyRequest) -> Result<WhyAnswer> {
        Ok(self.client.why(request).await?)
    }

    /// Where it found secrets.
    pub(crate) async fn secrets(&self) -> Result<Vec<SecretLine>> {
        Ok(self.client.secrets().await?)
    }

    /// Where its bank lies.
    pub(crate) fn bank_dir(&self) -> PathBuf {
        bank_in(&self.home)
    }

    /// Ends it and lets its bank go.
    pub(crate) async fn close(self) {
        // The client's router holds the bank too.
        drop(self.client);
        self.node.close().await;
    }
}

/// Where the bank of the node with this home lies.
pub(crate) fn bank_in(home: &Path) -> PathBuf {
    home.join("bank")
}
