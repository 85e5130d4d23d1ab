//! Who asks. Decided by the gate (or by standing on the owner's router), used by everything behind it.

use camille_registry::Authenticated;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// The owner, on the Unix socket or in process.
    Owner,
    /// Somebody without a key.
    Anonymous,
    /// A node without a key that was introduced here, proved by its certificate. It may join and nothing else.
    Introduced,
    /// The holder of a valid key.
    Key(Authenticated),
}
