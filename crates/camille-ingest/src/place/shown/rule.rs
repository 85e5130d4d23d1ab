//! Which words of a command show nothing of what they name, by what its program does with them.

use super::super::option::Searcher;
use super::git;
use super::table::{
    COMPARERS, COPIERS, FILTERS, LEAVING, LOADED, MADE, NAMERS, USED, WINDOWS, WRAPPERS,
};

/// What a command shows of what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    /// Nothing of any of its words.
    Nothing,
    /// Nothing, but others go on from it: where they run.
    Here,
    /// What any of them holds, or may hold.
    All,
    /// The same, but for these.
    AllBut(Vec<usize>),
}

/// What is known of the script around a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    /// Whether something reads what it lists.
    pub(super) feeds: bool,
    /// Whether something may print the variables that were set from a file.
    pub(super) settings_shown: bool,
}

/// Whether a program takes what stands in `<(…)` as a text.
pub(super) fn compares(program: &str) -> bool {
    COMPARERS.contains(&program)
}

/// Whether a stage of a pipeline reads only what it is fed with, and takes no names from there.
pub(super) fn filters(words: &[&str]) -> bool {
    let words = unwrapped(words).1;
    let Some((name, arguments)) = words.split_first() else { return false };
    let name = name.rsplit('/').next().unwrap_or_default();
    if name == "xargs" {
        let inner = arguments.iter().position(|word| {
            !word.starts_with('-') && !word.bytes().all(|byte| byte.is_ascii_digit())
        });
        let inner = inner.map(|at| &arguments[at..]);
        return inner.is_some_and(|inner| {
            let given = Given { feeds: true, settings_shown: true };
            NAMERS.contains(&inner[0]) || matches!(of(inner, given).1, Does::Nothing)
        });
    }
    let runs = |word: &&&str| {
        ["getline", "system", "--files", "--from-file", "/e", "-f"]
            .iter()
            .any(|sign| word.starts_with(sign))
            || word.contains("getline")
            || word.contains("system(")
            || word.ends_with("/e")
    };
    FILTERS.contains(&name) && !arguments.iter().any(|word| runs(&word))
}

/// Whether a filter is given no files to read.
pub(super) fn passes(words: &[&str]) -> bool {
    let Some((name, arguments)) = unwrapped(words).1.split_first() else { return false };
    let plain = arguments
        .iter()
        .filter(|word| !word.starts_with('-') && !word.bytes().all(|byte| byte.is_ascii_digit()))
        .count();
    match *name {
        "xargs" | "tr" => true,
        "grep" | "egrep" | "fgrep" | "rg" | "sed" | "awk" | "gawk" | "jq" => plain <= 1,
        // `cut -d : -f 1`, `sort -t , -k 2`
        "cut" | "sort" | "column" => arguments.iter().all(|word| !word.contains(['/', '.'])),
        _ => plain == 0,
    }
}

/// The directories that `ls` lists, each with what it lists there; `None`: it is another program.
pub(super) fn listed(words: &[&str]) -> Option<Vec<(String, String)>> {
    let (name, arguments) = unwrapped(words).1.split_first()?;
    if *name != "ls" {
        return None;
    }
    let is_all = arguments.iter().any(|word| {
        word.starts_with('-') && !word.starts_with("--") && word.contains(['a', 'A'])
            || matches!(*word, "--all" | "--almost-all")
    });
    let patterns: &[&str] = if is_all { &["*", ".*"] } else { &["*"] };
    let mut places: Vec<&str> =
        arguments.iter().copied().filter(|word| !word.starts_with('-')).collect();
    if places.is_empty() {
        places.push(".");
    }
    let both = |place: &str| {
        let place = place.to_owned();
        patterns.iter().map(move |pattern| (place.clone(), (*pattern).to_owned()))
    };
    let plain = places.into_iter().filter(|place| !place.contains(['*', '?', '$']));
    Some(plain.flat_map(both).collect())
}

