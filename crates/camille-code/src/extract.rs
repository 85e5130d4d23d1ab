//! Bytes of one file → facts. One adapter a language behind [`Extractor`]; a panic, a parse that takes too long or a tree
//! without end costs that file and no other.

use crate::c::C;
use crate::facts::Facts;
use crate::go::Go;
use crate::java::Java;
use crate::python::Python;
use crate::rust::Rust;
use crate::script::Script;
use crate::{Family, Language};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Counts up whenever the facts of an unchanged file may differ from what an earlier build made of it.
pub const EXTRACTOR_VERSION: u16 = 1;

/// Why a file has no facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The grammar could not be set up.
    #[error("the grammar is not usable")]
    Grammar,
    /// Parsing took longer than a file may take.
    #[error("parsing took longer than two seconds")]
    TooSlow,
    /// It is nested more deeply than a parser can follow.
    #[error("it is nested too deeply")]
    TooDeep,
    /// The adapter panicked.
    #[error("reading it failed in camille itself")]
    Panicked,
}

/// Reads a language. Total: whatever the text is, there are facts or a trouble.
pub(crate) trait Extractor: Sync {
    fn extract(&self, text: &str, language: Language) -> Result<Facts, Trouble>;

    /// Parses and looks at nothing: what reading is measured against.
    fn parse(&self, text: &str, language: Language) -> Result<(), Trouble>;
}

fn extractor(language: Language) -> &'static dyn Extractor {
    match language.family() {
        Family::Script => &Script,
        Family::Rust => &Rust,
        Family::Java => &Java,
        Family::Go => &Go,
        Family::C => &C,
        Family::Python => &Python,
    }
}

/// The facts of a file's text.
///
/// # Errors
/// When the file cannot be read; nothing but this file is the worse for it.
pub fn extract(text: &str, language: Language) -> Result<Facts, Trouble> {
    catch_unwind(AssertUnwindSafe(|| extractor(language).extract(text, language)))
        .unwrap_or(Err(Trouble::Panicked))
}

/// Parses a text and drops the tree: the measure that the cost of facts and edges is held to.
#[doc(hidden)]
pub fn parse_only(text: &str, language: Language) {
    let _ = catch_unwind(AssertUnwindSafe(|| extractor(language).parse(text, language)));
}

/// The text of a file's bytes; what is no UTF-8 is replaced, lines stay lines.
#[must_use]
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8_lossy(bytes)
}
