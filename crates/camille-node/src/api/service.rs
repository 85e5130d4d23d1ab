//! What the routes of the network are given.

use super::unread::Unread;
use crate::home::Home;
use crate::life::Life;
use crate::limit::Limits;
use crate::mesh::service::Mesh;
use crate::search::service::Search;
use camille_federation::seen::Memory;
use camille_proto::forward::ForwardAnswer;
use camille_proto::problem::Problem;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// Makes the answer to a question known.
pub(crate) type Promise = watch::Sender<Option<Result<Arc<ForwardAnswer>, Box<Problem>>>>;

/// Where the answer to a question is to be had that somebody else asked before: absent until it is there.
pub(crate) type Pending = watch::Receiver<Option<Result<Arc<ForwardAnswer>, Box<Problem>>>>;

/// A handle to what the routes are given.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) home: Home,
    pub(crate) life: Life,
    pub(crate) mesh: Mesh,
    pub(crate) search: Search,
    pub(crate) limits: Arc<Limits>,
    /// Answers that wait for being read.
    pub(crate) unread: Unread,
    /// Questions of others that were here.
    pub(crate) questions: Arc<Mutex<Memory<Pending>>>,
    /// Bytes of their answers that are kept, roughly.
    pub(crate) answers_kept: Arc<AtomicUsize>,
}

impl Api {
    pub(crate) fn new(life: Life, search: Search) -> Self {
        let (home, mesh) = (search.home.clone(), search.mesh.clone());
        let limits = Arc::clone(&mesh.limits);
        Self {
            home,
            life,
            mesh,
            search,
            limits,
            unread: Unread::default(),
            questions: Arc::default(),
            answers_kept: Arc::default(),
        }
    }
}
