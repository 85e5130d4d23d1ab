//! Others' words in their order, whatever stands between them: a prefix on each line, a command around each, one's
//! own words after every few, a call of its own for each line. Three words that follow each other are a link; by
//! itself it may be chance, but links that share two words each are a chain, and a long chain is nobody's by chance.
//!
//! Words of fewer than four letters do not count: they are in everybody's texts, and in every frame.

use super::letter::{Gap, Letter, mixed};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Letters of a word that counts. What is longer is no word.
const WORD: Range<usize> = 4..40;

/// So many words may lie from one word of a link to the next.
const STEP_MAX: usize = 6;

/// Words of a text in which both steps of a link may be long; in a longer one, one of them is short.
const FREE_MAX: usize = 512;

/// Words at the beginning of a part among which a chain of an earlier part may go on.
const REACH: usize = 40;

/// Words before a part that are remembered though no chain runs there.
const TAIL_MAX: usize = 32;

/// A word that is there as often, and one in so many of all, is a frame around others.
const FRAME_MIN: usize = 4;
const FRAME_SHARE: usize = 12;

/// Ends of chains that are remembered, and for how many parts.
const ENDS_MAX: usize = 4;
const AGE_MAX: u8 = 32;

/// Words of one chain that are remembered until it is certain.
const THROUGH_MAX: usize = 32;

/// What makes a chain certain: so many words, of so many letters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Least {
    pub(super) words: usize,
    pub(super) letters: usize,
}

/// What is remembered of the words and chains that run through the parts of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The last words.
    tail: Vec<Earlier>,
    ends: Vec<End>,
}

/// A word of an earlier part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(Option<u64>, u64, u8)", into = "(Option<u64>, u64, u8)")]
pub struct Earlier {
    /// Which part, as its reader counts them; none once it is taken out there.
    pub part: Option<u64>,
    /// What the word is known by.
    pub print: u64,
    letters: u8,
}

impl From<(Option<u64>, u64, u8)> for Earlier {
    fn from((part, print, letters): (Option<u64>, u64, u8)) -> Self {
        Self { part, print, letters }
    }
}

impl From<Earlier> for (Option<u64>, u64, u8) {
    fn from(Earlier { part, print, letters }: Earlier) -> Self {
        (part, print, letters)
    }
}

/// Where a chain ended so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    last: [Earlier; 2],
    length: Length,
    /// Parts that came since.
    age: u8,
    /// The words of which it is made, as long as it is not certain.
    through: Vec<Earlier>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Length {
    words: usize,
    letters: usize,
}

impl Length {
    fn reaches(self, least: Least) -> bool {
        self.words >= least.words && self.letters >= least.letters
    }
}

impl Trail {
    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.ends.is_empty()
    }

    /// Nothing of a part is left, and nothing is to be taken out of it later.
    pub fn settle(&mut self, part: u64) {
        self.take_out(|word| word.part == Some(part));
    }

    fn take_out(&mut self, is_taken: impl Fn(&Earlier) -> bool) {
        let mut all: Vec<&mut Earlier> = self.tail.iter_mut().collect();
        for end in &mut self.ends {
            end.through.retain(|word| !is_taken(word));
            all.extend(&mut end.last);
        }
        all.into_iter().filter(|word| is_taken(word)).for_each(|word| word.part = None);
    }

    /// A further part begins.
    fn grow_older(&mut self) {
        self.ends.iter_mut().for_each(|end| end.age += 1);
        self.ends.retain(|end| end.age <= AGE_MAX);
    }

    /// Remembers what a part ends with. `taken`: what is taken out by now.
    fn keep(
        &mut self,
        ends: Vec<End>,
        words: impl Iterator<Item = Earlier>,
        taken: &HashSet<Earlier>,
    ) {
        self.ends.extend(ends);
        self.ends.sort_by_key(|end| (std::cmp::Reverse(end.length), end.age));
        let mut seen = HashSet::new();
        self.ends.retain(|end| seen.insert(end.last.map(|word| word.print)));
        self.ends.truncate(ENDS_MAX);
        self.tail.extend(words);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_MAX));
        self.take_out(|word| taken.contains(word));
    }
}

