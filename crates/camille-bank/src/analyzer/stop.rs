//! English function words: they carry a sentence and no topic.

/// Sorted, for binary search. The last letters of contractions stand alone because an apostrophe ends a
/// word.
const WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "aren", "as", "at",
    "be", "because", "been", "being", "but", "by", "can", "could", "couldn", "d", "did", "didn",
    "do", "does", "doesn", "doing", "don", "for", "from", "had", "has", "hasn", "have", "haven",
    "having", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "isn", "it",
    "its", "just", "let", "ll", "m", "me", "my", "no", "not", "of", "on", "or", "our", "ours",
    "re", "s", "shall", "she", "should", "shouldn", "so", "some", "such", "t", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "us",
    "ve", "was", "wasn", "we", "were", "weren", "what", "when", "where", "which", "while", "who",
    "whom", "whose", "why", "will", "with", "won", "would", "wouldn", "you", "your", "yours",
];

/// Whether `word`, in lower case, is one of them.
pub(super) fn is_stop(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::WORDS;

    #[test]
    fn the_list_is_sorted() {
        assert!(WORDS.is_sorted());
    }
}
