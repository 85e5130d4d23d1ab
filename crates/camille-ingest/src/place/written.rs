//! Texts that a session wrote to files, as far as they name places: what was only written read nothing, and once the
//! file runs it is code like any other. Remembered are the places alone, and of so many files at most.

use super::argument::script;
use super::shell::Shell;
use super::word::Word;
use super::{Doing, Mention, Mentions, ROOT, Reach, code, is_rooted, said};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Files that are remembered; one more, and the one that was written first is forgotten.
const FILES_MAX: usize = 64;
/// Places remembered of one file.
const PLACES_MAX: usize = 32;
/// Of a longer text so much is looked at.
const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Names of files that nothing runs.
const PROSE: &[&str] = &[
    "md", "mdx", "markdown", "rst", "adoc", "html", "htm", "css", "scss", "svg", "csv", "tsv",
    "lock", "log", "snap", "diff", "patch", "xml", "po", "jsonl", "ndjson",
];
/// Names of files that are run or read by their own name alone.
const LISTS: &[&str] = &["txt", "lst", "list", "json", "sql", "conf", "cfg", "ini", "env", "tex"];
/// Names of files in which a path goes from where they lie.
const MANIFESTS: &[&str] = &["toml", "json", "mod", "yml", "yaml", "c", "h", "cc", "cpp", "hpp"];
/// Signs that code asks where it lies itself.
const ITSELF: &[&str] = &[
    "__file__",
    "__dirname",
    "__DIR__",
    "import.meta",
    "dirname \"$0\"",
    "dirname $0",
    "dirname -- \"$0\"",
    "BASH_SOURCE",
    "CARGO_MANIFEST_DIR",
    "PSScriptRoot",
];
/// Files of JSON that a tool of the project goes by.
const BUILDS: &[&str] = &[
    "package.json",
    "composer.json",
    "deno.json",
    "compose.json",
    "devcontainer.json",
    "angular.json",
    "project.json",
    "nx.json",
    "turbo.json",
    "lerna.json",
    "tasks.json",
    "launch.json",
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
];
/// Where hooks lie that git runs.
const HOOKS: &[&str] = &[".git/hooks", ".husky", ".githooks"];
/// Settings of an agent, whose hooks run whatever is done next.
const SETTINGS: &[&str] = &["settings.json", "settings.local.json", "hooks.json"];
/// Names of files that hold commands of a shell.
const SHELLS: &[&str] = &["sh", "bash", "zsh", "ksh", "command", "bats"];

/// What a call wrote to files and what it ran, beside the places that it names.
#[derive(Debug, Default, Clone)]
pub(crate) struct Scripts {
    written: Vec<Written>,
    /// From where to where files were copied.
    copied: Vec<(String, String)>,
    /// Whether also what is no script is asked for.
    pub(super) takes_all_copies: bool,
    ran: Vec<Ran>,
}

/// A text in a file.
#[derive(Debug, Clone)]
struct Written {
    path: String,
    /// Whether that is all there is in it.
    is_whole: bool,
    from_itself: bool,
    places: Mentions,
}

/// What ran.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ran {
    /// A file, or a directory.
    path: String,
    /// Where it ran.
    directory: String,
    /// Whether it is all that was written below.
    is_below: bool,
    /// Whether of that only what sets a tool up: what looks at files reads others by it.
    only_setup: bool,
}

impl Scripts {
    /// A text was written to a file.
    pub(super) fn wrote(&mut self, path: &str, text: &str, is_whole: bool) {
        let places = places(path, text);
        let in_agents = path.contains(".claude/") || path.contains(".codex/");
        if in_agents && SETTINGS.contains(&name(path)) && text.contains("hooks") {
            self.push(path, ".", false, false);
        }
        if is_whole || !places.is_empty() {
            let is_manifest = MANIFESTS.contains(&extension(name(path))) && !in_agents;
            let from_itself = is_manifest || ITSELF.iter().any(|sign| text.contains(sign));
            self.written.push(Written { path: path.to_owned(), is_whole, from_itself, places });
        }
    }

    /// A file was copied or moved, to another name or into a directory.
    pub(super) fn copied(&mut self, from: &str, to: &str) {
        if self.copied.len() < PLACES_MAX || self.takes_all_copies {
            self.copied.push((from.to_owned(), to.to_owned()));
        }
    }

