//! Knows the texts of a conversation again that hold something of other places, so that the bank can mark who quotes them.
//! It keeps nothing from one conversation to the next.

use camille_bank::KnowAgain;
use camille_ingest::echo::{self, Voice};
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap};

/// Fingerprints that are held at once: of some 30 MB of text. Beyond, everything that is said is taken for a quote.
const PRINTS_MAX: usize = 4 * 1024 * 1024;

/// Bytes that are worth a look: less is no quotation.
pub(crate) const TEXT_MIN: usize = 24;

/// The texts of one conversation so far.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Each set of places that a fingerprint is of.
    sets: Vec<BTreeSet<i64>>,
    /// The sets by what they hold.
    numbers: HashMap<BTreeSet<i64>, usize>,
    /// By fingerprint, the set.
    prints: HashMap<u64, usize, RandomState>,
    /// All places.
    all: BTreeSet<i64>,
}

impl Known {
    fn set(&mut self, places: BTreeSet<i64>) -> usize {
        if let Some(number) = self.numbers.get(&places) {
            return *number;
        }
        let number = self.sets.len();
        self.sets.push(places.clone());
        self.numbers.insert(places, number);
        number
    }
}

impl KnowAgain for Known {
    fn begin(&mut self) {
        *self = Self::default();
    }

    fn remember(&mut self, text: &str, places: &[i64]) {
        let places: BTreeSet<i64> = places.iter().copied().collect();
        self.all.extend(&places);
        if text.len() < TEXT_MIN || self.prints.len() > PRINTS_MAX {
            return;
        }
        let own = self.set(places.clone());
        for print in echo::fingerprints(text) {
            let Some(known) = self.prints.get(&print).copied() else {
                self.prints.insert(print, own);
                continue;
            };
            if known != own && !places.is_subset(&self.sets[known]) {
                let both = self.set(&self.sets[known] | &places);
                self.prints.insert(print, both);
            }
        }
    }

    fn quoted(&mut self, said: &str) -> Vec<i64> {
        if self.prints.len() > PRINTS_MAX {
            return self.all.iter().copied().collect();
        }
        if self.prints.is_empty() || said.len() < TEXT_MIN {
            return Vec::new();
        }
        let mut places = BTreeSet::new();
        let is_known = |print| self.prints.contains_key(&print);
        for part in echo::quotations(said, Voice::Shown, is_known) {
            let mut of = BTreeSet::new();
            for print in echo::every_print(&said[part]) {
                of.extend(self.prints.get(&print).into_iter().flat_map(|set| &self.sets[*set]));
            }
            // Only words beyond the quotation tell whose it is: it may be anybody's of them.
            places.extend(if of.is_empty() { &self.all } else { &of });
        }
        places.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAY: i64 = 7;

    fn of(text: &str) -> Known {
        let mut known = Known::default();
        known.begin();
        known.remember(text, &[PAY]);
        known
    }

    /// Rows as of a table or of prose: some words and numbers that stand nowhere else.
    fn row() -> impl Strategy<Value = String> {
        prop::collection::vec("[a-z]{4,9}", 7..12).prop_flat_map(|words| {
            (Just(words), 0..3usize, 10_000..99_999u32).prop_map(|(words, shape, number)| {
                match shape {
                    0 => format!("{}, {number}", words.join(", ")),
                    1 => format!("The {} is {number}.", words.join(" ")),
                    _ => format!("{}={number} # {}", words[0], words[1..].join(" ")),
                }
            })
        })
    }

    proptest! {
        #[test]
        fn whoever_quotes_a_row_of_it_gives_it_along(
            rows in prop::collection::vec(row(), 1..9),
            at in any::<prop::sample::Index>(),
            way in 0..6usize,
        ) {
            let row = &rows[at.index(rows.len())];
            let said = match way {
                0 => format!("I saw the row `{row}`, so the parser must skip it."),
                1 => format!("It says:\n\n> {row}\n\nShall I go on?"),
                2 => format!("- first: {row}\n- second: nothing"),
                3 => format!("```\n{}\n```", row.to_uppercase()),
                4 => format!("| what |\n|---|\n| {row} |"),
                _ => rows.join("\n\n"),
            };
            prop_assert_eq!(of(&rows.join("\n")).quoted(&said), [PAY]);
        }

        #[test]
        fn what_has_nothing_in_common_is_ones_own(
            rows in prop::collection::vec(row(), 1..9),
            own in prop::collection::vec(row(), 1..9),
        ) {
            prop_assert_eq!(of(&rows.join("\n")).quoted(&own.join("\n")), [0; 0]);
        }

        /// What several places hold is of all of them, whichever was read first.
        #[test]
        fn a_quote_is_of_every_place_that_holds_it(
            rows in prop::collection::vec(row(), 3),
            order in Just([0, 1, 2]).prop_shuffle(),
        ) {
            let texts = [
                (format!("{}\n{}", rows[0], rows[1]), vec![1]),
                (format!("{}\n{}", rows[1], rows[2]), vec![2, 3]),
                (rows[1].clone(), vec![4]),
            ];
            let mut known = Known::default();
            for at in order {
                known.remember(&texts[at].0, &texts[at].1);
            }
            prop_assert_eq!(known.quoted(&format!("so: {}", rows[0])), [1]);
            prop_assert_eq!(known.quoted(&format!("so: {}", rows[2])), [2, 3]);
            prop_assert_eq!(known.quoted(&format!("so: {}", rows[1])), [1, 2, 3, 4]);
        }
    }

    #[test]
    fn own_words_on_the_same_subject_are_ones_own() {
        let mut known = of("name,base,note\nana,84000,promoted by bruno after the quarrel\n\
                            cleo,91000,leaves in may says bruno\nsum is not paid this year\n");
        for own in [
            "The file has three columns; I will parse base as a number and keep the note as it is.",
            "Somebody was promoted after a quarrel, and another one leaves in spring.",
            "Done. The parser now skips what is not paid, and all 12 tests pass.",
            "ok",
        ] {
            assert_eq!(known.quoted(own), [0; 0], "{own}");
        }
    }

    #[test]
    fn nothing_is_known_of_the_conversation_before() {
        let row = "quince has eighty four thousand and was promoted after the quarrel";
        let mut known = of(row);
        assert_eq!(known.quoted(row), [PAY]);
        known.begin();
        assert_eq!(known.quoted(row), [0; 0]);
    }
}
