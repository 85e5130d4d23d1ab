//! Unsharing: what is meant by what was typed, and the rule. Taking it back: what peers would see then, and only then
//! the rule goes.

use super::share::seen_by_peers;
use super::tell;
use crate::ask::{agreed, is_answered};
use crate::consent;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::named;
use crate::output::{json, plain};
use crate::session::{Session, expect_home};
use camille_client::NodeClient;
use camille_proto::local::{ProjectPreview, ShareRequest, UndoRequest, UndoResult};
use camille_proto::vocabulary::Sharing;
use camille_registry::{pattern, within};

/// What people type for all that they have.
const ALL: &[&str] = &["all", "everything", "any"];
/// Pages that forges show of a repository, which are no paths in it.
const PAGES: &[&str] = &[
    "",
    "actions",
    "activity",
    "branches",
    "commit",
    "commits",
    "compare",
    "discussions",
    "issues",
    "merge_requests",
    "pipelines",
    "projects",
    "pull",
    "pull-requests",
    "pulls",
    "releases",
    "security",
    "settings",
    "tags",
    "tree",
    "blob",
    "wiki",
    "wikis",
];
/// The least of an id that one is taken for.
const ID_CHARS_MIN: usize = 6;

/// Keeps what is meant private, from now on.
pub(super) async fn run(
    context: &mut Context,
    typed: &str,
    as_json: bool,
) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::open(&config).await?;
    let home = plain::one_line(&config.home.display().to_string());
    let outcome = keep(context, session.client(), typed, &home, as_json).await;
    session.close().await;
    outcome
}

async fn keep(
    context: &mut Context,
    client: &NodeClient,
    typed: &str,
    home: &str,
    as_json: bool,
) -> Result<Exit, Failure> {
    let pattern = named::path_or_pattern(typed)?;
    let known = named::projects(client, typed).await?.projects;
    // What a shell completes is a path, whatever it begins with.
    let here = (pattern == typed).then(|| named::standing(typed)).flatten();
    let patterns: Vec<String> = match here {
        Some(path) if known.is_empty() => vec![path],
        // Whichever is meant, it is kept.
        Some(path) => vec![path, pattern],
        None => vec![pattern],
    };
    if known.is_empty() && patterns.iter().all(|pattern| !pattern.starts_with('/')) {
        names_other(client, typed).await?;
    }
    // What is there is kept from whoever touched it, whether it is a project or not.
    let is_there = patterns.iter().any(|pattern| std::path::Path::new(pattern).exists());
    let mut kept = 0;
    for pattern in patterns {
        let request = ShareRequest { pattern, sharing: Sharing::Private, from: None };
        kept += apply(context, client, &request, as_json).await?;
    }
    if kept == 0 {
        doubt(context, client, typed, is_there, home).await?;
    }
    Ok(Exit::Done)
}

/// That a rule which keeps nothing back today may stand in the wrong home, or be of a name with a typo in it. It stands
/// all the same: it may be made before anything is read.
async fn doubt(
    context: &mut Context,
    client: &NodeClient,
    typed: &str,
    is_there: bool,
    home: &str,
) -> Result<(), Failure> {
    if client.node_status().await?.bank.documents == 0 {
        context.terminal.hint(
            "warning",
            format!("the bank in {home} is empty: nothing was kept back, the rule is for later"),
        )?;
        return context.terminal.hint(
            "try",
            "if that is not the home of your node: the same command as its user, or with \
             CAMILLE_HOME=DIR before it",
        );
    }
    if !is_there && pattern::is_exact(typed) {
        let name = plain::one_line(typed);
        let none = format!("nothing was kept back: no project of yours is called '{name}'");
        let Some(near) = named::near(client, typed).await? else {
            return context.terminal.hint("warning", none);
        };
        let near = plain::one_line(&near);
        context.terminal.hint("warning", format!("{none}; did you mean {near}?"))?;
        context.terminal.hint("try", format!("camille projects unshare '{near}'"))?;
    }
    Ok(())
}

