//! Bytes to documents: readers of agent transcripts, and the redactor.
//!
//! This crate never does I/O, never reads a clock, never keeps raw text beyond a call and never fails:
//! what it does not understand it reports as the outcome of a line.

pub mod echo;
pub mod edit;
pub mod place;
pub mod redact;
pub mod transcript;

/// The most text of one part that is kept, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;
