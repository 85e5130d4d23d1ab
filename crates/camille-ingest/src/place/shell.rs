//! Shell commands: parsed as bash parses them, and walked in order with what is known of variables and of the
//! directory at hand. What the parser gives up on is looked through word by word.

use super::argument::{argument, maybe};
use super::program::{Kind, Kinds};
use super::variable::Scope;
use super::word::{self, Word};
use super::{Doing, Mentions, code, command, decoded, handed, patch, plain};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::cell::RefCell;
use std::sync::LazyLock;
use tree_sitter::{Node, Parser, Tree};

/// Longer commands are looked through word by word.
const COMMAND_BYTES_MAX: usize = 64 * 1024;
/// What lies deeper is looked through word by word.
const DEPTH_MAX: usize = 96;
/// Scripts within scripts: `bash -c "sh -c …"`.
const SCRIPTS_MAX: usize = 8;
/// Words that run or read what another command says.
const FEEDS: &[&str] = &[
    "xargs",
    "parallel",
    "| sh",
    "|sh",
    "bash",
    "zsh",
    "python",
    "node ",
    "perl",
    "ruby",
    "php",
    "read ",
    "mapfile",
    "<(",
    ">(",
    "source ",
    "sqlite3",
    "psql",
    "mysql",
    "duckdb",
    "| sudo",
    "| doas",
    "| env",
    "| dash",
    "| ksh",
    "| fish",
    "| /bin",
    "| busybox",
    "cpio",
    " -T ",
    "--files-from",
    "--from0",
    "-@",
    "pwsh",
    "eval ",
    "$(find ",
    "$(fd ",
    "`find ",
];
/// Words that one word may become.
const WORDS_MAX: usize = 16;

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new(parser());
}

fn parser() -> Option<Parser> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    Some(parser)
}

/// The tree of a script, if there is a parser at all and the script is no longer than one that is parsed.
pub(super) fn parse(script: &str) -> Option<Tree> {
    if script.len() > COMMAND_BYTES_MAX {
        return None;
    }
    PARSER.with_borrow_mut(|parser| parser.as_mut()?.parse(script, None))
}

/// Every place that a command names which runs in `directory`, or where the record was made.
pub(super) fn of_command(text: &str, directory: Option<&str>, into: &mut Mentions) {
    let mut shell = Shell::new(directory, into);
    shell.script(text);
    shell.end();
}

/// Commands of PowerShell, by which its scripts are known.
const CMDLETS: &[&str] = &[
    "Get-Content",
    "Get-ChildItem",
    "Select-String",
    "Copy-Item",
    "Import-Csv",
    "Get-Item",
    "Set-Location",
    "Move-Item",
];

/// Whether a script is one of PowerShell.
pub(super) fn is_powershell(text: &str) -> bool {
    text.contains('-') && CMDLETS.iter().any(|name| text.contains(name))
}

/// A script of PowerShell as one that a shell would read: its separators are escapes there.
pub(super) fn of_powershell(text: &str) -> String {
    ["$env:USERPROFILE", "$env:HOME", "$HOME", "${HOME}", "$Home"]
        .iter()
        .fold(text.replace('\\', "/"), |text, home| text.replace(home, "~"))
        .replace("$PWD", ".")
        .replace("\"~", "~")
        .replace("type ", "cat ")
}

/// Whether something in a script runs or reads what another command says.
fn feeds(script: &str) -> bool {
    static WORDS: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(FEEDS).ok());
    match &*WORDS {
        Some(words) => words.is_match(script),
        None => FEEDS.iter().any(|word| script.contains(word)),
    }
}

/// The same by the parser alone.
#[cfg(test)]
pub(super) fn of_parsed(text: &str, into: &mut Mentions) {
    let mut shell = Shell::new(None, into);
    shell.feeds = feeds(text);
    shell.parsed(text);
    shell.end();
}

/// The same of a command that came as its words.
pub(super) fn of_words(words: &[&str], directory: Option<&str>, into: &mut Mentions) {
    let mut shell = Shell::new(directory, into);
    command::run(&mut shell, words.iter().map(|word| Word::known(word)).collect(), &[]);
    shell.end();
}

/// A shell at work.
pub(super) struct Shell<'m> {
    pub(super) scope: Scope,
    pub(super) into: &'m mut Mentions,
    /// Whether something in the script runs or reads what another command says.
    pub(super) feeds: bool,
    /// Whether the command at hand gets from another one what it works on.
    pub(super) fed: bool,
    /// The program that gets what the command at hand says.
    pub(super) next: Option<String>,
    /// Whether nobody knows what the program at hand does with its words.
    pub(super) foreign: bool,
    /// Whether the program at hand does what the files say that it is given.
    pub(super) runs: bool,
    /// Whether what the command at hand says is words of another one.
    pub(super) gives: bool,
    /// What is said in the script, if that may go into a file.
    pub(super) said: Said,
    /// Whether the shell went home, and whether something ran there since.
    pub(super) home: Option<bool>,
    scripts: usize,
}

/// Commands that tell nothing of the directory that they run in.
const ELSEWHERE: &[&str] = &[
    "cd", "pushd", "popd", "which", "type", "hash", "echo", "printf", "pwd", "export", "true",
    "date", "whoami", "hostname", "uname", "id", "source", ".", "nvm", "-v", "-V",
];

/// Texts that a script says, and the files that it writes.
#[derive(Debug, Default)]
pub(super) struct Said {
    texts: Vec<String>,
    files: Vec<String>,
}

