//! `camille peers add`: becomes a peer's peer by a key that they made. With an invite nobody needs this.

use super::wizard::{self, Prompts};
use crate::command::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Terminal, count, json, plain};
use crate::session::Session;
use camille_client::NodeClient;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, PinnedKey};
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

/// Whose a key is that does not say so: whoever answers there, once an authority of theirs vouches for it or the
/// person has compared the fingerprint.
pub(super) async fn identify(
    client: &NodeClient,
    address: &str,
    prompts: Option<&mut Prompts>,
) -> Result<PeerId, Failure> {
    let found = client.identify(address).await?;
    let shown = plain::one_line(address);
    if let Some(was) = found.was {
        let name = plain::one_line(&was.name);
        return Err(Failure::new(Exit::NoAnswer, format!("{name} is not at {shown} any more"))
            .because(format!("there answers {}, {name} is {}", found.peer_id, was.peer_id))
            .hint(format!(
                "if {name} has set camille up anew: camille peers remove {name}, then add them; \
                 if this is somebody else: --fingerprint with theirs"
            )));
    }
    // Somebody whose word the owner takes has compared already.
    if found.vouched {
        return Ok(found.peer_id);
    }
    match prompts {
        Some(prompts) => {
            if prompts.same_fingerprint(&shown, &found.peer_id)? {
                return Ok(found.peer_id);
            }
            Err(Failure::usage("nobody was added").because("the fingerprint is not theirs"))
        }
        None => Err(Failure::usage("the key does not say whose it is")
            .because(format!("the node at {shown} says it is {}", found.peer_id))
            .hint(
                "compare that with `camille status` on their machine, then give it as --fingerprint",
            )),
    }
}

/// A key, and the node it names if it does.
pub(super) fn parse(text: &str) -> Result<(ApiKey, Option<PeerId>), Failure> {
    let text = text.trim();
    if let Ok(pinned) = text.parse::<PinnedKey>() {
        return Ok((pinned.key, Some(pinned.peer_id)));
    }
    text.parse::<ApiKey>().map(|key| (key, None)).map_err(|_| {
        Failure::usage("this is not a key that can be used")
            .because("it is cut, mistyped, or something else")
            .hint("copy all of what `camille keys create NAME --peer` printed: cml_…@…")
    })
}

/// The key was made by another node than the one meant.
pub(super) fn other_node(meant: &PeerId, made: &PeerId) -> Failure {
    Failure::usage("this key is for another node")
        .because(format!("you mean {meant}, the key is for {made}"))
        .hint("ask for a key of the node you mean, or check whom you mean")
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
