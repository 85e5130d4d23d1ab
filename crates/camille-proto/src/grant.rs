//! What a key may do and read.

use crate::word::UnknownWord;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// A right a key can carry.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    /// Ask questions.
    Search,
    /// Read whole documents and sessions.
    Read,
    /// Have questions passed on to this node's peers.
    Indirect,
}

/// What a key may read: shared projects only, all of them or the named ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The rights.
    pub verbs: Vec<Verb>,
    /// Patterns of project ids; absent: every shared project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
}

impl Grant {
    /// What an invited teammate gets: search and read in every shared project, and to have questions passed
    /// on, which counts only where the node does that at all.
    #[must_use]
    pub fn teammate() -> Self {
        Self { verbs: vec![Verb::Search, Verb::Read, Verb::Indirect], projects: None }
    }

    /// Whether it carries this right.
    #[must_use]
    pub fn allows(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }
}

impl Verb {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Read => "read",
            Self::Indirect => "indirect",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Verb {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "search" => Ok(Self::Search),
            "read" => Ok(Self::Read),
            "indirect" => Ok(Self::Indirect),
            _ => Err(UnknownWord { given: text.into(), allowed: "search, read, indirect" }),
        }
    }
}
