//! The long-running process: intake, search, mesh, API. It owns every task.

pub mod settings;
