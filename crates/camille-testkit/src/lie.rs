//! Lies a peer can tell: its answers to `/forward` are changed on their way out. Everything below is
//! what a modified build of camille could send.

use axum::Router;
use axum::body::Body;
use axum::middleware::Next;
use bytes::Bytes;
use camille_proto::ANSWER_BYTES_MAX;
use camille_proto::forward::ForwardAnswer;
use camille_proto::id::{PeerId, RequestId};
use futures_util::stream;
use http::{HeaderValue, Request, Response, StatusCode, header};
use std::convert::Infallible;
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
    /// It answers what is no answer.
    Nonsense(Nonsense),
}

/// What a peer may send that is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonsense {
    /// A gibibyte.
    Gibibyte,
    /// A byte a second, for ever.
    Drip,
    /// A page.
    Html,
    /// A way to somewhere else.
    Redirect,
    /// A score that is no number.
    NotANumber,
    /// A million hits.
    Million,
    /// Ten times as many hits as were asked for.
    TooMany,
    /// The answer to another question.
    OtherQuestion,
    /// What another node would say.
    OtherNode,
}

impl Nonsense {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Gibibyte,
        Self::Drip,
        Self::Html,
        Self::Redirect,
        Self::NotANumber,
        Self::Million,
        Self::TooMany,
        Self::OtherQuestion,
        Self::OtherNode,
    ];

    /// In place of a true answer.
    fn instead_of(self, mut answer: ForwardAnswer) -> Response<Body> {
        let json = |answer: &ForwardAnswer| serde_json::to_string(answer).unwrap_or_default();
        let (kind, body) = match self {
            Self::Gibibyte => {
                let piece = Bytes::from(vec![b' '; 1 << 20]);
                let pieces = std::iter::repeat_n(piece, 1 << 10).map(Ok::<_, Infallible>);
                ("application/json", Body::from_stream(stream::iter(pieces)))
            }
            Self::Drip => {
                let drops = stream::unfold((), |()| async {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
                });
                ("application/json", Body::from_stream(drops))
            }
            Self::Html => ("text/html", Body::from("<!doctype html><script>alert(1)</script>")),
            Self::Redirect => {
                let mut away = Response::new(Body::empty());
                *away.status_mut() = StatusCode::TEMPORARY_REDIRECT;
                let there = HeaderValue::from_static("https://127.0.0.1:1/");
                away.headers_mut().insert(header::LOCATION, there);
                return away;
            }
            Self::NotANumber => {
                for candidate in answer.banks.iter_mut().flat_map(|bank| &mut bank.hits) {
                    candidate.hit.score = 0.125;
                }
                ("application/json", Body::from(json(&answer).replace("0.125", "NaN")))
            }
            Self::Million | Self::TooMany => {
                let count = if self == Self::Million { 1_000_000 } else { 500 };
                let bank = &mut answer.banks[0];
                let hit = bank.hits.first().and_then(|hit| serde_json::to_string(hit).ok());
                let hit = hit.unwrap_or_default();
                bank.hits.clear();
                let text = json(&answer);
                let (head, tail) = text.split_once("\"hits\":[]").unwrap_or((&text, ""));
                let head = format!("{head}\"hits\":[{hit}");
                let tail = format!("]{tail}");
                let more = Bytes::from(format!(",{hit}"));
                let pieces = std::iter::once(Bytes::from(head))
                    .chain(std::iter::repeat_n(more, count - 1))
                    .chain(std::iter::once(Bytes::from(tail)));
                let pieces = stream::iter(pieces.map(Ok::<_, Infallible>));
                ("application/json", Body::from_stream(pieces))
            }
            Self::OtherQuestion => {
                answer.request_id = RequestId(uuid::Uuid::from_u128(1));
                ("application/json", Body::from(json(&answer)))
            }
            Self::OtherNode => {
                answer.banks[0].peer_id = PeerId::of_spki(b"somebody else");
                ("application/json", Body::from(json(&answer)))
            }
        };
        let mut response = Response::new(body);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }
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
        if let Self::Nonsense(nonsense) = self {
            return nonsense.instead_of(answer);
        }
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
                    Self::Late(_) | Self::Protocol | Self::Nonsense(_) => {}
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