/// A word of a text.
#[derive(Debug, Clone)]
struct Word {
    print: u64,
    /// By letters' numbers.
    letters: Range<usize>,
}

impl Word {
    fn earlier(&self, part: u64) -> Earlier {
        let letters = u8::try_from(self.letters.len()).unwrap_or(u8::MAX);
        Earlier { part: Some(part), print: self.print, letters }
    }
}

/// What was found of chains in a part.
#[derive(Debug, Default)]
pub(super) struct Chained {
    /// Ranges of letters that others wrote.
    pub(super) taken: Vec<Range<usize>>,
    /// Words of earlier parts that belong to what was found here.
    pub(super) through: Vec<Earlier>,
}

/// The links of a row of letters: every three words that follow each other.
pub(super) fn links(letters: &[Letter]) -> impl Iterator<Item = u64> {
    let words: Vec<u64> = words(letters).into_iter().map(|word| word.print).collect();
    let links: Vec<u64> = words.windows(3).map(|some| link(some[0], some[1], some[2])).collect();
    links.into_iter()
}

fn link(one: u64, two: u64, three: u64) -> u64 {
    super::print(mixed(one ^ two.rotate_left(21)) ^ three.rotate_left(42))
}

fn words(letters: &[Letter]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut from = 0;
    for at in 1..=letters.len() {
        if letters.get(at).is_some_and(|letter| letter.before == Gap::None) {
            continue;
        }
        if WORD.contains(&(at - from)) {
            let spelt = letters[from..at].iter();
            let print = spelt.fold(0, |hash: u64, letter| {
                (hash.rotate_left(5) ^ letter.symbol).wrapping_mul(0x0100_0000_01b3)
            });
            words.push(Word { print, letters: from..at });
        }
        from = at;
    }
    words
}

/// Where these words stand in a text, each with the small words beside it.
pub(super) fn named(letters: &[Letter], prints: &HashSet<u64>) -> Vec<Range<usize>> {
    let words = words(letters).into_iter().filter(|word| prints.contains(&word.print));
    words.map(|word| widened(letters, &word.letters)).collect()
}

/// Finds the chains of a part, number `part` of its session, and leaves in `trail` where they end. Chains of `least`
/// are certain; beside one, or if others' words are found here in any case (`is_theirs`), those of `beside`.
pub(super) fn chained(
    letters: &[Letter],
    part: u64,
    (least, beside): (Least, Least),
    is_theirs: bool,
    trail: &mut Trail,
    is_known: &impl Fn(u64) -> bool,
) -> Chained {
    let words = words(letters);
    trail.grow_older();
    let mut rows = vec![Row::of(words.iter().collect(), part, trail, &trail.tail, is_known)];
    let frame = frame(&words, &trail.tail);
    if !frame.is_empty() {
        let mut left: Vec<&Word> =
            words.iter().filter(|word| !frame.contains(&word.print)).collect();
        left.dedup_by_key(|word| word.print);
        let tail = trail.tail.iter().filter(|word| !frame.contains(&word.print));
        let tail: Vec<Earlier> = tail.copied().collect();
        rows.push(Row::of(left, part, trail, &tail, is_known));
    }
    let is_certain = rows.iter().any(|row| row.longest().reaches(least));
    let mut chained = Chained::default();
    let mut taken: HashSet<Earlier> = HashSet::new();
    for row in &rows {
        if is_certain || is_theirs {
            row.take(letters, beside, &mut chained.taken);
            let made_of =
                row.made_of(trail, row.links.iter().filter(|l| row.whole(**l).reaches(beside)));
            taken.extend(made_of.filter(|word| word.part.is_some()));
        }
    }
    chained.through = taken.iter().filter(|word| word.part != Some(part)).copied().collect();
    let ends = rows.iter().flat_map(|row| row.ends(trail)).collect();
    let last = words.iter().skip(words.len().saturating_sub(TAIL_MAX));
    trail.keep(ends, last.map(|word| word.earlier(part)), &taken);
    chained
}

