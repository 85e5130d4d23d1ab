//! What can be forgotten, and what forgetting did. Pure data; it never holds a text.

use crate::document::SessionName;
use camille_proto::id::DocumentId;
use camille_proto::vocabulary::Agent;

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// A document, in every version of it that sessions have.
    Document(DocumentId),
    /// Several of them.
    Documents(Vec<DocumentId>),
    /// A session with the sessions it began: their documents, titles and all that comes to them later.
    Session {
        /// Whose it is; `None`: any agent's of that name.
        agent: Option<Agent>,
        /// As its agent names it.
        session: String,
    },
    /// A project, by its id: its sessions, what other sessions recorded in it, and all that comes later.
    Project(String),
}

/// What forgetting removed, or would remove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Documents.
    pub documents: u64,
    /// Sessions that go altogether.
    pub sessions: u64,
    /// Sessions that keep a project's name, since they touched it.
    pub named: u64,
    /// The documents.
    pub ids: Vec<DocumentId>,
    /// The sessions in which they stand, with their titles.
    pub in_sessions: Vec<(SessionName, Option<String>)>,
    /// The files it was read from.
    pub files: Vec<String>,
    /// The projects it belongs to.
    pub projects: Vec<String>,
}

impl Forgotten {
    /// Whether there was anything to forget.
    #[must_use]
    pub fn anything(&self) -> bool {
        self.documents + self.sessions + self.named > 0
    }
}
