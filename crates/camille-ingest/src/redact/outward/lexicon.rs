//! Which words are known: what is none of them, nor made of them, and stands where a password does, is one.
//!
//! The list holds what the documentation of at least three well-used libraries says, and names of programs and services.

use std::sync::LazyLock;

/// The words, sorted.
static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../rules/words.txt").lines().collect());
/// The words that wallets are restored from are ordinary ones, too. Sorted.
static OTHERS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../rules/seed.txt").lines().collect());

/// What may stand before a word.
const HEADS: &[&str] = &[
    "un", "re", "non", "dis", "sub", "pre", "over", "under", "inter", "auto", "multi", "mis", "co",
    "de", "in", "im", "db", "my", "app", "api", "web",
];
/// What a word may end in.
const TAILS: &[&str] = &[
    "s", "es", "ed", "er", "ers", "ing", "ly", "al", "ally", "able", "ably", "ment", "ments",
    "less", "ness", "ize", "ized", "izes", "ies", "ion", "ions", "ation", "ations", "ity", "est",
    "ist", "ance", "ence", "ively", "ful", "fully", "ship", "id", "db",
];
/// The shortest word that another may be made of.
const PART_BYTES_MIN: usize = 4;
/// How many words one is made of at most.
const PARTS_MAX: usize = 3;

/// Whether small letters are a known word, or made of known words.
pub(super) fn is_known(word: &str) -> bool {
    let without_head = HEADS.iter().filter_map(|head| word.strip_prefix(head));
    std::iter::once(word)
        .chain(without_head)
        .any(|word| word.len() >= PART_BYTES_MIN && is_made_of_words(word, PARTS_MAX))
}

fn is_made_of_words(word: &str, parts: usize) -> bool {
    if is_listed(word) {
        return true;
    }
    (PART_BYTES_MIN..word.len()).any(|at| {
        let (head, tail) = word.split_at(at);
        let is_word =
            is_listed(head) || is_listed(&format!("{head}e")) || is_listed(&format!("{head}y"));
        // `running` doubles a letter.
        let doubled = tail.strip_prefix(&head[at - 1..]);
        let is_ending = TAILS.contains(&tail) || matches!(doubled, Some("ing" | "ed" | "er"));
        is_word && is_ending
            || parts > 1
                && tail.len() >= PART_BYTES_MIN
                && is_listed(head)
                && is_made_of_words(tail, parts - 1)
    })
}

fn is_listed(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok() || OTHERS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_is_made_of_them_are_known() {
        assert!(WORDS.is_sorted());
        for word in [
            "password",
            "worktree",
            "authenticated",
            "userinput",
            "reconnecting",
            "sessionkeys",
            "running",
        ] {
            assert!(is_known(word), "{word}");
        }
        for word in ["gurfornitwat", "kupferlaterne", "wergeltotber", "zqxwvkjp"] {
            assert!(!is_known(word), "{word}");
        }
    }
}
