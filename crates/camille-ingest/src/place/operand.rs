//! What a program does with its operands and options: which of them are paths, and whether what lies there is read.

use super::argument::{argument, guess, maybe, option, script};
use super::command::plain;
use super::option::{self, Searcher, Takes};
use super::program::{Kind, Kinds};
use super::shell::Shell;
use super::walk::{self, Walk};
use super::word::{Open, Word, is_relative};
use super::{Doing, forge, is_rooted, made, runner, url};

/// Options behind which stands what a program writes.
const OUTPUT: &[&str] = &["-o", "--output", "--out", "--outfile", "--outdir", "--out-dir"];

/// What stands in a word, by one look at each byte.
#[derive(Default)]
struct Signs {
    /// What divides words.
    blank: bool,
    /// What may divide a path, or stand before one.
    path: bool,
    /// What matches others.
    pattern: bool,
}

impl Signs {
    fn of(text: &str) -> Self {
        let mut signs = Self::default();
        for byte in text.bytes() {
            match byte {
                b'/' | b'.' | b'=' | b':' | b'@' => signs.path = true,
                b'*' | b'?' => signs.pattern = true,
                b' ' | b'\t'..=b'\r' => signs.blank = true,
                _ => {}
            }
        }
        if !text.is_ascii() {
            signs.blank = text.contains(char::is_whitespace);
        }
        signs
    }
}

/// Words without a sign of a path that may be names of directories to a program that nobody knows. Others are what it
/// is told: one who searches for a sentence names no places.
const BARE_MAX: usize = 3;

