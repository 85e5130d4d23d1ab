//! `camille generate-docs`: writes the pages of docs/ that follow from the code.

use super::{Cli, Context};
use crate::docs;
use crate::failure::{Exit, Failure};
use clap::CommandFactory;
use std::path::PathBuf;

/// Write docs/cli.md and docs/configuration.md
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory to write to
    dir: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Exit, Failure> {
    for (name, text) in docs::pages(Cli::command()) {
        let file = args.dir.join(name);
        std::fs::write(&file, text).map_err(|error| {
            Failure::usage(format!("cannot write {}", file.display())).because(error.to_string())
        })?;
        context.terminal.note(format!("wrote {}", file.display()))?;
    }
    Ok(Exit::Done)
}
