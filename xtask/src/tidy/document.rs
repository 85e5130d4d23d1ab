//! Rules about the documents: short, complete, and no link leads nowhere.

use super::Finding;
use super::tree::{File, Tree};
use std::collections::HashSet;

const README_LINES_MAX: usize = 200;
const ARCHITECTURE_LINES_MAX: usize = 300;

/// The two commands by which a stranger judges the product.
const README_COMMANDS: &[&str] = &["cargo run --release -- demo", "cargo test --workspace"];

/// Documents that the code writes. Each names its source, and a test of the binary compares them.
const GENERATED: &[&str] = &["docs/cli.md", "docs/configuration.md"];

/// What must never happen, and the tests that see to it.
const PROMISES: &str = "docs/security.md";

/// Everything in the documents that is against a rule.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_size(tree, "README.md", README_LINES_MAX, &mut findings);
    check_size(tree, "ARCHITECTURE.md", ARCHITECTURE_LINES_MAX, &mut findings);
    check_commands(tree, &mut findings);
    check_code_map(tree, &mut findings);
    check_generated(tree, &mut findings);
    check_promises(tree, &mut findings);
    for file in tree.ending(".md") {
        check_links(tree, file, &mut findings);
    }
    findings
}

fn check_size(tree: &Tree, path: &str, lines_max: usize, findings: &mut Vec<Finding>) {
    match tree.text(path).map(|text| text.lines().count()) {
        None => findings.push(Finding::new(path, 0, "is missing")),
        Some(lines) if lines > lines_max => findings.push(Finding::new(
            path,
            0,
            format!("{lines} lines, at most {lines_max}: move detail to docs/ and link to it"),
        )),
        Some(_) => {}
    }
}

fn check_commands(tree: &Tree, findings: &mut Vec<Finding>) {
    let text = tree.text("README.md").unwrap_or_default();
    for command in README_COMMANDS {
        if !text.lines().any(|line| line.trim().trim_start_matches("$ ") == *command) {
            findings.push(Finding::new(
                "README.md",
                0,
                format!("does not show `{command}` on a line of its own"),
            ));
        }
    }
}

fn check_code_map(tree: &Tree, findings: &mut Vec<Finding>) {
    let text = tree.text("ARCHITECTURE.md").unwrap_or_default();
    for (name, _) in tree.packages() {
        if !text.contains(&format!("`{name}`")) {
            findings.push(Finding::new(
                "ARCHITECTURE.md",
                0,
                format!("does not say what `{name}` is for and what it never does"),
            ));
        }
    }
}

/// Whether the pages are fresh is for the binary's own test to say, since only the binary can write
/// them. Here: nobody took the mark away that keeps people from editing them.
fn check_generated(tree: &Tree, findings: &mut Vec<Finding>) {
    for path in GENERATED {
        let Some(text) = tree.text(path) else { continue };
        if !text.lines().take(5).any(|line| line.to_lowercase().contains("generated")) {
            findings.push(Finding::new(
                path,
                1,
                "is written by the code: say within the first five lines that it is generated, and by what",
            ));
        }
    }
}

/// The page of promises names tests in code marks; a promise whose test is gone is no promise.
fn check_promises(tree: &Tree, findings: &mut Vec<Finding>) {
    let Some(text) = tree.text(PROMISES) else { return };
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| line.starts_with('|')) {
        // Every second piece between code marks is code.
        for name in line.split('`').skip(1).step_by(2).filter(|name| is_test_name(name)) {
            let head = format!("fn {name}(");
            if !tree.ending(".rs").any(|file| file.text.contains(&head)) {
                findings.push(Finding::new(
                    PROMISES,
                    number,
                    format!("there is no test '{name}': name the one that holds this promise"),
                ));
            }
        }
    }
}

