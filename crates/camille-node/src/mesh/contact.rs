//! Becoming a peer's peer by a key that its owner made: who answers at an address, and whether the key opens
//! its bank. Nothing is kept before that is known.

use crate::mesh::service::Mesh;
use camille_client::{ClientError, NodeClient};
use camille_proto::id::PeerId;
use camille_proto::local::{AddPeer, PeerAdded};
use camille_proto::problem::Problem;
use camille_registry::NewPeer;
use std::time::Duration;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(10);

/// Whose certificate is shown at an address, and whether an authority that the owner trusts says that it is theirs.
/// It is dialled with a pin that nobody can meet, so that nothing is
/// sent: there is no way to connect without one.
///
/// # Errors
/// The address leads nowhere, or to something else than a node.
pub(crate) async fn identify(mesh: &Mesh, address: &str) -> Result<(PeerId, bool), ClientError> {
    let nobody = PeerId::of_spki(uuid::Uuid::new_v4().as_bytes());
    mesh.pool.set_addresses(nobody, vec![address.to_owned()]);
    let answer = NodeClient::peer(&mesh.pool, nobody, None).with_deadline(CALL).info().await;
    mesh.pool.forget(&nobody);
    match answer {
        Err(ClientError::PinMismatch { presented, vouched, .. }) => Ok((presented, vouched)),
        Err(other) => Err(other),
        Ok(_) => Err(ClientError::Protocol { reason: "it claims to be nobody".into() }),
    }
}

/// Tries a key at its node, and keeps both.
///
/// # Errors
/// A problem that says what to do; then nothing is kept.
pub(crate) async fn add(mesh: &Mesh, asked: AddPeer) -> Result<PeerAdded, Box<Problem>> {
    let peer_id = asked.peer_id;
    let before = mesh
        .home
        .blocking(move |s| s.registry.peer_by_name_or_id(&peer_id.to_string()))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    mesh.pool.set_addresses(peer_id, asked.addresses.clone());
    let client = NodeClient::peer(&mesh.pool, peer_id, Some(asked.key.clone()));
    let client = client.with_deadline(CALL);
    let tried = async { Ok::<_, ClientError>((client.status().await?, client.info().await?)) };
    let (status, info) = match tried.await {
        Ok(answers) => answers,
        Err(error) => {
            match &before {
                Some(peer) => mesh.locate(peer_id, &peer.addresses),
                None => mesh.pool.forget(&peer_id),
            }
            return Err(refused(&error));
        }
    };
    let known = before.as_ref().is_some_and(|peer| peer.has_key);
    let mutual = before.is_some_and(|peer| peer.their_key.is_some());
    let now = mesh.home.now();
    let name = mesh
        .home
        .blocking(move |s| {
            let own_name = info.name.unwrap_or_else(|| peer_id.short());
            let called = asked.name.as_deref().unwrap_or(&own_name);
            let new = NewPeer {
                peer_id,
                name: called,
                addresses: &asked.addresses,
                key: &asked.key,
                granted: None,
            };
            let name = s.registry.put_peer(&new, now)?;
            match &asked.name {
                // One that is known keeps its name, unless it is given another.
                Some(wanted) => {
                    s.registry.rename_peer(&peer_id.to_string(), wanted)?;
                    let peer = s.registry.peer_by_name_or_id(&peer_id.to_string())?;
                    Ok(peer.map_or(name, |peer| peer.name))
                }
                None => Ok(name),
            }
        })
        .await
        .map_err(|error: camille_registry::RegistryError| crate::error::internal(&error))?;
    mesh.health.expect(&peer_id);
    mesh.answers.forget(&peer_id);
    mesh.life.open_now().await;
    Ok(PeerAdded { name, peer_id, documents: status.documents.unwrap_or(0), known, mutual })
}

/// Why a peer was not added, and what to do.
fn refused(error: &ClientError) -> Box<Problem> {
    let (problem, hint) = match error {
        ClientError::Problem(problem) if problem.status == 401 => (
            Problem::new(403, "Key refused")
                .detail("the node is there and does not accept this key"),
            Some(
                "check that the whole key was copied, or ask for a new one: camille keys create NAME --peer",
            ),
        ),
        ClientError::Problem(problem) => (
            Problem::new(502, "Key not usable").detail(format!(
                "the node answered: {}",
                problem.detail.as_deref().unwrap_or(&problem.error)
            )),
            None,
        ),
        ClientError::PinMismatch { .. } => (
            Problem::new(409, "Another node answers there").detail(error.to_string()),
            Some(
                "ask your teammate for their fingerprint (camille status shows it) and the address of their machine",
            ),
        ),
        other => (Problem::new(502, "Peer not reached").detail(other.to_string()), None),
    };
    let mut problem = problem;
    problem.hint = hint.map(str::to_owned).or_else(|| error.hint());
    Box::new(problem)
}
