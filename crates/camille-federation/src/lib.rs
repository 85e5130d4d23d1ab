//! What nodes decide about questions that travel: whom a question goes to and through whom ([`plan`]), how
//! long each may take ([`budget`]), whether it was here before ([`seen`]), what may be done with it
//! ([`consent`]), what came back ([`gather`]), and the one answer out of it ([`merge`], [`settle`]).
//!
//! Pure: no I/O, no clock, no randomness; moments and spans are parameters. The node drives it in real
//! time, and its `tests/simulation` drives it through thousands of random networks in virtual time.

pub mod breaker;
pub mod budget;
pub mod consent;
pub mod gather;
mod highlight;
pub mod merge;
pub mod plan;
pub mod seen;
pub mod settle;
mod union;
