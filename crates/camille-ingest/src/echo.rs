//! Whose text it is: fingerprints of texts that others wrote, and finding them again in what an agent wrote
//! down. Pure; what is remembered, and of whom, is decided elsewhere.
//!
//! A text is a row of words, whatever stands between them: letter case, numbers (of lines), quoting, colours,
//! and escapes of JSON, HTML and URLs to any depth do not tell. Windows of `WINDOW` words are hashed, and of
//! `CHOICE` in a row the least is kept (winnowing: Schleimer, Wilkerson and Aiken, SIGMOD 2003), so that any
//! `WINDOW` + `CHOICE` − 1 words in common are noticed. What is shorter is known by whole lines.

use std::collections::BTreeSet;
use std::ops::Range;

/// Words in a window.
const WINDOW: usize = 6;

/// Windows of which one is kept.
const CHOICE: usize = 4;

/// Words that a line must have to be known as a whole.
const LINE_WORDS_MIN: usize = 4;

/// Words between two finds that still belong to one quotation.
const GAP_WORDS_MAX: usize = 2 * WINDOW;

/// Finds that make a quotation; fewer may be chance, unless they are all that there is.
const FINDS_MIN: usize = 2;

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

/// A word of a text: what it is, and the bytes it takes.
struct Word {
    hash: u64,
    place: Range<usize>,
}

/// The fingerprints by which [`sift`] finds this text again, each once.
#[must_use]
pub fn fingerprints(text: &str) -> Vec<u64> {
    let words = words(text);
    let mut prints: BTreeSet<u64> = lines(text, &words).map(|line| whole(&words[line])).collect();
    let windows: Vec<u64> = words.windows(WINDOW).map(window).collect();
    if windows.len() < CHOICE {
        prints.extend(windows);
    } else {
        prints.extend(windows.windows(CHOICE).filter_map(|choice| choice.iter().min()));
    }
    prints.into_iter().collect()
}

/// Takes out of a text what others wrote. `is_known`: whether a fingerprint is of theirs.
#[must_use]
pub fn sift(text: &str, is_known: &dyn Fn(u64) -> bool) -> Sifted {
    let words = words(text);
    let mut taken = vec![false; words.len()];
    for quotation in quotations(text, &words, is_known) {
        taken[quotation].fill(true);
    }
    for line in lines(text, &words) {
        if is_known(whole(&words[line.clone()])) {
            taken[line].fill(true);
        }
    }
    let count = taken.iter().filter(|taken| **taken).count();
    if count == 0 {
        return Sifted::Own;
    }
    let left = words.len() - count;
    if left < LINE_WORDS_MIN || left * 10 < words.len() {
        return Sifted::Nothing;
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    while at < words.len() {
        if !taken[at] {
            at += 1;
            continue;
        }
        let end = (at..words.len()).find(|next| !taken[*next]).unwrap_or(words.len());
        kept.push_str(&text[from..words[at].place.start]);
        kept.push('…');
        from = words[end - 1].place.end;
        at = end;
    }
    kept.push_str(&text[from..]);
    Sifted::Cut(kept)
}

/// The runs of words, by their numbers, that are quoted.
fn quotations(text: &str, words: &[Word], is_known: &dyn Fn(u64) -> bool) -> Vec<Range<usize>> {
    let finds = words.windows(WINDOW).enumerate().filter(|(_, words)| is_known(window(words)));
    let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
    for (at, _) in finds {
        match runs.last_mut() {
            Some((run, finds)) if at <= run.end + GAP_WORDS_MAX => {
                run.end = at + WINDOW;
                *finds += 1;
            }
            _ => runs.push((at..at + WINDOW, 1)),
        }
    }
    let is_all = |run: &Range<usize>| run.len() * 2 > words.len();
    runs.retain(|(run, finds)| *finds >= FINDS_MIN || is_all(run));
    // Up to so many quoted words lie beyond the first and the last find. Another line is one's own, unless it is
    // known by itself.
    let reach = |at: &usize| *at < words.len() && !begins_line(text, words, *at);
    runs.into_iter()
        .map(|(run, _)| {
            let before = (run.start.saturating_sub(CHOICE - 1)..run.start).rev();
            let before = before.take_while(|at| reach(&(at + 1))).count();
            let after = (run.end..run.end + CHOICE - 1).take_while(reach).count();
            run.start - before..run.end + after
        })
        .collect()
}

/// Whether a line break, also an escaped one, stands before a word.
fn begins_line(text: &str, words: &[Word], at: usize) -> bool {
    let from = at.checked_sub(1).map_or(0, |before| words[before].place.end);
    let between = &text[from..words[at].place.start];
    between.contains('\n') || between.contains("\\n") || between.contains("\\r")
}

/// The lines of a text that are long enough to be known, as runs of words. A newline that is escaped is one.
fn lines<'a>(text: &'a str, words: &'a [Word]) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut from = 0;
    let ends =
        (1..=words.len()).filter(move |end| *end == words.len() || begins_line(text, words, *end));
    ends.map(move |end| std::mem::replace(&mut from, end)..end)
        .filter(|line| line.len() >= LINE_WORDS_MIN)
}

