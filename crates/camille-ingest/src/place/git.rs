//! `git`: where it is sent to, what its settings run, and which of its words are files.

use super::argument::{argument, matching, maybe, value_of};
use super::command;
use super::option::{self, Takes};
use super::shell::Shell;
use super::variable::Scope;
use super::word::{Open, Word};
use super::{Doing, ROOT, clone, is_rooted, operand, url};

/// Goes through a command of git.
pub(super) fn run(shell: &mut Shell<'_>, arguments: &[Word]) {
    let scope: Scope = shell.scope.clone();
    let rest = sent(shell, arguments);
    let command = rest.first().map_or("", |word| word.text.as_str());
    let words = rest.get(1..).unwrap_or_default();
    let hooks = ["commit", "push", "merge", "rebase", "checkout", "switch", "pull", "am"];
    if hooks.contains(&command) && shell.scope.directory.open.is_none() {
        let directory = shell.scope.directory.or_here().text;
        shell.into.scripts.ran_hooks(&directory);
    }
    // What is asked for by its address is that repository's.
    if matches!(
        command,
        "fetch" | "pull" | "ls-remote" | "remote" | "subtree" | "submodule" | "archive"
    ) {
        for word in words.iter().filter(|word| word.text.contains(':') && word.open.is_none()) {
            let address = word.text.strip_prefix("--remote=").unwrap_or(&word.text);
            if url::is_remote(address) {
                shell.into.fetched(address);
            }
        }
    }
    match command {
        // What is cloned comes from elsewhere; where it is put is a place of its own.
        "clone" => {
            operand::words_of(shell, "git", words, Doing::Wrote);
            clone::of(shell, words, None);
        }
        "worktree" if words.first().is_some_and(|word| is_of_worktrees(&word.text)) => {
            added(shell, &words[1..]);
        }
        // It removes and moves what it tracks, and nothing else; a clone within is only taken out of the index.
        "rm" if words.iter().any(|word| word.text == "--cached") => {
            files(shell, command, words, Doing::Named);
        }
        "rm" | "mv" => {
            files(shell, command, words, Doing::Named);
            for word in command::plain(words).filter(|word| !word.text.contains(['*', '?'])) {
                argument(shell, word, Doing::Made);
            }
        }
        "grep" => {
            operand::words_of(shell, "git-grep", words, Doing::Read);
            if is_silent(words) || (shell.feeds && lists(command, words)) {
                through(shell);
            }
        }
        "archive" => {
            files(shell, command, words, Doing::Read);
            through(shell);
        }
        "tag" | "config" | "remote" | "push" | "pull" | "fetch" | "commit" | "add" | "status"
        | "check-ignore" | "update-index" => {
            files(shell, command, words, Doing::Named);
        }
        _ => {
            files(shell, command, words, Doing::Read);
            let loses_names = shows(command, words) && shell.next.as_deref().is_some_and(filters);
            if loses_names || (shell.feeds && lists(command, words)) {
                through(shell);
            }
        }
    }
    shell.scope = scope;
}

/// Whether a command of git gives names of files, for others to read.
pub(super) fn lists(command: &str, words: &[Word]) -> bool {
    let has = |given: &[&str]| words.iter().any(|word| given.contains(&word.text.as_str()));
    match command {
        "ls-files" | "ls-tree" | "rev-list" | "cat-file" => true,
        "grep" => has(&["-l", "-L", "--files-with-matches", "--name-only", "-lz", "-c"]),
        _ => has(&["--name-only", "--name-status"]),
    }
}

/// Whether a command of git prints what files hold, under their names.
fn shows(command: &str, words: &[Word]) -> bool {
    let has = |given: &[&str]| words.iter().any(|word| given.contains(&word.text.as_str()));
    let is_list =
        has(&["--stat", "--name-only", "--name-status", "--shortstat", "--numstat", "-s"]);
    match command {
        "show" | "diff" | "format-patch" | "diff-tree" | "whatchanged" => {
            // Of one file it says itself.
            let is_one =
                words.iter().any(|word| word.text == "--" || word.text.contains([':', '/']));
            !is_list && !is_one
        }
        "log" | "stash" => !is_list && has(&["-p", "-u", "--patch", "-pu"]) && !has(&["--"]),
        _ => false,
    }
}

