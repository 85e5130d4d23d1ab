//! How a person says that a session is theirs alone: [`PRIVATE`] as a word, however it is written. What only looks
//! like it, and stands where one writes such a thing (before or behind what is asked, or alone), was surely meant, too:
//! it holds the session until its person releases it. Neither is ever asked of what somebody else wrote.

mod dress;
mod mention;
mod word;

use super::record::PRIVATE;
use crate::place::{Doing, Mention};
use camille_proto::local::LOOKS_PRIVATE;
use dress::At;
use mention::{fences, is_spoken_of};
use unicode_normalization::UnicodeNormalization;
use word::{BESIDE, LIKE_SIGNS, is_mark, is_of_word, is_word, split_word};

/// How much of a prompt's first and last line is looked at for what looks like the mark.
const EDGE_CHARS: usize = 48;

/// A text of more than so many bytes that begins with a heading is a document.
const DOCUMENT_BYTES: usize = 600;

/// The place that a session has touched whose person wrote what looks like the mark: nobody shares it, and it is in the
/// list of what holds the session.
pub(super) fn place() -> Mention {
    Mention { unknown: Some(String::new()), ..Mention::new(LOOKS_PRIVATE, Doing::Read) }
}

/// Whether a prompt says [`PRIVATE`] as a word, however it is written: in any case, full-width, with characters between
/// that do not show. Where it is spoken of, as in code, in quotes, or in a compiler's message, it is not said.
pub(super) fn is_said(prompt: &str) -> bool {
    says(prompt, &['\'', '"', '`'])
}

/// Whether a summary says it, which may put a person's words in quotes.
pub(super) fn is_repeated(summary: &str) -> bool {
    says(summary, &['\'', '`'])
}

fn says(prompt: &str, quotes: &[char]) -> bool {
    // Nearly every prompt has nothing that could be the mark's first two characters.
    let begins = |(at, sign): (usize, &str)| could_begin(&prompt[at + sign.len()..]);
    prompt.match_indices(SIGNS).any(begins) && holds_mark(&folded(prompt), quotes)
}

/// Whether a text in compatibility form holds [`PRIVATE`] as a word that is said.
fn holds_mark(folded: &str, quotes: &[char]) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '#' | '.');
    let mut fenced = None;
    folded.match_indices(PRIVATE).any(|(at, _)| {
        let (before, after) = (&folded[..at], &folded[at + PRIVATE.len()..]);
        // A full stop may end the sentence, and a stroke an emphasis or nothing.
        let rest = after.trim_start_matches(['.', '_', '-']);
        let bare = before.trim_end_matches(['_', '-']);
        let is_word =
            (!bare.ends_with(is_letter) || bare.ends_with("..")) && !rest.starts_with(is_letter);
        let before = before.rsplit('\n').next().unwrap_or_default();
        let after = after.split('\n').next().unwrap_or_default();
        is_word
            && !is_spoken_of(before, after, quotes)
            && !fenced.get_or_insert_with(|| fences(folded)).iter().any(|fence| fence.contains(&at))
    })
}

/// The characters that are a number sign in compatibility form.
const SIGNS: [char; 3] = ['#', '\u{ff03}', '\u{fe5f}'];

/// Whether what follows a number sign could go on as [`PRIVATE`] does: what shows first of it is its letter.
fn could_begin(after: &str) -> bool {
    let shown = after.chars().map(|c| folded(c.encode_utf8(&mut [0; 4]))).find(|c| !c.is_empty());
    shown.is_some_and(|first| first.as_bytes().first() == PRIVATE.as_bytes().get(1))
}

/// The text in compatibility form and lower case, without what does not show and without the dots that
/// Turkish letters lose or gain.
fn folded(text: &str) -> String {
    let is_hidden = |c: char| {
        matches!(
            c,
            '\u{ad}' | '\u{307}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{20e3}' | '\u{feff}'
        ) || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}')
            || matches!(c, '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
    };
    text.nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| !is_hidden(*c))
        .map(|c| if c == 'ı' { 'i' } else { c })
        .nfkc()
        .collect()
}

