//! Adding peers by being asked: who is nearby, or where to look; and the key of each, which is not shown.

use super::add::{identify, other_node, parse};
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::output::{Terminal, plain};
use camille_client::NodeClient;
use camille_proto::id::PeerId;
use camille_proto::local::{AddPeer, NearbyPeer, PeerAdded};
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password, Select};
use std::io::IsTerminal;
use std::time::Duration;

/// How long it is looked who is nearby.
const LOOK: Duration = Duration::from_secs(10);
/// How often a key is asked for.
const TRIES: usize = 3;

/// Questions on a terminal; they stand on standard error.
pub(crate) struct Prompts {
    theme: ColorfulTheme,
}

impl Prompts {
    /// `None` where nobody can be asked.
    pub(super) fn open() -> Option<Self> {
        let both = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        both.then(|| Self { theme: ColorfulTheme::default() })
    }

    /// A key, masked. Empty: none.
    pub(super) fn key(&mut self, what: &str) -> Result<String, Failure> {
        let prompt = Password::with_theme(&self.theme).with_prompt(what).allow_empty_password(true);
        prompt.interact().map_err(not_answered)
    }

    /// Shows a whole fingerprint, and asks whether it is the other person's.
    pub(super) fn same_fingerprint(
        &mut self,
        where_: &str,
        found: &PeerId,
    ) -> Result<bool, Failure> {
        let prompt = format!(
            "The node at {where_} says it is\n  {found}\n  Does `camille status` on their machine show \
             the same fingerprint?"
        );
        let prompt = Confirm::with_theme(&self.theme).with_prompt(prompt).default(false);
        prompt.interact().map_err(not_answered)
    }

    fn nearby(&mut self) -> Result<bool, Failure> {
        let items = ["discover nearby peers", "enter peer details manually"];
        let prompt = Select::with_theme(&self.theme)
            .with_prompt("How do you want to add a peer?")
            .items(items)
            .default(0);
        Ok(prompt.interact().map_err(not_answered)? == 0)
    }

    fn choose(&mut self, found: &[NearbyPeer]) -> Result<Vec<usize>, Failure> {
        let labels: Vec<String> = found.iter().map(label).collect();
        let prompt = MultiSelect::with_theme(&self.theme)
            .with_prompt("Whom? (space ticks, enter goes on)")
            .items(labels);
        prompt.interact().map_err(not_answered)
    }

    fn address(&mut self) -> Result<String, Failure> {
        let prompt = Input::<String>::with_theme(&self.theme)
            .with_prompt("Address of their machine (host:port)");
        Ok(prompt.interact_text().map_err(not_answered)?.trim().to_owned())
    }
}

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

/// A line to choose by: name, host, port, the fingerprint's beginning, and whether it is known.
fn label(nearby: &NearbyPeer) -> String {
    let known =
        nearby.known_as.as_deref().map(|name| format!(" · known as {}", plain::one_line(name)));
    format!(
        "{} · {}:{} · {}{}",
        plain::one_line(&nearby.name),
        plain::one_line(&nearby.host),
        nearby.port,
        nearby.peer_id.short(),
        known.unwrap_or_default()
    )
}

fn not_answered(error: dialoguer::Error) -> Failure {
    Failure::usage("no answer was given").because(error.to_string())
}
