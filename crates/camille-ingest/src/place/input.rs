//! Paths in what a tool was called with: in members that are named for it, in lists of them, and in every text
//! that can be nothing but a path.

use super::word::{self, Word, is_relative};
use super::{Doing, Mention, Mentions, Reach, code, forge, is_rooted, patch, said, shell, url};
use serde_json::Value;
use std::borrow::Cow;

/// Members that hold paths, whatever they look like.
const PATHS: &[&str] = &[
    "path",
    "paths",
    "file",
    "files",
    "file_path",
    "file_paths",
    "filepath",
    "filepaths",
    "filename",
    "filenames",
    "notebook_path",
    "absolute_path",
    "absolutepath",
    "target_file",
    "target_path",
    "relative_path",
    "old_path",
    "new_path",
    "source_path",
    "destination_path",
    "source",
    "destination",
    "src",
    "dst",
    "image_path",
    "output_path",
    "input_path",
    "relative_workspace_path",
    "base_path",
    "repo_path",
    "database",
    "db_path",
    "log_path",
    "project_path",
    "local_path",
    "save_path",
    "attachments",
];

/// Members that hold directories which something is done in.
const DIRECTORIES: &[&str] = &[
    "workdir",
    "cwd",
    "working_directory",
    "workingdirectory",
    "work_dir",
    "dir",
    "dir_path",
    "directory",
    "directories",
    "target_directory",
    "folder",
    "folders",
    "root",
    "roots",
    "root_path",
    "workspace",
    "allowed_directories",
];

/// Members that hold commands of a shell.
const COMMANDS: &[&str] = &["command", "cmd", "commands", "script", "chars", "shell_command"];

/// Members that hold what is typed into a terminal.
const TYPED: &[&str] = &["keys", "text", "input", "content", "data", "line"];

/// Members that hold patterns of file names.
const GLOBS: &[&str] = &["glob", "include", "globs"];

/// Members that hold questions to something which may read files: paths stand in quotes there.
const QUERIES: &[&str] = &["query", "sql", "statement", "expression", "queries", "q"];

/// Members that hold words for a program.
const WORDS: &[&str] = &["args", "arguments", "argv", "params", "flags", "cmdline", "options"];

/// Members that hold addresses.
const ADDRESSES: &[&str] = &["url", "urls", "uri", "href", "link"];

/// Members that hold somebody's text: what it says is no path of the call's.
const TEXTS: &[&str] = &[
    "content",
    "contents",
    "new_string",
    "old_string",
    "new_source",
    "prompt",
    "description",
    "message",
    "text",
    "body",
    "title",
    "justification",
    "explanation",
    "todos",
    "plan",
    "new_str",
    "old_str",
    "insert_text",
    "subject",
    "activeform",
    "questions",
    "comment",
    "instructions",
];

/// Members that hold what is written to a file.
const WRITTEN: &[&str] = &[
    "content",
    "contents",
    "file_text",
    "new_string",
    "new_str",
    "new_source",
    "new_text",
    "newtext",
    "insert_text",
    "text",
    "body",
    "code_edit",
    "replacement",
    "repl",
    "data",
];

/// Those of them that ask somebody to do something.
const ASKED: &[&str] = &["prompt", "instructions"];

/// Members that hold code or a patch.
const CODE: &[&str] = &["code", "input", "patch", "diff", "source_code", "edits", "changes"];

/// A longer text in a member that nobody knows is no path.
const TEXT_BYTES_MAX: usize = 4096;

/// A longer input is read as plain text.
const JSON_BYTES_MAX: usize = 1024 * 1024;

