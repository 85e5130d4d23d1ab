//! What `.camilleignore` files keep out of the bank: transcripts, sessions by their directory, and tool calls
//! by the file they touch. The files hold patterns as `.gitignore` does, and hold for what lies below them.

mod carried;
mod followed;
mod lists;
mod named;

pub(super) use followed::{At, Followed};

use camille_ingest::place::{Mention, Reach};
use camille_ingest::transcript::PartRole;
use foldhash::fast::RandomState;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The name of the files.
const FILE: &str = ".camilleignore";
/// Directories remembered before the memory is emptied.
const REMEMBERED_MAX: usize = 10_000;
/// Directories, and paths named in each, of which it is remembered where they lead.
const LEADS_MAX: (usize, usize) = (64, 1024);
/// Things in a directory that are asked whether they are repositories with such a file.
const BESIDE_MAX: usize = 1024;

/// Patterns that hold in a directory, the nearest first.
type Above = Arc<[Gitignore]>;

/// What is known of paths, by the directory that they were named in.
type Leads = HashMap<String, HashMap<String, bool, RandomState>, RandomState>;

/// Remembers which directories have such a file. Call [`Ignored::forget`] before each run.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// For each directory the patterns of its file and of those above it, the nearest first. Mostly there are none, and
    /// every path that a transcript names asks.
    found: Mutex<HashMap<OsString, Above, RandomState>>,
    /// For each directory that sessions are in whether they are kept out: every part of them asks.
    sessions: Mutex<HashMap<String, bool, RandomState>>,
    /// For each directory, path and pattern there whether it matches what is kept out.
    patterns: Mutex<HashMap<(String, String, Reach), bool>>,
    /// For each directory and path named there whether the path leads to what is kept out: a call, its result and later
    /// calls name the same again.
    leads: Mutex<Leads>,
    /// For each directory the repositories in it that have such a file.
    beside: Mutex<HashMap<PathBuf, Arc<[PathBuf]>>>,
}

impl Ignored {
    /// Forgets what it found.
    pub(super) fn forget(&self) {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.leads.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.beside.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether a transcript is kept out.
    pub(super) fn file(&self, path: &Path) -> bool {
        self.matches(path, false)
    }

    /// Whether sessions in this directory are kept out: a file there or above says so of the directory, or of
    /// everything in it.
    pub(super) fn session(&self, cwd: &str) -> bool {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sessions.get(cwd) {
            return *known;
        }
        let directory = Path::new(cwd);
        // No pattern can mean this name; one that matches it means all.
        let is_kept_out = directory.is_absolute()
            && (self.matches(directory, true) || self.matches(&directory.join("\u{1}"), false));
        if sessions.len() >= REMEMBERED_MAX {
            sessions.clear();
        }
        sessions.insert(cwd.to_owned(), is_kept_out);
        is_kept_out
    }

    /// Whether a tool call in this directory that touched `path` is kept out.
    pub(super) fn touched(&self, cwd: Option<&str>, path: &str) -> bool {
        let path = cwd.map_or_else(|| PathBuf::from(path), |cwd| Path::new(cwd).join(path));
        path.is_absolute() && self.path(&path)
    }

    /// Whether a path that is named in this directory leads to what is kept out. `find` finds that out; it says the same
    /// until [`Ignored::forget`].
    pub(super) fn leads(&self, cwd: &str, path: &str, find: impl FnOnce() -> bool) -> bool {
        let lock = || self.leads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(cwd).and_then(|paths| paths.get(path)) {
            return *known;
        }
        // The lock is not held while the disk is read.
        let leads = find();
        let mut known = lock();
        if known.len() >= LEADS_MAX.0 && !known.contains_key(cwd) {
            known.clear();
        }
        let paths = known.entry(cwd.to_owned()).or_default();
        if paths.len() >= LEADS_MAX.1 {
            paths.clear();
        }
        paths.insert(path.to_owned(), leads);
        leads
    }

    /// Whether patterns hold in a directory at all, or what lies right there.
    pub(super) fn is_near(&self, path: &Path) -> bool {
        !self.above(path).is_empty()
    }

    /// Whether a text names something that `is_ignored` says is kept out, as far as anything is in this directory.
    pub(super) fn named(
        &self,
        cwd: &str,
        role: PartRole,
        tool: Option<&str>,
        text: &str,
        is_ignored: impl Fn(&str) -> bool,
    ) -> bool {
        // Mostly there is no such file, and then the text is not looked at.
        if !self.is_near(Path::new(cwd)) {
            return false;
        }
        let is_ignored = |name: &str| {
            let name = name.trim();
            // `sqlite:///x.db` is in this directory, or at the root.
            is_ignored(name.trim_start_matches("//").trim_start_matches("./"))
                || (name.starts_with("///") && is_ignored(name.trim_start_matches('/')))
        };
        match role {
            PartRole::Text => false,
            PartRole::Input => named::called(tool, text).any(|name| is_ignored(&name)),
            PartRole::Output | PartRole::Error => named::shown(text).any(|name| is_ignored(&name)),
        }
    }

    /// Whether a tool runs commands of a shell.
    pub(super) fn is_shell(tool: Option<&str>) -> bool {
        let is_shell = |tool: &str| {
            let tool = tool.to_ascii_lowercase();
            ["bash", "shell", "exec"].iter().any(|name| tool.contains(name))
        };
        tool.is_some_and(is_shell)
    }

    /// Whether a call of a shell only names the places that it does not read.
    pub(super) fn only_names(tool: Option<&str>, text: &str) -> bool {
        Self::is_shell(tool) && named::only_names(text)
    }

    /// What later calls may ask for, of a call that is kept out: the terminal that it was typed into.
    pub(super) fn carried_by_call(call: &str) -> Vec<String> {
        carried::of_call(call)
    }

    /// What later calls may ask for, of the result of one that is kept out.
    pub(super) fn carried(result: &str) -> Vec<String> {
        carried::of_result(result)
    }

    /// Whether a call asks for that.
    pub(super) fn asks(call: &str, carried: &str) -> bool {
        carried::asks(call, carried)
    }

    /// Whether something is kept out that a pattern matches. `matched`: what it does.
    pub(super) fn reached(
        &self,
        cwd: &str,
        mention: &Mention,
        matched: impl FnOnce() -> Vec<PathBuf>,
    ) -> bool {
        if !matches!(mention.reach, Reach::Matching { .. }) {
            return false;
        }
        let key = (cwd.to_owned(), mention.path.clone(), mention.reach.clone());
        let lock = || self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return *known;
        }
        let is_kept_out = matched().iter().any(|path| self.path(path));
        let mut patterns = lock();
        if patterns.len() >= REMEMBERED_MAX {
            patterns.clear();
        }
        patterns.insert(key, is_kept_out);
        is_kept_out
    }

