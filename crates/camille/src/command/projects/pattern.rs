//! What is typed for projects: paths become whole ones, all else stays as it is.

use crate::failure::Failure;
use std::path::{Component, Path, PathBuf};

/// The pattern that is meant. `.`, `./x`, `../x` and `~/x` are directories, as a shell would have it.
pub(super) fn of(typed: &str) -> Result<String, Failure> {
    let first = typed.split('/').next().unwrap_or_default();
    let path = match first {
        "." | ".." => std::env::current_dir().ok().map(|here| here.join(typed)),
        "~" => std::env::home_dir().map(|home| home.join(typed[1..].trim_start_matches('/'))),
        _ => return Ok(typed.to_owned()),
    };
    path.map(|path| plain(&path))
        .and_then(|path| path.into_os_string().into_string().ok())
        .ok_or_else(|| {
            Failure::usage(format!("cannot tell which directory '{typed}' is"))
                .hint("name it from the root on")
        })
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
