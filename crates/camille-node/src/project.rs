//! Which project a directory belongs to: its git remote, else its repository, else the directory itself.
//!
//! The only thing read here is what lies in `.git`. Nothing is run, nothing is written, and a path of
//! another system, or one that is relative, is text and nothing more.

mod git_config;
mod naming;
mod remote;
mod repository;

pub use remote::normalise_remote;

use naming::Naming;
use repository::Repository;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Directories remembered before the memory is emptied.
const REMEMBERED_MAX: usize = 10_000;

/// Tells projects apart, and remembers what it found. Call [`ProjectResolver::forget`] before each run:
/// repositories come, go and get remotes.
#[derive(Debug, Default)]
pub struct ProjectResolver {
    /// The person's home, where their git and ssh configuration lies.
    home: Option<PathBuf>,
    found: Mutex<HashMap<String, Option<Repository>>>,
    /// What their configuration makes of remotes; read when first needed.
    naming: Mutex<Option<Arc<Naming>>>,
    /// Projects with other names they have, as far as nobody was told yet.
    names: Mutex<BTreeSet<(String, String)>>,
}

impl ProjectResolver {
    /// One that has seen nothing. `home`: the person's home directory, if they have one.
    #[must_use]
    pub fn new(home: Option<PathBuf>) -> Self {
        Self { home, ..Self::default() }
    }

    /// Other names of projects that were resolved since this was last asked, each with the project: further
    /// remotes of the repository, its directory. Who denies one of them means the project.
    #[must_use]
    pub fn take_names(&self) -> Vec<(String, String)> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *names).into_iter().collect()
    }

    /// The project of a session that began in `cwd`. `remote`: the URL of its git remote where the
    /// transcript names one, which also holds when the directory is gone.
    #[must_use]
    pub fn resolve_session(&self, cwd: &str, remote: Option<&str>) -> String {
        let told = remote.and_then(|remote| self.naming().project(remote));
        if !Path::new(cwd).is_dir() {
            return told.unwrap_or_else(|| directory(cwd));
        }
        let Some(here) = self.repository(cwd) else { return directory(cwd) };
        match told {
            // What the transcript says is not what lies there now. Whichever is private, the directory is.
            Some(told) if told != here.project && !here.also.contains(&told) => {
                let other = [told, here.project];
                self.note_names(&here.root, &other);
                here.root
            }
            _ => here.project,
        }
    }

    /// The project of a session of which only the URL of its git remote is known.
    #[must_use]
    pub fn resolve_remote(&self, remote: &str) -> Option<String> {
        self.naming().project(remote)
    }

    /// The project of a record that was made in `cwd`, within a session of `session_project` that began
    /// in `session_cwd`: the session's own, unless it was made in another repository, or outside.
    #[must_use]
    pub fn resolve_record(&self, cwd: &str, session_cwd: &str, session_project: &str) -> String {
        if directory(cwd) == directory(session_cwd) {
            return session_project.to_owned();
        }
        if contains(session_cwd, cwd) {
            // The directory itself may be gone while a repository in between still tells.
            return match self.repository(cwd) {
                Some(here) if is_within(session_cwd, &here.root) => here.project,
                _ => session_project.to_owned(),
            };
        }
        // What a vanished directory was is not known, and a guess could show what is private.
        let here = if Path::new(cwd).is_dir() { self.repository(cwd) } else { None };
        let there =
            if Path::new(session_cwd).is_dir() { self.repository(session_cwd) } else { None };
        match (here, there) {
            (Some(here), Some(there)) if here.root == there.root => session_project.to_owned(),
            (Some(here), _) => here.project,
            (None, _) => directory(cwd),
        }
    }

    /// Forgets what was found.
    pub fn forget(&self) {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.naming.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn note_names(&self, project: &str, also: &[String]) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.extend(also.iter().map(|name| (project.to_owned(), name.clone())));
    }

    fn naming(&self) -> Arc<Naming> {
        let mut naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(naming.get_or_insert_with(|| Arc::new(Naming::load(self.home.as_deref()))))
    }

    /// The repository around a directory, whether or not the directory itself still exists.
    fn repository(&self, cwd: &str) -> Option<Repository> {
        if !Path::new(cwd).is_absolute() {
            return None;
        }
        let lock = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(cwd) {
            return known.clone();
        }
        // The lock is not held while the disk is read: a slow disk must not stop the others.
        let found = Repository::around(Path::new(cwd), &self.naming(), self.home.as_deref());
        if let Some(Repository { project, also, .. }) = &found {
            self.note_names(project, also);
        }
        let mut memory = lock();
        if memory.len() >= REMEMBERED_MAX {
            memory.clear();
        }
        memory.insert(cwd.to_owned(), found.clone());
        found
    }
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
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
}

