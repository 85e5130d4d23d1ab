//! Whose text it is: fingerprints of texts that others wrote, and finding them again in what an agent wrote
//! down. Pure; what is remembered, and of whom, is decided elsewhere.
//!
//! Windows of `WINDOW` letters are hashed, and of `CHOICE` in a row the least is kept (winnowing: Schleimer,
//! Wilkerson and Aiken, SIGMOD 2003), so that of any `WINDOW` + `CHOICE` − 1 letters in common one window is
//! noticed. What is shorter is known by whole fields: lines, sentences, what stands between quotation marks, cells.
//! Where others' words stand in a column, or between words that come again in each line, they are read down the
//! page as well (`view`); rows of digits are known by themselves (`number`). Where something else stands between any
//! few of their words, these are known by their order (`word`).

mod letter;
mod number;
mod view;
mod word;

use letter::{Gap, Letter, mixed};
use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use word::Least;
pub use word::{Earlier, Trail};

/// Letters in a window.
const WINDOW: usize = 24;

/// Windows of which one is kept.
const CHOICE: usize = 16;

/// Letters that a field has if it is known as a whole; a longer one is known by its windows.
const FIELD: Range<usize> = 10..2 * (WINDOW + CHOICE);

/// Letters that a sentence has if it is known as one within a line.
const SENTENCE_MIN: usize = 30;

/// Letters between two finds that still belong to one quotation.
const GAP_MAX: usize = 48;

/// Letters that a quotation spans. Less may be chance, or a phrase that everybody uses.
const QUOTE_MIN: usize = 40;

/// Letters of known fields that make a tool's output another's, if that is all there is.
const OUTPUT_MIN: usize = 20;

/// What makes a chain of words another's in a tool's output and in what somebody says, and beside what is another's.
const CHAIN_SHOWN: (Least, Least) =
    (Least { words: 8, letters: 44 }, Least { words: 3, letters: 14 });
const CHAIN_SAID: (Least, Least) =
    (Least { words: 9, letters: 54 }, Least { words: 4, letters: 24 });

/// Letters of one's own that are worth keeping beside others'.
const LEFT_MIN: usize = 16;

/// Bits of a fingerprint: enough that chance does not matter, and six bytes each.
const PRINT_BITS: u32 = 48;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// A person or an agent, who may say by chance what others said in a few words.
    Said,
    /// A tool: it shows what stands somewhere.
    Shown,
}

/// What a text is besides one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sifted {
    /// Nothing of it is another's.
    Own,
    /// What is left when others' words are taken out.
    Cut(String),
    /// Nothing worth keeping is left.
    Nothing,
}

/// The fingerprints by which [`quotations`] finds this text again, each once.
#[must_use]
pub fn fingerprints(text: &str) -> Vec<u64> {
    let mut prints = HashSet::new();
    let mut hashes = VecDeque::with_capacity(CHOICE);
    let (mut any, mut windows) = (None, 0);
    scan(text, |what| match what {
        Scanned::Field(print, ..) => {
            prints.insert(print);
        }
        Scanned::Window(print) => {
            windows += 1;
            any = Some(any.map_or(print, |least: u64| least.min(print)));
            if hashes.len() == CHOICE {
                hashes.pop_front();
            }
            hashes.push_back(print);
            if hashes.len() == CHOICE {
                prints.extend(hashes.iter().min());
            }
        }
    });
    if windows < CHOICE {
        prints.extend(any);
    }
    prints.extend(word::links(&letters(text)));
    number::each_run(text, |run| prints.extend(run.prints()));
    let mut prints: Vec<u64> = prints.into_iter().collect();
    prints.sort_unstable();
    prints
}

/// Every fingerprint that this text could be known by.
#[must_use]
pub fn every_print(text: &str) -> HashSet<u64> {
    let mut prints = HashSet::new();
    scan(text, |what| {
        prints.insert(match what {
            Scanned::Field(print, ..) | Scanned::Window(print) => print,
        });
    });
    prints.extend(word::links(&letters(text)));
    number::each_run(text, |run| prints.extend(run.every_print()));
    prints
}

fn letters(text: &str) -> Vec<Letter> {
    let mut letters = Vec::new();
    letter::each(text, |letter| letters.push(letter));
    letters
}

