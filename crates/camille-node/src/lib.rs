//! The long-running process: intake, search, mesh, API. It owns every task.

pub mod identity;
pub mod impostor;
pub mod listener;
pub mod settings;
pub mod tls;
