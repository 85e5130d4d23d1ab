//! Which project a place belongs to: its repository's remote, else its repository, else the directory itself.
//! Sessions, records, what tools touched and what `.camilleignore` matches all ask here.
//!
//! The only things read are links, directories, and what lies in `.git`. Nothing is run, nothing is written, and
//! a path of another system is text and nothing more. Where signs disagree or are missing, a place is its own.

mod disk;
mod folder;
mod git_config;
mod harmless;
mod history;
mod index;
mod meaning;
mod meaningless;
mod mention;
mod naming;
mod origin;
mod path;
mod reach;
mod repository;
mod spelling;
mod ssh_config;
mod store;
mod trace;
mod typed;
mod usual;
mod vcs;

pub use camille_registry::pattern::UNCLEAR;
pub use camille_registry::remote::normalise_remote;
pub use meaning::{Meaning, is_as_typed, meaning};
pub use meaningless::Meaningless;
pub use mention::Touched;

use camille_ingest::place::ROOT;
use camille_registry::within;
use disk::Spot;
use folder::{directory_of, is_folder_of};
use foldhash::fast::RandomState;
use memchr::memmem::Finder;

use naming::Naming;
use path::{text, tidy};
use repository::Repositories;
use spelling::{absolute, below, contains, directory, directory_text, drive};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Places remembered before the memory is emptied.
const REMEMBERED_MAX: usize = 10_000;

/// The session that a record belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The directory it began in.
    pub cwd: &'a str,
    /// Its project.
    pub project: &'a str,
    /// The folder that its transcript lies in.
    pub folder: Option<&'a str>,
    /// What its agent calls it.
    pub id: Option<&'a str>,
}

/// Tells projects apart, and remembers what it found. Call [`ProjectResolver::forget`] before each run:
/// repositories come, go and get remotes.
#[derive(Debug, Default)]
pub struct ProjectResolver {
    /// The person's home, where their git and ssh configuration lies.
    home: Option<PathBuf>,
    /// The same without links.
    real_home: Option<PathBuf>,
    /// Folders of agents, besides those at their usual places in a home.
    folders: Vec<String>,
    /// Those that their owner named.
    named: Mutex<Vec<String>>,
    found: Mutex<[HashMap<String, Arc<Spot>, RandomState>; 2]>,
    repositories: Repositories,
    /// What their configuration makes of remotes; read when first needed.
    naming: Mutex<Option<Arc<Naming>>>,
    /// What patterns and walks came upon.
    reached: reach::Memory,
    /// Projects with other names they have, as far as nobody was told yet.
    names: Mutex<BTreeSet<(String, String)>>,
}

impl ProjectResolver {
    /// One that has seen nothing. `home`: the person's home directory, if they have one.
    #[must_use]
    pub fn new(home: Option<PathBuf>) -> Self {
        let real_home = home.as_ref().and_then(|home| home.canonicalize().ok());
        Self { home, real_home, ..Self::default() }
    }

    /// Knows these, too, as folders in which agents keep what was said.
    #[must_use]
    pub fn with_folders(mut self, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        self.folders = folders.into_iter().map(|folder| real(&folder)).collect();
        self
    }

    /// Knows from now on that what was said lies in these, too: what their owner has read from elsewhere.
    pub fn know_folders(&self, folders: &[PathBuf]) {
        let is_everything =
            |folder: &String| self.real_home.as_ref().is_some_and(|home| home.starts_with(folder));
        let folders = folders.iter().map(|folder| real(folder));
        let named = folders.filter(|folder| !is_everything(folder)).collect();
        *self.named.lock().unwrap_or_else(PoisonError::into_inner) = named;
    }

