//! By what else than its remotes a clone shows where it comes from: what it borrows objects from, lines of its logs, what
//! was fetched last, and what `gh`, git-lfs and editors wrote into its configuration. These name no project; a deny of
//! one of them is a deny of the clone.

use super::git_config::{self, Entry, read, read_end, read_start};
use super::naming::Naming;
use super::path::{text, tidy};
use std::path::Path;

/// How much is read of either end of a log, which begins with where it was cloned from.
const LOG_BYTES_MAX: u64 = 16 * 1024;

/// URLs that are taken from one file.
const URLS_MAX: usize = 64;

/// Every URL, and every path, that shows where a clone comes from. `own` and `common`: its directories of git;
/// `root`: its worktree.
pub(super) fn urls(
    root: &Path,
    own: &Path,
    common: &Path,
    entries: &[Entry],
    naming: &Naming,
) -> Vec<String> {
    let mut urls = borrowed(common);
    let log = own.join("logs/HEAD");
    for text in [read_start(&log, LOG_BYTES_MAX), read_end(&log, LOG_BYTES_MAX)] {
        urls.extend(text.iter().flat_map(|text| text.lines()).flat_map(logged));
    }
    let fetched = read_start(&own.join("FETCH_HEAD"), LOG_BYTES_MAX).unwrap_or_default();
    urls.extend(fetched.lines().filter_map(fetched_from).take(URLS_MAX));
    urls.extend(entries.iter().filter_map(|entry| noted(entry, entries, naming)));
    // It lies beside the files and is handed on with them (git-lfs-config(5)).
    let lfs = read(&root.join(".lfsconfig")).map(|text| git_config::parse(&text));
    urls.extend(lfs.into_iter().flatten().filter_map(|entry| noted(&entry, &[], naming)));
    urls.sort();
    urls.dedup();
    urls
}

/// The repositories whose objects this one uses.
fn borrowed(common: &Path) -> Vec<String> {
    let objects = common.join("objects");
    let list = read(&objects.join("info/alternates")).unwrap_or_default();
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let places = lines.take(URLS_MAX).map(|line| tidy(&objects.join(line)));
    // `…/.git/objects`: the repository is what holds that.
    places
        .filter_map(|place| {
            let git = place.parent()?;
            let root = if git.ends_with(".git") { git.parent()? } else { git };
            Some(text(root))
        })
        .collect()
}

/// Where a line of a log says that something came from: `clone: from URL`, `pull --rebase URL main: Fast-forward`.
fn logged(line: &str) -> Vec<String> {
    let Some((_, said)) = line.split_once('\t') else { return Vec::new() };
    if let Some(url) = said.strip_prefix("clone: from ") {
        return vec![url.trim().to_owned()];
    }
    let rest = said.strip_prefix("pull ").or_else(|| said.strip_prefix("fetch "));
    let Some(rest) = rest else { return Vec::new() };
    // What was typed, and behind it what came of that.
    let typed = rest.rsplit_once(": ").map_or(rest, |(typed, _)| typed).trim_end_matches(':');
    // `work:payroll` may be an address whose beginning git replaces.
    let leads = |word: &&str| {
        !word.starts_with('-') && (word.starts_with(['/', '.']) || word.contains(':'))
    };
    let mut urls: Vec<String> =
        typed.split_whitespace().find(leads).map(str::to_owned).into_iter().collect();
    // `ext::ssh host %S path`: the address of a helper goes on to the end, or to what is fetched of it.
    if let Some(at) = typed.find("::") {
        let from = typed[..at].rfind(' ').map_or(0, |before| before + 1);
        let address = &typed[from..];
        urls.extend(address.rsplit_once(' ').map(|(address, _)| address.to_owned()));
        urls.push(address.to_owned());
    }
    urls
}

/// Where a line of FETCH_HEAD says that it was fetched from: `branch 'main' of github.com:acme/api`.
fn fetched_from(line: &str) -> Option<String> {
    let what = line.splitn(3, '\t').nth(2)?;
    let url = what.rsplit_once("' of ").map_or(what, |(_, url)| url);
    (!url.trim().is_empty()).then(|| url.trim().to_owned())
}

