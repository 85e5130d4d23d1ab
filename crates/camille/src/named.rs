//! What a word on the command line names: a session by the beginning of its id, as git takes commits; a project by
//! its id, the last part of it, a pattern or a path inside it.
//!
//! One notion for all commands. What names nothing, or several things, is said: a word never passes silently.

use crate::ask::{agreed, is_answered};
use crate::failure::{Exit, Failure};
use crate::nearest::nearest;
use crate::output::{Terminal, count, plain};
use camille_client::NodeClient;
use camille_proto::local::{ProjectView, SessionView};
use camille_registry::pattern;
use std::path::{Component, Path, PathBuf};

/// Candidates that are told when a word can mean several.
const SHOWN: usize = 5;

/// The session that is meant. More than one only where two agents gave one id.
///
/// # Errors
/// None is called so, or several are.
pub(crate) async fn session(client: &NodeClient, typed: &str) -> Result<Vec<SessionView>, Failure> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Failure::usage("no session is named").hint("camille projects list --held"));
    }
    one(typed, sessions(client, typed).await?)
}

/// All sessions whose ids begin so.
///
/// # Errors
/// The node does not answer.
pub(crate) async fn sessions(
    client: &NodeClient,
    typed: &str,
) -> Result<Vec<SessionView>, Failure> {
    match typed.trim() {
        "" => Ok(Vec::new()),
        begins => Ok(client.sessions(begins).await?),
    }
}

fn one(typed: &str, found: Vec<SessionView>) -> Result<Vec<SessionView>, Failure> {
    let name = plain::one_line(typed);
    let id = |session: &SessionView| session.name.session.clone();
    if found.iter().any(|session| session.name.session == typed) {
        return Ok(found.into_iter().filter(|session| session.name.session == typed).collect());
    }
    let Some(first) = found.first() else {
        return Err(Failure::new(Exit::Usage, format!("no session's id begins with '{name}'"))
            .hint("camille projects list --held; camille search --json shows other ids"));
    };
    let first = id(first);
    if found.iter().all(|session| session.name.session == first) {
        return Ok(found);
    }
    let mut candidates: Vec<String> = found.iter().take(SHOWN).map(told).collect();
    if let Some(more) = found.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        candidates.push(format!("and {}", count(more as u64, "more session")));
    }
    Err(Failure::usage(format!("the ids of several sessions begin with '{name}'"))
        .because(candidates.join("\n  "))
        .hint("write more letters of the one that is meant"))
}

fn told(session: &SessionView) -> String {
    let id = plain::one_line(&session.name.session);
    let title = session.title.as_deref().map(plain::one_line).unwrap_or_default();
    format!("{id}  {title}").trim_end().to_owned()
}

/// What the word for a project came to.
#[derive(Debug)]
pub(crate) struct Meant {
    /// The pattern to use in its place.
    pub(crate) pattern: String,
    /// The own projects that it names now.
    pub(crate) projects: Vec<ProjectView>,
}

/// The projects that a pattern or a path names. A path names the project that holds it.
///
/// # Errors
/// The path cannot be made a whole one, or the node does not answer.
pub(crate) async fn projects(client: &NodeClient, typed: &str) -> Result<Meant, Failure> {
    let pattern = path_or_pattern(typed)?;
    let all: Vec<ProjectView> = client.projects().await?.into_iter().filter(is_in_bank).collect();
    let matching = |wanted: &str| -> Vec<ProjectView> {
        let wanted = pattern::canonical(wanted);
        all.iter().filter(|project| pattern::matches(&wanted, &project.id)).cloned().collect()
    };
    let found = matching(&pattern);
    if !found.is_empty() {
        return Ok(Meant { pattern, projects: found });
    }
    // What means nothing is called like nothing; who would make a rule of it hears why from the node.
    let pattern = client.meant(&pattern).await.map_or(pattern, |meant| meant.project);
    let found = matching(&pattern);
    if found.is_empty() && pattern.starts_with('/') && pattern::is_exact(&pattern) {
        let pattern = client.project_of(&pattern).await?.project;
        let projects = matching(&pattern);
        return Ok(Meant { pattern, projects });
    }
    Ok(Meant { pattern, projects: found })
}

/// The own projects below what is no project itself: those of an account or a host, and those that lie in a directory.
///
/// # Errors
/// The node does not answer.
pub(crate) async fn inside(client: &NodeClient, pattern: &str) -> Result<Vec<String>, Failure> {
    let pattern = pattern.trim_end_matches('/').to_lowercase();
    let below = format!("{pattern}/");
    if pattern.is_empty() || !pattern::is_exact(&pattern) {
        return Ok(Vec::new());
    }
    let is_below = |project: &ProjectView| {
        let mut names = std::iter::once(&project.id).chain(&project.also);
        // An account may be named without its host.
        names.any(|name| {
            let name = name.to_lowercase();
            name.starts_with(&below)
                || (pattern::is_floating(&pattern) && name.contains(&format!("/{below}")))
        })
    };
    let all = client.projects().await?;
    Ok(all.into_iter().filter(|one| is_in_bank(one) && is_below(one)).map(|one| one.id).collect())
}

/// Whether the bank holds something of it, rather than that a rule waits for it.
fn is_in_bank(project: &ProjectView) -> bool {
    project.sessions > 0 || project.documents > 0
}