    /// What of a path lies below a folder of an agent's that is not at a usual place; a session in the folder itself
    /// works on it.
    fn in_folder<'p>(&self, path: &'p str, cwd: &str) -> Option<&'p str> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.folders.iter().chain(named.iter());
        all.find_map(|folder| below(path, folder).filter(|_| !contains(folder, cwd)))
    }

    /// Other names of projects that were resolved since this was last asked, each with the project: further
    /// remotes of the repository, its directory. Who denies one of them means the project.
    #[must_use]
    pub fn take_names(&self) -> Vec<(String, String)> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *names).into_iter().collect()
    }

    /// The project of a session that began in `cwd`. `remote`: the URL of its git remote where the transcript
    /// names one, which counts when the directory is gone. `folder`: the folder that its transcript lies in.
    #[must_use]
    pub fn resolve_session(&self, cwd: &str, remote: Option<&str>, folder: Option<&str>) -> String {
        let lead = remote.map(|url| self.naming().lead(url, None)).unwrap_or_default();
        let told = lead.name;
        if !Path::new(cwd).is_absolute() {
            return told.unwrap_or_else(|| directory(cwd));
        }
        let spot = self.spot(cwd, true);
        let project = match (spot.owner(), &told) {
            (Some(owner), _) => owner.project.clone(),
            // A vanished directory may have been any repository's: what the transcript says is all there is, and it is
            // believed where the directory is called so.
            (None, Some(told))
                if !spot.exists && spot.around.is_none() && called(&spot.path, told).is_some() =>
            {
                let root = called(&spot.path, told).unwrap_or_default();
                self.note_names(told, &[within::worktree(&text(&root))]);
                told.clone()
            }
            (None, _) => text(&spot.path),
        };
        let also = spot.owner().map_or(&[][..], |owner| &owner.also);
        let agrees = told.as_ref().is_none_or(|told| *told == project || also.contains(told));
        if agrees && folder.is_none_or(|folder| is_folder_of(folder, cwd, &spot)) {
            return project;
        }
        // Signs disagree. Whichever is private, this is.
        let unclear = format!("{UNCLEAR}{}", text(&spot.path));
        let other: Vec<String> =
            told.into_iter().chain([project]).chain(also.iter().cloned()).collect();
        self.note_names(&unclear, &other);
        unclear
    }

    /// The project of a record that was made in `cwd`: its session's own, unless it was made in another place.
    #[must_use]
    pub fn resolve_record(&self, cwd: &str, session: Base<'_>) -> String {
        if directory_text(cwd) == directory_text(session.cwd) {
            return session.project.to_owned();
        }
        match absolute(cwd, Some(session.cwd), None) {
            Some(path) if path.starts_with('/') => {
                self.said_in(&path, session).unwrap_or_else(|| self.project(&path, true, session).0)
            }
            Some(path) if contains(&drive(session.cwd).unwrap_or_default(), &path) => {
                session.project.to_owned()
            }
            Some(_) => directory(cwd),
            None if contains(session.cwd, cwd) => session.project.to_owned(),
            None => directory(cwd),
        }
    }

    /// The project of a session of which only the URL of its git remote is known.
    #[must_use]
    pub fn resolve_remote(&self, remote: &str) -> Option<String> {
        self.naming().project(remote)
    }

    /// The project of a session of which nothing is known but where its transcript lies. `folder`: the agent's folder.
    #[must_use]
    pub fn resolve_folder(&self, folder: Option<&str>, transcript: &Path) -> String {
        match folder.and_then(directory_of) {
            Some(directory) => self.resolve_session(&text(&directory), None, folder),
            None => {
                let place = transcript.parent().unwrap_or(transcript);
                format!("{UNCLEAR}{}", text(place))
            }
        }
    }

    /// Where a path leads: for what asks about files rather than projects.
    #[must_use]
    pub fn real(&self, path: &str, cwd: Option<&str>) -> Option<PathBuf> {
        let home = cwd.and_then(|cwd| self.home_of(cwd));
        let path = self.absolute(path, cwd, home.as_deref())?;
        Path::new(&path).is_absolute().then(|| self.spot(&path, false).path.clone())
    }

    /// Whether nothing shows that a file was there before a session: it is none of the system's, no directory, and git
    /// does not track it. `path`: as it is on the disk.
    pub(crate) fn may_be_new(&self, path: &str) -> bool {
        let spot = self.spot(path, false);
        let is_tracked = || spot.around.as_ref().is_some_and(|around| around.tracks(&spot.path));
        let is_there = spot.exists && spot.is_directory;
        path.starts_with('/') && !harmless::is_plain(path) && !is_there && !is_tracked()
    }

    /// The root of the repository that a directory lies in; without one the directory itself.
    pub(crate) fn root(&self, directory: &str) -> String {
        let spot = self.spot(directory, true);
        spot.around.as_ref().map_or_else(|| text(&spot.path), |around| text(&around.root))
    }

    /// The same path in the main worktree, of one in another worktree of its repository: what is denied there is denied
    /// in all of them. `None`: it lies in no other one.
    #[must_use]
    pub fn twin(&self, path: &str) -> Option<String> {
        let main = main_worktree(path);
        if let Some(within) = path.strip_prefix(main).filter(|within| !within.is_empty()) {
            // `/.claude/worktrees/fix/src/a.rs`, `/.worktrees/fix/src/a.rs`
            let depth = if within.starts_with("/.worktrees/") { 3 } else { 4 };
            return within.splitn(depth + 1, '/').nth(depth).map(|rest| format!("{main}/{rest}"));
        }
        let spot = self.spot(path, false);
        let around = spot.around.as_ref()?;
        let within = spot.path.strip_prefix(&around.root).ok()?;
        Some(text(&around.main_worktree()?.join(within)))
    }

    /// The project that a path lies in and the path from the root of its clone, or worktree, on.
    #[must_use]
    pub fn within(&self, path: &str) -> Option<(String, String)> {
        let real = self.real(path, None)?;
        let path = self.twin(&text(&real)).map_or(real, PathBuf::from);
        let spot = self.spot(&text(&path), false);
        let around = spot.around.as_ref()?;
        let within = spot.path.strip_prefix(&around.root).ok()?;
        let is_part = within.components().next().is_some() && !around.project.starts_with(UNCLEAR);
        is_part.then(|| (around.project.clone(), text(within)))
    }

    /// A path as an absolute one; one from the root of the repository goes from there.
    fn absolute(&self, path: &str, cwd: Option<&str>, home: Option<&str>) -> Option<String> {
        let Some(rest) = path.strip_prefix(ROOT) else { return absolute(path, cwd, home) };
        let here = absolute(cwd?, None, None)?;
        let spot = self.spot(&here, true);
        let root = spot.around.as_ref().map_or(here, |around| text(&around.root));
        Some(format!("{root}/{}", rest.trim_start_matches('/')))
    }

    /// Forgets what was found.
    pub fn forget(&self) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
        self.repositories.forget();
        *self.naming.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.reached.forget();
    }

    /// The project of an absolute path, and what stands there; by text alone if nothing can.
    fn project(
        &self,
        path: &str,
        is_directory: bool,
        session: Base<'_>,
    ) -> (String, Option<Arc<Spot>>) {
        let own = || session.project.to_owned();
        if let (Some(path), Some(cwd)) = (drive(path), drive(session.cwd))
            && contains(&cwd, &path)
        {
            return (own(), None);
        }
        if !path.starts_with('/') {
            let place = if contains(session.cwd, path) { own() } else { directory(path) };
            return (place, None);
        }
        let there = absolute(session.cwd, None, None).map(|cwd| self.spot(&cwd, true));
        let Some(there) = there else {
            let spot = self.spot(path, is_directory);
            let project =
                spot.owner().map_or_else(|| text(&spot.path), |owner| owner.project.clone());
            return (project, Some(spot));
        };
        if !there.exists && there.around.is_none() {
            let tidied = tidy(Path::new(path));
            // Nothing says more than the text. A worktree in its usual place is its repository's.
            let cwd = text(&tidy(Path::new(session.cwd)));
            let tidied = text(&tidied);
            if contains(&cwd, &tidied) || contains(main_worktree(&cwd), &tidied) {
                return (own(), None);
            }
        }
        let spot = self.spot(path, is_directory);
        let same_ground = spot.around.as_ref().map(|around| &around.root)
            == there.around.as_ref().map(|around| &around.root);
        let project = match (spot.owner(), there.owner()) {
            (Some(here), Some(there)) if here.root == there.root => own(),
            (Some(here), _) => here.project.clone(),
            // What is gone from a directory that is still there may have been another's.
            (None, None)
                if same_ground
                    && spot.path.starts_with(&there.path)
                    && (spot.exists
                        || !there.exists
                        || (!is_directory
                            && spot.existing == spot.path.parent().unwrap_or(&spot.path))) =>
            {
                own()
            }
            (None, Some(there)) if there.had_worktree(&spot.path) => own(),
            (None, Some(there))
                if same_ground
                    && !spot.exists
                    && there.likely_owned(&spot.path, &spot.existing) =>
            {
                own()
            }
            (None, _) => text(&spot.path),
        };
        (project, Some(spot))
    }

    fn spot(&self, path: &str, is_directory: bool) -> Arc<Spot> {
        let lock = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let of = usize::from(is_directory);
        if let Some(known) = lock()[of].get(path) {
            return Arc::clone(known);
        }
        // The lock is not held while the disk is read: a slow disk must not stop the others.
        let home = self.real_home.as_deref().or(self.home.as_deref());
        let around = |directory: &Path| self.repositories.around(directory, &self.naming());
        let spot = Spot::find(Path::new(path), is_directory, &around, home);
        if let Some(around) = &spot.around {
            self.note_names(&around.project, &around.also);
        }
        let spot = Arc::new(spot);
        let mut memory = lock();
        if memory[of].len() >= REMEMBERED_MAX {
            memory[of].clear();
        }
        memory[of].insert(path.to_owned(), Arc::clone(&spot));
        spot
    }

    fn note_names(&self, project: &str, also: &[String]) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.extend(also.iter().map(|name| (project.to_owned(), name.clone())));
    }

    fn naming(&self) -> Arc<Naming> {
        let mut naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(naming.get_or_insert_with(|| Arc::new(Naming::load(self.home.as_deref()))))
    }

    /// The home that `~` meant to a record made in `cwd`: its own person's, whose machine it may not be.
    fn home_of(&self, cwd: &str) -> Option<String> {
        let here = self.real_home.as_deref().or(self.home.as_deref()).map(text);
        if here.as_deref().is_some_and(|home| contains(home, cwd)) {
            return here;
        }
        let cwd = drive(cwd).unwrap_or_else(|| cwd.to_owned());
        match harmless::below_home(&cwd, &[]) {
            Some(below) => {
                let home = cwd[..cwd.len() - below.len()].trim_end_matches('/');
                Some(home.to_owned())
            }
            // A repository on another disk or in a container: its person is the one of this machine.
            None => here,
        }
    }
}

