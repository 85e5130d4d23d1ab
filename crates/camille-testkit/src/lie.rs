//! Lies a peer can tell: its answers to `/forward` are changed on their way out. Everything below is
//! what a modified build of camille could send.

use axum::Router;
use axum::body::Body;
use axum::middleware::Next;
use camille_proto::ANSWER_BYTES_MAX;
use camille_proto::forward::ForwardAnswer;
use http::{Request, Response, header};
use std::time::Duration;

/// What a peer lies about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Every hit has the highest score.
    Scores,
    /// Every text is a single token long.
    Lengths,
    /// Every term occurs three times as often.
    Frequencies,
    /// Every hit has one and the same id.
    Ids,
    /// It speaks another protocol than it does.
    Protocol,
    /// None: but the answer comes so much later.
    Late(Duration),
}

impl Lie {
    /// The router whose answers to other nodes are lies.
    pub fn told_by(self, router: Router) -> Router {
        router.layer(axum::middleware::from_fn(
            move |request: Request<Body>, next: Next| async move {
                let forwarded = request.uri().path().ends_with("/forward");
                let introduced = request.uri().path().ends_with("/info");
                let response = next.run(request).await;
                if let (true, Self::Late(delay)) = (forwarded, self) {
                    tokio::time::sleep(delay).await;
                }
                if introduced && self == Self::Protocol {
                    return foreign(response).await;
                }
                if forwarded && response.status().is_success() {
                    self.change(response).await
                } else {
                    response
                }
            },
        ))
    }

    async fn change(self, response: Response<Body>) -> Response<Body> {
        let (mut head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 2 * ANSWER_BYTES_MAX).await.unwrap_or_default();
        let Ok(mut answer) = serde_json::from_slice::<ForwardAnswer>(&bytes) else {
            return Response::from_parts(head, Body::from(bytes));
        };
        self.tell(&mut answer);
        head.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(head, Body::from(serde_json::to_vec(&answer).unwrap_or_default()))
    }

    fn tell(self, answer: &mut ForwardAnswer) {
        for bank in &mut answer.banks {
            let chosen = bank.hits.first().map(|candidate| candidate.hit.id);
            for candidate in &mut bank.hits {
                let features = &mut candidate.features;
                match self {
                    Self::Scores => candidate.hit.score = 1e9,
                    Self::Lengths => {
                        // Short, but not shorter than the terms in it: that is refused as impossible.
                        features.length.body = features.tf.body.iter().sum::<u32>().max(1);
                    }
                    Self::Frequencies => {
                        for tf in &mut features.tf.body {
                            *tf = tf.saturating_mul(3);
                        }
                    }
                    Self::Late(_) | Self::Protocol => {}
                    Self::Ids => candidate.hit.id = chosen.unwrap_or(candidate.hit.id),
                }
            }
        }
    }
}

/// What a node of a later protocol says of itself.
async fn foreign(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await.unwrap_or_default();
    let mut info: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    info["protocol"] = "2.0".into();
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(info.to_string()))
}
