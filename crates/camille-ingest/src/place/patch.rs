//! The files that a patch is about: Codex's own format, and unified diffs.

use super::{Doing, Mentions};

/// Marks of Codex's patches before a file's name.
const MARKS: [&str; 3] = ["*** Update File: ", "*** Delete File: ", "*** Move to: "];

/// The mark before a file that there was not.
const ADDED: &str = "*** Add File: ";

/// Every file that a patch names.
pub(crate) fn of_patch(text: &str, into: &mut Mentions) {
    let mut file = "";
    let mut added = String::new();
    for line in text.lines() {
        if let Some(line) = line.strip_prefix('+').filter(|line| !line.starts_with("++")) {
            added.push_str(line);
            added.push('\n');
            continue;
        }
        let line = line.trim_start();
        let begins = [ADDED, MARKS[0], MARKS[2]].iter().find_map(|mark| line.strip_prefix(mark));
        if let Some(path) = begins.or_else(|| header(line)) {
            if !added.is_empty() {
                into.scripts.wrote(file, &added, false);
                added.clear();
            }
            file = path;
        }
        if let Some(path) = line.strip_prefix(ADDED) {
            // It is made, as by a tool that writes files.
            into.path(path, Doing::Made);
        } else if let Some(path) = MARKS.iter().find_map(|mark| line.strip_prefix(mark)) {
            into.path(path, Doing::Wrote);
        } else if let Some(path) = header(line) {
            into.path(path, Doing::Wrote);
        }
    }
    if !added.is_empty() && !file.is_empty() {
        into.scripts.wrote(file, &added, false);
    }
}

/// The file of a unified diff's header line.
pub(super) fn header(line: &str) -> Option<&str> {
    let path = line.strip_prefix("+++ ").or_else(|| line.strip_prefix("--- "))?;
    let path = path.split('\t').next().unwrap_or(path).trim();
    let side = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
    let path = side.unwrap_or(path);
    (!path.is_empty() && path != "/dev/null" && !path.contains(' ')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::super::named::paths;
    use super::*;

    #[test]
    fn every_file_of_a_patch_is_named() {
        let paths = paths(|into| {
            of_patch(
                "*** Begin Patch\n*** Add File: a.rs\n+x\n*** Update File: ../b.rs\n*** Move to: /srv/c.rs\n\
             *** Delete File: d.rs\n*** End Patch\n--- a/e.rs\n+++ b/e.rs\t2026\n--- /dev/null\n",
                into,
            )
        });
        assert_eq!(paths, ["a.rs", "../b.rs", "/srv/c.rs", "d.rs", "e.rs"]);
    }
}
