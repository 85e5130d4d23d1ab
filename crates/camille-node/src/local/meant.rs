//! What the owner means by the names of projects that they type, in rules and in grants. It never stores a text that
//! means nothing: such a rule would keep nothing private.

use super::known;
use crate::api::reply::Refusal;
use crate::home::Home;
use camille_intake::project::{self, Meaning, Meaningless, ProjectResolver};
use camille_proto::grant::Grant;
use camille_proto::problem::Problem;
use camille_proto::vocabulary::Sharing;
use camille_registry::{Registry, RegistryError, pattern, within};
use jiff::Timestamp;
use std::path::Path;

/// What is meant by what was typed.
pub(super) async fn meaning(home: &Home, typed: &str) -> Result<Meaning, Refusal> {
    let meant = spoken(home, typed).await?;
    let Some(doubt) = &meant.doubt else { return Ok(meant) };
    // A host that only a clone here names is one all the same.
    let projects = known::all(home).await?;
    let names = || projects.iter().flat_map(|project| project.also.iter().chain([&project.id]));
    let is_known = names().any(|name| pattern::denies(&meant.pattern, name));
    if is_known { Ok(meant) } else { Err(meaningless(typed, doubt)) }
}

/// Everything that a deny of what was typed denies: a directory of a repository in all of its clones.
pub(super) async fn of_deny(home: &Home, meant: &Meaning) -> Vec<String> {
    let mut denied: Vec<String> = meant.denied().collect();
    let paths = denied.clone();
    denied.extend(home.blocking(move |home| within(home, &paths)).await);
    denied
}

/// The same paths as those of a repository, if they are in one, by what the disk says now.
pub(super) fn within(home: &Home, paths: &[String]) -> Vec<String> {
    let resolver = ProjectResolver::new(home.settings.sources.person_home.clone());
    let mut found: Vec<String> = Vec::new();
    for path in paths.iter().filter(|path| path.starts_with('/') && pattern::is_exact(path)) {
        let path = resolver.within(path).map(|(project, path)| within::join(&project, &path));
        found.extend(path.filter(|path| !paths.contains(path) && !found.contains(path)));
    }
    found
}

/// What is meant, wherever that may be.
async fn spoken(home: &Home, typed: &str) -> Result<Meaning, Refusal> {
    if let Some((project, path)) = within::split(typed.trim()) {
        let mut meant = Box::pin(spoken(home, project)).await?;
        let names = std::iter::once(&mut meant.pattern).chain(&mut meant.also);
        names.for_each(|name| *name = within::join(name, path));
        return Ok(meant);
    }
    let asked = typed.to_owned();
    let meant = home
        .blocking(move |home| {
            project::meaning(&asked, home.settings.sources.person_home.as_deref())
        })
        .await;
    meant.map_err(|why| meaningless(typed, &why))
}

fn meaningless(typed: &str, why: &Meaningless) -> Refusal {
    Problem::new(400, format!("'{}' names no project", typed.trim()))
        .detail(format!("{why}; nothing was changed"))
        .field("pattern")
        .hint(why.hint())
        .into()
}

/// A grant whose projects are called as rules call them.
pub(super) async fn grant(home: &Home, grant: Grant) -> Result<Grant, Refusal> {
    let Some(typed) = &grant.projects else { return Ok(grant) };
    let mut projects = Vec::with_capacity(typed.len());
    for typed in typed {
        projects.push(meaning(home, typed).await?.pattern);
    }
    Ok(Grant { projects: Some(projects), ..grant })
}

/// Denies that an earlier build kept as they were typed become denies of what they mean. What means nothing today
/// either stays, where its owner sees it.
///
/// # Errors
/// When node.db cannot be read or written.
pub(crate) fn mend(
    registry: &Registry,
    home: Option<&Path>,
    now: Timestamp,
) -> Result<(), RegistryError> {
    for rule in registry.rules()? {
        if rule.sharing != Sharing::Private || !project::is_as_typed(&rule.pattern) {
            continue;
        }
        let denied = denied(&rule.pattern, home);
        if denied.is_empty() || denied.contains(&rule.pattern) {
            continue;
        }
        for pattern in &denied {
            registry.unshare(pattern, now)?;
        }
        registry.forget_rule(&rule.pattern)?;
    }
    Ok(())
}

/// All that a deny denies that was typed so.
fn denied(typed: &str, home: Option<&Path>) -> Vec<String> {
    let several = match project::meaning(typed, home) {
        Ok(meant) if meant.doubt.is_none() => return meant.denied().collect(),
        Err(Meaningless::Several(names)) => names,
        Err(Meaningless::Wildcard { plain }) => vec![plain],
        _ => return Vec::new(),
    };
    let meant: Vec<Meaning> =
        several.iter().filter_map(|typed| project::meaning(typed, home).ok()).collect();
    match meant.len() == several.len() {
        true => meant.iter().flat_map(Meaning::denied).collect(),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::denied;

    #[test]
    fn what_earlier_builds_kept_as_it_was_typed_denies_what_is_meant() {
        let home = tempfile::tempdir().expect("a directory");
        std::fs::write(
            home.path().join(".gitconfig"),
            "[url \"git@github.com:\"]\n\tinsteadOf = work:\n",
        )
        .expect("writes");
        for (kept, name) in [
            ("work:acme/secret", "github.com/acme/secret"),
            ("gh:acme/secret", "github.com/acme/secret"),
            ("`github.com/acme/secret`", "github.com/acme/secret"),
            ("github.com/acme/{api,secret}", "github.com/acme/secret"),
            ("github.com/acme/sec?et", "github.com/acme/sec*et"),
            ("github.com/acme/secret@main", "github.com/acme/secret"),
        ] {
            assert!(camille_intake::project::is_as_typed(kept), "{kept}");
            let denied = denied(kept, Some(home.path()));
            assert!(denied.iter().any(|one| one == name), "{kept}: {denied:?}");
        }
        assert!(denied("zz:acme/secret", Some(home.path())).is_empty());
        for kept in ["github.com/acme/secret", "/home/ana/a:b", "unclear:/a", "h.example:7999/a/b"]
        {
            assert!(!camille_intake::project::is_as_typed(kept), "{kept}");
        }
    }
}
