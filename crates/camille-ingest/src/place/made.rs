//! What commands make: projects that they begin, and what they copy or move.

use super::argument::argument;
use super::shell::Shell;
use super::word::{Word, is_relative};
use super::{Doing, command, is_rooted};

/// Programs that begin a project in a directory of its own, and the commands of theirs that do.
const SCAFFOLDERS: &[(&str, &[&str])] = &[
    ("cargo", &["new", "init"]),
    ("uv", &["init", "venv"]),
    ("poetry", &["new"]),
    ("pdm", &["init"]),
    ("hatch", &["new"]),
    ("django-admin", &["startproject", "startapp"]),
    ("rails", &["new"]),
    ("npm", &["create", "init"]),
    ("pnpm", &["create", "init"]),
    ("yarn", &["create", "init"]),
    ("bun", &["create", "init"]),
    ("deno", &["init"]),
    ("dotnet", &["new"]),
    ("mix", &["new", "phx.new"]),
    ("flutter", &["create"]),
    ("dart", &["create"]),
    ("ng", &["new"]),
    ("nest", &["new"]),
    ("vue", &["create"]),
    ("gatsby", &["new"]),
    ("hugo", &["new"]),
    ("stack", &["new"]),
    ("composer", &["create-project"]),
];

/// Names what a program makes that begins a project: `cargo new crates/a`, `npx create-vite a`.
pub(super) fn scaffold(shell: &mut Shell<'_>, name: &str, arguments: &[Word]) {
    let mut words = command::plain(arguments);
    let begins = match name {
        "virtualenv" => true,
        "npx" | "bunx" | "uvx" | "pnpx" => words
            .next()
            .is_some_and(|word| word.text.starts_with("create-") || word.text.contains("/create-")),
        "python" | "python3" => {
            arguments.windows(2).any(|pair| pair[0].text == "-m" && pair[1].text == "venv")
        }
        _ => {
            SCAFFOLDERS.iter().find(|(program, _)| *program == name).is_some_and(|(_, commands)| {
                words.next().is_some_and(|word| commands.contains(&word.text.as_str()))
            })
        }
    };
    if !begins {
        return;
    }
    // What lies elsewhere is not made in one's own repository.
    let is_below = |word: &&Word| is_relative(&word.text) && !word.text.contains("..");
    for word in words.filter(|word| word.open.is_none() && !is_rooted(&word.text)).filter(is_below)
    {
        let directory = word.within(&shell.scope.directory);
        if directory.open.is_none() && directory.text != "." {
            shell.into.added(&directory.text);
        }
    }
}

/// Options and variables that say where a program puts what it installs.
const PREFIXES: &[&str] =
    &["--prefix", "--root", "--bindir", "--install-dir", "--bin-dir", "--target"];
const VARIABLES: &[&str] =
    &["PREFIX", "prefix", "DESTDIR", "CMAKE_INSTALL_PREFIX", "-DCMAKE_INSTALL_PREFIX"];

/// Whether a program installs something, by its name and its words. `npm --prefix` says where it works unless it
/// installs for all.
fn installs(name: &str, arguments: &[Word]) -> bool {
    let has = |given: &[&str]| arguments.iter().any(|word| given.contains(&word.text.as_str()));
    match name {
        "cargo" | "go" | "pip" | "pip3" | "pipx" | "uv" | "gem" | "stack" | "cabal" => {
            has(&["install"])
        }
        "make" | "gmake" | "ninja" | "just" => {
            arguments.iter().any(|word| word.text.starts_with("install"))
        }
        "cmake" => {
            has(&["--install"])
                || arguments.iter().any(|word| word.text.starts_with("-DCMAKE_INSTALL"))
        }
        "npm" | "pnpm" | "yarn" => has(&["-g", "--global"]),
        "sh" | "bash" => has(&["-s"]),
        "configure" | "meson" => true,
        _ => name.starts_with("install"),
    }
}

