//! `camille forget`: takes a document, a session or a project out of the bank for good.

use super::Context;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::last_search;
use crate::named::{self, Meant};
use crate::output::{Terminal, count, json, moment, plain, table};
use crate::session::Session;
use camille_client::{ClientError, NodeClient};
use camille_proto::id::DocumentId;
use camille_proto::local::{ForgetReport, ForgetRequest, Forgettable, ProjectView};
use camille_proto::query::LIMIT_MAX;
use std::io::{BufRead, IsTerminal};

/// Files and projects that are named one by one.
const NAMED: usize = 5;
/// Columns of a label.
const LABEL: usize = 13;
/// A greater number is no hit's: it is the beginning of a session's id.
const HITS_MAX: usize = LIMIT_MAX as usize;

/// Take a document, a session or a project out of your bank for good
///
/// Removes the text, its words in the index and every trace in the bank's files but the names of transcripts,
/// and does not read it again. It says first what that is, and asks. The agent's own transcript stays: it is not camille's. What was
/// handed to peers before cannot be called back; a secret that was in it must be replaced.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of a hit of the last search, a document's id, a session's id, or a project's
    #[arg(value_name = "NUMBER|ID|SESSION|PROJECT", required_unless_present = "matching")]
    which: Option<String>,

    /// All documents in which this text stands literally; - reads it from standard input
    #[arg(long = "match", value_name = "TEXT", conflicts_with_all = ["which", "kind"])]
    matching: Option<String>,

    /// What WHICH names, where it could be several things
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,

    /// Only say what would be forgotten
    #[arg(long)]
    preview: bool,

    /// Do not ask
    #[arg(long, conflicts_with = "preview")]
    yes: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// One message or tool call
    Document,
    /// A transcript, with those of the sub-agents it began
    Session,
    /// All of a project, now and later
    Project,
}

/// How it ended.
enum Outcome {
    Preview(Forgettable, ForgetReport),
    /// The person thought better of it.
    Declined,
    Forgotten(ForgetReport),
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let outcome = carry_out(&args, &config, &mut context.terminal, session.client()).await;
    session.close().await;
    let terminal = &mut context.terminal;
    match outcome? {
        Outcome::Declined => {
            terminal.line("nothing was forgotten")?;
            return Ok(Exit::NoHits);
        }
        Outcome::Preview(_, report) | Outcome::Forgotten(report) if args.json => {
            json::print(terminal, &report)?;
        }
        Outcome::Preview(what, report) => print(terminal, &report, &what)?,
        Outcome::Forgotten(report) => {
            terminal.line(format!(
                "forgot {} in {}",
                count(report.documents, "document"),
                moment::took(report.took_ms)
            ))?;
            let files = report.files.len() as u64;
            if files > 0 {
                let kept = format!("kept as they are: {} of the agent's own", count(files, "file"));
                terminal.hint("note", kept)?;
            }
        }
    }
    Ok(Exit::Done)
}

async fn carry_out(
    args: &Args,
    config: &Config,
    terminal: &mut Terminal,
    client: &NodeClient,
) -> Result<Outcome, Failure> {
    let candidates = candidates(args, config, client).await?;
    let (what, preview) = find(client, candidates, args.which.as_deref()).await?;
    if args.preview {
        return Ok(Outcome::Preview(what, preview));
    }
    if !args.yes {
        if !args.json {
            print(terminal, &preview, &what)?;
        }
        if !agreed(terminal)? {
            return Ok(Outcome::Declined);
        }
    }
    let request = ForgetRequest { what, preview: false };
    Ok(Outcome::Forgotten(client.forget(&request).await?))
}

