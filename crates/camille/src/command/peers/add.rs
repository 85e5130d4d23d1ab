//! `camille peers add`: becomes a peer's peer by a key that they made. With an invite nobody needs this.

use super::identify::{identify, other_node, parse};
use super::prompts::Prompts;
use super::wizard;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Terminal, count, json, plain};
use crate::session::Session;
use camille_client::NodeClient;
use camille_proto::id::PeerId;
use camille_proto::local::{AddPeer, PeerAdded};
use std::io::Read;

/// No key is anywhere near this long.
const KEY_BYTES_MAX: u64 = 4 * 1024;

/// Add a peer by a key that they made for you
///
/// The other person runs `camille keys create YOU --peer` and hands you what it prints. Without --address you
/// are asked everything. Nothing is kept before the key has opened their bank. An invite is easier, and works
/// for both of you at once: `camille invite`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the other node is: host:port (may be repeated)
    #[arg(long, value_name = "HOST:PORT")]
    address: Vec<String>,

    /// What to call the peer here [default: what they call themselves]
    #[arg(long, value_name = "NAME", requires = "address")]
    name: Option<String>,

    /// The other node's whole fingerprint, for a key that does not end in @FINGERPRINT
    #[arg(long, value_name = "FINGERPRINT", requires = "address")]
    fingerprint: Option<PeerId>,

    /// Read the key from standard input
    #[arg(long, requires = "address")]
    key_stdin: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let mut prompts = if args.key_stdin { None } else { Prompts::open() };
    if prompts.is_none() && !args.key_stdin {
        return Err(Failure::usage("nobody can be asked: this is no terminal").hint(
            "camille peers add --address HOST:PORT --key-stdin, with the key on standard input",
        ));
    }
    let config = context.config()?;
    let session = Session::open(&config).await?;
    let running = session.running();
    let terminal = &mut context.terminal;
    let added = if args.address.is_empty() {
        wizard::add(prompts.as_mut(), session.client(), terminal).await
    } else {
        one(&args, prompts.as_mut(), session.client()).await.map(|added| vec![added])
    };
    session.close().await;
    let added = added?;
    if args.json {
        json::print(terminal, &added)?;
        return Ok(if added.is_empty() { Exit::NoAnswer } else { Exit::Done });
    }
    for peer in &added {
        print(terminal, peer)?;
    }
    if !running && !added.is_empty() {
        terminal.hint("try", "camille up (only while it runs can your peers search here)")?;
    }
    Ok(if added.is_empty() { Exit::NoAnswer } else { Exit::Done })
}

/// Adds the peer that the flags describe.
async fn one(
    args: &Args,
    prompts: Option<&mut Prompts>,
    client: &NodeClient,
) -> Result<PeerAdded, Failure> {
    let mut prompts = prompts;
    let text = match prompts.as_mut() {
        Some(prompts) => prompts.key(&format!("Key for {}", plain::one_line(&args.address[0])))?,
        None => read_key()?,
    };
    let (key, pin) = parse(&text)?;
    let peer_id = match (pin, args.fingerprint) {
        (Some(pin), Some(stated)) if pin != stated => {
            return Err(other_node(&stated, &pin));
        }
        (Some(pin), _) | (None, Some(pin)) => pin,
        (None, None) => identify(client, &args.address[0], prompts).await?,
    };
    let (addresses, name) = (args.address.clone(), args.name.clone());
    Ok(client.add_peer(&AddPeer { peer_id, addresses, key, name }).await?)
}

fn print(terminal: &mut Terminal, peer: &PeerAdded) -> Result<(), Failure> {
    let name = plain::one_line(&peer.name);
    let documents = count(peer.documents, "document");
    let what = if peer.known { "has a new key here" } else { "is a peer of yours now" };
    terminal.line(format!("{name} ({}) {what}: {documents} to search", peer.peer_id.short()))?;
    if !peer.mutual {
        terminal
            .hint("note", format!("{name} cannot search your bank; `camille invite` lets them"))?;
    }
    Ok(())
}

fn read_key() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().take(KEY_BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        Failure::usage("cannot read the key from standard input").because(error.to_string())
    })?;
    Ok(text)
}
