//! Several real nodes that know each other.

use crate::node::{TestNode, TestNodeError};
use camille_proto::vocabulary::Sharing;

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
            peer.release_all().await?;
            peer.befriend(&origin).await?;
        }
        Ok(Self { origin, peers })
    }

    /// Joins these pairs, by their places (0 is the origin), and shares every project of everyone this far.
    ///
    /// # Errors
    /// A node refused.
    pub async fn knit(
        origin: TestNode,
        peers: Vec<TestNode>,
        pairs: &[(usize, usize)],
        sharing: Sharing,
    ) -> Result<Self, TestNodeError> {
        let mesh = Self { origin, peers };
        for place in 0..=mesh.peers.len() {
            mesh.node(place).share_as("*", sharing).await?;
            mesh.node(place).release_all().await?;
        }
        for (one, other) in pairs {
            mesh.node(*one).befriend(mesh.node(*other)).await?;
        }
        Ok(mesh)
    }

    /// The node at a place: 0 is the origin.
    ///
    /// # Panics
    /// There are not so many.
    #[must_use]
    pub fn node(&self, place: usize) -> &TestNode {
        if place == 0 { &self.origin } else { &self.peers[place - 1] }
    }

    /// Stops every node.
    pub async fn stop(self) {
        self.origin.stop().await;
        for peer in self.peers {
            peer.stop().await;
        }
    }
}
