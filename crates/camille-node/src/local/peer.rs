//! Inviting, joining, and the peers there are.

use super::service::Local;
use super::{known, meant};
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::mesh::{address, discovery, join as joining};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use camille_proto::REQUEST_BYTES_MAX;
use camille_proto::invite::Invite;
use camille_proto::local::{
    DiscoverRequest, Discovered, InviteCreated, InviteRequest, JoinCommand, JoinResult, PeerView,
};
use camille_proto::name::{self, Told};
use camille_proto::problem::Problem;
use camille_registry::pattern;
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The longest an invite may hold: 30 days.
const EXPIRES_S_MAX: u64 = 30 * 86_400;
/// The most nodes one invite may bring.
const USES_MAX: u32 = 100;
/// A peer that answered this recently counts as active, in seconds.
const ACTIVE_S: i64 = 300;

pub(super) async fn invite(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<InviteCreated>, Refusal> {
    let asked: InviteRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    if asked.expires_s == 0 || asked.expires_s > EXPIRES_S_MAX {
        return Err(bad_request("expiresS", "must be between 1 second and 30 days"));
    }
    if asked.uses == 0 || asked.uses > USES_MAX {
        return Err(bad_request("uses", format!("must be 1 to {USES_MAX}")));
    }
    let now = local.home.now();
    let expires_s = i64::try_from(asked.expires_s).unwrap_or(i64::MAX);
    let expires = now
        .checked_add(SignedDuration::from_secs(expires_s))
        .map_err(|_| bad_request("expiresS", "is too far ahead"))?;
    let mut shared = known::shared(&local.home).await?;
    let grant = meant::grant(&local.home, asked.grant).await?;
    if let Some(patterns) = &grant.projects {
        shared
            .retain(|project| patterns.iter().any(|wanted| pattern::matches(wanted, &project.id)));
    }
    let uses = asked.uses;
    let key = local
        .home
        .blocking(move |s| s.registry.create_invite(&grant, expires, uses, now))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    local.life.open_now().await;
    let addresses = address::own(&local.mesh);
    let invite = Invite {
        peer_id: local.home.identity.peer_id(),
        key,
        name: local.home.settings.node.name.clone(),
        addresses: addresses.clone(),
    };
    Ok(Json(InviteCreated {
        line: invite.to_string(),
        expires,
        uses: asked.uses,
        shared,
        addresses,
        listening: !local.life.listening.borrow().is_empty(),
    }))
}

pub(super) async fn join(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<JoinResult>, Refusal> {
    let command: JoinCommand = extract::json(request, REQUEST_BYTES_MAX).await?;
    let invite: Invite = command.line.parse().map_err(|error| {
        Refusal::from(
            Problem::new(400, "Not an invite")
                .detail(format!("{error}"))
                .field("line")
                .hint("paste the whole line that starts with camille://join/"),
        )
    })?;
    if invite.peer_id == local.home.identity.peer_id() {
        return Err(Problem::new(400, "Own invite")
            .detail("this invite was made by this very node")
            .hint("give it to a teammate: camille join LINE on their machine")
            .into());
    }
    // The inviter asks back at our address, so be reachable first.
    let result = joining::begin(&local.mesh, &invite, command.name).await?;
    Ok(Json(result))
}

pub(super) async fn list(State(local): State<Local>) -> Result<Json<Vec<PeerView>>, Refusal> {
    let now = local.home.now();
    let (peers, keys, pending) = local
        .home
        .blocking(move |s| -> Result<_, camille_registry::RegistryError> {
            Ok((s.registry.peers()?, s.registry.keys(now)?, s.registry.pending_joins()?))
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let mut views: Vec<PeerView> = peers
        .into_iter()
        .map(|peer| {
            let theirs = keys.iter().find(|key| {
                key.bound_to == Some(peer.peer_id)
                    && key.revoked.is_none()
                    && key.expires.is_none_or(|end| end > now)
            });
            PeerView {
                status: if local.mesh.health.is_away(&peer.peer_id) {
                    "inactive"
                } else {
                    status_of(&peer, now)
                }
                .to_owned(),
                they_may_read: theirs.map(|key| key.grant.clone()),
                they_last_used: theirs.and_then(|key| key.last_used),
                they_end: theirs.and_then(|key| key.expires),
                name: peer.name,
                peer_id: peer.peer_id,
                addresses: peer.addresses,
                last_seen: peer.last_seen,
                round_trip_ms: peer.round_trip_ms,
                we_can_search: peer.has_key,
                added: peer.added,
                error: peer.last_error,
            }
        })
        .collect();
    for join in pending {
        if views.iter().any(|view| view.peer_id == join.peer_id && view.we_can_search) {
            continue;
        }
        views.retain(|view| view.peer_id != join.peer_id);
        views.push(PeerView {
            name: join.name,
            peer_id: join.peer_id,
            status: "pending".into(),
            addresses: join.addresses,
            last_seen: None,
            round_trip_ms: None,
            we_can_search: false,
            they_may_read: None,
            they_last_used: None,
            they_end: None,
            added: join.created,
            error: join.last_error,
        });
    }
    Ok(Json(views))
}

/// The longest that anyone looks around.
const DISCOVER_MAX: Duration = Duration::from_secs(60);

/// Looks around for a while, and says who is there.
pub(super) async fn discover(
    State(local): State<Local>,
    request: Request<Body>,
) -> Result<Json<Discovered>, Refusal> {
    let asked: DiscoverRequest = extract::json(request, REQUEST_BYTES_MAX).await?;
    if !local.home.settings.discovery.enabled {
        return Err(Problem::new(409, "Discovery is off")
            .detail("this node neither announces itself nor looks for others")
            .hint("camille config set discovery.enabled true, and start the node again")
            .into());
    }
    let span =
        asked.timeout_ms.map_or(local.home.settings.discovery.timeout, Duration::from_millis);
    let span = span.min(DISCOVER_MAX);
    // An open node looks all the time; any other has to begin now.
    if discovery::looks(&local.mesh) {
        tokio::time::sleep(span).await;
    } else {
        discovery::look(&local.mesh, span).await.map_err(|error| {
            Problem::new(503, "Cannot look around")
                .detail(format!("multicast DNS does not work here: {error}"))
                .hint("camille join with an invite works without it")
        })?;
    }
    let (mut peers, ignored) = local.mesh.nearby.all();
    let known = local
        .home
        .blocking(|s| s.registry.peers())
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let mut told = Told::default();
    known.iter().map(|peer| &peer.name).chain([&local.home.settings.node.name]).for_each(|name| {
        told.add(name);
    });
    for nearby in &mut peers {
        // Whoever announces chooses the name: it must not be that of another one.
        let name = name::clean(&nearby.name, "peer");
        let short = nearby.peer_id.short();
        nearby.name = if told.add(&name) { name } else { format!("{name} ({short})") };
        let peer = known.iter().find(|peer| peer.peer_id == nearby.peer_id);
        nearby.known_as = peer.map(|peer| peer.name.clone());
    }
    Ok(Json(Discovered { peers, ignored }))
}

fn status_of(peer: &camille_registry::Peer, now: Timestamp) -> &'static str {
    if peer.last_error.is_some() {
        return "error";
    }
    let recent = |seen: Timestamp| now.as_second() - seen.as_second() < ACTIVE_S;
    if peer.last_seen.is_some_and(recent) { "active" } else { "inactive" }
}

pub(super) async fn remove(
    State(local): State<Local>,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    let now = local.home.now();
    let wanted = name.clone();
    let removed = local
        .home
        .blocking(move |s| s.registry.remove_peer(&wanted, now))
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let Some(removed) = removed else {
        return Err(super::contact::unknown(&name));
    };
    local.mesh.health.forget(&removed.peer_id);
    local.mesh.answers.forget(&removed.peer_id);
    local.mesh.pool.forget(&removed.peer_id);
    Ok(StatusCode::NO_CONTENT)
}