/// Every place that a call of this tool names.
pub(crate) fn of_input(tool: &str, json: &str, into: &mut Mentions) {
    if said::is_sayer(tool) {
        return;
    }
    // A value takes many times the room of its text.
    let value = (json.len() <= JSON_BYTES_MAX).then(|| serde_json::from_str::<Value>(json));
    let Some(Ok(value)) = value else { return of_text(tool, json, into) };
    let mut call = Call { tool, doing: doing(tool), workdir: None, base: None, into };
    if let Value::Object(members) = &value {
        // Where a search begins decides what its patterns mean.
        call.base = members
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("path"))
            .and_then(|(_, value)| value.as_str())
            .map(str::to_owned);
        // Where a command runs decides what its relative paths mean.
        call.workdir = members
            .iter()
            .find(|(key, _)| is_of(DIRECTORIES, key) && !key.eq_ignore_ascii_case("root"))
            .and_then(|(_, value)| value.as_str())
            .filter(|directory| !directory.is_empty())
            .map(str::to_owned);
    }
    // What a forge is asked for lies there, whatever its path is called.
    let is_asked = |key: &str| value.get(key).is_some_and(Value::is_string);
    let is_forges = tool.starts_with("mcp__git") && is_asked("owner") && is_asked("repo");
    if !is_forges {
        call.value("", &value, 0);
    }
    call.asks(&value);
    call.walks(&value);
    if matches!(call.doing, Doing::Made | Doing::Wrote) {
        call.writes(&value);
    }
}

/// An input that is no JSON: a patch, code, or a command.
fn of_text(tool: &str, text: &str, into: &mut Mentions) {
    if text.trim_start().starts_with("*** Begin Patch") {
        return patch::of_patch(text, into);
    }
    // Codex' `exec` takes code that calls tools: what it hands them stands in quotes.
    let literals = code::literals(text);
    if is_shell(tool) && !runs_code(tool) && (literals.is_empty() || !is_code(text)) {
        return shell::of_command(text, None, into);
    }
    let directory = literals.iter().find(|literal| is_of(DIRECTORIES, &literal.key));
    let directory = directory.map(|literal| literal.text.as_str());
    for literal in &literals {
        handed(literal, directory, into);
    }
    code::read(text, Doing::Read, &Word::known(directory.unwrap_or_default()), into);
}

/// Whether a tool runs code of a language rather than commands.
fn runs_code(tool: &str) -> bool {
    let tool = tool.to_ascii_lowercase();
    ["code", "python", "repl", "jupyter", "javascript", "notebook"]
        .iter()
        .any(|name| tool.contains(name))
}

/// Whether a text for a shell is code that calls one.
fn is_code(text: &str) -> bool {
    ["tools.", "await ", "=>", "const "].iter().any(|sign| text.contains(sign))
}

/// What code hands to a tool: a patch, a directory, a path, or a command that runs in `directory`.
fn handed(literal: &code::Literal, directory: Option<&str>, into: &mut Mentions) {
    let text = literal.text.as_str();
    if text.contains("*** Begin Patch") {
        patch::of_patch(text, into);
    } else if is_of(DIRECTORIES, &literal.key) {
        into.ran_in(text);
    } else if is_of(TEXTS, &literal.key) || text.contains("://") {
    } else if is_of(COMMANDS, &literal.key) || text.contains([' ', '\n']) {
        shell::of_command(text, directory, into);
    } else if is_of(PATHS, &literal.key) || is_rooted(text) {
        into.path(text, Doing::Read);
    }
}

struct Call<'a> {
    tool: &'a str,
    doing: Doing,
    workdir: Option<String>,
    /// Where it searches.
    base: Option<String>,
    into: &'a mut Mentions,
}

/// Deeper members are read as their text.
const DEPTH_MAX: usize = 16;

