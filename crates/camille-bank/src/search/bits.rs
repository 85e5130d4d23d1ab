//! A set of the documents of one segment.

use tantivy::DocId;

/// A set of documents, one bit each.
#[derive(Debug, Clone)]
pub(crate) struct Bits {
    words: Vec<u64>,
    /// Whether it is known to hold all.
    full: bool,
}

impl Bits {
    /// No document of a segment that has `count`.
    pub(crate) fn none(count: u32) -> Self {
        Self { words: vec![0; (count as usize).div_ceil(64)], full: false }
    }

    /// Adds a document.
    pub(crate) fn insert(&mut self, document: DocId) {
        self.words[document as usize / 64] |= 1 << (document % 64);
    }

    /// Takes note if it holds all `count` documents of its segment.
    pub(crate) fn note_full(&mut self, count: u32) {
        let held: u32 = self.words.iter().map(|word| word.count_ones()).sum();
        self.full = held == count;
    }

    /// Whether it is known to hold all documents.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether it holds the document.
    pub(crate) fn contains(&self, document: DocId) -> bool {
        self.words[document as usize / 64] & (1 << (document % 64)) != 0
    }

    /// Adds what the other set holds.
    pub(crate) fn unite(&mut self, other: &Self) {
        self.full |= other.full;
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Keeps only what the other set holds too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.full &= other.full;
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_behave() {
        let mut a = Bits::none(130);
        a.insert(0);
        a.insert(129);
        let mut b = Bits::none(130);
        b.insert(64);
        b.insert(129);
        let mut both = a.clone();
        both.intersect(&b);
        a.unite(&b);
        let holds = |bits: &Bits| (0..130).filter(|d| bits.contains(*d)).collect::<Vec<_>>();
        assert_eq!(holds(&a), [0, 64, 129]);
        assert_eq!(holds(&both), [129]);
    }
}
