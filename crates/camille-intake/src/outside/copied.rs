//! What a call copies, and what it gives another content: a later session that reads the copy reads what it was copied
//! from, also one of another file. It says nothing of who may see it.

use crate::ignored::Ignored;
use crate::project::{Base, ProjectResolver};
use camille_bank::{Copied, CopiedFrom, Renewed};
use camille_ingest::place::{self, Doing, Mention};
use camille_ingest::transcript::{Part, PartRole};
use camille_proto::vocabulary::DocumentKind;
use std::path::Path;

/// What of one call is taken down.
const COPIES_MAX: usize = 64;

/// Endings of what holds many files: what comes out of it is called otherwise.
const ARCHIVES: [&str; 8] = [".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".zip", ".7z"];

/// Tools that write a file from its beginning on.
const WRITERS: [&str; 3] = ["write", "write_file", "create_file"];

/// What tools are called that are no shell and copy.
const COPIERS: [&str; 3] = ["copy", "move", "rename"];

/// Whether a call may copy something or take it away, as far as its text shows at a glance.
pub(super) fn may(part: &Part) -> bool {
    if part.kind != DocumentKind::Tool || part.role != PartRole::Input {
        return false;
    }
    let tool = part.tool.as_deref();
    is_writer(tool)
        || (Ignored::is_shell(tool)
            && ["cp ", "mv ", "rm "].iter().any(|word| part.text.contains(word)))
}

/// What a call copies. `places`: the other places that it names.
pub(super) fn of_call(
    part: &Part,
    places: &[String],
    cwd: Option<&str>,
    resolver: &ProjectResolver,
    base: Base<'_>,
) -> Vec<Copied> {
    let real =
        |path: &str| resolver.real(path, cwd).map(|real| real.to_string_lossy().into_owned());
    let mut all = Vec::new();
    let mut copied = |path: String, from: CopiedFrom| {
        let one = Copied { path, from, time: part.timestamp };
        if all.len() < COPIES_MAX && !all.contains(&one) {
            all.push(one);
        }
    };
    let tool = part.tool.as_deref().unwrap_or_default().to_ascii_lowercase();
    let is_shell = Ignored::is_shell(part.tool.as_deref());
    if is_shell {
        for (from, to) in place::copies(&part.text, None) {
            let Some(to) = real(to.trim_end_matches('*')) else { continue };
            let path = landed(&from, &to, resolver, cwd);
            let read = Mention::new(&from, Doing::Read);
            let of: Vec<String> = resolver
                .resolve_places(&read, cwd, base)
                .into_iter()
                .filter_map(|touched| touched.place)
                // What counts as the session's own place, under whatever name, is no other one.
                .filter(|place| places.contains(place))
                .collect();
            if of.is_empty()
                && let Some(from) = real(&from).filter(|from| *from != path)
            {
                copied(path.clone(), CopiedFrom::Path(from));
            }
            for place in of {
                copied(path.clone(), CopiedFrom::Place(place));
            }
        }
    }
    // `cat ../payroll/x > y`: what it read in the other places may be in what it wrote. A patch changes one file here and
    // another there.
    let reads = |place: &Mention| place.doing == Doing::Read && place.unknown.is_none();
    let is_written = |place: &&Mention| {
        let writes = place.doing == Doing::Made || (!is_shell && place.doing == Doing::Wrote);
        writes && place.unknown.is_none() && !place.directory
    };
    let may_pass = match is_shell {
        true => part.text.contains(['>', '|']) && !part.text.contains("*** Begin Patch"),
        false => COPIERS.iter().any(|word| tool.contains(word)),
    };
    if may_pass && !places.is_empty() && part.places.iter().any(reads) {
        for written in part.places.iter().filter(is_written) {
            let Some(path) = real(&written.path) else { continue };
            if path.starts_with("/dev/") || Path::new(&path).is_dir() {
                continue;
            }
            for place in places {
                copied(path.clone(), CopiedFrom::Place(place.clone()));
            }
        }
    }
    all
}

/// Where something lies once it was copied: below a directory that stands there, unless that is the copy itself.
fn landed(from: &str, to: &str, resolver: &ProjectResolver, cwd: Option<&str>) -> String {
    let name = Path::new(from).file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name.filter(|_| Path::new(to).is_dir()) else { return to.to_owned() };
    let inside = Path::new(to).join(&name).to_string_lossy().into_owned();
    let is_around = cwd.is_some_and(|cwd| Path::new(cwd).starts_with(to));
    let is_archive = ARCHIVES.iter().any(|end| name.ends_with(end));
    let from = resolver.real(from, cwd);
    let is_file =
        from.as_deref().is_some_and(Path::is_file) || Path::new(&name).extension().is_some();
    let is_inside = Path::new(&inside).exists() || is_around || (is_file && !is_archive);
    if is_inside { inside } else { to.to_owned() }
}

/// The paths that a call gives another content, if it succeeds. `places`: the other places that it names.
pub(super) fn renewed_by(
    part: &Part,
    places: &[String],
    cwd: Option<&str>,
    resolver: &ProjectResolver,
) -> Vec<Renewed> {
    let real =
        |path: &str| resolver.real(path, cwd).map(|real| real.to_string_lossy().into_owned());
    let renewed = |path: &str, removed: bool| {
        real(path).map(|path| Renewed { path, time: part.timestamp, removed })
    };
    if is_writer(part.tool.as_deref()) && places.is_empty() {
        let made = part.places.iter().filter(|place| place.doing == Doing::Made);
        return made.filter_map(|place| renewed(&place.path, false)).collect();
    }
    if !Ignored::is_shell(part.tool.as_deref()) {
        return Vec::new();
    }
    let named = |path: &&str| part.places.iter().any(|place| place.path == *path);
    removed(&part.text).into_iter().filter(named).filter_map(|path| renewed(path, true)).collect()
}

fn is_writer(tool: Option<&str>) -> bool {
    tool.is_some_and(|tool| WRITERS.contains(&tool.to_ascii_lowercase().as_str()))
}

/// What a script removes that says nothing else than one command after the other.
fn removed(script: &str) -> Vec<&str> {
    let is_plain = script.lines().count() == 1
        && !script
            .contains(['"', '\'', '`', '$', '(', '{', '<', '>', '|', '\\', '*', '?', '~', '#']);
    let first = script.split("&&").flat_map(|part| part.split(';'));
    let mut paths = Vec::new();
    for command in first.filter(|_| is_plain) {
        let mut words = command.split_whitespace();
        match words.next() {
            // From there on another directory is meant.
            Some("cd" | "pushd") => return paths,
            Some("rm") => paths.extend(words.filter(|word| !word.starts_with('-'))),
            _ => {}
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_removed_for_sure_is_gone() {
        for (script, gone) in [
            ("rm a", vec!["a"]),
            ("rm -rf data/x y && ls", vec!["data/x", "y"]),
            ("ls; rm a", vec!["a"]),
            ("cd x && rm a", vec![]),
            ("rm a || true", vec![]),
            ("echo 'rm a'", vec![]),
            ("cat <<E\nrm a\nE", vec![]),
            ("rm $X", vec![]),
            ("rm *.csv", vec![]),
            ("echo rm a", vec![]),
        ] {
            assert_eq!(removed(script), gone, "{script}");
        }
    }
}
