//! The options of programs that search, as far as they take the word behind them: what follows is told from a
//! pattern only so.

use super::word::Word;

/// A program whose first word is a pattern or a script, unless an option gave it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Searcher {
    programs: &'static [&'static str],
    /// Letters of options that take a value.
    short: &'static str,
    /// Those of them whose value is the pattern or script.
    pattern: &'static str,
    /// Those whose value names a file, or sets a variable to one.
    file: &'static str,
    /// Long options that take a value: those of its kind, and its own.
    shared: &'static [&'static str],
    long: &'static [&'static str],
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing of what follows.
    Nothing,
    /// The next word, which is no file.
    Value,
    /// The next word, which is the pattern or script.
    Pattern,
    /// The next word, which is a file.
    File,
    /// A name and a value.
    Pair,
    /// A name and a file.
    NamedFile,
}

/// Long options that take a value in every grep.
const OF_GREP: &[&str] =
    &["after-context", "before-context", "context", "max-count", "regexp", "file"];

const SEARCHERS: &[Searcher] = &[
    Searcher {
        programs: &["grep", "egrep", "fgrep", "zgrep", "rgrep", "ugrep"],
        short: "ABCmefdD",
        pattern: "e",
        file: "f",
        shared: OF_GREP,
        long: &[
            "label",
            "include",
            "exclude",
            "exclude-dir",
            "exclude-from",
            "devices",
            "directories",
            "binary-files",
        ],
    },
    Searcher {
        programs: &["git-grep"],
        short: "ABCmefO",
        pattern: "e",
        file: "f",
        shared: OF_GREP,
        long: &["max-depth", "threads", "open-files-in-pager"],
    },
    Searcher {
        programs: &["rg"],
        short: "ABCEMdefgjmrtT",
        pattern: "e",
        file: "f",
        shared: OF_GREP,
        long: &[
            "glob",
            "iglob",
            "type",
            "type-not",
            "type-add",
            "type-clear",
            "replace",
            "max-depth",
            "max-columns",
            "max-filesize",
            "sort",
            "sortr",
            "encoding",
            "threads",
            "color",
            "colors",
            "pre",
            "pre-glob",
            "engine",
            "ignore-file",
            "context-separator",
            "path-separator",
            "dfa-size-limit",
            "regex-size-limit",
        ],
    },
    Searcher {
        programs: &["ag", "ack"],
        short: "ABCGmp",
        pattern: "",
        file: "",
        shared: &[],
        long: &[
            "after",
            "before",
            "context",
            "depth",
            "max-count",
            "ignore",
            "ignore-dir",
            "match",
            "type",
        ],
    },
    Searcher {
        programs: &["sed", "gsed"],
        short: "efl",
        pattern: "e",
        file: "f",
        shared: &[],
        long: &["expression", "file", "line-length"],
    },
    Searcher {
        programs: &["awk", "gawk", "mawk"],
        short: "Ffve",
        pattern: "e",
        file: "fv",
        shared: &[],
        long: &["field-separator", "file", "assign", "source"],
    },
    Searcher {
        programs: &["jq", "yq"],
        short: "fL",
        pattern: "",
        file: "fL",
        shared: &[],
        long: &["indent", "from-file", "arg", "argjson", "slurpfile", "rawfile", "argfile"],
    },
    Searcher { programs: &["tr"], short: "", pattern: "", file: "", shared: &[], long: &[] },
];

