//! Doors for `xtask`: parsers of what comes from outside that have no route of their own, and the search
//! service without the routes above it. Not for use.

use crate::api::extract;
use crate::mesh::discovery::txt;
use crate::search::ask::Ask;
use crate::search::root;
use crate::search::service::Search;
use camille_proto::answer::Answer;
use camille_proto::problem::Problem;
use camille_proto::query::Query;
use std::fmt;

/// The search service of an open node, as what stands above it calls it.
#[derive(Clone)]
pub struct SearchService(pub(crate) Search);

impl fmt::Debug for SearchService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchService").finish_non_exhaustive()
    }
}

impl SearchService {
    /// The owner's question to the own bank.
    ///
    /// # Errors
    /// A problem when the bank cannot be read.
    pub async fn search(&self, query: Query) -> Result<Answer, Box<Problem>> {
        root::search(&self.0, Ask { local: true, ..Ask::own(query) }).await
    }
}

/// Whether these properties announce a node.
#[must_use]
pub fn announces(properties: &[(String, String)]) -> bool {
    let get = |name: &str| {
        let found = properties.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    txt::read(get).is_some()
}

/// Whether this message of a socket is a question.
#[must_use]
pub fn asks(message: &str) -> bool {
    extract::object(message)
        .and_then(|members| extract::search_members(members, extract::Scope::Local))
        .is_ok()
}
