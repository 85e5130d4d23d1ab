//! What single commands do with their words: which of them are paths, and whether what lies there is read.

use super::option::{Searcher, Takes};
use super::program::{Kind, Kinds};
use super::shell::Shell;
use super::variable::Scope;
use super::word::{Open, Word};
use super::{Doing, code, is_rooted, patch};

/// Options whose value is somebody's text.
const TEXT_OPTIONS: &[&str] = &[
    "-m",
    "--message",
    "--body",
    "-b",
    "--title",
    "-t",
    "--notes",
    "--description",
    "-H",
    "--header",
    "--subject",
    "--author",
    "--format",
    "--pretty",
    "--jq",
    "-q",
];

/// Goes through a command. `heredocs`: what it is fed with.
pub(super) fn run(shell: &mut Shell<'_>, words: Vec<Word>, heredocs: &[&str]) {
    let all = words;
    let words = unwrapped(&all);
    // `env GIT_DIR=…`
    for word in &all[..all.len() - words.len()] {
        if let Some((variable, value)) = word.text.split_once('=') {
            given(shell, variable, &[Word::known(value)]);
        }
    }
    let Some((name, arguments)) = words.split_first() else { return };
    // `c="cat x"; $c`
    if name.open.is_none() && name.text.contains(' ') && !is_rooted(&name.text) {
        let script = name.text.clone();
        return shell.script(&script);
    }
    if name.open.is_some() || name.text.contains('/') {
        argument(shell, name, Doing::Ran);
    }
    let name = name.text.rsplit('/').next().unwrap_or_default();
    match name {
        "cd" | "pushd" | "chdir" => return enter(shell, arguments),
        "popd" => return shell.scope.back(),
        "git" => return git(shell, arguments),
        "find" => return find(shell, arguments),
        "read" | "mapfile" | "readarray" => {
            for variable in plain(arguments) {
                let variable = variable.text.clone();
                shell.scope.set(&variable, vec![Word::derived()]);
            }
            return;
        }
        "eval" => {
            let script: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
            return shell.script(&script.join(" "));
        }
        "apply_patch" | "applypatch" | "patch" => {
            for text in
                arguments.iter().map(|word| word.text.as_str()).chain(heredocs.iter().copied())
            {
                patch::of_patch(text, shell.into);
            }
        }
        _ => {}
    }
    let kinds = Kinds::of(name);
    if kinds.has(Kind::Sayer) {
        // What is said may be run or read by the next command.
        if shell.feeds || matches!(name, "alias" | "trap" | "set") {
            for word in arguments {
                code::scan(&word.text, Doing::Read, shell.into);
            }
        }
        return;
    }
    if is_elsewhere(name, arguments) {
        return here(shell, arguments);
    }
    let is_shell = kinds.has(Kind::Shell);
    if is_shell || kinds.has(Kind::Interpreter) {
        for text in heredocs {
            if is_shell {
                let scope = shell.scope.clone();
                shell.script(text);
                shell.scope = scope;
            } else {
                code::scan(text, Doing::Read, shell.into);
            }
        }
        return interpret(shell, is_shell, arguments);
    }
    let doing = match name {
        "tee" | "truncate" => Doing::Wrote,
        _ if kinds.has(Kind::Namer) => Doing::Named,
        _ => Doing::Read,
    };
    words_of(shell, name, arguments, doing);
}

/// What `$(…)` with this command gives.
pub(super) fn gives(shell: &mut Shell<'_>, words: &[Word]) -> Word {
    let words = unwrapped(words);
    let Some((name, arguments)) = words.split_first() else { return Word::derived() };
    let name = name.text.rsplit('/').next().unwrap_or_default();
    let first = || plain(arguments).next().cloned().unwrap_or_else(Word::derived);
    match name {
        "pwd" => shell.scope.directory.or_here(),
        "mktemp" => Word::known("/tmp/x"),
        "dirname" => match first() {
            word if word.open.is_none() => Word::known(&format!("{}/..", word.text)),
            word => word,
        },
        "realpath" | "readlink" | "echo" | "printf" | "cygpath" => first(),
        "cd" => first().within(&shell.scope.directory),
        "basename" => Word::derived(),
        "git" if arguments.iter().any(|word| word.text == "--show-toplevel") => {
            shell.scope.directory.or_here()
        }
        _ if Kinds::of(name).has(Kind::Lister) => Word::derived(),
        _ => Word::unknown(&format!("$({name})")),
    }
}

