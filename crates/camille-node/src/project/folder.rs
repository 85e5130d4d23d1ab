//! The folders that agents keep transcripts in, where they are called after the directory of their sessions.

use super::disk::Spot;
use super::repository::text;

/// Whether the folder that a transcript lies in is the one of the directory that it claims. Claude Code names it
/// after the directory, with `-` for all that is no letter or digit.
pub(super) fn is_folder_of(folder: &str, cwd: &str, spot: &Spot) -> bool {
    // A name that is too long ends in a hash.
    const LONG: usize = 200;
    if !folder.starts_with('-') || folder.len() < 2 || folder.len() >= LONG {
        return true;
    }
    let is_of = |path: &str| {
        let slug = folder_of(path);
        // A session may go down from where it began.
        slug == folder || slug.starts_with(&format!("{folder}-"))
    };
    is_of(cwd.trim_end_matches('/')) || is_of(&text(&spot.path))
}

/// The name that Claude Code gives to the folder of a directory's sessions.
pub(super) fn folder_of(cwd: &str) -> String {
    cwd.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
