//! The files of the checkout, read once. It must never look into `target` or `.git`.

use anyhow::{Context, Result};
use std::path::Path;

/// Every text file, by its path from the root with `/` between the parts, sorted.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    /// Every path there is, folders and binary files included, for links.
    pub(super) paths: std::collections::BTreeSet<String>,
}

/// One text file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl Tree {
    /// Reads the checkout at `root`.
    pub(super) fn load(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.load_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn load_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let entries =
            std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("list {}", folder.display()))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if prefix.is_empty() && matches!(name.as_str(), "target" | ".git") {
                continue;
            }
            let path = format!("{prefix}{name}");
            self.paths.insert(path.clone());
            if entry.file_type()?.is_dir() {
                self.load_folder(&entry.path(), &format!("{path}/"))?;
            } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
                self.files.push(File { path, text });
            }
        }
        Ok(())
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|f| f.path == path).map(|f| f.text.as_str())
    }

    /// The files whose names end so.
    pub(super) fn ending(&self, suffix: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |f| f.path.ends_with(suffix))
    }

    /// The names of the workspace's packages, by their folders.
    pub(super) fn packages(&self) -> impl Iterator<Item = (&str, &File)> {
        self.ending("/Cargo.toml").filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let name = folder.strip_prefix("crates/").unwrap_or(folder);
            (!name.contains('/')).then_some((name, file))
        })
    }

    /// A tree made up for a test.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.files.push(File { path: (*path).into(), text: (*text).into() });
            for (at, _) in path.match_indices('/') {
                tree.paths.insert(path[..at].into());
            }
            tree.paths.insert((*path).into());
        }
        tree
    }
}
