//! Programs that go through directories: which do so, whether they follow links, and whether what they print says
//! of which file it is.

use super::argument::{argument, matching, reaching};
use super::command::{self, plain};
use super::option::Searcher;
use super::shell::Shell;
use super::word::{self, Word};
use super::{Doing, Reach};

/// How a program goes through the directories that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    /// What it reaches there.
    reach: Reach,
    /// Patterns of the names that it takes; none: all.
    names: Vec<String>,
    /// Whether files count that are links.
    links: bool,
    /// Whether it begins where it runs if it is given no directory.
    starts_here: bool,
}

/// Programs that put all files of a directory into one text, or look for secrets in them and print what they find.
const PACKERS: &[&str] = &[
    "repomix",
    "repopack",
    "code2prompt",
    "files-to-prompt",
    "yek",
    "gitingest",
    "codebase-digest",
    "ai-digest",
    "onefilellm",
    "llmcat",
    "gitleaks",
    "trufflehog",
    "detect-secrets",
    "ggshield",
    "noseyparker",
];

/// Whether a program is one of these.
pub(super) fn packs(program: &str) -> bool {
    PACKERS.contains(&program)
}

/// Such a program behind one that fetches and runs it: `npx -y repomix@latest --stdout`.
pub(super) fn packer<'w>(name: &str, arguments: &'w [Word]) -> Option<(&'w str, &'w [Word])> {
    if !matches!(
        name,
        "npx" | "bunx" | "uvx" | "pipx" | "pnpm" | "yarn" | "bun" | "uv" | "python3" | "python"
    ) {
        return None;
    }
    let at = arguments.iter().take(BEFORE_MAX).position(|word| packs(unversioned(&word.text)))?;
    Some((unversioned(&arguments[at].text), &arguments[at + 1..]))
}

/// Words that stand before the name of what is run: `tool run`, `-y`, `dlx`.
const BEFORE_MAX: usize = 4;

fn unversioned(program: &str) -> &str {
    program.split('@').next().unwrap_or_default()
}

impl Walk {
    /// That of a program with these words; `None`: it takes what it is given as it is.
    pub(super) fn of(name: &str, arguments: &[Word], is_fed: bool) -> Option<Self> {
        let has = |letters: &str, long: &[&str]| has(name, arguments, letters, long);
        let (links, all, is_silent) = match name {
            "grep" | "egrep" | "fgrep" | "zgrep" | "ugrep" | "rgrep" => {
                let links = has("R", &["dereference-recursive"]);
                if !links
                    && name != "rgrep"
                    && !has("r", &["recursive", "directories=recurse"])
                    && !arguments
                        .iter()
                        .any(|word| matches!(word.text.as_str(), "recurse" | "-drecurse"))
                {
                    return None;
                }
                (links, true, has("h", &["no-filename"]))
            }
            "rg" => (
                has("L", &["follow"]),
                has("u.", &["hidden", "no-ignore", "unrestricted", "no-ignore-vcs"]),
                has("I", &["no-filename"]),
            ),
            "ag" | "ack" => {
                (has("f", &["follow"]), has("ua", &["hidden"]), has("h", &["no-filename"]))
            }
            "cp" | "scp" => {
                if !has("rRa", &["recursive", "archive"]) {
                    return None;
                }
                (has("L", &["dereference"]), true, true)
            }
            "rsync" => {
                if !has("ra", &["recursive", "archive"]) {
                    return None;
                }
                (has("Lk", &["copy-links", "copy-dirlinks", "copy-unsafe-links"]), true, true)
            }
            "tar" | "gtar" | "bsdtar" => {
                let first = arguments.first().map_or("", |word| word.text.as_str());
                let first = if first.starts_with("--") { "" } else { first };
                let letters = first.trim_start_matches('-');
                if !letters.contains(['c', 'r', 'u'])
                    && !has("cru", &["create", "append", "update"])
                {
                    return None;
                }
                (letters.contains('h') || has("h", &["dereference"]), true, true)
            }
            "zip" if has("r", &["recurse-paths"]) => (!has("y", &["symlinks"]), true, true),
            _ if packs(name) => (false, false, true),
            "7z" | "ditto" | "mv" => (false, true, true),
            "diff" if has("r", &["recursive"]) => (!has("", &["no-dereference"]), true, false),
            _ => return None,
        };
        let names = globs(arguments);
        let names = if names.is_empty() && is_silent { vec!["**".to_owned()] } else { names };
        let searches = Searcher::of(name).is_some();
        let reach = Reach::Below { links, all };
        let starts_here = (searches && !is_fed) || packs(name);
        Some(Self { reach, names, links, starts_here })
    }

    /// A word that it goes through.
    pub(super) fn through(&self, shell: &mut Shell<'_>, word: &Word, doing: Doing) {
        reaching(shell, word, doing, &self.reach);
        if word.open.is_some() || word.text.contains(['*', '?', '{']) {
            return;
        }
        for name in &self.names {
            matching(shell, &word.text, name, self.links, doing);
        }
    }

    /// What it goes through if nothing says where.
    pub(super) fn default(&self, shell: &mut Shell<'_>, doing: Doing) {
        if self.starts_here && shell.scope.directory.open.is_none() {
            self.through(shell, &Word::known("."), doing);
        }
    }
}

/// Whether an option is given, by one of its letters or names.
fn has(name: &str, arguments: &[Word], letters: &str, long: &[&str]) -> bool {
    let searcher = Searcher::of(name);
    arguments.iter().take_while(|word| word.text != "--").any(|word| {
        if let Some(option) = word.text.strip_prefix("--") {
            return long.contains(&option);
        }
        let Some(given) = word.text.strip_prefix('-') else { return false };
        let given = searcher.map_or(given, |searcher| searcher.letters(given));
        given.contains(|letter| letters.contains(letter))
    })
}

