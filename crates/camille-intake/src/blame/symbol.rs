//! The lines of a symbol, from the facts of its file as it lies there.

use super::BlameError;
use camille_code::facts::{Facts, SymbolId};
use camille_code::{Language, extract};
use std::path::Path;

/// The first and the last line of the symbol that a name means: the whole name, else the end of one, else its last part;
/// of several the first.
pub(super) fn lines(path: &Path, text: &str, symbol: &str) -> Result<(u32, u32), BlameError> {
    let unknown = || BlameError::Symbol { path: path.to_owned(), symbol: symbol.to_owned() };
    let language = Language::of(&path.to_string_lossy()).ok_or_else(unknown)?;
    let facts = extract(text, language).map_err(|_| unknown())?;
    let wanted = parts(symbol);
    let mut best: Option<(usize, usize)> = None;
    for at in 0..facts.symbols.len() {
        let name = parts(&qualified(&facts, at));
        let fits = name.ends_with(&wanted);
        // The less stands around it, the more it is what was meant.
        let around = name.len();
        if fits && best.is_none_or(|(least, _)| around < least) {
            best = Some((around, at));
        }
    }
    let (_, at) = best.ok_or_else(unknown)?;
    let spans = &facts.symbols[at].spans;
    let first = spans.iter().map(|span| span.first).min().ok_or_else(unknown)?;
    let span = spans.iter().find(|span| span.first == first).ok_or_else(unknown)?;
    Ok((span.first, span.last))
}

fn qualified(facts: &Facts, at: usize) -> String {
    facts.qualified(SymbolId(u32::try_from(at).unwrap_or(u32::MAX)))
}

fn parts(name: &str) -> Vec<String> {
    name.split(['.', ':', '#', '/']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
