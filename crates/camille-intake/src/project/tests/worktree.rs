//! A path in a worktree, one that is gone too, is a path of the repository.

use super::*;

#[test]
fn a_path_in_any_worktree_is_one_of_the_repository() {
    let disk = Disk::new();
    disk.repository("api", Some("git@github.com:acme/api.git"));
    disk.file("tree/.git", &format!("gitdir: {}\n", disk.path("api/.git/worktrees/tree")));
    disk.file("api/.git/worktrees/tree/commondir", "../..\n");
    disk.file("tree/finance/plan.md", "");
    let resolver = ProjectResolver::new(None);
    let main = disk.path("api/finance/plan.md");
    for path in [
        "tree/finance/plan.md",
        "api/.claude/worktrees/gone/finance/plan.md",
        "api/.worktrees/gone/finance/plan.md",
    ] {
        assert_eq!(resolver.twin(&disk.path(path)).as_deref(), Some(main.as_str()), "{path}");
    }
    assert_eq!(resolver.twin(&main), None);
    let project = "github.com/acme/api".to_owned();
    for root in ["tree", "api", "api/.worktrees/gone"] {
        for path in ["finance/plan.md", "finance", "gone/deep"] {
            let found = resolver.within(&disk.path(&format!("{root}/{path}")));
            assert_eq!(found, Some((project.clone(), path.to_owned())), "{root}");
        }
    }
    assert_eq!(resolver.within(&disk.path("api")), None);
    assert_eq!(resolver.within(&disk.path("tree")), None);
    assert_eq!(resolver.within(&disk.path("elsewhere/x")), None);
}

#[test]
fn a_repository_knows_its_worktrees_as_nothing_that_one_calls_it_by() {
    let disk = Disk::new();
    disk.repository("api", Some("git@github.com:acme/api.git"));
    disk.file("api/.git/worktrees/gone/gitdir", &format!("{}\n", disk.path("shared-gone/.git")));
    disk.file("tree/.git", &format!("gitdir: {}\n", disk.path("api/.git/worktrees/tree")));
    disk.file("api/.git/worktrees/tree/commondir", "../..\n");
    let resolver = ProjectResolver::new(None);
    assert_eq!(resolver.resolve_session(&disk.path("tree"), None, None), "github.com/acme/api");
    // A worktree of which nothing is left but what the transcript says.
    let cwd = disk.path("codex/worktrees/ab12/api/src");
    let project = resolver.resolve_session(&cwd, Some("https://github.com/acme/api"), None);
    assert_eq!(project, "github.com/acme/api");
    let names: Vec<String> = resolver.take_names().into_iter().map(|(_, name)| name).collect();
    for root in ["tree", "shared-gone", "codex/worktrees/ab12/api"] {
        let name = camille_registry::within::worktree(&disk.path(root));
        assert!(names.contains(&name), "{root}: {names:?}");
        assert!(!names.contains(&disk.path(root)), "{root}");
    }
}