impl<'m> Shell<'m> {
    pub(super) fn new(directory: Option<&str>, into: &'m mut Mentions) -> Self {
        Self {
            scope: Scope::new(directory),
            into,
            feeds: false,
            fed: false,
            next: None,
            foreign: false,
            runs: false,
            gives: false,
            said: Said::default(),
            home: None,
            scripts: 0,
        }
    }

    /// A program does something with a file: it may run, or take in what the script says.
    pub(super) fn does(&mut self, path: &str, doing: Doing) {
        if doing == Doing::Ran || (self.runs && doing == Doing::Read) {
            let directory = &self.scope.directory.text;
            self.into.scripts.ran(path, directory);
        } else if matches!(doing, Doing::Made | Doing::Wrote)
            && self.said.files.len() < WORDS_MAX
            && !path.starts_with("/dev/")
        {
            self.said.files.push(path.to_owned());
        }
    }

    /// A command runs: where the shell went home before, it may read what lies there.
    pub(super) fn works_at_home(&mut self, words: &[Word]) {
        let Some((name, arguments)) = words.split_first().filter(|_| self.home.is_some()) else {
            return;
        };
        let asks =
            |word: &Word| matches!(word.text.as_str(), "--version" | "-v" | "-V" | "version");
        let is_elsewhere = ELSEWHERE.contains(&name.text.as_str())
            || (arguments.len() == 1 && arguments.iter().all(asks));
        if is_elsewhere {
            self.home = Some(true);
        } else {
            self.home = None;
            self.into.ran_in("~");
        }
    }

    /// Something is said that may go into a file.
    pub(super) fn says(&mut self, text: String) {
        self.said.texts.push(text);
    }

    /// Tells of the files that the script wrote what it says.
    fn end(self) {
        // Whatever comes next goes on from there.
        if self.home == Some(false) {
            self.into.ran_in("~");
        }
        if self.said.files.is_empty() || self.said.texts.is_empty() {
            return;
        }
        let text = self.said.texts.join("\n");
        for file in &self.said.files {
            self.into.scripts.wrote(file, &text, false);
        }
    }

    /// Goes through a script.
    pub(super) fn script(&mut self, text: &str) {
        if text.contains("*** Begin Patch") {
            patch::of_patch(text, self.into);
        }
        if text.len() > COMMAND_BYTES_MAX || self.scripts >= SCRIPTS_MAX {
            return code::scan(text, Doing::Read, self.into);
        }
        self.scripts += 1;
        self.feeds |= feeds(text);
        match plain::commands(text) {
            Some(commands) => commands.into_iter().for_each(|command| self.plain(command)),
            None => self.parsed(text),
        }
        self.scripts -= 1;
    }

    fn plain(&mut self, command: plain::Command) {
        for (name, value) in command.variables {
            let values = vec![value];
            handed::given(self, &name, &values, !command.words.is_empty());
            self.scope.set(&name, values);
        }
        let before = std::mem::replace(&mut self.fed, command.is_fed);
        let next = std::mem::replace(&mut self.next, command.feeds);
        command::run(self, command.words, &[]);
        self.next = next;
        self.fed = before;
        for (file, doing) in command.files {
            self.connected(&file, doing);
        }
    }

    /// A file that a program is connected with: what it reads there it may do.
    fn connected(&mut self, file: &Word, doing: Doing) {
        let before = std::mem::replace(&mut self.runs, true);
        argument(self, file, doing);
        self.runs = before;
    }

    fn parsed(&mut self, text: &str) {
        let Some(tree) = parse(text) else { return code::scan(text, Doing::Read, self.into) };
        self.node(text, tree.root_node(), DEPTH_MAX);
    }

