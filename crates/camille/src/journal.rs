//! Where the log goes: standard error, and for a running node its log file.
//!
//! What is logged never holds a transcript's text, a question or a key; that is up to who logs.

use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::private_file;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// A log larger than this is set aside when a node starts.
const SIZE_BYTES_MAX: u64 = 10_000_000;

/// Logs to standard error, for a single command: warnings, or what `CAMILLE_LOG` says.
///
/// # Errors
/// `CAMILLE_LOG` is not a filter.
pub(crate) fn to_stderr(environment: &Environment) -> Result<(), Failure> {
    let filter = filter(environment, "warn")?;
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_filter(filter);
    // A second call, in tests, changes nothing.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    Ok(())
}

/// Logs to the node's file, and warnings to standard error.
///
/// # Errors
/// The file cannot be opened, or `CAMILLE_LOG` is not a filter.
pub(crate) fn to_file(config: &Config, environment: &Environment) -> Result<(), Failure> {
    let path = config.log_file();
    let file = open(&path).map_err(|error| {
        Failure::not_set_up(format!("cannot write {}", path.display())).because(error.to_string())
    })?;
    let filter = filter(environment, "info")?;
    let to_file = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false).with_filter(filter);
    let to_stderr = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_filter(EnvFilter::new("warn"));
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

/// The log file, for its owner alone; a large one is kept as `camille.log.1`.
fn open(path: &Path) -> std::io::Result<File> {
    if let Some(dir) = path.parent() {
        private_file::create_dir(dir)?;
    }
    if std::fs::metadata(path).is_ok_and(|file| file.len() > SIZE_BYTES_MAX) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    File::options().append(true).create(true).mode(0o600).open(path)
}
