//! What a URL in a repository's configuration really leads to on this machine: the person's git
//! configuration rewrites URLs (`insteadOf`), their ssh configuration gives hosts other names, and what lies on
//! this disk is called like what it was cloned from. Nothing is run.

use super::git_config::{self, Entry};
use super::origin::Origins;
use super::path::tidy;
use super::ssh_config::{Hosts, SshConfig};
use camille_registry::forge;
use camille_registry::remote::{self, Remote};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where git's configuration of the machine lies, by how git was installed.
const SYSTEM: [&str; 3] =
    ["/etc/gitconfig", "/usr/local/etc/gitconfig", "/opt/homebrew/etc/gitconfig"];

/// Clones of clones that are followed.
const CLONES_MAX: u32 = 5;

/// How the person's own configuration renames what remotes lead to. It remembers which repositories it asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Naming {
    /// The person's and the machine's.
    person: Arc<Renaming>,
    /// What one repository adds for itself.
    own: Renaming,
    home: Option<PathBuf>,
    /// How many clones of clones may still be followed.
    depth: u32,
    asked: Arc<Mutex<Asked>>,
}

/// What repositories were found to be, by where they are and how many clones could still be followed.
type Asked = HashMap<(PathBuf, u32), Arc<Origins>>;

/// What configurations say.
#[derive(Debug, Clone, Default)]
struct Renaming {
    /// `url.<base>.insteadOf` and `pushInsteadOf`: a beginning of URLs and what stands for it.
    rewrites: Vec<(String, String)>,
    ssh: SshConfig,
}

/// What a URL leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lead {
    /// The project, if that is sure.
    pub name: Option<String>,
    /// What else it is called, or may be.
    pub also: BTreeSet<String>,
    /// The place on this disk.
    pub place: Option<PathBuf>,
    /// Whether nobody can say what it leads to.
    pub is_unclear: bool,
}

impl Naming {
    /// Reads the person's and the machine's configuration.
    pub(super) fn load(home: Option<&Path>) -> Self {
        let mut person = Renaming::default();
        let of_home = |path: &str| home.map(|home| home.join(path));
        let git = SYSTEM.map(|path| Some(PathBuf::from(path)));
        for path in git.into_iter().chain([of_home(".config/git/config"), of_home(".gitconfig")]) {
            let entries = path.map(|path| git_config::load(&path, home)).unwrap_or_default();
            person.add(&entries, home);
        }
        if let (Some(config), Some(beside)) = (of_home(".ssh/config"), of_home(".ssh")) {
            person.ssh.add(&config, &beside, home);
        }
        person.ssh.add(Path::new("/etc/ssh/ssh_config"), Path::new("/etc/ssh"), home);
        let home = home.map(Path::to_owned);
        Self { person: Arc::new(person), home, depth: CLONES_MAX, ..Self::default() }
    }

    /// This one, and what a repository's own configuration adds.
    pub(super) fn with(&self, entries: &[Entry]) -> Self {
        let mut naming = self.clone();
        naming.own.add(entries, self.home());
        naming
    }

    /// The person's home.
    pub(super) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The project that a URL surely leads to.
    pub(super) fn project(&self, url: &str) -> Option<String> {
        self.lead(url, None).name
    }

    /// What a URL leads to. `beside`: the directory that relative paths begin in.
    pub(super) fn lead(&self, url: &str, beside: Option<&Path>) -> Lead {
        let url = url.trim();
        let rewritten = self.rewritten(url);
        let mut lead = self.lead_of(rewritten.last().map_or(url, String::as_str), beside);
        // Which of several rewritings holds, and whether this one does, is not always sure: each is heard.
        let others = rewritten.iter().rev().skip(1).map(String::as_str);
        for other in others.chain((!rewritten.is_empty()).then_some(url)) {
            let other = self.lead_of(other, beside);
            if !other.is_unclear {
                lead.also.extend(other.name.into_iter().chain(other.also));
            }
        }
        lead
    }

    /// What the repository in `root` was cloned from, if there is one.
    pub(super) fn origins(&self, root: &Path) -> Option<Arc<Origins>> {
        let asked = || self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (root.to_owned(), self.depth);
        if let Some(known) = asked().get(&key) {
            return Some(Arc::clone(known));
        }
        // The lock is not held while the disk is read, which may lead to other repositories.
        let origins = Arc::new(Origins::read(root, self)?);
        asked().insert(key, Arc::clone(&origins));
        Some(origins)
    }

    fn lead_of(&self, url: &str, beside: Option<&Path>) -> Lead {
        match remote::read(url) {
            Remote::Named(name) => self.on_host(&name, url),
            Remote::Local(path) => self.on_disk(&path, beside),
            Remote::Unclear(perhaps) => {
                Lead { also: perhaps.into_iter().collect(), is_unclear: true, ..Lead::default() }
            }
        }
    }

    /// A repository on a host, by the host's real name where ssh leads there.
    fn on_host(&self, name: &str, url: &str) -> Lead {
        let (host, path) = name.split_once('/').unwrap_or((name, ""));
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let (host, port) = match host.rsplit_once(':').filter(|_| !host.ends_with(']')) {
            Some((host, port)) => (host, format!(":{port}")),
            None => (host, String::new()),
        };
        let hosts = match scheme {
            Some(scheme) if !scheme.contains("ssh") => Hosts::default(),
            _ => {
                let mut hosts = self.person.ssh.hosts(host);
                let own = self.own.ssh.hosts(host);
                hosts.perhaps.extend(own.name.into_iter().chain(own.perhaps));
                hosts
            }
        };
        // As a URL again, so that one function knows what hosts do to paths.
        let named = |host: &str| {
            let path = percent_encoding::utf8_percent_encode(path, percent_encoding::CONTROLS);
            remote::normalise_remote(&format!("ssh://{host}{port}/{path}"))
        };
        let real = match &hosts.name {
            Some(real) => named(real),
            None => Some(name.to_owned()),
        };
        let mut also: BTreeSet<String> =
            hosts.perhaps.iter().filter_map(|host| named(host)).collect();
        also.insert(name.to_owned());
        also.extend(real.iter().filter_map(|real| forge::without_port(real)));
        also.retain(|other| Some(other) != real.as_ref());
        Lead { is_unclear: real.is_none(), name: real, also, place: None }
    }