/// That no own project is called so, with the name that may have been meant.
///
/// # Errors
/// The node does not answer.
pub(crate) async fn no_project(client: &NodeClient, typed: &str) -> Result<String, Failure> {
    let none = format!("no project of yours is called '{}'", plain::one_line(typed));
    Ok(match near(client, typed).await? {
        Some(near) => format!("{none}; the nearest name is {}", plain::one_line(&near)),
        None => none,
    })
}

/// The own project that may have been meant.
///
/// # Errors
/// The node does not answer.
pub(crate) async fn near(client: &NodeClient, typed: &str) -> Result<Option<String>, Failure> {
    let all = client.projects().await?;
    let ids = all.iter().filter(|project| is_in_bank(project)).map(|project| project.id.as_str());
    Ok(nearest(typed, ids).map(str::to_owned))
}

/// The projects to which a key or an invite is limited; no names mean all. What names no project of the owner's
/// today is granted only if they say so: a name with a typo in it would grant nothing, or something else some day.
///
/// # Errors
/// A name means nothing, and nobody said that it is meant.
pub(crate) async fn granted(
    terminal: &mut Terminal,
    client: &NodeClient,
    typed: &[String],
    later: bool,
) -> Result<Option<Vec<String>>, Failure> {
    if typed.is_empty() {
        return Ok(None);
    }
    let mut patterns = Vec::with_capacity(typed.len());
    for typed in typed {
        let Meant { pattern, projects } = projects(client, typed).await?;
        if projects.is_empty() && !later && pattern.trim() != "*" {
            let none = no_project(client, typed).await?;
            if !is_answered() {
                return Err(Failure::usage(none)
                    .because("a name with a typo in it would open what comes later")
                    .hint("camille projects list shows the names; --later grants what comes"));
            }
            terminal.hint("note", none)?;
            let name = plain::one_line(&pattern);
            if !agreed(&format!("Grant '{name}' as soon as there is one?"))? {
                return Err(Failure::new(Exit::NoHits, "nothing was made"));
            }
        }
        patterns.push(pattern);
    }
    Ok(Some(patterns))
}

/// That nobody here is called so, with the name that may have been meant. `None`: somebody is.
///
/// # Errors
/// The node does not answer.
pub(crate) async fn nobody(
    client: &NodeClient,
    typed: &str,
    own: &[&str],
) -> Result<Option<String>, Failure> {
    let peers = client.peers().await?;
    let known: Vec<&str> =
        own.iter().copied().chain(peers.iter().map(|peer| peer.name.as_str())).collect();
    if known.iter().any(|name| name.to_lowercase() == typed.trim().to_lowercase()) {
        return Ok(None);
    }
    let none = format!("nobody whom you know is called '{}'", plain::one_line(typed));
    Ok(Some(match nearest(typed, known) {
        Some(near) => format!("{none}; the nearest name is {}", plain::one_line(near)),
        None => none,
    }))
}

/// The pattern that is meant. `.`, `./x`, `../x` and `~/x` are directories, as a shell would have it.
pub(crate) fn path_or_pattern(typed: &str) -> Result<String, Failure> {
    let first = typed.split('/').next().unwrap_or_default();
    let typed = typed.strip_prefix("$PWD").map_or(typed.to_owned(), |rest| format!(".{rest}"));
    let first = if first == "$PWD" { "." } else { first };
    let path = match first {
        "." | ".." => std::env::current_dir().ok().map(|here| here.join(&typed)),
        "~" => std::env::home_dir().map(|home| home.join(typed[1..].trim_start_matches('/'))),
        _ => return Ok(typed),
    };
    path.map(|path| without_dots(&path))
        .and_then(|path| path.into_os_string().into_string().ok())
        .ok_or_else(|| {
            Failure::usage(format!("cannot tell which directory '{typed}' is"))
                .hint("name it from the root on")
        })
}

/// The whole path of what stands here under a relative name, which a shell may have completed.
pub(crate) fn standing(typed: &str) -> Option<String> {
    let path = std::env::current_dir().ok()?.join(typed);
    let is_name = !typed.is_empty() && !typed.starts_with('/');
    (is_name && path.symlink_metadata().is_ok())
        .then(|| without_dots(&path).into_os_string().into_string().ok())
        .flatten()
}

/// The path without `.` and `..`.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::local::SessionName;
    use camille_proto::vocabulary::Agent;

    fn sessions(ids: &[&str]) -> Vec<SessionView> {
        let view = |id: &&str| SessionView {
            name: SessionName { agent: Agent::ClaudeCode, session: (*id).to_owned() },
            title: Some(format!("about {id}")),
            project: None,
            documents: 1,
            released: false,
        };
        ids.iter().map(view).collect()
    }

    #[test]
    fn a_session_is_named_by_what_only_it_begins_with() {
        let named = |typed: &str, ids: &[&str]| {
            let found = sessions(ids).into_iter().filter(|s| s.name.session.starts_with(typed));
            one(typed, found.collect())
        };
        let ids = ["1a2b", "1a2c", "1a2c-more", "77"];
        for typed in ["1a2b", "1a2c", "1a2c-", "7", "77"] {
            let found = named(typed, &ids).expect("one");
            assert_eq!(found.len(), 1, "{typed}");
        }
        let several = named("1a", &ids).expect_err("three");
        let told: Vec<_> = several.lines().into_iter().map(|(_, text)| text.to_owned()).collect();
        assert!(told[1].contains("1a2b  about 1a2b") && told[1].contains("1a2c-more"), "{told:?}");
        assert!(named("8", &ids).expect_err("none").lines()[0].1.contains("'8'"));
    }
}