    /// From where to where files were copied.
    pub(super) fn into_copied(self) -> Vec<(String, String)> {
        self.copied
    }

    /// A file ran, or was read for what it says to do.
    pub(super) fn ran(&mut self, path: &str, directory: &str) {
        self.push(path, directory, false, false);
    }

    /// A program ran that may run what lies below a directory. `only_looks`: at the form of what lies there.
    pub(super) fn ran_below(&mut self, directory: &str, only_looks: bool) {
        self.push(directory, directory, true, only_looks);
    }

    /// A command of git ran that may run hooks of the repository at a directory.
    pub(super) fn ran_hooks(&mut self, directory: &str) {
        for hooks in HOOKS {
            self.push(&format!("{directory}/{hooks}"), directory, true, false);
        }
    }

    fn push(&mut self, path: &str, directory: &str, is_below: bool, only_setup: bool) {
        let (path, directory) = (path.to_owned(), directory.to_owned());
        let ran = Ran { path, directory, is_below, only_setup };
        if self.ran.len() < PLACES_MAX && !self.ran.contains(&ran) {
            self.ran.push(ran);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.written.is_empty() && self.ran.is_empty() && self.copied.is_empty()
    }
}

/// What the sessions of a transcript wrote, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Writings(VecDeque<File>);

/// A file, and the places that what was written to it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct File {
    path: String,
    /// Whether its paths go from where it lies, wherever it runs.
    #[serde(default)]
    from_itself: bool,
    places: Vec<Mention>,
}

impl Writings {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in what a call in `cwd` wrote, and gives the places that are named by what it ran. `keep`: places as they
    /// may be kept.
    pub(crate) fn follow(
        &mut self,
        scripts: Scripts,
        cwd: Option<&str>,
        mut keep: impl FnMut(Mentions) -> Vec<Mention>,
    ) -> Vec<Mention> {
        for written in scripts.written {
            let Some(path) = absolute(&written.path, cwd) else { continue };
            let mut places = keep(written.places);
            // What leads furthest counts first.
            places.sort_by_key(|place| !is_rooted(&place.path));
            self.wrote(path, places, written.from_itself, written.is_whole);
        }
        for (from, to) in &scripts.copied {
            let (Some(from), Some(to)) = (absolute(from, cwd), absolute(to, cwd)) else { continue };
            let known = self.0.iter().find(|file| file.path == from);
            let Some(File { places, from_itself, .. }) = known.cloned() else { continue };
            self.wrote(format!("{to}/{}", name(&from)), places.clone(), from_itself, true);
            self.wrote(to, places, from_itself, true);
        }
        let mut found = Vec::new();
        // Most calls run something, and in most sessions nothing was written that leads anywhere.
        if self.0.is_empty() {
            return found;
        }
        for ran in scripts.ran {
            let Some(path) = absolute(&ran.path, cwd) else { continue };
            for file in &self.0 {
                let is_it = match ran.is_below {
                    true => file.runs_below(&path, ran.only_setup),
                    false => file.path == path,
                };
                if is_it {
                    file.named(&ran, &mut found);
                }
            }
        }
        found
    }

    fn wrote(&mut self, path: String, places: Vec<Mention>, from_itself: bool, is_whole: bool) {
        let at = self.0.iter().position(|file| file.path == path);
        let known = at.and_then(|at| self.0.remove(at)).filter(|_| !is_whole);
        let mut file = known.unwrap_or(File { path, from_itself, places: Vec::new() });
        file.from_itself &= from_itself;
        for place in places {
            if file.places.len() < PLACES_MAX && !file.places.contains(&place) {
                file.places.push(place);
            }
        }
        if !file.places.is_empty() {
            self.0.truncate(FILES_MAX - 1);
            self.0.push_front(file);
        }
    }
}

impl File {
    /// Whether a tool that works on a directory may run it.
    fn runs_below(&self, directory: &str, only_setup: bool) -> bool {
        let is_in = self.path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
        let name = name(&self.path);
        is_in
            && (sets_up(name)
                || (!only_setup && (BUILDS.contains(&name) || !LISTS.contains(&extension(name)))))
    }

