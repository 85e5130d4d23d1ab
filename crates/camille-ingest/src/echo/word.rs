//! Others' words in their order, whatever stands between them: a prefix on each line, a command around each, one's
//! own words after every few, a call of its own for each line. Three words that follow each other are a link; by
//! itself it may be chance, but links that share two words each are a chain, and a long chain is nobody's by chance.
//!
//! Words of fewer than four letters do not count: they are in everybody's texts, and in every frame.

use super::letter::{Gap, Letter, mixed};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
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
const AGE_MAX: u8 = 8;

/// Words from which on an end is worth no more than another.
const ENDS_WORDS: usize = 8;

/// So many other words may lie among those of a chain for each of its own, the frame aside.
const STREWN: usize = 2;

/// Words of one chain that are remembered.
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
    /// Of which text it is.
    text: u32,
    last: [Earlier; 2],
    length: Length,
    /// Parts that came since.
    age: u8,
    /// Its words.
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
            all.extend(&mut end.through);
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
        // The newest of those that say something: it is there that a chain goes on.
        let worth = |end: &End| Reverse(end.length.words.min(ENDS_WORDS));
        self.ends.sort_by_key(|end| (worth(end), end.age, Reverse(end.length)));
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
/// are certain; so are those of `beside` that are of the same text, or of one of which something is found here in any
/// case (`theirs`). `text_of`: which text a link is of.
pub(super) fn chained(
    letters: &[Letter],
    part: u64,
    (least, beside): (Least, Least),
    theirs: &HashSet<u32>,
    trail: &mut Trail,
    text_of: &impl Fn(u64) -> Option<u32>,
) -> Chained {
    let words = words(letters);
    trail.grow_older();
    let frame = frame(&words, &trail.tail);
    let all: Vec<&Word> = words.iter().collect();
    let mut rows = vec![Row::of((all, part), &frame, trail, &trail.tail, text_of)];
    if !frame.is_empty() {
        let mut left: Vec<&Word> =
            words.iter().filter(|word| !frame.contains(&word.print)).collect();
        left.dedup_by_key(|word| word.print);
        let tail = trail.tail.iter().filter(|word| !frame.contains(&word.print));
        let tail: Vec<Earlier> = tail.copied().collect();
        rows.push(Row::of((left, part), &frame, trail, &tail, text_of));
    }
    let certain = rows.iter().flat_map(|row| row.certain(least));
    let certain: HashSet<u32> = certain.chain(theirs.iter().copied()).collect();
    let mut taken: HashSet<Earlier> = HashSet::new();
    let mut chained = Chained::default();
    for row in &rows {
        row.take(letters, &certain, beside, &mut chained.taken, &mut taken);
    }
    taken.retain(|word| word.part.is_some());
    chained.through = taken.iter().filter(|word| word.part != Some(part)).copied().collect();
    let ends = rows.iter().flat_map(Row::ends).collect();
    let last = words.iter().skip(words.len().saturating_sub(TAIL_MAX));
    trail.keep(ends, last.map(|word| word.earlier(part)), &taken);
    chained
}

/// The words that come again and again in a part, or stand there as well as in those before it.
fn frame(words: &[Word], tail: &[Earlier]) -> HashSet<u64> {
    let mut count: HashMap<u64, usize> = HashMap::new();
    words.iter().for_each(|word| *count.entry(word.print).or_default() += 1);
    let often = count.iter().filter(|(_, n)| **n >= FRAME_MIN && **n * FRAME_SHARE >= words.len());
    let again = tail.iter().map(|word| word.print).filter(|word| count.contains_key(word));
    often.map(|(word, _)| *word).chain(again).collect()
}

/// Links that hang together.
#[derive(Default)]
struct Chain {
    /// The words of each text, and where they stand in the row. A link that several texts have is the first one's:
    /// it may lie between those of another.
    of: HashMap<u32, (BTreeSet<Earlier>, BTreeSet<usize>)>,
    /// The last two of a link.
    last: [usize; 2],
}

