//! What a command or a text names, for the tests of this folder.

use super::shell::of_command;
use super::{Mention, Mentions};

/// Everything that a reader finds.
pub(super) fn mentioned(read: impl FnOnce(&mut Mentions)) -> Vec<Mention> {
    let mut into = Mentions::default();
    read(&mut into);
    into.into_list()
}

/// The paths of it.
pub(super) fn paths(read: impl FnOnce(&mut Mentions)) -> Vec<String> {
    mentioned(read).into_iter().map(|mention| mention.path).collect()
}

/// Everything that a command names.
pub(super) fn mentions(command: &str) -> Vec<Mention> {
    mentioned(|into| of_command(command, None, into))
}

/// The paths that a command names.
pub(super) fn named(command: &str) -> Vec<String> {
    paths(|into| of_command(command, None, into))
}
