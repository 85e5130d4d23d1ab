//! What a mention reaches on this disk beside the path that it names: what a pattern matches, and what a walk comes
//! upon that may be somebody else's. It reads directories and nothing else, and so much of them at most.

use super::path::text;
use super::{Base, ProjectResolver, Touched};
use camille_ingest::place::{Doing, Mention, Reach};
use globset::{GlobBuilder, GlobMatcher};
use ignore::{DirEntry, WalkBuilder};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Entries of directories that one mention has looked at.
const ENTRIES_MAX: usize = 20_000;
/// Paths that one mention reaches.
const PATHS_MAX: usize = 1024;
/// Places of others that one mention touches.
const PLACES_MAX: usize = 64;
/// How far down a walk goes.
const DEPTH_MAX: usize = 16;
/// Mentions remembered before the memory is emptied.
const REMEMBERED_MAX: usize = 4096;

/// Directories in which tools keep what they fetched or made: nobody's work lies there.
const BUILT: &[&str] = &[".git", "node_modules", "target", ".venv", "venv", "__pycache__"];

/// What was found by a mention's directory, its reach, and what was done: to name what lies above the home is not to read it.
type Found = HashMap<(PathBuf, Reach, Doing), Arc<[PathBuf]>>;

/// Directories in which everybody leaves what is thrown away: who works there works with all of it.
const EVERYBODYS: &[&str] = &["/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp"];

/// What mentions reached: the same are made again and again.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Found>);

impl Memory {
    /// Directories change.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl ProjectResolver {
    /// What a record of a session touched by a mention: by its path, and by what it reaches beside that.
    #[must_use]
    pub fn resolve_places(
        &self,
        mention: &Mention,
        cwd: Option<&str>,
        session: Base<'_>,
    ) -> Vec<Touched> {
        let cwd = cwd.unwrap_or(session.cwd);
        if mention.guess && !self.stands(mention, cwd) {
            return Vec::new();
        }
        let mut all = vec![self.resolve_mention(mention, Some(cwd), session)];
        // What goes through directories and no links says so by another mention.
        if let Reach::Matching { pattern, links } = &mention.reach
            && (pattern == "**" || (pattern.starts_with("**/") && !links))
        {
            return all;
        }
        for path in self.reached(mention, cwd).iter() {
            let found = Mention::new(&text(path), mention.doing);
            let touched = self.resolve_mention(&found, Some(cwd), session);
            if all.len() < PLACES_MAX && !all.contains(&touched) {
                all.push(touched);
            }
        }
        all
    }

    /// The paths that a mention reaches beside its own, as they stand on the disk.
    #[must_use]
    pub fn reached(&self, mention: &Mention, cwd: &str) -> Arc<[PathBuf]> {
        let none = || Arc::from([]);
        if mention.reach == Reach::Alone {
            return none();
        }
        let home = self.home_of(cwd);
        let Some(root) = self.absolute(&mention.path, Some(cwd), home.as_deref()) else {
            return none();
        };
        let root = self.spot(&root, true).path.clone();
        let own_home = self.real_home.as_deref().or(self.home.as_deref());
        let above = own_home.filter(|home| home.starts_with(&root) && **home != *root);
        let key = (root, mention.reach.clone(), mention.doing);
        let lock = || self.reached.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return Arc::clone(known);
        }
        // The lock is not held while the disk is read.
        let found = look(&key.0, &mention.reach, above, mention.doing);
        let mut memory = lock();
        if memory.len() >= REMEMBERED_MAX {
            memory.clear();
        }
        let found: Arc<[PathBuf]> = found.into();
        memory.insert(key, Arc::clone(&found));
        found
    }

    /// The same, and names that a pattern surely matches, whether or not they stand there: each star of it is nothing,
    /// or something.
    #[must_use]
    pub fn matched(&self, mention: &Mention, cwd: &str) -> Vec<PathBuf> {
        let Reach::Matching { pattern, .. } = &mention.reach else { return Vec::new() };
        let mut paths = self.reached(mention, cwd).to_vec();
        let pattern = pattern.replace("**/", "");
        for star in ["", "x"] {
            let name = pattern.replace(['*', '?'], star);
            let path = format!("{}/{name}", mention.path.trim_end_matches('/'));
            paths.extend(self.real(&path, Some(cwd)));
        }
        paths
    }

    /// Whether something stands at a path.
    fn stands(&self, mention: &Mention, cwd: &str) -> bool {
        let home = self.home_of(cwd);
        let path = self.absolute(&mention.path, Some(cwd), home.as_deref());
        path.is_some_and(|path| path.starts_with('/') && self.spot(&path, false).exists)
    }
}

