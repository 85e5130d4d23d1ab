//! Sharing: from when on, what peers would see, and only then the rule.

use super::held::{NEARLY_PRIVATE, looks_private};
use super::{MANY, tell};
use crate::ask::{agreed, is_answered, not_answered};
use crate::consent;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::moment::{self, Edge};
use crate::named::{self, Meant};
use crate::output::{Terminal, count, json, moment as when, plain, table};
use crate::session::{Session, expect_home};
use camille_client::NodeClient;
use camille_proto::local::{HeldSession, ProjectPreview, ShareRequest};
use camille_proto::vocabulary::Sharing;
use camille_registry::pattern::is_floating;
use dialoguer::Input;
use dialoguer::theme::ColorfulTheme;
use jiff::Timestamp;

/// What is to be shared.
pub(super) struct Wish {
    pub(super) pattern: String,
    pub(super) sharing: Sharing,
    /// `None`: not said. `Some(None)`: all.
    pub(super) from: Option<Option<Timestamp>>,
    pub(super) preview: bool,
    pub(super) yes: bool,
    pub(super) later: bool,
    pub(super) json: bool,
}

/// Reads `--from`.
pub(super) fn parse_from(typed: &str) -> Result<Option<Timestamp>, Failure> {
    read_from(typed).map_err(|reason| {
        Failure::usage("cannot read --from")
            .because(reason)
            .hint("--from all shares what was said before, too")
    })
}

fn read_from(typed: &str) -> Result<Option<Timestamp>, String> {
    match typed.trim() {
        "all" => Ok(None),
        typed => moment::parse(typed, Edge::Begin, Timestamp::now()).map(Some),
    }
}

pub(super) async fn run(wish: Wish, context: &mut Context) -> Result<Exit, Failure> {
    let from = match wish.from {
        Some(from) => from,
        None => ask_from()?,
    };
    if !wish.yes && !wish.preview && !is_answered() {
        return Err(Failure::usage(
            "camille projects share asks first, and there is nobody to answer",
        )
        .hint("--yes goes on without asking; --preview only shows what they would see"));
    }
    let config = context.config()?;
    expect_home(&config)?;
    let session = if wish.preview {
        Session::look(&config).await?
    } else {
        consent::session(&config, &context.environment).await?
    };
    let outcome = carry_out(&wish, from, session.client(), &mut context.terminal).await;
    session.close().await;
    outcome
}

async fn carry_out(
    wish: &Wish,
    from: Option<Timestamp>,
    client: &NodeClient,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let Meant { pattern, .. } = named::projects(client, &wish.pattern).await?;
    if wish.pattern.starts_with(['.', '~', '/']) && !pattern.starts_with('/') {
        let (typed, project) = (plain::one_line(&wish.pattern), plain::one_line(&pattern));
        terminal.hint("note", format!("{typed} is in {project}, which is shared as a whole"))?;
    }
    let request = &ShareRequest { pattern, sharing: wish.sharing, from };
    let previews = client.preview_share(request).await?;
    let pattern = plain::one_line(&request.pattern);
    if previews.is_empty() && !wish.later {
        let inside = named::inside(client, &request.pattern).await?;
        if !inside.is_empty() {
            return Err(several(&wish.pattern, &request.pattern, &inside));
        }
    }
    if wish.preview && wish.json {
        json::print(terminal, &previews)?;
        return Ok(Exit::Done);
    }
    if wish.preview || !wish.yes {
        print(terminal, request, &previews)?;
    }
    let is_noted = !previews.is_empty() || !wish.yes || wish.later;
    if !wish.json && is_floating(&request.pattern) && is_noted && request.pattern != "*" {
        terminal.hint(
            "later",
            format!("also whatever else is called {pattern}, on any host and in any directory"),
        )?;
    }
    if wish.preview {
        return Ok(Exit::Done);
    }
    // Nobody is asked about what would change nothing.
    if !previews.is_empty() && previews.iter().all(|one| one.sharing == Sharing::Private) {
        return Err(in_the_way(&pattern, &previews));
    }
    // A name with a typo in it would share something else some day. `*` alone has nothing to mistype.
    if previews.is_empty() && wish.yes && !wish.later && request.pattern.trim() != "*" {
        return Err(Failure::usage(format!("{pattern} matches no project of yours yet"))
            .because(
                "nothing was shared, since a name with a typo in it would share what comes later",
            )
            .hint("camille projects list shows the names; --later keeps the rule for what comes"));
    }
    if !wish.yes {
        terminal.flush()?;
        let question = match previews.is_empty() {
            true => format!("Share {pattern} as soon as there is one?"),
            false => format!("Share {pattern}?"),
        };
        if !agreed(&question)? {
            terminal.line("nothing was shared")?;
            return Ok(Exit::NoHits);
        }
    }
    tell(terminal, request, &client.share(request).await?, wish.json)
}