/// The words that come again and again in a part, or stand there as well as in several before it.
fn frame(words: &[Word], tail: &[Earlier]) -> HashSet<u64> {
    let mut count: HashMap<u64, usize> = HashMap::new();
    words.iter().for_each(|word| *count.entry(word.print).or_default() += 1);
    let mut parts: HashMap<u64, HashSet<Option<u64>>> = HashMap::new();
    for word in tail.iter().filter(|word| count.contains_key(&word.print)) {
        parts.entry(word.print).or_default().insert(word.part);
    }
    let often = count.iter().filter(|(_, n)| **n >= FRAME_MIN && **n * FRAME_SHARE >= words.len());
    let again = parts.iter().filter(|(_, parts)| parts.len() > 1);
    often.map(|(word, _)| *word).chain(again.map(|(word, _)| *word)).collect()
}

/// Words in a row, after what is remembered of earlier parts, and the links among them.
struct Row<'w> {
    words: Vec<(Earlier, Option<&'w Word>)>,
    /// In order of their last words.
    links: Vec<[usize; 3]>,
    /// How long a chain is that ends with these two words, with what it had in earlier parts.
    before: HashMap<(usize, usize), Length>,
    /// And what follows in one that begins with them.
    after: HashMap<(usize, usize), Length>,
}

impl<'w> Row<'w> {
    fn of(
        words: Vec<&'w Word>,
        part: u64,
        trail: &Trail,
        tail: &[Earlier],
        is_known: &impl Fn(u64) -> bool,
    ) -> Self {
        let ends = trail.ends.len() * 2;
        let is_free = words.len() <= FREE_MAX;
        let earlier = trail.ends.iter().flat_map(|end| end.last).chain(tail.iter().copied());
        let here = words.into_iter().map(|word| (word.earlier(part), Some(word)));
        let words: Vec<_> = earlier.map(|word| (word, None)).chain(here).collect();
        let here = ends + tail.len();
        let mut row =
            Self { words, links: Vec::new(), before: HashMap::new(), after: HashMap::new() };
        for (number, end) in trail.ends.iter().enumerate() {
            row.before.insert((number * 2, number * 2 + 1), end.length);
        }
        let mut went_on = HashSet::new();
        for last in here..row.words.len() {
            let near = |at: usize| (at.saturating_sub(STEP_MAX).max(ends)..at).rev();
            for end in (0..ends).step_by(2).filter(|_| last < here + REACH) {
                row.join([end, end + 1, last], is_known);
                for middle in near(last).take_while(|middle| *middle >= here) {
                    row.join([end + 1, middle, last], is_known);
                }
            }
            for middle in near(last) {
                for first in near(middle) {
                    let may_be = is_free
                        || middle - first == 1
                        || last - middle == 1
                        || row.before.contains_key(&(first, middle));
                    // The nearest words are the ones: one's own may be the same.
                    if may_be
                        && !went_on.contains(&(first, middle))
                        && row.join([first, middle, last], is_known)
                    {
                        went_on.insert((first, middle));
                        break;
                    }
                }
            }
        }
        for at in (0..row.links.len()).rev() {
            let [first, middle, last] = row.links[at];
            let rest = row.after.get(&(middle, last)).copied().unwrap_or_default();
            let rest = row.longer(rest, &[last]);
            let known = row.after.entry((first, middle)).or_default();
            *known = (*known).max(rest);
        }
        row
    }

