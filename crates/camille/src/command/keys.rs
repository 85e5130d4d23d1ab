//! `camille keys`: keys to this bank for tools and for peers.

mod meant;

use super::Context;
use crate::consent;
use crate::failure::{Exit, Failure};
use crate::named;
use crate::output::{Terminal, json, moment, plain, table};
use crate::session::Session;
use camille_proto::grant::{Grant, Verb};
use camille_proto::key::KeyId;
use camille_proto::local::{KeyCreated, KeyRequest, KeyView};
use jiff::Timestamp;
pub(crate) use meant::{admits, is_open};

/// What a table of keys shows.
const COLUMNS: [&str; 6] = ["id", "for", "kind", "may", "last used", "state"];

/// List, create and revoke keys to your bank
///
/// Teammates need none: `camille invite` gives them theirs. A tool key is for curl or CI.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Create a key and print it, this once
    Create {
        /// What it is for
        name: String,
        /// A key for a peer: bound to the node that first uses it, printed with this node's id
        #[arg(long)]
        peer: bool,
        /// Only these of your shared projects: ids or patterns with * (may be repeated)
        #[arg(long, value_name = "PATTERN")]
        project: Vec<String>,
        /// Grant what --project names also if you have no such project yet
        #[arg(long, requires = "project")]
        later: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List keys (the default)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a tool key a successor, and let the old one open a while longer
    Rotate {
        /// The key's id or name, as `camille keys list` shows it
        id: String,
        /// How long the old key still opens, such as 24h or 7d
        #[arg(long, value_name = "TIME", default_value = "7d", value_parser = crate::moment::parse_span)]
        overlap: u64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a key, within a second; asks first where several have the name
    Revoke {
        /// The key's id, its beginning, or its name, as `camille keys list` shows it; or the key itself, or the
        /// invite's line
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let action = args.action.unwrap_or(Action::List { json: false });
    let session = match action {
        Action::Create { .. } | Action::Rotate { .. } => {
            consent::session(&config, &context.environment).await?
        }
        Action::List { .. } | Action::Revoke { .. } => Session::look(&config).await?,
    };
    let client = session.client();
    let terminal = &mut context.terminal;
    match action {
        Action::Create { name, peer, project, later, json } => {
            let created = async {
                let projects = named::granted(terminal, client, &project, later).await?;
                let grant = Grant { projects, ..Grant::teammate() };
                let is_alike = |key: &KeyView| {
                    is_open(key, Timestamp::now())
                        && key.name.trim().to_lowercase() == name.trim().to_lowercase()
                };
                let alike = client.keys().await?.into_iter().find(is_alike);
                let request = KeyRequest { name, grant, peer };
                Ok::<_, Failure>((client.create_key(&request).await?, alike))
            }
            .await;
            session.close().await;
            let (created, alike) = created?;
            if let Some(other) = alike.filter(|_| !json) {
                let (id, own) = (&other.id, &created.view.id);
                let told = format!("key {id} is called so as well; this one is {own}");
                terminal.hint("note", told)?;
            }
            let (may, ends) = (reads(&created.view.grant, "you"), ends(&created.view));
            if !json {
                terminal.text_note(&format!("Key {} may {may}{ends}.", created.view.id))?;
            }
            let note = "It is shown this once.".to_owned();
            show(terminal, &created, note, json)?;
        }
        Action::List { json } => {
            let keys = client.keys().await;
            session.close().await;
            let keys = keys?;
            if json {
                json::print(terminal, &keys)?;
            } else {
                print(terminal, &keys)?;
            }
        }
        Action::Rotate { id, overlap, json } => {
            let rotated = async {
                let keys = client.keys().await?;
                let id = meant::one(&keys, &id, Timestamp::now())?.id.clone();
                Ok::<_, Failure>((client.rotate_key(&id, overlap).await?, id))
            }
            .await;
            session.close().await;
            let (created, id) = rotated?;
            let note = format!(
                "Key {} takes the place of {}, which opens a while longer. It is shown this once.",
                created.view.id,
                plain::one_line(&id.0),
            );
            show(terminal, &created, note, json)?;
        }
        Action::Revoke { id, yes } => {
            let revoked = async {
                let keys = client.keys().await?;
                let meant = meant::keys(&keys, &id)?;
                if meant.len() > 1 && !yes && !meant::all(terminal, &meant)? {
                    return Ok(Vec::new());
                }
                let ids: Vec<KeyId> = meant.iter().map(|key| key.id.clone()).collect();
                for id in &ids {
                    // With one of a peer's those go that it was renewed from or by.
                    let left = client.keys().await?;
                    if left.iter().any(|key| key.id == *id && key.revoked.is_none()) {
                        client.revoke_key(id).await?;
                    }
                }
                Ok::<_, Failure>(ids)
            }
            .await;
            session.close().await;
            let revoked = revoked?;
            if revoked.is_empty() {
                terminal.line("nothing was changed")?;
                return Ok(Exit::NoHits);
            }
            for id in revoked {
                terminal.line(format!("key {id} opens nothing any more"))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Prints a key, this once.
fn show(
    terminal: &mut Terminal,
    created: &KeyCreated,
    note: String,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return json::print(terminal, created);
    }
    terminal.text_note(&note)?;
    terminal.line(&created.key)
}

/// What a grant allows, after "may": `search and read all that is shared, and ask others through them`.
/// `through`: whom others are asked through.
pub(crate) fn reads(grant: &Grant, through: &str) -> String {
    let (indirect, own): (Vec<Verb>, Vec<Verb>) =
        grant.verbs.iter().partition(|verb| **verb == Verb::Indirect);
    let own = Grant { verbs: own, ..grant.clone() };
    let beyond = if indirect.is_empty() { "" } else { ", and ask others through " };
    let through = if indirect.is_empty() { "" } else { through };
    format!("{} {}{beyond}{through}", verbs(&own, " and "), projects(grant, "all that is shared"))
}

/// The same for a column: `search, read: all shared`.
pub(crate) fn brief(grant: &Grant) -> String {
    format!("{}: {}", verbs(grant, ", "), projects(grant, "all shared"))
}

fn verbs(grant: &Grant, between: &str) -> String {
    let verbs: Vec<&str> = grant.verbs.iter().map(|verb| verb.as_str()).collect();
    if verbs.is_empty() { "do nothing".into() } else { verbs.join(between) }
}

fn projects(grant: &Grant, all: &str) -> String {
    match &grant.projects {
        None => all.into(),
        Some(projects) => plain::one_line(&projects.join(", ")),
    }
}

fn ends(key: &KeyView) -> String {
    key.expires.map(|when| format!(", until {}", moment::date(when))).unwrap_or_default()
}

fn print(terminal: &mut Terminal, keys: &[KeyView]) -> Result<(), Failure> {
    if keys.is_empty() {
        return terminal.line("no keys yet");
    }
    let now = Timestamp::now();
    let rows: Vec<[String; 6]> = keys.iter().map(|key| row(key, now)).collect();
    table::print(terminal, COLUMNS, &rows)?;
    let is_tool = |key: &&KeyView| key.kind == "tool" && key.revoked.is_none();
    for key in keys.iter().filter(is_tool) {
        if let Some(end) = key.expires.filter(|end| moment::is_soon(*end, now)) {
            let (name, when) = (plain::one_line(&key.name), moment::ahead(end, now));
            let id = &key.id;
            terminal.hint("soon", format!("{name} ends {when}; camille keys rotate {id}"))?;
        }
    }
    Ok(())
}

fn row(key: &KeyView, now: Timestamp) -> [String; 6] {
    let state = match (key.revoked, key.expires) {
        (Some(when), _) => format!("revoked {}", moment::ago(when, now)),
        (None, _) if key.uses_left == Some(0) => "used".into(),
        (None, Some(when)) if when <= now => format!("ended {}", moment::ago(when, now)),
        (None, Some(when)) => format!("ends {}", moment::ahead(when, now)),
        (None, None) => "valid".into(),
    };
    let kind = match &key.bound_to {
        Some(peer) => format!("{}, bound to {}", key.kind, peer.short()),
        None => key.kind.clone(),
    };
    let used = key.last_used.map_or_else(|| "never".into(), |when| moment::ago(when, now));
    [key.id.to_string(), key.name.clone(), kind, brief(&key.grant), used, state]
}