/// Whether `inner` lies in `outer` and is another directory.
fn is_within(outer: &str, inner: &str) -> bool {
    contains(outer, inner) && directory(outer) != directory(inner)
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
            Self { root, resolver: ProjectResolver::new(None) }
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
            self.resolver.resolve_session(cwd, None)
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
        // A directory called .git that is no repository hides nothing.
        disk.repository("outer", Some("https://h.example/o/r"));
        let inner = disk.directory("outer/inner/.git");
        let inner = inner.trim_end_matches("/.git");
        assert_eq!(disk.session(inner), "h.example/o/r");
    }

    #[test]
    fn a_vanished_directory_is_its_text_unless_the_transcript_names_its_remote() {
        let disk = Disk::new();
        disk.repository("api", Some("https://github.com/acme/api"));
        let gone = disk.path("api/gone");
        assert_eq!(disk.session(&gone), gone);
        let told = disk.resolver.resolve_session(&gone, Some("ssh://git@github.com/acme/web.git"));
        assert_eq!(told, "github.com/acme/web");
        // What lies there now is another one: neither is believed.
        let taken = disk.repository("api/taken", Some("https://github.com/acme/open"));
        let told = |url| disk.resolver.resolve_session(&taken, Some(url));
        assert_eq!(told("git@github.com:acme/open.git"), "github.com/acme/open");
        assert_eq!(told("git@github.com:acme/secret.git"), taken);
        let names = disk.resolver.take_names();
        for name in ["github.com/acme/open", "github.com/acme/secret"] {
            assert!(names.contains(&(taken.clone(), name.to_owned())), "{names:?}");
        }
        let useless = disk.resolver.resolve_session(&gone, Some("../elsewhere"));
        assert_eq!(useless, gone);
    }

    #[test]
    fn foreign_and_relative_paths_are_kept_as_text() {
        let disk = Disk::new();
        for text in [r"C:\Users\ana\api", r"\\server\share", "src", ".", ""] {
            assert_eq!(disk.session(text), text);
        }
        let record = |cwd, at| disk.resolver.resolve_record(cwd, at, "P");
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
            disk.resolver.resolve_record(cwd, at, &disk.resolver.resolve_session(at, None))
        };
        let (p, secret, web) =
            ("github.com/acme/api", "github.com/acme/secret", "github.com/acme/web");
        assert_eq!(record(&api, &api), p);
        assert_eq!(record(&sub, &api), p);
        assert_eq!(record(&api, &sub), p, "above the session, but the same repository");
        assert_eq!(record(&nested, &api), secret);
        assert_eq!(record(&format!("{nested}/gone/deep"), &api), secret, "though it is gone");
        assert_eq!(record(&format!("{api}/gone"), &api), p);
        assert_eq!(record(&other, &api), web);
        assert_eq!(record(&api, &nested), p, "from the nested one out");
        let gone = format!("{other}/gone");
        assert_eq!(record(&gone, &api), gone, "it may have been anything");
        assert_eq!(disk.resolver.resolve_record(&api, &format!("{api}/gone"), "P"), p);
    }

    #[test]
    fn a_record_outside_any_repository() {
        let disk = Disk::new();
        let (work, out) = (disk.directory("work"), disk.directory("out"));
        let inside = disk.directory("work/a");
        let repository = disk.repository("work/r", None);
        let record = |cwd: &str| disk.resolver.resolve_record(cwd, &work, &work);
        assert_eq!(record(&inside), work);
        assert_eq!(record(&out), out);
        assert_eq!(record(&repository), repository);
        assert_eq!(record(&format!("{work}ing")), format!("{work}ing"), "not inside");
        let gone = disk.path("gone");
        assert_eq!(disk.resolver.resolve_record(&format!("{gone}/a"), &gone, "P"), "P");
    }

    #[test]
    fn a_session_named_by_its_transcript_keeps_its_project_all_over_its_repository() {
        let disk = Disk::new();
        let api = disk.repository("api", Some("https://github.com/acme/renamed"));
        let sub = disk.directory("api/src");
        let told = "github.com/acme/api";
        assert_eq!(disk.resolver.resolve_record(&api, &sub, told), told);
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
}
