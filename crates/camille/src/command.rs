//! Every command: one file each, and the one table that leads to them.
//!
//! A command's `Args` doc comment is its help text. A command resolves what was typed, asks a node through
//! a [`Session`](crate::session::Session) and hands the answer to `output`; it stores nothing itself.

mod audit;
mod blame;
mod completions;
mod config;
mod csr;
mod forget;
mod generate_docs;
mod index;
mod invite;
mod join;
mod keys;
mod peers;
mod projects;
mod search;
mod secrets;
mod show;
mod status;
mod up;
mod why;

use crate::config::Flags;
use crate::context::Context;
use crate::demo;
use crate::failure::{Exit, Failure};
use crate::journal;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use std::path::PathBuf;

/// More commands of one name than this are not named.
const WHOLE_NAMES_MAX: usize = 2;

/// Search what you and your teammates worked out with coding agents
///
/// camille keeps the transcripts of your coding agents in a bank on this machine, and lets the members of
/// a team search each other's banks directly, machine to machine. Nothing is shared until you share it.
#[derive(Debug, Parser)]
#[command(name = "camille", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// camille's own directory [default: $CAMILLE_HOME, else ~/.camille]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Everywhere",
        display_order = 900
    )]
    home: Option<PathBuf>,

    /// Set a configuration key for this command, such as mesh.ttl=2
    #[arg(
        long,
        global = true,
        value_name = "KEY=VALUE",
        value_parser = key_value,
        help_heading = "Everywhere",
        display_order = 901
    )]
    set: Vec<(String, String)>,

    #[command(subcommand)]
    command: Command,
}

impl Cli {
    /// What holds for every command, and the command.
    pub(crate) fn split(self) -> (Flags, Command) {
        (Flags { home: self.home, set: self.set }, self.command)
    }
}

/// The dispatch table.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    Up(up::Args),
    Status(status::Args),
    Index(index::Args),
    Search(search::Args),
    Show(show::Args),
    Why(why::Args),
    Blame(blame::Args),
    Forget(forget::Args),
    Secrets(secrets::Args),
    Invite(invite::Args),
    Join(join::Args),
    Peers(peers::Args),
    Projects(projects::Args),
    Keys(keys::Args),
    Audit(audit::Args),
    Config(config::Args),
    Csr(csr::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    GenerateDocs(generate_docs::Args),
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// It could not do its work.
    pub(crate) async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        // `up` has its own place for the log.
        if !matches!(self, Self::Up(_)) {
            journal::of_command(context.config().ok().as_ref(), &context.environment)?;
        }
        match self {
            Self::Demo(args) => demo::run(args, context).await,
            Self::Up(args) => up::run(args, context).await,
            Self::Status(args) => status::run(args, context).await,
            Self::Index(args) => index::run(args, context).await,
            Self::Search(args) => search::run(args, context).await,
            Self::Show(args) => show::run(args, context).await,
            Self::Why(args) => why::run(args, context).await,
            Self::Blame(args) => blame::run(args, context).await,
            Self::Forget(args) => forget::run(args, context).await,
            Self::Secrets(args) => secrets::run(args, context).await,
            Self::Invite(args) => invite::run(args, context).await,
            Self::Join(args) => join::run(args, context).await,
            Self::Peers(args) => peers::run(args, context).await,
            Self::Projects(args) => projects::run(args, context).await,
            Self::Keys(args) => keys::run(args, context).await,
            Self::Audit(args) => audit::run(args, context).await,
            Self::Config(args) => config::run(args, context),
            Self::Csr(args) => csr::run(&args, context),
            Self::Completions(args) => completions::run(&args, context),
            Self::GenerateDocs(args) => generate_docs::run(&args, context),
        }
    }
}

/// Adds to the error of a command that does not stand alone how it is called whole: `camille unshare` is
/// `camille projects unshare`.
pub(crate) fn with_whole_name(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let mut found = Vec::new();
    below(&Cli::command(), typed, &mut found);
    // Many are called `list`: to name them all helps nobody.
    if !found.is_empty() && found.len() <= WHOLE_NAMES_MAX {
        let tips = found.into_iter().map(|whole| format!("the command is '{whole}'").into());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips.collect()));
    }
    error
}

/// The commands below this one that are called so, whole.
fn below(command: &clap::Command, typed: &str, found: &mut Vec<String>) {
    for one in command.get_subcommands() {
        for below in one.get_subcommands().filter(|below| below.get_name() == typed) {
            found.push(format!("camille {} {}", one.get_name(), below.get_name()));
        }
    }
}

fn key_value(typed: &str) -> Result<(String, String), String> {
    let (key, value) = typed.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_sound() {
        use clap::CommandFactory as _;
        super::Cli::command().debug_assert();
    }
}
