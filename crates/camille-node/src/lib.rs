//! The long-running process: intake, search, mesh, API. It owns every task.
//!
//! `node` opens, serves and closes; `state` is what its parts share. Requests enter by `listener`, pass
//! `api` (the network) or `local` (the owner), and reach the one `search`. Nothing here prints, reads
//! the environment or exits.

mod access;
mod api;
pub mod audit;
mod error;
pub mod identity;
pub mod impostor;
pub mod limit;
pub mod listener;
mod local;
mod mesh;
mod node;
#[doc(hidden)]
pub mod outside;
mod search;
mod secret;
pub mod settings;
mod sharing;
mod state;
pub mod tls;
mod wire;

pub use api::openapi;
pub use camille_bank::begin_from as begin_bank_from;
pub use error::NodeError;
pub use node::{Mode, Node, Ready};
