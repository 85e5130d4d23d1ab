//! What this build serves, as it is announced and told.

/// What this build serves.
pub(crate) fn capabilities() -> Vec<String> {
    vec!["search".to_owned()]
}
