//! `camille peers`: the nodes this one knows, in both directions.

use super::Context;
use super::keys::brief;
use crate::failure::{Exit, Failure};
use crate::output::{Terminal, json, moment, plain, table};
use crate::session::Session;
use camille_proto::local::PeerView;
use jiff::Timestamp;

/// List your peers, or part with one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List your peers: what you may do there and they may do here (the default)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Part with a peer: their key ends, their address and fingerprint are forgotten
    Remove {
        /// What the peer is called here
        name: String,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::open(&config).await?;
    match args.action.unwrap_or(Action::List { json: false }) {
        Action::List { json } => {
            let peers = session.client().peers().await;
            session.close().await;
            let peers = peers?;
            if json {
                json::print(&mut context.terminal, &peers)?;
            } else {
                print(&mut context.terminal, &peers)?;
            }
        }
        Action::Remove { name } => {
            let removed = session.client().remove_peer(&name).await;
            session.close().await;
            removed?;
            let name = plain::one_line(&name);
            let terminal = &mut context.terminal;
            terminal.line(format!("{name} is no peer of yours any more"))?;
            terminal.line(format!("  {name} can no longer search here, nor you there"))?;
        }
    }
    Ok(Exit::Done)
}

fn print(terminal: &mut Terminal, peers: &[PeerView]) -> Result<(), Failure> {
    if peers.is_empty() {
        terminal.line("no peers yet")?;
        return terminal.hint("try", "camille invite, and send the line to a teammate");
    }
    let now = Timestamp::now();
    let rows: Vec<[String; 6]> = peers.iter().map(|peer| row(peer, now)).collect();
    let heading = ["name", "id", "state", "you there", "they here", "address"];
    table::print(terminal, heading, &rows)?;
    for peer in peers {
        if let Some(error) = &peer.error {
            let (name, error) = (plain::one_line(&peer.name), plain::one_line(error));
            terminal.hint(&name, error)?;
        }
    }
    Ok(())
}

fn row(peer: &PeerView, now: Timestamp) -> [String; 6] {
    let answered = match (peer.round_trip_ms, peer.last_seen) {
        (Some(ms), Some(_)) if peer.status == "active" => format!(" ({})", moment::took(ms)),
        (_, Some(when)) => format!(" (answered {})", moment::ago(when, now)),
        (_, None) if peer.status == "pending" => String::new(),
        (_, None) => " (never answered)".into(),
    };
    let used = peer.they_last_used.map(|when| format!(", last {}", moment::ago(when, now)));
    let here = match &peer.they_may_read {
        Some(grant) => format!("{}{}", brief(grant), used.unwrap_or_default()),
        None => "nothing".into(),
    };
    let there = if peer.we_can_search { "search" } else { "nothing" };
    [
        peer.name.clone(),
        peer.peer_id.short(),
        format!("{}{answered}", peer.status),
        there.into(),
        here,
        peer.addresses.first().cloned().unwrap_or_default(),
    ]
}
