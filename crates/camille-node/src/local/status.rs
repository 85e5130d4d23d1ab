//! How the node is, and stopping it.

use super::known;
use super::service::Local;
use crate::access::Access;
use crate::api::extract;
use crate::api::reply::{Refusal, bad_request};
use crate::mesh::address;
use axum::Json;
use axum::extract::State;
use camille_proto::invariant;
use camille_proto::local::{BankStatus, CertificateStatus, NodeStatus};
use camille_proto::vocabulary::Sharing;
use http::{StatusCode, Uri};

pub(super) async fn status(
    State(local): State<Local>,
    uri: Uri,
) -> Result<Json<NodeStatus>, Refusal> {
    let mut glance = false;
    for (name, value) in extract::members(&uri)? {
        match (name.as_str(), value.as_str()) {
            ("glance", "true") => glance = true,
            ("glance", _) => return Err(bad_request("glance", "is not true")),
            _ => return Err(extract::unknown(&name, "glance")),
        }
    }
    let bank = local.home.visible_summary(&Access::Owner).await?;
    // Whoever looks every second reads nothing that grows with the bank, and takes no news from whoever asks.
    let projects: Vec<Sharing> = match glance {
        true => known::sharing(&local.home).await?,
        false => known::all(&local.home).await?.into_iter().map(|one| one.sharing).collect(),
    };
    let shared = projects.iter().filter(|sharing| **sharing != Sharing::Private).count();
    let now = local.home.now();
    let (open, peers, pending_joins, news) = local
        .home
        .blocking(move |s| -> Result<_, camille_registry::RegistryError> {
            Ok((
                s.registry.is_open(now)?,
                s.registry.peers()?.len(),
                s.registry.pending_joins()?,
                if glance { Vec::new() } else { s.registry.take_news()? },
            ))
        })
        .await
        .map_err(|error| crate::error::internal(&error))?;
    let listening = local.life.listening.borrow().iter().map(ToString::to_string).collect();
    Ok(Json(NodeStatus {
        name: local.home.settings.node.name.clone(),
        peer_id: local.home.identity.peer_id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        running: local.life.service,
        pid: local.life.service.then(std::process::id),
        uptime_s: local.life.started.elapsed().as_secs(),
        open,
        listening,
        advertised: if open { address::own(&local.mesh) } else { Vec::new() },
        certificate: CertificateStatus {
            authority: local.home.identity.authority(),
            ends: local.home.identity.ends(),
            problem: local.home.identity.problem(),
        },
        audit_problem: local.home.audit.problem(),
        bank: BankStatus {
            documents: bank.documents,
            sessions: bank.sessions,
            // The same list, so that there are never more shared ones than there are.
            projects: projects.len() as u64,
            files: bank.files,
            size_bytes: bank.size_bytes,
            last_update: bank.last_update,
            last_index: bank.last_index,
        },
        peers: u32::try_from(peers).unwrap_or(u32::MAX),
        shared_projects: u32::try_from(shared).unwrap_or(u32::MAX),
        pending_joins: pending_joins.into_iter().map(|join| join.name).collect(),
        news,
        indexing: local.home.intake.progress_line(),
        skipped: local.home.intake.skipped(),
        broken: invariant::broken().into_iter().map(|(one, n)| (one.to_string(), n)).collect(),
    }))
}

pub(super) async fn shutdown(State(local): State<Local>) -> StatusCode {
    local.life.stop.notify_one();
    StatusCode::ACCEPTED
}