/// That a word which is no project's is something else's: a rule of it would keep nothing private.
async fn names_other(client: &NodeClient, typed: &str) -> Result<(), Failure> {
    let (word, name) = (typed.trim().to_lowercase(), plain::one_line(typed));
    let none = |because: String| {
        Failure::usage(format!("nothing was unshared: '{name}' is no project")).because(because)
    };
    if ALL.contains(&word.as_str()) {
        return Err(none("a project could be called so one day".into())
            .hint("camille projects unshare '*' keeps all of them private"));
    }
    let is_id = word.len() >= ID_CHARS_MIN
        && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_id && let Some(found) = named::sessions(client, &word).await?.first() {
        let id = plain::one_line(&found.name.session);
        return Err(none(format!("it is the beginning of a session's id, {id}"))
            .hint(format!("camille forget --session {id} takes it out of the bank for good")));
    }
    let peers = client.peers().await?;
    if let Some(peer) = peers.iter().find(|peer| peer.name.to_lowercase() == word) {
        let peer = plain::one_line(&peer.name);
        return Err(none(format!("{peer} is a peer, who sees what is shared with all of them"))
            .hint(format!("camille peers remove {peer}")));
    }
    Ok(())
}

/// Makes the rule and tells of it. Returns how many projects it keeps today.
async fn apply(
    context: &mut Context,
    client: &NodeClient,
    request: &ShareRequest,
    as_json: bool,
) -> Result<usize, Failure> {
    let result = client.share(request).await?;
    // A directory that is kept private says nothing of the repository around it.
    let mut around = match request.pattern.starts_with('/') && pattern::is_exact(&request.pattern) {
        true => named::projects(client, &request.pattern).await?.projects,
        false => Vec::new(),
    };
    tell(&mut context.terminal, request, &result, as_json)?;
    if let Some(part) = part_of(&request.pattern, result.patterns.first()).filter(|_| !as_json) {
        let whole = result.patterns.first().map(|pattern| plain::one_line(pattern));
        context.terminal.hint(
            "note",
            format!("that is all of {}, not only a part of it", whole.unwrap_or_default()),
        )?;
        context
            .terminal
            .hint("or", format!("camille projects unshare '{}'", plain::one_line(&part)))?;
    }
    around.retain(|project| project.sharing != Sharing::Private);
    for project in around {
        let (pattern, project) = (plain::one_line(&request.pattern), plain::one_line(&project.id));
        context.terminal.hint(
            "note",
            format!(
                "{pattern} is in {project}, which stays shared; unshare {project} keeps it too"
            ),
        )?;
    }
    Ok(result.projects.len())
}

/// The path of a repository that was typed like a part of its name, where the rule is of the whole.
fn part_of(typed: &str, kept: Option<&String>) -> Option<String> {
    let kept = kept.filter(|kept| !kept.starts_with('/') && pattern::is_exact(kept))?;
    let typed = typed.trim().trim_end_matches('/');
    let at = typed.to_lowercase().find(&kept.to_lowercase())? + kept.len();
    let rest = typed.get(at..)?.trim_start_matches(".git").strip_prefix('/')?;
    let rest = rest.trim_start_matches("-/");
    let path = match rest.split_once('/') {
        Some(("tree" | "blob", below)) => below.split_once('/')?.1,
        _ => rest,
    };
    let first = path.split(['/', '?', '#']).next().unwrap_or_default();
    (!PAGES.contains(&first)).then(|| within::join(kept, path))
}

pub(super) async fn undo(
    context: &mut Context,
    pattern: String,
    yes: bool,
    as_json: bool,
) -> Result<Exit, Failure> {
    if !yes && !is_answered() {
        return Err(Failure::usage("taking it back asks first, and there is nobody to answer")
            .hint("--yes goes on without asking"));
    }
    let config = context.config()?;
    expect_home(&config)?;
    let session = consent::session(&config, &context.environment).await?;
    let outcome = carry_out(context, session.client(), pattern, yes, as_json).await;
    session.close().await;
    outcome
}

