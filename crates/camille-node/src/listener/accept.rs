//! What an accept loop does about errors: none ends it, and none makes it spin.

use std::io::{self, ErrorKind};
use std::time::Duration;

/// How long to wait when the system has no more file descriptors or memory: some connection has to end
/// before it is of use to try again, and the waiting client stays in the queue meanwhile.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// To be called with the error of an `accept`; returns when the next one may be tried.
pub(super) async fn recover(error: io::Error) {
    if is_of_one_connection(&error) {
        tracing::debug!(%error, "a connection ended before it was accepted");
        return;
    }
    tracing::warn!(%error, "cannot accept connections for the moment");
    tokio::time::sleep(EXHAUSTED_PAUSE).await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::time::Instant;

    /// The error of Linux and macOS when a process has no file descriptor left.
    const EMFILE: i32 = 24;

    #[tokio::test]
    async fn exhaustion_is_waited_out_and_a_lost_client_is_not() {
        assert!(recover(ErrorKind::ConnectionAborted.into()).now_or_never().is_some());
        let begun = Instant::now();
        recover(io::Error::from_raw_os_error(EMFILE)).await;
        assert!(begun.elapsed() >= EXHAUSTED_PAUSE);
    }
}
