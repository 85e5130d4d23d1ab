//! Whether a person is behind a command that lets more be read by others.
//!
//! Agents run commands, and texts from elsewhere can ask them to: what such a command widens must not depend on
//! who wrote those texts. So it needs somebody at a terminal, or `[sharing] scripts = true` in config.toml. A node
//! that only this machine can reach widens nothing for anybody else, and needs neither.
//!
//! It is no wall: whoever runs commands as the owner can write the owner's files. It is a step that a text which
//! asks for one command does not take.

use crate::config::value::{self, Value};
use crate::config::{Config, Environment};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use std::io::IsTerminal;
use std::net::SocketAddr;

/// Keys that decide whether scripts may widen what others read: they themselves need a person.
pub(crate) const GUARDED: &[&str] = &[SCRIPTS, BIND, HARMLESS];

/// The key that lets scripts do it. Only config.toml counts: a command line or an environment comes from whoever
/// wrote the command.
pub(crate) const SCRIPTS: &str = "sharing.scripts";
const BIND: &str = "node.bind";
/// Places for which nothing is kept back.
pub(crate) const HARMLESS: &str = "sharing.harmless";

/// Variables that coding agents set for the commands they run: then a terminal is no sign of a person.
const AGENTS: &[&str] =
    &["CLAUDECODE", "CODEX_SANDBOX", "CODEX_THREAD_ID", "CURSOR_AGENT", "GEMINI_CLI", "OPENCODE"];

/// A node, for a command that lets more be read by others than before.
///
/// # Errors
/// Nobody is behind it; or as [`Session::open`].
pub(crate) async fn session(
    config: &Config,
    environment: &Environment,
) -> Result<Session, Failure> {
    let session = Session::open(config).await?;
    if is_person(environment) || scripts_may(config) || is_alone(config, &session).await {
        return Ok(session);
    }
    session.close().await;
    Err(refusal("this command lets others read more"))
}

/// A change of a [`GUARDED`] key.
///
/// # Errors
/// Nobody is behind it.
pub(crate) fn guarded(
    config: &Config,
    environment: &Environment,
    key: &str,
) -> Result<(), Failure> {
    if !GUARDED.contains(&key) || is_person(environment) || scripts_may(config) {
        return Ok(());
    }
    Err(refusal(&format!("{key} decides who may let others read more")))
}

/// A command that lets more be read by others, and opens no node.
///
/// # Errors
/// Nobody is behind it.
pub(crate) fn person(config: &Config, environment: &Environment) -> Result<(), Failure> {
    if is_person(environment) || scripts_may(config) {
        return Ok(());
    }
    Err(refusal("what you had forgotten may come back"))
}

fn refusal(what: &str) -> Failure {
    Failure::new(Exit::NotSetUp, format!("{what}, and there is nobody at a terminal"))
        .because("an agent runs commands too, and a text from elsewhere can ask it to")
        .hint(
            "run it in a terminal; for scripts of your own write `scripts = true` below [sharing] in \
             config.toml (camille config path)",
        )
}

fn is_person(environment: &Environment) -> bool {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    terminal && !AGENTS.iter().any(|variable| environment.is_set(variable))
}

fn scripts_may(config: &Config) -> bool {
    config.in_file(SCRIPTS) == Some(&Value::Truth(true))
}

/// Whether nobody but this machine reaches the node: by config.toml, and by where it listens if it runs.
async fn is_alone(config: &Config, session: &Session) -> bool {
    let Some(Value::Texts(bind)) = config.in_file(BIND) else { return false };
    let port = config.settings().node.port;
    let loopback =
        |text: &String| value::socket(text, port).is_some_and(|at| at.ip().is_loopback());
    if bind.is_empty() || !bind.iter().all(loopback) || !config.settings().node.advertise.is_empty()
    {
        return false;
    }
    if !session.running() {
        return true;
    }
    // It may have been started with another address than the file says.
    let Ok(status) = session.client().node_status().await else { return false };
    let here = |text: &String| text.parse().is_ok_and(|at: SocketAddr| at.ip().is_loopback());
    status.listening.iter().all(here)
}
