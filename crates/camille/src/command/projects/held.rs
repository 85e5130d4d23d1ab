//! Sessions of shared projects that are held back: which, why, and letting them go.

use crate::command::Context;
use crate::consent;
use crate::failure::{Exit, Failure};
use crate::output::{Terminal, count, json, moment as when, plain, snippet, table};
use crate::session::Session;
use camille_proto::local::{HeldReason, HeldSession, ReleaseRequest, SessionName};
use camille_proto::vocabulary::Agent;

/// Columns a title gets before it is cut.
const TITLE_WIDTH: usize = 40;

/// Reasons that are told one by one.
const REASONS_SHOWN: usize = 3;

pub(super) async fn list(context: &mut Context, json: bool) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::open(&config).await?;
    let held = session.client().held_sessions().await;
    session.close().await;
    let held = held?;
    let terminal = &mut context.terminal;
    if json {
        json::print(terminal, &held)?;
    } else if held.is_empty() {
        terminal.line("no session is held back")?;
    } else {
        let rows: Vec<[String; 4]> = held.iter().map(row).collect();
        table::print(terminal, ["session", "project", "title", "why"], &rows)?;
        if held.iter().any(|held| !held.private) {
            terminal.hint("try", "camille projects release SESSION, to let your peers see one")?;
        }
    }
    Ok(Exit::Done)
}

fn row(held: &HeldSession) -> [String; 4] {
    let title = held.title.as_deref().map(plain::one_line).unwrap_or_default();
    let title = snippet::shorten(&title, TITLE_WIDTH);
    [held.name.session.clone(), held.project.clone(), title, why(held)]
}

/// The reasons in words, the most telling first.
fn why(held: &HeldSession) -> String {
    if held.private {
        return "#private".to_owned();
    }
    let mut reasons: Vec<String> = Vec::new();
    if held.denied {
        reasons.push("ran in a directory that you unshared".to_owned());
    }
    for reason in &held.reasons {
        let told = in_words(reason);
        if !reasons.contains(&told) {
            reasons.push(told);
        }
    }
    let more = reasons.len().saturating_sub(REASONS_SHOWN);
    reasons.truncate(REASONS_SHOWN);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    reasons.join("; ")
}

/// Such as `read ~/diary/plan.md at 2026-02-03 14:02`, or what another session of its conversation did.
fn in_words(reason: &HeldReason) -> String {
    let place = match (reason.path.is_empty(), reason.project.is_empty()) {
        (false, _) => home_relative(&reason.path),
        (true, false) => home_relative(&reason.project),
        (true, true) => "something that is forgotten".to_owned(),
    };
    let done = match reason.how.as_str() {
        "there" | "ran" => "ran in",
        "read" => "read",
        "wrote" => "wrote",
        _ => "touched",
    };
    let mut told = format!("{done} {}", plain::one_line(&place));
    if !reason.path.is_empty()
        && !reason.project.is_empty()
        && !reason.path.starts_with(&reason.project)
    {
        told.push_str(&format!(" ({})", plain::one_line(&reason.project)));
    }
    if let Some(time) = reason.time {
        told.push_str(&format!(" at {}", when::date_time(time)));
    }
    if reason.own { told } else { format!("is of one conversation with a session that {told}") }
}

fn home_relative(path: &str) -> String {
    let home = std::env::home_dir().and_then(|home| home.into_os_string().into_string().ok());
    match home.as_deref().and_then(|home| path.strip_prefix(home)) {
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        _ => path.to_owned(),
    }
}

pub(super) async fn release(
    context: &mut Context,
    typed: &[String],
    all: bool,
) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = consent::session(&config, &context.environment).await?;
    let outcome = async {
        let held = session.client().held_sessions().await?;
        let sessions = if all {
            held.into_iter()
                .filter(|held| !held.private && !held.denied)
                .map(|held| held.name)
                .collect()
        } else {
            typed.iter().map(|typed| find(&held, typed)).collect::<Result<Vec<_>, _>>()?
        };
        let request = ReleaseRequest { sessions, release: true };
        Ok::<_, Failure>(session.client().release(&request).await?)
    }
    .await;
    session.close().await;
    say(&mut context.terminal, &outcome?, "released")
}

pub(super) async fn hold(context: &mut Context, typed: &[String]) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::open(&config).await?;
    // Which agent it was does not matter: ids are random.
    let names = |typed: &String| {
        Agent::ALL
            .iter()
            .map(|agent| SessionName { agent: *agent, session: typed.clone() })
            .collect::<Vec<_>>()
    };
    let sessions = typed.iter().flat_map(names).collect();
    let outcome = session.client().release(&ReleaseRequest { sessions, release: false }).await;
    session.close().await;
    outcome?;
    context.terminal.line(format!(
        "held back, where they touch what is not shared: {}",
        count(typed.len() as u64, "session")
    ))?;
    Ok(Exit::Done)
}

/// The one held session whose id begins like this.
fn find(held: &[HeldSession], typed: &str) -> Result<SessionName, Failure> {
    let mut found = held.iter().filter(|held| held.name.session.starts_with(typed));
    match (found.next(), found.next()) {
        (Some(one), None) if one.private => {
            Err(Failure::usage(format!("session {typed} stays private"))
                .because("a prompt in it says #private"))
        }
        (Some(one), None) if one.denied => {
            Err(Failure::usage(format!("session {typed} stays private"))
                .because("it ran in a directory that you unshared")
                .hint("camille projects unshare --undo DIRECTORY"))
        }
        (Some(one), None) => Ok(one.name.clone()),
        (None, _) => {
            Err(Failure::usage(format!("no session that is held back begins with '{typed}'"))
                .hint("camille projects list --held"))
        }
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("several sessions that are held back begin with '{typed}'"))
                .hint("camille projects list --held"))
        }
    }
}

fn say(terminal: &mut Terminal, done: &ReleaseRequest, what: &str) -> Result<Exit, Failure> {
    for name in &done.sessions {
        terminal.line(format!("{what}: {}", plain::one_line(&name.session)))?;
    }
    if done.sessions.is_empty() {
        terminal.line("no session is held back")?;
    }
    Ok(Exit::Done)
}
