//! `camille projects`: what this bank holds by project, and what of it peers may see.

pub(super) mod held;
mod review;
mod share;
mod unshare;

use super::Context;
use crate::failure::{Exit, Failure};
use crate::named;
use crate::output::{Terminal, count, grouped, json, moment as when, plain, table};
use crate::session::Session;
use camille_intake::project::UNCLEAR;
use camille_proto::local::{ProjectView, RuleView, ShareRequest, ShareResult};
use camille_proto::vocabulary::Sharing;
use camille_registry::{pattern, within};

/// More names than this make a line that nobody reads.
pub(crate) const MANY: usize = 6;

/// List your projects, and say which ones peers may search
///
/// A project is a repository (its git remote, such as github.com/acme/api) or a directory. Nothing is shared
/// until you share it. Rules hold for later projects too, and `unshare` beats `share`, whichever came first, until
/// you undo it. A session of a shared project that touched one which is not shared is held back, with all of its
/// conversation, until you release it; a prompt with #private keeps its conversation to you.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List your projects and how each is shared (the default)
    List {
        /// List the sessions of shared projects that are held back instead, and why
        #[arg(long)]
        held: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let your peers search a project, or all that a pattern such as 'github.com/acme/*' matches
    Share {
        /// A project's id, a path inside it, or a pattern with *
        #[arg(required_unless_present = "review")]
        pattern: Option<String>,
        /// Go through the places for which sessions are held: for each say whether it is harmless or private
        #[arg(long, conflicts_with_all = ["pattern", "indirect", "from", "yes", "later"])]
        review: bool,
        /// Let peers of your peers search it too
        #[arg(long)]
        indirect: bool,
        /// Only what was said from then on: a date, today, or all. You are asked if it is left out
        #[arg(long, value_name = "WHEN")]
        from: Option<String>,
        /// Only say what they would see; of a review, what it would ask
        #[arg(long)]
        preview: bool,
        /// Do not ask whether to go on
        #[arg(long, conflicts_with = "preview")]
        yes: bool,
        /// Keep the rule also if it matches no project of yours yet
        #[arg(long)]
        later: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let your peers see sessions that were held back because they touched what is not shared
    ///
    /// You are shown what that is, and asked. Their talk is seen then: what you and the agent said. No call is, no result,
    /// no summary, no title and nothing of agents that they began; nor what names a place which is not shared or quotes
    /// what was read there. What the agent tells of it in its own words is seen. The rest of their conversation comes with
    /// them. A release ends when they touch another place that is not shared.
    Release {
        /// Sessions, as `projects list --held` names them; the beginning is enough
        #[arg(value_name = "SESSION", required_unless_present = "all")]
        sessions: Vec<String>,
        /// All that are held, but for those that are #private or look like it, or touched what you unshared
        #[arg(long, conflicts_with = "sessions")]
        all: bool,
        /// Do not ask whether to go on
        #[arg(long)]
        yes: bool,
    },
    /// Hold back sessions again that you released
    Hold {
        /// Sessions; the beginnings of their ids are enough
        #[arg(value_name = "SESSION", required = true)]
        sessions: Vec<String>,
    },
    /// Keep a project, or all that a pattern matches, to yourself; beats every `share`, before and after
    ///
    /// It holds for what does not exist yet, for every name that a repository has, and for what lies below: a
    /// directory keeps to you whatever runs in it. `unshare '*'` shares nothing from now on.
    Unshare {
        /// A project's id, a directory, or a pattern with *
        pattern: String,
        /// Take that back: what other rules share of it is shared again
        #[arg(long)]
        undo: bool,
        /// Do not ask whether to go on
        #[arg(long)]
        yes: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    match args.action.unwrap_or(Action::List { held: false, json: false }) {
        Action::List { held: true, json } => held::list(context, json).await,
        Action::List { held: false, json } => list(context, json).await,
        Action::Share { review: true, preview, json, .. } => {
            review::run(context, preview, json).await
        }
        Action::Share { pattern, indirect, from, preview, yes, later, json, .. } => {
            let pattern = pattern.unwrap_or_default();
            let sharing = if indirect { Sharing::Indirect } else { Sharing::Shared };
            let from = from.as_deref().map(share::parse_from).transpose()?;
            share::run(share::Wish { pattern, sharing, from, preview, yes, later, json }, context)
                .await
        }
        Action::Release { sessions: typed, all, yes } => {
            held::release(context, &held::Wish { typed, all, yes }).await
        }
        Action::Hold { sessions } => held::hold(context, &sessions).await,
        Action::Unshare { pattern, undo, yes, json } => {
            if undo {
                return unshare::undo(context, named::path_or_pattern(&pattern)?, yes, json).await;
            }
            unshare::run(context, &pattern, json).await
        }
    }
}

async fn list(context: &mut Context, json: bool) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let projects = session.client().projects().await;
    let rules = session.client().rules().await;
    session.close().await;
    let (mut projects, rules) = (projects?, rules?);
    projects.sort_by(|a, b| b.last_update.cmp(&a.last_update).then_with(|| a.id.cmp(&b.id)));
    let terminal = &mut context.terminal;
    if json {
        json::print(terminal, &projects)?;
    } else if projects.is_empty() && rules.is_empty() {
        terminal.line("no projects yet")?;
        terminal.hint("try", "camille index")?;
    } else {
        // Rules for later projects stand with the others.
        projects.retain(|project| project.sessions + project.documents > 0);
        print(terminal, &projects)?;
        print_rules(terminal, &rules)?;
        explain(terminal, &projects)?;
        if projects.iter().all(|project| project.sharing == Sharing::Private) {
            terminal.hint("try", "camille projects share PROJECT, to let your peers search one")?;
        }
    }
    Ok(Exit::Done)
}

fn tell(
    terminal: &mut Terminal,
    request: &ShareRequest,
    result: &ShareResult,
    json: bool,
) -> Result<Exit, Failure> {
    if json {
        json::print(terminal, result)?;
    } else {
        print_change(terminal, request, result)?;
    }
    Ok(Exit::Done)
}

fn print_change(
    terminal: &mut Terminal,
    request: &ShareRequest,
    result: &ShareResult,
) -> Result<(), Failure> {
    let pattern = result.patterns.first().unwrap_or(&request.pattern);
    let pattern = plain::one_line(pattern);
    let is_private = request.sharing == Sharing::Private;
    if let Some((project, path)) = result.patterns.iter().find_map(|one| within::split(one))
        && is_private
        && result.projects.is_empty()
    {
        let (project, path) = (plain::one_line(project), plain::one_line(path));
        return table::text(
            terminal,
            &format!(
                "kept to you: {path} in every clone of {project}, and every session that touches it"
            ),
        );
    }
    if result.projects.is_empty() && is_private && pattern.starts_with('/') {
        // It needs no project of its own to hold what touches it.
        let is_there = std::path::Path::new(pattern.trim_end_matches('*')).exists();
        let yet = if is_there { "" } else { "; nothing is there now" };
        let said = format!("kept to you: {pattern}, and every session that touches it{yet}");
        return table::text(terminal, &said);
    }
    if result.projects.is_empty() {
        let later = match request.sharing {
            Sharing::Private => "; what is called so later stays private",
            _ => "",
        };
        let said = format!("noted; {pattern} matches no project of yours yet{later}");
        table::text(terminal, &said)?;
        return terminal.hint("try", "camille projects list, for the names there are");
    }
    let shown = result.projects.len().min(MANY);
    for project in &result.projects[..shown] {
        table::text(terminal, &format!("{}: {}", plain::one_line(&project.id), sharing(project)))?;
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
            "an `unshare` rule beats every `share`; camille projects unshare --undo lifts it",
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

/// Every rule, whether it decides something today or not.
fn print_rules(terminal: &mut Terminal, rules: &[RuleView]) -> Result<(), Failure> {
    if rules.is_empty() {
        return Ok(());
    }
    let row = |rule: &RuleView| {
        let mut what = match rule.sharing {
            Sharing::Private => "unshare",
            Sharing::Shared => "share",
            Sharing::Indirect => "share --indirect",
        }
        .to_owned();
        if let Some(by) = suspending(rule, rules) {
            what.push_str(", suspended");
            if by != rule.pattern {
                what.push_str(&format!(" by {}", plain::one_line(by)));
            }
        }
        let from = rule.from.map(when::date).unwrap_or_default();
        [what, rule.pattern.clone(), from]
    };
    let rows: Vec<[String; 3]> = rules.iter().map(row).collect();
    terminal.line("")?;
    table::print(terminal, ["rule", "for", "from"], &rows)
}

/// The pattern of a deny for which a share gives nothing to anybody.
fn suspending<'r>(rule: &RuleView, rules: &'r [RuleView]) -> Option<&'r str> {
    let denies = |other: &&RuleView| {
        other.sharing == Sharing::Private && pattern::covers(&other.pattern, &rule.pattern)
    };
    let deny = (rule.sharing != Sharing::Private).then(|| rules.iter().find(denies)).flatten();
    deny.map(|deny| deny.pattern.as_str())
}

/// Why projects are unclear, and what to do.
fn explain(terminal: &mut Terminal, projects: &[ProjectView]) -> Result<(), Failure> {
    let unclear = |project: &&ProjectView| project.id.starts_with(UNCLEAR);
    for project in projects.iter().filter(unclear).take(MANY) {
        let id = plain::one_line(&project.id);
        let path = id.strip_prefix(UNCLEAR).unwrap_or(&id);
        let mut names: Vec<String> =
            project.also.iter().map(|name| plain::one_line(name)).collect();
        names.retain(|name| name != path);
        // What of it nobody can name stands among its names.
        let told = names.iter().find_map(|name| name.strip_prefix(UNCLEAR).map(str::to_owned));
        names.retain(|name| !name.starts_with(UNCLEAR));
        let other = match (told, names.as_slice()) {
            (Some(told), _) => told,
            (None, []) => "its transcripts lie in another directory's folder".to_owned(),
            (None, names) => {
                format!("the disk and its transcripts call it {} as well", names.join(" and "))
            }
        };
        terminal
            .hint("because", format!("{id} stays private: {other}, so no pattern shares it"))?;
    }
    if projects.iter().any(|project| unclear(&project)) {
        terminal.hint("try", "camille projects share 'unclear:PATH', if the place is right")?;
    }
    Ok(())
}

/// The number, right under the end of its heading.
fn right(number: u64, heading: &str) -> String {
    format!("{:>width$}", grouped(number), width = heading.len())
}

/// How a project is shared, and by which rule.
fn sharing(project: &ProjectView) -> String {
    let mut text = match project.sharing {
        // By a rule, which beats every `share`; not because nobody ever shared it.
        Sharing::Private if project.rule.is_some() => "private, unshared".to_owned(),
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
