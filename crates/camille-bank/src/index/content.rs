//! What of a document's text is indexed. The node uses the same function to count terms in a text that a
//! peer sent.

use crate::analyzer::{self, Measure, TermKind};
use crate::batch::PartRole;
use crate::store::claim::role_number;
use crate::store::text::{self, TextPart};
use camille_proto::open::{AnyKind, AnySpeaker};
use camille_proto::vocabulary::{DocumentKind, Speaker};
use std::borrow::Cow;

/// How many characters of what a tool was given are indexed.
const INPUT_CHARS_MAX: usize = 2_000;
/// How many characters of what a tool gave back are indexed, unless it is an error.
const OUTPUT_CHARS_MAX: usize = 4_000;

/// Terms that the beginning of a long run of letters and digits can have and the whole run has not.
const BLOB_TERMS: u32 = 64;

/// An analysed body: terms with one space between them.
#[derive(Debug, Default)]
pub(crate) struct Analysed {
    /// Its terms.
    pub(crate) terms: String,
    /// Its function words.
    pub(crate) stops: String,
}

/// How the body of a message with this text relates to a question's terms: what a bank's index holds of
/// it, counted from the text.
#[must_use]
pub fn measure_message(speaker: Speaker, content: &str, terms: &[String]) -> Measure {
    analyzer::measure(&format!("{} {content}", role_word(speaker)), terms)
}

/// Whether features that came with a hit can be those of its text.
///
/// `content`: the text as received; `truncated`: whether it was cut. For a whole message the counts must
/// be exact. Of a tool call only the first part of its input and output is indexed, so its text sets an
/// upper bound, and what is indexed whatever the parts are sets a lower one; a cut message sets a lower
/// one, but for the word that was cut. Of a kind or a speaker that this build does not know the text sets an upper
/// bound.
#[must_use]
pub fn is_plausible(
    kind: AnyKind,
    speaker: AnySpeaker,
    tool: Option<&str>,
    content: &str,
    truncated: bool,
    terms: &[String],
    claimed: &Measure,
) -> bool {
    if claimed.tf.len() != terms.len() {
        return false;
    }
    let head = match (kind.known(), speaker.known()) {
        (Some(DocumentKind::Tool), _) => format!("tool {}", tool.unwrap_or_default()),
        (Some(_), Some(speaker)) => role_word(speaker).to_owned(),
        // What is indexed of a kind that nobody here knows is not known either.
        _ => String::new(),
    };
    let real = analyzer::measure(&format!("{head} {content}"), terms);
    let pairs = || claimed.tf.iter().zip(&real.tf);
    // What newer rules took out of a text left marks that the index never saw.
    let unmarked = without_marks(content);
    // A word cut at the limit can be another word.
    let not_too_much = || {
        claimed.length <= real.length + real.length / 8 + BLOB_TERMS
            && pairs().all(|(claimed, real)| *claimed <= real + 2)
    };
    match (kind.known().filter(|_| speaker.known().is_some()), truncated) {
        (None, _) => truncated || not_too_much(),
        (Some(DocumentKind::Tool), _) => {
            let indexed = first_chars(&unmarked, INPUT_CHARS_MAX);
            let least = analyzer::measure(&format!("{head} {indexed}"), terms);
            (truncated || not_too_much()) && is_at_least(claimed, &least)
        }
        (_, false) => claimed == &real,
        (_, true) => {
            let least = analyzer::measure(&format!("{head} {unmarked}"), terms);
            is_at_least(claimed, &least)
        }
    }
}

/// The text without `[redacted:…]`, which may be newer than the index.
fn without_marks(text: &str) -> Cow<'_, str> {
    const MARK: &str = "[redacted:";
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split(MARK);
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        kept.push(' ');
        kept.push_str(piece.split_once(']').map_or("", |(_, rest)| rest));
    }
    Cow::Owned(kept)
}

/// Whether a text can have these counts if a beginning of it, cut within a word, has those.
fn is_at_least(claimed: &Measure, beginning: &Measure) -> bool {
    // The cut can split a word into more terms than the whole word has, and lengths are kept rounded down.
    let length = claimed.length.saturating_add(claimed.length / 8).saturating_add(8);
    length >= beginning.length
        && claimed.tf.iter().zip(&beginning.tf).all(|(claimed, least)| claimed + 1 >= *least)
}

