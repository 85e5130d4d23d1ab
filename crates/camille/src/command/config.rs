//! `camille config`: what camille is told, and who told it.

use super::Context;
use crate::config::key::Key;
use crate::config::value::Value;
use crate::config::{self, Config, Entry, Origin, edit, key};
use crate::consent;
use crate::failure::{Exit, Failure};
use crate::output::{json, table};
use serde_json::json;

/// Show and change the configuration
///
/// Defaults come first, then config.toml, then the environment (CAMILLE_NODE_PORT for node.port), then flags.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every key with its value and where that comes from (the default)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the value of a key
    Get {
        /// The key, such as mesh.ttl
        key: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a key to config.toml; lists are separated by commas
    Set {
        /// The key, such as mesh.ttl
        key: String,
        /// Its value
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Print where config.toml is
    Path,
}

/// Runs the command.
pub(crate) fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    match args.action.unwrap_or(Action::List { json: false }) {
        Action::List { json } => list(context, json)?,
        Action::Get { key, json } => get(context, &key, json)?,
        Action::Set { key, value } => set(context, &key, &value)?,
        Action::Path => {
            let home = config::home(&context.environment, &context.flags)?;
            context.terminal.line(config::file_path(&home).display().to_string())?;
        }
    }
    Ok(Exit::Done)
}

fn list(context: &mut Context, json: bool) -> Result<(), Failure> {
    let config = context.config()?;
    if json {
        let entries: Vec<_> = config.entries.iter().map(|entry| view(&config, entry)).collect();
        return json::print(&mut context.terminal, &entries);
    }
    let rows: Vec<[String; 3]> = config
        .entries
        .iter()
        .map(|entry| [entry.key.path(), config.in_force(entry), origin(&entry.origin)])
        .collect();
    table::print(&mut context.terminal, ["key", "value", "from"], &rows)
}

fn get(context: &mut Context, path: &str, json: bool) -> Result<(), Failure> {
    let key = known(path)?;
    let config = context.config()?;
    let entry = config.entries.iter().find(|entry| entry.key == key);
    let entry = entry.ok_or_else(|| config::unknown(path, "this command"))?;
    if json {
        return json::print(&mut context.terminal, &view(&config, entry));
    }
    let text = config.in_force(entry);
    context.terminal.line(text)
}

fn set(context: &mut Context, path: &str, typed: &str) -> Result<(), Failure> {
    let key = known(path)?;
    let value = Value::parse_new(key.kind, typed)
        .map_err(|must| config::invalid(path, &must, typed, "the command line"))?;
    consent::setting(&context.config()?, &context.environment, key, &value)?;
    let home = config::home(&context.environment, &context.flags)?;
    let file = config::file_path(&home);
    edit::store(&file, key, &value)?;
    context.terminal.text_note(&format!("{path} = {value} in {}", file.display()))?;
    let config = context.config()?;
    let entry = config.entries.iter().find(|entry| entry.key == key);
    if let Some(Origin::Variable(variable)) = entry.map(|entry| &entry.origin) {
        context.terminal.hint("but", format!("{variable} in the environment overrules it"))?;
    }
    Ok(())
}

fn known(path: &str) -> Result<&'static Key, Failure> {
    key::key(path).ok_or_else(|| config::unknown(path, "this command"))
}

fn view(config: &Config, entry: &Entry) -> serde_json::Value {
    json!({
        "key": entry.key.path(),
        "value": entry.value.as_ref().map(Value::to_json),
        "inForce": config.in_force(entry),
        "from": origin(&entry.origin),
    })
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".into(),
        Origin::File => "config.toml".into(),
        Origin::Variable(variable) => variable.clone(),
        Origin::Flag => "command line".into(),
    }
}
