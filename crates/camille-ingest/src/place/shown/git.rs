//! Commands of git by what they show: names and counts, or what files hold.

use super::rule::Given;

/// Commands of git that show nothing of what files hold.
pub(super) fn names(arguments: &[&str], given: Given) -> bool {
    let mut rest = arguments;
    while let Some((first, after)) = rest.split_first() {
        rest = match *first {
            "-C" | "-c" | "--git-dir" | "--work-tree" => after.get(1..).unwrap_or_default(),
            option if option.starts_with('-') => after,
            _ => break,
        };
    }
    let Some((command, words)) = rest.split_first() else { return true };
    let options = || words.iter().take_while(|word| **word != "--");
    let has = |names: &[&str]| options().any(|word| names.contains(word));
    let shows = has(&["-p", "-u", "--patch", "-pu", "-U0", "-W", "--cc"])
        || (*command == "add" && has(&["-i", "--interactive", "-e", "--edit"]))
        || (*command == "commit" && has(&["-v", "--verbose"]))
        || options().any(|word| {
            word.starts_with("-L")
                || word.starts_with("-U")
                || word.starts_with("--patch")
                || word.starts_with("--word-diff")
                || (word.starts_with('-')
                    && !word.starts_with("--")
                    && word.contains('p')
                    && *command == "log")
        });
    let is_list = has(&[
        "--stat",
        "--name-only",
        "--name-status",
        "--numstat",
        "--shortstat",
        "--summary",
        "--quiet",
        "--no-patch",
        "-s",
        "-q",
        "--dirstat",
        "--compact-summary",
        "--raw",
    ]) || options()
        .any(|word| word.starts_with("--stat=") || word.starts_with("--dirstat"));
    let lists = match *command {
        "rm" | "check-ignore" | "status" | "add" | "update-index" | "ls-files" | "ls-tree"
        | "mv" | "restore" | "checkout" | "switch" | "reset" | "branch" | "tag" | "push"
        | "pull" | "fetch" | "merge" | "rebase" | "cherry-pick" | "revert" | "clean"
        | "filter-repo" | "rev-list" | "rev-parse" | "worktree" | "clone" | "sparse-checkout"
        | "check-attr" | "ls-remote" | "remote" | "init" | "gc" | "fsck" | "lfs" | "describe"
        | "shortlog" | "count-objects" | "hash-object" | "apply" | "am" | "submodule"
        | "bisect" | "mktree" | "write-tree" | "prune" | "bundle" | "name-rev" | "merge-base"
        | "reflog" | "maintenance" => !shows,
        "commit" => !shows,
        "stash" => !(has(&["-p", "--patch"]) || shows && words.first() == Some(&"show")),
        "log" | "whatchanged" => !shows && *command == "log",
        "diff" | "show" | "diff-tree" | "diff-index" | "diff-files" => is_list && !shows,
        "grep" => has(&[
            "-l",
            "-L",
            "-c",
            "-q",
            "--files-with-matches",
            "--name-only",
            "--count",
            "--quiet",
        ]),
        "cat-file" => has(&["-e", "-t", "-s"]),
        _ => false,
    };
    lists && (!given.feeds || matches!(*command, "rm" | "add" | "commit"))
}
