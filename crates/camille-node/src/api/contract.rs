//! What the OpenAPI description says of every route alike, so that no route has to: how keys travel, the headers of
//! limits and refusals, and the answers of the gate. And the shapes of parameters that no type of the wire has.

use camille_proto::answer::{Answer, GroupedAnswer};
use camille_proto::problem::PROBLEM_JSON;
use http::header;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{
    AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

/// `scope` of a search.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "stands for its schema")]
pub(super) enum Reach {
    Local,
    Mesh,
}

/// The answer of a search.
#[derive(ToSchema, serde::Serialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "stands for its schema")]
pub(super) enum Found {
    /// All hits by their rank.
    Merged(Answer),
    /// By source, for `merge=false`.
    Grouped(GroupedAnswer),
}

/// A date or a time (RFC 3339).
pub(super) struct Moment;

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let text = |format| {
            let format = SchemaFormat::KnownFormat(format);
            ObjectBuilder::new().schema_type(Type::String).format(Some(format))
        };
        let either =
            AnyOfBuilder::new().item(text(KnownFormat::Date)).item(text(KnownFormat::DateTime));
        RefOr::T(Schema::AnyOf(either.build()))
    }
}

impl ToSchema for Moment {}

/// What every answer of a limited route may say of the limit.
const LIMIT_HEADERS: [(&str, &str); 2] = [
    ("RateLimit-Policy", "how much the key or address may ask, such as \"search\";q=60;w=60"),
    ("RateLimit", "how much of that is left, such as \"search\";r=12;t=30"),
];

/// What may happen before a request reaches its route.
const EVERYWHERE: [(&str, &str); 3] = [
    ("429", "the key or address has asked too much"),
    ("404", "there is no such thing, or this key may not see it"),
    ("503", "the node cannot look at its own files now"),
];

/// Completes the description.
pub(super) fn complete(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(
        "key",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))),
    );
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.delete, &mut item.put];
        for operation in operations.into_iter().flatten() {
            complete_operation(operation);
        }
    }
}

/// A parameter is there or not; there is no way to send `null` in one.
fn without_null(schema: &mut RefOr<Schema>) {
    let is_null = |item: &RefOr<Schema>| matches!(item, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null));
    match schema {
        RefOr::T(Schema::Object(object)) => {
            if let SchemaType::Array(types) = &mut object.schema_type {
                types.retain(|one| *one != Type::Null);
                if let [only] = types.as_slice() {
                    object.schema_type = SchemaType::Type(only.clone());
                }
            }
        }
        RefOr::T(Schema::OneOf(either)) => {
            either.items.retain(|item| !is_null(item));
            if either.items.len() == 1 {
                *schema = either.items.swap_remove(0);
            }
        }
        _ => {}
    }
}

fn complete_operation(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(schema) = parameter.schema.as_mut()
        {
            without_null(schema);
        }
    }
    let responses = &mut operation.responses.responses;
    for (status, description) in EVERYWHERE {
        responses.entry(status.to_owned()).or_insert_with(|| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
            let response = ResponseBuilder::new()
                .description(description)
                .content(PROBLEM_JSON, content.build());
            RefOr::T(response.build())
        });
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else { continue };
        let mut add = |name: &str, description: &str| {
            let schema = ObjectBuilder::new().schema_type(Type::String);
            let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description));
            response.headers.insert(name.to_owned(), RefOr::T(header.build()));
        };
        for (name, description) in LIMIT_HEADERS {
            add(name, description);
        }
        match status.as_str() {
            "401" => add(header::WWW_AUTHENTICATE.as_str(), "how a key may be sent"),
            "429" => add(header::RETRY_AFTER.as_str(), "seconds to wait"),
            _ => {}
        }
    }
}
