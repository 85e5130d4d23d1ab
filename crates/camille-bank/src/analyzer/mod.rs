//! From text to terms: the same function for documents, questions and texts received from others. Pure;
//! what it yields depends on nothing but the text and [`ANALYZER`].
//!
//! Words are lower-cased, folded to ASCII, stemmed (Snowball's English) and stripped of English function
//! words; identifiers yield their pieces besides the whole.

mod identifier;
mod question;
mod stem;
mod stop;

pub use question::{Question, TERMS_MAX, question};

use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use tantivy::fieldnorm::FieldNormReader;

/// Names what this module does. It changes with every change of what a text yields: an index made by
/// another one is made anew, and a peer with another one analyses questions itself.
pub const ANALYZER: &str = "en-1";

/// Marks the terms of function words, which are kept apart: they have a field of their own and count in
/// no length. The mark cannot be part of a word.
pub const STOP_MARK: char = '~';

/// What a term is within its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermKind {
    /// The whole word.
    Whole,
    /// A piece of an identifier, after its whole.
    Piece,
    /// A function word, marked by [`STOP_MARK`].
    Stop,
}

/// Calls `each` for every term of `text`, in order, with the bytes its word stands at.
pub fn scan(text: &str, mut each: impl FnMut(&str, TermKind, Range<usize>)) {
    identifier::words(text, |range| {
        stem::with_terms(&text[range.clone()], |word| {
            let kind = if word.stop { TermKind::Stop } else { TermKind::Whole };
            // Nothing is left of marks that stand on no letter.
            if !word.whole.is_empty() {
                each(word.whole, kind, range.clone());
            }
            for piece in word.pieces() {
                each(piece, TermKind::Piece, range.clone());
            }
        });
    });
}

/// The terms of `text` that stand in its body field, in order, repeated as often as they occur.
#[must_use]
pub fn analyze(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    scan(text, |term, kind, _| {
        if kind != TermKind::Stop {
            terms.push(term.to_owned());
        }
    });
    terms
}

/// How `text` relates to a question's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// For each term, how often it occurs.
    pub tf: Vec<u32>,
    /// The number of terms of the text, as the index's length norms keep it.
    pub length: u32,
}

/// Counts the question's terms in `text`, as an index over it would.
#[must_use]
pub fn measure(text: &str, terms: &[String]) -> Measure {
    let places: HashMap<&str, usize, RandomState> =
        terms.iter().enumerate().map(|(place, term)| (term.as_str(), place)).collect();
    let mut tf = vec![0_u32; terms.len()];
    let mut length = 0_u32;
    scan(text, |term, kind, _| {
        if kind != TermKind::Stop {
            length = length.saturating_add(1);
        }
        if let Some(place) = places.get(term) {
            tf[*place] = tf[*place].saturating_add(1);
        }
    });
    Measure { tf, length: kept_length(length) }
}

/// Where words that yield one of the question's terms stand in `text`, as byte ranges in order. Function
/// words count only if the question has nothing else.
#[must_use]
pub fn occurrences(text: &str, terms: &[String]) -> Vec<Range<usize>> {
    let wanted: HashSet<&str, RandomState> = terms.iter().map(String::as_str).collect();
    let beginnings = Beginnings::of(terms);
    let stops = terms.iter().any(|term| term.starts_with(STOP_MARK));
    let mut found: Vec<Range<usize>> = Vec::new();
    identifier::words(text, |range| {
        let word = &text[range.clone()];
        // Most words end here. Function words begin with their mark.
        if !stops && !beginnings.may_yield_one(word) && is_plain(word) {
            return;
        }
        stem::with_terms(word, |word| {
            if wanted.contains(word.whole) || word.pieces().any(|piece| wanted.contains(piece)) {
                found.push(range.clone());
            }
        });
    });
    found
}

/// How terms begin.
struct Beginnings {
    /// For each first byte the second letters that occur.
    seconds: [u32; 256],
    /// The same of those that have no more than two bytes.
    short: [u32; 256],
    /// A bit for each three letters that occur.
    thirds: [u64; 1 << 9],
}