/// Whether a command shows files that it names, and nothing else.
pub(super) fn names_files(words: &[&str]) -> bool {
    let Some((name, arguments)) = words.split_first() else { return false };
    let is_reader = match *name {
        "cat" | "head" | "tail" | "less" | "more" | "nl" | "bat" => true,
        // `sed -n 1,10p a`
        "sed" => arguments.first() == Some(&"-n"),
        _ => false,
    };
    is_reader
        && !arguments.iter().any(|word| word.contains(['*', '?', '[', '{']) || word.ends_with('/'))
}

/// The command behind its wrappers, and where it begins.
fn unwrapped<'w, 't>(words: &'w [&'t str]) -> (usize, &'w [&'t str]) {
    let mut start = 0;
    while let Some(name) = words.get(start) {
        let name = name.rsplit('/').next().unwrap_or_default();
        let is_env = name == "env" && words[start + 1..].iter().any(|word| !word.contains('='));
        if !(WRAPPERS.contains(&name) || is_env || matches!(name, "timeout" | "gtimeout")) {
            break;
        }
        start += 1;
        while words.get(start).is_some_and(|word| {
            word.starts_with('-')
                || (is_env && word.contains('='))
                || word.trim_end_matches(['s', 'm', 'h']).bytes().all(|byte| byte.is_ascii_digit())
        }) {
            start += 1;
        }
    }
    (start.min(words.len()), &words[start.min(words.len())..])
}

/// What a command does with what its words name. `words` are without quotes.
pub(super) fn of(words: &[&str], given: Given) -> (usize, Does) {
    let (start, command) = unwrapped(words);
    let Some((name, arguments)) = command.split_first() else { return (start, Does::Nothing) };
    let name = name.rsplit('/').next().unwrap_or_default();
    if matches!(name, "cd" | "pushd" | "popd") {
        return (start, Does::Here);
    }
    if program(name, arguments, given) {
        return (start, Does::Nothing);
    }
    let mut cut: Vec<usize> = left_out(name, arguments);
    cut.extend(not_read(name, arguments, given));
    let does = if cut.is_empty() {
        Does::All
    } else {
        Does::AllBut(cut.into_iter().map(|at| at + start + 1).collect())
    };
    (start, does)
}

/// Whether a command shows nothing of all that it names.
fn program(name: &str, arguments: &[&str], given: Given) -> bool {
    let has = |options: &[&str]| arguments.iter().any(|word| options.contains(word));
    let lists = !given.feeds;
    match name {
        "rm" | "mkdir" | "rmdir" | "touch" | "chmod" | "chown" | "shred" => true,
        _ if NAMERS.contains(&name) => lists,
        "echo" | "printf" => lists,
        "find" => lists && !has(&["-exec", "-execdir", "-ok", "-okdir"]) || runs_namer(arguments),
        "fd" | "fdfind" => lists && !has(&["-x", "-X", "--exec", "--exec-batch"]),
        "git" => git::names(arguments, given),
        "rg" if has(&["--files"]) => lists,
        "grep" | "egrep" | "fgrep" | "rg" | "zgrep" | "ag" | "ack" => {
            lists && names_matches(name, arguments)
        }
        "tar" | "gtar" | "bsdtar" => tar(arguments, given),
        "unzip" => has(&["-l", "-Z", "-Z1", "-t", "-v"]) || !has(&["-p", "-c"]),
        "7z" | "jar" => {
            arguments.first().is_some_and(|word| matches!(*word, "l" | "tf" | "-tf" | "a" | "x"))
        }
        _ if COPIERS.contains(&name) => {
            let to_screen = has(&["-c", "--stdout", "--to-stdout", "-", "-p", "-dc"])
                && name != "cp"
                || arguments.iter().any(|word| word.starts_with("/dev/"));
            !to_screen && !matches!((name, given.feeds), ("rsync" | "zip", true))
        }
        "sqlite3" => {
            const NAMES: &[&str] =
                &[".tables", ".schema", ".databases", ".indexes", ".indices", ".dbinfo"];
            let asked = arguments.iter().filter(|word| !word.starts_with('-')).skip(1);
            asked.clone().count() > 0 && asked.clone().all(|word| NAMES.contains(word))
        }
        "docker" | "podman" | "nerdctl" | "kubectl" | "oc" => {
            let cut = arguments.iter().filter(|word| !word.starts_with('-')).take(3);
            let copies = cut.clone().any(|word| *word == "cp") && !has(&["-"]);
            copies || matches!(arguments.first(), Some(&"images" | &"ps" | &"logs" | &"version"))
        }
        "gh" => arguments.first() == Some(&"secret"),
        "vercel" | "netlify" | "fly" | "flyctl" | "wrangler" | "supabase" => {
            has(&["secrets", "secret", "env"])
        }
        "cmp" => has(&["-s", "--silent", "--quiet"]),
        "diff" => has(&["-q", "--brief", "-rq", "-qr"]),
        _ if WINDOWS.contains(&name) => !has(&["-w", "--wait", "-d", "--diff", "-W", "-n"]),
        _ => false,
    }
}

