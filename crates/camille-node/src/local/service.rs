//! What the owner's routes are given.

use crate::home::Home;
use crate::life::Life;
use crate::mesh::service::Mesh;
use crate::search::service::Search;

/// A handle to what the owner's routes are given.
#[derive(Clone)]
pub(crate) struct Local {
    pub(crate) home: Home,
    pub(crate) life: Life,
    pub(crate) mesh: Mesh,
    pub(crate) search: Search,
}
