//! Rules about the text of Rust files, and about paths that mean something on one machine only.

use super::Finding;
use super::tree::{File, Tree};

/// From here on a file is asked whether it holds two ideas.
const LINES_TO_THINK: usize = 500;
/// From here on it does.
const LINES_MAX: usize = 700;

/// What must not stand in code, and what to do instead. Written in two halves, since this file is
/// checked too.
const BANNED: &[([&str; 2], &str)] = &[
    (["todo", "!("], "build it, or leave it out and say so in the CHANGELOG"),
    (["unimpl", "emented!("], "build it, or return an error that says what is missing"),
    (["#[ign", "ore"], "make the test quick and self-sufficient, or delete it"),
];

/// Folders that exist on the machine of whoever wrote the line.
const MACHINE_FOLDERS: &[[&str; 2]] = &[["/wo", "rk/"], ["/tmp/bash", "_jobs"]];

/// Everything in the sources that is against a rule.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.ending(".rs") {
        check_head(file, &mut findings);
        check_length(file, &mut findings);
        check_banned(file, &mut findings);
    }
    for file in &tree.files {
        check_machine_paths(file, &mut findings);
    }
    findings
}

fn check_head(file: &File, findings: &mut Vec<Finding>) {
    let first = file.text.lines().next().unwrap_or_default();
    if first.strip_prefix("//! ").is_none_or(|rest| rest.trim().is_empty()) {
        findings.push(Finding::new(
            &file.path,
            1,
            "begin with a `//!` line: what the module is for and what it must never do",
        ));
    }
}

fn check_length(file: &File, findings: &mut Vec<Finding>) {
    if file.path.split('/').any(|part| part == "tests") {
        return;
    }
    let code = file.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
    let message = format!("{code} lines without tests: does it hold two ideas? split it by them");
    if code > LINES_MAX {
        findings.push(Finding::new(&file.path, 0, message));
    } else if code > LINES_TO_THINK {
        findings.push(Finding::warning(&file.path, 0, message));
    }
}

fn check_banned(file: &File, findings: &mut Vec<Finding>) {
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (halves, instead) in BANNED {
            let banned = halves.concat();
            if line.contains(&banned) {
                findings.push(Finding::new(
                    &file.path,
                    number,
                    format!("`{}`: {instead}", banned.trim_end_matches('(')),
                ));
            }
        }
    }
}

fn check_machine_paths(file: &File, findings: &mut Vec<Finding>) {
    for (number, line) in (1..).zip(file.text.lines()) {
        for folder in MACHINE_FOLDERS.iter().map(|halves| halves.concat()) {
            let stands_alone = |at: usize| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| {
                    !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '/' | '*' | '}' | '~')
                })
            };
            if line.match_indices(&folder).any(|(at, _)| stands_alone(at)) {
                findings.push(Finding::new(
                    &file.path,
                    number,
                    format!("`{folder}` is a folder of one machine: use a path from the checkout, a temporary folder, or an invented home such as /home/ana"),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn every_file_says_what_it_is_for() {
        assert_eq!(messages("src/a.rs", "//! Counts.\nfn a() {}\n"), [""; 0]);
        assert_eq!(messages("src/a.rs", "fn a() {}\n").len(), 1);
        assert_eq!(messages("src/a.rs", "//!\n").len(), 1);
        assert_eq!(messages("src/a.rs", "").len(), 1);
    }

    #[test]
    fn long_files_are_split() {
        let lines = |n: usize| format!("//! Long.\n{}", "fn a() {}\n".repeat(n));
        assert_eq!(messages("src/a.rs", &lines(400)), [""; 0]);
        assert!(messages("src/a.rs", &lines(600))[0].starts_with("think"));
        assert!(messages("src/a.rs", &lines(800))[0].starts_with("broken"));
        let tested =
            format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(100), "//\n".repeat(900));
        assert_eq!(messages("src/a.rs", &tested), [""; 0], "tests do not count");
        assert_eq!(messages("crates/a/tests/b.rs", &lines(800)), [""; 0]);
    }

    #[test]
    fn nothing_is_left_for_later() {
        for (halves, _) in BANNED {
            let text = format!("//! A.\nfn a() {{ {}) }}\n", halves.concat());
            assert_eq!(messages("src/a.rs", &text).len(), 1, "{text}");
            let comment = format!("//! A.\n// {})\n", halves.concat());
            assert_eq!(messages("src/a.rs", &comment), [""; 0]);
        }
    }

    #[test]
    fn no_path_of_one_machine() {
        for halves in MACHINE_FOLDERS {
            let folder = halves.concat();
            assert_eq!(messages("README.md", &format!("see `{folder}x`")).len(), 1);
            assert_eq!(messages("README.md", &format!("see net{folder}x")), [""; 0]);
        }
    }
}
