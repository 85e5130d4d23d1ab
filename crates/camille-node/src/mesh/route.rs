//! From a plan to requests: every node of it gets the origin's signature for itself.

use crate::mesh::service::Mesh;
use crate::search::Question;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_bank::analyzer;
use camille_federation::plan::Branch;
use camille_proto::forward::{ForwardRequest, Origin, RouteStep, signed_bytes};
use camille_proto::id::RequestId;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How long an origin's signature holds, in seconds.
const SIGNATURE_SECONDS: i64 = 60;

/// What all requests of one question have in common.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) question: Arc<Question>,
    pub(crate) request_id: RequestId,
    pub(crate) candidates: u32,
    /// Whether it is asked on somebody else's behalf.
    pub(crate) delegated: bool,
    pub(crate) ttl: u32,
    pub(crate) timeout: Duration,
}

/// The request for a branch of the plan.
///
/// # Errors
/// In words, when this node cannot sign.
pub(crate) fn request(
    mesh: &Mesh,
    asking: &Asking,
    branch: &Branch,
) -> Result<ForwardRequest, String> {
    let own = mesh.home.identity.peer_id();
    let not_after = Timestamp::now().as_second() + SIGNATURE_SECONDS;
    Ok(ForwardRequest {
        original_query: asking.question.query.clone(),
        terms: asking.question.terms.clone(),
        analyzer: analyzer::ANALYZER.to_owned(),
        candidates: asking.candidates,
        request_chain: vec![own],
        ttl: asking.ttl.saturating_sub(1),
        request_id: asking.request_id,
        budget_ms: u64::try_from(asking.timeout.as_millis()).unwrap_or(u64::MAX),
        origin: Origin { peer_id: own, spki: STANDARD.encode(mesh.home.identity.spki()) },
        delegated: asking.delegated,
        route: vec![step(mesh, asking, branch, not_after)?],
    })
}

fn step(
    mesh: &Mesh,
    asking: &Asking,
    branch: &Branch,
    not_after: i64,
) -> Result<RouteStep, String> {
    let bytes = signed_bytes(
        asking.request_id,
        &branch.peer_id,
        asking.delegated,
        &asking.question.query,
        not_after,
    );
    let signature = mesh
        .home
        .identity
        .sign(&bytes)
        .map_err(|error| format!("cannot sign the question: {error}"))?;
    let children = branch
        .children
        .iter()
        .map(|child| step(mesh, asking, child, not_after))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(RouteStep { peer_id: branch.peer_id, sig: STANDARD.encode(signature), not_after, children })
}