/// `find … -exec rm {} +`
fn runs_namer(arguments: &[&str]) -> bool {
    let mut runs = arguments
        .iter()
        .enumerate()
        .filter(|(_, word)| matches!(**word, "-exec" | "-execdir" | "-ok" | "-okdir"));
    let names = |(at, _): (usize, &&str)| {
        arguments.get(at + 1).is_some_and(|name| {
            matches!(
                *name,
                "rm" | "ls"
                    | "stat"
                    | "wc"
                    | "du"
                    | "touch"
                    | "chmod"
                    | "chown"
                    | "file"
                    | "basename"
            )
        })
    };
    let first = runs.next();
    first.is_some_and(names) && runs.all(names)
}

/// Whether a search prints names, counts, or nothing.
fn names_matches(name: &str, arguments: &[&str]) -> bool {
    let searcher = Searcher::of(name);
    arguments.iter().take_while(|word| **word != "--").any(|word| {
        if let Some(long) = word.strip_prefix("--") {
            return matches!(
                long,
                "files-with-matches"
                    | "files-without-match"
                    | "count"
                    | "count-matches"
                    | "quiet"
                    | "silent"
            );
        }
        let Some(letters) = word.strip_prefix('-') else { return false };
        let letters = searcher.map_or(letters, |searcher| searcher.letters(letters));
        let is_list: &[char] = if name == "rg" { &['l', 'c', 'q'] } else { &['l', 'L', 'c', 'q'] };
        letters.contains(is_list)
    })
}

/// tar that lists, or packs into a file and out of one.
fn tar(arguments: &[&str], given: Given) -> bool {
    let first = arguments.first().copied().unwrap_or_default();
    let letters = if first.starts_with("--") { "" } else { first.trim_start_matches('-') };
    let to_screen = letters.contains('O')
        || arguments.iter().any(|word| {
            matches!(*word, "-" | "-O" | "--to-stdout")
                || word.starts_with("--to-command")
                || *word == "--file=-"
        });
    let has_file = letters.contains('f')
        || arguments.iter().any(|word| *word == "-f" || word.starts_with("--file"));
    let lists = letters.contains('t') || arguments.contains(&"--list");
    !to_screen && (!given.feeds || !lists) && has_file
}

