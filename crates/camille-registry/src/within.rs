//! Paths of a repository: `github.com/acme/api//finance` is that path in every clone and worktree of it; and what a
//! repository calls its worktrees. Texts and nothing more.

/// What parts a project's id from a path in it.
const MARK: &str = "//";

/// Begins the name by which a project knows the root of a worktree: no name that a rule may deny, since who denies a
/// worktree does not mean the repository.
const WORKTREE: &str = "worktree:";

/// A path in every clone of a project.
#[must_use]
pub fn join(project: &str, path: &str) -> String {
    format!("{}{MARK}{}", project.trim_end_matches('/'), path.trim_matches('/'))
}

/// The project and the path in it, if a rule names such.
#[must_use]
pub fn split(pattern: &str) -> Option<(&str, &str)> {
    let (project, path) = pattern.split_once(MARK)?;
    let is_one =
        !project.is_empty() && !project.ends_with(':') && !path.trim_matches('/').is_empty();
    is_one.then_some((project, path))
}

/// The name by which a project knows a worktree.
#[must_use]
pub fn worktree(root: &str) -> String {
    format!("{WORKTREE}{root}")
}

/// Whether a project's other name says where a worktree is, and is nothing that one calls it by.
#[must_use]
pub fn is_worktree(name: &str) -> bool {
    name.starts_with(WORKTREE)
}

/// Where a worktree is, if a name says so.
#[must_use]
pub fn root(name: &str) -> Option<&str> {
    name.strip_prefix(WORKTREE)
}

#[cfg(test)]
mod tests {
    use super::super::pattern;
    use super::*;

    #[test]
    fn a_path_of_a_repository_denies_nothing_else_of_it() {
        for (pattern, parts) in [
            ("h.example/a/web//docs", Some(("h.example/a/web", "docs"))),
            ("/home/ana/web//docs/x", Some(("/home/ana/web", "docs/x"))),
            ("https://h.example/a", None),
            ("h.example/a/web", None),
            ("h.example/a/web//", None),
        ] {
            assert_eq!(split(pattern), parts, "{pattern}");
        }
        for pattern in
            ["github.com/a/web//docs", "dev.azure.com/o/p/_git/web//docs", "/home/ana//web"]
        {
            let (project, _) = split(pattern).expect("a path");
            assert!(!pattern::denies(pattern, project), "{pattern}");
            assert!(pattern::denies(pattern, pattern));
        }
    }
}
