//! A question as it travels: the words and the filters.

use crate::open::{AnyAgent, AnyType};
use crate::vocabulary::{Agent, DocumentType};
use crate::whole::whole;
use crate::word::Growing;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The most hits one may ask for.
pub const LIMIT_MAX: u32 = 100;
/// The hits one gets without asking for a number.
pub const LIMIT_DEFAULT: u32 = 10;
/// The longest question, in characters.
pub const QUERY_CHARS_MAX: usize = 1024;

/// A question with its filters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// The words, as typed. A part in double quotes must occur literally.
    #[schema(max_length = 1024, pattern = r"\S")]
    pub q: String,
    /// Only documents of this type; absent: all.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<AnyType>,
    /// How many hits are wanted, 1 to 100.
    #[serde(default = "limit_default", deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 100)]
    pub limit: u32,
    /// Only this project: its id, the last part of it, or a pattern with `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub project: Option<String>,
    /// Only this agent's transcripts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AnyAgent>,
    /// Only this person's documents (a node's name, or `user`), case ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub author: Option<String>,
    /// Only documents from this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Only documents before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

fn limit_default() -> u32 {
    LIMIT_DEFAULT
}

/// A word of a filter that a build has none of: a newer one may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// What it should be: `agent` or `type`.
    pub what: &'static str,
    /// The word.
    pub word: String,
    /// The words that are known.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it knows no {} called '{}'", self.what, self.word)
    }
}

impl Query {
    /// A question without filters.
    #[must_use]
    pub fn new(q: impl Into<String>) -> Self {
        Self {
            q: q.into(),
            document_type: None,
            limit: LIMIT_DEFAULT,
            project: None,
            agent: None,
            author: None,
            since: None,
            until: None,
        }
    }

    /// The word of a filter that this build does not know, so that it finds nothing by it.
    #[must_use]
    pub fn unknown_word(&self) -> Option<UnknownWord> {
        let agent = self.agent.filter(|agent| agent.known().is_none());
        let family = self.document_type.filter(|family| family.known().is_none());
        let of = |what, word, known| UnknownWord { what, word, known };
        agent
            .map(|agent| of("agent", agent.to_string(), Agent::known()))
            .or_else(|| family.map(|family| of("type", family.to_string(), DocumentType::known())))
    }

    /// What is wrong with this question, if anything: the member's name and what it must be.
    ///
    /// # Errors
    /// The first member that is out of bounds.
    pub fn check(&self) -> Result<(), QueryError> {
        if self.q.trim().is_empty() {
            return Err(QueryError { field: "q", reason: "is empty".into() });
        }
        if is_too_long(&self.q) {
            return Err(QueryError {
                field: "q",
                reason: format!("has more than {QUERY_CHARS_MAX} characters"),
            });
        }
        if self.limit == 0 || self.limit > LIMIT_MAX {
            return Err(QueryError {
                field: "limit",
                reason: format!("is {}, must be 1 to {LIMIT_MAX}", self.limit),
            });
        }
        for (field, value) in [("project", &self.project), ("author", &self.author)] {
            if value.as_deref().is_some_and(is_too_long) {
                return Err(QueryError {
                    field,
                    reason: format!("has more than {QUERY_CHARS_MAX} characters"),
                });
            }
        }
        Ok(())
    }
}

fn is_too_long(text: &str) -> bool {
    text.chars().nth(QUERY_CHARS_MAX).is_some()
}

/// A question that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{field}' {reason}")]
pub struct QueryError {
    /// The member that is wrong.
    pub field: &'static str,
    /// In what way.
    pub reason: String,
}
