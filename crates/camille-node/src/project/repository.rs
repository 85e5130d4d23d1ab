//! A git repository as far as its name goes: where it is, and what its configuration calls its remotes.
//! It reads small files in `.git` and nothing else.

use super::normalise_remote;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The most read of one file in `.git`.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A repository on this disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    /// The directory that holds `.git`: of a worktree its own.
    pub(super) root: String,
    /// What it is called: its remote, else the main worktree's directory.
    pub(super) project: String,
}

impl Repository {
    /// The nearest repository at or above `directory`.
    pub(super) fn around(directory: &Path) -> Option<Self> {
        directory.ancestors().find_map(Self::at)
    }

    fn at(root: &Path) -> Option<Self> {
        let common = common_directory(root)?;
        let config = read(&common.join("config")).unwrap_or_default();
        let project = remote_of(&config).unwrap_or_else(|| {
            // `.git` lies in the main worktree; a bare repository is a directory of its own.
            match (common.file_name(), common.parent()) {
                (Some(name), Some(parent)) if name == ".git" => text(parent),
                _ => text(&common),
            }
        });
        Some(Self { root: text(root), project })
    }
}

/// Where a repository keeps what its worktrees have in common (gitrepository-layout(5)).
fn common_directory(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    let metadata = std::fs::metadata(&git).ok()?;
    if metadata.is_dir() {
        return git.join("HEAD").is_file().then_some(git);
    }
    let pointer = read(&git)?;
    let target = pointer.lines().find_map(|line| line.strip_prefix("gitdir:"))?.trim();
    let own = tidy(&root.join(target));
    Some(match read(&own.join("commondir")) {
        Some(common) => tidy(&own.join(common.trim())),
        None => own,
    })
}

/// The project of `origin`, else of the first remote that is on the network.
fn remote_of(config: &str) -> Option<String> {
    let remotes = parse_remotes(config);
    let origin = remotes.iter().filter(|(name, _)| name == "origin");
    let others = remotes.iter().filter(|(name, _)| name != "origin");
    origin.chain(others).find_map(|(_, url)| normalise_remote(url))
}

/// The remotes of a git configuration, each with its URLs, in order (git-config(1), Syntax).
fn parse_remotes(config: &str) -> Vec<(String, String)> {
    let mut remotes = Vec::new();
    let mut section: Option<String> = None;
    let mut lines = config.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim().to_owned();
        while ends_in_backslash(&line) {
            line.pop();
            let Some(next) = lines.next() else { break };
            line.push_str(next.trim_end());
        }
        let mut rest = line.as_str();
        if let Some(header) = rest.strip_prefix('[') {
            let Some((name, after)) = parse_header(header) else { continue };
            section = name;
            // A variable may follow on the header's own line.
            rest = after;
        }
        let Some(remote) = &section else { continue };
        if let Some((key, value)) = rest.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
        {
            remotes.push((remote.clone(), parse_value(value)));
        }
    }
    remotes
}

/// After `[`: the remote's name if it is the section of one, and what follows `]`.
fn parse_header(header: &str) -> Option<(Option<String>, &str)> {
    let Some(quote) = header.find('"').filter(|quote| !header[..*quote].contains(']')) else {
        let (_, after) = header.split_once(']')?;
        return Some((None, after));
    };
    let section = header[..quote].trim();
    let mut name = String::new();
    let mut characters = header[quote + 1..].char_indices();
    loop {
        match characters.next()? {
            (_, '\\') => name.push(characters.next()?.1),
            (at, '"') => {
                let (_, after) = header[quote + 1 + at..].split_once(']')?;
                let is_remote = section.eq_ignore_ascii_case("remote");
                return Some((is_remote.then_some(name), after));
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

fn read(path: &Path) -> Option<String> {
    // Never wait for the writer of a named pipe.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Takes `.` and `..` out of a path by its text, so that it reads as people write it.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_are_read_as_git_reads_them() {
        let config = "\
[core]\n\turl = https://not.a/remote\n\
# [remote \"commented\"]\n\
[Remote \"up\\\"stream\"] ; comment\n\
  URL=\"https://h.example/up\" # why\n\
\tfetch = +refs/heads/*:refs/remotes/x/*\n\
[remote \"origin\"] url = git@h.example:o/\\\n\
r.git\n\
[branch \"main\"]\n\tremote = origin\n\turl = https://not.a/remote\n";
        let remotes = parse_remotes(config);
        let expected =
            [("up\"stream", "https://h.example/up"), ("origin", "git@h.example:o/r.git")];
        assert_eq!(remotes, expected.map(|(n, u)| (n.to_owned(), u.to_owned())));
        assert_eq!(remote_of(config).as_deref(), Some("h.example/o/r"));
    }

    #[test]
    fn origin_comes_first_but_a_local_path_does_not_count() {
        let config = |origin: &str| {
            format!(
                "[remote \"a\"]\nurl = https://h.example/a\n[remote \"origin\"]\nurl = {origin}\n"
            )
        };
        assert_eq!(remote_of(&config("https://h.example/o")).as_deref(), Some("h.example/o"));
        assert_eq!(remote_of(&config("/srv/o.git")).as_deref(), Some("h.example/a"));
        assert_eq!(remote_of("[remote \"origin\"]\nurl = ../o\n"), None);
    }

    #[test]
    fn broken_configurations_name_nothing_and_panic_never() {
        for config in
            ["[", "[remote", "[remote \"", "[remote \"x\\", "[remote \"o\"]\nurl", "]\\", "\\"]
        {
            assert_eq!(remote_of(config), None, "{config}");
        }
    }
}
