//! What a URL in a repository's configuration really leads to on this machine: the person's git
//! configuration rewrites URLs (`insteadOf`), their ssh configuration gives hosts other names. Read once a run;
//! nothing is run.

use super::git_config;
use super::remote::normalise_remote;
use std::path::{Path, PathBuf};

/// Files included in files.
const DEPTH_MAX: u32 = 8;

/// How the person's own configuration renames what remotes lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Naming {
    /// `url.<base>.insteadOf` and `pushInsteadOf`: a beginning of URLs and what stands for it.
    rewrites: Vec<(String, String)>,
    /// `Host` patterns of ssh, each with its `HostName`, in order.
    hosts: Vec<(Vec<String>, String)>,
}

impl Naming {
    /// Reads the person's and the machine's configuration.
    pub(super) fn load(home: Option<&Path>) -> Self {
        let mut naming = Self::default();
        let of_home = |path: &str| home.map(|home| home.join(path));
        let git = [
            Some(PathBuf::from("/etc/gitconfig")),
            of_home(".config/git/config"),
            of_home(".gitconfig"),
        ];
        for path in git.into_iter().flatten() {
            naming.add_rewrites(&git_config::load(&path, home));
        }
        let ssh = [of_home(".ssh/config"), Some(PathBuf::from("/etc/ssh/ssh_config"))];
        for path in ssh.into_iter().flatten() {
            naming.add_hosts(&path, home, DEPTH_MAX);
        }
        naming
    }

    /// This one, and what a repository's own configuration adds.
    pub(super) fn with(&self, entries: &[git_config::Entry]) -> Self {
        let mut naming = self.clone();
        naming.add_rewrites(entries);
        naming
    }

    /// The project that a URL leads to.
    pub(super) fn project(&self, url: &str) -> Option<String> {
        let url = self.rewritten(url);
        normalise_remote(&self.real_host(&url))
    }

    fn add_rewrites(&mut self, entries: &[git_config::Entry]) {
        let rewrites = entries
            .iter()
            .filter(|entry| entry.is("url", "insteadof") || entry.is("url", "pushinsteadof"));
        self.rewrites.extend(
            rewrites
                .filter(|entry| !entry.value.is_empty())
                .map(|entry| (entry.value.clone(), entry.subsection.clone())),
        );
    }

    /// The longest beginning that fits is taken (git-config(1), `url.<base>.insteadOf`).
    fn rewritten(&self, url: &str) -> String {
        let url = url.trim();
        let fits = self.rewrites.iter().filter(|(from, _)| url.starts_with(from.as_str()));
        match fits.max_by_key(|(from, _)| from.len()) {
            Some((from, to)) => format!("{to}{}", &url[from.len()..]),
            None => url.to_owned(),
        }
    }

    /// The URL with the host that ssh connects to, where it is one for ssh.
    fn real_host(&self, url: &str) -> String {
        let (before, authority, after) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.to_ascii_lowercase().contains("ssh") => {
                let end = rest.find('/').unwrap_or(rest.len());
                (format!("{scheme}://"), &rest[..end], &rest[end..])
            }
            Some(_) => return url.to_owned(),
            None => match url.find(':').filter(|at| !url[..*at].contains('/')) {
                Some(colon) => (String::new(), &url[..colon], &url[colon..]),
                None => return url.to_owned(),
            },
        };
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (format!("{user}@"), place),
            None => (String::new(), authority),
        };
        let (alias, port) = match place.rsplit_once(':').filter(|_| !place.ends_with(']')) {
            Some((alias, port)) => (alias, format!(":{port}")),
            None => (place, String::new()),
        };
        match self.host_name(alias) {
            Some(name) => format!("{before}{user}{name}{port}{after}"),
            None => url.to_owned(),
        }
    }

    /// The first `HostName` of a block that is about this host (ssh_config(5)).
    fn host_name(&self, alias: &str) -> Option<String> {
        let is_about = |patterns: &[String]| {
            let fits = |pattern: &str| fits_glob(pattern, alias);
            patterns.iter().any(|p| !p.starts_with('!') && fits(p))
                && !patterns.iter().any(|p| p.strip_prefix('!').is_some_and(fits))
        };
        let (_, name) = self.hosts.iter().find(|(patterns, _)| is_about(patterns))?;
        Some(name.replace("%h", alias).replace("%%", "%"))
    }

    fn add_hosts(&mut self, path: &Path, home: Option<&Path>, depth: u32) {
        let Some(text) = git_config::read(path) else { return };
        let mut about: Option<Vec<String>> = Some(vec!["*".to_owned()]);
        for line in text.lines() {
            let line = line.trim();
            let cut = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
            let (key, value) = line.split_at(cut);
            let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
            let words = || value.split_whitespace().map(|word| word.trim_matches('"').to_owned());
            match key.to_ascii_lowercase().as_str() {
                "host" => about = Some(words().collect()),
                // What else must hold is not known here.
                "match" => about = value.eq_ignore_ascii_case("all").then(|| vec!["*".to_owned()]),
                "hostname" => {
                    if let (Some(about), Some(name)) = (&about, words().next()) {
                        self.hosts.push((about.clone(), name));
                    }
                }
                "include" if depth > 0 => {
                    for word in words() {
                        let beside = home.map(|home| home.join(".ssh"));
                        let target = git_config::expand(&word, beside.as_deref(), home);
                        for file in expand_stars(&target) {
                            self.add_hosts(&file, home, depth - 1);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether ssh's pattern (`*` and `?`) fits the whole host, letter case ignored.
fn fits_glob(pattern: &str, host: &str) -> bool {
    globset::GlobBuilder::new(pattern)
        .case_insensitive(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(host))
}

/// The files that a pattern in a directory names; itself if it has no star.
fn expand_stars(target: &Path) -> Vec<PathBuf> {
    let (Some(directory), Some(name)) = (target.parent(), target.file_name()) else {
        return Vec::new();
    };
    let pattern = name.to_string_lossy();
    if !pattern.contains(['*', '?']) {
        return vec![target.to_owned()];
    }
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| fits_glob(&pattern, &entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
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
            "Host github.com-* !github.com-not\n  HostName github.com\nInclude conf.d/*\n",
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
