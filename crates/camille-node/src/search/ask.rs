//! What is asked, and of whom.

use camille_bank::Visibility;
use camille_proto::key::KeyId;
use camille_proto::query::Query;
use std::time::Duration;

/// What the owner wants to know, and of whom.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) query: Query,
    /// This bank only.
    pub(crate) local: bool,
    /// Only these peers, by name or id; empty: all.
    pub(crate) only: Vec<String>,
    /// How long each peer gets; absent: as configured.
    pub(crate) timeout: Option<Duration>,
    /// What of the own bank is searched.
    pub(crate) visible: Visibility,
    /// The key of the one who asks; the owner has none.
    pub(crate) asker: Option<KeyId>,
    /// Whether somebody else wants to know: then peers treat the question as a relayed one.
    pub(crate) delegated: bool,
}

impl Ask {
    /// The owner's own question, of everybody.
    pub(crate) fn own(query: Query) -> Self {
        Self {
            query,
            local: false,
            only: Vec::new(),
            timeout: None,
            visible: Visibility::Everything,
            asker: None,
            delegated: false,
        }
    }
}
