//! Questions to the person at the terminal, answered by yes or no.

use crate::failure::Failure;
use dialoguer::Confirm;
use dialoguer::theme::ColorfulTheme;
use std::io::IsTerminal;

/// Whether there is somebody to ask.
pub(crate) fn is_answered() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether the person says yes. What was printed before must have been flushed.
///
/// # Errors
/// They went away.
pub(crate) fn agreed(question: &str) -> Result<bool, Failure> {
    Confirm::with_theme(&ColorfulTheme::default())
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(not_answered)
}

/// There was a question and no answer.
pub(crate) fn not_answered(error: dialoguer::Error) -> Failure {
    Failure::usage("nothing was changed").because(error.to_string())
}
