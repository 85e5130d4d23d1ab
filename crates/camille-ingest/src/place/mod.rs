//! All places that a part names: pure text, taken from a tool's input, a shell command or a result. What stands
//! there on a disk is another's question.
//!
//! Whoever asks what a record touched asks here and nowhere else. What is not understood still names its paths:
//! nothing is hidden by being unreadable.

mod absent;
mod argument;
mod clone;
mod code;
mod command;
mod container;
mod context;
mod copied;
mod decoded;
mod forge;
mod git;
mod handed;
mod hook;
mod http;
mod input;
mod made;
#[cfg(test)]
mod named;
mod operand;
mod option;
mod output;
mod patch;
mod plain;
mod program;
pub(crate) mod recall;
mod runner;
mod said;
mod shell;
mod shown;
mod url;
mod variable;
mod walk;
#[cfg(test)]
mod ways;
mod word;
pub(crate) mod written;

pub use absent::{Absent, absent};
pub(crate) use context::{of_context, of_shell};
pub(crate) use hook::{may_read, of_agent, of_hook, of_hooked, of_ran};
pub(crate) use input::of_input;
pub(crate) use output::of_output;
pub use shown::{Shown, copies, shown};

use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use written::Scripts;

/// The most mentions of one part that are told one by one.
const MENTIONS_MAX: usize = 256;

/// The longest path that is one.
const PATH_BYTES_MAX: usize = 4096;

/// What a path begins with that goes from the root of the repository at hand: `:/src/x`, as git writes it.
pub const ROOT: &str = ":/";

/// A path that a part names, and what was done with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mention {
    /// Absolute, `~/…`, from [`ROOT`], or relative to the directory of the record. Of an unknown one what is known of it.
    pub path: String,
    /// What was done.
    pub doing: Doing,
    /// Whether it is a directory for sure: something ran there.
    pub directory: bool,
    /// The variable that stands in the path's place and that nothing says the value of.
    pub unknown: Option<String>,
    /// What else is meant by it.
    pub reach: Reach,
    /// Whether it may be no path at all: a text in code, a word that nothing says the meaning of. It counts where
    /// something stands there.
    pub guess: bool,
    /// Whether another machine or a service may have it: a result says it, or a program is given it that nobody knows.
    /// It counts where what it begins with stands on this machine.
    pub foreign: bool,
}

impl Mention {
    /// A path that stands there as one.
    #[must_use]
    pub fn new(path: &str, doing: Doing) -> Self {
        Self {
            path: path.to_owned(),
            doing,
            directory: false,
            unknown: None,
            reach: Reach::Alone,
            guess: false,
            foreign: false,
        }
    }
}

/// What is meant by a path beside itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reach {
    /// Nothing.
    #[default]
    Alone,
    /// What matches a pattern of a shell below it.
    Matching {
        /// From the path on: `*.pem`, `**/x`.
        pattern: String,
        /// Whether what is a link counts, and `**` goes through it.
        links: bool,
    },
    /// All that lies in it.
    Below {
        /// Whether also where links in it lead.
        links: bool,
        /// Whether also what is hidden or ignored by git.
        all: bool,
    },
}

/// What was done with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Doing {
    /// It was named, listed, made or removed; nothing of what it holds was read.
    Named,
    /// It was made, or written from its beginning on: nothing that it held before was read.
    Made,
    /// It was changed.
    Wrote,
    /// A command ran there.
    Ran,
    /// It was read or copied, or may have been.
    Read,
}

/// The files that a person gives an agent with a prompt: `@~/notes/plan.md`, `@notes/x`, `@"my notes/x"`.
pub(crate) fn of_prompt(text: &str) -> Vec<Mention> {
    let mut into = Mentions::default();
    if let Some(directory) = text.strip_prefix("/add-dir ") {
        into.ran_in(directory.lines().next().unwrap_or_default().trim());
    }
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, ')' | ']' | '>' | '“' | '”' | '„' | '«' | '»');
    for (at, _) in text.match_indices('@') {
        // `ana@host` names none.
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.') {
            continue;
        }
        let rest = &text[at + 1..];
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let quoted = quote.and_then(|quote| rest[1..].split_once(quote));
        let quoted = quoted.map(|(path, _)| path).filter(|path| !path.contains('\n'));
        let path = quoted.unwrap_or_else(|| {
            let path = rest.split(is_end).next().unwrap_or_default();
            let path = path.trim_start_matches(['"', '\'']);
            path.trim_end_matches([',', '.', '?', '!', ';', ':', '"', '\''])
        });
        // `@src/x#L1-3`
        let path = path.rsplit_once("#L").map_or(path, |(path, _)| path);
        if is_rooted(path) {
            into.path(path, Doing::Read);
        } else if quoted.is_some() || path.contains(['/', '.']) {
            into.guess(path, Doing::Read);
        }
    }
    into.into_list()
}

/// Up to so many are looked through one by one, which costs less than a set of them.
const FEW: usize = 16;

/// Gathers mentions, each once.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mentions {
    /// Those of the list, once they are more than a few.
    seen: HashSet<Mention>,
    list: Vec<Mention>,
    scripts: Scripts,
}

impl Mentions {
    /// A path that stands there as one.
    pub(crate) fn path(&mut self, path: &str, doing: Doing) {
        self.push(path, doing, false);
    }

    /// A directory that something ran in.
    pub(crate) fn ran_in(&mut self, path: &str) {
        self.push(path, Doing::Ran, true);
    }

