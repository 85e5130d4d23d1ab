//! What every command is given.

use crate::config::{Config, Environment, Flags};
use crate::failure::Failure;
use crate::output::Terminal;

/// What every command is given.
pub(crate) struct Context {
    /// The environment, read once.
    pub(crate) environment: Environment,
    /// What was typed for every command alike.
    pub(crate) flags: Flags,
    /// Where answers and notes go.
    pub(crate) terminal: Terminal,
}

impl Context {
    /// What camille is told, resolved.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        Config::load(&self.environment, &self.flags)
    }
}
