//! Replaces secrets by `[redacted:<rule>]`. It never logs or returns a secret's value.

use std::borrow::Cow;

/// Finds and replaces secrets. Making one compiles its rules: keep it.
#[derive(Debug)]
pub struct Redactor {}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text; borrowed where nothing was found.
    pub text: Cow<'a, str>,
    /// What was replaced, in the order of the text.
    pub found: Vec<Finding>,
}

/// A secret that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static str,
}