    fn node(&mut self, source: &str, node: Node<'_>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return code::scan(text(source, node), Doing::Read, self.into);
        };
        match node.kind() {
            "command" => self.command(source, node, &[], depth),
            "redirected_statement" => self.redirected(source, node, depth),
            "file_redirect" | "herestring_redirect" | "heredoc_redirect" => {
                self.redirect(source, node, depth);
            }
            "variable_assignment" => self.assign(source, node, depth),
            "for_statement" | "select_statement" => {
                if let Some(name) = node.child_by_field_name("variable") {
                    let name = text(source, name).to_owned();
                    let mut cursor = node.walk();
                    let values = node.children_by_field_name("value", &mut cursor);
                    let values =
                        values.flat_map(|value| self.words(source, value, depth)).collect();
                    self.scope.set(&name, values);
                }
                if let Some(body) = node.child_by_field_name("body") {
                    self.node(source, body, depth);
                }
            }
            "subshell" | "command_substitution" | "process_substitution" => {
                let scope = self.scope.clone();
                let is_words = node.kind() == "command_substitution" && is_worked_on(source, node);
                let before = std::mem::replace(&mut self.gives, is_words);
                self.children(source, node, depth);
                self.gives = before;
                self.scope = scope;
            }
            "comment" | "heredoc_start" | "heredoc_end" => {}
            "word" | "string" | "raw_string" | "concatenation" | "simple_expansion"
            | "expansion" => {
                for word in self.words(source, node, depth) {
                    if node.parent().is_some_and(|parent| parent.is_error()) {
                        argument(self, &word, Doing::Read);
                    }
                }
            }
            _ => self.children(source, node, depth),
        }
    }

    fn children(&mut self, source: &str, node: Node<'_>, depth: usize) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.node(source, child, depth);
        }
    }

    fn command(&mut self, source: &str, node: Node<'_>, heredocs: &[&str], depth: usize) {
        let mut words = Vec::new();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "variable_assignment" => self.assign(source, child, depth),
                "file_redirect" | "herestring_redirect" | "heredoc_redirect" => {
                    self.redirect(source, child, depth);
                }
                "command_name" => {
                    let name = child.named_child(0).unwrap_or(child);
                    words.extend(self.words(source, name, depth).into_iter().take(1));
                }
                "comment" => {}
                _ => words.extend(self.words(source, child, depth)),
            }
        }
        let before = std::mem::replace(&mut self.fed, is_fed(node));
        let next = std::mem::replace(&mut self.next, next(source, node));
        command::run(self, words, heredocs);
        self.next = next;
        self.fed = before;
    }

    /// `variable=value`, also behind `export`.
    fn assign(&mut self, source: &str, node: Node<'_>, depth: usize) {
        let Some(name) = node.child_by_field_name("name") else { return };
        self.children(source, name, depth);
        let values = match node.child_by_field_name("value") {
            Some(value) if value.kind() == "array" => {
                let mut cursor = value.walk();
                let values = value.named_children(&mut cursor);
                let mut words: Vec<Word> =
                    values.flat_map(|value| self.words(source, value, depth)).collect();
                // `([name]=value)`
                for word in words.iter_mut().filter(|word| word.text.starts_with('[')) {
                    if let Some((_, value)) = word.text.split_once("]=") {
                        word.text = value.to_owned();
                    }
                }
                words
            }
            Some(value) => self.words(source, value, depth),
            None => vec![Word::default()],
        };
        let name = text(source, name).split(['[', '+']).next().unwrap_or_default().to_owned();
        let is_handed = node.parent().is_some_and(|parent| {
            let exports =
                || ["export", "declare -x"].iter().any(|it| text(source, parent).starts_with(it));
            parent.kind() == "command" || (parent.kind() == "declaration_command" && exports())
        });
        handed::given(self, &name, &values, is_handed);
        self.scope.set(&name, values);
    }

    fn redirected(&mut self, source: &str, node: Node<'_>, depth: usize) {
        let mut heredocs = Vec::new();
        let mut cursor = node.walk();
        for redirect in node.children_by_field_name("redirect", &mut cursor) {
            let mut cursor = redirect.walk();
            for child in redirect.named_children(&mut cursor) {
                if child.kind() == "heredoc_body" {
                    heredocs.push(text(source, child));
                }
            }
        }
        match node.child_by_field_name("body") {
            Some(body) if body.kind() == "command" => self.command(source, body, &heredocs, depth),
            Some(body) => {
                self.node(source, body, depth);
                for heredoc in heredocs {
                    code::read(heredoc, Doing::Read, &self.scope.directory, self.into);
                }
            }
            None => {}
        }
        let mut cursor = node.walk();
        // Not all of them have a name in the grammar.
        for child in node.named_children(&mut cursor) {
            if child.kind().ends_with("_redirect") {
                self.redirect(source, child, depth);
            }
        }
    }

    fn redirect(&mut self, source: &str, node: Node<'_>, depth: usize) {
        if node.kind() == "heredoc_redirect" {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                if child.kind() == "heredoc_body" {
                    self.says(text(source, child).to_owned());
                    // Commands within it run all the same.
                    self.children(source, child, depth);
                    let begins =
                        &source[node.start_byte()..child.start_byte().min(node.end_byte())];
                    if !begins.contains(['\'', '"', '\\']) {
                        self.substitutions(text(source, child));
                    }
                } else if matches!(child.kind(), "word" | "string" | "raw_string" | "concatenation")
                {
                    // `cat <<E file`; to the grammar also a body that begins with a backslash.
                    for word in self.words(source, child, depth) {
                        maybe(self, &word, Doing::Read);
                    }
                } else if child.kind() != "heredoc_start" {
                    self.node(source, child, depth);
                }
            }
            return;
        }
        let reads = text(source, node).trim_start_matches(|c: char| c.is_ascii_digit());
        let doing = if reads.starts_with('<') { Doing::Read } else { Doing::Made };
        let is_text = node.kind() == "herestring_redirect";
        let mut cursor = node.walk();
        let targets: Vec<Node<'_>> = node
            .named_children(&mut cursor)
            .filter(|child| !matches!(child.kind(), "file_descriptor" | "number"))
            .collect();
        for target in targets {
            for word in self.words(source, target, depth) {
                if is_text {
                    code::read(&word.text, Doing::Read, &self.scope.directory, self.into);
                    self.says(word.text);
                } else if !word.text.starts_with('&') {
                    self.connected(&word, doing);
                }
            }
        }
    }

    /// Runs the commands that stand in a text in which the parser does not look for all of them.
    fn substitutions(&mut self, body: &str) {
        let ticks = body.split('`').skip(1).step_by(2).filter(|_| body.contains('`'));
        let scripts: Vec<&str> = ticks
            .chain(body.match_indices("$(").map(|(at, _)| {
                let rest = &body[at + 2..];
                let mut open = 1_usize;
                let end = rest.find(|c: char| {
                    open = if c == '(' { open + 1 } else { open - usize::from(c == ')') };
                    open == 0
                });
                &rest[..end.unwrap_or(rest.len())]
            }))
            .take(WORDS_MAX)
            .collect();
        for script in scripts {
            let scope = self.scope.clone();
            self.script(script);
            self.scope = scope;
        }
    }

    /// What a word becomes: several, where a variable has several values.
    fn words(&mut self, source: &str, node: Node<'_>, depth: usize) -> Vec<Word> {
        let Some(depth) = depth.checked_sub(1) else {
            code::scan(text(source, node), Doing::Read, self.into);
            return vec![Word::derived()];
        };
        let all = text(source, node);
        match node.kind() {
            "raw_string" => vec![Word::known(all.trim_start_matches('\'').trim_end_matches('\''))],
            "ansi_c_string" => {
                let text = all.strip_prefix("$'").and_then(|text| text.strip_suffix('\''));
                vec![Word::known(&word::ansi(text.unwrap_or(all)))]
            }
            "string" | "translated_string" | "concatenation" | "command_name" => {
                self.joined(source, node, depth)
            }
            "string_content" if node.named_child_count() == 0 => {
                vec![Word::known(&unquoted(all))]
            }
            "word" | "test_operator" if node.named_child_count() == 0 => {
                vec![Word::known(&unescaped(all))]
            }
            "simple_expansion" => {
                let name = all.strip_prefix('$').unwrap_or(all).trim_matches(['{', '}']);
                self.scope.value(name)
            }
            "expansion" => self.expansion(source, node, depth),
            "command_substitution" => {
                self.node(source, node, depth);
                vec![self.substituted(source, node, depth)]
            }
            "process_substitution" => {
                self.node(source, node, depth);
                vec![Word::derived()]
            }
            "arithmetic_expansion" => {
                self.children(source, node, depth);
                vec![Word::known("0")]
            }
            "number" => vec![Word::known("0")],
            _ if node.named_child_count() > 0 => self.joined(source, node, depth),
            _ => vec![Word::known(&unescaped(all))],
        }
    }

    /// A word of several pieces, with what stands between them.
    fn joined(&mut self, source: &str, node: Node<'_>, depth: usize) -> Vec<Word> {
        let (mut from, mut end) = (node.start_byte(), node.end_byte());
        if node.kind() == "string" {
            from += 1;
            end = end.saturating_sub(usize::from(text(source, node).ends_with('"'))).max(from);
        }
        let mut all = vec![Word::default()];
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for child in children {
            let gap = source.get(from..child.start_byte()).unwrap_or_default();
            let is_quoted = node.kind() == "string";
            let gap = Word::known(&if is_quoted { unquoted(gap) } else { unescaped(gap) });
            let pieces = self.words(source, child, depth);
            all = all
                .iter()
                .flat_map(|word| {
                    let word = word.clone().then(&gap);
                    pieces.iter().map(move |piece| word.clone().then(piece))
                })
                .take(WORDS_MAX)
                .collect();
            from = child.end_byte();
        }
        let rest = source.get(from..end).unwrap_or_default();
        let rest = Word::known(&unescaped(rest));
        all.into_iter().map(|word| word.then(&rest)).collect()
    }

    /// `${name}`, `${name:-default}`, `${name%/*}` …
    fn expansion(&mut self, source: &str, node: Node<'_>, depth: usize) -> Vec<Word> {
        let all = text(source, node);
        if all.starts_with("${#") {
            return vec![Word::known("0")];
        }
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let mut name = all.trim_start_matches("${").trim_start_matches('!');
        name = &name[..name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len())];
        let values = self.scope.value(name);
        let change = all[2 + name.len()..].trim_end_matches('}');
        let values = match change.as_bytes().first() {
            // `${PWD/this/that}` can be anything.
            Some(b'/' | b'^' | b',' | b'~') => vec![Word::unknown(name)],
            // `${X%/*}` is the directory above, of `${X%.md}` only its directory is known.
            Some(b'%' | b'#') => values.iter().map(|value| value.cut(name, change)).collect(),
            _ => values,
        };
        let is_unknown = values.iter().all(|value| value.text.is_empty() && value.open.is_some());
        let has_default = all[2 + name.len()..].starts_with([':', '-', '=']);
        let mut defaults = Vec::new();
        for child in children.into_iter().skip(1) {
            // Commands in it run in any case.
            defaults = self.words(source, child, depth);
        }
        if is_unknown && has_default && !defaults.is_empty() { defaults } else { values }
    }

    /// What `$(…)` gives, as far as its command says.
    fn substituted(&mut self, source: &str, node: Node<'_>, depth: usize) -> Word {
        let Some(depth) = depth.checked_sub(1) else { return Word::derived() };
        let mut first = node.named_child(0);
        while let Some(inner) = first {
            match inner.kind() {
                "command" => break,
                "file_redirect" => return Word::unknown("$(<…)"),
                "redirected_statement" => first = inner.child_by_field_name("body"),
                _ => first = inner.named_child(0),
            }
        }
        let Some(command) = first else { return Word::derived() };
        let mut words = Vec::new();
        let mut cursor = command.walk();
        let children: Vec<Node<'_>> = command.named_children(&mut cursor).collect();
        for child in children {
            match child.kind() {
                // What stands in it was gone through with the command.
                "command_substitution" => words.push(self.substituted(source, child, depth)),
                "process_substitution" => words.push(Word::derived()),
                "variable_assignment" | "file_redirect" | "heredoc_redirect" => {}
                _ => words.extend(self.words(source, child, depth).into_iter().take(1)),
            }
        }
        let given = command::gives(self, &words);
        decoded::behind(&stages(source, command), given)
    }
}

