//! Words of commands as paths: what of them is known, what they match, and what may be one.

use super::shell::Shell;
use super::word::{self, Open, Word, is_relative};
use super::{Doing, Mention, ROOT, Reach, code, is_rooted, option, url};

/// A word that is a path, if it can be one.
pub(super) fn argument(shell: &mut Shell<'_>, word: &Word, doing: Doing) {
    reaching(shell, word, doing, &Reach::Alone);
}

/// The same, with what is meant beside it.
pub(super) fn reaching(shell: &mut Shell<'_>, word: &Word, doing: Doing, reach: &Reach) {
    if address(shell, word, doing) {
        return;
    }
    if !word.text.contains('{') {
        return one(shell, word, doing, reach);
    }
    // `xargs -I{} cat notes/{}`: any of them.
    if word.text.contains("/{}") {
        let text = word.text.replace("{}", "*");
        return one(shell, &Word { text, open: word.open.clone() }, doing, reach);
    }
    // Data in quotes, not several words.
    if word.text.contains(['"', '\'', ' ', '\n']) {
        return code(shell, &word.text, doing);
    }
    for text in word::unbraced(&word.text) {
        one(shell, &Word { text, open: word.open.clone() }, doing, reach);
    }
}

/// Names the file that a word is the address of; whether it is one.
fn address(shell: &mut Shell<'_>, word: &Word, doing: Doing) -> bool {
    if !word.text.contains(':') {
        return false;
    }
    if let Some(path) = url::path(&word.text) {
        reaching(shell, &Word { text: path, open: word.open.clone() }, doing, &Reach::Alone);
        return true;
    }
    let Some(paths) = url::database(&word.text) else { return false };
    let is_sure = paths.len() == 1;
    for text in paths {
        let word = Word { text, open: word.open.clone() };
        if is_sure && is_rooted(&word.text) {
            reaching(shell, &word, doing, &Reach::Alone);
        } else {
            guess(shell, &word.text, doing);
        }
    }
    true
}

/// A word that may be a path, or a name for something else.
pub(super) fn maybe(shell: &mut Shell<'_>, word: &Word, doing: Doing) {
    if address(shell, word, doing) {
        return;
    }
    let text = word.text.as_str();
    if is_rooted(text) || text.contains("../") || text.contains(['*', '?']) {
        return argument(shell, word, doing);
    }
    if word.open.is_none() && is_relative(text) {
        guess(shell, text, doing);
    }
}

/// What may be a path from the directory at hand.
pub(super) fn guess(shell: &mut Shell<'_>, text: &str, doing: Doing) {
    if shell.scope.directory.is_here() {
        shell.does(text, doing);
        return shell.into.guess(text, doing);
    }
    let path = Word::known(text).within(&shell.scope.directory);
    if path.open.is_none() {
        shell.does(&path.text, doing);
        shell.into.guess(&path.text, doing);
    }
}

/// What may be paths within a word or a script: `if=.env`, `file=@keys/a`, `cat .env`.
pub(super) fn guesses(shell: &mut Shell<'_>, text: &str, doing: Doing) {
    let is_between = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '=' | ':' | '@' | ',' | ';' | '|' | '&' | '(' | ')' | '<' | '>' | '"' | '\'' | '`'
            )
    };
    for part in text.split(is_between) {
        if !part.starts_with('/')
            && part.bytes().any(|byte| byte == b'/' || byte == b'.')
            && is_relative(part)
        {
            guess(shell, part, doing);
        }
    }
}

/// A text for a program that may run it: a script, a query.
pub(super) fn script(shell: &mut Shell<'_>, text: &str, doing: Doing) {
    code(shell, text, doing);
    guesses(shell, text, doing);
}

/// What a pattern matches below a directory. `links`: whether those count that are links.
pub(super) fn matching(
    shell: &mut Shell<'_>,
    directory: &str,
    pattern: &str,
    links: bool,
    doing: Doing,
) {
    let reach = Reach::Matching { pattern: pattern.to_owned(), links };
    path(shell, if directory.is_empty() { "." } else { directory }, doing, &reach);
}