impl Searcher {
    /// The one of this name.
    pub(super) fn of(program: &str) -> Option<&'static Self> {
        SEARCHERS.iter().find(|searcher| searcher.programs.contains(&program))
    }

    /// What an option takes of the words behind it.
    pub(super) fn takes(&self, option: &str) -> Takes {
        if let Some(name) = option.strip_prefix("--") {
            return match name {
                _ if name.contains('=') || !self.takes_value(name) => Takes::Nothing,
                "regexp" | "expression" | "source" | "match" => Takes::Pattern,
                "file" | "from-file" | "assign" | "exclude-from" | "ignore-file" => Takes::File,
                "arg" | "argjson" => Takes::Pair,
                "slurpfile" | "rawfile" | "argfile" => Takes::NamedFile,
                _ => Takes::Value,
            };
        }
        // Of letters in a row only the last can take the next word: the rest of one that takes a value is its value.
        let letters = option.trim_start_matches('-');
        match letters.char_indices().find(|(_, letter)| self.short.contains(*letter)) {
            Some((at, letter)) if at + letter.len_utf8() == letters.len() => {
                match (self.pattern.contains(letter), self.file.contains(letter)) {
                    (true, _) => Takes::Pattern,
                    (_, true) => Takes::File,
                    _ => Takes::Value,
                }
            }
            _ => Takes::Nothing,
        }
    }

    fn takes_value(&self, name: &str) -> bool {
        self.shared.contains(&name) || self.long.contains(&name)
    }

    /// The letters of a short option that stand before the value of one of them.
    pub(super) fn letters<'o>(&self, letters: &'o str) -> &'o str {
        let end = letters.find(|letter| self.short.contains(letter));
        &letters[..end.unwrap_or(letters.len())]
    }

    /// Whether an option gives the pattern or script, or says that there is none.
    pub(super) fn gives_pattern(&self, option: &str) -> bool {
        let Some(name) = option.strip_prefix("--") else {
            let Some(letters) = option.strip_prefix('-') else { return false };
            let first = letters.chars().find(|letter| self.short.contains(*letter));
            let is_file = |letter: char| letter == 'f' && self.file.contains('f');
            return first.is_some_and(|letter| self.pattern.contains(letter) || is_file(letter));
        };
        let name = name.split('=').next().unwrap_or(name);
        matches!(
            name,
            "regexp"
                | "expression"
                | "source"
                | "match"
                | "file"
                | "from-file"
                | "files"
                | "type-list"
        )
    }
}

/// Options of programs that write for somebody, whose value is text.
const TEXTS: &[(&[&str], &[&str])] = &[
    (
        &["gh", "glab", "hg", "jj", "bd", "linear", "svn", "cz"],
        &[
            "-m",
            "--message",
            "--body",
            "-b",
            "--title",
            "-t",
            "--notes",
            "-n",
            "--description",
            "-d",
            "-H",
            "--header",
            "--subject",
            "--author",
            "--format",
            "--jq",
            "-q",
        ],
    ),
    (
        &["curl", "http", "wget"],
        &["-H", "--header", "-A", "--user-agent", "-e", "--referer", "-u", "--user", "-X", "-w"],
    ),
];

/// Options whose value is left out, by whatever program: who says what not to look at does not look at it. Those that
/// name a file with such patterns are none of them.
const LEFT_OUT: &[&str] = &[
    "exclude",
    "exclude-dir",
    "exclude-dirs",
    "exclude-glob",
    "exclude-path",
    "exclude-pattern",
    "excludeDirectories",
    "excludeFiles",
    "extend-exclude",
    "force-exclude",
    "ignore",
    "ignore-dir",
    "ignore-glob",
    "ignore-pattern",
    "ignore-patterns",
    "deselect",
    "omit",
    "skip-dirs",
    "skip-files",
    "testPathIgnorePatterns",
    "watchPathIgnorePatterns",
    "modulePathIgnorePatterns",
    "coveragePathIgnorePatterns",
];

/// What an option leaves out: nothing, the value behind its `=`, or the word behind it.
pub(super) fn leaves_out(program: &str, option: &str) -> Option<Takes> {
    if !option.starts_with("--") {
        let takes =
            matches!((program, option), ("tree", "-I") | ("zip", "-x") | ("watchexec", "-i"));
        return takes.then_some(Takes::Value);
    }
    let (name, takes) = match option.split_once('=') {
        Some((name, _)) => (name, Takes::Nothing),
        None => (option, Takes::Value),
    };
    LEFT_OUT.contains(&&name[2..]).then_some(takes)
}

/// Whether the value of an option is somebody's text.
pub(super) fn is_text(program: &str, option: &str) -> bool {
    let option = option.split_once('=').map_or(option, |(option, _)| option);
    let is_its = |(programs, _): &&(&[&str], &[&str])| programs.contains(&program);
    TEXTS.iter().find(is_its).is_some_and(|(_, options)| options.contains(&option))
}

/// Whether the first word is tar's options without a dash: `czf`.
pub(super) fn is_bundle(program: &str, arguments: &[Word]) -> bool {
    let is_letters = |word: &Word| word.text.bytes().all(|byte| byte.is_ascii_alphabetic());
    matches!(program, "tar" | "gtar" | "bsdtar") && arguments.first().is_some_and(is_letters)
}

