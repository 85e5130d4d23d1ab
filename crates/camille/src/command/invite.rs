//! `camille invite`: one line that carries all a teammate needs to connect.

use super::Context;
use super::projects::MANY;
use crate::consent;
use crate::failure::{Exit, Failure};
use crate::named;
use crate::output::{Terminal, count, json, moment, plain};
use camille_proto::grant::Grant;
use camille_proto::local::{InviteCreated, InviteRequest};
use jiff::Timestamp;

/// Make a line that lets a teammate connect
///
/// Send it over a channel you trust; `camille join` takes it. Whoever uses it may search what you share,
/// and you may search what they share. The line itself goes to standard output.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long it may be used: 12h, 3d, 2w
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = crate::moment::parse_span)]
    expires: u64,

    /// How many teammates may use it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    uses: u32,

    /// Only these of your shared projects: ids or patterns with * (may be repeated)
    #[arg(long, value_name = "PATTERN")]
    project: Vec<String>,

    /// Grant what --project names also if you have no such project yet
    #[arg(long, requires = "project")]
    later: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = consent::session(&config, &context.environment).await?;
    let created = async {
        let projects =
            named::granted(&mut context.terminal, session.client(), &args.project, args.later)
                .await?;
        let grant = Grant { projects, ..Grant::teammate() };
        let request = InviteRequest { expires_s: args.expires, uses: args.uses, grant };
        Ok::<_, Failure>(session.client().create_invite(&request).await?)
    }
    .await;
    session.close().await;
    let created = created?;
    if args.json {
        json::print(&mut context.terminal, &created)?;
    } else {
        print(&mut context.terminal, &created)?;
    }
    Ok(Exit::Done)
}

fn print(terminal: &mut Terminal, created: &InviteCreated) -> Result<(), Failure> {
    let uses = if created.uses == 1 { "once".into() } else { format!("{} times", created.uses) };
    let ends = moment::ahead(created.expires, Timestamp::now());
    terminal
        .text_note(&format!("Send this line to your teammate. It works {uses} and ends {ends}."))?;
    terminal.line(&created.line)?;
    if created.shared.is_empty() {
        terminal.hint("shared", "nothing yet: they will find nothing of yours")?;
        terminal.hint("try", "camille projects list, then camille projects share PATTERN")?;
    } else {
        let names = created.shared.iter().take(MANY).map(|project| plain::one_line(&project.id));
        let mut names = names.collect::<Vec<_>>().join(", ");
        let more = created.shared.len().saturating_sub(MANY);
        if more > 0 {
            names.push_str(&format!(" and {more} more"));
        }
        let all = count(created.shared.len() as u64, "project");
        terminal.hint("shared", format!("{all} they will be able to search: {names}"))?;
    }
    if created.addresses.is_empty() {
        terminal.hint(
            "address",
            "none known: set node.advertise to where this machine can be reached",
        )?;
    } else {
        terminal.hint("address", plain::one_line(&created.addresses.join(", ")))?;
    }
    if !created.listening {
        terminal.hint("try", "camille up (until it runs, nobody can answer the one who joins)")?;
    }
    Ok(())
}
