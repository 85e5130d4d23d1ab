//! Finds what sentences say a password is: `the password is X`, `Das Kennwort lautet X`, `パスワードは「X」です`, `use X as the
//! password`.

use super::join::behind;
use super::letter::{self, NOTHING};
use super::name::{Kind, Name};
use super::value::{self, Ends, Style, Value};
use std::ops::Range;

/// The most words between a name and its value in a sentence.
const WORDS_MAX: usize = 8;
/// What joins a name and its value without a space.
const PARTICLES: &[&str] = &["'s ", "’s ", "は", "が", "是", "为", "為", "는", "은", "가"];

/// `the password is X`, `password for ana: X`, `a temporary password is generated for root: X`.
pub(super) fn sentence(text: &str, name: &Name) -> Option<Value> {
    const VERBS: &[&str] = &[
        "is", "are", "was", "now", "to", "as", "set", "changed", "reset", "lautet", "ist", "be",
        "est", "es", "=", "è", "é", "to", "är", "er", "je", "jest", "heißt", "—", "–", "->", "→",
    ];
    /// Behind these a word mostly says something else: `password reset functionality`.
    const WEAK_VERBS: &[&str] = &["set", "changed", "reset", "now", "as", "be"];
    let bytes = text.as_bytes();
    let mut at = behind(bytes, name.end);
    let (mut is_told, mut has_colon) = (false, false);
    if let Some(particle) =
        PARTICLES.iter().find(|particle| text[name.end..].starts_with(**particle))
    {
        at = letter::skip(bytes, name.end + particle.len(), 2, |sign| sign == b':' || sign == b' ');
        is_told = true;
    } else if text[..name.end].chars().last().is_some_and(|c| c > '\u{2e80}')
        && bytes.get(name.end).is_some_and(u8::is_ascii_alphanumeric)
    {
        // Nothing stands between, where words have no spaces: `密码X`.
        at = name.end;
        is_told = true;
    }
    // What stands in the same line behind an operator is no sentence.
    if letter::at(bytes, at).is_some_and(|next| matches!(next.sign, b':' | b'='))
        && name.kind != Kind::Phrase
    {
        let after = letter::skip(bytes, at + 1, 8, |sign| letter::is_blank(sign) || sign == b'*');
        letter::at(bytes, after).filter(|next| matches!(next.sign, b'\n' | b'\r'))?;
    }
    let mut was_verb = false;
    for _ in 0..WORDS_MAX {
        at = letter::skip(bytes, at, 4, letter::is_blank);
        // On a line of its own, behind a colon.
        if has_colon {
            let line = letter::skip(bytes, at, 8, letter::is_space);
            // A change marks every line.
            at = letter::skip(bytes, line, 8, |sign| letter::is_space(sign) || sign == b'+');
        }
        let at_word = letter::skip(bytes, at, 2, |sign| sign == b'*');
        let end = word(bytes, at_word);
        let said = text.get(at_word..end)?;
        let rest = letter::skip(bytes, end, 2, |sign| letter::is_blank(sign) || sign == b'.');
        let is_last =
            letter::at(bytes, rest).is_none_or(|next| matches!(next.sign, b'\n' | b'\r' | b'"'));
        // The last word of a line that says so.
        let is_whole =
            is_last && (has_colon || was_verb) && said.len() >= 8 && !said.ends_with(':');
        if is_told
            && (is_whole
                || end == at_word
                || !is_said(said)
                || name.kind == Kind::Phrase && has_colon)
        {
            let ends = if name.kind == Kind::Phrase { Ends::Sentence } else { Ends::Word };
            let (range, is_quoted) = value::read(text, at_word, ends)?;
            if is_quoted {
                let style = if name.decides { Style::Said } else { Style::Prose };
                return (!text[range.clone()].contains('\n')).then_some(Value { range, style });
            }
            let range = without_stop(text, range);
            let next = letter::at(
                bytes,
                letter::skip(bytes, range.end, 4, |sign| sign == b'.' || letter::is_blank(sign)),
            );
            let is_all = next.is_none_or(|next| matches!(next.sign, b'\n' | b'\r' | b'"'));
            let style = if has_colon && is_all { Style::Entry } else { Style::Prose };
            return Some(Value { range, style });
        }
        if end == at_word || said.ends_with(['.', ';', ',', '{', '(']) {
            return None;
        }
        has_colon = said.ends_with(':');
        let verb = said.trim_end_matches(':').to_ascii_lowercase();
        was_verb = VERBS.contains(&verb.as_str()) && !WEAK_VERBS.contains(&verb.as_str());
        is_told = is_told || has_colon || VERBS.contains(&verb.as_str());
        at = end;
    }
    None
}

/// Whether a word is only part of the sentence.
fn is_said(word: &str) -> bool {
    let plain = word.trim_end_matches([':', '.', ',']);
    plain.chars().all(|c| c.is_alphabetic() || "@-'[]".contains(c))
        && !super::word::is_random(plain)
}

/// Where a word ends.
fn word(bytes: &[u8], at: usize) -> usize {
    letter::skip(bytes, at, 40, |sign| sign != NOTHING && !letter::is_space(sign) && sign != b'"')
}

/// Without what ends a sentence.
fn without_stop(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    range.start..range.start + value.trim_end_matches(['.', ',', ':', '*']).len()
}

/// `use X as the password`.
pub(super) fn taken_as(text: &str, name: &Name) -> Option<Value> {
    const AS: &[&str] = &["as", "als", "como", "comme", "come"];
    /// Words between: `as the admin password`.
    const BETWEEN_MAX: usize = 3;
    let before = &text[text.floor_char_boundary(name.start.saturating_sub(72))..name.start];
    let line = before.rsplit('\n').next()?.strip_suffix(' ')?;
    let mut end = line.len();
    let is_as = line.rsplit(' ').take(BETWEEN_MAX).any(|word| {
        end = end.saturating_sub(word.len() + 1);
        AS.contains(&word)
    });
    let head = line.get(..end).filter(|_| is_as)?;
    // Only what stands whole in what was looked at.
    let from = head.rfind(' ')? + 1;
    let value = head[from..].trim_matches(['"', '\'', '`']);
    let start = name.start - 1 - line.len() + from + head[from..].find(value)?;
    (value.len() >= 6).then(|| Value { range: start..start + value.len(), style: Style::Prose })
}
