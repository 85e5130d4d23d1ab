//! Scripts that show what a file holds, and those that only name, make, leave out or use it.

use super::*;

/// Whether a script shows something of what is called so.
fn shows(script: &str, names: &[&str]) -> bool {
    let Some(shown) = shown(script, None) else { return true };
    names.iter().any(|name| shown.text.contains(name))
}

const NAMES: &[&str] = &[".env", ".pem", "secrets", "keys.json"];

/// Those of a list that are not as they should be, each with what was kept of it.
fn wrong(list: &str, should_show: bool) -> String {
    let scripts =
        list.lines().filter(|line| !line.is_empty()).map(|line| line.replace("\\n", "\n"));
    let wrong = scripts.filter(|script| shows(script, NAMES) != should_show);
    wrong
        .map(|script| format!("{script}\n  → {:?}\n", shown(&script, None).map(|it| it.text)))
        .collect()
}

#[test]
fn what_is_named_made_left_out_or_used_is_not_shown() {
    let wrong = wrong(include_str!("named.txt"), false);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_may_be_shown_is_kept() {
    let wrong = wrong(include_str!("shown.txt"), true);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_script_that_only_lists_is_known() {
    for script in [
        "git diff --stat",
        "find . -name .env",
        "ls -la | head -5",
        "tree -a; git ls-files | wc -l",
        "cd api && git status --short",
        "rg -l KEY src",
    ] {
        assert!(shown(script, None).is_some_and(|shown| shown.only_names), "{script}");
    }
    for script in
        ["git diff", "ls | xargs cat", "ls && cat a", "rg KEY", "for f in *; do cat $f; done"]
    {
        assert!(!shown(script, None).is_some_and(|shown| shown.only_names), "{script}");
    }
}
