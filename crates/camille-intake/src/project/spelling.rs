//! Paths as transcripts write them, in one spelling: `~`, drives of Windows, relative ones. Pure text, except that a
//! drive is looked for where it is mounted.

use super::path::{text, tidy};
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
    directory_text(cwd).to_owned()
}

/// The same, as it stands there.
pub(super) fn directory_text(cwd: &str) -> &str {
    let cut = cwd.trim_end_matches('/');
    if cut.is_empty() && !cwd.is_empty() { "/" } else { cut }
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

/// A path without the system's other ways to say it: `/proc/self/root/x` is `/x`, `/proc/self/cwd` where the record
/// was made, and the same by a process's number. `None`: it is a place of a process that nobody knows any more.
pub(super) fn without_processes(path: &str, cwd: Option<&str>) -> Option<String> {
    let mut path = match path.contains("/./") || path.contains("//") {
        true => path.replace("/./", "/").replace("//", "/"),
        false => path.to_owned(),
    };
    loop {
        if let Some(rest) = below(&path, "/System/Volumes/Data").filter(|rest| !rest.is_empty()) {
            path = format!("/{rest}");
            continue;
        }
        if path.starts_with("/dev/fd/") {
            return (path.matches('/').count() == 3).then_some(path);
        }
        let Some(rest) = path.strip_prefix("/proc/") else { return Some(path) };
        let mut parts = rest.split('/');
        let process = parts.next().unwrap_or_default();
        let is_own = matches!(process, "self" | "thread-self");
        if !is_own && !process.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(path);
        }
        let mut what = parts.next();
        if what == Some("task") {
            what = parts.nth(1);
        }
        let rest: Vec<&str> = parts.collect();
        path = match what {
            Some("root") => format!("/{}", rest.join("/")),
            Some("cwd") if is_own => format!("{}/{}", cwd?.trim_end_matches('/'), rest.join("/")),
            Some("fd") if is_own && rest.len() < 2 => return Some("/dev/fd".to_owned()),
            Some("cwd" | "fd" | "map_files") => return None,
            _ => return Some(path),
        };
    }
}

/// What of a path lies below a directory; empty for the directory itself.
pub(super) fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::without_processes;

    #[test]
    fn a_process_is_no_way_around_a_path() {
        let of = |path| without_processes(path, Some("/home/ana/api"));
        for (path, expected) in [
            ("/proc/self/root/home/ana/diary", Some("/home/ana/diary")),
            ("/proc/1/root/proc/self/root/x", Some("/x")),
            ("/proc/self/cwd/../diary", Some("/home/ana/api/../diary")),
            ("/link/../a", Some("/link/../a")),
            ("/proc/self/task/7/cwd/a", Some("/home/ana/api/a")),
            ("/proc/4711/cwd/a", None),
            ("/proc/4711/fd/3", None),
            ("/proc/self/fd/3", Some("/dev/fd")),
            ("/dev/fd/3", Some("/dev/fd/3")),
            ("/dev/fd/3/a", None),
            ("/proc/cpuinfo", Some("/proc/cpuinfo")),
            ("/proc/4711/status", Some("/proc/4711/status")),
            ("/System/Volumes/Data/Users/ana/x", Some("/Users/ana/x")),
            ("/usr/x", Some("/usr/x")),
        ] {
            assert_eq!(
                of(path).map(|path| path.trim_end_matches('/').to_owned()).as_deref(),
                expected,
                "{path}"
            );
        }
    }
}
