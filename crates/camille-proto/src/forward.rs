//! Node to node: the question as one node hands it to another, what comes back, and the bytes the
//! origin signs. See docs/protocol.md for test vectors.

use crate::hit::Hit;
use crate::id::{PeerId, RequestId};
use crate::query::Query;
use crate::statistics::{Features, Statistics};
use crate::whole::whole;
use crate::{CANDIDATES_DEFAULT, answer::Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The domain separator of the origin's signature.
const SIGNATURE_CONTEXT: &str = "camille-origin-v1";

/// The longest term, in characters: no text has longer words that an analyzer keeps.
pub const TERM_CHARS_MAX: usize = 256;

/// `POST /forward`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForwardRequest {
    /// The question as it was asked.
    pub original_query: Query,
    /// The question's terms, analysed once, at the origin; no term twice.
    #[schema(value_type = std::collections::HashSet<Term>, max_items = 128)]
    pub terms: Vec<String>,
    /// The analyzer that made them. A bank with another one analyses the question anew and says so.
    pub analyzer: String,
    /// How many candidates each bank hands over, 1 to 200.
    #[serde(default = "candidates_default", deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 200)]
    pub candidates: u32,
    /// Who passed the question on, the origin first, the sender last.
    #[schema(max_items = 16)]
    pub request_chain: Vec<PeerId>,
    /// How many nodes may still stand on the path, the receiver included.
    #[serde(deserialize_with = "whole")]
    #[schema(maximum = 4294967295i64)]
    pub ttl: u32,
    /// The question's id.
    pub request_id: RequestId,
    /// Milliseconds until the sender stops waiting.
    #[serde(deserialize_with = "whole")]
    #[schema(maximum = 9007199254740991i64)]
    pub budget_ms: u64,
    /// Who asks.
    pub origin: Origin,
    /// Whether the origin asks on someone else's behalf.
    #[serde(default)]
    pub delegated: bool,
    /// The receiver's own signature first, then the part of the origin's plan that is below it.
    pub route: Vec<RouteStep>,
}

/// A word as an analyzer leaves it.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 256)]
struct Term(#[expect(dead_code, reason = "stands for its schema")] String);

fn candidates_default() -> u32 {
    CANDIDATES_DEFAULT
}

/// Who asks, with the key that proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The origin.
    pub peer_id: PeerId,
    /// Its SubjectPublicKeyInfo in base64; its hash is `peer_id`.
    #[schema(pattern = "^[A-Za-z0-9+/]{121}[AQgw]==$")]
    pub spki: String,
}

/// The origin's word that it asks this node, and whom that node passes the question to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RouteStep {
    /// The node asked.
    pub peer_id: PeerId,
    /// ECDSA P-256 with SHA-256 (FIPS 186-5) over [`signed_bytes`], r and s at 32 bytes each, base64.
    #[schema(pattern = "^[A-Za-z0-9+/]{85}[AQgw]==$")]
    pub sig: String,
    /// When the signature ends, in seconds since 1970.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub not_after: i64,
    /// Whom it passes the question to.
    #[serde(default)]
    #[schema(no_recursion)]
    pub children: Vec<RouteStep>,
}

/// A hit with what the origin needs to score it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The hit.
    pub hit: Hit,
    /// How it relates to the terms.
    pub features: Features,
}

/// One bank's part of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BankAnswer {
    /// Whose bank.
    pub peer_id: PeerId,
    /// What it is called.
    pub name: String,
    /// How it went.
    pub status: Outcome,
    /// Relays between the node that answers and this bank: 0 for its own.
    #[serde(default)]
    pub hops: u32,
    /// Milliseconds it took.
    #[serde(default)]
    pub took_ms: u64,
    /// What the bank holds, as this question may see it.
    #[serde(default)]
    pub stats: Statistics,
    /// Its candidates, best first.
    #[serde(default)]
    pub hits: Vec<Candidate>,
    /// Why, when it did not go well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The answer to `POST /forward`: banks stay apart, their statistics are not summed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForwardAnswer {
    /// The question's id.
    pub request_id: RequestId,
    /// `ok`, `partial` or `duplicate`.
    pub status: Outcome,
    /// The analyzer the banks used for the terms.
    pub analyzer: String,
    /// The node's own bank first, then those it asked.
    pub banks: Vec<BankAnswer>,
    /// Why, when it did not go well, such as `TTL exceeded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The [`Info::sees`](crate::node::Info::sees) that held when the node's own bank was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sees: Option<String>,
}

/// The bytes the origin signs for one target.
///
/// Each part is preceded by its length as 32-bit big-endian: the context, the request id (16 bytes),
/// the target's id (32 bytes), `delegated` (one byte, 0 or 1), the question's members (`q`, `type`,
/// `limit` in decimal, `project`, `agent`, `author`, `since`, `until`, as UTF-8, times in milliseconds
/// since 1970 in decimal, absent ones empty with the length `0xFFFFFFFF`), and `notAfter` (8 bytes,
/// big-endian).
#[must_use]
pub fn signed_bytes(
    request_id: RequestId,
    target: &PeerId,
    delegated: bool,
    query: &Query,
    not_after: i64,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    let mut put = |part: Option<&[u8]>| {
        let length = part.map_or(u32::MAX, |p| u32::try_from(p.len()).unwrap_or(u32::MAX - 1));
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(part.unwrap_or_default());
    };
    let millis = |t: &jiff::Timestamp| t.as_millisecond().to_string();
    put(Some(SIGNATURE_CONTEXT.as_bytes()));
    put(Some(request_id.0.as_bytes()));
    put(Some(target.as_bytes()));
    put(Some(&[u8::from(delegated)]));
    put(Some(query.q.as_bytes()));
    put(query.document_type.as_ref().map(|t| t.as_str().as_bytes()));
    put(Some(query.limit.to_string().as_bytes()));
    put(query.project.as_ref().map(String::as_bytes));
    put(query.agent.as_ref().map(|a| a.as_str().as_bytes()));
    put(query.author.as_ref().map(String::as_bytes));
    put(query.since.as_ref().map(millis).as_ref().map(String::as_bytes));
    put(query.until.as_ref().map(millis).as_ref().map(String::as_bytes));
    put(Some(&not_after.to_be_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_signed() {
        let id = RequestId(uuid::Uuid::from_bytes([1; 16]));
        let peer = PeerId::from_bytes([2; 32]);
        let query = Query::new("why");
        let base = signed_bytes(id, &peer, false, &query, 100);
        let mut other = query.clone();
        other.project = Some(String::new());
        assert_ne!(base, signed_bytes(id, &peer, false, &other, 100), "absent is not empty");
        let mut other = query.clone();
        other.limit = 11;
        assert_ne!(base, signed_bytes(id, &peer, false, &other, 100));
        let mut other = query.clone();
        other.since = Some(jiff::Timestamp::UNIX_EPOCH);
        assert_ne!(base, signed_bytes(id, &peer, false, &other, 100));
        assert_ne!(base, signed_bytes(id, &peer, true, &query, 100));
        assert_ne!(base, signed_bytes(id, &peer, false, &query, 101));
        assert_ne!(base, signed_bytes(id, &PeerId::from_bytes([3; 32]), false, &query, 100));
    }
}
