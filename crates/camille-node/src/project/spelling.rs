//! Paths as transcripts write them, in one spelling: `~`, drives of Windows, relative ones. Pure text, except that a
//! drive is looked for where it is mounted.

use super::harmless::below;
use super::repository::{text, tidy};
use std::path::Path;

/// A path as an absolute one, in this system's spelling; `None` where nothing says from where it goes.
pub(super) fn absolute(path: &str, cwd: Option<&str>, home: Option<&str>) -> Option<String> {
    if let Some(drive) = drive(path) {
        let mounted = format!("/mnt/{}{}", drive[..1].to_ascii_lowercase(), &drive[2..]);
        return Some(if Path::new(&mounted).exists() { mounted } else { drive });
    }
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    if let Some(rest) = path.strip_prefix('~') {
        let home = home?;
        return match rest.strip_prefix('/') {
            Some(rest) => Some(format!("{home}/{rest}")),
            None if rest.is_empty() => Some(home.to_owned()),
            // Another person's.
            None => {
                Some(format!("{}/{rest}", home.rsplit_once('/').map_or("/home", |(all, _)| all)))
            }
        };
    }
    let cwd = cwd.filter(|cwd| !cwd.is_empty())?;
    let base = absolute(cwd, None, None)?;
    Some(format!("{}/{}", base.trim_end_matches('/'), path.replace('\\', "/")))
}

/// A path of Windows with slashes and without `..`, however it is spelled: `C:\x`, `/c/x`, `/mnt/c/x`,
/// `/cygdrive/c/x`.
pub(super) fn drive(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let (letter, rest) = if bytes.len() > 1 && bytes[1] == b':' && bytes[0].is_ascii_alphabetic() {
        (bytes[0], path[2..].replace('\\', "/"))
    } else {
        let rest =
            path.strip_prefix("/cygdrive").or_else(|| path.strip_prefix("/mnt")).unwrap_or(path);
        let rest = rest.strip_prefix('/')?;
        let is_letter = rest.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
        if !is_letter || !matches!(rest.as_bytes().get(1), None | Some(b'/')) {
            return None;
        }
        (rest.as_bytes()[0], rest[1..].to_owned())
    };
    let rest = text(&tidy(Path::new(&format!("/{}", rest.trim_start_matches('/')))));
    Some(format!("{}:{rest}", char::from(letter.to_ascii_uppercase())))
}

/// A directory's text as a project id: without the separators at its end.
pub(super) fn directory(cwd: &str) -> String {
    let cut = cwd.trim_end_matches('/');
    if cut.is_empty() && !cwd.is_empty() { "/".to_owned() } else { cut.to_owned() }
}

/// Whether `inner` is `outer` or lies in it, by text; either system's separator counts.
pub(super) fn contains(outer: &str, inner: &str) -> bool {
    if outer.is_empty() {
        return inner.is_empty();
    }
    let outer = outer.trim_end_matches(['/', '\\']);
    below(inner, outer).is_some()
        || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('\\'))
}
