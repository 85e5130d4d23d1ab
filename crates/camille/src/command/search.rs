//! `camille search`: asks the own bank and every peer at once.

use super::Context;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::last_search;
use crate::moment::{self, Edge};
use crate::named;
use crate::output::live::Live;
use crate::output::{self, Terminal, coverage, hit, json, mark, moment as when, plain, table};
use crate::session::Session;
use camille_client::{ClientError, NodeClient};
use camille_proto::answer::{Answer, GroupedAnswer, GroupedResults, SourceHits};
use camille_proto::hit::Hit;
use camille_proto::local::{OwnerAnswer, OwnerSearch};
use camille_proto::open::{AnyAgent, AnyType};
use camille_proto::query::{LIMIT_DEFAULT, LIMIT_MAX, Query, UnknownWord};
use jiff::Timestamp;
use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, interval_at};

/// Hits that come sooner than this are shown once, when all are there.
const LIVE_AFTER: Duration = Duration::from_millis(150);
/// How often hits that change are shown anew.
const LIVE_EVERY: Duration = Duration::from_millis(100);

/// A bank older than this is worth a hint.
const STALE_S: i64 = 600;

/// Search your bank and those of your peers
///
/// Words need no quotes around them. A part in double quotes must occur literally; shells take quotes
/// away, so write '"exact phrase"'. `camille show 2` then shows the second hit whole.
///
/// Where the output goes to no terminal, each hit of a peer's stands between `<camille-recall id=…>` and
/// `</camille-recall>` (with --json, its content and its title do), so that it is not taken for your own
/// text when an agent writes it into its transcript.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to look for
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,

    /// Ask your own bank only
    #[arg(long, conflicts_with = "peer")]
    local: bool,

    /// Ask this peer only, besides your own bank (may be repeated)
    #[arg(long, value_name = "NAME")]
    peer: Vec<String>,

    /// Only what this person's bank holds
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Only transcripts, or only code: transcript or code
    #[arg(long = "type", value_name = "TYPE")]
    document_type: Option<AnyType>,

    /// Only this project: its id, the last part of it, or a pattern with *
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,

    /// Only this agent's transcripts: claude-code or codex
    #[arg(long, value_name = "AGENT")]
    agent: Option<AnyAgent>,

    /// Only from then on: 2026-02-03, 7d, 12h, 2w, today, or an RFC 3339 time
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,

    /// Only until then; a date means the whole day
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,

    /// How many hits
    #[arg(long, short = 'n', value_name = "N", default_value_t = LIMIT_DEFAULT,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(LIMIT_MAX)))]
    limit: u32,

    /// Show each bank's hits apart from the others'
    #[arg(long)]
    group: bool,

    /// How long a peer may take: 5s, 800ms [default: mesh.peer_timeout_ms]
    #[arg(long, value_name = "TIME", value_parser = moment::parse_timeout_ms)]
    timeout: Option<u64>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let mut query = query(&args, Timestamp::now())?;
    let config = context.config()?;
    // Who is alone has nobody who may know a word that this build does not.
    let is_alone = args.local || !config.settings().home.join("node.db").exists();
    let lacking = query.unknown_word();
    if let Some(word) = lacking.as_ref().filter(|_| is_alone) {
        return Err(slip(word));
    }
    let session = Session::look(&config).await?;
    if let Some(typed) = &args.project {
        query.project = Some(named::projects(session.client(), typed).await?.pattern);
    }
    let search = OwnerSearch {
        query,
        local: args.local,
        peers: args.peer.clone(),
        timeout_ms: args.timeout,
    };
    let found = ask(session.client(), &search, &args, &context.terminal).await?;
    let (mut documents, mut reading) = (0, None);
    let mut unknown = Vec::new();
    if found.answer.results.is_empty() {
        let status = session.client().node_status().await?;
        unknown =
            names_nothing(session.client(), &args, &search.query, &config, &status.name).await?;
        (documents, reading) = (status.bank.documents, status.indexing);
    }
    session.close().await;
    if let Some(word) = lacking.filter(|_| found.answer.peers.is_empty()) {
        return Err(slip(&word));
    }

    let exit = exit(&args, &found.answer, documents, reading.as_deref())?;

    let hits = in_order(&found.answer, args.group);
    last_search::store(&config, &hits);
    print_notes(context, &found)?;
    if args.json {
        let mut shown = found.answer.clone();
        if context.terminal.marks {
            shown.results = shown.results.iter().map(mark::hit).collect();
        }
        if args.group {
            json::print(&mut context.terminal, &grouped(&shown))?;
        } else {
            json::print(&mut context.terminal, &shown)?;
        }
    } else {
        print_hits(context, &args, &found.answer, &hits)?;
    }
    if hits.is_empty() {
        if let Some(line) = &reading {
            let line = format!("your transcripts are still being read: {}", plain::one_line(line));
            context.terminal.hint("note", line)?;
        }
        for told in &unknown {
            context.terminal.hint("note", told)?;
        }
        print_advice(context, &args, &found.answer, documents)?;
    }
    Ok(exit)
}

