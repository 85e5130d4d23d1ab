//! Where the log goes: to `logs/camille.log`, never among what a person reads on a terminal. Whoever sets
//! `CAMILLE_LOG` for a command wants to read it, and gets it on standard error.
//!
//! What is logged never holds a transcript's text, a question or a key; that is up to who logs.

use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::private_file;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// A log that would grow beyond this is set aside, in place of the one before.
const SIZE_BYTES_MAX: u64 = 10_000_000;

/// Logs of a single command: warnings to the log file of its home, or what `CAMILLE_LOG` says to standard error.
///
/// # Errors
/// `CAMILLE_LOG` is not a filter.
pub(crate) fn of_command(
    config: Option<&Config>,
    environment: &Environment,
) -> Result<(), Failure> {
    let filter = filter(environment, "warn")?;
    // A second call, in tests, changes nothing.
    if environment.log_filter().is_some() {
        let layer = fmt::layer().with_writer(io::stderr).with_ansi(false).with_filter(filter);
        let _ = tracing_subscriber::registry().with(layer).try_init();
    } else if let Some(config) = config {
        let file = Late { home: config.home.clone(), path: config.log_file(), file: None };
        let layer = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false).with_filter(filter);
        let _ = tracing_subscriber::registry().with(layer).try_init();
    }
    Ok(())
}

/// Logs to the node's file, and warnings to standard error where that is no terminal but, say, a service's journal.
///
/// # Errors
/// The file cannot be opened, or `CAMILLE_LOG` is not a filter.
pub(crate) fn to_file(config: &Config, environment: &Environment) -> Result<(), Failure> {
    let path = config.log_file();
    let file = Rotating::open(&path, SIZE_BYTES_MAX).map_err(|error| {
        Failure::not_set_up(format!("cannot write {}", path.display())).because(error.to_string())
    })?;
    let filter = filter(environment, "info")?;
    let to_file = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false).with_filter(filter);
    let to_stderr = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_filter(EnvFilter::new("warn"));
    let to_stderr = (!io::stderr().is_terminal()).then_some(to_stderr);
    let _ = tracing_subscriber::registry().with(to_file).with(to_stderr).try_init();
    Ok(())
}

fn filter(environment: &Environment, otherwise: &str) -> Result<EnvFilter, Failure> {
    let said = environment.log_filter();
    EnvFilter::try_new(said.as_deref().unwrap_or(otherwise)).map_err(|error| {
        Failure::usage("CAMILLE_LOG is not a log filter")
            .because(error.to_string())
            .hint("CAMILLE_LOG=debug, or CAMILLE_LOG=camille_node=trace")
    })
}

/// The log file, for its owner alone. However much is logged while a node runs, it and the one before, `camille.log.1`,
/// are all there is.
struct Rotating {
    path: PathBuf,
    file: File,
    size_bytes: u64,
    max: u64,
}

/// The log file of a command, opened when there is something to write down. What cannot be written is lost: a command
/// has other ways to say what went wrong.
struct Late {
    home: PathBuf,
    path: PathBuf,
    file: Option<Rotating>,
}

impl Write for Late {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Nothing is made or followed in a home that is not there or somebody else's.
        let is_own = || {
            let owner = std::fs::metadata(&self.home).map(|home| home.uid());
            owner.is_ok_and(|owner| owner == rustix::process::geteuid().as_raw())
        };
        if self.file.is_none() && is_own() {
            self.file = Rotating::open(&self.path, SIZE_BYTES_MAX).ok();
        }
        if let Some(file) = &mut self.file {
            let _ = file.write_all(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Rotating {
    fn open(path: &Path, max: u64) -> io::Result<Self> {
        if let Some(dir) = path.parent() {
            private_file::create_dir(dir)?;
        }
        let file = append(path)?;
        let size_bytes = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size_bytes, max })
    }

    fn rotate(&mut self) -> io::Result<()> {
        std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
        self.file = append(&self.path)?;
        self.size_bytes = 0;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let added = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.size_bytes > 0 && self.size_bytes.saturating_add(added) > self.max {
            // Where it cannot be set aside, what was said is lost rather than the disk filled.
            if self.rotate().is_err() {
                self.file.set_len(0)?;
                self.size_bytes = 0;
            }
        }
        let written = self.file.write(line)?;
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append(path: &Path) -> io::Result<File> {
    File::options().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn however_much_is_logged_two_bounded_files_are_all_there_is() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("logs/camille.log");
        let mut log = Rotating::open(&path, 1_000).expect("opens");
        for number in 0..500 {
            writeln!(log, "line {number:04}").expect("writes");
        }
        drop(log);
        let mut log = Rotating::open(&path, 1_000).expect("opens again");
        writeln!(log, "line 0500").expect("writes");
        let (now, before) = (std::fs::read_to_string(&path), path.with_extension("log.1"));
        let (now, before) = (now.expect("reads"), std::fs::read_to_string(before).expect("reads"));
        assert!(now.len() <= 1_000 && before.len() <= 1_000);
        let lines: Vec<String> = (0..=500).map(|number| format!("line {number:04}\n")).collect();
        assert!(lines.concat().ends_with(&(before + &now)), "nothing between is lost");
        let mode = std::fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(home.path().join("logs")).expect("lists").count(), 2);
    }
}
