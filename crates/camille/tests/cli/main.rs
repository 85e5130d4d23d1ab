//! The real binary in a hermetic home: cleared environment, temporary directories, no network.
//!
//! Nothing here reads anything of the user's or waits for a clock.

mod bank;
mod configuration;
mod consent;
mod docs;
mod environment;
mod faults;
mod help;
mod meeting;
mod names;
mod running;
mod usage;
mod why;
mod width;
