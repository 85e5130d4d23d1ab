//! Reading requests: query strings member by member, JSON bodies with a size limit, so that every
//! error names the member that is wrong.

use super::reply::{Refusal, bad_request};
use crate::mesh::address::ADDRESSES_MAX;
use axum::body::Body;
use camille_proto::CHAIN_MAX;
use camille_proto::id::PeerId;
use camille_proto::node::{ADDRESSES_HEADER, NEIGHBOURS_HEADER, NEIGHBOURS_NONE};

use camille_proto::problem::Problem;
use camille_proto::query::{LIMIT_DEFAULT, Query};
use http::{HeaderMap, Request, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::str::FromStr;

/// How much is read beyond what is wanted.
const DRAINED_BYTES_MAX: usize = 256 * 1024;

/// More parameters than any route has.
const MEMBERS_MAX: usize = 32;

/// How far a question goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// This bank only.
    Local,
    /// The peers too.
    Mesh,
}

/// `GET /search`, read.
#[derive(Debug)]
pub(crate) struct SearchRequest {
    pub(crate) query: Query,
    pub(crate) scope: Scope,
    pub(crate) merge: bool,
}

/// The members of a query string, each at most once.
pub(crate) fn members(uri: &Uri) -> Result<Vec<(String, String)>, Refusal> {
    let axum::extract::Query(members) =
        axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| bad_request("query", "is not a valid query string"))?;
    if members.len() > MEMBERS_MAX {
        return Err(bad_request("query", format!("has more than {MEMBERS_MAX} parameters")));
    }
    for (at, (name, _)) in members.iter().enumerate() {
        if members[..at].iter().any(|(other, _)| other == name) {
            return Err(bad_request(name, "is given twice"));
        }
    }
    Ok(members)
}

/// Reads the members of `GET /search`. `scope_default` differs between the network and the owner.
pub(crate) fn search(uri: &Uri, scope_default: Scope) -> Result<SearchRequest, Refusal> {
    search_members(members(uri)?, scope_default)
}

/// The members of a question that came as a JSON object: the same names as in a query string.
pub(crate) fn object(text: &str) -> Result<Vec<(String, String)>, Refusal> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(|_| {
        Refusal::from(Problem::new(400, "Bad request").detail("the message is not a JSON object"))
    })?;
    let member = |(name, value): (String, Value)| match value {
        Value::String(value) => Ok((name, value)),
        Value::Number(value) => Ok((name, value.to_string())),
        Value::Bool(value) => Ok((name, value.to_string())),
        _ => Err(bad_request(&name, "must be a text or a number")),
    };
    object.into_iter().filter(|(_, value)| !value.is_null()).map(member).collect()
}

/// Reads a question's members, wherever they came from.
pub(crate) fn search_members(
    members: Vec<(String, String)>,
    scope_default: Scope,
) -> Result<SearchRequest, Refusal> {
    let mut request = SearchRequest { query: Query::new(""), scope: scope_default, merge: true };
    request.query.limit = LIMIT_DEFAULT;
    let mut asked = false;
    for (name, value) in members {
        let query = &mut request.query;
        match name.as_str() {
            "q" => {
                query.q = value;
                asked = true;
            }
            "type" if value == "all" => query.document_type = None,
            "type" => query.document_type = Some(word(&name, &value)?),
            "limit" => query.limit = number(&name, &value)?,
            "project" => query.project = Some(value),
            "agent" => query.agent = Some(word(&name, &value)?),
            "author" => query.author = Some(value),
            "since" => query.since = Some(moment(&name, &value)?),
            "until" => query.until = Some(moment(&name, &value)?),
            "scope" => {
                request.scope = match value.as_str() {
                    "local" => Scope::Local,
                    "mesh" => Scope::Mesh,
                    _ => return Err(bad_request(&name, "must be local or mesh")),
                }
            }
            "merge" => {
                request.merge =
                    value.parse().map_err(|_| bad_request(&name, "must be true or false"))?;
            }
            _ => return Err(unknown(&name, SEARCH_MEMBERS)),
        }
    }
    if !asked {
        return Err(bad_request("q", "is required"));
    }
    request.query.check().map_err(|e| bad_request(e.field, &e.reason))?;
    Ok(request)
}

/// Who passed a question on, as `X-Request-Chain` says: a JSON array of peer ids, at most 16.
pub(crate) fn chain(headers: &HeaderMap) -> Result<Vec<PeerId>, Refusal> {
    let Some(value) = headers.get("x-request-chain") else { return Ok(Vec::new()) };
    let chain: Vec<PeerId> = serde_json::from_slice(value.as_bytes())
        .map_err(|_| bad_request("X-Request-Chain", "is not a JSON array of peer ids"))?;
    if chain.len() > CHAIN_MAX {
        return Err(bad_request("X-Request-Chain", format!("has more than {CHAIN_MAX} entries")));
    }
    Ok(chain)
}

/// Where a peer says it can be reached now: a JSON array of `host:port`, at most 32.
pub(crate) fn addresses(headers: &HeaderMap) -> Result<Option<Vec<String>>, Refusal> {
    // An empty one says nothing.
    let value = headers.get(ADDRESSES_HEADER).filter(|value| !value.is_empty());
    let Some(value) = value else { return Ok(None) };
    let addresses: Vec<String> = serde_json::from_slice(value.as_bytes())
        .map_err(|_| bad_request(ADDRESSES_HEADER, "is not a JSON array of addresses"))?;
    if addresses.len() > ADDRESSES_MAX {
        return Err(bad_request(ADDRESSES_HEADER, format!("are more than {ADDRESSES_MAX}")));
    }
    Ok(Some(addresses))
}

