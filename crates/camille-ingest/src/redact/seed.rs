//! Finds the words that a wallet is restored from (BIP-39, English), where they stand on a line of their own. Beside a
//! name that says so, any words are found by the rules of names.

use memchr::memchr_iter;
use std::ops::Range;
use std::sync::LazyLock;

/// The rule of what is found so.
pub(super) const RULE: &str = "seed-phrase";
/// How many words there can be.
const WORDS: Range<usize> = 12..25;
/// The shortest and the longest line of so many words, with room for what stands around them.
const LINE_BYTES: Range<usize> = 47..260;

/// The list of BIP-39, in its order, which is that of letters.
static LIST: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("rules/seed.txt").lines().collect());

/// Every line that is made of such words.
pub(super) fn lines(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut start = 0;
    for end in memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len())) {
        let line = start..end;
        start = end + 1;
        if !LINE_BYTES.contains(&line.len()) {
            continue;
        }
        let is_word = |b: &u8| b.is_ascii_lowercase() || *b == b' ';
        // The middle of most lines shows that they are something else.
        let middle = line.start + line.len() / 2;
        if bytes[middle - 8..middle + 8].iter().all(is_word)
            && has_word(&bytes[middle - 8..middle + 8])
        {
            // What marks or quotes the line stands around them.
            let is_other = |b: &u8| !is_word(b);
            let before =
                bytes[line.start..middle].iter().rposition(is_other).map_or(0, |at| at + 1);
            let after = bytes[middle..line.end].iter().position(is_other);
            let words = line.start + before..after.map_or(line.end, |at| middle + at);
            if is_seed(text[words.clone()].trim()) {
                found.push(words);
            }
        }
    }
    found
}

/// Whether the whole words among these letters are of the list, as all words of a phrase are.
fn has_word(letters: &[u8]) -> bool {
    let mut words = letters.split(|b| *b == b' ');
    // What the ends cut says nothing.
    words.next();
    words.next_back();
    words.all(|word| LIST.binary_search_by(|of| of.as_bytes().cmp(word)).is_ok())
}

fn is_seed(line: &str) -> bool {
    if !line.split(' ').all(|word| LIST.binary_search(&word).is_ok()) {
        return false;
    }
    let mut distinct: Vec<&str> = line.split(' ').collect();
    let count = distinct.len();
    distinct.sort_unstable();
    distinct.dedup();
    // `test test test … junk` is an example.
    WORDS.contains(&count) && count.is_multiple_of(3) && distinct.len() * 2 >= count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_list_in_the_right_number_are_found() {
        let seed = "acid badge cabin dune eager fabric gadget hazard icon jungle kiwi ladder";
        assert_eq!(lines(&format!("x\n> {seed}\ny")).len(), 1);
        assert!(lines(&format!("{seed} maple")).is_empty(), "thirteen are none");
        assert!(lines(&seed.replace("cabin", "the")).is_empty(), "a word that is not in the list");
        assert!(LIST.is_sorted() && LIST.len() == 2048);
    }
}