/// Whether a prompt that does not say [`PRIVATE`] has something at its beginning or its end that looks like it.
pub(super) fn is_nearly_said(prompt: &str) -> bool {
    if let Some(note) = memory(prompt) {
        return is_nearly_said(&format!("# {note}"));
    }
    let prompt = prompt.trim();
    let whole = unwrapped(prompt);
    if whole.len() < prompt.len() && prompt.starts_with("<private>") {
        return true;
    }
    let prompt = whole;
    let (first, last) = (prompt.lines().next(), prompt.lines().next_back());
    let (Some(first), Some(last)) = (first, last) else { return false };
    let is_alone = first.len() == prompt.len();
    let (head, tail) = (edge(first, false), edge(last, true));
    if begins(&head, is_alone, is_document(prompt)) || (ends(&tail) && !is_member(last)) {
        return true;
    }
    let [at_first, at_last] = if is_alone { [At::Alone; 2] } else { [At::First, At::Last] };
    let below = prompt.lines().nth(1).unwrap_or_default();
    let above = prompt.lines().rev().nth(1).unwrap_or_default();
    dress::begins(&head, at_first, below)
        || dress::ends(&tail, at_last, above)
        || (!is_alone && stands_alone(prompt))
}

/// Whether a line between the first and the last is nothing but what looks like the mark, and no code is beside it.
fn stands_alone(prompt: &str) -> bool {
    let (mut above, mut lines) = ("", prompt.lines().peekable());
    let mut is_fenced = false;
    while let Some(line) = lines.next() {
        let shown = line.trim();
        is_fenced ^= shown.starts_with("```") || shown.starts_with("~~~");
        let is_dress = |c: char| !c.is_alphanumeric();
        let could = shown.len() <= EDGE_CHARS
            && shown.starts_with(is_dress)
            && !shown.starts_with(['-', '`', '.', '/', '>'])
            && !is_fenced;
        let below = lines.peek().copied().unwrap_or_default();
        if could && !mention::is_code(above) && !mention::is_code(below) {
            let folded = folded(shown);
            let tight = folded.strip_prefix(LIKE_SIGNS).is_some_and(|word| {
                let (word, after) = split_word(word);
                is_mark(word) && !after.contains(char::is_alphanumeric)
            });
            if tight || dress::begins(&folded, At::Within, below) {
                return true;
            }
        }
        above = line;
    }
    false
}

/// What stands in the tags of a harness in which the whole text stands.
fn unwrapped(mut text: &str) -> &str {
    while let Some((tag, rest)) = text.strip_prefix('<').and_then(|rest| rest.split_once('>'))
        && let Some(inner) = rest.strip_suffix(&format!("</{tag}>"))
    {
        text = inner.trim();
    }
    text
}

/// What a person told Claude Code to remember, by a number sign before it that is not kept.
fn memory(prompt: &str) -> Option<&str> {
    let (_, note) = prompt.split_once("<user-memory-input>")?;
    Some(note.split_once("</user-memory-input>").map_or(note, |(note, _)| note))
}

/// A line's beginning or end, folded. What does not hold anything that looks like a sign is empty.
fn edge(line: &str, last: bool) -> String {
    let at = if last {
        line.char_indices().rev().nth(EDGE_CHARS - 1).map_or(0, |(at, _)| at)
    } else {
        line.char_indices().nth(EDGE_CHARS).map_or(line.len(), |(at, _)| at)
    };
    let edge = if last { &line[at..] } else { &line[..at] };
    let is_sign = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let is_spoken = |edge: &str| edge.to_ascii_lowercase().contains("hash");
    let is_short = line.len() <= PRIVATE.len() * 3;
    if is_short || edge.contains(is_sign) || is_spoken(edge) { folded(edge) } else { String::new() }
}

/// Whether a text that begins with a heading is one that somebody pasted, not a prompt with a mark before it.
fn is_document(prompt: &str) -> bool {
    prompt.len() > DOCUMENT_BYTES || prompt.lines().skip(1).any(|line| line.starts_with('#'))
}