/// Stands for whatever second byte there is, or none.
const ANY: u32 = 1 << 31;

impl Beginnings {
    fn of(terms: &[String]) -> Self {
        let mut all = Self { seconds: [0; 256], short: [0; 256], thirds: [0; 1 << 9] };
        for term in terms {
            let bytes = term.as_bytes();
            let Some(first) = bytes.first().map(|first| usize::from(*first)) else { continue };
            let second = bytes.get(1).map_or(ANY, |b| Self::second(*b));
            all.seconds[first] |= second;
            match bytes {
                [first, second, third, ..] => {
                    let (word, bit) = Self::third(*first, *second, *third);
                    all.thirds[word] |= 1 << bit;
                }
                _ => all.short[first] |= second,
            }
        }
        all
    }

    fn second(byte: u8) -> u32 {
        if byte.is_ascii_lowercase() { 1 << (byte - b'a') } else { ANY }
    }

    /// The place of three letters. The third one can be another vowel before stemming: "using" (use), "fly"
    /// (fli).
    fn third(first: u8, second: u8, third: u8) -> (usize, u32) {
        let third = if matches!(third, b'e' | b'y') { b'i' } else { third };
        let letter = |byte: u8| usize::from(byte & 31);
        let place = letter(first) << 10 | letter(second) << 5 | letter(third);
        (place >> 6, (place & 63) as u32)
    }

    /// Whether a plain word can yield one of the terms. Stemming changes endings only, but for some words like
    /// "dying" (die).
    fn may_yield_one(&self, word: &str) -> bool {
        let bytes = word.as_bytes();
        let Some(first) = bytes.first().map(u8::to_ascii_lowercase) else { return false };
        let own = match bytes.get(1) {
            None => ANY,
            Some(b'y') => ANY | Self::second(b'y') | Self::second(b'i'),
            Some(second) => ANY | Self::second(*second),
        };
        if self.seconds[usize::from(first)] & own == 0 {
            return false;
        }
        match bytes {
            [_, second, third, ..] if *second != b'y' => {
                let (word, bit) = Self::third(first, *second, *third);
                self.thirds[word] >> bit & 1 != 0 || self.short[usize::from(first)] & own != 0
            }
            _ => true,
        }
    }
}

/// Whether a word has no pieces and none but ASCII letters: it yields one term.
fn is_plain(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes[1..].iter().all(u8::is_ascii_lowercase)
}

/// The length that the index keeps for a field of `length` terms: exact up to 40, rounded down to four
/// significant bits above.
#[must_use]
pub fn kept_length(length: u32) -> u32 {
    FieldNormReader::id_to_fieldnorm(FieldNormReader::fieldnorm_to_id(length))
}