    /// Notes a link, if it is one, and says so.
    fn join(&mut self, at: [usize; 3], is_known: &impl Fn(u64) -> bool) -> bool {
        let [first, middle, last] = at;
        let word = |at: usize| self.words[at].0.print;
        if !is_known(link(word(first), word(middle), word(last))) {
            return false;
        }
        let length = self.longer(self.begun(first, middle), &[last]);
        let known = self.before.entry((middle, last)).or_default();
        *known = (*known).max(length);
        self.links.push(at);
        true
    }

    /// How long a chain is up to these two words.
    fn begun(&self, first: usize, middle: usize) -> Length {
        if let Some(begun) = self.before.get(&(first, middle)) {
            return *begun;
        }
        // Where an earlier part's chain goes on, the word before the first one counts as well.
        let earlier = first.checked_sub(1).and_then(|before| self.before.get(&(before, first)));
        match earlier.filter(|_| self.words[first].1.is_none()) {
            Some(earlier) => self.longer(*earlier, &[middle]),
            None => self.longer(Length::default(), &[first, middle]),
        }
    }

    fn longer(&self, length: Length, words: &[usize]) -> Length {
        let letters = |at: &usize| usize::from(self.words[*at].0.letters);
        Length {
            words: length.words + words.len(),
            letters: length.letters + words.iter().map(letters).sum::<usize>(),
        }
    }

    /// How long the chain is of which a link is part.
    fn whole(&self, [first, middle, last]: [usize; 3]) -> Length {
        let begun = self.longer(self.begun(first, middle), &[last]);
        let rest = self.after.get(&(middle, last)).copied().unwrap_or_default();
        Length { words: begun.words + rest.words, letters: begun.letters + rest.letters }
    }

    fn longest(&self) -> Length {
        self.links.iter().map(|link| self.whole(*link)).max().unwrap_or_default()
    }

    /// The letters of all chains that are as long, with the small words beside their words.
    fn take(&self, letters: &[Letter], least: Least, taken: &mut Vec<Range<usize>>) {
        for link in self.links.iter().filter(|link| self.whole(**link).reaches(least)) {
            for word in link.iter().filter_map(|at| self.words[*at].1) {
                taken.push(widened(letters, &word.letters));
            }
        }
    }

    /// The words of which links are made, and of the chains that they go on with.
    fn made_of<'r>(
        &'r self,
        trail: &'r Trail,
        links: impl Iterator<Item = &'r [usize; 3]>,
    ) -> impl Iterator<Item = Earlier> {
        let mut words: Vec<Earlier> = Vec::new();
        for link in links {
            words.extend(link.iter().map(|at| self.words[*at].0));
            words.extend(trail.ends.get(link[0] / 2).iter().flat_map(|end| &end.through));
        }
        words.sort_unstable();
        words.dedup();
        words.into_iter()
    }

    /// Where chains end here.
    fn ends(&self, trail: &Trail) -> Vec<End> {
        let is_end = |link: &&[usize; 3]| !self.after.contains_key(&(link[1], link[2]));
        let mut through: Vec<Earlier> = self.made_of(trail, self.links.iter()).collect();
        through.drain(..through.len().saturating_sub(THROUGH_MAX));
        let end = |[_, middle, last]: &[usize; 3]| End {
            last: [self.words[*middle].0, self.words[*last].0],
            length: self.before[&(*middle, *last)],
            age: 0,
            through: through.clone(),
        };
        self.links.iter().filter(is_end).map(end).collect()
    }
}

/// A word with the small words beside it in its phrase.
fn widened(letters: &[Letter], word: &Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (word.start, word.end);
    while start > 0 && letters[start].before <= Gap::Space {
        let begun = letters[..start].iter().rposition(|letter| letter.before > Gap::None);
        let begun = begun.unwrap_or(0);
        if start - begun >= WORD.start {
            break;
        }
        start = begun;
    }
    while end < letters.len() && letters[end].before <= Gap::Space {
        let next = letters[end + 1..].iter().position(|letter| letter.before > Gap::None);
        let next = next.map_or(letters.len(), |at| end + 1 + at);
        if next - end >= WORD.start {
            break;
        }
        end = next;
    }
    start..end
}