/// What is reached from a directory. `above`: the person's home, if the directory lies above it: all that is theirs
/// lies below then, and no walk is needed to say so.
fn look(root: &Path, reach: &Reach, above: Option<&Path>, doing: Doing) -> Vec<PathBuf> {
    let home = || above.filter(|_| doing == Doing::Read).map(Path::to_owned);
    match reach {
        Reach::Alone => Vec::new(),
        Reach::Matching { pattern, .. } if above.is_some() && pattern.contains("**") => {
            home().into_iter().collect()
        }
        Reach::Matching { pattern, links } => {
            let mut search = Search { links: *links, entries: 0, found: Vec::new() };
            let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
            search.expand(root, &parts, DEPTH_MAX);
            // What is gone may have been anything below.
            if search.found.is_empty() { home().into_iter().collect() } else { search.found }
        }
        Reach::Below { .. } if above.is_some() => home().into_iter().collect(),
        Reach::Below { .. } if EVERYBODYS.iter().any(|place| root == Path::new(place)) => {
            Vec::new()
        }
        Reach::Below { links, all } => others_below(root, *links, *all),
    }
}

/// Clones of other repositories that a walk goes through, and where links lead if it follows them. A submodule and a
/// worktree, whose `.git` is a file, are the repository's that knows them.
fn others_below(root: &Path, links: bool, all: bool) -> Vec<PathBuf> {
    let nested: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
    let met = Arc::clone(&nested);
    let is_own = move |entry: &DirEntry| {
        if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return true;
        }
        let is_other = is_repository(entry.path());
        if is_other {
            let mut met = met.lock().unwrap_or_else(PoisonError::into_inner);
            met.push(entry.path().to_owned());
        }
        !is_other && !is_built(entry.path())
    };
    let walk = WalkBuilder::new(root)
        .standard_filters(!all)
        .git_global(false)
        .max_depth(Some(DEPTH_MAX))
        .filter_entry(is_own)
        .build();
    let linked = walk
        .take(ENTRIES_MAX)
        .flatten()
        .filter(|entry| links && entry.path_is_symlink() && entry.depth() > 0);
    let mut found: Vec<PathBuf> = linked.map(DirEntry::into_path).take(PATHS_MAX).collect();
    found.append(&mut nested.lock().unwrap_or_else(PoisonError::into_inner));
    found
}

fn is_repository(directory: &Path) -> bool {
    [".git", ".hg", ".jj", ".svn"].iter().any(|mark| directory.join(mark).is_dir())
}

fn is_built(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| BUILT.iter().any(|built| name == *built))
}

/// Finds what a pattern of a shell matches.
struct Search {
    links: bool,
    entries: usize,
    found: Vec<PathBuf>,
}

impl Search {
    fn expand(&mut self, directory: &Path, parts: &[&str], depth: usize) {
        let (Some((part, rest)), Some(depth)) = (parts.split_first(), depth.checked_sub(1)) else {
            return;
        };
        if *part == "**" {
            if rest.is_empty() {
                self.each(directory, None, &[], depth);
            } else {
                self.expand(directory, rest, depth);
            }
            return self.below(directory, parts, depth);
        }
        if !part.contains(['*', '?', '[']) {
            return self.at(directory.join(part), rest, depth);
        }
        // A name with brackets may be just that.
        if part.contains('[') && directory.join(part).exists() {
            self.at(directory.join(part), rest, depth);
        }
        if let Some(matcher) = matcher(part) {
            let shows_hidden = part.starts_with('.');
            self.each(directory, Some((&matcher, shows_hidden)), rest, depth);
        }
    }

    /// A path with its first parts found.
    fn at(&mut self, path: PathBuf, rest: &[&str], depth: usize) {
        if !rest.is_empty() {
            self.expand(&path, rest, depth);
        } else if self.found.len() < PATHS_MAX
            && path.symlink_metadata().is_ok_and(|found| self.links || !found.is_symlink())
        {
            self.found.push(path);
        }
    }

    /// What lies in a directory and matches.
    fn each(
        &mut self,
        directory: &Path,
        matcher: Option<(&GlobMatcher, bool)>,
        rest: &[&str],
        depth: usize,
    ) {
        let Ok(entries) = directory.read_dir() else { return };
        for entry in entries.flatten() {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                return;
            }
            let name = entry.file_name();
            let matches = matcher.is_none_or(|(matcher, shows_hidden)| {
                matcher.is_match(&name)
                    && (shows_hidden || !name.to_string_lossy().starts_with('.'))
            });
            if matches {
                self.at(entry.path(), rest, depth);
            }
        }
    }

    /// The directories below, for `**`.
    fn below(&mut self, directory: &Path, parts: &[&str], depth: usize) {
        let Ok(entries) = directory.read_dir() else { return };
        for entry in entries.flatten() {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                return;
            }
            let path = entry.path();
            let is_directory = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => self.links && path.is_dir(),
                Ok(kind) => kind.is_dir(),
                Err(_) => false,
            };
            if is_directory && !is_built(&path) {
                self.expand(&path, parts, depth);
            }
        }
    }
}

