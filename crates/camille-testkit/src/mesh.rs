//! Several real nodes that know each other.

use crate::node::{TestNode, TestNodeError};

/// One node and its peers, all joined with it by real invites, sharing everything.
#[derive(Debug)]
pub struct Mesh {
    /// The node that asks.
    pub origin: TestNode,
    /// Whom it asks.
    pub peers: Vec<TestNode>,
}

impl Mesh {
    /// Joins the origin with each of the peers and shares every project of theirs.
    ///
    /// # Errors
    /// A node refused.
    pub async fn join(origin: TestNode, peers: Vec<TestNode>) -> Result<Self, TestNodeError> {
        for peer in &peers {
            peer.share("*").await?;
            peer.befriend(&origin).await?;
        }
        Ok(Self { origin, peers })
    }

    /// Stops every node.
    pub async fn stop(self) {
        self.origin.stop().await;
        for peer in self.peers {
            peer.stop().await;
        }
    }
}
