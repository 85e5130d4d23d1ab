//! What was said word for word of what a session read in another place: texts that hold something of a place are known
//! by fingerprints, and who quotes one of them holds something of it, too.

use camille_ingest::echo::{self, Voice};
use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{HashMap, HashSet, VecDeque};

/// Fingerprints that are remembered of one file; beyond, those of the oldest texts go.
const PRINTS_MAX: usize = 16 * 1024;

/// Those that are kept from one run to the next: what is quoted is mostly what was read last.
const KEPT_MAX: usize = 2 * 1024;

/// Bytes of one text that are looked at.
const BYTES_MAX: usize = 256 * 1024;

/// Letters that are worth a look: less is no quotation.
const TEXT_MIN: usize = 24;

/// What one text is known by.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Text {
    places: Vec<String>,
    /// The lower half of each fingerprint, in order.
    prints: Vec<u32>,
}

/// The texts of a file, the newest last.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "VecDeque<Text>")]
pub(super) struct Carried {
    texts: VecDeque<Text>,
    /// How many of the texts have a fingerprint.
    known: HashMap<u32, u32, RandomState>,
    /// How many fingerprints they have together.
    held: usize,
}

/// Half of a fingerprint is kept: one of a few thousand is hit by chance once in a million.
#[expect(clippy::cast_possible_truncation, reason = "the half that is kept")]
fn short(print: u64) -> u32 {
    print as u32
}

impl Carried {
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Remembers a text that holds something of these places.
    pub(super) fn keep(&mut self, text: &str, places: &[String]) {
        if text.len() < TEXT_MIN {
            return;
        }
        let mut prints: Vec<u32> = echo::fingerprints(head(text)).into_iter().map(short).collect();
        prints.sort_unstable();
        prints.dedup();
        prints.retain(|print| !self.is_of_all(*print, places));
        prints.truncate(PRINTS_MAX);
        if prints.is_empty() {
            return;
        }
        self.add(Text { places: places.to_vec(), prints });
        while self.held > PRINTS_MAX {
            let Some(oldest) = self.texts.pop_front() else { break };
            self.held -= oldest.prints.len();
            for print in oldest.prints {
                let Some(count) = self.known.get_mut(&print) else { continue };
                *count -= 1;
                if *count == 0 {
                    self.known.remove(&print);
                }
            }
        }
    }

    /// The places that something which is said quotes.
    pub(super) fn quoted(&self, said: &str) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        if self.is_empty() || said.len() < TEXT_MIN {
            return places;
        }
        let is_known = |print| self.known.contains_key(&short(print));
        for part in echo::quotations(said, Voice::Shown, is_known) {
            let prints: HashSet<u32> =
                echo::every_print(&said[part]).into_iter().map(short).collect();
            let is_quoted = |text: &&Text| text.prints.iter().any(|print| prints.contains(print));
            let before = places.len();
            for place in self.texts.iter().filter(is_quoted).flat_map(|text| &text.places) {
                if !places.contains(place) {
                    places.push(place.clone());
                }
            }
            if places.len() == before && before == 0 {
                // Only words beyond the quotation tell whose it is: it may be anybody's of them.
                let all = self.texts.iter().flat_map(|text| &text.places);
                all.for_each(|place| {
                    if !places.contains(place) {
                        places.push(place.clone());
                    }
                });
            }
        }
        places
    }

    fn is_of_all(&self, print: u32, places: &[String]) -> bool {
        self.known.contains_key(&print)
            && places.iter().all(|place| {
                let mut texts = self.texts.iter();
                texts.any(|text| {
                    text.places.contains(place) && text.prints.binary_search(&print).is_ok()
                })
            })
    }

    fn add(&mut self, text: Text) {
        for print in &text.prints {
            *self.known.entry(*print).or_default() += 1;
        }
        self.held += text.prints.len();
        self.texts.push_back(text);
    }
}

impl From<VecDeque<Text>> for Carried {
    fn from(texts: VecDeque<Text>) -> Self {
        let mut carried = Self::default();
        texts.into_iter().for_each(|text| carried.add(text));
        carried
    }
}

impl Serialize for Carried {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut left = KEPT_MAX;
        let mut texts = VecDeque::new();
        for text in self.texts.iter().rev() {
            let prints = &text.prints[..text.prints.len().min(left)];
            left -= prints.len();
            if !prints.is_empty() {
                texts.push_front(Text { places: text.places.clone(), prints: prints.to_vec() });
            }
        }
        texts.serialize(serializer)
    }
}

/// As much of a text as is looked at.
fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAY: &str = "/home/ana/payroll";

    fn of(text: &str) -> Carried {
        let mut carried = Carried::default();
        carried.keep(text, &[PAY.to_owned()]);
        // As between two runs.
        serde_json::from_str(&serde_json::to_string(&carried).unwrap()).unwrap()
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
            let carried = of(&rows.join("\n"));
            let row = &rows[at.index(rows.len())];
            let said = match way {
                0 => format!("I saw the row `{row}`, so the parser must skip it."),
                1 => format!("It says:\n\n> {row}\n\nShall I go on?"),
                2 => format!("- first: {row}\n- second: nothing"),
                3 => format!("```\n{}\n```", row.to_uppercase()),
                4 => format!("| what |\n|---|\n| {row} |"),
                _ => rows.join("\n\n"),
            };
            prop_assert_eq!(carried.quoted(&said), [PAY]);
        }

        #[test]
        fn what_has_nothing_in_common_is_ones_own(
            rows in prop::collection::vec(row(), 1..9),
            own in prop::collection::vec(row(), 1..9),
        ) {
            prop_assert_eq!(of(&rows.join("\n")).quoted(&own.join("\n")), [""; 0]);
        }
    }

    #[test]
    fn own_words_on_the_same_subject_are_ones_own() {
        let carried = of("name,base,note\nana,84000,promoted by bruno after the quarrel\n\
                          cleo,91000,leaves in may says bruno\nsum is not paid this year\n");
        for own in [
            "The file has three columns; I will parse base as a number and keep the note as it is.",
            "Somebody was promoted after a quarrel, and another one leaves in spring.",
            "Done. The parser now skips what is not paid, and all 12 tests pass.",
            "ok",
        ] {
            assert_eq!(carried.quoted(own), [""; 0], "{own}");
        }
    }

    #[test]
    fn the_oldest_goes_when_there_is_too_much() {
        let first = "ana has eighty four thousand and was promoted after the quarrel";
        let mut carried = of(first);
        assert_eq!(carried.quoted(first), [PAY]);
        let row = |n: u64| blake3::hash(&n.to_le_bytes()).to_hex().to_string();
        for n in 0..40 {
            let text: Vec<String> = (0..200).map(|at| row(n * 1_000 + at)).collect();
            carried.keep(&text.join("\n"), &[PAY.to_owned()]);
        }
        let prints: usize = carried.texts.iter().map(|text| text.prints.len()).sum();
        assert!(prints <= PRINTS_MAX, "{prints}");
        assert_eq!(carried.quoted(first), [""; 0]);
    }
}
