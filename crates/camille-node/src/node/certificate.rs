//! Keeps the certificate of a running node good: shows a renewed one as soon as it is there, and makes its own
//! anew in time. No connection is lost by it.

use crate::error;
use crate::identity::Refreshed;
use crate::state::Shared;
use tokio_util::sync::CancellationToken;

/// Looks for a newer certificate until the shutdown.
pub(super) async fn keep(state: Shared, shutdown: CancellationToken) {
    if let Some(problem) = state.identity.problem() {
        tracing::warn!(%problem, "showing the node's own certificate");
    }
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(state.settings.tls.reload) => {}
        }
        let now = state.now();
        match state.blocking(move |s| s.identity.refresh(now)).await {
            Ok(Refreshed::Unchanged) => {}
            Ok(Refreshed::Renewed) => tracing::info!("showing a renewed certificate"),
            Ok(Refreshed::Refused(problem)) => {
                tracing::warn!(%problem, "the new certificate is not shown");
                state.note(move |s| s.registry.add_news(&problem, now)).await;
            }
            Err(error) => {
                tracing::error!(error = %error::chain(&error), "the certificate cannot be renewed");
            }
        }
    }
}