impl Call<'_> {
    fn value(&mut self, key: &str, value: &Value, depth: usize) {
        match value {
            _ if depth > DEPTH_MAX => code::scan(&value.to_string(), Doing::Read, self.into),
            Value::Object(members) => {
                for (key, value) in members {
                    // `{"/p/x": "r"}`
                    if is_rooted(key) && key.len() > 1 {
                        self.into.guess(key, self.doing);
                    }
                    self.value(key, value, depth + 1);
                }
            }
            Value::Array(words) if is_of(COMMANDS, key) && words.iter().all(Value::is_string) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                // Several commands, or the words of one.
                if words.first().is_some_and(|first| first.contains(' ')) {
                    for command in words {
                        self.command(command);
                    }
                    return;
                }
                shell::of_words(&words, self.workdir.as_deref(), self.into);
            }
            Value::Array(values) => {
                for value in values {
                    self.value(key, value, depth + 1);
                }
            }
            Value::String(text) => self.text(key, text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        let searches = matches!(self.tool, "Glob" | "glob" | "find_files" | "file_search");
        if is_of(COMMANDS, key) || (is_of(TYPED, key) && is_terminal(self.tool)) {
            self.command(text);
        } else if is_of(DIRECTORIES, key) {
            self.into.ran_in(text);
        } else if is_of(GLOBS, key) || (searches && key == "pattern") {
            self.glob(text);
        } else if is_of(ASKED, key) && self.tool.starts_with("mcp__") {
            // Another agent may read what it is told of.
            super::of_prompt(text).into_iter().for_each(|mention| self.into.add(mention));
            self.words(text);
        } else if is_of(ASKED, key) && matches!(self.tool, "Agent" | "Task" | "spawn_agent") {
            said::told(text, |path| self.into.path(path, Doing::Read));
        } else if is_of(TEXTS, key) || (key == "pattern" && !searches) {
        } else if is_of(CODE, key) {
            of_text(self.tool, text, self.into);
        } else if is_of(ADDRESSES, key) && text.contains(':') {
            if url::is_file(text) {
                self.into.path(text, self.doing);
            }
            forge::page(text, self.into);
        } else if text.contains(':')
            && let Some(files) = url::database(text)
        {
            for file in files {
                self.into.foreign(&file, Doing::Read);
            }
        } else if is_of(QUERIES, key) {
            let into = &mut *self.into;
            code::quoted(text, |quoted| {
                // What stands in the database may be called like a path of another machine.
                if is_rooted(quoted) {
                    into.foreign(quoted, Doing::Read);
                }
            });
        } else if is_of(PATHS, key) && !text.contains("://") {
            self.path(text);
        } else if is_of(WORDS, key) {
            let directory = Word::known(self.workdir.as_deref().unwrap_or_default());
            code::read(text, Doing::Read, &directory, self.into);
            self.guess(text);
        } else if text.contains('\n') || text.len() > TEXT_BYTES_MAX {
        } else if is_rooted(text) {
            if text.len() > 1 {
                self.rooted(text);
            }
            self.words(text);
        } else {
            if text.contains(' ') {
                self.words(text);
            }
            self.guess(text);
        }
    }

    /// A command of a shell.
    fn command(&mut self, text: &str) {
        let is_windows = self.tool.to_ascii_lowercase().contains("powershell");
        let plain = if is_windows || shell::is_powershell(text) {
            Cow::Owned(shell::of_powershell(text))
        } else {
            Cow::Borrowed(text)
        };
        shell::of_command(&plain, self.workdir.as_deref(), self.into);
    }

    /// A path, or a pattern of paths.
    fn path(&mut self, text: &str) {
        let path = self.below_workdir(text);
        self.rooted(&path);
        if text.contains(['*', '?']) {
            self.matching(text, false);
        }
    }

    /// A path; for a service, whose names may look like paths from the root, one that another machine may have.
    fn rooted(&mut self, path: &str) {
        if self.tool.starts_with("mcp__") && path.starts_with('/') {
            self.into.foreign(path, self.doing);
        } else {
            self.into.path(path, self.doing);
        }
    }

    /// Paths among words: they count where something stands.
    fn words(&mut self, text: &str) {
        for word in text.split_whitespace() {
            let word = word.trim_matches(['"', '\'', '`', ',', '(', ')', ';']);
            if is_rooted(word) && word.len() > 1 {
                self.into.guess(word, self.doing);
            }
        }
    }

    /// What may be a path from the directory at hand.
    fn guess(&mut self, text: &str) {
        // A name may have blanks in it, or no letter.
        let is_name = is_relative(text)
            || (text.len() < 256 && !text.contains(['"', '\'', '{', '<', '$', '\n', '=']));
        if text.contains(['/', '.']) && is_name && !text.contains("://") {
            let path = self.below_workdir(text);
            self.into.guess(&path, self.doing);
        }
    }

    /// A pattern of file names, from where the call searches. That of a search holds in any directory.
    fn glob(&mut self, pattern: &str) {
        let searches_texts = !matches!(self.doing, Doing::Named);
        let is_between = |c: char| c == ' ' || (c == ',' && !pattern.contains('{'));
        for pattern in pattern.split(is_between).filter(|part| !part.is_empty()) {
            self.matching(pattern, searches_texts && !pattern.contains('/'));
        }
    }

    fn matching(&mut self, pattern: &str, anywhere: bool) {
        if pattern.starts_with('!') {
            return;
        }
        for pattern in word::unbraced(pattern) {
            let end = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
            let at = pattern[..end].rfind('/').map_or(0, |at| at + 1);
            let (directory, rest) = pattern.split_at(at);
            let base = self.base.as_deref().or(self.workdir.as_deref()).unwrap_or_default();
            let directory = match (is_rooted(directory) && !directory.starts_with(".."), base) {
                (true, _) | (_, "") => directory.to_owned(),
                _ => format!("{}/{directory}", base.trim_end_matches('/')),
            };
            let directory = match directory.trim_end_matches('/') {
                "" if directory.is_empty() => ".",
                "" => "/",
                directory => directory,
            };
            let pattern = if anywhere { format!("**/{rest}") } else { rest.to_owned() };
            let reach = Reach::Matching { pattern, links: false };
            self.into.add(Mention { reach, ..Mention::new(directory, self.doing) });
        }
    }

    /// A service of a forge is asked for a repository: `{"owner": "acme", "repo": "api"}`.
    fn asks(&mut self, value: &Value) {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        if !self.tool.starts_with("mcp__") {
            return;
        }
        let host = if self.tool.contains("gitlab") { "gitlab.com" } else { "github.com" };
        let whole =
            ["repo", "repository", "full_name", "project_path"].iter().find_map(|key| text(key));
        if let Some(whole) =
            whole.filter(|whole| whole.matches('/').count() == 1 && self.tool.contains("git"))
        {
            forge::whole(host, whole, self.into);
        }
        for question in ["query", "q", "search"].into_iter().filter_map(text) {
            forge::searched(host, question, self.into);
        }
        if let (Some(owner), Some(name)) =
            (text("owner"), text("repo").or_else(|| text("repository")))
        {
            forge::repository_of(host, owner, name, self.into);
        }
    }

    /// What it writes to a file.
    fn writes(&mut self, value: &Value) {
        let Value::Object(members) = value else { return };
        let path = members.iter().find(|(key, value)| is_of(PATHS, key) && value.is_string());
        let Some(path) = path.and_then(|(_, path)| path.as_str()) else { return };
        let mut texts = Vec::new();
        written(value, &mut texts);
        if !texts.is_empty() {
            let is_whole = self.doing == Doing::Made;
            let path = self.below_workdir(path);
            self.into.scripts.wrote(&path, &texts.join("\n"), is_whole);
        }
    }

    /// A tool that searches texts goes through all that lies where it begins.
    fn walks(&mut self, value: &Value) {
        let name = self.tool.rsplit("__").next().unwrap_or(self.tool).to_ascii_lowercase();
        let searches = ["grep", "search_file", "search_code", "search_for", "ripgrep"]
            .iter()
            .any(|search| name.contains(search));
        let packs =
            ["pack_codebase", "pack_directory", "codebase_to"].iter().any(|it| name.contains(it));
        if !(searches || packs) || !value.is_object() {
            return;
        }
        if packs {
            self.matching("**", false);
        }
        let base = self.base.as_deref().or(self.workdir.as_deref()).unwrap_or(".");
        let reach = Reach::Below { links: false, all: false };
        self.into.add(Mention { reach, ..Mention::new(base, Doing::Read) });
    }

    fn below_workdir(&self, path: &str) -> String {
        match &self.workdir {
            Some(directory) if !is_rooted(path) || path.starts_with("..") => {
                format!("{}/{path}", directory.trim_end_matches('/'))
            }
            _ => path.to_owned(),
        }
    }
}

