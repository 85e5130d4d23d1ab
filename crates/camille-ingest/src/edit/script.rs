//! Files that a shell's here-documents are written to.

use super::{Edit, lines};
use regex::Regex;
use std::sync::LazyLock;

/// A here-document that is written as it stands: the word that ends it. The shell fills in the others.
static DOCUMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[^<])<<-?\s*(?:'([^'\s]+)'|"([^"\s]+)"|\\?([A-Za-z_][A-Za-z0-9_]*))"#)
        .expect("a constant pattern")
});

/// The file that a command writes what it is given to.
static FILE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[^0-9&>-])>>?\s*(?:"([^"$`]+)"|'([^']+)'|([^\s"'<>|;&$`()]+))|\btee\s+(?:-a\s+)?([^\s"'<>|;&$`()-][^\s"'<>|;&$`()]*)"#)
        .expect("a constant pattern")
});

/// The edits of the here-documents in the text of a command.
pub(super) fn of_text(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = below;
        let Some(found) = DOCUMENT.captures(line) else { continue };
        let Some(end) = found.iter().skip(1).flatten().next() else { continue };
        let mut at = 0;
        let body = loop {
            let left = &below[at..];
            let (line, _) = left.split_once('\n').unwrap_or((left, ""));
            if line.trim() == end.as_str() {
                break &below[..at];
            }
            at += line.len() + 1;
            if at > below.len() {
                break "";
            }
        };
        let path = FILE.captures(line).and_then(|found| found.iter().skip(1).flatten().next());
        if let Some(path) = path.filter(|_| !body.is_empty()) {
            let path = path.as_str().to_owned();
            edits.push(Edit { path, written: lines(body), replaced: Vec::new() });
        }
        rest = &below[at.min(below.len())..];
    }
    edits.retain(|edit| !edit.path.starts_with("/dev/"));
    edits
}
