//! Opens the node to the network as soon as there is anybody to listen for.

use crate::api;
use crate::api::service::Api;
use crate::error::NodeError;
use crate::listener;
use std::net::SocketAddr;
use std::time::Duration;

/// How often a port that could not be bound is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Starts listening for peers if there is anyone to listen for and it has not begun.
pub(super) async fn open(api: &Api) -> Result<(), NodeError> {
    let (home, life) = (&api.home, &api.life);
    if !life.listening.borrow().is_empty() {
        return Ok(());
    }
    let now = home.now();
    let open = home
        .blocking(move |home| home.registry.is_open(now))
        .await
        .map_err(|error| NodeError::Registry(Box::new(error)))?;
    if !open {
        return Ok(());
    }
    // The port of last time first: it stands in invites that are under way.
    let mut wanted = home.settings.node.clone();
    if wanted.port == camille_proto::PORT_DEFAULT
        && let Ok(Some(port)) = home.blocking(|home| home.registry.port()).await
    {
        wanted.port = port;
    }
    let bound = listener::bind(&wanted).map_err(|error| NodeError::Listen(Box::new(error)))?;
    let port = bound.port;
    if wanted.bind.is_none() && port != wanted.port {
        tracing::warn!(wanted = wanted.port, port, "the port was taken, using the next free one");
    }
    home.note(move |home| home.registry.set_port(port)).await;
    let addresses: Vec<SocketAddr> =
        bound.listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    let config = crate::tls::server_config(&home.identity)
        .map_err(|error| NodeError::Identity(Box::new(error)))?;
    let serving = api.clone();
    life.tasks.spawn(async move {
        let limits = &serving.home.settings.limits;
        let shutdown = serving.life.shutdown.clone();
        listener::serve_tls(bound.listeners, config, api::router(&serving), limits, shutdown).await;
    });
    life.listening.send_replace(addresses);
    Ok(())
}

/// Opens it until the shutdown.
pub(super) async fn watch(api: Api) {
    let life = &api.life;
    loop {
        tokio::select! {
            () = life.shutdown.cancelled() => return,
            () = life.opened.notified() => {}
            // Another process may have made an invite while it was the only one.
            () = tokio::time::sleep(RETRY) => {}
        }
        if let Err(error) = open(&api).await {
            tracing::error!(error = %crate::error::chain(&error), "cannot listen for peers");
        }
        // Whoever rang waits for the attempt to be over.
        life.listening.send_modify(|_| {});
    }
}