fn matcher(part: &str) -> Option<GlobMatcher> {
    Some(GlobBuilder::new(part).literal_separator(true).build().ok()?.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    struct Disk {
        root: tempfile::TempDir,
        resolver: ProjectResolver,
    }

    impl Disk {
        fn new() -> Self {
            let root = tempfile::tempdir().expect("a directory");
            Self { root, resolver: ProjectResolver::default() }
        }

        fn path(&self, path: &str) -> String {
            self.root.path().join(path).to_string_lossy().into_owned()
        }

        fn file(&self, path: &str, text: &str) {
            let path = self.root.path().join(path);
            fs::create_dir_all(path.parent().expect("in a directory")).expect("creates");
            fs::write(path, text).expect("writes");
        }

        fn repository(&self, path: &str, url: &str) -> String {
            self.file(&format!("{path}/.git/HEAD"), "ref: refs/heads/main\n");
            self.file(
                &format!("{path}/.git/config"),
                &format!("[remote \"origin\"]\n\turl = {url}\n"),
            );
            self.path(path)
        }

        fn link(&self, from: &str, to: &str) {
            std::os::unix::fs::symlink(self.path(to), self.path(from)).expect("links");
        }
    }

    fn reached(disk: &Disk, cwd: &str, path: &str, reach: Reach) -> Vec<String> {
        let project = disk.resolver.resolve_session(cwd, None, None);
        let base = Base { cwd, project: &project, folder: None, id: None };
        let mention = Mention { reach, ..Mention::new(path, Doing::Read) };
        places(disk.resolver.resolve_places(&mention, Some(cwd), base))
    }

    fn places(touched: Vec<Touched>) -> Vec<String> {
        let places: BTreeSet<String> = touched.into_iter().filter_map(|one| one.place).collect();
        places.into_iter().collect()
    }

    fn matching(pattern: &str, links: bool) -> Reach {
        Reach::Matching { pattern: pattern.to_owned(), links }
    }

    #[test]
    fn a_pattern_and_a_walk_touch_what_they_reach() {
        let disk = Disk::new();
        let shared = disk.repository("shared", "https://github.com/acme/shared");
        disk.file("shared/src/a.rs", "");
        disk.file("diary/may.md", "");
        disk.link("shared/src/link.rs", "diary/may.md");
        let diary = [disk.path("diary")];
        let none: [String; 0] = [];
        let below = |links, all| Reach::Below { links, all };
        assert_eq!(reached(&disk, &shared, ".", below(false, true)), none);
        assert_eq!(reached(&disk, &shared, ".", below(true, true)), diary);
        assert_eq!(reached(&disk, &shared, "src", matching("*.rs", true)), diary);
        assert_eq!(reached(&disk, &shared, ".", matching("**/l*.rs", true)), diary);
        assert_eq!(reached(&disk, &shared, ".", matching("**/l*.rs", false)), none);
        assert_eq!(reached(&disk, &shared, ".", matching("*/a.r?", true)), none);

        disk.repository("shared/inner", "https://github.com/acme/inner");
        disk.file("shared/inner/x.md", "");
        disk.resolver.forget();
        let inner = ["github.com/acme/inner"];
        assert_eq!(reached(&disk, &shared, ".", below(false, true)), inner);
        assert_eq!(reached(&disk, &shared, "src", below(false, true)), none);
        assert_eq!(reached(&disk, &shared, ".", matching("**/x.md", true)), inner);
        assert_eq!(reached(&disk, &shared, ".", matching("i*/x.md", true)), inner);
        disk.file("shared/.gitignore", "inner/\n");
        disk.resolver.forget();
        assert_eq!(reached(&disk, &shared, ".", below(false, false)), none, "rg does not go there");
    }

    #[test]
    fn what_lies_above_the_home_reaches_it() {
        let disk = Disk::new();
        let shared = disk.repository("ana/shared", "https://github.com/acme/shared");
        let home = disk.path("ana");
        let resolver = ProjectResolver::new(Some(PathBuf::from(&home)));
        let disk = Disk { resolver, ..disk };
        // What was only named before is read now.
        let named = Mention {
            reach: Reach::Below { links: false, all: true },
            ..Mention::new("/", Doing::Named)
        };
        assert!(disk.resolver.reached(&named, &shared).is_empty());
        let all = reached(&disk, &shared, "/", Reach::Below { links: false, all: true });
        assert_eq!(all, ["/", home.as_str()]);
        assert_eq!(reached(&disk, &shared, "/", matching("**/x", true)), [home.as_str()]);
        assert_eq!(
            reached(&disk, &shared, "/", matching("*/no-such-file", false)),
            [home.as_str()]
        );
    }

    #[test]
    fn a_guess_counts_where_something_stands() {
        let disk = Disk::new();
        let shared = disk.repository("shared", "https://github.com/acme/shared");
        disk.file("diary/may.md", "");
        let project = disk.resolver.resolve_session(&shared, None, None);
        let base = Base { cwd: &shared, project: &project, folder: None, id: None };
        let touched = |path: &str| {
            let mention = Mention { guess: true, ..Mention::new(path, Doing::Read) };
            places(disk.resolver.resolve_places(&mention, Some(&shared), base))
        };
        assert_eq!(touched("../diary/may.md"), [disk.path("diary")]);
        assert!(touched("application/json").is_empty() && touched("../gone/x").is_empty());
    }
}