/// That what was named is no project, but has some in it.
fn several(typed: &str, pattern: &str, inside: &[String]) -> Failure {
    let (typed, pattern) = (plain::one_line(typed), plain::one_line(pattern));
    let mut names: Vec<String> = inside.iter().take(MANY).map(|id| plain::one_line(id)).collect();
    if let Some(more) = inside.len().checked_sub(MANY).filter(|more| *more > 0) {
        names.push(count(more as u64, "more project"));
    }
    let first = names.first().cloned().unwrap_or_default();
    let is_all = inside.iter().all(|id| id.starts_with(&format!("{pattern}/")));
    let hint = match is_all {
        true => format!("camille projects share '{pattern}/*' shares all of them, later ones too"),
        false => format!("camille projects share '{first}', one at a time"),
    };
    let number = count(inside.len() as u64, "project");
    Failure::usage(format!("'{typed}' is no project, but has {number} in it; nothing was shared"))
        .because(names.join(", "))
        .hint(hint)
}

/// That an `unshare` beats this, and how it is taken back.
fn in_the_way(pattern: &str, previews: &[ProjectPreview]) -> Failure {
    let mut rules: Vec<&str> = previews.iter().filter_map(|one| one.rule.as_deref()).collect();
    rules.sort_unstable();
    rules.dedup();
    let undo: Vec<String> = rules
        .iter()
        .map(|rule| format!("camille projects unshare --undo '{}'", plain::one_line(rule)))
        .collect();
    let rules: Vec<String> = rules.iter().map(|rule| plain::one_line(rule)).collect();
    Failure::usage(format!("{pattern} stays private: nothing was shared"))
        .because(format!("unshared is {}, which beats every `share`", rules.join(", ")))
        .hint(undo.join("; "))
}

/// What peers would see, project by project.
fn print(
    terminal: &mut Terminal,
    request: &ShareRequest,
    previews: &[ProjectPreview],
) -> Result<(), Failure> {
    let who = match request.sharing {
        Sharing::Indirect => "your peers, and theirs, would see",
        _ => "your peers would see",
    };
    if previews.is_empty() {
        let pattern = plain::one_line(&request.pattern);
        return table::text(terminal, &format!("{pattern} matches no project of yours yet"));
    }
    seen_by_peers(terminal, who, previews)
}

/// What peers would see of each of these.
pub(super) fn seen_by_peers(
    terminal: &mut Terminal,
    who: &str,
    previews: &[ProjectPreview],
) -> Result<(), Failure> {
    terminal.line(format!("{who}:"))?;
    for preview in previews {
        let name = terminal.paint.strong(&plain::one_line(&preview.id));
        if preview.sharing == Sharing::Private {
            let rule = preview.rule.as_deref().map(plain::one_line).unwrap_or_default();
            table::text(terminal, &format!("  {name}  nothing: unshare {rule} beats it"))?;
            continue;
        }
        table::text(terminal, &format!("  {name}  {}", seen(preview)))?;
        if preview.redacted > 0 {
            let secrets = count(preview.redacted, "secret");
            terminal.line(format!("    {secrets} replaced in it: camille secrets"))?;
        }
        let private = preview.held.iter().filter(|held| held.private).count() as u64;
        let is_denied = |held: &&HeldSession| held.denied && !held.private;
        let denied = preview.held.iter().filter(is_denied).count() as u64;
        let is_nearly = |held: &&HeldSession| !held.private && !held.denied && looks_private(held);
        let nearly = preview.held.iter().filter(is_nearly).count() as u64;
        let touched = preview.held.len() as u64 - private - denied - nearly;
        if touched > 0 {
            let sessions = count(touched, "session");
            terminal.line(format!("    {sessions} held back, for touching what is not shared"))?;
        }
        if nearly > 0 {
            let sessions = count(nearly, "session");
            terminal.line(format!("    {sessions} held back: {NEARLY_PRIVATE}"))?;
        }
        if denied > 0 {
            let sessions = count(denied, "session");
            terminal
                .line(format!("    {sessions} held back, for a directory that you unshared"))?;
        }
        if private > 0 {
            terminal.line(format!("    {} held back, as #private", count(private, "session")))?;
        }
    }
    Ok(())
}

fn seen(preview: &ProjectPreview) -> String {
    if preview.documents == 0 {
        return "nothing yet".into();
    }
    let sessions = count(preview.sessions, "session");
    let documents = count(preview.documents, "document");
    match (preview.oldest, preview.newest) {
        (Some(oldest), Some(newest)) => {
            let (oldest, newest) = (when::date(oldest), when::date(newest));
            format!("{documents} in {sessions}, {oldest} to {newest}")
        }
        _ => format!("{documents} in {sessions}"),
    }
}

fn ask_from() -> Result<Option<Timestamp>, Failure> {
    if !is_answered() {
        return Err(Failure::usage("from when on is not said")
            .because("what was said before then stays private, so it has no default")
            .hint("--from today, --from 2026-01-31 or --from all"));
    }
    let typed = Input::<String>::with_theme(&ColorfulTheme::default())
        .with_prompt("Share what was said from when on? (today, a date, or all)")
        .validate_with(|typed: &String| read_from(typed).map(drop))
        .interact_text()
        .map_err(not_answered)?;
    parse_from(&typed)
}