/// Whether a program leaves out lines of what it gets: the names above may be among them.
fn filters(program: &str) -> bool {
    matches!(
        program,
        "grep"
            | "egrep"
            | "rg"
            | "tail"
            | "sed"
            | "awk"
            | "cut"
            | "sort"
            | "uniq"
            | "perl"
            | "tac"
            | "shuf"
    )
}

/// Whether what `git grep` prints does not say of which file it is.
fn is_silent(words: &[Word]) -> bool {
    words.iter().take_while(|word| word.text != "--").any(|word| {
        word.text == "--no-filename"
            || (word.text.starts_with('-')
                && !word.text.starts_with("--")
                && word.text[1..].bytes().all(|byte| byte.is_ascii_alphabetic())
                && word.text.contains('h'))
    })
}

/// All that lies below the directory at hand, of which nothing that is printed says where it comes from.
fn through(shell: &mut Shell<'_>) {
    if shell.scope.directory.open.is_none() {
        matching(shell, ".", "**", false, Doing::Read);
    }
}

/// Whether a command of `git worktree` is given a worktree: one that is there, or is gone then.
fn is_of_worktrees(command: &str) -> bool {
    matches!(command, "add" | "remove" | "move" | "lock" | "unlock" | "repair")
}

/// `worktree add directory`: another place of the same repository.
fn added(shell: &mut Shell<'_>, words: &[Word]) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "-b" | "-B" | "--reason" => drop(words.next()),
            text if text.starts_with('-') => {}
            _ => {
                let directory = word.within(&shell.scope.directory);
                if directory.open.is_none() {
                    shell.into.added(&directory.text);
                    let root = root(shell);
                    shell.into.scripts.copied(&root, &directory.text);
                }
                return;
            }
        }
    }
}

/// The root of the repository at hand, as far as it is known.
fn root(shell: &Shell<'_>) -> String {
    let here = shell.scope.directory.or_here();
    if here.open.is_none() && here.text != "." { here.text } else { ROOT.to_owned() }
}

/// The words behind the options before git's own command, which say where it runs and with what settings.
fn sent<'w>(shell: &mut Shell<'_>, arguments: &'w [Word]) -> &'w [Word] {
    let mut rest = arguments;
    while let Some((word, after)) = rest.split_first() {
        let text = word.text.as_str();
        if !text.starts_with('-') {
            break;
        }
        rest = after;
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if text.starts_with("--") => {
                (name, Some(Word { text: value.to_owned(), open: word.open.clone() }))
            }
            // `-C.`
            _ if text.starts_with("-C") && text.len() > 2 => {
                ("-C", Some(Word { text: text[2..].to_owned(), open: word.open.clone() }))
            }
            _ => (text, None),
        };
        if !matches!(
            name,
            "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" | "--exec-path"
        ) {
            continue;
        }
        let value = value.or_else(|| {
            let (next, after) = rest.split_first()?;
            rest = after;
            Some(next.clone())
        });
        match (name, value) {
            ("-c", Some(value)) => setting(shell, &value),
            ("-C" | "--git-dir" | "--work-tree", Some(value)) => {
                enter(shell, &value, name == "-C");
            }
            _ => {}
        }
    }
    rest
}

/// `alias.x=!cat file`, `include.path=file`.
fn setting(shell: &mut Shell<'_>, setting: &Word) {
    let Some((_, value)) = setting.text.split_once('=') else { return };
    match value.strip_prefix('!') {
        Some(script) => {
            let scope = shell.scope.clone();
            shell.script(script);
            shell.scope = scope;
        }
        None if value.contains(' ') => shell.script(value),
        None => {
            let value = Word { text: value.to_owned(), open: setting.open.clone() };
            value_of(shell, &value, Doing::Read);
        }
    }
}

fn enter(shell: &mut Shell<'_>, target: &Word, stays: bool) {
    let directory = target.within(&shell.scope.directory);
    match &directory.open {
        None => shell.into.ran_in(&directory.text),
        Some(Open::Variable(variable)) if !directory.text.contains('/') => {
            shell.into.unknown(variable, Doing::Read);
        }
        Some(_) => {}
    }
    if stays {
        shell.scope.enter(directory);
    }
}

