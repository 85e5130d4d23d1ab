//! What a script of a shell shows of the things that it names: what they hold, or no more than that they are there.
//!
//! Five things may be done with what a script names. Its contents are shown; or it is named alone (listed, counted,
//! tested, removed), made, left out of what another word means, or used: copied, loaded, handed on as a key. Only the
//! first puts anything of it into the transcript. Whatever is not known to be one of the others is taken for the first.

mod code;
mod git;
mod rule;
mod setting;
mod table;

use super::shell::{self, of_command};
use super::{Doing, Mention, Mentions, Reach};
use rule::{Does, Given};
use std::ops::Range;
use tree_sitter::Node;

/// Deeper scripts are taken as they are.
const DEPTH_MAX: usize = 64;

/// What a script shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The script without the words that show nothing.
    pub text: String,
    /// The places of which it may show what they hold.
    pub places: Vec<Mention>,
    /// The places that it names beside them, and shows nothing of.
    pub silent: Vec<Mention>,
    /// Whether all of it only names things: then its output is a list of names and holds nothing of them.
    pub only_names: bool,
    /// Whether all that it shows are files that it names one by one: then a name in its output is their text.
    pub says_all: bool,
}

/// What a script shows that runs in `directory`, or where the record was made. `None`: it cannot be parsed, and all that
/// it names counts.
#[must_use]
pub fn shown(script: &str, directory: Option<&str>) -> Option<Shown> {
    let tree = shell::parse(script)?;
    if tree.root_node().has_error() {
        return None;
    }
    let mut cut = Cut {
        source: script,
        ranges: Vec::new(),
        shows: 0,
        named: 0,
        listed: Vec::new(),
        settings_shown: setting::shows_settings(script),
        runs_lists: setting::runs_lists(script),
    };
    cut.node(tree.root_node(), false, DEPTH_MAX);
    let text = without(script, cut.ranges);
    let places = |script: &str| {
        let mut into = Mentions::default();
        of_command(script, directory, &mut into);
        into.into_list()
    };
    let mut shown = places(&text);
    let silent = places(script).into_iter().filter(|place| !shown.contains(place)).collect();
    shown.extend(cut.listed);
    Some(Shown {
        text,
        places: shown,
        silent,
        only_names: cut.shows == 0,
        says_all: cut.shows == cut.named,
    })
}

/// From where to where a script copies: files, directories, archives and what comes out of them, clones and worktrees.
/// What lies below the second was below the first.
#[must_use]
pub fn copies(script: &str, directory: Option<&str>) -> Vec<(String, String)> {
    let mut into = Mentions::default();
    into.scripts.takes_all_copies = true;
    of_command(script, directory, &mut into);
    into.take_scripts().into_copied()
}

