//! Goes through the directories of a source, also through links, and always comes to an end: whatever links and
//! mounts are made of, each directory is listed once, and how many names are looked at, how deep they lie and how
//! long that may take is bounded. What is left out for it is said.
//!
//! Links are for somebody who keeps transcripts elsewhere. They are followed after all that stands in the source
//! itself, so that they never take its place; never to where the source itself lies, and never into what is no
//! store of files, such as `/proc`.

use std::collections::{HashSet, VecDeque};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Names that are looked at in one source.
const NAMES_MAX: usize = 2_000_000;
/// Of these, what links lead to out of the source.
const LINKED_NAMES_MAX: usize = 100_000;
/// How deep a directory may lie below its source.
const DEPTH_MAX: usize = 256;
/// How long one source may take.
const TIME_MAX: Duration = Duration::from_secs(20);
/// How often it is asked whether there is time left, in names.
const ASK_EVERY: usize = 256;
/// What is said of one walk; of the rest, how much it is.
const NOTES_MAX: usize = 50;
/// What a system shows as files and are none.
const NO_STORES: [&str; 3] = ["/proc", "/sys", "/dev"];

/// What is met on the way.
pub(super) enum Met<'a> {
    /// A directory, before it is listed.
    Directory {
        path: &'a Path,
        /// Whether it is a source itself or a link leads to it.
        is_top: bool,
    },
    /// A file, or a link to one.
    File(&'a Path),
}

/// One walk through any number of sources. Of directories that several lead to, only the first is listed.
pub(super) struct Walk<'a> {
    cancel: &'a CancellationToken,
    seen: HashSet<Identity>,
    /// The devices of [`NO_STORES`].
    closed: HashSet<u64>,
    notes: Vec<(String, String)>,
    unsaid: usize,
}

/// Which directory it is, whatever it is called (device and inode).
type Identity = (u64, u64);

/// A directory that is to be listed.
struct Place {
    path: PathBuf,
    depth: usize,
    is_top: bool,
    by_link: bool,
}

/// What is left for one source.
struct Budget {
    names: usize,
    linked: usize,
    until: Instant,
}

impl<'a> Walk<'a> {
    /// One that ends early when this is cancelled.
    pub(super) fn new(cancel: &'a CancellationToken) -> Self {
        let root = std::fs::metadata("/").map(|root| root.dev()).ok();
        let devices = NO_STORES.iter().filter_map(|path| std::fs::metadata(path).ok());
        let closed = devices.map(|found| found.dev()).filter(|device| Some(*device) != root);
        Self {
            cancel,
            seen: HashSet::new(),
            closed: closed.collect(),
            notes: Vec::new(),
            unsaid: 0,
        }
    }

    /// Goes through a source that its owner named.
    pub(super) fn source(&mut self, root: &Path, meet: &mut dyn FnMut(Met<'_>)) {
        self.below(root, false, meet);
    }

    /// Goes through what came into a source: if it is a link, it is treated as one.
    pub(super) fn newcomer(&mut self, path: &Path, meet: &mut dyn FnMut(Met<'_>)) {
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        self.below(path, is_link, meet);
    }

    /// What could not be looked at or was left out, with the reason.
    pub(super) fn notes(self) -> Vec<(String, String)> {
        let mut notes = self.notes;
        if self.unsaid > 0 {
            notes.push(("…".into(), format!("{} more were left out", self.unsaid)));
        }
        notes
    }

    /// Takes down what could not be looked at.
    pub(super) fn note(&mut self, path: &Path, reason: impl ToString) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push((path.display().to_string(), reason.to_string()));
        } else {
            self.unsaid += 1;
        }
    }

