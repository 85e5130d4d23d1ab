//! Programs that run scripts: interpreters, and what runs a command on this machine or on another one.

use super::argument::{argument, code, maybe, option};
use super::option::Takes;
use super::shell::Shell;
use super::word::Word;
use super::{Doing, decoded};

/// A script given to a shell or another interpreter: as text behind `-c`, or as a file.
/// `is_fetched`: whether the script is a tool that is fetched by its name, to which words are what it says they are.
pub(super) fn interpret(
    shell: &mut Shell<'_>,
    is_shell: bool,
    is_fetched: bool,
    arguments: &[Word],
) {
    let mut words = arguments.iter().peekable();
    // What stands behind a script is the script's.
    let mut has_script = false;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let is_option = text.starts_with('-') && !text.starts_with("--");
        let takes_script = is_option && text.ends_with(['c', 'e', 'p'])
            || matches!(text, "--eval" | "--print" | "--command");
        if takes_script && text.len() > 1 {
            // `-Wignore -c …`, `-c -- …`
            let script = match words.peek() {
                Some(next) if next.text == "--" => words.nth(1),
                Some(next) if next.text.starts_with('-') => continue,
                _ => words.next(),
            };
            let Some(script) = script else { break };
            decoded::runs(shell, script);
            runs(shell, is_shell, &script.text);
            // `dotenv -e .env`
            if is_fetched && !script.text.contains(' ') {
                maybe(shell, script, Doing::Read);
            }
        } else if let Some(takes) = super::option::leaves_out("", text) {
            if takes == Takes::Value {
                words.next();
            }
        } else if text.starts_with('-') {
            option(shell, word, Doing::Read);
            // `-c"…"`
            if let Some(script) = text.get(2..).filter(|script| script.contains(['(', ' '])) {
                code(shell, script, Doing::Read);
            }
        } else if text.contains(['(', '"', '\'', ' ', '\n']) {
            // `deno eval …`, `php -r …`
            code(shell, text, Doing::Read);
        } else {
            if word.open.is_some() || text.contains(['/', '.']) {
                let before = std::mem::replace(&mut shell.foreign, has_script);
                if is_fetched && text.contains(char::is_alphanumeric) {
                    maybe(shell, word, Doing::Read);
                } else {
                    argument(shell, word, Doing::Read);
                }
                shell.foreign = before;
            }
            has_script = true;
        }
    }
}

/// Goes through what a command is fed with, or a script.
pub(super) fn runs(shell: &mut Shell<'_>, is_shell: bool, script: &str) {
    if is_shell {
        let scope = shell.scope.clone();
        shell.script(script);
        shell.scope = scope;
    } else {
        code(shell, script, Doing::Read);
    }
}

/// `ssh host command`: another machine's business, unless the host is this one.
pub(super) fn remote(shell: &mut Shell<'_>, arguments: &[Word]) {
    const TAKE_VALUE: &str = "BbcDEeFIiJLlmOopQRSWw";
    let mut words = arguments.iter();
    let host = loop {
        let Some(word) = words.next() else { return };
        let Some(letters) = word.text.strip_prefix('-') else { break word };
        if letters.len() == 1 && letters.chars().all(|letter| TAKE_VALUE.contains(letter)) {
            words.next();
        }
    };
    if is_this_machine(host) {
        let script: Vec<&str> = words.map(|word| word.text.as_str()).collect();
        let scope = shell.scope.clone();
        shell.scope.enter(Word::known("~"));
        shell.script(&script.join(" "));
        shell.scope = scope;
    }
}

/// Whether a host, with or without a user, is the machine that the command runs on.
pub(super) fn is_this_machine(host: &Word) -> bool {
    let name = host.text.rsplit('@').next().unwrap_or_default();
    let name = name.strip_prefix("ssh://").unwrap_or(name).trim_matches(['[', ']']);
    // `$(hostname)`, `$HOSTNAME`
    matches!(name, "localhost" | "::1" | "0" | "0.0.0.0" | "localhost.localdomain")
        || name.starts_with("127.")
        || (name.is_empty() && host.open.is_some())
}
