//! What a text and a part have in common with their copies, whatever those are called.

use super::claim::role_number;
use crate::batch::Part;

/// What stands for a text.
pub(super) fn text_hash(text: &str) -> [u8; 16] {
    first_16(&blake3::hash(text.as_bytes()))
}

/// What a part has in common with its copies, its text included.
pub(super) fn part_trace(part: &Part, text: &[u8; 16]) -> Option<[u8; 16]> {
    let trace = part.trace?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&trace.place);
    hasher.update(text);
    hasher.update(part.agent.as_str().as_bytes());
    hasher.update(&role_number(part.role).to_le_bytes());
    Some(first_16(&hasher.finalize()))
}

fn first_16(hash: &blake3::Hash) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&hash.as_bytes()[..16]);
    first
}
