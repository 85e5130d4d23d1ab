//! Git's configuration as far as it names remotes: entries of a file and of what it includes. It reads small
//! files and nothing else; what git would include only under a condition counts too, since a name that may be
//! a repository's must be heard.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The most read of one file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Files included in files, as deep as git goes (git-config(1), Includes).
const DEPTH_MAX: u32 = 10;

/// Files read for one configuration, whatever includes whom.
const FILES_MAX: u32 = 64;

/// A variable of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The section, in lower case.
    pub(super) section: String,
    /// The subsection, as it is written; empty where there is none.
    pub(super) subsection: String,
    /// The variable's name, in lower case.
    pub(super) key: String,
    /// Its value without quotes and comment.
    pub(super) value: String,
}

impl Entry {
    /// Whether it is this variable of such a section.
    pub(super) fn is(&self, section: &str, key: &str) -> bool {
        self.section == section && self.key == key
    }
}

/// The entries of a file and of what it includes, in the order in which git meets them. `home`: what `~` is.
pub(super) fn load(path: &Path, home: Option<&Path>) -> Vec<Entry> {
    let mut entries = Vec::new();
    load_into(&mut entries, path, home, DEPTH_MAX, &mut 0);
    entries
}

fn load_into(
    entries: &mut Vec<Entry>,
    path: &Path,
    home: Option<&Path>,
    depth: u32,
    files: &mut u32,
) {
    *files += 1;
    if *files > FILES_MAX {
        return;
    }
    let Some(text) = read(path) else { return };
    for entry in parse(&text) {
        let includes = entry.section == "include" || entry.section == "includeif";
        if includes && entry.key == "path" {
            if depth > 0 {
                let target = expand(&entry.value, path.parent(), home);
                load_into(entries, &target, home, depth - 1, files);
            }
        } else {
            entries.push(entry);
        }
    }
}

/// A path in a configuration: `~/` is the home, what is relative is so to the file that names it.
pub(super) fn expand(path: &str, beside: Option<&Path>, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => beside.map_or_else(|| PathBuf::from(path), |beside| beside.join(path)),
    }
}

/// The entries of one file's text (git-config(1), Syntax).
pub(super) fn parse(config: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let (mut section, mut subsection) = (String::new(), String::new());
    let mut lines = config.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim().to_owned();
        while ends_in_backslash(&line) {
            line.pop();
            let Some(next) = lines.next() else { break };
            line.push_str(next.trim_end());
        }
        let mut rest = line.trim_start_matches('\u{feff}');
        if let Some(header) = rest.strip_prefix('[') {
            let Some((name, sub, after)) = parse_header(header) else { continue };
            (section, subsection) = (name, sub);
            // A variable may follow on the header's own line.
            rest = after;
        }
        let rest = rest.trim_start();
        if rest.starts_with(['#', ';']) {
            continue;
        }
        if let Some((key, value)) = rest.split_once('=') {
            entries.push(Entry {
                section: section.clone(),
                subsection: subsection.clone(),
                key: key.trim().to_ascii_lowercase(),
                value: parse_value(value),
            });
        }
    }
    entries
}

/// After `[`: the section, its subsection, and what follows `]`.
fn parse_header(header: &str) -> Option<(String, String, &str)> {
    let Some(quote) = header.find('"').filter(|quote| !header[..*quote].contains(']')) else {
        let (name, after) = header.split_once(']')?;
        // `[section.subsection]`, as old versions wrote it.
        let (name, sub) = name.split_once('.').unwrap_or((name, ""));
        return Some((name.trim().to_ascii_lowercase(), sub.trim().to_owned(), after));
    };
    let section = header[..quote].trim().to_ascii_lowercase();
    let mut name = String::new();
    let mut characters = header[quote + 1..].char_indices();
    loop {
        match characters.next()? {
            (_, '\\') => name.push(characters.next()?.1),
            (at, '"') => {
                let (_, after) = header[quote + 1 + at..].split_once(']')?;
                return Some((section, name, after));
            }
            (_, character) => name.push(character),
        }
    }
}

/// A value without its quotes, escapes and comment.
fn parse_value(value: &str) -> String {
    let mut parsed = String::new();
    let mut quoted = false;
    let mut characters = value.trim().chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted = !quoted,
            '\\' => match characters.next() {
                Some('n') => parsed.push('\n'),
                Some('t') => parsed.push('\t'),
                Some(other) => parsed.push(other),
                None => {}
            },
            '#' | ';' if !quoted => break,
            other => parsed.push(other),
        }
    }
    parsed.trim_end().to_owned()
}

/// Whether the line goes on below: an odd number of backslashes at its end.
fn ends_in_backslash(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// A small file's text; `None` for what is no file.
pub(super) fn read(path: &Path) -> Option<String> {
    read_start(path, FILE_BYTES_MAX)
}

/// The beginning of a file's text.
pub(super) fn read_start(path: &Path, bytes_max: u64) -> Option<String> {
    // Never wait for the writer of a named pipe.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(bytes_max).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The end of a file's text, from the first whole line on.
pub(super) fn read_end(path: &Path, bytes_max: u64) -> Option<String> {
    let length = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.len();
    let mut file = File::open(path).ok()?;
    let begin = length.saturating_sub(bytes_max);
    file.seek(SeekFrom::Start(begin)).ok()?;
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if begin == 0 { Some(text) } else { Some(text.split_once('\n')?.1.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(config: &str, section: &str, key: &str) -> Vec<(String, String)> {
        let entries = parse(config);
        let of = entries.into_iter().filter(|entry| entry.is(section, key));
        of.map(|entry| (entry.subsection, entry.value)).collect()
    }

    #[test]
    fn variables_are_read_as_git_reads_them() {
        let config = "\
[core]\n\turl = https://not.a/remote\n\
# [remote \"commented\"]\n\
[Remote \"up\\\"stream\"] ; comment\n\
  URL=\"https://h.example/up\" # why\n\
\tfetch = +refs/heads/*:refs/remotes/x/*\n\
[remote \"origin\"] url = git@h.example:o/\\\n\
r.git\n\
[remote.old] url = https://h.example/old\n\
[branch \"main\"]\n\tremote = origin\n\turl = https://not.a/remote\n";
        let expected = [
            ("up\"stream", "https://h.example/up"),
            ("origin", "git@h.example:o/r.git"),
            ("old", "https://h.example/old"),
        ];
        let expected = expected.map(|(name, url)| (name.to_owned(), url.to_owned()));
        assert_eq!(values(config, "remote", "url"), expected);
    }

    #[test]
    fn broken_configurations_name_nothing_and_panic_never() {
        for config in
            ["[", "[remote", "[remote \"", "[remote \"x\\", "[remote \"o\"]\nurl", "]\\", "\\"]
        {
            assert_eq!(values(config, "remote", "url"), [], "{config}");
        }
    }

    #[test]
    fn what_is_included_counts_and_circles_end() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).expect("writes");
        };
        write("config", "[include] path = b\n[includeIf \"gitdir:/x\"]\npath = ~/c\n");
        write("b", "[include]\npath = config\n[remote \"origin\"]\nurl = one\n");
        write("c", "[remote \"origin\"]\nurl = two\n");
        let entries = load(&dir.path().join("config"), Some(dir.path()));
        let urls: std::collections::BTreeSet<_> = entries.into_iter().map(|e| e.value).collect();
        assert_eq!(urls.into_iter().collect::<Vec<_>>(), ["one", "two"]);
    }
}