/// Words that say what a command leaves out.
fn left_out(name: &str, arguments: &[&str]) -> Vec<usize> {
    let mut cut = Vec::new();
    let mut at = 0;
    while at < arguments.len() {
        let word = arguments[at];
        let next = arguments.get(at + 1).copied().unwrap_or_default();
        // `-g !.env`, `!secrets/**`, `:!x`, `:(exclude)x`
        if (word.starts_with('!') && word.len() > 1)
            || word.starts_with(":!")
            || word.starts_with(":^")
            || word.starts_with(":(exclude")
            || ["--glob=!", "--iglob=!", "-g!"].iter().any(|glob| word.starts_with(glob))
        {
            cut.push(at);
        } else if let Some(option) = word.strip_prefix("--") {
            let (option, value) =
                option.split_once('=').map_or((option, None), |(o, v)| (o, Some(v)));
            let option = option.to_ascii_lowercase();
            if is_leaving(&option) {
                cut.push(at + usize::from(value.is_none()));
                at += usize::from(value.is_none());
            } else if option == "filter" && name == "rsync" {
                let rule = value.unwrap_or(next);
                if rule.starts_with("- ") || rule.starts_with("-/") || rule.starts_with("exclude") {
                    cut.push(at + usize::from(value.is_none()));
                }
            }
        } else if takes_left_out(name, word) {
            if name == "zip" {
                // All that follows.
                cut.extend(
                    (at + 1..arguments.len()).take_while(|at| !arguments[*at].starts_with('-')),
                );
            } else {
                cut.push(at + 1);
            }
        } else if name == "find"
            && matches!(word, "-name" | "-iname" | "-path" | "-wholename" | "-ipath" | "-regex")
        {
            let is_not = at > 0 && matches!(arguments[at - 1], "!" | "-not");
            // `-path ./x -prune`, `( -name x -o -name y ) -prune`
            let behind = arguments.iter().skip(at + 2).take(PRUNED_MAX);
            let until: Vec<&str> = behind
                .copied()
                .take_while(|word| {
                    !matches!(*word, "-print" | "-print0") && !word.starts_with("-exec")
                })
                .collect();
            let prune =
                until.iter().position(|word| *word == "-prune").map(|prune| &until[..prune]);
            let is_pruned =
                prune.is_some_and(|between| !between.contains(&"-o") || between.contains(&")"));
            if is_not || is_pruned {
                cut.push(at + 1);
            }
            at += 1;
        }
        at += 1;
    }
    cut.retain(|at| *at < arguments.len());
    cut
}

/// Words looked at behind a test of `find` for what leaves its matches out.
const PRUNED_MAX: usize = 24;

fn is_leaving(option: &str) -> bool {
    LEAVING.contains(&option)
        || (option.contains("ignorepattern") || option.contains("ignore-pattern"))
}

/// Whether a short option's value is what a program leaves out.
fn takes_left_out(name: &str, option: &str) -> bool {
    matches!(
        (name, option),
        ("tree" | "ls" | "eza" | "exa", "-I")
            | ("zip", "-x")
            | ("fd" | "fdfind", "-E")
            | ("bandit" | "ls-files" | "7z", "-x")
            | ("isort", "-s")
            | ("codespell", "-S")
            | ("du", "-I")
            | ("tokei", "-e")
            | ("diff", "-x")
            | ("git", "-e")
    )
}

