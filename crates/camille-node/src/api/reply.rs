//! How answers and problems become HTTP responses.

use axum::response::{IntoResponse, Response};
use camille_proto::problem::{PROBLEM_JSON, Problem};
use http::{HeaderValue, StatusCode, header};

/// A problem on its way out.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) Box<Problem>);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<Box<Problem>> for Refusal {
    fn from(problem: Box<Problem>) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"camille\""),
            );
        }
        // The gate writes the reason down; the text itself went into the body.
        response.extensions_mut().insert(Reason(self.0.error.clone()));
        response
    }
}

/// Why a request was refused, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct Reason(pub(crate) String);

/// What the caller may not see and what does not exist look alike.
pub(crate) fn not_found() -> Refusal {
    Problem::new(404, "Not found")
        .detail("there is no such thing here, or this key may not see it")
        .into()
}

/// A request member that is wrong.
pub(crate) fn bad_request(field: &str, reason: impl std::fmt::Display) -> Refusal {
    Problem::new(400, "Bad request").detail(format!("'{field}' {reason}")).field(field).into()
}

/// The caller is known but may not do this.
pub(crate) fn forbidden(detail: impl Into<String>) -> Refusal {
    Problem::new(403, "Forbidden").detail(detail).into()
}

/// The caller has had enough for now.
pub(crate) fn too_many(retry_after_s: u64) -> Refusal {
    let mut problem = Problem::new(429, "Rate limit exceeded")
        .detail("too many requests in the last 60 seconds")
        .hint(format!("try again in {retry_after_s} s"));
    problem.retry_after = Some(retry_after_s);
    problem.into()
}