/// What of a part of a transcript others wrote.
#[derive(Debug, Default)]
pub struct Found {
    /// Bytes of its text, in order.
    pub parts: Vec<Range<usize>>,
    /// Words of earlier parts that turn out to be the beginning of it.
    pub through: Vec<Earlier>,
}

/// The parts of a text, in bytes and in order, that others wrote. `is_known`: whether a fingerprint is of theirs.
#[must_use]
pub fn quotations(text: &str, voice: Voice, is_known: impl Fn(u64) -> bool) -> Vec<Range<usize>> {
    follow(text, voice, 0, &mut Trail::default(), |print| is_known(print).then_some(0)).parts
}

/// The same for a part of a session, whose number is `part`: what others wrote may have begun in an earlier one, of
/// which `trail` tells, and go on in a later one. `text_of`: the number of the text of theirs that a fingerprint is of.
#[must_use]
pub fn follow(
    text: &str,
    voice: Voice,
    part: u64,
    trail: &mut Trail,
    text_of: impl Fn(u64) -> Option<u32>,
) -> Found {
    let chain = if voice == Voice::Shown { CHAIN_SHOWN } else { CHAIN_SAID };
    sift(
        text,
        voice,
        false,
        &mut |letters, theirs| word::chained(letters, part, chain, theirs, trail, &text_of),
        &text_of,
    )
}

/// The same for a part that was read before, of which these words turned out to be theirs.
#[must_use]
pub fn named(
    text: &str,
    prints: &HashSet<u64>,
    is_known: impl Fn(u64) -> bool,
) -> Vec<Range<usize>> {
    sift(
        text,
        Voice::Shown,
        true,
        &mut |letters, _| word::Chained {
            taken: word::named(letters, prints),
            through: Vec::new(),
        },
        &|print| is_known(print).then_some(0),
    )
    .parts
}

fn sift(
    text: &str,
    voice: Voice,
    is_certain: bool,
    chain: &mut dyn FnMut(&[Letter], &HashSet<u32>) -> word::Chained,
    text_of: &impl Fn(u64) -> Option<u32>,
) -> Found {
    let letters = letters(text);
    let mut taken = vec![false; letters.len()];
    let views = view::views(text, &letters);
    let mut theirs = HashSet::new();
    let mut read = |is_certain: bool, taken: &mut Vec<bool>| {
        let found = take(&letters, voice, is_certain, text_of, &mut |at| taken[at] = true);
        theirs.extend(found);
        for view in &views {
            let row: Vec<Letter> = view.iter().map(|(_, letter)| *letter).collect();
            let found = take(&row, voice, is_certain, text_of, &mut |at| taken[view[at].0] = true);
            theirs.extend(found);
        }
        std::mem::take(&mut theirs)
    };
    let theirs = read(is_certain, &mut taken);
    let chained = chain(&letters, &theirs);
    if !chained.taken.is_empty() && !is_certain {
        read(true, &mut taken);
    }
    chained.taken.into_iter().flatten().for_each(|at| taken[at] = true);
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (letter, _) in letters.iter().zip(taken).filter(|(_, taken)| *taken) {
        match parts.last_mut() {
            // Nothing of one's own lies between.
            Some(part)
                if letter.before == Gap::None || !has_letters(&letters, part.end, letter.from) =>
            {
                part.end = letter.to;
            }
            _ => parts.push(letter.from..letter.to),
        }
    }
    for part in &mut parts {
        *part = with_numbers(text, &letters, part);
    }
    number::each_run(text, |run| {
        parts.extend(run.quoted(voice == Voice::Shown, &|print| text_of(print).is_some()))
    });
    Found { parts: joined(parts), through: chained.through }
}

/// A quotation with the numbers that stand beside it in its sentence: letters do not tell of them.
fn with_numbers(text: &str, letters: &[Letter], part: &Range<usize>) -> Range<usize> {
    let is_digit = |c: char| c.is_ascii_digit();
    let at = letters.partition_point(|letter| letter.from < part.end);
    let after = &text[part.end..letters.get(at).map_or(text.len(), |letter| letter.from)];
    let after = &after[..number::sentence_end(after)];
    let end = after.rfind(is_digit).map_or(part.end, |digit| part.end + digit + 1);
    let at = letters.partition_point(|letter| letter.from < part.start);
    let from = at.checked_sub(1).map_or(0, |at| letters[at].to);
    let before = &text[from..part.start];
    let begun = before.rfind(['\n', '"', '\t', '|', '`', '>']).map_or(0, |at| at + 1);
    let begun = [". ", ": ", "! ", "? "]
        .iter()
        .filter_map(|end| before.rfind(end))
        .map(|at| at + 2)
        .fold(begun, usize::max);
    let start = before[begun..].find(is_digit).map_or(part.start, |digit| from + begun + digit);
    start..end
}

