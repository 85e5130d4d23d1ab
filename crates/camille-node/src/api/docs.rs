//! `GET /openapi.json` and `GET /docs`: the contract, for machines and for people. The page works
//! offline and runs no script.

use super::reply::Refusal;
use super::rule::{KeyNeed, Rule};
use crate::limit::LimitClass;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use std::fmt::Write;
use std::sync::LazyLock;

/// They say nothing of this node.
pub(super) const RULE: Rule = Rule::new(LimitClass::Status, KeyNeed::None);

/// Both are made once: strangers may ask for them as often as they like.
static MADE: LazyLock<Result<Made, serde_json::Error>> = LazyLock::new(|| {
    let api = super::openapi();
    let page = render(&serde_json::to_value(&api)?).into();
    Ok(Made { json: serde_json::to_vec(&api)?.into(), page })
});

struct Made {
    json: Bytes,
    page: Bytes,
}

/// The OpenAPI description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "node", responses((status = 200, body = Object)))]
pub(crate) async fn openapi() -> Result<Response, Refusal> {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, made()?.json.clone()).into_response())
}

/// The description as a page.
#[utoipa::path(get, path = "/api/v1/docs", tag = "node",
    responses((status = 200, body = String, content_type = "text/html")))]
pub(crate) async fn page() -> Result<Response, Refusal> {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ];
    Ok((headers, made()?.page.clone()).into_response())
}

fn made() -> Result<&'static Made, Refusal> {
    MADE.as_ref().map_err(|error| Refusal::from(crate::error::internal(error)))
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:54rem;margin:2rem auto;\
padding:0 1rem;color:#1a1a1a;background:#fff}code,pre{font:14px/1.5 ui-monospace,monospace}\
h2{margin-top:2.5rem;border-top:1px solid #ddd;padding-top:1rem}b.m{display:inline-block;\
min-width:3.5rem;color:#0a5}table{border-collapse:collapse;width:100%}td,th{text-align:left;\
padding:.25rem .75rem .25rem 0;vertical-align:top;border-bottom:1px solid #eee}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}h2,td,th{border-color:#333}}";

fn render(api: &serde_json::Value) -> String {
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport \
         content=\"width=device-width\"><title>camille API</title><style>{STYLE}</style>\
         <h1>camille API {}</h1><p>{} The machine-readable form is \
         <a href=openapi.json>openapi.json</a>. Keys travel in <code>X-API-Key</code> or \
         <code>Authorization: Bearer</code>, never in a URL.</p>",
        text(&api["info"]["version"]),
        text(&api["info"]["description"]),
    );
    for (path, item) in api["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let _ = write!(
                page,
                "<h2><b class=m>{}</b> <code>{}</code></h2><p>{}</p>",
                escape(&method.to_uppercase()),
                escape(path),
                text(&operation["summary"]),
            );
            rows(&mut page, "Parameters", &operation["parameters"], |p| {
                let need = if p["required"] == true { "required" } else { "" };
                [text(&p["name"]), need.to_owned(), text(&p["description"])]
            });
            if let Some(body) = operation["requestBody"]["content"].as_object() {
                let _ = write!(page, "<p>Body: {}</p>", schemas(body));
            }
            page.push_str("<table><tr><th>Status<th>Body");
            for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                let body = response["content"].as_object().map(schemas).unwrap_or_default();
                let _ = write!(page, "<tr><td>{}<td>{body}", escape(status));
            }
            page.push_str("</table>");
        }
    }
    page.push_str("<h1>Shapes</h1>");
    for (name, schema) in api["components"]["schemas"].as_object().into_iter().flatten() {
        let _ = write!(
            page,
            "<h2 id=\"{0}\">{0}</h2><p>{1}</p>",
            escape(name),
            text(&schema["description"])
        );
        page.push_str("<table>");
        for (member, shape) in schema["properties"].as_object().into_iter().flatten() {
            let _ = write!(
                page,
                "<tr><td><code>{}</code><td>{}<td>{}",
                escape(member),
                shape_name(shape),
                text(&shape["description"])
            );
        }
        page.push_str("</table>");
    }
    page
}

fn rows(
    page: &mut String,
    title: &str,
    list: &serde_json::Value,
    cells: impl Fn(&serde_json::Value) -> [String; 3],
) {
    let Some(list) = list.as_array().filter(|list| !list.is_empty()) else { return };
    let _ = write!(page, "<table><tr><th>{title}<th><th>");
    for entry in list {
        let [a, b, c] = cells(entry);
        let _ = write!(page, "<tr><td><code>{a}</code><td>{b}<td>{c}");
    }
    page.push_str("</table>");
}

fn schemas(content: &serde_json::Map<String, serde_json::Value>) -> String {
    content
        .iter()
        .map(|(media, body)| {
            format!("{} <small>{}</small>", shape_name(&body["schema"]), escape(media))
        })
        .collect::<Vec<_>>()
        .join(", ")
}

fn shape_name(schema: &serde_json::Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    if schema["type"] == "array" {
        return format!("list of {}", shape_name(&schema["items"]));
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().map(shape_name).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        serde_json::Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        other => text(other),
    }
}

fn text(value: &serde_json::Value) -> String {
    escape(value.as_str().unwrap_or(""))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
