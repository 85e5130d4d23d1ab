//! A client of a running node's network API, as another tool would be: a key of its own, pinned TLS, one
//! connection that is kept.

use anyhow::{Context, Result};
use camille_client::{NodeClient, PeerPool, PoolSettings, Scope, SearchParams};
use camille_node::identity::Identity;
use camille_proto::grant::Grant;
use camille_proto::hit::Hit;
use camille_proto::local::KeyRequest;
use camille_proto::query::Query;
use camille_testkit::node::TestNode;

/// Asks a node over the network.
pub(super) struct KeyClient {
    client: NodeClient,
}

impl KeyClient {
    /// Gets a key from this node, which shares everything with it.
    pub(super) async fn of(node: &TestNode) -> Result<Self> {
        node.share("*").await?;
        let request = KeyRequest { name: "bench".into(), grant: Grant::teammate(), peer: false };
        let key = node.client().create_key(&request).await?.key;
        let key = key.parse().context("a node makes keys that are keys")?;
        let folder = tempfile::tempdir()?;
        let identity = Identity::load_or_create(folder.path(), "bench", jiff::Timestamp::now())?;
        let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default())?;
        pool.set_addresses(node.peer_id(), node.client().node_status().await?.listening);
        Ok(Self { client: NodeClient::peer(&pool, node.peer_id(), Some(key)) })
    }

    /// The best hits of the node's own bank.
    pub(super) async fn search(&self, words: &str, limit: u32) -> Result<Vec<Hit>> {
        let query = Query { limit, ..Query::new(words) };
        let params = SearchParams { query, scope: Some(Scope::Local) };
        Ok(self.client.search(&params).await?.results)
    }
}
