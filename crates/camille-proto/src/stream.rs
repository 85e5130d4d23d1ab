//! A search whose hits come as each peer answers: `GET /stream`, frame by frame.

use crate::answer::{Answer, Coverage, PeerReport};
use crate::hit::Hit;
use crate::id::RequestId;
use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The code a socket is closed with when its key has ended.
pub const CLOSE_UNAUTHORIZED: u16 = 4401;

/// What is known of an answer so far: the hits as they stand, not only those that are new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The question's id.
    pub request_id: RequestId,
    /// The hits of all that answered so far, best first.
    pub results: Vec<Hit>,
    /// Who answered, or did not, since the frame before; in the first frame also who is not asked.
    pub peers: Vec<PeerReport>,
    /// How much of the team the hits cover.
    pub coverage: Coverage,
    /// Milliseconds since the question came.
    pub took_ms: u64,
}

/// What the node says about one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Frame {
    /// First the own bank's hits, then one frame for each peer that answers. Those who answer while a frame
    /// is on its way share the next one.
    Progress(Progress),
    /// The whole answer, as `GET /search` gives it. Nothing follows.
    Done(Answer),
    /// The question was refused or failed. Nothing follows.
    Failed {
        /// Why.
        problem: Problem,
    },
}

/// One message of the node on a socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The question's `id`, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is said.
    #[serde(flatten)]
    pub frame: Frame,
}