/// Goes through the words of a program.
pub(super) fn words_of(shell: &mut Shell<'_>, name: &str, arguments: &[Word], doing: Doing) {
    let kinds = Kinds::of(name);
    let searcher = Searcher::of(name);
    let mut pattern_due = searcher
        .is_some_and(|searcher| !arguments.iter().any(|word| searcher.gives_pattern(&word.text)));
    let reads_all = kinds.has(Kind::Reader);
    // Where it runs cannot be said, so neither can what it reads there.
    if let (Some(Open::Variable(variable)), Doing::Read) = (&shell.scope.directory.open, doing)
        && reads_all
    {
        let variable = variable.clone();
        shell.into.unknown(&variable, doing);
    }
    let walk = Walk::of(name, arguments, shell.fed).filter(|_| doing != Doing::Named);
    let (mut is_given, mut bare) = (false, 0);
    let is_unknown = kinds == Kinds::default();
    let (arguments, made) = made::made_of(name, arguments);
    if let Some(made) = made {
        made::makes(shell, arguments, made);
        if name == "ln" {
            // What a link leads to goes from where the link lies.
            let end = made.text.rfind('/').map_or(0, |at| at + 1);
            let beside = Word { text: made.text[..end].to_owned(), open: made.open.clone() };
            for from in plain(arguments) {
                argument(shell, &from.within(&beside), Doing::Read);
            }
            return;
        }
    }
    let mut words = arguments.iter();
    if option::is_bundle(name, arguments) {
        words.next();
    }
    let mut options_end = false;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            options_end = true;
            continue;
        }
        if text.starts_with('-') && text.len() > 1 && !options_end {
            if let Some(takes) = option::leaves_out(name, text) {
                if takes == Takes::Value {
                    words.next();
                }
                continue;
            }
            match searcher.map_or(Takes::Nothing, |searcher| searcher.takes(text)) {
                Takes::Nothing if kinds.has(Kind::Writer) && option::is_text(name, text) => {
                    if !text.contains('=') {
                        words.next();
                    }
                }
                // `open -a Preview x.pdf`
                Takes::Nothing if name == "open" && matches!(text, "-a" | "-b") => {
                    words.next();
                }
                // What a tool makes.
                Takes::Nothing if searcher.is_none() && OUTPUT.contains(&text) => {
                    words.next().into_iter().for_each(|file| argument(shell, file, Doing::Made));
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
                    // A file of patterns, or a program.
                    let before = std::mem::replace(&mut shell.runs, true);
                    words.next().into_iter().for_each(|file| argument(shell, file, doing));
                    shell.runs = before;
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
        if matches!(name, "scp" | "rsync")
            && let Some((host, path)) = text.split_once(':').filter(|(host, _)| !host.contains('/'))
        {
            if runner::is_this_machine(&Word::known(host)) {
                argument(shell, &Word { text: path.to_owned(), open: word.open.clone() }, doing);
            }
            continue;
        }
        // `--style markdown`: a name of a directory may be that of a style.
        is_given |= !walk::packs(name) || text.contains('/');
        // What has blanks in it is a script, a query or a text for the command; so is `.schema`.
        let signs = Signs::of(text);
        // `pip install git+https://…`
        if signs.path && !reads_all && text.contains("://") {
            forge::page(text, shell.into);
        }
        let is_command = name == "sqlite3" && text.starts_with('.') && !text.contains('/');
        // A title, a note.
        if signs.blank && matches!(name, "bd" | "linear" | "gh" | "glab") && !is_rooted(text) {
            continue;
        }
        if is_command || (signs.blank && !is_rooted(text)) {
            script(shell, text, doing);
        }
        if is_command {
            continue;
        }
        if doing == Doing::Made && word.open.is_none() {
            argument(shell, word, doing);
            continue;
        }
        // What a program that nobody knows is given may be a directory's name: what it is given first, that is.
        let is_bare = !signs.path && !signs.pattern;
        if is_unknown && bare < BARE_MAX && is_bare && word.open.is_none() && is_relative(text) {
            bare += 1;
            guess(shell, text, doing);
        }
        if reads_all || signs.path || word.open.is_some() || is_rooted(text) {
            let is_known_reader = reads_all || kinds.has(Kind::Namer) || name == "tee";
            // What a variable is to a command that nobody knows is seldom a file.
            if word.open.is_some() && text.is_empty() && !is_known_reader {
                continue;
            }
            match &walk {
                Some(walk) => walk.through(shell, word, doing),
                None if is_known_reader || is_rooted(text) || word.open.is_some() => {
                    argument(shell, word, doing);
                }
                // To what nobody knows it may be a name.
                None if is_relative(text) || url::database(text).is_some() => {
                    maybe(shell, word, doing);
                }
                None => script(shell, text, doing),
            }
        }
    }
    if let Some(walk) = walk.filter(|_| !is_given) {
        walk.default(shell, doing);
    }
}

/// Signs that a program of awk reads or writes what a text in it names.
const AWK_READS: &[&str] = &["getline", "system", "|", ">", "ARGV", "@load", "@include"];

/// The files that a program of awk, yq or sed reads.
fn program(shell: &mut Shell<'_>, name: &str, script: &Word) {
    let text = script.text.as_str();
    if matches!(name, "sed" | "gsed") {
        let parts = text
            .split(['\n', '{', '}'])
            .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit() || " $,".contains(c)));
        for run in parts.filter_map(|part| part.strip_prefix("e ")) {
            shell.script(run);
        }
    }
    let files: Vec<&str> = match name {
        "jq" if !text.contains("import ") && !text.contains("include ") => return,
        "yq" if !text.contains("load") => return,
        // `gsub("../x", "y")` reads nothing, and nothing else reads here.
        "awk" | "gawk" | "mawk" if !AWK_READS.iter().any(|sign| text.contains(sign)) => return,
        "awk" | "gawk" | "mawk" | "yq" | "jq" => text
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
            .filter_map(|command| ["r", "R"].iter().find_map(|read| command.strip_prefix(read)))
            .filter(|file| file.starts_with([' ', '/', '.', '~']))
            .collect(),
        _ => return,
    };
    for file in files {
        maybe(shell, &Word::known(file.trim()), Doing::Read);
    }
}
