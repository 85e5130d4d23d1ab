//! Where secrets were found.

use crate::vocabulary::Agent;
use serde::{Deserialize, Serialize};

/// Secrets that one rule found in one line of a transcript: an element of `GET /local/v1/secrets`. Never what
/// they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretLine {
    /// The rule that found them.
    pub rule: String,
    /// True if they were replaced; false if they may be secrets and stay.
    pub replaced: bool,
    /// How many.
    pub count: u64,
    /// The session's project, where the line belongs to a session.
    pub project: Option<String>,
    /// Whose session it is.
    pub agent: Option<Agent>,
    /// The session, as its agent names it.
    pub session: Option<String>,
    /// The transcript. The secret still stands in it: it is not camille's.
    pub file: String,
    /// The line in it, from 1; absent where the file is gone or shorter now.
    pub line: Option<u64>,
}
