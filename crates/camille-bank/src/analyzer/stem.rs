//! From one word to its terms, remembered for the words that come again. The memory is bounded and its
//! content never shows: forgetting it changes nothing but the time.

use super::identifier::{is_combining, pieces};
use super::stop::is_stop;
use foldhash::fast::RandomState;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use tantivy::tokenizer::{AsciiFoldingFilter, Language, RawTokenizer, Stemmer, TextAnalyzer};

/// The longest term in bytes; what is longer is cut.
const TERM_BYTES_MAX: usize = 64;
/// The longest word in bytes that is remembered or has pieces.
const WORD_BYTES_MAX: usize = 200;
/// How many words are remembered.
const MEMORY_WORDS_MAX: usize = 1 << 16;

/// The terms of one word.
pub(super) struct WordTerms {
    /// The whole word's term.
    pub(super) whole: String,
    /// Whether it is a function word.
    pub(super) stop: bool,
    /// Terms of its pieces, if it is an identifier.
    pub(super) pieces: Vec<String>,
}

struct Memory {
    /// Every word of every text is looked up here: the hash is a fast one, and seeded anew for each
    /// thread, since peers' texts come here too.
    words: HashMap<Box<str>, Rc<WordTerms>, RandomState>,
    stemmer: TextAnalyzer,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory {
        words: HashMap::default(),
        stemmer: TextAnalyzer::builder(RawTokenizer::default())
            .filter(AsciiFoldingFilter)
            .filter(Stemmer::new(Language::English))
            .build(),
    });
}

/// Calls `with` with the terms of `word`.
pub(super) fn with_terms(word: &str, with: impl FnOnce(&WordTerms)) {
    let terms = MEMORY.with_borrow_mut(|memory| {
        if let Some(known) = memory.words.get(word) {
            return Rc::clone(known);
        }
        let terms = Rc::new(terms_of(word, &mut memory.stemmer));
        if word.len() <= WORD_BYTES_MAX {
            if memory.words.len() >= MEMORY_WORDS_MAX {
                memory.words.clear();
            }
            memory.words.insert(word.into(), Rc::clone(&terms));
        }
        terms
    });
    with(&terms);
}

fn terms_of(word: &str, stemmer: &mut TextAnalyzer) -> WordTerms {
    let lower = lower(word);
    if is_stop(&lower) {
        return WordTerms {
            whole: format!("{}{lower}", super::STOP_MARK),
            stop: true,
            pieces: Vec::new(),
        };
    }
    let whole = term(&lower, stemmer);
    let mut parts = Vec::new();
    if has_pieces(word) {
        pieces(word, |range| parts.push(range));
    }
    let pieces = if parts.len() > 1 {
        parts
            .into_iter()
            .map(|range| self::lower(&word[range]))
            .filter(|piece| piece.chars().nth(1).is_some() && !is_stop(piece))
            .map(|piece| term(&piece, stemmer))
            .collect()
    } else if word.contains('-') {
        // Only dates hold a hyphen.
        word.split('-').map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    WordTerms { whole, stop: false, pieces }
}

/// Hashes and encoded data have no pieces that anyone would ask for.
fn has_pieces(word: &str) -> bool {
    let bytes = word.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let hash = bytes.len() >= 7 && digits > 0 && bytes.iter().all(u8::is_ascii_hexdigit);
    let data =
        bytes.len() > WORD_BYTES_MAX || (bytes.len() > TERM_BYTES_MAX && !word.contains('_'));
    !hash && !data && !word.contains('-')
}

fn lower(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.chars().filter(|c| !is_combining(*c)).flat_map(char::to_lowercase).collect()
}

/// Folds and stems a lower-case word. What is not all letters keeps its ending.
fn term(lower: &str, stemmer: &mut TextAnalyzer) -> String {
    let cut = super::beginning(lower, TERM_BYTES_MAX);
    if cut.is_ascii() && !cut.bytes().all(|b| b.is_ascii_alphabetic()) {
        return cut.to_owned();
    }
    let mut stream = stemmer.token_stream(cut);
    match stream.next() {
        Some(token) if !token.text.is_empty() => token.text.clone(),
        _ => cut.to_owned(),
    }
}
