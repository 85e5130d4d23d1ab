//! What the owner does about introductions: choose who introduces, and accept whom they introduce.

use crate::id::PeerId;
use serde::{Deserialize, Serialize};

/// `PUT` and `DELETE /local/v1/introducers/{name}`: how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntroducerSet {
    /// What the introducer is called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// Why it was not told; absent when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One whom peers introduce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandidateView {
    /// What it would be called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// Who introduces it.
    pub introduced_by: Vec<String>,
    /// What the owner said to it.
    pub standing: Standing,
}

/// What the owner said to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Nothing yet.
    Offered,
    /// It may become a peer, as soon as its owner says the same.
    Accepted,
    /// It may not: the owner parted with it.
    Refused,
}

/// `POST /local/v1/candidates/accept`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptRequest {
    /// Whom, by name or id; absent: all there are, and all whom the present introducers will bring.
    #[serde(default)]
    pub name: Option<String>,
}

/// Who was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedAll {
    /// Those accepted, and how far they are.
    pub accepted: Vec<Accepted>,
    /// Those whose candidates are all accepted from now on, by name.
    pub standing: Vec<String>,
}

/// One who was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// What it is called here.
    pub name: String,
    /// Who it is.
    pub peer_id: PeerId,
    /// Whether it is a peer now.
    pub joined: bool,
    /// Why not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