/// A text in double quotes, in which a backslash stands for itself before most signs.
fn unquoted(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('$' | '`' | '"' | '\\')) => plain.extend(characters.next()),
            ('\\', Some('\n')) => drop(characters.next()),
            _ => plain.push(character),
        }
    }
    plain
}

/// A word without its backslashes. Those of a path of Windows stay.
fn unescaped(word: &str) -> String {
    if !word.contains('\\') || super::is_drive(word) {
        return word.to_owned();
    }
    let mut plain = String::with_capacity(word.len());
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('\n') | None => {}
                Some(next) => plain.push(next),
            },
            other => plain.push(other),
        }
    }
    plain
}

/// Whether a command stands behind a pipe.
fn is_fed(command: Node<'_>) -> bool {
    let mut node = command;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "redirected_statement" => node = parent,
            "pipeline" => {
                return parent.named_child(0).is_some_and(|first| first.id() != node.id());
            }
            _ => return false,
        }
    }
    false
}

/// The first word of what gets by a pipe what a command says.
fn next(source: &str, command: Node<'_>) -> Option<String> {
    let mut node = command;
    loop {
        let parent = node.parent()?;
        match parent.kind() {
            "redirected_statement" => node = parent,
            "pipeline" => break,
            _ => return None,
        }
    }
    let next = text(source, node.next_named_sibling()?);
    next.split(|c: char| c.is_whitespace() || c == ';')
        .find(|word| !word.is_empty())
        .map(str::to_owned)
}

