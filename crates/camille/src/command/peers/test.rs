//! `camille peers test`: whether you reach your peers, and they you.

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Terminal, json, moment, plain, table};
use crate::session::Session;
use camille_proto::local::{PeerTested, Way, WayStatus};

/// Test whether you reach your peers, and they you
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this peer
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let running = session.running();
    let spinner = Progress::waiting(&context.terminal, "asking");
    let tested = session.client().test_peers(args.name.as_deref()).await;
    drop(spinner);
    session.close().await;
    let tested = tested?;
    let terminal = &mut context.terminal;
    if args.json {
        json::print(terminal, &tested)?;
    } else {
        print(terminal, &tested)?;
        if !running {
            terminal.hint("note", "no node runs here, so nobody reaches you: camille up")?;
        }
    }
    let reached = tested.is_empty() || tested.iter().any(|peer| peer.there.status == WayStatus::Ok);
    Ok(if reached { Exit::Done } else { Exit::NoAnswer })
}

fn print(terminal: &mut Terminal, tested: &[PeerTested]) -> Result<(), Failure> {
    if tested.is_empty() {
        terminal.line("no peers yet")?;
        return terminal.hint("try", "camille invite, and send the line to a teammate");
    }
    let mut rows = Vec::new();
    for peer in tested {
        rows.push([format!("you → {}", peer.name), shown(&peer.there)]);
        rows.push([format!("{} → you", peer.name), shown(&peer.back)]);
    }
    table::print(terminal, ["way", "result"], &rows)?;
    for peer in tested {
        let name = plain::one_line(&peer.name);
        for (way, label) in
            [(&peer.there, format!("you → {name}")), (&peer.back, format!("{name} → you"))]
        {
            if let Some(reason) = &way.reason {
                terminal.hint(&label, plain::one_line(reason))?;
            }
        }
    }
    Ok(())
}

fn shown(way: &Way) -> String {
    match (way.status, way.took_ms) {
        (WayStatus::Ok, Some(ms)) => format!("ok ({})", moment::took(ms)),
        (WayStatus::Ok, None) => "ok".into(),
        (WayStatus::Blocked, _) => "blocked".into(),
        (WayStatus::Refused, _) => "refused: the key is not valid there".into(),
        (WayStatus::WrongNode, _) => "another node answers there".into(),
        (WayStatus::NoKey, _) => "no key".into(),
        (WayStatus::Unknown, _) => "unknown".into(),
    }
}
