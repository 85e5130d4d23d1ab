//! A question to one bank, who may see what, and the answer. Pure data.

use crate::document::{Document, SessionName};
use camille_proto::statistics::{Features, Statistics};
use camille_proto::vocabulary::{Agent, DocumentType};
use jiff::Timestamp;

/// What the one who asks may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// The owner: all of it.
    Everything,
    /// Someone else: what is shared with them. What is not named does not exist.
    Shared(Shared),
}

/// What is shared with someone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Shared {
    /// Documents whose session's project and whose own project are both among these.
    pub projects: Vec<VisibleProject>,
    /// The projects that a session may have touched: all that are shared, with them or with others. One that
    /// touched another is kept back, with all of its conversation.
    pub open: Vec<String>,
    /// Sessions that are not kept back for that.
    pub released: Vec<Released>,
    /// Directories that are denied: a conversation that did something in one, or below it, is kept back.
    pub denied: Vec<String>,
    /// Projects that a rule denies by more than denying everything: what tools fetched of one is no longer nobody's.
    pub refused: Vec<String>,
    /// Directories of projects that a rule denies: who read all of a directory above read them, too.
    pub below: Vec<String>,
}

/// A session that is not kept back, with its conversation, for what it had touched then.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Released {
    /// Which.
    pub name: SessionName,
    /// What stands for the places, as [`crate::HeldSession::marks`] said.
    pub touched: Vec<[u8; 16]>,
}

/// A project that may be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VisibleProject {
    /// Its id.
    pub id: String,
    /// Only documents from this moment on; those without a time are then not seen.
    pub from: Option<Timestamp>,
}

/// A question to one bank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeafQuery {
    /// The analysed terms, none twice ([`crate::analyzer::question`]).
    pub terms: Vec<String>,
    /// What must occur literally, letter case ignored.
    pub phrases: Vec<String>,
    /// What else must hold. Filters never change scores.
    pub filter: Filter,
    /// How many documents are wanted.
    pub candidates: usize,
    /// Whether the statistics tell of a sample of sessions, which only matters where several banks answer.
    pub sampled: bool,
}

/// What must hold of a document besides its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Its family.
    pub document_type: Option<DocumentType>,
    /// Its project: the id, the id's last component, or a pattern with `*`; letter case ignored. Either
    /// of its two projects may match.
    pub project: Option<String>,
    /// Its agent.
    pub agent: Option<Agent>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// One bank's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeafAnswer {
    /// What the bank holds as far as the one who asks may see, before the question's filters.
    pub statistics: Statistics,
    /// The best documents by (score, id).
    pub candidates: Vec<Found>,
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The document.
    pub document: Document,
    /// How it relates to the terms.
    pub features: Features,
    /// [`crate::ranking::score`] of the features with the bank's own statistics.
    pub score: f64,
}
