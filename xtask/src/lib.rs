//! What the tasks of development share and what of them needs no product: the house rules, and the
//! parts of an evaluation that were fixed before anything was measured. It must never depend on
//! camille's own crates.

pub mod eval;
pub mod mutants;
pub mod tidy;
