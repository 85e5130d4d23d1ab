//! What a liar lies about.

use clap::ValueEnum;

/// What a peer lies about.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LieName {
    Scores,
    Lengths,
    Tf,
    Ids,
}
