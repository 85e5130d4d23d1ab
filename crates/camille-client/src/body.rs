//! Answers: what is accepted, how much of it, and how an error is read. Never more bytes than the cap
//! are held, whatever the other side claims.

use crate::error::{BoxError, ClientError};
use bytes::{Buf, Bytes, BytesMut};
use camille_proto::problem::{PROBLEM_JSON, Problem};
use http::{Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use serde::de::DeserializeOwned;

/// The body of a request: always known in full.
pub(crate) type RequestBody = Full<Bytes>;

/// The body of an answer, whatever transport it came over.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, ClientError>;

/// The largest problem document that is read.
const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// The longest line of a streamed answer.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One type for the bodies of all transports.
pub(crate) fn boxed<B>(body: B) -> AnswerBody
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(|source| ClientError::Broken { source: source.into() }).boxed_unsync()
}

/// Lets successes through; everything else becomes an error. Redirects are not followed, and an
/// encoded body is refused: none was offered, and a few bytes of it could grow without bound.
pub(crate) async fn check(
    response: Response<AnswerBody>,
) -> Result<Response<AnswerBody>, ClientError> {
    let status = response.status();
    if let Some(encoding) = response.headers().get(header::CONTENT_ENCODING)
        && encoding != "identity"
    {
        return Err(ClientError::Protocol { reason: "the answer is compressed".into() });
    }
    if status.is_success() {
        return Ok(response);
    }
    if status.is_redirection() {
        return Err(ClientError::Protocol {
            reason: format!("it redirects ({status}), which is never followed"),
        });
    }
    Err(problem(status, response).await)
}

/// The error that a problem document describes, or the bare status where there is none.
async fn problem(status: StatusCode, response: Response<AnswerBody>) -> ClientError {
    let (head, body) = response.into_parts();
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let described = if content_type.is_some_and(|t| t.starts_with(PROBLEM_JSON)) {
        let bytes = match collect(body, PROBLEM_BYTES_MAX).await {
            Ok(bytes) => bytes,
            Err(error) => return error,
        };
        serde_json::from_slice::<Problem>(&bytes).ok()
    } else {
        None
    };
    let mut problem = described.unwrap_or_else(|| {
        Problem::new(status.as_u16(), status.canonical_reason().unwrap_or("unknown error"))
    });
    // The status line counts, not what the body says about it.
    problem.status = status.as_u16();
    let retry_after = head.headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok());
    problem.retry_after = problem.retry_after.or(retry_after.and_then(|v| v.parse().ok()));
    ClientError::Problem(Box::new(problem))
}

/// The whole body, if it has at most `limit_bytes`.
pub(crate) async fn collect(
    mut body: AnswerBody,
    limit_bytes: usize,
) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if bytes.len() + data.len() > limit_bytes {
                return Err(ClientError::TooLarge { limit_bytes });
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// The JSON in `bytes`.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    // serde's message names members and types, and for a string that is none of the allowed ones its
    // text, which may be a hit's: only the place is kept.
    serde_json::from_slice(bytes).map_err(|error| ClientError::Protocol {
        reason: format!(
            "unexpected JSON ({:?} at line {} column {})",
            error.classify(),
            error.line(),
            error.column()
        ),
    })
}

/// Newline-delimited JSON, one value at a time.
pub(crate) struct Lines<B> {
    body: B,
    buffer: BytesMut,
    ended: bool,
}

impl<B> Lines<B>
where
    B: http_body::Body<Data = Bytes, Error = ClientError> + Unpin,
{
    pub(crate) fn new(body: B) -> Self {
        Self { body, buffer: BytesMut::new(), ended: false }
    }

    /// The next line that is not blank, or `None` at the end.
    pub(crate) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ClientError> {
        loop {
            let newline = self.buffer.iter().position(|byte| *byte == b'\n');
            let line = match newline {
                Some(at) => {
                    let line = self.buffer.split_to(at);
                    self.buffer.advance(1);
                    line
                }
                None if self.ended => self.buffer.split(),
                None => {
                    self.fill().await?;
                    continue;
                }
            };
            if !line.trim_ascii().is_empty() {
                return parse(&line).map(Some);
            }
            if self.ended && self.buffer.is_empty() {
                return Ok(None);
            }
        }
    }

    async fn fill(&mut self) -> Result<(), ClientError> {
        match self.body.frame().await {
            None => self.ended = true,
            Some(frame) => {
                if let Ok(data) = frame?.into_data() {
                    if self.buffer.len() + data.len() > LINE_BYTES_MAX {
                        return Err(ClientError::TooLarge { limit_bytes: LINE_BYTES_MAX });
                    }
                    self.buffer.extend_from_slice(&data);
                }
            }
        }
        Ok(())
    }
}