/// The script with something that does nothing in place of each range.
fn without(script: &str, mut ranges: Vec<(Range<usize>, &'static str)>) -> String {
    ranges.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut text = String::with_capacity(script.len());
    let mut at = 0;
    for (range, instead) in ranges {
        if range.start < at {
            continue;
        }
        text.push_str(script.get(at..range.start).unwrap_or_default());
        text.push_str(instead);
        at = range.end;
    }
    text + script.get(at..).unwrap_or_default()
}

/// Goes through a script and remembers what shows nothing.
struct Cut<'s> {
    source: &'s str,
    ranges: Vec<(Range<usize>, &'static str)>,
    /// Commands that may show contents.
    shows: usize,
    /// Those of them that show nothing but files which they name.
    named: usize,
    /// What lists give to programs that read what they are given.
    listed: Vec<Mention>,
    /// Whether something may print the variables that were set from a file.
    settings_shown: bool,
    /// Whether something may read what a file lists that the script writes.
    runs_lists: bool,
}

impl<'s> Cut<'s> {
    fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }

    /// `feeds`: whether something reads what the commands in the node list.
    fn node(&mut self, node: Node<'_>, feeds: bool, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            self.shows += 1;
            return;
        };
        match node.kind() {
            "pipeline" => {
                let mut cursor = node.walk();
                let stages: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
                for (at, stage) in stages.iter().enumerate() {
                    let is_read = stages[at + 1..].iter().any(|next| !self.filters(*next));
                    let before = (self.shows, self.named);
                    self.node(*stage, feeds || is_read, depth);
                    if at > 0 && self.passes(*stage) {
                        (self.shows, self.named) = before;
                    }
                    if is_read && self.is(*stage, |words| rule::listed(words).is_some()) {
                        self.list(*stage);
                    }
                }
            }
            "command_substitution" => self.children(node, true, depth),
            "process_substitution" => {
                let reader = node.parent().and_then(|parent| self.name(parent));
                let is_read = !reader.is_some_and(rule::compares);
                self.children(node, feeds || is_read, depth);
            }
            "redirected_statement" => self.redirected(node, feeds, depth),
            "command" => self.command(node, feeds, depth),
            "test_command" if !has_commands(self.text(node)) => {
                self.ranges.push((node.byte_range(), "true"));
            }
            "comment" | "heredoc_body" | "heredoc_start" | "heredoc_end" => {}
            "for_statement" | "while_statement" | "until_statement" | "function_definition" => {
                self.shows += 1;
                self.children(node, feeds, depth);
            }
            "declaration_command" => self.declared(node, depth),
            _ => self.children(node, feeds, depth),
        }
    }

    fn children(&mut self, node: Node<'_>, feeds: bool, depth: usize) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.node(child, feeds, depth);
        }
    }

    fn redirected(&mut self, node: Node<'_>, feeds: bool, depth: usize) {
        let mut cursor = node.walk();
        let redirects: Vec<Node<'_>> = node
            .named_children(&mut cursor)
            .filter(|child| child.kind().ends_with("_redirect"))
            .collect();
        let is_out = |redirect: &Node<'_>| {
            let text =
                self.text(*redirect).trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
            text.starts_with('>') && !text.contains("/dev/null") && !text.contains(">&")
        };
        let writes = redirects.iter().any(is_out);
        let lists = writes && self.runs_lists;
        // What is said goes into a file then.
        self.shows += usize::from(writes);
        let Some(body) = node.child_by_field_name("body") else {
            self.shows += 1;
            return self.children(node, feeds, depth);
        };
        let before = self.ranges.len();
        self.node(body, feeds || lists, depth);
        // `wc -l < .env`, `gh secret set KEY < key.pem`
        let is_whole =
            self.ranges.len() == before + 1 && self.ranges[before].0 == body.byte_range();
        for redirect in redirects {
            let is_in = self.text(redirect).starts_with('<') && redirect.kind() == "file_redirect";
            if is_in && is_whole && !has_commands(self.text(redirect)) {
                self.ranges.push((redirect.byte_range(), ""));
            } else {
                // A script that is fed in may do anything.
                self.shows += usize::from(redirect.kind() == "heredoc_redirect");
                self.children(redirect, true, depth);
            }
        }
    }

    /// `export ENV_FILE=.env`, as long as nothing reads by the variable.
    fn declared(&mut self, node: Node<'_>, depth: usize) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            let text = self.text(child);
            if child.kind() == "variable_assignment"
                && self.is_setting(text)
                && !self.settings_shown
            {
                self.ranges.push((child.byte_range(), "X=1"));
            } else {
                self.children(child, true, depth);
            }
        }
    }

    /// Whether an assignment hands settings or keys to programs by a name that the script itself does not ask for.
    fn is_setting(&self, assignment: &str) -> bool {
        let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        let name = name.split(['+', '[']).next().unwrap_or_default();
        if value.contains(':') || !setting::names_settings(name) {
            return false;
        }
        let is_asked =
            [format!("${name}"), format!("${{{name}"), format!("${{!{name}")].into_iter();
        !name.is_empty() && !is_asked.into_iter().any(|asked| self.source.contains(&asked))
    }

    fn command(&mut self, node: Node<'_>, feeds: bool, depth: usize) {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for child in &children {
            let is_setting = child.kind() == "variable_assignment"
                && !self.settings_shown
                && self.is_setting(self.text(*child))
                && !has_commands(self.text(*child));
            if is_setting {
                self.ranges.push((child.byte_range(), ""));
            }
            // What runs within a word says what the word is.
            let is_text = child.kind() == "process_substitution";
            self.node(*child, feeds || !is_text, depth);
        }
        let words: Vec<Node<'_>> = children
            .into_iter()
            .filter(|child| {
                !matches!(child.kind(), "variable_assignment" | "comment")
                    && !child.kind().ends_with("_redirect")
            })
            .collect();
        let texts: Vec<String> = words.iter().map(|word| bare(self.text(*word))).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let given = Given { feeds, settings_shown: self.settings_shown };
        let (start, does) = rule::of(&texts, given);
        match does {
            Does::Nothing if !has_commands(self.text(node)) => {
                self.ranges.push((node.byte_range(), "true"));
            }
            Does::Nothing => {
                for word in &words[start..] {
                    self.word(*word, 0..self.text(*word).len());
                }
            }
            Does::Here => {}
            Does::All => {
                self.shows += 1;
                let is_fed = node.parent().is_some_and(|parent| parent.kind() == "pipeline");
                let is_named = rule::names_files(&texts[start..])
                    && !self.text(node).contains(['$', '`', '~'])
                    && !has_commands(self.text(node));
                self.named += usize::from(is_named && !(is_fed && texts.len() == start + 1));
            }
            Does::AllBut(cut) => {
                self.shows += 1;
                for at in cut {
                    let word = words[at];
                    self.word(word, 0..self.text(word).len());
                }
            }
        }
        for word in words {
            for asked in code::asked(self.text(word)) {
                self.word(word, asked);
            }
        }
    }

    fn word(&mut self, word: Node<'_>, within: Range<usize>) {
        if has_commands(self.source.get(word.byte_range()).unwrap_or_default()) {
            return;
        }
        let start = word.start_byte();
        self.ranges.push((start + within.start..start + within.end, ""));
    }

    /// The name of a command.
    fn name(&self, command: Node<'_>) -> Option<&'s str> {
        let name = command.child_by_field_name("name")?;
        self.text(name).rsplit('/').next()
    }

    /// What a list names that is read: all that lies in a directory.
    fn list(&mut self, stage: Node<'_>) {
        let mut cursor = stage.walk();
        let words: Vec<String> =
            stage.named_children(&mut cursor).map(|word| bare(self.text(word))).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for (directory, pattern) in rule::listed(&words).into_iter().flatten() {
            let reach = Reach::Matching { pattern, links: true };
            self.listed.push(Mention { reach, ..Mention::new(&directory, Doing::Read) });
        }
    }

    /// Whether a stage of a pipeline takes no names from what it is fed with.
    fn filters(&self, stage: Node<'_>) -> bool {
        match stage.kind() {
            "command" => self.is(stage, rule::filters),
            "redirected_statement" => {
                stage.child_by_field_name("body").is_some_and(|body| self.filters(body))
                    && !self.runs_lists
            }
            _ => false,
        }
    }

    /// Whether a stage of a pipeline reads no files at all.
    fn passes(&self, stage: Node<'_>) -> bool {
        match stage.kind() {
            "command" => self.is(stage, rule::filters) && self.is(stage, rule::passes),
            "redirected_statement" => {
                stage.child_by_field_name("body").is_some_and(|body| self.passes(body))
                    && !self.text(stage).contains('<')
            }
            _ => false,
        }
    }

    fn is(&self, command: Node<'_>, rule: fn(&[&str]) -> bool) -> bool {
        let mut cursor = command.walk();
        let words: Vec<String> = command
            .named_children(&mut cursor)
            .filter(|word| !word.kind().ends_with("_redirect"))
            .map(|word| bare(self.text(word)))
            .collect();
        rule(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// Whether commands run within a text.
fn has_commands(text: &str) -> bool {
    ["$(", "`", "<(", ">("].iter().any(|sign| text.contains(sign))
}

/// A word without its quotes.
fn bare(word: &str) -> String {
    word.replace(['"', '\''], "").replace('\\', "")
}

#[cfg(test)]
mod tests;