/// Whether a first line begins with what looks like the mark. `is_alone`: nothing follows the line.
fn begins(line: &str, is_alone: bool, is_document: bool) -> bool {
    let is_dress = |c: char| "\"'“„«>`[({<*_~".contains(c);
    let line = line.trim().trim_start_matches(is_dress).trim_start();
    if let Some(rest) = line.strip_prefix("hashtag").map(str::trim_start) {
        return is_word(split_word(rest).0, false);
    }
    let Some((gap, rest)) = signed(line) else {
        return (is_alone && is_behind_sign(line)) || is_behind(line);
    };
    if gap.starts_with('!') {
        return false;
    }
    // `#no share`, `#don't-share`
    let phrase = rest.split(|c: char| !is_of_word(c) && !matches!(c, ' ' | '\'' | '’')).next();
    let token = rest.split(char::is_whitespace).next();
    if gap.is_empty() && (is_mark(phrase.unwrap_or_default()) || is_mark(token.unwrap_or_default()))
    {
        return !mention::goes_on(&rest[token.unwrap_or_default().len()..], false);
    }
    let (word, after) = split_word(rest);
    if !is_word(word, after.trim().is_empty()) {
        return false;
    }
    // `# Private API` is a heading, `#privat` is none, and `# private: …` goes on like a mark.
    let is_tight = !gap.contains(char::is_whitespace);
    let is_ended = after.trim_start().is_empty()
        || !after.trim_start().starts_with(|c: char| c.is_alphanumeric() || c == '`')
        || BESIDE.contains(&split_word(after.trim_start()).0);
    is_tight || (is_ended && !is_document)
}

/// Whether a last line ends with what looks like the mark.
fn ends(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| !c.is_alphanumeric() && !LIKE_SIGNS.contains(&c));
    let word = line.rsplit(|c: char| !is_of_word(c)).next().unwrap_or_default();
    let before = &line[..line.len() - word.len()];
    if before.trim_end().ends_with("hashtag") {
        return is_word(word, false);
    }
    let mut tokens = line.rsplit(char::is_whitespace);
    let (last, ahead) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
    let is_bare = |token: &str| is_behind(token.trim_start_matches(['(', '[', '"', '\'']));
    if is_bare(last) || (last.len() < 4 && is_bare(&format!("{ahead}{last}"))) {
        return true;
    }
    let Some(at) = before.rfind(LIKE_SIGNS) else { return false };
    let gap = before[at..].trim_start_matches(LIKE_SIGNS);
    let ahead = before[..at].trim_end_matches(LIKE_SIGNS);
    let glued = ahead.rsplit(char::is_whitespace).next().unwrap_or_default();
    let glued = glued.trim_start_matches(|c: char| "([{<*_~\"'`“".contains(c));
    // The full stop of a sentence before it; `this.#private` is code.
    let sentence = glued.strip_suffix('.').filter(|_| ahead.trim().contains(' '));
    let glued = sentence.filter(|word| !matches!(*word, "this" | "self" | "that")).unwrap_or(glued);
    // `c# private` and `x.md#private` are what they are; `please#private` lacks a space.
    let is_apart = glued.is_empty()
        || (gap.is_empty() && glued.len() > 2 && glued.chars().all(char::is_lowercase));
    is_apart
        && !gap.starts_with('!')
        && gap.chars().count() <= 3
        && is_word(word, ahead.trim().is_empty())
}

/// `Account#private`, which is a method's name.
fn is_member(line: &str) -> bool {
    let last = line.rsplit(char::is_whitespace).next().unwrap_or_default();
    last.split_once('#').is_some_and(|(class, _)| class.contains(char::is_uppercase))
}

/// What stands behind one to three number signs at the beginning of a text, or what is taken for them: up to three
/// characters that are no letters, and the rest.
fn signed(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix(LIKE_SIGNS)?.trim_start_matches(LIKE_SIGNS);
    let word = rest.find(char::is_alphanumeric)?;
    (rest[..word].chars().count() <= 3).then(|| rest.split_at(word))
}

/// Alone in its line the word behind any other sign, as in `--private`; and what goes on behind a stroke.
fn is_behind_sign(line: &str) -> bool {
    let word = line.trim_start_matches([
        '/', '@', '!', '\\', '*', '$', '~', ':', '+', '=', '%', '&', '^', '-',
    ]);
    let is_signed = word.len() < line.len() && line.len() - word.len() <= 2;
    let (word, after) = split_word(word);
    let is_over = !after.contains(|c: char| c.is_alphanumeric() || c == '/');
    is_signed && is_word(word, false) && is_over
}

/// `private#`: the sign on the wrong side.
fn is_behind(line: &str) -> bool {
    let (word, after) = split_word(line);
    let after = after.trim();
    word == &PRIVATE[1..] && !after.is_empty() && after.chars().all(|c| LIKE_SIGNS.contains(&c))
}

#[cfg(test)]
mod tests;
