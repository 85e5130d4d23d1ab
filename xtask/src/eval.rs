//! The fixed part of an evaluation: which questions are asked and how answers are counted. It must
//! never know how camille searches.

pub mod known_item;
pub mod random;