/// Names where a program puts what it installs, and gives its other words; `None`: it says nothing of that.
pub(super) fn installed(
    shell: &mut Shell<'_>,
    name: &str,
    arguments: &[Word],
) -> Option<Vec<Word>> {
    let is_given = |word: &Word| {
        let option = word.text.split('=').next().unwrap_or_default();
        PREFIXES.contains(&option) || (VARIABLES.contains(&option) && word.text.contains('='))
    };
    if !arguments.iter().any(is_given) || !installs(name, arguments) {
        return None;
    }
    let mut others = Vec::with_capacity(arguments.len());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if !is_given(word) {
            others.push(word.clone());
            continue;
        }
        let value = word.text.split_once('=').map(|(_, value)| value.to_owned());
        let value = match value {
            Some(text) => Some(Word { text, open: word.open.clone() }),
            None => words.next().cloned(),
        };
        value.into_iter().for_each(|value| argument(shell, &value, Doing::Made));
    }
    Some(others)
}

/// Parts what a program copies from what it makes.
pub(super) fn made_of<'w>(name: &str, arguments: &'w [Word]) -> (&'w [Word], Option<&'w Word>) {
    let has_target = arguments
        .iter()
        .any(|word| word.text.starts_with("-t") || word.text.starts_with("--target"));
    match arguments.split_last() {
        Some((last, rest))
            if matches!(name, "cp" | "mv" | "install" | "ln")
                && !has_target
                && !last.text.starts_with('-')
                && command::plain(rest).next().is_some() =>
        {
            (rest, Some(last))
        }
        _ => (arguments, None),
    }
}

/// Something is copied or moved: it is there then as it was.
pub(super) fn makes(shell: &mut Shell<'_>, from: &[Word], made: &Word) {
    // A directory that stands there is not made.
    let is_there = made.text.ends_with('/')
        || made.text.split('/').all(|part| matches!(part, "" | "." | ".."));
    argument(shell, made, if is_there { Doing::Wrote } else { Doing::Made });
    for from in command::plain(from) {
        copied(shell, from, made);
    }
}

/// What lies at one place lies then at another, too.
pub(super) fn copied(shell: &mut Shell<'_>, from: &Word, to: &Word) {
    if from.open.is_none() && to.open.is_none() && !from.text.is_empty() && !to.text.is_empty() {
        let from = from.within(&shell.scope.directory).or_here().text;
        let to = to.within(&shell.scope.directory).or_here().text;
        shell.into.scripts.copied(&from, &to);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Doing, named::mentions};

    #[test]
    fn where_something_is_installed_nothing_is_read() {
        let of = |command: &str| {
            mentions(command).into_iter().find(|mention| mention.path == "~/.local")
        };
        for command in [
            "cargo install --path . --root ~/.local",
            "cargo install --root=~/.local x",
            "make install PREFIX=~/.local",
            "make PREFIX=$HOME/.local install",
            "./configure --prefix=$HOME/.local",
            "cmake --install build --prefix ~/.local",
            "cmake -B build -DCMAKE_INSTALL_PREFIX=$HOME/.local",
            "pip install --prefix ~/.local .",
            "npm install -g --prefix ~/.local x",
            "curl -fsSL https://h.example/x.sh | sh -s -- --prefix ~/.local",
        ] {
            assert_eq!(of(command).map(|made| made.doing), Some(Doing::Made), "{command}");
        }
        for command in
            ["npm --prefix ~/.local test", "mytool --prefix ~/.local", "make -C ~/.local"]
        {
            assert!(of(command).is_some_and(|read| read.doing != Doing::Made), "{command}");
        }
    }

    #[test]
    fn what_begins_a_project_makes_its_directory() {
        for command in [
            "cargo new a/b",
            "cargo new --lib a/b && cd a/b",
            "npx create-vite@latest a/b --template react-ts",
            "npm create vite@latest a/b -- --template vue",
            "django-admin startproject a/b",
            "uv init a/b",
            "python3 -m venv a/b",
            "rails new a/b --api",
        ] {
            let made = mentions(command).into_iter().find(|mention| mention.path == "a/b");
            let made = made.filter(|made| made.doing == Doing::Made && made.directory);
            assert!(made.is_some(), "{command}");
        }
        let list = mentions("cargo build -p a/b; npx eslint --ext .ts a/b");
        assert!(
            list.iter().all(|mention| mention.doing != Doing::Made && mention.guess),
            "{list:?}"
        );
    }
}
