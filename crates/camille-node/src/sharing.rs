//! What of the bank is shared with whom: sharing rules, a key's grant and the owner's releases put together.
//! Pure; it reads no store.

use crate::registry::rule::{self, Rule};
use camille_bank::{SessionName, Shared, VisibleProject};
use camille_proto::grant::Grant;
use camille_proto::vocabulary::Agent;

/// What one with this grant gets of a bank with these projects.
///
/// `relayed`: the question came through a relay; then only what is shared indirectly counts.
pub(crate) fn shared(
    rules: &[Rule],
    projects: &[String],
    released: Vec<(Agent, String)>,
    grant: &Grant,
    relayed: bool,
) -> Shared {
    let ids = || projects.iter().map(String::as_str);
    let visible = rule::visible_projects(rules, ids(), grant, relayed);
    // What a session may have touched is not narrowed by the grant: it is shared all the same, with others.
    let open = rule::visible_projects(rules, ids(), &Grant::teammate(), relayed);
    Shared {
        projects: visible.into_iter().map(|(id, from)| VisibleProject { id, from }).collect(),
        open: open.into_iter().map(|(id, _)| id).collect(),
        released: released
            .into_iter()
            .map(|(agent, session)| SessionName { agent, session })
            .collect(),
    }
}