fn is_test_name(name: &str) -> bool {
    name.contains('_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn check_links(tree: &Tree, file: &File, findings: &mut Vec<Finding>) {
    for (number, target) in links(&file.text) {
        if target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        let (path, anchor) = match target.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor)),
            None => (target, None),
        };
        let resolved =
            if path.is_empty() { Some(file.path.clone()) } else { resolve(&file.path, path) };
        let Some(resolved) = resolved.filter(|path| tree.paths.contains(path.as_str())) else {
            findings.push(Finding::new(
                &file.path,
                number,
                format!("the link '{target}' leads nowhere"),
            ));
            continue;
        };
        let Some(anchor) = anchor.filter(|_| resolved.ends_with(".md")) else { continue };
        if !anchors(tree.text(&resolved).unwrap_or_default()).contains(anchor) {
            findings.push(Finding::new(
                &file.path,
                number,
                format!("{resolved} has no heading for '#{anchor}'"),
            ));
        }
    }
}

/// `](target)` outside fenced code, with the lines they stand on.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in outside_fences(text) {
        for (at, _) in line.match_indices("](") {
            if let Some((target, _)) = line[at + 2..].split_once(')') {
                links.push((number, target.split_whitespace().next().unwrap_or_default()));
            }
        }
    }
    links
}

fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return false;
        }
        !fenced
    })
}

/// Where a link in `from` leads, as a path from the root; none if it leaves the checkout.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchors of a document's headings, made as GitHub makes them.
fn anchors(text: &str) -> HashSet<String> {
    outside_fences(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, heading)| {
            heading
                .trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str =
        "# camille\n\n    cargo run --release -- demo\n    cargo test --workspace\n";

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).into_iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn a_small_house_is_fine() {
        assert_eq!(messages(&[("README.md", README), ("ARCHITECTURE.md", "")]), [""; 0]);
    }

    #[test]
    fn the_two_documents_exist_and_stay_short() {
        assert_eq!(messages(&[("README.md", README)]), ["broken: ARCHITECTURE.md: is missing"]);
        let long = format!("{README}{}", "\n".repeat(200));
        assert_eq!(messages(&[("README.md", &long), ("ARCHITECTURE.md", "")]).len(), 1);
        let long = "\n".repeat(301);
        assert_eq!(messages(&[("README.md", README), ("ARCHITECTURE.md", &long)]).len(), 1);
    }

    #[test]
    fn the_readme_shows_its_commands() {
        let found = messages(&[("README.md", "cargo test --workspace"), ("ARCHITECTURE.md", "")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("demo"));
    }

    #[test]
    fn the_code_map_is_complete() {
        let found = messages(&[
            ("README.md", README),
            ("ARCHITECTURE.md", "`camille-bank` keeps."),
            ("crates/camille-bank/Cargo.toml", ""),
            ("xtask/Cargo.toml", ""),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`xtask`"));
    }

    #[test]
    fn links_lead_somewhere() {
        let links = |text: &str| {
            messages(&[
                ("README.md", README),
                ("ARCHITECTURE.md", "# Bird's eye view\n"),
                ("docs/a.md", text),
            ])
        };
        assert_eq!(links("[x](../README.md) [y](https://example.org) [z](../docs)"), [""; 0]);
        assert_eq!(links("[x](../ARCHITECTURE.md#birds-eye-view)"), [""; 0]);
        assert_eq!(links("[x](../ARCHITECTURE.md#elsewhere)").len(), 1);
        assert_eq!(links("[x](b.md)").len(), 1);
        assert_eq!(links("[x](../../README.md)").len(), 1);
        assert_eq!(links("```\n[x](b.md)\n```\n"), [""; 0]);
    }

    #[test]
    fn promises_are_tested() {
        let page = "| no leak | `nothing_leaks`, see `docs/a.md` |\n";
        let with = |code: &str| {
            messages(&[
                ("README.md", README),
                ("ARCHITECTURE.md", ""),
                (PROMISES, page),
                ("crates/camille-node/tests/api.rs", code),
            ])
        };
        assert_eq!(with("#[test]\nfn nothing_leaks() {}\n"), [""; 0]);
        assert_eq!(with("#[test]\nfn something_else() {}\n").len(), 1);
    }

    #[test]
    fn generated_pages_say_so() {
        let page = |text: &str| {
            messages(&[("README.md", README), ("ARCHITECTURE.md", ""), ("docs/cli.md", text)])
        };
        assert_eq!(page("<!-- Generated by `camille generate-docs`. -->\n"), [""; 0]);
        assert_eq!(page("# Commands\n").len(), 1);
    }
}