/// The names that `--include=*.md`, `-g '*.md'` limit a search to, from any directory on.
fn globs(arguments: &[Word]) -> Vec<String> {
    let mut globs = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let given = match text {
            "-g" | "--glob" | "--iglob" | "--include" => {
                words.next().map(|word| word.text.as_str())
            }
            _ => ["--glob=", "--iglob=", "--include=", "-g"]
                .iter()
                .find_map(|option| text.strip_prefix(option)),
        };
        globs.extend(given.into_iter().flat_map(anywhere));
    }
    globs
}

/// The patterns of files that `*.md` or `src/*.md` means to a search. What it leaves out it does not read.
pub(super) fn anywhere(glob: &str) -> Vec<String> {
    if glob.is_empty() || glob.starts_with('!') {
        return Vec::new();
    }
    let patterns = word::unbraced(glob.trim_start_matches("./")).into_iter();
    patterns
        .map(|glob| match glob.strip_prefix('/') {
            Some(rooted) => rooted.to_owned(),
            None if glob.starts_with("**/") => glob,
            None => format!("**/{glob}"),
        })
        .collect()
}

/// `find` and `fd` with the places that they look through, and what they run there.
pub(super) fn find(shell: &mut Shell<'_>, name: &str, arguments: &[Word]) {
    let is_find = name == "find";
    let is_test = |word: &&Word| word.text.starts_with(['-', '(', '!']);
    let runs = |word: &Word| {
        let text = word.text.as_str();
        matches!(text, "-exec" | "-execdir" | "-ok" | "-okdir")
            || (!is_find && matches!(text, "-x" | "-X" | "--exec" | "--exec-batch"))
    };
    let first_run = arguments.iter().position(runs);
    let reads = first_run.is_some() || shell.feeds;
    let own = &arguments[..first_run.unwrap_or(arguments.len())];
    let links = own.iter().any(|word| matches!(word.text.as_str(), "-L" | "-follow" | "--follow"));
    let doing = if reads { Doing::Read } else { Doing::Named };
    let reach = if reads { Reach::Below { links, all: true } } else { Reach::Alone };
    let places: Vec<&Word> = if is_find {
        let starts = own.iter().skip_while(|word| matches!(word.text.as_str(), "-L" | "-H" | "-P"));
        starts.take_while(|word| !is_test(word)).collect()
    } else {
        // The first word of `fd` is what it looks for.
        plain(own).skip(1).collect()
    };
    let here = Word::known(".");
    let places = if places.is_empty() && reads { vec![&here] } else { places };
    let mut names = if reads { names(own) } else { Vec::new() };
    if reads && names.is_empty() {
        names.push("**".to_owned());
    }
    // What runs on a file follows the link that it is.
    let walk = Walk { reach, names, links: true, starts_here: false };
    for place in places {
        if reads {
            walk.through(shell, place, doing);
        } else {
            argument(shell, place, doing);
        }
    }
    let mut rest = &arguments[own.len()..];
    while let Some(at) = rest.iter().position(runs) {
        let inner = &rest[at + 1..];
        let end = inner.iter().position(|word| matches!(word.text.as_str(), ";" | "+" | "\\;"));
        let end = end.unwrap_or(inner.len());
        let words = inner[..end].iter().filter(|word| word.text != "{}").cloned().collect();
        command::run_fed(shell, words);
        rest = &inner[end..];
    }
}

/// The names that `find` looks for; none where something else says as well what it takes.
fn names(tests: &[Word]) -> Vec<String> {
    let mut names = Vec::new();
    for (at, word) in tests.iter().enumerate() {
        let is_not =
            at.checked_sub(1).is_some_and(|at| matches!(tests[at].text.as_str(), "!" | "-not"));
        let name = tests.get(at + 1).map(|name| name.text.as_str());
        match (word.text.as_str(), name) {
            ("-name" | "-iname", Some(name)) if !is_not => names.push(format!("**/{name}")),
            ("-path" | "-wholename" | "-regex" | "-ipath", Some(_)) if !is_not => {
                return Vec::new();
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_through_directories_is_known() {
        let of = |command: &str| {
            let words: Vec<Word> = command.split(' ').map(Word::known).collect();
            let walk = Walk::of(&words[0].text, &words[1..], false)?;
            let Reach::Below { links, all } = walk.reach else { return None };
            Some((links, all, walk.names.join(" ")))
        };
        let walk = |links, all, names: &str| Some((links, all, names.to_owned()));
        assert_eq!(of("grep -rn x ."), walk(false, true, ""));
        assert_eq!(of("grep -Rh x"), walk(true, true, "**"));
        assert_eq!(of("grep --include=*.pem -r x"), walk(false, true, "**/*.pem"));
        assert_eq!(of("rg x"), walk(false, false, ""));
        assert_eq!(
            of("rg -uuL -g src/*.{a,b} x").map(|(links, all, _)| (links, all)),
            Some((true, true))
        );
        assert_eq!(of("tar czf out ."), walk(false, true, "**"));
        assert_eq!(of("tar -chf out ."), walk(true, true, "**"));
        assert_eq!(of("cp -aL a b"), walk(true, true, "**"));
        assert_eq!(of("zip -r out a"), walk(true, true, "**"));
        for none in ["grep x a", "grep -er a", "cp a b", "tar xf a", "cat a", "rsync a b"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
