//! The word of the mark, and what a person writes in its place: other languages, slips of the finger, phrases that say
//! the same.

use super::PRIVATE;

/// What is typed in the number sign's place by a neighbouring key, another layout, or for its looks.
pub(super) const LIKE_SIGNS: &[char] = &['#', '♯', '⌗', '⋕', '£'];

/// The word in other languages, and other words that say just that, folded.
const WORDS: &[&str] = &[
    "prive",
    "privé",
    "privee",
    "privée",
    "privado",
    "privada",
    "privaat",
    "prywatne",
    "prywatny",
    "soukromé",
    "приватно",
    "личное",
    "私密",
    "非公開",
    "비공개",
    "noshare",
    "dontshare",
    "donotshare",
    "unshared",
    "confidential",
    "privat",
    "priv",
    "pvt",
    "privato",
    "privata",
    "приват",
    "частное",
    "私有",
    "機密",
    "プライベート",
    "confidentiel",
    "confidencial",
    "confidenziale",
    "vertraulich",
    "geheim",
    "nichtteilen",
    "nosharing",
    "notshared",
    "dontpublish",
    "offtherecord",
    "offrecord",
    "localonly",
    "onlyme",
    "justme",
    "nopeers",
];

/// Words of their own that a slip of the finger would make of the mark's.
const OTHERS: &[&str] = &["primate"];

/// What stands beside the word in a mark that somebody makes up: `#keep-private`, `#private_session`.
pub(super) const BESIDE: &[&str] = &[
    "keep",
    "make",
    "stay",
    "this",
    "it",
    "is",
    "be",
    "all",
    "only",
    "please",
    "pls",
    "stuff",
    "chat",
    "session",
    "sessions",
    "conversation",
    "convo",
    "talk",
    "thread",
    "prompt",
    "note",
    "mode",
    "share",
    "do",
    "not",
    "no",
    "dont",
];

pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

pub(super) fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !is_of_word(c)).unwrap_or(text.len()))
}

/// Whether a word is the mark's, or nearly. `is_alone`: nothing else stands in its line.
pub(super) fn is_word(word: &str, is_alone: bool) -> bool {
    let meant = &PRIVATE[1..];
    let is_it = |word: &str| word == meant || WORDS.contains(&word);
    let word = word.trim_matches(['_', '-']);
    if OTHERS.contains(&word) {
        return false;
    }
    if is_it(word) || is_one_edit_apart(word, meant) {
        return true;
    }
    let joined = word.replace(['_', '-'], "");
    if is_it(&joined) {
        return true;
    }
    if joined.len() < word.len() {
        let mut pieces = word.split(['_', '-']);
        let is_beside = |piece: &str| is_it(piece) || is_alone || BESIDE.contains(&piece);
        return pieces.clone().any(is_it) && pieces.all(is_beside);
    }
    let rest = word.strip_prefix(meant).or_else(|| word.strip_suffix(meant));
    rest.is_some_and(|rest| BESIDE.contains(&rest))
}

/// Whether one letter is wrong, missing or too much, or two are swapped.
fn is_one_edit_apart(a: &str, b: &str) -> bool {
    let (mut a, mut b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    while a.last().is_some_and(|last| b.last() == Some(last)) {
        a.pop();
        b.pop();
    }
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    (a.len() <= 1 && b.len() <= 1) || matches!((a, b), ([p, q], [r, s]) if p == s && q == r)
}

/// Whether it is the mark's word itself, or the same in another language, whatever joins its pieces.
pub(super) fn is_mark(word: &str) -> bool {
    let joined: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    joined == PRIVATE[1..] || WORDS.contains(&joined.as_str())
}

/// Whether what stands in brackets or the like is the mark: its word, one that is nearly it, or a phrase around it.
pub(super) fn is_dressed_word(core: &str) -> bool {
    let core = core.trim().trim_start_matches(LIKE_SIGNS);
    let core = core.trim_matches([' ', '!', '.', ':', ',']);
    if core.is_empty() || !core.chars().all(|c| is_of_word(c) || matches!(c, ' ' | '\'' | '’')) {
        return false;
    }
    is_mark(core) || is_word(&core.replace(' ', "-"), false)
}