fn window(words: &[Word]) -> u64 {
    hash(words.iter().map(|word| word.hash), 0)
}

/// A whole line is another kind of print than a window of as many words.
fn whole(words: &[Word]) -> u64 {
    hash(words.iter().map(|word| word.hash), 1)
}

/// FNV-1a over whole numbers, mixed at the end.
fn hash(values: impl Iterator<Item = u64>, kind: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ kind;
    for value in values {
        hash = (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }
    hash ^ (hash >> 29)
}

/// The words of a text, in order.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut word = String::new();
    let mut start = 0;
    let mut at = 0;
    let mut end_word = |word: &mut String, place: Range<usize>| {
        // Numbers of lines, times and the like come and go.
        if !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()) {
            words.push(Word { hash: hash(word.bytes().map(u64::from), 2), place });
        }
        word.clear();
    };
    while at < text.len() {
        let (letter, length) = next(text, at);
        match letter {
            Some(letter) => {
                let alone = is_ideograph(letter);
                if alone {
                    end_word(&mut word, start..at);
                }
                if word.is_empty() {
                    start = at;
                }
                word.extend(letter.to_lowercase());
                at += length;
                if alone {
                    end_word(&mut word, start..at);
                }
            }
            None => {
                end_word(&mut word, start..at);
                at += length;
            }
        }
    }
    end_word(&mut word, start..text.len());
    words
}

/// Whether a letter stands for a word: such scripts put no spaces.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The letter that begins at a byte, if it is one of a word, and how many bytes it takes, escaped or not.
fn next(text: &str, at: usize) -> (Option<char>, usize) {
    let rest = &text[at..];
    let bytes = rest.as_bytes();
    let escape = match bytes[0] {
        b'\\' => backslash(rest),
        b'&' => entity(rest),
        b'%' => percent(rest),
        0x1b => (None, 1 + colour(&rest[1..])),
        _ => {
            let letter = rest.chars().next().unwrap_or(' ');
            return (Some(letter).filter(|letter| letter.is_alphanumeric()), letter.len_utf8());
        }
    };
    (escape.0.filter(|letter| letter.is_alphanumeric()), escape.1)
}

/// Any number of backslashes, and what they escape.
fn backslash(rest: &str) -> (Option<char>, usize) {
    let count = rest.bytes().take_while(|byte| *byte == b'\\').count();
    let after = &rest[count..];
    let hexadecimal = |from: usize, digits: usize| {
        let code = u32::from_str_radix(after.get(from..from + digits)?, 16).ok()?;
        char::from_u32(code)
    };
    let (letter, length) = match after.bytes().next() {
        Some(b'n' | b'r' | b't' | b'f' | b'v') => (None, 1),
        Some(b'u') => match hexadecimal(1, 4) {
            Some(letter) => (Some(letter), 5),
            None => (None, 0),
        },
        Some(b'x') => match hexadecimal(1, 2) {
            Some(letter) => (Some(letter), 3),
            None => (None, 0),
        },
        Some(b'0') if after.starts_with("033") => (Some('\u{1b}'), 3),
        _ => (None, 0),
    };
    let end = count + length;
    if letter == Some('\u{1b}') {
        return (None, end + colour(&rest[end..]));
    }
    (letter, end)
}

