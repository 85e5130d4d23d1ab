//! The house rules as a check. Each rule names what to do instead; none looks at more than the text of
//! the files, so that it is quick and its tests need no disk.

mod circle;
mod direction;
mod document;
mod layout;
mod share;
mod source;
mod tree;

use anyhow::Result;
use std::fmt;
use std::path::Path;
use tree::Tree;

/// Everything in the workspace at `root` that is against a rule, in the order of the files.
///
/// # Errors
/// A folder could not be read.
pub fn run(root: &Path) -> Result<Vec<Finding>> {
    Ok(check(&Tree::load(root)?))
}

fn check(tree: &Tree) -> Vec<Finding> {
    let rules: [fn(&Tree) -> Vec<Finding>; 6] = [
        direction::check,
        circle::check,
        share::check,
        source::check,
        layout::check,
        document::check,
    ];
    let mut findings: Vec<Finding> = rules.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    findings
}

/// One place that is against a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    path: String,
    /// From 1; 0 means the file as a whole.
    line: usize,
    message: String,
    weight: Weight,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Worth a thought, not a failure.
    Warns,
    /// The check fails.
    Fails,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into(), weight: Weight::Fails }
    }

    fn warning(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { weight: Weight::Warns, ..Self::new(path, line, message) }
    }

    /// Whether this makes the check fail.
    pub fn fails(&self) -> bool {
        self.weight == Weight::Fails
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.fails() { "broken" } else { "think" };
        match self.line {
            0 => write!(f, "{kind}: {}: {}", self.path, self.message),
            line => write!(f, "{kind}: {}:{line}: {}", self.path, self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This is how `cargo test --workspace` notices an untidy house.
    #[test]
    fn the_house_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
        let broken: Vec<String> = run(root)
            .expect("the tree is readable")
            .iter()
            .filter(|f| f.fails())
            .map(ToString::to_string)
            .collect();
        assert!(broken.is_empty(), "cargo xtask tidy:\n{}", broken.join("\n"));
    }
}
