//! Administration by the owner, `/local/v1`, and the public API with the owner's rights. A router of
//! its own that only the Unix socket and in-process callers reach; it is never mounted on the network.

mod audit;
pub(crate) mod bank;
mod contact;
mod introduction;
mod keeping;
mod key;
mod known;
pub(crate) mod meant;
mod peer;
mod project;
mod search;
mod secret;
pub(crate) mod service;
mod session;
mod status;
mod why;

use crate::access::Access;
use crate::api::service::Api;
use axum::routing::{delete, get, post, put};
use axum::{Extension, Router};
use service::Local;

/// The router of the Unix socket and of in-process callers.
pub(crate) fn router(local: &Local, api: &Api) -> Router {
    Router::new()
        .route("/local/v1/status", get(status::status))
        .route("/local/v1/shutdown", post(status::shutdown))
        .route("/local/v1/index", post(bank::index))
        .route("/local/v1/verify", post(keeping::verify))
        .route("/local/v1/forget", post(keeping::forget))
        .route("/local/v1/search", post(search::search))
        .route("/local/v1/search/stream", post(search::stream))
        .route("/local/v1/documents/{id}", get(search::document))
        .route("/local/v1/invites", post(peer::invite))
        .route("/local/v1/joins", post(peer::join))
        .route("/local/v1/peers", get(peer::list).post(contact::add))
        .route("/local/v1/peers/identify", post(contact::identify))
        .route("/local/v1/peers/test", post(contact::test))
        .route("/local/v1/peers/discover", post(peer::discover))
        .route("/local/v1/peers/{name}", delete(peer::remove).patch(contact::rename))
        .route("/local/v1/introducers/{name}", put(introduction::on).delete(introduction::off))
        .route("/local/v1/candidates", get(introduction::candidates))
        .route("/local/v1/candidates/accept", post(introduction::accept))
        .route("/local/v1/keys", get(key::list).post(key::create))
        .route("/local/v1/keys/{id}", delete(key::revoke))
        .route("/local/v1/keys/{id}/rotate", post(key::rotate))
        .route("/local/v1/projects", get(project::list))
        .route("/local/v1/projects/rules", get(project::every_rule).post(project::share))
        .route("/local/v1/projects/preview", post(project::preview))
        .route("/local/v1/projects/undo", post(project::undo))
        .route("/local/v1/projects/held", get(project::held).post(project::release))
        .route("/local/v1/projects/of", get(project::of_path))
        .route("/local/v1/sessions", get(session::list))
        .route("/local/v1/why", post(why::why))
        .route("/local/v1/secrets", get(secret::list))
        .route("/local/v1/audit", get(audit::list))
        .with_state(local.clone())
        .merge(crate::api::router(api))
        .layer(Extension(Access::Owner))
}