/// Variables that name a place for whatever runs: it is read by what says nothing of it.
pub(super) fn given(shell: &mut Shell<'_>, variable: &str, values: &[Word]) {
    const PLACES: &[&str] = &[
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_INDEX_FILE",
        "BASH_ENV",
        "ENV",
        "KUBECONFIG",
        "PGPASSFILE",
    ];
    if PLACES.contains(&variable) {
        for value in values {
            argument(shell, value, Doing::Read);
        }
    }
}

/// A word that may be a path.
pub(super) fn argument(shell: &mut Shell<'_>, word: &Word, doing: Doing) {
    let text = word.text.as_str();
    if text.contains('{') && text.contains(',') {
        return code::scan(text, doing, shell.into);
    }
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
    let end = match (&word.open, text.find(['*', '?'])) {
        (None, None) => text.len(),
        (_, cut) => {
            let known = &text[..cut.unwrap_or(text.len())];
            known.rfind('/').map_or(0, |at| at.max(1))
        }
    };
    let text = &text[..end];
    if text.is_empty() || text.contains('\n') {
        return;
    }
    let has_segments = text.contains(':') && !super::is_drive(text);
    if is_rooted(text) && !has_segments || is_relative(text) {
        let path = Word::known(text).within(&shell.scope.directory);
        match &path.open {
            Some(Open::Variable(variable)) if doing == Doing::Read => {
                shell.into.unknown(variable, doing)
            }
            Some(_) => {}
            None => shell.into.path(&path.text, doing),
        }
    } else {
        code::segments(text, |path| {
            let path = Word::known(path).within(&shell.scope.directory);
            if path.open.is_none() {
                shell.into.path(&path.text, doing);
            }
        });
    }
}

/// Whether a word reads as a path from the directory at hand.
fn is_relative(text: &str) -> bool {
    text.len() < 256
        && !text.contains(|c: char| c.is_whitespace() || "(){}$\\|^;<>\"'`=:@,".contains(c))
        && !text.starts_with('-')
        && text.contains(|c: char| c.is_alphabetic())
}

fn words_of(shell: &mut Shell<'_>, name: &str, arguments: &[Word], doing: Doing) {
    let kinds = Kinds::of(name);
    let searcher = Searcher::of(name);
    let mut pattern_due = searcher
        .is_some_and(|searcher| !arguments.iter().any(|word| searcher.gives_pattern(&word.text)));
    let reads_all = kinds.has(Kind::Reader);
    // Where it runs cannot be said, so neither can what it reads there.
    if let (Some(Open::Variable(variable)), Doing::Read) = (&shell.scope.directory.open, doing)
        && (reads_all || name == "git")
    {
        let variable = variable.clone();
        shell.into.unknown(&variable, doing);
    }
    let mut words = arguments.iter();
    let mut options_end = false;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            options_end = true;
            continue;
        }
        if text.starts_with('-') && text.len() > 1 && !options_end {
            match searcher.map_or(Takes::Nothing, |searcher| searcher.takes(text)) {
                Takes::Nothing if kinds.has(Kind::Writer) && TEXT_OPTIONS.contains(&text) => {
                    words.next();
                }
                Takes::Nothing => option(shell, word, doing),
                Takes::Value => {
                    words.next();
                }
                Takes::Pattern => {
                    words.next().into_iter().for_each(|script| program(shell, name, script));
                }
                Takes::Pair => {
                    words.nth(1);
                }
                Takes::File => {
                    words.next().into_iter().for_each(|file| argument(shell, file, doing));
                }
                Takes::NamedFile => {
                    words.nth(1).into_iter().for_each(|file| argument(shell, file, doing));
                }
            }
            continue;
        }
        if std::mem::take(&mut pattern_due) {
            program(shell, name, word);
            continue;
        }
        // `host:path` is another machine's.
        if matches!(name, "scp" | "rsync") && text.find(':') < text.find('/') && text.contains(':')
        {
            continue;
        }
        // What has blanks in it is a script, a query or a text for the command.
        if text.contains(char::is_whitespace) && !is_rooted(text) {
            code::scan(text, doing, shell.into);
        }
        if reads_all
            || is_rooted(text)
            || text.contains(['/', '.', '=', ':', '@'])
            || word.open.is_some()
        {
            let is_known_reader = reads_all || kinds.has(Kind::Namer) || name == "tee";
            // What a variable is to a command that nobody knows is seldom a file.
            if word.open.is_some() && text.is_empty() && !is_known_reader {
                continue;
            }
            argument(shell, word, doing);
        }
    }
}

