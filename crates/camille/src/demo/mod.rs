//! `camille demo`: two real nodes on this machine, invented sessions, and a check for every promise.
//!
//! It never reads anything of the user's, never leaves this machine, and leaves nothing behind unless
//! asked to. No answer is made up: each check looks at what the nodes themselves said.

mod acquaintance;
mod check;
mod keepsake;
mod node;
mod report;
mod secret;
mod session;
mod stage;
mod story;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use clap::builder::NonEmptyStringValueParser;
use report::{Report, Unprinted};
use stage::Stage;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Show on invented sessions what camille does, with a check for each promise
///
/// Starts two nodes of its own, `ana` and `bruno`, lets them meet, search each other and part, and
/// checks what each of them may see. Takes seconds, works offline, reads nothing of yours and leaves
/// nothing behind.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Leave both nodes running, and print how to ask them
    #[arg(long)]
    keep: bool,
    /// Have bruno ask this as well, in your own words
    #[arg(long, value_name = "WORDS", value_parser = NonEmptyStringValueParser::new())]
    ask: Option<String>,
}

/// Plays the whole story and prints it. The nodes and their directories are gone afterwards, however it
/// ends, unless `--keep` was given and every check passed.
///
/// # Errors
/// The story cannot be played at all: a node does not start, a step fails that others need, the output
/// is closed, or the user interrupts.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let mut interrupted = Interruption::listen()?;
    let mut report = Report::new(&mut context.terminal);
    let played = tokio::select! {
        played = play(&args, &mut report) => played,
        // The story is dropped here, and with it the nodes and their directories.
        () = interrupted.heard() => {
            return Err(Failure::new(Exit::NoHits, "interrupted")
                .because("both nodes are stopped, nothing is left behind"));
        }
    };
    match played {
        Ok(true) => Ok(Exit::Done),
        Ok(false) => Ok(Exit::NoHits),
        Err(error) => Err(match error.downcast() {
            Ok(Unprinted(failure)) => failure,
            Err(error) => Failure::new(Exit::NoHits, "the demo stopped half-way")
                .because(format!("{error:#}")),
        }),
    }
}

async fn play(args: &Args, report: &mut Report<'_>) -> anyhow::Result<bool> {
    let mut stage = Stage::set().await?;
    let passed = story::play(&mut stage, args.ask.as_deref(), report).await?;
    if !(args.keep && passed) {
        drop(stage);
        report.end(None)?;
        return Ok(passed);
    }
    let kept = keepsake::keep(stage).await?;
    report.end(Some(&kept))?;
    Ok(passed)
}

/// The ways in which a user tells a command to stop.
struct Interruption {
    signals: [Signal; 3],
}

impl Interruption {
    fn listen() -> Result<Self, Failure> {
        Ok(Self {
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    async fn heard(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
