//! The long-running process: intake, search, mesh, API. It owns every task.
//!
//! `node` opens, serves and closes. Its parts are given what they use: `home` (what this node is and keeps), `life`
//! (its tasks and its end), and the services of `mesh`, `search`, `api` and `local`, each made of those before it.
//! Requests enter by `listener`, pass `api` (the network) or `local` (the owner), and reach the one `search`. Nothing
//! here prints, reads the environment or exits.

mod access;
mod api;
pub mod audit;
mod capability;
mod error;
mod home;
pub mod identity;
pub mod impostor;
mod life;
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
pub mod tls;
mod why;
mod wire;

pub use api::openapi;
pub use camille_bank::begin_from as begin_bank_from;
pub use error::NodeError;
pub use node::{Mode, Node, Ready};