/// The same parts in order, each once.
fn joined(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_unstable_by_key(|part| part.start);
    let mut all: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match all.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => all.push(part),
        }
    }
    all
}

/// Takes these parts out of a text.
#[must_use]
pub fn without(text: &str, parts: &[Range<usize>]) -> Sifted {
    if parts.is_empty() {
        return Sifted::Own;
    }
    let (mut all, mut left) = (0_usize, 0_usize);
    let mut at = 0;
    letter::each(text, |letter| {
        while parts.get(at).is_some_and(|part| part.end <= letter.from) {
            at += 1;
        }
        all += 1;
        left += usize::from(parts.get(at).is_none_or(|part| letter.from < part.start));
    });
    if left < LEFT_MIN || left * 10 < all {
        return Sifted::Nothing;
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for part in parts {
        kept.push_str(&text[from..part.start]);
        kept.push('…');
        from = part.end;
    }
    kept.push_str(&text[from..]);
    Sifted::Cut(kept)
}

/// Whether letters stand between two places.
fn has_letters(letters: &[Letter], from: usize, to: usize) -> bool {
    let at = letters.partition_point(|letter| letter.from < from);
    letters.get(at).is_some_and(|letter| letter.from < to)
}

/// Tells which letters of a row others wrote, by their places in it. Gives the texts that they are of.
fn take(
    letters: &[Letter],
    voice: Voice,
    is_certain: bool,
    text_of: &impl Fn(u64) -> Option<u32>,
    tell: &mut dyn FnMut(usize),
) -> HashSet<u32> {
    let (mut finds, mut fields, mut texts) = (Vec::new(), Vec::new(), HashSet::new());
    let mut at = 0;
    let mut scanner = Scanner::default();
    let mut sort = |what: Scanned| match what {
        Scanned::Window(print) => {
            if let Some(text) = text_of(print) {
                finds.push(at);
                texts.insert(text);
            }
            at += 1;
        }
        Scanned::Field(print, field) => {
            if let Some(text) = text_of(print) {
                fields.push(field);
                texts.insert(text);
            }
        }
    };
    letters.iter().for_each(|letter| scanner.push(letter, &mut sort));
    scanner.finish(&mut sort);
    if finds.is_empty() && fields.is_empty() {
        return HashSet::new();
    }
    let is_shown = voice == Voice::Shown;
    let runs = runs(letters, &finds);
    let is_quotation =
        |run: &Run| run.solid_max >= QUOTE_MIN || (is_shown && run.range.len() * 2 > letters.len());
    // A whole line or sentence that long is nobody else's by chance.
    let is_certain = is_certain
        || runs.iter().any(is_quotation)
        || fields.iter().any(|field| field.len() >= QUOTE_MIN)
        || {
            let all: usize = fields.iter().map(Range::len).sum();
            let least = if is_shown { OUTPUT_MIN } else { QUOTE_MIN };
            all >= least && all * 2 > letters.len()
        };
    if !is_certain {
        return HashSet::new();
    }
    for run in &runs {
        // A tool that shows some of it shows it wherever the slightest sign of it stands.
        if is_shown || is_quotation(run) {
            reached(letters, &run.range, is_shown).for_each(&mut *tell);
        }
    }
    fields.into_iter().flatten().for_each(tell);
    texts
}

/// Finds that lie near each other.
struct Run {
    /// From the first to the last, by letters' numbers.
    range: Range<usize>,
    /// The longest part of it that is known without a gap.
    solid_max: usize,
}

fn runs(letters: &[Letter], finds: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let (mut begun, mut last) = (0, None);
    for start in finds {
        let (start, end) = (*start, start + WINDOW);
        // Winnowing keeps one of so many windows: farther apart, something else lies between.
        if last.is_none_or(|last| start > last + CHOICE) {
            begun = start;
        }
        last = Some(start);
        let solid = end - begun;
        match runs.last_mut() {
            Some(run) if is_near(letters, run.range.end, start) => {
                run.range.end = end;
                run.solid_max = run.solid_max.max(solid);
            }
            _ => runs.push(Run { range: start..end, solid_max: WINDOW }),
        }
    }
    runs
}

/// Whether what lies between two finds is a changed word, or the border of a line, and no line of its own.
fn is_near(letters: &[Letter], end: usize, start: usize) -> bool {
    let breaks = |letters: &[Letter]| letters.iter().filter(|l| l.before == Gap::Line).count();
    start <= end + 1 || (start <= end + GAP_MAX && breaks(&letters[end..=start]) < 2)
}

/// A quotation with what belongs to it beyond its first and last find: up to so many letters, as far as the phrase
/// goes, and whole words. Another line is one's own, unless it is known by itself. `over_cells`: also cells of one
/// word, where a tool shows a word in each.
fn reached(letters: &[Letter], run: &Range<usize>, over_cells: bool) -> Range<usize> {
    let (mut start, mut end) = (run.start, run.end);
    let fits = |gap: Gap, steps: usize| match gap {
        Gap::None => true,
        Gap::Space => steps < CHOICE,
        Gap::Wide | Gap::Phrase | Gap::Field | Gap::Line => false,
    };
    let is_border = |letter: &Letter| letter.before >= Gap::Space;
    loop {
        while start > 0 && fits(letters[start].before, run.start - start) {
            start -= 1;
        }
        let cell = letters[..start].iter().rposition(is_border).unwrap_or(0);
        if !(over_cells && start > 0 && letters[start].before == Gap::Wide)
            || run.start - cell > CHOICE
            || letters[cell].before != Gap::Wide
        {
            break;
        }
        start = cell;
    }
    loop {
        while end < letters.len() && fits(letters[end].before, end - run.end) {
            end += 1;
        }
        if !(over_cells && end < letters.len() && letters[end].before == Gap::Wide) {
            break;
        }
        let next = letters[end + 1..].iter().position(is_border);
        let next = next.map_or(letters.len(), |at| end + 1 + at);
        let is_word = letters.get(next).is_none_or(|letter| letter.before == Gap::Wide);
        if next - run.end > CHOICE || !is_word {
            break;
        }
        end = next;
    }
    start..end
}

/// What a text is known by.
enum Scanned {
    /// The next window.
    Window(u64),
    /// A field, by its letters' numbers.
    Field(u64, Range<usize>),
}

/// Tells the windows and fields of a text.
fn scan(text: &str, mut tell: impl FnMut(Scanned)) {
    let mut scanner = Scanner::default();
    letter::each(text, |letter| scanner.push(&letter, &mut tell));
    scanner.finish(&mut tell);
}

/// Reads letters one by one.
///
/// Buzhash: each letter's symbol is turned by its distance from the end (Cohen 1997, cyclic polynomials).
#[derive(Default)]
struct Scanner {
    last: [u64; WINDOW],
    count: usize,
    place: usize,
    rolling: u64,
    field: Unit,
    sentence: Unit,
}

/// A row of letters that may be known as a whole.
#[derive(Default)]
struct Unit {
    hash: u64,
    begun: usize,
}

impl Unit {
    fn push(&mut self, symbol: u64) {
        self.hash = (self.hash.rotate_left(5) ^ symbol).wrapping_mul(0x0100_0000_01b3);
    }

    /// Ends it, and begins the next one.
    fn end(&mut self, count: usize) -> (u64, Range<usize>) {
        let ended = std::mem::replace(self, Self { hash: 0, begun: count });
        (print(!ended.hash), ended.begun..count)
    }
}

impl Scanner {
    fn push(&mut self, letter: &Letter, tell: &mut impl FnMut(Scanned)) {
        if letter.before >= Gap::Phrase {
            self.end(letter.before >= Gap::Field, tell);
        }
        self.field.push(letter.symbol);
        self.sentence.push(letter.symbol);
        let out = std::mem::replace(&mut self.last[self.place], letter.symbol);
        self.place = if self.place + 1 == WINDOW { 0 } else { self.place + 1 };
        self.rolling = self.rolling.rotate_left(1) ^ letter.symbol;
        if self.count >= WINDOW {
            self.rolling ^= out.rotate_left(WINDOW as u32);
        }
        self.count += 1;
        if self.count >= WINDOW {
            tell(Scanned::Window(print(self.rolling)));
        }
    }

    fn finish(mut self, tell: &mut impl FnMut(Scanned)) {
        self.end(true, tell);
    }

    /// A sentence ends, and with it maybe a field.
    fn end(&mut self, is_field: bool, tell: &mut impl FnMut(Scanned)) {
        let (sentence, letters) = self.sentence.end(self.count);
        let is_whole = is_field && letters.start == self.field.begun;
        if !is_whole && (SENTENCE_MIN..FIELD.end).contains(&letters.len()) {
            tell(Scanned::Field(sentence, letters));
        }
        if is_field {
            let (field, letters) = self.field.end(self.count);
            if FIELD.contains(&letters.len()) {
                tell(Scanned::Field(field, letters));
            }
        }
    }
}

fn print(hash: u64) -> u64 {
    mixed(hash) >> (u64::BITS - PRINT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const THEIRS: &str = "The deploy hung because the migration waited for an exclusive lock behind \
        the idle transaction of the export, and every read then waited behind the migration. Since \
        then each statement runs with a lock timeout of two seconds and is tried again.";

    fn sifted(theirs: &str, text: &str, voice: Voice) -> Sifted {
        let known: HashSet<u64> = fingerprints(theirs).into_iter().collect();
        without(text, &quotations(text, voice, |print| known.contains(&print)))
    }

    #[test]
    fn a_quotation_goes_and_the_own_words_stay() {
        let before = "I asked the others and ana had met the very same thing in spring:";
        let after = "so I shall set the timeout in our role as well and tell the team on monday.";
        let text = format!("{before}\n\n> {THEIRS}\n\n{after}");
        for voice in [Voice::Said, Voice::Shown] {
            let kept = Sifted::Cut(format!("{before}\n\n> ….\n\n{after}"));
            assert_eq!(sifted(THEIRS, &text, voice), kept);
        }
    }

    #[test]
    fn who_speaks_of_the_same_things_keeps_every_word() {
        for text in [
            "Why does the deploy hang? I think the migration waits for an exclusive lock.",
            "Set a lock timeout of two seconds and try the statement again.",
            "the idle transaction of the export is what every read waits for, I guess",
            "behind the idle transaction",
            "yes",
            "",
        ] {
            assert_eq!(sifted(THEIRS, text, Voice::Said), Sifted::Own, "{text}");
        }
    }

    #[test]
    fn a_short_text_is_known_by_its_field() {
        let theirs = "restart the walrus daemon twice";
        let shown = |text| sifted(theirs, text, Voice::Shown);
        assert_eq!(shown("  2: Restart the walrus daemon twice\n"), Sifted::Nothing);
        let own = "I would not restart the walrus daemon twice, nor would anybody else I know";
        assert_eq!(shown(own), Sifted::Own);
        assert_eq!(sifted(theirs, theirs, Voice::Said), Sifted::Own, "anybody may say so little");
    }

    #[test]
    fn what_is_no_fingerprint_costs_no_more_than_a_look() {
        assert_eq!(fingerprints(""), [] as [u64; 0]);
        assert_eq!(fingerprints("1 2 3, short"), [] as [u64; 0]);
        assert!(fingerprints("a line of ten letters").len() == 1, "known as a whole");
        let long = THEIRS.repeat(20);
        let letters = long.chars().filter(|letter| letter.is_alphabetic()).count();
        assert!(fingerprints(&long).len() * 20 <= letters * 3, "one in seven letters at most");
    }

    proptest! {
        /// The promise of winnowing: whatever stands around it, enough of a text in a row is noticed.
        #[test]
        fn enough_in_a_row_is_always_noticed(
            before in "[a-z ]{0,80}", after in "[a-z ]{0,80}", from in 0_usize..100,
        ) {
            let letters: Vec<char> = THEIRS.chars().filter(|l| l.is_alphabetic()).collect();
            let part: String = letters[from..from + QUOTE_MIN + 2 * (CHOICE - 1)].iter().collect();
            let text = format!("{before}\n{part}\n{after}");
            prop_assert_ne!(sifted(THEIRS, &text, Voice::Said), Sifted::Own);
        }

        #[test]
        fn whatever_comes_nothing_breaks_and_all_prints_are_found(text in "\\PC{0,200}") {
            let every = every_print(&text);
            prop_assert!(fingerprints(&text).iter().all(|print| every.contains(print)));
            let all = quotations(&text, Voice::Shown, |_| true);
            let _ = without(&text, &all);
        }
    }
}
