//! The long-running process: intake, search, mesh, API. It owns every task.

pub mod audit;
pub mod identity;
pub mod impostor;
pub mod limit;
pub mod listener;
pub mod project;
pub mod registry;
pub mod settings;
pub mod tls;