/// A directory that is gone, or one above it, if it is called like the repository: alone, or before a sign that people
/// tell clones apart by.
fn called(directory: &Path, project: &str) -> Option<PathBuf> {
    let name = project.rsplit('/').next().unwrap_or_default().to_lowercase();
    let is_called = |directory: &&Path| {
        let part = directory.file_name().map(|part| part.to_string_lossy().to_lowercase());
        let rest = part.as_deref().and_then(|part| part.strip_prefix(name.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.', '@', ' ']))
    };
    let found = directory.ancestors().filter(is_called).last();
    found.filter(|_| !name.is_empty()).map(Path::to_owned)
}

/// A folder without links.
fn real(folder: &Path) -> String {
    text(&folder.canonicalize().unwrap_or_else(|_| folder.to_owned()))
}

/// The repository that a worktree in a usual place belongs to, by its text; other directories are themselves.
fn main_worktree(cwd: &str) -> &str {
    static PLACES: LazyLock<[Finder<'static>; 2]> =
        LazyLock::new(|| ["/.claude/worktrees/", "/.worktrees/"].map(Finder::new));
    let at = PLACES.iter().find_map(|place| place.find(cwd.as_bytes()));
    at.map_or(cwd, |at| &cwd[..at])
}

#[cfg(test)]
mod tests;
