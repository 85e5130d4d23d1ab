//! What travels between camille's processes: identifiers, questions, hits, statistics, statuses and
//! problems.
//!
//! This crate never does I/O, never reads a clock and never draws randomness. Types here are the wire
//! contract of `docs/protocol.md`: JSON in camelCase, unknown members ignored, so that versions mix.

pub mod answer;
pub mod document;
pub mod forward;
pub mod grant;
pub mod hit;
pub mod id;
pub mod introduction;
pub mod invariant;
pub mod invite;
pub mod join;
pub mod key;
pub mod local;
mod moment;
pub mod name;
pub mod node;
pub mod open;
pub mod place;
pub mod problem;
pub mod query;
pub mod statistics;
pub mod stream;
pub mod vocabulary;
mod whole;
pub mod word;

/// The protocol this build speaks, `major.minor`. Another major number is another language.
pub const PROTOCOL: &str = "1.0";

/// Whether a node that speaks this protocol can be understood: its major number is ours.
#[must_use]
pub fn is_understood(protocol: &str) -> bool {
    let major = |text: &str| text.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major(protocol).is_some() && major(protocol) == major(PROTOCOL)
}

/// The port a node listens on unless told otherwise.
pub const PORT_DEFAULT: u16 = 7861;

/// The largest `content` of one hit, in bytes of UTF-8.
pub const HIT_CONTENT_BYTES_MAX: usize = 16 * 1024;

/// The largest answer accepted or given, in bytes.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The largest request body accepted, in bytes.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Candidates a bank hands to the origin when the question does not say.
pub const CANDIDATES_DEFAULT: u32 = 50;

/// The most candidates a bank hands to the origin.
pub const CANDIDATES_MAX: u32 = 200;

/// The longest chain of nodes a forwarded question may carry.
pub const CHAIN_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::is_understood;

    #[test]
    fn another_minor_number_is_understood_and_another_major_is_not() {
        for protocol in ["1.0", "1.7", "1"] {
            assert!(is_understood(protocol), "{protocol}");
        }
        for protocol in ["2.0", "0.9", "10.0", "", "one", "v1.0"] {
            assert!(!is_understood(protocol), "{protocol}");
        }
    }
}
