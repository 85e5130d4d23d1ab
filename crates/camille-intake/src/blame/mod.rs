//! What git says of lines: which commit they came with, what that says and what it removed. It changes nothing in a
//! repository, runs no program that a repository names, and waits for git no longer than a while.

mod diff;
mod git;
mod porcelain;
mod symbol;

use git::Git;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Commits of one answer whose removed lines are looked at.
const REMOVED_COMMITS_MAX: usize = 40;

/// The branch on which checkpoints of sessions are kept, and the trailer that names one
/// (<https://github.com/entireio/cli>).
const CHECKPOINTS: &str = "entire/checkpoints/v1";
const CHECKPOINT: &str = "entire-checkpoint";

/// Why git could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum BlameError {
    /// There is no git.
    #[error("git cannot be run")]
    Start(#[source] std::io::Error),
    /// It takes too long.
    #[error("git did not answer within {seconds} s")]
    Slow {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The place is in no repository.
    #[error("{path} is in no git repository")]
    Outside {
        /// The place.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("{path} cannot be read")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file has no such lines.
    #[error("{path} has {count} lines")]
    Lines {
        /// The file.
        path: PathBuf,
        /// How many it has.
        count: usize,
    },
    /// The file has no such symbol, or is of a language that is not read.
    #[error("no symbol '{symbol}' is found in {path}")]
    Symbol {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        symbol: String,
    },
    /// There is no such commit.
    #[error("'{commit}' names no commit")]
    Commit {
        /// What was asked for.
        commit: String,
    },
    /// Git refuses.
    #[error("git {action} failed: {reason}")]
    Refused {
        /// What it was asked to do.
        action: &'static str,
        /// What it says.
        reason: String,
    },
}

/// Which lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// The first and the last, from 1.
    Lines(u32, u32),
    /// Those of a symbol.
    Symbol(String),
}

/// What git says of some lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blame {
    /// Runs of lines that came with one commit, in order.
    pub stretches: Vec<Stretch>,
    /// What is known of the commits, by their ids.
    pub commits: BTreeMap<String, Commit>,
    /// For files at the top of the repository, whose directory is called otherwise on each machine: names of directories
    /// in which another file of the same name lies.
    pub elsewhere: Vec<String>,
}

/// A run of lines that came with one commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The file, as it was called in the commit, relative to the repository.
    pub path: String,
    /// Its first line.
    pub line: u32,
    /// The lines.
    pub lines: Vec<String>,
    /// The commit; `None`: they are not committed.
    pub commit: Option<String>,
    /// Lines that the commit removed from the file.
    pub removed: Vec<String>,
}

/// What is known of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// When its author made it. Who puts a commit elsewhere later leaves that as it is; what was written meanwhile is
    /// none of it.
    pub time: Option<Timestamp>,
    /// The first line of its message.
    pub summary: String,
    /// Sessions that it may name: every value of a trailer, and the sessions of checkpoints.
    pub sessions: Vec<String>,
}

/// What git says of lines of a file. `path` is absolute.
///
/// # Errors
/// When the file is not there or in no repository, has no such lines or symbol, or when git cannot be asked.
pub fn of_file(path: &Path, which: &Which) -> Result<Blame, BlameError> {
    let git = Git::around(path)?;
    let bytes =
        std::fs::read(path).map_err(|source| BlameError::File { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&bytes);
    let count = text.lines().count();
    let range = match which {
        Which::All => None,
        Which::Lines(first, last) => Some((*first, *last)),
        Which::Symbol(symbol) => Some(symbol::lines(path, &text, symbol)?),
    };
    if let Some((first, last)) = range
        && (first == 0 || last < first || last as usize > count)
    {
        return Err(BlameError::Lines { path: path.to_owned(), count });
    }
    if count == 0 {
        return Ok(Blame::default());
    }
    let name = git.relative(path);
    let lines = range.map(|(first, last)| format!("-L{first},{last}"));
    // Lines that were moved are followed, also from other files that the commit changed; white space is no matter.
    let mut arguments = vec!["blame", "--porcelain", "-w", "-M", "-C"];
    arguments.extend(lines.as_deref());
    arguments.extend(["--", name.as_str()]);
    let stretches = match git.run("blame", &arguments) {
        Ok(printed) => porcelain::read(&printed),
        // What git does not know yet was not committed by anybody.
        Err(BlameError::Refused { .. }) if !git.knows(&name)? => {
            let (first, last) = range.unwrap_or((1, u32::try_from(count).unwrap_or(u32::MAX)));
            let lines = text.lines().skip(first as usize - 1).take((last - first) as usize + 1);
            let lines = lines.map(str::to_owned).collect();
            vec![Stretch { path: name.clone(), line: first, lines, ..Stretch::default() }]
        }
        Err(error) => return Err(error),
    };
    let mut blame = Blame { stretches, ..Blame::default() };
    blame.fill(&git)?;
    Ok(blame)
}

/// What git says of the lines that a commit added. `place` is anywhere in its repository.
///
/// # Errors
/// When the place is in no repository, which has no such commit, or when git cannot be asked.
pub fn of_commit(place: &Path, commit: &str) -> Result<Blame, BlameError> {
    let git = Git::around(place)?;
    let unknown = || BlameError::Commit { commit: commit.to_owned() };
    if commit.starts_with('-') {
        return Err(unknown());
    }
    let named = format!("{commit}^{{commit}}");
    let id =
        git.run("rev-parse", &["rev-parse", "--verify", "--quiet", "--end-of-options", &named]);
    let id = match id {
        Ok(id) => String::from_utf8_lossy(&id).trim().to_owned(),
        Err(BlameError::Refused { .. }) => return Err(unknown()),
        Err(error) => return Err(error),
    };
    let shown = git.show(&id, None)?;
    let stretches = diff::read(&shown)
        .into_iter()
        .flat_map(|file| {
            let removed = file.removed;
            let path = file.path;
            let id = &id;
            file.added.into_iter().map(move |(line, lines)| Stretch {
                path: path.clone(),
                line,
                lines,
                commit: Some(id.clone()),
                removed: removed.clone(),
            })
        })
        .collect();
    let mut blame = Blame { stretches, ..Blame::default() };
    blame.fill(&git)?;
    Ok(blame)
}

impl Blame {
    /// Adds what is asked for by commit.
    fn fill(&mut self, git: &Git) -> Result<(), BlameError> {
        let mut ids: Vec<&String> =
            self.stretches.iter().filter_map(|s| s.commit.as_ref()).collect();
        ids.sort_unstable();
        ids.dedup();
        let ids: Vec<String> = ids.into_iter().cloned().collect();
        self.commits = git.commits(&ids)?;
        let mut looked_at = BTreeMap::new();
        for stretch in &mut self.stretches {
            let Some(commit) = stretch.commit.clone().filter(|_| stretch.removed.is_empty()) else {
                continue;
            };
            let key = (commit, stretch.path.clone());
            if !looked_at.contains_key(&key) {
                if looked_at.len() == REMOVED_COMMITS_MAX {
                    continue;
                }
                let shown = git.show(&key.0, Some(&key.1))?;
                let removed: Vec<String> =
                    diff::read(&shown).into_iter().flat_map(|file| file.removed).collect();
                looked_at.insert(key.clone(), removed);
            }
            stretch.removed.clone_from(&looked_at[&key]);
        }
        let tops =
            self.stretches.iter().map(|s| s.path.as_str()).filter(|path| !path.contains('/'));
        let mut tops: Vec<&str> = tops.collect();
        tops.sort_unstable();
        tops.dedup();
        for name in tops {
            self.elsewhere.extend(git.directories_with(name)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
