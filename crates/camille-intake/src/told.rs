//! What was told of where a session was, lest it is told again: of each place the first touch counts.

use camille_bank::{Touch, Touching};
use jiff::Timestamp;
use std::collections::HashSet;

/// What is remembered of one session before it is forgotten and told again.
const REMEMBERED_MAX: usize = 8192;

/// What was told of one session, and what is new.
#[derive(Debug, Default)]
pub(super) struct Told {
    touched: HashSet<(String, bool)>,
    inside: HashSet<String>,
    walked: HashSet<String>,
    /// What the session made itself, and what it put clones in.
    made: HashSet<String>,
    cloned: HashSet<String>,
    /// Where its last record was.
    at: Option<String>,
    new: News,
}

/// What is new.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) touched: Vec<Touch>,
    pub(super) inside: Vec<String>,
    pub(super) walked: Vec<String>,
}

impl Told {
    /// Begins a part.
    pub(super) fn begin(&mut self) {
        if self.touched.len() + self.inside.len() + self.walked.len() > REMEMBERED_MAX {
            *self = Self::default();
        }
    }

    /// Whether its last record was somewhere else than this one: what that says was told otherwise.
    pub(super) fn moves(&mut self, cwd: &str) -> bool {
        let moves = self.at.as_deref() != Some(cwd);
        if moves {
            self.at = Some(cwd.to_owned());
        }
        moves
    }

    /// It belongs elsewhere than was known: where its records are says something else now.
    pub(super) fn rehome(&mut self) {
        self.at = None;
    }

    /// It touched a place.
    pub(super) fn touch(
        &mut self,
        project: String,
        how: Touching,
        path: &str,
        time: Option<Timestamp>,
    ) {
        // What was only fetched may be read where it is worked in, and that says more.
        if self.touched.insert((project.clone(), how == Touching::Fetched)) {
            self.new.touched.push(Touch { project, how, path: path.to_owned(), time });
        }
    }

    /// It made something, or put a clone there.
    pub(super) fn made(&mut self, path: &str, is_clone: bool) {
        let of = if is_clone { &mut self.cloned } else { &mut self.made };
        if of.len() < REMEMBERED_MAX {
            of.insert(path.to_owned());
        }
    }

    /// Whether what is gone from there was the session's own: it made it, or the directory around it, and put no clone
    /// of another's work there.
    pub(super) fn has_made(&self, path: &str) -> bool {
        let is_in = |paths: &HashSet<String>| {
            std::path::Path::new(path).ancestors().any(|at| paths.contains(&*at.to_string_lossy()))
        };
        !self.made.is_empty() && is_in(&self.made) && !is_in(&self.cloned)
    }

    /// It did something at these paths.
    pub(super) fn inside(&mut self, paths: impl IntoIterator<Item = String>) {
        for path in paths {
            if !self.inside.contains(&path) {
                self.inside.insert(path.clone());
                self.new.inside.push(path);
            }
        }
    }

    /// It read all of a directory.
    pub(super) fn walked(&mut self, directory: Option<&String>) {
        if let Some(directory) = directory.filter(|directory| !self.walked.contains(*directory)) {
            self.walked.insert(directory.clone());
            self.new.walked.push(directory.clone());
        }
    }

    /// What the part brought, if that is anything.
    pub(super) fn end(&mut self) -> Option<News> {
        let new = std::mem::take(&mut self.new);
        let is_empty = new.touched.is_empty() && new.inside.is_empty() && new.walked.is_empty();
        (!is_empty).then_some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_session_made_is_its_own_unless_it_put_a_clone_there() {
        let mut told = Told::default();
        told.made("/p/api/tmp", false);
        assert!(told.has_made("/p/api/tmp") && told.has_made("/p/api/tmp/a/b.log"));
        assert!(!told.has_made("/p/api") && !told.has_made("/p/api/tmps/x"));
        told.made("/p/api/tmp/payroll", true);
        assert!(!told.has_made("/p/api/tmp/payroll/x") && told.has_made("/p/api/tmp/a"));
    }
}
