//! Keeps the certificate of a running node good: shows a renewed one as soon as it is there, and makes its own
//! anew in time. No connection is lost by it.

use crate::error;
use crate::home::Home;
use crate::identity::Refreshed;
use tokio_util::sync::CancellationToken;

/// Looks for a newer certificate until the shutdown.
pub(super) async fn keep(home: Home, shutdown: CancellationToken) {
    if let Some(problem) = home.identity.problem() {
        tracing::warn!(%problem, "showing the node's own certificate");
    }
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(home.settings.tls.reload) => {}
        }
        let now = home.now();
        match home.blocking(move |home| home.identity.refresh(now)).await {
            Ok(Refreshed::Unchanged) => {}
            Ok(Refreshed::Renewed) => tracing::info!("showing a renewed certificate"),
            Ok(Refreshed::Refused(problem)) => {
                tracing::warn!(%problem, "the new certificate is not shown");
                home.note(move |home| home.registry.add_news(&problem, now)).await;
            }
            Err(error) => {
                tracing::error!(error = %error::chain(&error), "the certificate cannot be renewed");
            }
        }
    }
}
