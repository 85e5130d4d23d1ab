//! `camille secrets`: where secrets were found in transcripts.

use super::Context;
use super::search::being_read;
use crate::failure::{Exit, Failure};
use crate::named::{self, Meant};
use crate::nearest::nearest;
use crate::output::{Terminal, count, json, plain, table};
use crate::session::Session;
use camille_ingest::redact::{Redactor, Settings};
use camille_proto::local::SecretLine;
use std::collections::BTreeMap;

/// Lines that are listed for each rule; `--all` and `--json` have all.
const LINES: usize = 5;

/// List where secrets were found in your transcripts, never what they are
///
/// Secrets of known forms are replaced before anything is kept. They still stand in the agent's own transcript,
/// which camille does not change: replace them where they are used. What only may be a secret stays as it is,
/// and is listed so that you can look, and `camille forget` it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only what this rule found, such as github-token
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,

    /// Only in this project
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,

    /// Only what may be a secret and was not replaced
    #[arg(long)]
    candidates: bool,

    /// List every line
    #[arg(long)]
    all: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let read = async {
        let mut secrets = session.client().secrets().await?;
        if let Some(typed) = &args.project {
            let Meant { pattern, projects } = named::projects(session.client(), typed).await?;
            if projects.is_empty() {
                let none = named::no_project(session.client(), typed).await?;
                context.terminal.hint("note", none)?;
            }
            let ids: Vec<String> = projects.into_iter().map(|one| one.id).collect();
            secrets.retain(|secret| {
                secret.project.as_ref().is_some_and(|id| ids.contains(id) || *id == pattern)
            });
        }
        let (mut looked_at, mut reading) = (true, None);
        if secrets.is_empty() {
            let status = session.client().node_status().await?;
            (looked_at, reading) = (status.bank.documents > 0, status.indexing);
        }
        Ok::<_, Failure>((secrets, looked_at, reading))
    };
    let read = read.await;
    session.close().await;
    let (mut secrets, looked_at, reading) = read?;
    // What an older camille found may bear a name that no rule has any more.
    if let Some(rule) = &args.rule
        && !secrets.iter().any(|secret| secret.rule == *rule)
    {
        known(rule)?;
    }
    secrets.retain(|secret| {
        args.rule.as_ref().is_none_or(|rule| *rule == secret.rule)
            && !(args.candidates && secret.replaced)
    });
    let terminal = &mut context.terminal;
    if args.json {
        json::print(terminal, &secrets)?;
    } else if !secrets.is_empty() {
        print(terminal, &secrets, args.all)?;
    } else if looked_at {
        terminal.line("no secrets were found")?;
    }
    if !looked_at {
        if let Some(line) = reading {
            return Err(being_read(&line));
        }
        return Err(Failure::not_set_up("nothing is indexed yet").hint("camille index"));
    }
    Ok(if secrets.is_empty() { Exit::NoHits } else { Exit::Done })
}

/// That a rule is called so.
fn known(rule: &str) -> Result<(), Failure> {
    let redactor = Redactor::new(Settings::default());
    if redactor.rule_names().any(|name| name == rule) {
        return Ok(());
    }
    let failure = Failure::usage(format!("no rule is called '{}'", plain::one_line(rule)));
    Err(match nearest(rule, redactor.rule_names()) {
        Some(near) => failure.because(format!("the nearest name is {near}")),
        None => failure.hint("camille secrets, for the rules that found something"),
    })
}

fn print(terminal: &mut Terminal, secrets: &[SecretLine], all: bool) -> Result<(), Failure> {
    let mut rules: BTreeMap<(bool, &str), Vec<&SecretLine>> = BTreeMap::new();
    for secret in secrets {
        rules.entry((!secret.replaced, secret.rule.as_str())).or_default().push(secret);
    }
    let mut cut = false;
    for ((stays, rule), lines) in &rules {
        let sum: u64 = lines.iter().map(|line| line.count).sum();
        let what = if *stays { "may be a secret and stays" } else { "replaced" };
        let heading = terminal.paint.strong(rule);
        terminal.line(format!("{heading} · {what} · {}", count(sum, "time")))?;
        let shown = if all { lines.len() } else { lines.len().min(LINES) };
        let rows: Vec<[String; 3]> = lines[..shown].iter().map(|line| row(line)).collect();
        table::print(terminal, ["  where", "project", "session"], &rows)?;
        if shown < lines.len() {
            cut = true;
            terminal.line(format!("  and {}", count((lines.len() - shown) as u64, "more line")))?;
        }
        terminal.line("")?;
    }
    terminal
        .hint("note", "the transcripts still hold them: replace the secrets where they are used")?;
    if cut {
        terminal.hint("all", "camille secrets --all")?;
    }
    Ok(())
}

fn row(secret: &SecretLine) -> [String; 3] {
    let place = match secret.line {
        Some(line) => format!("  {}:{line}", secret.file),
        None => format!("  {} (gone, or shorter now)", secret.file),
    };
    [
        place,
        secret.project.clone().unwrap_or_else(|| "-".into()),
        secret.session.clone().unwrap_or_else(|| "-".into()),
    ]
}
