//! What a reader remembers from line to line. Small, bounded, and stored with the file's checkpoint.
//!
//! It never holds text of a transcript, apart from ids, directories, branches and titles already redacted.

use camille_proto::vocabulary::Agent;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a reader remembers from line to line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    agent: Agent,
    /// The session that the file's name tells.
    file_session: String,
}

impl Cursor {
    /// The state before the first line of this file.
    #[must_use]
    pub fn new(agent: Agent, path: &Path) -> Self {
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        Self { agent, file_session: stem }
    }

    /// Whose transcript the file is.
    #[must_use]
    pub fn agent(&self) -> Agent {
        self.agent
    }

    /// The session that the file's name tells.
    #[must_use]
    pub fn file_session(&self) -> &str {
        &self.file_session
    }
}
