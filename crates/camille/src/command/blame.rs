//! `camille blame`: line by line, which session wrote a file.

use super::{Context, why};
use crate::failure::{Exit, Failure};
use crate::output::{self, json, plain};
use camille_proto::local::WhyRequest;

/// Show which session wrote each line of a file
///
/// One row for each run of lines that came with one commit; `camille why FILE:LINE` says more of one of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let path = why::file(&args.file)?.ok_or_else(|| {
        Failure::usage(format!("there is no file '{}' here", plain::one_line(&args.file)))
    })?;
    let request = WhyRequest { path, ..WhyRequest::default() };
    let answer = why::ask(&request, context).await?;
    if args.json {
        json::print(&mut context.terminal, &answer)?;
    } else {
        output::why::blame(&mut context.terminal, &answer)?;
    }
    Ok(if answer.sessions.is_empty() { Exit::NoHits } else { Exit::Done })
}
