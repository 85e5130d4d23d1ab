//! What searching needs: the own bank, the peers, and a turn.

use crate::home::Home;
use crate::limit::turn::Turns;
use crate::mesh::service::Mesh;
use std::sync::Arc;

/// A handle to the search service.
#[derive(Clone)]
pub(crate) struct Search {
    pub(crate) home: Home,
    pub(crate) mesh: Mesh,
    /// Searches of the own bank at once: more would only wait for each other's memory and disk.
    pub(crate) turns: Arc<Turns>,
}

impl Search {
    pub(crate) fn new(home: Home, mesh: Mesh) -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        Self { home, mesh, turns: Arc::new(Turns::new(at_once)) }
    }
}
