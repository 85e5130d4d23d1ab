//! Places that a command is handed by variables of its environment: what it does with them nothing says, so it may read
//! them.

use super::argument::argument;
use super::shell::Shell;
use super::word::{Word, is_relative};
use super::{Doing, forge, is_rooted, url};

/// Variables that name a place for whatever runs, also where nothing stands there any more.
const PLACES: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_INDEX_FILE",
    "BASH_ENV",
    "ENV",
    "KUBECONFIG",
    "PGPASSFILE",
];

/// What the names of such variables end in.
const ENDINGS: &[&str] = &[
    "_FILE",
    "_DIR",
    "PATH",
    "_CONFIG",
    "CREDENTIALS",
    "STARTUP",
    "_PRELOAD",
    "PERL5LIB",
    "RUBYLIB",
];

/// Keys and settings of the person's that a tool uses and does not tell.
const KEYS: &[&str] = &[
    "KUBECONFIG",
    "PGPASSFILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "DOCKER_CONFIG",
];

/// Variables that say where a shell is, and where tools lie or put what they make.
const TOOLS: &[&str] = &[
    "HOME",
    "PWD",
    "OLDPWD",
    "PATH",
    "TMPDIR",
    "TMP",
    "TEMP",
    "SHELL",
    "EDITOR",
    "PREFIX",
    "DESTDIR",
    "GOBIN",
    "GOPATH",
    "GOCACHE",
    "JAVA_HOME",
    "ANDROID_HOME",
    "ANDROID_SDK_ROOT",
    "ANDROID_NDK_HOME",
    "FLUTTER_HOME",
    "FLUTTER_ROOT",
    "PYENV_ROOT",
    "PNPM_HOME",
    "BUN_INSTALL",
    "DENO_INSTALL",
    "SSH_AUTH_SOCK",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "CARGO_TARGET_DIR",
];

/// A variable has these values. `is_handed`: a command gets it, rather than what follows in the shell.
pub(super) fn given(shell: &mut Shell<'_>, variable: &str, values: &[Word], is_handed: bool) {
    let is_key = |word: &Word| word.text.starts_with("~/.") && !word.text.contains("..");
    if KEYS.contains(&variable) && values.iter().all(is_key) {
        return;
    }
    let names_place =
        ENDINGS.iter().any(|end| variable.ends_with(end)) && !TOOLS.contains(&variable);
    if names_place || PLACES.contains(&variable) {
        for value in values {
            argument(shell, value, Doing::Read);
        }
    } else if is_handed && !TOOLS.contains(&variable) {
        for value in values.iter().filter(|value| value.open.is_none()) {
            may_read(shell, variable, &value.text);
        }
    }
}

/// What a program may take for a place: it counts where something stands there.
fn may_read(shell: &mut Shell<'_>, variable: &str, value: &str) {
    // Most values are words, and many are sentences.
    if value.len() > 256
        || !value.contains(['/', '.', ':', '~'])
        || value.contains(char::is_whitespace)
    {
        return;
    }
    if variable.ends_with("_REPO") || variable.ends_with("_REPOSITORY") {
        return forge::named(shell, value);
    }
    let files = match url::path(value) {
        Some(path) => vec![path],
        None => url::database(value).unwrap_or_else(|| vec![value.to_owned()]),
    };
    for file in files {
        let leads = file.contains(char::is_alphanumeric) && !file.contains("://");
        if !leads || !(is_rooted(&file) || is_relative(&file)) {
            continue;
        }
        super::argument::guess(shell, &file, Doing::Read);
        // Of a file that is gone the directory says whose it was.
        let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
        let name = directory.rsplit('/').next().unwrap_or_default();
        if is_rooted(&file) && !matches!(name, "" | "." | ".." | "~") {
            super::argument::guess(shell, directory, Doing::Read);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::named;

    #[test]
    fn what_a_command_is_handed_it_may_read() {
        for command in [
            "CONFIG=/p/x ./run.sh",
            "env CONFIG=/p/x ./run.sh",
            "export CONFIG=/p/x; ./run.sh",
            "BUNDLE_GEMFILE=\"/p/x\" bundle exec rake",
            "RAILS_ROOT=/p/x rake",
            "DATABASE_URL=sqlite:////p/x rake",
            "DATABASE_URL=sqlite:///p/x?a=b rake",
            "DATABASE_URL=\"file:/p/x?mode=ro\" npx prisma db pull",
            "A=b CONFIG=/p/x timeout 5 ./run.sh",
            "sqlite3 \"file:/p/x?mode=ro\" .dump",
            "litecli sqlite:////p/x",
            "sqlx database dump --database-url sqlite:///p/x",
            "sqlx database dump --database-url=sqlite:////p/x",
        ] {
            assert!(named(command).contains(&"/p/x".to_owned()), "{command}: {:?}", named(command));
        }
        assert!(named("CONFIG=../p/gone.yml ./run.sh").contains(&"../p".to_owned()));
        assert!(!named("LOG=~/gone.log ./run.sh").contains(&"~".to_owned()));
        for command in [
            "X=/p/x; echo $X",
            "export PATH=/p/x:$PATH; ls",
            "CARGO_TARGET_DIR=/p/x cargo build",
            "PREFIX=/p/x make install",
            "MESSAGE='see /p/x' make",
            "DATABASE_URL=postgres://h/p/x rake",
            "DATABASE_URL=sqlite::memory: rake",
            "HOME=/p/x ls",
        ] {
            assert!(
                !named(command).contains(&"/p/x".to_owned()),
                "{command}: {:?}",
                named(command)
            );
        }
    }
}
