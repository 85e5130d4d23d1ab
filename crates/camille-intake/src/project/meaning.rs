//! What a person means who names a project: what `git remote -v` prints, a page's address, a directory however it is
//! spelt, a project's id, a pattern. The same configuration that names clones names what is typed, and what it cannot
//! make sense of is an error: a rule that matches nothing keeps nothing private.

use super::UNCLEAR;
use super::meaningless::Meaningless;
use super::naming::Naming;
use super::path::{text, tidy};
use super::{spelling, typed};
use camille_registry::{forge, remote};
use std::path::{Path, PathBuf};

/// What is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The pattern that surely stands for it.
    pub pattern: String,
    /// What else it is called, or may be: a deny of it is a deny of these.
    pub also: Vec<String>,
    /// Why it means nothing, unless something is called so already.
    pub doubt: Option<Meaningless>,
}

impl Meaning {
    /// The first is what surely stands for it.
    fn of(names: impl IntoIterator<Item = String>) -> Result<Self, Meaningless> {
        let mut names = names.into_iter();
        let pattern = names.next().ok_or(Meaningless::Empty)?;
        let mut also: Vec<String> = Vec::new();
        for name in names {
            if name != pattern && !also.contains(&name) {
                also.push(name);
            }
        }
        Ok(Self { pattern, also, doubt: None })
    }

    /// Everything that a deny of it denies: of a directory all that lies in it means the directory.
    pub fn denied(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.pattern).chain(&self.also).map(|pattern| {
            let whole = pattern.trim_end_matches(['*', '/']);
            match (pattern.starts_with('/'), pattern.ends_with("/*") || pattern.ends_with("/**")) {
                (true, true) if whole.is_empty() => "/".to_owned(),
                (true, true) => whole.to_owned(),
                _ => pattern.clone(),
            }
        })
    }
}

/// What a person means by what they typed. `home`: theirs. Reads their configuration of git and ssh, and looks at
/// links.
///
/// # Errors
/// When nothing tells what is meant.
pub fn meaning(typed: &str, home: Option<&Path>) -> Result<Meaning, Meaningless> {
    let typed = typed.trim();
    if typed.starts_with(UNCLEAR) || (!typed.is_empty() && typed.chars().all(|c| c == '*')) {
        return Meaning::of([typed.to_owned()]);
    }
    let typed = &*typed::bare(typed)?;
    if let Some(path) = path_of(typed, home)? {
        return Meaning::of(directories(&path));
    }
    let naming = Naming::load(home);
    let mut doubt = None;
    let mut names = if is_address(typed) {
        let lead = naming.lead(typed, None);
        match (&lead.name, &lead.place) {
            (Some(name), _) => {
                let names = of_forge(name, typed);
                if names.is_empty() {
                    doubt = unknown_host(name);
                }
                names.into_iter().chain(lead.name).chain(lead.also).collect()
            }
            // A directory of this disk in another guise.
            (None, Some(place)) => return Meaning::of(directories(&text(place))),
            (None, None) => return Err(no_lead(typed)),
        }
    } else {
        on_host(typed, &naming)
    };
    // The page of a repository means the repository.
    for page in names.clone() {
        if let Some(repository) = forge::of_page(&page)
            && is_address(typed)
        {
            names.retain(|name| *name != page && !name.starts_with(&format!("{repository}/")));
            names.insert(0, repository);
        }
    }
    if let Some(first) = names.first() {
        check_forge(first)?;
    }
    Ok(Meaning { doubt, ..Meaning::of(names)? })
}

/// What an address comes to whose host is a forge's short name, which nothing else on this machine is called.
fn of_forge(name: &str, typed: &str) -> Vec<String> {
    let Some((short, path)) = name.split_once('/') else { return Vec::new() };
    let is_short = !typed.contains("//") && !typed.contains('@');
    // What ssh and git are told of has a host with dots by now.
    let host = typed::forge(short).filter(|_| is_short);
    let found = host.and_then(|host| remote::normalise_remote(&format!("https://{host}/{path}")));
    found.into_iter().collect()
}

/// Why nothing can be called so: one word that nobody says the host of.
fn unknown_host(name: &str) -> Option<Meaningless> {
    let host = name.split(['/', ':']).next().unwrap_or_default();
    let is_known = host.contains('.') || host.starts_with('[') || host == "localhost";
    (!is_known && host != "codecommit").then(|| Meaningless::Host(host.to_owned()))
}

