//! Sessions of shared projects that are held back: which, why, and letting them go.

use crate::ask::{agreed, is_answered};
use crate::consent;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::named;
use crate::output::{Terminal, count, json, moment as when, plain, snippet, table};
use crate::session::{Session, expect_home};
use camille_client::NodeClient;
use camille_proto::local::{
    HeldReason, HeldSession, LOOKS_PRIVATE, ReleaseRequest, SessionName, SessionView,
};

/// Columns a title gets before it is cut.
const TITLE_WIDTH: usize = 40;

/// Letters of an id that tell it from all others, but for an accident.
const SHORT: usize = 13;

/// What is said of a prompt that does not say `#private` and was surely meant to.
pub(super) const NEARLY_PRIVATE: &str = "a prompt looks like #private";

/// Reasons that are told one by one.
const REASONS_SHOWN: usize = 3;

pub(super) async fn list(context: &mut Context, json: bool) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
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
            terminal
                .hint("or", "camille projects share --review, to say which places are harmless")?;
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
pub(crate) fn why(held: &HeldSession) -> String {
    if held.private {
        return "#private".to_owned();
    }
    let mut reasons: Vec<String> = Vec::new();
    if held.denied {
        reasons.push("touched what you unshared".to_owned());
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

/// Whether a prompt of it, or of its conversation, looks like #private.
pub(super) fn looks_private(held: &HeldSession) -> bool {
    held.reasons.iter().any(|reason| reason.project == LOOKS_PRIVATE)
}

/// Such as `read ~/diary/plan.md at 2026-02-03 14:02`, or what another session of its conversation did.
pub(super) fn in_words(reason: &HeldReason) -> String {
    if reason.project == LOOKS_PRIVATE {
        let said = match reason.time {
            Some(time) => format!("{NEARLY_PRIVATE} at {}", when::date_time(time)),
            None => NEARLY_PRIVATE.to_owned(),
        };
        return if reason.own {
            said
        } else {
            format!("is of one conversation with one where {said}")
        };
    }
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

/// What is to be released.
pub(super) struct Wish {
    pub(super) typed: Vec<String>,
    pub(super) all: bool,
    pub(super) yes: bool,
}

pub(super) async fn release(context: &mut Context, wish: &Wish) -> Result<Exit, Failure> {
    let config = context.config()?;
    expect_home(&config)?;
    let session = consent::session(&config, &context.environment).await?;
    let outcome = let_go(&mut context.terminal, session.client(), wish).await;
    session.close().await;
    outcome
}

async fn let_go(
    terminal: &mut Terminal,
    client: &NodeClient,
    wish: &Wish,
) -> Result<Exit, Failure> {
    let held = client.held_sessions().await?;
    let mut meant: Vec<&HeldSession> = Vec::new();
    if wish.all {
        // What looks like #private was surely meant: it is released by its own name.
        let is_meant = |held: &&HeldSession| !held.private && !held.denied && !looks_private(held);
        meant.extend(held.iter().filter(is_meant));
    }
    for typed in &wish.typed {
        for session in meant_by(client, typed, "share").await? {
            meant.push(releasable(&held, &session)?);
        }
    }
    if meant.is_empty() {
        let none = match held.is_empty() {
            true => "no session is held back",
            false => {
                "nothing to release: what is held is #private or looks like it, or touched what you unshared"
            }
        };
        terminal.line(none)?;
        return Ok(Exit::Done);
    }
    if !wish.yes {
        terminal.line("your peers would see")?;
        for held in &meant {
            tell(terminal, held)?;
        }
        terminal.hint(
            "note",
            "their talk is seen, with their conversations; no call is, no title, and nothing that quotes what is not shared",
        )?;
        terminal.flush()?;
        if !is_answered() {
            return Err(Failure::usage("a release asks first, and there is nobody to answer")
                .because("nothing was released")
                .hint("--yes goes on without asking"));
        }
        let question = match meant.as_slice() {
            [one] => format!("Release {}?", short(&plain::one_line(&one.name.session))),
            several => format!("Release {}?", count(several.len() as u64, "session")),
        };
        if !agreed(&question)? {
            terminal.line("nothing was released")?;
            return Ok(Exit::NoHits);
        }
    }
    let sessions = meant.iter().map(|held| held.name.clone()).collect();
    let done = client.release(&ReleaseRequest { sessions, release: true }).await?;
    for name in &done.sessions {
        terminal.line(format!("released: {}", plain::one_line(&name.session)))?;
    }
    Ok(Exit::Done)
}

/// What is about to be seen: its title, where it is from, how much it is, and why it is held.
fn tell(terminal: &mut Terminal, held: &HeldSession) -> Result<(), Failure> {
    let id = plain::one_line(&held.name.session);
    let title = held.title.as_deref().map(plain::one_line);
    let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| "no title".to_owned());
    table::text(terminal, &format!("  {}  {}", short(&id), snippet::shorten(&title, TITLE_WIDTH)))?;
    let project = plain::one_line(&held.project);
    let documents = count(held.documents, "document");
    table::text(terminal, &format!("    {documents} in {project}"))?;
    table::text(terminal, &format!("    held: {}", why(held)))?;
    Ok(())
}

pub(super) async fn hold(context: &mut Context, typed: &[String]) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let outcome = async {
        let client = session.client();
        let mut meant = Vec::new();
        for typed in typed {
            meant.extend(meant_by(client, typed, "unshare").await?);
        }
        let before = client.held_sessions().await?;
        for one in meant.iter().filter(|one| !one.released) {
            holds_already(&before, one)?;
        }
        let sessions: Vec<SessionName> =
            meant.iter().filter(|one| one.released).map(|one| one.name.clone()).collect();
        client.release(&ReleaseRequest { sessions, release: false }).await?;
        Ok::<_, Failure>((meant, client.held_sessions().await?))
    }
    .await;
    session.close().await;
    let (meant, held) = outcome?;
    for one in meant {
        let id = plain::one_line(&one.name.session);
        let is_held = held.iter().any(|held| held.name == one.name);
        // What it is, and not what was wished.
        context.terminal.line(match (is_held, one.released) {
            (true, true) => format!("held back: {id}"),
            (true, false) => format!("held back already: {id}"),
            (false, _) => {
                format!("not released any more: {id}; all that it touched is shared now")
            }
        })?;
    }
    Ok(Exit::Done)
}

/// The session that is meant, or a word of what does the same for a whole project.
async fn meant_by(
    client: &NodeClient,
    typed: &str,
    verb: &str,
) -> Result<Vec<SessionView>, Failure> {
    let failed = match named::session(client, typed).await {
        Ok(found) => return Ok(found),
        Err(failed) => failed,
    };
    let is_session = typed.trim().is_empty() || !named::sessions(client, typed).await?.is_empty();
    if is_session || named::projects(client, typed).await?.projects.is_empty() {
        return Err(failed);
    }
    let name = plain::one_line(typed);
    Err(Failure::usage(format!("'{name}' is a project, and no session; nothing was changed"))
        .hint(format!("camille projects {verb} '{name}' does it for all of its sessions")))
}

/// Whether a session that nobody released is held back all the same.
fn holds_already(held: &[HeldSession], meant: &SessionView) -> Result<(), Failure> {
    if held.iter().any(|held| held.name == meant.name) {
        return Ok(());
    }
    let id = plain::one_line(&meant.name.session);
    let project = meant.project.as_deref().map(plain::one_line).unwrap_or_default();
    Err(Failure::usage(format!("nothing holds back session {id}"))
        .because("it was never released, and touched nothing that is not shared")
        .hint(format!("camille projects unshare '{project}', or camille forget {}", short(&id))))
}

/// As much of an id as one needs to write.
fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// The session, if its owner can let peers see it.
fn releasable<'h>(
    held: &'h [HeldSession],
    meant: &SessionView,
) -> Result<&'h HeldSession, Failure> {
    let id = plain::one_line(&meant.name.session);
    match held.iter().find(|held| held.name == meant.name) {
        Some(one) if one.private => Err(Failure::usage(format!("session {id} stays private"))
            .because("a prompt in it, or in its conversation, says #private")),
        Some(one) if one.denied => Err(Failure::usage(format!("session {id} stays private"))
            .because("it ran in, or touched, what you unshared")
            .hint("camille projects unshare --undo of that lets it be released")),
        Some(one) => Ok(one),
        None if meant.released => Err(Failure::usage(format!("session {id} is released already"))),
        None => Err(Failure::usage(format!("session {id} is not held back"))
            .hint("camille projects list --held")),
    }
}
