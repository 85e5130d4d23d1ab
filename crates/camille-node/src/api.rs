//! The API of the network, `/api/v1`. Every route stands here once, with its OpenAPI entry and its rule; all pass
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
pub(crate) mod rule;
mod search;
pub(crate) mod service;
mod status;
mod stream;
pub(crate) mod unread;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, any};
use camille_proto::problem::Problem;
use http::{HeaderName, HeaderValue, Request};
use reply::Refusal;
use rule::Rule;
use service::Api;
use utoipa::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};
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

/// Every route, behind the gate where there is something to serve.
fn described(api: Option<&Api>) -> OpenApiRouter<Api> {
    let at = |rule: Rule, routes: UtoipaMethodRouter<Api>| {
        routes.map(|methods| guarded(api, rule, methods.fallback(not_allowed)))
    };
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(at(status::STATUS, routes!(status::status)))
        .routes(at(status::INFO, routes!(status::info)))
        .routes(at(search::RULE, routes!(search::search)))
        .routes(at(stream::RULE, routes!(stream::stream)))
        .routes(at(forward::RULE, routes!(forward::forward)))
        .routes(at(peers::RULE, routes!(peers::peers)))
        .routes(at(document::RULE, routes!(document::document)))
        .routes(at(join::RULE, routes!(join::join)))
        .routes(at(renewal::RULE, routes!(renewal::renew)))
        .routes(at(introductions::RULE, routes!(introductions::introduce, introductions::withdraw)))
        .routes(at(docs::RULE, routes!(docs::openapi)))
        .routes(at(docs::RULE, routes!(docs::page)))
}

fn guarded<S>(api: Option<&Api>, rule: Rule, methods: MethodRouter<S>) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    match api {
        Some(api) => methods.layer(from_fn_with_state((api.clone(), rule), gate::gate)),
        None => methods,
    }
}

/// The router of the network. Also the owner's, who enters with `Access::Owner`.
pub(crate) fn router(api: &Api) -> Router {
    let (router, _) = described(Some(api)).split_for_parts();
    let nothing = any(async || reply::not_found());
    router
        .fallback_service(guarded(Some(api), Rule::READING, nothing))
        .layer(from_fn(security_headers))
        .with_state(api.clone())
}

async fn not_allowed() -> Refusal {
    Problem::new(405, "Method not allowed").detail("this route has another method").into()
}

/// The OpenAPI description of every route.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut api) = described(None).split_for_parts();
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
