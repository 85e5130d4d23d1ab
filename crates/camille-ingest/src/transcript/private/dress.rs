//! The word of the mark dressed as one: in brackets, between stars, behind an emoji or a stroke, as a label, in a line
//! of its own. A dressed word says what its person wants; in the midst of a sentence, beside code, or where
//! the sentence goes on to speak of it, it is text.

use super::mention::{goes_on, is_code};
use super::word::{LIKE_SIGNS, is_dressed_word, is_mark, split_word};

/// Where the line stands in its prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// The whole prompt.
    Alone,
    /// The first line of several.
    First,
    /// The last line of several.
    Last,
    /// Between others.
    Within,
}

/// How many characters a dress has at most on one side.
const DRESS_CHARS: usize = 8;

/// What a word follows that belongs to a sentence: `set it to (private)`.
const COMPLEMENT: &[&str] = &[
    "to", "is", "as", "be", "are", "was", "by", "of", "with", "or", "and", "vs", "not", "from",
    "like", "for", "in", "on", "a", "an", "the", "called", "named", "marked", "see", "says", "say",
    "word", "mark", "made", "via", "include", "import", "call", "calls", "set",
];

/// Whether a folded line, which may be cut behind its beginning, begins with a dressed word. `beside`: the line that
/// follows.
pub(super) fn begins(line: &str, at: At, beside: &str) -> bool {
    let line = line.trim();
    let Some(start) = line.find(char::is_alphanumeric) else { return false };
    let (open, rest) = line.split_at(start);
    let is_short = open.chars().count() <= DRESS_CHARS;
    let is_over = |after: &str| !after.contains(char::is_alphanumeric);
    if is_short && let Some((core, after)) = wrapped(open, rest) {
        return is_dressed_word(core)
            && if is_over(after) {
                at == At::Alone || !is_code(beside)
            } else {
                at != At::Within && !goes_on(after, false)
            };
    }
    let open = open.trim_end();
    let (word, after) = split_word(rest);
    if at == At::Within || !is_short {
        return false;
    }
    if let Some(word) = rest.strip_prefix('3').filter(|_| open.is_empty()) {
        return is_mark(split_word(word).0);
    }
    if open.is_empty() {
        return is_mark(word) && is_label(after, at, beside);
    }
    // An emoji or another sign before it; what stands before options, items and variables is none.
    let is_sign =
        open.chars().next_back().is_some_and(|c| "/@!+%&:^§'".contains(c) || !c.is_ascii());
    let is_tight = rest.len() + open.len() == line.len();
    let is_path = after.starts_with(['/', '.', '=', '\'']);
    let is_label = after.starts_with([':', '!']) || is_over(after);
    is_sign
        && !open.starts_with('#')
        && open.chars().count() <= 2
        && is_mark(word)
        && !is_path
        && (is_label || is_tight)
        && !goes_on(after.trim_start_matches([':', '!']), true)
}

/// `Private: …`, `private!`, and the word alone in the first line of several.
fn is_label(after: &str, at: At, beside: &str) -> bool {
    let after = after.trim_end();
    if after.trim_matches(['.', ':']).is_empty() {
        let is_first = at == At::First && !is_code(beside) && !is_listed(beside);
        return is_first || (at == At::Alone && after.starts_with(':'));
    }
    let said = after.trim_start_matches([':', '!', '—', '–', ' ']);
    after.trim_start().starts_with([':', '!', '—', '–'])
        && !after.starts_with("::")
        && !(after.starts_with('!') && said.len() + 1 == after.len() && !said.is_empty())
        && !(after.starts_with(':') && goes_on(said, false))
}

/// Whether a line is one of a list of what may be seen: `public`, and `private` beside it.
fn is_listed(beside: &str) -> bool {
    let beside = beside.trim().trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    ["public", "protected", "internal", "unlisted", "shared"].contains(&split_word(&beside).0)
}

/// Whether a folded line, which may be cut before its end, ends with a dressed word. `beside`: the line before it.
pub(super) fn ends(line: &str, at: At, beside: &str) -> bool {
    let line = line.trim_end();
    let shown = line.trim_end_matches(['.', '!', '?', '…', ' ']);
    let is_asked = line[shown.len()..].contains('?');
    let Some(close) = shown.chars().next_back() else { return false };
    if close.is_alphanumeric() {
        // The word alone behind a prompt of several lines, not the last of a list.
        let word = shown.trim();
        let is_last = at == At::Last && word.starts_with(char::is_alphanumeric) && is_mark(word);
        return is_last
            && !beside.trim_end().ends_with([':', ','])
            && !is_listed(beside)
            && !is_code(beside);
    }
    let inner = shown.trim_end_matches(close);
    let pair = PAIRS.iter().find(|(_, end)| *end == close).map(|(open, _)| *open);
    let Some(open) = pair.or((!close.is_ascii()).then_some(close)) else { return false };
    let Some(start) = inner.rfind(open) else { return false };
    let before = inner[..start].trim_end_matches(open);
    let core = &inner[start + open.len_utf8()..];
    if !is_dressed_word(core) {
        return false;
    }
    let said = before.trim_end();
    if said.is_empty() {
        return at == At::Alone || !is_code(beside);
    }
    let is_apart = said.len() < before.len() || !said.ends_with(char::is_alphanumeric);
    let last = said.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_spoken_of = COMPLEMENT.contains(&last)
        || (is_asked && matches!(last, "this" | "that" | "it" | "these" | "those" | "they"))
        || said.ends_with(['=', ',', '|', '(', '/']);
    is_apart && !is_spoken_of
}

/// What opens and closes a dress. The bars of a table and the dashes of an option do not.
const PAIRS: &[(char, char)] = &[
    ('[', ']'),
    ('(', ')'),
    ('{', '}'),
    ('<', '>'),
    ('【', '】'),
    ('「', '」'),
    ('『', '』'),
    ('《', '》'),
    ('〔', '〕'),
    ('*', '*'),
    ('_', '_'),
    ('~', '~'),
    ('=', '='),
    (':', ':'),
    ('!', '!'),
    ('+', '+'),
];

/// What stands between a dress that opens and one that closes, and what follows.
fn wrapped<'t>(open: &str, rest: &'t str) -> Option<(&'t str, &'t str)> {
    let opening = open.trim_end_matches(LIKE_SIGNS).trim_end().chars().next_back()?;
    let close = match PAIRS.iter().find(|(first, _)| *first == opening) {
        Some((_, close)) => *close,
        None if opening == '-' && open.trim_end().chars().count() > 1 => opening,
        None if !opening.is_ascii() && !opening.is_alphanumeric() => opening,
        None => return None,
    };
    let (core, after) = rest.split_once(close)?;
    let after = after.trim_start_matches(close);
    // `<private>what is private</private>`
    let after = if close == '>' { after.split("</").next().unwrap_or_default() } else { after };
    Some((core, after))
}
