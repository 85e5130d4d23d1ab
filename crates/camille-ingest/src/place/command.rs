//! What single commands are: a shell's own, a wrapper around another, or a program with operands.

use super::argument::{argument, reaching, script};
use super::program::{Kind, Kinds};
use super::shell::Shell;
use super::walk::{self};
use super::word::Word;
use super::{
    Doing, ROOT, Reach, clone, container, copied, decoded, forge, git, handed, http, is_rooted,
    made, operand, patch, runner,
};

/// Programs whose input is a script of their own, which may read files.
const SCRIPTED: &[&str] = &[
    "psql",
    "mysql",
    "sqlite3",
    "duckdb",
    "ed",
    "ex",
    "vim",
    "nvim",
    "jshell",
    "gnuplot",
    "gdb",
    "expect",
    "pwsh",
    "xargs",
    "parallel",
    "cpio",
    "ftp",
    "sftp",
    "redis-cli",
    "mongosh",
];

/// Goes through a command. `heredocs`: what it is fed with.
pub(super) fn run(shell: &mut Shell<'_>, words: Vec<Word>, heredocs: &[&str]) {
    let all = words;
    let words = unwrapped(&all);
    // `env GIT_DIR=…`
    for word in &all[..all.len() - words.len()] {
        if let Some((variable, value)) = word.text.split_once('=') {
            handed::given(shell, variable, &[Word::known(value)], true);
        }
    }
    let before = &all[..all.len() - words.len()];
    if !before.is_empty() {
        let scope = shell.scope.clone();
        if wrapped(shell, before) {
            run(shell, words.to_vec(), heredocs);
            shell.scope = scope;
            return;
        }
    }
    let is_fed = |word: &Word| matches!(word.text.as_str(), "xargs" | "parallel");
    if before.iter().any(is_fed) {
        return run_fed(shell, filled(before, words));
    }
    let Some((name, arguments)) = words.split_first() else { return };
    shell.works_at_home(words);
    // `c="cat x"; $c`
    if name.open.is_none() && name.text.contains(' ') && !is_rooted(&name.text) {
        let script = name.text.clone();
        return shell.script(&script);
    }
    if name.open.is_some() || name.text.contains('/') {
        argument(shell, name, Doing::Ran);
    }
    let name = name.text.rsplit('/').next().unwrap_or_default();
    // `pwsh -c '…'`, `cmd.exe /c …`: separators may be those of Windows.
    if matches!(name, "pwsh" | "powershell" | "powershell.exe" | "pwsh.exe" | "cmd.exe" | "cmd") {
        let script: Vec<&str> = arguments
            .iter()
            .map(|word| word.text.as_str())
            .filter(|word| !word.starts_with('-') && !matches!(*word, "/c" | "/C" | "/k"))
            .collect();
        let script = super::shell::of_powershell(&script.join(" "));
        let scope = shell.scope.clone();
        shell.script(&script);
        shell.scope = scope;
        return;
    }
    match name {
        "cd" | "pushd" | "chdir" => return enter(shell, arguments),
        "popd" => return shell.scope.back(),
        "z" | "zi" | "j" if !arguments.is_empty() => {
            // A jump to where one was before: nothing says where that is.
            return shell.scope.enter(Word::unknown(&format!("$({name})")));
        }
        "git" => return git::run(shell, arguments),
        "find" | "fd" | "fdfind" => return walk::find(shell, name, arguments),
        // A size alone, of all that lies there.
        "du" if is_sum(arguments) => return,
        "locate" | "plocate" | "mdfind" if shell.feeds => {
            let all = Reach::Below { links: true, all: true };
            return reaching(shell, &Word::known("/"), Doing::Read, &all);
        }
        "ssh" | "mosh" => return runner::remote(shell, arguments),
        "source" | "." if plain(arguments).all(is_startup) => return,
        "read" | "mapfile" | "readarray" => {
            for variable in plain(arguments) {
                let variable = variable.text.clone();
                shell.scope.set(&variable, vec![Word::derived()]);
            }
            return;
        }
        "eval" => {
            arguments.iter().for_each(|word| decoded::runs(shell, word));
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
    if shell.next.is_some() {
        decoded::feeds(shell, name);
    }
    if clone::program(shell, name, arguments) {
        return;
    }
    forge::program(shell, name, arguments);
    let kinds = Kinds::of(name);
    if kinds.has(Kind::Sayer) {
        if matches!(name, "echo" | "printf") {
            let text: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
            shell.says(text.join(" ").replace("\\n", "\n").replace("\\t", "\t"));
        }
        // A pattern lists what it matches.
        for word in arguments.iter().filter(|word| word.text.contains('*') && is_rooted(&word.text))
        {
            argument(shell, word, Doing::Named);
        }
        // `logger -f x` says what a file holds.
        if matches!(name, "logger" | "say" | "espeak") {
            let mut words = arguments.iter();
            while let Some(word) = words.next() {
                if matches!(word.text.as_str(), "-f" | "--file" | "--input-file") {
                    words.next().into_iter().for_each(|file| argument(shell, file, Doing::Read));
                }
            }
        }
        // What is said may be run or read by the next command.
        if shell.feeds || matches!(name, "alias" | "trap" | "set") {
            for word in arguments {
                script(shell, &word.text, Doing::Read);
            }
        }
        return;
    }
    let is_tool = !kinds.has(Kind::Reader) && !kinds.has(Kind::Namer) && !kinds.has(Kind::Writer);
    let only_writes = matches!(name, "tee" | "truncate" | "apply_patch" | "applypatch" | "patch");
    let looks = is_tool && !only_writes && only_looks(words);
    let is_tool = is_tool && !only_writes && !looks;
    if (is_tool || looks) && shell.scope.directory.open.is_none() {
        let directory = shell.scope.directory.or_here().text;
        shell.into.scripts.ran_below(&directory, looks);
    }
    made::scaffold(shell, name, arguments);
    copied::of(shell, name, arguments);
    let runs = is_tool
        || ((shell.feeds || shell.gives) && kinds.has(Kind::Reader))
        || matches!(name, "source" | ".")
        || SCRIPTED.contains(&name);
    let before = std::mem::replace(&mut shell.runs, runs);
    program_of(shell, name, arguments, heredocs);
    shell.runs = before;
}

/// Whether `du` gives one number for each of its words, which it was told.
fn is_sum(arguments: &[Word]) -> bool {
    let sums = |word: &Word| {
        let text = word.text.as_str();
        let is_letters = text.starts_with('-') && !text.starts_with("--");
        matches!(text, "--summarize" | "--max-depth=0" | "-d0")
            || (is_letters && text.contains('s') && !text.contains('a'))
    };
    arguments.iter().any(sums) && !arguments.iter().any(|word| word.text.contains('*'))
}

/// What a program does with its words that is neither a shell's own nor a wrapper.
fn program_of(shell: &mut Shell<'_>, name: &str, arguments: &[Word], heredocs: &[&str]) {
    let kinds = Kinds::of(name);
    if let Some((packer, arguments)) = walk::packer(name, arguments) {
        return operand::words_of(shell, packer, arguments, Doing::Read);
    }
    let others = made::installed(shell, name, arguments);
    let arguments = others.as_deref().unwrap_or(arguments);
    if container::is_one(name) {
        return container::run(shell, name, arguments);
    }
    if http::run(shell, name, arguments) {
        return;
    }
    let is_shell = kinds.has(Kind::Shell);
    if is_shell || kinds.has(Kind::Interpreter) {
        heredocs.iter().for_each(|text| runner::runs(shell, is_shell, text));
        let is_fetched = matches!(name, "npx" | "bunx" | "uvx" | "pnpx")
            || (name == "go" && arguments.first().is_some_and(|word| word.text != "run"));
        return runner::interpret(shell, is_shell, is_fetched, arguments);
    }
    if SCRIPTED.contains(&name) {
        heredocs.iter().for_each(|text| script(shell, text, Doing::Read));
    }
    let doing = match name {
        "tee" | "truncate" => Doing::Wrote,
        "mkdir" => Doing::Made,
        _ if kinds.has(Kind::Namer) => Doing::Named,
        _ => Doing::Read,
    };
    let is_known = kinds.has(Kind::Reader) || kinds.has(Kind::Namer) || doing != Doing::Read;
    let before = std::mem::replace(&mut shell.foreign, !is_known);
    operand::words_of(shell, name, arguments, doing);
    shell.foreign = before;
}

/// Whether a command only looks at what it is given: its form, its types, its style. Its name says so, or what stands
/// right behind it (`npx prettier`, `python3 -m json.tool`, `bash -n`); what is an argument of a script says nothing.
fn only_looks(words: &[Word]) -> bool {
    const LOOKS: &[&str] = &[
        "prettier",
        "eslint",
        "biome",
        "black",
        "ruff",
        "isort",
        "flake8",
        "pylint",
        "mypy",
        "pyright",
        "tsc",
        "rustfmt",
        "gofmt",
        "goimports",
        "shellcheck",
        "shfmt",
        "hadolint",
        "yamllint",
        "markdownlint",
        "stylelint",
    ];
    const BEHIND: &[&str] = &[
        "fmt",
        "clippy",
        "json.tool",
        "py_compile",
        "-n",
        "--check",
        "--version",
        "--syntax-only",
    ];
    let looks = |word: &Word| {
        let text = word.text.as_str();
        // Most words are paths, or none of these by their length alone.
        text.len() <= 40 && LOOKS.contains(&text.rsplit('/').next().unwrap_or_default())
    };
    let is_before = |word: &&Word| {
        matches!(word.text.as_str(), "exec" | "run" | "dlx" | "-m" | "tool" | "--" | "--yes" | "-y")
    };
    let Some((name, behind)) = words.split_first() else { return false };
    if looks(name) {
        return true;
    }
    let before = behind.iter().take_while(is_before).count();
    behind.get(before).is_some_and(|word| looks(word) || BEHIND.contains(&word.text.as_str()))
}

/// Whether a file is what a shell of the person's reads at its start: it says nothing of what it holds.
fn is_startup(word: &Word) -> bool {
    const FILES: &[&str] = &[
        "bashrc",
        "bash_profile",
        "bash_login",
        "bash_aliases",
        "zshrc",
        "zshenv",
        "zprofile",
        "zlogin",
        "profile",
        "kshrc",
        "config/fish/config.fish",
        "config/zsh/.zshrc",
    ];
    word.open.is_none() && word.text.strip_prefix("~/.").is_some_and(|rest| FILES.contains(&rest))
}

/// The words of a command behind `xargs -I%` with `{}` where its sign stands.
fn filled(wrapper: &[Word], words: &[Word]) -> Vec<Word> {
    let at = wrapper.iter().position(|word| word.text.starts_with("-I"));
    let sign = at.map_or("", |at| match &wrapper[at].text[2..] {
        "" => wrapper.get(at + 1).map_or("", |word| word.text.as_str()),
        sign => sign,
    });
    if sign.is_empty() || sign == "{}" {
        return words.to_vec();
    }
    let fill = |word: &Word| Word { text: word.text.replace(sign, "{}"), open: word.open.clone() };
    words.iter().map(fill).collect()
}

/// The same of a command that gets from another one what it works on.
pub(super) fn run_fed(shell: &mut Shell<'_>, words: Vec<Word>) {
    let before = std::mem::replace(&mut shell.fed, true);
    run(shell, words, &[]);
    shell.fed = before;
}

/// What `$(…)` with this command gives.
pub(super) fn gives(shell: &mut Shell<'_>, words: &[Word]) -> Word {
    let words = unwrapped(words);
    let Some((name, arguments)) = words.split_first() else { return Word::derived() };
    let name = name.text.rsplit('/').next().unwrap_or_default();
    let has = |given: &str| arguments.iter().any(|word| word.text == given);
    let first = || plain(arguments).next().cloned().unwrap_or_else(Word::derived);
    match name {
        "pwd" => shell.scope.directory.or_here(),
        "mktemp" => Word::known("/tmp/x"),
        "dirname" => match first() {
            word if word.open.is_none() => Word::known(&format!("{}/..", word.text)),
            word => word,
        },
        "echo" | "printf" => printed(name, arguments),
        "realpath" | "readlink" | "cygpath" => first(),
        "cd" => first().within(&shell.scope.directory),
        "basename" => Word::derived(),
        "hostname" => Word::known("localhost"),
        "git" if has("--show-toplevel") => root(shell),
        "git" if has("--git-dir") || has("--git-common-dir") => {
            Word::known(".git").within(&root(shell))
        }
        "git"
            if arguments
                .first()
                .is_some_and(|command| git::lists(&command.text, &arguments[1..])) =>
        {
            Word::known("**/*")
        }
        "git" if has("--show-cdup") => Word::known("./").within(&root(shell)),
        "npm" | "pnpm" | "yarn" | "bun" if (has("prefix") || has("root")) && !has("-g") => {
            root(shell)
        }
        "jj" | "hg" | "sl" if has("root") => root(shell),
        "go" if has("GOMOD") => Word::known("go.mod").within(&root(shell)),
        // It may be anywhere.
        "find" | "fd" if plain(arguments).any(|word| word.text == "/") => {
            Word::unknown("$(find /)")
        }
        _ if Kinds::of(name).has(Kind::Lister) => Word::derived(),
        _ => Word::unknown(&format!("$({name})")),
    }
}

/// The root of the repository at hand.
fn root(shell: &Shell<'_>) -> Word {
    match shell.scope.directory.or_here() {
        here if here.open.is_none() && here.text == "." => Word::known(ROOT),
        there => there,
    }
}

/// What is printed, as far as it is known.
fn printed(name: &str, arguments: &[Word]) -> Word {
    let mut words: Vec<&Word> = plain(arguments).collect();
    if let Some(open) = words.iter().position(|word| word.open.is_some()) {
        return words[open].clone();
    }
    let format = words.first().filter(|first| name == "printf" && first.text.contains('%'));
    let Some(format) = format.map(|format| format.text.clone()) else {
        let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        return Word::known(&words.join(" "));
    };
    words.remove(0);
    let filled = words.iter().fold(format, |text, word| text.replacen("%s", &word.text, 1));
    Word::known(filled.replace("\\n", "\n").trim())
}

fn enter(shell: &mut Shell<'_>, arguments: &[Word]) {
    let target = plain(arguments).next().cloned();
    if arguments.iter().any(|word| word.text == "-") {
        return shell.scope.back();
    }
    let directory = target.unwrap_or_else(|| Word::known("~")).within(&shell.scope.directory);
    if directory.open.is_none() {
        // Who goes home may go on from there.
        if directory.text.trim_end_matches('/') == "~" {
            shell.home = Some(false);
        } else {
            shell.home = None;
            shell.into.ran_in(&directory.text);
        }
    }
    shell.scope.enter(directory);
}

/// The words that are no options.
pub(super) fn plain(arguments: &[Word]) -> impl Iterator<Item = &Word> {
    arguments.iter().filter(|word| !word.text.starts_with('-'))
}

/// Options of wrappers by which they go to a directory, read a file or run a text: the program, the option in either
/// form, and what it does.
const WRAPPED: &[(&str, &str, &str, Wraps)] = &[
    ("env", "-C", "--chdir", Wraps::Enters),
    ("sudo", "-D", "--chdir", Wraps::Enters),
    ("env", "-S", "--split-string", Wraps::Runs),
    ("xargs", "-a", "--arg-file", Wraps::Reads),
    ("parallel", "-a", "--arg-file", Wraps::Reads),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wraps {
    Enters,
    Reads,
    Runs,
}

/// Does what the options of wrappers say; whether that changed the directory.
fn wrapped(shell: &mut Shell<'_>, words: &[Word]) -> bool {
    let mut wrapper = "";
    let mut entered = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if !text.starts_with('-') {
            let name = text.rsplit('/').next().unwrap_or_default();
            wrapper = if Kinds::of(name).has(Kind::Wrapper) { name } else { wrapper };
            continue;
        }
        for (program, short, long, does) in WRAPPED {
            let rest = [short, long].into_iter().find_map(|option| text.strip_prefix(option));
            let Some(rest) = rest.filter(|_| *program == wrapper) else { continue };
            let value = match rest.trim_start_matches('=') {
                "" => words.next().cloned(),
                rest => Some(Word { text: rest.to_owned(), open: word.open.clone() }),
            };
            let Some(value) = value else { break };
            match does {
                Wraps::Enters => {
                    enter(shell, &[value]);
                    entered = true;
                }
                // What stands in a list is what is worked on.
                Wraps::Reads => {
                    let before = std::mem::replace(&mut shell.runs, true);
                    argument(shell, &value, Doing::Read);
                    shell.runs = before;
                }
                Wraps::Runs => shell.script(&value.text),
            }
            break;
        }
    }
    entered
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
            let takes_value = matches!(text, "-I" | "-n" | "-P" | "-L" | "-u" | "-d" | "-s" | "-k")
                || WRAPPED.iter().any(|(program, short, long, _)| {
                    *program == name && (text == *short || text == *long)
                });
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
