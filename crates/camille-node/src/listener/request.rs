//! One request on its way to the router: who sent it is attached, its body gets a deadline, and its end
//! is noted.

use super::activity::{Activity, Running};
use super::{Caller, Held};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use camille_proto::problem::{PROBLEM_JSON, Problem};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, StatusCode, Version, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tower::ServiceExt;

/// Serves the requests of one connection.
pub(super) struct RequestService {
    pub(super) router: Router,
    pub(super) caller: Caller,
    pub(super) activity: Activity,
    pub(super) body_timeout: Option<Duration>,
    /// Absent for the owner's socket. A connection that becomes something else than HTTP goes on holding it.
    pub(super) place: Option<Held>,
}

impl hyper::service::Service<Request<Incoming>> for RequestService {
    type Response = http::Response<CountedBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let running = self.activity.begin();
        let version = request.version();
        let late = Arc::new(AtomicBool::new(false));
        let deadline = self.body_timeout.map(|timeout| Instant::now() + timeout);
        let mut request = request.map(|body| {
            Body::new(TimedBody { body, deadline, timer: None, late: Arc::clone(&late) })
        });
        request.extensions_mut().insert(self.caller);
        if let Some(place) = &self.place {
            place.has_asked();
            request.extensions_mut().insert(place.clone());
        }
        let answer = self.router.clone().oneshot(request);
        async move {
            let mut response = answer.await?;
            if late.load(Ordering::Relaxed) {
                response = body_timed_out(version);
            }
            Ok(response.map(|body| CountedBody { body, _running: running }))
        }
        .boxed()
    }
}

/// What a request gets whose body did not come: 408 (RFC 9110, 15.5.9), whatever its handler made of it.
fn body_timed_out(version: Version) -> Response {
    let problem = Problem::new(408, "Request body took too long");
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if version < Version::HTTP_2 {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A request's body that fails when it is not complete in time.
struct TimedBody {
    body: Incoming,
    deadline: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    late: Arc<AtomicBool>,
}

/// A request's body was not complete in time.
#[derive(Debug, thiserror::Error)]
#[error("the request's body took too long")]
struct BodyTimedOut;

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let Some(deadline) = this.deadline else {
            return Poll::Pending;
        };
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(BodyTimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body that keeps its request counted as running until it is gone.
pub(super) struct CountedBody {
    body: Body,
    _running: Running,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