/// Which filters name nothing that this node knows: then it is no wonder that nothing was found.
async fn names_nothing(
    client: &NodeClient,
    args: &Args,
    query: &Query,
    config: &Config,
    own: &str,
) -> Result<Vec<String>, Failure> {
    let mut told = Vec::new();
    if let Some(typed) = &args.project
        && named::projects(client, typed).await?.projects.is_empty()
    {
        told.push(named::no_project(client, typed).await?);
    }
    if let Some(typed) = &args.by {
        let own: Vec<&str> =
            std::iter::once(own).chain(config.settings().node.user.as_deref()).collect();
        told.extend(named::nobody(client, typed, &own).await?);
    }
    // A newer node may know it, and none that answered does.
    told.extend(query.unknown_word().map(|word| slip(&word).to_string()));
    Ok(told)
}

/// The slip that a word of a filter is which nobody here knows.
fn slip(unknown: &UnknownWord) -> Failure {
    let UnknownWord { what, word, known } = unknown;
    Failure::usage(format!("this camille knows no {what} called '{word}'"))
        .because(format!("it knows {}", known.join(", ")))
}

/// Asks; on a terminal the hits are shown while peers answer.
async fn ask(
    client: &NodeClient,
    search: &OwnerSearch,
    args: &Args,
    terminal: &Terminal,
) -> Result<OwnerAnswer, ClientError> {
    let live = if args.json || args.group || args.local { None } else { Live::start(terminal) };
    let Some(mut live) = live else { return client.owner_search(search).await };
    let latest = Cell::new(None);
    let mut asking =
        pin!(client.owner_search_stream(search, |progress| latest.set(Some(progress))));
    let mut frames = interval_at(Instant::now() + LIVE_AFTER, LIVE_EVERY);
    loop {
        tokio::select! {
            answer = &mut asking => return answer,
            _ = frames.tick() => if let Some(progress) = latest.take() {
                live.show(&progress);
            },
        }
    }
}

fn query(args: &Args, now: Timestamp) -> Result<Query, Failure> {
    let moment = |typed: &Option<String>, edge, flag: &str| {
        let parsed = typed.as_deref().map(|typed| moment::parse(typed, edge, now)).transpose();
        parsed.map_err(|reason| Failure::usage(format!("cannot read {flag}")).because(reason))
    };
    let mut query = Query::new(args.words.join(" "));
    query.document_type = args.document_type;
    query.limit = args.limit;
    query.project.clone_from(&args.project);
    query.agent = args.agent;
    query.author.clone_from(&args.by);
    query.since = moment(&args.since, Edge::Begin, "--since")?;
    query.until = moment(&args.until, Edge::End, "--until")?;
    query.check().map_err(|error| {
        Failure::usage("this question cannot be asked").because(error.to_string())
    })?;
    if query.since.is_some_and(|since| query.until.is_some_and(|until| since >= until)) {
        return Err(Failure::usage("nothing lies between --since and --until"));
    }
    Ok(query)
}

/// The hits in the order in which they are numbered.
fn in_order(answer: &Answer, group: bool) -> Vec<&Hit> {
    let mut hits: Vec<&Hit> = answer.results.iter().collect();
    if group {
        // Stable: inside a group the best stays first.
        hits.sort_by_key(|hit| (hit.source != "local", hit.source.clone()));
    }
    hits
}

