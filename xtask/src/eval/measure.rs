//! How answers are counted. Pure arithmetic.

/// Ranks of right answers, from 1; `None` where there was none.
#[derive(Debug, Clone, Default)]
pub struct Ranks(Vec<Option<usize>>);

impl Ranks {
    /// Adds one question's.
    pub fn push(&mut self, rank: Option<usize>) {
        self.0.push(rank);
    }

    /// How many questions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no question.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many have a right answer among the first `k`.
    #[must_use]
    pub fn within(&self, k: usize) -> usize {
        self.0.iter().flatten().filter(|rank| **rank <= k).count()
    }

    /// The share that has a right answer among the first `k`.
    #[must_use]
    pub fn recall(&self, k: usize) -> f64 {
        ratio(self.within(k), self.len())
    }

    /// The mean reciprocal rank (Voorhees, TREC-8, 1999); no right answer counts 0.
    #[must_use]
    pub fn mrr(&self) -> f64 {
        mean(self.0.iter().map(|rank| rank.map_or(0.0, |rank| ratio(1, rank))))
    }
}

/// The share of the first `k` of `wanted` that is among the first `k` of `given`. 1 when nothing is
/// wanted and nothing given.
pub fn overlap<T: PartialEq>(wanted: &[T], given: &[T], k: usize) -> f64 {
    let wanted = &wanted[..wanted.len().min(k)];
    let given = &given[..given.len().min(k)];
    if wanted.is_empty() && given.is_empty() {
        return 1.0;
    }
    // Longer than wanted is as wrong as shorter.
    let common = wanted.iter().filter(|item| given.contains(item)).count();
    ratio(common, wanted.len().max(given.len()))
}

/// The mean; 0 of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

/// The value below which so large a share of the values lies (nearest rank).
#[must_use]
pub fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let at = (share * values.len() as f64).ceil().max(1.0) as usize - 1;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// `a / b`; 0 when `b` is 0.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn ratio(a: usize, b: usize) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_counted() {
        let mut ranks = Ranks::default();
        for rank in [Some(1), Some(2), Some(11), None] {
            ranks.push(rank);
        }
        assert_eq!((ranks.within(1), ranks.within(10)), (1, 2));
        assert!((ranks.recall(10) - 0.5).abs() < 1e-12);
        assert!((ranks.mrr() - (1.0 + 0.5 + 1.0 / 11.0) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn overlap_counts_what_is_missing_and_what_is_too_much() {
        assert!((overlap(&[1, 2, 3], &[3, 1, 9], 10) - 2.0 / 3.0).abs() < 1e-12);
        assert!((overlap(&[1], &[1, 2], 10) - 0.5).abs() < 1e-12);
        assert!((overlap(&[1, 2], &[1, 3], 1) - 1.0).abs() < 1e-12);
        assert!((overlap::<u8>(&[], &[], 10) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        assert!((quantile(vec![3.0, 1.0, 2.0, 4.0], 0.5) - 2.0).abs() < 1e-12);
        assert!((quantile(vec![3.0], 0.99) - 3.0).abs() < 1e-12);
        assert!(quantile(Vec::new(), 0.5).abs() < 1e-12);
    }
}