/// `--prefix=/srv`, `-I/srv`; a bare option is nothing.
pub(super) fn option(shell: &mut Shell<'_>, word: &Word, doing: Doing) {
    let text = word.text.as_str();
    if option::leaves_out("", text).is_some() {
        return;
    }
    if let Some((_, value)) = text.split_once('=') {
        let text = value.trim_start_matches('@').to_owned();
        value_of(shell, &Word { text, open: word.open.clone() }, doing);
    } else if !text.starts_with("--")
        && let Some(value) = text.get(2..).map(|value| value.trim_start_matches(['@', '=']))
        // A separator: `-F/`, `-d/`.
        && value != "/"
    {
        value_of(shell, &Word::known(value), doing);
    }
}

/// The value of an option, which may be a path.
pub(super) fn value_of(shell: &mut Shell<'_>, value: &Word, doing: Doing) {
    if address(shell, value, doing) {
        return;
    }
    if is_rooted(&value.text) || value.text.contains("../") {
        argument(shell, value, doing);
    } else if value.text.contains(['/', '.']) {
        maybe(shell, value, doing);
        guesses(shell, &value.text, doing);
    }
}

/// A text that names paths among other things: code, a script, a query.
pub(super) fn code(shell: &mut Shell<'_>, text: &str, doing: Doing) {
    code::read(text, doing, &shell.scope.directory, shell.into);
}

/// A word that may be a path or a pattern of paths.
fn one(shell: &mut Shell<'_>, word: &Word, doing: Doing, reach: &Reach) {
    let text = word.text.as_str();
    if let Some(open) = &word.open
        && !text.contains('/')
    {
        if let (Open::Variable(variable), Doing::Read) = (open, doing)
            && text.is_empty()
        {
            shell.into.unknown(variable, doing);
        }
        return;
    }
    // What is not known of it is known to lie below what is; so does what its pattern matches.
    let sign = text.find(['*', '?', '[']);
    let end = match (&word.open, sign) {
        (None, None) => text.len(),
        (_, cut) => {
            let known = &text[..cut.unwrap_or(text.len())];
            known.rfind('/').map_or(0, |at| at.max(1))
        }
    };
    let (text, rest) = text.split_at(end);
    if text.contains('\n') || rest.contains('\n') {
        return;
    }
    if sign.is_some() && word.open.is_none() {
        let pattern = rest.trim_start_matches('/');
        matching(shell, text, pattern, true, doing);
        if matches!(reach, Reach::Below { .. }) {
            path(shell, if text.is_empty() { "." } else { text }, doing, reach);
        }
        return;
    }
    if text.is_empty() {
        return;
    }
    path(shell, text, doing, reach);
    // `cat src/$name`: any of them.
    if word.open.is_some() && doing == Doing::Read && *reach == Reach::Alone {
        matching(shell, text, "*", true, doing);
    }
}

fn path(shell: &mut Shell<'_>, text: &str, doing: Doing, reach: &Reach) {
    let has_segments = text.contains(':')
        && !text.starts_with(ROOT)
        && !super::is_drive(text)
        && !url::is_file(text);
    if !(is_rooted(text) && !has_segments || is_relative(text) || is_up(text)) {
        script(shell, text, doing);
        // A name may have blanks and signs in it, or be a number.
        let is_name = text.len() < 256
            && !text.starts_with(['-', '/', '~'])
            && !text.contains(char::is_control)
            && text.contains(|c: char| c.is_alphabetic() || c == '/')
            && text.contains(char::is_alphanumeric);
        let path = Word::known(text).within(&shell.scope.directory);
        if is_name && path.open.is_none() {
            let reach = reach.clone();
            shell.into.add(Mention { guess: true, reach, ..Mention::new(&path.text, doing) });
        }
        return;
    }
    let path = match text.split_at_checked(2) {
        // `~-/x`, `~+/x`: from where one was before, or is.
        Some(("~-", rest)) => {
            Word::known(rest.trim_start_matches('/')).within(&shell.scope.previous)
        }
        Some(("~+", rest)) => {
            Word::known(rest.trim_start_matches('/')).within(&shell.scope.directory)
        }
        _ => Word::known(text).within(&shell.scope.directory),
    };
    match &path.open {
        Some(Open::Variable(variable)) if doing == Doing::Read => {
            shell.into.unknown(variable, doing);
        }
        Some(_) => {}
        None => {
            shell.does(&path.text, doing);
            let foreign = shell.foreign && path.text.starts_with('/');
            let reach = reach.clone();
            shell.into.add(Mention { reach, foreign, ..Mention::new(&path.text, doing) });
        }
    }
}

/// `.`, `./..`
fn is_up(text: &str) -> bool {
    text.starts_with('.') && text.split('/').all(|part| matches!(part, "" | "." | ".."))
}