/// What an option of a command of git takes.
pub(super) fn of_git(command: &str, option: &str) -> Takes {
    let writes = matches!(
        command,
        "commit" | "tag" | "merge" | "notes" | "stash" | "revert" | "cherry-pick" | "am"
    );
    match option {
        // `-am`, `-sqm`; what stands behind the letter is the text itself.
        _ if writes && is_bundled(option, 'm') => {
            if option.ends_with('m') {
                Takes::Value
            } else {
                Takes::Pair
            }
        }
        _ if writes && is_bundled(option, 'F') && option.ends_with('F') => Takes::File,
        "-m" | "--message" if writes => Takes::Value,
        "-F" | "--file" if writes || command == "config" => Takes::File,
        "--author" | "--format" | "--pretty" | "--date" | "--since" | "--until" | "--grep" => {
            Takes::Value
        }
        "-n" if matches!(command, "log" | "diff" | "show") => Takes::Value,
        _ => Takes::Nothing,
    }
}

/// Whether options of one letter stand together up to this one, which takes a value.
fn is_bundled(option: &str, letter: char) -> bool {
    let Some((before, _)) = option.strip_prefix('-').and_then(|it| it.split_once(letter)) else {
        return false;
    };
    !option.starts_with("--") && before.chars().all(|c| "aesvqnpzio".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_or_only_said_is_no_place() {
        use super::super::named::mentions;
        let names =
            |command: &str| mentions(command).iter().any(|mention| mention.path.contains("../p"));
        for command in [
            "grep -rn x . --exclude=../p",
            "grep -rn x --exclude-dir=../p src",
            "npx eslint . --ignore-pattern ../p",
            "rsync -a --exclude ../p ./ out/",
            "tar czf a.tgz --exclude=../p src",
            "tree -I '../p'",
            "npx jest --testPathIgnorePatterns=../p src",
            "pytest --ignore=../p",
            "pytest --deselect ../p/test_a.py",
            "git ls-files --exclude=../p",
            "git commit -am 'see ../p/x'",
            "git commit -sm 'see ../p/x'",
            "git commit -m'see ../p/x'",
            "git tag -am 'see ../p/x' v1",
            "gh release create v1 -n 'see ../p/x'",
            "gh release create v1 --notes='../p/x'",
            "gh pr create --fill --body='../p/x'",
            "svn commit -m '../p/x'",
            "bd create 'look at ../p/x'",
            "logger 'moved ../p/x'",
            "notify-send done '../p/x'",
            "figlet ../p",
            "yq -i '.a=\"../p\"' x.yml",
            "awk '{gsub(\"../p\",\"x\")}1' a.rs",
            "python3 -c \"s=s.replace('a', '../p/x')\"",
            "node -e \"fs.writeFileSync('a',fs.readFileSync('a','utf8').replaceAll('x','../p/x'))\"",
        ] {
            assert!(!names(command), "{command}");
        }
        for command in [
            "grep -rn x --exclude-from=../p/x .",
            "pytest --ignore=a ../p",
            "npx eslint --ignore-pattern a ../p",
            "git commit -F ../p/x",
            "git commit -aF ../p/x",
            "gh release create v1 -F ../p/x",
            "logger -f ../p/x",
            "yq 'load(\"../p/x\")' a.yml",
            "awk '{while((getline l < \"../p/x\")>0) print l}' a",
            "python3 -c \"open(s.replace('a', '../p/x')).read()\"",
            "open -a Preview ../p/x",
            "tree ../p",
            "zip -r a.zip ../p -x a",
        ] {
            assert!(names(command), "{command}");
        }
    }

    #[test]
    fn an_option_takes_what_its_program_says() {
        let takes = |program: &str, option: &str| {
            Searcher::of(program).map(|searcher| searcher.takes(option))
        };
        assert_eq!(takes("grep", "-v"), Some(Takes::Nothing));
        assert_eq!(takes("grep", "-rnA"), Some(Takes::Value));
        assert_eq!(takes("grep", "-A3"), Some(Takes::Nothing));
        assert_eq!(takes("grep", "-ie"), Some(Takes::Pattern));
        assert_eq!(takes("grep", "--file"), Some(Takes::File));
        assert_eq!(takes("rg", "-F"), Some(Takes::Nothing));
        assert_eq!(takes("awk", "-F"), Some(Takes::Value));
        assert_eq!(takes("jq", "-C"), Some(Takes::Nothing));
        assert_eq!(takes("jq", "--slurpfile"), Some(Takes::NamedFile));
        assert_eq!(takes("cat", "-n"), None);
        assert_eq!(of_git("commit", "-m"), Takes::Value);
        assert_eq!(of_git("diff", "-b"), Takes::Nothing);
        assert!(is_text("curl", "-H") && !is_text("curl", "-d") && !is_text("cat", "-H"));
        let gives = |option: &str| Searcher::of("grep").is_some_and(|s| s.gives_pattern(option));
        assert!(gives("-ea") && gives("--regexp=a") && gives("-f") && !gives("-v") && !gives("a"));
    }
}
