//! `camille completions`: lets a shell complete camille's commands.

use super::{Cli, Context};
use crate::failure::{Exit, Failure};
use clap::CommandFactory;
use clap_complete::Shell;

/// Print completions for a shell
///
/// For bash: camille completions bash > ~/.local/share/bash-completion/completions/camille
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "camille", &mut script);
    context.terminal.raw(&script)?;
    Ok(Exit::Done)
}