    /// Whether a file or directory is kept out, or all that lies in it.
    pub(super) fn path(&self, path: &Path) -> bool {
        !self.above(path).is_empty()
            && (self.matches(path, false)
                || self.matches(path, true)
                || self.matches(&path.join("\u{1}"), false))
    }

    /// Asks the files above, the nearest first: it knows best.
    fn matches(&self, path: &Path, is_dir: bool) -> bool {
        let Some(directory) = path.parent() else { return false };
        for patterns in self.above(directory).iter() {
            let verdict = patterns.matched_path_or_any_parents(path, is_dir);
            if verdict.is_whitelist() {
                return false;
            }
            if verdict.is_ignore() {
                return true;
            }
        }
        false
    }

    fn above(&self, directory: &Path) -> Above {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(directory.as_os_str()) {
            return Arc::clone(known);
        }
        let unknown = directory
            .ancestors()
            .take_while(|above| !found.contains_key(above.as_os_str()))
            .count();
        let known =
            directory.ancestors().nth(unknown).and_then(|above| found.get(above.as_os_str()));
        let mut patterns = known.cloned().unwrap_or_default();
        if found.len() + unknown > REMEMBERED_MAX {
            found.clear();
        }
        let unknown: Vec<&Path> = directory.ancestors().take(unknown).collect();
        for directory in unknown.into_iter().rev() {
            if let Some(nearest) = read(directory).or_else(|| self.of_gone(directory)) {
                patterns = std::iter::once(nearest).chain(patterns.iter().cloned()).collect();
            }
            found.insert(directory.as_os_str().to_owned(), Arc::clone(&patterns));
        }
        patterns
    }

    /// What holds in a directory that is gone. It may have been a worktree or a clone of any repository beside it, so what
    /// is kept out of one of these is kept out of it, but for those that keep out all they have.
    fn of_gone(&self, directory: &Path) -> Option<Gitignore> {
        let parent = directory.parent().filter(|parent| parent.is_dir() && !directory.exists())?;
        let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        let repositories =
            beside.entry(parent.to_owned()).or_insert_with(|| repositories(parent)).clone();
        drop(beside);
        let mut builder = builder(directory);
        for repository in repositories.iter() {
            let has_all = read(repository)
                .is_some_and(|own| own.matched(repository.join("\u{1}"), false).is_ignore());
            if !has_all {
                let _ = builder.add(repository.join(FILE));
            }
        }
        builder.build().ok().filter(|patterns| !patterns.is_empty())
    }
}

/// The repositories in a directory that have a file of patterns.
fn repositories(directory: &Path) -> Arc<[PathBuf]> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().take(BESIDE_MAX).flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.join(FILE).is_file() && path.join(".git").exists()).collect()
}

