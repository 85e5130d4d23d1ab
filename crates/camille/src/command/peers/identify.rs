//! Whose a key is.

use super::prompts::Prompts;
use crate::failure::{Exit, Failure};
use crate::output::plain;
use camille_client::NodeClient;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, PinnedKey};

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
