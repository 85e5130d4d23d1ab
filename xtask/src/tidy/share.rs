//! How much of the product each crate is: one that grows beyond a share becomes the room in which everything stands.

use super::Finding;
use super::tree::Tree;
use std::collections::BTreeMap;

/// The largest share of the product's lines that a crate may have, in per cent.
const PERCENT_MAX: usize = 30;
/// Crates that are no part of the product.
const OUTSIDE: &[&str] = &["camille-testkit"];
/// Below so many lines a house has no rooms yet.
const LINES_MIN: usize = 1_000;

/// Every crate that is too large.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for file in tree.ending(".rs") {
        let Some(rest) = file.path.strip_prefix("crates/") else { continue };
        let Some((name, within)) = rest.split_once('/') else { continue };
        if within.starts_with("src/") && !OUTSIDE.contains(&name) {
            *lines.entry(name).or_default() += file.text.lines().count();
        }
    }
    let all: usize = lines.values().sum();
    let too_large =
        |(_, lines): &(&str, usize)| all >= LINES_MIN && lines * 100 > all * PERCENT_MAX;
    let message = |lines| {
        format!(
            "{lines} of the product's {all} lines, at most {PERCENT_MAX} %: give a part of it a crate of its own"
        )
    };
    let large = lines.into_iter().filter(too_large);
    large.map(|(name, lines)| Finding::new(&format!("crates/{name}"), 0, message(lines))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_is_most_of_the_house_is_told() {
        let text = |lines: usize| "//! x\n".repeat(lines);
        let (large, small) = (text(600), text(300));
        let files = [
            ("crates/a/src/lib.rs", large.as_str()),
            ("crates/b/src/lib.rs", small.as_str()),
            ("crates/c/src/lib.rs", small.as_str()),
            ("crates/d/src/lib.rs", small.as_str()),
            ("crates/b/tests/large.rs", large.as_str()),
            ("crates/camille-testkit/src/lib.rs", large.as_str()),
        ];
        let found: Vec<String> =
            check(&Tree::of(&files)).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["crates/a"]);
        assert_eq!(check(&Tree::of(&files[..1])), [], "a single small one");
    }
}
