//! What variables of a shell stand for: what the command said, else what they usually are.

use super::ROOT;
use super::word::Word;
use std::collections::HashMap;

/// Values of one variable that are followed, such as those of a loop.
const VALUES_MAX: usize = 16;

/// What is known of variables, and where the command is.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    values: HashMap<String, Vec<Word>>,
    /// The directory, as a path from that of the record.
    pub(super) directory: Word,
    /// Where it was before.
    pub(super) previous: Word,
}

impl Scope {
    pub(super) fn new(directory: Option<&str>) -> Self {
        let directory = Word::known(directory.unwrap_or_default());
        Self { values: HashMap::new(), previous: directory.clone(), directory }
    }

    pub(super) fn set(&mut self, name: &str, mut values: Vec<Word>) {
        values.truncate(VALUES_MAX);
        self.values.insert(name.to_owned(), values);
    }

    pub(super) fn enter(&mut self, directory: Word) {
        self.previous = std::mem::replace(&mut self.directory, directory);
    }

    /// Goes back to where the last change came from.
    pub(super) fn back(&mut self) {
        std::mem::swap(&mut self.previous, &mut self.directory);
    }

    /// What a variable stands for.
    pub(super) fn value(&self, name: &str) -> Vec<Word> {
        if let Some(values) = self.values.get(name) {
            return values.clone();
        }
        // Where the session began, which may be the root, or here.
        if matches!(name, "CLAUDE_PROJECT_DIR" | "INIT_CWD" | "GITHUB_WORKSPACE" | "CI_PROJECT_DIR")
        {
            return vec![Word::known("."), Word::known(ROOT)];
        }
        vec![match name {
            // `/proc/$$/cwd`
            "$" | "BASHPID" => Word::known("self"),
            "PWD" => self.directory.or_here(),
            "OLDPWD" => self.previous.or_here(),
            // What a function or a script was called with stands where it is called.
            "@" | "*" => Word::derived(),
            _ if name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => {
                Word::derived()
            }
            _ => match usual(name) {
                Some(value) => Word::known(value),
                None => Word::unknown(name),
            },
        }]
    }
}

/// What a variable is on nearly every machine.
fn usual(name: &str) -> Option<&'static str> {
    Some(match name {
        "HOME" | "USERPROFILE" => "~",
        "TMPDIR" | "TEMP" | "TMP" | "RUNNER_TEMP" => "/tmp",
        // What a runner keeps of a run.
        "GITHUB_EVENT_PATH"
        | "GITHUB_OUTPUT"
        | "GITHUB_ENV"
        | "GITHUB_STEP_SUMMARY"
        | "GITHUB_PATH" => "/tmp",
        "CLAUDE_PLUGIN_ROOT" | "CLAUDE_CONFIG_DIR" => "~/.claude",
        "CODEX_HOME" => "~/.codex",
        "XDG_CACHE_HOME" => "~/.cache",
        "XDG_CONFIG_HOME" => "~/.config",
        "XDG_DATA_HOME" => "~/.local/share",
        "XDG_STATE_HOME" => "~/.local/state",
        "XDG_RUNTIME_DIR" => "/run/user",
        "CARGO_HOME" => "~/.cargo",
        "RUSTUP_HOME" => "~/.rustup",
        "NVM_DIR" => "~/.nvm",
        "GOPATH" => "~/go",
        "GOMODCACHE" => "~/go/pkg/mod",
        "GOROOT" | "JAVA_HOME" | "HOMEBREW_PREFIX" | "ANDROID_HOME" | "CONDA_PREFIX" => {
            "/usr/local"
        }
        "VIRTUAL_ENV" => ".venv",
        "SHELL" | "EDITOR" => "/usr/bin",
        // Numbers, names and flags, which lead nowhere.
        "?" | "!" | "#" | "-" | "_" | "RANDOM" | "SECONDS" | "LINENO" | "UID" | "EUID" | "PPID"
        | "USER" | "LOGNAME" | "HOSTNAME" | "PATH" | "LANG" | "TERM" | "PORT" | "IFS" => "0",
        _ => return None,
    })
}
