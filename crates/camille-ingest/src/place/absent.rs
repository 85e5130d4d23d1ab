//! What a result says was not there. Who asked for it read nothing, whatever stands in its place by now.
//!
//! It says so only of results that hold nothing else: one line of something that was read, and all of it counts.

/// What a result says of what its call asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absent {
    /// The paths that were not there, as the result writes them, one for each time that it says so.
    pub paths: Vec<String>,
    /// Whether it says so of the one file that the call was for, and does not name that.
    pub unnamed: bool,
}

/// A longer result holds something.
const BYTES_MAX: usize = 4096;

/// What is said of something that is not there, in lower case.
const SAYS: &[&str] = &[
    "no such file or directory",
    "file does not exist",
    "path does not exist",
    "directory does not exist",
    "directory not found",
    "file not found",
    "does not exist",
];

/// How lines begin that say how a command ended, and nothing of what it gave.
const ENDS: &[&str] = &[
    "exit code",
    "exit status",
    "process exited with code",
    "command failed with exit code",
    "shell cwd was reset to",
    "wall time",
];

/// What may stand behind the sentence that names no path.
const NOTES: &[&str] = &["", ".", ". Note: ", ". Current working directory", ". Did you mean "];

/// What stands before a path that has no quotes around it.
const BEFORE: &[&str] = &["read ", "open ", "access ", "stat ", "statx ", "change to "];

/// What a result says was not there; `None`: something of it says anything else.
#[must_use]
pub fn absent(result: &str) -> Option<Absent> {
    if result.len() > BYTES_MAX {
        return None;
    }
    let mut absent = Absent::default();
    for line in result.lines() {
        let line = line.trim();
        let lower = line.to_ascii_lowercase();
        if line.is_empty() || ENDS.iter().any(|end| lower.starts_with(end)) {
            continue;
        }
        let (at, says) = SAYS.iter().find_map(|says| Some((lower.find(says)?, *says)))?;
        let (before, after) = (&line[..at], &line[at + says.len()..]);
        // `File does not exist. Note: your current working directory is /p.`
        if matches!(before, "" | "Error: ") && is_note(after) {
            absent.unnamed = true;
        } else {
            absent.paths.push(path(before, after)?.to_owned());
        }
    }
    (absent.unnamed || !absent.paths.is_empty()).then_some(absent)
}

/// Whether nothing follows the sentence but what a tool says to it.
fn is_note(after: &str) -> bool {
    NOTES.iter().any(|note| after == *note || (note.len() > 1 && after.starts_with(note)))
}

/// The path that a line says it of.
fn path<'l>(before: &'l str, after: &'l str) -> Option<&'l str> {
    // `No such file or directory: 'x'`, `no such file or directory, open 'x'`, `Path does not exist: x`
    let behind = after.strip_prefix(": ").or_else(|| after.strip_prefix(", "));
    if let Some(behind) = behind {
        let behind = behind.trim_end_matches(['.', ' ']);
        return quoted(behind).or(Some(behind)).filter(|path| !path.contains(' '));
    }
    if !(after.is_empty() || after.starts_with(" (os error") || after == ".") {
        return None;
    }
    let before = before.trim_end_matches([':', ' ']);
    let before = before.strip_suffix("[Errno 2]").unwrap_or(before).trim_end_matches([':', ' ']);
    let before = before.strip_suffix(" for reading").unwrap_or(before);
    if let Some(path) = quoted(before) {
        return Some(path);
    }
    let last = before.rsplit(": ").next().unwrap_or_default();
    let from = BEFORE.iter().filter_map(|word| Some(last.rfind(word)? + word.len())).max();
    let last = last[from.unwrap_or(0)..].trim_start_matches("File ").trim();
    (!last.is_empty() && !last.contains(' ')).then_some(last)
}

/// What stands in the quotes at the end of a text.
fn quoted(text: &str) -> Option<&str> {
    let (open, close) = match text.chars().next_back()? {
        quote @ ('\'' | '"' | '`') => (quote, quote),
        '’' => ('‘', '’'),
        _ => return None,
    };
    let inner = text.strip_suffix(close)?;
    let path = &inner[inner.rfind(open)? + open.len_utf8()..];
    (!path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_there_is_told_by_what_the_result_says() {
        for line in [
            "cat: ../p/x: No such file or directory",
            "Exit code 1\ncat: ../p/x: No such file or directory",
            "cat: ../p/x: No such file or directory\n\nShell cwd was reset to /home/ana/api",
            "ls: cannot access '../p/x': No such file or directory",
            "ls: ../p/x: No such file or directory",
            "find: ‘../p/x’: No such file or directory",
            "bash: line 1: cd: ../p/x: No such file or directory",
            "(eval):cd:1: no such file or directory: ../p/x",
            "zsh: no such file or directory: ../p/x",
            "sed: can't read ../p/x: No such file or directory",
            "head: cannot open '../p/x' for reading: No such file or directory",
            "rg: ../p/x: No such file or directory (os error 2)",
            "fatal: cannot change to '../p/x': No such file or directory",
            "python3: can't open file '../p/x': [Errno 2] No such file or directory",
            "FileNotFoundError: [Errno 2] No such file or directory: '../p/x'",
            "Error: ENOENT: no such file or directory, open '../p/x'",
            "Path does not exist: ../p/x",
            "Directory does not exist: ../p/x",
            "File not found: ../p/x",
            "unable to locate image at `../p/x`: No such file or directory (os error 2)",
        ] {
            let found = absent(line);
            let paths = found.as_ref().map(|absent| absent.paths.as_slice());
            assert_eq!(paths, Some(&["../p/x".to_owned()][..]), "{line}: {found:?}");
        }
        for text in [
            "File does not exist.",
            "File does not exist. Note: your current working directory is /home/ana/api.",
            "File does not exist. Did you mean plan.md?",
            "File does not exist",
            "Error: File does not exist",
        ] {
            assert!(absent(text).is_some_and(|absent| absent.unnamed), "{text}");
        }
    }

    #[test]
    fn a_result_that_holds_anything_else_says_nothing_of_the_kind() {
        for text in [
            "",
            "Exit code 1",
            "ana,1\ncat: ../p/y: No such file or directory",
            "cat: ../p/y: No such file or directory\nana,1",
            "the file does not exist any more since ana left",
            "cat: ../p: Is a directory",
            "bash: foo: command not found",
            "No matches found",
            "File does not exist in the ledger of ana",
            "ana says: no such file or directory was ever read by bruno",
        ] {
            assert_eq!(absent(text), None, "{text}");
        }
    }
}
