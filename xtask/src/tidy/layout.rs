//! Names of modules: nouns of the domain. A name that fits everything says nothing.

use super::Finding;
use super::tree::Tree;

const NAMELESS: &[&str] = &[
    "util",
    "utils",
    "utility",
    "utilities",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "shared_code",
];

/// Modules with names that say nothing.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.ending(".rs") {
        let parts = file.path.trim_end_matches(".rs").split('/');
        for part in parts.filter(|part| NAMELESS.contains(part)) {
            findings.push(Finding::new(&file.path, 0, instead(part)));
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(name) = inline_module(line).filter(|name| NAMELESS.contains(name)) {
                findings.push(Finding::new(&file.path, number, instead(name)));
            }
        }
    }
    findings
}

fn instead(name: &str) -> String {
    format!(
        "'{name}' says nothing: name the module after the noun it is about, or put the function beside its caller"
    )
}

/// The name in `mod name {` or `pub(crate) mod name {`. `mod name;` shows as a file already.
fn inline_module(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1.trim_start(),
        Some(rest) => rest.trim_start(),
        None => line,
    };
    Some(rest.strip_prefix("mod ")?.strip_suffix('{')?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn modules_are_nouns_of_the_domain() {
        assert_eq!(count("crates/a/src/peer.rs", "mod tests {\n}"), 0);
        assert_eq!(count("crates/a/src/utils.rs", ""), 1);
        assert_eq!(count("crates/a/src/common/mod.rs", ""), 1);
        assert_eq!(count("crates/a/src/lib.rs", "pub(crate) mod helpers {\n}"), 1);
        assert_eq!(count("crates/a/src/lib.rs", "mod manager {\n}"), 1);
    }
}
