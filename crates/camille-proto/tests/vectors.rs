//! The test vectors of docs/protocol.md: computed here, compared with the page. Another implementation
//! must come to the same bytes; they never change within a major protocol version.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_proto::forward::signed_bytes;
use camille_proto::id::{ContentHash, DocumentId, PeerId, RequestId, SessionKey};
use camille_proto::invite::Invite;
use camille_proto::key::ApiKey;
use camille_proto::query::Query;
use camille_proto::vocabulary::{Agent, DocumentType};
use std::fmt::Write;

const PAGE: &str = include_str!("../../../docs/protocol.md");

/// The public key of RFC 6979, A.2.5, whose private key everyone knows.
const PUBLIC_KEY: &str = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                          7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
/// The DER of SubjectPublicKeyInfo up to the point, for P-256 (RFC 5480).
const SPKI_HEAD: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
/// Over the bytes of the full question, with that private key.
const SIGNATURE: &str =
    "0xRgoepE6bp2+RQ8MkFdMBW2YqopFBeoukNIE9PdbQF2qc50y2m7zC+3ET4ac7/bZWlKBWC8Lq/l595GfbGuFg==";

#[test]
fn identifiers() {
    on_the_page("the SPKI", &STANDARD.encode(spki()));
    on_the_page("its PeerId", &PeerId::of_spki(&spki()).to_string());
    on_the_page("the target", &target().to_string());
    on_the_page("a document id", &DocumentId::of_native_key("claude-code", "msg_1").to_string());
    on_the_page("a session key", &SessionKey::of_name("claude-code", "0198c0de").to_string());
    on_the_page("a content hash", &ContentHash::of("hello").to_string());
}

#[test]
fn keys_and_invites() {
    let key = ApiKey::from_entropy([1, 2, 3, 4, 5, 6], [7; 32]);
    on_the_page("a key", key.reveal());
    let invite = Invite {
        peer_id: PeerId::of_spki(&spki()),
        key,
        name: "ana".into(),
        addresses: vec!["192.0.2.7:7861".into()],
    };
    on_the_page("an invite", &invite.to_string());
}

#[test]
fn what_the_origin_signs() {
    let short = signed_bytes(request_id(), &target(), false, &Query::new("why"), 1_800_000_000);
    on_the_page("the bytes of the short question", &hex(&short));
    let full = signed_bytes(request_id(), &target(), true, &full_query(), 1_800_000_060);
    on_the_page("the bytes of the full question", &hex(&full));
}

#[test]
fn the_origins_signature() {
    on_the_page("the signature", SIGNATURE);
    let full = signed_bytes(request_id(), &target(), true, &full_query(), 1_800_000_060);
    let key = ring::signature::UnparsedPublicKey::new(
        &ring::signature::ECDSA_P256_SHA256_FIXED,
        unhex(PUBLIC_KEY),
    );
    let signature = STANDARD.decode(SIGNATURE).expect("base64");
    assert_eq!(signature.len(), 64);
    assert!(key.verify(&full, &signature).is_ok(), "the page's signature does not hold");
    assert!(key.verify(&full[1..], &signature).is_err());
}

fn spki() -> Vec<u8> {
    unhex(&format!("{SPKI_HEAD}{PUBLIC_KEY}"))
}

fn request_id() -> RequestId {
    RequestId("0198c0de-0000-7000-8000-00000000cafe".parse().expect("a UUID"))
}

fn target() -> PeerId {
    PeerId::of_spki(b"camille test vector")
}

fn full_query() -> Query {
    Query {
        q: "why did the \"upload worker\" hang, größer als 3?".into(),
        document_type: Some(DocumentType::Transcript.into()),
        limit: 20,
        project: Some("github.com/acme/api".into()),
        agent: Some(Agent::ClaudeCode.into()),
        author: Some("ana".into()),
        since: Some("2026-02-03T04:05:06.789Z".parse().expect("a time")),
        until: None,
    }
}

/// The page breaks long values into lines; what counts is their text.
fn on_the_page(what: &str, value: &str) {
    let joined = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert!(
        joined(PAGE).contains(&joined(value)),
        "docs/protocol.md does not show {what}: {value}"
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
