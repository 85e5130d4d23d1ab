//! What a rule is. The rules themselves stand in the tables beside this file.

use super::placeholder;
use std::ops::Range;

/// A kind of secret.
#[derive(Debug)]
pub(super) struct Rule {
    /// Stands in the place of the secret, as `[redacted:<name>]`.
    pub(super) name: &'static str,
    /// Every match begins with one of these.
    pub(super) anchors: &'static [&'static str],
    /// What may stand before it.
    pub(super) boundary: Boundary,
    /// How far it goes.
    pub(super) matcher: Matcher,
    /// Whether what was matched is a secret, and not a placeholder.
    pub(super) is_secret: fn(&str) -> bool,
    /// Texts with exactly one such secret, made up, and written in pieces so that scanners of this
    /// repository do not take them for leaks.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests of the table read it"))]
    pub(super) secret: &'static [&'static str],
    /// Texts that look alike and stay as they are.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests of the table read it"))]
    pub(super) harmless: &'static [&'static str],
}

/// The members that most rules have in common. Name, anchors, matcher and example are to be filled in.
pub(super) const TOKEN: Rule = Rule {
    name: "",
    anchors: &[],
    boundary: Boundary::Word,
    matcher: Matcher::Pattern(""),
    is_secret: placeholder::is_real,
    secret: &[],
    harmless: &[],
};

/// What may stand before a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boundary {
    /// Anything.
    None,
    /// No letter and no digit.
    Word,
    /// No letter, no digit, no `-` and no `_`.
    Token,
}

/// How a match goes on from its anchor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Matcher {
    /// A regular expression that begins at the anchor; its first group, if it has one, is the secret.
    /// Repetitions of a token's letters have no upper bound, so that a match never ends within a token.
    Pattern(&'static str),
    /// A function of the text from the anchor on, which gives the place of the secret.
    Scan(fn(&str) -> Option<Range<usize>>),
}
