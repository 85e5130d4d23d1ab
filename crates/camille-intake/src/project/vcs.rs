//! Where checkouts of other version controls than git come from: the URLs in the small files that each keeps for
//! that. Everything in these that reads like a URL counts; which one is used does not matter to who denies one.

use super::git_config::{self, read};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// What else marks the root of somebody's work, besides `.git`. Whose it is only git's own files tell.
const MARKS: [&str; 14] = [
    ".jj",
    ".hg",
    ".sl",
    ".svn",
    ".bzr",
    ".pijul",
    "_darcs",
    ".fslckout",
    "_FOSSIL_",
    "CVS",
    ".got",
    "_MTN",
    ".bk",
    ".plastic",
];

/// Files of a checkout that name where it comes from.
const FILES: [&str; 11] = [
    ".hg/sharedpath",
    ".sl/sharedpath",
    ".got/repository",
    "_MTN/options",
    ".bzr/branch/branch.conf",
    ".bzr/branch/location",
    ".bzr/branch/parent",
    "_darcs/prefs/defaultrepo",
    "_darcs/prefs/repos",
    ".pijul/config",
    "CVS/Root",
];

/// Mercurial's and Sapling's, which hold other things as well.
const MERCURIAL: [&str; 5] =
    [".hg/hgrc", ".hg/hgrc-not-shared", ".sl/config", ".sl/hgrc", ".sl/config-not-shared"];

/// Files that one of these reads, through whatever others.
const INCLUDES_MAX: usize = 16;

/// Where other version controls keep a repository of git that they work on.
pub(super) const GIT: [&str; 4] =
    [".sl/store/git", ".sl/repo/store/git", ".hg/store/git", ".hg/git"];

/// URLs that are taken from one checkout.
const URLS_MAX: usize = 64;

/// The mark of another version control in a directory.
pub(super) fn mark(root: &Path) -> Option<&'static str> {
    MARKS.into_iter().find(|mark| std::fs::symlink_metadata(root.join(mark)).is_ok())
}

/// Every URL, and every path, that a checkout in `root` says it comes from.
pub(super) fn urls(root: &Path) -> Vec<String> {
    let texts = FILES.iter().filter_map(|file| read(&root.join(file)));
    let mut urls: Vec<String> = texts.flat_map(|text| words(&text)).collect();
    for file in MERCURIAL {
        mercurial(&root.join(file), &mut urls, &mut 0);
    }
    urls.extend(subversion(&root.join(".svn/wc.db")));
    for file in [".fslckout", "_FOSSIL_"] {
        urls.extend(fossil(&root.join(file)));
    }
    urls.sort();
    urls.dedup();
    urls.truncate(URLS_MAX);
    urls
}

/// The paths that a configuration of Mercurial names, and what it includes (hgrc(5), Syntax).
fn mercurial(file: &Path, urls: &mut Vec<String>, files: &mut usize) {
    *files += 1;
    let Some(text) = read(file).filter(|_| *files <= INCLUDES_MAX) else { return };
    let paths = git_config::parse(&text).into_iter().filter(|entry| entry.section == "paths");
    urls.extend(paths.map(|entry| entry.value));
    for line in text.lines() {
        let Some(included) = line.strip_prefix("%include ") else { continue };
        let target = git_config::expand(included.trim(), file.parent(), None);
        mercurial(&target, urls, files);
    }
}

/// The repository of a checkout of Fossil, and where that was last exchanged with.
fn fossil(checkout: &Path) -> Vec<String> {
    let ask = |database: &Path, sql: &str| -> Option<String> {
        if !database.is_file() {
            return None;
        }
        let connection =
            Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        connection.query_row(sql, [], |row| row.get(0)).ok()
    };
    let Some(repository) = ask(checkout, "SELECT value FROM vvar WHERE name = 'repository'") else {
        return Vec::new();
    };
    let database = checkout.parent().map(|root| root.join(&repository)).unwrap_or_default();
    let url = ask(&database, "SELECT value FROM config WHERE name = 'last-sync-url'");
    url.into_iter().collect()
}

/// What in a file of this kind reads like a URL or a whole path.
fn words(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';', '%', '[']));
    let is_key = |key: &str| !key.contains([':', '/']);
    let values = lines.map(|line| match line.split_once(['=', ' ']) {
        Some((key, value)) if is_key(key) => value.trim_start_matches(['=', ' ']),
        _ => line,
    });
    let is_url = |word: &&str| word.contains(':') || word.starts_with('/');
    values
        .map(|value| value.trim().trim_matches(['"', '\'']))
        .filter(is_url)
        .map(|word| cvs(word).unwrap_or_else(|| word.to_owned()))
        .collect()
}

/// `:method:user@host:/path`, as CVS has it.
fn cvs(word: &str) -> Option<String> {
    let (_, rest) = word.strip_prefix(':')?.split_once(':')?;
    Some(rest.to_owned())
}

/// The repositories of a checkout of Subversion (since 1.7 they stand in a database).
fn subversion(database: &Path) -> Vec<String> {
    if !database.is_file() {
        return Vec::new();
    }
    let roots = || -> rusqlite::Result<Vec<String>> {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut statement = connection.prepare(
            "SELECT root || CASE WHEN repos_path = '' THEN '' ELSE '/' || repos_path END
             FROM repository JOIN nodes ON nodes.repos_id = repository.id
             WHERE local_relpath = '' UNION SELECT root FROM repository",
        )?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.take(URLS_MAX).collect()
    };
    roots().unwrap_or_default()
}
