//! Reads what `git blame --porcelain` prints.

use super::Stretch;
use std::collections::HashMap;

/// The runs of lines that came with one commit under one name, in order.
pub(super) fn read(printed: &[u8]) -> Vec<Stretch> {
    let printed = String::from_utf8_lossy(printed);
    let mut stretches: Vec<Stretch> = Vec::new();
    // A file's name is told with the first of its lines only, unless it changes.
    let mut names: HashMap<String, String> = HashMap::new();
    let (mut commit, mut number) = (String::new(), 0);
    for line in printed.lines() {
        if let Some(text) = line.strip_prefix('\t') {
            let path = names.get(&commit).cloned().unwrap_or_default();
            // Nothing but zeros stands for what is not committed.
            let id = commit.bytes().any(|digit| digit != b'0').then(|| commit.clone());
            match stretches.last_mut() {
                Some(last) if last.commit == id && last.path == path => {
                    last.lines.push(text.into())
                }
                _ => stretches.push(Stretch {
                    path,
                    line: number,
                    lines: vec![text.into()],
                    commit: id,
                    removed: Vec::new(),
                }),
            }
        } else if let Some(name) = line.strip_prefix("filename ") {
            names.insert(commit.clone(), name.trim_matches('"').to_owned());
        } else if let Some((id, line)) = header(line) {
            (commit, number) = (id.to_owned(), line);
        }
    }
    stretches
}

/// The commit and the line in the file as it is now.
fn header(line: &str) -> Option<(&str, u32)> {
    let mut words = line.split(' ');
    let id =
        words.next().filter(|id| id.len() >= 40 && id.bytes().all(|b| b.is_ascii_hexdigit()))?;
    words.next()?;
    Some((id, words.next()?.parse().ok()?))
}
