//! What brings a repository here from elsewhere: `git clone`, the forges' own programs and those that leave the history
//! out. It is asked for by its address; where it is put is a place of its own.

use super::Doing;
use super::command;
use super::made::copied;
use super::shell::Shell;
use super::url;
use super::word::{Open, Word};

/// Programs that clone, the words before the repository, and the host of one that is named without.
const PROGRAMS: &[(&str, &[&str], &str)] = &[
    ("gh", &["repo", "clone"], "github.com"),
    ("gh", &["repo", "fork"], "github.com"),
    ("glab", &["repo", "clone"], "gitlab.com"),
    ("glab", &["repo", "fork"], "gitlab.com"),
    ("degit", &[], "github.com"),
    ("tiged", &[], "github.com"),
    ("giget", &[], "github.com"),
    ("gitpick", &[], "github.com"),
    ("hub", &["clone"], "github.com"),
    ("ghq", &["get"], "github.com"),
    ("jj", &["git", "clone"], ""),
    ("hg", &["clone"], ""),
    ("sl", &["clone"], ""),
];

/// Forges by the names that stand before a repository's: `gitlab:acme/api`.
const FORGES: &[(&str, &str)] = &[
    ("gh", "github.com"),
    ("github", "github.com"),
    ("gitlab", "gitlab.com"),
    ("bitbucket", "bitbucket.org"),
    ("sourcehut", "git.sr.ht"),
];

/// Programs that run another one that they fetch.
const RUNNERS: &[&str] = &["npx", "bunx", "pnpx", "pnpm", "yarn"];

/// Options that take the word behind them as their value.
const VALUED: &[&str] = &[
    "-g",
    "--group",
    "-u",
    "--upstream-remote-name",
    "--remote-name",
    "-b",
    "--branch",
    "--depth",
];

/// Whether a program's first words say that it clones; if so the places are named.
pub(super) fn program(shell: &mut Shell<'_>, name: &str, arguments: &[Word]) -> bool {
    // `npx degit@2 acme/api`
    if RUNNERS.contains(&name) {
        let is_name = |word: &Word| !word.text.starts_with('-') && word.text != "dlx";
        let Some(at) = arguments.iter().position(is_name) else { return false };
        let inner = arguments[at].text.split('@').next().unwrap_or_default();
        let is_one = PROGRAMS.iter().any(|(name, words, _)| *name == inner && words.is_empty());
        return is_one && program(shell, inner, &arguments[at + 1..]);
    }
    let is_meant = |(program, words, _): &&(&str, &[&str], &str)| {
        *program == name
            && arguments.len() > words.len()
            && words.iter().zip(arguments).all(|(word, given)| *word == given.text)
    };
    let Some((_, words, host)) = PROGRAMS.iter().find(is_meant) else { return false };
    of(shell, &arguments[words.len()..], Some(host));
    // Those that clone directories of this disk, too, are looked at like others.
    !host.is_empty()
}

/// The words behind `clone`. `host`: that of a repository which is named without one.
pub(super) fn of(shell: &mut Shell<'_>, words: &[Word], host: Option<&str>) {
    let end = words.iter().position(|word| word.text == "--" && host.is_some());
    let words = &words[..end.unwrap_or(words.len())];
    let is_value = |at: usize| at > 0 && VALUED.contains(&words[at - 1].text.as_str());
    let own: Vec<Word> =
        (0..words.len()).filter(|at| !is_value(*at)).map(|at| words[at].clone()).collect();
    let mut plain = command::plain(&own);
    let found = plain.find_map(|word| Some((word, address(word, host)?)));
    let Some((_, address)) = found else {
        // What is cloned nobody knows, and all of it is read.
        let open = command::plain(&own).next().filter(|word| word.text.is_empty());
        if let Some(Word { open: Some(Open::Variable(variable)), .. }) = open {
            shell.into.unknown(variable, Doing::Read);
        }
        // One of this disk.
        let mut places = command::plain(&own);
        if let (Some(from), Some(to)) = (places.next(), places.next()) {
            copied(shell, from, to);
        }
        return;
    };
    shell.into.fetched(&address);
    let name = address.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let name = Word::known(name.strip_suffix(".git").unwrap_or(name));
    let directory = plain.next().unwrap_or(&name).within(&shell.scope.directory);
    if directory.open.is_none() {
        shell.into.cloned_to(&directory.text);
        shell.into.scripts.copied(&address, &directory.text);
    }
}

/// The address that a word names a repository by.
fn address(word: &Word, host: Option<&str>) -> Option<String> {
    let text = word.text.split('#').next().unwrap_or_default();
    let Some(host) = host else { return url::is_remote(text).then(|| text.to_owned()) };
    if url::is_remote(text) {
        return Some(text.to_owned());
    }
    let (host, name) = match text.split_once(':') {
        Some((forge, name)) => (FORGES.iter().find(|(short, _)| *short == forge)?.1, name),
        None => (host, text),
    };
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let is_name =
        name.contains('/') && name.chars().all(is_letter) && !name.starts_with(['/', '.']);
    if !is_name || host.is_empty() {
        return None;
    }
    // It may be named with its host.
    let has_host = name.split('/').next().is_some_and(|first| first.contains('.'));
    Some(if has_host { format!("https://{name}") } else { format!("https://{host}/{name}") })
}

#[cfg(test)]
mod tests {
    use super::super::named::mentions;

    #[test]
    fn whatever_clones_names_the_repository_and_where_it_is_put() {
        for command in [
            "git clone https://github.com/acme/secret /t/s",
            "git clone https://x-access-token:$T@github.com/acme/secret /t/s",
            "git clone \"https://${U}:${T}@github.com/acme/secret\" /t/s",
            "git clone https://$(cat t)@github.com/acme/secret /t/s",
            "gh repo clone acme/secret /t/s",
            "gh repo clone github.com/acme/secret /t/s -- --depth 1",
            "gh repo clone -u up https://github.com/acme/secret /t/s",
            "cd /t && mkdir a; gh repo clone acme/secret s",
            "npx degit acme/secret /t/s",
            "npx --yes degit github:acme/secret#main /t/s",
            "tiged gh:acme/secret /t/s",
            "hub clone acme/secret /t/s",
        ] {
            let found = mentions(command);
            let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
            assert!(
                paths.iter().any(|path| path.ends_with("github.com/acme/secret")),
                "{command}: {paths:?}"
            );
            assert!(paths.contains(&"/t/s"), "{command}: {paths:?}");
        }
        for command in ["glab repo clone acme/secret", "degit gitlab:acme/secret"] {
            let found = mentions(command);
            assert!(
                found.iter().any(|one| one.path == "https://gitlab.com/acme/secret"),
                "{command}"
            );
        }
        let unknown = mentions("git clone $URL /t/s");
        assert!(unknown.iter().any(|one| one.unknown.as_deref() == Some("URL")), "{unknown:?}");
        for command in ["gh repo view", "gh pr clone", "git status", "gh repo clone secret"] {
            let found = mentions(command);
            assert!(!found.iter().any(|one| one.path.contains("://")), "{command}: {found:?}");
        }
    }
}
