//! Adding peers by being asked: who is nearby, or where to look; and the key of each, which is not shown.

use super::identify::{identify, other_node, parse};
use super::prompts::Prompts;
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::output::{Terminal, plain};
use camille_client::NodeClient;
use camille_proto::id::PeerId;
use camille_proto::local::{AddPeer, NearbyPeer, PeerAdded};
use std::time::Duration;

/// How long it is looked who is nearby.
const LOOK: Duration = Duration::from_secs(10);
/// How often a key is asked for.
const TRIES: usize = 3;

/// One who may be added.
struct Candidate {
    name: String,
    addresses: Vec<String>,
    /// Who it is announced to be, if it is.
    announced: Option<PeerId>,
}

/// Asks for peers and their keys until it has them. Who could not be added has been told why.
pub(super) async fn add(
    prompts: Option<&mut Prompts>,
    client: &NodeClient,
    terminal: &mut Terminal,
) -> Result<Vec<PeerAdded>, Failure> {
    let Some(prompts) = prompts else {
        return Err(Failure::usage("which peer?").hint("camille peers add --address HOST:PORT"));
    };
    let candidates = if prompts.nearby()? {
        discovered(prompts, client, terminal).await?
    } else {
        let address = prompts.address()?;
        vec![Candidate { name: address.clone(), addresses: vec![address], announced: None }]
    };
    let mut added = Vec::new();
    for candidate in &candidates {
        added.extend(ask_for_key(prompts, client, terminal, candidate).await?);
    }
    Ok(added)
}

async fn discovered(
    prompts: &mut Prompts,
    client: &NodeClient,
    terminal: &mut Terminal,
) -> Result<Vec<Candidate>, Failure> {
    let spinner = Progress::waiting(terminal, "looking around");
    let found = client.discover(Some(LOOK)).await;
    drop(spinner);
    let found: Vec<NearbyPeer> = found?.peers;
    if found.is_empty() {
        terminal.note("nobody announces themselves on this network")?;
        terminal.hint("try", "again, and enter their address; or an invite: camille invite")?;
        return Ok(Vec::new());
    }
    let chosen = prompts.choose(&found)?;
    let candidate = |place: usize| {
        let nearby = &found[place];
        Candidate {
            name: plain::one_line(&nearby.name),
            addresses: nearby.addresses.clone(),
            announced: Some(nearby.peer_id),
        }
    };
    Ok(chosen.into_iter().map(candidate).collect())
}

/// Asks for one peer's key until it opens, or the person gives up.
async fn ask_for_key(
    prompts: &mut Prompts,
    client: &NodeClient,
    terminal: &mut Terminal,
    candidate: &Candidate,
) -> Result<Option<PeerAdded>, Failure> {
    let name = plain::one_line(&candidate.name);
    for _ in 0..TRIES {
        let text = prompts.key(&format!("Key for {name} (cml_…, empty: skip)"))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        match try_key(prompts, client, candidate, &text).await {
            Ok(added) => return Ok(Some(added)),
            Err(failure) => terminal.failure(&failure),
        }
    }
    terminal.note(format!("{name} was not added"))?;
    Ok(None)
}

async fn try_key(
    prompts: &mut Prompts,
    client: &NodeClient,
    candidate: &Candidate,
    text: &str,
) -> Result<PeerAdded, Failure> {
    let (key, pin) = parse(text)?;
    let address = candidate.addresses.first().map(String::as_str).unwrap_or_default();
    let peer_id = match (pin, candidate.announced) {
        (Some(pin), Some(announced)) if pin != announced => {
            return Err(other_node(&announced, &pin));
        }
        (Some(pin), _) => pin,
        (None, _) => identify(client, address, Some(prompts)).await?,
    };
    let addresses = candidate.addresses.clone();
    Ok(client.add_peer(&AddPeer { peer_id, addresses, key, name: None }).await?)
}
