//! What agents did to files, in one shape, whatever tool they did it with: read from the text of a call as it is kept,
//! so that it follows what becomes of that text. It never looks at a disk, and never says that a line was written which
//! only stood around.

mod patch;
mod script;

use std::collections::HashMap;

/// What one call did to one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// The file, as the call names it.
    pub path: String,
    /// The lines that it put there, as [`telling`] has them, in order.
    pub written: Vec<String>,
    /// The lines that it took away, likewise; of a file that was written whole nobody knows any.
    pub replaced: Vec<String>,
}

/// Shorter lines are found in any file.
const LINE_CHARS_MIN: usize = 3;

/// The first line of what a call of Claude Code replaces, and of what it puts there.
const OLD: &str = "--- old\n";
const NEW: &str = "+++ new\n";

/// Every edit of a call of `tool`, by the text that is kept of what it was given.
#[must_use]
pub fn of_call(tool: &str, text: &str) -> Vec<Edit> {
    // What a server of tools hands on is called `mcp__server__Edit`.
    let name = tool.rsplit("__").next().unwrap_or(tool);
    let of_file = |read: fn(&str) -> (Vec<String>, Vec<String>)| {
        let (path, rest) = text.split_once('\n')?;
        let (replaced, written) = read(rest);
        Some(Edit { path: path.trim().to_owned(), written, replaced })
    };
    match name {
        "Write" | "Create" | "write_file" | "create_file" => {
            of_file(|rest| (Vec::new(), lines(rest))).into_iter().collect()
        }
        "Edit" | "NotebookEdit" | "Update" | "replace" => of_file(marked).into_iter().collect(),
        "MultiEdit" => of_file(several).into_iter().collect(),
        _ if text.contains(patch::BEGIN) => patch::of_text(text),
        _ if text.contains("<<") => script::of_text(text),
        _ => Vec::new(),
    }
}

/// A path that a call names, below the directory that it was made in: without `.` and `..`, and with `/` alone.
#[must_use]
pub fn path_below(directory: &str, path: &str) -> String {
    let path = path.replace('\\', "/");
    let is_rooted = path.starts_with('/') || path.get(1..2) == Some(":");
    let all = if is_rooted { path } else { format!("{}/{path}", directory.replace('\\', "/")) };
    let mut names: Vec<&str> = Vec::new();
    for name in all.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    let root = if all.starts_with('/') { "/" } else { "" };
    format!("{root}{}", names.join("/"))
}

/// A line as it is compared: without the space around it. `None`: it is found anywhere, and tells nothing.
#[must_use]
pub fn telling(line: &str) -> Option<&str> {
    let line = line.trim();
    let tells =
        line.chars().nth(LINE_CHARS_MIN - 1).is_some() && line.chars().any(char::is_alphanumeric);
    tells.then_some(line)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().filter_map(telling).map(str::to_owned).collect()
}

/// What stood there and what stands there, from between the marks.
fn marked(rest: &str) -> (Vec<String>, Vec<String>) {
    let (old, new) = match rest.strip_prefix(OLD) {
        Some(rest) => match rest.find(NEW) {
            Some(0) => ("", &rest[NEW.len()..]),
            Some(at) if rest[..at].ends_with('\n') => (&rest[..at], &rest[at + NEW.len()..]),
            _ => (rest, ""),
        },
        None => ("", rest.strip_prefix(NEW).unwrap_or_default()),
    };
    changed(lines(old), lines(new))
}

/// The same of several edits, one below the other.
fn several(rest: &str) -> (Vec<String>, Vec<String>) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let mut is_new = None;
    for line in rest.lines() {
        let line = match (line.strip_prefix("old_string: "), line.strip_prefix("new_string: ")) {
            (Some(line), _) => {
                is_new = Some(false);
                line
            }
            (_, Some(line)) => {
                is_new = Some(true);
                line
            }
            (None, None) => line,
        };
        let side = match is_new {
            Some(true) => &mut new,
            Some(false) => &mut old,
            None => continue,
        };
        side.extend(telling(line).map(str::to_owned));
    }
    changed(old, new)
}

/// Takes out of both what stands in both: it stayed.
fn changed(old: Vec<String>, new: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut stays: HashMap<String, usize> = HashMap::new();
    for line in &old {
        *stays.entry(line.clone()).or_default() += 1;
    }
    let mut kept: HashMap<String, usize> = HashMap::new();
    let mut take = |line: &String| match stays.get_mut(line).filter(|count| **count > 0) {
        Some(count) => {
            *count -= 1;
            *kept.entry(line.clone()).or_default() += 1;
            false
        }
        None => true,
    };
    let written = new.into_iter().filter(|line| take(line)).collect();
    let mut goes = |line: &String| match kept.get_mut(line).filter(|count| **count > 0) {
        Some(count) => {
            *count -= 1;
            false
        }
        None => true,
    };
    (old.into_iter().filter(|line| goes(line)).collect(), written)
}

#[cfg(test)]
mod tests;
