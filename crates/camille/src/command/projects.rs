//! `camille projects`: what this bank holds by project, and what of it peers may see.

use super::Context;
use crate::failure::{Exit, Failure};
use crate::moment::{self, Edge};
use crate::output::{Terminal, count, grouped, json, moment as when, plain, table};
use crate::session::Session;
use camille_proto::local::{ProjectView, ShareRequest, ShareResult};
use camille_proto::vocabulary::Sharing;
use jiff::Timestamp;

/// More names than this make a line that nobody reads.
pub(crate) const MANY: usize = 6;

/// List your projects, and say which ones peers may search
///
/// A project is a repository (its git remote, such as github.com/acme/api) or a directory. Nothing is shared
/// until you share it. Rules hold for later projects too, and `unshare` beats `share`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List your projects and how each is shared (the default)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let your peers search a project, or all that a pattern such as 'github.com/acme/*' matches
    Share {
        /// A project's id, or a pattern with *
        pattern: String,
        /// Let peers of your peers search it too
        #[arg(long)]
        indirect: bool,
        /// Only what is said from then on: a date, today, or all
        #[arg(long, value_name = "WHEN", default_value = "all")]
        from: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep a project, or all that a pattern matches, to yourself; beats every `share`
    Unshare {
        /// A project's id, or a pattern with *
        pattern: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    match args.action.unwrap_or(Action::List { json: false }) {
        Action::List { json } => list(context, json).await,
        Action::Share { pattern, indirect, from, json } => {
            let sharing = if indirect { Sharing::Indirect } else { Sharing::Shared };
            let from = parse_from(&from)?;
            apply(context, ShareRequest { pattern, sharing, from }, json).await
        }
        Action::Unshare { pattern, json } => {
            let request = ShareRequest { pattern, sharing: Sharing::Private, from: None };
            apply(context, request, json).await
        }
    }
}

fn parse_from(typed: &str) -> Result<Option<Timestamp>, Failure> {
    if typed == "all" {
        return Ok(None);
    }
    let moment = moment::parse(typed, Edge::Begin, Timestamp::now());
    moment.map(Some).map_err(|reason| Failure::usage("cannot read --from").because(reason))
}

async fn list(context: &mut Context, json: bool) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::open(&config).await?;
    let projects = session.client().projects().await;
    session.close().await;
    let mut projects = projects?;
    projects.sort_by(|a, b| b.last_update.cmp(&a.last_update).then_with(|| a.id.cmp(&b.id)));
    let terminal = &mut context.terminal;
    if json {
        json::print(terminal, &projects)?;
    } else if projects.is_empty() {
        terminal.line("no projects yet")?;
        terminal.hint("try", "camille index")?;
    } else {
        print(terminal, &projects)?;
        if projects.iter().all(|project| project.sharing == Sharing::Private) {
            terminal.hint("try", "camille projects share PROJECT, to let your peers search one")?;
        }
    }
    Ok(Exit::Done)
}

async fn apply(context: &mut Context, request: ShareRequest, json: bool) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::open(&config).await?;
    let result = session.client().share(&request).await;
    session.close().await;
    let result = result?;
    let terminal = &mut context.terminal;
    if json {
        json::print(terminal, &result)?;
        return Ok(Exit::Done);
    }
    print_change(terminal, &request, &result)?;
    Ok(Exit::Done)
}

fn print_change(
    terminal: &mut Terminal,
    request: &ShareRequest,
    result: &ShareResult,
) -> Result<(), Failure> {
    let pattern = plain::one_line(&request.pattern);
    if result.projects.is_empty() {
        terminal.line(format!("noted; {pattern} matches no project of yours yet"))?;
        return terminal.hint("try", "camille projects list, for the names there are");
    }
    let shown = result.projects.len().min(MANY);
    for project in &result.projects[..shown] {
        terminal.line(format!("{}: {}", plain::one_line(&project.id), sharing(project)))?;
    }
    let more = (result.projects.len() - shown) as u64;
    if more > 0 {
        terminal.line(format!("and {}", count(more, "more project")))?;
    }
    let overruled = result
        .projects
        .iter()
        .filter(|project| {
            request.sharing != Sharing::Private && project.sharing == Sharing::Private
        })
        .count();
    if overruled > 0 {
        terminal.hint(
            "because",
            "an `unshare` rule beats every `share`; share that very pattern to lift it",
        )?;
    }
    Ok(())
}

fn print(terminal: &mut Terminal, projects: &[ProjectView]) -> Result<(), Failure> {
    let rows: Vec<[String; 5]> = projects
        .iter()
        .map(|project| {
            [
                project.id.clone(),
                sharing(project),
                right(project.sessions, "sessions"),
                right(project.documents, "documents"),
                project.last_update.map(when::date).unwrap_or_default(),
            ]
        })
        .collect();
    table::print(terminal, ["project", "sharing", "sessions", "documents", "newest"], &rows)
}

/// The number, right under the end of its heading.
fn right(number: u64, heading: &str) -> String {
    format!("{:>width$}", grouped(number), width = heading.len())
}

/// How a project is shared, and by which rule.
fn sharing(project: &ProjectView) -> String {
    let mut text = match project.sharing {
        Sharing::Private => "private".to_owned(),
        Sharing::Shared => "shared".into(),
        Sharing::Indirect => "shared, indirect too".into(),
    };
    if let Some(from) = project.from {
        text.push_str(&format!(", from {} on", when::date(from)));
    }
    if let Some(rule) = project.rule.as_ref().filter(|rule| **rule != project.id) {
        text.push_str(&format!(" ({})", plain::one_line(rule)));
    }
    text
}