/// The `neighbours` that a peer would tell this node: absent when it says nothing, `None` within when it tells
/// of nobody.
pub(crate) fn neighbours(headers: &HeaderMap) -> Result<Option<Option<String>>, Refusal> {
    let Some(value) = headers.get(NEIGHBOURS_HEADER) else { return Ok(None) };
    let is_word = |word: &&str| word.len() <= WORD_BYTES_MAX && !word.contains('\t');
    let word = value.to_str().ok().filter(is_word);
    let word = word.ok_or_else(|| {
        bad_request(NEIGHBOURS_HEADER, format!("is not a word of at most {WORD_BYTES_MAX} bytes"))
    })?;
    Ok(Some((word != NEIGHBOURS_NONE).then(|| word.to_owned())))
}

/// The longest word of another node's neighbours, in bytes.
const WORD_BYTES_MAX: usize = 64;

const SEARCH_MEMBERS: &str = "q, type, limit, project, agent, author, since, until, scope, merge";

/// Refuses every member.
pub(crate) fn no_members(uri: &Uri) -> Result<(), Refusal> {
    match members(uri)?.first() {
        Some((name, _)) => Err(unknown(name, "none")),
        None => Ok(()),
    }
}

pub(crate) fn unknown(name: &str, known: &str) -> Refusal {
    Problem::new(400, "Bad request")
        .detail(format!("'{name}' is not a parameter of this route"))
        .field(name)
        .hint(format!("it knows: {known}"))
        .into()
}

fn word<T: FromStr<Err: std::fmt::Display>>(name: &str, value: &str) -> Result<T, Refusal> {
    value.parse().map_err(|error: T::Err| bad_request(name, format!("is wrong: {error}")))
}

pub(crate) fn number<T: FromStr>(name: &str, value: &str) -> Result<T, Refusal> {
    value.parse().map_err(|_| bad_request(name, "must be a whole number"))
}

/// A moment: RFC 3339, or a date, which means its first instant in UTC.
pub(crate) fn moment(name: &str, value: &str) -> Result<Timestamp, Refusal> {
    if let Ok(moment) = value.parse() {
        return Ok(moment);
    }
    value
        .parse::<jiff::civil::Date>()
        .ok()
        .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| bad_request(name, "must be a date or an RFC 3339 time"))
}

/// Reads a JSON body of at most `bytes_max` bytes.
pub(crate) async fn json<T: DeserializeOwned>(
    request: Request<Body>,
    bytes_max: usize,
) -> Result<T, Refusal> {
    require_json(request.headers())?;
    // Some of what is too much is read all the same: who is cut off while sending sees no answer.
    let body = Limited::new(request.into_body(), bytes_max + DRAINED_BYTES_MAX);
    let bytes = body.collect().await.map_err(|error| read_problem(&*error, bytes_max))?.to_bytes();
    if bytes.len() > bytes_max {
        return Err(too_large(bytes_max));
    }
    // An array would do for serde: the members in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(400, "Bad request")
            .detail("the body is not a JSON object")
            .field("body")
            .into());
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        Problem::new(400, "Bad request")
            .detail(format!("the body is not what this route takes: {error}"))
            .field("body")
            .into()
    })
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(415, "Unsupported media type")
        .detail("the body must be JSON")
        .hint("send Content-Type: application/json")
        .into())
}

fn too_large(bytes_max: usize) -> Refusal {
    Problem::new(413, "Payload too large")
        .detail(format!("the body has more than {bytes_max} bytes"))
        .into()
}

/// Reads some of a body that nobody wants, so that its sender gets to read the answer.
pub(crate) async fn drain(body: Body) {
    // How it ends does not matter.
    let _ = Limited::new(body, DRAINED_BYTES_MAX).collect().await;
}

fn read_problem(error: &(dyn std::error::Error + 'static), bytes_max: usize) -> Refusal {
    let mut cause = Some(error);
    while let Some(e) = cause {
        if e.is::<LengthLimitError>() {
            return too_large(bytes_max);
        }
        cause = e.source();
    }
    Problem::new(408, "Request timeout").detail("the body did not arrive in time").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<SearchRequest, Refusal> {
        search(&format!("/api/v1/search?{query}").parse().expect("a URI"), Scope::Local)
    }

    #[test]
    fn every_member_is_read() {
        let all = "q=a+b&type=transcript&limit=7&project=p&agent=codex&author=ana\
                   &since=2026-02-03&until=2026-02-04T00:00:00Z&scope=mesh&merge=false";
        let request = read(all).expect("valid");
        assert_eq!(request.query.q, "a b");
        assert_eq!(request.query.limit, 7);
        assert_eq!(request.query.since.expect("given").to_string(), "2026-02-03T00:00:00Z");
        assert_eq!((request.scope, request.merge), (Scope::Mesh, false));
    }

    #[test]
    fn each_mistake_names_its_member() {
        for (query, field) in [
            ("limit=5", "q"),
            ("q=", "q"),
            ("q=a&limit=101", "limit"),
            ("q=a&limit=0", "limit"),
            ("q=a&limit=x", "limit"),
            ("q=a&type=an+image", "type"),
            ("q=a&agent=Claude+Code", "agent"),
            ("q=a&since=yesterday", "since"),
            ("q=a&colour=red", "colour"),
            ("q=a&q=b", "q"),
            ("q=a&scope=world", "scope"),
            ("q=a&merge=maybe", "merge"),
        ] {
            let refusal = read(query).expect_err(query);
            assert_eq!(
                (refusal.0.status, refusal.0.field.as_deref()),
                (400, Some(field)),
                "{query}"
            );
        }
        let long = format!("q={}", "a".repeat(1025));
        assert_eq!(read(&long).expect_err("too long").0.field.as_deref(), Some("q"));
    }
}