    /// A repository on this disk: it is called like what it was cloned from itself.
    fn on_disk(&self, path: &str, beside: Option<&Path>) -> Lead {
        let path = path.replace('\\', "/");
        let expanded = git_config::expand(&path, beside, self.home());
        if !expanded.is_absolute() {
            return Lead { is_unclear: true, ..Lead::default() };
        }
        let place = tidy(&expanded);
        let mut lead = Lead::default();
        lead.also.insert(super::path::text(&place));
        let real = place.canonicalize().unwrap_or_else(|_| place.clone());
        lead.also.insert(super::path::text(&real));
        lead.place = Some(place.clone());
        let Some(depth) = self.depth.checked_sub(1) else {
            return Lead { is_unclear: true, ..lead };
        };
        let deeper = Self { depth, own: Renaming::default(), ..self.clone() };
        // As git looks for it (git-clone(1)).
        let suffixed = |suffix: &str| {
            let mut name = real.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        let candidates = [real.clone(), suffixed(".git")];
        match candidates.iter().find_map(|candidate| deeper.origins(candidate)) {
            Some(origins) => {
                lead.also.extend(origins.name.iter().cloned());
                lead.also.extend(origins.also.iter().cloned());
                lead.is_unclear = origins.unclear.is_some();
            }
            None => lead.is_unclear = true,
        }
        lead
    }

    /// What rewriting makes of a URL; last what git makes of it: the longest beginning that fits is taken
    /// (git-config(1), `url.<base>.insteadOf`).
    fn rewritten(&self, url: &str) -> Vec<String> {
        let fits = self.person.rewrites.iter().chain(&self.own.rewrites);
        let fits = fits.filter(|(from, _)| url.starts_with(from.as_str()));
        let mut fitting: Vec<&(String, String)> = fits.collect();
        fitting.sort_by_key(|(from, _)| from.len());
        fitting.iter().map(|(from, to)| format!("{to}{}", &url[from.len()..])).collect()
    }
}

impl Renaming {
    fn add(&mut self, entries: &[Entry], home: Option<&Path>) {
        let rewrites = entries
            .iter()
            .filter(|entry| entry.is("url", "insteadof") || entry.is("url", "pushinsteadof"));
        self.rewrites.extend(
            rewrites
                .filter(|entry| !entry.value.is_empty())
                .map(|entry| (entry.value.clone(), entry.subsection.clone())),
        );
        for command in entries.iter().filter(|entry| entry.is("core", "sshcommand")) {
            self.add_ssh_command(&command.value, home);
        }
    }

    /// What options of `core.sshCommand` make of hosts.
    fn add_ssh_command(&mut self, command: &str, home: Option<&Path>) {
        let words: Vec<&str> =
            command.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
        let value = |at: usize| {
            let after = words[at].get(2..).filter(|rest| !rest.is_empty());
            after.or_else(|| words.get(at + 1).copied()).unwrap_or_default()
        };
        for (at, word) in words.iter().enumerate() {
            if word.starts_with("-F") {
                let beside = home.map(|home| home.join(".ssh")).unwrap_or_default();
                let mut other = SshConfig::default();
                let file = git_config::expand(value(at), Some(&beside), home);
                other.add(&file, &beside, home);
                self.ssh.add_unsure_all(&other);
            } else if word.starts_with("-o") {
                let option = value(at).to_ascii_lowercase();
                if let Some(name) = option.strip_prefix("hostname=") {
                    self.ssh.add_unsure(name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_and_rewrites_lead_to_the_one_name() {
        let home = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
            std::fs::write(path, text).expect("writes");
        };
        write(
            ".gitconfig",
            "[url \"git@github.com:\"]\n\tinsteadOf = gh:\n[include]\n\tpath = .more\n",
        );
        write(".more", "[url \"https://github.com/acme/\"]\n\tpushInsteadOf = \"work:\"\n");
        write(
            ".ssh/config",
            "Include conf.d/*\nHost github.com-* !github.com-not\n  HostName github.com\n",
        );
        write(".ssh/conf.d/a", "Host=gl\nHostName gitlab.com\nHost *.corp\n HostName=git.%h\n");
        let naming = Naming::load(Some(home.path()));
        for (url, name) in [
            ("gh:acme/secret", "github.com/acme/secret"),
            ("work:secret.git", "github.com/acme/secret"),
            ("git@github.com-work:acme/secret.git", "github.com/acme/secret"),
            ("ssh://git@github.com-work/acme/secret", "github.com/acme/secret"),
            ("git@github.com-not:acme/secret", "github.com-not/acme/secret"),
            ("gl:acme/secret", "gitlab.com/acme/secret"),
            ("ssh://x@acme.corp/secret", "git.acme.corp/secret"),
            ("https://gl/acme/secret", "gl/acme/secret"),
        ] {
            assert_eq!(naming.project(url).as_deref(), Some(name), "{url}");
        }
    }
}