/// Analyses the body of a document.
pub(crate) fn body(
    kind: DocumentKind,
    speaker: Speaker,
    tool: Option<&str>,
    parts: &[TextPart],
) -> Analysed {
    let mut analysed = Analysed::default();
    if kind == DocumentKind::Tool {
        analysed.add("tool");
        analysed.add(tool.unwrap_or_default());
        for part in parts {
            let chars = if part.role == role_number(PartRole::Error) {
                usize::MAX
            } else if part.role == role_number(PartRole::Output) {
                OUTPUT_CHARS_MAX
            } else {
                INPUT_CHARS_MAX
            };
            analysed.add(first_chars(&part.text, chars));
        }
    } else {
        analysed.add(role_word(speaker));
        analysed.add(&text::join(parts.iter().map(|part| part.text.as_str())));
    }
    analysed
}

impl Analysed {
    fn add(&mut self, text: &str) {
        // Terms take about as much room as the words they come from.
        self.terms.reserve(text.len());
        analyzer::scan(text, |term, kind, _| {
            let into = if kind == TermKind::Stop { &mut self.stops } else { &mut self.terms };
            if !into.is_empty() {
                into.push(' ');
            }
            into.push_str(term);
        });
    }
}

/// What a speaker is called in questions and in bodies.
fn role_word(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Person => "user",
        Speaker::Agent => "assistant",
        Speaker::Tool => "tool",
    }
}

fn first_chars(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(role: PartRole, text: &str) -> TextPart {
        TextPart { role: role_number(role), text: text.into() }
    }

    #[test]
    fn tool_output_is_cut_and_errors_are_not() {
        let long = format!("{}needle", "x ".repeat(2_100));
        let holds = |role| {
            body(DocumentKind::Tool, Speaker::Tool, Some("Bash"), &[part(role, &long)])
                .terms
                .contains("needl")
        };
        assert!(!holds(PartRole::Output));
        assert!(!holds(PartRole::Input));
        assert!(holds(PartRole::Error));
    }

    #[test]
    fn a_tool_call_cannot_be_made_short() {
        let text = "cargo test upload\n".repeat(20);
        let terms = ["upload".to_owned()];
        let indexed = analyzer::measure(&format!("tool Bash {text}"), &terms);
        let plausible = |tf: u32, length: u32| {
            let claimed = Measure { tf: vec![tf], length };
            let tool = Some("Bash");
            is_plausible(
                DocumentKind::Tool.into(),
                Speaker::Tool.into(),
                tool,
                &text,
                false,
                &terms,
                &claimed,
            )
        };
        assert!(plausible(indexed.tf[0], indexed.length));
        assert!(!plausible(indexed.tf[0], 20));
        assert!(!plausible(2, indexed.length));
        assert!(!plausible(indexed.tf[0] * 2, indexed.length));
    }

    #[test]
    fn a_received_message_measures_as_it_was_indexed() {
        let parts = [part(PartRole::Text, "Retry the deploy."), part(PartRole::Text, "retries")];
        let indexed = body(DocumentKind::Message, Speaker::Agent, None, &parts);
        assert_eq!(indexed.terms, "assist retri deploy retri");
        assert_eq!(indexed.stops, "~the");
        let content = text::join(parts.iter().map(|p| p.text.as_str()));
        let terms = ["retri".to_owned(), "deploy".to_owned()];
        let measured = measure_message(Speaker::Agent, &content, &terms);
        assert_eq!(measured, Measure { tf: vec![2, 1], length: 4 });
        let plausible = |claimed: &Measure| {
            let kind = DocumentKind::Message;
            is_plausible(kind.into(), Speaker::Agent.into(), None, &content, false, &terms, claimed)
        };
        assert!(plausible(&measured));
        assert!(!plausible(&Measure { tf: vec![3, 1], length: 4 }));
        assert!(!plausible(&Measure { tf: vec![2, 1], length: 3 }));
    }
}
