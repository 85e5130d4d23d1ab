//! Whether a person is behind a command that lets more be read by others.
//!
//! Agents run commands, and texts from elsewhere can ask them to: what such a command widens must not depend on
//! who wrote those texts. So it needs somebody at a terminal, or `[sharing] scripts = true` in config.toml. A node
//! that only this machine can reach widens nothing for anybody else, and needs neither.
//!
//! It is no wall: whoever runs commands as the owner can write the owner's files. It is a step that a text which
//! asks for one command does not take.

use crate::config::key::Key;
use crate::config::value::{self, Value};
use crate::config::{Config, Environment};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use std::io::IsTerminal;
use std::net::SocketAddr;

/// The key that lets scripts do it. Only config.toml counts: a command line or an environment comes from whoever
/// wrote the command.
pub(crate) const SCRIPTS: &str = "sharing.scripts";
const BIND: &str = "node.bind";

/// Variables that coding agents set for the commands they run: then a terminal is no sign of a person. Those that an
/// editor sets in every terminal of its own, a person's too, are not among them (`CURSOR_TRACE_ID`, `REPL_ID`).
const AGENTS: &[&str] = &[
    // Any agent: https://github.com/vercel/vercel/tree/main/packages/detect-agent and agentsmd/agents.md issue 136.
    "AI_AGENT",
    "AGENT",
    "AMP_CURRENT_THREAD_ID",
    "ANTIGRAVITY_AGENT",
    "ANTIGRAVITY_CLI_ALIAS",
    "AUGMENT_AGENT",
    "CLAUDECODE",
    "CLAUDE_CODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_IS_COWORK",
    "CLINE_ACTIVE",
    "CODEX_CI",
    "CODEX_SANDBOX",
    "CODEX_SANDBOX_NETWORK_DISABLED",
    "CODEX_THREAD_ID",
    "COPILOT_CLI",
    "CRUSH",
    "CURSOR_AGENT",
    "DROID_CLI",
    "GEMINI_CLI",
    "GOOSE_TERMINAL",
    "HERMES_SESSION_ID",
    "KILO_CODE",
    "KIMI_CLI",
    "OPENCLAW_SHELL",
    "OPENCODE",
    "OPENCODE_CLIENT",
    "PI_CODING_AGENT",
    "QWEN_CODE",
    "ROO_ACTIVE",
    "TRAE_AI_SHELL_ID",
];

/// A node, for a command that lets more be read by others than before.
///
/// # Errors
/// Nobody is behind it; or as [`Session::open`].
pub(crate) async fn session(
    config: &Config,
    environment: &Environment,
) -> Result<Session, Failure> {
    let session = Session::open(config).await?;
    let Some(nobody) = nobody(environment) else { return Ok(session) };
    if scripts_may(config) || is_alone(config, &session).await {
        return Ok(session);
    }
    session.close().await;
    Err(refusal("this command lets others read more", &nobody))
}

/// A change of a key: what it [widens](crate::config::key::Widens) needs a person.
///
/// # Errors
/// Nobody is behind it.
pub(crate) fn setting(
    config: &Config,
    environment: &Environment,
    key: &Key,
    value: &Value,
) -> Result<(), Failure> {
    let path = key.path();
    if !key.widens.by(value, config.in_file_or_default(&path)) {
        return Ok(());
    }
    let what = format!("{path} = {value} can let others read or hear more");
    person_for(config, environment, &what)
}

/// A command that lets more be read by others, and opens no node.
///
/// # Errors
/// Nobody is behind it.
pub(crate) fn person(config: &Config, environment: &Environment) -> Result<(), Failure> {
    person_for(config, environment, "what you had forgotten may come back")
}

fn person_for(config: &Config, environment: &Environment, what: &str) -> Result<(), Failure> {
    match nobody(environment) {
        Some(nobody) if !scripts_may(config) => Err(refusal(what, &nobody)),
        _ => Ok(()),
    }
}

fn refusal(what: &str, nobody: &str) -> Failure {
    Failure::new(Exit::NotSetUp, format!("{what}, and {nobody}"))
        .because("an agent runs commands too, and a text from elsewhere can ask it to")
        .hint(
            "run it in a terminal of your own; for scripts of your own write `scripts = true` below [sharing] in \
             config.toml (camille config path)",
        )
}

/// Why it seems that no person typed this. `None`: one did.
fn nobody(environment: &Environment) -> Option<String> {
    if let Some(agent) = AGENTS.iter().find(|variable| environment.is_set(variable)) {
        return Some(format!("{agent} says that an agent runs it"));
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    (!terminal).then(|| "there is nobody at a terminal".to_owned())
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