fn read(directory: &Path) -> Option<Gitignore> {
    let path = directory.join(FILE);
    if !path.is_file() {
        return None;
    }
    let mut builder = builder(directory);
    // Lines that are no pattern say nothing; the others hold.
    if let Some(error) = builder.add(&path) {
        tracing::warn!(path = %path.display(), %error, "not all of it is understood");
    }
    builder.build().ok()
}

fn builder(directory: &Path) -> GitignoreBuilder {
    let mut builder = GitignoreBuilder::new(directory);
    // There are disks on which case says nothing: a pattern holds in any.
    let _ = builder.case_insensitive(true);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_below_their_file() {
        let home = tempfile::tempdir().expect("a directory");
        let at = |path: &str| home.path().join(path);
        for (directory, patterns) in [
            ("work", "clients/\n*.pem\n!open.pem\n"),
            ("work/diary", "*\n"),
            ("work/site", "secrets/*.json\n"),
        ] {
            std::fs::create_dir_all(at(directory)).expect("makes");
            std::fs::write(at(directory).join(FILE), patterns).expect("writes");
        }
        let ignored = Ignored::default();
        let session = |path: &str| ignored.session(&at(path).to_string_lossy());
        assert!(session("work/diary"), "all of it");
        assert!(session("work/diary/2026"), "and below");
        assert!(session("work/clients") && session("work/clients/acme"), "by name, from above");
        assert!(!session("work") && !session("work/site") && !session("elsewhere"));
        let touched =
            |cwd: &str, path: &str| ignored.touched(Some(&at(cwd).to_string_lossy()), path);
        assert!(touched("work/site", "secrets/key.json"));
        assert!(!touched("work/site", "public/key.json"));
        assert!(touched("work/site", "certs/server.pem") && !touched("work/site", "open.pem"));
        let absolute = at("work/site/secrets/key.json");
        assert!(touched("elsewhere", &absolute.to_string_lossy()));
        assert!(ignored.file(&at("work/diary/a.jsonl")) && !ignored.file(&at("work/a.jsonl")));
        assert!(!ignored.session("relative/dir") && !ignored.touched(None, "a.pem"));

        std::fs::remove_file(at("work/diary").join(FILE)).expect("deletes");
        ignored.forget();
        assert!(!session("work/diary"));
    }

    #[test]
    fn where_a_path_leads_is_found_once_in_each_directory_of_a_run() {
        let (ignored, asked) = (Ignored::default(), std::cell::Cell::new(0));
        let leads = |cwd: &str, path: &str, says: bool| {
            ignored.leads(cwd, path, || {
                asked.set(asked.get() + 1);
                says
            })
        };
        assert!(leads("/a", "x", true) && leads("/a", "x", false), "the first answer holds");
        assert!(!leads("/b", "x", false) && !leads("/a", "y", false));
        assert_eq!(asked.get(), 3);
        ignored.forget();
        assert!(!leads("/a", "x", false), "the disk may be another one now");
        for number in 0..LEADS_MAX.0 * 2 {
            leads(&format!("/{number}"), "x", false);
        }
        for number in 0..LEADS_MAX.1 * 2 {
            leads("/a", &number.to_string(), false);
        }
        let held = ignored.leads.lock().expect("no poison");
        assert!(held.len() <= LEADS_MAX.0 && held.values().all(|of| of.len() <= LEADS_MAX.1));
    }

    #[test]
    fn what_is_kept_out_of_a_repository_is_kept_out_of_what_is_gone_beside_it() {
        let home = tempfile::tempdir().expect("a directory");
        let at = |path: &str| home.path().join(path);
        for (directory, patterns) in
            [("work/api", ".env*\n/config/keys.json\n"), ("work/diary", "*\n")]
        {
            std::fs::create_dir_all(at(directory).join(".git")).expect("makes");
            std::fs::write(at(directory).join(FILE), patterns).expect("writes");
        }
        std::fs::create_dir_all(at("work/plain")).expect("makes");
        let ignored = Ignored::default();
        let touched =
            |cwd: &str, path: &str| ignored.touched(Some(&at(cwd).to_string_lossy()), path);
        assert!(touched("work/gone", ".env") && touched("work/gone/src", "../config/../.env"));
        assert!(touched("work/gone", "config/keys.json"));
        assert!(!touched("work/gone", "src/config/keys.json"), "it begins at the root");
        assert!(
            !touched("work/gone", "README.md"),
            "who keeps out all of it says nothing of others"
        );
        assert!(!ignored.session(&at("work/gone").to_string_lossy()));
        assert!(!touched("work/plain", ".env"), "what is there has files of its own");
        assert!(!touched("work/plain/gone", ".env"), "none lies beside it");
    }
}
