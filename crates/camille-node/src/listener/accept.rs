//! Accepting connections for as long as the listener lives. An error ends neither the loop nor the
//! processor's rest.

use std::io::{self, ErrorKind};
use std::time::Duration;

/// How long to wait when the system has no more file descriptors or memory: some connection has to end
/// before it is of use to try again, and the waiting client stays in the queue meanwhile.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// The next connection, however many errors come first.
pub(super) async fn accept_patiently<T>(mut accept: impl AsyncFnMut() -> io::Result<T>) -> T {
    loop {
        match accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {
                tracing::debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections for the moment");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
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
    use std::time::Instant;

    /// The error of Linux and macOS when a process has no file descriptor left.
    const EMFILE: i32 = 24;

    #[tokio::test]
    async fn errors_are_survived_without_spinning() {
        let mut calls = 0;
        let begun = Instant::now();
        let accepted = accept_patiently(async || {
            calls += 1;
            match calls {
                1 => Err(ErrorKind::ConnectionAborted.into()),
                2 | 3 => Err(io::Error::from_raw_os_error(EMFILE)),
                _ => Ok(calls),
            }
        });
        assert_eq!(accepted.await, 4);
        assert!(begun.elapsed() >= 2 * EXHAUSTED_PAUSE);
    }
}
