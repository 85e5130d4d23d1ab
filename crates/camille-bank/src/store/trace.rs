//! What a text and a part have in common with their copies, whatever those are called.

use super::claim::role_number;
use crate::batch::Part;
use camille_proto::id::ContentHash;

/// What stands for a text.
pub(super) fn text_hash(text: &str) -> [u8; 16] {
    short(ContentHash::of(text))
}

/// What stands for a text with this hash.
pub(super) fn short(hash: ContentHash) -> [u8; 16] {
    first_16(hash.as_bytes())
}

/// What a part has in common with its copies, its text included.
pub(super) fn part_trace(part: &Part, text: &[u8; 16]) -> Option<[u8; 16]> {
    let trace = part.trace?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&trace.place);
    hasher.update(text);
    hasher.update(part.agent.as_str().as_bytes());
    hasher.update(&role_number(part.role).to_le_bytes());
    Some(first_16(hasher.finalize().as_bytes()))
}

fn first_16(hash: &[u8; 32]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    first
}