    /// What may be a path.
    pub(crate) fn guess(&mut self, path: &str, doing: Doing) {
        self.add(Mention { guess: true, ..Mention::new(path, doing) });
    }

    /// A directory that a clone was put in.
    pub(crate) fn cloned_to(&mut self, path: &str) {
        self.push(path, Doing::Wrote, true);
    }

    /// A worktree of the repository at hand.
    pub(crate) fn added(&mut self, path: &str) {
        self.push(path, Doing::Made, true);
    }

    /// The address of a repository that was fetched from elsewhere.
    pub(crate) fn fetched(&mut self, address: &str) {
        self.insert(Mention { foreign: true, ..Mention::new(address, Doing::Read) });
    }

    /// A path that another machine may have.
    pub(crate) fn foreign(&mut self, path: &str, doing: Doing) {
        self.add(Mention { foreign: true, ..Mention::new(path, doing) });
    }

    /// Something was read by a variable that nothing says the value of.
    pub(crate) fn unknown(&mut self, variable: &str, doing: Doing) {
        self.insert(Mention {
            unknown: Some(variable.to_owned()),
            ..Mention::new(&format!("${variable}"), doing)
        });
    }

    fn push(&mut self, path: &str, doing: Doing, directory: bool) {
        self.add(Mention { directory, ..Mention::new(path, doing) });
    }

    /// A path with all that is known of it.
    fn add(&mut self, mut mention: Mention) {
        // An address has a colon, and most words have none.
        let path = mention.path.contains(':').then(|| url::path(&mention.path)).flatten();
        let path = path.as_deref().unwrap_or(&mention.path).trim();
        if path.is_empty() || path.len() > PATH_BYTES_MAX || path.contains(['\n', '\0']) {
            return;
        }
        if let Some(rest) = path.strip_prefix("://") {
            mention.path = format!("{ROOT}{rest}");
        } else if path.len() != mention.path.len() {
            mention.path = path.to_owned();
        }
        self.insert(mention);
    }

    /// One too many is told by its directory, and then by that one's: the list ends and nothing is left out.
    fn insert(&mut self, mut mention: Mention) {
        let mut room = MENTIONS_MAX;
        while self.list.len() >= room && mention.unknown.is_none() {
            let Some(parent) = parent(&mention.path) else { break };
            mention.path.truncate(parent);
            mention.reach = Reach::Alone;
            room += MENTIONS_MAX / 4;
        }
        if self.is_new(&mention) {
            self.list.push(mention);
        }
    }

    fn is_new(&mut self, mention: &Mention) -> bool {
        if self.list.len() < FEW {
            return !self.list.contains(mention);
        }
        if self.seen.is_empty() {
            self.seen.extend(self.list.iter().cloned());
        }
        self.seen.insert(mention.clone())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What the call wrote to files and what it ran.
    pub(crate) fn take_scripts(&mut self) -> Scripts {
        std::mem::take(&mut self.scripts)
    }

    pub(crate) fn into_list(self) -> Vec<Mention> {
        self.list
    }
}

/// Where the path of the directory above ends.
fn parent(path: &str) -> Option<usize> {
    path.trim_end_matches('/').rfind('/').filter(|at| *at > 0)
}

/// Whether a text can be nothing but a path from the root, from somebody's home, or out of its directory.
fn is_rooted(text: &str) -> bool {
    // Every word asks, most of them several times: its first byte says what there is to look for.
    match text.as_bytes() {
        [b'/', ..] => true,
        [b'.', ..] => text.starts_with("../") || text == "..",
        [b'~', ..] => is_home(text),
        [first, ..] if first.is_ascii_alphabetic() || *first == b':' => {
            text.as_bytes().contains(&b':')
                && (text.starts_with(ROOT) || is_drive(text) || url::is_file(text))
        }
        _ => false,
    }
}

/// `~`, `~/…` or `~ana/…`; not `~50`.
fn is_home(text: &str) -> bool {
    text.strip_prefix('~').is_some_and(|rest| {
        let user = rest.split('/').next().unwrap_or_default();
        user.is_empty()
            || matches!(user, "-" | "+")
            || (rest.contains('/') && user.starts_with(char::is_alphabetic))
    })
}

/// `C:\…` or `C:/…`.
fn is_drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && (bytes[2] == b'\\' || (bytes[2] == b'/' && bytes.get(3) != Some(&b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_names_the_files_that_it_gives() {
        let paths: Vec<String> = of_prompt(
            "see @~/notes/plan.md, @\"/p/x\" and (@../y)? Not @ana, ana@/z or /q: „@/w“, @v/x.md#L2-3, @'my a/b'.",
        )
        .into_iter()
        .map(|mention| mention.path)
        .collect();
        assert_eq!(paths, ["~/notes/plan.md", "/p/x", "../y", "/w", "v/x.md", "my a/b"]);
        assert_eq!(of_prompt("/add-dir ../y")[0].path, "../y");
    }

    #[test]
    fn however_many_are_named_none_is_left_out() {
        let mut into = Mentions::default();
        for number in 0..5000 {
            into.path(&format!("/p/{number}/x/file"), Doing::Read);
        }
        let list = into.into_list();
        assert!(list.len() < 2 * MENTIONS_MAX, "{}", list.len());
        for number in 0..5000 {
            let path = format!("/p/{number}/x/file");
            let is_told = |mention: &Mention| path.starts_with(&mention.path);
            assert!(list.iter().any(is_told), "{path}");
        }
    }
}
