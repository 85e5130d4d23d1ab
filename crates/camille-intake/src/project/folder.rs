//! The folders that agents keep transcripts in, where they are called after the directory of their sessions.

use super::disk::Spot;
use super::path::text;
use std::path::{Path, PathBuf};

/// Directories that are looked into for one name.
const LISTED_MAX: usize = 500;

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

/// The directory that a folder is called after, if one exists and only one does.
pub(super) fn directory_of(folder: &str) -> Option<PathBuf> {
    let mut found = Vec::new();
    let rest = folder.strip_prefix('-').unwrap_or(folder);
    let mut listed = 0;
    look_in(Path::new("/"), rest, &mut listed, &mut found);
    match found.as_slice() {
        [one] if listed < LISTED_MAX => Some(one.clone()),
        _ => None,
    }
}

fn look_in(directory: &Path, rest: &str, listed: &mut usize, found: &mut Vec<PathBuf>) {
    *listed += 1;
    if *listed >= LISTED_MAX {
        return;
    }
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.filter_map(Result::ok) {
        let slug = folder_of(&entry.file_name().to_string_lossy());
        let Some(after) = rest.strip_prefix(&slug) else { continue };
        let path = entry.path();
        if !path.is_dir() {
            continue;
        }
        match after.strip_prefix('-') {
            None if after.is_empty() => found.push(path),
            Some(after) => look_in(&path, after, listed, found),
            None => {}
        }
    }
}
