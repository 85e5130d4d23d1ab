//! Rows of digits, for letters say nothing of numbers: account numbers, keys of safes, ids. Dates and times are no such
//! rows, nor are the small numbers that count things.

use super::PRINT_BITS;
use super::letter::mixed;
use std::ops::Range;

/// Digits in a window.
const WINDOW: usize = 12;

/// Windows of which one is kept.
const CHOICE: usize = 4;

/// Digits of a row that is known as a whole where a tool shows it, and where somebody says it.
const SHOWN_MIN: usize = 8;
const SAID_MIN: usize = 10;

/// Digits in common that are no chance.
const QUOTE_MIN: usize = 20;

/// Digits of a number that says something by itself.
const NUMBER_MIN: usize = 3;

/// Digits between which no letter stands.
pub(super) struct Run {
    /// Each digit's value and place.
    digits: Vec<(u8, usize)>,
}

impl Run {
    /// What it is remembered by.
    pub(super) fn prints(&self) -> Vec<u64> {
        let windows = self.windows();
        let mut prints: Vec<u64> =
            windows.windows(CHOICE).filter_map(|some| some.iter().min().copied()).collect();
        if windows.len() < CHOICE {
            prints.extend(windows.iter().min());
        }
        prints.extend(self.whole());
        prints.sort_unstable();
        prints.dedup();
        prints
    }

    /// Everything that it could be known by.
    pub(super) fn every_print(&self) -> Vec<u64> {
        self.windows().into_iter().chain(self.whole()).collect()
    }

    /// The parts of it that others wrote, in bytes of the text.
    pub(super) fn quoted(
        &self,
        is_shown: bool,
        is_known: &impl Fn(u64) -> bool,
    ) -> Vec<Range<usize>> {
        let least = if is_shown { SHOWN_MIN } else { SAID_MIN };
        let bytes =
            |range: Range<usize>| self.digits[range.start].1..self.digits[range.end - 1].1 + 1;
        if self.digits.len() >= least && self.whole().is_some_and(is_known) {
            return vec![bytes(0..self.digits.len())];
        }
        let mut parts: Vec<Range<usize>> = Vec::new();
        let known = self.windows().into_iter().enumerate().filter(|(_, print)| is_known(*print));
        for (at, _) in known {
            match parts.last_mut() {
                Some(part) if at <= part.end => part.end = at + WINDOW,
                _ => parts.push(at..at + WINDOW),
            }
        }
        parts.retain(|part| {
            part.len() >= QUOTE_MIN || (is_shown && part.len() * 2 > self.digits.len())
        });
        parts.into_iter().map(|part| bytes(self.widened(part))).collect()
    }

    /// With the digits beside it that no window is sure of.
    fn widened(&self, part: Range<usize>) -> Range<usize> {
        part.start.saturating_sub(CHOICE)..(part.end + CHOICE).min(self.digits.len())
    }

    fn windows(&self) -> Vec<u64> {
        self.digits.windows(WINDOW).map(hash).collect()
    }

    fn whole(&self) -> Option<u64> {
        (self.digits.len() >= SHOWN_MIN)
            .then(|| !hash(&self.digits) & (u64::MAX >> (64 - PRINT_BITS)))
    }
}

fn hash(digits: &[(u8, usize)]) -> u64 {
    // No row of digits is a row of letters.
    let row = digits.iter().fold(0xd161_7500, |row, (digit, _)| mixed(row ^ u64::from(*digit)));
    mixed(row) >> (u64::BITS - PRINT_BITS)
}

/// Gives each row of digits of a text that is long enough to be known.
pub(super) fn each_run(text: &str, mut take: impl FnMut(Run)) {
    let bytes = text.as_bytes();
    let mut run = Run { digits: Vec::new() };
    let mut end = |run: &mut Run| {
        let ended = std::mem::replace(run, Run { digits: Vec::new() });
        if ended.digits.len() >= SHOWN_MIN {
            take(ended);
        }
    };
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_alphabetic() || byte >= 0x80 {
            end(&mut run);
            at += 1;
        } else if byte.is_ascii_digit() {
            let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            match moment(&bytes[at..]) {
                Some(moment) => at += moment,
                None => {
                    if length >= NUMBER_MIN {
                        run.digits.extend((at..at + length).map(|at| (bytes[at] - b'0', at)));
                    }
                    at += length;
                }
            }
        } else {
            at += 1;
        }
    }
    end(&mut run);
}

/// The length of a date, a time or both that bytes begin with.
fn moment(bytes: &[u8]) -> Option<usize> {
    let fits = |shape: &[u8], bytes: &[u8]| {
        bytes.len() >= shape.len()
            && shape.iter().zip(bytes).all(|(shape, byte)| match shape {
                b'0' => byte.is_ascii_digit(),
                other => other == byte,
            })
            && !bytes.get(shape.len()).is_some_and(u8::is_ascii_digit)
    };
    let shapes: [&[u8]; 6] =
        [b"0000-00-00", b"0000/00/00", b"00.00.0000", b"00/00/0000", b"00:00:00", b"00:00"];
    let shape = shapes.iter().find(|shape| fits(shape, bytes))?;
    let mut length = shape.len();
    // Parts of a second, after a point or a comma.
    if shape.ends_with(b":00") && bytes.get(length).is_some_and(|byte| b".,".contains(byte)) {
        let digits = bytes[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        length += if digits > 0 { digits + 1 } else { 0 };
    }
    Some(length)
}

/// Where what a text begins with ends: its line, or its sentence.
pub(super) fn sentence_end(text: &str) -> usize {
    let line = text.find('\n').unwrap_or(text.len());
    let ends = [". ", "! ", "? "].iter().filter_map(|end| text.find(end));
    ends.fold(line, usize::min)
}