    /// The places that it names: from where it runs, and from where it lies.
    fn named(&self, ran: &Ran, found: &mut Vec<Mention>) {
        let end = self.path.rfind('/').unwrap_or(0);
        let beside = &self.path[..end];
        for place in &self.places {
            // The directory above is where one goes from.
            let is_above = place.path.split('/').all(|part| matches!(part, "." | ".." | ""));
            if is_above && place.reach == Reach::Alone && place.doing == Doing::Read {
                continue;
            }
            // A name of which no directory is said may be anything to a tool that runs more than this.
            if ran.is_below && !place.path.contains('/') && place.path != ".." {
                continue;
            }
            let is_own = is_rooted(&place.path) && !place.path.starts_with("..");
            if is_own || place.unknown.is_some() || place.path.contains("://") {
                push(found, place.clone());
                continue;
            }
            for directory in [beside, ran.directory.as_str()] {
                let is_here = directory != beside;
                if is_here && self.from_itself {
                    continue;
                }
                let path = Word::known(&place.path).within(&Word::known(directory)).text;
                push(found, Mention { path, ..place.clone() });
            }
        }
    }
}

fn push(found: &mut Vec<Mention>, mention: Mention) {
    if !found.contains(&mention) {
        found.push(mention);
    }
}

/// The places that a text in a file names. Each counts where something stands there.
fn places(path: &str, text: &str) -> Mentions {
    let mut into = Mentions::default();
    let name = name(path);
    let extension = extension(name);
    if PROSE.contains(&extension) || said::is_ignore_list(name) {
        return into;
    }
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let plain = said::without_comments(&text[..end], extension);
    let text = plain.as_ref();
    let is_shell = SHELLS.contains(&extension)
        || text.lines().next().is_some_and(|first| first.starts_with("#!") && first.contains("sh"));
    let is_list = matches!(extension, "txt" | "lst" | "list" | "");
    let recipes = || -> String {
        let recipes = text.lines().filter(|line| line.starts_with(['\t', ' ']));
        recipes
            .map(|line| format!("{}\n", line.trim_start().trim_start_matches(['@', '-', '+'])))
            .collect()
    };
    let mut shell = Shell::new(None, &mut into);
    if is_shell {
        shell.script(text);
    } else if is_build_of_commands(name) {
        shell.script(&recipes());
    } else if name == "package.json" {
        code::quoted(text, |quoted| {
            if quoted.contains(' ') {
                shell.script(quoted);
            }
        });
    } else if is_list {
        script(&mut shell, text, Doing::Read);
    }
    code::read(text, Doing::Read, &Word::default(), &mut into);
    let mut places = Mentions::default();
    for mention in into.into_list() {
        // An address stands nowhere, and what a variable holds in what is no script of a shell is not asked.
        let is_fetched = mention.foreign && mention.path.contains(':');
        if mention.unknown.is_some() && !is_shell {
            continue;
        }
        // `../p/src/**/*` stands where its directory does.
        let end = mention.path.find('*').map(|star| mention.path[..star].rfind('/').unwrap_or(0));
        let path = end.map_or(mention.path.clone(), |end| mention.path[..end].to_owned());
        if path.is_empty() {
            continue;
        }
        let mention = Mention { path, ..mention };
        let guess = mention.unknown.is_none() && !is_fetched && !mention.path.starts_with(ROOT);
        places.insert(Mention { guess, ..mention });
    }
    places
}

/// Whether a file sets a tool up by its name: `tsconfig.json`, `eslint.config.js`, `.eslintrc`.
fn sets_up(name: &str) -> bool {
    let is_json = matches!(extension(name), "json" | "jsonc");
    (is_json && (name.starts_with("tsconfig") || name.starts_with("jsconfig")))
        || name.contains(".config.")
        || (name.starts_with('.') && name.split('.').nth(1).is_some_and(|it| it.ends_with("rc")))
}

