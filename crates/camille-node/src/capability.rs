//! What this build serves, as it is announced and told.

use camille_proto::vocabulary::{Agent, DocumentKind, DocumentType, Speaker};
use camille_proto::word::Growing;

/// What this build serves.
pub(crate) fn capabilities() -> Vec<String> {
    vec!["search".to_owned()]
}

/// The words that this build knows, each with what it is a word for.
pub(crate) fn understands() -> Vec<String> {
    let of = |set: &str, words: Vec<&str>| -> Vec<String> {
        words.into_iter().map(|word| format!("{set}:{word}")).collect()
    };
    [
        of("agent", Agent::known()),
        of("kind", DocumentKind::known()),
        of("speaker", Speaker::known()),
        of("type", DocumentType::known()),
    ]
    .concat()
}
