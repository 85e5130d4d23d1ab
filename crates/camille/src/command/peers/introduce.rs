//! `camille peers introduce` and `accept`: meeting the peers of peers.

use crate::consent;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Terminal, json, plain, table};
use crate::session::{Session, expect_home};
use camille_proto::local::{Accepted, CandidateView, IntroducerSet, Standing};

/// Let a peer introduce their peers to you, and you to them
///
/// They pass on what you are called, your fingerprint and your addresses, to those of their peers who want it
/// too, and nothing else. Nobody becomes your peer before you have accepted them and they you.
#[derive(Debug, clap::Args)]
pub(crate) struct IntroduceArgs {
    /// Whether they may
    #[arg(value_name = "on|off")]
    switch: Switch,
    /// What the peer is called here
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    /// They introduce their peers to you, and you to them
    On,
    /// They introduce nobody to you any more
    Off,
}

/// Accept somebody whom a peer introduced
///
/// You become peers as soon as they accept you too: each may then search what the other shares.
#[derive(Debug, clap::Args)]
#[group(id = "whom", required = true, args = ["name", "all"])]
pub(crate) struct AcceptArgs {
    /// What they are called in `camille peers candidates`
    name: Option<String>,
    /// All who are introduced, and all whom the same peers will introduce
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `introduce`.
pub(super) async fn introduce(args: IntroduceArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let on = args.switch == Switch::On;
    expect_home(&config)?;
    let session = if on {
        consent::session(&config, &context.environment).await?
    } else {
        Session::look(&config).await?
    };
    let spinner = Progress::waiting(&context.terminal, "asking");
    let set = session.client().set_introducer(&args.name, on).await;
    let candidates = session.client().candidates().await;
    let running = session.running();
    drop(spinner);
    session.close().await;
    let (set, candidates) = (set?, candidates?);
    let terminal = &mut context.terminal;
    if args.json {
        json::print(terminal, &set)?;
        return Ok(Exit::Done);
    }
    if on {
        print_on(terminal, &set, &candidates)?
    } else {
        print_off(terminal, &set)?
    }
    if on && !running {
        terminal.hint("try", "camille up (only while it runs can others become your peers)")?;
    }
    Ok(Exit::Done)
}

fn print_on(
    terminal: &mut Terminal,
    set: &IntroducerSet,
    candidates: &[CandidateView],
) -> Result<(), Failure> {
    let name = plain::one_line(&set.name);
    terminal.line(format!("{name} introduces their peers to you from now on, and you to them"))?;
    if let Some(reason) = &set.reason {
        terminal.hint(&name, plain::one_line(reason))?;
        return terminal.hint("note", "they are asked again while camille runs");
    }
    let offered: Vec<CandidateView> = candidates
        .iter()
        .filter(|one| one.standing == Standing::Offered && one.introduced_by.contains(&set.name))
        .cloned()
        .collect();
    if offered.is_empty() {
        let next = "nobody yet: the others have to say camille peers introduce on too";
        return terminal.hint("note", next);
    }
    print_candidates(terminal, &offered)
}

fn print_off(terminal: &mut Terminal, set: &IntroducerSet) -> Result<(), Failure> {
    let name = plain::one_line(&set.name);
    terminal.line(format!("{name} introduces nobody to you any more"))?;
    terminal.line("  who is your peer already stays so")?;
    match &set.reason {
        None => Ok(()),
        Some(_) => terminal
            .hint("note", format!("{name} was not reached, and may still name you to others")),
    }
}

/// Those who are introduced, as a table.
pub(super) fn print_candidates(
    terminal: &mut Terminal,
    candidates: &[CandidateView],
) -> Result<(), Failure> {
    let rows: Vec<[String; 4]> = candidates.iter().map(row).collect();
    table::print(terminal, ["name", "id", "introduced by", "state"], &rows)?;
    if candidates.iter().any(|one| one.standing == Standing::Offered) {
        terminal.hint("try", "camille peers accept NAME, or --all")?;
    }
    Ok(())
}

fn row(one: &CandidateView) -> [String; 4] {
    let state = match one.standing {
        Standing::Offered => "to be accepted",
        Standing::Accepted => "accepted, waits for them",
        Standing::Refused => "removed by you",
    };
    [one.name.clone(), one.peer_id.short(), one.introduced_by.join(", "), state.into()]
}

/// Runs `accept`.
pub(super) async fn accept(args: AcceptArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    expect_home(&config)?;
    let session = consent::session(&config, &context.environment).await?;
    let spinner = Progress::waiting(&context.terminal, "asking");
    let name = args.name.as_deref().filter(|_| !args.all);
    let accepted = session.client().accept(name).await;
    let running = session.running();
    drop(spinner);
    session.close().await;
    let all = accepted?;
    let terminal = &mut context.terminal;
    if args.json {
        json::print(terminal, &all)?;
        return Ok(Exit::Done);
    }
    for one in &all.accepted {
        print_accepted(terminal, one)?;
    }
    if args.all {
        let names = plain::one_line(&all.standing.join(", "));
        terminal.line(format!("whom {names} will introduce is accepted too, from now on"))?;
        terminal.hint("note", "camille peers introduce off NAME ends that")?;
    }
    if !running {
        terminal.hint("try", "camille up (only while it runs can others become your peers)")?;
    }
    Ok(Exit::Done)
}

fn print_accepted(terminal: &mut Terminal, one: &Accepted) -> Result<(), Failure> {
    let (name, id) = (plain::one_line(&one.name), one.peer_id.short());
    if one.joined {
        return terminal.line(format!("{name} ({id}) and you are peers now"));
    }
    terminal
        .line(format!("{name} ({id}) is accepted; you are peers as soon as both have agreed"))?;
    match &one.reason {
        Some(reason) => terminal.hint("now", plain::one_line(reason)),
        None => Ok(()),
    }
}