/// What a tool noted of where a clone belongs.
fn noted(entry: &Entry, entries: &[Entry], naming: &Naming) -> Option<String> {
    let value = || Some(entry.value.clone()).filter(|value| !value.is_empty());
    match (entry.section.as_str(), entry.key.as_str()) {
        ("lfs", "url" | "pushurl") | ("remote", "lfsurl" | "lfspushurl" | "annexurl") => value(),
        // git-lfs notes how to log in by the address that it asked.
        ("lfs", _) if entry.subsection.contains("://") => Some(entry.subsection.clone()),
        // `gh repo set-default`: the repository that a fork is of, on the host of its remote.
        ("remote", "gh-resolved") if entry.value.contains('/') => {
            let is_url =
                |other: &&Entry| other.is("remote", "url") && other.subsection == entry.subsection;
            let name = entries.iter().find(is_url).and_then(|url| naming.project(&url.value));
            let host = name.as_deref().and_then(|name| name.split('/').next());
            // It may be written with its host.
            let path = match entry.value.matches('/').count() {
                1 => format!("{}/{}", host.unwrap_or("github.com"), entry.value),
                _ => entry.value.clone(),
            };
            Some(format!("https://{path}"))
        }
        // VS Code's: `owner#name#number`.
        ("branch", "github-pr-owner-number") => {
            let mut parts = entry.value.split('#');
            let (owner, name) = (parts.next()?, parts.next()?);
            Some(format!("https://github.com/{owner}/{name}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_clone_shows_of_where_it_comes_from_is_heard() {
        let root = tempfile::tempdir().expect("a directory");
        let git = root.path().join(".git");
        let write = |name: &str, text: &str| {
            let path = git.join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
            std::fs::write(path, text).expect("writes");
        };
        let who = format!("{} {} a <a@b> 1 +0000", "0".repeat(40), "1".repeat(40));
        let lines = format!("{who}\tcommit: x: y/z\n").repeat(400);
        write(
            "logs/HEAD",
            &format!(
                "{who}\tclone: from git@h.example:a/cloned\n{who}\tpull git@h.example:a/early main: Fast-forward\n\
                 {lines}{who}\tpull --rebase https://h.example/a/late main: Fast-forward\n\
                 {who}\tpull ../beside main: Fast-forward\n{who}\tpull origin main: Fast-forward\n"
            ),
        );
        let sha = "1".repeat(40);
        write(
            "FETCH_HEAD",
            &format!(
                "{sha}\tnot-for-merge\tbranch 'x of y' of h.example:a/fetched\n{sha}\t\thttps://h.example/a/head\n"
            ),
        );
        write("objects/info/alternates", "/srv/lent/.git/objects\n");
        write("../.lfsconfig", "[lfs]\nurl = https://h.example/a/lfs-file.git/info/lfs\n");
        let entries = git_config::parse(
            "[remote \"origin\"]\nurl = git@h.example:me/x\ngh-resolved = a/base\n\
             [remote \"up\"]\ngh-resolved = base\nlfsurl = https://h.example/a/remote-lfs\n\
             [lfs]\nurl = https://h.example/a/lfs\n[lfs \"https://h.example/a/login.git/info/lfs\"]\naccess = basic\n\
             [branch \"x\"]\ngithub-pr-owner-number = \"a#vscode#7\"\n",
        );
        let found = urls(root.path(), &git, &git, &entries, &Naming::load(None));
        assert_eq!(
            found,
            [
                "../beside",
                "/srv/lent",
                "git@h.example:a/cloned",
                "git@h.example:a/early",
                "h.example:a/fetched",
                "https://github.com/a/vscode",
                "https://h.example/a/base",
                "https://h.example/a/head",
                "https://h.example/a/late",
                "https://h.example/a/lfs",
                "https://h.example/a/lfs-file.git/info/lfs",
                "https://h.example/a/login.git/info/lfs",
                "https://h.example/a/remote-lfs",
            ]
        );
    }
}
