//! The person's ssh configuration as far as it gives hosts other names (ssh_config(5)). It reads small files and
//! nothing else; what holds only under conditions that nothing here can know counts as a name that a host may have.

use super::git_config::{expand, read};
use std::path::{Component, Path, PathBuf};

/// Files included in files, as deep as ssh goes.
const DEPTH_MAX: u32 = 16;

/// Files read for one configuration, whatever includes whom.
const FILES_MAX: usize = 256;

/// What hosts are really called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SshConfig {
    /// Each `HostName`, in order.
    names: Vec<Name>,
    /// Domains that ssh tries below.
    domains: Vec<String>,
    files: usize,
}

/// A `HostName` and what must hold for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    name: String,
    conditions: Vec<Condition>,
    /// What must hold where its file is included. People put lines there that they mean for all hosts.
    around: Vec<Condition>,
}

/// What a part of the configuration is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// Hosts that one of these patterns fits, and none of those with `!`.
    Host(Vec<String>),
    /// What cannot be known here.
    Unknown,
}

/// What a host is called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hosts {
    /// What it surely is; absent: itself.
    pub(super) name: Option<String>,
    /// What it is under conditions.
    pub(super) perhaps: Vec<String>,
}

impl SshConfig {
    /// Reads a configuration into this one; relative includes are below `beside`.
    pub(super) fn add(&mut self, path: &Path, beside: &Path, home: Option<&Path>) {
        self.add_file(path, beside, home, &[], DEPTH_MAX);
    }

    /// A name that every host may have.
    pub(super) fn add_unsure(&mut self, name: &str) {
        let conditions = vec![Condition::Unknown];
        self.names.push(Name { name: name.to_owned(), conditions, around: Vec::new() });
    }

    /// Takes everything of another one in, as what may hold.
    pub(super) fn add_unsure_all(&mut self, other: &Self) {
        let unsure = |name: &Name| {
            let mut name = name.clone();
            name.conditions.push(Condition::Unknown);
            name
        };
        self.names.extend(other.names.iter().map(unsure));
        self.domains.extend(other.domains.iter().cloned());
    }

    /// What ssh makes of a host.
    pub(super) fn hosts(&self, alias: &str) -> Hosts {
        let mut hosts = Hosts::default();
        for Name { name, conditions, around } in &self.names {
            let holds = |condition: &Condition| match condition {
                Condition::Host(patterns) => {
                    // `Match host` is about the name as far as it is known by then.
                    let now = hosts.name.as_deref().unwrap_or(alias);
                    fits(patterns, alias) || fits(patterns, now)
                }
                Condition::Unknown => true,
            };
            if !conditions.iter().all(holds) {
                continue;
            }
            let name = name.replace("%h", alias).replace("%%", "%");
            // The first that holds is taken.
            let is_sure = !conditions.contains(&Condition::Unknown)
                && around.iter().all(|around| *around != Condition::Unknown && holds(around));
            if hosts.name.is_some() || !is_sure {
                hosts.perhaps.push(name);
            } else {
                hosts.name = Some(name);
            }
        }
        if !alias.ends_with('.') {
            hosts.perhaps.extend(self.domains.iter().map(|domain| format!("{alias}.{domain}")));
        }
        hosts
    }

