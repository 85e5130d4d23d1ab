//! Known-item questions: a document is drawn, a few of its words become the question, and the document
//! is the answer.
//!
//! This generator was fixed before any ranking was tuned. **It must never be changed afterwards**: not
//! the seed, not the stop words, not the bounds. A better one is a new module beside it.

use super::random::Random;
use std::collections::BTreeSet;

/// The seed of every draw.
pub const SEED: u64 = 0x00ca_3111_e020_2611;
/// How many questions are drawn.
pub const QUESTIONS: usize = 200;
/// How many words one question has.
pub const WORDS_A_QUESTION: usize = 6;
/// A document with fewer distinct words than this is not drawn.
const WORDS_MIN: usize = 8;
/// Letters of a word, shorter and longer ones are left out.
const LETTERS: std::ops::RangeInclusive<usize> = 4..=20;

/// Words that say nothing about what a text is about.
const STOP_WORDS: &[&str] = &[
    "about",
    "above",
    "after",
    "again",
    "against",
    "also",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "cannot",
    "could",
    "does",
    "doing",
    "down",
    "during",
    "each",
    "from",
    "further",
    "have",
    "having",
    "here",
    "hers",
    "herself",
    "himself",
    "into",
    "itself",
    "just",
    "like",
    "more",
    "most",
    "myself",
    "once",
    "only",
    "other",
    "ours",
    "ourselves",
    "over",
    "same",
    "should",
    "some",
    "such",
    "than",
    "that",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "under",
    "until",
    "very",
    "was",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "whom",
    "will",
    "with",
    "would",
    "your",
    "yours",
    "yourself",
    "yourselves",
];

/// A document that may be drawn.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Its id, as printed.
    pub id: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

/// A question whose answer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownItem {
    /// The document the words come from.
    pub id: String,
    /// The question.
    pub question: String,
}

/// Draws the questions. The order of `items` does not matter: each document's place in the draw depends
/// on the seed and its id alone, so that a document more or less elsewhere changes one question, not all.
#[must_use]
pub fn draw(items: &[Item<'_>]) -> Vec<KnownItem> {
    let mut eligible: Vec<(u64, Random, &str, Vec<String>)> = items
        .iter()
        .filter_map(|item| {
            let words = words(item.text);
            let mut random = Random::named(SEED, item.id);
            (words.len() >= WORDS_MIN).then(|| (random.draw(), random, item.id, words))
        })
        .collect();
    eligible.sort_by(|a, b| (a.0, a.2).cmp(&(b.0, b.2)));
    eligible.truncate(QUESTIONS);
    eligible
        .into_iter()
        .map(|(_, mut random, id, words)| KnownItem {
            id: id.to_owned(),
            question: random.take(words, WORDS_A_QUESTION).join(" "),
        })
        .collect()
}

/// The distinct words of a text that may stand in a question, in alphabetical order: runs of letters, in
/// lower case, neither too short nor too long, no stop words.
fn words(text: &str) -> Vec<String> {
    let distinct: BTreeSet<String> = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|run| LETTERS.contains(&run.chars().count()))
        .map(str::to_lowercase)
        .filter(|word| STOP_WORDS.binary_search(&word.as_str()).is_err())
        .collect();
    distinct.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The watcher never closed its socket; retries exhausted the descriptor table \
        until accept() failed with EMFILE, so we bounded the backlog.";

    #[test]
    fn the_draw_never_changes() {
        let texts: Vec<(String, String)> =
            (0..300).map(|n| (format!("document{n:03}"), format!("{TEXT} number {n}"))).collect();
        let items: Vec<Item<'_>> = texts.iter().map(|(id, text)| Item { id, text }).collect();
        let drawn = draw(&items);
        assert_eq!(drawn.len(), QUESTIONS);
        assert_eq!(drawn[0].id, "document255");
        assert_eq!(drawn[0].question, "retries watcher accept descriptor table emfile");
        let mut backwards = items.clone();
        backwards.reverse();
        assert_eq!(draw(&backwards), drawn);
        backwards.retain(|item| item.id != drawn[7].id);
        let kept: BTreeSet<String> = draw(&backwards).into_iter().map(|item| item.id).collect();
        assert_eq!(drawn.iter().filter(|item| !kept.contains(&item.id)).count(), 1);
    }

    #[test]
    fn words_are_letters_only_and_mean_something() {
        assert_eq!(
            words("This is what: fd_table's WATCHER 1234 watcher ab3cdef"),
            ["cdef", "table", "watcher"]
        );
        assert_eq!(draw(&[Item { id: "a", text: "too few words stand in here" }]), []);
    }

    #[test]
    fn stop_words_can_be_looked_up() {
        assert!(STOP_WORDS.is_sorted());
    }
}