/// Why an address leads nowhere.
fn no_lead(typed: &str) -> Meaningless {
    let scheme = typed.split([':', '/']).next().unwrap_or_default();
    let rest = typed.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.trim_end_matches('/');
    match !host.is_empty() && !host.contains('/') && scheme.starts_with("http") {
        true => Meaningless::OnlyHost(host.to_lowercase()),
        false => Meaningless::Address(format!("{scheme}:")),
    }
}

/// That forges whose repositories are `owner/name` have none of this name.
fn check_forge(name: &str) -> Result<(), Meaningless> {
    let Some((host, path)) = name.split_once('/') else { return Ok(()) };
    if !forge::is_simple(host) {
        return Ok(());
    }
    if let Some(page) = path.split('/').next().filter(|first| forge::is_own_page(host, first)) {
        return Err(Meaningless::Page(format!("{host}/{page}")));
    }
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_./*~%".contains(c);
    match path.chars().find(|c| !is_letter(*c)) {
        Some(c) => Err(Meaningless::Character(c)),
        None => Ok(()),
    }
}

/// Whether a rule's pattern may be a text that an earlier build kept as it was typed.
#[must_use]
pub fn is_as_typed(pattern: &str) -> bool {
    let is_own = pattern.starts_with(['/', '[']) || pattern.starts_with(UNCLEAR);
    !is_own
        && (is_address(pattern) || pattern.contains(|c: char| "$?{[]}<>()@#~\"'`“”‘’".contains(c)))
}

/// Whether it is written as what git takes for a URL, rather than as a project's id.
fn is_address(typed: &str) -> bool {
    let Some((before, after)) = typed.split_once(':') else { return false };
    // `host:7999/x` is an id whose host has a port.
    let port = after.split('/').next().unwrap_or_default();
    let is_port = after.contains('/') && port.parse::<u16>().is_ok() && !before.contains('@');
    !before.contains('/') && !is_port
}

/// An id as it is typed, and what its host stands for.
fn on_host(typed: &str, naming: &Naming) -> Vec<String> {
    let kept = typed.trim_end_matches('/');
    let kept = if kept.is_empty() { typed } else { kept };
    let mut names = vec![kept.to_owned()];
    let (first, rest) = kept.split_once('/').unwrap_or((kept, ""));
    // A version, a branch or a heading of a repository (`acme/api@main`, `acme/api#12`).
    let cut = rest.split(['@', '#', '?']).next().filter(|cut| !cut.is_empty() && *cut != rest);
    if let Some(cut) = cut {
        let cut = format!("{first}/{}", cut.trim_end_matches('/'));
        match forge::is_simple(first) {
            true => return on_host(&cut, naming),
            false => names.push(cut),
        }
    }
    if let Some(host) = typed::forge(first).filter(|_| rest.contains('/')) {
        names.push(format!("{host}/{rest}"));
    }
    let is_host = first.contains('.') && !first.contains('*') && !rest.is_empty();
    // As a URL it goes through what hosts and forges make of paths.
    let lead = naming.lead(&format!("ssh://{first}/{rest}"), None);
    if is_host {
        names.splice(..0, lead.name.into_iter().chain(lead.also));
    } else if !rest.is_empty() && !first.contains('*') {
        // An alias of ssh is no host that a pattern begins with, but a person may type it so.
        let own = format!("{first}/{rest}");
        names.extend(lead.name.into_iter().filter(|name| *name != own && name.contains('.')));
    }
    names
}

/// The whole path, if a directory is meant.
fn path_of(typed: &str, home: Option<&Path>) -> Result<Option<String>, Meaningless> {
    let lower = typed.to_ascii_lowercase();
    if lower.starts_with("file:") {
        let rest = typed["file:".len()..].trim_start_matches("//");
        let rest =
            rest.strip_prefix("localhost/").map_or(rest.to_owned(), |rest| format!("/{rest}"));
        let path = percent_encoding::percent_decode_str(&rest).decode_utf8_lossy().into_owned();
        return match path.starts_with('/') {
            true => Ok(Some(path)),
            false => Err(Meaningless::Nowhere("file:".to_owned())),
        };
    }
    if let Some(rest) = typed.strip_prefix('~') {
        let nowhere = || Meaningless::Nowhere("~".to_owned());
        let home = home.ok_or_else(nowhere)?;
        let (person, below) = rest.split_once('/').unwrap_or((rest, ""));
        let base: PathBuf = match person {
            "" => home.to_owned(),
            // Another person's home stands beside.
            person => home.parent().ok_or_else(nowhere)?.join(person),
        };
        return Ok(Some(format!("{}/{below}", text(&base))));
    }
    let first = typed.split('/').next().unwrap_or_default();
    if first == "." || first == ".." {
        return Err(Meaningless::Nowhere(first.to_owned()));
    }
    if let Some(drive) = spelling::drive(typed).filter(|_| !typed.starts_with('/')) {
        return Ok(spelling::absolute(&drive, None, None));
    }
    Ok(typed.starts_with('/').then(|| typed.to_owned()))
}

/// A directory by where its path leads, which is what projects are called, and by its text.
fn directories(path: &str) -> Vec<String> {
    let (path, rest) = match path.find('*') {
        Some(star) => path.split_at(path[..star].rfind('/').unwrap_or(0)),
        None => (path, ""),
    };
    let path = Path::new(if path.is_empty() { "/" } else { path });
    let tidied = tidy(path);
    let real = [path, &tidied].into_iter().filter_map(|path| path.canonicalize().ok());
    let mut found: Vec<String> = Vec::new();
    for mut place in real.chain(std::iter::once(tidied.clone())) {
        if place.ends_with(".git") {
            place.pop();
        }
        let place =
            if place == Path::new("/") && !rest.is_empty() { String::new() } else { text(&place) };
        let pattern = format!("{place}{rest}");
        if !found.contains(&pattern) {
            found.push(pattern);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_understood_by_what_names_clones() {
        let home = tempfile::tempdir().expect("a directory");
        let real = text(&home.path().canonicalize().expect("a path"));
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
            std::fs::write(path, text).expect("writes");
        };
        write(".gitconfig", "[url \"git@github.com:\"]\n\tinsteadOf = gh:\n");
        write(".ssh/config", "Host work\n  HostName github.com\n");
        write("code/secret/x", "");
        std::os::unix::fs::symlink(home.path().join("code"), home.path().join("link"))
            .expect("links");
        let secret = "github.com/acme/secret";
        let there = format!("{real}/code/secret");
        for (typed, pattern) in [
            (secret, secret),
            ("git@github.com:acme/secret.git", secret),
            ("git@work:acme/secret.git", secret),
            ("work/acme/secret", "work/acme/secret"),
            ("gh:acme/secret", secret),
            ("github.com:acme/secret", secret),
            ("org-123@github.com:acme/secret.git", secret),
            ("https://github.com/acme/secret/tree/main/src", secret),
            ("https://github.com/acme/secret/pulls", secret),
            ("github.com/acme/secret/pulls", secret),
            ("https://github.com/acme/secret#readme", secret),
            ("ssh.github.com/acme/secret", secret),
            ("ssh://git@ssh.github.com:443/acme/secret.git", secret),
            ("https://gitlab.com/a/b/c/-/merge_requests/1", "gitlab.com/a/b/c"),
            ("https://git.corp.example/a/b/src/branch/main", "git.corp.example/a/b"),
            ("https://git.corp.example/a/b.git/info/refs", "git.corp.example/a/b"),
            ("git.corp.example:7999/a/b", "git.corp.example:7999/a/b"),
            ("https://github.com/orgs/acme/repositories", "github.com/acme"),
            ("github.com/acme/*", "github.com/acme/*"),
            ("git@github.com:acme/*", "github.com/acme/*"),
            ("acme/secret", "acme/secret"),
            ("secret", "secret"),
            ("*", "*"),
            ("~/code/secret", &there),
            ("~/code/secret/.git", &there),
            ("~/link/secret/", &there),
            ("~/code/gone/../secret", &there),
            (&format!("file://{real}/code/secret"), &there),
            (&format!("file:{real}/code//./secret"), &there),
            (&format!("{real}/link/*"), &format!("{real}/code/*")),
            ("/srv/gone/../x/", "/srv/x"),
            ("/", "/"),
        ] {
            let meaning = meaning(typed, Some(home.path()));
            assert_eq!(meaning.map(|meaning| meaning.pattern).as_deref(), Ok(pattern), "{typed}");
        }
        let meaning = |typed: &str| super::meaning(typed, Some(home.path())).expect(typed);
        assert!(meaning("work/acme/secret").denied().any(|name| name == secret));
        assert!(meaning("~/link/secret").denied().any(|name| name.ends_with("/link/secret")));
        assert_eq!(meaning("~/code/**").denied().next(), Some(format!("{real}/code")));
        assert_eq!(meaning("/*").denied().next().as_deref(), Some("/"));
    }

    #[test]
    fn what_nobody_understands_is_an_error() {
        for typed in [
            "",
            " ",
            "a\nb",
            "./x",
            "../x",
            "ext::x",
            "rclone://x/y",
            "file:x",
            "https://h",
            "fd::7",
        ] {
            assert!(meaning(typed, Some(Path::new("/home/ana"))).is_err(), "{typed}");
        }
        assert!(meaning("~/x", None).is_err());
    }
}
