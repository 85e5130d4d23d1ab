//! Who wrote these lines, among the sessions whose edits are at hand. That a session was at work at the time, or edited
//! the file, never attributes anything.

use camille_ingest::edit::{Edit, telling};
use camille_proto::local::Evidence;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a commit removed must be so many lines that it can be told from what another one removes.
const REMOVED_MIN: usize = 2;

/// A commit's time has no fractions of a second.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Lines that a session may have written.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    /// The file, relative to its repository.
    pub(super) path: &'a str,
    /// Directories in which another file of its name lies, if it is at the top of its repository.
    pub(super) elsewhere: &'a [String],
    /// The lines, as edits have them.
    pub(super) lines: Vec<String>,
    /// What the commit removed.
    pub(super) removed: Vec<String>,
    /// When they were made; `None`: they are not committed.
    pub(super) time: Option<Timestamp>,
    /// Sessions that the commit names.
    pub(super) named: Vec<usize>,
}

/// What one call did to one file.
#[derive(Debug)]
pub(super) struct Known {
    /// Its session's number.
    pub(super) session: usize,
    /// Its document's number.
    pub(super) document: usize,
    /// When it was made.
    pub(super) time: Option<Timestamp>,
    /// The file and the lines.
    pub(super) edit: Edit,
}

/// What is known of some lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// How many of the lines can be told from any others.
    pub(super) telling: usize,
    /// The session with the evidence; `None`: not known.
    pub(super) session: Option<(usize, Evidence)>,
    /// How many of the lines it wrote.
    pub(super) wrote: usize,
    /// The document of its last edit that counts.
    pub(super) document: Option<usize>,
    /// All sessions that edited the file before.
    pub(super) edited: Vec<usize>,
}

/// All edits at hand, by the lines that they wrote.
pub(super) struct Edits<'k> {
    known: &'k [Known],
    by_line: HashMap<&'k str, Vec<usize>>,
}

impl<'k> Edits<'k> {
    /// `known`: in the order of their time.
    pub(super) fn of(known: &'k [Known]) -> Self {
        let mut by_line: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, one) in known.iter().enumerate() {
            for line in &one.edit.written {
                by_line.entry(line.as_str()).or_default().push(at);
            }
        }
        Self { known, by_line }
    }

    /// Who wrote these lines.
    pub(super) fn attribute(&self, asked: &Asked<'_>) -> Verdict {
        let counts = |at: usize| {
            let one = &self.known[at];
            is_before(one.time, asked.time) && is_of(&one.edit.path, asked.path, asked.elsewhere)
        };
        let lines: Vec<&str> = asked.lines.iter().filter_map(|line| telling(line)).collect();
        let mut votes: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for line in &lines {
            let writers = self.by_line.get(*line).map_or(&[][..], Vec::as_slice);
            if let Some(last) = writers.iter().rev().copied().find(|at| counts(*at)) {
                let (wrote, edit) = votes.entry(self.known[last].session).or_default();
                *wrote += 1;
                *edit = (*edit).max(last);
            }
        }
        let mut edited: Vec<usize> = (0..self.known.len())
            .filter(|at| counts(*at))
            .map(|at| self.known[at].session)
            .collect();
        edited.sort_unstable();
        edited.dedup();
        let none = Verdict { telling: lines.len(), edited, ..Verdict::default() };
        let verdict = |session, evidence, wrote, edit: Option<usize>| Verdict {
            session: Some((session, evidence)),
            wrote,
            document: edit.map(|at| self.known[at].document),
            ..none.clone()
        };
        let wrote_of = |session: usize| votes.get(&session).copied();
        // What the commit says of itself comes before all.
        let named = asked.named.iter().copied();
        if let Some(session) = named.max_by_key(|session| wrote_of(*session)) {
            let last = (0..self.known.len())
                .rev()
                .find(|at| self.known[*at].session == session && counts(*at));
            let (wrote, edit) =
                wrote_of(session).map_or((0, last), |(wrote, edit)| (wrote, Some(edit)));
            return verdict(session, Evidence::Trailer, wrote, edit);
        }
        let best = votes.iter().max_by_key(|(_, vote)| **vote);
        if let Some((session, (wrote, edit))) =
            best.filter(|(_, (wrote, _))| wrote * 2 >= lines.len())
        {
            return verdict(*session, Evidence::Wrote, *wrote, Some(*edit));
        }
        if let Some(last) = self.replaced(asked, &counts) {
            let session = self.known[last].session;
            let wrote = wrote_of(session).map_or(0, |(wrote, _)| wrote);
            return verdict(session, Evidence::Replaced, wrote, Some(last));
        }
        none
    }

    /// The last edit of the session that replaced at least half of what the commit removed.
    fn replaced(&self, asked: &Asked<'_>, counts: &dyn Fn(usize) -> bool) -> Option<usize> {
        let removed: HashSet<&str> =
            asked.removed.iter().filter_map(|line| telling(line)).collect();
        if removed.len() < REMOVED_MIN {
            return None;
        }
        let mut of: BTreeMap<usize, (HashSet<&str>, usize)> = BTreeMap::new();
        for at in (0..self.known.len()).filter(|at| counts(*at)) {
            let one = &self.known[at];
            let took = one.edit.replaced.iter().map(String::as_str);
            let took: HashSet<&str> = took.filter(|line| removed.contains(line)).collect();
            if !took.is_empty() {
                let (all, last) = of.entry(one.session).or_default();
                all.extend(took);
                *last = (*last).max(at);
            }
        }
        let (took, last) = of.into_values().max_by_key(|(took, last)| (took.len(), *last))?;
        (took.len() * 2 >= removed.len()).then_some(last)
    }
}

