//! Typed client of a node: over pinned HTTPS, over its Unix socket, or in process. The mesh, the
//! command line and MCP all ask through it.
//!
//! This crate never reads the environment (so no proxy variables), never follows a redirect, and never
//! lets a byte of a key or a question leave before the other side has proved who it is. There is no
//! switch that changes this.

mod body;
mod client;
mod dial;
mod error;
mod local;
mod pool;
mod search;
pub mod tls;
mod transport;
mod uri;

pub use client::{JoinAnswer, NodeClient};
pub use error::{ClientError, FailedAttempt};
pub use pool::{PeerPool, PoolSettings};
pub use search::{Scope, SearchParams};
