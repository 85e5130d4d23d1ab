//! `camille peers`: the nodes this one knows, in both directions.

mod add;
mod identify;
mod introduce;
mod prompts;
mod test;
mod wizard;

use super::Context;
use super::keys::{admits, brief};
use crate::failure::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Terminal, json, moment, plain, table};
use crate::session::Session;
use camille_proto::local::{CandidateView, Discovered, NearbyPeer, PeerView, Standing};
use jiff::Timestamp;
use std::time::Duration;

/// List your peers, add, test or rename one, meet those of others, look who is around, or part with one
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
    /// Look who else is on this network
    ///
    /// What is announced is a hint and proves nothing: compare the fingerprint with the other person, or
    /// exchange an invite, which carries it.
    Discover {
        /// How many seconds to look around [default: 5]
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60))]
        timeout: Option<u64>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Add(add::Args),
    Test(test::Args),
    Introduce(introduce::IntroduceArgs),
    /// List who was introduced to you and is no peer
    Candidates {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    Accept(introduce::AcceptArgs),
    /// Call a peer something else
    Rename {
        /// What the peer is called here
        name: String,
        /// What to call it
        new: String,
    },
    /// Part with a peer: their key ends, their address is forgotten, and no introduction brings them back
    Remove {
        /// What the peer is called here
        name: String,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let action = match args.action.unwrap_or(Action::List { json: false }) {
        Action::Add(args) => return add::run(args, context).await,
        Action::Test(args) => return test::run(args, context).await,
        Action::Introduce(args) => return introduce::introduce(args, context).await,
        Action::Accept(args) => return introduce::accept(args, context).await,
        other => other,
    };
    let config = context.config()?;
    let session = Session::look(&config).await?;
    match action {
        Action::Add(_) | Action::Test(_) | Action::Introduce(_) | Action::Accept(_) => {}
        Action::Rename { name, new } => {
            let renamed = session.client().rename_peer(&name, &new).await;
            session.close().await;
            renamed?;
            let (name, new) = (plain::one_line(&name), plain::one_line(&new));
            context.terminal.line(format!("{name} is called {new} from now on"))?;
        }
        Action::List { json } => {
            let peers = session.client().peers().await;
            let candidates = session.client().candidates().await;
            session.close().await;
            let (peers, candidates) = (peers?, candidates?);
            let terminal = &mut context.terminal;
            if json {
                json::print(terminal, &peers)?;
            } else {
                print(terminal, &peers)?;
                // Who is accepted stands above already, as one who waits.
                let open: Vec<CandidateView> = candidates
                    .into_iter()
                    .filter(|one| one.standing == Standing::Offered)
                    .collect();
                if !open.is_empty() {
                    terminal.line("")?;
                    introduce::print_candidates(terminal, &open)?;
                }
            }
        }
        Action::Candidates { json } => {
            let candidates = session.client().candidates().await;
            session.close().await;
            let candidates = candidates?;
            let terminal = &mut context.terminal;
            if json {
                json::print(terminal, &candidates)?;
            } else if candidates.is_empty() {
                terminal.line("nobody was introduced to you")?;
                terminal.hint("try", "camille peers introduce on NAME")?;
            } else {
                introduce::print_candidates(terminal, &candidates)?;
            }
        }
        Action::Discover { timeout, json } => {
            let spinner = Progress::waiting(&context.terminal, "looking around");
            let found = session.client().discover(timeout.map(Duration::from_secs)).await;
            drop(spinner);
            session.close().await;
            let found = found?;
            if json {
                json::print(&mut context.terminal, &found)?;
            } else {
                print_nearby(&mut context.terminal, &found)?;
            }
        }
        Action::Remove { name } => {
            let removed = session.client().remove_peer(&name).await;
            let keys = session.client().keys().await;
            session.close().await;
            removed?;
            let name = plain::one_line(&name);
            let terminal = &mut context.terminal;
            terminal.line(format!("{name} is no peer of yours any more"))?;
            terminal.line(format!("  {name} can no longer search here, nor you there"))?;
            // Whoever was removed may hold one, or hear of it.
            let now = Timestamp::now();
            for key in keys?.iter().filter(|key| admits(key, now)) {
                let what = if key.kind == "invite" { "an invite" } else { "a peer's key" };
                terminal.hint(
                    "note",
                    format!(
                        "{what} is still open, and whoever has it can come in with a new node: \
                         camille keys revoke {}",
                        key.id
                    ),
                )?;
            }
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
        if let Some(end) = peer.they_end.filter(|end| moment::is_soon(*end, now)) {
            let name = plain::one_line(&peer.name);
            let when = moment::ahead(end, now);
            terminal.hint(&name, format!("their key here ends {when}, unless they use it"))?;
        }
    }
    Ok(())
}

fn print_nearby(terminal: &mut Terminal, found: &Discovered) -> Result<(), Failure> {
    if found.peers.is_empty() {
        terminal.line("nobody announces themselves on this network")?;
        terminal.hint(
            "note",
            "a node does so once it is open to peers: after its first invite or join",
        )?;
    } else {
        let rows: Vec<[String; 7]> = found.peers.iter().map(nearby_row).collect();
        let heading = ["name", "host", "port", "fingerprint", "serves", "relays", "known as"];
        table::print(terminal, heading, &rows)?;
    }
    if found.ignored > 0 {
        let services = if found.ignored == 1 { "service" } else { "services" };
        terminal.hint(
            "ignored",
            format!("{} {services} that do not say who they are", found.ignored),
        )?;
    }
    Ok(())
}

fn nearby_row(nearby: &NearbyPeer) -> [String; 7] {
    [
        nearby.name.clone(),
        nearby.host.clone(),
        nearby.port.to_string(),
        nearby.peer_id.short(),
        nearby.capabilities.join(", "),
        if nearby.indirect { "yes" } else { "no" }.into(),
        nearby.known_as.clone().unwrap_or_else(|| "-".into()),
    ]
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
