//! The API of the network, `/api/v1`. Every route stands here once, with its OpenAPI entry; all pass
//! the gate. Nothing here writes to a bank, and administration is another router (`local`).

mod contract;
mod docs;
pub(crate) mod document;
pub(crate) mod extract;
mod forward;
pub(crate) mod gate;
mod introductions;
mod join;
mod peers;
mod renewal;
pub(crate) mod reply;
mod search;
mod status;
mod stream;
pub(crate) mod unread;

use crate::state::Shared;
use axum::Router;
use camille_proto::problem::Problem;
use http::{HeaderName, HeaderValue, Request};
use reply::Refusal;
pub(crate) use status::capabilities;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "camille",
        description = "Search a teammate's bank of agent transcripts and code, node to node.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "this node")),
    components(schemas(Problem))
)]
struct Description;

fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(status::status))
        .routes(routes!(status::info))
        .routes(routes!(search::search))
        .routes(routes!(stream::stream))
        .routes(routes!(forward::forward))
        .routes(routes!(peers::peers))
        .routes(routes!(document::document))
        .routes(routes!(join::join))
        .routes(routes!(renewal::renew))
        .routes(routes!(introductions::introduce, introductions::withdraw))
        .routes(routes!(docs::openapi))
        .routes(routes!(docs::page))
}

/// The router of the network. Also the owner's, who enters with `Access::Owner`.
pub(crate) fn router(state: &Shared) -> Router {
    let (router, _) = described().split_for_parts();
    router
        .fallback(async || reply::not_found())
        .method_not_allowed_fallback(async || {
            Refusal::from(
                Problem::new(405, "Method not allowed").detail("this route has another method"),
            )
        })
        .layer(axum::middleware::from_fn_with_state(state.clone(), gate::gate))
        .layer(axum::middleware::from_fn(security_headers))
        .with_state(state.clone())
}

/// The OpenAPI description of every route.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut api) = described().split_for_parts();
    api.info.version = env!("CARGO_PKG_VERSION").into();
    contract::complete(&mut api);
    api
}

async fn security_headers(
    request: Request<axum::body::Body>,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key("content-security-policy") {
        headers.insert(
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    response
}
