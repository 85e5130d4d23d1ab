//! `camille status`: how this node and its bank are.

use super::Context;
use super::keys::{admits, is_open};
use crate::failure::{Exit, Failure};
use crate::output::{Terminal, count, json, moment, plain, size, table};
use crate::session::Session;
use camille_proto::local::{KeyView, NodeStatus};
use jiff::Timestamp;

/// What was left out of the sources is named up to so many.
const SKIPPED_SHOWN: usize = 3;

/// Columns of a label.
const LABEL: usize = 9;

/// Show how your node and its bank are
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let status = session.client().node_status().await;
    let keys = session.client().keys().await;
    session.close().await;
    let (status, keys) = (status?, keys?);
    if args.json {
        json::print(&mut context.terminal, &status)?;
    } else {
        print(&mut context.terminal, &status, &keys, &config.home.display().to_string())?;
    }
    Ok(Exit::Done)
}

fn print(
    terminal: &mut Terminal,
    status: &NodeStatus,
    keys: &[KeyView],
    home: &str,
) -> Result<(), Failure> {
    let now = Timestamp::now();
    let mut row = |label: &str, text: String| table::field(terminal, label, LABEL, &text);
    row("node", format!("{} · {}", plain::one_line(&status.name), status.peer_id.short()))?;
    row("home", plain::one_line(home))?;
    row("running", running(status))?;
    row("network", network(status))?;
    if status.certificate.authority.is_some() || status.certificate.problem.is_some() {
        row("cert", certificate(status))?;
    }
    if let Some(problem) = &status.audit_problem {
        let problem = plain::one_line(problem);
        row("audit", format!("peers get no answers: {problem}"))?;
    }
    for told in broken(&status.broken) {
        row("broken", told)?;
    }
    row("bank", bank(status, now))?;
    row("shared", shared(status))?;
    row("peers", peers(status))?;
    if let Some(open) = open(keys, now) {
        row("keys", open)?;
    }
    if let Some(indexing) = &status.indexing {
        row("indexing", plain::one_line(indexing))?;
    }
    for pending in &status.pending_joins {
        row("waiting", format!("for {}, who has not answered yet", plain::one_line(pending)))?;
    }
    for news in &status.news {
        row("new", plain::one_line(news))?;
    }
    for (path, reason) in status.skipped.iter().take(SKIPPED_SHOWN) {
        row("left out", format!("{}: {}", plain::one_line(path), plain::one_line(reason)))?;
    }
    if let Some(more) = status.skipped.len().checked_sub(SKIPPED_SHOWN).filter(|more| *more > 0) {
        row("left out", format!("{more} more: camille index names them"))?;
    }
    if status.bank.documents == 0 && status.indexing.is_none() {
        terminal.hint("try", "camille index")?;
    }
    Ok(())
}

/// What always holds and did not.
fn broken(broken: &[(String, u64)]) -> impl Iterator<Item = String> {
    broken.iter().map(|(what, times)| {
        let (what, times) = (plain::one_line(what), count(*times, "time"));
        format!("{times} it did not hold that {what}: please report it")
    })
}

fn running(status: &NodeStatus) -> String {
    if !status.running {
        return "no; commands do their work themselves (`camille up` starts it)".into();
    }
    let pid = status.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
    format!(
        "for {}{pid} · version {}",
        moment::uptime(status.uptime_s),
        plain::one_line(&status.version)
    )
}

fn network(status: &NodeStatus) -> String {
    if !status.listening.is_empty() {
        return format!("listens on {}", plain::one_line(&status.listening.join(", ")));
    }
    match (status.open, status.running) {
        (false, _) => "local only, until you invite or join someone".into(),
        (true, false) => "open to your peers once `camille up` runs".into(),
        (true, true) => "open to your peers, but listening nowhere: see logs/camille.log".into(),
    }
}

fn certificate(status: &NodeStatus) -> String {
    let certificate = &status.certificate;
    let until = certificate.ends.strftime("%Y-%m-%d");
    let signed = match &certificate.authority {
        Some(authority) => format!("signed by {}, until {until}", plain::one_line(authority)),
        None => "signed by this node itself".to_owned(),
    };
    match &certificate.problem {
        Some(problem) => format!("{signed}; {}", plain::one_line(problem)),
        None => signed,
    }
}

fn bank(status: &NodeStatus, now: Timestamp) -> String {
    let bank = &status.bank;
    if bank.documents == 0 {
        let reading = status.indexing.is_some();
        return if reading { "empty so far; it is being filled".into() } else { "empty".into() };
    }
    let fresh =
        bank.last_index.map(|when| format!(" · brought up to date {}", moment::ago(when, now)));
    format!(
        "{} in {} of {} · {}{}",
        count(bank.documents, "document"),
        count(bank.sessions, "session"),
        count(bank.projects, "project"),
        size(bank.size_bytes),
        fresh.unwrap_or_default()
    )
}

fn shared(status: &NodeStatus) -> String {
    match status.shared_projects {
        0 => "nothing".into(),
        number => count(number.into(), "project"),
    }
}

fn peers(status: &NodeStatus) -> String {
    match status.peers {
        0 => "none yet (`camille invite`)".into(),
        number => number.to_string(),
    }
}

/// The ways in beside those of peers: tools' keys, and what somebody can still become a peer with.
fn open(keys: &[KeyView], now: Timestamp) -> Option<String> {
    let tools = keys.iter().filter(|key| key.kind == "tool" && is_open(key, now)).count();
    let (invites, unused): (Vec<&KeyView>, Vec<&KeyView>) =
        keys.iter().filter(|key| admits(key, now)).partition(|key| key.kind == "invite");
    let counts =
        [(tools, "key"), (unused.len(), "unused peer key"), (invites.len(), "open invite")];
    let told: Vec<String> = counts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| count(*number as u64, what))
        .collect();
    (!told.is_empty()).then(|| format!("{}: camille keys", told.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_hold_is_a_row() {
        assert_eq!(broken(&[]).count(), 0);
        let two =
            [("an answer has each document once".to_owned(), 1), ("x\n\u{1b}[31m".to_owned(), 2)];
        let rows: Vec<String> = broken(&two).collect();
        assert_eq!(
            rows[0],
            "1 time it did not hold that an answer has each document once: please report it"
        );
        assert!(
            rows[1].starts_with("2 times") && !rows[1].contains(['\n', '\u{1b}']),
            "{}",
            rows[1]
        );
    }
}