impl Chain {
    /// Whether as much is of this text, and not strewn among other words. Where a chain comes from another part, it is
    /// not only somewhere in this one.
    fn reaches(&self, text: u32, least: Least, row: &Row<'_>) -> bool {
        let Some((words, places)) = self.of.get(&text) else { return false };
        let is_dense = if words.len() > places.len() {
            places.len() >= row.others(row.here..row.words.len(), places)
        } else if let (Some(first), Some(last)) = (places.first(), places.last()) {
            places.len() * STREWN >= row.others(*first..last + 1, places)
        } else {
            false
        };
        is_dense && length(words).reaches(least)
    }
}

/// How long some words are, each once.
fn length(words: &BTreeSet<Earlier>) -> Length {
    let mut seen = HashSet::new();
    let each = words.iter().filter(|word| seen.insert(word.print));
    let letters = each.map(|word| usize::from(word.letters)).sum();
    Length { words: seen.len(), letters }
}

/// Words in a row, after what is remembered of earlier parts, and the chains among them.
struct Row<'w> {
    words: Vec<(Earlier, Option<&'w Word>)>,
    /// Where those of this part begin.
    here: usize,
    /// Up to each place, how many words are in no frame.
    plain: Vec<usize>,
    chains: Vec<Chain>,
    /// Which chain these two words are in.
    with: HashMap<(usize, usize), usize>,
    /// Chains that turned out to be another one's.
    joined: HashMap<usize, usize>,
    /// Links of a text that begin, or end, with these two: the nearest words are the ones.
    seen: HashSet<(u32, usize, usize, bool)>,
}

