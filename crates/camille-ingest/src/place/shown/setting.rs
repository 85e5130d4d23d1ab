//! Whether something in a script may say what files of settings hold that others of its commands load.

use super::table::PRINTS;

/// Whether something in a script may print the variables that it set from a file.
pub(super) fn shows_settings(script: &str) -> bool {
    let lower = script.to_ascii_lowercase();
    if PRINTS.iter().any(|print| lower.contains(print)) {
        return true;
    }
    lower.split([';', '&', '|', '\n', '(', ')']).any(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        let name = words.first().copied().unwrap_or_default();
        // `docker run … alpine env`, `docker compose … config`
        let prints = words.last().is_some_and(|word| {
            matches!(
                word.trim_matches(['"', '\'']),
                "env" | "set" | "export" | "declare" | "config"
            )
        });
        let says = matches!(name, "echo" | "printf" | "cat" | "tee" | "logger" | "yes");
        prints || words.contains(&"config") || (says && has_variable(command))
    })
}

/// Whether a text holds a variable that may be one of a file's: `$KEY`; not `$?`, `$HOME`.
fn has_variable(text: &str) -> bool {
    const PLAIN: &[&str] =
        &["home", "pwd", "user", "shell", "path", "hostname", "oldpwd", "pipestatus", "random"];
    text.match_indices('$').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches(['{', '!', '#']);
        let name: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && !PLAIN.contains(&name.as_str())
    })
}

/// Whether a variable is called as those are that hand keys or settings to programs.
pub(super) fn names_settings(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    ["ENV", "CREDENTIAL", "KEY", "CERT", "KUBECONFIG", "SECRET", "PASS", "TOKEN"]
        .iter()
        .any(|part| name.contains(part))
        || name.ends_with("_CA")
}

/// Whether something in a script may read what a file lists.
pub(super) fn runs_lists(script: &str) -> bool {
    [
        "xargs", "parallel", "-from", "-T ", "read ", "mapfile", "$(<", "$(cat", "`cat", "eval",
        "source ", "sh ",
    ]
    .iter()
    .any(|word| script.contains(word))
}