    fn below(&mut self, root: &Path, by_link: bool, meet: &mut dyn FnMut(Met<'_>)) {
        let above = ancestors(root);
        let mut budget =
            Budget { names: NAMES_MAX, linked: LINKED_NAMES_MAX, until: Instant::now() + TIME_MAX };
        let top = Place { path: root.to_owned(), depth: 0, is_top: true, by_link };
        let mut waiting = VecDeque::from([top]);
        while let Some(place) = waiting.pop_front() {
            let metadata = match std::fs::metadata(&place.path) {
                Ok(metadata) => metadata,
                Err(error) => {
                    self.note_error(&place.path, place.depth, &error);
                    continue;
                }
            };
            if !metadata.is_dir() {
                meet(Met::File(&place.path));
                continue;
            }
            let identity = (metadata.dev(), metadata.ino());
            if place.by_link && above.contains(&identity) {
                self.note(&place.path, "a link to where its source lies: not followed");
                continue;
            }
            if self.closed.contains(&identity.0) || place.depth > DEPTH_MAX {
                let reason = if place.depth > DEPTH_MAX { "too deep" } else { "no store of files" };
                self.note(&place.path, format!("{reason}: not looked into"));
                continue;
            }
            if !self.seen.insert(identity) {
                continue;
            }
            meet(Met::Directory { path: &place.path, is_top: place.is_top });
            if let Err(reason) = self.list(&place, &mut waiting, &mut budget, meet) {
                if let Some(reason) = reason {
                    self.note(root, reason);
                }
                return;
            }
        }
    }

    /// `Err`: the source is left, for this reason unless everything is.
    fn list(
        &mut self,
        place: &Place,
        waiting: &mut VecDeque<Place>,
        budget: &mut Budget,
        meet: &mut dyn FnMut(Met<'_>),
    ) -> Result<(), Option<&'static str>> {
        let entries = match std::fs::read_dir(&place.path) {
            Ok(entries) => entries,
            Err(error) => {
                self.note_error(&place.path, place.depth, &error);
                return Ok(());
            }
        };
        for entry in entries {
            budget.spend(place.by_link)?;
            if budget.names.is_multiple_of(ASK_EVERY) {
                if self.cancel.is_cancelled() {
                    return Err(None);
                }
                if Instant::now() >= budget.until {
                    return Err(Some("took too long: the rest of it was not looked at"));
                }
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.note_error(&place.path, place.depth, &error);
                    continue;
                }
            };
            let path = entry.path();
            let depth = place.depth + 1;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let by_link = place.by_link;
                    let found = Place { path, depth, is_top: false, by_link };
                    // What is linked waits until all else was looked at.
                    if by_link { waiting.push_back(found) } else { waiting.push_front(found) }
                }
                Ok(kind) if kind.is_file() => meet(Met::File(&path)),
                Ok(kind) if kind.is_symlink() => match std::fs::metadata(&path) {
                    Ok(target) if target.is_dir() => {
                        waiting.push_back(Place { path, depth, is_top: true, by_link: true });
                    }
                    Ok(target) if target.is_file() => meet(Met::File(&path)),
                    Ok(_) => {}
                    Err(error) => self.note_error(&path, depth, &error),
                },
                Ok(_) => {}
                Err(error) => self.note_error(&path, depth, &error),
            }
        }
        Ok(())
    }

    fn note_error(&mut self, path: &Path, depth: usize, error: &io::Error) {
        // What was there a moment before is no fault. A link that leads nowhere is, and a root that is gone.
        let vanished =
            is_gone(error) && std::fs::symlink_metadata(path).is_err_and(|error| is_gone(&error));
        if depth == 0 || !vanished {
            self.note(path, error);
        }
    }
}

impl Budget {
    fn spend(&mut self, by_link: bool) -> Result<(), Option<&'static str>> {
        let left = if by_link { &mut self.linked } else { &mut self.names };
        match left.checked_sub(1) {
            Some(rest) => *left = rest,
            None if by_link => {
                return Err(Some("links lead to too many files: the rest was not looked at"));
            }
            None => return Err(Some("too many files: the rest of it was not looked at")),
        }
        if by_link {
            self.names = self.names.saturating_sub(1);
        }
        Ok(())
    }
}

/// The directories that this one lies in.
fn ancestors(root: &Path) -> HashSet<Identity> {
    let canonical = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let above = canonical.ancestors().skip(1).chain(root.ancestors().skip(1));
    let found = above.filter_map(|path| std::fs::metadata(path).ok());
    found.map(|found: Metadata| (found.dev(), found.ino())).collect()
}

