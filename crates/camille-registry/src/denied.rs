//! The directories that rules deny: those that they name, and the same path in every clone and worktree of the
//! repository they are in, since what lies there lies in all of them. Pure: rules and names in, directories out.

use super::pattern::{self, UNCLEAR};
use super::rule::{Names, Rule};
use super::within;
use camille_proto::vocabulary::Sharing;
use std::collections::{BTreeSet, HashSet};

/// The directories that rules deny by themselves, whatever repository lies there: those that they name, and the same
/// paths in every other clone of the repository they are in, as far as its clones are known.
#[must_use]
pub fn directories(rules: &[Rule], projects: &[String], names: &Names) -> Vec<String> {
    let mut denied = BTreeSet::new();
    let mut paths: Vec<(HashSet<String>, String)> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.sharing == Sharing::Private) {
        if let Some((project, path)) = within::split(&rule.pattern) {
            let is_meant = |name: &&str| pattern::denies(project, name);
            let found = projects.iter().filter(|id| called(id, names).any(|name| is_meant(&name)));
            let mut of: HashSet<String> =
                found.flat_map(|id| called(id, names)).map(str::to_lowercase).collect();
            of.insert(project.to_lowercase());
            paths.push((of, path.to_owned()));
            continue;
        }
        let directory = rule.pattern.trim_end_matches("/**").trim_end_matches("/*");
        if !directory.starts_with('/') || !pattern::is_exact(directory) {
            continue;
        }
        denied.insert(directory.to_owned());
        let folded = directory.to_lowercase();
        for id in projects {
            let within = called(id, names).filter_map(root).find_map(|root| {
                let path = folded.strip_prefix(&root.to_lowercase())?.strip_prefix('/')?;
                // Letters may change their length with their case.
                let at = directory.len().checked_sub(path.len());
                let path = at.and_then(|at| directory.get(at..)).unwrap_or(path);
                Some(path.to_owned())
            });
            if let Some(path) = within {
                paths.push((called(id, names).map(str::to_lowercase).collect(), path));
            }
        }
    }
    for (of, path) in paths {
        denied.extend(roots(of, projects, names).iter().map(|root| format!("{root}/{path}")));
    }
    denied.into_iter().collect()
}

/// The roots of every clone of what has one of these names, and of what shares a name with it: a fork is a clone, too.
fn roots(mut of: HashSet<String>, projects: &[String], names: &Names) -> BTreeSet<String> {
    let mut rest: Vec<&String> = projects.iter().collect();
    loop {
        let before = rest.len();
        rest.retain(|id| {
            // Why a project is unclear many may say.
            let mut told = called(id, names).filter(|name| !name.starts_with(UNCLEAR));
            let is_one = told.any(|name| of.contains(&name.to_lowercase()));
            if is_one {
                of.extend(called(id, names).map(str::to_lowercase));
            }
            !is_one
        });
        if rest.len() == before {
            break;
        }
    }
    let is_met = |id: &&String| !rest.contains(id);
    let met = projects.iter().filter(is_met).flat_map(|id| called(id, names));
    let mut roots: BTreeSet<String> = met.filter_map(root).map(str::to_owned).collect();
    roots.extend(of.iter().filter(|name| name.starts_with('/')).cloned());
    roots
}

/// What a project is called.
fn called<'a>(id: &'a String, names: &'a Names) -> impl Iterator<Item = &'a str> {
    std::iter::once(id).chain(names.get(id).into_iter().flatten()).map(String::as_str)
}

/// The directory that a name says.
fn root(name: &str) -> Option<&str> {
    let name = within::root(name).or_else(|| name.strip_prefix(UNCLEAR)).unwrap_or(name);
    (name.starts_with('/') && name.len() > 1).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn deny(pattern: &str) -> Rule {
        let sharing = Sharing::Private;
        Rule { pattern: pattern.to_owned(), sharing, from: None, created: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_denied_directory_is_denied_in_every_clone_by_whichever_it_is_named() {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let projects =
            owned(&["h.example/a/web", "h.example/me/web", "/home/ana/alone", "h.example/a/api"]);
        let names = Names::from([
            (projects[0].clone(), owned(&["/home/ana/web", "/srv/web2", "worktree:/tmp/fix"])),
            (projects[1].clone(), owned(&["h.example/A/web", "/home/ana/fork"])),
            (projects[3].clone(), owned(&["/home/ana/web-api"])),
        ]);
        let roots = ["/home/ana/web", "/srv/web2", "/tmp/fix", "/home/ana/fork"];
        let everywhere = |path: &str| roots.map(|root| format!("{root}/{path}"));
        let mut patterns = everywhere("docs/x.md").to_vec();
        patterns.extend(owned(&[
            "h.example/a/web//docs/x.md",
            "h.example/me/WEB//docs/x.md",
            "web//docs/x.md",
        ]));
        for pattern in &patterns {
            let denied = directories(&[deny(pattern)], &projects, &names);
            for path in everywhere("docs/x.md") {
                assert!(denied.contains(&path), "{pattern}: {path} of {denied:?}");
            }
            assert!(!denied.iter().any(|path| path.contains("web-api") || path.contains("alone")));
        }
        for pattern in
            ["/home/ana/alone/docs", "/home/ana/web-api/docs", "/home/ana/webs", "/home/ana/web"]
        {
            assert_eq!(directories(&[deny(pattern)], &projects, &names), [pattern]);
        }
        assert!(directories(&[deny("h.example/a/other//docs")], &projects, &names).is_empty());
        for worktree in ["/tmp/fix", "/tmp", "fix"] {
            assert!(!pattern::denies(worktree, &within::worktree("/tmp/fix")), "{worktree}");
        }
    }
}