/// How many bytes of a control sequence follow an escape character (ECMA-48, 5.4).
fn colour(rest: &str) -> usize {
    let Some(sequence) = rest.strip_prefix('[') else { return 0 };
    let parameters = sequence.bytes().take_while(|byte| (0x20..0x40).contains(byte)).count();
    let last = sequence.as_bytes().get(parameters).is_some_and(u8::is_ascii_alphabetic);
    1 + parameters + usize::from(last)
}

/// A character reference of HTML, also one whose ampersand is one itself.
fn entity(rest: &str) -> (Option<char>, usize) {
    let mut end = 1;
    while rest[end..].starts_with("amp;") {
        end += 4;
    }
    for name in ["lt;", "gt;", "quot;", "apos;", "nbsp;", "#39;", "#34;", "#x27;"] {
        if rest[end..].starts_with(name) {
            return (None, end + name.len());
        }
    }
    (None, end)
}

/// A byte of a URL; letters are seldom written so.
fn percent(rest: &str) -> (Option<char>, usize) {
    let byte = rest.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    match byte {
        Some(byte) if byte.is_ascii() => (Some(char::from(byte)), 3),
        _ => (None, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const THEIRS: &str = "The deploy hung because the migration waited for an exclusive lock behind \
        the idle transaction of the export, and every read then waited behind the migration. Since \
        then each statement runs with a lock timeout of two seconds and is tried again.";

    fn sifted(theirs: &str, text: &str) -> Sifted {
        let known: HashSet<u64> = fingerprints(theirs).into_iter().collect();
        sift(text, &|print| known.contains(&print))
    }

    #[test]
    fn a_text_comes_back_in_many_guises_and_is_known() {
        let wrapped = |width: usize| {
            let letters: Vec<char> = THEIRS.chars().collect();
            let lines: Vec<String> =
                letters.chunks(width).map(|line| line.iter().collect()).collect();
            lines
        };
        let json = serde_json::to_string(THEIRS).expect("a text");
        let twice = serde_json::to_string(&json).expect("a text");
        let numbered: Vec<String> =
            wrapped(80).iter().enumerate().map(|(n, line)| format!("{n:>6}→{line}")).collect();
        let words: Vec<&str> = THEIRS.split(' ').collect();
        for text in [
            THEIRS.to_owned(),
            THEIRS.to_uppercase(),
            wrapped(80).join("\n"),
            wrapped(100).join("\n> "),
            wrapped(72).join("\n+ "),
            numbered.join("\n"),
            json.clone(),
            twice,
            THEIRS.replace(' ', "%20"),
            THEIRS.replace(' ', "&nbsp;"),
            words.join(" \u{1b}[1m"),
            words.join("\\u001b[0m \\n"),
            words[5..25].join(" "),
            format!("{{\"content\": {json}, \"score\": 3.2}}"),
        ] {
            assert_eq!(sifted(THEIRS, &text), Sifted::Nothing, "{text}");
        }
    }

    #[test]
    fn a_quotation_goes_and_the_own_words_stay() {
        let before = "I asked the others and ana had met the very same thing in spring:";
        let after = "so I shall set the timeout in our role as well and tell the team on monday.";
        let text = format!("{before}\n\n> {THEIRS}\n\n{after}");
        let Sifted::Cut(kept) = sifted(THEIRS, &text) else { panic!("not cut") };
        assert!(kept.starts_with("I asked the others and ana had met"), "{kept}");
        assert!(kept.ends_with("in our role as well and tell the team on monday."), "{kept}");
        assert!(!kept.contains("exclusive") && !kept.contains("tried again"), "{kept}");
    }

    #[test]
    fn who_speaks_of_the_same_things_keeps_every_word() {
        for text in [
            "Why does the deploy hang? I think the migration waits for an exclusive lock.",
            "Set a lock timeout of two seconds and try the statement again.",
            "the idle transaction of the export is what every read waits for, I guess",
            "yes",
            "",
        ] {
            assert_eq!(sifted(THEIRS, text), Sifted::Own, "{text}");
        }
    }

    #[test]
    fn a_short_text_is_known_by_its_line() {
        let theirs = "restart the walrus daemon twice";
        assert_eq!(sifted(theirs, "  2: Restart the walrus daemon twice\n"), Sifted::Nothing);
        assert_eq!(sifted(theirs, "I would not restart the walrus daemon twice"), Sifted::Own);
    }
}