/// Whether nothing stands there any more.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// Below one directory: directories by the one they lie in, and links from one to another or elsewhere.
    #[derive(Debug, Clone)]
    struct Graph {
        parents: Vec<usize>,
        links: Vec<(usize, Target)>,
    }

    #[derive(Debug, Clone)]
    enum Target {
        Directory(usize),
        File(usize),
        Elsewhere(&'static str),
    }

    fn graph() -> impl Strategy<Value = Graph> {
        let target = prop_oneof![
            6 => any::<usize>().prop_map(Target::Directory),
            2 => any::<usize>().prop_map(Target::File),
            2 => prop_oneof![
                Just("/"), Just("/proc"), Just("/sys"), Just("/dev"), Just("/proc/self/root"), Just("."), Just(".."),
                Just("../.."), Just("nowhere"), Just("/dev/zero"), Just("self")
            ].prop_map(Target::Elsewhere),
        ];
        let parents = proptest::collection::vec(any::<usize>(), 1..25);
        let links = proptest::collection::vec((any::<usize>(), target), 0..80);
        (parents, links).prop_map(|(parents, links)| Graph { parents, links })
    }

    impl Graph {
        /// Makes it; every directory has a file. The directories, the first of which is the top.
        fn make(&self, top: &Path) -> Vec<PathBuf> {
            let mut all = vec![top.to_owned()];
            for (number, parent) in self.parents.iter().enumerate() {
                let path = all[parent % all.len()].join(format!("d{number}"));
                fs::create_dir(&path).expect("makes");
                all.push(path);
            }
            for path in &all {
                fs::write(path.join("f"), "").expect("writes");
            }
            for (number, (from, target)) in self.links.iter().enumerate() {
                let link = all[from % all.len()].join(format!("l{number}"));
                let to = match target {
                    Target::Directory(at) => all[at % all.len()].clone(),
                    Target::File(at) => all[at % all.len()].join("f"),
                    Target::Elsewhere("self") => link.clone(),
                    Target::Elsewhere(path) => PathBuf::from(path),
                };
                symlink(to, link).expect("links");
            }
            all
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_links_lead_where_each_directory_is_listed_once_and_none_outside(graph in graph()) {
            let home = tempfile::tempdir().expect("a directory");
            let (top, beside) = (home.path().join("a/top"), home.path().join("a/beside"));
            for path in [&top, &beside] {
                fs::create_dir_all(path).expect("makes");
            }
            let all = graph.make(&top);
            let cancel = CancellationToken::new();
            let mut walk = Walk::new(&cancel);
            let (mut listed, mut files) = (BTreeMap::new(), HashSet::new());
            for root in [&top, &beside] {
                walk.source(root, &mut |met| match met {
                    Met::Directory { path, .. } => {
                        *listed.entry(fs::canonicalize(path).expect("is there")).or_insert(0) += 1;
                    }
                    Met::File(path) => {
                        files.insert(fs::canonicalize(path).expect("is there"));
                    }
                });
            }
            prop_assert!(listed.values().all(|times| *times == 1), "{listed:?}");
            let real = |path: &PathBuf| fs::canonicalize(path).expect("is there");
            let expected: HashSet<PathBuf> = all.iter().chain([&beside]).map(real).collect();
            prop_assert_eq!(listed.into_keys().collect::<HashSet<_>>(), expected);
            let expected: HashSet<PathBuf> = all.iter().map(|path| real(&path.join("f"))).collect();
            prop_assert_eq!(files, expected);
            prop_assert!(walk.notes().len() <= NOTES_MAX + 1);
        }
    }

    #[test]
    fn a_walk_ends_when_it_is_cancelled() {
        let home = tempfile::tempdir().expect("a directory");
        for number in 0..ASK_EVERY * 3 {
            fs::write(home.path().join(number.to_string()), "").expect("writes");
        }
        let cancel = CancellationToken::new();
        cancel.cancel();
        let mut met = 0;
        Walk::new(&cancel).source(home.path(), &mut |_| met += 1);
        assert!(met <= ASK_EVERY + 1, "{met}");
    }

    #[test]
    fn what_links_lead_to_takes_nothing_from_the_source_itself() {
        let mut budget = Budget { names: 10, linked: 2, until: Instant::now() };
        assert!(budget.spend(true).is_ok() && budget.spend(true).is_ok());
        assert!(budget.spend(true).is_err());
        assert!((0..8).all(|_| budget.spend(false).is_ok()));
        assert!(budget.spend(false).is_err());
    }

    #[test]
    fn a_link_that_came_into_a_source_leads_not_above_it() {
        let home = tempfile::tempdir().expect("a directory");
        let source = home.path().join("source");
        fs::create_dir(&source).expect("makes");
        for (name, to) in
            [("up", home.path()), ("root", Path::new("/")), ("proc", Path::new("/proc"))]
        {
            symlink(to, source.join(name)).expect("links");
            let cancel = CancellationToken::new();
            let (mut walk, mut met) = (Walk::new(&cancel), 0);
            walk.newcomer(&source.join(name), &mut |_| met += 1);
            assert_eq!((met, walk.notes().len()), (0, 1), "{name}");
        }
    }
}
