//! Adding a peer by a key of theirs, naming and testing peers.

use super::search::peer_problem;
use super::service::Local;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::mesh::address::ADDRESSES_MAX;
use crate::mesh::{contact, test};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::local::{
    AddPeer, Identified, IdentifyRequest, KnownPeer, PeerAdded, PeerTested, RenamePeer, TestPeers,
};
use camille_proto::problem::Problem;
use camille_registry::{Peer, RenameOutcome};
use futures_util::future::join_all;
use http::{Request, StatusCode};

pub(super) async fn identify(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<Identified>, Refusal> {
    let asked: IdentifyRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    let address = asked.address.trim();
    let (peer_id, vouched) = contact::identify(&local.mesh, address)
        .await
        .map_err(|error| peer_problem(address, &error))?;
    if peer_id == local.home.identity.peer_id() {
        return Err(own_node());
    }
    let peers = peers(&local).await?;
    let known = peers.iter().find(|peer| peer.peer_id == peer_id);
    let was = peers.iter().find(|peer| {
        peer.peer_id != peer_id && peer.addresses.first().is_some_and(|last| last == address)
    });
    Ok(Json(Identified {
        peer_id,
        vouched,
        known_as: known.map(|peer| peer.name.clone()),
        was: was.map(|peer| KnownPeer { name: peer.name.clone(), peer_id: peer.peer_id }),
    }))
}

pub(super) async fn add(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<PeerAdded>, Refusal> {
    let asked: AddPeer = extract::json(request, REQUEST_BYTES_MAX).await?;
    if asked.addresses.is_empty() || asked.addresses.len() > ADDRESSES_MAX {
        return Err(bad_request("addresses", format!("must be 1 to {ADDRESSES_MAX}")));
    }
    if asked.peer_id == local.home.identity.peer_id() {
        return Err(own_node());
    }
    Ok(Json(contact::add(&local.mesh, asked).await?))
}

pub(super) async fn rename(
    State(local): State<Local>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<StatusCode, Refusal> {
    let asked: RenamePeer = extract::json(request, REQUEST_BYTES_MAX).await?;
    if !camille_proto::name::is_fit(&asked.name) {
        return Err(super::key::unfit("name"));
    }
    let (called, wanted) = (name.clone(), asked.name.clone());
    let outcome = local
        .home
        .blocking(move |s| s.registry.rename_peer(&called, &wanted))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    match outcome {
        RenameOutcome::Renamed { .. } => Ok(StatusCode::NO_CONTENT),
        RenameOutcome::Unknown => Err(unknown(&name)),
        RenameOutcome::Taken => Err(Problem::new(409, "Name taken")
            .detail(format!("somebody else is called '{}' already", asked.name))
            .field("name")
            .hint("camille peers list shows all names")
            .into()),
        RenameOutcome::Unusable => Err(bad_request("name", "has nothing in it that can be shown")),
    }
}

pub(super) async fn test(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<Vec<PeerTested>>, Refusal> {
    let asked: TestPeers = extract::json(request, REQUEST_BYTES_MAX).await?;
    let mut peers = peers(&local).await?;
    if let Some(name) = &asked.name {
        peers.retain(|peer| peer.is_called(name));
        if peers.is_empty() {
            return Err(unknown(name));
        }
    }
    let tests = peers.iter().map(|peer| test::both_ways(&local.mesh, peer));
    Ok(Json(join_all(tests).await))
}

async fn peers(local: &Local) -> Result<Vec<Peer>, Refusal> {
    let peers = local.home.blocking(|s| s.registry.peers()).await;
    Ok(peers.map_err(|error| crate::error::internal(&error))?)
}

fn own_node() -> Refusal {
    Problem::new(400, "Own node")
        .detail("this very node answers there")
        .hint("run this on one machine with the address of the other")
        .into()
}

pub(super) fn unknown(name: &str) -> Refusal {
    Problem::new(404, "Unknown peer")
        .detail(format!("there is no peer called '{name}'"))
        .hint("camille peers list shows whom you know")
        .into()
}