/// What the word can mean, the likeliest first. What names several things of one kind is an error.
async fn candidates(
    args: &Args,
    config: &Config,
    client: &NodeClient,
) -> Result<Vec<Forgettable>, Failure> {
    if let Some(text) = &args.matching {
        return Ok(vec![Forgettable::Matching { text: typed_or_read(text)? }]);
    }
    let which = args.which.as_deref().unwrap_or_default().trim();
    let wants = |kind: Kind| args.kind.is_none_or(|wanted| wanted == kind);
    if wants(Kind::Document) {
        if let Ok(id) = which.parse::<DocumentId>() {
            return Ok(vec![Forgettable::Document { id }]);
        }
        match which.parse::<usize>() {
            Ok(number) if number <= HITS_MAX || args.kind.is_some() => {
                return Ok(vec![Forgettable::Document { id: hit(config, number)? }]);
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if wants(Kind::Session) && !named::sessions(client, which).await?.is_empty() {
        for session in named::session(client, which).await? {
            let (agent, session) = (Some(session.name.agent), session.name.session);
            found.push(Forgettable::Session { session, agent });
        }
    }
    if wants(Kind::Project) {
        let Meant { pattern, projects } = named::projects(client, which).await?;
        match projects.as_slice() {
            // The bank may know no more than its name.
            [] if found.is_empty() => found.push(Forgettable::Project { project: pattern }),
            [] => {}
            [one] => {
                let project = one.id.clone();
                // Whole names come before beginnings and last parts.
                let at = if project == pattern { 0 } else { found.len() };
                found.insert(at, Forgettable::Project { project });
            }
            several => return Err(several_projects(which, several)),
        }
    }
    Ok(found)
}

fn several_projects(which: &str, projects: &[ProjectView]) -> Failure {
    let ids: Vec<String> = projects.iter().map(|one| plain::one_line(&one.id)).collect();
    let shown = ids.len().min(NAMED);
    let which = plain::one_line(which);
    Failure::usage(format!("{} are called '{which}'", count(ids.len() as u64, "project")))
        .because(ids[..shown].join("\n  "))
        .hint("name the one that is meant by its whole id")
}

/// The document of a hit of the last search.
fn hit(config: &Config, number: usize) -> Result<DocumentId, Failure> {
    let shown = last_search::load(config);
    let shown = number.checked_sub(1).and_then(|at| shown.into_iter().nth(at));
    let shown = shown.ok_or_else(|| {
        Failure::usage(format!("there is no hit {number} in the last search"))
            .hint("camille search WORDS, then camille forget 1")
    })?;
    if shown.source != "local" {
        return Err(Failure::usage(format!("hit {number} is not in your bank"))
            .because(format!("it came from {}", plain::one_line(&shown.source)))
            .hint("only its owner can have it forgotten"));
    }
    Ok(shown.id)
}

/// The first of them that the bank holds, with what would be forgotten.
async fn find(
    client: &NodeClient,
    candidates: Vec<Forgettable>,
    which: Option<&str>,
) -> Result<(Forgettable, ForgetReport), Failure> {
    for what in candidates {
        let request = ForgetRequest { what: what.clone(), preview: true };
        match client.forget(&request).await {
            Ok(report) => return Ok((what, report)),
            Err(ClientError::Problem(problem)) if problem.status == 404 => {}
            Err(error) => return Err(error.into()),
        }
    }
    let Some(which) = which.map(plain::one_line) else {
        return Err(Failure::new(Exit::NoHits, "your bank holds nothing with that text")
            .hint("it must stand there literally, letter case included"));
    };
    Err(Failure::new(Exit::NoHits, format!("your bank holds nothing called '{which}'"))
        .hint("camille search --json shows ids and sessions; camille projects shows projects"))
}

fn print(
    terminal: &mut Terminal,
    report: &ForgetReport,
    what: &Forgettable,
) -> Result<(), Failure> {
    let sessions = match report.sessions {
        0 => String::new(),
        some => format!(", {} as a whole", count(some, "session")),
    };
    terminal.line(format!("to be forgotten: {}{sessions}", count(report.documents, "document")))?;
    if report.named > 0 {
        let named = count(report.named, "session");
        of(terminal, "its name", &format!("what {named} touched there"))?;
    }
    for session in report.in_sessions.iter().take(NAMED) {
        let title = session.title.as_deref().map(plain::one_line).unwrap_or_default();
        let session = plain::one_line(&session.name.session);
        of(terminal, "stands in", &format!("{session}  {title}"))?;
    }
    if let Some(more) = report.in_sessions.len().checked_sub(NAMED).filter(|more| *more > 0) {
        of(terminal, "", &format!("and {more} more"))?;
    }
    for (name, all) in [("project", &report.projects), ("read from", &report.files)] {
        for one in all.iter().take(NAMED) {
            of(terminal, name, one)?;
        }
        if let Some(more) = all.len().checked_sub(NAMED).filter(|more| *more > 0) {
            of(terminal, "", &format!("and {more} more"))?;
        }
    }
    for delivery in &report.delivered {
        let whom = plain::one_line(&delivery.to);
        let through = delivery.origin.map(|origin| format!(" for {}", origin.short()));
        let (first, last) = (moment::date_time(delivery.first), moment::date_time(delivery.last));
        let through = through.unwrap_or_default();
        let documents = count(delivery.documents, "document");
        of(terminal, "went to", &format!("{whom}{through}: {documents}, {first} to {last}"))?;
    }
    if !report.delivered.is_empty() {
        let note = "what was delivered cannot be called back; replace a secret that was in it";
        terminal.hint("note", note)?;
    }
    if matches!(what, Forgettable::Project { .. }) {
        terminal.line("what comes to this project later is not kept either")?;
    }
    Ok(())
}

/// A line of what would be forgotten.
fn of(terminal: &mut Terminal, label: &str, text: &str) -> Result<(), Failure> {
    table::field(terminal, &format!("  {label}"), LABEL, text)
}

/// The text, or what standard input holds: then it stands in no shell's history.
fn typed_or_read(text: &str) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut read = String::new();
    std::io::stdin()
        .read_line(&mut read)
        .map_err(|error| Failure::usage("cannot read the text").because(error.to_string()))?;
    Ok(read.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks the person at the terminal.
fn agreed(terminal: &mut Terminal) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage("camille forget asks first, and there is nobody to answer")
            .hint("--yes goes on without asking; --preview only shows"));
    }
    terminal.hint("sure?", "this cannot be undone; type yes to forget it")?;
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::usage("cannot read the answer").because(error.to_string()))?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
