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
mod tests;
