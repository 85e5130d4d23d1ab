//! `camille audit`: who asked this node what.

use super::Context;
use crate::failure::{Exit, Failure};
use crate::moment::{self, Edge};
use crate::output::{Terminal, count, json, moment as when, plain, snippet, table};
use crate::session::Session;
use camille_client::NodeClient;
use camille_proto::id::DocumentId;
use camille_proto::key::KeyId;
use camille_proto::local::{AuditEntry, AuditQuery};
use jiff::Timestamp;
use std::time::Duration;

/// How often `--follow` looks.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// Entries that `--follow` takes at once.
const FOLLOWED_MAX: u32 = 10_000;
/// Columns a question gets before it is cut; `--json` has it whole.
const QUESTION_WIDTH: usize = 60;

/// Show who asked your node what, the newest last
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// From when on: 24h, 7d, today, a date or an RFC 3339 time
    #[arg(long, value_name = "WHEN", default_value = "24h")]
    since: String,

    /// Only what this key asked, by its id or its name
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    /// Only what this peer asked, also through others, and also if it was removed since; by its name or its id
    #[arg(long, value_name = "PEER")]
    peer: Option<String>,

    /// Only where this document was handed over
    #[arg(long, value_name = "ID")]
    document: Option<DocumentId>,

    /// Go on with what is asked from now on, until Ctrl-C
    #[arg(long)]
    follow: bool,

    /// How many of the newest entries
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,

    /// Print JSON; with --follow one entry a line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let since = moment::parse(&args.since, Edge::Begin, Timestamp::now())
        .map_err(|reason| Failure::usage("cannot read --since").because(reason))?;
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let mut wanted = AuditQuery {
        since: Some(since),
        after: None,
        key: args.key,
        peer: args.peer,
        document: args.document,
        limit: args.limit,
    };
    let entries = session.client().audit(&wanted).await;
    let terminal = &mut context.terminal;
    if args.follow {
        let outcome = match entries {
            Ok(entries) => {
                follow(terminal, session.client(), &mut wanted, entries, args.json).await
            }
            Err(error) => Err(error.into()),
        };
        session.close().await;
        return outcome;
    }
    session.close().await;
    let mut entries = entries?;
    entries.sort_by_key(|entry| entry.seq);
    if args.json {
        json::print(terminal, &entries)?;
    } else if entries.is_empty() {
        let who = match (&wanted.peer, &wanted.key) {
            // Of a whole key, pasted, nobody gets to see more than its id.
            (Some(name), _) | (None, Some(name)) => {
                KeyId::of_pasted(name).map_or_else(|| plain::one_line(name), |id| id.0)
            }
            (None, None) => "nobody".to_owned(),
        };
        let nothing = if who == "nobody" { "anything" } else { "nothing" };
        let since = when::date_time(since);
        table::text(terminal, &format!("{who} asked {nothing} since {since}"))?;
        if who != "nobody" {
            terminal.hint("try", "camille audit --since 90d, for what was asked before")?;
        }
    } else {
        print(terminal, &entries)?;
        if entries.len() == args.limit as usize {
            terminal.hint("older", "there may be more: --limit")?;
        }
    }
    Ok(Exit::Done)
}

/// Prints entries as they come. Ends with the command.
async fn follow(
    terminal: &mut Terminal,
    client: &NodeClient,
    wanted: &mut AuditQuery,
    mut entries: Vec<AuditEntry>,
    json: bool,
) -> Result<Exit, Failure> {
    wanted.limit = FOLLOWED_MAX;
    loop {
        entries.sort_by_key(|entry| entry.seq);
        for entry in &entries {
            if json {
                json::line(terminal, entry)?;
            } else {
                table::text(terminal, &row(entry).map(|cell| plain::one_line(&cell)).join("  "))?;
            }
        }
        terminal.flush()?;
        wanted.after = entries.last().map(|entry| entry.seq).or(wanted.after);
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
            () = tokio::time::sleep(FOLLOW_EVERY) => {}
        }
        entries = client.audit(wanted).await?;
    }
}

fn print(terminal: &mut Terminal, entries: &[AuditEntry]) -> Result<(), Failure> {
    let rows: Vec<[String; 5]> = entries.iter().map(row).collect();
    table::print(terminal, ["when", "who", "asked", "got", "took"], &rows)
}

fn row(entry: &AuditEntry) -> [String; 5] {
    let who = match (&entry.key_name, &entry.peer_id, &entry.key_id) {
        (Some(name), ..) => name.clone(),
        (None, Some(peer), _) => peer.short(),
        (None, None, Some(id)) => format!("key {id}"),
        (None, None, None) => "no key".into(),
    };
    let origin = entry.origin.filter(|origin| Some(*origin) != entry.peer_id);
    let who = match origin {
        Some(origin) => format!("{who} for {}", origin.short()),
        None => who,
    };
    let asked = match &entry.query {
        Some(query) => format!("“{}”", snippet::shorten(&plain::one_line(query), QUESTION_WIDTH)),
        None => entry.route.clone(),
    };
    let got = match (&entry.error, entry.results) {
        (Some(error), _) => format!("{}: {error}", entry.status),
        (None, Some(results)) => count(results.into(), "hit"),
        (None, None) => entry.status.to_string(),
    };
    [when::date_time(entry.timestamp), who, asked, got, when::took(entry.duration_ms)]
}