fn grouped(answer: &Answer) -> GroupedAnswer {
    let of = |source: &str| {
        answer.results.iter().filter(|hit| hit.source == source).cloned().collect::<Vec<_>>()
    };
    let peers = answer.peers.iter().filter(|report| report.status.answered()).map(|report| {
        let source = format!("peer:{}", report.name);
        SourceHits { results: of(&source), source }
    });
    GroupedAnswer {
        request_id: answer.request_id,
        results: GroupedResults { local: of("local"), peers: peers.collect() },
        partial: answer.partial,
        coverage: answer.coverage,
        peers: answer.peers.clone(),
        took_ms: answer.took_ms,
        local_took_ms: answer.local_took_ms,
    }
}

/// What belongs on standard error before the hits.
fn print_notes(context: &mut Context, found: &OwnerAnswer) -> Result<(), Failure> {
    let terminal = &mut context.terminal;
    if found.first_mesh_search {
        let names = coverage::names(&found.answer.peers);
        let told = format!("your questions go to {names} and stand in their audit logs");
        terminal.hint("said once", format!("{told}; --local keeps one here"))?;
    }
    if let Some(age) = found.bank_age {
        let now = Timestamp::now();
        let mut text = format!("as of {}", when::ago(age, now));
        if now.duration_since(age).as_secs() > STALE_S {
            text.push_str("; `camille index` brings it up to date, `camille up` keeps it so");
        }
        terminal.hint("bank", text)?;
    }
    Ok(())
}

fn print_hits(
    context: &mut Context,
    args: &Args,
    answer: &Answer,
    hits: &[&Hit],
) -> Result<(), Failure> {
    let terminal = &mut context.terminal;
    if args.group {
        let mut first = 1;
        for group in hits.chunk_by(|a, b| a.source == b.source) {
            let name = hit::person(&group[0].source);
            let heading = format!("{name}: {}", output::count(group.len() as u64, "hit"));
            let heading = terminal.paint.strong(&heading);
            terminal.line(heading)?;
            hit::print(terminal, group, first)?;
            first += group.len();
        }
    } else {
        hit::print(terminal, hits, 1)?;
    }
    if hits.is_empty() {
        table::text(terminal, &format!("no hits for: {}", plain::one_line(&asked(args))))?;
    }
    let line = coverage::line(answer, true, terminal.paint);
    table::text(terminal, &line)
}

/// The question with its filters, as it was typed.
fn asked(args: &Args) -> String {
    let mut text = args.words.join(" ");
    for (flag, value) in filters(args) {
        text.push_str(&format!(" {flag} {value}"));
    }
    text
}

fn filters(args: &Args) -> Vec<(&'static str, String)> {
    let given = [
        ("--by", args.by.clone()),
        ("--type", args.document_type.map(|kind| kind.to_string())),
        ("--project", args.project.clone()),
        ("--agent", args.agent.map(|agent| agent.to_string())),
        ("--since", args.since.clone()),
        ("--until", args.until.clone()),
    ];
    given.into_iter().filter_map(|(flag, value)| Some((flag, value?))).collect()
}

/// What to try when nothing was found.
fn print_advice(
    context: &mut Context,
    args: &Args,
    answer: &Answer,
    documents: u64,
) -> Result<(), Failure> {
    let filters = filters(args);
    let advice = if silent(answer) {
        "`camille peers list`, for when each of them last answered".to_owned()
    } else if documents == 0 {
        "`camille index`: your own bank is still empty".to_owned()
    } else if !filters.is_empty() {
        let flags: Vec<_> = filters.iter().map(|(flag, _)| *flag).collect();
        format!("without {}", flags.join(", "))
    } else if args.words.iter().any(|word| word.contains('"')) {
        "without the double quotes: what stands in them must occur literally".to_owned()
    } else if args.words.join(" ").split_whitespace().count() > 1 {
        "fewer words, or those an error message would use".to_owned()
    } else {
        "another word for it, or one from an error message".to_owned()
    };
    context.terminal.hint("try", advice)
}

/// There is nothing yet, and soon there will be.
pub(super) fn being_read(line: &str) -> Failure {
    Failure::new(Exit::Busy, "your transcripts are being read for the first time")
        .because(format!("the running node is at it: {}", plain::one_line(line)))
        .hint("the same again in a moment; camille status shows how far it is")
}

/// Whether there are peers and none of them answered.
const fn silent(answer: &Answer) -> bool {
    answer.coverage.known > 0 && answer.coverage.answered == 0
}

