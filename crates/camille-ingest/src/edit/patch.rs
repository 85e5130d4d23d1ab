//! The edits of a patch in Codex's own format, wherever in a text it stands: by itself, in a here-document of a shell,
//! in a string of a program.

use super::{Edit, telling};
use std::borrow::Cow;

/// The line that begins a patch.
pub(super) const BEGIN: &str = "*** Begin Patch";
/// The line that ends it.
const END: &str = "*** End Patch";

/// Marks before the name of a file that is written, under its old name or a new one.
const FILES: [&str; 2] = ["*** Update File: ", "*** Add File: "];
/// The mark before the name of a file that goes.
const GONE: &str = "*** Delete File: ";
/// The mark before the name that a file has from now on.
const MOVED: &str = "*** Move to: ";

/// Every edit of every patch in the text.
pub(super) fn of_text(text: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        rest = &rest[at + BEGIN.len()..];
        let end = rest.find(END).unwrap_or(rest.len());
        read(&plain(&rest[..end]), &mut edits);
        rest = &rest[end..];
    }
    edits
}

/// A patch that stands in a string of a program has its newlines written out.
fn plain(patch: &str) -> Cow<'_, str> {
    if !patch.starts_with("\\n") {
        return Cow::Borrowed(patch);
    }
    let read = serde_json::from_str(&format!("\"{patch}\""));
    Cow::Owned(read.unwrap_or_else(|_| patch.replace("\\n", "\n")))
}

fn read(patch: &str, edits: &mut Vec<Edit>) {
    let mut open: Option<Edit> = None;
    for line in patch.lines() {
        let named = FILES.iter().find_map(|mark| line.trim_start().strip_prefix(mark));
        if let Some(path) = named {
            edits.extend(open.replace(Edit { path: path.trim().to_owned(), ..Edit::default() }));
        } else if let Some(path) = line.trim_start().strip_prefix(MOVED) {
            if let Some(edit) = &mut open {
                edit.path = path.trim().to_owned();
            }
        } else if line.trim_start().starts_with(GONE) {
            edits.extend(open.take());
        } else if let Some(edit) = &mut open {
            let (side, line) = match line.split_at_checked(1) {
                Some(("+", line)) => (&mut edit.written, line),
                Some(("-", line)) => (&mut edit.replaced, line),
                _ => continue,
            };
            side.extend(telling(line).map(str::to_owned));
        }
    }
    edits.extend(open);
}