/// Words that are made, used as keys or settings, or somebody's text.
fn not_read(name: &str, arguments: &[&str], given: Given) -> Vec<usize> {
    let has = |options: &[&str]| arguments.iter().any(|word| options.contains(word));
    let reads_words =
        matches!(name, "cat" | "bat" | "head" | "tail" | "less" | "jq" | "yq" | "xxd" | "strings");
    let is_openssl = name == "openssl";
    let prints = is_openssl && has(&["-text", "-noout", "-modulus", "-pubkey"]);
    let has_out = has(&["-out"]);
    let is_keygen = name == "ssh-keygen" && !has(&["-y", "-e", "-p", "-i"]);
    let makes = matches!(name, "curl" | "age-keygen" | "sort" | "pandoc" | "gpg" | "base64" | "wg");
    let is_dotenv =
        matches!(name, "dotenv" | "dotenvx" | "env-cmd" | "foreman" | "honcho" | "dotenv-cli")
            && (name == "env-cmd" || has(&["--", "run", "start"]));
    // `npx dotenv -e .env -- …`
    let runs_dotenv = arguments.iter().take(3).any(|word| {
        matches!(*word, "dotenv" | "dotenvx" | "env-cmd" | "dotenv-cli" | "foreman" | "honcho")
    }) && has(&["--", "run", "start"]);
    let mut cut = Vec::new();
    if matches!(name, "source" | ".") && !given.settings_shown {
        cut.extend(0..arguments.len());
    }
    if let Some(searcher) = Searcher::of(name) {
        let is_pattern = |at: &usize| {
            let before = at.checked_sub(1).map_or("", |at| arguments[at]);
            !arguments[*at].starts_with('-')
                && (before.is_empty() || !before.starts_with('-') || takes_none(searcher, before))
        };
        let gives = arguments.iter().any(|word| searcher.gives_pattern(word));
        let first = (0..arguments.len()).find(is_pattern).filter(|_| !gives && !given.feeds);
        cut.extend(first.filter(|at| names_nothing(name, arguments[*at])));
    }
    for at in 0..arguments.len() {
        let (option, is_long, value) = match arguments[at].strip_prefix("--") {
            Some(long) => {
                let (option, value) =
                    long.split_once('=').map_or((long, false), |(o, _)| (o, true));
                (option, true, value)
            }
            None => match arguments[at].strip_prefix('-') {
                Some(short) => (short, false, false),
                None => continue,
            },
        };
        let option = option.to_ascii_lowercase();
        let option = option.as_str();
        let is_made = !reads_words
            && ((is_openssl && matches!(option, "out" | "keyout") && !prints)
                || (is_keygen && option == "f")
                || (name == "mkcert" && MADE.contains(&option))
                || (makes && matches!(option, "o" | "output" | "out"))
                || (name == "curl" && !is_long && option.ends_with('o'))
                || (name == "wget" && matches!(option, "o" | "output-document"))
                || (is_long && MADE.contains(&option) && Searcher::of(name).is_none()));
        let is_key = !reads_words
            && ((is_long && USED.contains(&option))
                || (matches!(name, "ssh" | "scp" | "sftp" | "ssh-copy-id" | "autossh" | "mosh")
                    && option == "i")
                || (name == "curl" && arguments[at] == "-E")
                || (is_openssl
                    && !prints
                    && (has_out
                        || arguments.first() == Some(&"verify")
                        || arguments.first() == Some(&"s_client"))
                    && matches!(
                        option,
                        "key" | "ca" | "cakey" | "cafile" | "cert" | "untrusted" | "signkey"
                    )));
        let is_loaded = !given.settings_shown
            && ((is_long && LOADED.contains(&option))
                || ((is_dotenv || runs_dotenv) && matches!(option, "e" | "f" | "env")));
        let is_said = matches!(name, "git" | "gh" | "glab" | "hg" | "jj")
            && matches!(
                option,
                "m" | "am" | "message" | "body" | "title" | "b" | "t" | "notes" | "description"
            )
            && !(name == "git" && matches!(option, "b" | "t"));
        if is_made || is_key || is_loaded || is_said {
            cut.push(at + usize::from(!value));
        }
    }
    cut.retain(|at| *at < arguments.len());
    cut
}

fn takes_none(searcher: &Searcher, option: &str) -> bool {
    searcher.takes(option) == super::super::option::Takes::Nothing
}

/// Whether a pattern or script names no file that its program reads.
fn names_nothing(name: &str, script: &str) -> bool {
    match name {
        "sed" | "gsed" => {
            let script =
                script.trim_start_matches(|c: char| c.is_ascii_digit() || "$,".contains(c));
            (script.starts_with("s/") || script.starts_with("s|") || script.starts_with('/'))
                && !script.ends_with("/e")
                && !script.contains("/r ")
                && !script.contains("/w ")
        }
        "grep" | "egrep" | "fgrep" | "zgrep" | "rg" | "ag" | "ack" => true,
        _ => false,
    }
}
