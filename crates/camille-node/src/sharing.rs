//! What of the bank is shared with whom: sharing rules, a key's grant and the owner's releases put together.
//! Pure; it reads no store.

use crate::registry::Release;
use crate::registry::pattern;
use crate::registry::rule::{self, Names, Rule};
use camille_bank::{Released, SessionName, Shared, VisibleProject};
use camille_proto::grant::Grant;
use camille_proto::vocabulary::Sharing;

/// What one with this grant gets of a bank with these projects.
///
/// `relayed`: the question came through a relay; then only what is shared indirectly counts.
pub(crate) fn shared(
    rules: &[Rule],
    projects: &[String],
    names: &Names,
    released: Vec<Release>,
    grant: &Grant,
    relayed: bool,
) -> Shared {
    let ids = || projects.iter().map(String::as_str);
    let visible = rule::visible_projects(rules, ids(), names, grant, relayed);
    // What a session may have touched is not narrowed by the grant: it is shared all the same, with others.
    let open = rule::visible_projects(rules, ids(), names, &Grant::teammate(), relayed);
    Shared {
        projects: visible.into_iter().map(|(id, from)| VisibleProject { id, from }).collect(),
        open: open.into_iter().map(|(id, _)| id).collect(),
        released: released
            .into_iter()
            .map(|Release { agent, session, touched }| Released {
                name: SessionName { agent, session },
                touched,
            })
            .collect(),
        denied: denied(rules),
    }
}

/// The directories that rules deny by themselves, whatever repository lies there.
fn denied(rules: &[Rule]) -> Vec<String> {
    rules
        .iter()
        .filter(|rule| rule.sharing == Sharing::Private)
        .map(|rule| rule.pattern.clone())
        .filter(|pattern| pattern.starts_with('/') && pattern::is_exact(pattern))
        .collect()
}
