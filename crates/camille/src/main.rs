//! The camille command: reads what was typed, runs one command and ends with its exit code.
//!
//! This binary is the only part of camille that prints, reads the environment, handles signals and ends
//! the process. It searches and stores nothing itself: it asks a node.

mod ask;
mod command;
mod config;
mod consent;
mod context;
mod demo;
mod docs;
mod failure;
mod journal;
mod last_search;
mod moment;
mod named;
mod nearest;
mod output;
mod private_file;
mod session;

use clap::Parser;
use command::Cli;
use config::Environment;
use context::Context;
use failure::{Exit, Failure};
use output::Terminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Whatever this process makes is for its user's eyes only, index files included.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let environment = Environment::load();
    let mut terminal = Terminal::open(&environment);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let error = command::with_whole_name(error);
            let text = error.render().to_string();
            // Help and version come this way too. When nobody reads them there is nothing to do.
            let _ = match error.use_stderr() && !terminal.holds(&text) {
                true => terminal.text_note(text.trim_end()),
                false => error.print().map_err(Failure::from),
            };
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return code.code().into();
        }
    };
    let (flags, command) = cli.split();
    let mut context = Context { environment, flags, terminal };
    let exit = match run(command, &mut context) {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.quiet() {
                context.terminal.failure(&failure);
            }
            failure.exit()
        }
    };
    exit.code().into()
}

/// Runs the command to its end. A panic is a bug, said as such.
fn run(command: command::Command, context: &mut Context) -> Result<Exit, Failure> {
    std::panic::set_hook(Box::new(|panic| {
        // The message may quote a transcript: it goes to the terminal of its owner, never to a log.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let cause = payload.downcast_ref::<&str>().copied();
        let cause = cause.or(payload.downcast_ref::<String>().map(String::as_str));
        let cause = cause.unwrap_or("no reason given");
        let _ = console::Term::stderr()
            .write_line(&format!("panic at {place}: {}", output::plain::plain(cause)));
    }));
    let bug = || {
        Failure::new(Exit::Bug, "camille made a mistake and stopped")
            .because("a panic; what was acknowledged before is safe")
            .hint("report it with the line above and what you did")
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let work = std::panic::AssertUnwindSafe(|| {
        let exit = runtime.block_on(command.run(context))?;
        context.terminal.flush()?;
        Ok(exit)
    });
    let ended = std::panic::catch_unwind(work).unwrap_or_else(|_| Err(bug()));
    // What still runs in the background after a command has ended is of no use to anyone.
    runtime.shutdown_background();
    ended
}
