//! Literal phrases: which documents hold all the words of one, and whether a text holds it as it stands.

use super::bits::Bits;
use super::postings;
use super::snapshot::Snapshot;
use super::visibility::View;
use crate::analyzer::{self, STOP_MARK, TermKind};
use crate::error::BankError;

/// The visible documents of each segment that hold every word of every phrase. An identifier counts as
/// held when all its pieces are, because it may stand inside a longer one.
pub(super) fn holders(
    snapshot: &Snapshot,
    view: &View,
    phrases: &[String],
) -> Result<Vec<Bits>, BankError> {
    let words: Vec<Word> = phrases.iter().flat_map(|phrase| words(phrase)).collect();
    let mut all = Vec::with_capacity(snapshot.segments.len());
    for (segment, seen) in snapshot.segments.iter().zip(&view.segments) {
        let holders = |term: &str| -> Result<Bits, BankError> {
            let fields = &snapshot.fields;
            let field = if term.starts_with(STOP_MARK) { fields.stops } else { fields.body };
            let mut list = Vec::new();
            postings::read(segment, field, term, &seen.visible, &mut list)?;
            let mut bits = Bits::none(segment.reader.max_doc());
            list.iter().for_each(|posting| bits.insert(posting.document));
            Ok(bits)
        };
        let mut held = seen.visible.clone();
        for word in &words {
            let mut any = holders(&word.whole)?;
            let mut pieces: Option<Bits> = None;
            for piece in &word.pieces {
                let bits = holders(piece)?;
                match &mut pieces {
                    Some(pieces) => pieces.intersect(&bits),
                    None => pieces = Some(bits),
                }
            }
            if let Some(pieces) = pieces {
                any.unite(&pieces);
            }
            held.intersect(&any);
        }
        all.push(held);
    }
    Ok(all)
}

/// Whether the text holds every phrase literally, letter case ignored.
pub(super) fn all_in(text: &str, phrases: &[String]) -> bool {
    let lower = text.to_lowercase();
    phrases.iter().all(|phrase| lower.contains(&phrase.to_lowercase()))
}

struct Word {
    whole: String,
    pieces: Vec<String>,
}

fn words(phrase: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    analyzer::scan(phrase, |term, kind, _| match (kind, words.last_mut()) {
        (TermKind::Piece, Some(word)) => word.pieces.push(term.to_owned()),
        _ => words.push(Word { whole: term.to_owned(), pieces: Vec::new() }),
    });
    words
}