/// The files that a program of awk, yq or sed reads.
fn program(shell: &mut Shell<'_>, name: &str, script: &Word) {
    let text = script.text.as_str();
    let files: Vec<&str> = match name {
        "awk" | "gawk" | "mawk" | "yq" => text
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|quoted| quoted.contains(['/', '.']))
            .collect(),
        "sed" | "gsed" => text
            .split(['\n', ';', '{', '}'])
            .map(|command| {
                command.trim_start_matches(|c: char| c.is_ascii_digit() || " $,".contains(c))
            })
            .filter_map(|command| ["r ", "R "].iter().find_map(|read| command.strip_prefix(read)))
            .collect(),
        _ => return,
    };
    for file in files {
        if is_rooted(file.trim()) {
            argument(shell, &Word::known(file.trim()), Doing::Read);
        }
    }
}

/// `--prefix=/srv`, `-I/srv`; a bare option is nothing.
fn option(shell: &mut Shell<'_>, word: &Word, doing: Doing) {
    let text = word.text.as_str();
    if let Some((_, value)) = text.split_once('=') {
        let value = value.trim_start_matches('@');
        let value = Word { text: value.to_owned(), open: word.open.clone() };
        if is_rooted(&value.text) {
            argument(shell, &value, doing);
        }
    } else if !text.starts_with("--")
        && let Some(value) = text.get(2..).map(|value| value.trim_start_matches(['@', '=']))
        && is_rooted(value)
    {
        argument(shell, &Word::known(value), doing);
    }
}

fn enter(shell: &mut Shell<'_>, arguments: &[Word]) {
    let target = plain(arguments).next().cloned();
    if arguments.iter().any(|word| word.text == "-") {
        return shell.scope.back();
    }
    let directory = target.unwrap_or_else(|| Word::known("~")).within(&shell.scope.directory);
    if directory.open.is_none() {
        shell.into.ran_in(&directory.text);
    }
    shell.scope.enter(directory);
}

/// `git` with the directories it is sent to.
fn git(shell: &mut Shell<'_>, arguments: &[Word]) {
    let scope: Scope = shell.scope.clone();
    let mut rest = arguments;
    while let Some((word, after)) = rest.split_first() {
        let text = word.text.as_str();
        let (target, after) = match text {
            "-C" | "--git-dir" | "--work-tree" => match after.split_first() {
                Some((target, after)) => (Some(target.clone()), after),
                None => (None, after),
            },
            "-c" => (None, after.get(1..).unwrap_or_default()),
            _ if text.starts_with("--git-dir=") || text.starts_with("--work-tree=") => {
                let value = text.split_once('=').map_or("", |(_, value)| value);
                (Some(Word { text: value.to_owned(), open: word.open.clone() }), after)
            }
            _ if text.starts_with('-') => (None, after),
            _ => break,
        };
        if let Some(target) = target {
            let directory = target.within(&shell.scope.directory);
            match &directory.open {
                None => shell.into.ran_in(&directory.text),
                Some(Open::Variable(variable)) if !directory.text.contains('/') => {
                    shell.into.unknown(variable, Doing::Read);
                }
                Some(_) => {}
            }
            if text == "-C" {
                shell.scope.enter(directory);
            }
        }
        rest = after;
    }
    let command = rest.first().map_or("", |word| word.text.as_str());
    match command {
        // What is cloned comes from elsewhere; where it is put is a place of its own.
        "clone" => words_of(shell, "git", rest, Doing::Wrote),
        "grep" => words_of(shell, "grep", rest.get(1..).unwrap_or_default(), Doing::Read),
        "commit" | "tag" | "config" | "remote" | "push" | "pull" | "fetch" => {
            words_of(shell, "git", rest, Doing::Named);
        }
        _ => words_of(shell, "git", rest, Doing::Read),
    }
    shell.scope = scope;
}

