//! Where checkouts of other version controls than git come from: the URLs in the small files that each keeps for
//! that. Everything in these that reads like a URL counts; which one is used does not matter to who denies one.

use super::git_config::{self, read};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Files of a checkout that name where it comes from.
const FILES: [&str; 8] = [
    ".hg/sharedpath",
    ".bzr/branch/branch.conf",
    ".bzr/branch/location",
    ".bzr/branch/parent",
    "_darcs/prefs/defaultrepo",
    "_darcs/prefs/repos",
    ".pijul/config",
    "CVS/Root",
];

/// Mercurial's, which hold other things as well.
const MERCURIAL: [&str; 2] = [".hg/hgrc", ".hg/hgrc-not-shared"];

/// URLs that are taken from one checkout.
const URLS_MAX: usize = 64;

/// Every URL, and every path, that a checkout in `root` says it comes from.
pub(super) fn urls(root: &Path) -> Vec<String> {
    let texts = FILES.iter().filter_map(|file| read(&root.join(file)));
    let mut urls: Vec<String> = texts.flat_map(|text| words(&text)).collect();
    let paths = MERCURIAL.iter().filter_map(|file| read(&root.join(file)));
    let paths = paths.flat_map(|text| git_config::parse(&text));
    urls.extend(paths.filter(|entry| entry.section == "paths").map(|entry| entry.value));
    urls.extend(subversion(&root.join(".svn/wc.db")));
    urls.sort();
    urls.dedup();
    urls.truncate(URLS_MAX);
    urls
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