/// Texts that a call writes, in its own members or in those of a list of changes.
fn written<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    let Value::Object(members) = value else { return };
    for (key, value) in members {
        match value {
            Value::String(text) if is_of(WRITTEN, key) => texts.push(text),
            Value::Array(changes) => changes.iter().for_each(|change| written(change, texts)),
            _ => {}
        }
    }
}

fn is_of(names: &[&str], key: &str) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(key))
}

fn is_shell(tool: &str) -> bool {
    let tool = tool.to_ascii_lowercase();
    ["bash", "shell", "exec", "terminal", "command"].iter().any(|name| tool.contains(name))
}

fn is_terminal(tool: &str) -> bool {
    let tool = tool.to_ascii_lowercase();
    ["terminal", "tmux", "iterm", "pty", "console", "screen"].iter().any(|name| tool.contains(name))
}

/// What a tool does with its paths. One that nobody knows may read them.
fn doing(tool: &str) -> Doing {
    let name = tool.rsplit("__").next().unwrap_or(tool).to_ascii_lowercase();
    match name.as_str() {
        "glob" | "ls" | "list_dir" | "list_directory" | "find_files" | "file_search" => {
            Doing::Named
        }
        "write" | "write_file" | "create_file" | "writefile" | "create_directory" => Doing::Made,
        _ if ["write", "edit", "patch", "create", "replace"]
            .iter()
            .any(|verb| name.contains(verb)) =>
        {
            Doing::Wrote
        }
        _ => Doing::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::{mentioned, paths};
    use super::*;

    fn named(tool: &str, json: &str) -> Vec<String> {
        let mut paths = paths(|into| of_input(tool, json, into));
        paths.sort();
        paths
    }

    #[test]
    fn every_shape_of_an_input_names_its_paths() {
        for (tool, json) in [
            ("Read", r#"{"file_path":"/p/x"}"#),
            ("Grep", r#"{"pattern":"/q","path":"/p/x"}"#),
            ("NotebookEdit", r#"{"notebook_path":"/p/x","new_source":"/q"}"#),
            (
                "MultiEdit",
                r#"{"file_path":"/p/x","edits":[{"old_string":"/q","new_string":"/q"}]}"#,
            ),
            ("mcp__fs__read_multiple_files", r#"{"paths":["/p/x"]}"#),
            ("mcp__other__do", r#"{"options":{"anything":"/p/x"}}"#),
            ("view_image", r#"{"path":"/p/x"}"#),
            ("apply_patch", r#"{"input":"*** Begin Patch\n*** Update File: /p/x\n"}"#),
            ("apply_patch", "*** Begin Patch\n*** Update File: /p/x\n"),
            ("shell", r#"{"command":["cat","/p/x"]}"#),
            ("shell", r#"{"command":["bash","-lc","cat /p/x"]}"#),
            ("Bash", r#"{"command":"cat /p/x","description":"/q"}"#),
            ("exec_command", r#"{"cmd":"cat x","workdir":"/p"}"#),
            ("exec", r#"const r = await tools.exec_command({"cmd": "cd /p && cat x"});"#),
            ("exec", r#"await tools.exec_command({cmd: 'cat x', workdir: "/p"})"#),
            ("exec", r#"await tools.exec_command({cmd: "ls\ncat /p/x"})"#),
            ("exec", "tools.apply_patch(`*** Begin Patch\n*** Update File: /p/x\n`)"),
            ("exec", r#"tools.apply_patch("*** Begin Patch\n*** Add File: /p/x\n+y\n")"#),
            ("exec", r#"tools.view_image({path: "/p/x", title: "q is it"})"#),
            ("Glob", r#"{"pattern":"/p/x/**/*.rs"}"#),
            ("Unknown", r#"{"uri":"file:///p/x"}"#),
        ] {
            let found = named(tool, json);
            assert!(found.iter().any(|path| path == "/p/x"), "{tool} {json}: {found:?}");
            assert!(!found.iter().any(|path| path == "/q"), "{tool} {json}: {found:?}");
        }
    }

    #[test]
    fn whatever_a_member_is_called_its_path_is_found() {
        for (tool, json) in [
            ("mcp__p__navigate", r#"{"url":"file:///p/a%20b/x"}"#),
            ("WebFetch", r#"{"url":"file://localhost/p/a b/x","prompt":"/q"}"#),
            ("mcp__db__run", r#"{"query":"SELECT * FROM read_csv('/p/a b/x')"}"#),
            ("mcp__db__run", r#"{"sql":"COPY t FROM \"/p/a b/x\""}"#),
            ("mcp__x__open", r#"{"document":"/p/a b/x"}"#),
            ("mcp__x__open", r#"{"anything":{"deep":["/p/a b/x"]}}"#),
            ("read_mcp_resource", r#"{"uri":"files:///p/a b/x"}"#),
        ] {
            let found = named(tool, json);
            assert!(found.iter().any(|path| path == "/p/a b/x"), "{tool} {json}: {found:?}");
        }
        for (tool, json) in [
            ("Skill", r#"{"skill":"review","args":"look at /p/x"}"#),
            ("mcp__x__run", r#"{"args":["--file","/p/x"]}"#),
            ("mcp__x__run", r#"{"args":"--file=/p/x -v"}"#),
            ("mcp__x__do", r#"{"note":"it is in /p/x, they say"}"#),
            ("mcp__ide__executeCode", r#"{"code":"print(open('/p/x').read())"}"#),
        ] {
            let found = named(tool, json);
            assert!(found.iter().any(|path| path == "/p/x"), "{tool} {json}: {found:?}");
        }
        let relative = [
            ("mcp__fs__read", r#"{"document":"keys/a.json"}"#),
            ("mcp__fs__read", r#"{"document":"./keys/a.json"}"#),
            ("mcp__ide__executeCode", r#"{"code":"print(open('keys/a.json').read())"}"#),
            ("mcp__x__run", r#"{"command":"cat","args":["keys/a.json"]}"#),
        ];
        for (tool, json) in relative {
            let found = named(tool, json);
            let is_it = |path: &String| path.trim_start_matches("./") == "keys/a.json";
            assert!(found.iter().any(is_it), "{tool} {json}: {found:?}");
        }
    }

    #[test]
    fn a_search_begins_where_it_says_and_takes_what_its_pattern_matches() {
        let of = |tool: &str, json: &str| mentioned(|into| of_input(tool, json, into));
        let matching = |path: &'static str, pattern: &'static str| {
            move |mention: &Mention| {
                mention.path == path
                    && matches!(&mention.reach, Reach::Matching { pattern: p, .. } if p == pattern)
            }
        };
        let found = of("Grep", r#"{"pattern":"x","glob":"*.pem"}"#);
        assert!(found.iter().any(matching(".", "**/*.pem")), "{found:?}");
        assert!(found.iter().any(|m| m.reach == Reach::Below { links: false, all: false }));
        let found = of("Grep", r#"{"pattern":"x","path":"/p","glob":"k/*.{a,b}"}"#);
        assert!(found.iter().any(matching("/p/k", "*.a")), "{found:?}");
        let found = of("Glob", r#"{"pattern":"../p/**/*.csv"}"#);
        assert!(found.iter().any(matching("../p", "**/*.csv")), "{found:?}");
        let found = of("Glob", r#"{"pattern":"**/*.csv","path":"/p"}"#);
        assert!(found.iter().any(matching("/p", "**/*.csv")), "{found:?}");
    }

    #[test]
    fn a_path_of_a_forge_is_none_of_this_machine() {
        let json = r#"{"owner":"acme","repo":"api","path":"../p/x.ts"}"#;
        let found = named("mcp__github__get_file_contents", json);
        assert!(found.iter().all(|path| path.contains("acme/api")), "{found:?}");
        let asked =
            named("mcp__github__search_code", r#"{"query":"quince repo:acme/pay in:file"}"#);
        assert!(asked.iter().any(|path| path.contains("acme/pay")), "{asked:?}");
        assert!(named("mcp__git__git_log", r#"{"repo_path":"/p/x"}"#).contains(&"/p/x".to_owned()));
    }

    #[test]
    fn texts_and_addresses_are_no_paths() {
        assert!(named("Task", r#"{"prompt":"/p/x","description":"/p"}"#).is_empty());
        assert!(named("WebFetch", r#"{"url":"https://h.example/p/x"}"#).is_empty());
    }
}