fn exit(
    args: &Args,
    answer: &Answer,
    documents: u64,
    reading: Option<&str>,
) -> Result<Exit, Failure> {
    let silent = silent(answer);
    if !answer.results.is_empty() {
        // Own hits are an answer, unless one peer's were asked for.
        return Ok(if silent && !args.peer.is_empty() { Exit::NoAnswer } else { Exit::Done });
    }
    if silent {
        return Ok(Exit::NoAnswer);
    }
    if documents == 0 && answer.coverage.answered == 0 {
        if let Some(line) = reading {
            return Err(being_read(line));
        }
        return Err(Failure::not_set_up("nothing is indexed yet").hint("camille index"));
    }
    Ok(Exit::NoHits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hit::tests::hit;
    use camille_proto::answer::{Coverage, Outcome, PeerReport};
    use camille_proto::id::PeerId;
    use camille_proto::vocabulary::{Agent, DocumentType};
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        args: Args,
    }

    fn typed(args: &[&str]) -> Args {
        Typed::try_parse_from([&["search", "x"], args].concat()).unwrap().args
    }

    fn answer(sources: &[&str], peers: &[Outcome]) -> Answer {
        let report = |status: &Outcome| PeerReport {
            peer_id: PeerId::of_spki(b"ana"),
            name: "ana".into(),
            via: None,
            hops: 0,
            status: *status,
            took_ms: 1,
            hits: 0,
            error: None,
        };
        let peers: Vec<_> = peers.iter().map(report).collect();
        Answer {
            request_id: serde_json::from_str("\"0190a5a0-0000-7000-8000-000000000000\"").unwrap(),
            results: sources.iter().map(|source| hit(source)).collect(),
            partial: false,
            coverage: Coverage::of(&peers),
            peers,
            took_ms: 1,
            local_took_ms: 1,
        }
    }

    #[test]
    fn the_exit_code_tells_hits_from_none_and_silence_from_emptiness() {
        let exit = |args: &[&str], sources: &[&str], peers: &[Outcome], documents| match exit(
            &typed(args),
            &answer(sources, peers),
            documents,
            None,
        ) {
            Ok(exit) => exit,
            Err(failure) => failure.exit(),
        };
        use Outcome::{Denied, Skipped, TimedOut};
        assert_eq!(exit(&[], &["local"], &[], 0), Exit::Done);
        assert_eq!(exit(&[], &[], &[], 7), Exit::NoHits);
        let first = super::exit(&typed(&[]), &answer(&[], &[]), 0, Some("2 of 9 files"));
        assert_eq!(first.expect_err("nothing yet").exit(), Exit::Busy);
        assert_eq!(exit(&[], &[], &[], 0), Exit::NotSetUp);
        assert_eq!(exit(&[], &[], &[Outcome::Ok], 0), Exit::NoHits);
        // Absent peers never turn hits into a failure, unless one of them was asked for by name.
        assert_eq!(exit(&[], &["local"], &[TimedOut], 0), Exit::Done);
        assert_eq!(exit(&["--peer", "ana"], &["local"], &[TimedOut], 0), Exit::NoAnswer);
        assert_eq!(exit(&[], &[], &[TimedOut, Denied, Skipped], 7), Exit::NoAnswer);
        assert_eq!(exit(&[], &[], &[TimedOut, Outcome::Ok], 7), Exit::NoHits);
    }

    #[test]
    fn groups_keep_their_order_and_the_own_comes_first() {
        let answer = answer(&["peer:bruno", "peer:ana", "local", "peer:bruno"], &[]);
        let sources = |group| {
            in_order(&answer, group).iter().map(|hit| hit.source.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(sources(false), ["peer:bruno", "peer:ana", "local", "peer:bruno"]);
        assert_eq!(sources(true), ["local", "peer:ana", "peer:bruno", "peer:bruno"]);
    }

    #[test]
    fn words_are_joined_and_filters_are_understood() {
        let now: Timestamp = "2026-02-03T12:00:00Z".parse().unwrap();
        let args = typed(&["y", "--since", "12h", "--agent", "codex", "--type", "code", "-n", "3"]);
        let query = query(&args, now).unwrap();
        assert_eq!((query.q.as_str(), query.limit), ("x y", 3));
        assert_eq!(query.since.unwrap().to_string(), "2026-02-03T00:00:00Z");
        assert_eq!(query.agent, Some(Agent::Codex.into()));
        assert_eq!(query.document_type, Some(DocumentType::Code.into()));
    }
}