fn is_before(edit: Option<Timestamp>, commit: Option<Timestamp>) -> bool {
    match (edit, commit) {
        (_, None) => true,
        (Some(edit), Some(commit)) => commit.checked_add(SECOND).is_ok_and(|commit| edit < commit),
        (None, Some(_)) => false,
    }
}

/// Whether an edit of `path` is one of the `asked` file, by their last two names: above those lie a clone and a worktree.
fn is_of(path: &str, asked: &str, elsewhere: &[String]) -> bool {
    let names = |path: &str| {
        let mut names = path.rsplit(['/', '\\']).filter(|name| !matches!(*name, "" | "."));
        (names.next().map(str::to_owned), names.next().map(str::to_owned))
    };
    let ((name, directory), (asked, asked_directory)) = (names(path), names(asked));
    name == asked
        && match (directory, asked_directory) {
            (Some(directory), Some(asked)) => directory == asked || directory == "..",
            (Some(directory), None) => !elsewhere.contains(&directory),
            (None, _) => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
    }

    fn known(
        session: usize,
        minute: i64,
        path: &str,
        written: &[&str],
        replaced: &[&str],
    ) -> Known {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let edit = Edit { path: path.into(), written: lines(written), replaced: lines(replaced) };
        Known { session, document: 10 + session, time: Some(at(minute)), edit }
    }

    fn asked(lines: &[&str], minute: i64) -> Asked<'static> {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Asked { path: "crates/a/lib.rs", lines, time: Some(at(minute)), ..Asked::default() }
    }

    fn who(known: &[Known], asked: &Asked<'_>) -> Option<(usize, Evidence)> {
        Edits::of(known).attribute(asked).session
    }

    #[test]
    fn the_last_to_write_a_line_before_its_commit_wrote_it() {
        let edits = [
            known(0, 1, "/srv/x/a/lib.rs", &["fn one()", "fn two()"], &[]),
            known(1, 2, "/other/a/lib.rs", &["fn two()"], &[]),
            known(2, 9, "a/lib.rs", &["fn two()"], &[]),
            known(3, 3, "b/lib.rs", &["fn two()"], &[]),
        ];
        assert_eq!(who(&edits, &asked(&["  fn two()", "}"], 5)), Some((1, Evidence::Wrote)));
        assert_eq!(who(&edits, &asked(&["fn two()"], 1)), Some((0, Evidence::Wrote)));
        assert_eq!(
            who(&edits, &Asked { time: None, ..asked(&["fn two()"], 0) }),
            Some((2, Evidence::Wrote))
        );
        let all = Edits::of(&edits).attribute(&asked(&["fn one()", "fn two()", "fn three()"], 1));
        assert_eq!((all.wrote, all.telling, all.document), (2, 3, Some(10)));
    }

    #[test]
    fn time_and_file_alone_attribute_nothing() {
        let edits = [known(0, 1, "a/lib.rs", &["fn one()"], &["fn zero()"])];
        let none = Edits::of(&edits).attribute(&asked(&["fn two()", "fn three()", "fn one()"], 5));
        assert_eq!((none.session, none.edited), (None, vec![0]), "a third of them is too little");
        assert_eq!(who(&edits, &asked(&["}", ""], 5)), None, "nothing there tells anything");
        assert_eq!(who(&edits, &asked(&["fn one()"], 0)), None, "it was written later");
    }

    #[test]
    fn what_a_commit_names_and_removes_counts_before_and_behind_what_was_written() {
        let edits = [
            known(0, 1, "a/lib.rs", &["fn one()"], &[]),
            known(1, 2, "a/lib.rs", &["fn other()"], &["fn old()", "fn older()"]),
        ];
        let named = Asked { named: vec![1], ..asked(&["fn one()"], 5) };
        assert_eq!(who(&edits, &named), Some((1, Evidence::Trailer)));
        let removed = |lines: &[&str]| Asked {
            removed: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..asked(&["fn formatted()"], 5)
        };
        assert_eq!(who(&edits, &removed(&["fn old()", "fn x()"])), Some((1, Evidence::Replaced)));
        assert_eq!(who(&edits, &removed(&["fn old()", "fn x()", "fn y()"])), None);
        assert_eq!(who(&edits, &removed(&["fn old()"])), None, "one line alone is removed often");
    }

    #[test]
    fn a_file_is_known_by_its_last_two_names() {
        assert!(is_of("C:\\x\\a\\lib.rs", "crates/a/lib.rs", &[]));
        assert!(is_of("lib.rs", "crates/a/lib.rs", &[]));
        assert!(!is_of("/x/b/lib.rs", "crates/a/lib.rs", &[]));
        assert!(is_of("/home/x/worktree/README.md", "README.md", &["docs".into()]));
        assert!(!is_of("/home/x/worktree/docs/README.md", "README.md", &["docs".into()]));
    }
}