    fn add_file(
        &mut self,
        path: &Path,
        beside: &Path,
        home: Option<&Path>,
        under: &[Condition],
        depth: u32,
    ) {
        self.files += 1;
        if self.files > FILES_MAX {
            return;
        }
        let Some(text) = read(path) else { return };
        let mut about = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            let cut = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
            let (key, value) = line.split_at(cut);
            let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
            let words: Vec<String> =
                value.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect();
            match key.to_ascii_lowercase().as_str() {
                "host" => about = vec![Condition::Host(words)],
                "match" => about = criteria(&words),
                "hostname" => {
                    let (conditions, around) = (about.clone(), under.to_vec());
                    let name = words.into_iter().next();
                    self.names.extend(name.map(|name| Name { name, conditions, around }));
                }
                "canonicaldomains" => {
                    self.domains.extend(words.into_iter().filter(|word| word != "none"));
                }
                "include" if depth > 0 => {
                    let under = [under, &about].concat();
                    for word in words {
                        for file in expand_stars(&expand(&word, Some(beside), home)) {
                            self.add_file(&file, beside, home, &under, depth - 1);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// What a line of `Match` asks for.
fn criteria(words: &[String]) -> Vec<Condition> {
    let is = |word: &str, names: &[&str]| names.contains(&word.to_ascii_lowercase().as_str());
    let mut conditions = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (negation, word) =
            word.strip_prefix('!').map_or(("", word.as_str()), |rest| ("!", rest));
        // It is the same host by then, under its real name.
        if is(word, &["host", "originalhost"]) && negation.is_empty() {
            let patterns = words.get(at + 1).map(String::as_str).unwrap_or_default();
            conditions.push(Condition::Host(patterns.split(',').map(str::to_owned).collect()));
        } else if !is(word, &["all", "final"])
            && at.checked_sub(1).is_none_or(|before| !is(&words[before], &["host", "originalhost"]))
        {
            conditions.push(Condition::Unknown);
        }
    }
    conditions
}

/// Whether a host is one of these.
fn fits(patterns: &[String], host: &str) -> bool {
    patterns.iter().any(|p| !p.starts_with('!') && fits_glob(p, host))
        && !patterns.iter().any(|p| p.strip_prefix('!').is_some_and(|p| fits_glob(p, host)))
}

/// Whether ssh's pattern (`*` and `?`) fits the whole host, letter case ignored.
fn fits_glob(pattern: &str, host: &str) -> bool {
    globset::GlobBuilder::new(pattern)
        .case_insensitive(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(host))
}

/// The files that a path names in which any component may be a pattern; itself if none is.
fn expand_stars(target: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in target.components() {
        let pattern = match component {
            Component::Normal(name) => name.to_string_lossy(),
            other => {
                found.iter_mut().for_each(|path| path.push(other));
                continue;
            }
        };
        if !pattern.contains(['*', '?', '[']) {
            found.iter_mut().for_each(|path| path.push(&*pattern));
            continue;
        }
        found = found
            .iter()
            .flat_map(|directory| std::fs::read_dir(directory).into_iter().flatten().flatten())
            .filter(|entry| fits_glob(&pattern, &entry.file_name().to_string_lossy()))
            .map(|entry| entry.path())
            .take(FILES_MAX)
            .collect();
        found.sort();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(files: &[(&str, &str)]) -> (tempfile::TempDir, SshConfig) {
        let home = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = home.path().join(".ssh").join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
            std::fs::write(path, text).expect("writes");
        }
        let mut config = SshConfig::default();
        let beside = home.path().join(".ssh");
        config.add(&beside.join("config"), &beside, Some(home.path()));
        (home, config)
    }

    #[test]
    fn every_way_of_naming_a_host_is_heard() {
        let (_home, config) = config(&[
            (
                "config",
                "Include teams/*/config\nHost a b\n HostName h.example\nHost *.corp !no.corp\n\
                 HostName git.%h\nMatch host m\n Hostname=h.example\n\
                 Match originalhost n,o user git\n  hostname h.example\n\
                 Match exec \"test -f x\"\n HostName other.example\n\
                 Host w\n Include wrong\nMatch all\n User git\n",
            ),
            ("teams/x/config", "Host inc\n  HostName h.example\n"),
            ("wrong", "Host late\n  HostName h.example\n"),
        ]);
        let name = |alias: &str| config.hosts(alias).name;
        for alias in ["a", "B", "inc", "m"] {
            assert_eq!(name(alias).as_deref(), Some("h.example"), "{alias}");
        }
        assert_eq!(name("x.corp").as_deref(), Some("git.x.corp"));
        assert_eq!(name("no.corp"), None);
        for alias in ["n", "o", "late"] {
            let hosts = config.hosts(alias);
            assert_eq!(hosts.name, None, "{alias}");
            assert!(hosts.perhaps.contains(&"h.example".to_owned()), "{alias}");
        }
        assert_eq!(config.hosts("z").perhaps, ["other.example"]);
    }

    #[test]
    fn circles_end() {
        let (_home, config) =
            config(&[("config", "Include config\nInclude *\nHost a\nHostName b\n")]);
        assert_eq!(config.hosts("a").name.as_deref(), Some("b"));
    }
}
