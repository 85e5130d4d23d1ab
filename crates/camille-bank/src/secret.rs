//! Secrets that were found: where, and by which rule. It never holds one.

use camille_proto::vocabulary::Agent;

/// A rule's finding in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// True if the secret was replaced; false if it may be one and stays.
    pub replaced: bool,
}

/// What redacting a stored text once more yields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    /// The text without what was found; `None`: it stays as it is.
    pub text: Option<String>,
    /// What was found.
    pub found: Vec<Finding>,
}

/// Secrets that one rule found in one line of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSecret {
    /// The rule.
    pub rule: String,
    /// True if they were replaced; false if they may be secrets and stay.
    pub replaced: bool,
    /// How many.
    pub count: u64,
    /// The file, by the name it was taken in under.
    pub file: String,
    /// The byte at which the line begins.
    pub offset: u64,
    /// The session it belongs to, where the line says so.
    pub session: Option<(Agent, String)>,
    /// That session's project.
    pub project: Option<String>,
}

/// What redacting a bank anew did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redacted {
    /// Documents and titles whose text changed.
    pub changed: u64,
    /// False if it was stopped on the way; it goes on from there.
    pub finished: bool,
}
