//! Questions to the person at the terminal.

use crate::failure::Failure;
use crate::output::plain;
use camille_proto::id::PeerId;
use camille_proto::local::NearbyPeer;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password, Select};
use std::io::IsTerminal;

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

    pub(super) fn nearby(&mut self) -> Result<bool, Failure> {
        let items = ["discover nearby peers", "enter peer details manually"];
        let prompt = Select::with_theme(&self.theme)
            .with_prompt("How do you want to add a peer?")
            .items(items)
            .default(0);
        Ok(prompt.interact().map_err(not_answered)? == 0)
    }

    pub(super) fn choose(&mut self, found: &[NearbyPeer]) -> Result<Vec<usize>, Failure> {
        let labels: Vec<String> = found.iter().map(label).collect();
        let prompt = MultiSelect::with_theme(&self.theme)
            .with_prompt("Whom? (space ticks, enter goes on)")
            .items(labels);
        prompt.interact().map_err(not_answered)
    }

    pub(super) fn address(&mut self) -> Result<String, Failure> {
        let prompt = Input::<String>::with_theme(&self.theme)
            .with_prompt("Address of their machine (host:port)");
        Ok(prompt.interact_text().map_err(not_answered)?.trim().to_owned())
    }
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
