//! Doors for `xtask eval fuzz`: parsers of what comes from outside that have no route of their own. Not for use.

use crate::api::extract;
use crate::mesh::discovery::txt;

/// Whether these properties announce a node.
#[must_use]
pub fn announces(properties: &[(String, String)]) -> bool {
    let get = |name: &str| {
        let found = properties.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    txt::read(get).is_some()
}

/// Whether this message of a socket is a question.
#[must_use]
pub fn asks(message: &str) -> bool {
    extract::object(message)
        .and_then(|members| extract::search_members(members, extract::Scope::Local))
        .is_ok()
}
