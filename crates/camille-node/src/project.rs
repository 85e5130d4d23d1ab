//! Which project a place belongs to: its repository's remote, else its repository, else the directory itself.
//! Sessions, records, what tools touched and what `.camilleignore` matches all ask here.
//!
//! The only things read are links, directories, and what lies in `.git`. Nothing is run, nothing is written, and
//! a path of another system is text and nothing more. Where signs disagree or are missing, a place is its own.

mod disk;
mod git_config;
mod harmless;
mod index;
mod naming;
mod reach;
mod remote;
mod repository;

pub use remote::normalise_remote;

use camille_ingest::place::{Doing, Mention};
use disk::Spot;
use harmless::{Ground, below};
use naming::Naming;
use repository::{text, tidy};
use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Places remembered before the memory is emptied.
const REMEMBERED_MAX: usize = 10_000;

/// Begins the id of a project whose signs disagree. No pattern but the id itself matches it.
pub const UNCLEAR: &str = "unclear:";

/// The session that a record belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The directory it began in.
    pub cwd: &'a str,
    /// Its project.
    pub project: &'a str,
    /// The folder that its transcript lies in.
    pub folder: Option<&'a str>,
}

/// Tells projects apart, and remembers what it found. Call [`ProjectResolver::forget`] before each run:
/// repositories come, go and get remotes.
#[derive(Debug, Default)]
pub struct ProjectResolver {
    /// The person's home, where their git and ssh configuration lies.
    home: Option<PathBuf>,
    /// The same without links.
    real_home: Option<PathBuf>,
    found: Mutex<HashMap<(String, bool), Arc<Spot>>>,
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
        let told = remote.and_then(|url| self.naming().project(url));
        if !Path::new(cwd).is_absolute() {
            return told.unwrap_or_else(|| directory(cwd));
        }
        let spot = self.spot(cwd, true);
        let project = match (spot.owner(), &told) {
            (Some(owner), _) => owner.project.clone(),
            // A vanished directory may have been any repository's: what the transcript says is all there is.
            (None, Some(told)) if !spot.exists => told.clone(),
            (None, _) => text(&spot.path),
        };
        let also = spot.owner().map_or(&[][..], |owner| &owner.also);
        let agrees = told
            .as_ref()
            .is_none_or(|told| !spot.exists || *told == project || also.contains(told));
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
        if directory(cwd) == directory(session.cwd) {
            return session.project.to_owned();
        }
        match absolute(cwd, Some(session.cwd), None) {
            Some(path) if path.starts_with('/') => self.project(&path, true, session).0,
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

    /// The place that a record of a session named, if that is neither the session's own nor nobody's. `cwd`: the
    /// record's directory.
    #[must_use]
    pub fn resolve_mention(
        &self,
        mention: &Mention,
        cwd: Option<&str>,
        session: Base<'_>,
    ) -> Option<String> {
        if mention.unknown.is_some() {
            return (mention.doing == Doing::Read).then(|| mention.path.clone());
        }
        let cwd = cwd.unwrap_or(session.cwd);
        let home = self.home_of(cwd);
        let Some(path) = absolute(&mention.path, Some(cwd), home.as_deref()) else {
            // Nothing says from where it goes: it is its own project's only if it does not go out of there.
            let leaves = mention.path.starts_with(['~', '/'])
                || Path::new(&mention.path).components().any(|part| part == Component::ParentDir);
            return leaves.then(|| mention.path.clone());
        };
        // Nearly all stand in directories that are gone together with their sessions, or below them as they are.
        let here = self.real_home.as_deref().or(self.home.as_deref()).map(text);
        let homes: Vec<&str> = home.as_deref().into_iter().chain(here.as_deref()).collect();
        let by_text = text(&tidy(Path::new(&path)));
        let named = folder_of(session.cwd);
        let folder = session.folder.or(Some(named.as_str()));
        let kind = |path: &str| match harmless::ground(path, &homes, folder) {
            Ground::Temporary
                if harmless::are_beside(path, session.cwd)
                    || homes.iter().any(|home| harmless::are_beside(path, home)) =>
            {
                Ground::Other
            }
            kind => kind,
        };
        if matches!(kind(&by_text), Ground::Harmless) && !path.contains("..") {
            return None;
        }
        let (project, spot) = self.project(&path, mention.directory, session);
        if project == session.project {
            return None;
        }
        let Some(spot) = spot else { return Some(project) };
        let real = text(&spot.path);
        let is_in_repository = spot.around.is_some();
        match kind(&real) {
            Ground::Harmless => return None,
            Ground::Temporary if !is_in_repository => return None,
            Ground::Other
                if !spot.exists && !is_likely(&spot.path, &spot.existing, session.cwd) =>
            {
                return None;
            }
            _ => {}
        }
        // What is gone from a session's own repository and was only listed, made or removed showed nothing.
        let is_own_ground = spot.around.as_ref().is_some_and(|around| {
            contains(&text(&around.root), &text(&self.spot(session.cwd, true).path))
        });
        let at_home = spot
            .around
            .as_ref()
            .is_some_and(|around| Some(&around.root) == self.real_home.as_ref());
        if !spot.exists && mention.doing == Doing::Named && is_own_ground && !at_home {
            return None;
        }
        match spot.owner() {
            Some(_) => Some(project),
            None => Some(text(spot.directory())),
        }
    }

    /// Where a path leads: for what asks about files rather than projects.
    #[must_use]
    pub fn real(&self, path: &str, cwd: Option<&str>) -> Option<PathBuf> {
        let home = cwd.and_then(|cwd| self.home_of(cwd));
        let path = absolute(path, cwd, home.as_deref())?;
        Path::new(&path).is_absolute().then(|| self.spot(&path, false).path.clone())
    }

    /// Forgets what was found.
    pub fn forget(&self) {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
        let key = (path.to_owned(), is_directory);
        if let Some(known) = lock().get(&key) {
            return Arc::clone(known);
        }
        // The lock is not held while the disk is read: a slow disk must not stop the others.
        let home = self.real_home.as_deref().or(self.home.as_deref());
        let spot = Spot::find(Path::new(path), is_directory, &self.naming(), home);
        if let Some(around) = &spot.around {
            self.note_names(&around.project, &around.also);
        }
        let spot = Arc::new(spot);
        let mut memory = lock();
        if memory.len() >= REMEMBERED_MAX {
            memory.clear();
        }
        memory.insert(key, Arc::clone(&spot));
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

/// Whether the folder that a transcript lies in is the one of the directory that it claims. Claude Code names it
/// after the directory, with `-` for all that is no letter or digit.
fn is_folder_of(folder: &str, cwd: &str, spot: &Spot) -> bool {
    // A name that is too long ends in a hash.
    const LONG: usize = 200;
    if !folder.starts_with('-') || folder.len() < 2 || folder.len() >= LONG {
        return true;
    }
    let is_of = |path: &str| {
        let slug = folder_of(path);
        // A session may go down from where it began.
        slug == folder || slug.starts_with(&format!("{folder}-"))
    };
    is_of(cwd.trim_end_matches('/')) || is_of(&text(&spot.path))
}

/// The name that Claude Code gives to the folder of a directory's sessions.
fn folder_of(cwd: &str) -> String {
    cwd.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// A path as an absolute one, in this system's spelling; `None` where nothing says from where it goes.
fn absolute(path: &str, cwd: Option<&str>, home: Option<&str>) -> Option<String> {
    if let Some(drive) = drive(path) {
        let mounted = format!("/mnt/{}{}", drive[..1].to_ascii_lowercase(), &drive[2..]);
        return Some(if Path::new(&mounted).exists() { mounted } else { drive });
    }
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    if let Some(rest) = path.strip_prefix('~') {
        let home = home?;
        return match rest.strip_prefix('/') {
            Some(rest) => Some(format!("{home}/{rest}")),
            None if rest.is_empty() => Some(home.to_owned()),
            // Another person's.
            None => {
                Some(format!("{}/{rest}", home.rsplit_once('/').map_or("/home", |(all, _)| all)))
            }
        };
    }
    let cwd = cwd.filter(|cwd| !cwd.is_empty())?;
    let base = absolute(cwd, None, None)?;
    Some(format!("{}/{}", base.trim_end_matches('/'), path.replace('\\', "/")))
}

/// A path of Windows with slashes and without `..`, however it is spelled: `C:\x`, `/c/x`, `/mnt/c/x`,
/// `/cygdrive/c/x`.
fn drive(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let (letter, rest) = if bytes.len() > 1 && bytes[1] == b':' && bytes[0].is_ascii_alphabetic() {
        (bytes[0], path[2..].replace('\\', "/"))
    } else {
        let rest =
            path.strip_prefix("/cygdrive").or_else(|| path.strip_prefix("/mnt")).unwrap_or(path);
        let rest = rest.strip_prefix('/')?;
        let is_letter = rest.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
        if !is_letter || !matches!(rest.as_bytes().get(1), None | Some(b'/')) {
            return None;
        }
        (rest.as_bytes()[0], rest[1..].to_owned())
    };
    let rest = text(&tidy(Path::new(&format!("/{}", rest.trim_start_matches('/')))));
    Some(format!("{}:{rest}", char::from(letter.to_ascii_uppercase())))
}

/// Whether a path that does not exist may have: its beginning does, or the session was there. Otherwise it is the
/// route of a web server, or a pattern.
fn is_likely(path: &Path, existing: &Path, session: &str) -> bool {
    let first = |path: &Path| path.components().nth(1).map(|part| text(Path::new(&part)));
    existing != Path::new("/")
        || (first(path).is_some() && first(path) == first(Path::new(session)))
}

/// The repository that a worktree in a usual place belongs to, by its text; other directories are themselves.
fn main_worktree(cwd: &str) -> &str {
    ["/.claude/worktrees/", "/.worktrees/"]
        .iter()
        .find_map(|place| cwd.find(place))
        .map_or(cwd, |at| &cwd[..at])
}

/// A directory's text as a project id: without the separators at its end.
fn directory(cwd: &str) -> String {
    let cut = cwd.trim_end_matches('/');
    if cut.is_empty() && !cwd.is_empty() { "/".to_owned() } else { cut.to_owned() }
}

/// Whether `inner` is `outer` or lies in it, by text; either system's separator counts.
fn contains(outer: &str, inner: &str) -> bool {
    if outer.is_empty() {
        return inner.is_empty();
    }
    let outer = outer.trim_end_matches(['/', '\\']);
    below(inner, outer).is_some()
        || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

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

        fn directory(&self, path: &str) -> String {
            fs::create_dir_all(self.root.path().join(path)).expect("creates");
            self.path(path)
        }

        fn file(&self, path: &str, text: &str) {
            let path: PathBuf = self.root.path().join(path);
            fs::create_dir_all(path.parent().expect("in a directory")).expect("creates");
            fs::write(path, text).expect("writes");
        }

        fn repository(&self, path: &str, remote: Option<&str>) -> String {
            self.file(&format!("{path}/.git/HEAD"), "ref: refs/heads/main\n");
            let remote = remote.map_or_else(String::new, |url| {
                format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n")
            });
            self.file(&format!("{path}/.git/config"), &remote);
            self.path(path)
        }

        fn session(&self, cwd: &str) -> String {
            self.resolver.resolve_session(cwd, None, None)
        }
    }

    #[test]
    fn clones_and_worktrees_are_one_project() {
        let disk = Disk::new();
        let id = "github.com/acme/api";
        let main = disk.repository("api", Some("git@github.com:acme/api.git"));
        let clone = disk.repository("other", Some("https://tok:en@github.com/acme/api"));
        assert_eq!(disk.session(&main), id);
        assert_eq!(disk.session(&clone), id);
        assert_eq!(disk.session(&disk.directory("api/src/deep")), id);
        disk.file("tree/.git", &format!("gitdir: {}\n", disk.path("api/.git/worktrees/tree")));
        disk.file("api/.git/worktrees/tree/commondir", "../..\n");
        assert_eq!(disk.session(&disk.directory("tree/src")), id);
        disk.file("relative/.git", "gitdir: ../api/.git/worktrees/tree\n");
        assert_eq!(disk.session(&disk.directory("relative")), id);
    }

    #[test]
    fn a_repository_without_remote_is_its_root_also_from_a_worktree() {
        let disk = Disk::new();
        let main = disk.repository("notes", None);
        assert_eq!(disk.session(&disk.directory("notes/a/b")), main);
        disk.file("tree/.git", &format!("gitdir: {}\n", disk.path("notes/.git/worktrees/t")));
        disk.file("notes/.git/worktrees/t/commondir", "../..\n");
        assert_eq!(disk.session(&disk.directory("tree")), main);
        let local = disk.repository("copy", Some("/srv/git/notes.git"));
        assert_eq!(disk.session(&local), local, "a path on this disk is no remote");
    }

    #[test]
    fn a_directory_outside_any_repository_is_itself() {
        let disk = Disk::new();
        let plain = disk.directory("plain/sub");
        assert_eq!(disk.session(&plain), plain);
        assert_eq!(disk.session(&format!("{plain}/")), plain);
        // What a directory called .git was the mark of is not known.
        disk.repository("outer", Some("https://h.example/o/r"));
        let inner = disk.directory("outer/inner/.git");
        let inner = inner.trim_end_matches("/.git");
        assert_eq!(disk.session(inner), inner);
    }

    #[test]
    fn a_vanished_directory_is_its_text_unless_the_transcript_names_its_remote() {
        let disk = Disk::new();
        disk.repository("api", Some("https://github.com/acme/api"));
        let gone = disk.path("api/gone");
        assert_eq!(disk.session(&gone), gone);
        let told = |cwd: &str, remote| disk.resolver.resolve_session(cwd, Some(remote), None);
        let gone_elsewhere = told(&gone, "ssh://git@github.com/acme/web.git");
        assert_eq!(gone_elsewhere, "github.com/acme/web");
        let useless = told(&gone, "../elsewhere");
        assert_eq!(useless, gone);
    }

    #[test]
    fn foreign_and_relative_paths_are_kept_as_text() {
        let disk = Disk::new();
        for text in [r"C:\Users\ana\api", r"\\server\share", "src", ".", ""] {
            assert_eq!(disk.session(text), text);
        }
        let record = |cwd, at| {
            disk.resolver.resolve_record(cwd, Base { cwd: at, project: "P", folder: None })
        };
        assert_eq!(record(r"C:\api\src", r"C:\api"), "P");
        assert_eq!(record(r"C:\api2", r"C:\api"), r"C:\api2");
        assert_eq!(record("/anywhere", ""), "/anywhere", "nowhere contains nothing");
    }

    #[test]
    fn a_record_is_the_sessions_unless_made_in_another_repository() {
        let disk = Disk::new();
        let api = disk.repository("api", Some("https://github.com/acme/api"));
        let nested = disk.repository("api/vendor/secret", Some("https://github.com/acme/secret"));
        let other = disk.repository("web", Some("https://github.com/acme/web"));
        let sub = disk.directory("api/src");
        let record = |cwd: &str, at: &str| {
            disk.resolver.resolve_record(
                cwd,
                Base {
                    cwd: at,
                    project: &disk.resolver.resolve_session(at, None, None),
                    folder: None,
                },
            )
        };
        let (p, secret, web) =
            ("github.com/acme/api", "github.com/acme/secret", "github.com/acme/web");
        assert_eq!(record(&api, &api), p);
        assert_eq!(record(&sub, &api), p);
        assert_eq!(record(&api, &sub), p, "above the session, but the same repository");
        assert_eq!(record(&nested, &api), secret);
        assert_eq!(record(&format!("{nested}/gone/deep"), &api), format!("{nested}/gone/deep"));
        let gone = format!("{api}/gone");
        assert_eq!(record(&gone, &api), gone, "it may have been a clone of anything");
        let tree = format!("{api}/.claude/worktrees/fix");
        assert_eq!(record(&tree, &api), p, "worktrees lie there");
        assert_eq!(record(&other, &api), web);
        assert_eq!(record(&api, &nested), p, "from the nested one out");
        let gone = format!("{other}/gone");
        assert_eq!(record(&gone, &api), gone, "it may have been anything");
        assert_eq!(
            disk.resolver.resolve_record(
                &api,
                Base { cwd: &format!("{api}/gone"), project: "P", folder: None }
            ),
            p
        );
    }

    #[test]
    fn a_record_outside_any_repository() {
        let disk = Disk::new();
        let (work, out) = (disk.directory("work"), disk.directory("out"));
        let inside = disk.directory("work/a");
        let repository = disk.repository("work/r", None);
        let record = |cwd: &str| {
            disk.resolver.resolve_record(cwd, Base { cwd: &work, project: &work, folder: None })
        };
        assert_eq!(record(&inside), work);
        assert_eq!(record(&out), out);
        assert_eq!(record(&repository), repository);
        assert_eq!(record(&format!("{work}ing")), format!("{work}ing"), "not inside");
        let gone = disk.path("gone");
        assert_eq!(
            disk.resolver.resolve_record(
                &format!("{gone}/a"),
                Base { cwd: &gone, project: "P", folder: None }
            ),
            "P"
        );
    }

    #[test]
    fn a_session_named_by_its_transcript_keeps_its_project_all_over_its_repository() {
        let disk = Disk::new();
        let api = disk.repository("api", Some("https://github.com/acme/renamed"));
        let sub = disk.directory("api/src");
        let told = "github.com/acme/api";
        assert_eq!(
            disk.resolver.resolve_record(&api, Base { cwd: &sub, project: told, folder: None }),
            told
        );
    }

    #[test]
    fn what_was_found_is_remembered_until_forgotten() {
        let disk = Disk::new();
        let plain = disk.directory("plain");
        assert_eq!(disk.session(&plain), plain);
        disk.repository("plain", Some("https://github.com/acme/api"));
        assert_eq!(disk.session(&plain), plain);
        disk.resolver.forget();
        assert_eq!(disk.session(&plain), "github.com/acme/api");
    }

    /// What a session in `cwd` touched by a path.
    fn touched(disk: &Disk, cwd: &str, path: &str) -> Option<String> {
        let project = disk.session(cwd);
        let base = Base { cwd, project: &project, folder: None };
        let mention = Mention::new(path, Doing::Read);
        disk.resolver.resolve_mention(&mention, Some(cwd), base)
    }

    fn link(disk: &Disk, from: &str, to: &str) {
        std::os::unix::fs::symlink(disk.path(to), disk.path(from)).expect("links");
    }

    #[test]
    fn every_spelling_of_a_path_leads_to_the_same_place() {
        let disk = Disk::new();
        let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
        disk.file("shared/src/a.rs", "");
        disk.repository("private", Some("https://github.com/acme/private"));
        disk.file("private/src/plan.md", "");
        disk.file("plain/diary.md", "");
        link(&disk, "shared/link", "private/src");
        link(&disk, "shared/file", "plain/diary.md");
        link(&disk, "shared/plainlink", "plain");
        link(&disk, "again", "shared");
        let private = Some("github.com/acme/private".to_owned());
        let plain = Some(disk.path("plain"));
        for (path, place) in [
            ("src/a.rs", &None),
            ("./src/../src/a.rs", &None),
            ("../shared/src/a.rs", &None),
            ("../again/src/a.rs", &None),
            ("../private/src/plan.md", &private),
            ("src/../../private/src/plan.md", &private),
            ("link/plan.md", &private),
            ("link/../src/plan.md", &private),
            ("link/gone.md", &private),
            ("file", &plain),
            ("plainlink/diary.md", &plain),
            ("../plain/diary.md", &plain),
            ("../plain", &plain),
        ] {
            assert_eq!(touched(&disk, &shared, path), *place, "{path}");
            let absolute = format!("{shared}/{path}");
            assert_eq!(touched(&disk, &shared, &absolute), *place, "{absolute}");
            let from = disk.path("shared/src");
            assert_eq!(touched(&disk, &from, &format!("../{path}")), *place, "from below: {path}");
        }
        for (cwd, project) in [
            ("shared/link", "github.com/acme/private"),
            ("again/src", "github.com/acme/shared"),
            ("shared/../private", "github.com/acme/private"),
        ] {
            assert_eq!(disk.session(&disk.path(cwd)), project, "{cwd}");
        }
        assert_eq!(disk.session(&disk.path("shared/plainlink")), disk.path("plain"));
        assert_eq!(disk.session(&disk.path("shared/../plain")), disk.path("plain"));
    }

    #[test]
    fn what_vanished_is_the_repositorys_only_where_that_can_be_shown() {
        let disk = Disk::new();
        let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
        let names = ["src/old/a.rs", "kept.rs"];
        fs::write(disk.path("shared/.git/index"), index::tests::index(&names)).expect("writes");
        disk.directory("shared/tmp");
        disk.file(
            "shared/.git/worktrees/x/gitdir",
            &format!("{}/.git\n", disk.path("elsewhere/x")),
        );
        for own in [
            "src/old/a.rs",
            "src/old",
            "kept.rs",
            "tmp/note.txt",
            "target/debug/x",
            "node_modules/a/b.js",
            ".claude/worktrees/fix/src/a.rs",
            ".worktrees/fix",
            "../elsewhere/x/src/a.rs",
        ] {
            assert_eq!(touched(&disk, &shared, own), None, "{own}");
        }
        for (path, place) in [
            ("tmp/secretclone/README.md", "shared/tmp/secretclone"),
            ("tmp/secretclone", "shared/tmp/secretclone"),
            ("clone/src/a.rs", "shared/clone/src"),
            ("../elsewhere/y/a.rs", "elsewhere/y"),
        ] {
            assert_eq!(touched(&disk, &shared, path), Some(disk.path(place)), "{path}");
        }
        // Who works in the repository may have removed what lay beside other files of it.
        let names = ["lib/kept.rs", "lib/vendor/kept.rs"];
        fs::write(disk.path("shared/.git/index"), index::tests::index(&names)).expect("writes");
        disk.file("shared/lib/kept.rs", "");
        disk.file("shared/lib/vendor/kept.rs", "");
        disk.file("shared/.gitmodules", "[submodule \"x\"]\npath = lib/module\n");
        let other = disk.repository("other", Some("https://github.com/acme/other"));
        disk.resolver.forget();
        let own = ["lib/old", "lib/old/a.rs", "lib/old/deep/a.rs"];
        for path in own {
            assert_eq!(touched(&disk, &shared, path), None, "{path}");
            let from_there = touched(&disk, &other, &format!("../shared/{path}"));
            assert!(from_there.is_some_and(|place| place.starts_with('/')), "{path}");
        }
        for path in ["lib/vendor/a/b.rs", "lib/module/a.rs", "lib/clone-of-x/a.rs", "old/a/b.rs"] {
            assert!(touched(&disk, &shared, path).is_some(), "{path}");
        }

        let clone = disk.path("shared/tmp/secretclone");
        assert_eq!(disk.session(&clone), clone);
        assert_eq!(
            disk.session(&disk.path("shared/.claude/worktrees/fix")),
            "github.com/acme/shared"
        );
    }

    #[test]
    fn any_version_control_ends_the_search_upwards() {
        for mark in [".jj", ".hg", ".svn", ".bzr", ".pijul", "_darcs", ".fslckout", "CVS", ".git"] {
            let disk = Disk::new();
            let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
            disk.directory(&format!("shared/inner/{mark}"));
            disk.file("shared/inner/src/a.txt", "");
            let inner = disk.path("shared/inner");
            assert_eq!(disk.session(&disk.path("shared/inner/src")), inner, "{mark}");
            assert_eq!(touched(&disk, &shared, "inner/src/a.txt"), Some(inner), "{mark}");
        }
    }

    #[test]
    fn a_repository_at_the_home_holds_what_it_tracks() {
        let disk = Disk::new();
        let home = disk.repository("ana", Some("https://github.com/ana/dotfiles"));
        let names = [".config/nvim/init.lua", ".bashrc"];
        fs::write(disk.path("ana/.git/index"), index::tests::index(&names)).expect("writes");
        for file in [".config/nvim/init.lua", ".bashrc", "diary/a.md", ".config/other/x"] {
            disk.file(&format!("ana/{file}"), "");
        }
        let resolver = ProjectResolver::new(Some(PathBuf::from(&home)));
        let disk = Disk { resolver, ..disk };
        let dotfiles = "github.com/ana/dotfiles";
        assert_eq!(disk.session(&disk.path("ana/.config/nvim")), dotfiles);
        for own in ["ana", "ana/diary", "ana/.config/other"] {
            assert_eq!(disk.session(&disk.path(own)), disk.path(own), "{own}");
        }
        let nvim = disk.path("ana/.config/nvim");
        assert_eq!(touched(&disk, &nvim, "~/.bashrc"), None);
        assert_eq!(touched(&disk, &nvim, "~/diary/a.md"), Some(disk.path("ana/diary")));
    }

    #[test]
    fn a_claim_that_the_disk_contradicts_is_unclear() {
        let disk = Disk::new();
        let secret = disk.repository("secret", Some("https://github.com/acme/secret"));
        let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
        let slug: String =
            shared.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let told = |cwd: &str, remote: Option<&str>, folder: Option<&str>| {
            disk.resolver.resolve_session(cwd, remote, folder)
        };
        let claim = Some("https://github.com/acme/shared");
        let unclear = format!("{UNCLEAR}{secret}");
        assert_eq!(told(&secret, claim, None), unclear);
        let names = disk.resolver.take_names();
        for name in ["github.com/acme/secret", "github.com/acme/shared"] {
            assert!(names.contains(&(unclear.clone(), name.to_owned())), "{names:?}");
        }
        assert_eq!(told(&shared, claim, None), "github.com/acme/shared");
        assert_eq!(told(&shared, None, Some(&slug)), "github.com/acme/shared");
        assert_eq!(
            told(&disk.directory("shared/src"), None, Some(&slug)),
            "github.com/acme/shared"
        );
        for other in [slug.replace("-shared", "-secret"), format!("{slug}-secret")] {
            assert_eq!(told(&shared, None, Some(&other)), format!("{UNCLEAR}{shared}"), "{other}");
        }
        assert_eq!(told(&shared, None, Some("any")), "github.com/acme/shared", "no slug");
    }

    #[test]
    fn what_is_nobodys_is_not_touched() {
        let disk = Disk::new();
        let shared = disk.repository("shared", Some("https://github.com/acme/shared"));
        for path in [
            "/dev/null",
            "/usr/include/stdio.h",
            "/api/v1/users",
            "/etc/hosts",
            "/tmp/camille-nothing/x",
            "/no-such-place/x",
            "/",
        ] {
            assert_eq!(touched(&disk, &shared, path), None, "{path}");
        }
        // A session whose directory is of another machine.
        for (cwd, path, place) in [
            ("/Users/ana/api", "/Users/ana/api/src/a.rs", None),
            ("/Users/ana/api", "/Users/ana/web/a.rs", Some("/Users/ana/web")),
            ("/Users/ana/api", "~/diary/a.md", Some("/Users/ana/diary")),
            ("/Users/ana/api", "~/.cargo/registry/a.rs", None),
            ("/Users/ana/api", "~/.claude/plans/a.md", None),
            ("/Users/ana/api", "~/.claude/projects/-Users-ana-api/a.jsonl", None),
            (
                "/Users/ana/api",
                "~/.claude/projects/-Users-ana-web/a.jsonl",
                Some("/Users/ana/.claude/projects/-Users-ana-web"),
            ),
            ("/Users/ana/api", "../web/a.rs", Some("/Users/ana/web")),
            ("/Users/ana/api/.claude/worktrees/x", "/Users/ana/api/src/a.rs", None),
            (r"C:\Users\ana\api", "/c/Users/ana/api/a.rs", None),
            (r"C:\Users\ana\api", "C:/Users/ana/api/a.rs", None),
            (r"C:\Users\ana\api", "/mnt/c/Users/ana/api/a.rs", None),
            (r"C:\Users\ana\api", r"C:\Users\ana\api\src\a.rs", None),
            (r"C:\Users\ana\api", r"C:\Users\ana\diary", Some("C:/Users/ana/diary")),
        ] {
            assert_eq!(touched(&disk, cwd, path).as_deref(), place, "{cwd}: {path}");
        }
    }
}
