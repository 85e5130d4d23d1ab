//! `camille join`: connects with the teammate who made an invite.

use super::Context;
use super::keys::reads;
use crate::consent;
use crate::failure::{Exit, Failure};
use crate::output::{json, plain};
use camille_proto::invite::Invite;
use camille_proto::local::JoinCommand;
use dialoguer::Password;
use dialoguer::theme::ColorfulTheme;
use std::io::{IsTerminal, Read};

/// No invite is anywhere near this long.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Connect with the teammate who sent you an invite
///
/// Afterwards each of you may search what the other shares. You share nothing until
/// `camille projects share`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The invite, camille://join/…; left out, you are asked for it, and - reads it from standard input. Given here
    /// it stays in your shell's history
    #[arg(value_name = "LINE|-")]
    line: Option<String>,

    /// What to call your teammate here
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let (line, stays) = match args.line {
        Some(line) if line != "-" => (line, true),
        None if std::io::stdin().is_terminal() => (ask()?, false),
        _ => (read_stdin()?, false),
    };
    let line = line.trim().to_owned();
    // A damaged line is told at once, before any node is asked.
    line.parse::<Invite>().map_err(|error| {
        Failure::usage("this is not an invite that can be used").because(error.to_string())
    })?;
    if stays && std::io::stdin().is_terminal() {
        context.terminal.hint(
            "note",
            "the invite stands in your shell's history now; camille join asks for it",
        )?;
    }
    let config = context.config()?;
    let session = consent::session(&config, &context.environment).await?;
    let result = session.client().join_invite(&JoinCommand { line, name: args.name }).await;
    let running = session.running();
    session.close().await;
    let result = result?;

    let terminal = &mut context.terminal;
    let name = plain::one_line(&result.name);
    if args.json {
        json::print(terminal, &result)?;
    } else if result.pending {
        terminal
            .line(format!("{name} ({}) did not answer; the join waits", result.peer_id.short()))?;
        if let Some(reason) = &result.reason {
            terminal.hint("because", plain::one_line(reason))?;
        }
        let next = if running {
            "nothing; the join completes by itself"
        } else {
            "camille up (the join completes by itself while it runs)"
        };
        terminal.hint("try", next)?;
    } else {
        terminal.line(format!("{name} ({}) and you are peers now", result.peer_id.short()))?;
        if let Some(grant) = &result.grant {
            terminal.line(format!("  there you may {}", reads(grant, &name)))?;
        }
        terminal
            .line(format!("  {name} may search what you share: see `camille projects list`"))?;
        if !running {
            terminal.hint("try", "camille up (only while it runs can your peers search here)")?;
        }
    }
    Ok(if result.pending { Exit::NoAnswer } else { Exit::Done })
}

/// Asks for the line without showing it: whoever reads it can use it.
fn ask() -> Result<String, Failure> {
    Password::with_theme(&ColorfulTheme::default())
        .with_prompt("Paste the invite (it is not shown)")
        .interact()
        .map_err(|error| Failure::usage("no invite was given").because(error.to_string()))
}

fn read_stdin() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().take(LINE_BYTES_MAX).read_to_string(&mut line).map_err(|error| {
        Failure::usage("cannot read the invite from standard input").because(error.to_string())
    })?;
    Ok(line)
}
