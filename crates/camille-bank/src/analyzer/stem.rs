//! From one word to its terms, remembered for the words that come again. The memory is bounded and its
//! content never shows: forgetting it changes nothing but the time.

use super::identifier::{is_combining, pieces};
use super::stop::is_stop;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::cell::RefCell;
use std::hash::BuildHasher;
use std::ops::Range;
use tantivy::tokenizer::{AsciiFoldingFilter, Language, RawTokenizer, Stemmer, TextAnalyzer};

/// The longest term in bytes; what is longer is cut.
const TERM_BYTES_MAX: usize = 64;
/// The longest word in bytes that is remembered or has pieces.
const WORD_BYTES_MAX: usize = 200;
/// How many words are remembered.
const MEMORY_WORDS_MAX: usize = 1 << 16;

/// The terms of one word.
#[derive(Clone, Copy)]
pub(super) struct WordTerms<'a> {
    /// The whole word's term.
    pub(super) whole: &'a str,
    /// Whether it is a function word.
    pub(super) stop: bool,
    /// What the pieces are parts of.
    text: &'a str,
    pieces: &'a [Span],
}

/// The terms of a word that is not remembered yet.
struct NewTerms {
    whole: String,
    stop: bool,
    pieces: Vec<String>,
}

/// The words that came and their terms, all in one text: to forget them costs nothing. Every word of every text
/// is looked up here.
#[derive(Default)]
struct Memory {
    words: HashTable<Known>,
    text: String,
    pieces: Vec<Span>,
    /// A fast one, and seeded anew for each thread, since peers' texts come here too.
    hasher: RandomState,
}

/// A word that is remembered.
#[derive(Clone, Copy)]
struct Known {
    word: Span,
    whole: Span,
    stop: bool,
    /// Where its pieces stand in the list of them.
    pieces: Span,
}

/// A part of a text or a list.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
    static STEMMER: RefCell<TextAnalyzer> = RefCell::new(
        TextAnalyzer::builder(RawTokenizer::default())
            .filter(AsciiFoldingFilter)
            .filter(Stemmer::new(Language::English))
            .build(),
    );
}

/// Calls `with` with the terms of `word`; it must not ask for another word's.
pub(super) fn with_terms(word: &str, with: impl FnOnce(WordTerms<'_>)) {
    MEMORY.with_borrow_mut(|memory| {
        let hash = memory.hasher.hash_one(word);
        if let Some(known) = memory.find(hash, word) {
            return with(memory.terms(known));
        }
        let new = STEMMER.with_borrow_mut(|stemmer| terms_of(word, stemmer));
        if word.len() > WORD_BYTES_MAX {
            // It has no pieces.
            return with(WordTerms { whole: &new.whole, stop: new.stop, text: "", pieces: &[] });
        }
        let known = memory.keep(hash, word, &new);
        with(memory.terms(known));
    });
}

impl<'a> WordTerms<'a> {
    /// Terms of its pieces, if it is an identifier.
    pub(super) fn pieces(self) -> impl Iterator<Item = &'a str> {
        self.pieces.iter().map(move |piece| piece.of(self.text))
    }
}

impl Memory {
    fn find(&self, hash: u64, word: &str) -> Option<Known> {
        self.words.find(hash, |known| known.word.of(&self.text) == word).copied()
    }

    fn terms(&self, known: Known) -> WordTerms<'_> {
        let (text, pieces) = (&self.text, &self.pieces[known.pieces.range()]);
        WordTerms { whole: known.whole.of(text), stop: known.stop, text, pieces }
    }

    fn keep(&mut self, hash: u64, word: &str, terms: &NewTerms) -> Known {
        if self.words.len() >= MEMORY_WORDS_MAX {
            self.words.clear();
            self.text.clear();
            self.pieces.clear();
        }
        let word = self.add(word);
        let whole = self.add(&terms.whole);
        let first = self.pieces.len();
        for piece in &terms.pieces {
            let piece = self.add(piece);
            self.pieces.push(piece);
        }
        let pieces = Span::new(first, self.pieces.len());
        let Self { words, text, hasher, .. } = self;
        let known = Known { word, whole, stop: terms.stop, pieces };
        words.insert_unique(hash, known, |known| hasher.hash_one(known.word.of(text)));
        known
    }

    fn add(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        Span::new(start, self.text.len())
    }
}

impl Span {
    /// What is remembered is bounded by far less than 4 GiB.
    fn new(start: usize, end: usize) -> Self {
        let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: place(start), end: place(end) }
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    fn of(self, text: &str) -> &str {
        &text[self.range()]
    }
}

fn terms_of(word: &str, stemmer: &mut TextAnalyzer) -> NewTerms {
    let lower = lower(word);
    if is_stop(&lower) {
        return NewTerms {
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
    NewTerms { whole, stop: false, pieces }
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
