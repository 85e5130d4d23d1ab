//! What the node knows of others and how it reaches them, for everything that talks to peers.

use super::cache::Answers;
use super::discovery::nearby::Nearby;
use super::health::Health;
use super::interface::Interfaces;
use crate::home::Home;
use crate::life::Life;
use crate::limit::Limits;
use camille_client::PeerPool;
use std::ops::Deref;
use std::sync::Arc;

/// A handle to the mesh as this node sees it.
#[derive(Clone)]
pub(crate) struct Mesh(Arc<Around>);

/// What is around this node.
pub(crate) struct Around {
    pub(crate) home: Home,
    pub(crate) life: Life,
    pub(crate) limits: Arc<Limits>,
    pub(crate) pool: PeerPool,
    /// Who is there, and whom they pass questions on to.
    pub(crate) health: Health,
    /// What peers answered a moment ago.
    pub(crate) answers: Answers,
    /// Where this machine is.
    pub(crate) interfaces: Interfaces,
    /// Who is announced on the networks this machine is in.
    pub(crate) nearby: Nearby,
}

impl Deref for Mesh {
    type Target = Around;
    fn deref(&self) -> &Around {
        &self.0
    }
}

impl Mesh {
    /// Nobody was met yet.
    pub(crate) fn new(home: Home, life: Life, limits: Arc<Limits>, pool: PeerPool) -> Self {
        let answers = Answers::new(home.settings.mesh.cache_ttl);
        Self(Arc::new(Around {
            home,
            life,
            limits,
            pool,
            health: Health::default(),
            answers,
            interfaces: Interfaces::default(),
            nearby: Nearby::default(),
        }))
    }
}
