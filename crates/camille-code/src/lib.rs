//! Code: bytes of a file → facts ([`extract()`]), facts of a project → edges ([`resolve()`]).
//!
//! Pure: no I/O, no clock but the bound on a parse, no randomness. It never fails and never panics whatever the bytes are: a
//! file that cannot be read has a state that says why.

mod builder;
mod c;
mod chunk;
mod encode;
mod extract;
pub mod facts;
mod go;
mod java;
mod language;
mod nesting;
mod python;
pub mod resolve;
mod rust;
mod screen;
mod script;
mod tree;

pub use chunk::{CHUNK_LINES, Chunk, chunks};
pub use encode::{Unreadable, decode, encode};
pub use extract::{EXTRACTOR_VERSION, Trouble, extract, parse_only, text_of};
pub use facts::Facts;
pub use language::{Family, Language, headers_are_cpp};
pub use resolve::{Graph, Manifest, Outcome, Rule, Source, Target, resolve};
pub use screen::{FILE_BYTES_MAX, Reason, screen};