/// The words of a command of git: options, revisions, and files, which none tells apart but where they stand.
fn files(shell: &mut Shell<'_>, command: &str, words: &[Word], doing: Doing) {
    if let (Some(Open::Variable(variable)), Doing::Read) = (&shell.scope.directory.open, doing) {
        let variable = variable.clone();
        shell.into.unknown(&variable, doing);
    }
    let no_index = words.iter().any(|word| word.text == "--no-index");
    let mut options_end = no_index;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            options_end = true;
        } else if text.starts_with("-S") || text.starts_with("-G") {
            // What a change must have in it stands behind it, or is the next word.
            if text.len() == 2 {
                words.next();
            }
        } else if text.starts_with('-') && text.len() > 1 {
            let (option, is_given) = match text.split_once('=') {
                Some((option, _)) if text.starts_with("--") => (option, true),
                _ => (text, false),
            };
            match option::of_git(command, option) {
                // `--grep=../x` says what is looked for, `-m'see ../x'` what is said.
                Takes::Value if is_given => {}
                Takes::Pair => {}
                _ if is_given => super::argument::option(shell, word, doing),
                Takes::Nothing => super::argument::option(shell, word, doing),
                Takes::File => {
                    words.next().into_iter().for_each(|file| argument(shell, file, doing));
                }
                _ => {
                    words.next();
                }
            }
        } else if options_end || text.contains('*') {
            file(shell, text, word, doing, no_index);
        } else if let Some((_, path)) = text.split_once(':').filter(|_| is_revision(text)) {
            // `HEAD:src/x`, `:0:src/x`
            let path = path.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            maybe(shell, &Word { text: path.to_owned(), open: word.open.clone() }, doing);
        } else if text.contains(char::is_whitespace) && !is_rooted(text) {
            super::argument::code(shell, text, doing);
        } else {
            maybe(shell, word, doing);
            if text.contains(['=', '@']) {
                argument(shell, word, doing);
            }
        }
    }
}

/// What stands where only files do. A star of git's goes over directories.
fn file(shell: &mut Shell<'_>, text: &str, word: &Word, doing: Doing, is_shells: bool) {
    let plain = match text.strip_prefix(":(") {
        Some(magic) if magic.contains("exclude") => return,
        Some(magic) => magic.split_once(')').map_or(text, |(_, path)| path),
        None if text.starts_with(":!") || text.starts_with(":^") => return,
        None => text.trim_start_matches(":/"),
    };
    let pattern = if plain.contains('*') && !is_shells && !plain.contains("**") {
        plain.replacen('*', "**/*", 1)
    } else {
        plain.to_owned()
    };
    match pattern.split_once("**/").filter(|_| !is_shells) {
        // Git reads no link.
        Some((directory, name)) => {
            let pattern = format!("**/{name}");
            matching(shell, directory.trim_end_matches('/'), &pattern, false, doing);
        }
        None => argument(shell, &Word { text: pattern, open: word.open.clone() }, doing),
    }
}

/// Whether a word with a colon is a revision's file rather than an address or a path of Windows.
fn is_revision(text: &str) -> bool {
    !super::is_drive(text) && !text.contains("://") && !is_rooted(text)
}

#[cfg(test)]
mod tests {
    use super::super::named::mentions;
    use super::*;

    #[test]
    fn what_git_removes_moves_or_keeps_worktrees_in_is_the_repositorys() {
        let made = |command: &str| {
            mentions(command).into_iter().any(|one| one.path == "../x" && one.doing == Doing::Made)
        };
        for command in [
            "git rm -r ../x",
            "git mv ../x y",
            "git worktree add ../x -b y",
            "git worktree remove --force ../x",
            "git worktree move ../x ../y",
        ] {
            assert!(made(command), "{command}");
        }
        for command in
            ["git rm --cached ../x", "git add ../x", "git worktree list ../x", "rm -r ../x"]
        {
            assert!(!made(command), "{command}");
        }
    }
}
