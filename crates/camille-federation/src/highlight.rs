//! Where a question's words stand in a text, in the units of the wire. Pure.

use camille_bank::analyzer;

/// The most places that are told.
const PLACES_MAX: usize = 200;

/// The places of the question's words in `content`: `[start, end)` in Unicode scalar values, in order,
/// none overlapping.
#[must_use]
pub(super) fn highlights(content: &str, terms: &[String]) -> Vec<[u32; 2]> {
    let mut places: Vec<[u32; 2]> = Vec::new();
    // Walks the text once: bytes and characters advance together.
    let (mut byte, mut character) = (0, 0_u32);
    for range in analyzer::occurrences(content, terms) {
        if places.len() == PLACES_MAX {
            break;
        }
        let (Some(skipped), Some(word)) =
            (content.get(byte..range.start), content.get(range.clone()))
        else {
            continue;
        };
        let start = character + count(skipped);
        let end = start + count(word);
        byte = range.end;
        character = end;
        places.push([start, end]);
    }
    places
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::highlights;

    #[test]
    fn places_count_characters_not_bytes() {
        let terms = camille_bank::analyzer::question("migrations").terms;
        assert_eq!(highlights("é migration — the migrations", &terms), [[2, 11], [18, 28]]);
        assert!(highlights("nothing here", &terms).is_empty());
    }
}