/// `Makefile`, `justfile`, `Taskfile` …
fn is_build_of_commands(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["makefile", "gnumakefile", "justfile", "rakefile", "dockerfile", "procfile"]
        .iter()
        .any(|build| name.starts_with(build))
        || name.ends_with(".mk")
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What stands behind the last dot of a name; nothing, if it begins with that.
fn extension(name: &str) -> &str {
    name.rsplit_once('.').filter(|(before, _)| !before.is_empty()).map_or("", |(_, behind)| behind)
}

/// A path from the root or the home, without `.` and `..`; `None`: nothing says where it goes from.
fn absolute(path: &str, cwd: Option<&str>) -> Option<String> {
    let is_own = path.starts_with(['/', '~']) || super::is_drive(path);
    let joined = match (is_own, cwd) {
        (true, _) => path.to_owned(),
        (false, Some(cwd)) => format!("{cwd}/{}", path.strip_prefix(ROOT).unwrap_or(path)),
        (false, None) => path.to_owned(),
    };
    let joined =
        joined.strip_prefix("/private/tmp/").map_or(joined.clone(), |rest| format!("/tmp/{rest}"));
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.len() > 1 => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/")).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::input::of_input;
    use super::*;
    use serde_json::json;

    /// What calls of a session in `/w/s` name by what they ran, after all that they wrote.
    fn follow(calls: &[(&str, serde_json::Value)]) -> Vec<String> {
        let mut writings = Writings::default();
        let mut named = Vec::new();
        for (tool, input) in calls {
            let mut into = Mentions::default();
            of_input(tool, &input.to_string(), &mut into);
            let scripts = into.take_scripts();
            let found = writings.follow(scripts, Some("/w/s"), Mentions::into_list);
            named.extend(found.into_iter().map(|place| place.path));
            // What is remembered outlives a run.
            let text = serde_json::to_string(&writings).expect("writes");
            writings = serde_json::from_str(&text).expect("reads");
        }
        named
    }

    fn bash(command: &str) -> (&'static str, serde_json::Value) {
        ("Bash", json!({ "command": command }))
    }

    fn write(path: &str, content: &str) -> (&'static str, serde_json::Value) {
        ("Write", json!({ "file_path": path, "content": content }))
    }

    fn names(named: &[String], path: &str) -> bool {
        named.iter().any(|name| absolute(name, Some("/w/s")).as_deref() == Some(path))
    }

    #[test]
    fn what_was_written_is_code_once_it_runs() {
        let py = "print(open('../p/x').read())";
        let sh = "#!/bin/sh\ncat ../p/x\n";
        for (written, ran) in [
            (write("/w/s/a.py", py), "python3 a.py"),
            (write("/w/s/a.py", py), "python3 ./a.py | head"),
            (write("/w/s/a.py", py), "uv run a.py"),
            (write("/w/s/a.py", py), "timeout 5 python3 -u /w/s/a.py"),
            (write("/w/s/a.py", py), "python3 a.py --check -n 3"),
            (write("/w/s/a.sh", sh), "./a.sh black"),
            (write("/w/s/a.py", py), "cat a.py | python3"),
            (write("/w/s/a.py", py), "python3 < a.py"),
            (write("/w/s/a.py", py), "python3 -c 'import a'"),
            (write("/w/s/a.py", py), "python3 -m a"),
            (write("/w/s/tests/test_a.py", py), "pytest -q"),
            (write("/tmp/a.py", "open('/w/p/x')"), "python3 /tmp/a.py"),
            (write("/tmp/a.py", "open('/w/p/x')"), "cd /tmp && python3 a.py"),
            (write("/w/s/a.sh", sh), "./a.sh"),
            (write("/w/s/a.sh", sh), "chmod +x a.sh && ./a.sh"),
            (write("/w/s/a.sh", sh), "bash a.sh arg"),
            (write("/w/s/a.sh", sh), "source a.sh"),
            (write("/w/s/a.sh", sh), "sh -x ./a.sh 2>&1 | tail -3"),
            (write("/w/s/a.sh", sh), "nohup ./a.sh &"),
            (write("/w/s/a.sh", sh), "time bash -eu a.sh"),
            (write("/w/s/a.sh", sh), "make all"),
            (write("/w/s/Makefile", "all:\n\t@cat ../p/x\n"), "make"),
            (write("/w/s/justfile", "all:\n  cat ../p/x\n"), "just all"),
            (write("/w/s/package.json", r#"{"scripts":{"a":"cat ../p/x"}}"#), "npm run a"),
            (write("/w/s/package.json", r#"{"dependencies":{"p":"file:../p/x"}}"#), "npm install"),
            (write("/w/s/Cargo.toml", "[dependencies]\np = { path = \"../p/x\" }"), "cargo test"),
            (write("/w/s/go.mod", "replace a => ../p/x"), "go run ."),
            (write("/w/s/src/m.rs", "include_str!(\"../../p/x\");"), "cargo run"),
            (write("/w/s/src/m.ts", "import x from '../../p/x'"), "npx tsx src/m.ts"),
            (write("/w/s/compose.yml", "volumes:\n - ../p/x:/d"), "docker compose up -d"),
            (
                write("/w/s/compose.yml", "volumes:\n - ../p/x:/d"),
                "docker compose -f compose.yml run a",
            ),
            (write("/w/s/q.sql", "COPY t FROM '../p/x'"), "psql -f q.sql"),
            (write("/w/s/q.sql", "COPY t FROM '../p/x'"), "duckdb < q.sql"),
            (write("/w/s/q.sql", ".import ../p/x t"), "sqlite3 a.db '.read q.sql'"),
            (write("/w/s/l.txt", "../p/x\n"), "xargs cat < l.txt"),
            (write("/w/s/l.txt", "../p/x\n"), "cat l.txt | xargs cat"),
            (write("/w/s/l.txt", "../p/x\n"), "while read f; do cat $f; done < l.txt"),
            (write("/w/s/l.txt", "../p/x\n"), "rsync --files-from=l.txt . b"),
            (write("/w/s/l.txt", "../p/x\n"), "tar -T l.txt -cf a.tar"),
            (write("/w/s/l.txt", "../p/x\n"), "xargs -a l.txt cat"),
            (write("/w/s/l.txt", "../p/x\n"), "cat $(cat l.txt)"),
            (write("/w/s/l.txt", "../p/x\n"), "for f in `cat l.txt`; do cat $f; done"),
            (write("/w/s/c", "url = \"file:///w/p/x\""), "curl -K c"),
            (write("/w/s/tsconfig.json", r#"{"include":["../p/x/**/*"]}"#), "npx tsc -p ."),
            (write("/w/s/eslint.config.js", "import x from '../p/x'"), "npx eslint ."),
            (write("/w/s/jest.config.json", r#"{"roots":["../p/x"]}"#), "npx jest"),
            (write("/w/s/pytest.ini", "testpaths = ../p/x"), "pytest"),
            (write("/w/s/a.tex", "\\input{../p/x}"), "pdflatex a.tex"),
            (write("/w/s/.git/hooks/pre-commit", sh), "git commit -m a"),
            (write("/w/s/.husky/pre-push", sh), "git push"),
            (write("/w/s/a.awk", "BEGIN{getline l < \"../p/x\"}"), "awk -f a.awk"),
            (write("/w/s/main.tf", "data = file(\"../p/x\")"), "terraform plan"),
            (write("/w/s/a.sh", sh), "mv a.sh b && ./b"),
            (write("/w/s/a.sh", sh), "install -m 755 a.sh bin/ && bin/a.sh"),
            (bash("cat > a.sh <<'E'\ncat ../p/x\nE"), "sh a.sh"),
            (bash("cat <<'E' > a.sh\ncat ../p/x\nE"), "sh a.sh"),
            (bash("cat > a.py <<E\nopen('../p/x')\nE"), "python3 a.py"),
            (bash("tee a.py <<E\nopen('../p/x')\nE"), "python3 a.py"),
            (bash("echo 'cat ../p/x' > a.sh"), "sh a.sh"),
            (bash("echo \"cat ../p/x\" >> a.sh"), "sh a.sh"),
            (bash("printf '#!/bin/sh\\ncat ../p/x\\n' > a.sh"), "./a.sh"),
            (bash("echo 'cat ../p/x' | tee a.sh"), "./a.sh"),
            (bash("cat <<< 'cat ../p/x' > a.sh"), "./a.sh"),
            (
                ("Edit", json!({"file_path": "/w/s/a.py", "old_string": "", "new_string": py})),
                "python3 a.py",
            ),
            (
                (
                    "MultiEdit",
                    json!({"file_path": "/w/s/a.py", "edits": [{"old_string": "", "new_string": py}]}),
                ),
                "python3 a.py",
            ),
            (("mcp__fs__write_file", json!({"path": "/w/s/a.py", "content": py})), "python3 a.py"),
            (
                (
                    "apply_patch",
                    json!({"input": "*** Begin Patch\n*** Add File: a.py\n+open('../p/x')\n*** End Patch"}),
                ),
                "python3 a.py",
            ),
            (
                bash(
                    "apply_patch <<'E'\n*** Begin Patch\n*** Update File: a.py\n@@\n-a\n+open('../p/x')\n*** End Patch\nE",
                ),
                "python3 a.py",
            ),
        ] {
            let named = follow(&[written.clone(), bash(ran)]);
            assert!(names(&named, "/w/p/x"), "{written:?} {ran}: {named:?}");
            assert_eq!(follow(std::slice::from_ref(&written)), [""; 0], "{written:?}");
        }
        for both in [
            "cat > a.sh <<'E'\ncat ../p/x\nE\nsh a.sh",
            "echo 'cat ../p/x' > /tmp/a.sh && bash /tmp/a.sh",
        ] {
            assert!(names(&follow(&[bash(both)]), "/w/p/x"), "{both}");
        }
    }

    #[test]
    fn a_hook_of_the_agents_runs_whatever_is_done_next() {
        let hook = r#"{"hooks":{"Stop":[{"hooks":[{"command":"cat ../p/x"}]}]}}"#;
        for settings in [".claude/settings.json", ".claude/settings.local.json"] {
            let named = follow(&[write(&format!("/w/s/{settings}"), hook)]);
            assert!(names(&named, "/w/p/x"), "{settings}: {named:?}");
        }
    }

    #[test]
    fn what_is_only_looked_at_does_nothing() {
        let sh = "#!/bin/sh\ncat ../p/x\n";
        for (written, looked) in [
            (write("/w/s/a.sh", sh), "cat a.sh"),
            (write("/w/s/a.sh", sh), "git add a.sh && git commit -m 'adds it'"),
            (write("/w/s/a.sh", sh), "chmod +x a.sh; ls -l a.sh; wc -l a.sh"),
            (write("/w/s/a.sh", sh), "shellcheck a.sh"),
            (write("/w/s/a.sh", sh), "bash -n a.sh"),
            (write("/w/s/a.ts", "import x from '../p/x'"), "npx prettier --write a.ts"),
            (write("/w/s/a.ts", "import x from '../p/x'"), "pnpm exec eslint ."),
            (write("/w/s/a.py", "open('../p/x')"), "python3 -m black ."),
            (write("/w/s/a.rs", "include_str!(\"../p/x\")"), "cargo fmt"),
            (write("/w/s/l.txt", "../p/x"), "cargo test"),
            (write("/w/s/README.md", "see `../p/x`"), "npm test"),
            (write("/w/t/a.py", "open('../p/x')"), "python3 b.py"),
            (write("/w/s/a.py", "# like ../p/x\nb()"), "pytest"),
            (write("/w/s/a.ts", "/**\n * See ../p/x\n */\nb()"), "npx vitest"),
            (write("/w/s/t.py", "assert norm('../p/x') == 'y'"), "pytest"),
            (write("/w/s/.dockerignore", "../p/x"), "docker build ."),
            (write("/w/s/t/f.jsonl", r#"{"path":"/w/p/x"}"#), "cargo test"),
            (write("/w/s/a.tex", "\\input{../p/x}"), "make"),
        ] {
            assert_eq!(follow(&[written.clone(), bash(looked)]), [""; 0], "{written:?} {looked}");
        }
        // From where it lies it goes to its own.
        for text in
            ["x = join(dirname(__file__), '..', 'p', 'x')", "open(join(__dirname, '../p/x'))"]
        {
            let named = follow(&[write("/w/s/t/a.py", text), bash("python3 t/a.py")]);
            assert!(named.iter().all(|path| path.starts_with("/w/s/t/")), "{text}: {named:?}");
        }
        let rewritten = [write("/w/s/a.sh", sh), write("/w/s/a.sh", "ls"), bash("sh a.sh")];
        assert_eq!(follow(&rewritten), [""; 0], "what it was before");
    }

    #[test]
    fn so_much_is_remembered_and_no_more() {
        let mut calls: Vec<_> = (0..3 * FILES_MAX)
            .map(|number| write(&format!("/w/s/{number}.py"), &format!("open('../p/{number}')")))
            .collect();
        let many: Vec<String> =
            (0..3 * PLACES_MAX).map(|number| format!("'../q/{number}'")).collect();
        calls.push(write("/w/s/many.py", &many.join("\n")));
        calls.push(bash("make"));
        let named = follow(&calls);
        assert!(named.len() <= 2 * (FILES_MAX + PLACES_MAX), "{}", named.len());
        assert!(names(&named, "/w/p/191") && names(&named, "/w/q/0"));
    }
}