impl<'w> Row<'w> {
    fn of(
        (words, part): (Vec<&'w Word>, u64),
        frame: &HashSet<u64>,
        trail: &Trail,
        tail: &[Earlier],
        text_of: &impl Fn(u64) -> Option<u32>,
    ) -> Self {
        let ends = trail.ends.len() * 2;
        let is_free = words.len() <= FREE_MAX;
        let earlier = trail.ends.iter().flat_map(|end| end.last).chain(tail.iter().copied());
        let here = words.into_iter().map(|word| (word.earlier(part), Some(word)));
        let words: Vec<_> = earlier.map(|word| (word, None)).chain(here).collect();
        let here = ends + tail.len();
        let mut plain = vec![0];
        for (word, _) in &words {
            plain.push(plain[plain.len() - 1] + usize::from(!frame.contains(&word.print)));
        }
        let mut row = Self {
            here,
            plain,
            words,
            chains: Vec::new(),
            with: HashMap::new(),
            joined: HashMap::new(),
            seen: HashSet::new(),
        };
        for (at, end) in trail.ends.iter().enumerate() {
            let words = end.through.iter().copied().collect();
            let of = HashMap::from([(end.text, (words, BTreeSet::new()))]);
            row.with.insert((at * 2, at * 2 + 1), row.chains.len());
            row.chains.push(Chain { of, last: [at * 2, at * 2 + 1] });
        }
        // Once a frame is taken out of what was before, more of that may hang together.
        let from = if tail.len() < trail.tail.len() { ends } else { here };
        for last in from..row.words.len() {
            let near = |at: usize| (at.saturating_sub(STEP_MAX).max(ends)..at).rev();
            for end in (0..ends).step_by(2).filter(|_| (here..here + REACH).contains(&last)) {
                row.join([end, end + 1, last], text_of);
                for middle in near(last).take_while(|middle| *middle >= here) {
                    row.join([end + 1, middle, last], text_of);
                }
            }
            for middle in near(last) {
                for first in near(middle) {
                    let is_close = middle - first == 1 || last - middle == 1;
                    if (is_free && last >= here)
                        || is_close
                        || row.with.contains_key(&(first, middle))
                    {
                        row.join([first, middle, last], text_of);
                    }
                }
            }
        }
        row
    }

    /// Notes a link, if it is one.
    fn join(&mut self, at: [usize; 3], text_of: &impl Fn(u64) -> Option<u32>) {
        let [first, middle, last] = at;
        let [one, two, three] = at.map(|at| self.words[at].0.print);
        let Some(text) = text_of(link(one, two, three)) else { return };
        if one == two
            || two == three
            || one == three
            || self.seen.contains(&(text, first, middle, true))
            || self.seen.contains(&(text, middle, last, false))
        {
            return;
        }
        self.seen.extend([(text, first, middle, true), (text, middle, last, false)]);
        // Where an earlier part's chain goes on, the word before the first one may be left out.
        let is_earlier = first % 2 == 1 && self.words[first].1.is_none();
        let earlier = is_earlier.then(|| self.chain(first - 1, first)).flatten();
        let begun = self.chain(first, middle).or(earlier);
        let ended = self.chain(middle, last);
        let chain = begun.or(ended).unwrap_or_else(|| {
            self.chains.push(Chain::default());
            self.chains.len() - 1
        });
        if let Some(other) = ended.filter(|other| *other != chain) {
            let of = std::mem::take(&mut self.chains[other].of);
            for (text, (words, places)) in of {
                let known = self.chains[chain].of.entry(text).or_default();
                known.0.extend(words);
                known.1.extend(places);
            }
            self.joined.insert(other, chain);
        }
        self.with.insert((first, middle), chain);
        self.with.insert((middle, last), chain);
        let chain = &mut self.chains[chain];
        chain.last = chain.last.max([middle, last]);
        let (words, places) = chain.of.entry(text).or_default();
        for at in at {
            words.insert(self.words[at].0);
            if self.words[at].1.is_some() {
                places.insert(at);
            }
        }
    }

    /// How many words in a range are neither at these places nor in a frame.
    fn others(&self, range: Range<usize>, places: &BTreeSet<usize>) -> usize {
        let is_plain = |at: &&usize| self.plain[**at + 1] > self.plain[**at];
        let own = places.range(range.clone()).filter(is_plain).count();
        self.plain[range.end] - self.plain[range.start] - own
    }

    /// The chain that these two words are in.
    fn chain(&self, one: usize, two: usize) -> Option<usize> {
        let mut chain = *self.with.get(&(one, two))?;
        while let Some(joined) = self.joined.get(&chain) {
            chain = *joined;
        }
        Some(chain)
    }

    /// The texts of chains that are as long.
    fn certain(&self, least: Least) -> impl Iterator<Item = u32> {
        let texts = self.chains.iter().flat_map(|chain| chain.of.keys().map(move |of| (chain, of)));
        texts.filter(move |(chain, text)| chain.reaches(**text, least, self)).map(|(_, text)| *text)
    }

    /// What is of these texts in chains that are as long: letters with the small words beside them, and words.
    fn take(
        &self,
        letters: &[Letter],
        texts: &HashSet<u32>,
        least: Least,
        taken: &mut Vec<Range<usize>>,
        words: &mut HashSet<Earlier>,
    ) {
        for chain in &self.chains {
            if !texts.iter().any(|text| chain.reaches(*text, least, self)) {
                continue;
            }
            // What lies between in a link of another text as well.
            for (of, places) in chain.of.values() {
                words.extend(of);
                let here = places.iter().filter_map(|at| self.words[*at].1);
                taken.extend(here.map(|word| widened(letters, &word.letters)));
            }
        }
    }

    /// Where chains end here.
    fn ends(&self) -> Vec<End> {
        let mut ends = Vec::new();
        for chain in &self.chains {
            let longest = chain.of.iter().max_by_key(|(text, (words, _))| (length(words), **text));
            let Some((text, (words, places))) = longest else { continue };
            let others = self.others(self.here..self.words.len(), places);
            if places.is_empty() || places.len() < others {
                continue;
            }
            let mut through: Vec<Earlier> = words.iter().copied().collect();
            through.drain(..through.len().saturating_sub(THROUGH_MAX));
            ends.push(End {
                text: *text,
                last: chain.last.map(|at| self.words[at].0),
                length: length(words),
                age: 0,
                through,
            });
        }
        ends
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