/// The longest beginning of `text` that has at most so many bytes and ends between characters.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> String {
        analyze(text).join(" ")
    }

    #[test]
    fn words_are_folded_and_stemmed() {
        assert_eq!(terms("The Connections were resetting"), "connect reset");
        assert_eq!(terms("Café CAFÉ cafe\u{301}"), "cafe cafe cafe");
        assert_eq!(terms("user's don't"), "user");
    }

    #[test]
    fn identifiers_yield_whole_and_pieces() {
        assert_eq!(terms("fetch_user_names"), "fetch_user_names fetch user name");
        assert_eq!(terms("parseHTTPResponse"), "parsehttprespons pars http respons");
        assert_eq!(terms("sha256sum"), "sha256sum sha 256 sum");
        assert_eq!(terms("__init__"), "init");
        assert_eq!(terms("src/main.rs"), "src main rs");
    }

    #[test]
    fn hashes_and_blobs_have_no_pieces() {
        assert_eq!(terms("394f81fa"), "394f81fa");
        let blob = "aB3".repeat(50);
        assert_eq!(analyze(&blob).len(), 1);
        assert!(analyze(&blob)[0].len() <= 64);
    }

    #[test]
    fn dates_stay_whole() {
        assert_eq!(terms("on 2026-02-03"), "2026-02-03 2026 02 03");
        assert_eq!(terms("from 2026-02."), "2026-02 2026 02");
        assert_eq!(terms("12026-02-03x"), "12026 02 03x 03");
    }

    #[test]
    fn scripts_without_spaces_are_found_by_character() {
        assert_eq!(terms("検索 engine"), "検 索 engin");
    }

    #[test]
    fn function_words_are_marked_and_not_counted() {
        let mut all = Vec::new();
        scan("to be found", |term, kind, _| all.push((term.to_owned(), kind)));
        assert_eq!(
            all,
            [
                ("~to".to_owned(), TermKind::Stop),
                ("~be".to_owned(), TermKind::Stop),
                ("found".to_owned(), TermKind::Whole)
            ]
        );
        let measured = measure("to be found, to find", &["~to".into(), "found".into()]);
        assert_eq!(measured, Measure { tf: vec![2, 1], length: 2 });
    }

    #[test]
    fn occurrences_are_byte_ranges() {
        let text = "é retries Retry";
        let ranges = occurrences(text, &["retri".into()]);
        let words: Vec<&str> = ranges.into_iter().map(|r| &text[r]).collect();
        assert_eq!(words, ["retries", "Retry"]);
    }

    #[test]
    fn occurrences_are_what_scanning_finds() {
        let text = "Deploys DEPLOY deployThing Ünder the dying _deploy_ 2026-02-03 retried x y yes";
        for question in
            ["deploy", "under the", "die", "dy", "2026", "yes retry", "thing x", "to be"]
        {
            let terms = question::question(question).terms;
            let mut scanned: Vec<Range<usize>> = Vec::new();
            scan(text, |term, _, range| {
                if terms.iter().any(|wanted| wanted == term) && scanned.last() != Some(&range) {
                    scanned.push(range);
                }
            });
            assert_eq!(occurrences(text, &terms), scanned, "{question}");
        }
    }

    #[test]
    fn stemming_keeps_how_a_word_begins() {
        let letters = ["", "a", "e", "i", "o", "u", "y", "b", "d", "g", "k", "l", "n", "s", "t"];
        let endings = [
            "", "s", "es", "ies", "ied", "ed", "ing", "edly", "ingly", "y", "ly", "er", "ness",
            "ation", "ate", "ize", "ism", "ful", "ment", "ance", "ion", "al", "ous", "ive", "e",
        ];
        let mut words: Vec<String> =
            ["dying", "lying", "tying", "skies", "ugly", "early", "only"].map(String::from).into();
        for (first, second) in letters.iter().flat_map(|a| letters.iter().map(move |b| (a, b))) {
            for (third, ending) in letters.iter().flat_map(|c| endings.iter().map(move |e| (c, e)))
            {
                words.push(format!("{first}{second}{third}{ending}"));
            }
        }
        for word in words.iter().filter(|word| !word.is_empty()) {
            let terms: Vec<String> =
                analyze(word).into_iter().filter(|term| !term.starts_with(STOP_MARK)).collect();
            assert!(terms.is_empty() || Beginnings::of(&terms).may_yield_one(word), "{word}");
        }
        let deploy = Beginnings::of(&["deploy".into()]);
        assert!(!deploy.may_yield_one("dying") && !deploy.may_yield_one("delay"));
        assert!(Beginnings::of(&["de".into()]).may_yield_one("delay"));
    }

    #[test]
    fn words_that_were_forgotten_yield_the_same_again() {
        let text = "The parseHTTPResponses retried 2026-02-03 Café _x_";
        let before = terms(text);
        assert_eq!(before, terms(text), "remembered");
        // More than are remembered.
        for number in 10..70_000 {
            assert_eq!(terms(&format!("word{number}")), format!("word{number} word {number}"));
        }
        assert_eq!(before, terms(text));
    }

    #[test]
    fn no_text_is_too_odd() {
        let mut state = 7_u64;
        for _ in 0..2_000 {
            let text: String = (0..12)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let pick = u32::try_from(state >> 43).unwrap_or(0);
                    char::from_u32(pick % 0x3_0000).unwrap_or('_')
                })
                .collect();
            scan(&text, |term, _, range| {
                assert!(!term.is_empty() && !term.contains(' '), "{text:?}");
                assert!(text.get(range).is_some());
            });
        }
    }
}
