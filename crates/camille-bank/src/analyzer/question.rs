//! From a question as typed to its terms and its literal phrases.

use super::{TermKind, scan};

/// The most terms of one question that count; the rest is dropped.
pub const TERMS_MAX: usize = 128;

/// A question, analysed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Its terms in order, none twice. Function words only if there is nothing else.
    pub terms: Vec<String>,
    /// What stood between double quotes, as typed.
    pub phrases: Vec<String>,
}

/// Analyses a question.
#[must_use]
pub fn question(q: &str) -> Question {
    let (mut terms, mut stops) = (Vec::new(), Vec::new());
    scan(q, |term, kind, _| {
        let list = if kind == TermKind::Stop { &mut stops } else { &mut terms };
        if list.len() < TERMS_MAX && !list.iter().any(|known| known == term) {
            list.push(term.to_owned());
        }
    });
    if terms.is_empty() {
        terms = stops;
    }
    Question { terms, phrases: phrases(q) }
}

/// What stands between pairs of double quotes, straight or curly. A quote without its pair is a character
/// like any other.
fn phrases(q: &str) -> Vec<String> {
    let quote = |c: char| matches!(c, '"' | '\u{201c}' | '\u{201d}');
    let parts: Vec<&str> = q.split(quote).collect();
    // Parts at odd places stand behind an opening quote; the last one lacks the closing quote.
    let closed = parts.len() - 1;
    parts
        .into_iter()
        .take(closed)
        .skip(1)
        .step_by(2)
        .map(str::trim)
        .filter(|phrase| !phrase.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_unique_and_in_order() {
        let q = question("why did the retry fail, retries fail?");
        assert_eq!(q.terms, ["retri", "fail"]);
        assert!(q.phrases.is_empty());
    }

    #[test]
    fn a_question_of_function_words_keeps_them() {
        assert_eq!(question("to be or not to be").terms, ["~to", "~be", "~or", "~not"]);
    }

    #[test]
    fn phrases_are_kept_as_typed() {
        let q = question("git \"index.lock exists\" and “Bad File”, 5\" disk");
        assert_eq!(q.phrases, ["index.lock exists", "Bad File"]);
        assert!(q.terms.contains(&"lock".to_owned()));
        assert!(question("half \"open").phrases.is_empty());
        assert!(question("\"\" \"  \"").phrases.is_empty());
    }
}
