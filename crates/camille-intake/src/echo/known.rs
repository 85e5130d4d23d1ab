//! The fingerprints of peers' texts in memory, quick to ask: every letter of every text that is read is looked up.

use super::{Evidence, When};
use camille_ingest::echo;
use camille_registry::handed::Handed;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Bits of the filter for each fingerprint: one in sixteen of what is not known passes it.
const BITS_EACH: usize = 16;

/// A fingerprint is spread evenly by itself.
#[derive(Debug, Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, print: u64) {
        // The table reads both ends of a hash, and the upper bits of a fingerprint are not set.
        self.0 = print ^ (print << 16);
    }
}

/// A text that was handed out: who wrote it, by number, and when that was first, in seconds.
#[derive(Debug, Clone, Copy)]
struct Text {
    source: u32,
    time: u32,
}

/// What peers wrote, as far as it is remembered.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The first text that has it, by number.
    prints: HashMap<u64, u32, BuildHasherDefault<Plain>>,
    all: Vec<Text>,
    /// A bit is set for each fingerprint, by its lower bits. Their number is a power of two.
    filter: Vec<u64>,
    sources: Vec<String>,
    /// Texts that are remembered whole.
    texts: HashSet<[u8; 16]>,
}

impl Known {
    pub(super) fn of(handed: &[Handed]) -> Self {
        let mut known = Self::default();
        known.add(handed);
        known
    }

    pub(super) fn add(&mut self, handed: &[Handed]) {
        for Handed { text, source, time, prints } in handed {
            let place =
                self.sources.iter().position(|known| known == source).unwrap_or_else(|| {
                    self.sources.push(source.clone());
                    self.sources.len() - 1
                });
            let source = u32::try_from(place).unwrap_or(u32::MAX);
            let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
            let time = seconds(*time);
            self.all.push(Text { source, time });
            self.texts.insert(*text);
            for print in prints {
                let known = self.prints.entry(*print).or_insert(number);
                if self.all.get(*known as usize).is_some_and(|first| time < first.time) {
                    *known = number;
                }
            }
        }
        let bits = (self.prints.len() * BITS_EACH).next_power_of_two().max(64);
        if bits > self.filter.len() * 64 {
            self.filter = vec![0; bits / 64];
            self.prints.keys().for_each(|print| set(&mut self.filter, *print));
        } else {
            let new = handed.iter().flat_map(|handed| &handed.prints);
            new.for_each(|print| set(&mut self.filter, *print));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    pub(super) fn has_text(&self, id: &[u8; 16]) -> bool {
        self.texts.contains(id)
    }

    /// Which text it is of, by number.
    pub(super) fn text(&self, print: u64) -> Option<u32> {
        let (word, bit) = place(print, self.filter.len());
        self.filter.get(word).filter(|word| *word & bit != 0)?;
        self.prints.get(&print).copied()
    }

    /// Who wrote it.
    pub(super) fn source(&self, print: u64) -> Option<&str> {
        let text = self.all.get(*self.prints.get(&print)? as usize)?;
        self.sources.get(text.source as usize).map(String::as_str)
    }

    /// What of peers' texts these show to be the owner's.
    pub(super) fn shown_by(&self, evidence: &[Evidence]) -> HashSet<u64> {
        let mut shown = HashSet::new();
        for Evidence { text, when } in evidence {
            let since = match when {
                When::Since(since) => seconds(*since),
                When::Before(_) => 0,
            };
            let first = |print: &u64| self.all.get(*self.prints.get(print)? as usize);
            let is_shown = |print: &u64| first(print).is_some_and(|first| first.time > since);
            shown.extend(echo::every_print(text).into_iter().filter(is_shown));
        }
        shown
    }
}

fn seconds(time: Timestamp) -> u32 {
    u32::try_from(time.as_second().max(0)).unwrap_or(u32::MAX)
}

fn set(filter: &mut [u64], print: u64) {
    let (word, bit) = place(print, filter.len());
    filter[word] |= bit;
}

/// Where the bit of a fingerprint stands in a filter of so many words.
fn place(print: u64, words: usize) -> (usize, u64) {
    let at = usize::try_from(print).unwrap_or(usize::MAX) & (words * 64).wrapping_sub(1);
    (at / 64, 1 << (at % 64))
}