/// `find` with the places that it looks through, and what it runs there.
fn find(shell: &mut Shell<'_>, arguments: &[Word]) {
    let is_test = |word: &&Word| word.text.starts_with(['-', '(', '!']);
    let runs = arguments.iter().position(|word| word.text.starts_with("-exec"));
    let doing = if runs.is_some() { Doing::Read } else { Doing::Named };
    for word in
        arguments.iter().skip_while(|word| word.text.len() == 2 && word.text.starts_with('-'))
    {
        if is_test(&word) {
            break;
        }
        argument(shell, word, doing);
    }
    if let Some(at) = runs {
        let inner = &arguments[at + 1..];
        let end = inner.iter().position(|word| matches!(word.text.as_str(), ";" | "+" | "\\;"));
        let inner = inner[..end.unwrap_or(inner.len())].to_vec();
        run(shell, inner.into_iter().filter(|word| word.text != "{}").collect(), &[]);
    }
}

/// A script given to a shell or another interpreter: as text behind `-c`, or as a file.
fn interpret(shell: &mut Shell<'_>, is_shell: bool, arguments: &[Word]) {
    let mut words = arguments.iter().peekable();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let is_option = text.starts_with('-') && !text.starts_with("--");
        let takes_script = is_option && text.ends_with(['c', 'e', 'p'])
            || matches!(text, "--eval" | "--print" | "--command");
        if takes_script && text.len() > 1 {
            // `-Wignore -c …`, `-c -- …`
            let script = match words.peek() {
                Some(next) if next.text == "--" => words.nth(1),
                Some(next) if next.text.starts_with('-') => continue,
                _ => words.next(),
            };
            let Some(script) = script else { break };
            if is_shell {
                let scope = shell.scope.clone();
                shell.script(&script.text);
                shell.scope = scope;
            } else {
                code::scan(&script.text, Doing::Read, shell.into);
            }
        } else if text.starts_with('-') {
            option(shell, word, Doing::Read);
            // `-c"…"`
            if let Some(script) = text.get(2..).filter(|script| script.contains(['(', ' '])) {
                code::scan(script, Doing::Read, shell.into);
            }
        } else if word.open.is_some() || text.contains(['/', '.']) {
            argument(shell, word, Doing::Read);
        }
    }
}

/// Whether what the command does happens on another machine, or in a container with paths of its own.
fn is_elsewhere(name: &str, arguments: &[Word]) -> bool {
    matches!(name, "docker" | "podman" | "kubectl" | "docker-compose" | "oc" | "adb")
        && plain(arguments).any(|word| {
            // `kubectl logs job/migrate` names a resource of the cluster.
            let asks =
                matches!(word.text.as_str(), "logs" | "get" | "describe" | "rollout" | "wait");
            word.text == "exec" || word.text == "shell" || (asks && name != "docker")
        })
}

/// The files of this machine that a command for another one is given.
fn here(shell: &mut Shell<'_>, arguments: &[Word]) {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "-f" | "--file" | "--filename" | "--env-file" | "--kubeconfig" => {
                words.next().into_iter().for_each(|file| argument(shell, file, Doing::Read));
            }
            "exec" | "shell" => break,
            text if text.starts_with('-') => option(shell, word, Doing::Read),
            _ => {}
        }
    }
}

/// The words that are no options.
fn plain(arguments: &[Word]) -> impl Iterator<Item = &Word> {
    arguments.iter().filter(|word| !word.text.starts_with('-'))
}

/// The command behind its wrappers, their options and assignments.
fn unwrapped(words: &[Word]) -> &[Word] {
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        let name = first.text.rsplit('/').next().unwrap_or_default();
        if first.open.is_some() || !Kinds::of(name).has(Kind::Wrapper) {
            break;
        }
        rest = after;
        while let Some((word, after)) = rest.split_first() {
            let text = word.text.as_str();
            let is_assignment = name == "env" && text.contains('=');
            let is_number = text.starts_with(|c: char| c.is_ascii_digit());
            let takes_value = matches!(text, "-I" | "-n" | "-P" | "-L" | "-u" | "-d" | "-s" | "-k");
            if text.starts_with('-') && takes_value && !(name == "sudo" && text == "-n") {
                rest = after.get(1..).unwrap_or_default();
            } else if text.starts_with('-') || is_assignment || is_number {
                rest = after;
            } else {
                break;
            }
        }
    }
    rest
}