async fn carry_out(
    context: &mut Context,
    client: &NodeClient,
    pattern: String,
    yes: bool,
    as_json: bool,
) -> Result<Exit, Failure> {
    let terminal = &mut context.terminal;
    let ask = |pattern: &str| UndoRequest { pattern: pattern.to_owned(), preview: true };
    let (mut pattern, mut would) = (pattern.clone(), client.undo_unshare(&ask(&pattern)).await?);
    if !would.denied
        && let Some(path) = named::standing(&pattern)
    {
        would = client.undo_unshare(&ask(&path)).await?;
        pattern = path;
    }
    let name = plain::one_line(&pattern);
    if !would.denied {
        return Err(Failure::usage(format!("no `unshare` of '{name}' stands"))
            .hint("camille projects list, for the rules there are"));
    }
    let others = others(client, &pattern, &would.projects).await?;
    let shared: Vec<ProjectPreview> =
        would.projects.into_iter().filter(|p| p.sharing != Sharing::Private).collect();
    if !as_json {
        if shared.is_empty() {
            terminal.line("your peers would see nothing more")?;
            terminal.hint(
                "because",
                match others.is_empty() {
                    true => "no other rule shares what it keeps".to_owned(),
                    false => format!("still unshared by {}", others.join(", ")),
                },
            )?;
        } else {
            seen_by_peers(terminal, "your peers would see", &shared)?;
        }
        terminal.flush()?;
    }
    if !yes && !agreed(&format!("Take the unshare of {name} back?"))? {
        terminal.line("nothing was changed")?;
        return Ok(Exit::NoHits);
    }
    let done: UndoResult = client.undo_unshare(&UndoRequest { pattern, preview: false }).await?;
    if as_json {
        json::print(terminal, &done)?;
    } else {
        terminal.line(format!("taken back: unshare {name}"))?;
    }
    for other in others.iter().take(super::MANY) {
        terminal.hint(
            "note",
            format!(
                "still unshared by {other}: camille projects unshare --undo '{other}' takes that back"
            ),
        )?;
    }
    Ok(Exit::Done)
}

/// The other denies that keep some of what this one keeps, and go on doing so.
async fn others(
    client: &NodeClient,
    typed: &str,
    projects: &[ProjectPreview],
) -> Result<Vec<String>, Failure> {
    let undone = client.meant(typed).await.map_or(typed.to_owned(), |meant| meant.project);
    // A path in a repository is kept by whatever keeps the repository.
    let about = within::split(&undone).map_or(&*undone, |(project, _)| project);
    // By another of its names a project may be kept as well.
    let names: Vec<Vec<String>> = client
        .projects()
        .await?
        .into_iter()
        .map(|project| project.also.into_iter().chain([project.id]).collect::<Vec<_>>())
        .filter(|names| names.iter().any(|name| pattern::denies(about, name)))
        .collect();
    let is_other = |rule: &str| {
        let overlaps = pattern::denies(rule, about)
            || pattern::denies(about, rule)
            || names.iter().flatten().any(|name| pattern::denies(rule, name));
        let is_undone = pattern::denies(rule, &undone) && pattern::denies(&undone, rule);
        overlaps && !is_undone
    };
    let rules = client.rules().await?.into_iter();
    let denies = rules.filter(|rule| rule.sharing == Sharing::Private && is_other(&rule.pattern));
    let kept = projects.iter().filter(|project| project.sharing == Sharing::Private);
    let mut others: Vec<String> = denies
        .map(|rule| rule.pattern)
        .chain(kept.filter_map(|project| project.rule.clone()))
        .map(|pattern| plain::one_line(&pattern))
        .collect();
    others.sort_unstable();
    others.dedup();
    Ok(others)
}