/// The first words of what stands behind a command in its pipeline, each with its arguments.
fn stages<'s>(source: &'s str, command: Node<'_>) -> Vec<&'s str> {
    let mut node = command;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "redirected_statement" => node = parent,
            "pipeline" => break,
            _ => return Vec::new(),
        }
    }
    let mut stages = Vec::new();
    while let Some(next) = node.next_named_sibling() {
        stages.push(text(source, next));
        node = next;
    }
    stages
}

/// Whether what a substitution gives is words that a command works on, rather than somebody's text.
fn is_worked_on(source: &str, substitution: Node<'_>) -> bool {
    let mut node = substitution;
    for _ in 0..4 {
        let Some(parent) = node.parent() else { return false };
        if parent.kind() == "command" {
            let name = parent.child_by_field_name("name").map_or("", |name| text(source, name));
            let kinds = Kinds::of(name.rsplit('/').next().unwrap_or_default());
            return !kinds.has(Kind::Writer) && !kinds.has(Kind::Sayer);
        }
        if matches!(parent.kind(), "variable_assignment" | "for_statement") {
            return true;
        }
        node = parent;
    }
    false
}

fn text<'s>(source: &'s str, node: Node<'_>) -> &'s str {
    source.get(node.byte_range()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Mention, Reach};
    use super::*;

    fn mentions(command: &str) -> Vec<Mention> {
        let mut into = Mentions::default();
        of_command(command, None, &mut into);
        into.into_list()
    }

    fn names(command: &str, path: &str) -> bool {
        mentions(command).iter().any(|mention| mention.path.trim_end_matches('/') == path)
    }

    #[test]
    fn every_way_to_name_a_path_names_it() {
        for command in [
            "cat /p/x",
            "cat '/p/x'",
            "cat \"/p/x\"",
            "cat /p\\/x",
            "cd /p && cat x",
            "cd /p; cd q; cat ../x",
            "(cd /p; cat x)",
            "git -C /p show HEAD:x && cat /p/x",
            "git --git-dir=/p/x log",
            "tar -C /p/x -cf - .",
            "tar cf - /p/x | gzip > out",
            "cat < /p/x",
            "echo a > /p/x",
            "D=/p; cat $D/x",
            "export D=/p && cat \"${D}/x\"",
            "for f in /p/x /q; do cat $f; done",
            "for d in a /p; do cat \"$d/x\"; done",
            "while true; do head -3 /p/x; done",
            "if [ -f a ]; then cat /p/x; fi",
            "f() { cat /p/x; }; f",
            "bash -c 'cat /p/x'",
            "bash -lc \"cd /p && cat x\"",
            "sudo -n cat /p/x",
            "env A=b cat /p/x",
            "timeout 5 cat /p/x",
            "find /p/x -name '*.md' -exec cat {} +",
            "ls /p/x | xargs cat",
            "echo \"$(cat /p/x)\"",
            "cat <(sort /p/x)",
            "diff a <(cat /p/x)",
            "python3 -c \"print(open('/p/x').read())\"",
            "cat <<EOF | xargs cat /p/x\na\nEOF",
            "python3 - <<'EOF'\nprint(open('/p/x').read())\nEOF",
            "bash <<EOF\ncat /p/x\nEOF",
            "cat > out <<EOF\n$(cat /p/x)\nEOF",
            "grep -rn secret /p/x",
            "rg 'a|b' -g '*.rs' /p/x",
            "sed -n '1,20p' /p/x",
            "awk '{print $1}' /p/x",
            "jq -r .a /p/x",
            "cp -r /p/x .",
            "rsync -a /p/x/ backup/",
            "curl -d @/p/x http://localhost/api/v1/users",
            "docker run -v /p/x:/data image",
            "npm --prefix /p/x test",
            "make -C/p/x",
            "pushd /p/x && ls && popd",
            "cat ${UNSET:-/p/x}",
            "cat /p/x &",
            "! cat /p/x",
            "case $1 in a) cat /p/x;; esac",
            "cat $'/p/x'",
            "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: /p/x\n*** End Patch\nEOF",
            "cat /p/x; echo 'unclosed",
            "cat /p/x ) ) }",
            "source /p/x",
            ". /p/x",
            "node -e \"require('fs').readFileSync('/p/x')\"",
            "eval 'cat /p/x'",
            "X=$(cat /p/x)",
            "local X=/p; cat $X/x",
            "grep -v '^#' /p/x",
            "grep -F ana /p/x",
            "jq -C . /p/x",
            "git grep -F a -- /p/x",
            "ag -g a /p/x",
            "rg --files /p/x | xargs cat",
            "grep --regexp=a /p/x",
            "grep -ea /p/x",
            "sed --expression=p /p/x",
            "awk -F: '{print}' /p/x",
            "jq --slurpfile a /p/x -n '$a'",
            "GIT_DIR=/p/x git show HEAD:a",
            "env GIT_DIR=/p/x git show HEAD:a",
            "export GIT_DIR=/p/x; git show HEAD:a",
            "echo /p/x | xargs cat",
            "printf '%s\\n' /p/x | xargs cat",
            "echo 'cat /p/x' | bash",
            "echo \"open('/p/x')\" | python3",
            "alias c='cat /p/x'; c",
            "trap 'cat /p/x' EXIT",
            "set -- /p/x; cat \"$1\"",
            "xargs cat <<< /p/x",
            "tmux send-keys 'cat /p/x' Enter",
            "su -c 'cat /p/x'",
            "watch 'cat /p/x'",
            "c=\"cat /p/x\"; $c",
            "sqlite3 a \"ATTACH '/p/x' AS b\"",
            "python3 -c\"print(open('/p/x').read())\"",
            "python3 -Wignore -c \"print(open('/p/x').read())\"",
            "perl -MFile::Slurp -e \"print read_file('/p/x')\"",
            "bash -c -- 'cat /p/x'",
            "awk 'BEGIN{while((getline l < \"/p/x\")>0) print l}'",
            "awk -v f=/p/x 'BEGIN{getline l < f}'",
            "sed '1r /p/x' a",
            "docker compose -f /p/x exec web sh",
            "kubectl get -f /p/x",
            "curl -d@/p/x http://localhost/a",
            "curl -Ff=@/p/x http://localhost/a",
            "while read f; do cat $f; done <<< /p/x",
            "while read -r f; do cat \"$f\"; done <<< \"/p/x\"",
            "curl file://localhost/p/x",
            "curl \"file://$(hostname)/p/x\"",
            "PYTHONPATH=/p/x python3 -c 'import a'",
            "SECRETS_FILE=/p/x make",
            "sed -e '1r/p/x' a",
            "cat $'/p\\x2fx'",
            "cat $'/p/\\170'",
            "wget -qO- file:///p/x",
            "git -c alias.x='!cat /p/x' x",
            "git -c include.path=/p/x config -l",
            "git diff --no-index -b /p/x a",
            "git -C/p log -- x",
            "git show HEAD:/p/x",
            "ssh localhost cat /p/x",
            "ssh -p 22 ana@127.0.0.1 'cd /p; cat x'",
            "scp localhost:/p/x .",
            "php -r \"echo file_get_contents('/p/x');\"",
            "deno eval \"console.log(Deno.readTextFileSync('/p/x'))\"",
            "xmllint --xpath 'document(\"/p/x\")' a.xml",
            "mytool --config=/p/x",
            "mytool -c/p/x",
            "cat {/p/x,b}",
            "cat /p/{x,y}",
            "fd a /p/x -x cat",
            "find /q /p/x -type f | xargs cat",
            "find . -exec cp {} /p/x \\;",
            "rg -L a /p/x",
            "cargo test | rg a - /p/x",
            "xargs rg a /p/x < list",
        ] {
            assert!(
                names(command, "/p/x") || names(command, "/p/q/../x"),
                "{command}: {:?}",
                mentions(command)
            );
        }
    }

    #[test]
    fn what_is_no_path_is_not_read() {
        for command in [
            "sed -i 's/home/p/g' a.txt",
            "sed -n '/start/,/end/p' a.txt",
            "awk '/^diff/{print}' a.txt",
            "grep -rn '/api/v1' src",
            "git commit -m 'moves /p/x to /q'",
            "git commit -m \"$(cat <<'EOF'\nmoves /p/x to /q\nEOF\n)\"",
            "gh pr create --title a --body '/p/x'",
            "echo /p/x",
            "curl https://h.example/p/x",
            "cat > a.md <<'EOF'\nsee /p/x\nEOF",
            "docker exec web cat /p/x",
            "ssh host 'cat /p/x'",
            "ssh -i ~/.ssh/id ana@h.example cat /p/x",
            "scp host:/p/x .",
            "docker push h.example/p/x:1.2",
            "git log --grep '/p/x' --format '/p/x'",
        ] {
            let found = mentions(command);
            assert!(found.iter().all(|m| !m.path.starts_with('/')), "{command}: {found:?}");
        }
    }

    /// Everything that a command reaches beside the paths that it names: the path, and what below it.
    fn reaches(command: &str) -> Vec<(String, String)> {
        let told = |mention: Mention| match mention.reach {
            Reach::Alone => None,
            Reach::Matching { pattern, .. } => Some((mention.path, pattern)),
            Reach::Below { links, all } => {
                let links = if links { "links" } else { "" };
                Some((mention.path, format!("{links}{}", if all { "/all" } else { "/" })))
            }
        };
        mentions(command).into_iter().filter_map(told).collect()
    }

    #[test]
    fn a_pattern_and_a_walk_reach_what_lies_below() {
        for (command, path, below) in [
            ("cat *.pem", ".", "*.pem"),
            ("head -5 .env*", ".", ".env*"),
            ("cd a && cat k/*.pem", "a/k", "*.pem"),
            ("for f in *.pem; do cat $f; done", ".", "*.pem"),
            ("cat /*/p/x", "/", "*/p/x"),
            ("cat ~/d*/may.md", "~", "d*/may.md"),
            ("find . -name '*.pem' -exec cat {} +", ".", "**/*.pem"),
            ("find / -name x -exec cat {} +", "/", "/all"),
            ("find / -name x 2>/dev/null | xargs cat", "/", "/all"),
            ("find -L . -name x -exec cat {} +", ".", "links/all"),
            ("grep -rn x .", ".", "/all"),
            ("grep -rn x", ".", "/all"),
            ("grep -Rn x src", "src", "links/all"),
            ("grep -rh x src", "src", "**"),
            ("rg x", ".", "/"),
            ("rg -L x src", "src", "links/"),
            ("rg -g '*.pem' x", ".", "**/*.pem"),
            ("tar cf - keys | base64", "keys", "**"),
            ("cp -r keys /tmp", "keys", "**"),
            ("rsync -a keys/ b", "keys/", "/all"),
            ("zip -r a.zip keys", "keys", "links/all"),
            ("locate x | xargs cat", "/", "links/all"),
            ("docker run -v /:/host alpine cat /host/x", "/", "/all"),
            ("docker run -v $PWD/..:/up alpine ls", "./..", "/all"),
            ("for f in $(ls a); do cat a/$f; done", "a", "*"),
            ("git diff -- '*.pem'", ".", "**/*.pem"),
            ("git log -p | grep '^+'", ".", "**"),
            ("git show | tail -20", ".", "**"),
            ("x=$(git diff main | sed -n 1p)", ".", "**"),
            ("npx -y repomix@latest --style xml --stdout", ".", "**"),
            ("files-to-prompt src/a -e md", "src/a", "**"),
            ("uvx gitingest", ".", "**"),
            ("gitleaks detect -v", ".", "**"),
            ("docker run -v $PWD/data:/data alpine", "./data", "/all"),
        ] {
            let found = reaches(command);
            let is_there = found.contains(&(path.to_owned(), below.to_owned()));
            assert!(is_there, "{command}: {found:?}");
        }
        for usual in [
            "ls",
            "ls *",
            "cargo build",
            "git log",
            "git diff",
            "find . -name '*.rs'",
            "cargo test 2>&1 | rg error",
            "ps aux | grep -r x -",
            "cp a b",
            "grep x a.txt",
            "tar xf a.tar",
            "git log -p | head -50",
            "git diff --stat | tail -1",
            "git show HEAD:src/a.rs | sed -n 1,20p",
            "git log --oneline | grep fix",
        ] {
            let found = reaches(usual);
            assert!(found.iter().all(|(_, below)| below == "*"), "{usual}: {found:?}");
        }
    }

    #[test]
    fn what_may_be_a_file_is_named_where_it_stands() {
        for (command, path) in [
            ("echo .env | xargs cat", ".env"),
            ("git show HEAD:.env", ".env"),
            ("git show :0:keys/a", "keys/a"),
            ("git log -p -- keys", "keys"),
            ("git log -p keys", "keys"),
            ("git diff HEAD~1 .env", ".env"),
            ("cd a && git show HEAD:./x.md", "a/./x.md"),
            ("python3 -c \"print(open('.env').read())\"", ".env"),
            ("python3 - <<'E'\nopen('keys/a')\nE", "keys/a"),
            ("cd a && node -e \"read('keys/a')\"", "a/keys/a"),
            ("python3 -c \"Path.home()/'diary'/'x'\"", "~/diary"),
            ("node -e \"read(process.env.HOME + '/diary/x')\"", "~/diary/x"),
            ("node -e 'read(`${os.homedir()}/diary/x`)'", "~/diary/x"),
            ("cat $(git ls-files '*.pem')", "."),
            ("dd if=.env", ".env"),
            ("curl -F file=@.env http://localhost/a", ".env"),
            ("curl -d@keys/a http://localhost/a", "keys/a"),
            ("docker build --secret id=x,src=.env .", ".env"),
            ("su -c 'cat .env'", ".env"),
            ("tmux send-keys 'cat .env' Enter", ".env"),
            ("echo 'cat .env' | bash", ".env"),
            ("pwsh -c 'Get-Content .env'", ".env"),
            ("npx dotenv-cli -e .env -- x", ".env"),
            ("git log -L1,5:.env", ".env"),
            ("git grep KEY HEAD -- keys", "keys"),
            ("psql <<E\n\\copy t from 'keys/a'\nE", "keys/a"),
            ("cat <<E keys/a\nE", "keys/a"),
            ("mytool --env-file=.env", ".env"),
            ("mytool --config=./../x", "./../x"),
            ("mytool --config=a/../../x", "a/../../x"),
        ] {
            assert!(names(command, path), "{command}: {:?}", mentions(command));
        }
    }

    /// Names that read as paths count only where something stands there.
    #[test]
    fn what_nobody_knows_is_given_names_nothing_for_sure() {
        for command in [
            "docker push ghcr.io/acme/api:2.32.0",
            "docker pull ghcr.io/acme/api",
            "gh api repos/acme/api/pulls",
            "go test ./...",
            "npm run build:a/b",
            "git checkout -b fix/a",
            "git log -S'a/b' --oneline",
        ] {
            let found = mentions(command);
            // An address is nowhere on this machine.
            let is_sure = |m: &&Mention| {
                !m.guess && m.path.contains(char::is_alphabetic) && !m.path.contains("://")
            };
            assert_eq!(found.iter().find(is_sure), None, "{command}");
        }
    }

    #[test]
    fn a_name_with_blanks_or_signs_counts_where_something_stands() {
        for (command, path) in [
            ("cat 'my notes/may.md'", "my notes/may.md"),
            ("cat a@b/may.md", "a@b/may.md"),
            ("cat 2026/05", "2026/05"),
            ("cp 'x=1, (2)/a' .", "x=1, (2)/a"),
        ] {
            let found = mentions(command);
            assert!(found.iter().any(|m| m.guess && m.path == path), "{command}: {found:?}");
        }
        let found = mentions("cat 'my notes'/*.md");
        let is_it = |m: &Mention| m.guess && m.path == "my notes" && m.reach != Reach::Alone;
        assert!(found.iter().any(is_it), "{found:?}");
    }

    #[test]
    fn separators_letters_and_texts_are_no_paths() {
        for (command, path) in [
            ("awk -F/ '{print $2}' a.csv", "/"),
            ("cut -d/ -f2 a.csv", "/"),
            ("sort -t/ -k2 a.csv", "/"),
            ("column -s/ -t a.csv", "/"),
            ("tar czf out.tgz src", "czf"),
            ("tar xzf in.tgz", "xzf"),
            ("sqlite3 a.db .schema", ".schema"),
            ("git log --grep='../x' --oneline", "../x"),
        ] {
            let found = mentions(command);
            let is_it = |m: &&Mention| {
                !m.guess && m.path.trim_end_matches('/') == path.trim_end_matches('/')
            };
            assert_eq!(found.iter().find(is_it), None, "{command}");
        }
        assert!(names("tar czf ../out.tgz src", "../out.tgz") && names("tar -czf a ../x", "../x"));
    }

    #[test]
    fn who_goes_home_is_there_once_something_runs() {
        for command in [
            "cd ~ && ls",
            "cd; cat x",
            "cd ~",
            "cd $HOME && make",
            "cd ~; which a; find . -name b",
            "df -h; cd ~; git status",
        ] {
            assert!(names(command, "~"), "{command}: {:?}", mentions(command));
        }
        for command in [
            "cd ~ && which a",
            "cd ~ && node --version",
            "(cd ~; type a)",
            "pwd; cd ~; pwd",
            "cd ~ && cd /tmp && ls",
            "df -h ~",
            "du -sh ~",
            "du -sh ~/.cache ~",
        ] {
            assert!(!names(command, "~"), "{command}: {:?}", mentions(command));
        }
        for command in ["du -h ~", "du -ah ~", "du -sh ~/*"] {
            assert!(names(command, "~"), "{command}: {:?}", mentions(command));
        }
    }

    #[test]
    fn variables_are_resolved_where_something_says_them() {
        let unknown = |command: &str| {
            mentions(command).into_iter().filter_map(|mention| mention.unknown).collect::<Vec<_>>()
        };
        assert!(names("cat $HOME/x", "~/x") && names("cat \"$PWD\"/x", "./x"));
        assert!(names("cd /a && cd /b && cat $OLDPWD/x", "/a/x"));
        assert!(names("cd /a; cd /b; cd -; cat x", "/a/x"));
        assert!(names("cd /a && T=$(pwd) && cat $T/x", "/a/x"));
        assert!(names("cat $(git rev-parse --show-toplevel)/x", ":/x"));
        assert_eq!(unknown("cat $NOTES/plan.md"), ["NOTES"]);
        assert_eq!(unknown("cp \"$NOTES\" ."), ["NOTES"]);
        assert_eq!(unknown("cd $NOTES && cat plan.md"), ["NOTES"]);
        assert_eq!(unknown("cd $NOTES && cat *"), ["NOTES"]);
        assert_eq!(unknown("cd $NOTES && git log -p"), ["NOTES"]);
        assert_eq!(unknown("cat $(find / -name x)"), ["$(find /)"]);
        assert_eq!(unknown("for f in $(find / -name x); do cat $f; done"), ["$(find /)"]);
        assert_eq!(unknown("x=$(find / -name x | head -1); cat \"$x\""), ["$(find /)"]);
        assert_eq!(unknown("z notes && cat plan.md"), ["$(z)"]);
        assert_eq!(unknown("cat ${PWD/shared/payroll}/a.md"), ["PWD"]);
        assert!(names("cat ${PWD%/*}/payroll/a.md", "./../payroll/a.md"));
        assert!(names("cat $(dirname \"$PWD\")/payroll/a.md", "./../payroll/a.md"));
        assert!(names("cd $(dirname $(pwd)) && cat payroll/a.md", "./../payroll/a.md"));
        for harmless in [
            "echo $NOTES",
            "ls $NOTES",
            "test -n \"$NOTES\"",
            "cat src/$NAME.rs",
            "for f in $(git ls-files); do cat $f; done",
            "find . -name a | while read -r f; do cat \"$f\"; done",
            "kill $PID",
            "f() { cat \"$1\"; }; f a",
            "find . -name a | xargs -n1 sh -c 'cat \"$1\"' sh",
            "curl -H \"X: $TOKEN\" https://h.example",
        ] {
            assert!(unknown(harmless).is_empty(), "{harmless}: {:?}", unknown(harmless));
        }
    }

    #[test]
    fn nothing_that_is_deep_or_broken_costs_more_than_a_moment() {
        for piece in [
            "(",
            "$(",
            "{",
            "`",
            "\"$(",
            "${a:-",
            "<(",
            "if ",
            "case x in ",
            "<<A\n",
            "bash -c \"",
            "[[ ",
            "$((",
            "a|",
            "a &&",
        ] {
            let text = piece.repeat(4000);
            let _ = mentions(&text);
            let _ = mentions(&format!("{text} cat /p/x"));
        }
    }
}
