//! The fixed part of an evaluation: which questions are asked, how a corpus is split and how answers are
//! counted. It must never know how camille searches.

pub mod known_item;
pub mod measure;
pub mod random;
pub mod split;
