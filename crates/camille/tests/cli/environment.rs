//! A home of its own for each test, and the binary run in it. Never the user's home.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// No command of a test takes this long.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A user's home directory with camille's inside.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// An empty home.
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("camille-test-").tempdir().expect("a directory");
        Self { dir, variables: Vec::new() }
    }

    /// One whose owner lets scripts share.
    pub(crate) fn scripted() -> Self {
        let home = Self::new();
        let file = home.write("camille/config.toml", "[sharing]\nscripts = true\n");
        std::fs::set_permissions(file, PermissionsExt::from_mode(0o600)).expect("a private file");
        home
    }

    /// The same with a variable for all commands from now on.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The user's home.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// camille's home.
    pub(crate) fn camille_home(&self) -> PathBuf {
        self.path().join("camille")
    }

    /// Writes a file below the user's home.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        std::fs::write(&file, text).expect("a file");
        file
    }

    /// Runs camille with these arguments to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.run_with_input(args, "")
    }

    /// The same, with something on standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Outcome {
        let mut command = assert_cmd::Command::from_std(self.command(args));
        let output = command.write_stdin(input).timeout(TIMEOUT).output().expect("the binary runs");
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The command, not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_camille"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .env("CAMILLE_HOME", self.camille_home())
            .env("USER", "tester")
            .env("TZ", "UTC")
            // Wide enough that what tests look for stands on one line.
            .env("COLUMNS", "120")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Outcome {
    /// It ended with this code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Standard error has this in it.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        // Where its lines are broken is another matter.
        let joined = self.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(self.stderr.contains(text) || joined.contains(text), "no '{text}' in {self:#?}");
        self
    }

    /// No line of standard output is wider than a terminal of 80 columns.
    #[track_caller]
    pub(crate) fn fits(self) -> Self {
        for line in self.stdout.lines() {
            let width = console::measure_text_width(line);
            assert!(width <= 80, "{width} columns: {line}\n{self:#?}");
        }
        self
    }

    /// Standard output has this in it.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no '{text}' in {self:#?}");
        self
    }
}
